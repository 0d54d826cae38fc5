/* Hash map from pointers to pointers, and interned strings (equal strings are one pointer). */
#ifndef ADC_BASE_MAP_H
#define ADC_BASE_MAP_H
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

typedef struct map {
    arena *mem;
    const void **keys;
    void **values;
    size_t n, cap;
} map;

void map_init(map *m, arena *mem);
void *map_get(const map *m, const void *key);       /* NULL: absent (a stored NULL reads the same) */
void map_set(map *m, const void *key, void *value); /* key must not be NULL */

typedef struct names {
    arena *mem;
    const char **slots;
    size_t n, cap;
} names;

void names_init(names *t, arena *mem);
const char *names_intern(names *t, const char *s);
const char *names_intern_n(names *t, const char *s, size_t n);

uint64_t hash_bytes(const void *p, size_t n, uint64_t seed);

#endif
