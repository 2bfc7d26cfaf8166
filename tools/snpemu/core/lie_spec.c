/* SPDX-License-Identifier: MIT */
/* No library: the hypervisor has this, too. */
#include "lie_spec.h"
#include "ghcb.h"
#include "lie.h"
#include <stddef.h>

#define PAGE 4096u

static const struct kind {
    const char *name, *meaning;
} kinds[LIE_KINDS] = {
    [LIE_SET] = {"set", "a field of an answer is value"},
    [LIE_FLIP] = {"flip", "the bits value of a field are turned over"},
    [LIE_STALE] = {"stale", "a field is what the last answer to this event had"},
    [LIE_HIDE] = {"hide", "a field is not returned: its valid bit is off"},
    [LIE_ASK] = {"ask", "the host takes the request for one whose field is value"},
    [LIE_SKIP] = {"skip", "nothing is done, and a success is answered"},
    [LIE_REFUSE] = {"refuse", "nothing is done, and the error value is answered"},
    [LIE_TWICE] = {"twice", "it is done twice"},
    [LIE_DROP] = {"drop", "it is done, and nothing is answered"},
    [LIE_REPEAT] = {"repeat", "nothing is done, and the last answer to this event comes again"},
    [LIE_SWAP] = {"swap", "the answer of the event before comes, and this one's comes next"},
    [LIE_NEVER] = {"never", "the vCPU does not run any more"},
    [LIE_UNMAP] = {"unmap", "the page at gpa becomes the host's"},
    [LIE_REMAP] = {"remap", "another page, not validated, comes behind gpa"},
    [LIE_BACK] = {"back", "the page that was behind gpa first comes back"},
    [LIE_EXCHANGE] = {"exchange", "the two pages that were behind gpa change places"},
    [LIE_INTERRUPT] = {"interrupt", "the interrupt value arrives, whatever the guest has masked"},
    [LIE_EXCEPTION] = {"exception", "the exception value arrives"},
    [LIE_NMI] = {"nmi", "an NMI arrives"},
    [LIE_CLOCK] = {"clock", "the time-stamp counter jumps by value"},
    [LIE_WRITE] = {"write", "8 bytes of a shared page, or of the GHCB, become value"},
    [LIE_DOORBELL] = {"doorbell", "8 bytes of the doorbell page become value"},
    [LIE_PSP_BUSY] = {"psp-busy", "a request is not passed on, since the firmware were busy"},
    [LIE_PSP_DROP] = {"psp-drop", "a request is not passed on, and a success is answered"},
    [LIE_PSP_REPLAY] = {"psp-replay", "the firmware's last response comes instead of a new one"},
    [LIE_PSP_FLIP] = {"psp-flip", "bit value of the firmware's response is turned over"},
    [LIE_PSP_REQUEST] = {"psp-request", "bit value of the request is turned over"},
    [LIE_PSP_TWICE] = {"psp-twice", "the request is passed on twice"},
    [LIE_CERTS] = {"certificates", "certificates take value pages"},
    [LIE_CPUID] = {"cpuid", "the bits value of a leaf of the CPUID page are turned over"},
};

/* In the order of enum lie_field. */
static const char *const fields[LIE_FIELDS] = {"cpl",  "xss",      "rax",   "rcx",   "rdx",
                                               "rbx",  "exitcode", "info1", "info2", "scratch",
                                               "xcr0", "buffer",   "msr"};

/* Those that are no names of the GHCB protocols. */
static const struct point {
    const char *name;
    uint8_t at;
    uint8_t event;
} points[] = {
    {"any", LIE_AT_EVENT, 0},
    {"msr-any", LIE_AT_MSR, 0},
    {"pvalidate", LIE_AT_INSN, LIE_PVALIDATE},
    {"rmpadjust", LIE_AT_INSN, LIE_RMPADJUST},
    {"rmpquery", LIE_AT_INSN, LIE_RMPQUERY},
    {"enter", LIE_AT_ENTER, 0},
    {"launch", LIE_AT_LAUNCH, 0},
};
#define POINTS (sizeof(points) / sizeof(points[0]))

