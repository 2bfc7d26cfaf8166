/* SPDX-License-Identifier: MIT */
/* Host tests of svsm-run's command line: what each option does, and that nothing else gets through.
 */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <options.h>

static struct options o;

/* Parses words, the last of which is NULL. */
static enum exit_code parse(const char *const *words)
{
    static const char *argv[20];
    unsigned count = 0;
    argv[count++] = "svsm-run";
    for (; words[count - 1] != NULL; count++) {
        argv[count] = words[count - 1];
    }
    argv[count] = NULL;
    memset(&o, 0xa5, sizeof(o));
    o.once = o.dry_run = o.icount = o.json = o.help = false;
    fake_said[0] = 0;
    return options_parse(&o, (char **)argv);
}

#define PARSE(...) parse((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static void test_defaults(void **state)
{
    (void)state;
    setenv("XDG_RUNTIME_DIR", "/run/somebody", 1);
    assert_int_equal(PARSE(), EXIT_FINE);
    assert_string_equal(o.tpm_socket, "/run/somebody/svsm-tpm.sock");
    assert_string_equal(o.qemu, "qemu-system-x86_64");
    assert_string_equal(o.memory, "256M");
    assert_non_null(strstr(o.image, "systems/snp.bin"));
    assert_false(o.native);
    assert_int_equal(o.smp, 1);
    assert_int_equal(o.timeout, 120);
    assert_null(o.qemu_args[0]);
    setenv("XDG_RUNTIME_DIR", "not/absolute", 1);
    assert_int_equal(PARSE(), EXIT_FINE);
    assert_memory_equal(o.tpm_socket, "/tmp/svsm-tpm-", 14);
    unsetenv("XDG_RUNTIME_DIR");
    assert_int_equal(PARSE(), EXIT_FINE);
    assert_memory_equal(o.tpm_socket, "/tmp/svsm-tpm-", 14);
}

static void test_values(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--smp", "16", "--memory", "1G", "--qemu", "q", "--timeout", "86400",
                           "--tpm-socket", "/a/b", "--image", "dir/x.bin"),
                     EXIT_FINE);
    assert_int_equal(o.smp, 16);
    assert_string_equal(o.memory, "1G");
    assert_string_equal(o.qemu, "q");
    assert_int_equal(o.timeout, 86400);
    assert_string_equal(o.tpm_socket, "/a/b");
    assert_string_equal(o.image, "dir/x.bin");
    assert_string_equal(o.map, "dir/x.map");
    assert_int_equal(PARSE("--smp", "2", "--smp", "3"), EXIT_FINE);
    assert_int_equal(o.smp, 3);
}

static void test_flags(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--native", "--once", "--json", "--icount", "--dry-run", "-h"),
                     EXIT_FINE);
    assert_true(o.once && o.json && o.icount && o.dry_run && o.help);
    assert_int_equal(PARSE("--native"), EXIT_FINE);
    assert_false(o.once || o.json || o.icount || o.dry_run || o.help);
    assert_true(o.native);
    assert_non_null(strstr(o.image, "systems/default.bin"));
    assert_int_equal(PARSE("--icount"), EXIT_USAGE);
}

static void test_relative_socket(void **state)
{
    (void)state;
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(PARSE("--tpm-socket", "s"), EXIT_FINE);
    assert_string_equal(o.tpm_socket, "//s");
}

static void test_behind_dashes(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--once", "--", "--smp", "99"), EXIT_FINE);
    assert_int_equal(o.smp, 1);
    assert_string_equal(o.qemu_args[0], "--smp");
    assert_string_equal(o.qemu_args[1], "99");
    assert_null(o.qemu_args[2]);
    assert_int_equal(PARSE("--"), EXIT_FINE);
    assert_null(o.qemu_args[0]);
}

static void refused(const char *option, const char *value, const char *words)
{
    assert_int_equal(PARSE(option, value), EXIT_USAGE);
    if (strstr(fake_said, words) == NULL) {
        fail_msg("%s %s: %s", option, value, fake_said);
    }
}

static void test_refused(void **state)
{
    (void)state;
    const char *const numbers[] = {
        "0", "17", "-1", "+1", "1 ", " 1", "1x", "0x1", "", "999999999999999999999", "4294967297"};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        refused("--smp", numbers[i], "is not a number from 1 to 16");
    }
    refused("--timeout", "0", "is not a number of seconds");
    refused("--timeout", "86401", "is not a number of seconds");
    const char *const sizes[] = {"",  "0",    "3",   "3M", "0G",  "256K",        "256MB",
                                 "m", "1.5G", "-1G", "1T", "1 G", "256,slots=2", "1000000000"};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        refused("--memory", sizes[i], "is not a size in steps of 2M");
        assert_int_equal(PARSE("--native", "--memory", sizes[i]), EXIT_USAGE);
        assert_non_null(strstr(fake_said, "is not a size from 4M on"));
    }
    refused("--memory", "5M", "is not a size in steps of 2M");
    assert_int_equal(PARSE("--memory", "5M", "--native"), EXIT_FINE);
    refused("--qemu", "", "is not a usable path");
    refused("--image", "", "is not a usable path");
    refused("--tpm-socket", "", "is not a usable path");
    assert_int_equal(PARSE("--smp"), EXIT_USAGE);
    assert_non_null(strstr(fake_said, "--smp needs a value"));
    const char *const unknown[] = {"--nonsense", "word", "", "-x", "--smp=2", "--onc"};
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        assert_int_equal(PARSE(unknown[i]), EXIT_USAGE);
        assert_non_null(strstr(fake_said, "unknown argument"));
    }
}

static void test_guest(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--kernel", "k", "--initrd", "i", "--append", "", "--smp", "2"),
                     EXIT_FINE);
    assert_true(options_own_guest(&o));
    assert_string_equal(o.kernel, "k");
    assert_string_equal(o.initrd, "i");
    assert_string_equal(o.append, "");
    assert_string_equal(o.memory, "512M");
    assert_non_null(strstr(o.image, "systems/snp.bin"));
    assert_false(o.timeout_given);
    assert_int_equal(PARSE("--igvm", "f", "--timeout", "9", "--memory", "1G"), EXIT_FINE);
    assert_true(options_own_guest(&o) && o.timeout_given);
    assert_string_equal(o.memory, "1G");
    const char *const alone[] = {"--native", "--once", "--json", "--icount"};
    for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++) {
        assert_int_equal(PARSE("--igvm", "f", alone[i]), EXIT_USAGE);
        assert_int_equal(PARSE("--kernel", "k", alone[i]), EXIT_USAGE);
    }
    assert_int_equal(PARSE("--kernel", "k", "--igvm", "f"), EXIT_USAGE);
    assert_int_equal(PARSE("--initrd", "i"), EXIT_USAGE);
    assert_int_equal(PARSE("--append", "x"), EXIT_USAGE);
    refused("--kernel", "", "is not a usable path");
    refused("--igvm", "", "is not a usable path");
}

static void test_long_path(void **state)
{
    (void)state;
    static char path[2 * PATH_MAX];
    memset(path, 'p', sizeof(path) - 1);
    assert_int_equal(PARSE("--tpm-socket", path), EXIT_USAGE);
    assert_int_equal(PARSE("--image", path), EXIT_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),      cmocka_unit_test(test_values),
        cmocka_unit_test(test_flags),         cmocka_unit_test(test_relative_socket),
        cmocka_unit_test(test_behind_dashes), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_long_path),     cmocka_unit_test(test_guest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
