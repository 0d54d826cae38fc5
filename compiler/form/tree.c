/* The syntax tree's few functions that need no printer: an empty program, and looking up declarations. */
#include "form/tree.h"

void program_init(program *p, arena *mem)
{
    *p = (program){.mem = mem};
    p->names = ARENA_NEW(mem, names);
    names_init(p->names, mem);
    p->pool = extent_pool_new(mem);
}

module *module_import(const module *m, const char *alias)
{
    for (int i = 0; i < m->imports.n; i++)
        if (m->imports.data[i].alias == alias)
            return m->imports.data[i].module;
    return NULL;
}

function *module_function(const module *m, const char *name)
{
    for (int i = 0; i < m->functions.n; i++)
        if (m->functions.data[i]->name == name)
            return m->functions.data[i];
    return NULL;
}
