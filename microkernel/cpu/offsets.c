/* SPDX-License-Identifier: MIT */
/* Assembly's idea of the structures against the compiler's. Produces no code. */
#include <cpu/asm.h>
#include <mm/kmap.h>
#include <task/task.h>
#include <svsm/abi/pool.h>

_Static_assert(offsetof(struct cpu, regs) == 0, "the trap stub addresses regs");
_Static_assert(offsetof(struct regs, rax) == REGS_RAX, "REGS_RAX");
_Static_assert(offsetof(struct regs, vector) == REGS_VECTOR, "REGS_VECTOR");
_Static_assert(offsetof(struct regs, rip) == REGS_RIP, "REGS_RIP");
_Static_assert(offsetof(struct regs, cs) == REGS_CS, "REGS_CS");
_Static_assert(offsetof(struct regs, rflags) == REGS_RFLAGS, "REGS_RFLAGS");
_Static_assert(offsetof(struct regs, rsp) == REGS_RSP, "REGS_RSP");
_Static_assert(offsetof(struct regs, ss) == REGS_SS, "REGS_SS");
_Static_assert(sizeof(struct regs) == REGS_SIZE && REGS_SIZE % 16 == 0,
               "the CPU aligns an IST stack to 16 bytes before it pushes");
_Static_assert(offsetof(struct cpu, full_restore) == CPU_FULL_RESTORE, "CPU_FULL_RESTORE");
_Static_assert(sizeof(struct cpu) <= VCPU_CPU_END - VCPU_CPU, "struct cpu fits its slot");
_Static_assert((VCPU_CPU_END - VCPU_CPU) / SVSM_PAGE_SIZE == SVSM_POOL_CPU_PAGES, "pool.h");
_Static_assert((VCPU_STACK_END - VCPU_STACK) / SVSM_PAGE_SIZE == SVSM_POOL_KERNEL_STACK_PAGES,
               "pool.h");
_Static_assert(VCPU_ISTS == SVSM_POOL_IST_STACKS, "pool.h");
_Static_assert(1u << VCPU_SHIFT == VCPU_STRIDE, "VCPU_SHIFT");
_Static_assert(VCPU_STRIDE *SVSM_VCPUS_MAX <= LAPIC_VA - VCPU_VA, "vCPU slots fit");
