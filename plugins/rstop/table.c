/* The table of milestones: read from the option, and what follows from it. */
#include <stdio.h>
#include <string.h>

#include "rstop.h"

/* "2:1:50": at 2 R the stop goes to entry + 1 R and half goes out; "rest" = all that is left. */
static int read_row(const char *text, size_t length, struct rstop_row *ret) {
    const char *end = text + length, *part = text;
    int64_t numbers[3] = {0};
    char r[PAWL_E8_TEXT_MAX];
    *ret = (struct rstop_row){0};
    for (uint32_t i = 0; i < 3 && part < end; i++) {
        const char *colon = memchr(part, ':', (size_t)(end - part));
        size_t size = (size_t)((colon != NULL ? colon : end) - part);
        if (i == 2 && size == 4 && memcmp(part, "rest", 4) == 0)
            ret->rest = true;
        else if (pawl_parse_e8(part, size, &numbers[i]) != PAWL_OK)
            return PAWL_E_INVAL;
        if (i == 0 && colon == NULL) return PAWL_E_INVAL;
        part = colon != NULL ? colon + 1 : end;
        if (colon != NULL && (i == 2 || part == end)) return PAWL_E_INVAL;
    }
    ret->r_e8 = numbers[0];
    ret->stop_e8 = numbers[1];
    ret->exit_e8 = numbers[2] / 100;
    pawl_format_e8(ret->r_e8, r);
    snprintf(ret->reason, sizeof ret->reason, "r %.20s", r);
    bool sound = ret->r_e8 > 0 && ret->stop_e8 < ret->r_e8 && numbers[2] >= 0 &&
                 numbers[2] <= 100 * PAWL_E8 && numbers[2] % 100 == 0;
    return sound ? PAWL_OK : PAWL_E_INVAL;
}

static bool follows(const struct rstop_row *row, const struct rstop_row *before) {
    return row->r_e8 > before->r_e8 && row->stop_e8 >= before->stop_e8 && !before->rest;
}

int rstop_read_table(struct rstop *self, struct pawl_err *err) {
    const char *text = self->options.table;
    int64_t sum_e8 = 0;
    self->row_count = 0;
    while (*(text += strspn(text, " ")) != '\0') {
        size_t length = strcspn(text, " ");
        struct rstop_row *row = &self->rows[self->row_count];
        if (self->row_count == RSTOP_ROWS_MAX)
            return pawl_fail(err, PAWL_E_CONFIG, "table: more than %u rows", RSTOP_ROWS_MAX);
        if (read_row(text, length, row) != PAWL_OK)
            return pawl_fail(err, PAWL_E_CONFIG,
                             "table: \"%.*s\" is not MILESTONE:STOP or MILESTONE:STOP:PERCENT "
                             "with the stop below its milestone",
                             (int)length, text);
        if (self->row_count > 0 && !follows(row, row - 1))
            return pawl_fail(err, PAWL_E_CONFIG,
                             "table: \"%.*s\" must be above the row before it, its stop no lower, "
                             "and rest is the last",
                             (int)length, text);
        sum_e8 += row->exit_e8;
        if (sum_e8 > PAWL_E8)
            return pawl_fail(err, PAWL_E_CONFIG, "table: more than 100 percent go out");
        self->row_count++;
        text += length;
    }
    if (self->row_count == 0) return pawl_fail(err, PAWL_E_CONFIG, "table: it has no rows");
    return PAWL_OK;
}

uint8_t rstop_stage(const struct rstop *self, uint32_t passed) {
    uint32_t exits = 0;
    bool even = false, rest = false;
    for (uint32_t i = 0; i < passed && i < self->row_count; i++) {
        exits += self->rows[i].exit_e8 > 0;
        even |= self->rows[i].stop_e8 >= 0;
        rest |= self->rows[i].rest;
    }
    if (rest) return PAWL_RSTOP_STAGE_FINAL_PROFIT_TAKEN;
    if (exits > 1) return PAWL_RSTOP_STAGE_ADVANCED_PROFIT_TAKEN;
    if (exits == 1) return PAWL_RSTOP_STAGE_PARTIAL_PROFIT_TAKEN;
    return even ? PAWL_RSTOP_STAGE_BREAKEVEN_PROTECTED : PAWL_RSTOP_STAGE_INITIAL_RISK;
}

/* entry +- r x |entry - stop| = entry x (1 + r) - stop x r, from the sums of the fills: a rounded
 * average would miss a price that lies on the level. Rounded to the far side. */
static int exact_level(const struct rstop_rec_position_state *row, int64_t r_e8, int64_t *ret_e8) {
    enum pawl_round round = rstop_is_long(row) ? PAWL_ROUND_UP : PAWL_ROUND_DOWN;
    enum pawl_round other = rstop_is_long(row) ? PAWL_ROUND_DOWN : PAWL_ROUND_UP;
    int64_t of_entry_e8, of_stop_e8;
    int rc = pawl_muldiv(row->value.e8, PAWL_E8 + r_e8, row->entered.e8, round, &of_entry_e8);
    if (rc == PAWL_OK) rc = pawl_mul_e8(row->initial_stop.e8, r_e8, other, &of_stop_e8);
    return rc == PAWL_OK ? pawl_sub_i64(of_entry_e8, of_stop_e8, ret_e8) : rc;
}

int rstop_level(const struct rstop_rec_position_state *row, int64_t r_e8, struct pawl_price *ret) {
    int64_t distance_e8, level_e8 = 0;
    int rc;
    if (row->initial_stop.e8 > 0 && row->entered.e8 > 0) {
        rc = exact_level(row, r_e8, &level_e8);
    } else {
        rc = pawl_mul_e8(row->r.e8, r_e8, PAWL_ROUND_UP, &distance_e8);
        if (rc == PAWL_OK && rstop_is_long(row))
            rc = pawl_add_i64(row->entry.e8, distance_e8, &level_e8);
        else if (rc == PAWL_OK)
            rc = pawl_sub_i64(row->entry.e8, distance_e8, &level_e8);
    }
    if (rc != PAWL_OK || level_e8 <= 0) return PAWL_E_RANGE;
    ret->e8 = level_e8;
    return PAWL_OK;
}
