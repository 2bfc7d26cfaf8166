/* SPDX-License-Identifier: MIT */
/*
 * svsm-bench-guest: instructions of ring 0 for calls of the guest, counted exactly (count.h): from
 * the moment at which the guest's vCPU has given the CPU to VMPL0 until its save area may run
 * again. The code is what ring 0 links, compiled with its flags; the machine below is seam.c's, so
 * instructions of SNP, the world switch and the clearing of pages are not in the figures.
 *
 * Prints a line per figure, `ok NAME instructions=N gate=N` or `not ok`; gates come from the file
 * that is named on the command line: name and most instructions, one a line.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <guest/guest.h>
#include <svsm/abi/result.h>
#include <svsm/abi/svsm_protocol.h>
#include <svsm/abi/vmexit.h>

#include "count.h"
#include "seam.h"

#define MIB (UINT64_C(1) << 20)
#define RAM_SIZE (64 * MIB)
#define LIST 0x1000u
#define AREA 0x2000u
#define FIRST_PAGE (UINT64_C(4) * MIB)
#define GATES_MAX 32
#define NAME_LEN 40

static uint8_t table[RAM_SIZE / 4096 + 4096];
static const struct snp_image_launch launch = {
    .magic = SNP_IMAGE_LAUNCH_MAGIC,
    .version = SNP_IMAGE_VERSION,
    .flags = SNP_IMAGE_GUEST,
    .vcpu_count = 1,
    .ram_count = 2,
    .guest_caa = AREA,
    .guest_features = SNP_FEATURE_SNP,
    .ram = {{.gpa = 0, .size = 2 * MIB, .kind = SNP_IMAGE_RAM_VALIDATED},
            {.gpa = 2 * MIB, .size = RAM_SIZE - 2 * MIB, .kind = SNP_IMAGE_RAM_LEAVE}},
};

/* One call of the guest as its vCPU leaves it: registers in the save area, the area's byte set. */
struct call {
    const char *name;
    uint64_t rax, rcx;
    uint64_t result; /* what RAX must become */
    unsigned entries;
    unsigned size; /* SNP_PAGE_* */
};

static void prepare(const struct call *call)
{
    struct vmsa *vmsa = seam_save_area();
    vmsa->rax = call->rax;
    vmsa->rcx = call->rcx;
    vmsa->guest_exit_code = VMEXIT_VMGEXIT;
    vmsa->efer |= SNP_EFER_SVME;
    seam_memory[AREA] = 1;
    struct svsm_page_list head = {.count = (uint16_t)call->entries};
    memcpy(seam_memory + LIST, &head, sizeof(head));
    for (unsigned i = 0; i < call->entries; i++) {
        uint64_t step = call->size == SNP_PAGE_2M ? SNP_SIZE_2M : SNP_SIZE_4K;
        uint64_t entry = (FIRST_PAGE + i * step) | call->size | SVSM_ENTRY_VALIDATE;
        memcpy(seam_memory + LIST + sizeof(head) + i * sizeof(entry), &entry, sizeof(entry));
    }
}

static void serve(void *argument)
{
    (void)argument;
    struct guest_call call;
    (void)!guest_request(0, &call);
}

/* The same call once without being counted: a figure of a call that failed would be worth nothing.
 */
static bool works(const struct call *call)
{
    struct guest_call taken;
    prepare(call);
    enum guest_next next = guest_request(0, &taken);
    if (next != GUEST_RUN) {
        return false;
    }
    return seam_save_area()->rax == call->result && seam_memory[AREA] == 0;
}

struct gate {
    char name[NAME_LEN];
    unsigned long most;
};

