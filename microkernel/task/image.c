/* SPDX-License-Identifier: MIT */
/* Accessors of the image's tables. See image.h; the check itself is image_check.c. */
#include <task/image.h>

static struct {
    const struct svsm_image_header *header;
    const struct svsm_image_task *tasks;
    const struct svsm_image_endpoint *endpoints;
    const struct svsm_image_operation *operations;
    const struct svsm_image_handle *handles;
    const struct svsm_image_device *devices;
    const struct svsm_image_boot *boots;
} tables;

void image_use(const struct svsm_image_header *image)
{
    const uint8_t *base = (const uint8_t *)image;
    tables.header = image;
    tables.tasks = (const void *)(base + image->task_offset);
    tables.endpoints = (const void *)(base + image->endpoint_offset);
    tables.operations = (const void *)(base + image->operation_offset);
    tables.handles = (const void *)(base + image->handle_offset);
    tables.devices = (const void *)(base + image->device_offset);
    tables.boots = (const void *)(base + image->boot_offset);
}

const struct svsm_image_header *image_header(void)
{
    return tables.header;
}

const struct svsm_image_task *image_task(uint32_t index)
{
    CHECK(index < tables.header->task_count);
    return &tables.tasks[index];
}

const struct svsm_image_endpoint *image_endpoint(uint32_t index)
{
    CHECK(index < tables.header->endpoint_count);
    return &tables.endpoints[index];
}

const struct svsm_image_operation *image_operation(uint32_t index)
{
    CHECK(index < tables.header->operation_count);
    return &tables.operations[index];
}

const struct svsm_image_handle *image_handle(uint32_t index)
{
    CHECK(index < tables.header->handle_count);
    return &tables.handles[index];
}

const struct svsm_image_device *image_device(uint32_t index)
{
    CHECK(index < tables.header->device_count);
    return &tables.devices[index];
}

const struct svsm_image_boot *image_boot(uint32_t index)
{
    CHECK(index < tables.header->boot_count);
    return &tables.boots[index];
}
