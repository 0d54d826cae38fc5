/* Kernels that several places launch are printed once.
 *
 * A value, its gradients and the versions for fixed sizes run mostly the same kernels, and nvcc takes most of a build.
 * Two kernels are the same when their texts are, but for the names of parameters and locals: each of these stands for
 * the number of its first use. */
#include <ctype.h>
#include <string.h>

#include "back/c/emit_c_parts.h"

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

typedef struct numbering {
    names known; /* own names, so that a name is one pointer */
    map own;     /* name -> the address of its number; NULL: not used yet */
    int count;
} numbering;

static void add_word(text *t, numbering *n, const char *word)
{
    const char *name = names_intern(&n->known, word);
    int *number = map_get(&n->own, name);
    if (!number) {
        text_add(t, word);
        return;
    }
    if (*number == 0)
        *number = ++n->count;
    text_addf(t, "#%d", *number);
}

static void declare(numbering *n, arena *mem, const char *name)
{
    name = names_intern(&n->known, name);
    if (!map_get(&n->own, name))
        map_set(&n->own, name, ARENA_NEW(mem, int));
}

/* The text in numbers, with single spaces. */
static const char *without_names(arena *mem, const char *s, numbering *n)
{
    text t;
    text_init(&t, mem);
    while (*s) {
        size_t letters = 0;
        while (is_word(s[letters]))
            letters++;
        if (letters > 0) {
            add_word(&t, n, arena_printf(mem, "%.*s", (int)letters, s));
            s += letters;
            continue;
        }
        letters = strspn(s, " \n");
        text_addf(&t, "%c", letters > 0 ? ' ' : *s);
        s += letters > 0 ? letters : 1;
    }
    return text_str(&t);
}

const char *emit_same_kernel(emitter *e, const name_list *locals, const name_list *parameters, const char *printed,
                             const char *name)
{
    sharing *all = e->sharing;
    arena *scratch = arena_new();
    numbering n = {0};
    names_init(&n.known, scratch);
    map_init(&n.own, scratch);
    for (int i = 0; i < locals->n; i++)
        declare(&n, scratch, locals->data[i]);
    for (int i = 0; i < parameters->n; i++)
        declare(&n, scratch, parameters->data[i]);
    const char *form = names_intern(&all->forms, without_names(scratch, printed, &n));
    arena_free(scratch);
    const char *first = map_get(&all->kernels, form);
    if (!first)
        map_set(&all->kernels, form, (void *)(uintptr_t)name);
    return first ? first : name;
}
