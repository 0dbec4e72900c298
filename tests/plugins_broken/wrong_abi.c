/* Built for the next interface. */
#define NAME "wrong_abi"
#define MORE .abi = PAWL_ABI + 1
#include "fixture.h"
