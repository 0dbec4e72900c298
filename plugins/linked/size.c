/* size.c - quantity, allocation or risk as a quantity on the step. */
#include <stdio.h>
#include <string.h>

#include "parts.h"

/* By a live quote of the currency pair, at the side that gives less. PAWL_E_NOTFOUND: no such pair
 * is quoted. */
static int convert_live(struct linked *self, const char *from, const char *to,
                        struct pawl_money money, struct pawl_money *ret) {
    char symbol[PAWL_SYMBOL_MAX + 1];
    for (int inverse = 0; inverse < 2; inverse++) {
        snprintf(symbol, sizeof symbol, "%s%s", inverse ? to : from, inverse ? from : to);
        const struct pawl_instrument *pair = self->market->by_symbol(self->ctx, symbol);
        if (pair == NULL) continue;
        const struct pawl_market_state *now = self->market->state(self->ctx, pair->id);
        if (now == NULL || now->bid.e8 <= 0 || now->ask.e8 <= 0) continue;
        return inverse ? pawl_muldiv(money.e8, PAWL_E8, now->ask.e8, PAWL_ROUND_DOWN, &ret->e8)
                       : pawl_mul_e8(money.e8, now->bid.e8, PAWL_ROUND_DOWN, &ret->e8);
    }
    return PAWL_E_NOTFOUND;
}

/* By the instrument table's fixed pip value: what a pip is worth in the price currency over what it
 * is worth in the account's. */
static int convert_fixed(struct linked *self, const struct pawl_instrument *in, bool to_account,
                         struct pawl_money money, struct pawl_money *ret) {
    int64_t pip_e8, value_e8 = in->pip_value_per_std_lot.e8;
    if (in->pip_size.e8 <= 0 || value_e8 <= 0) return PAWL_E_NOTFOUND;
    self->ctx->host->log(self->ctx, PAWL_LOG_WARN,
                         "%s: no rate for %s, reckoned by the fixed pip value", in->symbol,
                         in->currency);
    if (pawl_mul_e8(in->pip_size.e8, in->multiplier.e8, PAWL_ROUND_EVEN, &pip_e8) != PAWL_OK)
        return PAWL_E_RANGE;
    return to_account ? pawl_muldiv(money.e8, value_e8, pip_e8, PAWL_ROUND_DOWN, &ret->e8)
                      : pawl_muldiv(money.e8, pip_e8, value_e8, PAWL_ROUND_DOWN, &ret->e8);
}

int linked_convert(struct linked *self, const struct pawl_instrument *in, uint32_t account_id,
                   bool to_account, struct pawl_money money, struct pawl_money *ret,
                   struct pawl_err *err) {
    const struct pawl_account_info *account = self->market->account(self->ctx, account_id);
    if (account == NULL) return pawl_fail(err, PAWL_E_INVAL, "the account is not known");
    if (account->currency[0] == '\0' || in->currency[0] == '\0' ||
        strcmp(account->currency, in->currency) == 0) {
        *ret = money;
        return PAWL_OK;
    }
    char currency[sizeof account->currency]; /* the table may be gone after the next call */
    memcpy(currency, account->currency, sizeof currency);
    const char *from = to_account ? in->currency : currency;
    const char *to = to_account ? currency : in->currency;
    int rc = convert_live(self, from, to, money, ret);
    if (rc == PAWL_E_NOTFOUND) rc = convert_fixed(self, in, to_account, money, ret);
    if (rc == PAWL_E_NOTFOUND)
        return pawl_fail(err, PAWL_E_INVAL, "no rate from %s to %s", from, to);
    return rc == PAWL_OK ? rc : pawl_fail(err, rc, "the amount is out of range");
}

/* floor(cash / (price x multiplier)) on the step. */
static int divide(struct pawl_money cash, struct pawl_price price,
                  const struct pawl_instrument *in, struct pawl_qty *ret) {
    pawl_i128 unit = (pawl_i128)price.e8 * in->multiplier.e8;
    int64_t steps, quantity_e8;
    if (unit <= 0 || in->step.e8 <= 0 || __builtin_mul_overflow(unit, in->step.e8, &unit))
        return PAWL_E_RANGE;
    int rc = pawl_div_i128((pawl_i128)cash.e8 * PAWL_E8 * PAWL_E8, unit, PAWL_ROUND_DOWN, &steps);
    if (rc != PAWL_OK || __builtin_mul_overflow(steps, in->step.e8, &quantity_e8))
        return PAWL_E_RANGE;
    ret->e8 = quantity_e8;
    return PAWL_OK;
}

/* A double-down of n times the entry at half the distance adds n / 2 of the entry's risk. */
static int with_double_down(const struct linked *self, struct pawl_price *distance) {
    if (!self->options.double_down) return PAWL_OK;
    return pawl_muldiv(distance->e8, 2 * PAWL_E8 + self->options.double_down_size_e8, 2 * PAWL_E8,
                       PAWL_ROUND_UP, &distance->e8);
}

