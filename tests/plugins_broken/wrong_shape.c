/* Prices at another scale. */
#define NAME "wrong_shape"
#define MORE .shape = "pawl0 e9 utc-ns event48 le64"
#include "fixture.h"
