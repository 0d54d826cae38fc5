/* Statements: declarations, loops, branches, returns. Writes bindings, and which outer vars a loop or branch rebinds.
 */
#include <stdint.h>
#include <string.h>

#include "stage/check/check_parts.h"

/* The first word of a long construct, to be underlined instead of all of it. */
static loc first_bytes(loc at, int n)
{
    if (at.begin + n < at.end)
        at.end = at.begin + n;
    return at;
}

static binding *declare_value(checker *c, stmt_kind kind, const let_def *d, type *t)
{
    binding *b = scope_declare(c, kind == STMT_VAR ? BIND_VAR : BIND_LET, d->name, d->at, t);
    return b;
}

/* An int that never changes is a size polynomial as far as its value is one. */
static void remember_int(checker *c, binding *b, const expr *value)
{
    if (b->kind != BIND_LET || b->type->kind != TYPE_INT || b->type->rank)
        return;
    const extent *p = value ? poly_of(c, value) : NULL;
    set_value(c, b, p);
}

/* let A[i, j]: the indices' axes come first. */
static type *indexed_type(checker *c, const let_def *d, type *entry)
{
    if (is_bad(entry))
        return entry;
    type *t = type_tensor(c->mem, entry->kind, 0, NULL);
    t->rank = d->indices.n + entry->rank;
    t->extents = ARENA_ARRAY(c->mem, const extent *, t->rank);
    for (int i = 0; i < t->rank; i++) {
        t->extents[i] = i < d->indices.n ? d->indices.data[i].extent : entry->extents[i - d->indices.n];
        if (!t->extents[i])
            return error_type(c);
    }
    return t;
}

/* Stated real[T-2] for what has max(T-2, 0) rows is the same. */
static void take_rows(type *stated, const type *t)
{
    if (stated->kind == TYPE_TUPLE && t->kind == TYPE_TUPLE)
        for (int i = 0; i < stated->n && i < t->n; i++)
            take_rows(stated->items[i], t->items[i]);
    for (int i = 0; stated->kind != TYPE_TUPLE && i < stated->rank && i < t->rank; i++)
        if (t->extents[i] == extent_positive(stated->extents[i]))
            stated->extents[i] = t->extents[i];
}

static void require_extents(checker *c, const type *t, loc at)
{
    for (int i = 0; t->kind == TYPE_TUPLE && i < t->n; i++)
        require_extents(c, t->items[i], at);
    for (int i = 0; t->kind != TYPE_TUPLE && i < t->rank; i++)
        require_nonneg(c, t->extents[i], at, "the extent");
}

static void define(checker *c, stmt *s, let_def *d, type *t, expr *value)
{
    if (d->type) {
        type *stated = type_of_syntax(c, d->type);
        take_rows(stated, t);
        require_extents(c, stated, d->at);
        if (d->indexed || !value)
            fits_type(c, t, stated, d->indexed || !value ? d->at : s->value->at, NULL,
                      arena_printf(c->mem, "'%s'", d->name));
        else
            fits(c, value, stated, arena_printf(c->mem, "'%s'", d->name));
        t = stated;
    }
    d->bind = declare_value(c, s->kind, d, t);
    remember_int(c, d->bind, d->indexed ? NULL : value);
}

static type *tuple_item(checker *c, const stmt *s, const type *t, int i)
{
    return is_bad(t) || t->kind != TYPE_TUPLE || i >= t->n ? error_type(c) : s->value->type->items[i];
}

static bool counts_match(checker *c, const stmt *s, const type *t)
{
    if (is_bad(t))
        return false;
    int n = t->kind == TYPE_TUPLE ? t->n : 1;
    if (n == s->defs.n && (s->tuple || t->kind != TYPE_TUPLE) && (!s->tuple || t->kind == TYPE_TUPLE))
        return true;
    if (!diag_error(c->diag, s->value->at, "this gives %d value%s, %s, and %d name%s on the left", n, n == 1 ? "" : "s",
                    type_str(c->mem, t), s->defs.n, s->defs.n == 1 ? " stands" : "s stand"))
        return false;
    if (!s->tuple)
        diag_hint(c->diag, "write let (a, b) = ...;");
    return false;
}

