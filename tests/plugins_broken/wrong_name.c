/* A copy of another plugin under a new file name. */
#define NAME "whole"
#include "fixture.h"
