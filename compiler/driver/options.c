/* Reads argv, writes struct options: one table row per option, one small function per way of storing a value.
 *
 * Options may stand anywhere; "--opt value", "--opt=value", "-Idir" and "-I dir" are the same; "--" ends them. The
 * first operand is the command. Whether an option belongs to the command is decided once the whole line was read. */
#include "driver/options.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/command.h"

static void *field(options *o, const option *self)
{
    return (char *)o + self->offset;
}

static exit_code set_flag(options *o, const option *self, const char *value)
{
    (void)value;
    *(bool *)field(o, self) = true;
    return EXIT_OK;
}

static exit_code set_string(options *o, const option *self, const char *value)
{
    *(const char **)field(o, self) = value;
    return EXIT_OK;
}

/* The position of the value in the row's list of choices. */
static int chosen(const option *self, const char *value)
{
    int i = 0;
    while (strcmp(value, self->choices[i]))
        i++;
    return i;
}

static exit_code set_target(options *o, const option *self, const char *value)
{
    o->compile.target = (target_kind)chosen(self, value);
    return EXIT_OK;
}

static exit_code set_real(options *o, const option *self, const char *value)
{
    o->compile.real = chosen(self, value) ? ELEM_F32 : ELEM_F64;
    return EXIT_OK;
}

static exit_code set_sum(options *o, const option *self, const char *value)
{
    o->compile.sum = (sum_mode)chosen(self, value);
    return EXIT_OK;
}

static exit_code set_math(options *o, const option *self, const char *value)
{
    o->compile.math = (math_mode)chosen(self, value);
    return EXIT_OK;
}

static exit_code set_color(options *o, const option *self, const char *value)
{
    (void)self;
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    bool wanted = isatty(STDERR_FILENO) && !(no_color && *no_color) && term && strcmp(term, "dumb");
    o->report.color = strcmp(value, "auto") ? !strcmp(value, "always") : wanted;
    return EXIT_OK;
}

static exit_code add_include(options *o, const option *self, const char *value)
{
    (void)self;
    vec_push(o->mem, &o->compile.include_dirs, value);
    return EXIT_OK;
}

static exit_code add_output(options *o, const option *self, const char *value)
{
    (void)self;
    vec_push(o->mem, &o->outputs, value);
    return EXIT_OK;
}

static bool is_identifier(const char *s, size_t n)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    return n && strspn(s, letters) >= n && !(*s >= '0' && *s <= '9');
}

static exit_code set_prefix(options *o, const option *self, const char *value)
{
    if (!is_identifier(value, strlen(value))) {
        report_error(&o->report, "--prefix '%s' is not a C identifier", value);
        return EXIT_USAGE;
    }
    return set_string(o, self, value);
}

/* The last -D of a name counts, as with cc. */
static exit_code add_define(options *o, const option *self, const char *value)
{
    (void)self;
    const char *equals = strchr(value, '=');
    char *end = NULL;
    errno = 0;
    long long size = equals ? strtoll(equals + 1, &end, 10) : 0;
    if (!equals || !is_identifier(value, (size_t)(equals - value)) || end == equals + 1 || *end || errno || size < 0) {
        report_error(&o->report, "-D '%s': expected NAME=INT with an integer of at least 0", value);
        return EXIT_USAGE;
    }
    size_define def = {arena_strndup(o->mem, value, (size_t)(equals - value)), size};
    for (int i = 0; i < o->compile.defines.n; i++)
        if (!strcmp(o->compile.defines.data[i].name, def.name)) {
            o->compile.defines.data[i] = def;
            return EXIT_OK;
        }
    vec_push(o->mem, &o->compile.defines, def);
    return EXIT_OK;
}

static exit_code set_checkpoint(options *o, const option *self, const char *value)
{
    (void)self;
    if (checkpoint_read(value, &o->compile.checkpoint))
        return EXIT_OK;
    report_error(&o->report,
                 "--checkpoint='%s': expected all, every K, revolve S, budget SIZE (as 64 MiB) or recompute", value);
    return EXIT_USAGE;
}

