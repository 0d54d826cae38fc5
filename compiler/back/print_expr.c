/* Prints expressions of loop nests as C.
 *
 * Reads lexpr trees; writes text with the fewest parentheses that keep the order of evaluation. Each op is printed by
 * the function of its kind of spelling (back/spell.c). Ints whose magnitude is known to be small (sizes, loop indices
 * and what is made of them) are printed with plain operators, others with the helpers that wrap around. */
#include "back/print_expr.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "back/print_lane.h"
#include "back/spell.h"

/* Names. */

void c_printer_init(c_printer *p, arena *mem, const nest_fn *fn, prelude *helpers)
{
    *p = (c_printer){.mem = mem, .fn = fn, .helpers = helpers};
    p->params = emit_c_names(mem, fn->face);
    p->size_used = ARENA_ARRAY(mem, bool, fn->face->nsizes);
    p->arg_used = ARENA_ARRAY(mem, bool, fn->face->nargs);
    p->share_used = ARENA_ARRAY(mem, bool, fn->shares.n + 1);
    map_init(&p->locals, mem);
}

c_local *print_declare(c_printer *p, const void *what, const char *name)
{
    c_local *l = ARENA_NEW(p->mem, c_local);
    *l = (c_local){.name = name, .bits = WORD_BITS};
    map_set(&p->locals, what, l);
    return l;
}

c_local *print_find(const c_printer *p, const void *what)
{
    c_local *l = map_get(&p->locals, what);
    return l || !p->host ? l : print_find(p->host, what);
}

static void capture(c_printer *p, c_capture c)
{
    for (int i = 0; i < p->captures.n; i++)
        if (!strcmp(p->captures.data[i].name, c.name))
            return;
    vec_push(p->mem, &p->captures, c);
}

void print_capture(c_printer *p, const char *type, const char *name)
{
    if (p->host)
        capture(p, (c_capture){.name = name, .type = type});
}

const char *print_temp_name(c_printer *p, const temp *v)
{
    c_local *l = print_find(p, v);
    assert(l && "a temporary is read before its declaration");
    if (p->host && !map_get(&p->locals, v))
        capture(p, (c_capture){.name = print_temp_name(p->host, v), .temp = v});
    l->used = true;
    return l->name;
}

const char *print_buffer_name(c_printer *p, const buffer *b)
{
    if (b->kind == BUF_INPUT || b->kind == BUF_RESULT)
        p->arg_used[b->arg] = true;
    c_local *l = print_find(p, b);
    if (l && p->host && !map_get(&p->locals, b))
        capture(p, (c_capture){.name = print_buffer_name(p->host, b), .buffer = b});
    if (l)
        l->used = true;
    return b->kind == BUF_INPUT || b->kind == BUF_RESULT || !l ? p->params.args[b->arg] : l->name;
}

bool print_may_be_null(const buffer *b)
{
    return b->kind == BUF_RESULT && !b->readable;
}

const char *print_atom(c_printer *p, const char *atom)
{
    const interface_fn *f = p->fn->face;
    for (int i = 0; i < f->nsizes; i++)
        if (!strcmp(f->sizes[i], atom)) {
            p->size_used[i] = true;
            return p->params.sizes[i];
        }
    for (int i = 0; i < f->nargs; i++)
        if (f->args[i].role == ARG_INPUT && !strcmp(f->args[i].name, atom)) {
            p->arg_used[i] = true;
            return p->params.args[i];
        }
    int share = 0;
    while (share < p->fn->shares.n && strcmp(p->fn->shares.data[share].name, atom))
        share++;
    assert(share < p->fn->shares.n && "a size that nothing gives");
    p->share_used[share] = true;
    print_capture(p, "const int64_t ", atom);
    return atom;
}

static const char *spell_atom(const char *atom, const void *data)
{
    return print_atom((c_printer *)(uintptr_t)data, atom);
}

atom_speller print_speller(c_printer *p)
{
    return (atom_speller){spell_atom, p};
}

/* Numbers and sizes. */

static const char *with_point(arena *mem, const char *s)
{
    return strpbrk(s, ".e") ? s : arena_printf(mem, "%s.0", s);
}

