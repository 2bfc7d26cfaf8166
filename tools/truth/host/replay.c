/* SPDX-License-Identifier: MIT */
/* From a recording to a list and its answers. See replay.h. */
#include "replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <svsm/abi/ghcb.h>
#include <svsm/abi/ghcb_host.h>
#include <svsm/abi/ghcb_msr.h>
#include <svsm/abi/snp.h>
#include <svsm/abi/vmexit.h>

#include "answer.h"

#define RECORD_FORMAT 1
#define ALL UINT64_MAX
#define NO_SLOT TRUTH_PAGES

/* What becomes of the recording as it is read. */
struct reader {
    struct replay *r;
    uint64_t gpa[TRUTH_PAGES]; /* of the guest, by scratch page */
    unsigned pages;
    bool lists;    /* page states were changed by a list */
    json_t *event; /* one that waits for its answer */
    struct truth_answer answers[TRUTH_STEPS];
    bool skipped[TRUTH_STEPS];
    struct fail *f;
};

bool replay_is(struct bytes text)
{
    static const char begin[] = "{\"record\":";

    return text.size >= sizeof(begin) - 1 && memcmp(text.at, begin, sizeof(begin) - 1) == 0;
}

const char *replay_words(enum replay_why why)
{
    static const char *const words[REPLAY_WHYS] = {
        [REPLAY_LEVEL] = "of another vCPU or VMPL",
        [REPLAY_ACTS] = "act on devices, vCPUs or the GHCB",
        [REPLAY_PAGES] = "on more pages than there are",
        [REPLAY_ROOM] = "more than a guest has room for",
        [REPLAY_LARGE] = "on 2 MiB",
        [REPLAY_UNKNOWN] = "on pages after a list of page states",
        [REPLAY_HEAD] = "refused for their GHCB's usage or version",
        [REPLAY_RAISED] = "instructions that were not done",
    };
    return words[why];
}

static uint64_t get(const json_t *object, const char *key)
{
    uint64_t value = 0;

    (void)answers_number(object, key, &value);
    return value;
}

static void leave(struct reader *rd, enum replay_why why)
{
    rd->r->left[why]++;
}

static bool is_full(const struct reader *rd)
{
    return rd->r->list->count == TRUTH_ROOM;
}

static void leave_page(struct reader *rd)
{
    leave(rd, is_full(rd) ? REPLAY_ROOM : REPLAY_PAGES);
}

/* NULL: there are as many as a guest has room for. */
static struct truth_step *step_new(struct reader *rd, enum truth_kind kind, const char *what)
{
    struct truth_list *list = rd->r->list;

    if (is_full(rd)) {
        return NULL;
    }
    struct truth_step *step = &list->steps[list->count];
    *step = (struct truth_step){.kind = kind, .show = list_shown(kind)};
    snprintf(step->name, sizeof(step->name), "%s-%u", what, list->count + 1);
    rd->answers[list->count] = (struct truth_answer){.is = 0};
    rd->skipped[list->count] = false;
    list->count++;
    return step;
}

static void argument(struct truth_step *step, unsigned which, uint64_t value)
{
    step->number[which] = value;
    step->given |= 1u << which;
}

static void page_argument(struct truth_step *step, unsigned which, enum truth_place place,
                          unsigned slot, uint64_t offset)
{
    argument(step, which, offset);
    step->place[which] = (uint8_t)place;
    step->index[which] = (uint8_t)slot;
}

static struct truth_answer *answer_of(struct reader *rd)
{
    return &rd->answers[rd->r->list->count - 1];
}

static void tell(struct truth_answer *answer, unsigned field, uint64_t value)
{
    answer->value[field] = value;
    answer->is |= 1u << field;
}

