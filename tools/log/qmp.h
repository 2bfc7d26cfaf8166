/* SPDX-License-Identifier: MIT */
/* QEMU's control socket, as far as reading a machine's memory needs it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct qmp {
    int fd;
    char folder[64]; /* ours, for what QEMU writes */
};

/* Connects and says hello. What is wrong has been said: false. */
[[nodiscard]] bool qmp_open(struct qmp *q, const char *path);
void qmp_close(struct qmp *q);

/* Physical memory of the machine. false: it has none there, or it is gone. */
[[nodiscard]] bool qmp_read(struct qmp *q, uint64_t address, void *to, size_t size);
