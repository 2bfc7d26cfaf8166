/* SPDX-License-Identifier: MIT */
/*
 * The information page: what ring 0 and the manifest tell a task about itself. Read-only, filled
 * before the task's first instruction, never changed.
 */
#pragma once
#include <stdint.h>

#define SVSM_INFO_MAGIC UINT32_C(0x4f464e49) /* "INFO" */
#define SVSM_ABI_VERSION 1u
#define SVSM_NAME_MAX 24u /* bytes of a name with its terminating zero */
#define SVSM_INFO_HANDLES 32u

/* Instructions a task may use without asking CPUID (which would leave VMPL0 to the host). Set only
 * where the CPU has them and ring 0 has enabled the state they need. */
#define SVSM_CPU_AESNI (1u << 0)
#define SVSM_CPU_PCLMUL (1u << 1)
#define SVSM_CPU_SHA (1u << 2) /* only together with AVX: wolfCrypt 5.7.2 is wrong otherwise */
#define SVSM_CPU_AVX (1u << 3)
#define SVSM_CPU_AVX2 (1u << 4)
#define SVSM_CPU_BMI2 (1u << 5)
#define SVSM_CPU_ADX (1u << 6)
#define SVSM_CPU_RDSEED (1u << 7)
#define SVSM_CPU_MOVBE (1u << 8)

#define SVSM_INFO_TEST_IMAGE (1u << 0) /* weaker entropy and fault injection may be present */

enum svsm_handle_type {
    SVSM_HANDLE_NONE = 0,
    SVSM_HANDLE_ENDPOINT = 1,
    SVSM_HANDLE_EVENT = 2,
    SVSM_HANDLE_DEVICE = 3,
    SVSM_HANDLE_LOG = 4, /* read the task's own log ring */
    SVSM_HANDLE_CONTROL = 5,
    SVSM_HANDLE_PLATFORM = 6, /* the PSP; one task of an image at most */
    SVSM_HANDLE_TYPES = 7,
};

/* Handle n of the task, as its manifest names it. */
struct svsm_handle_name {
    char name[SVSM_NAME_MAX];
    uint32_t type; /* enum svsm_handle_type */
    uint32_t handle;
};
_Static_assert(sizeof(struct svsm_handle_name) == 32, "struct svsm_handle_name");

struct svsm_task_info {
    uint32_t magic;
    uint32_t abi_version;
    char name[SVSM_NAME_MAX];
    uint32_t task; /* index */
    uint32_t flags;
    uint32_t cpu_features; /* SVSM_CPU_* */
    uint32_t activations;
    uint64_t heap_size; /* bytes at SVSM_HEAP_VA */
    uint64_t stack_size;
    uint64_t request_size; /* bytes mapped at the request window */
    uint64_t reply_size;
    uint32_t vcpu_count;
    uint32_t handle_count;
    struct svsm_handle_name handles[SVSM_INFO_HANDLES];
};
_Static_assert(sizeof(struct svsm_task_info) == 88 + 32 * SVSM_INFO_HANDLES,
               "struct svsm_task_info");
_Static_assert(sizeof(struct svsm_task_info) <= 4096, "one page");
