/* Reads name=value words into tensors and turns them into what an argument's type asks for.
 *
 * Parsing keeps what was written (integers exactly, reals as doubles, bools); conversion knows the argument. So one
 * value may serve functions with different signatures. */
#include "driver/value.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "driver/files.h"

size_t type_size(ad_type type)
{
    static const size_t sizes[] = {[AD_F32] = sizeof(float), sizeof(double), sizeof(int64_t), sizeof(bool)};
    return sizes[type];
}

const char *type_name(ad_type type)
{
    static const char *const names[] = {[AD_F32] = "f32", "f64", "int", "bool"};
    return names[type];
}

bool tensor_new(arena *mem, ad_type type, int rank, const int64_t *dims, tensor *out)
{
    *out = (tensor){.type = type, .rank = rank, .count = 1};
    out->dims = ARENA_ARRAY(mem, int64_t, rank);
    int64_t size;
    for (int k = 0; k < rank; k++) {
        out->dims[k] = dims[k];
        if (dims[k] < 0 || __builtin_mul_overflow(out->count, dims[k], &out->count))
            return false;
    }
    if (__builtin_mul_overflow(out->count, (int64_t)type_size(type), &size))
        return false;
    out->data = arena_alloc(mem, size ? (size_t)size : 1);
    return true;
}

double tensor_get(const tensor *t, int64_t i)
{
    switch (t->type) {
    case AD_F32:
        return (double)((const float *)t->data)[i];
    case AD_F64:
        return ((const double *)t->data)[i];
    case AD_INT64:
        return (double)((const int64_t *)t->data)[i];
    case AD_BOOL:
        break;
    }
    return ((const bool *)t->data)[i] ? 1.0 : 0.0;
}

void tensor_put(tensor *t, int64_t i, double x)
{
    if (t->type == AD_F32)
        ((float *)t->data)[i] = (float)x;
    else
        ((double *)t->data)[i] = x;
}

const char *shape_str(arena *mem, int rank, const int64_t *dims)
{
    text t;
    text_init(&t, mem);
    text_add(&t, "[");
    for (int k = 0; k < rank; k++)
        text_addf(&t, "%s%lld", k ? ", " : "", (long long)dims[k]);
    text_add(&t, "]");
    return text_str(&t);
}

/* "1000,3" inside normal(...): sizes, possibly none. */
static bool parse_random(arena *mem, const report *r, value *v, const char *s)
{
    int64_t dims[VALUE_MAX_RANK];
    int rank = 0;
    for (s += strspn(s, " "); *s != ')' && rank < VALUE_MAX_RANK; s += strspn(s, " ")) {
        char *end;
        errno = 0;
        dims[rank] = strtoll(s, &end, 10);
        if (end == s || errno || dims[rank] < 0)
            break;
        rank++;
        s = end + strspn(end, " ");
        if (*s != ',')
            break;
        s++;
    }
    if (*s == ')' && !s[1]) {
        v->given = (tensor){.type = AD_F64, .rank = rank, .dims = ARENA_ARRAY(mem, int64_t, rank)};
        memcpy(v->given.dims, dims, (size_t)rank * sizeof *dims);
        return true;
    }
    report_error(r, "argument '%s': '%s' is not understood: expected sizes, as in normal(1000,3)", v->name, v->text);
    return false;
}

static bool parse_file(arena *mem, const report *r, value *v)
{
    const char *path = v->text + 1, *extension = path_extension(path);
    v->table = !strcmp(extension, ".csv");
    if (v->table)
        return csv_read(mem, r, path, &v->given);
    if (!strcmp(extension, ".npy"))
        return npy_read(mem, r, path, &v->given);
    report_error(r, "argument '%s': '%s' is neither a .npy nor a .csv file", v->name, path);
    return false;
}

