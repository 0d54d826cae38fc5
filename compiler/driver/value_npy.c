/* NumPy's .npy files, versions 1 to 3: "\x93NUMPY", version, header length, a Python dictionary, the entries.
 *
 * Read: f4 f8 i4 i8 and b1, little-endian, C order. Written: version 1, the header padded so that data starts at a
 * multiple of 64. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "driver/files.h"
#include "driver/value.h"

typedef struct npy_type {
    const char *descr;
    size_t size;
    ad_type as;
} npy_type;

static const npy_type npy_types[] = {
    {"<f4", 4, AD_F64}, {"<f8", 8, AD_F64}, {"<i4", 4, AD_INT64}, {"<i8", 8, AD_INT64}, {"|b1", 1, AD_BOOL},
};

typedef struct npy_header {
    const npy_type *type;
    int rank;
    int64_t dims[VALUE_MAX_RANK];
    const char *wrong; /* what is wrong, or NULL */
} npy_header;

/* What stands after 'key': in the dictionary, or NULL. */
static const char *find_key(const char *dict, const char *key)
{
    for (const char *s = dict; (s = strstr(s, key)); s++) {
        char quote = s > dict ? s[-1] : 0;
        const char *after = s + strlen(key);
        if ((quote != '\'' && quote != '"') || *after != quote)
            continue;
        after++;
        after += strspn(after, " ");
        if (*after == ':')
            return after + 1 + strspn(after + 1, " ");
    }
    return NULL;
}

static void read_shape(const char *s, npy_header *h)
{
    if (*s++ != '(') {
        h->wrong = "its header has no shape";
        return;
    }
    for (s += strspn(s, " "); *s != ')'; s += strspn(s, " ,")) {
        char *end;
        errno = 0;
        int64_t n = strtoll(s, &end, 10);
        if (end == s || errno || n < 0 || h->rank == VALUE_MAX_RANK) {
            h->wrong = "its header has no shape";
            return;
        }
        h->dims[h->rank++] = n;
        s = end;
    }
}

static void read_dictionary(const char *dict, npy_header *h)
{
    const char *descr = find_key(dict, "descr"), *order = find_key(dict, "fortran_order");
    const char *shape = find_key(dict, "shape");
    if (!descr || !order || !shape) {
        h->wrong = "its header is damaged";
        return;
    }
    for (size_t i = 0; i < sizeof npy_types / sizeof *npy_types; i++)
        if (*descr && !strncmp(descr + 1, npy_types[i].descr, 3) && descr[4] == descr[0])
            h->type = &npy_types[i];
    if (!h->type)
        h->wrong = "its type is none of f4, f8, i4, i8 and b1, little-endian (use astype)";
    else if (strncmp(order, "False", 5))
        h->wrong = "it is in Fortran order (use numpy.ascontiguousarray)";
    else
        read_shape(shape, h);
}

/* Returns where the entries start. */
static size_t read_header(arena *mem, const bytes *file, npy_header *h)
{
    const unsigned char *p = (const unsigned char *)file->data;
    if (file->n < 10 || memcmp(p, "\x93NUMPY", 6)) {
        h->wrong = "it is not a .npy file";
        return 0;
    }
    size_t start = p[6] == 1 ? 10 : 12, length = p[8] | (size_t)p[9] << 8;
    if (p[6] < 1 || p[6] > 3 || file->n < start) {
        h->wrong = "its version is none of 1, 2 and 3";
        return 0;
    }
    if (p[6] > 1)
        length |= (size_t)p[10] << 16 | (size_t)p[11] << 24;
    if (file->n - start < length)
        h->wrong = "its header is cut short";
    else
        read_dictionary(arena_strndup(mem, file->data + start, length), h);
    return start + length;
}

static void copy_entries(const npy_type *type, const char *from, tensor *to)
{
    for (int64_t i = 0; i < to->count; i++) {
        float f;
        int32_t n;
        const char *entry = from + (size_t)i * type->size;
        if (type->size == type_size(type->as)) {
            memcpy((char *)to->data + (size_t)i * type->size, entry, type->size);
        } else if (type->as == AD_F64) {
            memcpy(&f, entry, sizeof f);
            ((double *)to->data)[i] = (double)f;
        } else {
            memcpy(&n, entry, sizeof n);
            ((int64_t *)to->data)[i] = n;
        }
    }
}

bool npy_read(arena *mem, const report *r, const char *path, tensor *out)
{
    bytes file;
    npy_header h = {0};
    if (!file_read(mem, path, &file)) {
        report_error(r, "cannot read '%s': %s", path, strerror(errno));
        return false;
    }
    size_t start = read_header(mem, &file, &h);
    if (!h.wrong) {
        size_t present = (file.n - start) / h.type->size;
        int64_t wanted = 1;
        for (int k = 0; k < h.rank; k++)
            if (__builtin_mul_overflow(wanted, h.dims[k], &wanted))
                wanted = INT64_MAX;
        if ((uint64_t)wanted > present)
            h.wrong = "it is cut short";
        else if ((uint64_t)wanted < present)
            h.wrong = "it is longer than its shape says";
    }
    if (h.wrong || !tensor_new(mem, h.type->as, h.rank, h.dims, out)) {
        report_error(r, "cannot read '%s': %s", path, h.wrong ? h.wrong : "it is too large");
        return false;
    }
    copy_entries(h.type, file.data + start, out);
    return true;
}

bool npy_write(arena *mem, const report *r, const char *path, const tensor *t)
{
    static const char *const descr[] = {[AD_F32] = "<f4", [AD_F64] = "<f8", [AD_INT64] = "<i8", [AD_BOOL] = "|b1"};
    text head, file;
    text_init(&head, mem);
    text_init(&file, mem);
    text_addf(&head, "{'descr': '%s', 'fortran_order': False, 'shape': (", descr[t->type]);
    for (int k = 0; k < t->rank; k++)
        text_addf(&head, "%s%lld", k ? ", " : "", (long long)t->dims[k]);
    text_add(&head, t->rank == 1 ? ",), }" : "), }");
    while ((10 + head.n + 1) % 64)
        text_add(&head, " ");
    text_add(&head, "\n");
    const char start[] = {'\x93', 'N', 'U', 'M', 'P', 'Y', 1, 0, (char)(head.n & 0xff), (char)(head.n >> 8)};
    text_addn(&file, start, sizeof start);
    text_addn(&file, head.data, head.n);
    text_addn(&file, t->data, (size_t)t->count * type_size(t->type));
    return files_write(mem, r, 1, &(out_file){path, file.data, file.n});
}
