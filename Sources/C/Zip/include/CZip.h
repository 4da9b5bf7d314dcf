// libzip, reading an archive that is in memory.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum zip_reading { ZIP_READING_OK = 0, ZIP_READING_DAMAGED = -1, ZIP_READING_ENCRYPTED = -2, ZIP_READING_UNSUPPORTED = -3 };

typedef struct zip_archive zip_archive;
typedef struct zip_entry zip_entry;

/// Reads the directory of an archive. The bytes stay where they are until zip_archive_free. NULL for what is no archive.
/// zip_open_from_source.
zip_archive *zip_archive_make(const void *bytes, size_t count);
void zip_archive_free(zip_archive *archive);

/// How many entries its directory names. zip_get_num_entries.
int64_t zip_archive_count(zip_archive *archive);

/// The name of an entry, in UTF-8; it lives as long as the archive. NULL where there is none. zip_get_name.
const char *zip_archive_name(zip_archive *archive, uint64_t index);

/// Opens an entry; NULL with the reason in `status`. zip_fopen_index.
zip_entry *zip_entry_open(zip_archive *archive, uint64_t index, enum zip_reading *status);

/// The next bytes of it: how many, 0 at its end, or a zip_reading. What its directory says of its size bounds nothing.
/// zip_fread.
int64_t zip_entry_read(zip_entry *entry, void *bytes, size_t count);
void zip_entry_close(zip_entry *entry);
