/* How a function of the interface is spelled in C: symbols, parameter names, types, sizes, prototypes.
 *
 * Reads struct interface; the header, the table and the code generator print through these, so that declaration,
 * definition and call can never differ. The one idea: a user's name is kept unless it would mean something else in
 * C or C++, then it gets underscores until it means nothing. */
#include <inttypes.h>
#include <string.h>

#include "back/emit_interface.h"
#include "base/map.h"

enum { LINE_WIDTH = 110 };

static const char *const c_types[] = {
    [ELEM_F32] = "float",
    [ELEM_F64] = "double",
    [ELEM_INT] = "int64_t",
    [ELEM_BOOL] = "bool",
};

/* Words of C11 and C++20, what the included headers define, macros that gcc predefines in gnu modes, and the functions
 * of <math.h>, whose float and long double variants are found by their last letter. Each has a space on both sides. */
static const char words[] =
    " auto bool break case char const continue default do double else enum extern false float for goto if inline "
    " int long nullptr register restrict return short signed sizeof static struct switch true typedef typeof union "
    " unsigned void volatile while "
    " alignas alignof and and_eq asm bitand bitor catch char8_t char16_t char32_t class co_await co_return "
    " co_yield compl concept const_cast consteval constexpr constinit decltype delete dynamic_cast explicit export "
    " friend mutable namespace new noexcept not not_eq operator or or_eq private protected public reinterpret_cast "
    " requires static_assert static_cast template this thread_local throw try typeid typename using virtual "
    " wchar_t xor xor_eq "
    " NULL offsetof size_t ptrdiff_t max_align_t int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t "
    " intptr_t uintptr_t intmax_t uintmax_t SIZE_MAX PTRDIFF_MAX PTRDIFF_MIN INFINITY NAN HUGE_VAL HUGE_VALF "
    " HUGE_VALL MAXFLOAT DOMAIN OVERFLOW UNDERFLOW SING PLOSS TLOSS signgam linux unix i386 omp memcpy memset "
    " memmove "
    " threadIdx blockIdx blockDim gridDim warpSize dim3 stream "
    " acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs fdim floor "
    " fma fmax fmin fmod frexp hypot ilogb isfinite isinf isnan ldexp lgamma llrint llround log log10 log1p log2 "
    " logb lrint lround modf nan nearbyint pow remainder rint round scalbn signbit sin sinh sqrt tan tanh tgamma "
    " trunc abs labs llabs ";

static const char *const word_prefixes[] = {"ad_", "adt_", "AD_", "INT", "UINT", "FP_", "M_", "MATH_", "cuda"};

static bool is_word(const char *s, size_t n)
{
    for (const char *p = words; *p; p++)
        if (p[0] == ' ' && p[1] == s[0] && !strncmp(p + 1, s, n) && p[1 + n] == ' ')
            return true;
    return false;
}

static bool has_reserved_prefix(const char *s)
{
    for (size_t i = 0; i < sizeof word_prefixes / sizeof *word_prefixes; i++)
        if (!strncmp(s, word_prefixes[i], strlen(word_prefixes[i])))
            return true;
    return false;
}

static bool is_reserved(const char *s)
{
    size_t n = strlen(s);
    bool variant = n > 1 && (s[n - 1] == 'f' || s[n - 1] == 'l');
    return is_word(s, n) || (variant && is_word(s, n - 1));
}

static const char *unique_name(arena *mem, names *pool, map *taken, const char *name)
{
    bool implementation_name = name[0] == '_' && (name[1] == '_' || (name[1] >= 'A' && name[1] <= 'Z'));
    if (implementation_name || has_reserved_prefix(name))
        name = arena_printf(mem, name[0] == '_' ? "x%s" : "x_%s", name);
    while (is_reserved(name) || map_get(taken, names_intern(pool, name)))
        name = arena_printf(mem, "%s_", name);
    name = names_intern(pool, name);
    map_set(taken, name, pool);
    return name;
}

