/* The table of commands, and finding one by name.
 *
 * Help, parsing and main read these rows; adding a command is a row here and a function in a cmd_*.c. */
#include "driver/command.h"

#include <string.h>

#define VALUE_HELP                                                                                                     \
    "Values: name=3, name=0.5, name=true, name=60,30 (a vector), name=[[1,2],[3,4]],\n"                                \
    "name=@file.npy (f4 f8 i4 i8, C order), name=@file.csv, name=normal(1000,3) and\n"                                 \
    "name=uniform(1000,3) (random, see --seed). Sizes are read off the values; a size\n"                               \
    "that no value shows is given as N=1000."

const command command_table[] = {
    {"compile", CMD_COMPILE, "model.ad -o model.c", "write C and its header",
     "Writes model.c and model.h (beside it, or where --header says). -o - prints the C.\n"
     "On an error nothing is written.",
     1, 1, cmd_compile},
    {"build", CMD_BUILD, "model.ad -o libmodel.so", "compile, then call the C compiler",
     "The extension of -o decides: .so (complete in itself), .a or .o (link with\n"
     "-ladc_runtime -lm, and -fopenmp where the compiler has OpenMP). The header is\n"
     "written beside the output. The C compiler is --cc, else CC, else clang, else gcc.\n"
     "Built for this machine's processor. With --portable the output runs on any of its kind:\n"
     "it holds versions for AVX-512, AVX2 and the baseline (x86-64), of which the best that the\n"
     "processor has is chosen at run time (ADC_ISA=baseline|avx2|avx512 sets a limit).",
     1, 1, cmd_build},
    {"run", CMD_RUN, "model.ad FUNCTION [name=value ...]", "run a function and print its results", VALUE_HELP, 2, -1,
     cmd_run},
    {"check", CMD_CHECK, "model.ad", "parse and type only", NULL, 1, 1, cmd_check},
    {"gradcheck", CMD_GRADCHECK, "model.ad [FUNCTION] [name=value ...]",
     "hold exported derivatives against finite differences",
     "Inputs that are not given are random. Prints one line per gradient with its largest\n"
     "relative error; exits 1 when one is above 1e-6.\n" VALUE_HELP,
     1, -1, cmd_gradcheck},
    {"bench", CMD_BENCH, "model.ad FUNCTION [name=value ...]", "time a function and its gradients",
     "Prints the median and the least time of a call, half of the samples' spread, the ratio to\n"
     "the function alone, pairs (or elements) and floating operations per second, and the\n"
     "workspace. Inputs that are not given are random; ints that are no arrays have to be given.\n" VALUE_HELP,
     2, -1, cmd_bench},
    {"explain", CMD_EXPLAIN, "model.ad [FUNCTION] [N=10000 ...]", "tell what the kernels are and what they cost",
     "Prints for every kernel of the function and its gradients (or of all functions) what it\n"
     "computes and stores, its loops, what was fused into it and what leaves the inner loop,\n"
     "operations per pair and in all, bytes, and the workspace. With sizes also the numbers and\n"
     "a predicted time.",
     1, -1, cmd_explain},
    {"help", CMD_HELP, "[COMMAND]", "explain adc or one command", NULL, 0, 1, cmd_help},
};
const int command_count = sizeof command_table / sizeof *command_table;

/* Named in the documentation, made by later versions. */
static const char *const later[] = {"graph", "fmt"};

const command *command_find(const char *name)
{
    for (int i = 0; i < command_count; i++)
        if (!strcmp(command_table[i].name, name))
            return &command_table[i];
    return NULL;
}

void command_unknown(const options *o, const char *name)
{
    for (size_t i = 0; i < sizeof later / sizeof *later; i++)
        if (!strcmp(later[i], name)) {
            report_error(&o->report, "command '%s' is not available in this version", name);
            return;
        }
    const char *known[sizeof command_table / sizeof *command_table];
    for (int i = 0; i < command_count; i++)
        known[i] = command_table[i].name;
    report_error(&o->report, "unknown command '%s'", name);
    const char *nearest = diag_nearest(name, known, command_count);
    if (nearest)
        report_hint(&o->report, "did you mean 'adc %s'?", nearest);
    else
        report_hint(&o->report, "'adc help' lists the commands");
}
