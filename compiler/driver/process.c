/* fork, exec, and one pipe that collects what the child says. */
#include "driver/process.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcntl.h>

void words_split(arena *mem, words *w, const char *s)
{
    for (s += strspn(s, " \t"); *s; s += strspn(s, " \t")) {
        size_t n = strcspn(s, " \t");
        vec_push(mem, w, arena_strndup(mem, s, n));
        s += n;
    }
}

void words_add(arena *mem, words *to, const words *from)
{
    for (int i = 0; i < from->n; i++)
        vec_push(mem, to, from->data[i]);
}

static void show(arena *mem, const report *r, const words *argv)
{
    text t;
    text_init(&t, mem);
    for (int i = 0; i < argv->n; i++)
        text_addf(&t, "%s%s", i ? " " : "", argv->data[i]);
    report_note(r, "%s", text_str(&t));
}

static void collect(int fd, text *output)
{
    char buffer[4096];
    ssize_t got;
    while ((got = read(fd, buffer, sizeof buffer)) != 0)
        if (got > 0)
            text_addn(output, buffer, (size_t)got);
        else if (errno != EINTR)
            return;
}

/* In the child: does not return. */
static void become(char *const *argv, int output)
{
    assert(argv[0] && "a command has a name");
    int null = open("/dev/null", O_RDONLY);
    dup2(null, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    execvp(argv[0], argv);
    _exit(127);
}

int process_run(arena *mem, const report *r, words *argv, text *output)
{
    show(mem, r, argv);
    vec_push(mem, argv, NULL);
    argv->n--;
    int ends[2], status;
    if (pipe(ends) != 0)
        return -1;
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        become((char *const *)(void *)argv->data, ends[1]);
    }
    close(ends[1]);
    if (child > 0)
        collect(ends[0], output);
    close(ends[0]);
    if (child < 0)
        return -1;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static bool is_program(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

const char *process_find(arena *mem, const char *name)
{
    if (strchr(name, '/'))
        return is_program(name) ? name : NULL;
    const char *path = getenv("PATH");
    for (path = path ? path : "/usr/local/bin:/usr/bin:/bin"; *name;) {
        size_t n = strcspn(path, ":");
        const char *candidate = arena_printf(mem, "%.*s/%s", n ? (int)n : 1, n ? path : ".", name);
        if (is_program(candidate))
            return candidate;
        if (!path[n])
            return NULL;
        path += n + 1;
    }
    return NULL;
}