c_names emit_c_names(arena *mem, const interface_fn *f)
{
    names pool;
    map taken;
    names_init(&pool, mem);
    map_init(&taken, mem);
    map_set(&taken, names_intern(&pool, "workspace"), &pool);
    map_set(&taken, names_intern(&pool, "workspace_size"), &pool);
    c_names c = {ARENA_ARRAY(mem, const char *, f->nsizes), ARENA_ARRAY(mem, const char *, f->nargs)};
    for (int i = 0; i < f->nsizes; i++)
        c.sizes[i] = unique_name(mem, &pool, &taken, f->sizes[i]);
    for (int i = 0; i < f->nargs; i++)
        c.args[i] = unique_name(mem, &pool, &taken, f->args[i].name);
    return c;
}

const char *emit_c_type(elem e)
{
    return c_types[e];
}

/* Symbols. */

static const char *const entry_suffixes[] = {[ENTRY_C] = "", [ENTRY_CUDA] = "_cuda", [ENTRY_HOST] = "_host"};
static const char *const target_suffixes[] = {[TARGET_C] = "", [TARGET_CUDA] = "_cuda"};

const char *emit_symbol(arena *mem, const interface *m, const interface_fn *f, entry_way way)
{
    return arena_printf(mem, "%s_%s%s%s", m->prefix, f->name, m->suffix, entry_suffixes[way]);
}

const char *emit_workspace_symbol(arena *mem, const interface *m, const interface_fn *f, target_kind target)
{
    return arena_printf(mem, "%s_%s_workspace%s%s", m->prefix, f->name, m->suffix, target_suffixes[target]);
}

const char *emit_module_symbol(arena *mem, const interface *m, target_kind target)
{
    return arena_printf(mem, "%s_module%s%s", m->prefix, m->suffix, target_suffixes[target]);
}

static bool claim(names *pool, map *taken, const char *symbol)
{
    const char *key = names_intern(pool, symbol);
    bool is_new = !map_get(taken, key);
    map_set(taken, key, pool);
    return is_new;
}

const char *emit_symbol_clash(arena *mem, const interface *m)
{
    names pool;
    map taken;
    names_init(&pool, mem);
    map_init(&taken, mem);
    claim(&pool, &taken, emit_module_symbol(mem, m, TARGET_C));
    if (m->target == TARGET_CUDA)
        claim(&pool, &taken, emit_module_symbol(mem, m, TARGET_CUDA));
    for (int i = 0; i < m->nfns; i++) {
        const interface_fn *f = &m->fns[i];
        const char *symbols[] = {emit_symbol(mem, m, f, ENTRY_C), emit_workspace_symbol(mem, m, f, TARGET_C),
                                 emit_symbol(mem, m, f, ENTRY_CUDA), emit_symbol(mem, m, f, ENTRY_HOST),
                                 emit_workspace_symbol(mem, m, f, TARGET_CUDA)};
        for (int k = 0; k < (m->target == TARGET_CUDA ? 5 : 2); k++)
            if (!claim(&pool, &taken, symbols[k]))
                return symbols[k];
    }
    return NULL;
}

/* Sizes. */

static void emit_constant(text *t, int64_t value)
{
    if (value > INT32_MAX)
        text_addf(t, "INT64_C(%" PRId64 ")", value);
    else
        text_addf(t, "%" PRId64, value);
}

static void emit_atom(text *t, const extent_pool *pool, const char *atom, atom_speller s)
{
    const extent *inside = extent_positive_of(pool, atom);
    if (!inside) {
        text_add(t, s.spell(atom, s.data));
        return;
    }
    text_add(t, "(");
    emit_extent(t, inside, s);
    text_add(t, " > 0 ? ");
    emit_extent(t, inside, s);
    text_add(t, " : 0)");
}

static void emit_monomial(text *t, const extent_pool *pool, const extent_term *term, int64_t coef, atom_speller s)
{
    bool show_coef = coef != 1 || term->degree == 0;
    if (show_coef)
        emit_constant(t, coef);
    for (int i = 0; i < term->degree; i++) {
        text_add(t, i > 0 || show_coef ? " * " : "");
        emit_atom(t, pool, term->atoms[i], s);
    }
}

void emit_extent(text *t, const extent *e, atom_speller s)
{
    if (e->n == 0)
        text_add(t, "0");
    for (int i = 0; i < e->n; i++) {
        const extent_term *term = &e->terms[i];
        bool negative = term->coef < 0;
        if (i > 0)
            text_add(t, negative ? " - " : " + ");
        else if (negative)
            text_add(t, "-");
        emit_monomial(t, e->pool, term, negative ? -term->coef : term->coef, s);
    }
}

