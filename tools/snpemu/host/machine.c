/* SPDX-License-Identifier: MIT */
/* QEMU with our hypervisor in it. See machine.h. */
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "args.h"
#include "child.h"
#include "debug.h"
#include "wait.h"

/* File descriptors in the child: 3 is the mailbox, 4 the debug console, 5 the launch image. */
#define FD_COUNT 6

#define END_MS 3000
#define MIB UINT64_C(0x100000)
#define UNIT UINT64_C(0x200000)
#define TEXT 32

/* hv itself, its stacks and tables; per vCPU: control blocks and nested tables of four VMPLs. */
#define RESERVE_FIXED (32 * MIB)
#define RESERVE_VCPU (8 * MIB)
/* The RMP has one entry of at most 64 bytes for each page of 4 KiB; the rest is for tables. */
#define RESERVE_PART 32
/* With memory above 4 GiB the RMP has entries for all that is below, too. */
#define RESERVE_SPLIT (32 * MIB)

/* Of memory in two pieces, the first. */
#define LOW (1024 * MIB)

/* SeaBIOS, its tables and hv as loaded, which lie in the guest's memory until hv moves. */
#define LOADED_FIXED (16 * MIB)

struct command {
    struct args args;
    char memory[TEXT], smp[TEXT], gdb[DEBUG_MAX];
};

static uint64_t reserve_for(const struct options *o, uint64_t image_size)
{
    /* The image itself, and the firmware and save areas in it a second time. */
    uint64_t need =
        RESERVE_FIXED + RESERVE_VCPU * o->smp + o->memory / RESERVE_PART + image_size * 2;
    return (need + UNIT - 1) & ~(UNIT - 1);
}

/* Too much in two pieces. */
static enum exit_code say_split(const struct options *o, uint64_t image_size,
                                const struct machine_memory *plan)
{
    /* For what grows with the memory, below the end. */
    uint64_t room = LAUNCH_RAM_SPLIT - LOW - RESERVE_SPLIT - UNIT;
    uint64_t least = RESERVE_FIXED + RESERVE_VCPU * o->smp + image_size * 2;
    uint64_t most = (room - least) * RESERVE_PART & ~(UNIT - 1);
    char mend[TEXT * 2];

    snprintf(mend, sizeof(mend), "--memory %" PRIu64 "M is the most", most / MIB);
    return say_error(EXIT_USAGE, mend,
                     "%" PRIu64 "M are too much: %" PRIu64 "M of them, and %" PRIu64
                     "M that the hypervisor needs for them, do not fit below %" PRIu64 "M",
                     o->memory / MIB, LOW / MIB, plan->reserve / MIB, LAUNCH_RAM_SPLIT / MIB);
}

enum exit_code machine_plan(const struct options *o, uint64_t image_size,
                            struct machine_memory *memory)
{
    uint64_t reserve = reserve_for(o, image_size), end = LAUNCH_RAM_END;
    struct machine_memory plan = {.low = o->memory, .reserve = reserve};

    if (o->guest == OPTIONS_FIRMWARE && o->memory + reserve >= LAUNCH_RAM_END) {
        plan = (struct machine_memory){LOW, o->memory - LOW, reserve + RESERVE_SPLIT};
        end = LAUNCH_RAM_SPLIT;
    }
    *memory = plan;
    if (plan.high != 0 && plan.low + plan.reserve >= end) {
        return say_split(o, image_size, &plan);
    }
    if (plan.low + plan.reserve >= end) {
        return say_error(EXIT_USAGE, "give the guest less with --memory SIZE",
                         "%" PRIu64 "M for the guest and %" PRIu64
                         "M for the hypervisor do not fit below %" PRIu64 "M",
                         plan.low / MIB, plan.reserve / MIB, end / MIB);
    }
    if (image_size + LOADED_FIXED > plan.low) {
        return say_error(EXIT_USAGE, "give the guest more with --memory SIZE",
                         "the launch image has %" PRIu64 "M; %" PRIu64
                         "M of memory are too small for it",
                         (image_size + MIB - 1) / MIB, plan.low / MIB);
    }
    return EXIT_FINE;
}

/* What q35 makes these pieces of. */
static uint64_t installed(const struct machine_memory *memory)
{
    return memory->high != 0 ? LAUNCH_RAM_SPLIT + memory->high : memory->low + memory->reserve;
}

