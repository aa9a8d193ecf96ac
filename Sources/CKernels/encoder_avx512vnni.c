// The encoder on AVX-512 with products of bytes (VNNI).
#include "tables.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TABLE hark_encoder_avx512vnni
#define TARGET                                                             \
  __attribute__((                                                          \
      target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")))
#define MULTIPLY_INT8 hark_multiply_int8_avx512vnni
#define ROWS 8
#define LANES 2

#include "encoder_rows.h"

// The products of at most six rows with a panel: 24 registers of sums.
INLINE void tile(const uint8_t *bytes, size_t byte_width, const float *factors,
                 size_t blocks, const int8_t *panel, const float *scales,
                 size_t padded_rows, const float *bias, bool gelu, float *out,
                 size_t stride, size_t columns, const int rows) {
  float results[6][HARK_INT8_PANEL];
  for (int r = 0; r < rows; r++) memcpy(results[r], bias, sizeof results[r]);
  for (size_t block = 0; block < blocks; block++) {
    size_t start = block * HARK_INT8_BLOCK;
    size_t end = start + HARK_INT8_BLOCK < byte_width ? start + HARK_INT8_BLOCK
                                                      : byte_width;
    __m512i products[6][4];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
      for (int c = 0; c < 4; c++) products[r][c] = _mm512_setzero_si512();
    for (size_t i = start; i < end; i += 4) {
      __m512i w[4];
#pragma clang loop unroll(full)
      for (int c = 0; c < 4; c++)
        w[c] = _mm512_loadu_si512(panel + i * HARK_INT8_PANEL + 64 * c);
#pragma clang loop unroll(full)
      for (int r = 0; r < rows; r++) {
        int32_t four;
        memcpy(&four, bytes + (size_t)r * byte_width + i, sizeof four);
        __m512i a = _mm512_set1_epi32(four);
#pragma clang loop unroll(full)
        for (int c = 0; c < 4; c++)
          products[r][c] = _mm512_dpbusd_epi32(products[r][c], a, w[c]);
      }
    }
    const float *scale = scales + 2 * block * padded_rows;
#pragma clang loop unroll(full)
    for (int c = 0; c < 4; c++) {
      __m512 s = _mm512_loadu_ps(scale + 16 * c);
      __m512 t = _mm512_loadu_ps(scale + padded_rows + 16 * c);
#pragma clang loop unroll(full)
      for (int r = 0; r < rows; r++) {
        const float *factor = factors + 2 * ((size_t)r * blocks + block);
        __m512 sum = _mm512_loadu_ps(results[r] + 16 * c);
        __m512 product = _mm512_mul_ps(_mm512_cvtepi32_ps(products[r][c]), s);
        sum = _mm512_fmadd_ps(product, _mm512_set1_ps(factor[0]), sum);
        sum = _mm512_fnmadd_ps(t, _mm512_set1_ps(factor[1]), sum);
        _mm512_storeu_ps(results[r] + 16 * c, sum);
      }
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
    float *to = out + (size_t)r * stride;
    for (size_t i = 0; i < columns; i += 16) {
      v16 x = load(results[r] + i);
      if (gelu) x = gelu_of(x);
      if (i + 16 <= columns)
        store(to + i, x);
      else
        store_part(to + i, columns - i, x);
    }
  }
}

TARGET void hark_multiply_int8_avx512vnni(const void *numbers,
                                          const float *factors, size_t rows,
                                          hark_weight weight, int gelu,
                                          float *out, size_t stride) {
  const uint8_t *bytes = numbers;
  const int8_t *codes = weight.numbers;
  size_t byte_width = hark_row_bytes(HARK_INT8, weight.columns);
  size_t blocks = hark_row_factors(HARK_INT8, weight.columns) / 2;
  size_t padded = hark_panel_rows(weight.rows);
  for (size_t first = 0; first < weight.rows; first += HARK_INT8_PANEL) {
    const int8_t *panel = codes + first * byte_width;
    const float *scales = weight.factors + first;
    const float *bias = weight.bias + first;
    size_t columns = weight.rows - first < HARK_INT8_PANEL
                         ? weight.rows - first
                         : HARK_INT8_PANEL;
#define TILE(count)                                                           \
  tile(bytes + r * byte_width, byte_width, factors + 2 * r * blocks, blocks, \
       panel, scales, padded, bias, gelu, out + r * stride + first, stride,  \
       columns, count)
    size_t r = 0;
    for (; r + 6 <= rows; r += 6) TILE(6);
    switch (rows - r) {
      case 5: TILE(5); break;
      case 4: TILE(4); break;
      case 3: TILE(3); break;
      case 2: TILE(2); break;
      case 1: TILE(1); break;
    }
#undef TILE
  }
}
#endif
