// poppler's C++ library, as one call.
#pragma once
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

enum pdf_status { PDF_OK = 0, PDF_DAMAGED = 1, PDF_ENCRYPTED = 2, PDF_TOO_LARGE = 3, PDF_TIME_LIMIT = 4 };

/// Reads the text of a document, a form feed after each page, in the order in which a person reads. poppler::document,
/// poppler::page::text.
/// `limit`: bytes of text after which no page is read. `keep_on` is asked before each page: 0 ends it. `text` is freed with
/// pdf_free; it may be there where the status is not PDF_OK.
enum pdf_status pdf_read(const char *bytes, size_t count, size_t limit, int (*keep_on)(void *), void *context, char **text,
                         size_t *length, int *pages);
void pdf_free(char *text);

#ifdef __cplusplus
}
#endif
