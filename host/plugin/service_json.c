/* pawl.json/1 */
#include "base/json_pull.h"
#include "plugin/io.h"

const struct pawl_json json_table = {.size = (uint32_t)sizeof(struct pawl_json),
                                     .begin = json_begin,
                                     .next = json_next,
                                     .skip = json_skip,
                                     .e8 = json_e8,
                                     .i64 = json_i64,
                                     .text = json_text,
                                     .write = json_write,
                                     .open = json_open,
                                     .close = json_close,
                                     .put_text = json_put_text,
                                     .put_e8 = json_put_e8,
                                     .put_i64 = json_put_i64,
                                     .put_raw = json_put_raw,
                                     .end = json_end};
