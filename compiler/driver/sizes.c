/* Reads sizes off values: every axis of every input is an equation, extent = length.
 *
 * Extents are polynomials, as text in the description table. Plain names are solved first, then whatever is linear in
 * one unknown once the known ones are put in, until nothing changes; in the end every equation is checked, so a
 * contradiction names both arguments. */
#include "driver/sizes.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "form/extent.h"

typedef struct equation {
    int arg, axis;
    const extent *extent;
    int64_t length;
} equation;

typedef struct solver {
    arena *mem;
    const report *r;
    const ad_function *f;
    const tensor *in;
    known_size *sizes;
    names atoms;
    extent_pool *pool;
    VEC(equation) equations;
} solver;

/* Extents as text: sums and products of names, numbers and parentheses. */
typedef struct extent_reader {
    solver *s;
    const char *p;
} extent_reader;

static const extent *read_sum(extent_reader *e);

static const extent *read_factor(extent_reader *e)
{
    solver *s = e->s;
    e->p += strspn(e->p, " ");
    if (*e->p == '(') {
        e->p++;
        const extent *inner = read_sum(e);
        e->p += *e->p == ')';
        return inner;
    }
    if (isdigit((unsigned char)*e->p)) {
        char *end;
        int64_t number = strtoll(e->p, &end, 10);
        e->p = end;
        return extent_const(s->pool, number);
    }
    size_t n = 0;
    while (isalnum((unsigned char)e->p[n]) || e->p[n] == '_')
        n++;
    const char *atom = names_intern_n(&s->atoms, e->p, n);
    e->p += n;
    return extent_name(s->pool, atom);
}

static const extent *read_product(extent_reader *e)
{
    const extent *product = read_factor(e);
    for (e->p += strspn(e->p, " "); *e->p == '*'; e->p += strspn(e->p, " ")) {
        e->p++;
        product = extent_mul(product, read_factor(e));
    }
    return product;
}

static const extent *read_sum(extent_reader *e)
{
    const extent *sum = extent_const(e->s->pool, 0);
    for (int sign = 1;; e->p++) {
        e->p += strspn(e->p, " ");
        if (*e->p == '-') {
            sign = -1;
            e->p++;
        }
        sum = extent_add(sum, extent_scale(read_product(e), sign));
        if (*e->p != '+' && *e->p != '-')
            return sum;
        sign = *e->p == '-' ? -1 : 1;
    }
}

static known_size *find_size(const solver *s, const char *name)
{
    for (int i = 0; i < s->f->size_count; i++)
        if (!strcmp(s->f->sizes[i], name))
            return &s->sizes[i];
    return NULL;
}

/* A size that is known, or an int argument that an extent mentions. */
static const extent *known_extent(const char *atom, void *data)
{
    const solver *s = data;
    const known_size *size = find_size(s, atom);
    if (size)
        return size->known ? extent_const(s->pool, size->value) : NULL;
    for (int i = 0; i < s->f->arg_count && s->f->args[i].role == AD_INPUT; i++)
        if (!strcmp(s->f->args[i].name, atom) && s->in[i].data && s->f->args[i].type == AD_INT64)
            return extent_const(s->pool, *(const int64_t *)s->in[i].data);
    return NULL;
}

static void add_equations(solver *s)
{
    for (int i = 0; i < s->f->arg_count && s->f->args[i].role == AD_INPUT; i++)
        for (int k = 0; s->in[i].data && k < s->in[i].rank; k++) {
            extent_reader e = {s, s->f->args[i].extents[k]};
            vec_push(s->mem, &s->equations, (equation){i, k, read_sum(&e), s->in[i].dims[k]});
        }
}

/* extent = coefficient * name + constant; false when it is not of that form. */
static bool is_linear(const extent *e, const char **name, int64_t *coefficient, int64_t *constant)
{
    *name = NULL;
    *constant = 0;
    for (int i = 0; i < e->n; i++)
        if (e->terms[i].degree == 0) {
            *constant = e->terms[i].coef;
        } else if (e->terms[i].degree == 1 && !*name) {
            *name = e->terms[i].atoms[0];
            *coefficient = e->terms[i].coef;
        } else {
            return false;
        }
    return *name != NULL;
}

