/* Indicators over finished bars, in integers. */
#include "series/series_int.h"

uint32_t series_bars_for(enum series_what what, uint32_t n) {
    switch (what) {
    case SERIES_SMA: return n;
    case SERIES_EMA: return n > UINT32_MAX / 4u ? UINT32_MAX : 4u * n;
    default: return n < UINT32_MAX ? n + 1u : n;
    }
}

/* The last of a series' bars and how many of them count. */
struct view {
    const struct one *one;
    uint64_t last;
    uint32_t n, have;
};

static int64_t close_of(const struct view *view, uint32_t back) {
    return series_at(view->one, view->last - back)->close.e8;
}

static int64_t max_i64(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static int atr(const struct view *view, int64_t *ret) {
    pawl_i128 sum = 0;
    if (view->have < view->n + 1u) return PAWL_E_NOTFOUND;
    for (uint32_t i = 0; i < view->n; i++) {
        const struct pawl_bar *bar = series_at(view->one, view->last - i);
        int64_t before = close_of(view, i + 1u);
        sum += max_i64(bar->high.e8, before) - (bar->low.e8 < before ? bar->low.e8 : before);
    }
    return pawl_div_i128(sum, view->n, PAWL_ROUND_EVEN, ret);
}

static int mean(const struct view *view, uint32_t back, int64_t *ret) {
    pawl_i128 sum = 0;
    for (uint32_t i = 0; i < view->n; i++) sum += close_of(view, back + i);
    return pawl_div_i128(sum, view->n, PAWL_ROUND_EVEN, ret);
}

static int ema(const struct view *view, int64_t *ret) {
    uint32_t used = series_bars_for(SERIES_EMA, view->n);
    if (view->have < view->n) return PAWL_E_NOTFOUND;
    if (used > view->have) used = view->have;
    int64_t value;
    int rc = mean(view, used - view->n, &value);
    for (uint32_t i = used - view->n; rc == PAWL_OK && i > 0; i--) {
        /* value + 2 (close - value) / (n + 1) */
        pawl_i128 sum = (pawl_i128)2 * close_of(view, i - 1u) +
                        (pawl_i128)value * ((int64_t)view->n - 1);
        rc = pawl_div_i128(sum, (pawl_i128)view->n + 1, PAWL_ROUND_EVEN, &value);
    }
    if (rc == PAWL_OK) *ret = value;
    return rc;
}

static int rsi(const struct view *view, int64_t *ret) {
    pawl_i128 up = 0, moves = 0;
    if (view->have < view->n + 1u) return PAWL_E_NOTFOUND;
    for (uint32_t i = 0; i < view->n; i++) {
        int64_t move = close_of(view, i) - close_of(view, i + 1u);
        if (move > 0) up += move;
        moves += move < 0 ? -move : move;
    }
    if (moves == 0) {
        *ret = 50 * PAWL_E8;
        return PAWL_OK;
    }
    while (moves > (pawl_i128)1 << 80) { /* keeps the product below within 126 bits */
        up /= 2;
        moves /= 2;
    }
    return pawl_div_i128(up * 100 * PAWL_E8, moves, PAWL_ROUND_EVEN, ret);
}

/* The largest whole number whose square is at most n. */
static uint64_t root(unsigned __int128 n) {
    uint64_t low = 0, high = UINT64_MAX;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2 + 1;
        if ((unsigned __int128)middle * middle <= n)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

static int volatility(const struct view *view, int64_t *ret) {
    pawl_i128 sum = 0, squares = 0;
    if (view->n < 2) return PAWL_E_INVAL;
    if (view->have < view->n + 1u) return PAWL_E_NOTFOUND;
    for (uint32_t i = 0; i < view->n; i++) {
        int64_t now = close_of(view, i), before = close_of(view, i + 1u), value;
        int rc = pawl_muldiv(now - before, PAWL_E8, before, PAWL_ROUND_EVEN, &value);
        if (rc != PAWL_OK) return rc;
        /* n squares of at most 2^50 each: a return of more than ten million is no return */
        if (value > INT64_C(1) << 50 || value < -(INT64_C(1) << 50)) return PAWL_E_RANGE;
        sum += value;
        squares += (pawl_i128)value * value;
    }
    /* sum of (v - mean)^2 = squares - sum^2 / n, times n to stay whole: below 2^124 */
    pawl_i128 spread = squares * view->n - sum * sum;
    spread /= (pawl_i128)view->n * (view->n - 1u);
    *ret = (int64_t)root((unsigned __int128)spread);
    return PAWL_OK;
}

static int reckon(const struct view *view, enum series_what what, int64_t *ret) {
    switch (what) {
    case SERIES_ATR: return atr(view, ret);
    case SERIES_SMA: return view->have < view->n ? PAWL_E_NOTFOUND : mean(view, 0, ret);
    case SERIES_EMA: return ema(view, ret);
    case SERIES_RSI: return rsi(view, ret);
    case SERIES_VOLATILITY: return volatility(view, ret);
    default: return PAWL_E_INVAL;
    }
}

int series_value(struct series_set *head, enum series_what what, uint32_t instrument,
                 uint32_t seconds, uint32_t n, int64_t now_ns, int64_t *ret_e8) {
    struct set *set = set_of(head);
    struct one *one = series_find(set, instrument, seconds);
    if (one == NULL) return PAWL_E_NOTFOUND;
    series_roll(set, one, now_ns);
    if (n == 0 || series_bars_for(what, n) > one->rec.bars) return PAWL_E_INVAL;
    if (one->rec.count == 0) return PAWL_E_NOTFOUND;
    for (uint32_t i = 0; i < SERIES_MEMOS; i++) {
        const struct memo *memo = &one->memos[i];
        if (memo->bars != one->rec.count || memo->what != what || memo->n != n) continue;
        if (memo->rc == PAWL_OK) *ret_e8 = memo->value_e8;
        return memo->rc;
    }
    struct view view = {
        .one = one, .last = one->rec.count, .n = n, .have = series_have(one)};
    int64_t value = 0;
    int rc = reckon(&view, what, &value);
    one->memos[one->memo_at++ % SERIES_MEMOS] = (struct memo){
        .bars = one->rec.count, .what = what, .n = n, .value_e8 = value, .rc = rc};
    if (rc == PAWL_OK) *ret_e8 = value;
    return rc;
}
