/* SPDX-License-Identifier: MIT */
/*
 * The image's tables as ring 0 reads them: const for ever, checked once by image_check(), reached
 * by index through these functions only.
 */
#pragma once
#include <cdefs.h>
#include <svsm/abi/image.h>

/*
 * Is everything in the `size` bytes at `image` consistent: offsets inside, counts in bounds, every
 * index valid, every segment placed as layout.h wants it? NULL if so, else what is wrong. Pure.
 */
[[nodiscard]] const char *image_check(const void *image, size_t size);

/* Use these tables from now on. */
void image_use(const struct svsm_image_header *image);

[[nodiscard]] const struct svsm_image_header *image_header(void);
[[nodiscard]] const struct svsm_image_task *image_task(uint32_t index);
[[nodiscard]] const struct svsm_image_endpoint *image_endpoint(uint32_t index);
[[nodiscard]] const struct svsm_image_operation *image_operation(uint32_t index);
[[nodiscard]] const struct svsm_image_handle *image_handle(uint32_t index);
[[nodiscard]] const struct svsm_image_device *image_device(uint32_t index);
[[nodiscard]] const struct svsm_image_boot *image_boot(uint32_t index);
