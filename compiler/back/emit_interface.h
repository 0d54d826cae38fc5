/* The generated interface as cli.md describes it: header, description table and manifest, all printed from one
 * struct interface, and the C spelling of a function that the code generator shares with the header.
 *
 * Everything is allocated in the arena of the text printed to. Nothing here can fail. */
#ifndef ADC_BACK_EMIT_INTERFACE_H
#define ADC_BACK_EMIT_INTERFACE_H
#include "form/interface.h"

/* AD_ABI of the runtime that generated code is for. */
#define INTERFACE_ABI 3

/* The ways into a function: on the CPU; on a GPU, with arrays there and a stream; on a GPU, with the caller's arrays.
 */
typedef enum entry_way { ENTRY_C, ENTRY_CUDA, ENTRY_HOST } entry_way;

/* model.h: prototypes and workspace query of each function, and the module's table declared. */
void emit_header(text *t, const interface *m);
/* The end of model.c or model.cu: the description table and its wrappers. Needs the header included above. */
void emit_table(text *t, const interface *m);
/* emit_cuda_device.c, for the table of model.cu: static const ad_device adt_device. */
void emit_cuda_device(text *t);
/* model.json; its schema is docs/manifest.schema.json. */
void emit_manifest(text *t, const interface *m);

/* Instruction sets that a portable library has versions for. */
enum { ISA_FEATURES = 6 };
typedef struct isa {
    const char *name;
    const char *features[ISA_FEATURES]; /* names that __builtin_cpu_supports and, behind -m, the compiler know; NULLs */
} isa;
extern const isa isa_table[]; /* best first; the last one every processor of the architecture has */
extern const int isa_count;

/* In model.c: -DAD_VARIANT=PREFIX puts PREFIX before all its symbols. */
void emit_variant(text *t, const interface *m);
/* The PREFIX of a version. */
const char *emit_variant_prefix(arena *mem, const isa *variant);
/* A C unit that defines the module over n versions of it, best first. */
void emit_dispatch(text *t, const interface *m, const char *header_name, int n, const isa *const *variants);

/* "ad_status model_f(int64_t N, const double *q, ...)", without ';', as the header declares it. */
void emit_prototype(text *t, const interface *m, const interface_fn *f, entry_way way);
/* "size_t model_f_workspace(int64_t N)", likewise. */
void emit_workspace_prototype(text *t, const interface *m, const interface_fn *f, target_kind target);

/* Prints head and the items, comma separated, with lines folded and aligned behind head: "f(a, b,\n  c". */
void emit_folded(text *t, const char *head, int n, const char *const *items);

/* The names of a function's parameters in C: those of the signature, with underscores after a name that is a word
 * of C or C++, a function of <math.h>, or taken by an earlier parameter. The last two parameters are always
 * `workspace` and `workspace_size`. */
typedef struct c_names {
    const char **sizes; /* [f->nsizes] */
    const char **args;  /* [f->nargs] */
} c_names;

c_names emit_c_names(arena *mem, const interface_fn *f);

/* args[arg] is an int input that the workspace query takes after the sizes. */
bool emit_is_workspace_arg(const interface_fn *f, int arg);

/* "model_hamiltonian_f32", "model_hamiltonian_workspace_f32", "model_module_f32"; of CUDA with "_cuda" behind. */
const char *emit_symbol(arena *mem, const interface *m, const interface_fn *f, entry_way way);
const char *emit_workspace_symbol(arena *mem, const interface *m, const interface_fn *f, target_kind target);
const char *emit_module_symbol(arena *mem, const interface *m, target_kind target);
/* A symbol that two things of the module would share (functions f and f_workspace, ...), or NULL: there is none. */
const char *emit_symbol_clash(arena *mem, const interface *m);

const char *emit_c_type(elem e); /* "double", "int64_t" */

/* A size as a C expression of type int64_t; spell gives the C text of an atom. A product's factor is put in
 * parentheses by emit_extent_product: "N * (D + 1)", "1" when there is none. */
typedef struct atom_speller {
    const char *(*spell)(const char *atom, const void *data);
    const void *data;
} atom_speller;

void emit_extent(text *t, const extent *e, atom_speller s);
void emit_extent_product(text *t, int n, const extent *const *extents, atom_speller s);
/* Sizes and int inputs by the names of emit_c_names. */
typedef struct fn_names {
    const interface_fn *f;
    c_names c;
} fn_names;
atom_speller emit_fn_speller(const fn_names *n);

#endif
