/* secret: each kind of reference, who may read a file, what errors say and what they never say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/secret.h"

static char folder[] = "/tmp/pawl-secret-XXXXXX";

static const char *write_file(const char *name, const char *text, size_t length, mode_t mode) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

static void expect(const char *reference, const char *dir, const char *value) {
    struct secret *secret = NULL;
    struct pawl_err err = {0};
    size_t length;
    assert_int_equal(secret_read(reference, dir, &secret, &err), PAWL_OK);
    assert_string_equal((const char *)secret_bytes(secret, &length), value);
    assert_int_equal(length, strlen(value));
    secret_free(secret);
}

static void refuse(const char *reference, int rc, const char *words) {
    struct secret *secret = NULL;
    struct pawl_err err = {0};
    assert_int_equal(secret_read(reference, folder, &secret, &err), rc);
    assert_null(secret);
    assert_non_null(strstr(err.text, words));
    assert_null(strstr(err.text, "hush"));
}

static void test_variable(void **state) {
    (void)state;
    setenv("PAWL_TEST_SECRET", "hush", 1);
    expect("env:PAWL_TEST_SECRET", NULL, "hush");
    setenv("PAWL_TEST_SECRET", "", 1);
    refuse("env:PAWL_TEST_SECRET", PAWL_E_DATA, "empty");
    unsetenv("PAWL_TEST_SECRET");
    refuse("env:PAWL_TEST_SECRET", PAWL_E_NOTFOUND, "not set");
}

static void test_file(void **state) {
    (void)state;
    char reference[300];
    snprintf(reference, sizeof reference, "file:%s", write_file("key", "hush\n", 5, 0600));
    expect(reference, NULL, "hush");
    expect("file:key", folder, "hush");
    write_file("key", "hush\r\n", 6, 0400);
    chmod(folder, 0700);
    expect("file:key", folder, "hush");
    write_file("two", "hush\n\n", 6, 0600);
    expect("file:two", folder, "hush\n");
    refuse("file:none", PAWL_E_NOTFOUND, "No such file");
    write_file("empty", "\n", 1, 0600);
    refuse("file:empty", PAWL_E_DATA, "empty");
    refuse("file:.", PAWL_E_DATA, "no file");
}

static void test_others_may_read(void **state) {
    (void)state;
    write_file("open", "hush", 4, 0644);
    refuse("file:open", PAWL_E_DENIED, "chmod 600");
    write_file("group", "hush", 4, 0640);
    refuse("file:group", PAWL_E_DENIED, "640");
}

static void test_too_long(void **state) {
    (void)state;
    static char text[SECRET_BYTES_MAX + 3];
    memset(text, 'h', sizeof text);
    write_file("most", text, SECRET_BYTES_MAX, 0600);
    struct secret *secret;
    size_t length;
    assert_int_equal(secret_read("file:most", folder, &secret, NULL), PAWL_OK);
    secret_bytes(secret, &length);
    assert_int_equal(length, SECRET_BYTES_MAX);
    secret_free(secret);
    write_file("long", text, SECRET_BYTES_MAX + 1, 0600);
    refuse("file:long", PAWL_E_DATA, "too long");
    write_file("longer", text, sizeof text, 0600);
    refuse("file:longer", PAWL_E_DATA, "too long");
}

static void test_credential(void **state) {
    (void)state;
    unsetenv("CREDENTIALS_DIRECTORY");
    refuse("credential:api", PAWL_E_NOTFOUND, "LoadCredential");
    write_file("api", "hush", 4, 0440);
    setenv("CREDENTIALS_DIRECTORY", folder, 1);
    expect("credential:api", NULL, "hush");
    refuse("credential:other", PAWL_E_NOTFOUND, "No such file");
    refuse("credential:../key", PAWL_E_CONFIG, "must name a credential");
    unsetenv("CREDENTIALS_DIRECTORY");
}

static void test_form(void **state) {
    (void)state;
    refuse("hush", PAWL_E_CONFIG, "must be a reference");
    refuse("env:", PAWL_E_CONFIG, "must name a variable");
    refuse("file:", PAWL_E_CONFIG, "must name a file");
    secret_free(NULL);
}

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state) {
    (void)state;
    static const char *const names[] = {"key",  "two",  "empty",  "open", "group",
                                        "most", "long", "longer", "api"};
    char path[256];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_variable),        cmocka_unit_test(test_file),
        cmocka_unit_test(test_others_may_read), cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_credential),      cmocka_unit_test(test_form)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
