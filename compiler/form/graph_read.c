/* Reads the text that form/graph_text.c prints.
 *
 * A statement is read whole (with the comment behind it, which gives the node its name and place), then built by the
 * constructors of graph.h. A block is read with its variables fresh and in scope. Errors jump out. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "form/graph_make.h"
#include "form/graph_text.h"

typedef VEC(node *) node_list;

typedef struct reader {
    graph *g;
    const char *s;
    int line;
    names labels; /* of this text */
    map nodes;    /* label -> node */
    VEC(var *) scope;
    VEC(const char *) scope_names; /* with primes */
    const char *error;
    jmp_buf out;
} reader;

/* What a statement says. */
typedef struct statement {
    op op;
    elem elem;
    int rank;
    const extent **extents;
    const extent *size;
    int64_t integer;
    bool conditional; /* loop */
    VEC(var *) vars;
    node_list outer, inner, filter, subs, ranges;
} statement;

_Noreturn static void fail(reader *r, const char *message)
{
    r->error = arena_printf(r->g->mem, "line %d: %s near '%.20s'", r->line, message, r->s);
    longjmp(r->out, 1);
}

/* ---- Tokens ---- */

static void skip_blanks(reader *r)
{
    while (*r->s == ' ' || *r->s == '\t')
        r->s++;
}

static void skip_lines(reader *r)
{
    for (;;) {
        skip_blanks(r);
        if (*r->s == '#')
            r->s += strcspn(r->s, "\n");
        if (*r->s != '\n')
            return;
        r->line++;
        r->s++;
    }
}

static bool accept(reader *r, const char *token)
{
    skip_blanks(r);
    size_t n = strlen(token);
    if (strncmp(r->s, token, n) || (isalpha((unsigned char)token[0]) && isalnum((unsigned char)r->s[n])))
        return false;
    r->s += n;
    return true;
}

static void expect(reader *r, const char *token)
{
    if (!accept(r, token))
        fail(r, arena_printf(r->g->mem, "expected '%s'", token));
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '\'';
}

static const char *word(reader *r)
{
    skip_blanks(r);
    const char *begin = r->s;
    while (is_word(*r->s))
        r->s++;
    if (r->s == begin)
        fail(r, "expected a name");
    return arena_strndup(r->g->mem, begin, (size_t)(r->s - begin));
}

static int64_t integer(reader *r)
{
    skip_blanks(r);
    char *end;
    errno = 0;
    int64_t x = strtoll(r->s, &end, 10);
    if (end == r->s || errno)
        fail(r, "expected an integer");
    r->s = end;
    return x;
}

/* ---- Sizes and types ---- */

static const extent *size(reader *r);

/* 3, N, max(N-2, 0) */
static const extent *factor(reader *r)
{
    skip_blanks(r);
    if (isdigit((unsigned char)*r->s))
        return extent_const(r->g->pool, integer(r));
    if (strncmp(r->s, "max(", 4))
        return extent_name(r->g->pool, names_intern(r->g->names, word(r)));
    r->s += 4;
    const extent *e = extent_positive(size(r));
    expect(r, ", 0)");
    return e;
}

static const extent *monomial(reader *r)
{
    const extent *e = extent_const(r->g->pool, 1);
    do
        e = extent_mul(e, factor(r));
    while (accept(r, "*"));
    return e;
}

static const extent *size(reader *r)
{
    bool minus = accept(r, "-");
    const extent *e = extent_scale(monomial(r), minus ? -1 : 1);
    for (;;) {
        if (accept(r, "+"))
            e = extent_add(e, monomial(r));
        else if (accept(r, "-"))
            e = extent_sub(e, monomial(r));
        else
            return e;
    }
}

static elem element(reader *r)
{
    const char *s = word(r);
    for (int e = ELEM_F32; e <= ELEM_BOOL; e++)
        if (!strcmp(s, elem_text((elem)e)))
            return (elem)e;
    fail(r, "unknown element type");
}