const char *print_number(arena *mem, double x, elem e)
{
    const char *cast = e == ELEM_F64 ? "(double)" : "";
    if (isnan(x) || isinf(x))
        return arena_printf(mem, "%s%s%s", x < 0 ? "-" : "", cast, isnan(x) ? "NAN" : "INFINITY");
    bool is_float = e == ELEM_F32;
    if (is_float && isinf((float)x))
        return print_number(mem, x < 0 ? -(double)INFINITY : (double)INFINITY, e);
    for (int digits = 1; digits <= 17; digits++) {
        const char *s = arena_printf(mem, "%.*g", digits, is_float ? (double)(float)x : x);
        if (is_float ? strtof(s, NULL) == (float)x : strtod(s, NULL) == x)
            return arena_printf(mem, "%s%s", with_point(mem, s), is_float ? "f" : "");
    }
    return NULL;
}

const char *print_integer(arena *mem, int64_t x)
{
    if (x == INT64_MIN)
        return "INT64_MIN";
    bool wide = x > INT32_MAX || x < -INT32_MAX;
    return arena_printf(mem, wide ? (x < 0 ? "-INT64_C(%" PRId64 ")" : "INT64_C(%" PRId64 ")") : "%" PRId64,
                        wide && x < 0 ? -x : x);
}

static int extent_prec(const extent *e)
{
    if (e->n == 0 || extent_is_name(e))
        return PREC_PRIMARY;
    if (e->n > 1)
        return PREC_ADD;
    const extent_term *m = &e->terms[0];
    return m->coef < 0 ? PREC_ADD : m->degree == 0 ? PREC_PRIMARY : PREC_MUL;
}

void print_extent(text *t, c_printer *p, const extent *e, int prec)
{
    bool parens = extent_prec(e) < prec;
    text_add(t, parens ? "(" : "");
    emit_extent(t, e, print_speller(p));
    text_add(t, parens ? ")" : "");
}

void print_count(text *t, c_printer *p, int from, int n, const extent *const *extents)
{
    emit_extent_product(t, n - from, extents + from, print_speller(p));
}

/* Subscripts: row-major, by Horner's rule; parts that are 0 or 1 are left out. */

static bool int_constant(const lexpr *e, int64_t *value)
{
    *value = e->integer;
    return (e->kind == LX_CONST && e->elem == ELEM_INT) || (e->kind == LX_SIZE && extent_is_const(e->extent, value));
}

static int expr_prec(const c_printer *p, const lexpr *e);

typedef struct offset {
    int64_t constant; /* value when text is NULL */
    const char *text;
    int prec;
} offset;

static offset offset_times(c_printer *p, offset o, const extent *e)
{
    int64_t k;
    bool is_const = extent_is_const(e, &k);
    if ((is_const && k == 1) || (!o.text && o.constant == 0))
        return o;
    if (is_const && !o.text)
        return (offset){o.constant * k, NULL, PREC_PRIMARY};
    text t;
    text_init(&t, p->mem);
    if (!o.text && o.constant == 1) {
        print_extent(&t, p, e, PREC_SELECT);
        return (offset){0, text_str(&t), extent_prec(e)};
    }
    const char *left = o.text ? o.text : print_integer(p->mem, o.constant);
    text_addf(&t, o.text && o.prec < PREC_MUL ? "(%s) * " : "%s * ", left);
    print_extent(&t, p, e, PREC_UNARY);
    return (offset){0, text_str(&t), PREC_MUL};
}

static offset offset_plus(c_printer *p, offset o, const lexpr *e)
{
    int64_t k;
    bool is_const = int_constant(e, &k);
    if (is_const && !o.text)
        return (offset){o.constant + k, NULL, PREC_PRIMARY};
    if (is_const && k == 0)
        return o;
    text t;
    text_init(&t, p->mem);
    bool is_first = !o.text && o.constant == 0;
    if (!is_first)
        text_addf(&t, o.text && o.prec < PREC_ADD ? "(%s) + " : "%s + ",
                  o.text ? o.text : print_integer(p->mem, o.constant));
    int weakest = is_first ? PREC_ADD : PREC_MUL, prec = expr_prec(p, e);
    print_expr(&t, p, e, weakest);
    return (offset){0, text_str(&t), !is_first ? PREC_ADD : prec < weakest ? PREC_PRIMARY : prec};
}

