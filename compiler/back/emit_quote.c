/* Escapes text for the outputs it is printed into.
 *
 * Reads arbitrary bytes, writes what a C compiler or a JSON reader takes back without a warning. The one idea: walk by
 * UTF-8 characters, so that the readable ones stay readable and broken ones cannot leave this file. */
#include "back/emit_quote.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The length of the valid UTF-8 character at s (s has n > 0 bytes) and its code point; 0: none starts here. */
static size_t utf8_char(const char *s, size_t n, uint32_t *code)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *b = (const unsigned char *)s;
    size_t len = b[0] < 0x80                   ? 1
                 : b[0] >= 0xc2 && b[0] < 0xe0 ? 2
                 : (b[0] & 0xf0) == 0xe0       ? 3
                 : (b[0] & 0xf8) == 0xf0       ? 4
                                               : 0;
    if (len == 0 || len > n)
        return 0;
    *code = len == 1 ? b[0] : b[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((b[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (b[i] & 0x3f);
    }
    bool surrogate = *code >= 0xd800 && *code < 0xe000;
    return *code < smallest[len] || *code > 0x10ffff || surrogate ? 0 : len;
}

/* Controls, and the marks that turn the direction of text: compilers warn of them in comments. */
static bool is_visible(uint32_t c)
{
    bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
    bool direction =
        c == 0x200e || c == 0x200f || c == 0x61c || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
    return !control && !direction;
}

void emit_comment_text(text *t, const char *s, size_t n)
{
    char last = 0;
    for (size_t i = 0; i < n;) {
        uint32_t c = 0;
        size_t len = utf8_char(s + i, n - i, &c);
        bool joins = (last == '*' && c == '/') || (last == '/' && c == '*') || (last == '?' && c == '?');
        if (joins)
            text_add(t, " ");
        if (len > 0 && is_visible(c))
            text_addn(t, s + i, len);
        else
            text_add(t, c == '\t' ? " " : "?");
        last = len == 1 ? s[i] : 0;
        i += len ? len : 1;
    }
}

void emit_c_string(text *t, const char *s)
{
    text_add(t, "\"");
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '\n')
            text_add(t, "\\n");
        else if (c == '"' || c == '\\' || c == '?')
            text_addf(t, "\\%c", c);
        else if (c < 0x20 || c >= 0x7f)
            text_addf(t, "\\%03o", c);
        else
            text_addn(t, s, 1);
    }
    text_add(t, "\"");
}

void emit_json_string(text *t, const char *s)
{
    if (!s) {
        text_add(t, "null");
        return;
    }
    text_add(t, "\"");
    for (size_t n = strlen(s); n > 0;) {
        uint32_t c = 0;
        size_t len = utf8_char(s, n, &c);
        if (len == 0)
            text_add(t, "\\ufffd");
        else if (c == '"' || c == '\\')
            text_addf(t, "\\%c", (char)c);
        else if (c < 0x20 || c == 0x7f)
            text_addf(t, "\\u%04x", c);
        else
            text_addn(t, s, len);
        s += len ? len : 1;
        n -= len ? len : 1;
    }
    text_add(t, "\"");
}
