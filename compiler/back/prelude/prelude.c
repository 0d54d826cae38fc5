/* Which helpers a generated file needs, and their printing.
 *
 * Reads the rows of prelude_*.c; prints those in use after those that they need. The one idea: a row is a text with
 * the element type left open, so that f32 and f64 cannot differ by accident. */
#include "back/prelude/prelude.h"

#include <assert.h>
#include <string.h>

#include "back/prelude/prelude_rows.h"

enum { ELEMS = 4 };

/* Stands in `used` for rows without element type. */
static const elem no_elem = ELEM_F32;

const prelude_row *const prelude_tables[] = {
    prelude_memory,     prelude_arithmetic,    prelude_special,
    prelude_random,     prelude_lanes,         prelude_lanes_arithmetic,
    prelude_lanes_ints, prelude_lanes_memory,  prelude_lanes_special,
    prelude_lanes_exp,  prelude_lanes_log,     prelude_lanes_hyperbolic,
    prelude_lanes_trig, prelude_lanes_inverse, prelude_lanes_power,
    prelude_library,    prelude_cuda,          prelude_cuda_library,
    prelude_cuda_sort,  prelude_cuda_host,     NULL,
};
static const char *const suffixes[ELEMS] = {
    [ELEM_F32] = "f32", [ELEM_F64] = "f64", [ELEM_INT] = "int", [ELEM_BOOL] = "bool"};
static const char *const types[ELEMS] = {
    [ELEM_F32] = "float", [ELEM_F64] = "double", [ELEM_INT] = "int64_t", [ELEM_BOOL] = "bool"};
static const char *const masks[ELEMS] = {
    [ELEM_F32] = "i32s", [ELEM_F64] = "ints", [ELEM_INT] = "ints", [ELEM_BOOL] = "bools"};
static const char *const words[ELEMS] = {
    [ELEM_F32] = "u32s", [ELEM_F64] = "u64s", [ELEM_INT] = "u64s", [ELEM_BOOL] = "bools"};

/* What stands behind the stem in the name of a row for every element type: of single values and of lanes. */
static const char *const generic_tails[] = {"_@E", "_@Es"};

static int count_rows(void)
{
    int n = 0;
    for (int k = 0; prelude_tables[k]; k++)
        for (const prelude_row *r = prelude_tables[k]; r->name; r++)
            n++;
    return n;
}

static const prelude_row *row_at(int index)
{
    for (int k = 0; prelude_tables[k]; k++)
        for (const prelude_row *r = prelude_tables[k]; r->name; r++)
            if (index-- == 0)
                return r;
    return NULL;
}

static bool is_generic(const prelude_row *r)
{
    return strstr(r->name, "_@E") != NULL;
}

void prelude_init(prelude *p, arena *mem)
{
    *p = (prelude){.mem = mem, .used = ARENA_ARRAY(mem, bool, count_rows() * ELEMS)};
}

/* Index of the row whose name is the n characters at name, followed by tail; -1: none. */
static int find_row(const char *name, size_t n, const char *tail)
{
    int index = 0;
    for (int k = 0; prelude_tables[k]; k++)
        for (const prelude_row *r = prelude_tables[k]; r->name; r++, index++)
            if (!strncmp(r->name, name, n) && !strcmp(r->name + n, tail))
                return index;
    return -1;
}

/* The row for every element type that makes the name, and which type that is; -1: none. */
static int find_generic(const char *name, elem *e)
{
    for (int tail = 0; tail < 2; tail++)
        for (*e = 0; (int)*e < ELEMS; ++*e) {
            size_t n = strlen(name), k = strlen(suffixes[*e]) + (size_t)tail;
            bool fits = n > k + 1 && name[n - k - 1] == '_' && (!tail || name[n - 1] == 's') &&
                        !strncmp(name + n - k, suffixes[*e], k - (size_t)tail);
            int index = fits ? find_row(name, n - k - 1, generic_tails[tail]) : -1;
            if (index >= 0)
                return index;
        }
    return -1;
}

