/* The runtime that every generated program shares: the words for a status, and the workspace of callers that give none.
 *
 * Nothing here has state; all functions may run in any number of threads. */
#include <adc/runtime.h>

#include <stdlib.h>

static const char *const status_strings[] = {
    [AD_OK] = "no error",
    [AD_NULL] = "required pointer is NULL",
    [AD_SIZE] = "size is negative, too large, or does not fit the other arguments",
    [AD_INDEX] = "index out of range",
    [AD_WORKSPACE] = "workspace is too small",
    [AD_MEMORY] = "out of memory for the workspace",
    [AD_NUMERIC] = "computation failed or did not converge, results are NaN",
    [AD_DEVICE] = "error on the device",
};

const char *ad_status_string(ad_status status)
{
    size_t code = (size_t)AD_STATUS_CODE(status);
    return code < sizeof status_strings / sizeof *status_strings ? status_strings[code] : "unknown status";
}

const ad_rule *ad_status_rule(const ad_function *f, ad_status status)
{
    int rule = AD_STATUS_RULE(status);
    return rule > 0 && rule <= f->rule_count ? &f->rules[rule - 1] : NULL;
}

void *ad_allocate(size_t bytes)
{
    enum { ALIGN = 64 };
    if (bytes > SIZE_MAX - ALIGN)
        return NULL;
    size_t rounded = (bytes + ALIGN - 1) / ALIGN * ALIGN;
    return aligned_alloc(ALIGN, rounded ? rounded : ALIGN);
}

void ad_release(void *p)
{
    free(p);
}
