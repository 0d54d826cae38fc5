/* Prints values in lanes.
 *
 * Reads lexpr trees in which something has lanes; writes GNU vector C. Arithmetic is that of C, with a scalar operand
 * where a value is the same for all lanes; functions are those of the prelude under the op's name. Masks have the width
 * of what was compared: a bool has that of the module's real. */
#include "back/print_lane.h"

#include <assert.h>
#include <string.h>

#include "back/spell.h"

const char *print_type(c_printer *p, elem e, bool lanes)
{
    static const char *const types[] = {
        [ELEM_F32] = "ad_f32s", [ELEM_F64] = "ad_f64s", [ELEM_INT] = "ad_ints", [ELEM_BOOL] = "ad_bools"};
    if (!lanes)
        return emit_c_type(e);
    prelude_use(p->helpers, "ad_lanes");
    return types[e];
}

static const char *lanes_helper(c_printer *p, const char *name, elem e)
{
    return e == ELEM_BOOL ? prelude_use(p->helpers, arena_printf(p->mem, "%s_bools", name))
                          : prelude_use_lanes(p->helpers, name, e);
}

void print_all(text *t, c_printer *p, const lexpr *e, int prec)
{
    if (e->lanes) {
        print_lane(t, p, e, prec);
        return;
    }
    text_addf(t, "%s(", lanes_helper(p, "ad_all", e->elem));
    print_expr(t, p, e, PREC_SELECT);
    text_add(t, ")");
}

static void print_call(text *t, c_printer *p, const char *function, int n, lexpr *const *args)
{
    text_addf(t, "%s(", function);
    for (int i = 0; i < n; i++) {
        text_add(t, i ? ", " : "");
        print_all(t, p, args[i], PREC_SELECT);
    }
    text_add(t, ")");
}

/* ---- masks ---- */

static elem mask_elem(const c_printer *p)
{
    return p->real == ELEM_F32 ? ELEM_F32 : ELEM_INT;
}

static elem mask_of(elem compared)
{
    return compared == ELEM_F32 ? ELEM_F32 : ELEM_INT;
}

/* A mask of bools in the width of e. */
static void print_mask(text *t, c_printer *p, const lexpr *mask, elem e)
{
    bool same = e == ELEM_BOOL || mask_of(e) == mask_elem(p);
    if (!same)
        text_addf(t, "%s(", prelude_use(p->helpers, e == ELEM_F32 ? "ad_i32s_of_bools" : "ad_ints_of_bools"));
    print_all(t, p, mask, PREC_SELECT);
    text_add(t, same ? "" : ")");
}

/* ---- ops ---- */

typedef void (*lane_printer)(text *t, c_printer *p, const lexpr *e);

static void print_infix(text *t, c_printer *p, const lexpr *e, const char *sign, int left, int right, bool mixed)
{
    (mixed ? print_expr : print_all)(t, p, e->args[0], left);
    text_addf(t, " %s ", sign);
    (mixed ? print_expr : print_all)(t, p, e->args[1], right);
}

static void print_arithmetic(text *t, c_printer *p, const lexpr *e)
{
    const spelling *s = spell_op(e->op, e->elem);
    print_infix(t, p, e, s->text, s->left, s->right, true);
}

static void print_compare(text *t, c_printer *p, const lexpr *e)
{
    elem of = e->args[0]->elem;
    const char *convert = mask_of(of) == mask_elem(p) ? "(ad_bools)"
                          : of == ELEM_F32            ? prelude_use(p->helpers, "ad_bools_of_i32s")
                                                      : prelude_use(p->helpers, "ad_bools_of_ints");
    text_addf(t, "%s(", convert);
    print_infix(t, p, e, spell_op(e->op, of)->text, PREC_COMPARE + 1, PREC_COMPARE + 1, false);
    text_add(t, ")");
}

/* false < true. */
static void print_bool_compare(text *t, c_printer *p, const lexpr *e)
{
    const char *sign = e->op == OP_LT ? "&" : e->op == OP_LE ? "|" : "^";
    bool negates = e->op == OP_LT || e->op == OP_LE || e->op == OP_EQ;
    text_add(t, negates ? "(~" : "(");
    text_add(t, e->op == OP_EQ ? "(" : "");
    print_infix(t, p, e, sign, PREC_PRIMARY, PREC_PRIMARY, false);
    text_add(t, e->op == OP_EQ ? "))" : ")");
}

static void print_logic(text *t, c_printer *p, const lexpr *e)
{
    text_add(t, "(");
    print_infix(t, p, e, e->op == OP_AND || e->op == OP_MIN ? "&" : "|", PREC_PRIMARY, PREC_PRIMARY, false);
    text_add(t, ")");
}

