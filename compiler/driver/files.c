/* Reads whole files, writes whole files: through a temporary name and rename, so that no reader ever sees half of one
 * and an error leaves what was there before. */
#include "driver/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool read_all(arena *mem, int fd, bytes *out)
{
    size_t cap = 1 << 16;
    struct stat st;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
        cap = (size_t)st.st_size + 1;
    *out = (bytes){arena_alloc(mem, cap), 0};
    for (;;) {
        ssize_t got = read(fd, out->data + out->n, cap - out->n - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0;
        out->n += (size_t)got;
        if (out->n == cap - 1) {
            out->data = arena_grow(mem, out->data, out->n, 2 * cap, 1);
            cap *= 2;
        }
    }
}

bool file_read(arena *mem, const char *path, bytes *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool ok = read_all(mem, fd, out);
    int error = errno;
    close(fd);
    errno = error;
    return ok;
}

static bool write_all(int fd, const char *data, size_t n)
{
    while (n) {
        ssize_t put = write(fd, data, n);
        if (put < 0 && errno != EINTR)
            return false;
        if (put > 0) {
            data += put;
            n -= (size_t)put;
        }
    }
    return true;
}

/* Where an output goes: to its final place by rename, or straight into what is no regular file. */
typedef struct pending {
    const char *target, *temporary; /* temporary NULL: written directly */
} pending;

static bool write_direct(const char *path, const out_file *f)
{
    int fd = !strcmp(f->path, "-") ? dup(STDOUT_FILENO) : open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool ok = write_all(fd, f->data, f->n);
    return close(fd) == 0 && ok;
}

static bool write_temporary(arena *mem, pending *p, const out_file *f)
{
    char *resolved = realpath(f->path, NULL); /* a link stays one */
    p->target = arena_strdup(mem, resolved ? resolved : f->path);
    free(resolved);
    const char *name =
        arena_printf(mem, "%s/.%s.%ld.tmp", path_folder(mem, p->target), path_base(p->target), (long)getpid());
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return false;
    p->temporary = name;
    bool ok = write_all(fd, f->data, f->n);
    return close(fd) == 0 && ok;
}

/* Everything that can fail for lack of space or rights happens here. */
static bool prepare(arena *mem, pending *p, const out_file *f)
{
    struct stat st;
    if (!strcmp(f->path, "-"))
        return true;
    if (stat(f->path, &st) != 0 || S_ISREG(st.st_mode))
        return write_temporary(mem, p, f);
    bool is_folder = S_ISDIR(st.st_mode);
    if (is_folder)
        errno = EISDIR;
    return !is_folder;
}

static bool finish(const pending *p, const out_file *f)
{
    return p->temporary ? rename(p->temporary, p->target) == 0 : write_direct(f->path, f);
}

bool files_write(arena *mem, const report *r, int n, const out_file *files)
{
    pending *p = ARENA_ARRAY(mem, pending, n);
    int failed = -1;
    for (int i = 0; i < n && failed < 0; i++)
        failed = prepare(mem, &p[i], &files[i]) ? -1 : i;
    for (int i = 0; i < n && failed < 0; i++)
        failed = finish(&p[i], &files[i]) ? -1 : i;
    if (failed < 0)
        return true;
    report_error(r, "cannot write '%s': %s", files[failed].path, strerror(errno));
    for (int i = 0; i < n; i++)
        if (p[i].temporary)
            unlink(p[i].temporary);
    return false;
}

bool make_folders(arena *mem, const char *path)
{
    char *copy = arena_strdup(mem, path);
    for (char *slash = strchr(copy + 1, '/'); copy[0] && slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(copy, 0777) != 0 && errno != EEXIST)
            return false;
        *slash = '/';
    }
    struct stat st;
    if (mkdir(copy, 0777) == 0)
        return true;
    if (errno == EEXIST && stat(copy, &st) == 0) {
        errno = ENOTDIR;
        return S_ISDIR(st.st_mode);
    }
    return false;
}

const char *make_temporary_folder(arena *mem, const char *base)
{
    if (!base)
        base = getenv("TMPDIR");
    return mkdtemp(arena_printf(mem, "%s/adc-XXXXXX", base && *base ? base : "/tmp"));
}

void remove_folder(arena *mem, const char *path)
{
    DIR *d = opendir(path);
    if (!d)
        return;
    for (struct dirent *e; (e = readdir(d));)
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
            unlink(arena_printf(mem, "%s/%s", path, e->d_name));
    closedir(d);
    rmdir(path);
}

const char *path_folder(arena *mem, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return ".";
    return slash == path ? "/" : arena_strndup(mem, path, (size_t)(slash - path));
}

const char *path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

const char *path_extension(const char *path)
{
    const char *base = path_base(path), *dot = strrchr(base, '.');
    return dot && dot != base ? dot : "";
}

const char *path_replace_extension(arena *mem, const char *path, const char *extension)
{
    size_t stem = strlen(path) - strlen(path_extension(path));
    return arena_printf(mem, "%.*s%s", (int)stem, path, extension);
}
