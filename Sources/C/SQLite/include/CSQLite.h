// SQLite 3, with what its header has as macros or variadic calls.
#pragma once
#include <sqlite3.h>

/// sqlite3_bind_text with bytes that SQLite copies. The corresponding C call is `sqlite3_bind_text64`.
int sqlite_bind_text(sqlite3_stmt *, int index, const void *bytes, sqlite3_uint64 count);
/// sqlite3_bind_text with bytes that outlive the step. The corresponding C call is `sqlite3_bind_text64`.
int sqlite_bind_text_in_place(sqlite3_stmt *, int index, const void *bytes, sqlite3_uint64 count);
