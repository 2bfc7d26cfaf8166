/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: lies as text, and what they make of a sequence of answers. What holds in any case:
 * what is understood is in range and can be told; without a hit an answer stays as it is unless one
 * is owed; counts never go back.
 */
#include "fuzz.h"
#include <lie.h>
#include <lie_spec.h>
#include <stdlib.h>
#include <string.h>

#define LINES 4u
#define ROUNDS 24u

static void require_sound(const struct lie *lie)
{
    require(lie_name((enum lie_kind)lie->kind) != NULL, "a kind that has a name");
    require(lie_meaning((enum lie_kind)lie->kind) != NULL, "a kind that has a meaning");
    require(lie->at <= LIE_AT_ENTER && lie->field < LIE_FIELDS,
            "a point and a field that there are");
    require(lie->vmpl <= 3 || lie->vmpl == LIE_ANY, "a level that there is");
    require(lie->nth >= 1 && lie->gpa % 4096 == 0, "an occurrence, a page");
    require(!lie_is_answer((enum lie_kind)lie->kind) ||
                (lie->after == 0 && (lie->at == LIE_AT_EVENT || lie->at == LIE_AT_MSR)),
            "an answer is wrong at an event");
}

/* Words that nobody guesses. */
static const char *const words[] = {
    "set",    "flip",     "stale", "hide",    "ask",        "skip",    "refuse",   "twice",
    "drop",   "repeat",   "swap",  "never",   "unmap",      "remap",   "exchange", "interrupt",
    "clock",  "psp-flip", "@",     "@any",    "@msr-any",   "@enter",  "@cpuid",   "@pvalidate",
    ",value", ",field",   ",nth",  ",count",  ",after",     ",vmpl",   ",offset",  ",gpa",
    "=",      "=0x",      "=rax",  "=buffer", "=info1",     "=msr",    ",port",    ",vcpu",
    "@",      "@ioio",    "=1",    "=0",      "@msr-cpuid", "=0x1000",
};

static unsigned put_word(char *text, unsigned room, unsigned number)
{
    const char *word = words[number % (sizeof(words) / sizeof(words[0]))];
    unsigned len = (unsigned)strlen(word);

    memcpy(text, word, len < room ? len : room);
    return len < room ? len : room;
}

/* Its length is the allocation's, so that the sanitizer sees what leaves it. */
static void read_line(struct input *in, struct lies *lies)
{
    unsigned len = input_byte(in);
    char *text = malloc(len);
    struct lie lie;

    require(text != NULL || len == 0, "memory");
    for (unsigned i = 0; i < len;) {
        uint8_t byte = input_byte(in);
        if (byte >= 0x80) {
            i += put_word(text + i, len - i, byte);
        } else {
            text[i++] = (char)byte;
        }
    }
    if (lie_parse(text, len, &lie) == NULL) {
        require_sound(&lie);
        (void)lie_arm(lies, &lie);
    }
    free(text);
}

static void round_of(struct input *in, struct lies *lies)
{
    struct lie_point point = {.at = input_byte(in) % 2 ? LIE_AT_EVENT : LIE_AT_MSR,
                              .event = input_byte(in),
                              .vmpl = input_byte(in) % 4,
                              .vcpu = input_byte(in) % 2};
    struct lie_answer answer = {.answered = (uint32_t)input_number(in, 2)};
    struct lie_answer truth;
    uint64_t told = 0, told_then = 0;
    bool owed = false;

    for (unsigned i = 0; i < LIE_FIELDS; i++) {
        answer.out[i] = input_byte(in);
    }
    truth = answer;
    for (unsigned i = 0; i < LIE_KINDS; i++) {
        told += lies->told[i];
    }
    for (unsigned i = 0; i < LIE_ANSWERS; i++) {
        owed |= lies->kept[i].owed;
    }
    struct lie_hits hits = lie_hits(lies, &point);
    require(hits.count <= LIE_HITS_MAX, "hits have room");
    struct lie_hits came;
    bool written = lie_answer(lies, &point, &hits, &answer, &came);
    for (unsigned i = 0; i < came.count; i++) {
        (void)lie_told(lies, came.lies[i]);
    }
    require(written || lie_find(&hits, LIE_DROP), "only a dropped answer is not written");
    require(hits.count > 0 || owed || memcmp(&truth, &answer, sizeof(truth)) == 0,
            "an honest answer");
    for (unsigned i = 0; i < LIE_KINDS; i++) {
        told_then += lies->told[i];
    }
    require(told_then >= told && told_then - told <= hits.count, "each hit is told once at most");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, data + size};
    static struct lies lies;

    lie_init(&lies, NULL, 0);
    for (unsigned i = 0; i < LINES; i++) {
        read_line(&in, &lies);
    }
    for (unsigned i = 0; i < ROUNDS; i++) {
        round_of(&in, &lies);
    }
    lie_disarm(&lies);
    require(lies.count == 0, "nothing stays armed");
    return 0;
}
