/* SPDX-License-Identifier: MIT */
/* What a file holds, for programs. See show.h. */
#include <feature.h>
#include <jansson.h>
#include <measure.h>
#include <stdio.h>

#include "show.h"

static json_t *address(uint64_t value)
{
    return json_sprintf("0x%llx", (unsigned long long)value);
}

static json_t *save_area(const struct vmsa *v)
{
    char features[FEATURE_TEXT];
    feature_text(v->sev_features, features);
    return json_pack("{s:I, s:o, s:s}", "vmpl", (json_int_t)v->vmpl, "rip", address(v->rip),
                     "sev_features", features);
}

static json_t *save_areas(const struct image *image)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < image->header.run_count; i++) {
        const struct launch_run *run = &image->runs[i];
        struct vmsa v;
        if (run->type == PSP_PAGE_VMSA) {
            memcpy(&v, image_run_bytes(image, run), sizeof(v));
            json_array_append_new(list, save_area(&v));
        }
    }
    return list;
}

static json_t *parts(const struct parts *p)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < p->count; i++) {
        const struct part *part = &p->list[i];
        char hex[2 * PARTS_DIGEST + 1];
        for (unsigned k = 0; k < PARTS_DIGEST; k++) {
            snprintf(hex + 2 * k, 3, "%02x", part->digest[k]);
        }
        json_array_append_new(list, json_pack("{s:s, s:o, s:I, s:s}", "name", part->name, "gpa",
                                              address(part->gpa), "size", (json_int_t)part->size,
                                              "sha256", hex));
    }
    return list;
}

static void tell_header(void *context, const char *name, unsigned count)
{
    json_object_set_new(context, name, json_integer(count));
}

static json_t *pages(const struct image *image)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < image->header.run_count; i++) {
        const struct launch_run *run = &image->runs[i];
        json_array_append_new(list,
                              json_pack("{s:o, s:I, s:s}", "gpa", address(run->gpa), "count",
                                        (json_int_t)run->count, "type", measure_type(run->type)));
    }
    return list;
}

static json_t *ram(const struct snp_image_launch *launch)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < launch->ram_count && i < SNP_IMAGE_RAM_MAX; i++) {
        const struct snp_image_ram *r = &launch->ram[i];
        json_array_append_new(list, json_pack("{s:o, s:o, s:s}", "gpa", address(r->gpa), "size",
                                              address(r->size), "kind", show_ram(r->kind)));
    }
    return list;
}

static void add_svsm(json_t *object, const struct parts *p)
{
    json_t *tasks = json_array();
    for (uint32_t i = 0; i < p->blob->task_count; i++) {
        json_array_append_new(tasks, json_string(parts_task(p, i)->name));
    }
    json_object_set_new(object, "tasks", tasks);
    json_object_set_new(object, "vcpus", json_integer(p->launch.vcpu_count));
    json_object_set_new(object, "console",
                        json_boolean((p->launch.flags & SNP_IMAGE_CONSOLE) != 0));
    json_object_set_new(object, "memory", ram(&p->launch));
    if ((p->launch.flags & SNP_IMAGE_GUEST) != 0) {
        json_object_set_new(object, "guest", save_area(&p->guest));
    }
}

bool show_json(const struct shown *s)
{
    const struct load *l = s->load;
    char hex[2 * PSP_DIGEST_SIZE + 1];
    measure_hex(s->digest, hex);
    json_t *object =
        json_pack("{s:s, s:I, s:s, s:s, s:o, s:b, s:o, s:o, s:o}", "file", s->path, "size",
                  (json_int_t)l->file.bytes.size, "digest", hex, "profile", s->profile, "policy",
                  address(l->guest.policy), "id_block", (int)l->guest.has_id_block, "save_areas",
                  save_areas(&l->image), "parts", parts(s->parts), "pages", pages(&l->image));
    json_t *headers = json_object();
    show_headers(l, tell_header, headers);
    json_object_set_new(object, "headers", headers);
    if (object != NULL && s->parts->svsm) {
        add_svsm(object, s->parts);
    }
    bool done = object != NULL && json_dumpf(object, stdout, JSON_INDENT(2)) == 0;
    putchar('\n');
    json_decref(object);
    return done;
}
