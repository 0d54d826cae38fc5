/* What surrounds the work of an exported function: the workspace query, and the checks of the arguments.
 *
 * Reads the interface and the slots of a placed nest_fn; writes two public functions. The one idea: sizes are computed
 * in arithmetic in which overflow is a value (AD_BAD of the prelude), so nothing is computed with a size before it is
 * known to be possible, and nothing is written before all is. */
#include <string.h>

#include "back/c/emit_c_parts.h"
#include "back/spell.h"

static const int elem_bytes[] = {[ELEM_F32] = 4, [ELEM_F64] = 8, [ELEM_INT] = 8, [ELEM_BOOL] = 1};

/* Polynomials in checked arithmetic. */

static const char *checked_binary(emitter *e, const char *function, const char *a, const char *b)
{
    return arena_printf(e->mem, "%s(%s, %s)", prelude_use(e->p.helpers, function), a, b);
}

static const char *checked_terms(emitter *e, const extent *x, int sign);

static const char *checked_atom(emitter *e, const extent_pool *pool, const char *atom)
{
    atom_speller s = print_speller(&e->p);
    const extent *inside = extent_positive_of(pool, atom);
    return inside
               ? arena_printf(e->mem, "%s(%s)", prelude_use(e->p.helpers, "ad_positive"), checked_terms(e, inside, 0))
               : s.spell(atom, s.data);
}

static const char *checked_term(emitter *e, const extent_pool *pool, const extent_term *m)
{
    const char *product = m->coef == 1 && m->degree > 0 ? NULL : print_integer(e->mem, m->coef);
    for (int i = 0; i < m->degree; i++) {
        const char *atom = checked_atom(e, pool, m->atoms[i]);
        product = product ? checked_binary(e, "ad_times", product, atom) : atom;
    }
    return product;
}

/* The terms whose coefficient has the given sign, or all when sign is 0, with that sign taken out. */
static const char *checked_terms(emitter *e, const extent *x, int sign)
{
    const char *sum = NULL;
    for (int i = 0; i < x->n; i++) {
        extent_term m = x->terms[i];
        if (sign && (m.coef < 0) != (sign < 0))
            continue;
        m.coef = sign < 0 ? -m.coef : m.coef;
        const char *term = checked_term(e, x->pool, &m);
        sum = sum ? checked_binary(e, "ad_plus", sum, term) : term;
    }
    return sum ? sum : "0";
}

/* The workspace query. */

static void emit_negative_sizes(emitter *e, bool (*wanted)(emitter *e, int size, int arg), int arg, const char *result)
{
    text t;
    text_init(&t, e->mem);
    for (int i = 0; i < e->fn->face->nsizes; i++)
        if (wanted(e, i, arg))
            text_addf(&t, "%s%s < 0", t.n ? " || " : "", e->p.params.sizes[i]);
    if (!t.n)
        return;
    emit_linef(e, "if (%s)", text_str(&t));
    emit_linef(e, "    return %s;", result);
}

static bool any_size(emitter *e, int size, int arg)
{
    (void)e, (void)size, (void)arg;
    return true;
}

static const char *slot_users(emitter *e, int slot)
{
    text t;
    text_init(&t, e->mem);
    for (int i = 0; i < e->slot_users[slot].n; i++)
        text_addf(&t, "%s%s", i ? ", " : "", e->slot_users[slot].data[i]->name);
    return text_str(&t);
}

static void emit_slot_size(emitter *e, int slot)
{
    const char *bytes = checked_terms(e, e->fn->slot_bytes[slot], 0);
    const char *room = arena_printf(e->mem, "%s(%s)", prelude_use(e->p.helpers, "ad_room"), bytes);
    const char *threads = e->face->target == TARGET_CUDA ? "AD_GPU_THREADS" : "AD_MAX_THREADS";
    if (e->fn->slot_scratch[slot])
        room = checked_binary(e, "ad_times", prelude_use(e->p.helpers, threads), room);
    emit_linef(e, "ad_total = %s; /* %s */", checked_binary(e, "ad_plus", "ad_total", room), slot_users(e, slot));
}

/* Parameters of the query that nothing used. */
static void emit_unused_workspace_args(emitter *e)
{
    const interface_fn *f = e->fn->face;
    for (int k = 0; k < f->nworkspace_args; k++)
        for (int i = 0; i < f->nargs; i++) {
            bool is_it = f->args[i].role == ARG_INPUT && !strcmp(f->args[i].name, f->workspace_args[k]);
            if (is_it && !e->p.arg_used[i])
                emit_linef(e, "(void)%s;", e->p.params.args[i]);
        }
}

void emit_shares(emitter *e)
{
    for (int i = 0; i < e->fn->shares.n; i++) {
        const size_share *s = &e->fn->shares.data[i];
        emit_linef(e, "const int64_t %s = %s(%s, %s, %s, %s);", s->name, prelude_use(e->p.helpers, "ad_share"),
                   print_integer(e->mem, s->least), checked_terms(e, s->all, 0), checked_terms(e, s->one, 0),
                   checked_terms(e, s->most, 0));
    }
}