/* Entry number of the first entry under n leading subscripts. */
static const char *print_offset(c_printer *p, const buffer *b, int n, lexpr *const *subs)
{
    offset o = {0, NULL, PREC_PRIMARY};
    for (int i = 0; i < b->rank; i++) {
        o = offset_times(p, o, b->extents[i]);
        o = i < n ? offset_plus(p, o, subs[i]) : o;
    }
    return o.text ? o.text : print_integer(p->mem, o.constant);
}

static bool is_plain_variable(const buffer *b)
{
    return b->rank == 0 && (b->kind == BUF_INPUT || b->kind == BUF_LOCAL);
}

void print_entry(text *t, c_printer *p, const buffer *b, int n, lexpr *const *subs)
{
    const char *name = print_buffer_name(p, b);
    if (is_plain_variable(b))
        text_add(t, name);
    else if (b->rank == 0)
        text_addf(t, "*%s", name);
    else
        text_addf(t, "%s[%s]", name, print_offset(p, b, n, subs));
}

void print_part(text *t, c_printer *p, const buffer *b, int n, lexpr *const *subs)
{
    const char *name = print_buffer_name(p, b);
    const char *at = print_offset(p, b, n, subs);
    bool is_start = !strcmp(at, "0");
    text_addf(t, "%s%s%s%s", is_plain_variable(b) ? "&" : "", name, is_start ? "" : " + ", is_start ? "" : at);
}

/* The subscript is a constant or the index of a loop that stays in the range. */
static bool is_certainly_inside(const c_printer *p, const lexpr *sub, const extent *n)
{
    const c_local *l = sub->kind == LX_TEMP ? print_find(p, sub->temp) : NULL;
    const lexpr *greatest = l && l->below ? l->below : sub;
    bool strict = greatest == sub;
    int64_t value, limit;
    if (!print_is_nonneg(p, sub))
        return false;
    if (!strict && greatest->kind == LX_SIZE && greatest->extent == n)
        return true;
    return int_constant(greatest, &value) && extent_is_const(n, &limit) && (strict ? value < limit : value <= limit);
}

void print_inside(text *t, c_printer *p, const buffer *b, int n, lexpr *const *subs)
{
    bool first = true;
    for (int i = 0; i < n; i++) {
        bool is_tile = b->tiled && i == 0;
        if (is_tile || is_certainly_inside(p, subs[i], b->extents[i]))
            continue;
        text_addf(t, "%s%s(", first ? "" : " && ", prelude_use(p->helpers, "ad_inside"));
        print_expr(t, p, subs[i], PREC_SELECT);
        text_add(t, ", ");
        print_extent(t, p, b->extents[i], PREC_SELECT);
        text_add(t, ")");
        first = false;
    }
}

/* Some subscript of a guarded load may be out of range. */
static bool needs_guard(const c_printer *p, const lexpr *e)
{
    bool needed = false;
    for (int i = 0; e->guarded && i < e->nargs; i++)
        needed = needed || !is_certainly_inside(p, e->args[i], e->buffer->extents[i]);
    return needed;
}

/* How large ints can be. */

/* The least k with |x| <= 2^k. */
static int constant_bits(int64_t x)
{
    uint64_t magnitude = x < 0 ? 0 - (uint64_t)x : (uint64_t)x;
    int bits = 0;
    while (bits < WORD_BITS && (UINT64_C(1) << bits) < magnitude)
        bits++;
    return bits;
}

static int extent_bits(const extent *e)
{
    int bits = 0;
    for (int i = 0; i < e->n; i++) {
        int k = constant_bits(e->terms[i].coef) + e->terms[i].degree * INDEX_BITS + i;
        bits = k > bits ? k : bits;
    }
    return bits;
}

