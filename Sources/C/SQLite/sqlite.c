#include "CSQLite.h"

int sqlite_bind_text(sqlite3_stmt *s, int index, const void *bytes, sqlite3_uint64 count) {
  return sqlite3_bind_text64(s, index, bytes, count, SQLITE_TRANSIENT, SQLITE_UTF8);
}
int sqlite_bind_text_in_place(sqlite3_stmt *s, int index, const void *bytes, sqlite3_uint64 count) {
  return sqlite3_bind_text64(s, index, bytes, count, SQLITE_STATIC, SQLITE_UTF8);
}