/* All names of one let have the same indices. */
static bool same_indices(checker *c, const let_def *first, const let_def *d)
{
    bool agree = first->indexed == d->indexed && first->indices.n == d->indices.n;
    for (int i = 0; agree && i < d->indices.n; i++)
        agree = first->indices.data[i].name == d->indices.data[i].name;
    if (!agree && diag_error(c->diag, d->at, "'%s' and '%s' must have the same indices", first->name, d->name))
        diag_hint(c->diag, "write let (a[i], b[i]) = ...;");
    return agree;
}

static void share_indices(const let_def *first, let_def *d)
{
    for (int i = 0; i < d->indices.n; i++) {
        index_def *to = &d->indices.data[i];
        const index_def *from = &first->indices.data[i];
        to->bind = from->bind;
        to->extent = from->extent;
    }
}

static void check_indexed_value(checker *c, stmt *s)
{
    let_def *first = &s->defs.data[0];
    int scope = scope_open(c), errors = c->diag->errors;
    for (int i = 0; i < first->indices.n; i++)
        declare_index(c, &first->indices.data[i]);
    if (s->value->kind == EXPR_FOR) {
        diag_error(c->diag, first_bytes(s->value->at, 3), "a loop cannot define the entries of a tensor");
        s->value->type = error_type(c);
    } else {
        check_expr(c, s->value, NULL);
    }
    for (int i = 0; i < first->indices.n; i++)
        finish_let_index(c, &first->indices.data[i], first->name, errors);
    scope_close(c, scope);
    for (int k = 1; k < s->defs.n; k++)
        if (same_indices(c, first, &s->defs.data[k]))
            share_indices(first, &s->defs.data[k]);
}

/* The types that the names state, as a help for the value's sizes. */
static const type *stated_type(checker *c, const stmt *s)
{
    type **items = ARENA_ARRAY(c->mem, type *, s->defs.n);
    for (int i = 0; i < s->defs.n; i++) {
        if (!s->defs.data[i].type)
            return NULL;
        items[i] = type_of_syntax(c, s->defs.data[i].type);
    }
    return s->tuple ? type_tuple(c->mem, s->defs.n, items) : items[0];
}

static void check_let(checker *c, stmt *s)
{
    bool indexed = s->defs.data[0].indexed;
    for (int i = 1; i < s->defs.n; i++)
        indexed |= s->defs.data[i].indexed;
    if (indexed)
        check_indexed_value(c, s);
    else
        check_expr(c, s->value, stated_type(c, s));
    bool ok = counts_match(c, s, s->value->type);
    for (int i = 0; i < s->defs.n; i++) {
        let_def *d = &s->defs.data[i];
        type *t = !ok ? error_type(c) : s->tuple ? tuple_item(c, s, s->value->type, i) : s->value->type;
        expr *value = !s->tuple ? s->value : s->value->kind == EXPR_TUPLE && ok ? s->value->a.data[i] : NULL;
        define(c, s, d, d->indexed ? indexed_type(c, d, t) : t, value);
    }
}

/* Loops and branches that the var is declared outside of carry it. */
static void add_state(checker *c, binding *b)
{
    int depth = (int)(intptr_t)map_get(&c->depths, b) - 1;
    for (int r = depth < 0 ? 0 : depth; r < c->regions.n; r++) {
        stmt *region = c->regions.data[r];
        bool known = false;
        for (int i = 0; i < region->state.n; i++)
            known |= region->state.data[i] == b;
        if (!known)
            vec_push(c->mem, &region->state, b);
    }
}

static void say_not_a_var(checker *c, const stmt *s, const binding *b)
{
    static const char *const kinds[] = {
        [BIND_PARAM] = "a parameter",   [BIND_LET] = "declared with let", [BIND_VAR] = "a var",
        [BIND_INDEX] = "an index",      [BIND_LOOP] = "the loop's index", [BIND_SIZE] = "a size",
        [BIND_CONSTANT] = "a constant", [BIND_FUNCTION] = "a function",
    };
    if (!diag_error(c->diag, s->name_at, "'%s' cannot be assigned: it is %s", s->name, kinds[b->kind]))
        return;
    if (b->kind == BIND_LET)
        diag_hint(c->diag, "declare it with var: var %s = ...;", s->name);
    else if (b->kind == BIND_PARAM)
        diag_hint(c->diag, "copy it first: var %s1 = %s;", s->name, s->name);
}

