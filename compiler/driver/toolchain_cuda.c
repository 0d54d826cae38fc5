/* Chooses the CUDA compiler (--nvcc, NVCC, nvcc, the usual place) and what it makes code for: by default the machine's
 * code of two generations of GPUs, and for later ones text that the driver compiles. */
#include "driver/toolchain_cuda.h"

#include <stdlib.h>
#include <string.h>

static const char usual_place[] = "/usr/local/cuda/bin/nvcc";

exit_code toolchain_find_nvcc(const options *o, toolchain *t, const char **path)
{
    const char *from = o->nvcc ? "--nvcc" : "NVCC", *chosen = o->nvcc ? o->nvcc : getenv("NVCC");
    const bool is_chosen = chosen && chosen[strspn(chosen, " \t")];
    if (is_chosen) {
        words_split(o->mem, &t->compiler, chosen);
        *path = process_find(o->mem, t->compiler.data[0]);
    } else {
        *path = process_find(o->mem, "nvcc");
        if (!*path)
            *path = process_find(o->mem, usual_place);
        vec_push(o->mem, &t->compiler, *path);
    }
    if (*path)
        return EXIT_OK;
    if (is_chosen)
        report_error(&o->report, "CUDA compiler '%s' (from %s) is not found", t->compiler.data[0], from);
    else
        report_error(&o->report, "no CUDA compiler is found (looked for nvcc and %s)", usual_place);
    report_hint(&o->report,
                "install it: apt-get install nvidia-cuda-toolkit; or name one with --nvcc or NVCC; 'adc compile -o "
                "model.cu' needs none");
    return EXIT_TOOL;
}

/* "sm_80,sm_90": code for both, and PTX of the last. "native", "all", "all-major" are nvcc's own words. */
static void add_architectures(const options *o, toolchain *t)
{
    arena *mem = o->mem;
    if (strncmp(o->arch, "sm_", 3)) {
        vec_push(mem, &t->flags, arena_printf(mem, "-arch=%s", o->arch));
        return;
    }
    const char *last = NULL;
    for (const char *s = o->arch; *s; s += strcspn(s, ",") + (strchr(s, ',') != NULL)) {
        last = arena_strndup(mem, s + 3, strcspn(s, ",") - 3);
        words_split(mem, &t->flags, arena_printf(mem, "-gencode arch=compute_%s,code=sm_%s", last, last));
    }
    words_split(mem, &t->flags, arena_printf(mem, "-gencode arch=compute_%s,code=compute_%s", last, last));
}

void toolchain_add_cuda_flags(const options *o, toolchain *t)
{
    add_architectures(o, t);
    words_split(o->mem, &t->flags, "-fmad=false -Xcompiler -fPIC,-fno-math-errno,-fno-trapping-math,-ffp-contract=off");
    if (o->cc)
        words_split(o->mem, &t->flags, arena_printf(o->mem, "-ccbin %s", o->cc));
    if (o->debug)
        vec_push(o->mem, &t->flags, "-lineinfo");
}
