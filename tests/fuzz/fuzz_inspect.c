/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: a file in the hands of svsm-inspect, svsm-measure and svsm-sign. The first byte says
 * which host, and whether sizes and checksum are put right. What loads can be shown; a signature
 * changes nothing but the ID block; a key in PEM form is read or refused with a reason.
 */
#include "fuzz.h"
#include "launch.h"
#include "measure.h"
#include "parts.h"
#include "show.h"
#include "sign.h"
#include <openssl/ec.h>

#define AS_IT_IS 0x80
#define SIGN 0x40

static EVP_PKEY *own_key;

static void begin(void)
{
    own_key = EVP_EC_gen("P-384");
    require(own_key != NULL && freopen("/dev/null", "w", stdout) != NULL,
            "a key, and nobody who listens");
}

static void key(const uint8_t *pem, size_t size)
{
    struct fail f = {0};
    EVP_PKEY *read = sign_key((struct bytes){pem, size}, "key", &f);

    require((read != NULL) != (f.what[0] != 0), "a key, or a reason");
    EVP_PKEY_free(read);
}

static void sign(const struct load *l, const uint8_t *digest)
{
    static struct load again;
    struct fail f = {0};
    struct bytes out = {0};
    uint8_t other[PSP_DIGEST_SIZE];
    struct sign_request r = {.file = l->file.bytes,
                             .mask = l->guest.mask,
                             .policy = l->guest.policy,
                             .svn = 7,
                             .id_key = own_key};

    memcpy(r.digest, digest, sizeof(r.digest));
    if (!sign_file(&r, &out, &f)) {
        require(f.what[0] != 0, "a reason");
        return;
    }
    if (load_file(&again, out, LAUNCH_STRICT, 0, &f)) {
        require(again.guest.has_id_block && again.guest.id_block.guest_svn == 7,
                "the block that was meant");
        require(memcmp(again.guest.id_block.ld, digest, PSP_DIGEST_SIZE) == 0, "for this digest");
        require(measure_image(&again.image, other, &f) && memcmp(other, digest, sizeof(other)) == 0,
                "the same digest");
    } else {
        require(f.what[0] != 0, "a reason");
    }
    load_free(&again);
    free((void *)out.at);
}

static void look(const struct load *l, enum launch_profile profile, bool with_signature)
{
    static struct parts parts;
    struct fail f = {0};
    uint8_t digest[PSP_DIGEST_SIZE];
    bool whole = measure_image(&l->image, digest, &f);
    bool named = whole && parts_read(&parts, l, &f);

    require(named || f.what[0] != 0, "parts, or a reason");
    if (named) {
        const struct shown s = {"file", l, &parts, digest, "host"};
        show_text(&s);
        require(show_json(&s), "memory");
    }
    parts_free(&parts);
    if (whole && with_signature && profile == LAUNCH_STRICT) {
        sign(l, digest);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct load l;
    struct fail f = {0};

    if (own_key == NULL) {
        begin();
    }
    if (size < 1 + sizeof(struct igvm_header_v1) || data[0] == '-') {
        key(data, size);
        return 0;
    }
    uint8_t *copy = malloc(size - 1); /* of the exact size, for ASan */
    require(copy != NULL, "memory");
    memcpy(copy, data + 1, size - 1);
    if ((data[0] & AS_IT_IS) == 0) {
        launch_mend(copy, size - 1);
    }
    enum launch_profile profile = (enum launch_profile)(data[0] / 4 % 3);
    if (load_file(&l, (struct bytes){copy, size - 1}, profile,
                  profile == LAUNCH_UPSTREAM_6_12 ? 1 + data[0] % 3 : 0, &f)) {
        look(&l, profile, (data[0] & SIGN) != 0);
    } else {
        require(f.what[0] != 0, "a reason");
    }
    load_free(&l);
    free(copy);
    return 0;
}