/* The row of a helper and its element type. */
static int find(const char *name, elem *e)
{
    *e = no_elem;
    int exact = find_row(name, strlen(name), "");
    int index = exact >= 0 ? exact : find_generic(name, e);
    assert(index >= 0 && "no such helper");
    return index;
}

const char *prelude_use(prelude *p, const char *name)
{
    elem e;
    int index = find(name, &e);
    p->used[index * ELEMS + (int)e] = true;
    return name;
}

const char *prelude_use_for(prelude *p, const char *name, elem e)
{
    return prelude_use(p, arena_printf(p->mem, "%s_%s", name, suffixes[e]));
}

const char *prelude_use_lanes(prelude *p, const char *name, elem e)
{
    return prelude_use(p, arena_printf(p->mem, "%s_%ss", name, suffixes[e]));
}

bool prelude_is_cuda(const prelude_row *table)
{
    return table == prelude_cuda || table == prelude_cuda_host || table == prelude_cuda_library ||
           table == prelude_cuda_sort;
}

void prelude_use_all(prelude *p)
{
    int index = 0;
    for (int k = 0; prelude_tables[k]; k++)
        for (const prelude_row *r = prelude_tables[k]; r->name; r++, index++) {
            bool fits = p->target == TARGET_CUDA || !prelude_is_cuda(prelude_tables[k]);
            p->used[index * ELEMS + ELEM_F32] = fits;
            p->used[index * ELEMS + ELEM_F64] = fits && is_generic(r);
        }
}

/* Printing. */

static void expand(text *t, const char *s, elem e)
{
    for (const char *at; (at = strchr(s, '@')); s = at + 2) {
        text_addn(t, s, (size_t)(at - s));
        text_add(t, at[1] == 'E'   ? suffixes[e]
                    : at[1] == 'T' ? types[e]
                    : at[1] == 'M' ? masks[e]
                    : at[1] == 'U' ? words[e]
                    : at[1] == 'L' ? (e == ELEM_F32 ? "s" : "d")
                    : at[1] == 'C' ? (e == ELEM_F32 ? "S" : "D")
                    : at[1] == 'Z' ? (e == ELEM_F32 ? "C" : "Z")
                                   : (e == ELEM_F32 ? "f" : ""));
    }
    text_add(t, s);
}

static const char *expanded(arena *mem, const char *s, elem e)
{
    text t;
    text_init(&t, mem);
    expand(&t, s, e);
    return text_str(&t);
}

/* In CUDA helpers are for host and GPU. */
static void add_body(text *t, const char *body, target_kind target)
{
    static const char head[] = "static inline ";
    for (const char *at; target == TARGET_CUDA && (at = strstr(body, head)); body = at + strlen(head)) {
        text_addn(t, body, (size_t)(at - body));
        text_add(t, "static __host__ __device__ inline ");
    }
    text_add(t, body);
}

static void print_row(text *t, bool *done, int index, elem e, target_kind target)
{
    const prelude_row *r = row_at(index);
    if (done[index * ELEMS + (int)e])
        return;
    done[index * ELEMS + (int)e] = true;
    const char *needs = expanded(t->mem, r->needs, e);
    while (*needs) {
        size_t n = strcspn(needs, " ");
        elem of;
        int needed = find(arena_strndup(t->mem, needs, n), &of);
        print_row(t, done, needed, of, target);
        needs += n + strspn(needs + n, " ");
    }
    add_body(t, expanded(t->mem, r->body, e), target);
    text_add(t, "\n");
}

void prelude_print(text *t, const prelude *p)
{
    int n = count_rows();
    bool *done = ARENA_ARRAY(t->mem, bool, n *ELEMS);
    for (int i = 0; i < n * ELEMS; i++)
        if (p->used[i])
            print_row(t, done, i / ELEMS, (elem)(i % ELEMS), p->target);
}
