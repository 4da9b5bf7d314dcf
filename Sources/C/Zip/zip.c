#include "CZip.h"
#include <zip.h>

// Both are libzip's own types under names that need no header of it.
static zip_t *archive_of(zip_archive *archive) { return (zip_t *)archive; }

static enum zip_reading status_of(int code) {
  switch (code) {
    case ZIP_ER_OK: return ZIP_READING_OK;
    case ZIP_ER_NOPASSWD:
    case ZIP_ER_WRONGPASSWD:
    case ZIP_ER_ENCRNOTSUPP: return ZIP_READING_ENCRYPTED;
    case ZIP_ER_COMPNOTSUPP: return ZIP_READING_UNSUPPORTED;
    default: return ZIP_READING_DAMAGED;
  }
}

zip_archive *zip_archive_make(const void *bytes, size_t count) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t *source = zip_source_buffer_create(bytes, count, 0, &error);
  zip_t *archive = source ? zip_open_from_source(source, ZIP_RDONLY, &error) : NULL;
  if (!archive && source) zip_source_free(source);
  zip_error_fini(&error);
  return (zip_archive *)archive;
}

void zip_archive_free(zip_archive *archive) {
  if (archive) zip_discard(archive_of(archive));
}

int64_t zip_archive_count(zip_archive *archive) { return zip_get_num_entries(archive_of(archive), 0); }

const char *zip_archive_name(zip_archive *archive, uint64_t index) {
  return zip_get_name(archive_of(archive), index, ZIP_FL_ENC_GUESS);
}

zip_entry *zip_entry_open(zip_archive *archive, uint64_t index, enum zip_reading *status) {
  zip_file_t *file = zip_fopen_index(archive_of(archive), index, 0);
  *status = file ? ZIP_READING_OK : status_of(zip_error_code_zip(zip_get_error(archive_of(archive))));
  return (zip_entry *)file;
}

int64_t zip_entry_read(zip_entry *entry, void *bytes, size_t count) {
  zip_file_t *file = (zip_file_t *)entry;
  zip_int64_t got = zip_fread(file, bytes, count);
  if (got >= 0) return got;
  return status_of(zip_error_code_zip(zip_file_get_error(file)));
}

void zip_entry_close(zip_entry *entry) { (void)zip_fclose((zip_file_t *)entry); }
