/* SPDX-License-Identifier: MIT */
/*
 * Kills at moments that the load chooses, while commands of vCPU 0 and of the load are under way,
 * until `rounds` of them have hit one. At VMPL0 of an SNP machine nothing is signalled, so a kill
 * takes effect at the next system call of whoever is inside (microkernel/doc/snp.md).
 */
#include "guest.h"

#define ATTEMPTS_PER_ROUND 100u
/* For one command and its comparison: few enough for ring 0 to keep all records. */
#define KILLS_MAX 6u

static void attempt(void)
{
    static struct pending pending;

    model_choose(&pending, (enum kind)(random_next() % KINDS));
    load_kills(1 + (unsigned)(random_next() % KILLS_MAX));
    (void)trial_end(trial_send(&pending));
}

/* Kills that hit a command of vCPU 0, and one of the others, are both wanted, whoever the machine
 * lets run more. */
static bool is_enough(const struct totals *before, unsigned rounds)
{
    unsigned own = totals.own - before->own;
    unsigned load = totals.load - before->load;

    return own + load >= rounds && own > 0 && load > 0;
}

void moments_run(unsigned rounds)
{
    struct totals before = totals;
    unsigned attempts = 0;

    while (!is_enough(&before, rounds) && attempts < rounds * ATTEMPTS_PER_ROUND) {
        attempt();
        attempts++;
    }
    unsigned hit = totals.own + totals.load - before.own - before.load;
    load_kills(0);
    const char *why = NULL;
    if (hit < rounds) {
        why = "too few of the kills hit a command";
    } else if (totals.own == before.own || totals.load == before.load) {
        why = "none hit a command of the first vCPU, or none one of the others";
    }
    print("%s moments commands=%u hit=%u own=%u load=%u idle=%u unanswered=%u%s%s\n",
          trial_count(why), attempts, hit, totals.own - before.own, totals.load - before.load,
          totals.idle - before.idle, totals.crashed - before.crashed, why == NULL ? "" : " - ",
          why == NULL ? "" : why);
}
