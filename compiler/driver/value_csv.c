/* Reads .csv files: one row of numbers per line, separated by commas, semicolons, tabs or spaces.
 *
 * A first line with a word that is no number is a heading and is skipped, as are empty lines and lines that start with
 * '#'. Fields may stand in double quotes. The result has rank 2. */
#include <errno.h>
#include <string.h>

#include "driver/files.h"
#include "driver/value.h"

typedef struct table {
    arena *mem;
    numbers found;
    int64_t rows, columns;
    bool heading;   /* there was one */
    char separator; /* ' ' stands for any run of blanks */
} table;

static char find_separator(const char *s, size_t n)
{
    static const char candidates[] = ",;\t";
    for (size_t i = 0; candidates[i]; i++)
        if (memchr(s, candidates[i], n))
            return candidates[i];
    return ' ';
}

static void trim(const char **s, size_t *n, const char *set)
{
    while (*n && strchr(set, **s)) {
        ++*s;
        --*n;
    }
    while (*n && strchr(set, (*s)[*n - 1]))
        --*n;
}

/* Adds the fields of a line. Returns how many, or minus the number of the first that is none. */
static int64_t read_fields(table *t, numbers *to, const char *s, size_t n)
{
    int64_t count = 0;
    trim(&s, &n, " \r");
    for (bool more = true; more; count++) {
        size_t field = 0;
        while (field < n && s[field] != t->separator)
            field++;
        const char *word = s;
        size_t length = field;
        more = field < n;
        s += field + more;
        n -= field + more;
        if (t->separator == ' ')
            for (; n && *s == ' '; n--)
                s++;
        trim(&word, &length, " \t");
        trim(&word, &length, "\"");
        if (!numbers_add(t->mem, to, word, length))
            return -(count + 1);
    }
    return count;
}

/* Reads a line that is not empty. */
static bool read_line(table *t, const report *r, const char *path, const char *s, size_t n, long long line)
{
    bool may_be_heading = !t->rows && !t->heading;
    numbers before = t->found;
    if (!t->rows)
        t->separator = find_separator(s, n);
    int64_t fields = read_fields(t, &t->found, s, n);
    if (fields < 0 && may_be_heading) {
        t->found = before;
        t->heading = true;
        return true;
    }
    if (fields < 0) {
        report_error(r, "%s:%lld: field %lld is not a number", path, line, (long long)-fields);
        return false;
    }
    if (t->rows && fields != t->columns) {
        report_error(r, "%s:%lld: this line has %lld fields, those before have %lld", path, line, (long long)fields,
                     (long long)t->columns);
        return false;
    }
    t->columns = fields;
    t->rows++;
    return true;
}

bool csv_read(arena *mem, const report *r, const char *path, tensor *out)
{
    bytes file;
    if (!file_read(mem, path, &file)) {
        report_error(r, "cannot read '%s': %s", path, strerror(errno));
        return false;
    }
    table t = {.mem = mem};
    const char *s = file.data, *end = file.data + file.n;
    if (file.n >= 3 && !memcmp(s, "\xef\xbb\xbf", 3))
        s += 3;
    for (long long number = 1; s < end; number++) {
        const char *stop = memchr(s, '\n', (size_t)(end - s));
        size_t n = (size_t)((stop ? stop : end) - s);
        if (n && *s != '#' && strspn(s, " \t\r") < n && !read_line(&t, r, path, s, n, number))
            return false;
        s += n + 1;
    }
    if (!numbers_finish(mem, &t.found, 2, (int64_t[]){t.rows, t.columns}, out)) {
        report_error(r, "cannot read '%s': numbers and bools are mixed", path);
        return false;
    }
    return true;
}
