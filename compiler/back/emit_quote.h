/* User's text (doc comments, file names, command lines; any bytes) made safe for a C comment, a C string, JSON. */
#ifndef ADC_BACK_EMIT_QUOTE_H
#define ADC_BACK_EMIT_QUOTE_H
#include "base/text.h"

/* n bytes of s for the inside of a block comment: opens, closes and warns of nothing. */
void emit_comment_text(text *t, const char *s, size_t n);
/* A C expression of type `const char *` or an array: "..." with everything but plain ASCII escaped. */
void emit_c_string(text *t, const char *s);
/* A JSON string in valid UTF-8; s == NULL prints null. */
void emit_json_string(text *t, const char *s);

#endif
