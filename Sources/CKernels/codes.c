// What codes need beside the tables: run once a query, for few rows of it, or
// when an index is built.
#include <string.h>

#include "hark_kernels.h"

#pragma STDC FP_CONTRACT OFF

#if defined(__SSE2__)
#include <emmintrin.h>

int32_t hark_code_signed(const uint8_t *codes, size_t stride, int8_t *out) {
  __m128i flip = _mm_set1_epi8((char)128), sums = _mm_setzero_si128();
  for (size_t i = 0; i < stride; i += 16) {
    __m128i block = _mm_loadu_si128((const __m128i *)(codes + i));
    _mm_storeu_si128((__m128i *)(out + i), _mm_xor_si128(block, flip));
    sums = _mm_add_epi64(sums, _mm_sad_epu8(block, _mm_setzero_si128()));
  }
  int64_t sum = _mm_cvtsi128_si64(sums) +
                _mm_cvtsi128_si64(_mm_unpackhi_epi64(sums, sums));
  return (int32_t)(128 * (sum - 128 * (int64_t)stride));
}
#else
int32_t hark_code_signed(const uint8_t *codes, size_t stride, int8_t *out) {
  int32_t sum = 0;
  for (size_t i = 0; i < stride; i++) {
    out[i] = (int8_t)(codes[i] ^ 128);
    sum += out[i];
  }
  return 128 * sum;
}
#endif

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

void hark_bit_encode(const float *row, const float *center, const float *mean,
                     size_t width, int euclidean, size_t place, uint8_t *block) {
  size_t byte = place < 16 ? 2 * place : 2 * (place - 16) + 1;
  // The difference's squared length and its product with the signs; its product
  // with the centre as it was, and the signs' with the centre as it is given.
  double square = 0, reach = 0, along = 0, across = 0;
  for (size_t i = 0; i < width; i++) {
    double difference = (double)row[i] - center[i];
    int positive = difference > 0;
    square += difference * difference;
    reach += positive ? difference : -difference;
    along += difference * ((double)center[i] + mean[i]);
    across += positive ? center[i] : -center[i];
    block[i / 16 * 64 + i / 8 % 2 * 32 + byte] |=
        (uint8_t)(positive << (i % 4 + i / 4 % 2 * 4));
  }
  double factor = reach > 0 ? square / reach : 0;
  float numbers[2] = {(float)factor, (float)(along - factor * across)};
  if (euclidean) {
    numbers[0] = (float)(2 * factor);
    numbers[1] = (float)(-square - 2 * factor * across);
  }
  memcpy(block + width * 4 + place * 4, numbers, 4);
  memcpy(block + width * 4 + 128 + place * 4, numbers + 1, 4);
}
