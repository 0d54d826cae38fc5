/* Prints a module's CUDA file: comment, includes, helpers in use, and per function its kernels, the function that
 * launches them, and the public ones around that.
 *
 * Reads placed loop nests with kernels and the interface; writes text. */
#include "back/cuda/emit_cuda.h"

#include <string.h>

#include "back/c/emit_c_parts.h"
#include "back/emit_quote.h"

/* The function that launches, and before it its kernels. */
static const char *emit_launching(emitter *e, text *out)
{
    text kernels, run;
    text_init(&kernels, e->mem);
    text_init(&run, e->mem);
    e->kernels = &kernels;
    e->out = &run;
    const char *call = emit_run(e);
    text_add(out, text_str(&kernels));
    text_addf(out, "%s\n", text_str(&run));
    return call;
}

static const char *emit_version(emitter *all, const nest_fn *version, const char *other)
{
    emitter run;
    emitter_init(&run, all->mem, all->face, version, all->p.helpers);
    run.sharing = all->sharing;
    const char *call = emit_launching(&run, all->out);
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
    query.out = check.out = t;
    run.sharing = check.sharing = all;
    const char *where = f->face->where ? arena_printf(t->mem, ", %s", f->face->where) : "";
    text_addf(t, "/* ---- %s%s ---- */\n\n", f->face->name, emit_in_comment(t->mem, where));
    emit_workspace_query(&query);
    const char *call = emit_launching(&run, t);
    memcpy(check.p.arg_used, run.p.arg_used, (size_t)f->face->nargs * sizeof *run.p.arg_used);
    for (int i = 0; i < f->versions.n; i++)
        call = emit_version(&check, f->versions.data[i], call);
    emit_cuda_public(&check, call);
    text_add(t, "\n");
}

void emit_cuda(text *t, const nest_module *m, const char *header_name)
{
    prelude helpers;
    text functions;
    sharing all;
    sharing_init(&all, t->mem);
    prelude_init(&helpers, t->mem);
    helpers.target = TARGET_CUDA;
    text_init(&functions, t->mem);
    for (int i = 0; i < m->fns.n; i++)
        emit_function(&functions, m->face, m->fns.data[i], &helpers, &all);
    emit_comment(t, m);
    text_add(t, m->fast_math ? "#define AD_FAST_MATH 1\n\n" : "");
    text_addf(t, "#include \"%s\"\n\n#include <cuda_runtime.h>\n#include <math.h>\n\n", header_name);
    text_add(t, "#define restrict __restrict__\n\n");
    prelude_print(t, &helpers);
    text_add(t, text_str(&functions));
    emit_table(t, m->face);
}
