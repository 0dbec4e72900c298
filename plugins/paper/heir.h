/*
 * heir.h - what an instance leaves to the one that takes its place in a reload: its memory, where
 * it stands.
 *
 * Phases as in paper.h; paper_take_over is called from create().
 */
#ifndef PAPER_HEIR_H
#define PAPER_HEIR_H

#include "paper.h"

/* Raise it with every change of struct paper, paper_message or paper_world, or of what they hold,
 * so that memory of other code is not taken over. */
#define PAPER_LAYOUT 5u

void paper_offer(const struct paper *paper);
/* Connection and world of the instance before; not `ret_taken`: the world is to be read. */
int paper_take_over(struct paper *paper, bool *ret_taken, struct pawl_err *err);

#endif
