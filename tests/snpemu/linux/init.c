/* SPDX-License-Identifier: MIT */
/*
 * The only program of a stock Linux that runs as a test guest: loads the modules of an SNP guest,
 * asks the kernel for an attestation report as any user of configfs does, forks some children so
 * that there is something to time, and switches the machine off. Lines that begin with "guest " are
 * for the test.
 *
 * With a virtio disk that begins with DISK_MARK: reads all of it, and writes over one block. With a
 * virtio console: a line for that.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define REPORT "/sys/kernel/config/tsm/report/test"
#define REPORT_MAX 8192
#define NONCE_SIZE 64
#define CHILDREN 50
#define DISK_MARK "svsmdisk"
#define DISK_BLOCK 4096
#define DISK_WRITTEN (256L * DISK_BLOCK) /* where */
#define CONSOLE "/dev/hvc0"

/* As tools/setup/kernels.sh has them. */
static const char *const modules[] = {"configfs",
                                      "tsm",
                                      "tsm_report",
                                      "gf128mul",
                                      "ghash-generic",
                                      "crypto_null",
                                      "ctr",
                                      "gcm",
                                      "sev-guest",
                                      "virtio",
                                      "virtio_ring",
                                      "virtio_pci_legacy_dev",
                                      "virtio_pci_modern_dev",
                                      "virtio_pci",
                                      "virtio_blk",
                                      "virtio_console"};

static void say_time(const char *what)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    printf("guest %s at=%ld.%03ld\n", what, (long)t.tv_sec, t.tv_nsec / 1000000);
}

static void load(const char *name, const char *parameters)
{
    char path[64];

    snprintf(path, sizeof(path), "/modules/%s.ko", name);
    int file = open(path, O_RDONLY);
    if (file < 0) {
        return; /* this kernel has it under another name */
    }
    long result = syscall(SYS_finit_module, file, parameters, 0);
    printf("guest module %s %s\n", name, result == 0 ? "loaded" : strerror(errno));
    close(file);
}

static size_t read_all(const char *path, unsigned char *bytes, size_t size)
{
    size_t used = 0;
    int file = open(path, O_RDONLY);

    for (ssize_t n = 1; file >= 0 && n > 0 && used < size; used += (size_t)n) {
        n = read(file, bytes + used, size - used);
        if (n < 0) {
            printf("guest error %s: %s\n", path, strerror(errno));
            break;
        }
    }
    if (file >= 0) {
        close(file);
    }
    return used;
}

static int write_all(const char *path, const void *bytes, size_t size)
{
    int file = open(path, O_WRONLY);
    ssize_t n = file < 0 ? -1 : write(file, bytes, size);

    if (n != (ssize_t)size) {
        printf("guest error %s: %s\n", path, strerror(errno));
    }
    if (file >= 0) {
        close(file);
    }
    return n == (ssize_t)size ? 0 : -1;
}

static void print_hex(const char *what, const unsigned char *bytes, size_t size)
{
    for (size_t at = 0; at < size; at += 64) {
        printf("guest %s ", what);
        for (size_t i = at; i < size && i < at + 64; i++) {
            printf("%02x", bytes[i]);
        }
        printf("\n");
    }
}

static void report(void)
{
    static unsigned char bytes[REPORT_MAX];
    unsigned char nonce[NONCE_SIZE];
    size_t size;

    for (size_t i = 0; i < sizeof(nonce); i++) {
        nonce[i] = (unsigned char)(i * 5 + 1);
    }
    if (mkdir(REPORT, 0700) != 0) {
        printf("guest error mkdir %s: %s\n", REPORT, strerror(errno));
        return;
    }
    size = read_all(REPORT "/provider", bytes, sizeof(bytes) - 1);
    printf("guest provider %.*s", (int)size, (const char *)bytes);
    /* The guest's own level: the default, 0, is above it where there is an SVSM. */
    size = read_all(REPORT "/privlevel_floor", bytes, sizeof(bytes));
    if (write_all(REPORT "/privlevel", bytes, size) == 0 &&
        write_all(REPORT "/inblob", nonce, sizeof(nonce)) == 0) {
        size = read_all(REPORT "/outblob", bytes, sizeof(bytes));
        print_hex("report", bytes, size);
        size = read_all(REPORT "/auxblob", bytes, sizeof(bytes));
        print_hex("certificates", bytes, size);
    }
}

/* What the kernel has said so far: warnings and worse, and what it says of SEV. */
static void kernel_log(void)
{
    char record[2048];
    unsigned records = 0;
    int file = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);

    for (;;) {
        ssize_t n = file < 0 ? -1 : read(file, record, sizeof(record) - 1);
        if (n < 0 && errno == EPIPE) { /* overwritten meanwhile */
            continue;
        }
        if (n <= 0) {
            break;
        }
        record[n] = 0;
        records++;
        int priority = atoi(record);
        char *text = strchr(record, ';');
        text = text == NULL ? record : text + 1;
        text[strcspn(text, "\n")] = 0;
        if ((priority & 7) <= 4) {
            printf("guest warning %d %s\n", priority & 7, text);
        } else if (strstr(text, "SEV") != NULL || strncmp(text, "Linux version", 13) == 0 ||
                   strncmp(text, "smp: ", 5) == 0) {
            printf("guest log %s\n", text);
        }
    }
    close(file);
    printf("guest records %u\n", records); /* without them there is no warning, either */
}