static void check_assign(checker *c, stmt *s)
{
    binding *b = scope_find(c, s->name);
    check_expr(c, s->value, b && b->kind == BIND_VAR ? b->type : NULL);
    if (!b) {
        const char *name = s->name;
        report_unknown_name(c, s->name_at, name, false);
        diag_hint(c->diag, "a new name is declared: let %s = ...; or var %s = ...;", name, name);
        return;
    }
    if (b->kind != BIND_VAR) {
        say_not_a_var(c, s, b);
        return;
    }
    s->bind = b;
    add_state(c, b);
    const type *t = s->value->type;
    bool was_int = b->type->kind == TYPE_INT && type_is_float(t) && b->type->rank == t->rank;
    if (!was_int)
        fits(c, s->value, b->type, arena_printf(c->mem, "'%s'", s->name));
    else if (diag_error(c->diag, s->value->at, "'%s' is %s, and this is %s", s->name, type_str(c->mem, b->type),
                        type_str(c->mem, t)))
        diag_hint(c->diag, "if '%s' is to be real, start it with one: var %s = 0.0;", s->name, s->name);
}

static void check_stmt(checker *c, stmt *s);

static void check_block(checker *c, stmt *region, stmt_list *body)
{
    int scope = scope_open(c);
    vec_push(c->mem, &c->regions, region);
    for (int i = 0; i < body->n; i++)
        check_stmt(c, body->data[i]);
    c->regions.n--;
    scope_close(c, scope);
}

static void check_for(checker *c, stmt *s)
{
    check_scalar_int(c, s->lo, "the start of the loop");
    check_scalar_int(c, s->hi, "the end of the loop");
    int scope = scope_open(c);
    s->bind = scope_declare(c, BIND_LOOP, s->name, s->name_at, kind_type(c, TYPE_INT));
    set_value(c, s->bind, NULL);
    set_loop_range(c, s->bind, s->lo, s->hi);
    check_block(c, s, &s->body);
    scope_close(c, scope);
}

static void check_while(checker *c, stmt *s)
{
    check_condition(c, s->value, "the condition", true);
    if (s->max)
        check_scalar_int(c, s->max, "the bound of the passes");
    c->guard++;
    check_block(c, s, &s->body);
    c->guard--;
}

static void check_branch(checker *c, stmt *s)
{
    check_condition(c, s->value, "the condition", true);
    c->guard++;
    check_block(c, s, &s->body);
    check_block(c, s, &s->other);
    c->guard--;
}

/* The values of return or yield as one expression's type. */
static type *values_type(checker *c, stmt *s, const type *expected)
{
    if (s->values.n == 1)
        return check_expr(c, s->values.data[0], expected);
    bool fit = expected && expected->kind == TYPE_TUPLE && expected->n == s->values.n;
    type **items = ARENA_ARRAY(c->mem, type *, s->values.n);
    for (int i = 0; i < s->values.n; i++)
        items[i] = check_value(c, s->values.data[i], fit ? expected->items[i] : NULL);
    return type_tuple(c->mem, s->values.n, items);
}

static void check_return(checker *c, stmt *s)
{
    const type *want = c->fn->result_type;
    type *t = values_type(c, s, want);
    int asked = want->kind == TYPE_TUPLE ? want->n : 1, given = t->kind == TYPE_TUPLE ? t->n : 1;
    if (is_bad(t) || is_bad(want))
        return;
    take_rows(c->fn->result_type, t);
    require_extents(c, want, c->fn->result ? c->fn->result->at : s->at);
    if (asked != given) {
        diag_error(c->diag, s->values.data[0]->at, "'%s' returns %d value%s, and this has %d", c->fn->name, asked,
                   asked == 1 ? "" : "s", given);
        return;
    }
    if (s->values.n == 1) {
        fits(c, s->values.data[0], want, arena_printf(c->mem, "the result of '%s'", c->fn->name));
        return;
    }
    for (int i = 0; i < asked; i++)
        fits(c, s->values.data[i], want->items[i], arena_printf(c->mem, "result '%s'", c->fn->result_names.data[i]));
}

