/* Squared distances of points as |x|^2 + |y|^2 - 2 x.y, where --math=fast allows the loss of accuracy.
 *
 * What belongs to one point is computed once for it: a pair takes one operation per coordinate, not two. A term of the
 * row alone leaves logsumexp, and is nothing to the place of the best. Points are taken from the mean of the columns,
 * so that what is lost depends on their spread alone, not on where they are: with R the greatest distance from there,
 * |x - y|^2 is off by about 4 u R^2 (docs/accuracy.md), and may be slightly less than 0. So only exponents and scores
 * that are linear in it have it, nothing that takes its root.
 *
 * On the CPU what belongs to the column is stored; on a GPU its threads compute it for tiles of columns. The places of
 * the nearest are found so on a GPU only: on the CPU it takes longer. */
#include "stage/fuse/fuse_strength.h"

enum {
    FEWEST_IN_SCORES = 2, /* coordinates, where the row's square leaves, or joins another term of the row */
    FEWEST_IN_SUMS = 6,   /* where it takes an operation */
    MOST_WRITTEN_OUT = 64
};

typedef struct points {
    node *array; /* rank 2, the same for all rows and columns */
    var *at;
} points;

typedef struct distance {
    points x, y; /* y of the column */
    node *coordinates[MOST_WRITTEN_OUT];
    int n;
    const node *sum; /* over coordinates; NULL: they are written out */
} distance;

/* A sum with one multiple of a distance. */
typedef struct linear {
    strengthening *s;
    const var *column;
    bool found;
    distance d;
    node *factor;                 /* of the distance */
    node *rows, *columns, *pairs; /* sums of the other terms, by what they depend on; NULL: none */
} linear;

/* ---- what a distance is ---- */

static int count_axes(const node *n)
{
    int axes = 0;
    for (int i = 0; i < n->nfree; i++)
        axes += n->free[i]->kind == VAR_AXIS;
    return axes;
}

/* Adds the coordinate of a point, an entry of an array of rank 2. */
static bool is_coordinate(points *p, node *entry)
{
    if (entry->args[0]->rank != 2 || count_axes(entry->args[0]) || entry->args[1]->op != OP_VAR)
        return false;
    bool known = p->array != NULL;
    if (!known)
        *p = (points){entry->args[0], entry->args[1]->var};
    return p->at->kind == VAR_AXIS && p->at->extent && p->array == entry->args[0] && p->at == entry->args[1]->var;
}

static bool add_square(distance *d, const node *square, const var *column)
{
    if (square->op != OP_SQ || !strength_is_difference(square->args[0]) || d->n == MOST_WRITTEN_OUT)
        return false;
    node *a = square->args[0]->args[0], *b = square->args[0]->args[1];
    bool turned = node_depends(a, column);
    node *x = turned ? b : a, *y = turned ? a : b;
    if (!is_coordinate(&d->x, x) || !is_coordinate(&d->y, y) || d->y.at != column || d->x.at == column)
        return false;
    d->coordinates[d->n++] = x->args[2];
    return x->args[2] == y->args[2];
}

static bool add_squares(distance *d, const node *n, const var *column)
{
    if (n->op == OP_ADD)
        return add_squares(d, n->args[0], column) && add_squares(d, n->args[1], column);
    double constant;
    return add_square(d, n, column) && node_is_const(d->coordinates[d->n - 1], &constant);
}

/* A sum over the coordinates, whatever their number. */
static bool is_sum_of_squares(graph *g, distance *d, node *n, const var *column)
{
    if (n->op != OP_SUM || n->nvars != 1 || node_dynamic_axes(n))
        return false;
    var *k;
    node *inner[2];
    graph_open(g, n, &k, inner);
    d->sum = n;
    return node_is_number(inner[1], 1) && add_square(d, inner[0], column) && d->coordinates[0]->op == OP_VAR &&
           d->coordinates[0]->var == k;
}

static bool is_distance(graph *g, distance *d, node *n, const var *column)
{
    *d = (distance){0};
    if (!node_depends(n, column) || !elem_is_float(n->elem))
        return false;
    return n->op == OP_SUM ? is_sum_of_squares(g, d, n, column) : add_squares(d, n, column);
}

/* ---- the terms around it ---- */

static bool has_distance(const linear *l, node *n)
{
    distance d;
    if (is_distance(l->s->g, &d, n, l->column))
        return true;
    if (n->op == OP_NEG || n->op == OP_DIV)
        return has_distance(l, n->args[0]);
    bool two = n->op == OP_ADD || n->op == OP_SUB || n->op == OP_MUL;
    return two && (has_distance(l, n->args[0]) || has_distance(l, n->args[1]));
}

