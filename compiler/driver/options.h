/* The command line as data: one table of options, shared by parsing and help, and the values that it gave. */
#ifndef ADC_DRIVER_OPTIONS_H
#define ADC_DRIVER_OPTIONS_H
#include "driver/pipeline.h"
#include "driver/report.h"

/* Which commands take an option. */
enum {
    CMD_COMPILE = 1 << 0,
    CMD_BUILD = 1 << 1,
    CMD_RUN = 1 << 2,
    CMD_CHECK = 1 << 3,
    CMD_GRADCHECK = 1 << 4,
    CMD_HELP = 1 << 5,
    CMD_BENCH = 1 << 6,
    CMD_EXPLAIN = 1 << 7,
    CMD_ALL = (1 << 8) - 1,
    CMD_CALLS_NVCC = CMD_BUILD | CMD_RUN | CMD_GRADCHECK | CMD_BENCH,
    CMD_CALLS_CC = CMD_BUILD | CMD_RUN | CMD_GRADCHECK | CMD_BENCH | CMD_EXPLAIN
};

typedef struct options {
    arena *mem;
    report report;
    const struct command *command; /* NULL: none was given */
    VEC(const char *) operands;    /* what stands after the command and is no option */
    bool help, version;

    compile_options compile; /* path, header_name and prefix are completed by the commands */

    VEC(const char *) outputs; /* -o, in order */
    const char *header;        /* --header */
    bool manifest;             /* --manifest */

    const char *cc;       /* --cc */
    const char *nvcc;     /* --nvcc */
    const char *arch;     /* --arch: "sm_80,sm_90" */
    const char *optimise; /* "-O3" */
    bool debug;           /* -g */
    bool portable;        /* --portable */
    bool no_blas;         /* --no-blas */
    bool whole;           /* --whole */
    uint64_t seed;        /* --seed */
    double seconds;       /* --time */
    int repeat;           /* --repeat; 0: as often as the time allows */
    bool json;            /* --json */
    const char *out_dir;  /* --out-dir */
} options;

typedef struct option {
    const char *name;           /* "--out-dir" or "-o" */
    const char *alias;          /* or NULL */
    const char *value;          /* how help shows the value; NULL: takes none */
    bool attached;              /* the value is optional and stands in the same word: -O2 */
    unsigned commands;          /* CMD_... */
    const char *const *choices; /* NULL-terminated: the only values; or NULL */
    exit_code (*set)(options *o, const struct option *self, const char *value);
    size_t offset; /* of the field that set writes, where it writes one */
    const char *help;
} option;

extern const option option_table[];
extern const int option_count;

/* Reads argv into o (which lives in mem). EXIT_OK, or the exit status after having reported what is wrong. */
exit_code options_parse(options *o, arena *mem, int argc, char **argv);

/* The i-th operand, or NULL. */
const char *options_operand(const options *o, int i);

#endif
