/* What derivatives cost as sizes grow, and what is never stored: the programs of tests/costs.
 *
 *   #! cost f_grad <= 5 * f         operations, whichever sizes are large
 *   #! cost f <= N*N*(30 + 4*D)     likewise, against a product of sums of products of sizes and numbers
 *   #! workspace f without N*N      no slot holds a multiple of this
 *   #! small H                      smaller than what is not large: N-H is an extent
 *
 * Operations are those of the fused graph (unit/graph_cost.h).
 * Usage: test_costs [FILE...]; with files the costs are printed. */
#include <ctype.h>
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/pipeline.h"
#include "unit/graph_cost.h"
#include "unit/graph_sample.h"

enum { TINY = 4, SMALL = 40, LARGE = 100000, MAX_SIZES = 10 };

static int failures, checks;

typedef struct program_costs {
    arena *mem;
    const char *path;
    map costs; /* function, interned -> extent */
    map small; /* names of sizes, interned */
    names names;
    nest_module nests;
    VEC(arena *) graphs; /* of the samples */
    bool print;
} program_costs;

typedef struct sizes {
    program_costs *p;
    int n;
    const char *names[MAX_SIZES];
    unsigned large; /* set of those that are */
} sizes;

static void failed(const program_costs *p, const char *line, const char *why)
{
    printf("FAILED: %s: %.*s: %s\n", p->path, (int)strcspn(line, "\n"), line, why);
    failures++;
}

/* ---- reading ---- */

static void measure(program_costs *p, const char *stage)
{
    while (*(stage += strspn(stage, "\n")) == '#') {
        const char *end = strstr(stage, "\n# ");
        size_t n = end ? (size_t)(end + 1 - stage) : strlen(stage);
        const char *name = names_intern_n(&p->names, stage + 2, strcspn(stage + 2, "\n"));
        sample s;
        const char *error = sample_read(&s, arena_strndup(p->mem, stage, n));
        vec_push(p->mem, &p->graphs, s.mem);
        if (error) {
            failed(p, name, error);
            return;
        }
        const extent *cost = graph_cost(s.g, s.n, s.roots);
        map_set(&p->costs, name, (void *)(uintptr_t)cost);
        if (p->print)
            printf("%-24s %s\n", name, extent_str(p->mem, cost));
        stage += n;
    }
}

static bool read_program(program_costs *p)
{
    diag d;
    compile_output fused = {0}, whole = {0};
    compile_options o = {.path = p->path, .real = ELEM_F64, .emit = "fused"};
    diag_init(&d, p->mem, stdout, false);
    if (!compile(&o, p->mem, &d, &fused))
        return false;
    measure(p, text_str(&fused.stage));
    o.emit = NULL;
    if (!compile(&o, p->mem, &d, &whole))
        return false;
    p->nests = whole.nests;
    return true;
}

/* ---- sizes ---- */

static bool is_tiny(const sizes *s, const char *name)
{
    return map_get(&s->p->small, names_intern(&s->p->names, name)) != NULL;
}

static void note_size(sizes *s, const char *name)
{
    if (is_tiny(s, name))
        return;
    for (int i = 0; i < s->n; i++)
        if (!strcmp(s->names[i], name))
            return;
    if (s->n < MAX_SIZES)
        s->names[s->n++] = name;
}

static bool size_value(const char *atom, int64_t *value, void *data)
{
    const sizes *s = data;
    *value = is_tiny(s, atom) ? TINY : SMALL;
    for (int i = 0; i < s->n; i++)
        if (!strcmp(s->names[i], atom) && s->large >> i & 1)
            *value = LARGE;
    return true;
}

static double value_of(const extent *e, sizes *s)
{
    double sum = 0;
    for (int i = 0; i < e->n; i++) {
        double x = (double)e->terms[i].coef;
        for (int k = 0; k < e->terms[i].degree; k++) {
            int64_t v;
            size_value(e->terms[i].atoms[k], &v, s);
            x *= (double)v;
        }
        sum += x;
    }
    return sum;
}

/* ---- bounds: sums of products of numbers, names and bounds in brackets ---- */

typedef struct reader {
    program_costs *p;
    const char *at;
    sizes *s;
    bool note; /* only note the sizes */
} reader;

static double read_sum(reader *r);