static void build(struct command *c, const struct options *o, const char *qemu,
                  const struct machine_memory *memory)
{
    static const char *const fixed[] = {"-accel",     "tcg,thread=multi",
                                        "-M",         "q35",
                                        "-display",   "none",
                                        "-vga",       "none",
                                        "-nic",       "none",
                                        "-monitor",   "none",
                                        "-chardev",   "stdio,id=console,signal=off",
                                        "-serial",    "chardev:console",
                                        "-chardev",   "socket,id=mailbox,fd=3",
                                        "-serial",    "chardev:mailbox",
                                        "-chardev",   "socket,id=lines,fd=4",
                                        "-device",    "isa-debugcon,iobase=0xe9,chardev=lines",
                                        "-device",    "isa-debug-exit,iobase=0xf4,iosize=4",
                                        "-initrd",    "/proc/self/fd/5",
                                        "-no-reboot", NULL};
    struct args *a = &c->args;
    snprintf(c->memory, sizeof(c->memory), "%" PRIu64, installed(memory) / MIB);
    snprintf(c->smp, sizeof(c->smp), "%u", o->smp);
    args_add(a, qemu);
    args_add_all(a, fixed);
    /* A C-bit at 51 needs five levels of nested tables, which the CPU has if it has LA57. */
    args_add_all(a, (const char *const[]){
                        "-cpu", o->cbit == 51 ? "max,phys-bits=52" : "EPYC-Milan,phys-bits=48",
                        "-m", c->memory, "-smp", c->smp, "-kernel", o->hv, NULL});
    if (o->gdb != NULL) {
        debug_qemu(o->gdb, c->gdb, sizeof(c->gdb));
        args_add_all(a, (const char *const[]){"-gdb", c->gdb, "-S", NULL});
    }
    args_add_all(a, (const char *const *)o->qemu_args);
}

void machine_print(const struct options *o, const char *qemu, const struct machine_memory *memory)
{
    struct command c = {0};
    build(&c, o, qemu, memory);
    puts("# file descriptors: 3 and 4 are sockets, mailbox and debug console; 5 is the launch "
         "image");
    args_print(&c.args);
}

static int image_file(const void *image, size_t size)
{
    const char *at = image;
    int fd = memfd_create("launch image", MFD_CLOEXEC);
    while (fd >= 0 && size > 0) {
        ssize_t n = write(fd, at, size);
        if (n < 0 && errno != EINTR) {
            close(fd);
            return -1;
        }
        at += n < 0 ? 0 : n;
        size -= n < 0 ? 0 : (size_t)n;
    }
    return fd;
}

/* -1: not made. */
struct ends {
    int input[2], console[2], complaint[2], lines[2], mailbox[2], image;
};

static bool ends_make(struct ends *e, const void *image, size_t size)
{
    return pipe2(e->input, O_CLOEXEC) == 0 && pipe2(e->console, O_CLOEXEC) == 0 &&
           pipe2(e->complaint, O_CLOEXEC) == 0 &&
           socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, e->lines) == 0 &&
           socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, e->mailbox) == 0 &&
           (e->image = image_file(image, size)) >= 0;
}

static int keep(int fd)
{
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

enum exit_code machine_start(struct machine *m, const struct options *o, const char *qemu,
                             const struct machine_memory *memory, const void *image, size_t size)
{
    struct command c = {0};
    struct ends e = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}, -1};
    build(&c, o, qemu, memory);
    if (c.args.full) {
        return say_error(EXIT_USAGE, "give fewer arguments behind --",
                         "more than %d arguments for QEMU", ARGS_MAX);
    }
    bool made = ends_make(&e, image, size);
    const int fds[FD_COUNT] = {e.input[0],   e.console[1], e.complaint[1],
                               e.mailbox[1], e.lines[1],   e.image};
    m->pid = made ? child_start(&c.args, fds, FD_COUNT) : -1;
    if (m->pid < 0) {
        m->pid = 0;
        return say_error(EXIT_LACKING, "free memory, processes or open files",
                         "cannot start QEMU: %s", strerror(errno));
    }
    for (unsigned i = 0; i < FD_COUNT; i++) {
        close(fds[i]);
    }
    m->input = keep(e.input[1]);
    m->console = keep(e.console[0]);
    m->complaint = keep(e.complaint[0]);
    m->lines = keep(e.lines[0]);
    m->mailbox = keep(e.mailbox[0]);
    return EXIT_FINE;
}

int machine_end(struct machine *m)
{
    return m->pid == 0 ? 0 : wait_end(&m->pid, END_MS);
}
