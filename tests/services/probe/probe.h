/* SPDX-License-Identifier: MIT */
/* Operations of the probe service, in the order of its manifest. */
#pragma once

enum {
    OP_COUNT,
    OP_HOLE,
    OP_REGISTERS,
    OP_MISSING, /* in the manifest, NULL in the table */
    OP_REPLY,
    OP_CLOCK,
    OP_RANDOM,
    OP_LIBC,
    OP_PRINT,
    OP_GIVE_UP,
    OP_WAIT,
    OP_BEHIND, /* in the manifest, behind the table's end */
};

enum { GIVE_UP_ABORT, GIVE_UP_EXIT, GIVE_UP_ASSERT, GIVE_UP_HANDLE, GIVE_UP_FREE, GIVE_UP_COUNT };