/* Scratch pages begin private and validated: this one is to be shared, or not validated. */
static bool prepare(struct reader *rd, unsigned slot, bool shared)
{
    struct truth_step *step = step_new(rd, TRUTH_PVALIDATE, "setup-rescind");

    if (step == NULL) {
        return false;
    }
    rd->skipped[rd->r->list->count - 1] = true;
    step->needs = TRUTH_NEEDS_VMPL0;
    page_argument(step, TRUTH_CODE, TRUTH_VA, slot, 0);
    argument(step, TRUTH_INFO1, SNP_PAGE_4K);
    argument(step, TRUTH_INFO2, SNP_PVALIDATE_RESCIND);
    if (!shared) {
        return true;
    }
    step = step_new(rd, TRUTH_MSR, "setup-share");
    if (step == NULL) {
        return false;
    }
    rd->skipped[rd->r->list->count - 1] = true;
    step->needs = TRUTH_NEEDS_VMPL0;
    page_argument(step, TRUTH_CODE, TRUTH_PAGE, slot, ghcb_msr_psc(GHCB_MSR_PSC_SHARED, 0));
    return true;
}

/* The scratch page in place of the guest's; what it must be at first if it is new. */
static unsigned slot_of(struct reader *rd, uint64_t gpa, bool validated, bool shared)
{
    for (unsigned i = 0; i < rd->pages; i++) {
        if (rd->gpa[i] == gpa) {
            return i;
        }
    }
    if (rd->pages == TRUTH_PAGES || (!validated && !prepare(rd, rd->pages, shared))) {
        return NO_SLOT;
    }
    rd->gpa[rd->pages] = gpa;
    return rd->pages++;
}

static void on_page_state(struct reader *rd, uint64_t value, uint64_t answer)
{
    uint64_t gpa = ghcb_msr_psc_gfn(value) * SNP_SIZE_4K;

    if (rd->lists) {
        leave(rd, REPLAY_UNKNOWN);
        return;
    }
    /* Before its first request for a page state a page is the other way, as far as one can know. */
    bool private = ghcb_msr_psc_operation(value) == GHCB_MSR_PSC_PRIVATE;
    unsigned slot = slot_of(rd, gpa, !private, private);
    struct truth_step *step = slot == NO_SLOT ? NULL : step_new(rd, TRUTH_MSR, "psc");
    if (step == NULL) {
        leave_page(rd);
        return;
    }
    step->needs = TRUTH_NEEDS_VMPL0;
    page_argument(step, TRUTH_CODE, TRUTH_PAGE, slot, value - gpa);
    tell(answer_of(rd), TRUTH_ANSWER, answer);
    rd->r->repeated++;
}

static void on_msr(struct reader *rd, const json_t *object)
{
    uint64_t value = get(object, "value"), answer = get(object, "answer"), vary = 0;

    switch (ghcb_msr_code(value)) {
    case GHCB_MSR_PSC_REQUEST:
        on_page_state(rd, value, answer);
        return;
    case GHCB_MSR_SEV_INFO_REQUEST:
        vary = ~UINT64_C(0xffffff);
        break;
    case GHCB_MSR_CPUID_REQUEST:
        vary = ~UINT64_C(0xffffffff);
        break;
    case GHCB_MSR_PREFERRED_REQUEST:
        vary = ~GHCB_MSR_CODE;
        break;
    case GHCB_MSR_FEATURES_REQUEST:
        break;
    default:
        leave(rd, REPLAY_ACTS);
        return;
    }
    struct truth_step *step = step_new(rd, TRUTH_MSR, "msr");
    if (step == NULL) {
        leave(rd, REPLAY_ROOM);
        return;
    }
    argument(step, TRUTH_CODE, value);
    step->vary[TRUTH_ANSWER] = vary;
    tell(answer_of(rd), TRUTH_ANSWER, answer);
    rd->r->repeated++;
}

/* Events that ask and do not act. */
static bool asks(uint64_t code)
{
    return code == VMEXIT_CPUID || code == VMEXIT_RDTSC || code == VMEXIT_RDTSCP ||
           code == GHCB_EVENT_FEATURES;
}

