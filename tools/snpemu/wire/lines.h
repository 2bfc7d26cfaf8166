/* SPDX-License-Identifier: MIT */
/*
 * The lines on the debug console (port E9h), each ended by a line feed. The first word says what a
 * line is; then come KEY=VALUE, without blanks in them but for `why`, which is the rest of the
 * line. vcpu, vmpl, code, set and reason are decimal, addresses and other numbers hexadecimal
 * without a prefix. Lines that begin in another way are for people.
 *
 * One of these is the last thing that a machine says; the host program's exit status is made from
 * it and not from QEMU's, which can say less:
 */
#pragma once

#define LINES_MAX 512

#define LINES_EXIT "exit"              /* code=N: the guest wrote N to port F4h; its low 8 bits */
#define LINES_OFF "off"                /* the guest switched itself off: 0 */
#define LINES_RESET "reset"            /* the guest reset itself: 1 */
#define LINES_TERMINATE "terminate"    /* set= reason= detail= [vcpu= vmpl= rip= name=]: 126 */
#define LINES_STOP "stop"              /* KIND rule=NAME vcpu= vmpl= rip= [gpa=]: 125 */
#define LINES_STOP_EMULATOR "emulator" /* as KIND, why=TEXT: the emulator is at its end: 1 */
/* TEXT of one such end begins so, for those who then try again. */
#define LINES_LOST "QEMU lost the registers of a vCPU"

#define LINES_STATS "stats" /* figures of --stats */
#define LINES_TRACE "trace" /* CLASS ...: what --trace asked for */
#define LINES_OWNERS                                                                               \
    "owners" /* what --check-vmpl0 asked for; figures are decimal, gpa hexadecimal */
/*
 * What --record asked for; each number hexadecimal. KIND is one of
 *   msr     vcpu= vmpl= value= answer=: the GHCB MSR before and after a VMGEXIT
 *   event   vcpu= vmpl= valid= code= info1= info2= rax= rbx= rcx= rdx= scratch= xcr0= cpl=: valid
 * has bit n for the n-th from code on; 0 where not answer  back= info1= info2= rax= rbx= rcx= rdx=:
 * of the event before; back as valid, from rax on insn    vcpu= vmpl= name= gpa= rcx= rdx= outcome=
 * code= cf= outcx= outdx=: outcome 0: done
 */
#define LINES_RECORD "record"
/* lie=N: the N-th lie of the command line, from 0 on, was told for the first time. */
#define LINES_TOLD "told"
#define LINES_COMMENT '#' /* what helps to understand the line that follows */