/* Less than the smallest order: the numbers that led there say more than a quantity of 0. */
static int enough_risk(const struct linked_plan *plan, struct pawl_money cash,
                       struct pawl_price distance, struct pawl_err *err) {
    const struct pawl_instrument *in = plan->instrument;
    char risk[PAWL_E8_TEXT_MAX], far[PAWL_E8_TEXT_MAX], least[PAWL_E8_TEXT_MAX];
    int64_t least_e8 = in->min_quantity.e8 > in->step.e8 ? in->min_quantity.e8 : in->step.e8;
    if (plan->quantity.e8 >= least_e8) return PAWL_OK;
    pawl_format_e8(cash.e8, risk);
    pawl_format_e8(distance.e8, far);
    pawl_format_e8(least_e8, least);
    return pawl_fail(err, PAWL_E_INVAL, "risk %s over %s a unit is less than quantity %s", risk,
                     far, least);
}

static int by_risk(struct linked *self, const struct pawl_ev_entry *ask, struct linked_plan *plan,
                   struct pawl_err *err) {
    struct pawl_money equity, cash;
    struct pawl_price distance;
    char text[PAWL_E8_TEXT_MAX];
    int rc = self->book->equity(self->ctx, plan->account, &equity);
    if (rc != PAWL_OK) return pawl_fail(err, rc, "the account's equity is not known");
    pawl_format_e8(equity.e8, text);
    if (equity.e8 <= 0) return pawl_fail(err, PAWL_E_INVAL, "equity %s is not above 0", text);
    if (pawl_mul_e8(equity.e8, ask->risk_pct.e8, PAWL_ROUND_DOWN, &cash.e8) != PAWL_OK)
        return pawl_fail(err, PAWL_E_RANGE, "the risk is out of range");
    rc = linked_convert(self, plan->instrument, plan->account, false, cash, &cash, err);
    if (rc != PAWL_OK) return rc;
    distance.e8 = plan->reference.e8 - plan->stop.e8; /* both above 0 */
    if (distance.e8 < 0) distance.e8 = -distance.e8;
    if (with_double_down(self, &distance) != PAWL_OK)
        return pawl_fail(err, PAWL_E_RANGE, "the risk is out of range");
    rc = divide(cash, distance, plan->instrument, &plan->quantity);
    if (rc != PAWL_OK) return pawl_fail(err, rc, "the quantity is out of range");
    return enough_risk(plan, cash, distance, err);
}

static int by_allocation(struct linked *self, const struct pawl_ev_entry *ask,
                         struct linked_plan *plan, struct pawl_err *err) {
    struct pawl_money cash;
    int rc = linked_convert(self, plan->instrument, plan->account, false, ask->allocation, &cash,
                            err);
    if (rc != PAWL_OK) return rc;
    rc = divide(cash, plan->reference, plan->instrument, &plan->quantity);
    return rc == PAWL_OK ? rc : pawl_fail(err, rc, "the quantity is out of range");
}

int linked_check_quantity(const struct pawl_instrument *in, struct pawl_qty quantity,
                          struct pawl_price price, struct pawl_err *err) {
    char have[PAWL_E8_TEXT_MAX], limit[PAWL_E8_TEXT_MAX];
    struct pawl_money notional;
    int64_t per_unit_e8;
    int64_t least_e8 = in->min_quantity.e8 > in->step.e8 ? in->min_quantity.e8 : in->step.e8;
    pawl_format_e8(quantity.e8, have);
    if (quantity.e8 < least_e8) {
        pawl_format_e8(least_e8, limit);
        return pawl_fail(err, PAWL_E_INVAL, "quantity %s is below the minimum %s", have, limit);
    }
    if (in->max_quantity.e8 != 0 && quantity.e8 > in->max_quantity.e8) {
        pawl_format_e8(in->max_quantity.e8, limit);
        return pawl_fail(err, PAWL_E_INVAL, "quantity %s is above the maximum %s", have, limit);
    }
    if (pawl_mul_e8(price.e8, in->multiplier.e8, PAWL_ROUND_DOWN, &per_unit_e8) !=
            PAWL_OK ||
        pawl_mul_e8(per_unit_e8, quantity.e8, PAWL_ROUND_DOWN, &notional.e8) != PAWL_OK)
        return pawl_fail(err, PAWL_E_RANGE, "the notional of %s is out of range", have);
    if (notional.e8 < in->min_notional.e8) {
        pawl_format_e8(notional.e8, have);
        pawl_format_e8(in->min_notional.e8, limit);
        return pawl_fail(err, PAWL_E_INVAL, "notional %s is below the minimum %s", have, limit);
    }
    return PAWL_OK;
}

int linked_size(struct linked *self, const struct pawl_ev_entry *ask, struct linked_plan *plan,
                struct pawl_err *err) {
    int said = (ask->quantity.e8 != 0) + (ask->allocation.e8 != 0) + (ask->risk_pct.e8 != 0);
    int rc = PAWL_OK;
    if (said != 1)
        return pawl_fail(err, PAWL_E_INVAL, "%s of quantity, allocation, risk_pct is said",
                         said == 0 ? "none" : "more than one");
    if (ask->allocation.e8 != 0)
        rc = by_allocation(self, ask, plan, err);
    else if (ask->risk_pct.e8 != 0)
        rc = by_risk(self, ask, plan, err);
    else if (pawl_round_to(ask->quantity.e8, plan->instrument->step.e8, PAWL_ROUND_DOWN,
                           &plan->quantity.e8) != PAWL_OK)
        rc = pawl_fail(err, PAWL_E_RANGE, "the quantity is out of range");
    if (rc != PAWL_OK) return rc;
    return linked_check_quantity(plan->instrument, plan->quantity, plan->reference, err);
}
