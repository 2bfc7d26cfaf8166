/* SPDX-License-Identifier: MIT */
/* Lies that end the run, each in a boot of its own: the host's doing, not the guest's. */
#include "lies.h"

void test_fatal(uint64_t number)
{
    page_private(PAGE_LIE);
    switch (number) {
    case 1:
        lie("unmap@cpuid,gpa=0x%x", PAGE_LIE);
        break;
    case 2:
        lie("never@cpuid");
        break;
    default:
        break; /* the command line's */
    }
    (void)ask_cpuid(0);
    (void)*(volatile uint64_t *)PAGE_LIE;
    check(0, 1, "goes-on");
}