typedef struct shape {
    elem elem;
    VEC(const extent *) extents;
} shape;

static shape read_type(reader *r)
{
    shape t = {.elem = element(r)};
    if (accept(r, "[")) {
        do
            vec_push(r->g->mem, &t.extents, size(r));
        while (accept(r, ","));
        expect(r, "]");
    }
    return t;
}

/* ---- Operands ---- */

static node *number(reader *r)
{
    skip_blanks(r);
    const char *begin = r->s;
    bool minus = *begin == '-';
    char *end;
    double x;
    bool special = !strncmp(begin + minus, ".inf", 4) || !strncmp(begin + minus, ".nan", 4);
    if (special) {
        x = begin[minus + 1] == 'i' ? __builtin_inf() : __builtin_nan("");
        x = minus ? -x : x;
        end = (char *)(uintptr_t)begin + minus + 4;
    } else {
        /* "2..n" is the integer 2 before two dots */
        size_t n = strspn(begin + minus, "0123456789") + minus;
        bool whole = !strchr(".e", begin[n]) || !begin[n] || (begin[n] == '.' && begin[n + 1] == '.');
        if (whole)
            return graph_int(r->g, integer(r));
        x = strtod(begin, &end);
        if (end == begin)
            fail(r, "expected a value");
    }
    bool narrow = *end == 'f';
    r->s = end + narrow;
    return graph_real(r->g, narrow ? ELEM_F32 : ELEM_F64, x);
}

static node *variable(reader *r)
{
    const char *name = word(r);
    for (int i = r->scope.n; i-- > 0;)
        if (!strcmp(r->scope_names.data[i], name))
            return r->scope.data[i]->self;
    if (!strcmp(name, "true") || !strcmp(name, "false"))
        return graph_bool(r->g, name[0] == 't');
    fail(r, arena_printf(r->g->mem, "unknown name %s", name));
}

static node *value(reader *r)
{
    skip_blanks(r);
    if (accept(r, "%")) {
        node *n = map_get(&r->nodes, names_intern(&r->labels, word(r)));
        if (!n)
            fail(r, "unknown label");
        return n;
    }
    if (accept(r, "<")) {
        const extent *e = size(r);
        expect(r, ">");
        return graph_size(r->g, e);
    }
    return isalpha((unsigned char)*r->s) || *r->s == '_' ? variable(r) : number(r);
}

static void values(reader *r, node_list *list)
{
    skip_blanks(r);
    if (*r->s == '\n' || *r->s == '#' || !*r->s)
        return;
    do
        vec_push(r->g->mem, list, value(r));
    while (accept(r, ","));
}

static void range(reader *r, node_list *list)
{
    vec_push(r->g->mem, list, value(r));
    expect(r, "..");
    vec_push(r->g->mem, list, value(r));
}

/* ---- Variables ---- */

/* The user's name: without primes, NULL for "_". */
static const char *plain_name(reader *r, const char *name)
{
    size_t n = strcspn(name, "'");
    return n == 1 && name[0] == '_' ? NULL : names_intern_n(r->g->names, name, n);
}

static void bind(reader *r, statement *st, var *v, const char *name)
{
    vec_push(r->g->mem, &st->vars, v);
    vec_push(r->g->mem, &r->scope, v);
    vec_push(r->g->mem, &r->scope_names, name);
}

static void read_axes(reader *r, statement *st)
{
    expect(r, "(");
    while (!accept(r, ")")) {
        const char *name = word(r);
        expect(r, ":");
        const extent *e = accept(r, "_") ? NULL : size(r);
        bind(r, st, graph_axis(r->g, e, plain_name(r, name)), name);
        accept(r, ",");
    }
}

