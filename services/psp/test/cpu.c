/* SPDX-License-Identifier: MIT */
/* Host tests: wolfCrypt without special instructions or entropy, neither of which AES-GCM needs. */

unsigned int svsm_wolf_cpu_flags(void);
int svsm_rand_seed(unsigned char *out, unsigned int size);

unsigned int svsm_wolf_cpu_flags(void)
{
    return 0;
}

int svsm_rand_seed(unsigned char *out, unsigned int size)
{
    (void)out;
    (void)size;
    return -1;
}
