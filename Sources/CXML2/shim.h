// Debian builds libxml2 with ICU, whose headers clash with the copy inside Foundation. They only
// serve fields that Swift does not touch.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED
#include <libxml/HTMLparser.h>