static void print_not(text *t, c_printer *p, const lexpr *e)
{
    text_add(t, "~");
    print_all(t, p, e->args[0], PREC_PRIMARY);
}

static void print_minus(text *t, c_printer *p, const lexpr *e)
{
    text_add(t, "-");
    print_all(t, p, e->args[0], PREC_PRIMARY);
}

static void print_select(text *t, c_printer *p, const lexpr *e)
{
    if (!e->args[0]->lanes) {
        text_add(t, "(");
        print_expr(t, p, e->args[0], PREC_OR);
        text_add(t, " ? ");
        print_all(t, p, e->args[1], PREC_SELECT + 1);
        text_add(t, " : ");
        print_all(t, p, e->args[2], PREC_SELECT + 1);
        text_add(t, ")");
        return;
    }
    text_addf(t, "%s(", lanes_helper(p, "ad_pick", e->elem));
    print_mask(t, p, e->args[0], e->elem);
    text_add(t, ", ");
    print_all(t, p, e->args[1], PREC_SELECT);
    text_add(t, ", ");
    print_all(t, p, e->args[2], PREC_SELECT);
    text_add(t, ")");
}

/* 1 for true. */
static void print_bool_cast(text *t, c_printer *p, const lexpr *e)
{
    text_addf(t, "%s(", prelude_use_lanes(p->helpers, "ad_pick", e->elem));
    print_mask(t, p, e->args[0], e->elem);
    const char *one = prelude_use_lanes(p->helpers, "ad_all", e->elem);
    text_addf(t, ", %s(1), %s(0))", one, one);
}

static void print_cast(text *t, c_printer *p, const lexpr *e)
{
    elem from = e->args[0]->elem;
    if (from == e->elem) {
        print_all(t, p, e->args[0], PREC_PRIMARY);
    } else if (from == ELEM_BOOL) {
        print_bool_cast(t, p, e);
    } else {
        static const char *const kinds[] = {[ELEM_F32] = "f32s", [ELEM_F64] = "f64s", [ELEM_INT] = "ints"};
        const char *name = arena_printf(p->mem, "ad_%s_of_%s", kinds[e->elem], kinds[from]);
        print_call(t, p, prelude_use(p->helpers, name), 1, e->args);
    }
}

static void print_self(text *t, c_printer *p, const lexpr *e)
{
    print_all(t, p, e->args[0], PREC_PRIMARY);
}

static bool is_product(const lexpr *e)
{
    return e->args[0]->kind == LX_TEMP;
}

static void print_square(text *t, c_printer *p, const lexpr *e)
{
    if (!is_product(e)) {
        print_call(t, p, prelude_use_lanes(p->helpers, "ad_sq", e->elem), 1, e->args);
        return;
    }
    print_lane(t, p, e->args[0], PREC_MUL);
    text_add(t, " * ");
    print_lane(t, p, e->args[0], PREC_UNARY);
}

static void print_function(text *t, c_printer *p, const lexpr *e)
{
    elem of = e->args[e->nargs - 1]->elem;
    const char *name = prelude_use_lanes(p->helpers, arena_printf(p->mem, "ad_%s", op_text(e->op)), of);
    bool numbered = e->op == OP_POLYGAMMA || e->op == OP_SINC;
    if (!numbered) {
        print_call(t, p, name, e->nargs, e->args);
        return;
    }
    text_addf(t, "%s(", name);
    print_expr(t, p, e->args[0], PREC_SELECT);
    text_add(t, ", ");
    print_all(t, p, e->args[1], PREC_SELECT);
    text_add(t, ")");
}

/* Ops of floats and ints that are no function. */
static const lane_printer of_numbers[OP_COUNT] = {
    [OP_NEG] = print_minus,      [OP_ADD] = print_arithmetic, [OP_SUB] = print_arithmetic, [OP_MUL] = print_arithmetic,
    [OP_DIV] = print_arithmetic, [OP_EQ] = print_compare,     [OP_NE] = print_compare,     [OP_LT] = print_compare,
    [OP_LE] = print_compare,     [OP_SELECT] = print_select,  [OP_TO_F64] = print_cast,    [OP_TO_F32] = print_cast,
    [OP_TO_INT] = print_cast,    [OP_STOP] = print_self,      [OP_SQ] = print_square,
};

static const lane_printer of_bools[OP_COUNT] = {
    [OP_EQ] = print_bool_compare, [OP_NE] = print_bool_compare, [OP_LT] = print_bool_compare,
    [OP_LE] = print_bool_compare, [OP_AND] = print_logic,       [OP_OR] = print_logic,
    [OP_MIN] = print_logic,       [OP_MAX] = print_logic,       [OP_NOT] = print_not,
    [OP_SELECT] = print_select,   [OP_TO_F64] = print_cast,     [OP_TO_F32] = print_cast,
    [OP_TO_INT] = print_cast,     [OP_STOP] = print_self,
};

