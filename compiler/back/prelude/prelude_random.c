/* Random numbers as pure functions of integers: Philox 4x32-10.
 *
 * Rows of the prelude (back/prelude/prelude_rows.h), read by back/prelude/prelude.c. What these texts compute must stay
 * the same for ever and on every device: programs and their published results depend on it. */
#include <stddef.h>

#include "back/prelude/prelude_rows.h"

const prelude_row prelude_random[] = {
    {"ad_random", "",
     "/* Random numbers: Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; "
     "2011), a\n"
     " * function of a 64-bit key and a 128-bit counter. For (seed, a, b) the key is seed and the counter (a, b), low "
     "words\n"
     " * first; absent ones are 0. For more integers the first two words of the block of (seed, a, b) are the next key "
     "(low\n"
     " * word first) and the next two integers its counter, and so on. */\n"
     "typedef struct ad_random {\n"
     "    uint32_t w0, w1, w2, w3;\n"
     "} ad_random;\n"},
    {"ad_philox", "ad_random",
     "static inline ad_random ad_philox(int64_t key, int64_t a, int64_t b)\n"
     "{\n"
     "    uint64_t k = (uint64_t)key, c = (uint64_t)a, d = (uint64_t)b;\n"
     "    uint32_t k0 = (uint32_t)k, k1 = (uint32_t)(k >> 32);\n"
     "    ad_random x = {(uint32_t)c, (uint32_t)(c >> 32), (uint32_t)d, (uint32_t)(d >> 32)};\n"
     "    for (int round = 0; round < 10; round++) {\n"
     "        uint64_t p = UINT64_C(0xD2511F53) * x.w0, q = UINT64_C(0xCD9E8D57) * x.w2;\n"
     "        x = (ad_random){(uint32_t)(q >> 32) ^ x.w1 ^ k0, (uint32_t)q, (uint32_t)(p >> 32) ^ x.w3 ^ k1, "
     "(uint32_t)p};\n"
     "        k0 += UINT32_C(0x9E3779B9);\n"
     "        k1 += UINT32_C(0xBB67AE85);\n"
     "    }\n"
     "    return x;\n"
     "}\n"},
    {"ad_next_key", "ad_philox",
     "static inline int64_t ad_next_key(int64_t key, int64_t a, int64_t b)\n"
     "{\n"
     "    ad_random x = ad_philox(key, a, b);\n"
     "    return (int64_t)((uint64_t)x.w1 << 32 | x.w0);\n"
     "}\n"},
    {"ad_uniform_f64", "ad_philox",
     "/* In [0, 1): the first 53 bits of the block's words 0, 1. */\n"
     "static inline double ad_uniform_f64(int64_t seed, int64_t a, int64_t b)\n"
     "{\n"
     "    ad_random x = ad_philox(seed, a, b);\n"
     "    return (double)(((uint64_t)x.w0 << 32 | x.w1) >> 11) * 0x1p-53;\n"
     "}\n"},
    {"ad_uniform_f32", "ad_philox",
     "/* In [0, 1): the first 24 bits of the block's word 0. */\n"
     "static inline float ad_uniform_f32(int64_t seed, int64_t a, int64_t b)\n"
     "{\n"
     "    return (float)(ad_philox(seed, a, b).w0 >> 8) * 0x1p-24f;\n"
     "}\n"},
    {"ad_normal_f64", "ad_philox",
     "/* Box and Muller: u in (0, 1] is of words 0, 1, and v in [0, 1) of words 2, 3. */\n"
     "static inline double ad_normal_f64(int64_t seed, int64_t a, int64_t b)\n"
     "{\n"
     "    ad_random x = ad_philox(seed, a, b);\n"
     "    double u = (double)((((uint64_t)x.w0 << 32 | x.w1) >> 11) + 1) * 0x1p-53;\n"
     "    double v = (double)(((uint64_t)x.w2 << 32 | x.w3) >> 11) * 0x1p-53;\n"
     "    return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);\n"
     "}\n"},
    {"ad_normal_f32", "ad_philox",
     "/* Box and Muller: u in (0, 1] is of word 0, and v in [0, 1) of word 2. */\n"
     "static inline float ad_normal_f32(int64_t seed, int64_t a, int64_t b)\n"
     "{\n"
     "    ad_random x = ad_philox(seed, a, b);\n"
     "    float u = (float)((x.w0 >> 8) + 1) * 0x1p-24f;\n"
     "    float v = (float)(x.w2 >> 8) * 0x1p-24f;\n"
     "    return sqrtf(-2.0f * logf(u)) * cosf(6.2831855f * v);\n"
     "}\n"},
    {NULL, NULL, NULL},
};
