#include "CUCharDet.h"
#include <stdio.h>
#include <uchardet/uchardet.h>

void uchardet_guess(const char *bytes, size_t count, char *name, size_t capacity) {
  if (capacity == 0) return;
  name[0] = 0;
  uchardet_t detector = uchardet_new();
  if (!detector) return;
  if (uchardet_handle_data(detector, bytes, count) == 0) {
    uchardet_data_end(detector);
    snprintf(name, capacity, "%s", uchardet_get_charset(detector));
  }
  uchardet_delete(detector);
}