/* sm_ and digits, perhaps a letter behind them. */
static bool is_architecture(const char *s, size_t n)
{
    size_t digits = n > 3 && !strncmp(s, "sm_", 3) ? strspn(s + 3, "0123456789") : 0;
    return digits > 0 && (3 + digits == n || (4 + digits == n && s[n - 1] >= 'a' && s[n - 1] <= 'z'));
}

static exit_code set_architectures(options *o, const option *self, const char *value)
{
    static const char *const words[] = {"native", "all", "all-major"};
    bool known = false, list = *value != 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        known |= !strcmp(value, words[i]);
    for (const char *s = value; list && *s; s += strcspn(s, ",") + (s[strcspn(s, ",")] == ','))
        list = is_architecture(s, strcspn(s, ","));
    if (known || (list && value[strlen(value) - 1] != ','))
        return set_string(o, self, value);
    report_error(&o->report, "--arch='%s': expected architectures such as sm_80,sm_90, or native", value);
    return EXIT_USAGE;
}

static exit_code set_seed(options *o, const option *self, const char *value)
{
    (void)self;
    char *end;
    errno = 0;
    o->seed = strtoull(value, &end, 10);
    if (!*value || *value == '-' || *end || errno) {
        report_error(&o->report, "--seed '%s': expected an integer of at least 0", value);
        return EXIT_USAGE;
    }
    return EXIT_OK;
}

static exit_code set_seconds(options *o, const option *self, const char *value)
{
    (void)self;
    char *end;
    o->seconds = strtod(value, &end);
    if (*end || end == value || !(o->seconds > 0.0) || o->seconds > 1e6) {
        report_error(&o->report, "--time '%s': expected a number of seconds above 0", value);
        return EXIT_USAGE;
    }
    return EXIT_OK;
}

/* An integer of at least 1. */
static exit_code read_count(const options *o, const option *self, const char *value, int *n)
{
    char *end;
    errno = 0;
    long count = strtol(value, &end, 10);
    if (*end || end == value || errno || count < 1 || count > INT_MAX) {
        report_error(&o->report, "%s '%s': expected an integer of at least 1", self->name, value);
        return EXIT_USAGE;
    }
    *n = (int)count;
    return EXIT_OK;
}

static exit_code set_repeat(options *o, const option *self, const char *value)
{
    return read_count(o, self, value, &o->repeat);
}

/* OpenMP reads it when the generated code is loaded. */
static exit_code set_threads(options *o, const option *self, const char *value)
{
    int n;
    exit_code code = read_count(o, self, value, &n);
    if (!code)
        setenv("OMP_NUM_THREADS", arena_printf(o->mem, "%d", n), 1);
    return code;
}

/* As cc: -O is -O1; levels that mean less precise arithmetic are refused. */
static exit_code set_optimise(options *o, const option *self, const char *value)
{
    (void)self;
    static const char *const levels[] = {"", "0", "1", "2", "3", "s", "g"};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (!strcmp(value, levels[i])) {
            o->optimise = arena_printf(o->mem, "-O%s", value);
            return EXIT_OK;
        }
    report_error(&o->report, "-O%s: expected -O0, -O1, -O2, -O3, -Os or -Og", value);
    return EXIT_USAGE;
}

static const char *const reals[] = {"f64", "f32", NULL};
static const char *const sums[] = {[SUM_BLOCKED] = "blocked", [SUM_KAHAN] = "kahan", [SUM_F64] = "f64", NULL};
static const char *const maths[] = {[MATH_PRECISE] = "precise", [MATH_FAST] = "fast", NULL};
static const char *const colors[] = {"auto", "always", "never", NULL};
static const char *const targets[] = {[TARGET_C] = "c", [TARGET_CUDA] = "cuda", NULL};
static const char *const stages[] = {"tokens", "tree", "typed", "graph", "adjoint", "fused", "loops", NULL};

