// The kernels of one table, written once over a block of 32 lanes.
//
// A variant defines, before it includes this file:
//   TABLE         the name of the table's variable
//   NAME          the name by which the table is found
//   ENCODER       the encoder's table on the same processor
//   TARGET        the attribute that allows its instructions
//   ROWS          how many rows are scored side by side, at most 4
//   block         32 floats, and its operations below
// and the functions block_zero, block_load, block_load_part (fewer than 32
// elements, the rest zeros), block_multiply_add, block_subtract and block_sum
// (the canonical tree), and code_products (the products of a query with the
// codes of four rows), and what bits.h asks for.
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "hark_kernels.h"

#pragma STDC FP_CONTRACT OFF

#define INLINE static inline __attribute__((always_inline)) TARGET

INLINE block step(block sum, block query, block row, bool euclidean) {
  if (!euclidean) return block_multiply_add(query, row, sum);
  block difference = block_subtract(query, row);
  return block_multiply_add(difference, difference, sum);
}

// Scores `rows` rows at once, and asks for the cache lines of the rows `next`
// (as many) on the way.
INLINE void score_rows(const float *query, const float *const *row,
                       const float *const *next, size_t rows, size_t dimension,
                       bool euclidean, float *out) {
  block sum[ROWS];
  for (size_t r = 0; r < rows; r++) sum[r] = block_zero();
  size_t whole = dimension & ~(size_t)31;
  for (size_t i = 0; i < whole; i += 32) {
    block q = block_load(query + i);
    for (size_t r = 0; r < rows; r++) {
      if (next) {
        __builtin_prefetch(next[r] + i, 0, 3);
        __builtin_prefetch(next[r] + i + 16, 0, 3);
      }
      sum[r] = step(sum[r], q, block_load(row[r] + i), euclidean);
    }
  }
  if (whole < dimension) {
    size_t rest = dimension - whole;
    block q = block_load_part(query + whole, rest);
    for (size_t r = 0; r < rows; r++)
      sum[r] = step(sum[r], q, block_load_part(row[r] + whole, rest), euclidean);
  }
  for (size_t r = 0; r < rows; r++) {
    float score = block_sum(sum[r]);
    out[r] = euclidean ? -score : score;
  }
}

INLINE const float *row_at(const float *base, size_t stride,
                           const uint32_t *ids, size_t i) {
  return base + (ids ? ids[i] : i) * stride;
}

// All rows: groups of ROWS, then the rest one by one. `ids` null means the
// rows in their order.
INLINE void score_all(const float *query, const float *base, size_t stride,
                      size_t dimension, const uint32_t *ids, size_t count,
                      bool euclidean, float *out) {
  size_t i = 0;
  for (; i + ROWS <= count; i += ROWS) {
    const float *row[ROWS];
    const float *next[ROWS];
    bool more = i + 2 * ROWS <= count;
    for (size_t r = 0; r < ROWS; r++) {
      row[r] = row_at(base, stride, ids, i + r);
      next[r] = row_at(base, stride, ids, more ? i + ROWS + r : i + r);
    }
    // Rows in their order are fetched ahead by the processor itself.
    score_rows(query, row, ids ? next : 0, ROWS, dimension, euclidean, out + i);
  }
  for (; i < count; i++) {
    const float *row = row_at(base, stride, ids, i);
    score_rows(query, &row, 0, 1, dimension, euclidean, out + i);
  }
}

TARGET static void gather_inner_product(const float *query, const float *base,
                                        size_t stride, size_t dimension,
                                        const uint32_t *ids, size_t count,
                                        float *out) {
  score_all(query, base, stride, dimension, ids, count, false, out);
}

TARGET static void gather_euclidean(const float *query, const float *base,
                                    size_t stride, size_t dimension,
                                    const uint32_t *ids, size_t count,
                                    float *out) {
  score_all(query, base, stride, dimension, ids, count, true, out);
}

TARGET static void scan_inner_product(const float *query, const float *base,
                                      size_t stride, size_t dimension,
                                      size_t count, float *out) {
  score_all(query, base, stride, dimension, 0, count, false, out);
}

TARGET static void scan_euclidean(const float *query, const float *base,
                                  size_t stride, size_t dimension,
                                  size_t count, float *out) {
  score_all(query, base, stride, dimension, 0, count, true, out);
}

// Asks for the codes of a row.
INLINE void fetch_codes(const uint8_t *row, size_t stride) {
  for (size_t i = 0; i < stride; i += 64) __builtin_prefetch(row + i, 0, 3);
}

// Groups of four; a last one that is smaller repeats its first row.
TARGET static void gather_codes(hark_code_query query, const uint8_t *base,
                                const float *factors, size_t stride,
                                const uint32_t *ids, size_t count, float *out) {
  for (size_t i = 0; i < count && i < 4; i++)
    fetch_codes(base + ids[i] * stride, stride);
  for (size_t i = 0; i < count; i += 4) {
    size_t rows = count - i < 4 ? count - i : 4;
    const uint8_t *row[4];
    for (size_t r = 0; r < 4; r++) {
      row[r] = base + ids[i + (r < rows ? r : 0)] * stride;
      if (i + 4 + r < count) fetch_codes(base + ids[i + 4 + r] * stride, stride);
    }
    int32_t product[4];
    code_products(query.codes, row, stride, product);
    for (size_t r = 0; r < rows; r++) {
      const float *factor = factors + 2 * (size_t)ids[i + r];
      out[i + r] = fmaf((float)(product[r] - query.bias),
                        query.scale * factor[0], query.offset + factor[1]);
    }
  }
}

TARGET static float encode(const float *row, const float *center,
                           size_t dimension, size_t stride, uint8_t *codes) {
  // The order of comparisons makes no difference, so sixteen run side by side.
  float magnitudes[16] = {0};
  size_t whole = dimension & ~(size_t)15;
  for (size_t i = 0; i < whole; i += 16)
    for (size_t j = 0; j < 16; j++) {
      float magnitude = fabsf(row[i + j] - center[i + j]);
      magnitudes[j] = magnitude > magnitudes[j] ? magnitude : magnitudes[j];
    }
  float most = 0;
  for (size_t i = whole; i < dimension; i++) {
    float magnitude = fabsf(row[i] - center[i]);
    most = magnitude > most ? magnitude : most;
  }
  for (size_t j = 0; j < 16; j++)
    most = magnitudes[j] > most ? magnitudes[j] : most;
  memset(codes, 128, stride);
  // Below it, 127 / most would overflow; such differences are as good as none.
  if (!(most > 0x1p-100f)) return 0;
  float steps = 127 / most;
  for (size_t i = 0; i < dimension; i++) {
    // Adding 3 * 2^22 rounds to an integer, which the low bits then hold.
    float shifted = (row[i] - center[i]) * steps + 0x1.8p23f;
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    codes[i] = (uint8_t)(bits + 128);
  }
  return most / 127;
}

#include "bits.h"

const hark_kernels TABLE = {
    .name = NAME,
    .gather_inner_product = gather_inner_product,
    .gather_euclidean = gather_euclidean,
    .scan_inner_product = scan_inner_product,
    .scan_euclidean = scan_euclidean,
    .gather_codes = gather_codes,
    .encode = encode,
    .rotate_bits = rotate_bits,
    .make_bit_tables = make_bit_tables,
    .sift_bits = sift_bits,
    .encoder = &ENCODER,
};
