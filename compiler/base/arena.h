/* Arena allocation: everything a compilation builds lives in one arena and dies with it.
 *
 * Memory is returned zeroed and aligned for any type. Running out of memory prints a message and exits with status 1
 * (no output file has been written at that point, see driver/).  Nothing else in the compiler calls malloc or free. */
#ifndef ADC_BASE_ARENA_H
#define ADC_BASE_ARENA_H
#include <stdarg.h>
#include <stddef.h>

typedef struct arena arena;

arena *arena_new(void);
void arena_free(arena *a); /* NULL is allowed */

void *arena_alloc(arena *a, size_t bytes);
/* n elements of the given size; the product is checked. */
void *arena_array(arena *a, size_t n, size_t size);
/* A larger copy of old (n elements of size bytes); old stays valid. */
void *arena_grow(arena *a, const void *old, size_t n, size_t new_n, size_t size);

char *arena_strdup(arena *a, const char *s);
char *arena_strndup(arena *a, const char *s, size_t n);
char *arena_printf(arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(arena *a, const char *fmt, va_list ap);

#define ARENA_NEW(a, T) ((T *)arena_alloc((a), sizeof(T)))
#define ARENA_ARRAY(a, T, n) ((T *)arena_array((a), (size_t)(n), sizeof(T)))

#endif
