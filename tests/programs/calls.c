/* adc run, many times on one model that is compiled and loaded once:
 *
 *     calls MODEL OPTION... -- FUNCTION name=value... -- FUNCTION ...
 *
 * Each call is made by a child process, so a crash is one call's alone. For each a line of JSON is printed:
 * {"status": 0, "out": "...", "err": "..."}; the status of a call that a signal ended is minus the signal. A model that
 * cannot be loaded gets no lines, and the exit status that adc run gives it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver/command.h"
#include "driver/files.h"
#include "driver/run.h"
#include "driver/value.h"

/* "adc run MODEL" with the words of one call before the options of all. */
static exit_code parse(options *o, arena *mem, char **common, int ncommon, char **words, int nwords)
{
    VEC(char *) line = {0};
    vec_push(mem, &line, arena_strdup(mem, "adc"));
    vec_push(mem, &line, arena_strdup(mem, "run"));
    vec_push(mem, &line, common[0]);
    for (int i = 0; i < nwords; i++)
        vec_push(mem, &line, words[i]);
    for (int i = 1; i < ncommon; i++)
        vec_push(mem, &line, common[i]);
    return options_parse(o, mem, line.n, line.data);
}

static const char *rewound(arena *mem, FILE *f)
{
    long n = ftell(f);
    char *all = arena_alloc(mem, n > 0 ? (size_t)n + 1 : 1);
    rewind(f);
    size_t got = fread(all, 1, n > 0 ? (size_t)n : 0, f);
    all[got] = 0;
    return all;
}

/* In a child: everything that it prints goes to out and err. */
static _Noreturn void child(const options *o, const loaded *made, FILE *out, FILE *err)
{
    if (dup2(fileno(out), STDOUT_FILENO) < 0 || dup2(fileno(err), STDERR_FILENO) < 0)
        _exit(EXIT_TOOL);
    exit_code code = run_loaded(o, made);
    fflush(stdout);
    exit((int)code);
}

static bool make_call(const options *o, const loaded *made)
{
    arena *mem = o->mem;
    FILE *out = tmpfile(), *err = tmpfile();
    int status = 0;
    pid_t pid = out && err ? fork() : -1;
    if (pid == 0)
        child(o, made, out, err);
    if (pid < 0 || waitpid(pid, &status, 0) < 0) {
        perror("calls");
        return false;
    }
    fseek(out, 0, SEEK_END);
    fseek(err, 0, SEEK_END);
    text t;
    text_init(&t, mem);
    text_addf(&t, "{\"status\": %d, \"out\": ", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
    print_json_string(&t, rewound(mem, out));
    text_add(&t, ", \"err\": ");
    print_json_string(&t, rewound(mem, err));
    puts(arena_printf(mem, "%s}", text_str(&t)));
    fflush(stdout);
    fclose(out);
    fclose(err);
    return true;
}

/* The number of words up to the next "--". */
static int words_of_call(char **words, int n)
{
    int k = 0;
    while (k < n && strcmp(words[k], "--"))
        k++;
    return k;
}

int main(int argc, char **argv)
{
    arena *mem = arena_new();
    int ncommon = words_of_call(argv + 1, argc - 1);
    loaded made;
    exit_code code = EXIT_OK;
    bool is_loaded = false;
    for (int i = 1 + ncommon + 1, n; i < argc && !code; i += n + 1) {
        options o;
        n = words_of_call(argv + i, argc - i);
        code = parse(&o, mem, argv + 1, ncommon, argv + i, n);
        if (!code && !is_loaded)
            code = cache_load(&o, (choice){NULL, false}, &made);
        is_loaded = true;
        if (!code && !make_call(&o, &made))
            code = EXIT_TOOL;
    }
    arena_free(mem);
    return (int)code;
}
