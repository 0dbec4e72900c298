/* err.h - how the host fails: as plugins do (pawl_err.h), and the words for a code. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "pawl_err.h"

/* The text of a result code; never NULL. */
const char *pawl_rc_text(int rc);

#endif
