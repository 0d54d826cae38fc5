/* Values: pointwise nodes to expressions, each in the block where it belongs; buffers and names. */
#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "form/loops_make.h"
#include "stage/schedule/schedule_state.h"

enum { LOCAL_ENTRIES = 512 }; /* a larger array inside a kernel is scratch in the workspace */

lexpr *lx_int(scheduler *s, int64_t x)
{
    return lexpr_int(s->mem, x);
}

lexpr *lx_const(scheduler *s, elem e, double x)
{
    return lexpr_const(s->mem, e, x);
}

lexpr *lx_size(scheduler *s, const extent *e)
{
    return lexpr_size(s->mem, e);
}

lexpr *lx_temp(scheduler *s, temp *t)
{
    return lexpr_temp(s->mem, t);
}

lexpr *lx_point(scheduler *s, op o, elem e, int n, lexpr *const *args)
{
    return lexpr_point(s->mem, o, e, n, args);
}

lexpr *lx_bin(scheduler *s, op o, lexpr *a, lexpr *b)
{
    return lexpr_bin(s->mem, o, a, b);
}

lexpr *lx_select(scheduler *s, lexpr *c, lexpr *a, lexpr *b)
{
    return lexpr_select(s->mem, c, a, b);
}

void touch_buffer(scheduler *s, buffer *b)
{
    if (b->first_use < 0)
        b->first_use = s->position;
    if (b->last_use < s->position)
        b->last_use = s->position;
    vec_push(s->mem, &s->touched, b);
}

lexpr *lx_load(scheduler *s, buffer *b, int n, lexpr *const *subs, bool guarded)
{
    touch_buffer(s, b);
    if (b->kind == BUF_RESULT)
        b->readable = true;
    return lexpr_new(
        s->mem,
        (lexpr){.kind = LX_LOAD, .elem = b->elem, .buffer = b, .guarded = guarded, .nargs = n, .args = (lexpr **)subs});
}

lstmt *add_stmt(scheduler *s, lstmt_list *out, lstmt_kind kind)
{
    return lstmt_new(s->mem, out, kind);
}

