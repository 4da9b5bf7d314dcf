// libxml2's parsers of HTML and XML, as events, with no access to network or files and no tree in memory.
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

/// What the parser of XML tells, each with the context that it was made with. Names and the addresses of namespaces (NULL for
/// none) are the same pointers whenever they are the same strings of one text.
typedef struct {
  /// Attributes are `count` times five pointers: name, prefix, namespace, and where the value begins and ends.
  void (*start)(void *context, const char *name, const char *space, int count, const char *const *attributes);
  void (*end)(void *context, const char *name, const char *space);
  /// Characters in pieces. References to entities but the five of XML itself are left out.
  void (*text)(void *context, const char *bytes, size_t count);
} xml2_xml_events;

typedef struct xml2_xml xml2_xml;

/// A parser of XML in any encoding; NULL when memory is out. It loads no document type, no entity, nothing from outside.
/// xmlCreatePushParserCtxt.
xml2_xml *xml2_xml_make(xml2_xml_events events, void *context);

/// The next piece of the text; `last` ends the document. 0, or not 0 from the first place on that is not well-formed: no events
/// follow. xmlParseChunk.
int xml2_xml_feed(xml2_xml *xml, const char *bytes, size_t count, int last);

void xml2_xml_free(xml2_xml *xml);
