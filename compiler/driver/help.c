/* Prints help on stdout, from the tables of commands and options: nothing is described twice. */
#include <stdio.h>
#include <string.h>

#include "driver/command.h"

enum { COLUMN = 26 };

/* "left    right", continued lines of right under its first. */
static void print_row(const char *left, const char *right)
{
    printf("  %-*s", COLUMN - 2, left);
    if (strlen(left) >= COLUMN - 2)
        printf("\n%*s", COLUMN, "");
    for (const char *end; (end = strchr(right, '\n')); right = end + 1)
        printf("%.*s\n%*s", (int)(end - right), right, COLUMN, "");
    printf("%s\n", right);
}

static void print_option(const option *row)
{
    char left[80];
    const char *joint = !row->value || row->attached ? "" : row->name[1] == '-' ? "=" : " ";
    snprintf(left, sizeof left, "%s%s%s%s%s", row->name, row->alias ? ", " : "", row->alias ? row->alias : "", joint,
             row->value ? row->value : "");
    print_row(left, row->help);
}

static void print_options(unsigned commands, bool common)
{
    for (int i = 0; i < option_count; i++)
        if ((option_table[i].commands == CMD_ALL) == common && option_table[i].commands & commands)
            print_option(&option_table[i]);
}

void help_overview(void)
{
    puts("usage: adc COMMAND [options] ...\n\n"
         "adc compiles tensor programs (.ad) with their derivatives to C.\n\nCommands:");
    for (int i = 0; i < command_count; i++)
        print_row(command_table[i].name, command_table[i].summary);
    puts("\nOptions of all commands:");
    print_options(CMD_ALL, true);
    puts("\n'adc help COMMAND' tells more.\n"
         "Exit status: 0 success; 1 the program or its data is wrong; 2 wrong usage;\n"
         "3 a tool that adc calls failed or is missing.");
}

void help_command(const command *c)
{
    printf("usage: adc %s %s [options]\n\n%s.\n", c->name, c->operands, c->summary);
    if (c->help)
        printf("%s\n", c->help);
    puts("\nOptions:");
    print_options(c->bit, false);
    print_options(c->bit, true);
}

exit_code cmd_help(const options *o)
{
    const char *name = options_operand(o, 0);
    const command *c = name ? command_find(name) : NULL;
    if (name && !c) {
        command_unknown(o, name);
        return EXIT_USAGE;
    }
    if (c)
        help_command(c);
    else
        help_overview();
    return EXIT_OK;
}
