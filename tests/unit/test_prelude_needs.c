/* Every row of the prelude names all the rows that it needs: what is printed for one helper alone defines every ad_ and
 * AD_ name in it. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "back/prelude/prelude.h"
#include "back/prelude/prelude_rows.h"
#include "base/map.h"

typedef struct scan {
    arena *mem;
    names words;
    map defined;
    const char *helper;
} scan;

typedef int (*name_visitor)(scan *s, const char *name, const char *after);

static bool in_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* The sum of f over the names that begin with "ad_" or "AD_" in the n characters at line. */
static int each_name(scan *s, const char *line, size_t n, name_visitor f)
{
    int sum = 0;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && in_name(line[end]);)
            end++;
        bool ours = !strncmp(line + i, "ad_", 3) || !strncmp(line + i, "AD_", 3);
        if (ours)
            sum += f(s, names_intern_n(&s->words, line + i, end - i), line + end);
        end += end == i;
    }
    return sum;
}

static int define(scan *s, const char *name, const char *after)
{
    (void)after;
    map_set(&s->defined, name, s);
    return 0;
}

static int define_function(scan *s, const char *name, const char *after)
{
    return *after == '(' ? define(s, name, after) : 0;
}

static int define_static(scan *s, const char *name, const char *after)
{
    return strchr("([;", *after) ? define(s, name, after) : 0;
}

static int define_constant(scan *s, const char *name, const char *after)
{
    return !strncmp(after, " = ", 3) ? define(s, name, after) : 0;
}

static int define_type(scan *s, const char *name, const char *after)
{
    bool defined = *after == ';' || !strncmp(after, " __attribute__", 14) || !strncmp(after, " {", 2);
    return defined ? define(s, name, after) : 0;
}

static int define_macro(scan *s, const char *name, const char *after)
{
    const char *start = after - strlen(name) - strlen("#define ");
    return !strncmp(start, "#define ", 8) ? define(s, name, after) : 0;
}

static int check_defined(scan *s, const char *name, const char *after)
{
    (void)after;
    bool given = !strcmp(name, "AD_FAST_MATH") || !strcmp(name, "AD_BLAS"); /* to the C compiler */
    bool ok = given || map_get(&s->defined, name);
    if (!ok)
        printf("%s: %s is not defined\n", s->helper, name);
    return !ok;
}

/* Lines at the margin define. */
static void take_line(scan *s, const char *line, size_t n)
{
    static const struct {
        const char *start;
        name_visitor visit;
    } kinds[] = {{"AD_INLINE ", define_function}, {"AD_CALL ", define_function}, {"static ", define_static},
                 {"enum ", define_constant},      {"typedef ", define_type},     {"} ", define_type},
                 {"#define ", define_macro}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strncmp(line, kinds[i].start, strlen(kinds[i].start)))
            each_name(s, line, n, kinds[i].visit);
}

/* The text without comments. */
static const char *code_of(arena *mem, const char *all)
{
    text t;
    text_init(&t, mem);
    for (const char *start; (start = strstr(all, "/*")); all = strstr(start, "*/") + 2)
        text_addn(&t, all, (size_t)(start - all));
    text_add(&t, all);
    return text_str(&t);
}

static int check_alone(const char *name)
{
    scan s = {.mem = arena_new(), .helper = name};
    names_init(&s.words, s.mem);
    map_init(&s.defined, s.mem);
    text t;
    text_init(&t, s.mem);
    prelude p;
    prelude_init(&p, s.mem);
    prelude_use(&p, name);
    prelude_print(&t, &p);
    const char *all = code_of(s.mem, text_str(&t));
    for (const char *line = all; *line; line += strcspn(line, "\n") + 1)
        take_line(&s, line, strcspn(line, "\n"));
    int failures = each_name(&s, all, strlen(all), check_defined);
    arena_free(s.mem);
    return failures;
}

/* A row's helpers: one, or one for each floating type. */
static int check_row(const char *name)
{
    static const char *const elems[] = {"f32", "f64"};
    const char *hole = strstr(name, "@E");
    int failures = 0;
    for (int i = 0; i < (hole ? 2 : 1); i++) {
        char full[100];
        snprintf(full, sizeof full, "%.*s%s%s", hole ? (int)(hole - name) : (int)strlen(name), name,
                 hole ? elems[i] : "", hole ? hole + 2 : "");
        failures += check_alone(full);
    }
    return failures;
}

int main(void)
{
    int failures = 0;
    for (int i = 0; prelude_tables[i]; i++)
        for (const prelude_row *r = prelude_tables[i]; r->name && !prelude_is_cuda(prelude_tables[i]); r++)
            failures += check_row(r->name);
    return failures != 0;
}
