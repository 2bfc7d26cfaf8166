/* SPDX-License-Identifier: MIT */
/*
 * mbinfo_option(): looks at no byte behind the command line's end, and finds the first word of the
 * form name=value, with the value's length, if and only if there is one.
 *
 * Assumes that line and name end with a zero: boot_main() cuts its copy. Bound: lines of up to six
 * characters, names of one or two.
 */
#include <boot/mbinfo.c>
#include "proof.h"

#define LINE 6u

int main(void)
{
    char line[LINE + 1], name[3];
    size_t len, at, names;
    line[LINE] = 0;
    name[2] = 0;
    __CPROVER_assume(name[0] != 0 && name[0] != ' ' && name[0] != '=');
    __CPROVER_assume(name[1] != ' ' && name[1] != '=');
    names = name[1] == 0 ? 1 : 2;

    const char *value = mbinfo_option(line, name, &len);

    /* Does a word name=... begin at `at`? */
    bool ended = false;
    __CPROVER_assume(at < LINE && at + names < LINE);
    for (size_t i = 0; i < at + names; i++) {
        ended = ended || line[i] == 0;
    }
    bool here = !ended && (at == 0 || line[at - 1] == ' ') && line[at] == name[0] &&
                (names == 1 || line[at + 1] == name[1]) && line[at + names] == '=';
    if (value == NULL) {
        __CPROVER_assert(!here, "none is overlooked");
        REACH("none");
        return 0;
    }
    size_t found = (size_t)(value - line);
    __CPROVER_assert(found > names && found + len <= LINE, "in the line");
    __CPROVER_assert(line[found + len] == ' ' || line[found + len] == 0, "up to the word's end");
    __CPROVER_assert(!here || at + names + 1 >= found, "it is the first");
    if (at + names + 1 == found) {
        __CPROVER_assert(here, "it is one");
        REACH("found");
    }
    size_t inside;
    __CPROVER_assume(inside < len);
    __CPROVER_assert(line[found + inside] != ' ' && line[found + inside] != 0, "one word");
}