static void show(const char *path)
{
    unsigned char bytes[256];
    size_t size = read_all(path, bytes, sizeof(bytes));

    printf("guest file %s %.*s%s", path, (int)size, (const char *)bytes,
           size > 0 && bytes[size - 1] == '\n' ? "" : "\n");
}

/* Memory that the firmware has left for the kernel to accept. */
static void unaccepted(void)
{
    static char text[8192];
    size_t size = read_all("/proc/meminfo", (unsigned char *)text, sizeof(text) - 1);

    text[size] = 0;
    const char *line = strstr(text, "Unaccepted:");
    if (line != NULL) {
        printf("guest unaccepted kb=%ld\n", strtol(line + strlen("Unaccepted:"), NULL, 10));
    }
}

static bool put(const char *path, char c)
{
    int file = open(path, O_WRONLY);
    bool done = file >= 0 && write(file, &c, 1) == 1;

    close(file);
    return done;
}

/* Each CPU but the first off and on again, as often as the kernel's command line says: hotplug=N.
 */
static void hotplug(void)
{
    const char *times = getenv("hotplug");
    long cpus = sysconf(_SC_NPROCESSORS_ONLN), done = 0;
    char path[64];

    printf("guest cpus %ld\n", cpus);
    for (int i = 0; times != NULL && i < atoi(times); i++) {
        for (long cpu = 1; cpu < cpus; cpu++) {
            snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%ld/online", cpu);
            done += put(path, '0') && put(path, '1') ? 1 : 0;
        }
    }
    printf("guest hotplug %ld online %ld\n", done, sysconf(_SC_NPROCESSORS_ONLN));
}

/* The sum of all bytes goes to *sum; how many there were. False: it is another disk, or there is
 * none. */
static bool disk_read(int file, unsigned long *bytes, unsigned long *sum)
{
    static unsigned char block[DISK_BLOCK];
    ssize_t n;

    *bytes = *sum = 0;
    while ((n = read(file, block, sizeof(block))) > 0) {
        if (*bytes == 0 && memcmp(block, DISK_MARK, strlen(DISK_MARK)) != 0) {
            return false;
        }
        *bytes += (unsigned long)n;
        for (ssize_t i = 0; i < n; i++) {
            *sum += block[i];
        }
    }
    return *bytes != 0;
}

static void disk(const char *path)
{
    static unsigned char block[DISK_BLOCK];
    unsigned long bytes, sum;
    int file = open(path, O_RDWR);

    if (file >= 0 && disk_read(file, &bytes, &sum)) {
        for (size_t i = 0; i < sizeof(block); i++) {
            block[i] = (unsigned char)(i * 7 + 3);
        }
        bool written =
            pwrite(file, block, sizeof(block), DISK_WRITTEN) == sizeof(block) && fsync(file) == 0;
        printf("guest disk %s bytes=%lu sum=%lu written=%d\n", path, bytes, sum, written);
    }
    close(file);
}

static void virtio(void)
{
    static const char line[] = "guest speaks by virtio\n";

    (void)mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
    disk("/dev/vda");
    disk("/dev/vdb");
    if (access(CONSOLE, W_OK) == 0) {
        printf("guest console %d\n", write_all(CONSOLE, line, sizeof(line) - 1) == 0);
    }
}

static void fork_children(void)
{
    for (int i = 0; i < CHILDREN; i++) {
        pid_t child = fork();
        if (child == 0) {
            _exit(0);
        }
        (void)waitpid(child, NULL, 0);
    }
}

/* truth= on the kernel's command line: the module of drivers/linux/snp-truth with these parameters,
 * and what it has to tell. */
static void truth(const char *parameters)
{
    char bytes[4096];

    load("snp-truth", ""); /* which it refuses */
    load("snp-truth", parameters);
    (void)mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
    int file = open("/sys/kernel/debug/snp-truth", O_RDONLY);
    for (ssize_t n; file >= 0 && (n = read(file, bytes, sizeof(bytes))) > 0;) {
        (void)fwrite(bytes, 1, (size_t)n, stdout);
    }
    if (file >= 0) {
        close(file);
        printf("guest module snp-truth %s\n",
               syscall(SYS_delete_module, "snp_truth", 0) == 0 ? "unloaded" : strerror(errno));
    }
}

static void guest(void)
{
    unaccepted();
    fork_children();
    say_time("children");
    hotplug();
    for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
        load(modules[i], "");
    }
    if (mount("configfs", "/sys/kernel/config", "configfs", 0, NULL) == 0) {
        report();
    }
    virtio();
    show("/sys/devices/system/cpu/sev/vmpl");
    show("/sys/devices/system/cpu/online");
    show("/sys/devices/system/clocksource/clocksource0/current_clocksource");
}

int main(void)
{
    const char *parameters = getenv("truth");

    setvbuf(stdout, NULL, _IOLBF, 0);
    mkdir("/proc", 0755);
    mkdir("/sys", 0755);
    (void)mount("proc", "/proc", "proc", 0, NULL);
    (void)mount("sysfs", "/sys", "sysfs", 0, NULL);
    say_time("userspace");
    if (parameters != NULL) {
        truth(parameters);
    } else {
        guest();
    }
    kernel_log();
    say_time("end");
    fflush(stdout);
    (void)tcdrain(STDOUT_FILENO); /* the kernel's last words come into the midst of a line, else */
    sync();
    reboot(RB_POWER_OFF);
    return 1;
}
