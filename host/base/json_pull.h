/*
 * json_pull.h - the reader and writer behind pawl.json/1 (pawl_json.h): one pass over a slice, no
 * allocation, no state but the caller's. [any thread]
 */
#ifndef BASE_JSON_PULL_H
#define BASE_JSON_PULL_H

#include "pawl_json.h"

void json_begin(struct pawl_json_reader *r, const char *text, size_t len);
int json_next(struct pawl_json_reader *r, struct pawl_json_token *ret);
int json_skip(struct pawl_json_reader *r);
int json_e8(const struct pawl_json_token *t, int64_t *ret);
int json_i64(const struct pawl_json_token *t, int64_t *ret);
int json_text(const struct pawl_json_token *t, char *out, size_t size);

void json_write(struct pawl_json_writer *w, char *out, size_t size);
void json_open(struct pawl_json_writer *w, const char *key, char bracket);
void json_close(struct pawl_json_writer *w, char bracket);
void json_put_text(struct pawl_json_writer *w, const char *key, const char *text, size_t len);
void json_put_e8(struct pawl_json_writer *w, const char *key, int64_t e8);
void json_put_i64(struct pawl_json_writer *w, const char *key, int64_t value);
void json_put_raw(struct pawl_json_writer *w, const char *key, const char *json, size_t len);
int json_end(struct pawl_json_writer *w, size_t *ret_len);

#endif