void reserve_words(scheduler *s)
{
    static const char *const words[] = {"auto",     "break",       "case",     "char",      "const",
                                        "continue", "default",     "do",       "double",    "else",
                                        "enum",     "extern",      "float",    "for",       "goto",
                                        "if",       "inline",      "int",      "long",      "register",
                                        "restrict", "return",      "short",    "signed",    "sizeof",
                                        "static",   "struct",      "switch",   "typedef",   "union",
                                        "unsigned", "void",        "volatile", "while",     "bool",
                                        "true",     "false",       "NULL",     "acos",      "acosh",
                                        "asin",     "asinh",       "atan",     "atan2",     "atanh",
                                        "cbrt",     "ceil",        "cos",      "cosh",      "erf",
                                        "erfc",     "exp",         "exp2",     "expm1",     "fabs",
                                        "floor",    "fma",         "fmax",     "fmin",      "fmod",
                                        "gamma",    "hypot",       "isinf",    "isnan",     "j0",
                                        "j1",       "jn",          "ldexp",    "lgamma",    "log",
                                        "log10",    "log1p",       "log2",     "main",      "memcpy",
                                        "memset",   "memmove",     "modf",     "nan",       "pow",
                                        "rint",     "round",       "signgam",  "sin",       "sinh",
                                        "sqrt",     "tan",         "tanh",     "tgamma",    "trunc",
                                        "y0",       "y1",          "yn",       "workspace", "workspace_size",
                                        "status",   "class",       "new",      "delete",    "this",
                                        "template", "index",       "INFINITY", "NAN",       "I",
                                        "unix",     "linux",       "div",      "abs",       "drem",
                                        "scalb",    "significand", "logb",     "ilogb",     "thread"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        map_set(&s->taken, names_intern(s->used_names, words[i]), s);
}

static bool has_reserved_prefix(const char *name)
{
    return !strncmp(name, "ad_", 3) || !strncmp(name, "AD_", 3) || name[0] == '_';
}

const char *unique_name(scheduler *s, const char *hint)
{
    bool named = hint && *hint && hint[0] != '_';
    if (!named)
        hint = arena_printf(s->mem, "t%d", ++s->unnamed);
    if (has_reserved_prefix(hint))
        hint = arena_printf(s->mem, "x_%s", hint);
    const char *base = names_intern(s->used_names, hint), *name = base;
    int *count = map_get(&s->numbered, base);
    if (!count) {
        count = ARENA_NEW(s->mem, int);
        map_set(&s->numbered, base, count);
    }
    while (map_get(&s->taken, name))
        name = names_intern(s->used_names, arena_printf(s->mem, "%s_%d", base, ++*count));
    map_set(&s->taken, name, s);
    return name;
}

temp *new_temp(scheduler *s, const char *hint, elem e)
{
    temp *t = ARENA_NEW(s->mem, temp);
    *t = (temp){.name = unique_name(s, hint), .elem = e};
    return t;
}

static temp *declare(scheduler *s, lstmt_list *out, lstmt_kind kind, const char *hint, lexpr *e)
{
    lstmt *st = add_stmt(s, out, kind);
    st->temp = new_temp(s, hint, e->elem);
    st->e = e;
    return st->temp;
}

temp *add_let(scheduler *s, lstmt_list *out, const char *hint, lexpr *e)
{
    return declare(s, out, LS_LET, hint, e);
}

temp *add_var(scheduler *s, lstmt_list *out, const char *hint, lexpr *init)
{
    return declare(s, out, LS_VAR, hint, init);
}

void add_set(scheduler *s, lstmt_list *out, temp *t, lexpr *e)
{
    lstmt *st = add_stmt(s, out, LS_SET);
    st->temp = t;
    st->e = e;
}

void add_store(scheduler *s, lstmt_list *out, buffer *b, int n, lexpr *const *subs, lexpr *e)
{
    touch_buffer(s, b);
    lstmt *st = add_stmt(s, out, LS_STORE);
    st->buffer = b;
    st->nsubs = n;
    st->subs = arena_grow(s->mem, subs, (size_t)n, (size_t)n + 1, sizeof *subs);
    st->e = e;
    touch_buffer(s, b);
}

static bool is_small(int rank, const extent *const *extents)
{
    int64_t total = 1, size;
    for (int i = 0; i < rank; i++) {
        if (!extent_is_const(extents[i], &size) || size > LOCAL_ENTRIES)
            return false;
        total *= size;
    }
    return total <= LOCAL_ENTRIES;
}

buffer *new_buffer(scheduler *s, block *b, const char *hint, elem e, int rank, const extent *const *extents)
{
    buffer *f = ARENA_NEW(s->mem, buffer);
    *f = (buffer){
        .name = unique_name(s, hint), .elem = e, .rank = rank, .arg = -1, .slot = -1, .first_use = -1, .last_use = -1};
    f->extents = arena_grow(s->mem, extents, (size_t)rank, (size_t)rank + 1, sizeof *extents);
    f->kind = b->sequential ? BUF_WORKSPACE : is_small(rank, extents) ? BUF_LOCAL : BUF_SCRATCH;
    if (f->kind == BUF_LOCAL)
        add_stmt(s, b->out, LS_ARRAY)->buffer = f;
    vec_push(s->mem, &s->out->buffers, f);
    touch_buffer(s, f);
    return f;
}

/* The user's index name, or that of its size in small letters. */
const char *axis_name(scheduler *s, const var *v)
{
    if (v->name && v->name[0] != '_')
        return v->name;
    if (!v->extent || !extent_is_name(v->extent))
        return "k";
    char *name = arena_strdup(s->mem, extent_str(s->mem, v->extent));
    for (char *c = name; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return name;
}

block *new_block(scheduler *s, block *parent, int nvars, var **vars, lstmt_list *out)
{
    block *b = ARENA_NEW(s->mem, block);
    *b = (block){.parent = parent, .nvars = nvars, .vars = vars, .out = out};
    map_init(&b->values, s->mem);
    map_init(&b->tensors, s->mem);
    return b;
}

static bool binds(const block *b, const var *v)
{
    for (int i = 0; i < b->nvars; i++)
        if (b->vars[i] == v)
            return true;
    return false;
}

block *home_block(const scheduler *s, block *b, const node *n)
{
    block *home = s->root;
    int found = 0;
    for (block *p = b; p; p = p->parent)
        for (int i = 0; i < n->nfree; i++)
            if (binds(p, n->free[i])) {
                if (found++ == 0)
                    home = p;
            }
    return found == n->nfree ? home : NULL;
}

bool sub_in_range(scheduler *s, node *sub, const extent *size)
{
    return affine_in_range(sub, size, &s->f->facts, s->guards.n, s->guards.data, s->ranges.n, s->ranges.data);
}

static buffer *input_buffer(scheduler *s, node *in)
{
    buffer *b = map_get(&s->root->tensors, in);
    if (b)
        return b;
    const interface_arg *a = &s->f->face->args[in->integer];
    b = ARENA_NEW(s->mem, buffer);
    *b = (buffer){.kind = BUF_INPUT,
                  .name = a->name,
                  .elem = a->elem,
                  .rank = a->rank,
                  .extents = a->extents,
                  .arg = (int)in->integer,
                  .slot = -1};
    vec_push(s->mem, &s->out->buffers, b);
    map_set(&s->root->tensors, in, b);
    return b;
}

buffer *find_buffer(scheduler *s, block *b, node *t)
{
    if (t->op == OP_INPUT)
        return input_buffer(s, t);
    for (block *p = b; p; p = p->parent) {
        buffer *f = map_get(&p->tensors, t);
        if (f)
            return f;
    }
    return NULL;
}

/* Where an unrolled loop runs past the end of a row. */
static bool is_outside(const lexpr *sub, const extent *size)
{
    int64_t n;
    return sub->kind == LX_CONST && extent_is_const(size, &n) && (sub->integer < 0 || sub->integer >= n);
}

static lexpr *emit_access(scheduler *s, block *home, node *n)
{
    node *t = n->args[0];
    buffer *f = find_buffer(s, home, t);
    if (!f) {
        emit_single(s, home_block(s, home, t), t);
        f = find_buffer(s, home, t);
    }
    assert(f);
    bool guarded = false;
    lexpr **subs = ARENA_ARRAY(s->mem, lexpr *, t->rank + 1);
    for (int i = 0; i < t->rank; i++) {
        subs[i] = emit_value(s, home, n->args[i + 1]);
        if (is_outside(subs[i], t->extents[i]))
            return lx_const(s, n->elem, 0);
        guarded |= !sub_in_range(s, n->args[i + 1], t->extents[i]);
    }
    return lx_load(s, f, t->rank, subs, guarded);
}

static lexpr *emit_point(scheduler *s, block *home, node *n)
{
    lexpr **args = ARENA_ARRAY(s->mem, lexpr *, n->nargs + 1);
    int first = n->op == OP_FMA ? 2 : 0; /* in the order of c + a*b */
    for (int i = 0; i < n->nargs; i++) {
        int k = (first + i) % n->nargs;
        args[k] = emit_value(s, home, n->args[k]);
    }
    if (n->op == OP_STOP)
        return args[0];
    return lx_point(s, n->op, n->elem, n->nargs, args);
}

static lexpr *emit_leaf(scheduler *s, node *n)
{
    if (n->op == OP_SIZE)
        return lx_size(s, n->extent);
    if (n->op == OP_INPUT && n->rank == 0)
        return lx_load(s, input_buffer(s, n), 0, NULL, false);
    if (n->op != OP_CONST)
        return NULL;
    return elem_is_float(n->elem)
               ? lx_const(s, n->elem, n->number)
               : lexpr_new(s->mem, (lexpr){.kind = LX_CONST, .elem = n->elem, .integer = n->integer});
}

static bool is_simple(const lexpr *e)
{
    return e->kind == LX_CONST || e->kind == LX_TEMP || e->kind == LX_SIZE ||
           (e->kind == LX_LOAD && e->buffer->rank == 0 && e->buffer->kind == BUF_INPUT);
}

lexpr *emit_value(scheduler *s, block *b, node *n)
{
    lexpr *e = emit_leaf(s, n);
    if (e)
        return e;
    block *home = home_block(s, b, n);
    assert(home && "a value depends on a variable that is not bound here");
    for (block *p = b; p; p = p->parent) {
        e = map_get(&p->values, n);
        if (e)
            return e;
    }
    if (n->op == OP_ACCESS)
        e = emit_access(s, home, n);
    else if (node_is_point(n))
        e = emit_point(s, home, n);
    else {
        emit_single(s, home, n->op == OP_OUT ? n->args[0] : n);
        return emit_value(s, b, n);
    }
    if (!is_simple(e))
        e = lx_temp(s, add_let(s, home->out, n->hint, e));
    map_set(&home->values, n, e);
    return e;
}
