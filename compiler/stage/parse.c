/* Parsing: reads files, runs the generated scanner and parser on each, follows the imports depth first.
 *
 * A module is known by its place (the file's real path, or its name when adc carries it), so that two ways of importing
 * one file give one module; a module whose imports are still being loaded marks a cycle. */
#include "stage/parse.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "form/tree_build.h"

#include "adc.tab.h"
#define YYSTYPE ADC_STYPE
#define YYLTYPE ADC_LTYPE
#include "adc.lex.h"

enum { MAX_FILE = 64 << 20, MAX_IMPORT_DEPTH = 100 };

typedef struct loading {
    struct loading *outer;
    module *module;
} loading;

typedef struct parser {
    program *program;
    const parse_options *options;
    diag *diag;
    arena *mem;
    map modules; /* place, interned -> module */
} parser;

static const char *read_stream(FILE *f, arena *mem, size_t *n)
{
    text t;
    text_init(&t, mem);
    char chunk[1 << 14];
    size_t got;
    while ((got = fread(chunk, 1, sizeof chunk, f)) > 0 && t.n <= MAX_FILE)
        text_addn(&t, chunk, got);
    *n = t.n;
    return ferror(f) ? NULL : text_str(&t);
}

/* NULL with errno or a reason in *why when the file cannot be read. */
static const char *read_file(const char *path, arena *mem, size_t *n, const char **why)
{
    struct stat info;
    FILE *f = fopen(path, "rb");
    if (!f || fstat(fileno(f), &info)) {
        *why = strerror(errno);
        if (f)
            fclose(f);
        return NULL;
    }
    const char *data = S_ISDIR(info.st_mode) ? NULL : read_stream(f, mem, n);
    *why = S_ISDIR(info.st_mode) ? "it is a directory" : "reading failed";
    fclose(f);
    if (data && *n > MAX_FILE) {
        *why = "it is larger than 64 MiB";
        data = NULL;
    }
    return data;
}

static source *new_source(arena *mem, const char *path, const char *data, size_t n)
{
    source *s = ARENA_NEW(mem, source);
    *s = (source){.path = path, .data = data, .n = n};
    source_index(s, mem);
    return s;
}

/* "shapes/curves.ad" -> "curves" */
static const char *base_name(program *p, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    size_t n = strlen(name);
    if (n > 3 && !strcmp(name + n - 3, ".ad"))
        n -= 3;
    return names_intern_n(p->names, name, n);
}

static tree_builder new_builder(arena *mem, names *names_, diag *d, const source *src, module *m)
{
    tree_builder b = {.mem = mem, .names = names_, .diag = d, .src = src, .module = m};
    text_init(&b.doc, mem);
    b.last = b.previous = (loc){src, 0, 0};
    if (src->n >= 3 && !memcmp(src->data, "\xef\xbb\xbf", 3))
        b.offset = 3;
    return b;
}

/* The scanner works on its own copy of the text. */
static void *open_scanner(const tree_builder *b)
{
    yyscan_t scanner;
    if (adc_lex_init(&scanner))
        return NULL;
    adc__scan_bytes(b->src->data + b->offset, (int)(b->src->n - (size_t)b->offset), scanner);
    return scanner;
}

/* A NUL byte is the sign of a file that is no text at all; nothing of it is scanned. */
static bool is_text(const source *s, diag *d)
{
    const char *nul = memchr(s->data, 0, s->n);
    if (!nul)
        return true;
    int at = (int)(nul - s->data);
    diag_error(d, (loc){s, at, at + 1}, "this file is not text: it contains a zero byte");
    return false;
}

static void parse_source(parser *p, module *m)
{
    if (!is_text(m->src, p->diag))
        return;
    tree_builder b = new_builder(p->mem, p->program->names, p->diag, m->src, m);
    void *scanner = open_scanner(&b);
    if (!scanner)
        return;
    adc_parse(scanner, &b);
    tree_resolve_calls(&b);
    adc_lex_destroy(scanner);
}

static void load_imports(parser *p, loading *now);

static module *add_module(parser *p, loading *outer, const char *place, const source *src)
{
    module *m = ARENA_NEW(p->mem, module);
    m->name = base_name(p->program, src->path);
    m->src = src;
    m->loading = true;
    vec_push(p->mem, &p->program->modules, m);
    map_set(&p->modules, place, m);
    parse_source(p, m);
    load_imports(p, &(loading){outer, m});
    m->loading = false;
    return m;
}

static void report_cycle(parser *p, const loading *now, const import *in, const module *m)
{
    const char *path = m->src->path;
    for (const loading *l = now; l && l->module != m; l = l->outer)
        path = arena_printf(p->mem, "%s -> %s", l->module->src->path, path);
    diag_error(p->diag, in->at, "import cycle: %s -> %s", m->src->path, path);
}

