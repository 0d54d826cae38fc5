/* Takes a call with its values, puts its arrays on the GPU through the module's own functions (ad_device), and calls
 * there again and again without copying. */
#include "driver/device.h"

#include "driver/units.h"

static size_t bytes_of(const tensor *t)
{
    return (size_t)t->count * type_size(t->type);
}

static void *allocate(const device_call *d, size_t bytes)
{
    void *p = d->device->allocate(bytes);
    if (!p)
        report_error(d->c->report, "'%s' needs %s on the GPU: there is not so much memory", d->c->f->name,
                     units_bytes(d->c->mem, (double)bytes));
    return p;
}

static bool open_input(device_call *d, int i)
{
    const tensor *t = &d->c->in[i];
    if (t->rank == 0) {
        d->in[i] = t->data;
        return true;
    }
    void *p = allocate(d, bytes_of(t));
    d->in[i] = p;
    if (!p)
        return false;
    ad_status status = d->device->copy_in(p, t->data, bytes_of(t));
    if (status != AD_OK)
        call_status(d->c, status);
    return status == AD_OK;
}

bool device_open(device_call *d, const call *c, size_t workspace_size)
{
    *d = (device_call){.c = c, .device = c->module->device, .workspace_size = workspace_size};
    d->in = ARENA_ARRAY(c->mem, const void *, c->inputs);
    d->out = ARENA_ARRAY(c->mem, void *, c->results);
    bool ok = true;
    for (int i = 0; i < c->inputs && ok; i++)
        ok = open_input(d, i);
    for (int i = 0; i < c->results && ok; i++)
        ok = (d->out[i] = allocate(d, bytes_of(&c->out[i]))) != NULL;
    return ok && (d->workspace = allocate(d, workspace_size)) != NULL;
}

ad_status device_run(const device_call *d, int64_t n)
{
    const call *c = d->c;
    ad_status status = AD_OK;
    for (int64_t i = 0; i < n && status == AD_OK; i++)
        status = c->f->enqueue(c->sizes, d->in, d->out, d->workspace, d->workspace_size, NULL);
    ad_status found = d->device->wait(NULL, d->workspace);
    return status == AD_OK ? found : status;
}

void device_read(const device_call *d)
{
    for (int i = 0; i < d->c->results; i++)
        d->device->copy_out(d->c->out[i].data, d->out[i], bytes_of(&d->c->out[i]));
}

void device_close(device_call *d)
{
    const call *c = d->c;
    for (int i = 0; i < c->results; i++)
        d->device->release(d->out[i]);
    for (int i = 0; i < c->inputs; i++)
        if (c->in[i].rank > 0)
            d->device->release((void *)d->in[i]);
    d->device->release(d->workspace);
}
