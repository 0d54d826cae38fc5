/* Prints a module's C file: comment, includes, helpers in use, functions, description table.
 *
 * Reads placed loop nests and the interface; writes text. The functions are printed first, so that only helpers which
 * they use stand before them. The parts of a function are in emit_c_body.c, emit_c_statement.c and emit_c_check.c. */
#include "back/c/emit_c.h"

#include <stdarg.h>
#include <string.h>

#include "back/c/emit_c_parts.h"
#include "back/emit_quote.h"

enum { LINE_WIDTH = 118 };

/* Names. */

void emitter_turn_to(emitter *e, const nest_fn *f)
{
    e->fn = f;
    e->p.fn = f;
    e->slot_users = ARENA_ARRAY(e->mem, buffer_list, f->nslots);
    for (int i = 0; i < f->buffers.n; i++)
        if (f->buffers.data[i]->slot >= 0)
            vec_push(e->mem, &e->slot_users[f->buffers.data[i]->slot], f->buffers.data[i]);
}

void emitter_init(emitter *e, arena *mem, const interface *face, const nest_fn *fn, prelude *helpers)
{
    *e = (emitter){.mem = mem, .face = face, .fn = fn, .pool = extent_pool_new(mem)};
    c_printer_init(&e->p, mem, fn, helpers);
    e->p.real = face->real;
    names_init(&e->words, mem);
    map *const maps[] = {&e->legal, &e->taken, &e->live, &e->shared};
    for (int i = 0; i < 4; i++)
        map_init(maps[i], mem);
    map_set(&e->taken, names_intern(&e->words, "workspace"), e);
    for (int i = 0; i < fn->face->nsizes; i++)
        map_set(&e->taken, names_intern(&e->words, e->p.params.sizes[i]), e);
    for (int i = 0; i < fn->face->nargs; i++)
        map_set(&e->taken, names_intern(&e->words, e->p.params.args[i]), e);
    for (int i = 0; i < fn->shares.n; i++)
        map_set(&e->taken, names_intern(&e->words, fn->shares.data[i].name), e);
    emitter_turn_to(e, fn);
}

/* The name, changed where it is a word of C: as if it were a parameter. */
static const char *legal_name(emitter *e, const char *name)
{
    name = names_intern(&e->words, name);
    const char *legal = map_get(&e->legal, name);
    if (!legal) {
        interface_fn one = {.nsizes = 1, .sizes = &name};
        legal = names_intern(&e->words, emit_c_names(e->mem, &one).sizes[0]);
        map_set(&e->legal, name, (char *)legal);
    }
    return legal;
}

const char *emitter_name(emitter *e, const char *near)
{
    const char *name = legal_name(e, near);
    while (map_get(&e->taken, name))
        name = legal_name(e, arena_printf(e->mem, "%s_", name));
    map_set(&e->taken, name, e);
    vec_push(e->mem, &e->scope, name);
    if (e->given)
        vec_push(e->mem, e->given, name);
    return name;
}

int enter_scope(const emitter *e)
{
    return e->scope.n;
}

void leave_scope(emitter *e, int mark)
{
    for (int i = mark; i < e->scope.n; i++)
        map_set(&e->taken, e->scope.data[i], NULL);
    e->scope.n = mark;
}

/* Lines. */

/* Where to break a line that is longer than width: at a space in the second half, in the fewest parentheses, rather
 * behind a comma, as late as possible. 0: nowhere. */
static size_t line_end(const char *line, size_t width)
{
    size_t best = 0;
    int depth = 0, best_rank = 0;
    for (size_t i = 0; i <= width; i++) {
        depth += (line[i] == '(') - (line[i] == ')');
        if (line[i] != ' ')
            continue;
        int rank = 2 * depth + (line[i - 1] != ',' && line[i - 1] != ';');
        if (i < width / 2 || best < width / 2 || rank <= best_rank) {
            best = i;
            best_rank = rank;
        }
    }
    return best;
}

void emit_line(emitter *e, const char *line)
{
    size_t indent = (size_t)e->indent, n = strlen(line);
    while (n + indent > LINE_WIDTH) {
        size_t cut = line_end(line, LINE_WIDTH - indent);
        if (cut == 0)
            break;
        text_addf(e->out, "%*s%.*s\n", (int)indent, "", (int)cut, line);
        line += cut + 1;
        n -= cut + 1;
        indent = (size_t)e->indent + 4;
    }
    text_addf(e->out, "%*s%s\n", (int)indent, "", line);
}

void emit_linef(emitter *e, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    emit_line(e, arena_vprintf(e->mem, fmt, ap));
    va_end(ap);
}

const char *emit_text(emitter *e, const lexpr *x, int prec)
{
    text t;
    text_init(&t, e->mem);
    print_expr(&t, &e->p, x, prec);
    return text_str(&t);
}

const char *emit_size(emitter *e, const extent *x, int prec)
{
    text t;
    text_init(&t, e->mem);
    print_extent(&t, &e->p, x, prec);
    return text_str(&t);
}