#define AT(f) offsetof(options, f)
/* clang-format off */
const option option_table[] = {
    {"-I",           NULL,  "DIR",       false, CMD_ALL, NULL, add_include, 0, "also look for imported modules in DIR"},
    {"-D",           NULL,  "NAME=INT",  false, CMD_ALL, NULL, add_define, 0, "fix the size NAME while compiling"},
    {"--real",       NULL,  "f64|f32",   false, CMD_ALL, reals, set_real, 0, "what 'real' is (default f64)"},
    {"--sum",        NULL,  "MODE",      false, CMD_ALL, sums, set_sum, 0, "how sums are added up: blocked (default),\nkahan, f64 (terms in f32, sum in f64)"},
    {"--math",       NULL,  "MODE",      false, CMD_ALL, maths, set_math, 0, "functions: precise (default, at most 2 ulp) or fast"},
    {"--checkpoint", NULL,  "K",         false, CMD_ALL, NULL, set_checkpoint, 0, "what loops keep for their derivatives (all)"},
    {"--color",      NULL,  "WHEN",      false, CMD_ALL, colors, set_color, 0, "auto, always or never"},
    {"--emit",       NULL,  "STAGE",     false, CMD_ALL, stages, set_string, AT(compile.emit), "print a stage and stop: tokens, tree, typed, graph,\nadjoint, fused, loops"},
    {"-v",           "--verbose", NULL,  false, CMD_ALL, NULL, set_flag, AT(report.verbose), "say what is done and which tools are called"},
    {"-h",           "--help", NULL,     false, CMD_ALL, NULL, set_flag, AT(help), "this help"},
    {"--version",    NULL,  NULL,        false, CMD_ALL, NULL, set_flag, AT(version), "print the version"},
    {"-o",           NULL,  "FILE",      false, CMD_COMPILE | CMD_BUILD, NULL, add_output, 0, "where to write"},
    {"-o",           NULL,  "name=FILE", false, CMD_RUN, NULL, add_output, 0, "write the result 'name' to FILE (.npy)"},
    {"--out-dir",    NULL,  "DIR",       false, CMD_RUN, NULL, set_string, AT(out_dir), "write every result to DIR/name.npy"},
    {"--json",       NULL,  NULL,        false, CMD_RUN | CMD_BENCH | CMD_EXPLAIN, NULL, set_flag, AT(json), "print the results as one JSON object"},
    {"--seed",       NULL,  "K",         false, CMD_RUN | CMD_GRADCHECK | CMD_BENCH, NULL, set_seed, 0, "seed of normal(...) and uniform(...) (default 0)"},
    {"--threads",    NULL,  "K",         false, CMD_RUN | CMD_BENCH | CMD_EXPLAIN, NULL, set_threads, 0, "number of threads (default: all)"},
    {"--time",       NULL,  "SECONDS",   false, CMD_BENCH, NULL, set_seconds, 0, "how long to measure each function (default 1)"},
    {"--repeat",     NULL,  "K",         false, CMD_BENCH, NULL, set_repeat, 0, "how many samples to take of each function"},
    {"--header",     NULL,  "FILE",      false, CMD_COMPILE | CMD_BUILD, NULL, set_string, AT(header), "where to write the header"},
    {"--prefix",     NULL,  "NAME",      false, CMD_COMPILE | CMD_BUILD, NULL, set_prefix, AT(compile.prefix), "prefix of the C names (default: the file's name)"},
    {"--manifest",   NULL,  NULL,        false, CMD_COMPILE | CMD_BUILD, NULL, set_flag, AT(manifest), "also write the description as model.json"},
    {"--target",     NULL,  "c|cuda",    false, CMD_COMPILE | CMD_CALLS_NVCC | CMD_EXPLAIN, targets, set_target, 0, "what to generate (default c)"},
    {"--cc",         NULL,  "COMPILER",  false, CMD_CALLS_CC, NULL, set_string, AT(cc), "C compiler (default: CC, else clang, else gcc)"},
    {"--nvcc",       NULL,  "COMPILER",  false, CMD_CALLS_NVCC, NULL, set_string, AT(nvcc), "CUDA compiler (default: NVCC, else nvcc, else\n/usr/local/cuda/bin/nvcc)"},
    {"--arch",       NULL,  "LIST",      false, CMD_CALLS_NVCC, NULL, set_architectures, AT(arch), "GPUs to make code for (default sm_80,sm_90 and later)"},
    {"-O",           NULL,  "LEVEL",     true,  CMD_CALLS_CC, NULL, set_optimise, 0, "optimisation level for the C compiler (default -O3)"},
    {"--whole",      NULL,  NULL,        false, CMD_RUN | CMD_GRADCHECK | CMD_BENCH, NULL, set_flag, AT(whole), "compile all exported functions of the file, not only the\none called: for calls of others after it"},
    {"--portable",   NULL,  NULL,        false, CMD_BUILD, NULL, set_flag, AT(portable), "for any processor of this kind: versions for several\ninstruction sets, chosen at load time"},
    {"--no-blas",    NULL,  NULL,        false, CMD_CALLS_CC, NULL, set_flag, AT(no_blas), "large products of matrices by adc's own loops, also\nwhere OpenBLAS is installed"},
    {"-g",           NULL,  NULL,        false, CMD_CALLS_CC, NULL, set_flag, AT(debug), "debug information"},
};
/* clang-format on */
const int option_count = sizeof option_table / sizeof *option_table;