static void add(const linear *l, node **to, node *term)
{
    *to = *to ? graph_bin(l->s->g, OP_ADD, *to, term) : term;
}

static void add_other(linear *l, node *n, node *factor)
{
    node *term = strength_product(l->s, n, factor);
    bool of_column = node_depends(term, l->column);
    add(l, !of_column ? &l->rows : count_axes(term) == 1 ? &l->columns : &l->pairs, term);
}

static bool split(linear *l, node *n, node *factor);

static bool split_negated(linear *l, node *n, node *factor)
{
    return split(l, n, strength_product(l->s, factor, graph_real(l->s->g, factor->elem, -1)));
}

static bool split_product(linear *l, node *n, node *factor)
{
    int k = has_distance(l, n->args[0]) ? 0 : 1;
    node *other = n->args[1 - k];
    if (node_depends(other, l->column))
        return false;
    if (n->op == OP_DIV)
        other = graph_un(l->s->g, OP_INV, other);
    return split(l, n->args[k], strength_product(l->s, other, factor));
}

/* False: n is not linear in one distance, with a factor that does not depend on the column. */
static bool split(linear *l, node *n, node *factor)
{
    distance d;
    if (is_distance(l->s->g, &d, n, l->column)) {
        bool first = !l->found;
        l->found = true;
        l->d = d;
        l->factor = factor;
        return first;
    }
    if (!has_distance(l, n)) {
        add_other(l, n, factor);
        return true;
    }
    switch (n->op) {
    case OP_ADD:
        return split(l, n->args[0], factor) && split(l, n->args[1], factor);
    case OP_SUB:
        return split(l, n->args[0], factor) && split_negated(l, n->args[1], factor);
    case OP_NEG:
        return split_negated(l, n->args[0], factor);
    default:
        return split_product(l, n, factor);
    }
}

/* ---- the points, from the mean of the columns ---- */

static node *entry(graph *g, node *array, node *at, node *k)
{
    return graph_access(g, array, (node *[]){at, k});
}

static node *center_of(strengthening *s, node *array)
{
    graph *g = s->g;
    node *known = map_get(&s->centers, array);
    if (known)
        return known;
    var *row = graph_axis(g, array->extents[0], NULL), *k = graph_axis(g, array->extents[1], NULL);
    node *sum = entry(g, array, graph_var(g, row), graph_var(g, k));
    sum = graph_reduce(g, OP_SUM, 1, &row, sum, NULL, NULL);
    node *n = graph_bin(g, OP_MAX, graph_size(g, array->extents[0]), graph_int(g, 1));
    n = graph_un(g, array->elem == ELEM_F32 ? OP_TO_F32 : OP_TO_F64, n);
    g->hint = "center";
    known = graph_tensor(g, 1, &k, graph_bin(g, OP_DIV, sum, n));
    map_set(&s->centers, array, known);
    return known;
}

static node *centered(strengthening *s, node *center, const points *p, node *k)
{
    return graph_bin(s->g, OP_SUB, entry(s->g, p->array, graph_var(s->g, p->at), k), graph_access(s->g, center, &k));
}

/* The coordinate k of a point; stored: computed once for all pairs. */
static node *coordinate(strengthening *s, node *center, const points *p, bool stored, node *k)
{
    graph *g = s->g;
    if (!stored)
        return centered(s, center, p, k);
    var *axes[] = {graph_axis(g, p->array->extents[0], NULL), graph_axis(g, p->array->extents[1], NULL)};
    node *value = centered(s, center, &(points){p->array, axes[0]}, graph_var(g, axes[1]));
    g->hint = "centered";
    return entry(g, graph_tensor(g, 2, axes, value), graph_var(g, p->at), k);
}

/* The tensor of n along the axis, at that axis. */
static node *stored(strengthening *s, node *n, var *axis)
{
    node *at = graph_var(s->g, axis), *t = graph_tensor(s->g, 1, &axis, n);
    return graph_access(s->g, t, &at);
}

typedef struct expansion {
    strengthening *s;
    const distance *d;
    node *center;
    bool stores_rows, stores_columns;
} expansion;

/* Sum over the coordinates of a product of two points' entries, those of `a` times the factor. */
static node *dot(const expansion *e, const points *a, bool stored_a, const points *b, bool stored_b, node *factor)
{
    strengthening *s = e->s;
    var *k = NULL;
    node *sum = NULL;
    for (int i = 0; i < e->d->n; i++) {
        node *at = e->d->coordinates[i];
        if (e->d->sum) {
            k = graph_axis(s->g, e->d->sum->vars[0]->extent, NULL);
            at = graph_var(s->g, k);
        }
        node *x = coordinate(s, e->center, a, stored_a, at), *y = coordinate(s, e->center, b, stored_b, at);
        node *term = graph_bin(s->g, OP_MUL, k ? x : strength_product(s, x, factor), y);
        sum = sum ? graph_bin(s->g, OP_ADD, sum, term) : term;
    }
    return k ? strength_product(s, graph_reduce(s->g, OP_SUM, 1, &k, sum, NULL, NULL), factor) : sum;
}

