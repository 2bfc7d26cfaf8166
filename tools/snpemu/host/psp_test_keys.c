/* SPDX-License-Identifier: MIT */
/*
 * PUBLIC TEST KEYS: the two primes of each test authority's RSA key. Made once, by chance; nobody
 * may trust what they sign. See psp_test_keys.h for why they are here.
 */
#include "psp_test_keys.h"

const struct psp_test_primes psp_test_keys[PSP_TEST_KEYS] = {
    [PSP_TEST_KEY_ARK] =
        {
            .p = "e175cb584ea36cb7236d07a507c22ecac78be9c9354f8ae48941c8a04da318521daf6c4b02dff624"
                 "57cc6195965a7ac48340876ee76882a3028e0b78aef1e6cf3084294f60f753b8ab96448f984e0685"
                 "dc23943aeb9fd7caea402f5dd1d2aea3b609aa979694268a5ca5bdc43d48554ab319671d06273c3b"
                 "feeed5ee1d59b08d183f161fb99de212a1217ffd721dbf1d7b8818e5aa0819a54284d60e4094e364"
                 "aebdb5cfddf362d032a9c84c85cd0c90df6d818800055a503c8963a49a135983e0c89bf5e64d777f"
                 "5a9e32b8a1ae150c4e42255f3ee4fc293f0e0a18bd52c7b1985538c2ad7637b89860bb4a7374f0c9"
                 "ae4f20cfcb4dc6c7b367212eaefd48ab",
            .q = "d01fd1c3507e2d069759a69ef865208ba3b892dd89fee0da25295b6306f4e340c941715e6f11b888"
                 "099627edcaea07161599ce43b647621903d0a85b6240d19142b0656b706fe26a828f653ed260f0ff"
                 "bfb28711e76bc463bcf5f09d974cf841da45b3ee359238f17745b155948d6a994689b97d14d2b621"
                 "86a68b4d7b3a7c30ae65dedb3e3f9b165b1e4da1dfd62357876015691228c40f1dad2fcfaf490cc8"
                 "30c17dce327b7a9098b783de75e9b2110102fc5eab13ede04d117c239a3d61b08dd30b564a72dda2"
                 "e766fd2e4a961c96065b6a1a61f6dce64ebf7b6f6d69bf560be25c6da93737b633158c777549ff58"
                 "750c605a9d8b8307ca652355f09272cb",
        },
    [PSP_TEST_KEY_ASK] =
        {
            .p = "dab776c2214843edadb13634e56c4596a3369bf95e5043053c28e27cfc13eaa887cbda253624ef3f"
                 "84bc020ec6aa10eded5817cec56ac63273779cb2b785f9c0378dba6e19039dad1ed17b1db64843eb"
                 "ba146500b278a5e777b0a11a10531323687360cd8b838d5f1bbef9952f45900477659b6b5bef71a8"
                 "361971a5f7cb138273c2e89c5239d8f43ee1c9f49fbdd11e8cc69748b52829116b63cb7e3973869b"
                 "26fff152e5ca03a57b549e906c92bee5114ce84e99b69d3add355f5597596ab6be5c5c48b47a3763"
                 "75f42ab93356f3ab7c1ed8a027dc1e683f5a13fa15966681b7400a9650b4c593bd86fb3e4baa14dc"
                 "e79b27212d70e6347b35200fe769b4b1",
            .q = "b996bfcb9c2fd2eb842d5f06f11fa2b05f53256fa45de5d169049f9eeffad631db18c8e06b71bdaa"
                 "dbbb9c810c70107023159bbf903400d70ecdfe2a3e7015885f853d3fb4b6485152dfbf5c86b8e4f5"
                 "f9140d040f6ffc22aca83780011dd808d53a2fcff70c8dfa9dd52ee74bfd484a243977ae6769e49b"
                 "cd7a7bf9145039ba7390cae3a8db9708833f3ddc1bb7cafdb084b7d08eef1fea379cabaa987e354b"
                 "79b44e1de024ee1a6a32ec33787d012746d5f42e34d3d99635de18c2ba3b0e83baeaa5ec6743dcb6"
                 "5eb0c7eaf46b2fe3bfecb667f5b87f0dcc76fe15bbc741119672d014f526014ff177ca453b278e9d"
                 "79697af8ff923ea0487821b289214e9d",
        },
    [PSP_TEST_KEY_ASVK] =
        {
            .p = "fddb5624e1be255509d985fa04ea6e4f61fcdbedc5b62d7634c5e44239f5b49f0a1de27ce053a7ae"
                 "5194e695472adf8baa94bf0dfb186d93c8a5124bca7c61fb476645f3c5b26eb58272173f0794a3c6"
                 "24b0dd88abe54a67cd7855f39f331939e6de0b30b7f814923b6113410770540fa841deb698100181"
                 "672b0b67a5ab24e66a660842b1030f25e03dc99d216b1b7ff97f069140cfb01e9e2df247e753ed77"
                 "7103332ed255d79233618bf68365c8384905e6881b06e5139531d844eb3451cbac8064fa55081ac0"
                 "9052135fe66d47f8a2fa0adba2751b60eadf62159693be901255084c630e31e9baf1e12f43d70744"
                 "9ee1622183eebe9d9e94a05332dd4bf7",
            .q = "bd02873e4ab7eabd2d5def1ed64b3a73e509aab1ef32951bebd116979733c6a9c2a71c0cd034cea2"
                 "42a00d45cbe8a09fe61458e984576d9ee6ef0346433d2daa3bd9d569b18875207347bcb2446666a8"
                 "5efae59b0e45cf4db505123156ddeccd333d8dc92ece302b9e8121fb53050727e83e8eb9b12f569c"
                 "e661041654961ae1bff2dfca653063aa8365d98dd5e3b20c1b61d95f0ae90218feb5ef7190ce0d9f"
                 "fd3edf6f57db254fe601e404fb0bc48976d9cb7184b5589aa8b8d3517697828341841d0505cff4ce"
                 "076cfab9edc39afb2254b27ad3f71997bddd18b9ce49af60b0b38a265044f89e2f4589c1d7323f5d"
                 "b4906730fc0096b826ce1ecac84b0729",
        },
};
