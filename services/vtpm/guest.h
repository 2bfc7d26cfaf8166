/* SPDX-License-Identifier: MIT */
/* The vTPM's endpoint for guests: SVSM protocol 2, version 1 (abi/svsm_protocol.h). */
#pragma once
#include <svsm/service.h>

#define GUEST_OPERATIONS 2

extern svsm_handler *const guest_operations[GUEST_OPERATIONS];