/* One option as it was written; the same word may be several rows, for different commands. */
typedef struct given {
    const char *word, *value;
} given;

typedef struct line {
    options *o;
    int argc, next;
    char **argv;
    VEC(given) options;
    VEC(const char *) operands;
} line;

static bool is_named(const option *row, const char *word)
{
    return !strcmp(row->name, word) || (row->alias && !strcmp(row->alias, word));
}

static const option *find_option(const char *word, unsigned commands)
{
    for (int i = 0; i < option_count; i++)
        if (is_named(&option_table[i], word) && option_table[i].commands & commands)
            return &option_table[i];
    return NULL;
}

static exit_code unknown_option(const options *o, const char *word)
{
    const char *known[2 * sizeof option_table / sizeof *option_table];
    int n = 0;
    for (int i = 0; i < option_count; i++) {
        known[n++] = option_table[i].name;
        if (option_table[i].alias)
            known[n++] = option_table[i].alias;
    }
    report_error(&o->report, "unknown option '%s'", word);
    const char *nearest = diag_nearest(word, known, n);
    if (nearest)
        report_hint(&o->report, "did you mean '%s'?", nearest);
    else
        report_hint(&o->report, "'adc help COMMAND' lists the options of a command");
    return EXIT_USAGE;
}

/* Splits an option word into name and value, taking the value from the next word where it has to stand there. */
static exit_code read_option(line *l, const char *word)
{
    options *o = l->o;
    size_t name_length = word[1] == '-' ? strcspn(word, "=") : 2;
    const char *name = arena_strndup(o->mem, word, name_length);
    const char *rest = word[name_length] ? word + name_length + (word[1] == '-') : NULL;
    const option *row = find_option(name, CMD_ALL);
    if (!row)
        return unknown_option(o, name);
    if (!row->value && rest) {
        if (word[1] != '-')
            return unknown_option(o, word);
        report_error(&o->report, "option '%s' takes no value", name);
        return EXIT_USAGE;
    }
    if (row->attached && !rest)
        rest = "";
    if (row->value && !rest && l->next < l->argc)
        rest = l->argv[l->next++];
    if (row->value && !rest) {
        report_error(&o->report, "option '%s' needs a value: %s", name, row->value);
        return EXIT_USAGE;
    }
    vec_push(o->mem, &l->options, (given){name, rest});
    return EXIT_OK;
}

