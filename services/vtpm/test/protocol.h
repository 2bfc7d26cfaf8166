/* SPDX-License-Identifier: MIT */
/* The second half of the vTPM's host tests. */
#pragma once

int protocol_tests(void); /* as cmocka_run_group_tests() */
