/* W8: loss of a diagonal LSTM and its gradient in layers and ends, as an adjoint program with a tape of all gates.
 * Sizes L, B, C; inputs and results as in programs/lstm.ad; calling convention of ad_function. */
#include <adc/runtime.h>
#include <math.h>
#include <string.h>

enum { FORGET, INGATE, OUTGATE, CHANGE, OLD_CELL, OLD_HIDDEN, INPUT, SQUASHED, KEPT };

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/* One layer forwards: state is hidden, cell; tape[KEPT][B]; the output is the new hidden state. */
static void forwards(int64_t B, const double *w, double *state, const double *x, double *tape)
{
    const double *bias = w + 4 * B;
    for (int64_t i = 0; i < B; i++) {
        double hidden = state[i], cell = state[B + i];
        double forget = sigmoid(x[i] * w[FORGET * B + i] + bias[FORGET * B + i]);
        double ingate = sigmoid(hidden * w[INGATE * B + i] + bias[INGATE * B + i]);
        double outgate = sigmoid(x[i] * w[OUTGATE * B + i] + bias[OUTGATE * B + i]);
        double change = tanh(hidden * w[CHANGE * B + i] + bias[CHANGE * B + i]);
        double next = cell * forget + ingate * change, squashed = tanh(next);
        const double kept[KEPT] = {forget, ingate, outgate, change, cell, hidden, x[i], squashed};
        for (int k = 0; k < KEPT; k++)
            tape[k * B + i] = kept[k];
        state[i] = outgate * squashed;
        state[B + i] = next;
    }
}

/* The same layer backwards: dstate is the adjoint of the state after, then of that before; dx adds to it on entry and
 * is the adjoint of the input on return. */
static void backwards(int64_t B, const double *w, double *dstate, double *dx, const double *tape, double *dw)
{
    double *dbias = dw + 4 * B;
    for (int64_t i = 0; i < B; i++) {
        double kept[KEPT], dgate[4];
        for (int k = 0; k < KEPT; k++)
            kept[k] = tape[k * B + i];
        double dhidden = dstate[i] + dx[i],
               dcell = dstate[B + i] + dhidden * kept[OUTGATE] * (1 - kept[SQUASHED] * kept[SQUASHED]);
        dgate[FORGET] = dcell * kept[OLD_CELL] * kept[FORGET] * (1 - kept[FORGET]);
        dgate[INGATE] = dcell * kept[CHANGE] * kept[INGATE] * (1 - kept[INGATE]);
        dgate[OUTGATE] = dhidden * kept[SQUASHED] * kept[OUTGATE] * (1 - kept[OUTGATE]);
        dgate[CHANGE] = dcell * kept[INGATE] * (1 - kept[CHANGE] * kept[CHANGE]);
        for (int k = 0; k < 4; k++) {
            dw[k * B + i] += dgate[k] * (k == INGATE || k == CHANGE ? kept[OLD_HIDDEN] : kept[INPUT]);
            dbias[k * B + i] += dgate[k];
        }
        dx[i] = dgate[FORGET] * w[FORGET * B + i] + dgate[OUTGATE] * w[OUTGATE * B + i];
        dstate[i] = dgate[INGATE] * w[INGATE * B + i] + dgate[CHANGE] * w[CHANGE * B + i];
        dstate[B + i] = dcell * kept[FORGET];
    }
}

size_t lstm_grad_workspace(const int64_t *sizes, const void *const *in)
{
    const int64_t L = sizes[0], B = sizes[1], C = sizes[2];
    (void)in;
    return sizeof(double) * (size_t)(C * L * KEPT * B + C * (B + 1) + 4 * L * B + 2 * B);
}

ad_status lstm_grad(const int64_t *sizes, const void *const *in, void *const *out, void *workspace, size_t size)
{
    const int64_t L = sizes[0], B = sizes[1], C = sizes[2], steps = C - 1;
    const double *layers = in[0], *ends = in[1], *sequence = in[3];
    double *tape = workspace, *predictions = tape + C * L * KEPT * B, *norms = predictions + C * B, *state = norms + C;
    double *dstate = state + 2 * L * B, *x = dstate + 2 * L * B, *dx = x + B, *dlayers = out[1], *dends = out[2],
           total = 0;
    (void)size;
    memcpy(state, in[2], sizeof(double) * (size_t)(2 * L * B));
    memset(dstate, 0, sizeof(double) * (size_t)(2 * L * B));
    memset(dlayers, 0, sizeof(double) * (size_t)(8 * L * B));
    memset(dends, 0, sizeof(double) * (size_t)(3 * B));
    for (int64_t t = 0; t < steps; t++) {
        for (int64_t i = 0; i < B; i++)
            x[i] = ends[i] * sequence[t * B + i];
        for (int64_t l = 0; l < L; l++) {
            forwards(B, &layers[8 * B * l], &state[2 * B * l], x, &tape[(t * L + l) * KEPT * B]);
            memcpy(x, &state[2 * B * l], sizeof(double) * (size_t)B);
        }
        double sum = 2, *prediction = &predictions[t * B];
        for (int64_t i = 0; i < B; i++) {
            prediction[i] = x[i] * ends[B + i] + ends[2 * B + i];
            sum += exp(prediction[i]);
        }
        norms[t] = log(sum);
        for (int64_t i = 0; i < B; i++)
            total += sequence[(t + 1) * B + i] * (prediction[i] - norms[t]);
    }
    double scale = -1 / (double)(B * steps);
    *(double *)out[0] = scale * total;
    for (int64_t t = steps - 1; t >= 0; t--) {
        const double *gold = &sequence[(t + 1) * B], *last = &tape[(t * L + L - 1) * KEPT * B];
        double golds = 0;
        for (int64_t i = 0; i < B; i++)
            golds += gold[i];
        for (int64_t i = 0; i < B; i++) {
            double dprediction = scale * (gold[i] - golds * exp(predictions[t * B + i] - norms[t]));
            dends[B + i] += dprediction * last[OUTGATE * B + i] * last[SQUASHED * B + i];
            dends[2 * B + i] += dprediction;
            dx[i] = dprediction * ends[B + i];
        }
        for (int64_t l = L - 1; l >= 0; l--)
            backwards(B, &layers[8 * B * l], &dstate[2 * B * l], dx, &tape[(t * L + l) * KEPT * B],
                      &dlayers[8 * B * l]);
        for (int64_t i = 0; i < B; i++)
            dends[i] += dx[i] * sequence[t * B + i];
    }
    return AD_OK;
}
