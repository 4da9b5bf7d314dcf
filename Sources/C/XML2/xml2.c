#include "CXML2.h"
#include <libxml/HTMLparser.h>
#include <libxml/parser.h>
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

struct xml2_xml {
  xmlParserCtxtPtr parser;
  xml2_xml_events events;
  void *context;
};

static void on_xml_start(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *space, int namespaces,
                         const xmlChar **declared, int count, int defaulted, const xmlChar **attributes) {
  (void)prefix, (void)namespaces, (void)declared, (void)defaulted;
  xml2_xml *x = data;
  x->events.start(x->context, (const char *)name, (const char *)space, count, (const char *const *)attributes);
}
static void on_xml_end(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *space) {
  (void)prefix;
  xml2_xml *x = data;
  x->events.end(x->context, (const char *)name, (const char *)space);
}
static void on_xml_text(void *data, const xmlChar *bytes, int count) {
  xml2_xml *x = data;
  if (count > 0) x->events.text(x->context, (const char *)bytes, (size_t)count);
}

xml2_xml *xml2_xml_make(xml2_xml_events events, void *context) {
  pthread_once(&once, xmlInitParser);
  xml2_xml *x = calloc(1, sizeof *x);
  if (!x) return NULL;
  x->events = events;
  x->context = context;
  xmlSAXHandler sax;
  memset(&sax, 0, sizeof sax);
  sax.initialized = XML_SAX2_MAGIC;
  sax.startElementNs = on_xml_start;
  sax.endElementNs = on_xml_end;
  sax.characters = on_xml_text;
  sax.ignorableWhitespace = on_xml_text;
  sax.cdataBlock = on_xml_text;
  x->parser = xmlCreatePushParserCtxt(&sax, x, NULL, 0, NULL);
  if (!x->parser) {
    free(x);
    return NULL;
  }
  xmlCtxtUseOptions(x->parser, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA);
  return x;
}

int xml2_xml_feed(xml2_xml *x, const char *bytes, size_t count, int last) {
  (void)xmlParseChunk(x->parser, bytes, (int)count, last);
  return !x->parser->wellFormed;
}

void xml2_xml_free(xml2_xml *x) {
  if (!x) return;
  if (x->parser->myDoc) xmlFreeDoc(x->parser->myDoc);
  xmlFreeParserCtxt(x->parser);
  free(x);
}