static exit_code read_words(line *l)
{
    bool only_operands = false;
    while (l->next < l->argc) {
        const char *word = l->argv[l->next++];
        exit_code code = EXIT_OK;
        if (!only_operands && !strcmp(word, "--"))
            only_operands = true;
        else if (only_operands || word[0] != '-' || !word[1])
            vec_push(l->o->mem, &l->operands, word);
        else
            code = read_option(l, word);
        if (code)
            return code;
    }
    return EXIT_OK;
}

static exit_code check_choice(const options *o, const option *row, const char *value)
{
    text all;
    text_init(&all, o->mem);
    int n = 0;
    for (; row->choices[n]; n++) {
        if (!strcmp(row->choices[n], value))
            return EXIT_OK;
        text_addf(&all, "%s%s", n ? ", " : "", row->choices[n]);
    }
    report_error(&o->report, "%s='%s': expected one of %s", row->name, value, text_str(&all));
    const char *nearest = diag_nearest(value, row->choices, n);
    if (nearest)
        report_hint(&o->report, "did you mean '%s'?", nearest);
    return EXIT_USAGE;
}

static exit_code apply(options *o, const given *g)
{
    const option *row = find_option(g->word, o->command ? o->command->bit : CMD_ALL);
    if (!row) {
        assert(o->command && "without a command every option is known");
        report_error(&o->report, "'adc %s' takes no option '%s'", o->command->name, g->word);
        report_hint(&o->report, "see 'adc help %s'", o->command->name);
        return EXIT_USAGE;
    }
    exit_code code = row->choices ? check_choice(o, row, g->value) : EXIT_OK;
    return code ? code : row->set(o, row, g->value);
}

static exit_code find_command(options *o, const line *l)
{
    if (!l->operands.n)
        return EXIT_OK;
    o->command = command_find(l->operands.data[0]);
    if (!o->command) {
        command_unknown(o, l->operands.data[0]);
        return EXIT_USAGE;
    }
    for (int i = 1; i < l->operands.n; i++)
        vec_push(o->mem, &o->operands, l->operands.data[i]);
    return EXIT_OK;
}

static exit_code check_operands(const options *o)
{
    const command *c = o->command;
    if (!c || o->help || o->version)
        return EXIT_OK;
    if (o->operands.n < c->min)
        report_error(&o->report, "'adc %s' needs %s", c->name, c->operands);
    else if (c->max >= 0 && o->operands.n > c->max)
        report_error(&o->report, "'adc %s': unexpected '%s'", c->name, o->operands.data[c->max]);
    else
        return EXIT_OK;
    report_hint(&o->report, "usage: adc %s %s [options]", c->name, c->operands);
    return EXIT_USAGE;
}

/* For the header's comment: what was typed, with the program's own name as "adc". */
static const char *command_line(arena *mem, int argc, char **argv)
{
    text t;
    text_init(&t, mem);
    text_add(&t, "adc");
    for (int i = 1; i < argc; i++)
        text_addf(&t, argv[i][strcspn(argv[i], " \t\n'\"\\$`*?;&|<>()[]{}#~")] || !argv[i][0] ? " '%s'" : " %s",
                  argv[i]);
    return text_str(&t);
}

exit_code options_parse(options *o, arena *mem, int argc, char **argv)
{
    *o = (options){.mem = mem, .optimise = "-O3", .arch = "sm_80,sm_90", .seconds = 1.0};
    o->compile.real = ELEM_F64;
    o->compile.command = command_line(mem, argc, argv);
    set_color(o, NULL, "auto");
    line l = {.o = o, .argc = argc, .next = 1, .argv = argv};
    exit_code code = read_words(&l);
    if (!code)
        code = find_command(o, &l);
    for (int i = 0; !code && i < l.options.n; i++)
        code = apply(o, &l.options.data[i]);
    return code ? code : check_operands(o);
}

const char *options_operand(const options *o, int i)
{
    return i < o->operands.n ? o->operands.data[i] : NULL;
}