static void on_event(struct reader *rd, const json_t *event, const json_t *answer)
{
    static const char *const inputs[] = {"code", "info1", "info2",   "rax",  "rbx",
                                         "rcx",  "rdx",   "scratch", "xcr0", "cpl"};
    static const char *const outputs[] = {"rax", "rbx", "rcx", "rdx"};
    uint64_t code = get(event, "code"), valid = get(event, "valid"), back = get(answer, "back");

    rd->lists = rd->lists || code == GHCB_EVENT_PSC;
    if (get(answer, "info1") == GHCB_RESULT_MALFORMED && get(answer, "info2") == GHCB_ERROR_USAGE) {
        leave(rd, REPLAY_HEAD);
        return;
    }
    struct truth_step *step = asks(code) ? step_new(rd, TRUTH_EVENT, "event") : NULL;
    if (step == NULL) {
        leave(rd, asks(code) ? REPLAY_ROOM : REPLAY_ACTS);
        return;
    }
    for (unsigned i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
        if (valid >> i & 1) {
            argument(step, TRUTH_CODE + i, get(event, inputs[i]));
        }
    }
    struct truth_answer *told = answer_of(rd);
    tell(told, TRUTH_ANSWER, get(answer, "info1"));
    tell(told, TRUTH_F_INFO2, get(answer, "info2"));
    tell(told, TRUTH_F_VALID, back & 0xf);
    step->show |= 1u << TRUTH_F_VALID;
    for (unsigned i = 0; i < 4 && code == VMEXIT_CPUID; i++) {
        step->show |= 1u << (TRUTH_F_RAX + i);
        step->vary[TRUTH_F_RAX + i] = ALL;
        if (back >> i & 1) {
            tell(told, TRUTH_F_RAX + i, get(answer, outputs[i]));
        }
    }
    rd->r->repeated++;
}

static void on_insn(struct reader *rd, const json_t *object)
{
    const char *name = json_string_value(json_object_get(object, "name"));
    uint64_t gpa = get(object, "gpa"), page = gpa & ~(SNP_SIZE_4K - 1), code = get(object, "code");
    uint32_t kind = TRUTH_PVALIDATE;

    while (kind <= TRUTH_RMPQUERY && (name == NULL || strcmp(name, list_kind_name(kind)) != 0)) {
        kind++;
    }
    if (kind > TRUTH_RMPQUERY || get(object, "outcome") != 0) {
        leave(rd, REPLAY_RAISED);
        return;
    }
    if (rd->lists || (get(object, "rcx") & 1 && kind != TRUTH_RMPQUERY)) {
        leave(rd, rd->lists ? REPLAY_UNKNOWN : REPLAY_LARGE);
        return;
    }
    bool validates = get(object, "rdx") & 1;
    bool validated = kind != TRUTH_PVALIDATE || code != 0 || validates == (get(object, "cf") == 1);
    unsigned slot = slot_of(rd, page, validated, false);
    struct truth_step *step =
        slot == NO_SLOT ? NULL : step_new(rd, (enum truth_kind)kind, list_kind_name(kind));
    if (step == NULL) {
        leave_page(rd);
        return;
    }
    step->needs = TRUTH_NEEDS_VMPL0;
    page_argument(step, TRUTH_CODE, TRUTH_VA, slot, gpa - page);
    argument(step, TRUTH_INFO1, get(object, "rcx"));
    argument(step, TRUTH_INFO2, get(object, "rdx"));
    struct truth_answer *told = answer_of(rd);
    tell(told, TRUTH_ANSWER, code);
    if (kind == TRUTH_PVALIDATE) {
        tell(told, TRUTH_F_CF, get(object, "cf"));
    } else if (kind == TRUTH_RMPQUERY && code == 0) {
        tell(told, TRUTH_F_RCX, get(object, "outcx"));
        tell(told, TRUTH_F_RDX, get(object, "outdx"));
    }
    rd->r->repeated++;
}

static void on_object(struct reader *rd, json_t *object, const char *kind)
{
    if (strcmp(kind, "event") == 0) {
        json_decref(rd->event);
        rd->event = json_incref(object);
    } else if (strcmp(kind, "answer") == 0 && rd->event != NULL) {
        bool first = get(rd->event, "vcpu") == 0 && get(rd->event, "vmpl") == 0;
        if (first) {
            on_event(rd, rd->event, object);
        } else {
            leave(rd, REPLAY_LEVEL);
        }
        json_decref(rd->event);
        rd->event = NULL;
    } else if (get(object, "vcpu") != 0 || get(object, "vmpl") != 0) {
        leave(rd, REPLAY_LEVEL);
    } else if (strcmp(kind, "msr") == 0) {
        on_msr(rd, object);
    } else if (strcmp(kind, "insn") == 0) {
        on_insn(rd, object);
    }
}

