/* What the files emit_c*.c share; private to them. */
#ifndef ADC_BACK_EMIT_C_PARTS_H
#define ADC_BACK_EMIT_C_PARTS_H
#include "back/print_expr.h"
#include "form/loops_cost.h"

typedef VEC(const buffer *) buffer_list;
typedef VEC(const char *) name_list;

/* A statement that several places run, printed as a function. */
typedef struct shared_part {
    int places;
    const char *name; /* NULL: not printed yet */
    bool *used;       /* of what it uses, what it is passed */
} shared_part;

/* What the functions of a module share (emit_c_share.c). */
typedef struct sharing {
    arena *mem;
    bool counting; /* nothing of what is printed is kept */
    names forms, atoms;
    map parts;   /* form -> shared_part */
    map kernels; /* form -> name (emit_cuda_share.c) */
    int count;   /* functions printed */
    text functions;
} sharing;

/* The printing of one function. */
typedef struct emitter {
    arena *mem;
    const interface *face;
    const nest_fn *fn;
    c_printer p;
    text *out;
    int indent;
    extent_pool *pool; /* for costs */
    names words;
    map legal;               /* name -> the nearest name that means nothing in C */
    map taken;               /* names in scope */
    map live;                /* temporaries that are read */
    map shared;              /* buffers whose memory another buffer may have */
    buffer_list *slot_users; /* [nslots] the buffers in each */
    VEC(const char *) scope;
    name_list *given;   /* all names that are given go here, too; NULL: nowhere */
    text *kernels;      /* CUDA: where kernels are printed; else NULL */
    const char *suffix; /* of the version: "_D3" */
    bool checked;       /* CUDA: a kernel before may have found wrong data */
    bool in_parallel;
    bool in_short;         /* in a loop over few entries that other passes repeat */
    int loops;             /* around, whose passes follow each other */
    const lstmt *sequence; /* the innermost of them that is not in lanes */
    int axes;              /* of loops around */
    int depth;             /* the most axes of loops within each other in the function */
    const buffer *wanted;  /* a result that is known not to be NULL here */
    sharing *sharing;
    const lstmt *part; /* what the function is made of, when it is a part of others */
} emitter;

void emitter_init(emitter *e, arena *mem, const interface *face, const nest_fn *fn, prelude *helpers);
/* To another version of the function. */
void emitter_turn_to(emitter *e, const nest_fn *f);
/* A name for a local that nothing in scope has, near the given one; in scope until leave_scope. */
const char *emitter_name(emitter *e, const char *near);
/* leave_scope(e, enter_scope(e)): forgets the names given in between. */
int enter_scope(const emitter *e);
void leave_scope(emitter *e, int mark);
/* One line, indented, broken where it is too long. */
void emit_line(emitter *e, const char *line);
void emit_linef(emitter *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* How many loops over axes are within each other, at most. */
int emit_depth(const lstmt_list *list);
/* Statements of the list, those within others too. */
int emit_count(const lstmt_list *list);
/* The text of an expression or extent. */
const char *emit_text(emitter *e, const lexpr *x, int prec);
const char *emit_size(emitter *e, const extent *x, int prec);

/* emit_c_body.c: static ad_status adt_run_f(...). Returns its call: "adt_run_f(N, q, workspace)". */
const char *emit_run(emitter *e);
/* "restrict " where no other buffer has its memory. */
const char *restrict_word(const emitter *e, const buffer *b);
/* emit_c_check.c: "D == 3 && E == 1"; "" for the version for all sizes. */
const char *version_condition(emitter *e, const nest_fn *f);
/* Call of f on every buffer that the statements touch. */
void for_each_buffer(const lstmt_list *body, void (*f)(void *data, const buffer *b), void *data);

/* emit_c_statement.c */
void emit_statements(emitter *e, const lstmt_list *body);
/* Where the part of a buffer at the first n subscripts is. */
const char *emit_place(emitter *e, const buffer *b, int n, lexpr *const *subs);
/* "double *restrict acc = ...;" for a scratch buffer; thread: of this thread, else the first part. */
void emit_scratch_pointer(emitter *e, const buffer *b, bool thread);

/* emit_cuda_kernel.c: the kernel, into e->kernels, and its launch. */
void emit_kernel(emitter *e, const lstmt *s);

/* emit_cuda_share.c: the kernel of the same text, but for names, that was printed before; else this one's own name. */
const char *emit_same_kernel(emitter *e, const name_list *locals, const name_list *parameters, const char *printed,
                             const char *name);

const char *emit_slot_name(emitter *e, int slot);

/* emit_c_share.c: the call of a function that other places call too; false, and nothing printed: there is none. */
bool emit_shared(emitter *e, const lstmt *s);
void sharing_init(sharing *all, arena *mem);

/* emit_c_ahead.c: at the start of a pass of the loop; where one has kept a row. */
void emit_ahead(emitter *e, const lstmt *loop);
void emit_ahead_of_copy(emitter *e, const lstmt *s);

/* emit_c_whole.c: whether passes of a loop in lanes may run again for the same entries; its body where all lanes have
 * one, those below `next` for the second time. */
bool can_repeat(const lstmt *s);
lstmt_list whole_body(emitter *e, const lstmt *s, temp *next);

/* emit_c_overlap.c: a loop that is computed ahead, as statements that do so in turn. */
lstmt *overlapped(emitter *e, const lstmt *loop);

/* emit_c_wanted.c: the result that may be NULL and is all that the statement writes; NULL: there is none. */
const buffer *sole_result(const emitter *e, const lstmt *s);

/* emit_c_check.c: the workspace query and the public function. */
void emit_workspace_query(emitter *e);
/* The sizes that are computed on entry. */
void emit_shares(emitter *e);
/* if (...) return ...; for all that can be wrong with sizes and pointers. */
void emit_checks(emitter *e);
/* The C of a status: "AD_STATUS(AD_INDEX, 1)"; rule 0: none. */
const char *emit_status(emitter *e, const char *code, int arg, int rule);
/* (void)x; for arguments that nothing uses. */
void emit_unused_args(emitter *e);
/* "model_f_workspace(N)" */
const char *emit_query_call(emitter *e);
void emit_public(emitter *e, const char *run_call);

/* emit_cuda_host.c: likewise, of a CUDA module. */
void emit_cuda_public(emitter *e, const char *run_call);

/* emit_c.c: how the file was made, and about how many operations each call takes. */
void emit_comment(text *t, const nest_module *m);
/* The text as it can stand in a comment. */
const char *emit_in_comment(arena *mem, const char *s);

#endif
