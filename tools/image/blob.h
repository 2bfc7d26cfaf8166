/* SPDX-License-Identifier: MIT */
/* The system description and the tasks' contents, encoded as abi/image.h wants them. */
#pragma once
#include "file.h"
#include "links.h"
#include "program.h"

/*
 * `l` has passed links_check() with a system; programs[i] is task i's. The result is page aligned
 * in size. free(out->data) afterwards.
 */
[[nodiscard]] bool blob_build(struct diag *d, const struct links *l, const struct program *programs,
                              struct bytes *out);

/* SHA-256 of the initial contents of a task's regions, in order. */
[[nodiscard]] bool blob_digest(const uint8_t *blob, const struct svsm_image_task *t,
                               uint8_t digest[32]);
