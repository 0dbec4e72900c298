/* trail.h - trailing orders: an ordinary stop whose level the venue moves itself. */
#ifndef PAPER_TRAIL_H
#define PAPER_TRAIL_H

#include "paper.h"

bool paper_trails(const struct paper_order *order); /* a trailing order that has not fired */
/* A price of its line: where it is a new best the level follows. */
void paper_trail(struct paper *paper, struct paper_order *order, int64_t price_e8);
/* The price that would be a new best: at or below it, or at or above. */
void paper_trail_bound(const struct paper_order *order, bool *ret_below, int64_t *ret_e8);
/* The tighter of its level and another; 0 = none. */
int64_t paper_tighter(const struct paper_order *order, int64_t level_e8);
enum paper_refusal paper_check_trailing(const struct paper *paper, const struct paper_order *order);

#endif