bool value_parse(arena *mem, const report *r, const char *word, value *out)
{
    const char *equals = strchr(word, '=');
    *out = (value){.name = arena_strndup(mem, word, (size_t)(equals - word)), .text = equals + 1};
    if (out->text[0] == '@')
        return parse_file(mem, r, out);
    static const char *const calls[] = {[NORMAL] = "normal(", [UNIFORM] = "uniform("};
    for (int how = NORMAL; how <= UNIFORM; how++)
        if (!strncmp(out->text, calls[how], strlen(calls[how]))) {
            out->random = (distribution)how;
            return parse_random(mem, r, out, out->text + strlen(calls[how]));
        }
    return literal_parse(mem, r, out->name, out->text, &out->given);
}

/* The shape in which a value is taken where the argument has another rank; false: it does not fit. */
static bool fit_rank(const value *v, int rank, int64_t *dims)
{
    const tensor *t = &v->given;
    if (t->rank == rank) {
        memcpy(dims, t->dims, (size_t)rank * sizeof *dims);
        return true;
    }
    if (t->rank == 0 && rank == 1 && !v->random) {
        dims[0] = 1;
        return true;
    }
    bool line = v->table && (t->dims[0] == 1 || t->dims[1] == 1);
    if (line && rank == 1)
        dims[0] = t->count;
    return line && (rank == 1 || (rank == 0 && t->count == 1));
}

static bool put_real(const tensor *from, int64_t i, tensor *to)
{
    double x = tensor_get(from, i);
    if (from->type == AD_BOOL)
        return false;
    tensor_put(to, i, x);
    return true;
}

static bool put_int(const tensor *from, int64_t i, tensor *to)
{
    double x = tensor_get(from, i);
    int64_t *slot = (int64_t *)to->data + i;
    if (from->type == AD_INT64)
        *slot = ((const int64_t *)from->data)[i];
    else if (from->type == AD_BOOL || !(fabs(x) < 0x1p63) || x != floor(x))
        return false;
    else
        *slot = (int64_t)x;
    return true;
}

static bool put_bool(const tensor *from, int64_t i, tensor *to)
{
    double x = tensor_get(from, i);
    ((bool *)to->data)[i] = x > 0.5;
    return x == 0.0 || x == 1.0;
}

static bool convert_entries(arena *mem, const report *r, const value *v, tensor *to)
{
    static bool (*const put[])(const tensor *, int64_t, tensor *) = {
        [AD_F32] = put_real, [AD_F64] = put_real, [AD_INT64] = put_int, [AD_BOOL] = put_bool};
    static const char *const kinds[] = {"a number", "a number", "an integer", "true or false"};
    for (int64_t i = 0; i < to->count; i++)
        if (!put[to->type](&v->given, i, to)) {
            text entry;
            text_init(&entry, mem);
            print_value_number(&entry, &v->given, i, 0);
            report_error(r, "argument '%s': expected %s, found %s", v->name, kinds[to->type], text_str(&entry));
            return false;
        }
    return true;
}

bool value_convert(arena *mem, const report *r, const value *v, uint64_t seed, ad_type type, int rank, tensor *out)
{
    int64_t dims[VALUE_MAX_RANK] = {0};
    if (rank > VALUE_MAX_RANK || !fit_rank(v, rank, dims)) {
        const char *wanted = rank == 0 ? "a scalar" : rank == 1 ? "a vector" : arena_printf(mem, "%d axes", rank);
        const char *shape = shape_str(mem, v->given.rank, v->given.dims);
        report_error(r, "argument '%s': expected %s, found %s %s", v->name, wanted, v->given.rank ? "the shape" : "a",
                     v->given.rank ? shape : "scalar");
        return false;
    }
    if (!tensor_new(mem, type, rank, dims, out)) {
        report_error(r, "argument '%s': the shape %s is too large", v->name, shape_str(mem, rank, dims));
        return false;
    }
    if (!v->random)
        return convert_entries(mem, r, v, out);
    if (type != AD_F32 && type != AD_F64) {
        report_error(r, "argument '%s': normal(...) and uniform(...) are real, but it is %s", v->name, type_name(type));
        return false;
    }
    random_fill(out, v->random, seed, v->name);
    return true;
}