static lane_printer printer_of(const lexpr *e)
{
    elem of = e->args[e->nargs - 1]->elem;
    lane_printer f = of == ELEM_BOOL ? of_bools[e->op] : of_numbers[e->op];
    bool whole = of == ELEM_INT && (e->op == OP_FLOOR || e->op == OP_CEIL || e->op == OP_ROUND);
    return f ? f : whole ? print_self : print_function;
}

int lane_prec(const c_printer *p, const lexpr *e)
{
    (void)p;
    if (e->kind != LX_POINT)
        return PREC_PRIMARY;
    lane_printer f = printer_of(e);
    if (f == print_arithmetic)
        return spell_op(e->op, e->elem)->prec;
    if (f == print_minus || f == print_not || f == print_compare)
        return PREC_UNARY;
    if (f == print_square && is_product(e))
        return PREC_MUL;
    bool passes = f == print_self || (f == print_cast && e->args[0]->elem == e->elem);
    return passes && e->args[0]->lanes ? lane_prec(p, e->args[0]) : PREC_PRIMARY;
}

/* ---- memory ---- */

static const char *extent_text(c_printer *p, const extent *e, int prec)
{
    text t;
    text_init(&t, p->mem);
    print_extent(&t, p, e, prec);
    return text_str(&t);
}

/* Entry numbers of the lanes: row-major, by Horner's rule. */
static void print_entries(text *t, c_printer *p, const buffer *b, int n, lexpr *const *subs)
{
    for (int i = 0; i + 1 < n; i++)
        text_add(t, "(");
    for (int i = 0; i < n; i++) {
        if (i > 0)
            text_addf(t, " * %s + ", extent_text(p, b->extents[i], PREC_UNARY));
        print_all(t, p, subs[i], PREC_MUL);
        text_add(t, i > 0 ? ")" : "");
    }
}

/* All subscripts are in range, as bools. */
static void print_inside_lanes(text *t, c_printer *p, const buffer *b, int n, lexpr *const *subs)
{
    for (int i = 0; i < n; i++) {
        text_addf(t, "%s%s(", i ? " & " : "", prelude_use(p->helpers, "ad_inside_ints"));
        print_all(t, p, subs[i], PREC_SELECT);
        text_addf(t, ", %s)", extent_text(p, b->extents[i], PREC_SELECT));
    }
}

static bool is_contiguous(const extent *step)
{
    int64_t value;
    return extent_is_const(step, &value) && value == 1;
}

/* The helper for entries that lie apart. */
static const char *strided(c_printer *p, const char *name, elem e)
{
    bool call = p->seldom && elem_is_float(e);
    return lanes_helper(p, call ? arena_printf(p->mem, "%s_seldom", name) : name, e);
}

static void print_step_load(text *t, c_printer *p, const lexpr *e)
{
    bool contiguous = is_contiguous(e->step);
    text_addf(t, "%s(", contiguous ? lanes_helper(p, "ad_load", e->elem) : strided(p, "ad_gather_strided", e->elem));
    print_part(t, p, e->buffer, e->nargs, e->args);
    if (!contiguous)
        text_addf(t, ", %s", extent_text(p, e->step, PREC_SELECT));
    text_addf(t, ", %s)", print_temp_name(p, e->count));
}

static void print_gather(text *t, c_printer *p, const lexpr *e)
{
    const char *own = e->buffer->lanes ? "_own" : "", *guarded = e->guarded ? "_where" : "";
    const char *name = arena_printf(p->mem, "ad_gather%s%s", own, guarded);
    text_addf(t, "%s(%s, ", lanes_helper(p, name, e->elem), print_buffer_name(p, e->buffer));
    print_entries(t, p, e->buffer, e->nargs, e->args);
    if (e->guarded) {
        text_add(t, ", ");
        print_inside_lanes(t, p, e->buffer, e->nargs, e->args);
    }
    text_add(t, ")");
}

/* The lanes' own entry under subscripts that are the same for all. */
static void print_own(text *t, c_printer *p, const lexpr *e)
{
    text inside;
    text_init(&inside, p->mem);
    if (e->guarded)
        print_inside(&inside, p, e->buffer, e->nargs, e->args);
    text_addf(t, inside.n ? "(%s ? " : "%s", text_str(&inside));
    print_entry(t, p, e->buffer, e->nargs, e->args);
    if (inside.n)
        text_addf(t, " : (%s){0})", print_type(p, e->elem, true));
}

