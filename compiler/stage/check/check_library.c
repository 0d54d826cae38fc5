/* solve, cholesky, eigh, fft, ...: shapes by letters, as in form/routine.h.
 *
 * Reads a call whose arguments have types; returns the type of its result. One row per function. */
#include <ctype.h>
#include <string.h>

#include "stage/check/check_parts.h"

typedef struct row {
    const char *name;
    const char *operands, *results; /* letters are extents; "k?": an axis that may be left out; "*" any tensor */
    const char *takes;              /* in words */
    bool tall;                      /* the first has at least as many rows as columns */
} row;

static const row rows[] = {
    {"solve", "nn,nk?", "nk", "a square matrix and a vector or matrix", false},
    {"cholesky", "nn", "nn", "a square matrix", false},
    {"logdet", "nn", "", "a square matrix", false},
    {"inverse", "nn", "nn", "a square matrix", false},
    {"lstsq", "mn,mk?", "nk", "a matrix, and a vector or matrix", true},
    {"eigh", "nn", "n,nn", "a square matrix", false},
    {"svd", "mn", "mn,n,nn", "a matrix", true},
    {"fft", "*,*", "*,*", "the real and the imaginary part, tensors of one shape", false},
    {"ifft", "*,*", "*,*", "the real and the imaginary part, tensors of one shape", false},
};

/* What a letter stands for, and where that was seen first. */
typedef struct bound {
    const extent *size;
    const expr *of;
    int axis;
} bound;

typedef struct shapes {
    checker *c;
    const expr *e;
    const row *row;
    bound letter[26];
} shapes;

static const row *find_row(const char *name)
{
    size_t i = 0;
    while (strcmp(rows[i].name, name) != 0)
        i++;
    return &rows[i];
}

static bool say_takes(shapes *s, const expr *a)
{
    diag_error(s->c->diag, a->at, "%s takes %s, and this is %s", s->e->name, s->row->takes,
               type_str(s->c->mem, a->type));
    return false;
}

static bool bind_axis(shapes *s, char letter, const expr *a, int axis)
{
    bound *b = &s->letter[letter - 'a'];
    const extent *size = a->type->extents[axis];
    if (!b->size) {
        *b = (bound){size, a, axis};
        return true;
    }
    if (same_extent(s->c, b->size, size, a->at, a) != SAME_NO)
        return true;
    if (b->of == a)
        return say_takes(s, a);
    say_sizes_differ(s->c, s->e->at, b->of, b->axis, a, axis);
    return false;
}

/* One operand against its letters; *letters moves behind them. */
static bool bind_operand(shapes *s, const char **letters, const expr *a)
{
    int n = 0, rank = a->type->rank;
    while (islower((unsigned char)(*letters)[n]))
        n++;
    const char *l = *letters;
    bool optional = l[n] == '?';
    *letters += n + optional + (l[n + optional] == ',');
    if (rank != n && !(optional && rank == n - 1))
        return say_takes(s, a);
    for (int i = 0; i < rank; i++)
        if (!bind_axis(s, l[i], a, i))
            return false;
    return true;
}

static type *result_type(shapes *s, const char **letters, type_kind kind)
{
    const extent *extents[4];
    int n = 0;
    for (; islower((unsigned char)**letters); ++*letters)
        if (s->letter[**letters - 'a'].size)
            extents[n++] = s->letter[**letters - 'a'].size;
    *letters += **letters == ',';
    return type_tensor(s->c->mem, kind, n, extents);
}

static bool bind_all(shapes *s)
{
    const char *letters = s->row->operands;
    for (int i = 0; i < s->e->a.n; i++)
        if (!bind_operand(s, &letters, s->e->a.data[i]))
            return false;
    if (!s->row->tall)
        return true;
    const expr *a = s->e->a.data[0];
    const extent *more = extent_sub(a->type->extents[0], a->type->extents[1]);
    if (requirement_fails(s->c, false, more)) {
        diag_error(s->c->diag, a->at, "%s takes a matrix with at least as many rows as columns, and this is %s",
                   s->e->name, type_str(s->c->mem, a->type));
        return false;
    }
    if (!provably_nonneg(s->c, more))
        require(s->c, false, more, a->at, blame_param(s->c, a, more),
                arena_printf(s->c->mem, "%s takes a matrix with at least as many rows as columns", s->e->name));
    return true;
}

/* ---- fft(re, im), fft(re, im, axis) ---- */

static bool axis_fits(checker *c, const expr *e)
{
    const expr *axis = e->a.data[2];
    int rank = e->a.data[0]->type->rank;
    if (axis->kind == EXPR_INT && axis->integer >= 0 && axis->integer < rank)
        return true;
    if (diag_error(c->diag, axis->at, "the axis of %s is not an axis of its tensors", e->name))
        diag_hint(c->diag,
                  rank > 1 ? "write a number from 0 to %d, or nothing for the last axis" : "write %d, or nothing",
                  rank - 1);
    return false;
}

static type *check_transform(shapes *s, type_kind kind)
{
    checker *c = s->c;
    expr *re = s->e->a.data[0], *im = s->e->a.data[1];
    if (re->type->rank < 1)
        return say_takes(s, re) ? NULL : error_type(c);
    if (im->type->rank != re->type->rank)
        return say_takes(s, im) ? NULL : error_type(c);
    if (!same_shape(c, re, im, s->e->at, ",") || (s->e->a.n == 3 && !axis_fits(c, s->e)))
        return error_type(c);
    type *t = tensor_like(c, kind, re->type);
    return type_tuple(c->mem, 2, (type *[]){t, t});
}

type *check_library(checker *c, expr *e, const builtin *b)
{
    shapes s = {.c = c, .e = e, .row = find_row(b->name)};
    for (int i = 0; i < e->a.n; i++)
        if (!type_is_number(e->a.data[i]->type))
            return say_takes(&s, e->a.data[i]) ? NULL : error_type(c);
    type_kind kind = join_all(c, &e->a);
    if (kind == TYPE_ERROR)
        return error_type(c);
    kind = floating(kind);
    if (s.row->operands[0] == '*')
        return check_transform(&s, kind);
    if (!bind_all(&s))
        return error_type(c);
    type *items[3];
    int n = 0;
    const char *letters = s.row->results;
    do
        items[n++] = result_type(&s, &letters, kind);
    while (*letters);
    return n == 1 ? items[0] : type_tuple(c->mem, n, items);
}