static int max_bits(const c_printer *p, const lexpr *e)
{
    int bits = 0;
    for (int i = 0; i < e->nargs; i++) {
        int k = print_bits(p, e->args[i]);
        bits = k > bits ? k : bits;
    }
    return bits;
}

static int point_bits(const c_printer *p, const lexpr *e)
{
    switch (e->op) {
    case OP_ADD:
    case OP_SUB:
        return max_bits(p, e) + 1;
    case OP_MUL:
    case OP_MULZ:
        return print_bits(p, e->args[0]) + print_bits(p, e->args[1]);
    case OP_SQ:
        return 2 * print_bits(p, e->args[0]);
    case OP_NEG:
    case OP_ABS:
    case OP_MIN:
    case OP_MAX:
    case OP_IDIV:
    case OP_IMOD:
    case OP_STOP:
        return max_bits(p, e);
    case OP_SIGN:
    case OP_STEP:
        return 1;
    case OP_SELECT: {
        int a = print_bits(p, e->args[1]), b = print_bits(p, e->args[2]);
        return a > b ? a : b;
    }
    default:
        return WORD_BITS;
    }
}

static const int place_bits[] = {
    [PLACE_THREAD] = THREAD_BITS, [PLACE_THREADS] = THREAD_BITS, [PLACE_BLOCK] = INDEX_BITS,
    [PLACE_BLOCKS] = INDEX_BITS,  [PLACE_SPLIT] = SPLIT_BITS,    [PLACE_SPLITS] = SPLIT_BITS,
};

int print_bits(const c_printer *p, const lexpr *e)
{
    int bits = WORD_BITS;
    if (e->elem == ELEM_BOOL)
        bits = 1;
    else if (e->kind == LX_CONST)
        bits = constant_bits(e->integer);
    else if (e->kind == LX_SIZE)
        bits = extent_bits(e->extent);
    else if (e->kind == LX_PLACE)
        bits = place_bits[e->integer];
    else if (e->kind == LX_POINT)
        bits = point_bits(p, e);
    else if (e->kind == LX_TEMP) {
        const c_local *l = print_find(p, e->temp);
        bits = l ? l->bits : WORD_BITS;
    }
    return bits < WORD_BITS ? bits : WORD_BITS;
}

static bool point_is_nonneg(const c_printer *p, const lexpr *e)
{
    bool keeps_sign = e->op == OP_ADD || e->op == OP_MUL || e->op == OP_IDIV || e->op == OP_IMOD || e->op == OP_MIN ||
                      e->op == OP_MAX;
    for (int i = 0; i < e->nargs; i++)
        keeps_sign = keeps_sign && print_is_nonneg(p, e->args[i]);
    return keeps_sign && print_bits(p, e) < WORD_BITS;
}

bool print_is_nonneg(const c_printer *p, const lexpr *e)
{
    if (e->elem != ELEM_INT)
        return false;
    const c_local *l = e->kind == LX_TEMP ? print_find(p, e->temp) : NULL;
    return e->kind == LX_PLACE || (e->kind == LX_CONST && e->integer >= 0) ||
           (e->kind == LX_SIZE && extent_is_nonneg(e->extent)) || (l && l->nonneg) ||
           (e->kind == LX_POINT && point_is_nonneg(p, e));
}

/* Pointwise ops, one function per kind of spelling. */

typedef void (*spelling_printer)(text *t, c_printer *p, const lexpr *e, const spelling *s);

static void print_args(text *t, c_printer *p, const lexpr *e)
{
    text_add(t, "(");
    for (int i = 0; i < e->nargs; i++) {
        text_add(t, i ? ", " : "");
        print_expr(t, p, e->args[i], PREC_SELECT);
    }
    text_add(t, ")");
}

static elem operand_elem(const lexpr *e)
{
    return e->nargs ? e->args[e->nargs - 1]->elem : e->elem;
}

static bool starts_with_minus(const lexpr *e)
{
    bool negative_constant = e->kind == LX_CONST && (e->elem == ELEM_INT ? e->integer < 0 : signbit(e->number) != 0);
    return negative_constant || (e->kind == LX_POINT && e->op == OP_NEG) ||
           (e->kind == LX_SIZE && e->extent->n && e->extent->terms[0].coef < 0);
}