static bool needs_workspace(const emitter *e, const nest_fn *f)
{
    return f->nslots > 0 || e->face->target == TARGET_CUDA;
}

static void emit_total(emitter *e)
{
    if (!needs_workspace(e, e->fn))
        return;
    emit_shares(e);
    if (e->face->target == TARGET_CUDA)
        emit_linef(e, "int64_t ad_total = 64 + %s; /* parts begin at multiples of 64 */",
                   prelude_use(e->p.helpers, "AD_STATE_BYTES"));
    else
        emit_line(e, "int64_t ad_total = 64; /* parts begin at multiples of 64 */");
    for (int i = 0; i < e->fn->nslots; i++)
        emit_slot_size(e, i);
}

const char *version_condition(emitter *e, const nest_fn *f)
{
    atom_speller s = print_speller(&e->p);
    text t;
    text_init(&t, e->mem);
    for (int i = 0; i < f->fixed.n; i++)
        text_addf(&t, "%s%s == %s", i ? " && " : "", s.spell(f->fixed.data[i].name, s.data),
                  print_integer(e->mem, f->fixed.data[i].value));
    return text_str(&t);
}

/* The version is that function with other slots. */
static void emit_version_total(emitter *e, const nest_fn *version)
{
    const nest_fn *all = e->fn;
    emit_linef(e, "if (%s) {", version_condition(e, version));
    emitter_turn_to(e, version);
    e->indent += 4;
    emit_total(e);
    emit_line(e, needs_workspace(e, version) ? "return ad_total < 0 ? SIZE_MAX : (size_t)ad_total;" : "return 0;");
    e->indent -= 4;
    emitter_turn_to(e, all);
    emit_line(e, "}");
}

void emit_workspace_query(emitter *e)
{
    emit_workspace_prototype(e->out, e->face, e->fn->face, e->face->target);
    text_add(e->out, "\n{\n");
    e->indent = 4;
    emit_negative_sizes(e, any_size, 0, "SIZE_MAX");
    for (int i = 0; i < e->fn->versions.n; i++)
        emit_version_total(e, e->fn->versions.data[i]);
    emit_total(e);
    emit_unused_workspace_args(e);
    emit_line(e, needs_workspace(e, e->fn) ? "return ad_total < 0 ? SIZE_MAX : (size_t)ad_total;" : "return 0;");
    e->indent = 0;
    text_add(e->out, "}\n\n");
}

/* Checks of the public function. */

static bool mentions(const interface_arg *a, const char *size)
{
    for (int i = 0; i < a->rank; i++)
        for (int k = 0; k < a->extents[i]->n; k++)
            for (int m = 0; m < a->extents[i]->terms[k].degree; m++)
                if (!strcmp(a->extents[i]->terms[k].atoms[m], size))
                    return true;
    return false;
}

/* The size belongs to the first argument that mentions it, or to the first of all. */
static bool size_of_arg(emitter *e, int size, int arg)
{
    const interface_fn *f = e->fn->face;
    int first = 0;
    while (first < f->nargs && !mentions(&f->args[first], f->sizes[size]))
        first++;
    return arg == (first < f->nargs ? first : 0);
}

const char *emit_status(emitter *e, const char *code, int arg, int rule)
{
    return rule ? arena_printf(e->mem, "AD_STATUS_OF_RULE(%s, %d, %d)", code, arg, rule)
                : arena_printf(e->mem, "AD_STATUS(%s, %d)", code, arg);
}

/* An earlier argument of the same shape and no smaller entries was checked already. */
static bool same_as_earlier(const interface_fn *f, int arg)
{
    const interface_arg *a = &f->args[arg];
    for (int i = 0; i < arg; i++) {
        const interface_arg *b = &f->args[i];
        bool same = b->rank == a->rank && elem_bytes[b->elem] >= elem_bytes[a->elem];
        for (int k = 0; same && k < a->rank; k++)
            same = a->extents[k] == b->extents[k];
        if (same)
            return true;
    }
    return false;
}

static bool is_constant_shape(const interface_arg *a)
{
    for (int i = 0; i < a->rank; i++)
        if (!extent_is_const(a->extents[i], NULL))
            return false;
    return true;
}

static void emit_extent_check(emitter *e, int arg)
{
    const interface_arg *a = &e->fn->face->args[arg];
    if (is_constant_shape(a) || same_as_earlier(e->fn->face, arg))
        return;
    text t;
    text_init(&t, e->mem);
    text_addf(&t, "const int64_t ad_extents%d[] = {", arg);
    for (int i = 0; i < a->rank; i++)
        text_addf(&t, "%s%s", i ? ", " : "", checked_terms(e, a->extents[i], 0));
    text_add(&t, "};");
    emit_line(e, text_str(&t));
    emit_linef(e, "if (!%s(%d, %d, ad_extents%d))", prelude_use(e->p.helpers, "ad_fits"), elem_bytes[a->elem], a->rank,
               arg);
    emit_linef(e, "    return %s;", emit_status(e, "AD_SIZE", arg, 0));
}