void emit_extent_product(text *t, int n, const extent *const *extents, atom_speller s)
{
    if (n == 0)
        text_add(t, "1");
    for (int i = 0; i < n; i++) {
        bool parens = n > 1 && (extents[i]->n > 1 || (extents[i]->n == 1 && extents[i]->terms[0].coef < 0));
        text_addf(t, "%s%s", i > 0 ? " * " : "", parens ? "(" : "");
        emit_extent(t, extents[i], s);
        text_add(t, parens ? ")" : "");
    }
}

static const char *spell_parameter(const char *atom, const void *data)
{
    const fn_names *n = data;
    for (int i = 0; i < n->f->nsizes; i++)
        if (!strcmp(n->f->sizes[i], atom))
            return n->c.sizes[i];
    for (int i = 0; i < n->f->nargs; i++)
        if (n->f->args[i].role == ARG_INPUT && !strcmp(n->f->args[i].name, atom))
            return n->c.args[i];
    return atom;
}

atom_speller emit_fn_speller(const fn_names *n)
{
    return (atom_speller){spell_parameter, n};
}

/* Prototypes. */

typedef VEC(const char *) parameters;

static const char *parameter(arena *mem, const interface_arg *a, const char *name)
{
    const char *type = c_types[a->elem];
    if (a->role != ARG_INPUT)
        return arena_printf(mem, "%s *%s", type, name);
    return a->rank == 0 ? arena_printf(mem, "%s %s", type, name) : arena_printf(mem, "const %s *%s", type, name);
}

static void add_sizes(arena *mem, parameters *p, const interface_fn *f, const c_names *c)
{
    for (int i = 0; i < f->nsizes; i++)
        vec_push(mem, p, arena_printf(mem, "int64_t %s", c->sizes[i]));
}

void emit_folded(text *t, const char *head, int n, const char *const *items)
{
    size_t column = strlen(head), indent = column;
    text_add(t, head);
    for (int i = 0; i < n; i++) {
        size_t width = strlen(items[i]) + 2;
        bool fold = i > 0 && column + width > LINE_WIDTH;
        if (fold)
            text_addf(t, ",\n%*s", (int)indent, "");
        else if (i > 0)
            text_add(t, ", ");
        text_add(t, items[i]);
        column = (fold ? indent : column) + width;
    }
}

static void emit_head(text *t, const char *type, const char *symbol, const parameters *p)
{
    emit_folded(t, arena_printf(t->mem, "%s %s(", type, symbol), p->n, p->data);
    text_add(t, p->n ? ")" : "void)");
}

void emit_prototype(text *t, const interface *m, const interface_fn *f, entry_way way)
{
    c_names c = emit_c_names(t->mem, f);
    parameters p = {0};
    add_sizes(t->mem, &p, f, &c);
    for (int i = 0; i < f->nargs; i++)
        vec_push(t->mem, &p, parameter(t->mem, &f->args[i], c.args[i]));
    vec_push(t->mem, &p, "void *workspace");
    vec_push(t->mem, &p, "size_t workspace_size");
    if (way == ENTRY_CUDA)
        vec_push(t->mem, &p, "ad_stream stream");
    emit_head(t, "ad_status", emit_symbol(t->mem, m, f, way), &p);
}

bool emit_is_workspace_arg(const interface_fn *f, int arg)
{
    for (int i = 0; i < f->nworkspace_args; i++)
        if (f->args[arg].role == ARG_INPUT && !strcmp(f->workspace_args[i], f->args[arg].name))
            return true;
    return false;
}

void emit_workspace_prototype(text *t, const interface *m, const interface_fn *f, target_kind target)
{
    c_names c = emit_c_names(t->mem, f);
    parameters p = {0};
    add_sizes(t->mem, &p, f, &c);
    for (int i = 0; i < f->nargs; i++)
        if (emit_is_workspace_arg(f, i))
            vec_push(t->mem, &p, arena_printf(t->mem, "int64_t %s", c.args[i]));
    emit_head(t, "size_t", emit_workspace_symbol(t->mem, m, f, target), &p);
}
