/* SPDX-License-Identifier: MIT */
/*
 * The guest of the campaign of lies against the SVSM: for each line of its table it has the host
 * tell these lies, makes calls as a guest does, and says what came of them. Nothing else is
 * printed, so that thousands of cases fit into a few boots.
 *
 * A line: a letter for the calls, a blank, lies of --lie with semicolons between them. `@page@` in
 * a lie is the page that the calls are about, `@area@` the calling area, `@list@` the list of
 * PVALIDATE, `@vtpm@` the buffer of the vTPM's call.
 *
 * The secret of these cases is what the host's other page holds (`remap`): to the SVSM it is what a
 * page that was once its own would be, assigned, not validated and full of something. Whatever a
 * case came to, this guest must not find it in any page afterwards.
 */
#include "../../../protocol/protocol.h"
#include "../../../protocol/start.h"
#include "../lies.h"
#include <svsm/abi/svsm_services.h>

#define TABLE_SIZE 65536u
#define MARK UINT64_C(0x6b72616d6b72616d)
#define PAGES_FIRST UINT64_C(0x1000000)
#define PAGES_COUNT 12000u
#define STEP 3u /* pages of one case */
#define LARGE_FIRST UINT64_C(0x4000000)
#define LARGE_COUNT 32u /* of 2 MiB; a lie about one of them leaves pages of 4 KiB */
#define SECRET UINT64_C(0x5a5a5a5a5a5a5a5a) /* core/lie.h's host knows no other */
#define LINE_MAX 400u

/* In the file, not in .bss: whoever makes the image sets them. */
#define OPTION [[gnu::section(".data.word")]] volatile uint64_t
OPTION option_vcpus = 1;
OPTION option_mode = 0;
OPTION option_seed = 0; /* number of the first case */
OPTION option_rounds = 0;
[[gnu::section(".data.word")]] char option_table[TABLE_SIZE] = {1};

enum outcome { SAME, ERROR, LOST, FAULT, WRONG, LEAK };
static const char *const outcomes[] = {"no-effect", "error", "lost", "fault", "WRONG", "SECRET"};

/* What the calls of a case came to; the first of them that was not as without lies counts. */
struct result {
    enum outcome outcome;
    uint64_t answer;
};

static uint64_t page; /* of this case; two more behind it */

static void judge(struct result *r, enum outcome outcome, uint64_t answer)
{
    if (r->outcome == SAME || outcome >= WRONG) {
        r->outcome = outcome;
        r->answer = answer;
    }
}

/* The answers that the protocol has: a success is as good as its effect, everything else an error.
 */
static bool succeeded(struct result *r, uint64_t answer)
{
    if (answer == SVSM_SUCCESS) {
        return true;
    }
    bool known = answer == CALL_LOST ||
                 (answer >= SVSM_ERR_INCOMPLETE && answer <= SVSM_ERR_BUSY) ||
                 (answer >= SVSM_ERR_PROTOCOL_BASE && answer <= SVSM_ERR_PROTOCOL_BASE + 0xfff);
    judge(r, answer == CALL_LOST ? LOST : known ? ERROR : WRONG, answer);
    if (answer == CALL_LOST) {
        call_area()->call_pending = 0;
    }
    return false;
}

/* What the SVSM has just given us holds nothing of anybody. */
static void must_be_clear(struct result *r, uint64_t gpa, uint64_t size)
{
    if (memory_differs(gpa, 0, size) != 0) {
        judge(r, WRONG, *word_at(gpa));
    }
}

static void round_query(struct result *r)
{
    struct call c = {.rax = svsm_call_rax(0, SVSM_CORE_QUERY_PROTOCOL),
                     .rcx = svsm_query(SVSM_PROTOCOL_CORE, 1),
                     .rdx = 0x22,
                     .r8 = 0x88,
                     .r9 = 0x99};

    if (succeeded(r, call_make(&c)) &&
        (c.rcx != svsm_versions(1, 1) || c.rdx != 0x22 || c.r8 != 0x88 || c.r9 != 0x99)) {
        judge(r, WRONG, c.rcx);
    }
}

static void round_pages(struct result *r)
{
    memory_fill(page, MARK, PAGE_SIZE);
    if (succeeded(r, list_one(ENTRY_RESCIND(page))) &&
        succeeded(r, list_one(ENTRY_VALIDATE(page)))) {
        must_be_clear(r, page, PAGE_SIZE);
    }
}

/* 2 MiB at once. */
static void round_large(struct result *r)
{
    memory_fill(page, MARK, SNP_SIZE_2M);
    if (succeeded(r, list_one(ENTRY_RESCIND(page) | ENTRY_2M)) &&
        succeeded(r, list_one(ENTRY_VALIDATE(page) | ENTRY_2M))) {
        must_be_clear(r, page, SNP_SIZE_2M);
    }
}