/* Parameters with types; initial values go to outer. They come into scope at the end. */
static void read_params(reader *r, statement *st)
{
    VEC(var *) vars = {0};
    VEC(const char *) given = {0};
    expect(r, "(");
    while (!accept(r, ")")) {
        const char *name = word(r);
        expect(r, ":");
        shape t = read_type(r);
        vec_push(r->g->mem, &vars, graph_param(r->g, t.elem, t.extents.n, t.extents.data, plain_name(r, name)));
        vec_push(r->g->mem, &given, name);
        if (accept(r, "="))
            vec_push(r->g->mem, &st->outer, value(r));
        accept(r, ",");
    }
    for (int i = 0; i < vars.n; i++)
        bind(r, st, vars.data[i], given.data[i]);
}

static void read_loop(reader *r, statement *st)
{
    const char *name = word(r);
    st->conditional = !strcmp(name, "while");
    if (st->conditional)
        name = word(r);
    expect(r, "in");
    range(r, &st->outer);
    var *t = graph_param(r->g, ELEM_INT, 0, NULL, plain_name(r, name));
    bind(r, st, t, name);
    read_params(r, st);
}

static void read_stack(reader *r, statement *st)
{
    node *loop = value(r);
    if (loop->op != OP_LOOP)
        fail(r, "expected a loop");
    vec_push(r->g->mem, &st->outer, loop);
    expect(r, "<");
    st->size = size(r);
    expect(r, ">");
    expect(r, "(");
    for (int i = 0; i < loop->nvars; i++) {
        const char *name = word(r);
        const var *v = loop->vars[i];
        bind(r, st, graph_param(r->g, v->elem, v->rank, v->extents, plain_name(r, name)), name);
        accept(r, ",");
    }
    expect(r, ")");
}

/* ---- Statements ---- */

static void set_shape(statement *st, shape t)
{
    st->elem = t.elem;
    st->rank = t.extents.n;
    st->extents = t.extents.data;
}

/* The part before the block or the end of the line. */
static void read_head(reader *r, statement *st)
{
    switch (st->op) {
    case OP_INPUT:
        st->integer = integer(r);
        set_shape(st, read_type(r));
        break;
    case OP_ACCESS:
        vec_push(r->g->mem, &st->outer, value(r));
        expect(r, "[");
        values(r, &st->outer);
        expect(r, "]");
        break;
    case OP_OUT:
    case OP_NAME:
        st->integer = integer(r);
        values(r, &st->outer);
        break;
    case OP_NORMAL:
    case OP_UNIFORM:
        st->elem = element(r);
        values(r, &st->outer);
        break;
    case OP_LOOP:
        read_loop(r, st);
        break;
    case OP_CALL:
        st->integer = routine_find(word(r));
        if (st->integer == ROUTINE_COUNT)
            fail(r, "no such routine");
        values(r, &st->outer);
        break;
    case OP_STACK:
        read_stack(r, st);
        break;
    case OP_CUSTOM:
        vec_push(r->g->mem, &st->outer, value(r));
        read_params(r, st);
        break;
    case OP_CG:
    case OP_FIXPOINT:
        values(r, &st->outer);
        read_params(r, st);
        break;
    case OP_ARGKMIN:
    case OP_ARGKMAX:
        expect(r, "<");
        st->size = size(r);
        expect(r, ">");
        read_axes(r, st);
        break;
    case OP_SCATTER:
        set_shape(st, read_type(r));
        read_axes(r, st);
        break;
    default:
        if (node_is_reduce(&(node){.op = st->op}) || st->op == OP_TENSOR)
            read_axes(r, st);
        else
            values(r, &st->outer);
    }
}

static void read_statement(reader *r);

static void read_block(reader *r, statement *st)
{
    for (skip_lines(r); !accept(r, "yield"); skip_lines(r))
        read_statement(r);
    values(r, &st->inner);
    if (accept(r, "at"))
        values(r, &st->subs);
    if (accept(r, "where"))
        vec_push(r->g->mem, &st->filter, value(r));
    if (accept(r, "over"))
        do
            range(r, &st->ranges);
        while (accept(r, ","));
    skip_lines(r);
    expect(r, "}");
    r->scope.n = r->scope_names.n -= st->vars.n;
}

