/* Parses and checks one file as `adc check` does: errors on stderr, status 1 when there are any.
 *
 * check_main FILE [-I DIR]... [--tree|--typed|--tokens]; without a file it checks that a missing one is an error. */
#include <string.h>

#include "form/tree.h"
#include "stage/check/check.h"
#include "stage/parse.h"

static const char *no_modules(const char *name)
{
    (void)name;
    return NULL;
}

static int run(arena *mem, int argc, char **argv)
{
    diag d;
    diag_init(&d, mem, stderr, false);
    const char *dirs[16], *show = "";
    parse_options o = {.include_dirs = dirs, .embedded = no_modules};
    for (int i = 2; i < argc; i++) {
        if (!strcmp(argv[i], "-I") && i + 1 < argc && o.ninclude_dirs < 16)
            dirs[o.ninclude_dirs++] = argv[++i];
        else
            show = argv[i];
    }
    program p;
    text t;
    text_init(&t, mem);
    bool ok = !strcmp(show, "--tokens") ? parse_tokens(&t, argv[1], &d) : parse_program(&p, argv[1], &o, &d);
    if (ok && !strcmp(show, "--tree"))
        tree_print(&t, &p, false);
    else if (ok && strcmp(show, "--tokens"))
        ok = check_program(&p, &d);
    if (ok && !strcmp(show, "--typed"))
        tree_print(&t, &p, true);
    fputs(text_str(&t), stdout);
    return !ok;
}

static int missing_file(arena *mem)
{
    FILE *out = tmpfile();
    if (!out)
        return 77;
    diag d;
    diag_init(&d, mem, out, false);
    program p;
    bool ok = parse_program(&p, "no/such/file.ad", &(parse_options){0}, &d);
    fclose(out);
    return ok || d.errors != 1;
}

int main(int argc, char **argv)
{
    arena *mem = arena_new();
    int status = argc > 1 ? run(mem, argc, argv) : missing_file(mem);
    arena_free(mem);
    return status;
}