static void round_again(struct result *r)
{
    memory_fill(page, MARK, PAGE_SIZE);
    if (succeeded(r, list_one(ENTRY_VALIDATE(page) | SVSM_ENTRY_IGNORE_CF))) {
        must_be_clear(r, page, PAGE_SIZE);
    }
}

static void round_vcpu(struct result *r)
{
    uint64_t calling = page + PAGE_SIZE;

    cpu_fill(page, (unsigned)option_vcpus - 1);
    if (succeeded(r, call_core(SVSM_CORE_CREATE_VCPU, page, calling, option_vcpus - 1))) {
        (void)succeeded(r, call_core(SVSM_CORE_DELETE_VCPU, page, 0, 0));
    }
}

/* One page twice: what was a save area once must not be one without being looked at again. */
static void round_reuse(struct result *r)
{
    for (unsigned i = 0; i < 2; i++) {
        round_vcpu(r);
        if (r->outcome != SAME) {
            return; /* the page may be a save area still */
        }
    }
    cpu_fill(page, (unsigned)option_vcpus - 1);
    /* SAFETY: a page of this test. */
    ((volatile struct vmsa *)page)->vmpl = 0;
    uint64_t answer = call_core(SVSM_CORE_CREATE_VCPU, page, page + PAGE_SIZE, option_vcpus - 1);
    if (answer == SVSM_SUCCESS) { /* an area of VMPL0, ours */
        judge(r, WRONG, answer);
    }
}

static void round_remap(struct result *r)
{
    for (unsigned i = 0; i < 2; i++) {
        uint64_t to = i == 0 ? page : PAYLOAD_CAA;
        if (!succeeded(r, call_core(SVSM_CORE_REMAP_CA, to, 0, 0))) {
            return;
        }
        call_area_set(to);
    }
}

/* PCR 16 after a reset: zeros. */
static void round_tpm(struct result *r)
{
    static const uint8_t command[] = {0x80, 0x01, 0, 0, 0, 20, 0, 0, 0x01, 0x7e,
                                      0,    0,    0, 1, 0, 11, 3, 0, 0,    1};
    struct svsm_vtpm_request head = {.command = SVSM_VTPM_SEND_COMMAND, .size = sizeof(command)};
    struct call c = {.rax = svsm_call_rax(SVSM_PROTOCOL_VTPM, SVSM_VTPM_CMD), .rcx = PAGE_TPM};

    memory_copy(PAGE_TPM, &head, sizeof(head));
    memory_copy(PAGE_TPM + sizeof(head), command, sizeof(command));
    if (!succeeded(r, call_make(&c))) {
        return;
    }
    const volatile uint8_t *answer = (const volatile uint8_t *)PAGE_TPM;
    uint8_t sum = 0;
    for (unsigned i = 34; i < 66; i++) {
        sum |= answer[i];
    }
    if (answer[4] != 0x80 || answer[10] != 0 || answer[13] != 0 || sum != 0) {
        judge(r, WRONG, answer[4]);
    }
}

static void startup(void)
{
    static const uint8_t command[] = {0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x44, 0, 0};
    struct svsm_vtpm_request head = {.command = SVSM_VTPM_SEND_COMMAND, .size = sizeof(command)};
    struct call c = {.rax = svsm_call_rax(SVSM_PROTOCOL_VTPM, SVSM_VTPM_CMD), .rcx = PAGE_TPM};

    memory_copy(PAGE_TPM, &head, sizeof(head));
    memory_copy(PAGE_TPM + sizeof(head), command, sizeof(command));
    (void)call_make(&c);
}

static struct result seen;

static void calls(uint64_t letter)
{
    switch (letter) {
    case 'p':
        round_pages(&seen);
        break;
    case 'v':
        round_again(&seen);
        break;
    case 'c':
        round_vcpu(&seen);
        break;
    case 'l':
        round_large(&seen);
        break;
    case 'r':
        round_reuse(&seen);
        break;
    case 'm':
        round_remap(&seen);
        break;
    case 't':
        round_tpm(&seen);
        break;
    default:
        round_query(&seen);
    }
}

/* One lie with the addresses of this case in it. */
static void arm(const char *text, unsigned len)
{
    static char line[LINE_MAX];
    unsigned used = 0;

    for (unsigned i = 0; i < len && used < LINE_MAX - 20; i++) {
        if (text[i] != '@' || i + 5 >= len || text[i + 5] != '@') {
            line[used++] = text[i];
            continue;
        }
        uint64_t gpa = text[i + 1] == 'p'   ? page
                       : text[i + 1] == 'a' ? (uint64_t)call_area()
                       : text[i + 1] == 'v' ? PAGE_TPM
                                            : PAGE_LIST;
        line[used++] = '0';
        line[used++] = 'x';
        for (int shift = 28; shift >= 0; shift -= 4) {
            line[used++] = "0123456789abcdef"[gpa >> shift & 15];
        }
        i += 5;
    }
    line[used] = 0;
    lie("%s", line);
}

