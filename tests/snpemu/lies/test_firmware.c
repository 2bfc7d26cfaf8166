/* SPDX-License-Identifier: MIT */
/* Guest requests. These are noise, which the firmware refuses; what the host makes of them shows.
 */
#include "lies.h"

#define BEFORE 0xaau

static volatile uint8_t *bytes(uint64_t gpa)
{
    return (volatile uint8_t *)(SHARED + gpa);
}

/* VMM error and firmware status. */
static uint64_t request(void)
{
    for (unsigned i = 0; i < PAGE_SIZE; i++) {
        bytes(PAGE_BUFFER)[i] = (uint8_t)(i * 7);
        bytes(PAGE_BUFFER_2)[i] = BEFORE;
    }
    ghcb_begin();
    ask(GHCB_EVENT_GUEST_REQUEST, PAGE_BUFFER, PAGE_BUFFER_2);
    return answer.sw_exitinfo2;
}

void test_firmware(void)
{
    uint64_t refusal = request();

    check(refusal != 0 && refusal >> 32 == 0, true, "psp-refuses-noise");
    check(bytes(PAGE_BUFFER_2)[0], 0, "psp-answers-zeros");
    lie("psp-busy@guest-request,count=3");
    for (unsigned i = 0; i < 3; i++) {
        check(request() >> 32, GHCB_REQUEST_VMM_BUSY, "psp-busy-%u", i);
    }
    check(request(), refusal, "psp-busy-is-over");
    lie_check(3, "psp-busy");
    lie("psp-drop@guest-request");
    check(request(), 0, "psp-drop");
    check(bytes(PAGE_BUFFER_2)[0], BEFORE, "psp-drop-leaves-the-page");
    lie_check(1, "psp-drop");
    lie("psp-replay@guest-request");
    check(request(), 0, "psp-replay");
    check(bytes(PAGE_BUFFER_2)[0], 0, "psp-replay-page");
    lie_check(1, "psp-replay");
    lie("psp-flip@guest-request,value=83");
    (void)request();
    check(bytes(PAGE_BUFFER_2)[10], 8, "psp-flip");
    lie_check(1, "psp-flip");
    lie("psp-twice@guest-request");
    lie("psp-request@guest-request,value=83");
    check(request() != 0, true, "psp-twice");
    lie_check(2, "psp-twice");
    lie("certificates@extended-request,value=9");
    bytes(PAGE_BUFFER)[0x34] = 5; /* a report */
    ghcb_begin();
    GHCB_SET(rax, PAGE(3));
    GHCB_SET(rbx, 8);
    ask(GHCB_EVENT_EXTENDED_REQUEST, PAGE_BUFFER, PAGE_BUFFER_2);
    check(answer.rbx, 9, "certificates-pages");
    check(answer.sw_exitinfo2 >> 32, GHCB_REQUEST_VMM_INVALID_LEN, "certificates-too-big");
    lie_check(1, "certificates");
}
