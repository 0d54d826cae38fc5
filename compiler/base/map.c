/* Open addressing with linear probing; capacities are powers of two. */
#include "base/map.h"

#include <string.h>

uint64_t hash_bytes(const void *p, size_t n, uint64_t seed)
{
    const unsigned char *s = p; /* FNV-1a */
    uint64_t h = 1469598103934665603u ^ seed;
    for (size_t i = 0; i < n; i++)
        h = (h ^ s[i]) * 1099511628211u;
    return h;
}

static size_t hash_pointer(const void *p)
{
    uint64_t h = (uint64_t)(uintptr_t)p;
    h = (h ^ (h >> 33)) * 0xff51afd7ed558ccdu;
    return (size_t)(h ^ (h >> 29));
}

void map_init(map *m, arena *mem)
{
    *m = (map){.mem = mem};
}

static size_t map_slot(const map *m, const void *key)
{
    size_t i = hash_pointer(key) & (m->cap - 1);
    while (m->keys[i] && m->keys[i] != key)
        i = (i + 1) & (m->cap - 1);
    return i;
}

void *map_get(const map *m, const void *key)
{
    if (!m->cap)
        return NULL;
    size_t i = map_slot(m, key);
    return m->keys[i] ? m->values[i] : NULL;
}

static void map_rehash(map *m, size_t cap)
{
    map old = *m;
    m->cap = cap;
    m->keys = ARENA_ARRAY(m->mem, const void *, cap);
    m->values = ARENA_ARRAY(m->mem, void *, cap);
    for (size_t i = 0; i < old.cap; i++)
        if (old.keys[i]) {
            size_t k = map_slot(m, old.keys[i]);
            m->keys[k] = old.keys[i];
            m->values[k] = old.values[i];
        }
}

void map_set(map *m, const void *key, void *value)
{
    if (2 * m->n >= m->cap)
        map_rehash(m, m->cap ? 2 * m->cap : 16);
    size_t i = map_slot(m, key);
    if (!m->keys[i])
        m->n++;
    m->keys[i] = key;
    m->values[i] = value;
}

void names_init(names *t, arena *mem)
{
    *t = (names){.mem = mem};
}

static void names_rehash(names *t, size_t cap)
{
    names old = *t;
    t->cap = cap;
    t->slots = ARENA_ARRAY(t->mem, const char *, cap);
    for (size_t i = 0; i < old.cap; i++)
        if (old.slots[i]) {
            size_t k = hash_bytes(old.slots[i], strlen(old.slots[i]), 0) & (cap - 1);
            while (t->slots[k])
                k = (k + 1) & (cap - 1);
            t->slots[k] = old.slots[i];
        }
}

const char *names_intern_n(names *t, const char *s, size_t n)
{
    if (2 * t->n >= t->cap)
        names_rehash(t, t->cap ? 2 * t->cap : 64);
    size_t i = hash_bytes(s, n, 0) & (t->cap - 1);
    for (; t->slots[i]; i = (i + 1) & (t->cap - 1))
        if (strlen(t->slots[i]) == n && !memcmp(t->slots[i], s, n))
            return t->slots[i];
    t->n++;
    return t->slots[i] = arena_strndup(t->mem, s, n);
}

const char *names_intern(names *t, const char *s)
{
    return names_intern_n(t, s, strlen(s));
}
