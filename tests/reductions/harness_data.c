/* Data by name, so that a model's parameter says what it is tested with. All reals are f32 numbers, so that both
 * precisions compute with the same ones.
 *
 *   x, y, u, v   coordinates in [-1, 1)
 *   b, c, w, ... weights in [-0.25, 1): sums of them do not cancel much
 *   s, r, ...    real scalars and any array whose name starts with s: in [0.6, 1.4]
 *   gx, gb, ...  on a grid of quarters in [-2, 2]: sums of squares are exact, and ties are many
 *   z            every eighth is 0
 *   inf_         the same, and infinities of both signs
 *   hot          NaN, inf and -inf among others
 *   keep         true for 7 of 10
 *   row          offsets of sparse rows of 0, 1, 3, ... 300 entries; col, at: their columns
 *   idx          numbers of rows; lo, hi: ranges of columns, some empty, some reversed
 *   n            0 to 5; seed: 7; first: 1000 */
#include <string.h>

#include "harness.h"

uint64_t mixed(uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t h = a * 0x9E3779B97F4A7C15u ^ b * 0xC2B2AE3D27D4EB4Fu ^ (c + 0x165667B19E3779F9u);
    for (int i = 0; i < 2; i++) {
        h = (h ^ (h >> 30)) * 0xBF58476D1CE4E5B9u;
        h = (h ^ (h >> 27)) * 0x94D049BB133111EBu;
        h ^= h >> 31;
    }
    return h;
}

static uint64_t name_hash(const char *name)
{
    uint64_t h = 5381;
    for (; *name; name++)
        h = h * 33 + (unsigned char)*name;
    return h;
}

static double unit(uint64_t h)
{
    return (double)(h >> 41) / (double)(1 << 23); /* [0, 1), 23 bits */
}

static double real_entry(const char *name, uint64_t h)
{
    static const double hot[] = {NAN, INFINITY, -INFINITY, 0.0, 3.5, -2.25};
    if (!strcmp(name, "hot"))
        return h % 5 ? 2 * unit(h) - 1 : hot[(h >> 20) % 6];
    if (!strcmp(name, "inf_"))
        return h % 3 ? (double)(h >> 20 & 15) / 4 - 2 : h >> 40 & 1 ? INFINITY : -INFINITY;
    if (!strcmp(name, "z"))
        return h % 8 ? 2 * unit(h) - 1 : 0;
    if (name[0] == 'g')
        return (double)(h >> 20 & 15) / 4 - 2;
    if (name[0] == 's' || name[0] == 'r')
        return (float)(0.6 + 0.8 * unit(h));
    return strchr("xyuvhz", name[0]) ? 2 * unit(h) - 1 : 1.25 * unit(h) - 0.25;
}

static int64_t row_length(int64_t i, int64_t m)
{
    static const int64_t lengths[] = {0, 1, 3, 0, 0, 16, 17, 2, 33, 5, 15, 300, 1};
    return m ? lengths[(uint64_t)i % (sizeof lengths / sizeof *lengths)] : 0;
}

int64_t sparse_entries(int64_t n, int64_t m)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += row_length(i, m);
    return sum;
}

static int64_t size_or_zero(const problem *p, const char *size)
{
    for (int i = 0; i < p->f->size_count; i++)
        if (!strcmp(p->f->sizes[i], size))
            return p->sizes[i];
    return 0;
}

static int64_t int_entry(const problem *p, const char *name, uint64_t h)
{
    int64_t m = size_or_zero(p, "M"), n = size_or_zero(p, "N");
    if (!strcmp(name, "keep"))
        return h % 10 < 7;
    if (!strcmp(name, "col") || !strcmp(name, "at"))
        return m ? (int64_t)(h % (uint64_t)m) : 0;
    if (!strcmp(name, "idx"))
        return n ? (int64_t)(h % (uint64_t)n) : 0;
    if (!strcmp(name, "lo") || !strcmp(name, "hi"))
        return (int64_t)(h % (uint64_t)(m + 1));
    if (!strcmp(name, "seed"))
        return 7;
    if (!strcmp(name, "first"))
        return 1000;
    return (int64_t)(h % 6);
}

void fill_input(const problem *p, value *v)
{
    const char *name = v->arg->name;
    uint64_t seed = name_hash(name);
    int64_t offset = 0;
    for (int64_t i = 0; i < v->count; i++) {
        uint64_t h = mixed(seed, (uint64_t)i, (uint64_t)v->count);
        if (v->real) {
            v->real[i] = real_entry(name, h);
        } else if (!strcmp(name, "row")) {
            v->integer[i] = offset;
            offset += row_length(i, size_or_zero(p, "M"));
        } else {
            v->integer[i] = int_entry(p, name, h);
        }
    }
}
