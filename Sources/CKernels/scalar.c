// The canonical order in plain C: for processors without wide instructions,
// and the reference for all others. fmaf rounds once on every machine.
#include <math.h>
#include <string.h>

#include "tables.h"

#define TABLE hark_kernels_scalar
#define ENCODER hark_encoder_scalar
#define NAME "scalar"
#define TARGET
#define ROWS 1

typedef struct {
  float lane[32];
} block;

static inline block block_zero(void) { return (block){{0}}; }

static inline block block_load(const float *at) {
  block b;
  memcpy(b.lane, at, sizeof b.lane);
  return b;
}

static inline block block_load_part(const float *at, size_t count) {
  block b = {{0}};
  memcpy(b.lane, at, count * sizeof(float));
  return b;
}

static inline block block_multiply_add(block a, block b, block c) {
  for (int i = 0; i < 32; i++) c.lane[i] = fmaf(a.lane[i], b.lane[i], c.lane[i]);
  return c;
}

static inline block block_subtract(block a, block b) {
  for (int i = 0; i < 32; i++) a.lane[i] -= b.lane[i];
  return a;
}

static inline float block_sum(block a) {
  for (int half = 16; half > 0; half /= 2)
    for (int i = 0; i < half; i++) a.lane[i] += a.lane[i + half];
  return a.lane[0];
}

static inline void code_products(const int8_t *query, const uint8_t *const *row,
                                 size_t stride, int32_t *out) {
  for (int r = 0; r < 4; r++) {
    int32_t sum = 0;
    for (size_t i = 0; i < stride; i++) sum += query[i] * row[r][i];
    out[r] = sum;
  }
}

static inline void bit_sums(const uint8_t *tables, const uint8_t *codes,
                            size_t width, uint16_t *sums) {
  memset(sums, 0, 32 * sizeof *sums);
  for (size_t i = 0; i < width / 16; i++)
    for (size_t byte = 0; byte < 64; byte++) {
      const uint8_t *table = tables + 128 * i + byte / 32 * 32;
      uint8_t pair = codes[64 * i + byte];
      sums[byte % 32 / 2 + byte % 2 * 16] +=
          (uint16_t)(table[pair & 15] + table[64 + (pair >> 4)]);
    }
}

#include "rows.h"