/* Its type in C is int, not int64_t. */
static bool is_literal(const lexpr *e)
{
    int64_t value;
    bool literal = e->elem == ELEM_INT && (e->kind == LX_POINT || int_constant(e, &value));
    for (int i = 0; i < e->nargs; i++)
        literal = literal && is_literal(e->args[i]);
    return literal;
}

static void print_infix(text *t, c_printer *p, const lexpr *e, const spelling *s)
{
    text_add(t, is_literal(e) ? "(int64_t)" : "");
    print_expr(t, p, e->args[0], s->left);
    text_addf(t, " %s ", s->text);
    print_expr(t, p, e->args[1], s->right);
}

static void print_prefix(text *t, c_printer *p, const lexpr *e, const spelling *s)
{
    text_add(t, s->text);
    print_expr(t, p, e->args[0], starts_with_minus(e->args[0]) ? PREC_PRIMARY + 1 : PREC_UNARY);
}

static void print_self(text *t, c_printer *p, const lexpr *e, const spelling *s)
{
    (void)s;
    print_expr(t, p, e->args[0], PREC_PRIMARY);
}

static void print_math(text *t, c_printer *p, const lexpr *e, const spelling *s)
{
    if (p->host && e->op == OP_EXP2)
        text_add(t, prelude_use_for(p->helpers, "ad_gpu_exp2", e->elem));
    else
        text_addf(t, "%s%s", s->text, operand_elem(e) == ELEM_F32 ? "f" : "");
    print_args(t, p, e);
}

static void print_helper(text *t, c_printer *p, const lexpr *e, const spelling *s)
{
    if (e->numbers)
        text_addf(t, "f%s%s", op_text(e->op), e->elem == ELEM_F32 ? "f" : "");
    else
        text_add(t, prelude_use_for(p->helpers, s->text, operand_elem(e)));
    print_args(t, p, e);
}

static void print_cast(text *t, c_printer *p, const lexpr *e, const spelling *s)
{
    text_addf(t, "(%s)", s->text);
    print_expr(t, p, e->args[0], PREC_UNARY);
}

static void print_select(text *t, c_printer *p, const lexpr *e, const spelling *s)
{
    print_expr(t, p, e->args[0], s->left);
    text_add(t, " ? ");
    print_expr(t, p, e->args[1], s->right);
    text_add(t, " : ");
    print_expr(t, p, e->args[2], s->right);
}

static bool is_simple(const lexpr *e)
{
    bool is_scalar_input = e->kind == LX_LOAD && e->nargs == 0 && e->buffer->kind == BUF_INPUT;
    return e->kind == LX_TEMP || e->kind == LX_CONST || (e->kind == LX_SIZE && extent_is_name(e->extent)) ||
           is_scalar_input;
}

static bool wraps(const c_printer *p, const lexpr *e)
{
    return e->elem == ELEM_INT && print_bits(p, e) >= WORD_BITS;
}

static bool square_is_product(const c_printer *p, const lexpr *e)
{
    return is_simple(e->args[0]) && !wraps(p, e);
}

static void print_square(text *t, c_printer *p, const lexpr *e, const spelling *s)
{
    if (!square_is_product(p, e)) {
        print_helper(t, p, e, s);
        return;
    }
    print_expr(t, p, e->args[0], PREC_MUL);
    text_add(t, " * ");
    print_expr(t, p, e->args[0], PREC_UNARY);
}

static void print_inverse(text *t, c_printer *p, const lexpr *e, const spelling *s)
{
    const char *suffix = e->elem == ELEM_F32 ? "f" : "";
    text_addf(t, "1.0%s / ", suffix);
    if (s->text)
        text_addf(t, "%s%s", s->text, suffix);
    print_expr(t, p, e->args[0], s->text ? PREC_PRIMARY + 1 : PREC_UNARY);
}

static void print_random_word(text *t, c_printer *p, const lexpr *e, int k)
{
    text_add(t, ", ");
    if (k < e->nargs)
        print_expr(t, p, e->args[k], PREC_SELECT);
    else
        text_add(t, "0");
}

