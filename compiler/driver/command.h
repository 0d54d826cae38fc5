/* The commands of adc: one row each, used by main, parsing and help. */
#ifndef ADC_DRIVER_COMMAND_H
#define ADC_DRIVER_COMMAND_H
#include "driver/options.h"

typedef struct command {
    const char *name;
    unsigned bit;         /* CMD_... */
    const char *operands; /* "model.ad [FUNCTION] [name=value ...]" */
    const char *summary;  /* one line */
    const char *help;     /* what --help adds; lines separated by \n */
    int min, max;         /* number of operands; max -1: any */
    exit_code (*run)(const options *o);
} command;

extern const command command_table[];
extern const int command_count;

/* The row of that name, or NULL. */
const command *command_find(const char *name);
/* Reports that there is no such command, with the nearest one as a hint. */
void command_unknown(const options *o, const char *name);

exit_code cmd_compile(const options *o);
exit_code cmd_build(const options *o);
exit_code cmd_run(const options *o);
exit_code cmd_check(const options *o);
exit_code cmd_gradcheck(const options *o);
exit_code cmd_bench(const options *o);
exit_code cmd_explain(const options *o);
exit_code cmd_help(const options *o);

/* adc --help, adc help COMMAND: printed on stdout. */
void help_overview(void);
void help_command(const command *c);

#endif