static void arm_all(const char *text, unsigned len)
{
    unsigned start = 0;

    for (unsigned i = 0; i <= len; i++) {
        if (i == len || text[i] == ';') {
            arm(text + start, i - start);
            start = i + 1;
        }
    }
}

/* The host brings back what it took; then everything works as before, from the first calling area.
 */
static void mend(uint64_t unused)
{
    (void)unused;
    if ((uint64_t)call_area() != PAYLOAD_CAA &&
        call_core(SVSM_CORE_REMAP_CA, PAYLOAD_CAA, 0, 0) == SVSM_SUCCESS) {
        call_area_set(PAYLOAD_CAA);
    }
    round_query(&seen);
    if (seen.outcome != SAME) { /* a fault on the way back from REMAP_CA: it has moved */
        call_area()->call_pending = 0;
        call_area_set(page);
        if (call_core(SVSM_CORE_REMAP_CA, PAYLOAD_CAA, 0, 0) == SVSM_SUCCESS) {
            seen = (struct result){SAME, 0};
        }
        call_area_set(PAYLOAD_CAA);
        round_query(&seen);
    }
}

static bool is_whole(void)
{
    const uint64_t moved[] = {page, (uint64_t)call_area(), PAGE_LIST, PAGE_TPM};

    for (unsigned i = 0; i < ARRAY_COUNT(moved); i++) {
        lie("back@ioio,vmpl=2,gpa=0x%x,nth=%u", moved[i], (uint64_t)ARRAY_COUNT(moved) - i);
    }
    (void)lie_end();
    seen = (struct result){SAME, 0};
    return !probe(mend, 0).happened && seen.outcome == SAME;
}

static void look_at(uint64_t gpa)
{
    struct insn rights = {.rax = gpa, .rdx = GUEST_VMPL};

    insn_rmpquery(&rights); /* #VC where it is not validated */
    if (rights.rax != SNP_SUCCESS || !(snp_rmpadjust_perm(rights.rdx) & SNP_PERM_READ)) {
        return; /* VMPL0 keeps it from us */
    }
    for (uint64_t at = gpa; at < gpa + PAGE_SIZE; at += sizeof(uint64_t)) {
        if (*word_at(at) == SECRET) {
            judge(&seen, LEAK, at);
        }
    }
}

static bool moves_pages(const char *text, unsigned len)
{
    static const char remap[] = "remap@";
    unsigned same = 0;

    for (unsigned i = 0; i < len && same < sizeof(remap) - 1; i++) {
        same = text[i] == remap[same] ? same + 1 : text[i] == remap[0];
    }
    return same == sizeof(remap) - 1;
}

/* All that this guest can read of what the case was about. A fault is as good as nothing. */
static void look_for_secret(void)
{
    const uint64_t pages[] = {page,      page + PAGE_SIZE,      page + 2 * PAGE_SIZE,
                              PAGE_LIST, (uint64_t)call_area(), PAYLOAD_CAA,
                              PAGE_TPM,  PAGE_TPM + PAGE_SIZE};

    for (unsigned i = 0; i < ARRAY_COUNT(pages); i++) {
        (void)probe(look_at, pages[i]);
    }
}

static void one_case(uint64_t number, const char *text, unsigned len)
{
    static uint64_t large;

    page = text[0] == 'l' ? LARGE_FIRST + large++ % LARGE_COUNT * SNP_SIZE_2M
                          : PAGES_FIRST + number * STEP % PAGES_COUNT * PAGE_SIZE;
    print("case %u\n", (unsigned)number);
    arm_all(text + 2, len - 2);
    seen = (struct result){SAME, 0};
    struct fault fault = probe(calls, (uint64_t)text[0]);
    if (fault.happened) { /* a page is gone: the only way in which a host can cause one */
        bool gone = fault.vector == SNP_VECTOR_VC && fault.error == VMEXIT_PAGE_NOT_VALIDATED;
        judge(&seen, gone ? FAULT : WRONG, fault.vector);
    }
    if (moves_pages(text, len)) {
        look_for_secret();
    }
    struct result result = seen;
    unsigned told = lie_end();
    bool whole = is_whole();
    print("done %u %s told=%u answer=%x%s\n", (unsigned)number, outcomes[result.outcome], told,
          result.answer, whole ? "" : " DAMAGED");
    if (!whole) {
        finish(); /* what came behind it would only be its consequence */
    }
}

[[gnu::noreturn]] void guest_main(void);
void guest_main(void)
{
    uint64_t number = option_seed;
    unsigned start = 0;

    start_guest();
    startup();
    for (unsigned i = 0; i < TABLE_SIZE && option_table[i] != 0; i++) {
        if (option_table[i] == '\n') {
            one_case(number++, option_table + start, i - start);
            start = i + 1;
        }
    }
    print("end\n");
    finish();
}
