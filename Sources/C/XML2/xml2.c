#include "CXML2.h"
#include <libxml/HTMLparser.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct xml2_html {
  htmlParserCtxtPtr parser;
  xml2_events events;
  void *context;
};

static void on_start(void *data, const xmlChar *name, const xmlChar **attributes) {
  xml2_html *h = data;
  h->events.start(h->context, (const char *)name, (const char *const *)attributes);
}
static void on_end(void *data, const xmlChar *name) {
  xml2_html *h = data;
  h->events.end(h->context, (const char *)name);
}
static void on_text(void *data, const xmlChar *bytes, int count) {
  xml2_html *h = data;
  if (count > 0) h->events.text(h->context, (const char *)bytes, (size_t)count);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

xml2_html *xml2_html_make(xml2_events events, void *context) {
  pthread_once(&once, xmlInitParser);
  xml2_html *h = calloc(1, sizeof *h);
  if (!h) return NULL;
  h->events = events;
  h->context = context;
  xmlSAXHandler sax;
  memset(&sax, 0, sizeof sax);
  sax.startElement = on_start;
  sax.endElement = on_end;
  sax.characters = on_text;
  sax.ignorableWhitespace = on_text;
  sax.cdataBlock = on_text;
  h->parser = htmlCreatePushParserCtxt(&sax, h, NULL, 0, NULL, XML_CHAR_ENCODING_UTF8);
  if (!h->parser) {
    free(h);
    return NULL;
  }
  htmlCtxtUseOptions(h->parser, HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET |
                                    HTML_PARSE_IGNORE_ENC);
  return h;
}

void xml2_html_feed(xml2_html *h, const char *bytes, size_t count, int last) {
  (void)htmlParseChunk(h->parser, bytes, (int)count, last);
}

void xml2_html_free(xml2_html *h) {
  if (!h) return;
  if (h->parser->myDoc) xmlFreeDoc(h->parser->myDoc);
  htmlFreeParserCtxt(h->parser);
  free(h);
}
