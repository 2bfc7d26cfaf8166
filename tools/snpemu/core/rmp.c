/* SPDX-License-Identifier: MIT */
/*
 * The RMP and its checks. An entry of 2 MiB is 512 entries that say the same, each with the address
 * of its own 4 KiB, so that a check looks at one entry only and a split just clears RMP_LARGE.
 */
#include "rmp.h"
#include "rules.h"
#include <stddef.h>

#define LARGE_FRAMES (SNP_SIZE_2M / SNP_SIZE_4K)
#define PAGE_MASK (~(SNP_SIZE_4K - 1))
/* ASIDs have as many bits as the entry in memory has room for. */
#define ASID_MAX ((uint32_t)SNP_RMP_RAW_ASID_MASK)

void rmp_init(struct rmp *rmp, struct rmp_entry *entries, uint64_t first, uint64_t count)
{
    *rmp = (struct rmp){.entries = entries, .first = first, .count = count};
    for (uint64_t i = 0; i < count; i++) {
        entries[i] = (struct rmp_entry){.gpa = 0};
    }
}

struct rmp_entry *rmp_entry_of(const struct rmp *rmp, uint64_t frame)
{
    if (frame < rmp->first || frame - rmp->first >= rmp->count) {
        return NULL;
    }
    return &rmp->entries[frame - rmp->first];
}

static enum rmp_verdict refuse(enum rmp_verdict verdict, unsigned which, unsigned *rule)
{
    *rule = which;
    return verdict;
}

static enum rmp_verdict check_shared(const struct rmp *rmp, const struct rmp_access *access,
                                     unsigned *rule)
{
    if (access->frame == RMP_NO_FRAME) {
        return refuse(RMP_MMIO, RULE_SHARED_NO_MEMORY, rule);
    }
    const struct rmp_entry *entry = rmp_entry_of(rmp, access->frame);
    if (entry && (entry->flags & RMP_ASSIGNED)) {
        return refuse(RMP_SHARED, RULE_SHARED_ASSIGNED, rule);
    }
    return RMP_OK;
}

static enum rmp_verdict check_owner(const struct rmp_entry *entry, const struct rmp_access *access,
                                    unsigned *rule)
{
    if (access->frame == RMP_NO_FRAME) {
        return refuse(RMP_OWNERSHIP, RULE_PRIVATE_NO_MEMORY, rule);
    }
    if (!entry || !(entry->flags & RMP_ASSIGNED) || entry->asid != access->asid ||
        entry->gpa != (access->gpa & PAGE_MASK)) {
        return refuse(RMP_OWNERSHIP, RULE_PRIVATE_OWNERSHIP, rule);
    }
    if (entry->flags & RMP_IMMUTABLE) {
        return refuse(RMP_OWNERSHIP, RULE_PRIVATE_IMMUTABLE, rule);
    }
    return RMP_OK;
}

static uint8_t needed(const struct rmp_access *access)
{
    if (access->fetch) {
        return access->user ? SNP_PERM_EXEC_USER : SNP_PERM_EXEC_SUPERVISOR;
    }
    return access->write ? SNP_PERM_WRITE : SNP_PERM_READ;
}

static enum rmp_verdict check_level(const struct rmp_entry *entry, const struct rmp_access *access,
                                    unsigned *rule)
{
    uint8_t perms = entry->perms[access->vmpl];

    if (!(perms & needed(access))) {
        return refuse(RMP_VMPL_DENIED, RULE_VMPL_PERMISSION, rule);
    }
    if (!(perms & SNP_PERM_READ)) {
        return refuse(RMP_VMPL_DENIED, RULE_VMPL_READ, rule);
    }
    if (!(entry->flags & RMP_VMSA) || needed(access) != SNP_PERM_WRITE) {
        return RMP_OK;
    }
    if (access->vmpl != 0) {
        return refuse(RMP_VMSA_WRITE, RULE_VMSA_WRITE_LOWER, rule);
    }
    if (entry->flags & RMP_IN_USE) {
        return refuse(RMP_VMSA_WRITE, RULE_VMSA_WRITE_RUNNING, rule);
    }
    return RMP_OK;
}

enum rmp_verdict rmp_access(const struct rmp *rmp, const struct rmp_access *access, unsigned *rule)
{
    *rule = RULE_NONE;
    if (!access->private && !access->fetch) {
        return check_shared(rmp, access, rule);
    }

    const struct rmp_entry *entry = rmp_entry_of(rmp, access->frame);
    enum rmp_verdict verdict = check_owner(entry, access, rule);
    if (verdict != RMP_OK) {
        return verdict;
    }
    if (!(entry->flags & RMP_VALIDATED)) {
        return refuse(RMP_NOT_VALIDATED, RULE_VALIDATED, rule);
    }
    return check_level(entry, access, rule);
}

uint8_t rmp_rights(const struct rmp *rmp, uint64_t gpa, uint64_t frame, uint32_t asid, uint8_t vmpl,
                   bool private)
{
    const struct rmp_access access = {
        .gpa = gpa, .frame = frame, .asid = asid, .vmpl = vmpl, .private = private};
    unsigned rule;

    if (rmp_access(rmp, &access, &rule) != RMP_OK) {
        return 0;
    }
    if (!private) {
        return SNP_PERM_READ | SNP_PERM_WRITE;
    }
    const struct rmp_entry *entry = rmp_entry_of(rmp, frame);
    uint8_t rights = entry->perms[vmpl];
    if ((entry->flags & RMP_VMSA) && (vmpl != 0 || (entry->flags & RMP_IN_USE))) {
        rights &= (uint8_t)~SNP_PERM_WRITE;
    }
    return rights;
}

