/* Loop nests built by hand, and the C printed for them compiled and run.
 *
 * Reads nothing; writes files in a temporary folder that it removes. Every program is compiled by gcc and by clang, if
 * they are there, with the warnings that generated code must not give. */
#include "unit/nests.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "back/c/emit_c.h"
#include "back/emit_interface.h"
#include "stage/place.h"

static const char warnings[] = "-Wall -Wextra -Wconversion -Wpedantic -Wdouble-promotion -Wshadow -Werror";

static interface_fn fns[16]; /* nest_module.face->fns must be an array */

void nests_init(nests *n)
{
    *n = (nests){.mem = arena_new()};
    names_init(&n->table, n->mem);
    n->pool = extent_pool_new(n->mem);
    n->m.face = ARENA_NEW(n->mem, interface);
    *n->m.face = (interface){.prefix = "model",
                             .suffix = "",
                             .source_name = "model.ad",
                             .version = "0.1.0",
                             .source_hash = "0123",
                             .command = "adc compile model.ad -o model.c",
                             .real = ELEM_F64,
                             .fns = fns};
}

const extent *nest_size(nests *n, const char *spelled)
{
    char *end;
    long k = strtol(spelled, &end, 10);
    if (end == spelled)
        return extent_name(n->pool, names_intern(&n->table, spelled));
    if (*end == '*')
        return extent_scale(nest_size(n, end + 1), k);
    return extent_const(n->pool, k);
}

static int shape(nests *n, const char *const *texts, int max, const extent ***extents)
{
    int rank = 0;
    *extents = ARENA_ARRAY(n->mem, const extent *, max);
    for (; rank < max && texts[rank]; rank++)
        (*extents)[rank] = nest_size(n, texts[rank]);
    return rank;
}

void nest_function(nests *n, const char *name, const char *const *sizes, const nest_arg *args)
{
    interface_fn *f = &fns[n->m.face->nfns++];
    *f = (interface_fn){.name = name, .sizes = (const char **)sizes, .where = "model.ad:1"};
    f->rules = ARENA_NEW(n->mem, interface_rules);
    while (sizes[f->nsizes])
        f->nsizes++;
    while (args[f->nargs].name)
        f->nargs++;
    f->args = ARENA_ARRAY(n->mem, interface_arg, f->nargs);
    n->fn = ARENA_NEW(n->mem, nest_fn);
    n->fn->face = f;
    n->body = &n->fn->body;
    vec_push(n->mem, &n->m.fns, n->fn);
    for (int i = 0; i < f->nargs; i++) {
        interface_arg *a = &f->args[i];
        *a = (interface_arg){.name = args[i].name, .role = args[i].role, .elem = args[i].elem, .gradient_of = -1};
        a->rank = shape(n, args[i].extents, 3, &a->extents);
        buffer *b = ARENA_NEW(n->mem, buffer);
        *b = (buffer){.kind = a->role == ARG_INPUT ? BUF_INPUT : BUF_RESULT,
                      .name = a->name,
                      .elem = a->elem,
                      .rank = a->rank,
                      .extents = a->extents,
                      .arg = i,
                      .slot = -1};
        vec_push(n->mem, &n->fn->buffers, b);
    }
}

buffer *nest_arg_buffer(nests *n, int arg)
{
    return n->fn->buffers.data[arg];
}

buffer *nest_buffer(nests *n, buffer_kind kind, const char *name, elem e, const char *e0, const char *e1)
{
    buffer *b = ARENA_NEW(n->mem, buffer);
    const char *texts[] = {e0, e1};
    *b = (buffer){.kind = kind, .name = name, .elem = e, .slot = -1, .last_use = 1000};
    b->rank = shape(n, texts, 2, &b->extents);
    vec_push(n->mem, &n->fn->buffers, b);
    return b;
}

temp *nest_temp(nests *n, const char *name, elem e)
{
    temp *v = ARENA_NEW(n->mem, temp);
    *v = (temp){.name = name, .elem = e};
    return v;
}

static lexpr *new_expr(nests *n, lexpr x)
{
    lexpr *e = ARENA_NEW(n->mem, lexpr);
    *e = x;
    return e;
}

lexpr *nest_number(nests *n, elem e, double x)
{
    return new_expr(n,
                    (lexpr){.kind = LX_CONST, .elem = e, .number = x, .integer = (int64_t)(e == ELEM_BOOL && x != 0)});
}

lexpr *nest_int(nests *n, int64_t x)
{
    return new_expr(n, (lexpr){.kind = LX_CONST, .elem = ELEM_INT, .integer = x});
}

lexpr *nest_extent(nests *n, const char *spelled)
{
    return new_expr(n, (lexpr){.kind = LX_SIZE, .elem = ELEM_INT, .extent = nest_size(n, spelled)});
}

lexpr *nest_read(nests *n, temp *v)
{
    return new_expr(n, (lexpr){.kind = LX_TEMP, .elem = v->elem, .temp = v});
}

static lexpr *point(nests *n, op o, elem e, int nargs, lexpr *a, lexpr *b, lexpr *c)
{
    lexpr **args = ARENA_ARRAY(n->mem, lexpr *, 3);
    args[0] = a;
    args[1] = b;
    args[2] = c;
    return new_expr(n, (lexpr){.kind = LX_POINT, .elem = e, .op = o, .nargs = nargs, .args = args});
}

