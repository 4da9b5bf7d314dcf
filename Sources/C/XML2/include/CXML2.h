// libxml2's HTML parser, as events, with no access to network or files and no tree in memory.
#pragma once
#include <stddef.h>

/// What the parser tells, each with the context that it was made with.
typedef struct {
  /// An element begins, whether the text says so or the grammar implies it. Attributes are pairs of a name and a value
  /// (which may be NULL), ended by NULL; or NULL where there are none.
  void (*start)(void *context, const char *name, const char *const *attributes);
  void (*end)(void *context, const char *name);
  /// Characters, entities resolved, in pieces.
  void (*text)(void *context, const char *bytes, size_t count);
} xml2_events;

typedef struct xml2_html xml2_html;

/// A parser of HTML in UTF-8, whatever the text itself declares; NULL when memory is out. htmlCreatePushParserCtxt.
xml2_html *xml2_html_make(xml2_events events, void *context);

/// The next piece of the text, cut between two characters; `last` ends the document. htmlParseChunk.
void xml2_html_feed(xml2_html *html, const char *bytes, size_t count, int last);

void xml2_html_free(xml2_html *html);
