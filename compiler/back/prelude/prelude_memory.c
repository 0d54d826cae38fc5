/* Helpers about whole arrays: sizes and their overflow, parts of the workspace, threads, fill, copy, sorted insertion.
 *
 * Rows of the prelude (back/prelude/prelude_rows.h), read by back/prelude/prelude.c; they call nothing but each other
 * and OpenMP. The one idea: sizes are checked in arithmetic whose overflow is a value (AD_BAD), so that checks are
 * expressions. */
#include <stddef.h>

#include "back/prelude/prelude_rows.h"

const prelude_row prelude_memory[] = {
    {"AD_MAX_THREADS", "",
     "/* Loops run in at most this many threads: the workspace has room for each. */\n"
     "#define AD_MAX_THREADS 64\n"},
    {"ad_threads", "AD_MAX_THREADS",
     "#ifdef _OPENMP\n"
     "#include <omp.h>\n"
     "static inline int ad_threads(void)\n"
     "{\n"
     "    int n = omp_get_max_threads();\n"
     "    return n < AD_MAX_THREADS ? n : AD_MAX_THREADS;\n"
     "}\n"
     "#endif\n"},
    {"ad_thread", "ad_threads",
     "/* Number of this thread, inside a parallel loop. */\n"
     "static inline int ad_thread(void)\n"
     "{\n"
     "#ifdef _OPENMP\n"
     "    return omp_get_thread_num();\n"
     "#else\n"
     "    return 0;\n"
     "#endif\n"
     "}\n"},
    {"ad_note", "",
     "/* Remembers that something failed, from any thread. */\n"
     "static inline void ad_note(bool *failed)\n"
     "{\n"
     "#ifdef _OPENMP\n"
     "#pragma omp atomic write\n"
     "#endif\n"
     "    *failed = true;\n"
     "}\n"},
    {"ad_seek", "ad_note",
     "/* Whether to go on; not to, although what is sought was not found, is a failure. */\n"
     "static inline bool ad_seek(bool more, bool found, bool *failed)\n"
     "{\n"
     "    if (!more && !found)\n"
     "        ad_note(failed);\n"
     "    return more;\n"
     "}\n"},
    {"AD_PARALLEL", "ad_threads",
     "/* The iterations of the loop that follows are independent; run them in parallel if it is worth while. */\n"
     "#ifdef _OPENMP\n"
     "#define AD_PRAGMA(text) _Pragma(#text)\n"
     "#define AD_PARALLEL(worth) AD_PRAGMA(omp parallel for schedule(static) num_threads(ad_threads()) if (worth))\n"
     "#else\n"
     "#define AD_PARALLEL(worth) (void)(worth);\n"
     "#endif\n"},
    {"AD_BAD", "",
     "/* A size that is impossible; every sum and product with it is one too. */\n"
     "#define AD_BAD INT64_MIN\n"},
    {"ad_times", "AD_BAD",
     "/* a * b, AD_BAD on overflow. */\n"
     "static inline int64_t ad_times(int64_t a, int64_t b)\n"
     "{\n"
     "    if (a == AD_BAD || b == AD_BAD)\n"
     "        return AD_BAD;\n"
     "    int64_t x = a < 0 ? -a : a, y = b < 0 ? -b : b;\n"
     "    return y != 0 && x > INT64_MAX / y ? AD_BAD : a * b;\n"
     "}\n"},
    {"ad_plus", "AD_BAD",
     "/* a + b, AD_BAD on overflow. */\n"
     "static inline int64_t ad_plus(int64_t a, int64_t b)\n"
     "{\n"
     "    bool overflow = b > 0 ? a > INT64_MAX - b : a <= INT64_MIN - b;\n"
     "    return a == AD_BAD || b == AD_BAD || overflow ? AD_BAD : a + b;\n"
     "}\n"},
    {"ad_fits", "ad_times",
     "/* Every extent is nonnegative, and so many entries of size bytes can exist. */\n"
     "static inline bool ad_fits(int64_t size, int n, const int64_t *extents)\n"
     "{\n"
     "    bool positive = true;\n"
     "    for (int i = 0; i < n; i++) {\n"
     "        positive = positive && extents[i] >= 0;\n"
     "        size = ad_times(size, extents[i]);\n"
     "    }\n"
     "    return positive && size >= 0;\n"
     "}\n"},
    {"ad_part", "",
     "/* Bytes that a part of the workspace takes: parts are 64-byte aligned. */\n"
     "static inline int64_t ad_part(int64_t bytes)\n"
     "{\n"
     "    return bytes <= 0 ? 0 : (bytes + 63) / 64 * 64;\n"
     "}\n"},
    {"ad_share", "",
     "/* How many states of that size fit, within bounds. Impossible sizes are negative; they show in the total. */\n"
     "static inline int64_t ad_share(int64_t least, int64_t all, int64_t one, int64_t most)\n"
     "{\n"
     "    int64_t n = one > 0 ? all / one : most;\n"
     "    n = n < least ? least : n;\n"
     "    n = n > most ? most : n;\n"
     "    return n < 0 ? 0 : n;\n"
     "}\n"},
    {"ad_positive", "AD_BAD",
     "/* max(n, 0), AD_BAD where n is. */\n"
     "static inline int64_t ad_positive(int64_t n)\n"
     "{\n"
     "    return n > 0 || n == AD_BAD ? n : 0;\n"
     "}\n"},
    {"ad_room", "AD_BAD ad_part",
     "/* Likewise, AD_BAD on overflow. */\n"
     "static inline int64_t ad_room(int64_t bytes)\n"
     "{\n"
     "    return bytes == AD_BAD || bytes > INT64_MAX - 63 ? AD_BAD : ad_part(bytes);\n"
     "}\n"},
    {"ad_aligned", "",
     "/* The first 64-byte boundary at or after p. */\n"
     "static inline char *ad_aligned(void *p)\n"
     "{\n"
     "    return (char *)p + (64 - (uintptr_t)p % 64) % 64;\n"
     "}\n"},
    {"ad_take", "ad_part",
     "/* The next part of the workspace. */\n"
     "static inline void *ad_take(char **workspace, int64_t bytes)\n"
     "{\n"
     "    void *part = *workspace;\n"
     "    *workspace += ad_part(bytes);\n"
     "    return part;\n"
     "}\n"},
    {"ad_inside", "",
     "/* i is a subscript of an axis of extent n. */\n"
     "static inline bool ad_inside(int64_t i, int64_t n)\n"
     "{\n"
     "    return i >= 0 && i < n;\n"
     "}\n"},
    {"ad_fill_@E", "",
     "static inline void ad_fill_@E(@T *x, int64_t n, @T value)\n"
     "{\n"
     "    for (int64_t i = 0; i < n; i++)\n"
     "        x[i] = value;\n"
     "}\n"},
    {"ad_copy_@E", "",
     "static inline void ad_copy_@E(@T *restrict x, const @T *restrict from, int64_t n)\n"
     "{\n"
     "    for (int64_t i = 0; i < n; i++)\n"
     "        x[i] = from[i];\n"
     "}\n"},
    {"AD_FETCH_BYTES", "",
     "/* Rows longer than this the processor fetches by itself. */\n"
     "enum { AD_FETCH_BYTES = 4096 };\n"},
    {"ad_fetch", "AD_FETCH_BYTES",
     "static inline void ad_fetch(const void *p, int64_t bytes)\n"
     "{\n"
     "    for (int64_t k = 0; k < bytes && k < AD_FETCH_BYTES; k += 64)\n"
     "        __builtin_prefetch((const char *)p + k);\n"
     "}\n"},
    {"ad_fetch_to_write", "AD_FETCH_BYTES",
     "static inline void ad_fetch_to_write(void *p, int64_t bytes)\n"
     "{\n"
     "    for (int64_t k = 0; k < bytes && k < AD_FETCH_BYTES; k += 64)\n"
     "        __builtin_prefetch((char *)p + k, 1);\n"
     "}\n"},
    {"ad_exchange_@E", "",
     "static inline void ad_exchange_@E(@T *x, @T *y, int64_t n)\n"
     "{\n"
     "    for (int64_t i = 0; i < n; i++) {\n"
     "        @T t = x[i];\n"
     "        x[i] = y[i];\n"
     "        y[i] = t;\n"
     "    }\n"
     "}\n"},
    {"ad_insert_int", "",
     "/* Keeps the k least keys sorted, with their indices (-1: no key yet). Equal keys stay in the order of "
     "insertion. */\n"
     "static inline void ad_insert_int(int64_t *keys, int64_t *indices, int64_t k, int64_t key, int64_t index)\n"
     "{\n"
     "    int64_t at = k;\n"
     "    for (; at > 0 && (indices[at - 1] < 0 || key < keys[at - 1]); at--)\n"
     "        if (at < k) {\n"
     "            keys[at] = keys[at - 1];\n"
     "            indices[at] = indices[at - 1];\n"
     "        }\n"
     "    if (at < k) {\n"
     "        keys[at] = key;\n"
     "        indices[at] = index;\n"
     "    }\n"
     "}\n"},
    {"ad_insert_@E", "",
     "/* Keeps the k least keys sorted, with their indices (-1: no key yet). Equal keys stay in the order of "
     "insertion; NaN is\n"
     " * never inserted. */\n"
     "static inline void ad_insert_@E(@T *keys, int64_t *indices, int64_t k, @T key, int64_t index)\n"
     "{\n"
     "    int64_t at = key == key ? k : 0;\n"
     "    for (; at > 0 && (indices[at - 1] < 0 || key < keys[at - 1]); at--)\n"
     "        if (at < k) {\n"
     "            keys[at] = keys[at - 1];\n"
     "            indices[at] = indices[at - 1];\n"
     "        }\n"
     "    if (at < k && key == key) {\n"
     "        keys[at] = key;\n"
     "        indices[at] = index;\n"
     "    }\n"
     "}\n"},
    {"ad_insert_largest_int", "",
     "/* As ad_insert_int, but keeps the k greatest. */\n"
     "static inline void ad_insert_largest_int(int64_t *keys, int64_t *indices, int64_t k, int64_t key, int64_t "
     "index)\n"
     "{\n"
     "    int64_t at = k;\n"
     "    for (; at > 0 && (indices[at - 1] < 0 || key > keys[at - 1]); at--)\n"
     "        if (at < k) {\n"
     "            keys[at] = keys[at - 1];\n"
     "            indices[at] = indices[at - 1];\n"
     "        }\n"
     "    if (at < k) {\n"
     "        keys[at] = key;\n"
     "        indices[at] = index;\n"
     "    }\n"
     "}\n"},
    {"ad_insert_largest_@E", "",
     "/* As ad_insert_@E, but keeps the k greatest. */\n"
     "static inline void ad_insert_largest_@E(@T *keys, int64_t *indices, int64_t k, @T key, int64_t index)\n"
     "{\n"
     "    int64_t at = key == key ? k : 0;\n"
     "    for (; at > 0 && (indices[at - 1] < 0 || key > keys[at - 1]); at--)\n"
     "        if (at < k) {\n"
     "            keys[at] = keys[at - 1];\n"
     "            indices[at] = indices[at - 1];\n"
     "        }\n"
     "    if (at < k && key == key) {\n"
     "        keys[at] = key;\n"
     "        indices[at] = index;\n"
     "    }\n"
     "}\n"},
    {NULL, NULL, NULL},
};