/* "4 rows" */
static const char *axis_length(const solver *s, const equation *q)
{
    int rank = s->in[q->arg].rank;
    static const char *const words[] = {"row", "column"};
    if (rank > 2)
        return arena_printf(s->mem, "length %lld along axis %d", (long long)q->length, q->axis + 1);
    const char *word = rank == 1 ? (q->length == 1 ? "entr" : "entrie") : words[q->axis];
    const char *ending = rank == 1 ? (q->length == 1 ? "y" : "s") : q->length == 1 ? "" : "s";
    return arena_printf(s->mem, "%lld %s%s", (long long)q->length, word, ending);
}

/* Returns whether it told a size. A solution that is no size leaves it to check_equation. */
static bool solve_equation(solver *s, const equation *q, bool plain)
{
    const char *name;
    int64_t coefficient, constant, rest;
    if (plain && !extent_is_name(q->extent))
        return false;
    const extent *e = extent_subst(q->extent, known_extent, s);
    if (!is_linear(e, &name, &coefficient, &constant) || __builtin_sub_overflow(q->length, constant, &rest))
        return false;
    known_size *size = find_size(s, name);
    if (!size || rest % coefficient || rest / coefficient < 0)
        return false;
    const char *from = arena_printf(s->mem, "argument '%s'", s->f->args[q->arg].name);
    *size = (known_size){true, rest / coefficient, from};
    return true;
}

/* Where the first size of an extent is known from: ", as argument 'q' says", or "". */
static const char *origin(const solver *s, const equation *q)
{
    for (int i = 0; i < q->extent->n; i++)
        for (int k = 0; k < q->extent->terms[i].degree; k++) {
            const known_size *size = find_size(s, q->extent->terms[i].atoms[k]);
            if (size && size->known && size->from)
                return arena_printf(s->mem, ", as %s says", size->from);
        }
    return "";
}

static bool check_equation(solver *s, const equation *q)
{
    int64_t expected, coefficient, constant;
    const char *arg = s->f->args[q->arg].name, *written = s->f->args[q->arg].extents[q->axis], *name;
    const extent *e = extent_subst(q->extent, known_extent, s);
    if (extent_is_const(e, &expected)) {
        if (expected == q->length)
            return true;
        const char *equals = extent_is_const(q->extent, NULL) ? "" : arena_printf(s->mem, "%s = ", written);
        report_error(s->r, "sizes differ: argument '%s' has %s, expected %s%lld%s", arg, axis_length(s, q), equals,
                     (long long)expected, origin(s, q));
        return false;
    }
    if (!is_linear(e, &name, &coefficient, &constant))
        return true;
    report_error(s->r, "sizes differ: argument '%s' has %s, which %s cannot be", arg, axis_length(s, q), written);
    return false;
}

bool sizes_solve(arena *mem, const report *r, const ad_function *f, const tensor *in, known_size *sizes)
{
    solver s = {.mem = mem, .r = r, .f = f, .in = in, .sizes = sizes, .pool = extent_pool_new(mem)};
    names_init(&s.atoms, mem);
    add_equations(&s);
    for (int i = 0; i < s.equations.n; i++)
        solve_equation(&s, &s.equations.data[i], true);
    for (bool progress = true; progress;) {
        progress = false;
        for (int i = 0; i < s.equations.n; i++)
            progress |= solve_equation(&s, &s.equations.data[i], false);
    }
    for (int i = 0; i < s.equations.n; i++)
        if (!check_equation(&s, &s.equations.data[i]))
            return false;
    return true;
}

bool sizes_complete(const report *r, const ad_function *f, const known_size *sizes)
{
    for (int i = 0; i < f->size_count; i++)
        if (!sizes[i].known) {
            report_error(r, "size '%s' of '%s' is shown by no value: give %s=INT", f->sizes[i], f->name, f->sizes[i]);
            return false;
        }
    return true;
}
