#include "base/err.h"

const char *pawl_rc_text(int rc) {
#define PAWL_RC_TEXT(name, value, text)                                                            \
    case value: return text;
    switch (rc) { PAWL_RC_MAP(PAWL_RC_TEXT) }
#undef PAWL_RC_TEXT
    return "unknown result code";
}
