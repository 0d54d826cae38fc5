/* Diagnostics: turns an offset into file, line, column and an underlined copy of the line.
 *
 * Reads the source text that a loc points into, writes to diag.out at once. The line is shown with its leading white
 * space replaced by four spaces, control bytes and broken UTF-8 as '?', and cut around the mark when it is long, so
 * that no input can disturb the terminal. */
#include "base/diag.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "base/vec.h"

#include "base/text.h"

enum { MAX_PRINTED = 20, MAX_LINE = 160 };

struct diag_seen {
    struct diag_seen *next;
    const source *src;
    int begin;
};

void diag_init(diag *d, arena *mem, FILE *out, bool color)
{
    *d = (diag){.mem = mem, .out = out, .color = color};
}

void source_index(source *s, arena *mem)
{
    VEC(int) lines = {0};
    vec_push(mem, &lines, 0);
    for (size_t i = 0; i < s->n; i++)
        if (s->data[i] == '\n')
            vec_push(mem, &lines, (int)i + 1);
    s->lines = lines.data;
    s->nlines = lines.n;
}

void source_position(const source *s, int offset, int *line, int *column)
{
    int first = 0, last = s->nlines - 1; /* the last line that starts at or before the offset */
    while (first < last) {
        int middle = (first + last + 1) / 2;
        if (s->lines[middle] <= offset)
            first = middle;
        else
            last = middle - 1;
    }
    *line = first + 1;
    *column = offset - (s->nlines ? s->lines[first] : 0) + 1;
}

static bool already_seen(diag *d, loc at)
{
    for (struct diag_seen *s = d->seen; s; s = s->next)
        if (s->src == at.src && s->begin == at.begin)
            return true;
    struct diag_seen *s = ARENA_NEW(d->mem, struct diag_seen);
    *s = (struct diag_seen){.next = d->seen, .src = at.src, .begin = at.begin};
    d->seen = s;
    return false;
}

/* Length of the UTF-8 sequence at s, 0 when it is broken or not printable. */
static int printable_length(const char *s, int n)
{
    const unsigned char *u = (const unsigned char *)s;
    if (u[0] < 0x80)
        return u[0] >= 0x20 && u[0] != 0x7f;
    int len = u[0] >= 0xf0 && u[0] < 0xf5 ? 4 : u[0] >= 0xe0 ? 3 : u[0] >= 0xc2 ? 2 : 0;
    if (u[0] >= 0xf5 || len > n || (len == 2 && u[0] == 0xc2 && u[1] < 0xa0))
        return 0;
    for (int i = 1; i < len; i++)
        if ((u[i] & 0xc0) != 0x80)
            return 0;
    return len;
}

/* Copies one column of the line; returns the bytes it took. */
static int add_column(text *t, const char *s, int n)
{
    int len = printable_length(s, n);
    if (len)
        text_addn(t, s, (size_t)len);
    else
        text_add(t, s[0] == '\t' ? " " : "?");
    return len ? len : 1;
}

/* The part of the line around the mark that is shown. */
static void visible_part(const source *s, loc at, int *first, int *last)
{
    int n = (int)s->n, begin = at.begin < n ? at.begin : n;
    int a = begin, b = begin;
    while (a > 0 && s->data[a - 1] != '\n')
        a--;
    while (b < n && s->data[b] != '\n')
        b++;
    while (a < begin && isspace((unsigned char)s->data[a]))
        a++;
    if (b > a && s->data[b - 1] == '\r')
        b--;
    if (b - a > MAX_LINE && begin - a > MAX_LINE / 2)
        a = begin - MAX_LINE / 2;
    if (b - a > MAX_LINE)
        b = a + MAX_LINE;
    *first = a;
    *last = b;
}

static void show_line(diag *d, loc at)
{
    int a, b;
    visible_part(at.src, at, &a, &b);
    text line, mark;
    text_init(&line, d->mem);
    text_init(&mark, d->mem);
    for (int i = a; i < b;) {
        if (i < at.end || i <= at.begin)
            text_add(&mark, i < at.begin ? " " : i == at.begin ? "^" : "~");
        i += add_column(&line, at.src->data + i, b - i);
    }
    if (at.begin >= b)
        text_add(&mark, "^");
    fprintf(d->out, "    %s\n    %s\n", text_str(&line), text_str(&mark));
}

static void print_head(diag *d, loc at)
{
    const char *bold = d->color ? "\033[1m" : "", *red = d->color ? "\033[1;31m" : "";
    const char *off = d->color ? "\033[0m" : "";
    int line, column;
    if (at.src) {
        source_position(at.src, at.begin, &line, &column);
        fprintf(d->out, "%s%s:%d:%d:%s %serror:%s ", bold, at.src->path, line, column, off, red, off);
    } else {
        fprintf(d->out, "%sadc:%s %serror:%s ", bold, off, red, off);
    }
}

bool diag_error(diag *d, loc at, const char *fmt, ...)
{
    d->muted = d->errors > MAX_PRINTED || (at.src && already_seen(d, at));
    if (d->errors > MAX_PRINTED)
        d->errors++;
    if (d->muted)
        return false;
    if (++d->errors > MAX_PRINTED) {
        fputs("adc: more errors follow and are not shown\n", d->out);
        d->muted = true;
        return false;
    }
    print_head(d, at);
    va_list ap;
    va_start(ap, fmt);
    fprintf(d->out, "%s\n", arena_vprintf(d->mem, fmt, ap));
    va_end(ap);
    if (at.src)
        show_line(d, at);
    return true;
}

void diag_hint(diag *d, const char *fmt, ...)
{
    if (d->muted)
        return;
    va_list ap;
    va_start(ap, fmt);
    fprintf(d->out, "    hint: %s\n", arena_vprintf(d->mem, fmt, ap));
    va_end(ap);
}

enum { MAX_NAME = 48 };

static int min3(int a, int b, int c)
{
    int m = a < b ? a : b;
    return m < c ? m : c;
}

/* Edit distance with exchanges of neighbours; names longer than MAX_NAME are far from everything. */
static int distance(const char *a, const char *b)
{
    int n = (int)strlen(a), m = (int)strlen(b);
    int row[3][MAX_NAME + 1];
    if (n > MAX_NAME || m > MAX_NAME)
        return MAX_NAME;
    for (int j = 0; j <= m; j++)
        row[0][j] = j;
    for (int i = 1; i <= n; i++) {
        int *now = row[i % 3], *up = row[(i + 2) % 3], *up2 = row[(i + 1) % 3];
        now[0] = i;
        for (int j = 1; j <= m; j++) {
            now[j] = min3(up[j] + 1, now[j - 1] + 1, up[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && up2[j - 2] + 1 < now[j])
                now[j] = up2[j - 2] + 1;
        }
    }
    return row[n % 3][m];
}

const char *diag_nearest(const char *name, const char *const *candidates, int n)
{
    int limit = (int)strlen(name) / 3, best = MAX_NAME;
    const char *nearest = NULL;
    if (limit < 1)
        limit = 1;
    for (int i = 0; i < n; i++) {
        int d = distance(name, candidates[i]);
        if (d > 0 && d <= limit && d < best && d < (int)strlen(name)) {
            best = d;
            nearest = candidates[i];
        }
    }
    return nearest;
}