static size_t gates_read(const char *path, struct gate gates[GATES_MAX])
{
    FILE *file = fopen(path, "re");
    char line[128];
    size_t count = 0;
    while (file != NULL && fgets(line, sizeof(line), file) != NULL && count < GATES_MAX) {
        if (line[0] != '#' &&
            sscanf(line, "%39s %lu", gates[count].name, &gates[count].most) == 2) {
            count++;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return count;
}

static unsigned long gate_of(const struct gate *gates, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(gates[i].name, name) == 0) {
            return gates[i].most;
        }
    }
    return 0;
}

static int judge(const struct call *call, uint64_t count, unsigned long most)
{
    if (count == 0) {
        printf("not ok %s - not counted: %s\n", call->name, strerror(errno));
    } else if (!works(call)) {
        printf("not ok %s - the call does not succeed: %lx\n", call->name,
               (unsigned long)seam_save_area()->rax);
    } else if (count > most) {
        printf("not ok %s instructions=%lu gate=%lu - more than the gate allows\n", call->name,
               (unsigned long)count, most);
    } else {
        printf("ok %s instructions=%lu gate=%lu\n", call->name, (unsigned long)count, most);
        return 0;
    }
    return 1;
}

#define CORE(n) ((uint64_t)SVSM_PROTOCOL_CORE << 32 | (n))

static const struct call calls[] = {
    {.name = "null", .rax = CORE(0xffff), .result = SVSM_ERR_UNSUPPORTED_CALL},
    {.name = "query-protocol", .rax = CORE(SVSM_CORE_QUERY_PROTOCOL), .rcx = UINT64_C(2) << 32 | 1},
    {.name = "pvalidate-4k-1", .rax = CORE(SVSM_CORE_PVALIDATE), .rcx = LIST, .entries = 1},
    {.name = "pvalidate-4k-16", .rax = CORE(SVSM_CORE_PVALIDATE), .rcx = LIST, .entries = 16},
    {.name = "pvalidate-4k-511", .rax = CORE(SVSM_CORE_PVALIDATE), .rcx = LIST, .entries = 511},
    {.name = "pvalidate-2m-1",
     .rax = CORE(SVSM_CORE_PVALIDATE),
     .rcx = LIST,
     .entries = 1,
     .size = SNP_PAGE_2M},
    {.name = "pvalidate-2m-2",
     .rax = CORE(SVSM_CORE_PVALIDATE),
     .rcx = LIST,
     .entries = 2,
     .size = SNP_PAGE_2M},
};

static void machine_start(void)
{
    memset(table, 0, sizeof(table));
    struct vmsa *vmsa = seam_save_area();
    *vmsa = (struct vmsa){
        .vmpl = SNP_IMAGE_GUEST_VMPL, .efer = SNP_EFER_SVME, .sev_features = SNP_FEATURE_SNP};
    gpa_t where;
    guest_init(&launch, table, SNP_IMAGE_BASE, SNP_IMAGE_BASE + 16 * MIB);
    struct guest_vcpu guest;
    if (guest_launch_memory(&where) != OK || guest_launch_vcpu() != OK || !guest_enter(0, &guest)) {
        fputs("svsm-bench-guest: error: the guest does not start\n", stderr);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    struct gate gates[GATES_MAX];
    int failed = 0;
    if (argc != 2) {
        fputs("usage: svsm-bench-guest GATES\n", stderr);
        return 2;
    }
    size_t count = gates_read(argv[1], gates);
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        machine_start();
        prepare(&calls[i]);
        uint64_t instructions = count_instructions(serve, NULL);
        failed |= judge(&calls[i], instructions, gate_of(gates, count, calls[i].name));
    }
    return failed;
}

/* Of ring 0: the figures are worth nothing behind a failed check. */
[[gnu::noreturn]] void check_failed(const char *what, const char *file, unsigned line);
void check_failed(const char *what, const char *file, unsigned line)
{
    fprintf(stderr, "svsm-bench-guest: error: %s at %s:%u\n", what, file, line);
    abort();
}

void port_stop(const char *why);
void port_stop(const char *why)
{
    fprintf(stderr, "svsm-bench-guest: error: %s\n", why);
    abort();
}