static void print_load(text *t, c_printer *p, const lexpr *e)
{
    if (e->at == LANE_STEP)
        print_step_load(t, p, e);
    else if (e->at == LANE_GATHER)
        print_gather(t, p, e);
    else
        print_own(t, p, e);
}

static void print_store_mask(text *t, c_printer *p, const lstmt *s)
{
    const lexpr *mask = s->filter;
    text_add(t, ", ");
    if (!mask && !s->guarded) {
        text_addf(t, "%s(true)", prelude_use(p->helpers, "ad_all_bools"));
        return;
    }
    if (mask)
        print_all(t, p, mask, PREC_PRIMARY);
    if (s->guarded) {
        text_add(t, mask ? " & " : "");
        print_inside_lanes(t, p, s->buffer, s->nsubs, s->subs);
    }
}

/* Into entries that lie anywhere, lane after lane. */
static void print_scatter(text *t, c_printer *p, const lstmt *s)
{
    const char *what = s->accumulate ? "ad_scatter_add" : "ad_scatter", *own = s->buffer->lanes ? "_own" : "";
    text_addf(t, "%s(%s, ", lanes_helper(p, arena_printf(p->mem, "%s%s", what, own), s->buffer->elem),
              print_buffer_name(p, s->buffer));
    print_entries(t, p, s->buffer, s->nsubs, s->subs);
    text_add(t, ", ");
    print_all(t, p, s->e, PREC_SELECT);
    print_store_mask(t, p, s);
    if (!s->buffer->lanes)
        text_addf(t, ", %s", print_temp_name(p, s->count));
    text_add(t, ");");
}

static void print_own_store(text *t, c_printer *p, const lstmt *s)
{
    text entry;
    text_init(&entry, p->mem);
    print_entry(&entry, p, s->buffer, s->nsubs, s->subs);
    text_addf(t, "%s %s ", text_str(&entry), s->accumulate && !s->filter ? "+=" : "=");
    if (!s->filter) {
        print_all(t, p, s->e, PREC_SELECT);
        text_add(t, ";");
        return;
    }
    text_addf(t, "%s(", lanes_helper(p, "ad_pick", s->buffer->elem));
    print_mask(t, p, s->filter, s->buffer->elem);
    text_addf(t, ", %s%s", s->accumulate ? text_str(&entry) : "", s->accumulate ? " + " : "");
    print_all(t, p, s->e, PREC_ADD);
    text_addf(t, ", %s);", text_str(&entry));
}

static bool is_plain_step(const lstmt *s)
{
    return s->at == LANE_STEP && is_contiguous(s->stride) && !s->filter && !s->accumulate;
}

static void print_step_store(text *t, c_printer *p, const lstmt *s)
{
    text at;
    text_init(&at, p->mem);
    print_part(&at, p, s->buffer, s->nsubs, s->subs);
    const char *what = s->accumulate ? "ad_scatter_strided_add" : "ad_scatter_strided";
    elem e = s->buffer->elem;
    text_addf(t, "%s(%s, ", is_plain_step(s) ? lanes_helper(p, "ad_store", e) : strided(p, what, e), text_str(&at));
    if (!is_plain_step(s))
        text_addf(t, "%s, ", extent_text(p, s->stride, PREC_SELECT));
    print_all(t, p, s->e, PREC_SELECT);
    if (!is_plain_step(s))
        print_store_mask(t, p, s);
    text_addf(t, ", %s);", print_temp_name(p, s->count));
}

void print_lane_store(text *t, c_printer *p, const lstmt *s)
{
    if (s->at == LANE_GATHER)
        print_scatter(t, p, s);
    else if (s->at == LANE_STEP)
        print_step_store(t, p, s);
    else
        print_own_store(t, p, s);
}

/* ---- expressions ---- */

static void print_index(text *t, c_printer *p, const lexpr *e)
{
    text_addf(t, "%s(", prelude_use(p->helpers, e->kind == LX_INDEX ? "ad_index_ints" : "ad_active_bools"));
    for (int i = 0; i < e->nargs; i++) {
        text_add(t, i ? ", " : "");
        print_expr(t, p, e->args[i], PREC_SELECT);
    }
    text_add(t, ")");
}

void print_lane(text *t, c_printer *p, const lexpr *e, int prec)
{
    bool parens = lane_prec(p, e) < prec;
    text_add(t, parens ? "(" : "");
    if (e->kind == LX_TEMP)
        text_add(t, print_temp_name(p, e->temp));
    else if (e->kind == LX_LOAD)
        print_load(t, p, e);
    else if (e->kind == LX_POINT)
        printer_of(e)(t, p, e);
    else
        print_index(t, p, e);
    text_add(t, parens ? ")" : "");
}
