#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

int pawl_fail(struct pawl_err *err, int rc, const char *format, ...) {
    if (err == NULL || err->rc != PAWL_OK) return rc;
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    err->rc = rc;
    return rc;
}

const char *pawl_rc_text(int rc) {
#define PAWL_RC_TEXT(name, value, text)                                                            \
    case value: return text;
    switch (rc) { PAWL_RC_MAP(PAWL_RC_TEXT) }
#undef PAWL_RC_TEXT
    return "unknown result code";
}
