/* Reads which routines the loops call; tries each library with a small program, so that a missing one is named with its
 * package instead of by a compiler's or linker's message. */
#include "driver/toolchain_library.h"

#include <string.h>

#include "driver/files.h"

typedef struct library {
    const char *name, *program, *flags, *packages;
} library;

static const library libraries[LIBRARY_COUNT] = {
    [LIBRARY_LAPACK] = {"LAPACKE (LAPACK for C)",
                        "#define LAPACK_COMPLEX_STRUCTURE\n#include <lapacke.h>\nint main(void) { double a = 1;"
                        " return (int)LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'U', 1, &a, 1); }\n",
                        "-llapacke", "liblapacke-dev libopenblas-dev"},
    [LIBRARY_BLAS] = {"OpenBLAS",
                      "#include <cblas.h>\nint main(void) { double a = 0; return (int)cblas_ddot(1, &a, 1, &a, 1); }\n",
                      "-lopenblas", "libopenblas-dev"},
    [LIBRARY_FFTW] = {"FFTW",
                      "#include <fftw3.h>\nint main(void) { fftw_make_planner_thread_safe();"
                      " fftwf_make_planner_thread_safe(); return 0; }\n",
                      "-lfftw3_threads -lfftw3f_threads -lfftw3 -lfftw3f", "libfftw3-dev"},
};

static void find_used(const lstmt_list *body, bool *used)
{
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        for (int k = 0; s->kind == LS_CALL && k < LIBRARY_COUNT; k++)
            used[k] |= s->routine->libraries >> k & 1;
        find_used(&s->body, used);
        find_used(&s->other, used);
    }
}

static bool works(const options *o, const toolchain *t, const char *folder, const library *l, bool links)
{
    arena *mem = o->mem;
    const char *file = arena_printf(mem, "%s/try.c", folder), *out = arena_printf(mem, "%s/try", folder);
    text said;
    words argv = {0};
    if (!files_write(mem, &o->report, 1, &(out_file){file, l->program, strlen(l->program)}))
        return false;
    text_init(&said, mem);
    words_add(mem, &argv, &t->compiler);
    vec_push(mem, &argv, file);
    words_split(mem, &argv, links ? l->flags : "-c");
    vec_push(mem, &argv, "-o");
    vec_push(mem, &argv, out);
    return process_run(mem, &o->report, &argv, &said) == 0;
}

exit_code toolchain_libraries(const options *o, const toolchain *t, const compile_output *generated, const char *folder,
                              bool links, words *flags)
{
    bool used[LIBRARY_COUNT] = {false};
    for (int i = 0; i < generated->nests.fns.n; i++) {
        const nest_fn *f = generated->nests.fns.data[i];
        find_used(&f->body, used);
        for (int k = 0; k < f->versions.n; k++)
            find_used(&f->versions.data[k]->body, used);
    }
    for (int i = 0; i < LIBRARY_COUNT; i++) {
        if (!used[i])
            continue;
        if (!works(o, t, folder, &libraries[i], links)) {
            report_error(&o->report, "the program needs %s, and '%s' does not find it", libraries[i].name,
                         t->compiler.data[0]);
            report_hint(&o->report, "install it: apt-get install %s", libraries[i].packages);
            return EXIT_TOOL;
        }
        words_split(o->mem, flags, libraries[i].flags);
    }
    return EXIT_OK;
}
