/* SPDX-License-Identifier: MIT */
/* What holds for every launch image. See launch.h. */
#include "launch.h"
#include "fuzz.h"
#include "igvm_file.h"
#include "measure.h"

#define FIRMWARE_END UINT64_C(0x100000000)
#define MEASURED_MAX UINT64_C(1024) /* pages; more would only cost time */

static void judge_run(const struct image *image, const struct launch_run *run)
{
    const uint64_t unit = run->large ? 512 : 1;
    const uint64_t size = run->count * IMAGE_PAGE;
    require(run->count > 0 && run->count % unit == 0, "a run of whole pages");
    require(run->gpa % (unit * IMAGE_PAGE) == 0, "an aligned run");
    if (run->type == PSP_PAGE_VMSA) {
        require(run->count == 1 && run->data != LAUNCH_NO_DATA, "a save area is one page");
        return;
    }
    uint64_t end = run->firmware ? FIRMWARE_END : image->header.memory;
    require(run->gpa < end && size <= end - run->gpa, "a run in memory");
    require(run->firmware == (run->gpa >= image->header.memory), "firmware is not memory");
    require(run->type <= PSP_PAGE_CPUID, "a known type");
}

static void judge_apart(const struct image *image)
{
    for (uint32_t i = 0; i < image->header.run_count; i++) {
        const struct launch_run *a = &image->runs[i];
        for (uint32_t k = 0; k < i; k++) {
            const struct launch_run *b = &image->runs[k];
            require(a->gpa >= b->gpa + b->count * IMAGE_PAGE ||
                        b->gpa >= a->gpa + a->count * IMAGE_PAGE,
                    "runs without a page in common");
        }
    }
}

static void judge_finished(const struct image *image, const uint8_t *out, size_t size)
{
    struct launch_header h;
    uint64_t pages = 0;
    memcpy(&h, out, sizeof(h));
    require(h.size == size && h.vcpu_count <= IMAGE_VCPUS, "its size");
    for (uint32_t i = 0; i < h.run_count; i++) {
        struct launch_run run;
        memcpy(&run, out + h.runs + i * sizeof(run), sizeof(run));
        require(run.gpa == image->runs[i].gpa && run.count == image->runs[i].count, "its runs");
        if (run.data != LAUNCH_NO_DATA) {
            require(run.data % IMAGE_PAGE == 0 && run.data <= size &&
                        run.count * IMAGE_PAGE <= size - run.data,
                    "its data");
            require(memcmp(out + run.data, image_run_bytes(image, &image->runs[i]),
                           run.count * IMAGE_PAGE) == 0,
                    "its bytes");
            pages += run.count;
        }
    }
    require(pages * IMAGE_PAGE == image->pages_size, "no page that is nobody's");
}

void launch_judge(struct image *image)
{
    uint8_t digest[PSP_DIGEST_SIZE];
    uint64_t pages = 0;
    struct fail f;
    size_t size;
    for (uint32_t i = 0; i < image->header.run_count; i++) {
        judge_run(image, &image->runs[i]);
        pages += image->runs[i].count;
    }
    judge_apart(image);
    require(pages > MEASURED_MAX || measure_image(image, digest, &f), "it can be measured");
    uint8_t *out = image_finish(image, &size);
    if (out != NULL) {
        judge_finished(image, out, size);
    }
    free(out);
    image_free(image);
}

void launch_mend(uint8_t *bytes, size_t size)
{
    struct igvm_header_v1 h;
    memcpy(&h, bytes, sizeof(h));
    size_t fixed = h.version == 2 ? sizeof(struct igvm_header_v2) : sizeof(h);
    h.magic = IGVM_MAGIC;
    h.file_size = (uint32_t)size;
    if (h.headers_offset > size || h.headers_size > size - h.headers_offset || fixed > size) {
        return;
    }
    memcpy(bytes, &h, sizeof(h));
    h.checksum = igvm_file_checksum((struct bytes){bytes, fixed},
                                    (struct bytes){bytes + h.headers_offset, h.headers_size});
    memcpy(bytes, &h, sizeof(h));
}
