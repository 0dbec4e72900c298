/*
 * The paper venue's own file, as a crash or a stranger may leave it: refused with a sentence and
 * left as it is, or read; then what was cut off is whole lines at the end, and reading what is left
 * gives the same world again.
 */
#include "../plugins/paper/worldfile.h"
#include "fuzz.h"

struct file {
    const uint8_t *bytes;
    size_t len;
    int replaced;
};

static struct file file; /* what the calls below read and replace; one input at a time */

static int file_append(struct pawl_ctx *ctx, const char *name, const void *bytes, size_t len,
                       struct pawl_err *err) {
    (void)ctx, (void)name, (void)bytes, (void)len, (void)err;
    HOLDS(0 == 1); /* loading appends nothing */
    return PAWL_E_IO;
}

static int file_truncate(struct pawl_ctx *ctx, const char *name, uint64_t size,
                         struct pawl_err *err) {
    (void)ctx, (void)name, (void)err;
    HOLDS(size > 0 && size <= file.len && file.bytes[size - 1] == '\n');
    file.len = (size_t)size;
    file.replaced++;
    return PAWL_OK;
}

static int64_t file_length(struct pawl_ctx *ctx, const char *name, struct pawl_err *err) {
    (void)ctx, (void)name, (void)err;
    return (int64_t)file.len;
}

static int64_t file_read(struct pawl_ctx *ctx, const char *name, uint64_t offset, void *bytes,
                         size_t max, struct pawl_err *err) {
    (void)ctx, (void)name, (void)err;
    if (offset >= file.len) return 0;
    size_t len = file.len - (size_t)offset < max ? file.len - (size_t)offset : max;
    memcpy(bytes, file.bytes + offset, len);
    return (int64_t)len;
}

static const struct pawl_files files = {
    .size = sizeof files, .append = file_append, .read = file_read, .length = file_length,
    .truncate = file_truncate};

static int load(struct paper_world **ret, uint64_t *ret_dropped) {
    struct pawl_err err = {0};
    HOLDS(paper_world_new(ret) == PAWL_OK);
    (*ret)->personality = 1; /* ideal, as in the corpus */
    *ret_dropped = 0;
    int rc = paper_world_load(*ret, NULL, &files, ret_dropped, &err);
    HOLDS(rc == PAWL_OK || (rc == PAWL_E_DATA && err.text[0] != '\0'));
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct paper_world *world = NULL, *again = NULL;
    uint64_t dropped = 0, dropped_again = 0;
    file = (struct file){.bytes = bytes, .len = len};
    if (load(&world, &dropped) != PAWL_OK) {
        HOLDS(file.len == len);
        paper_world_free(world);
        return 0;
    }
    HOLDS(dropped == 0 || file.replaced == 1);
    file.replaced = 0;
    HOLDS(load(&again, &dropped_again) == PAWL_OK && dropped_again == 0 && file.replaced == 0);
    HOLDS(world->last_order == again->last_order && world->row == again->row);
    HOLDS(world->last_execution == again->last_execution && world->prng == again->prng);
    HOLDS(world->position_count == again->position_count);
    HOLDS(world->execution_count == again->execution_count);
    HOLDS(world->compactions == again->compactions && world->ended_count == again->ended_count);
    HOLDS(world->symbol_count == again->symbol_count && world->fault_count == again->fault_count);
    paper_world_free(world);
    paper_world_free(again);
    return 0;
}
