/* How much an entry is: said, for an amount of cash, or for a risk. */
#include "tranche.h"

/* floor(cash / what a unit is worth over `difference`), on the step. */
static int divide(struct tranche *self, const struct pawl_instrument *in, uint32_t account,
                  struct pawl_money cash, struct pawl_price difference, struct pawl_qty *ret,
                  struct pawl_err *err) {
    const struct pawl_qty one = {PAWL_E8};
    struct pawl_money unit;
    int rc = self->market->value(self->ctx, in->id, account, difference, one, &unit);
    if (rc != PAWL_OK) return pawl_fail(err, rc, "no rate for what %s is worth", in->symbol);
    if (unit.e8 <= 0 ||
        pawl_muldiv(cash.e8, PAWL_E8, unit.e8, PAWL_ROUND_DOWN, &ret->e8) != PAWL_OK)
        return pawl_fail(err, PAWL_E_RANGE, "the quantity is out of range");
    return PAWL_OK;
}

static int by_risk(struct tranche *self, const struct pawl_ev_entry *ask, uint32_t account,
                   const struct pawl_instrument *in, struct pawl_price distance,
                   struct pawl_qty *ret, struct pawl_err *err) {
    struct pawl_money equity, cash;
    int rc = self->book->equity(self->ctx, account, &equity);
    if (rc != PAWL_OK || equity.e8 <= 0)
        return pawl_fail(err, PAWL_E_STATE, "the account's equity is not known, or none");
    if (pawl_mul_e8(equity.e8, ask->risk_pct.e8, PAWL_ROUND_DOWN, &cash.e8) != PAWL_OK)
        return pawl_fail(err, PAWL_E_RANGE, "the risk is out of range");
    return divide(self, in, account, cash, distance, ret, err);
}

int tranche_size(struct tranche *self, const struct pawl_ev_entry *ask, uint32_t account,
                 struct pawl_price price, struct pawl_price stop, struct pawl_qty *ret,
                 struct pawl_err *err) {
    const struct pawl_instrument *in = self->market->instrument(self->ctx, ask->instrument);
    int said = (ask->quantity.e8 != 0) + (ask->allocation.e8 != 0) + (ask->risk_pct.e8 != 0);
    struct pawl_price distance = {price.e8 - stop.e8}; /* both above 0 */
    int rc = PAWL_OK;
    if (in == NULL || said != 1)
        return pawl_fail(err, PAWL_E_INVAL, "%s of quantity, allocation, risk_pct is said",
                         said == 0 ? "none" : "more than one");
    if (distance.e8 < 0) distance.e8 = -distance.e8;
    *ret = ask->quantity;
    if (ask->allocation.e8 != 0)
        rc = divide(self, in, account, ask->allocation, price, ret, err);
    else if (ask->risk_pct.e8 != 0)
        rc = by_risk(self, ask, account, in, distance, ret, err);
    if (rc != PAWL_OK) return rc;
    if (pawl_round_to(ret->e8, in->step.e8, PAWL_ROUND_DOWN, &ret->e8) != PAWL_OK)
        return pawl_fail(err, PAWL_E_RANGE, "the quantity is out of range");
    if (ret->e8 < in->step.e8 || ret->e8 < in->min_quantity.e8)
        return pawl_fail(err, PAWL_E_INVAL, "the quantity is below the smallest order");
    return PAWL_OK;
}