static node *square(const expansion *e, const points *p, bool stores)
{
    return dot(e, p, stores, p, stores, graph_real(e->s->g, p->array->elem, 1));
}

/* l's distance as terms of the row, the column, and both. */
static void expand(linear *l)
{
    strengthening *s = l->s;
    const distance *d = &l->d;
    expansion e = {.s = s, .d = d, .stores_rows = d->sum, .stores_columns = d->sum || !s->on_gpu};
    e.center = center_of(s, d->y.array);
    node *of_row = square(&e, &d->x, e.stores_rows), *of_column = square(&e, &d->y, e.stores_columns);
    bool varies = count_axes(l->factor) > 0;
    if (e.stores_rows)
        of_row = stored(s, of_row, d->x.at);
    if (d->sum || (e.stores_columns && varies)) /* else a part of what is stored below */
        of_column = stored(s, of_column, d->y.at);
    add(l, &l->rows, strength_product(s, of_row, l->factor));
    add(l, varies ? &l->pairs : &l->columns, strength_product(s, of_column, l->factor));
    node *factor = strength_product(s, l->factor, graph_real(s->g, l->factor->elem, -2));
    add(l, &l->pairs, dot(&e, &d->x, e.stores_rows, &d->y, e.stores_columns, factor));
    if (l->columns && !s->on_gpu)
        l->columns = stored(s, l->columns, (var *)l->column);
}

static node *sum_of(const linear *l, bool with_rows)
{
    node *sum = l->columns;
    if (with_rows && l->rows)
        add(l, &sum, l->rows);
    if (l->pairs)
        add(l, &sum, l->pairs);
    return sum;
}

/* ---- where ---- */

/* 8 (coordinates + 3): what each rounding of a coordinate, a square, a sum can add. */
static const extent *error_of(const linear *l)
{
    extent_pool *pool = l->s->g->pool;
    const distance *d = &l->d;
    const extent *coordinates = d->sum ? d->sum->vars[0]->extent : extent_const(pool, d->n);
    return extent_scale(extent_add(coordinates, extent_const(pool, 3)), 8);
}

/* Whether it is to be done; the user is told either way. */
static bool is_worth_it(linear *l, int fewest)
{
    strengthening *s = l->s;
    if (!l->d.sum && l->d.n < fewest)
        return false;
    distance_form told = {.at = s->reduction, .expanded = s->is_fast, .error = error_of(l), .elem = l->factor->elem};
    vec_push(s->g->mem, &s->f->distances, told);
    return s->is_fast;
}

/* The axis bound innermost. */
static var *last_axis(const strengthening *s, const node *n)
{
    var *last = NULL;
    int depth = 0;
    for (int i = 0; i < n->nfree; i++) {
        const int *place = map_get(&s->places, n->free[i]);
        if (n->free[i]->kind == VAR_AXIS && place && *place > depth) {
            last = n->free[i];
            depth = *place;
        }
    }
    return last;
}

node *expand_exponential(strengthening *s, node *n)
{
    linear l = {.s = s, .column = last_axis(s, n->args[0])};
    if (!s->has_distances_alone || !l.column || !split(&l, n->args[0], graph_real(s->g, n->elem, LOG2_E)) || !l.found)
        return NULL;
    bool symmetric = !s->on_gpu && l.d.x.array == l.d.y.array; /* half of the pairs may do */
    if (symmetric || !is_worth_it(&l, l.rows ? FEWEST_IN_SCORES : FEWEST_IN_SUMS))
        return NULL;
    expand(&l);
    return graph_un(s->g, OP_EXP2, sum_of(&l, true));
}

node *expand_scores(strengthening *s, const node *reduction, var *column, node *scores, node **shift)
{
    op o = reduction->op;
    bool is_place = s->on_gpu && (o == OP_ARGMIN || o == OP_ARGMAX || o == OP_ARGKMIN || o == OP_ARGKMAX);
    linear l = {.s = s, .column = column};
    if (!s->has_distances_alone || (o != OP_LSE && !is_place) || !elem_is_float(scores->elem) ||
        !split(&l, scores, graph_real(s->g, scores->elem, 1)) || !l.found || !is_worth_it(&l, FEWEST_IN_SCORES))
        return NULL;
    expand(&l);
    *shift = is_place ? NULL : l.rows;
    return sum_of(&l, false);
}
