/* SPDX-License-Identifier: MIT */
#include "vek.h"

#include <string.h>

#define AMD "1.3.6.1.4.1.3704.1"

static const struct {
    const char *name, *oid;
} spls[VEK_SPLS] = {
    [VEK_BOOT_LOADER] = {"blSPL", AMD ".3.1"}, [VEK_TEE] = {"teeSPL", AMD ".3.2"},
    [VEK_SNP] = {"snpSPL", AMD ".3.3"},        [VEK_MICROCODE] = {"ucodeSPL", AMD ".3.8"},
    [VEK_FMC] = {"fmcSPL", AMD ".3.9"},
};

struct value {
    const uint8_t *bytes;
    size_t size;
};

const char *vek_spl_name(enum vek_spl spl)
{
    return spls[spl].name;
}

/* False: twice in the certificate, so that nobody can say which counts. No value: not there. */
static bool find(const X509 *cert, const char *oid, struct value *value)
{
    ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
    int at = object == NULL ? -1 : X509_get_ext_by_OBJ(cert, object, -1);
    bool twice = at >= 0 && X509_get_ext_by_OBJ(cert, object, at) >= 0;

    ASN1_OBJECT_free(object);
    *value = (struct value){0};
    if (at >= 0) {
        const ASN1_OCTET_STRING *data = X509_EXTENSION_get_data(X509_get_ext(cert, at));
        value->bytes = ASN1_STRING_get0_data(data);
        value->size = (size_t)ASN1_STRING_length(data);
    }
    return !twice;
}

/* DER of one short element of this type: its contents. */
static bool unwrap(struct value *value, uint8_t tag)
{
    if (value->size < 2 || value->bytes[0] != tag || value->bytes[1] != value->size - 2 ||
        value->bytes[1] >= 0x80) {
        return false;
    }
    value->bytes += 2;
    value->size -= 2;
    return true;
}

/* An INTEGER from 0 to 255 in its only encoding. */
static bool read_number(struct value value, uint8_t *number)
{
    if (!unwrap(&value, V_ASN1_INTEGER)) {
        return false;
    }
    if (value.size == 1 && value.bytes[0] < 0x80) {
        *number = value.bytes[0];
        return true;
    }
    if (value.size == 2 && value.bytes[0] == 0 && value.bytes[1] >= 0x80) {
        *number = value.bytes[1];
        return true;
    }
    return false;
}

/* Printable text; what it is wrapped in differs between certificates. */
static bool read_text(struct value value, char out[VEK_TEXT_MAX])
{
    struct value text = value;

    if (!unwrap(&text, V_ASN1_IA5STRING)) {
        text = value;
        if (!unwrap(&text, V_ASN1_UTF8STRING)) {
            return false;
        }
    }
    if (text.size == 0 || text.size >= VEK_TEXT_MAX) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (text.bytes[i] < ' ' || text.bytes[i] > '~') {
            return false;
        }
        out[i] = (char)text.bytes[i];
    }
    return true;
}

/* 64 bytes, or 8 for Turin; older certificates have them without a wrapping. */
static bool read_hwid(struct value value, struct vek *vek)
{
    struct value id = value;

    if (!unwrap(&id, V_ASN1_OCTET_STRING)) {
        id = value;
    }
    if (id.size != VEK_HWID_MAX && id.size != 8) {
        return false;
    }
    memcpy(vek->hwid, id.bytes, id.size);
    vek->hwid_size = id.size;
    return true;
}

static const char *read_spls(const X509 *cert, struct vek *vek)
{
    struct value value;

    for (unsigned i = 0; i < VEK_SPLS; i++) {
        if (!find(cert, spls[i].oid, &value)) {
            return "has a patch level twice";
        }
        vek->has_spl[i] = value.bytes != NULL;
        if (value.bytes != NULL && !read_number(value, &vek->spl[i])) {
            return "has a patch level that is not a number from 0 to 255";
        }
    }
    return NULL;
}

static const char *read_all(const X509 *cert, struct vek *vek)
{
    struct value value;

    if (!find(cert, AMD ".2", &value) || (value.bytes != NULL && !read_text(value, vek->product))) {
        return "has a malformed product name";
    }
    if (!find(cert, AMD ".5", &value) ||
        (value.bytes != NULL && !read_text(value, vek->provider))) {
        return "has a malformed provider's name";
    }
    if (!find(cert, AMD ".4", &value) || (value.bytes != NULL && !read_hwid(value, vek))) {
        return "has a malformed hardware ID";
    }
    return read_spls(cert, vek);
}

const char *vek_read(const X509 *cert, struct vek *vek)
{
    memset(vek, 0, sizeof(*vek));
    const char *fault = read_all(cert, vek);
    if (fault != NULL) {
        memset(vek, 0, sizeof(*vek)); /* nothing of it is believed */
    }
    return fault;
}
