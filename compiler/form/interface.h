/* What the world sees of a compiled module: one description, from which the header, the description table in the object
 * and the manifest are printed. Made by the driver from the checked tree and the placed loops. */
#ifndef ADC_FORM_INTERFACE_H
#define ADC_FORM_INTERFACE_H
#include "base/vec.h"
#include "form/extent.h"

typedef enum elem { ELEM_F32, ELEM_F64, ELEM_INT, ELEM_BOOL } elem;
/* What is generated: C, or CUDA C. */
typedef enum target_kind { TARGET_C, TARGET_CUDA } target_kind;
typedef enum arg_role { ARG_INPUT, ARG_RESULT, ARG_GRADIENT } arg_role;

typedef struct interface_arg {
    const char *name; /* C identifier as in the signature; "grad_q" for gradients */
    arg_role role;
    elem elem;
    int rank;
    const extent **extents; /* in size names and in names of int inputs */
    int gradient_of;        /* index of the input, or -1 */
} interface_arg;

/* What must hold when a function runs, told to those whose call fails. Statuses number them from 1; 0: none. */
typedef struct interface_rule {
    const char *where; /* "model.ad:7", or "" */
    const char *text;
} interface_rule;

typedef VEC(interface_rule) interface_rules;

/* Entry check on sizes: value == 0 (equality) or value >= 0, else AD_SIZE about arg. */
typedef struct size_check {
    bool equality;
    const extent *value;
    int arg; /* index into interface_fn.args */
    int rule;
} size_check;

/* Sizes that a version of a function takes as constants. */
typedef struct fixed_size {
    const char *name;
    int64_t value;
} fixed_size;

typedef VEC(fixed_size) fixed_sizes;

typedef struct interface_fn {
    const char *name; /* "hamiltonian_grad" */
    const char *doc;  /* or NULL; lines separated by \n */
    int nsizes;
    const char **sizes;
    int nargs; /* inputs first, then results, then gradients */
    interface_arg *args;
    /* Names of the int scalar inputs that the workspace query takes after the sizes (loops' kept states). */
    int nworkspace_args;
    const char **workspace_args;
    const char *workspace_formula; /* for the comment: "8*N*D + 64", or "0" */
    const char *primal;            /* name of the function whose gradient it is, or NULL */
    const char *where;             /* "model.ad:12" */
    interface_rules *rules;        /* shared by all versions of the function */
} interface_fn;

typedef struct interface {
    const char *prefix;      /* C identifier: "model" */
    const char *suffix;      /* "" or "_f32" */
    const char *source_name; /* "model.ad" */
    const char *version;
    const char *source_hash; /* hex */
    const char *command;     /* the command line that made it */
    elem real;
    target_kind target;
    int nfns;
    interface_fn *fns;
} interface;

#endif
