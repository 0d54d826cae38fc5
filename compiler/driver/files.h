/* Whole files in and out. Outputs appear complete or not at all. */
#ifndef ADC_DRIVER_FILES_H
#define ADC_DRIVER_FILES_H
#include "base/arena.h"
#include "driver/report.h"

#include <stddef.h>

typedef struct bytes {
    char *data; /* NUL-terminated after n bytes */
    size_t n;
} bytes;

/* False with errno set when the file cannot be read. */
bool file_read(arena *mem, const char *path, bytes *out);

typedef struct out_file {
    const char *path; /* "-": standard output */
    const char *data;
    size_t n;
} out_file;

/* Writes all of them; when one cannot be written, reports why and writes none. Each goes to a temporary name beside its
 * place first and appears there complete; devices and pipes are written directly. */
bool files_write(arena *mem, const report *r, int n, const out_file *files);

/* Creates the folder and those above it; false with errno set. */
bool make_folders(arena *mem, const char *path);
/* A new empty folder in base, for temporary files; base NULL: where they belong. NULL with errno set. */
const char *make_temporary_folder(arena *mem, const char *base);
/* Removes a folder and the files in it (no folders below). */
void remove_folder(arena *mem, const char *path);

/* "a/b.ad" -> "a", or "." */
const char *path_folder(arena *mem, const char *path);
/* "a/b.ad" -> "b.ad" */
const char *path_base(const char *path);
/* "a/b.ad" -> ".ad", "" when there is none */
const char *path_extension(const char *path);
/* "a/b.ad", ".h" -> "a/b.h" */
const char *path_replace_extension(arena *mem, const char *path, const char *extension);

#endif