/* (seed, a, b, c, d): the block of (seed, a, b) is the key for (c, d). */
static void print_random(text *t, c_printer *p, const lexpr *e, const spelling *s)
{
    int blocks = e->nargs <= 3 ? 1 : e->nargs / 2;
    const char *function = prelude_use_for(p->helpers, s->text, e->elem);
    text_addf(t, "%s(", function);
    for (int k = 1; k < blocks; k++)
        text_addf(t, "%s(", prelude_use(p->helpers, "ad_next_key"));
    print_expr(t, p, e->args[0], PREC_SELECT);
    for (int k = 0; k < blocks; k++) {
        print_random_word(t, p, e, 2 * k + 1);
        print_random_word(t, p, e, 2 * k + 2);
        text_add(t, ")");
    }
}

static void print_seek(text *t, c_printer *p, const lexpr *e, const spelling *s)
{
    p->can_fail = true;
    text_addf(t, "%s(", prelude_use(p->helpers, s->text));
    for (int i = 0; i < e->nargs; i++) {
        print_expr(t, p, e->args[i], PREC_SELECT);
        text_add(t, ", ");
    }
    text_add(t, p->host ? "ad_failed)" : "&ad_failed)");
    print_capture(p, "bool *", "ad_failed");
}

static const spelling_printer printers[] = {
    [SPELL_INFIX] = print_infix,   [SPELL_PREFIX] = print_prefix, [SPELL_SELF] = print_self,
    [SPELL_MATH] = print_math,     [SPELL_HELPER] = print_helper, [SPELL_CAST] = print_cast,
    [SPELL_SELECT] = print_select, [SPELL_SQUARE] = print_square, [SPELL_INVERSE] = print_inverse,
    [SPELL_RANDOM] = print_random, [SPELL_SEEK] = print_seek,
};

/* Its spelling here: floored division of what is not negative is that of C. */
static const spelling *spelling_of(const c_printer *p, const lexpr *e)
{
    int64_t divisor;
    bool divides = e->op == OP_IDIV || e->op == OP_IMOD;
    divides = divides && ((int_constant(e->args[1], &divisor) && divisor > 0) || e->args[1]->kind == LX_PLACE);
    return divides && print_is_nonneg(p, e->args[0]) ? spell_plain_division(e->op) : spell_op(e->op, operand_elem(e));
}

static void print_point(text *t, c_printer *p, const lexpr *e)
{
    const spelling *s = spelling_of(p, e);
    assert(s->kind != SPELL_NONE && "an op that its type does not have");
    if (s->wide && s->kind != SPELL_SQUARE && wraps(p, e)) {
        text_add(t, prelude_use(p->helpers, arena_printf(p->mem, "%s_int", s->wide)));
        print_args(t, p, e);
    } else {
        printers[s->kind](t, p, e, s);
    }
}

static int point_prec(const c_printer *p, const lexpr *e)
{
    const spelling *s = spelling_of(p, e);
    bool is_call = s->kind == SPELL_SQUARE ? !square_is_product(p, e) : s->wide && wraps(p, e);
    return is_call ? PREC_PRIMARY : s->prec;
}

/* Expressions. */

static const char *zero_text(c_printer *p, elem e)
{
    return e == ELEM_BOOL ? "false" : e == ELEM_INT ? "0" : print_number(p->mem, 0, e);
}

static void print_load(text *t, c_printer *p, const lexpr *e)
{
    bool guarded = needs_guard(p, e);
    if (guarded) {
        print_inside(t, p, e->buffer, e->nargs, e->args);
        text_add(t, " ? ");
    }
    print_entry(t, p, e->buffer, e->nargs, e->args);
    if (guarded)
        text_addf(t, " : %s", zero_text(p, e->elem));
}

static int load_prec(const c_printer *p, const lexpr *e)
{
    if (needs_guard(p, e))
        return PREC_SELECT;
    return e->buffer->rank > 0 || is_plain_variable(e->buffer) ? PREC_PRIMARY : PREC_UNARY;
}

