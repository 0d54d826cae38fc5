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

#define TRY_CUDA(header, make) "#include <cuda_runtime.h>\n#include <" header ">\nint main(void) { " make "; }\n"

static const library gpu_libraries[LIBRARY_COUNT] = {
    [LIBRARY_LAPACK] = {"cuSOLVER", TRY_CUDA("cusolverDn.h", "cusolverDnHandle_t h; return (int)cusolverDnCreate(&h)"),
                        "-lcusolver", "libcusolver-dev"},
    [LIBRARY_BLAS] = {"cuBLAS", TRY_CUDA("cublas_v2.h", "cublasHandle_t h; return (int)cublasCreate(&h)"), "-lcublas",
                      "libcublas-dev"},
    [LIBRARY_FFTW] = {"cuFFT", TRY_CUDA("cufft.h", "cufftHandle p; return (int)cufftCreate(&p)"), "-lcufft",
                      "libcufft-dev"},
};

static const library *const by_target[] = {[TARGET_C] = libraries, [TARGET_CUDA] = gpu_libraries};

typedef struct needs {
    bool library[LIBRARY_COUNT];
    bool product; /* of matrices: faster with BLAS */
} needs;

static void find_needs(const lstmt_list *body, needs *n)
{
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        for (int k = 0; s->kind == LS_CALL && k < LIBRARY_COUNT; k++)
            n->library[k] |= s->routine->libraries >> k & 1;
        n->product |= s->kind == LS_CALL && s->routine == routine_row(ROUTINE_PRODUCT);
        find_needs(&s->body, n);
        find_needs(&s->other, n);
    }
}

static needs needs_of(const nest_module *m)
{
    needs n = {0};
    for (int i = 0; i < m->fns.n; i++) {
        const nest_fn *f = m->fns.data[i];
        find_needs(&f->body, &n);
        for (int k = 0; k < f->versions.n; k++)
            find_needs(&f->versions.data[k]->body, &n);
    }
    return n;
}

static bool works(const options *o, const toolchain *t, const char *folder, const library *l, bool links)
{
    arena *mem = o->mem;
    const char *file = arena_printf(mem, "%s/try.%s", folder, t->target == TARGET_CUDA ? "cu" : "c"),
               *out = arena_printf(mem, "%s/try", folder);
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
                              bool is_shared, library_flags *flags)
{
    needs n = needs_of(&generated->nests);
    *flags = (library_flags){0};
    for (int i = 0; i < LIBRARY_COUNT; i++) {
        if (!n.library[i])
            continue;
        const library *l = &by_target[t->target][i];
        if (!works(o, t, folder, l, is_shared)) {
            report_error(&o->report, "the program needs %s, and '%s' does not find it", l->name, t->compiler.data[0]);
            report_hint(&o->report, "install it: apt-get install %s%s", l->packages,
                        t->target == TARGET_CUDA ? " (NVIDIA's packages; it is also in the CUDA toolkit)" : "");
            return EXIT_TOOL;
        }
        words_split(o->mem, &flags->linker, l->flags);
    }
    const library *blas = &by_target[t->target][LIBRARY_BLAS];
    if (n.product && is_shared && !o->no_blas && !o->portable && works(o, t, folder, blas, true)) {
        words_split(o->mem, &flags->compiler, "-DAD_BLAS");
        words_split(o->mem, &flags->linker, blas->flags);
    }
    return EXIT_OK;
}
