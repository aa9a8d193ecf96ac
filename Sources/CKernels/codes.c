// What codes need beside the tables: run once a query, or for few rows of it.
#include <string.h>

#include "hark_kernels.h"

#pragma STDC FP_CONTRACT OFF

int32_t hark_code_signed(const uint8_t *codes, size_t stride, int8_t *out) {
  int32_t sum = 0;
  for (size_t i = 0; i < stride; i++) {
    out[i] = (int8_t)(codes[i] ^ 128);
    sum += out[i];
  }
  return 128 * sum;
}

void hark_code_residuals(const float *row, const float *center, float scale,
                         const uint8_t *codes, size_t dimension, size_t stride,
                         uint8_t *residuals) {
  size_t quarter = stride / 4;
  memset(residuals, 0, quarter);
  for (size_t i = 0; i < dimension; i++) {
    float exact = scale > 0 ? (row[i] - center[i]) / scale : 0;
    float left = (exact - (float)(codes[i] - 128)) * 4 + 2;
    unsigned step = left >= 3 ? 3 : left >= 2 ? 2 : left >= 1 ? 1 : 0;
    residuals[i % quarter] |= (uint8_t)(step << (2 * (i / quarter)));
  }
}

void hark_code_decode(const uint8_t *codes, const uint8_t *residuals,
                      float scale, const float *center, size_t dimension,
                      size_t stride, float *row) {
  size_t quarter = stride / 4;
  for (size_t part = 0; part < 4; part++) {
    size_t start = part * quarter;
    size_t end = start + quarter < dimension ? start + quarter : dimension;
    for (size_t i = start; i < end; i++) {
      int step = residuals[i - start] >> (2 * part) & 3;
      float value = (float)(4 * codes[i] + step) * 0.25f - 128.375f;
      row[i] = scale * value + center[i];
    }
  }
}
