// The choice of the encoder's table, and the packing of its weights.
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "hark_encoder.h"
#include "tables.h"

size_t hark_attention_width(size_t length) {
  return (length + 31) & ~(size_t)31;
}

size_t hark_int8_width(size_t width) { return (width + 63) & ~(size_t)63; }

size_t hark_int8_padded(size_t rows) {
  return (rows + HARK_INT8_PANEL - 1) / HARK_INT8_PANEL * HARK_INT8_PANEL;
}

size_t hark_int8_blocks(size_t width) {
  return (width + HARK_INT8_BLOCK - 1) / HARK_INT8_BLOCK;
}

void hark_int8_pack(const float *matrix, size_t rows, size_t columns,
                    int8_t *codes, float *factors) {
  size_t width = hark_int8_width(columns);
  size_t padded = hark_int8_padded(rows);
  for (size_t r = 0; r < rows; r++) {
    const float *row = matrix + r * columns;
    int8_t *panel = codes + r / HARK_INT8_PANEL * HARK_INT8_PANEL * width +
                    4 * (r % HARK_INT8_PANEL);
    for (size_t block = 0; block * HARK_INT8_BLOCK < columns; block++) {
      size_t start = block * HARK_INT8_BLOCK;
      size_t end = start + HARK_INT8_BLOCK < columns ? start + HARK_INT8_BLOCK
                                                     : columns;
      float most = 0, ghost = 0;
      for (size_t i = start; i < end; i++) {
        float magnitude = fabsf(row[i]);
        most = magnitude > most ? magnitude : most;
        ghost += row[i] * 0;
      }
      float steps = most > 0x1p-100f && most < INFINITY ? 127 / most : 0;
      int32_t sum = 0;
      for (size_t i = start; i < end; i++) {
        float scaled = row[i] * steps;
        int8_t code = scaled == scaled ? (int8_t)lrintf(scaled) : 0;
        panel[i / 4 * 4 * HARK_INT8_PANEL + i % 4] = code;
        sum += code;
      }
      // Weights that are no numbers must not be lost.
      float scale = most / 127 + ghost;
      factors[2 * block * padded + r] = scale;
      factors[(2 * block + 1) * padded + r] = scale * (float)sum;
    }
  }
}

static const hark_encoder_kernels *table_at(size_t index, bool *runs) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  bool wide = __builtin_cpu_supports("avx512f") &&
              __builtin_cpu_supports("avx512bw") &&
              __builtin_cpu_supports("avx512dq") &&
              __builtin_cpu_supports("avx512vl");
  switch (index) {
    case 0:
      *runs = wide && __builtin_cpu_supports("avx512vnni");
      return &hark_encoder_avx512vnni;
    case 1:
      *runs = wide;
      return &hark_encoder_avx512;
    case 2:
      *runs = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
      return &hark_encoder_avx2;
    case 3:
      *runs = true;
      return &hark_encoder_scalar;
  }
#elif defined(__aarch64__)
  *runs = true;
  switch (index) {
    case 0:
      return &hark_encoder_neon;
    case 1:
      return &hark_encoder_scalar;
  }
#else
  *runs = true;
  if (index == 0) return &hark_encoder_scalar;
#endif
  return 0;
}

const hark_encoder_kernels *hark_encoder_named(const char *name) {
  bool runs = false;
  const hark_encoder_kernels *table;
  for (size_t i = 0; (table = table_at(i, &runs)); i++)
    if (strcmp(table->name, name) == 0) return runs ? table : 0;
  return 0;
}

const hark_encoder_kernels *hark_encoder_best(void) {
  bool runs = false;
  const hark_encoder_kernels *table;
  for (size_t i = 0; (table = table_at(i, &runs)); i++)
    if (runs) return table;
  return &hark_encoder_scalar;
}