lexpr *nest_op1(nests *n, op o, elem e, lexpr *a)
{
    return point(n, o, e, 1, a, NULL, NULL);
}

lexpr *nest_op2(nests *n, op o, elem e, lexpr *a, lexpr *b)
{
    return point(n, o, e, 2, a, b, NULL);
}

lexpr *nest_op3(nests *n, op o, elem e, lexpr *a, lexpr *b, lexpr *c)
{
    return point(n, o, e, 3, a, b, c);
}

static lexpr **pair(nests *n, lexpr *i, lexpr *j, int *count)
{
    lexpr **subs = ARENA_ARRAY(n->mem, lexpr *, 2);
    subs[0] = i;
    subs[1] = j;
    *count = (i != NULL) + (j != NULL);
    return subs;
}

lexpr *nest_load(nests *n, buffer *b, lexpr *i, lexpr *j)
{
    lexpr *e = new_expr(n, (lexpr){.kind = LX_LOAD, .elem = b->elem, .buffer = b});
    e->args = pair(n, i, j, &e->nargs);
    return e;
}

lstmt *nest_add(nests *n, lstmt s)
{
    lstmt *copy = ARENA_NEW(n->mem, lstmt);
    *copy = s;
    vec_push(n->mem, n->body, copy);
    return copy;
}

lstmt *nest_for(nests *n, temp *v, lexpr *lo, lexpr *hi, bool parallel)
{
    lstmt *s = nest_add(n, (lstmt){.kind = LS_FOR, .temp = v, .lo = lo, .hi = hi, .parallel = parallel});
    n->body = &s->body;
    return s;
}

void nest_close(nests *n, lstmt_list *outer)
{
    n->body = outer;
}

lstmt *nest_store(nests *n, buffer *b, lexpr *i, lexpr *j, lexpr *e)
{
    lstmt *s = nest_add(n, (lstmt){.kind = LS_STORE, .buffer = b, .e = e});
    s->subs = pair(n, i, j, &s->nsubs);
    return s;
}

lstmt *nest_let(nests *n, lstmt_kind kind, temp *v, lexpr *e)
{
    return nest_add(n, (lstmt){.kind = kind, .temp = v, .e = e});
}

/* Printing, compiling, running. */

const char *nest_print(nests *n)
{
    text t;
    text_init(&t, n->mem);
    for (int i = 0; i < n->m.fns.n; i++)
        place(n->m.fns.data[i], n->mem);
    emit_c(&t, &n->m, "model.h");
    return text_str(&t);
}

static void write_file(const char *folder, const char *name, const char *s)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    if (!f || fputs(s, f) < 0 || fclose(f))
        exit(2);
}

static int shell(const char *command)
{
    int rc = system(command);
    if (rc != 0)
        fprintf(stderr, "failed: %s\n", command);
    return rc != 0;
}

static int build_and_run(const char *folder, const char *files)
{
    static const char *const compilers[] = {"gcc -O2", "gcc -O1 -fopenmp -fsanitize=undefined,address", "clang -O2",
                                            "gcc -O3 -ffp-contract=off -march=native"};
    char *root = realpath(getenv("SRC") ? getenv("SRC") : ".", NULL);
    int failures = 0;
    for (size_t i = 0; i < sizeof compilers / sizeof *compilers; i++) {
        char command[2000];
        const char *end = strchr(compilers[i], ' ');
        snprintf(command, sizeof command, "command -v %.*s >/dev/null", (int)(end - compilers[i]), compilers[i]);
        if (system(command) != 0)
            continue;
        snprintf(command, sizeof command,
                 "cd %s && %s -std=c11 %s -I'%s/runtime/include' -o program %s '%s/runtime/status.c' -lm && ./program",
                 folder, compilers[i], warnings, root, files, root);
        failures += shell(command);
    }
    free(root);
    return failures;
}

static int in_folder(const char *first, const char *first_text, const char *second, const char *second_text,
                     const char *header)
{
    char folder[] = "/tmp/adc_nest_XXXXXX", command[100], files[100];
    if (!mkdtemp(folder))
        return 1;
    write_file(folder, first, first_text);
    if (second)
        write_file(folder, second, second_text);
    if (header)
        write_file(folder, "model.h", header);
    snprintf(files, sizeof files, "%s %s", first, second ? second : "");
    int failures = build_and_run(folder, files);
    if (failures && getenv("KEEP")) {
        fprintf(stderr, "kept: %s\n", folder);
        return failures;
    }
    snprintf(command, sizeof command, "rm -r %s", folder);
    return failures + shell(command);
}

int nest_run(nests *n, const char *main_text)
{
    text header;
    text_init(&header, n->mem);
    const char *c = nest_print(n);
    emit_header(&header, n->m.face);
    if (getenv("SHOW"))
        puts(c);
    return in_folder("model.c", c, "main.c", main_text, text_str(&header));
}

int nest_run_text(const char *name, const char *s)
{
    return in_folder(name, s, NULL, NULL, NULL);
}
