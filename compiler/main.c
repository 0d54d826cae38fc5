/* adc: reads the command line, calls the command, returns its exit status.
 *
 * 0 success; 1 the program or its data is wrong; 2 wrong usage; 3 a tool that adc calls failed or is missing. All
 * memory of a run is in one arena. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "driver/command.h"
#include "driver/version.h"

static exit_code dispatch(const options *o)
{
    if (o->version) {
        puts("adc " ADC_VERSION);
        return EXIT_OK;
    }
    if (o->help) {
        if (o->command)
            help_command(o->command);
        else
            help_overview();
        return EXIT_OK;
    }
    if (!o->command) {
        report_error(&o->report, "which command?");
        report_hint(&o->report, "'adc help' lists the commands");
        return EXIT_USAGE;
    }
    return o->command->run(o);
}

int main(int argc, char **argv)
{
    arena *mem = arena_new();
    options o;
    exit_code code = options_parse(&o, mem, argc, argv);
    if (!code)
        code = dispatch(&o);
    if ((fflush(stdout) || ferror(stdout)) && !code) {
        report_error(&o.report, "cannot write the output: %s", strerror(errno));
        code = EXIT_PROGRAM;
    }
    arena_free(mem);
    return (int)code;
}