static double read_atom(reader *r)
{
    r->at += strspn(r->at, " ");
    if (*r->at == '(') {
        r->at++;
        double x = read_sum(r);
        r->at += *r->at == ')';
        return x;
    }
    if (isdigit((unsigned char)*r->at)) {
        char *end;
        double x = strtod(r->at, &end);
        r->at = end;
        return x;
    }
    size_t n = 0;
    while (isalnum((unsigned char)r->at[n]) || r->at[n] == '_')
        n++;
    const char *name = names_intern_n(&r->p->names, r->at, n);
    r->at += n;
    const extent *cost = map_get(&r->p->costs, name);
    if (!cost && r->note)
        note_size(r->s, name);
    for (int i = 0; cost && r->note && i < cost->n; i++)
        for (int k = 0; k < cost->terms[i].degree; k++)
            note_size(r->s, cost->terms[i].atoms[k]);
    int64_t v;
    return cost ? value_of(cost, r->s) : (size_value(name, &v, r->s), (double)v);
}

static double read_product(reader *r)
{
    double x = read_atom(r);
    while (*(r->at += strspn(r->at, " ")) == '*') {
        r->at++;
        x *= read_atom(r);
    }
    return x;
}

static double read_sum(reader *r)
{
    double x = read_product(r);
    while (*r->at == '+') {
        r->at++;
        x += read_product(r);
    }
    return x;
}

static void check_cost(program_costs *p, const char *line)
{
    const char *less = strstr(line, "<=");
    sizes s = {.p = p};
    for (unsigned set = 0; less && (set == 0 || set < 1u << s.n); set++) {
        reader left = {p, line, &s, set == 0}, right = {p, less + 2, &s, set == 0};
        s.large = set;
        double x = read_sum(&left), bound = read_sum(&right);
        if (set == 0 || x <= bound)
            continue;
        text which;
        text_init(&which, p->mem);
        text_addf(&which, "%.2f times as much where these are large:", x / bound);
        for (int i = 0; i < s.n; i++)
            if (set >> i & 1)
                text_addf(&which, " %s", s.names[i]);
        failed(p, line, text_str(&which));
        return;
    }
    checks++;
}

/* ---- workspace ---- */

static bool is_multiple(const extent_term *m, const char *product)
{
    char left[64] = "";
    bool used[16] = {false};
    snprintf(left, sizeof left, "%.*s", (int)strcspn(product, "\n"), product);
    for (const char *name = strtok(left, "* "); name; name = strtok(NULL, "* ")) {
        int k = 0;
        while (k < m->degree && (used[k] || strcmp(m->atoms[k], name)))
            k++;
        if (k == m->degree)
            return false;
        used[k] = true;
    }
    return true;
}

static void check_workspace(program_costs *p, const char *line)
{
    const char *without = strstr(line, " without ");
    for (int i = 0; without && i < p->nests.fns.n; i++) {
        const nest_fn *f = p->nests.fns.data[i];
        size_t n = strlen(f->face->name);
        if (strncmp(f->face->name, line, n) || line[n] != ' ')
            continue;
        checks++;
        for (int k = 0; k < f->nslots; k++)
            for (int t = 0; t < f->slot_bytes[k]->n; t++)
                if (is_multiple(&f->slot_bytes[k]->terms[t], without + 9))
                    failed(p, line, extent_str(p->mem, f->slot_bytes[k]));
    }
}

static void test_file(const char *path, bool print)
{
    program_costs p = {.mem = arena_new(), .path = path, .print = print};
    map_init(&p.costs, p.mem);
    map_init(&p.small, p.mem);
    names_init(&p.names, p.mem);
    const char *s = sample_file(p.mem, path);
    if (!s || !read_program(&p)) {
        failed(&p, "", "cannot be compiled");
    } else {
        for (; (s = strstr(s, "#! ")); s += 3) {
            if (!strncmp(s, "#! small ", 9))
                map_set(&p.small, names_intern_n(&p.names, s + 9, strcspn(s + 9, "\n")), &p);
            if (!strncmp(s, "#! cost ", 8))
                check_cost(&p, s + 8);
            if (!strncmp(s, "#! workspace ", 13))
                check_workspace(&p, s + 13);
        }
    }
    for (int i = 0; i < p.graphs.n; i++)
        arena_free(p.graphs.data[i]);
    arena_free(p.mem);
}

int main(int argc, char **argv)
{
    glob_t g;
    if (argc > 1) {
        for (int i = 1; i < argc; i++)
            test_file(argv[i], true);
    } else if (!glob("tests/costs/*.ad", 0, NULL, &g)) {
        for (size_t i = 0; i < g.gl_pathc; i++)
            test_file(g.gl_pathv[i], false);
        globfree(&g);
    }
    printf("%d costs checked\n", checks);
    return failures || (!checks && argc == 1);
}
