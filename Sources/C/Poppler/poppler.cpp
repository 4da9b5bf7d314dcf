#include "CPoppler.h"

#include <poppler/cpp/poppler-document.h>
#include <poppler/cpp/poppler-global.h>
#include <poppler/cpp/poppler-page.h>

#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string>

namespace {
void ignore(const std::string &, void *) {}
}  // namespace

extern "C" enum pdf_status pdf_read(const char *bytes, size_t count, size_t limit, int (*keep_on)(void *), void *context,
                                    char **text, size_t *length, int *pages) {
  *text = nullptr;
  *length = 0;
  *pages = 0;
  if (count > INT_MAX) return PDF_TOO_LARGE;
  poppler::set_debug_error_function(ignore, nullptr);
  std::string out;
  enum pdf_status status = PDF_OK;
  try {
    std::unique_ptr<poppler::document> document(
        poppler::document::load_from_raw_data(bytes, static_cast<int>(count)));
    if (!document) return PDF_DAMAGED;
    if (document->is_locked()) return PDF_ENCRYPTED;
    *pages = document->pages();
    for (int i = 0; i < *pages; i++) {
      if (!keep_on(context)) {
        status = PDF_TIME_LIMIT;
        break;
      }
      std::unique_ptr<poppler::page> page(document->create_page(i));
      if (!page) continue;
      poppler::byte_array found =
          page->text(page->page_rect(), poppler::page::non_raw_non_physical_layout).to_utf8();
      out.append(found.data(), found.size());
      out.push_back('\f');
      if (out.size() > limit) {
        status = PDF_TOO_LARGE;
        break;
      }
    }
  } catch (const std::bad_alloc &) {
    status = PDF_TOO_LARGE;
  } catch (...) {
    status = PDF_DAMAGED;
  }
  *text = static_cast<char *>(malloc(out.size() + 1));
  if (!*text) return PDF_TOO_LARGE;
  memcpy(*text, out.data(), out.size());
  *length = out.size();
  return status;
}

extern "C" void pdf_free(char *text) { free(text); }