/* A line; what the last says of how many there were is checked by the caller. */
static bool on_line(struct reader *rd, json_t *object, unsigned line, bool *ended)
{
    const char *kind = json_string_value(json_object_get(object, "kind"));
    const json_t *end = json_object_get(object, "end");
    bool good = !*ended;

    if (line == 1) {
        good = json_integer_value(json_object_get(object, "record")) == RECORD_FORMAT ||
               fail_because(rd->f, "line 1: a recording of a form that is not known");
    } else if (good && json_is_integer(end)) {
        *ended = true;
        good = json_integer_value(end) == (json_int_t)line - 2 ||
               fail_because(rd->f, "line %u: it is cut", line);
    } else if (!good || kind == NULL) {
        good = fail_because(rd->f, "line %u: no line of a recording", line);
    } else {
        on_object(rd, object, kind);
    }
    return good;
}

static bool read_all(struct reader *rd, struct bytes text)
{
    bool ended = false;
    unsigned line = 0;

    for (size_t at = 0; at < text.size;) {
        const uint8_t *from = text.at + at;
        const uint8_t *feed = memchr(from, '\n', text.size - at);
        size_t len = feed == NULL ? text.size - at : (size_t)(feed - from);
        json_error_t error;
        json_t *object = json_loadb((const char *)from, len, JSON_REJECT_DUPLICATES, &error);
        line++;
        bool good = object != NULL || feed != NULL
                        ? on_line(rd, object, line, &ended)
                        : fail_because(rd->f, "line %u: it is cut within this line", line);
        json_decref(object);
        if (!good) {
            return false;
        }
        at += len + 1;
    }
    if (line == 0) {
        return fail_because(rd->f, "there is no recording in it");
    }
    return ended || fail_because(rd->f, "it is cut: there is no end");
}

/* Written as a guest would, and read as what it writes is: one form, one reader. */
static bool answers_make(struct reader *rd, struct fail *f)
{
    const struct truth_list *list = rd->r->list;
    size_t room = (list->count + 2) * (size_t)TRUTH_LINE, used;
    struct truth_line *line = malloc(sizeof(*line));
    char *text = malloc(room);
    bool done = line != NULL && text != NULL;

    if (!done) {
        fail_because(f, "no memory for the answers");
    } else {
        truth_line_first(line, list, "recording", 0);
        memcpy(text, line->text, line->length);
        used = line->length;
        for (uint32_t i = 0; i < list->count; i++) {
            rd->answers[i].is &= list->steps[i].show;
            if (rd->skipped[i]) {
                truth_line_skipped(line, &list->steps[i], "makes a page what the guest's was");
            } else {
                truth_line_answer(line, &list->steps[i], &rd->answers[i]);
            }
            memcpy(text + used, line->text, line->length);
            used += line->length;
        }
        truth_line_last(line, list->count);
        memcpy(text + used, line->text, line->length);
        used += line->length;
        done = answers_read(&rd->r->answers, (struct bytes){(const uint8_t *)text, used}, f);
    }
    free(text);
    free(line);
    return done;
}

bool replay_read(struct replay *r, struct bytes text, struct fail *f)
{
    struct reader *rd = calloc(1, sizeof(*rd));

    *r = (struct replay){.list = list_new()};
    if (rd == NULL || r->list == NULL) {
        free(rd);
        replay_free(r);
        return fail_because(f, "no memory for the recording");
    }
    rd->r = r;
    rd->f = f;
    bool done = read_all(rd, text);
    json_decref(rd->event);
    if (done && r->list->count == 0) {
        done = fail_because(f, "nothing in it can be repeated");
    }
    done = done && list_seal(r->list, f) && answers_make(rd, f);
    free(rd);
    if (!done) {
        replay_free(r);
    }
    return done;
}

void replay_free(struct replay *r)
{
    free(r->list);
    answers_free(&r->answers);
    *r = (struct replay){0};
}
