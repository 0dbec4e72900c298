/* Nothing is wrong with it. */
#define NAME "whole"
#include "fixture.h"
