/* Names: scopes, functions of modules, and what to say about a name that is not known.
 *
 * One map holds the innermost binding of each name; an undo list brings back the outer ones when a scope closes. */
#include <string.h>

#include "form/habits.h"
#include "stage/check/check_parts.h"

int scope_open(checker *c)
{
    int outer = c->scope_start;
    c->scope_start = c->undo.n;
    return outer;
}

void scope_close(checker *c, int outer)
{
    while (c->undo.n > c->scope_start) {
        undo u = c->undo.data[--c->undo.n];
        map_set(&c->scope, u.name, u.outer);
    }
    c->scope_start = outer;
}

binding *scope_find(const checker *c, const char *name)
{
    return map_get(&c->scope, name);
}

/* Names that stand for themselves everywhere. */
bool name_is_free(checker *c, const char *name, loc at)
{
    const builtin *row = builtin_find(name);
    const char *what = builtin_is_type(name)                         ? "a type"
                       : row && row->class == BUILTIN_SHAPED         ? "a builtin that makes tensors"
                       : name == c->pi->name || name == c->inf->name ? "a constant"
                                                                     : NULL;
    if (what && diag_error(c->diag, at, "'%s' is %s and cannot be declared", name, what))
        diag_hint(c->diag, "choose another name");
    return !what;
}

static bool declared_here(const checker *c, const char *name)
{
    for (int i = c->undo.n - 1; i >= c->scope_start; i--)
        if (c->undo.data[i].name == name)
            return true;
    return false;
}

void scope_enter(checker *c, binding *b)
{
    binding *known = scope_find(c, b->name);
    if (known && declared_here(c, b->name)) {
        int line, column;
        source_position(known->at.src, known->at.begin, &line, &column);
        if (diag_error(c->diag, b->at, "'%s' is declared already, on line %d", b->name, line))
            diag_hint(c->diag,
                      known->kind == BIND_VAR ? "to rebind it write %s = ...; without var or let"
                                              : "choose another name%.0s",
                      b->name);
    }
    vec_push(c->mem, &c->undo, (undo){b->name, known});
    map_set(&c->scope, b->name, b);
}

binding *scope_declare(checker *c, binding_kind kind, const char *name, loc at, type *ty)
{
    binding *b = ARENA_NEW(c->mem, binding);
    *b = (binding){.kind = kind, .name = name, .at = at, .type = ty};
    name_is_free(c, name, at);
    scope_enter(c, b);
    map_set(&c->depths, b, (void *)(intptr_t)(c->regions.n + 1));
    return b;
}

function *find_function(checker *c, const module *m, const char *name)
{
    const map *functions = map_get(&c->modules, m);
    return functions ? map_get(functions, name) : NULL;
}

typedef VEC(const char *) candidates;

static void add_functions(checker *c, candidates *l, const module *m)
{
    for (int i = 0; i < m->functions.n; i++)
        vec_push(c->mem, l, m->functions.data[i]->name);
}

static void add_builtins(checker *c, candidates *l)
{
    int n;
    const builtin *rows = builtin_rows(&n);
    for (int i = 0; i < n; i++)
        vec_push(c->mem, l, rows[i].name);
}

static const char *nearest_name(checker *c, const char *name, bool call)
{
    candidates l = {0};
    for (int i = 0; i < c->undo.n; i++)
        if (scope_find(c, c->undo.data[i].name))
            vec_push(c->mem, &l, c->undo.data[i].name);
    if (call) {
        add_functions(c, &l, c->fn->module);
        add_builtins(c, &l);
    }
    return diag_nearest(name, l.data, l.n);
}

/* A module that is imported and has the function. */
static const char *module_that_has(checker *c, const char *name)
{
    const module *m = c->fn->module;
    for (int i = 0; i < m->imports.n; i++)
        if (m->imports.data[i].module && find_function(c, m->imports.data[i].module, name))
            return m->imports.data[i].alias;
    return NULL;
}

void report_unknown_name(checker *c, loc at, const char *name, bool call)
{
    if (!diag_error(c->diag, at, call ? "unknown function '%s'" : "unknown name '%s'", name))
        return;
    const char *alias = module_that_has(c, name), *nearest = nearest_name(c, name, call), *habit = habit_of_name(name);
    if (alias)
        diag_hint(c->diag, "did you mean '%s.%s'?", alias, name);
    else if (habit)
        diag_hint(c->diag, "%s", habit);
    else if (nearest)
        diag_hint(c->diag, "did you mean '%s'?", nearest);
}

static void report_unknown_module(checker *c, const expr *e)
{
    candidates l = {0};
    const module *m = c->fn->module;
    for (int i = 0; i < m->imports.n; i++)
        vec_push(c->mem, &l, m->imports.data[i].alias);
    const char *nearest = diag_nearest(e->module_name, l.data, l.n);
    const char *habit = habit_of_name(e->name);
    bool library = habit_is_library(e->module_name), value = scope_find(c, e->module_name) != NULL;
    if (!diag_error(c->diag, e->at, value ? "'%s' is a value, no module" : "unknown module '%s'", e->module_name))
        return;
    if ((library || value) && habit)
        diag_hint(c->diag, "%s", habit);
    else if (library)
        diag_hint(c->diag, "functions and constants have no prefix: %s", e->name);
    else if (nearest)
        diag_hint(c->diag, "did you mean '%s'?", nearest);
    else if (value)
        diag_hint(c->diag, "functions of values are written %s(%s)", e->name, e->module_name);
    else
        diag_hint(c->diag, "add import %s; at the top of the file", e->module_name);
}

function *find_qualified(checker *c, const expr *e)
{
    const module *m = module_import(c->fn->module, e->module_name);
    if (!m) {
        report_unknown_module(c, e);
        return NULL;
    }
    function *f = find_function(c, m, e->name);
    if (f)
        return f;
    candidates l = {0};
    add_functions(c, &l, m);
    const char *nearest = diag_nearest(e->name, l.data, l.n);
    if (diag_error(c->diag, e->at, "module '%s' has no function '%s'", e->module_name, e->name) && nearest)
        diag_hint(c->diag, "did you mean '%s.%s'?", e->module_name, nearest);
    return NULL;
}
