/* Fuzzing of the front end: mutated programs and arbitrary bytes through parse, check and print.
 *
 * ctest: seconds 20
 * fuzz_front [SECONDS [SEED]] (default: $FUZZ_SECONDS or 20, and 1), from the repository's root. Seeds are the .ad
 * files of tests/, examples/ and stdlib/ and the code blocks of docs/language.md. Whatever the input, nothing may
 * crash, hang or leak (built with sanitizers), and what checks without errors must print to a text that prints the same
 * again. The input under test lies in a file whose name is printed; it stays there after a crash. */
#include <dirent.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "form/tree.h"
#include "stage/check/check.h"
#include "stage/parse.h"

typedef struct input {
    char *data;
    int n;
} input;

typedef struct fuzzer {
    arena *mem;
    VEC(input) seeds;
    uint64_t random;
    char path[64];
    FILE *sink;
    long accepted;
} fuzzer;

enum { INPUT_LIMIT = 1 << 14 };

static const char *const words[] = {
    "fn ",
    "export ",
    "let ",
    "var ",
    "for ",
    "in ",
    "if ",
    "then ",
    "else ",
    "return ",
    "yield ",
    "while ",
    "max ",
    "where ",
    "grad(",
    "vjp(",
    "sum[",
    "sum(",
    "kmin[",
    "zeros[",
    "full[",
    "real",
    "int",
    "bool",
    "f32",
    "f64",
    "[N]",
    "[N, D]",
    "2*H",
    "N-1",
    "..",
    "->",
    "'",
    "@",
    "^",
    "|x| ",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ";",
    ",",
    "=",
    "==",
    "<",
    "and ",
    "not ",
    "0",
    "1",
    "0.5",
    "1e9",
    "99999999999",
    "-1",
    "x",
    "i",
    "N",
    "T",
    "argmax",
    "logsumexp(",
    "hessian(",
    "div(",
    "mod(",
    "import ",
    "derivative f(x) along w = ",
    "export grad f wrt x;",
    "@checkpoint(all) ",
    "## doc\n",
    "#",
    "\"",
    "concat(",
    "cross(",
    "jacobian(",
    "true",
    "pi",
    "inf",
    "stop_gradient(",
};

static unsigned below(fuzzer *f, int n)
{
    f->random ^= f->random << 13;
    f->random ^= f->random >> 7;
    f->random ^= f->random << 17;
    return n > 0 ? (unsigned)((f->random >> 11) % (unsigned)n) : 0;
}

static void add_seed(fuzzer *f, const char *data, size_t n)
{
    if (n > 0 && n < INPUT_LIMIT) {
        input s = {arena_strndup(f->mem, data, n), (int)n};
        vec_push(f->mem, &f->seeds, s);
    }
}

static size_t load(fuzzer *f, const char *path, char **data)
{
    FILE *in = fopen(path, "rb");
    *data = arena_alloc(f->mem, 1 << 20);
    size_t n = in ? fread(*data, 1, (1 << 20) - 1, in) : 0;
    if (in)
        fclose(in);
    return n;
}

static void add_tree(fuzzer *f, const char *path, int depth)
{
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));) {
        const char *name = arena_printf(f->mem, "%s/%s", path, e->d_name);
        size_t n = strlen(e->d_name);
        struct stat info;
        if (e->d_name[0] == '.' || stat(name, &info))
            continue;
        if (S_ISDIR(info.st_mode) && depth > 0)
            add_tree(f, name, depth - 1);
        if (n < 3 || strcmp(e->d_name + n - 3, ".ad"))
            continue;
        char *data;
        size_t bytes = load(f, name, &data);
        add_seed(f, data, bytes);
    }
    if (d)
        closedir(d);
}

static void add_code_blocks(fuzzer *f, const char *path)
{
    char *data;
    load(f, path, &data);
    for (char *open = strstr(data, "```"); open; open = strstr(open, "```")) {
        char *start = strchr(open, '\n'), *end = start ? strstr(start, "```") : NULL;
        if (!end)
            return;
        add_seed(f, start, (size_t)(end - start));
        open = end + 3;
    }
}

static void insert(input *t, int at, const char *s, int n)
{
    if (t->n + n > INPUT_LIMIT)
        return;
    memmove(t->data + at + n, t->data + at, (size_t)(t->n - at));
    memcpy(t->data + at, s, (size_t)n);
    t->n += n;
}

static void delete (input *t, int at, int n)
{
    if (n > t->n - at)
        n = t->n - at;
    memmove(t->data + at, t->data + at + n, (size_t)(t->n - at - n));
    t->n -= n;
}

