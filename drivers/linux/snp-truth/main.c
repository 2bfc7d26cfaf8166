/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * snp-truth: asks the machine below a running SEV-SNP guest what the conformance list asks, once,
 * when the module is loaded with really=1; /sys/kernel/debug/snp-truth has the answers until it is
 * unloaded.
 */
#include <linux/cc_platform.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <asm/processor.h>

#include "module.h"
#include "runner.h"
#include <svsm/abi/snp.h>

static bool really;
module_param(really, bool, 0400);
MODULE_PARM_DESC(really, "ask the machine (nothing is done without)");

/* From svsm-truth list --source. */
static const u8 list_bytes[] __aligned(8) = {
#include "list.inc"
};

static struct run {
    struct pages pages;
    struct ghcb_loan loan;
    struct truth_line line;
    char *text;
    size_t used, room;
    bool cut;
} * run;

static struct dentry *file;

static void put_line(void)
{
    if (run->line.length > run->room - run->used) {
        run->cut = true;
        return;
    }
    memcpy(run->text + run->used, run->line.text, run->line.length);
    run->used += run->line.length;
}

static uint64_t place(void *context, unsigned int which, unsigned int index)
{
    return which == TRUTH_GHCB ? run->loan.gpa : pages_place(&run->pages, which, index);
}

static uint64_t ask_msr(void *context, uint64_t value)
{
    return ghcb_msr(value);
}

static void exit_page(void *context)
{
    ghcb_exit(&run->loan);
}

static void ask_insn(void *context, unsigned int kind, struct truth_insn *insn)
{
    insn_run(kind, insn);
}

static bool step_run(struct truth_machine *machine, const struct truth_step *step)
{
    struct truth_answer answer;
    const char *why = truth_why_not(machine, step);

    if (why != NULL) {
        truth_line_skipped(&run->line, step, why);
    } else {
        if (!ghcb_borrow(&run->loan)) {
            return false;
        }
        machine->ghcb = run->loan.ghcb;
        truth_run(machine, step, &answer);
        ghcb_give_back(&run->loan);
        truth_line_answer(&run->line, step, &answer);
    }
    put_line();
    cond_resched();
    return true;
}

/* Only VMPL0 may give VMPL 1 rights; no rights change nothing. */
static bool at_vmpl0(void)
{
    struct truth_insn insn = {.rax = pages_place(&run->pages, TRUTH_VA, 0),
                              .rdx = snp_rmpadjust(1, 0, 0)};

    insn_run(TRUTH_RMPADJUST, &insn);
    return insn.vector == TRUTH_NO_VECTOR && insn.rax == SNP_SUCCESS;
}

static int list_run(const struct truth_list *list)
{
    struct truth_machine machine = {.lowest = TASK_SIZE_MAX,
                                    .place = place,
                                    .msr = ask_msr,
                                    .exit = exit_page,
                                    .insn = ask_insn};

    if (at_vmpl0()) {
        if (!pages_begin(&run->pages)) {
            pr_err("snp-truth: the pages cannot be made new\n");
            return -EIO;
        }
        machine.can = TRUTH_NEEDS_VMPL0 | (pages_has_large(&run->pages) ? TRUTH_NEEDS_LARGE : 0);
    }
    truth_line_first(&run->line, list, "linux", machine.can & TRUTH_NEEDS_VMPL0 ? 0 : 4);
    put_line();
    for (u32 i = 0; i < list->count; i++) {
        if (!step_run(&machine, &list->steps[i])) {
            pr_err("snp-truth: the kernel's GHCB is not where it was looked for\n");
            return -EIO;
        }
    }
    truth_line_last(&run->line, list->count);
    put_line();
    return run->cut ? -E2BIG : 0;
}

static ssize_t answers_read(struct file *f, char __user *to, size_t size, loff_t *at)
{
    return simple_read_from_buffer(to, size, at, run->text, run->used);
}

static const struct file_operations answers = {.owner = THIS_MODULE, .read = answers_read};

static int run_all(const struct truth_list *list)
{
    int error = pages_get(&run->pages), put;

    if (error == 0) {
        error = list_run(list);
    }
    put = pages_put(&run->pages);
    return error != 0 ? error : put;
}

static void run_free(void)
{
    if (run != NULL) {
        vfree(run->text);
        kvfree(run);
    }
}

static int __init truth_init(void)
{
    const struct truth_list *list = (const struct truth_list *)list_bytes;
    int error;

    if (!cc_platform_has(CC_ATTR_GUEST_SEV_SNP)) {
        pr_err("snp-truth: this is no guest with SEV-SNP\n");
        return -ENODEV;
    }
    if (!really) {
        pr_err("snp-truth: it asks the machine below; load it with really=1 if that is wanted\n");
        return -EPERM;
    }
    if (truth_list_fault(list, sizeof(list_bytes)) != NULL) {
        return -EINVAL;
    }
    run = kvzalloc(sizeof(*run), GFP_KERNEL);
    if (run == NULL) {
        return -ENOMEM;
    }
    run->room = (list->count + 2) * (size_t)TRUTH_LINE;
    run->text = vmalloc(run->room);
    error = run->text == NULL ? -ENOMEM : run_all(list);
    if (error != 0) {
        run_free();
        return error;
    }
    file = debugfs_create_file("snp-truth", 0400, NULL, NULL, &answers);
    if (IS_ERR(file)) {
        pr_err("snp-truth: debugfs does not take the answers\n");
        run_free();
        return PTR_ERR(file);
    }
    return 0;
}

static void __exit truth_exit(void)
{
    debugfs_remove(file);
    run_free();
}

module_init(truth_init);
module_exit(truth_exit);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("What the machine below answers to a conformance list");
