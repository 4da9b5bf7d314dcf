// Which charset bytes are in, as libuchardet guesses.
#pragma once
#include <stddef.h>

/// Writes the name of the charset, ended by NUL, into `name`; an empty one where it can't tell.
/// uchardet_handle_data, uchardet_get_charset.
void uchardet_guess(const char *bytes, size_t count, char *name, size_t capacity);