/* "# hint, path:line": the line becomes a place in a text of so many empty lines. */
static void read_comment(reader *r)
{
    graph *g = r->g;
    g->at = (loc){0};
    g->hint = NULL;
    if (!accept(r, "#"))
        return;
    skip_blanks(r);
    size_t n = strcspn(r->s, ",:\n");
    if (r->s[n] != ':') {
        g->hint = names_intern_n(g->names, r->s, n);
        r->s += n;
        if (!accept(r, ","))
            return;
        skip_blanks(r);
        n = strcspn(r->s, ":\n");
    }
    source *src = ARENA_NEW(g->mem, source);
    src->path = names_intern_n(g->names, r->s, n);
    r->s += n;
    expect(r, ":");
    int64_t line = integer(r);
    if (line < 1 || line > 1 << 24)
        fail(r, "bad line number");
    src->n = (size_t)line;
    char *data = ARENA_ARRAY(g->mem, char, src->n + 1);
    memset(data, '\n', src->n);
    src->data = data;
    source_index(src, g->mem);
    g->at = (loc){src, (int)line - 1, (int)line - 1};
}

static void need(reader *r, bool ok)
{
    if (!ok)
        fail(r, "wrong number of operands");
}

static node *build_named(reader *r, const statement *st)
{
    node proto = *st->outer.data[0];
    node n = {.op = OP_NAME,
              .elem = proto.elem,
              .rank = proto.rank,
              .extents = proto.extents,
              .nargs = 1,
              .args = st->outer.data,
              .integer = st->integer};
    if (st->integer > r->g->next_name)
        r->g->next_name = (int)st->integer;
    return graph_intern(r->g, &n);
}

static node *build_block(reader *r, const statement *st)
{
    graph *g = r->g;
    int nvars = st->vars.n, n = nvars - 1;
    node *filter = st->filter.n ? st->filter.data[0] : NULL;
    node **outer = st->outer.data, **inner = st->inner.data;
    switch (st->op) {
    case OP_TENSOR:
        return graph_tensor(g, nvars, st->vars.data, inner[0]);
    case OP_ARGKMIN:
    case OP_ARGKMAX:
        return graph_argk(g, st->op, st->size, nvars, st->vars.data, inner[0], filter, st->ranges.data);
    case OP_SCATTER:
        need(r, st->subs.n == st->rank);
        return graph_scatter(g, st->rank, st->extents, nvars, st->vars.data, inner[0], filter, st->subs.data,
                             st->ranges.data);
    case OP_LOOP:
        need(r, st->inner.n == n && st->outer.n == n + 2);
        return graph_loop(g, (loop_rule){.conditional = st->conditional}, outer[0], outer[1], n, outer + 2,
                          st->vars.data, inner);
    case OP_STACK:
        return graph_stack(g, outer[0], st->size, st->vars.data, inner[0]);
    case OP_CUSTOM:
        need(r, st->inner.n == n && st->outer.n == n + 1);
        return graph_custom(g, outer[0], n, outer + 1, st->vars.data, inner);
    case OP_CG:
    case OP_FIXPOINT:
        need(r, st->inner.n == (st->op == OP_CG ? 2 : 1) && st->outer.n == SOLVER_FUNCTIONS && nvars == 1);
        return graph_solver(g, st->op, outer, st->vars.data[0], st->inner.n, inner);
    default:
        return graph_reduce(g, st->op, nvars, st->vars.data, inner[0], filter, st->ranges.data);
    }
}

static int64_t results_of(const node *n)
{
    return n->op == OP_LOOP   ? n->ninner + 1
           : n->op == OP_VJP  ? n->nargs - 2
           : n->op == OP_CALL ? graph_call_results(n)
                              : 0;
}

