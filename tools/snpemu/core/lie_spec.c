/* SPDX-License-Identifier: MIT */
/* No library: the hypervisor has this, too. */
#include "lie_spec.h"
#include "ghcb.h"
#include "lie.h"
#include <stddef.h>

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

static bool number(struct text text, uint64_t *out)
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
        if (d < 0 || value > (UINT64_MAX - (uint64_t)d) / base) {
            return false;
        }
        value = value * base + (uint64_t)d;
    }
    *out = value;
    return text.len > 0;
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

static bool parse_insn(struct text text, struct lie *lie)
{
    static const char *const names[] = {
        [LIE_PVALIDATE] = "pvalidate", [LIE_RMPADJUST] = "rmpadjust", [LIE_RMPQUERY] = "rmpquery"};

    for (unsigned i = LIE_PVALIDATE; i <= LIE_RMPQUERY; i++) {
        if (is(text, names[i])) {
            lie->event = i;
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
    if (!is(text, "any") && !ghcb_msr_by_name(text.at, text.len, &code)) {
        return false;
    }
    lie->event = code;
    lie->field = LIE_MSR;
    return true;
}

static bool parse_point(struct text text, struct lie *lie)
{
    if (is(text, "enter")) {
        lie->at = LIE_AT_ENTER;
        return true;
    }
    if (is(text, "launch")) {
        lie->at = LIE_AT_LAUNCH;
        return true;
    }
    if (parse_insn(text, lie)) {
        lie->at = LIE_AT_INSN;
        return true;
    }
    if (begins(text, "msr-")) {
        lie->at = LIE_AT_MSR;
        return parse_msr(text, lie);
    }
    lie->at = LIE_AT_EVENT;
    return is(text, "any") || ghcb_event_by_name(text.at, text.len, &lie->event);
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
static bool put(uint64_t value, uint64_t most, void *member, unsigned size)
{
    uint8_t *to = member;

    for (unsigned i = 0; i < size && value <= most; i++) {
        to[i] = (uint8_t)(value >> 8 * i);
    }
    return value <= most;
}

static bool parse_number(struct text key, uint64_t value, struct lie *lie)
{
    const struct {
        const char *name;
        uint64_t most;
        void *member;
        unsigned size;
    } members[] = {
        {"value", UINT64_MAX, &lie->value, sizeof(lie->value)},
        {"gpa", UINT64_MAX, &lie->gpa, sizeof(lie->gpa)},
        {"nth", UINT32_MAX, &lie->nth, sizeof(lie->nth)},
        {"count", UINT32_MAX, &lie->count, sizeof(lie->count)},
        {"after", UINT32_MAX, &lie->after, sizeof(lie->after)},
        {"offset", UINT32_MAX, &lie->offset, sizeof(lie->offset)},
        {"port", UINT16_MAX, &lie->port, sizeof(lie->port)},
        {"vmpl", 3, &lie->vmpl, sizeof(lie->vmpl)},
        {"vcpu", LIE_ANY - 1, &lie->vcpu, sizeof(lie->vcpu)},
        {"cpl", 3, &lie->cpl, sizeof(lie->cpl)},
        {"leaf", UINT32_MAX, &lie->event, sizeof(lie->event)},
        {"subleaf", UINT32_MAX, &lie->offset, sizeof(lie->offset)},
    };

    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (is(key, members[i].name)) {
            return put(value, members[i].most, members[i].member, members[i].size);
        }
    }
    return false;
}

static const char *parse_pair(struct text pair, struct lie *lie)
{
    struct text key = cut(&pair, '=');
    uint64_t value;

    if ((is(key, "leaf") || is(key, "subleaf")) && lie->at != LIE_AT_LAUNCH) {
        return "leaf and subleaf are of the CPUID page, at launch";
    }
    if (is(key, "field")) {
        return parse_field(pair, lie) ? NULL : "no such field";
    }
    if (!number(pair, &value)) {
        return "no number behind =";
    }
    return parse_number(key, value, lie) ? NULL : "no such key, or a number that is too large";
}

/* What is said fits together? NULL, or why not. */
static const char *check(const struct lie *lie)
{
    bool asked = lie->at == LIE_AT_EVENT || lie->at == LIE_AT_MSR;

    if (lie_is_answer((enum lie_kind)lie->kind) && (!asked || lie->after != 0)) {
        return "an answer can be wrong at an event only, and with no instructions behind it";
    }
    if ((lie->field == LIE_MSR) != (lie->at == LIE_AT_MSR)) {
        return "the MSR protocol has the field msr and no other";
    }
    if ((lie->kind == LIE_CPUID) != (lie->at == LIE_AT_LAUNCH)) {
        return "the CPUID page is lied about at the launch, and nothing else is";
    }
    if (lie->kind == LIE_CPUID && (lie->field < LIE_RAX || lie->field > LIE_RBX)) {
        return "the CPUID page has the fields rax, rbx, rcx and rdx";
    }
    if (lie->kind >= LIE_PSP_BUSY && lie->kind <= LIE_CERTS && lie->at != LIE_AT_EVENT) {
        return "the firmware is asked by an event";
    }
    if (lie->cpl != LIE_ANY && lie->after == 0) {
        return "cpl says which instructions after= counts";
    }
    if (lie->nth == 0 || lie->gpa % 4096 != 0) {
        return "nth begins with 1, gpa is the address of a page";
    }
    return NULL;
}

const char *lie_parse(const char *text, unsigned len, struct lie *lie)
{
    struct text rest = {text, len};
    struct text head = cut(&rest, ',');
    struct text kind = cut(&head, '@');
    const char *wrong = NULL;

    *lie = (struct lie){
        .field = LIE_INFO1, .nth = 1, .count = 1, .vmpl = LIE_ANY, .vcpu = LIE_ANY, .cpl = LIE_ANY};
    if (len > LIE_TEXT_MAX) {
        return "it is too long";
    }
    if (!parse_kind(kind, lie)) {
        return "no such lie";
    }
    if (!parse_point(head, lie)) {
        return "no such event behind @";
    }
    while (rest.len > 0 && !wrong) {
        wrong = parse_pair(cut(&rest, ','), lie);
    }
    return wrong ? wrong : check(lie);
}