static void mutate(fuzzer *f, input *t)
{
    int at = (int)below(f, t->n + 1), length = (int)below(f, 24) + 1;
    const input *other = &f->seeds.data[below(f, f->seeds.n)];
    const char *word = words[below(f, sizeof words / sizeof *words)];
    int from = (int)below(f, other->n);
    char piece[32];
    switch (below(f, 8)) {
    case 0:
        if (at < t->n)
            t->data[at] = (char)below(f, 256);
        break;
    case 1:
        delete (t, at, length);
        break;
    case 2:
    case 3:
        insert(t, at, word, (int)strlen(word));
        break;
    case 4:
        delete (t, at, (int)below(f, 6));
        insert(t, at, word, (int)strlen(word));
        break;
    case 5:
        insert(t, at, other->data + from, length < other->n - from ? length : other->n - from);
        break;
    case 6: /* the same again: deep nesting, duplicate names */
        length = length < t->n - at ? length : t->n - at;
        memcpy(piece, t->data + at, (size_t)length);
        for (unsigned k = below(f, 9) ? 1 : 600; k > 0; k--)
            insert(t, at, piece, length);
        break;
    default:
        if (!below(f, 10))
            t->n = at;
    }
}

static void random_bytes(fuzzer *f, input *t)
{
    bool ascii = below(f, 2);
    t->n = (int)below(f, 400);
    for (int i = 0; i < t->n; i++)
        t->data[i] = (char)(ascii ? 32 + below(f, 95) : below(f, 256));
}

static void write_input(const fuzzer *f, const char *data, size_t n)
{
    FILE *out = fopen(f->path, "wb");
    if (!out || fwrite(data, 1, n, out) != n || fclose(out)) {
        perror(f->path);
        exit(1);
    }
}

static const char *no_modules(const char *name)
{
    return strcmp(name, "kernels") ? NULL : "fn gaussian(x: real[D], s: real) -> real = exp(-sqnorm(x) / s^2);\n";
}

/* The printed main module; NULL when the program has errors. */
static const char *front_end(fuzzer *f, arena *mem)
{
    diag d;
    diag_init(&d, mem, f->sink, false);
    program p;
    parse_options o = {.embedded = no_modules};
    if (!parse_program(&p, f->path, &o, &d))
        return NULL;
    bool ok = check_program(&p, &d);
    text typed, plain;
    text_init(&typed, mem);
    text_init(&plain, mem);
    module_print(&plain, p.modules.data[0], false);
    if (ok)
        tree_print(&typed, &p, true);
    return ok ? text_str(&plain) : NULL;
}

static void one_run(fuzzer *f, const input *t)
{
    arena *mem = arena_new();
    write_input(f, t->data, (size_t)t->n);
    rewind(f->sink);
    const char *printed = front_end(f, mem);
    if (printed) {
        f->accepted++;
        write_input(f, printed, strlen(printed));
        const char *again = front_end(f, mem);
        if (!again || strcmp(printed, again)) {
            fprintf(stderr, "printed differently again:\n%s\n-----\n%s\n", printed, again ? again : "(errors)");
            exit(1);
        }
    }
    arena_free(mem);
}

int main(int argc, char **argv)
{
    fuzzer f = {.mem = arena_new()};
    const char *seconds = argc > 1 ? argv[1] : getenv("FUZZ_SECONDS");
    time_t end = time(NULL) + (seconds ? atoi(seconds) : 20);
    f.random = (argc > 2 ? strtoull(argv[2], NULL, 10) : 1) * 0x9e3779b97f4a7c15u + 1;
    snprintf(f.path, sizeof f.path, "/tmp/adc_fuzz_%d.ad", (int)getpid());
    f.sink = tmpfile();
    add_tree(&f, "tests", 2);
    add_tree(&f, "examples", 2);
    add_tree(&f, "stdlib", 1);
    add_code_blocks(&f, "docs/language.md");
    if (!f.sink || !f.seeds.n) {
        fprintf(stderr, "no seeds: run in the repository's root\n");
        return 1;
    }
    printf("%d seeds, input in %s\n", f.seeds.n, f.path);
    fflush(stdout);
    input t = {arena_alloc(f.mem, INPUT_LIMIT + 1), 0};
    long runs = 0;
    for (; time(NULL) < end; runs++) {
        alarm(20);
        const input *seed = &f.seeds.data[below(&f, f.seeds.n)];
        memcpy(t.data, seed->data, (size_t)seed->n);
        t.n = seed->n;
        if (!below(&f, 20))
            random_bytes(&f, &t);
        for (int k = (int)below(&f, 8); k > 0; k--)
            mutate(&f, &t);
        one_run(&f, &t);
    }
    alarm(0);
    unlink(f.path);
    fclose(f.sink);
    arena_free(f.mem);
    printf("%ld runs, %ld accepted\n", runs, f.accepted);
    return f.accepted == 0;
}