static void check_yield(checker *c, stmt *s)
{
    type *t = values_type(c, s, NULL);
    stmt *inner = c->regions.n ? c->regions.data[c->regions.n - 1] : NULL;
    loc at = first_bytes(s->at, 5);
    if (!c->loop_value) {
        if (diag_error(c->diag, at, inner ? "what this loop yields is not used" : "'yield' stands outside of a loop"))
            diag_hint(c->diag, "write let path = for ... { ...; yield x; };");
    } else if (inner != c->loop_value) {
        diag_error(c->diag, at, "'yield' must stand directly in the body of the loop that it belongs to");
    } else if (c->yielded) {
        if (diag_error(c->diag, at, "a loop yields once per pass"))
            diag_hint(c->diag, "several values: yield a, b;");
    } else {
        c->yielded = t;
    }
}

static void stray_return(checker *c, stmt *s)
{
    values_type(c, s, NULL);
    bool nested = c->regions.n > 0;
    if (diag_error(c->diag, first_bytes(s->at, 6),
                   nested ? "'return' stands inside a loop or a branch"
                          : "statements after 'return' are never reached"))
        diag_hint(c->diag,
                  nested ? "assign a var here, and return it at the end of the function" : "return ends the function");
}

static void (*const rules[])(checker *, stmt *) = {
    [STMT_LET] = check_let,     [STMT_VAR] = check_let, [STMT_ASSIGN] = check_assign, [STMT_RETURN] = stray_return,
    [STMT_YIELD] = check_yield, [STMT_FOR] = check_for, [STMT_WHILE] = check_while,   [STMT_IF] = check_branch,
};

static void check_stmt(checker *c, stmt *s)
{
    rules[s->kind](c, s);
    check_pending(c);
}

void check_body(checker *c, stmt_list *body)
{
    for (int i = 0; i < body->n; i++) {
        stmt *s = body->data[i];
        if (s->kind == STMT_RETURN && i == body->n - 1)
            check_return(c, s);
        else
            check_stmt(c, s);
        check_pending(c);
    }
    if (!body->n || body->data[body->n - 1]->kind != STMT_RETURN)
        diag_error(c->diag, c->fn->at, "function '%s' does not end with return", c->fn->name);
}

/* The number of passes, in a while loop the bound of it, as a size; or NULL after an error. */
static const extent *number_of_passes(checker *c, const stmt *s)
{
    const expr *end = s->kind == STMT_WHILE ? s->max : s->hi;
    if (!end)
        return NULL;
    const extent *lo = s->kind == STMT_WHILE ? constant_extent(c, 0) : poly_of(c, s->lo), *hi = poly_of(c, end);
    const extent *n = lo && hi ? extent_sub(hi, lo) : NULL;
    if (n && is_size_polynomial(c, n)) {
        if (extent_is_nonneg(n))
            require_nonneg(c, n, end->at, "the number of passes");
        return extent_positive(n);
    }
    if ((!s->lo || !is_bad(s->lo->type)) && !is_bad(end->type) &&
        diag_error(c->diag, end->at, "the number of passes of a loop that yields is not a size expression"))
        diag_hint(c->diag, "sizes are made of numbers, size names and int parameters with + - *");
    return NULL;
}

static type *stacked(checker *c, const type *t, const extent *n)
{
    if (t->kind != TYPE_TUPLE)
        return is_bad(t) ? error_type(c) : with_first_axis(c, t, n);
    type *all = type_tuple(c->mem, t->n, t->items);
    for (int i = 0; i < t->n; i++)
        all->items[i] = stacked(c, t->items[i], n);
    return all;
}

type *check_loop_value(checker *c, expr *e, const type *expected)
{
    (void)expected;
    stmt *s = e->loop, *outer_loop = c->loop_value;
    type *outer_yield = c->yielded;
    c->loop_value = s;
    c->yielded = NULL;
    rules[s->kind](c, s);
    type *yielded = c->yielded;
    c->loop_value = outer_loop;
    c->yielded = outer_yield;
    if (!yielded) {
        if (diag_error(c->diag, first_bytes(e->at, s->kind == STMT_FOR ? 3 : 5),
                       "this loop has no value: it does not yield"))
            diag_hint(c->diag, "end its body with yield x;");
        return error_type(c);
    }
    const extent *n = number_of_passes(c, s);
    s->passes = n;
    return n ? stacked(c, yielded, n) : error_type(c);
}
