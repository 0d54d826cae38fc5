/* Source file in, loaded library out; the C compiler is called only for what was never compiled before.
 *
 * An entry is KEY.so, the key being a hash over the generated texts, compiler, flags, processor and runtime. Entries
 * are built under another name and renamed, so processes may share the folder; each ends with a seal (length and hash
 * of what stands before it), so a damaged one is seen before it is loaded, and built again. */
#include "driver/cache.h"

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "back/emit_interface.h"
#include "base/map.h"
#include "driver/emit.h"
#include "driver/files.h"
#include "driver/toolchain.h"
#include "driver/version.h"

enum { MODE_PRIVATE = 0700 };

static bool is_usable(arena *mem, const char *folder, bool must_be_mine)
{
    struct stat st;
    if (must_be_mine && mkdir(folder, MODE_PRIVATE) != 0 && errno != EEXIST)
        return false;
    if (must_be_mine)
        return lstat(folder, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == getuid() && !(st.st_mode & 022);
    return make_folders(mem, folder) && access(folder, W_OK | X_OK) == 0;
}

const char *cache_folder(arena *mem)
{
    const char *own = getenv("ADC_CACHE"), *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    const char *const candidates[] = {
        own && *own ? own : NULL,
        xdg && *xdg ? arena_printf(mem, "%s/adc", xdg) : NULL,
        home && *home ? arena_printf(mem, "%s/.cache/adc", home) : NULL,
    };
    for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++)
        if (candidates[i] && is_usable(mem, candidates[i], false))
            return candidates[i];
    const char *last = arena_printf(mem, "/tmp/adc-%ld", (long)getuid());
    return is_usable(mem, last, true) ? last : NULL;
}

const char *cache_key(arena *mem, int n, const char *const *texts)
{
    uint64_t a = 1, b = 2;
    for (int i = 0; i < n; i++) {
        a = hash_bytes(texts[i], strlen(texts[i]) + 1, a * 31);
        b = hash_bytes(texts[i], strlen(texts[i]) + 1, ~b * 37);
    }
    return arena_printf(mem, "%016" PRIx64 "%016" PRIx64, a, b);
}

typedef struct seal {
    char magic[8];
    uint64_t length, hash;
} seal;

static seal seal_of(const char *data, size_t n)
{
    return (seal){"adcseal", n, hash_bytes(data, n, 7)};
}

/* Appends the seal to a library just built. */
static bool add_seal(const options *o, const char *path)
{
    bytes library;
    if (!file_read(o->mem, path, &library))
        return false;
    seal s = seal_of(library.data, library.n);
    text sealed;
    text_init(&sealed, o->mem);
    text_addn(&sealed, library.data, library.n);
    text_addn(&sealed, (const char *)&s, sizeof s);
    return files_write(o->mem, &o->report, 1, &(out_file){path, sealed.data, sealed.n});
}

static bool is_sealed(arena *mem, const char *path)
{
    bytes library;
    seal found;
    if (!file_read(mem, path, &library) || library.n < sizeof found)
        return false;
    size_t n = library.n - sizeof found;
    memcpy(&found, library.data + n, sizeof found);
    seal expected = seal_of(library.data, n);
    return !memcmp(&found, &expected, sizeof found);
}

static void *open_entry(const options *o, const char *path)
{
    if (!is_sealed(o->mem, path))
        return NULL;
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        report_note(&o->report, "%s", dlerror());
    return handle;
}

/* What the generated files are called in the cache, whatever the model is called. */
#define CACHE_PREFIX "adc_cached"

static exit_code build_entry(const options *o, const toolchain *t, const compile_output *generated, const char *path)
{
    const char *folder = make_temporary_folder(o->mem, path_folder(o->mem, path));
    if (!folder) {
        report_error(&o->report, "cannot write to the cache '%s': %s", path_folder(o->mem, path), strerror(errno));
        return EXIT_PROGRAM;
    }
    const char *made = arena_printf(o->mem, "%s/made.so", folder);
    exit_code code = toolchain_build(o, t, PRODUCT_SHARED, generated, CACHE_PREFIX ".h", made);
    if (!code && (!add_seal(o, made) || rename(made, path) != 0)) {
        report_error(&o->report, "cannot write '%s': %s", path, strerror(errno));
        code = EXIT_PROGRAM;
    }
    remove_folder(o->mem, folder);
    return code;
}

static bool has_export(const options *o, const interface *face, const char *name)
{
    const char **known = ARENA_ARRAY(o->mem, const char *, face->nfns + 1);
    for (int i = 0; i < face->nfns; i++) {
        known[i] = face->fns[i].name;
        if (!strcmp(known[i], name))
            return true;
    }
    report_no_function(&o->report, name, known, face->nfns);
    return false;
}

static exit_code generate(const options *o, choice which, compile_output *out)
{
    compile_options how = o->compile;
    how.path = options_operand(o, 0);
    how.prefix = CACHE_PREFIX;
    how.header_name = CACHE_PREFIX ".h";
    how.command = "adc run";
    how.chosen = o->whole ? NULL : which.name;
    how.family = which.family;
    exit_code code = emit_compile(o, &how, out);
    if (!code && which.name && !has_export(o, out->interface, which.name))
        code = EXIT_PROGRAM;
    return code;
}

static exit_code find_table(const options *o, void *handle, loaded *out)
{
    const interface *face = out->generated.interface;
    const char *symbol = emit_module_symbol(o->mem, face, face->target);
    const ad_module *m = dlsym(handle, symbol);
    if (!m || m->abi != AD_ABI) {
        report_error(&o->report, "the compiled program has no description table '%s' of this version", symbol);
        return EXIT_TOOL;
    }
    out->table = m;
    return EXIT_OK;
}

static exit_code check_device(const options *o, const ad_device *device)
{
    const char *problem = device ? device->problem() : NULL;
    if (!problem)
        return EXIT_OK;
    report_error(&o->report, "no GPU can be used: %s", problem);
    report_hint(&o->report, "leave --target=cuda out to compute on the CPU; adc build needs no GPU");
    return EXIT_TOOL;
}

exit_code cache_load(const options *o, choice which, loaded *out)
{
    toolchain t;
    *out = (loaded){0};
    exit_code code = generate(o, which, &out->generated);
    if (!code)
        code = toolchain_find(o, &t);
    if (code)
        return code;
    const char *folder = cache_folder(o->mem);
    if (!folder) {
        report_error(&o->report, "no cache folder can be written: tried ADC_CACHE, XDG_CACHE_HOME, ~/.cache and /tmp");
        return EXIT_PROGRAM;
    }
    const char *const parts[] = {ADC_VERSION, text_str(&out->generated.c), text_str(&out->generated.header),
                                 t.identity};
    const char *path = arena_printf(o->mem, "%s/%s.so", folder, cache_key(o->mem, 4, parts));
    if (path[0] != '/')
        path = arena_printf(o->mem, "./%s", path);
    out->path = path;
    void *handle = open_entry(o, path);
    report_note(&o->report, "%s %s", handle ? "cached:" : "building", path);
    if (!handle) {
        code = build_entry(o, &t, &out->generated, path);
        if (code)
            return code;
        handle = open_entry(o, path);
    }
    if (!handle) {
        report_error(&o->report, "the compiled program '%s' cannot be loaded (-v tells why)", path);
        return EXIT_TOOL;
    }
    for (int i = 0; i < t.flags.n; i++)
        out->parallel |= !strcmp(t.flags.data[i], "-fopenmp");
    code = find_table(o, handle, out);
    return code ? code : check_device(o, out->table->device);
}