static void print_constant(text *t, c_printer *p, const lexpr *e)
{
    if (e->elem == ELEM_BOOL)
        text_add(t, e->integer ? "true" : "false");
    else
        text_add(t, e->elem == ELEM_INT ? print_integer(p->mem, e->integer) : print_number(p->mem, e->number, e->elem));
}

/* Lanes as one number, or one of them. */
static void print_of_lanes(text *t, c_printer *p, const lexpr *e)
{
    static const char *const folds[OP_COUNT] = {
        [OP_SUM] = "ad_sum_of",  [OP_PROD] = "ad_prod_of", [OP_RMAX] = "ad_max_of",
        [OP_RMIN] = "ad_min_of", [OP_ANY] = "ad_any_of",   [OP_ALL] = "ad_all_of",
    };
    if (e->kind == LX_WIDTH) {
        prelude_use(p->helpers, "ad_lanes");
        text_add(t, "AD_LANES");
    } else if (e->kind == LX_LANE) {
        print_lane(t, p, e->args[0], PREC_PRIMARY);
        text_add(t, "[");
        print_expr(t, p, e->args[1], PREC_SELECT);
        text_add(t, "]");
    } else {
        const char *name = folds[e->op];
        text_addf(t, "%s(",
                  e->elem == ELEM_BOOL ? prelude_use(p->helpers, arena_printf(p->mem, "%s_bools", name))
                                       : prelude_use_lanes(p->helpers, name, e->elem));
        print_lane(t, p, e->args[0], PREC_SELECT);
        text_add(t, ")");
    }
}

static int expr_prec(const c_printer *p, const lexpr *e)
{
    switch (e->kind) {
    case LX_CONST:
        return starts_with_minus(e) || (e->elem == ELEM_F64 && !isfinite(e->number)) ? PREC_UNARY : PREC_PRIMARY;
    case LX_SIZE:
        return extent_prec(e->extent);
    case LX_TEMP:
    case LX_FIRST:
        return PREC_PRIMARY;
    case LX_POINT:
        return point_prec(p, e);
    case LX_LOAD:
        return load_prec(p, e);
    case LX_INDEX:
    case LX_ACTIVE:
    case LX_WIDTH:
    case LX_LIBRARY:
    case LX_FOLD:
    case LX_LANE:
    case LX_PLACE:
        return PREC_PRIMARY;
    }
    return PREC_PRIMARY;
}

static const char *const places[] = {
    [PLACE_THREAD] = "(int)threadIdx.x",   [PLACE_THREADS] = "(int)blockDim.x",   [PLACE_BLOCK] = "(int64_t)blockIdx.x",
    [PLACE_BLOCKS] = "(int64_t)gridDim.x", [PLACE_SPLIT] = "(int64_t)blockIdx.y", [PLACE_SPLITS] = "(int64_t)gridDim.y",
};

void print_expr(text *t, c_printer *p, const lexpr *e, int prec)
{
    if (e->lanes && !p->lane) {
        print_lane(t, p, e, prec);
        return;
    }
    bool parens = expr_prec(p, e) < prec;
    text_add(t, parens ? "(" : "");
    switch (e->kind) {
    case LX_CONST:
        print_constant(t, p, e);
        break;
    case LX_SIZE:
        print_extent(t, p, e->extent, PREC_SELECT);
        break;
    case LX_TEMP:
    case LX_FIRST:
        text_add(t, print_temp_name(p, e->temp));
        if (e->lanes)
            text_addf(t, "[%s]", p->lane);
        break;
    case LX_POINT:
        print_point(t, p, e);
        break;
    case LX_LOAD:
        print_load(t, p, e);
        break;
    case LX_INDEX:
    case LX_ACTIVE:
        break;
    case LX_LIBRARY:
        text_add(t, prelude_use(p->helpers, p->helpers->target == TARGET_CUDA ? "AD_HAS_CUBLAS" : "AD_HAS_BLAS"));
        break;
    case LX_PLACE:
        text_add(t, places[e->integer]);
        break;
    case LX_WIDTH:
    case LX_FOLD:
    case LX_LANE:
        print_of_lanes(t, p, e);
        break;
    }
    text_add(t, parens ? ")" : "");
}
