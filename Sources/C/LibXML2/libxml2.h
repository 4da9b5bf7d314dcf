// The library as Debian's libxml2-dev has it; pkg-config tells where its headers are. Used through CXML2 alone.
#include <libxml/HTMLparser.h>
#include <libxml/parser.h>