/* Entries that an instruction for this page size covers, or NULL if they are not all there. */
static struct rmp_entry *covered(const struct rmp *rmp, uint64_t frame, bool large, uint64_t *count)
{
    *count = large ? LARGE_FRAMES : 1;
    if (frame % *count != 0 || !rmp_entry_of(rmp, frame + *count - 1)) {
        return NULL;
    }
    return rmp_entry_of(rmp, frame);
}

static bool state_is_sound(const struct snp_rmp_state *state)
{
    uint64_t size = state->page_size == SNP_PAGE_2M ? SNP_SIZE_2M : SNP_SIZE_4K;

    if (state->assigned > 1 || state->page_size > SNP_PAGE_2M || state->immutable > 1 ||
        state->reserved_00b != 0 || state->asid > ASID_MAX || state->gpa % size != 0) {
        return false;
    }
    return state->assigned || (state->asid == 0 && !state->immutable);
}

/* What stands against an update of these entries. */
static uint32_t update_obstacle(const struct rmp_entry *entries, uint64_t count)
{
    bool overlap = false;

    for (uint64_t i = 0; i < count; i++) {
        if (entries[i].flags & RMP_IMMUTABLE) {
            return SNP_FAIL_PERMISSION;
        }
        if (entries[i].flags & RMP_IN_USE) {
            return SNP_FAIL_INUSE;
        }
        bool large = entries[i].flags & RMP_LARGE;
        overlap |= count == 1 ? large : (entries[i].flags & RMP_ASSIGNED) && !large;
    }
    return overlap ? SNP_FAIL_OVERLAP : SNP_SUCCESS;
}

/* A page that is assigned as it was before keeps what its guest made of it. */
static void entry_update(struct rmp_entry *entry, const struct snp_rmp_state *state, uint64_t gpa)
{
    uint8_t flags = RMP_ASSIGNED;

    if (!state->assigned) {
        *entry = (struct rmp_entry){.gpa = 0};
        return;
    }
    if (state->page_size == SNP_PAGE_2M) {
        flags |= RMP_LARGE;
    }
    if ((entry->flags & (RMP_ASSIGNED | RMP_LARGE)) != flags || entry->asid != state->asid ||
        entry->gpa != gpa || state->asid == 0) {
        *entry = (struct rmp_entry){
            .gpa = gpa, .asid = state->asid, .flags = flags, .perms = {SNP_PERM_ALL}};
    }
    if (state->immutable) {
        entry->flags |= RMP_IMMUTABLE;
    }
}

uint32_t rmp_update(struct rmp *rmp, uint64_t frame, const struct snp_rmp_state *state)
{
    uint64_t count;
    struct rmp_entry *entries = covered(rmp, frame, state->page_size == SNP_PAGE_2M, &count);

    if (!entries || !state_is_sound(state)) {
        return SNP_FAIL_INPUT;
    }
    uint32_t obstacle = update_obstacle(entries, count);
    if (obstacle != SNP_SUCCESS) {
        return obstacle;
    }
    for (uint64_t i = 0; i < count; i++) {
        entry_update(&entries[i], state, state->gpa + i * SNP_SIZE_4K);
    }
    return SNP_SUCCESS;
}

uint32_t rmp_psmash(struct rmp *rmp, uint64_t frame)
{
    uint64_t count;
    struct rmp_entry *entries = covered(rmp, frame, true, &count);

    if (!entries) {
        return SNP_FAIL_INPUT;
    }
    if (!(entries->flags & RMP_LARGE) || (entries->flags & RMP_IMMUTABLE)) {
        return SNP_FAIL_PERMISSION;
    }
    if (entries->flags & RMP_IN_USE) {
        return SNP_FAIL_INUSE;
    }
    for (uint64_t i = 0; i < count; i++) {
        entries[i].flags &= (uint8_t) ~(RMP_LARGE | RMP_VMSA);
    }
    return SNP_SUCCESS;
}

uint32_t rmp_launch(struct rmp *rmp, uint64_t frame, bool vmsa, const uint8_t perms[3])
{
    const struct rmp_entry *first = rmp_entry_of(rmp, frame);
    bool large = first && (first->flags & RMP_LARGE);
    uint64_t count;
    struct rmp_entry *entries = covered(rmp, frame, large, &count);

    if (!entries || (large && vmsa)) {
        return SNP_FAIL_INPUT;
    }
    if (!(entries->flags & RMP_ASSIGNED) || entries->asid == 0 ||
        !(entries->flags & RMP_IMMUTABLE) || (entries->flags & RMP_VALIDATED)) {
        return SNP_FAIL_PERMISSION;
    }
    for (uint64_t i = 0; i < count; i++) {
        entries[i].flags &= (uint8_t) ~(RMP_IMMUTABLE | RMP_VMSA);
        entries[i].flags |= RMP_VALIDATED | (vmsa ? RMP_VMSA : 0u);
        for (unsigned level = 1; level < SNP_VMPLS; level++) {
            entries[i].perms[level] = perms[level - 1];
        }
    }
    return SNP_SUCCESS;
}