/* A file by its path: parsed now, or known already. NULL when it cannot be read (then *why says so). */
static module *load_file(parser *p, loading *outer, const char *path, const char **why)
{
    char resolved[PATH_MAX];
    const char *place = names_intern(p->program->names, realpath(path, resolved) ? resolved : path);
    module *known = map_get(&p->modules, place);
    if (known)
        return known;
    size_t n;
    const char *data = read_file(path, p->mem, &n, why);
    return data ? add_module(p, outer, place, new_source(p->mem, path, data, n)) : NULL;
}

static module *load_embedded(parser *p, loading *outer, const char *name)
{
    const char *path = arena_printf(p->mem, "stdlib/%s.ad", name);
    const char *place = names_intern(p->program->names, arena_printf(p->mem, "<%s>", path));
    module *known = map_get(&p->modules, place);
    const char *data = !known && p->options->embedded ? p->options->embedded(name) : NULL;
    return data ? add_module(p, outer, place, new_source(p->mem, path, data, strlen(data))) : known;
}

/* import "path" as alias: beside the importing file. */
static module *load_beside(parser *p, loading *now, const import *in)
{
    const char *from = now->module->src->path, *slash = strrchr(from, '/'), *why = NULL;
    const char *path = in->path;
    if (path[0] != '/' && slash)
        path = arena_printf(p->mem, "%.*s/%s", (int)(slash - from), from, path);
    module *m = path[0] ? load_file(p, now, path, &why) : NULL;
    if (!m)
        diag_error(p->diag, in->at, "cannot read '%s': %s", path, why ? why : "the name is empty");
    return m;
}

/* import name: the include directories, then the modules that adc carries. */
static module *load_named(parser *p, loading *now, const import *in)
{
    for (int i = 0; i < p->options->ninclude_dirs; i++) {
        const char *path = arena_printf(p->mem, "%s/%s.ad", p->options->include_dirs[i], in->alias);
        const char *why = NULL;
        struct stat info;
        if (stat(path, &info))
            continue;
        module *m = load_file(p, now, path, &why);
        if (!m)
            diag_error(p->diag, in->at, "cannot read '%s': %s", path, why);
        return m;
    }
    module *m = load_embedded(p, now, in->alias);
    if (!m && diag_error(p->diag, in->at, "unknown module '%s'", in->alias))
        diag_hint(p->diag, "give its directory with -I, or write import \"%s.ad\" as %s;", in->alias, in->alias);
    return m;
}

static bool imported_before(parser *p, const module *m, int index)
{
    const import *in = &m->imports.data[index];
    for (int i = 0; i < index; i++)
        if (m->imports.data[i].alias == in->alias) {
            if (diag_error(p->diag, in->at, "the name '%s' is imported already", in->alias))
                diag_hint(p->diag, "import \"...\" as another name");
            return true;
        }
    return false;
}

static void load_imports(parser *p, loading *now)
{
    int depth = 0;
    for (const loading *l = now; l; l = l->outer)
        depth++;
    for (int i = 0; i < now->module->imports.n; i++) {
        import *in = &now->module->imports.data[i];
        if (imported_before(p, now->module, i))
            continue;
        if (depth > MAX_IMPORT_DEPTH) {
            diag_error(p->diag, in->at, "imports nest more than %d deep", MAX_IMPORT_DEPTH);
            return;
        }
        module *m = in->path ? load_beside(p, now, in) : load_named(p, now, in);
        if (m && m->loading) {
            report_cycle(p, now, in, m);
            m = NULL;
        }
        in->module = m;
    }
}

bool parse_program(program *prog, const char *path, const parse_options *options, diag *d)
{
    program_init(prog, d->mem);
    parser p = {.program = prog, .options = options, .diag = d, .mem = d->mem};
    map_init(&p.modules, p.mem);
    int before = d->errors;
    const char *why = NULL;
    if (!load_file(&p, NULL, path, &why))
        diag_error(d, (loc){0}, "cannot read '%s': %s", path, why);
    return d->errors == before;
}

static void print_token(text *out, const tree_builder *b)
{
    int line, column;
    source_position(b->src, b->last.begin, &line, &column);
    text_addf(out, "%d:%d\t", line, column);
    text_addn(out, b->src->data + b->last.begin, (size_t)(b->last.end - b->last.begin));
    text_add(out, "\n");
}

bool parse_tokens(text *out, const char *path, diag *d)
{
    int before = d->errors;
    const char *why = NULL;
    size_t n = 0;
    const char *data = read_file(path, d->mem, &n, &why);
    if (!data) {
        diag_error(d, (loc){0}, "cannot read '%s': %s", path, why);
        return false;
    }
    names words;
    names_init(&words, d->mem);
    const source *src = new_source(d->mem, path, data, n);
    if (!is_text(src, d))
        return false;
    tree_builder b = new_builder(d->mem, &words, d, src, NULL);
    void *scanner = open_scanner(&b);
    ADC_STYPE value;
    loc at;
    while (scanner && adc_scan(&value, &at, scanner, &b))
        print_token(out, &b);
    if (scanner)
        adc_lex_destroy(scanner);
    return d->errors == before;
}