static void emit_size_check(emitter *e, const size_check *c)
{
    const char *positive = checked_terms(e, c->value, 1), *negative = checked_terms(e, c->value, -1);
    bool is_plain = c->value->n <= 2 && extent_degree(c->value) <= 1;
    if (c->equality)
        emit_linef(e, "if (%s != %s%s)", positive, negative,
                   is_plain ? "" : arena_printf(e->mem, " || %s < 0", positive));
    else
        emit_linef(e, "if (%s < %s%s)", positive, negative,
                   is_plain ? "" : arena_printf(e->mem, " || %s < 0", negative));
    emit_linef(e, "    return %s;", emit_status(e, "AD_SIZE", c->arg, c->rule));
}

static void emit_null_check(emitter *e, int arg)
{
    const interface_arg *a = &e->fn->face->args[arg];
    int64_t k;
    bool some = true, none = false;
    for (int i = 0; i < a->rank; i++) {
        bool is_const = extent_is_const(a->extents[i], &k);
        some = some && is_const;
        none = none || (is_const && k == 0);
    }
    if (a->role != ARG_INPUT || a->rank == 0 || none)
        return;
    text t;
    text_init(&t, e->mem);
    print_count(&t, &e->p, 0, a->rank, a->extents);
    e->p.arg_used[arg] = true;
    emit_linef(e, "if (!%s%s)", e->p.params.args[arg], some ? "" : arena_printf(e->mem, " && %s > 0", text_str(&t)));
    emit_linef(e, "    return %s;", emit_status(e, "AD_NULL", arg, 0));
}

void emit_checks(emitter *e)
{
    const interface_fn *f = e->fn->face;
    for (int i = 0; i < f->nargs || i == 0; i++)
        emit_negative_sizes(e, size_of_arg, i, emit_status(e, "AD_SIZE", i, 0));
    for (int i = 0; i < e->fn->checks.n; i++)
        emit_size_check(e, &e->fn->checks.data[i]);
    for (int i = 0; i < f->nargs; i++)
        emit_extent_check(e, i);
    for (int i = 0; i < f->nargs; i++)
        emit_null_check(e, i);
}

const char *emit_query_call(emitter *e)
{
    const interface_fn *f = e->fn->face;
    text t;
    text_init(&t, e->mem);
    text_addf(&t, "%s(", emit_workspace_symbol(e->mem, e->face, f, e->face->target));
    bool first = true;
    for (int i = 0; i < f->nsizes; i++, first = false)
        text_addf(&t, "%s%s", first ? "" : ", ", e->p.params.sizes[i]);
    for (int i = 0; i < f->nargs; i++)
        for (int k = 0; k < f->nworkspace_args; k++)
            if (f->args[i].role == ARG_INPUT && !strcmp(f->args[i].name, f->workspace_args[k])) {
                text_addf(&t, "%s%s", first ? "" : ", ", e->p.params.args[i]);
                e->p.arg_used[i] = true;
                first = false;
            }
    text_add(&t, ")");
    return text_str(&t);
}

static void emit_with_workspace(emitter *e, const char *run_call)
{
    emit_linef(e, "const size_t ad_needed = %s;", emit_query_call(e));
    emit_line(e, "if (ad_needed == SIZE_MAX)");
    emit_linef(e, "    return %s;", emit_status(e, "AD_SIZE", 0, 0));
    emit_line(e, "if (workspace && workspace_size < ad_needed)");
    emit_linef(e, "    return %s;", emit_status(e, "AD_WORKSPACE", 0, 0));
    emit_line(e, "void *const ad_own = workspace ? NULL : ad_allocate(ad_needed);");
    emit_line(e, "if (!workspace && !ad_own)");
    emit_linef(e, "    return %s;", emit_status(e, "AD_MEMORY", 0, 0));
    emit_linef(e, "char *const ad_place = %s(workspace ? workspace : ad_own);",
               prelude_use(e->p.helpers, "ad_aligned"));
    emit_linef(e, "const ad_status ad_result = %s;", run_call);
    emit_line(e, "if (ad_own)");
    emit_line(e, "    ad_release(ad_own);");
    emit_line(e, "return ad_result;");
}

void emit_unused_args(emitter *e)
{
    const interface_fn *f = e->fn->face;
    for (int i = 0; i < f->nargs; i++)
        if (!e->p.arg_used[i])
            emit_linef(e, "(void)%s;", e->p.params.args[i]);
}

void emit_public(emitter *e, const char *run_call)
{
    emit_prototype(e->out, e->face, e->fn->face, ENTRY_C);
    text_add(e->out, "\n{\n");
    e->indent = 4;
    emit_checks(e);
    emit_unused_args(e);
    bool needs = e->fn->nslots > 0;
    for (int i = 0; i < e->fn->versions.n; i++)
        needs |= e->fn->versions.data[i]->nslots > 0;
    if (needs) {
        emit_with_workspace(e, run_call);
    } else {
        emit_line(e, "(void)workspace;");
        emit_line(e, "(void)workspace_size;");
        emit_linef(e, "return %s;", run_call);
    }
    e->indent = 0;
    text_add(e->out, "}\n");
}