static const struct key {
    const char *name;
    uint64_t most;
    size_t offset, size; /* of the member */
} keys[] = {
    {"value", UINT64_MAX, offsetof(struct lie, value), sizeof(uint64_t)},
    {"gpa", UINT64_MAX, offsetof(struct lie, gpa), sizeof(uint64_t)},
    {"nth", UINT32_MAX, offsetof(struct lie, nth), sizeof(uint32_t)},
    {"count", UINT32_MAX, offsetof(struct lie, count), sizeof(uint32_t)},
    {"after", UINT32_MAX, offsetof(struct lie, after), sizeof(uint32_t)},
    {"offset", UINT32_MAX, offsetof(struct lie, offset), sizeof(uint32_t)},
    {"port", UINT16_MAX, offsetof(struct lie, port), sizeof(uint16_t)},
    {"vmpl", 3, offsetof(struct lie, vmpl), sizeof(uint8_t)},
    {"vcpu", LIE_ANY - 1, offsetof(struct lie, vcpu), sizeof(uint8_t)},
    {"cpl", 3, offsetof(struct lie, cpl), sizeof(uint8_t)},
    {"leaf", UINT32_MAX, offsetof(struct lie, event), sizeof(uint64_t)},
    {"subleaf", UINT32_MAX, offsetof(struct lie, offset), sizeof(uint32_t)},
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

struct text {
    const char *at;
    unsigned len;
};

const char *lie_name(enum lie_kind kind)
{
    return kind > LIE_NONE && kind < LIE_KINDS ? kinds[kind].name : NULL;
}

const char *lie_meaning(enum lie_kind kind)
{
    return kind > LIE_NONE && kind < LIE_KINDS ? kinds[kind].meaning : NULL;
}

static bool is(struct text text, const char *word)
{
    unsigned i = 0;

    while (i < text.len && word[i] == text.at[i] && word[i] != 0) {
        i++;
    }
    return i == text.len && word[i] == 0;
}

static bool begins(struct text text, const char *word)
{
    unsigned i = 0;

    for (; word[i] != 0; i++) {
        if (i >= text.len || text.at[i] != word[i]) {
            return false;
        }
    }
    return true;
}

/* What stands before the first `mark` or the end; the text goes on behind it. */
static struct text cut(struct text *text, char mark)
{
    struct text part = {.at = text->at};

    while (part.len < text->len && text->at[part.len] != mark) {
        part.len++;
    }
    unsigned gone = part.len < text->len ? part.len + 1 : part.len;
    text->at += gone;
    text->len -= gone;
    return part;
}

static int digit(char c, unsigned base)
{
    int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;

    return value < (int)base ? value : -1;
}

/* NULL, or why it is none. */
static const char *number(struct text text, uint64_t *out)
{
    unsigned base = 10;
    uint64_t value = 0;

    if (begins(text, "0x")) {
        base = 16;
        text.at += 2;
        text.len -= 2;
    }
    for (unsigned i = 0; i < text.len; i++) {
        int d = digit(text.at[i], base);
        if (d < 0) {
            return "what stands behind = is no number: digits, or 0x and hexadecimal digits";
        }
        if (value > (UINT64_MAX - (uint64_t)d) / base) {
            return "the number has more than 64 bits";
        }
        value = value * base + (uint64_t)d;
    }
    *out = value;
    return text.len > 0 ? NULL : "no number behind =";
}

static bool parse_kind(struct text text, struct lie *lie)
{
    for (unsigned i = LIE_NONE + 1; i < LIE_KINDS; i++) {
        if (is(text, kinds[i].name)) {
            lie->kind = (uint8_t)i;
            return true;
        }
    }
    return false;
}

static bool parse_msr(struct text text, struct lie *lie)
{
    unsigned code = 0;

    text.at += 4;
    text.len -= 4;
    if (!ghcb_msr_by_name(text.at, text.len, &code)) {
        return false;
    }
    lie->at = LIE_AT_MSR;
    lie->event = code;
    return true;
}

static bool parse_point(struct text text, struct lie *lie)
{
    for (size_t i = 0; i < POINTS; i++) {
        if (is(text, points[i].name)) {
            lie->at = points[i].at;
            lie->event = points[i].event;
            return true;
        }
    }
    if (begins(text, "msr-")) {
        return parse_msr(text, lie);
    }
    lie->at = LIE_AT_EVENT;
    return ghcb_event_by_name(text.at, text.len, &lie->event);
}

static bool parse_field(struct text text, struct lie *lie)
{
    for (unsigned i = 0; i < LIE_FIELDS; i++) {
        if (is(text, fields[i])) {
            lie->field = (uint8_t)i;
            return true;
        }
    }
    return false;
}

/* A number that is not more than `most`, into a member of any size. */
static bool put(uint64_t value, uint64_t most, void *member, size_t size)
{
    uint8_t *to = member;

    for (size_t i = 0; i < size && value <= most; i++) {
        to[i] = (uint8_t)(value >> 8 * i);
    }
    return value <= most;
}

static const char *parse_number(struct text key, uint64_t value, struct lie *lie)
{
    for (size_t i = 0; i < KEYS; i++) {
        if (is(key, keys[i].name)) {
            return put(value, keys[i].most, (uint8_t *)lie + keys[i].offset, keys[i].size)
                       ? NULL
                       : "the number is too large for its key";
        }
    }
    return "no such key";
}

/* valued: set if there is a value. */
static const char *parse_pair(struct text pair, struct lie *lie, bool *valued)
{
    struct text key = cut(&pair, '=');
    uint64_t value;

    if ((is(key, "leaf") || is(key, "subleaf")) && lie->at != LIE_AT_LAUNCH) {
        return "leaf and subleaf are of the CPUID page, at launch";
    }
    if (is(key, "field")) {
        return parse_field(pair, lie) ? NULL : "no such field";
    }
    *valued = *valued || is(key, "value");
    const char *wrong = number(pair, &value);
    return wrong ? wrong : parse_number(key, value, lie);
}

/* Would it do nothing, or nothing that anybody has said, without value=? */
static bool needs_value(unsigned kind)
{
    return kind == LIE_SET || kind == LIE_FLIP || kind == LIE_ASK || kind == LIE_INTERRUPT ||
           kind == LIE_EXCEPTION || kind == LIE_CLOCK || kind == LIE_WRITE ||
           kind == LIE_DOORBELL || kind == LIE_CPUID;
}

static const char *check_field(const struct lie *lie)
{
    if (lie->field == LIE_MSR && lie->at != LIE_AT_MSR) {
        return "the field msr is of the MSR protocol, at msr-NAME and msr-any";
    }
    if (lie->field != LIE_MSR && lie->at == LIE_AT_MSR) {
        return "the MSR protocol has the field msr and no other";
    }
    if (lie->kind == LIE_CPUID && (lie->field < LIE_RAX || lie->field > LIE_RBX)) {
        return "the CPUID page has the fields rax, rbx, rcx and rdx";
    }
    return NULL;
}

/* What is said fits together? NULL, or why not. */
static const char *check(const struct lie *lie)
{
    bool asked = lie->at == LIE_AT_EVENT || lie->at == LIE_AT_MSR;

    if (lie_is_answer((enum lie_kind)lie->kind) && (!asked || lie->after != 0)) {
        return "an answer can be wrong at an event only, and with no instructions behind it";
    }
    if ((lie->kind == LIE_CPUID) != (lie->at == LIE_AT_LAUNCH)) {
        return "the CPUID page is lied about at the launch, and nothing else is";
    }
    if (lie->kind >= LIE_PSP_BUSY && lie->kind <= LIE_CERTS && lie->at != LIE_AT_EVENT) {
        return "the firmware is asked by an event";
    }
    if (lie->cpl != LIE_ANY && lie->after == 0) {
        return "cpl says which instructions after= counts";
    }
    if (lie->nth == 0) {
        return "nth counts from 1 on";
    }
    if (lie->gpa % PAGE != 0) {
        return "gpa is the address of a page, a multiple of 0x1000";
    }
    return check_field(lie);
}

const char *lie_parse(const char *text, unsigned len, struct lie *lie)
{
    struct text rest = {text, len};
    struct text head = cut(&rest, ',');
    struct text kind = cut(&head, '@');
    const char *wrong = NULL;
    bool valued = false;

    *lie = (struct lie){.nth = 1, .count = 1, .vmpl = LIE_ANY, .vcpu = LIE_ANY, .cpl = LIE_ANY};
    if (len > LIE_TEXT_MAX) {
        return "it is too long";
    }
    if (!parse_kind(kind, lie)) {
        return "no such lie";
    }
    if (!parse_point(head, lie)) {
        return "no such event behind @";
    }
    lie->field = lie->at == LIE_AT_MSR ? LIE_MSR : LIE_INFO1;
    while (rest.len > 0 && !wrong) {
        wrong = parse_pair(cut(&rest, ','), lie, &valued);
    }
    if (!wrong && !valued && needs_value(lie->kind)) {
        wrong = "this kind needs a value=";
    }
    return wrong ? wrong : check(lie);
}

const char *lie_vain(const struct lie *lie)
{
    uint8_t vector = (uint8_t)lie->value; /* of an exception; its error code is above */

    if (lie->kind == LIE_EXCEPTION && (vector == LIE_NMI_VECTOR || vector >= LIE_EXCEPTIONS)) {
        return "an exception is 0 to 30, and not 2, which is the NMI";
    }
    if (lie->kind == LIE_INTERRUPT && lie->value > UINT8_MAX) {
        return "an interrupt is 0 to 255";
    }
    return NULL;
}

const char *lie_point_nth(unsigned n)
{
    return n < POINTS ? points[n].name : NULL;
}

const char *lie_field_nth(unsigned n)
{
    return n < LIE_FIELDS ? fields[n] : NULL;
}

const char *lie_key_nth(unsigned n)
{
    if (n == 0) {
        return "field";
    }
    return n <= KEYS ? keys[n - 1].name : NULL;
}