/* The module. */

const char *emit_in_comment(arena *mem, const char *s)
{
    text t;
    text_init(&t, mem);
    emit_comment_text(&t, s ? s : "", s ? strlen(s) : 0);
    return text_str(&t);
}

/* The version's own function; returns the choice between its call and the other. */
static const char *emit_version(emitter *all, const nest_fn *version, const char *other)
{
    emitter run;
    emitter_init(&run, all->mem, all->face, version, all->p.helpers);
    run.sharing = all->sharing;
    run.out = all->out;
    const char *call = emit_run(&run);
    text_add(all->out, "\n");
    for (int i = 0; i < version->face->nargs; i++)
        all->p.arg_used[i] |= run.p.arg_used[i];
    return arena_printf(all->mem, "%s ? %s : %s", version_condition(all, version), call, other);
}

static void emit_function(text *t, const interface *face, const nest_fn *f, prelude *helpers, sharing *all)
{
    emitter run, query, check;
    emitter_init(&run, t->mem, face, f, helpers);
    emitter_init(&query, t->mem, face, f, helpers);
    emitter_init(&check, t->mem, face, f, helpers);
    run.out = query.out = check.out = t;
    run.sharing = check.sharing = all;
    const char *where = f->face->where ? arena_printf(t->mem, ", %s", f->face->where) : "";
    text_addf(t, "/* ---- %s%s ---- */\n\n", f->face->name, emit_in_comment(t->mem, where));
    emit_workspace_query(&query);
    const char *call = emit_run(&run);
    text_add(t, "\n");
    memcpy(check.p.arg_used, run.p.arg_used, (size_t)f->face->nargs * sizeof *run.p.arg_used);
    for (int i = 0; i < f->versions.n; i++)
        call = emit_version(&check, f->versions.data[i], call);
    emit_public(&check, call);
    text_add(t, "\n");
}

void emit_comment(text *t, const nest_module *m)
{
    const interface *face = m->face;
    text_addf(t, "/* The functions of %s in C, made by adc %s; do not edit.\n *\n",
              emit_in_comment(t->mem, face->source_name), emit_in_comment(t->mem, face->version));
    text_addf(t, " *   command  %s\n *   source   %s\n", emit_in_comment(t->mem, face->command),
              emit_in_comment(t->mem, face->source_hash));
    if (m->fns.n > 0)
        text_add(t, " *\n * Operations of a call, about (a function of <math.h> counts as 10):\n *\n");
    for (int i = 0; i < m->fns.n; i++) {
        const nest_fn *f = m->fns.data[i];
        const extent *cost = f->cost ? f->cost : cost_of(t->mem, &f->body);
        text_addf(t, " *   %-20s %s\n", f->face->name, extent_str(t->mem, cost));
    }
    text_add(t, " */\n");
}

/* The bytes of a lane, told to the helpers; in f64 modules they know. */
static const char *face_bytes(const interface *face)
{
    return face->real == ELEM_F32 ? "#define AD_LANE_BYTES 4\n\n" : "";
}

/* Products are added unrounded where ad_fma says so, and nowhere else. gcc knows no pragma for parts of a file; in the
 * modes of the standard (-std=c11) it needs none. */
static const char no_contraction_of_gcc[] = "#if defined __GNUC__ && !defined __clang__ && !defined __STRICT_ANSI__\n"
                                            "#pragma GCC optimize(\"fp-contract=off\")\n"
                                            "#endif\n\n";
static const char no_contraction_of_clang[] = "#ifdef __clang__\n"
                                              "#pragma STDC FP_CONTRACT OFF\n"
                                              "#endif\n\n";

static text emit_functions(const nest_module *m, prelude *helpers, sharing *all)
{
    text t;
    text_init(&t, all->mem);
    prelude_init(helpers, all->mem);
    for (int i = 0; i < m->fns.n; i++)
        emit_function(&t, m->face, m->fns.data[i], helpers, all);
    return t;
}

void emit_c(text *t, const nest_module *m, const char *header_name)
{
    prelude helpers;
    sharing all;
    sharing_init(&all, t->mem);
    emit_functions(m, &helpers, &all);
    all.counting = false;
    const text functions = emit_functions(m, &helpers, &all);
    emit_comment(t, m);
    text_add(t, m->fast_math ? "#define AD_FAST_MATH 1\n\n" : "");
    emit_variant(t, m->face);
    text_addf(t, "#include \"%s\"\n\n#include <math.h>\n\n", header_name);
    text_add(t, no_contraction_of_gcc);
    text_add(t, face_bytes(m->face));
    prelude_print(t, &helpers);
    text_add(t, no_contraction_of_clang);
    text_add(t, text_str(&all.functions));
    text_add(t, text_str(&functions));
    text_add(t, "#ifndef AD_VARIANT\n\n");
    emit_table(t, m->face);
    text_add(t, "\n#endif\n");
}