static node *build_plain(reader *r, const statement *st)
{
    graph *g = r->g;
    int n = st->outer.n;
    node **args = st->outer.data;
    if (st->op == OP_INPUT)
        return graph_input(g, (int)st->integer, st->elem, st->rank, st->extents, g->hint);
    need(r, n > 0 && (op_arity(st->op) < 0 || op_arity(st->op) == n));
    switch (st->op) {
    case OP_ACCESS:
        need(r, n == args[0]->rank + 1);
        return graph_access(g, args[0], args + 1);
    case OP_OUT:
        if (st->integer < 0 || st->integer >= results_of(args[0]))
            fail(r, "no such result");
        return graph_out(g, args[0], (int)st->integer);
    case OP_CALL:
        need(r, n == routine_shapes(routine_row((routine_id)st->integer)->operands) + 1);
        return graph_call(g, (routine_id)st->integer, args, args[n - 1]);
    case OP_NAME:
        return build_named(r, st);
    case OP_VJP:
        return graph_vjp(g, args[0], args[1], n - 2, args + 2);
    case OP_JVP:
        return graph_jvp(g, args[0], (n - 1) / 2, args + 1, args + 1 + (n - 1) / 2);
    default:
        if (!graph_args_agree(st->op, n, args))
            fail(r, "operands of the wrong type");
        return graph_point(g, st->op, n, args, st->elem);
    }
}

static op read_op(reader *r)
{
    const char *s = word(r);
    for (int o = 0; o < OP_COUNT; o++)
        if (!strcmp(s, op_text((op)o)))
            return (op)o;
    fail(r, arena_printf(r->g->mem, "unknown op %s", s));
}

static void read_statement(reader *r)
{
    expect(r, "%");
    const char *label = names_intern(&r->labels, word(r));
    expect(r, "=");
    statement st = {.op = read_op(r)};
    read_head(r, &st);
    bool block = accept(r, "{");
    if (block)
        read_block(r, &st);
    read_comment(r);
    skip_blanks(r);
    if (*r->s && *r->s != '\n')
        fail(r, "expected the end of the line");
    if (block && st.op != OP_LOOP && st.op != OP_CUSTOM && !node_is_solver(&(node){.op = st.op}))
        need(r, st.inner.n == 1);
    node *n = block ? build_block(r, &st) : build_plain(r, &st);
    r->g->hint = NULL;
    map_set(&r->nodes, label, n);
}

static void read_result(reader *r, node_list *roots, const char ***given)
{
    skip_blanks(r);
    const char *name = NULL, *start = r->s;
    if (isalpha((unsigned char)*r->s) || *r->s == '_') {
        name = word(r);
        if (!accept(r, "=")) {
            r->s = start;
            name = NULL;
        }
    }
    vec_push(r->g->mem, roots, value(r));
    *given = arena_grow(r->g->mem, *given, (size_t)roots->n - 1, (size_t)roots->n, sizeof **given);
    (*given)[roots->n - 1] = name;
}

static void read_all(reader *r, node_list *roots, const char ***given)
{
    for (skip_lines(r); *r->s; skip_lines(r)) {
        if (accept(r, "result"))
            read_result(r, roots, given);
        else
            read_statement(r);
    }
}

int graph_read(graph *g, const char *s, node ***roots, const char ***titles, const char **error)
{
    reader *r = ARENA_NEW(g->mem, reader);
    node_list *list = ARENA_NEW(g->mem, node_list);
    const char ***given = ARENA_NEW(g->mem, const char **);
    *r = (reader){.g = g, .s = s, .line = 1};
    names_init(&r->labels, g->mem);
    map_init(&r->nodes, g->mem);
    if (setjmp(r->out)) {
        *error = r->error;
        return -1;
    }
    read_all(r, list, given);
    g->at = (loc){0};
    *roots = list->data;
    if (titles)
        *titles = *given;
    return list->n;
}
