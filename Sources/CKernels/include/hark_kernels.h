#ifndef HARK_KERNELS_H
#define HARK_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "hark_encoder.h"

#pragma clang assume_nonnull begin

// Scores of a query against rows of float32.
//
// Every table computes every score in the same canonical order, so that the
// bits of a result do not depend on the processor:
//   - 32 lanes; lane i takes the elements i, i + 32, i + 64, …, each added by
//     one fused multiply-add, beginning from zero;
//   - a last block of fewer than 32 elements counts as filled up with zeros;
//   - the lanes are added as a tree: lane i and lane i + 16 for i < 16, then
//     i and i + 8, i + 4, i + 2, i + 1.
// Greater scores are nearer: Euclidean scores are minus the squared distance.
//
// No pointer needs an alignment. No table reads outside of the `dimension`
// elements of a query or row.
//
// Codes are rows of bytes, each an integer of -127 to 127 plus 128, padded
// with 128 to a multiple of 64. A score of codes is
//   fmaf(dot, query.scale * scale, query.offset + offset)
// with the exact integer product of the two rows of codes, and the scale and
// the offset of the row; every step rounds once, on every processor.

// A query in codes.
typedef struct hark_code_query {
  // The codes without the 128: `stride` integers.
  const int8_t *codes;
  // 128 times the sum of the codes.
  int32_t bias;
  float scale;
  float offset;
} hark_code_query;

// Codes of one bit a number: the signs of a row's difference from the centre of
// its cell, after a rotation. `width` is the number of bits, a multiple of 64 and
// at most HARK_BIT_WIDTH.
//
// Rows lie in blocks of 32. A block begins with the bits: for each sixteen
// numbers 64 bytes, where byte 2 * r for the rows r < 16, and 2 * (r - 16) + 1
// for the others, holds the numbers 0 to 3 in its low and 4 to 7 in its high
// half, and the byte 32 further on 8 to 15. Then come the factors of the 32 rows
// and their offsets, float32. A place without a row has the factor 0 and the
// offset minus infinity.
#define HARK_BIT_WIDTH 16384
#define HARK_BIT_BLOCK(width) ((width) * 4 + 256)
// How often a rotation flips signs and transforms a part of the numbers.
#define HARK_BIT_ROUNDS 4
// The greatest entry of a query's tables.
#define HARK_BIT_ENTRY 15

// A query for one-bit codes: for each four numbers the sums that their signs
// can make, as step * entry, above the least sum of all, `base`.
typedef struct hark_bit_query {
  // 128 bytes for each sixteen numbers.
  const uint8_t *tables;
  size_t width;
  float step;
  float base;
} hark_bit_query;

// A table is constant: threads may share it, which Swift is told here.
typedef struct __attribute__((swift_attr("@Sendable"))) hark_kernels {
  const char *name;

  // out[i] = the score of base[ids[i] * stride ..< ids[i] * stride + dimension]
  // for i < count.
  void (*gather_inner_product)(const float *query, const float *base,
                               size_t stride, size_t dimension,
                               const uint32_t *ids, size_t count, float *out);
  void (*gather_euclidean)(const float *query, const float *base,
                           size_t stride, size_t dimension,
                           const uint32_t *ids, size_t count, float *out);

  // The same for the rows 0 ..< count.
  void (*scan_inner_product)(const float *query, const float *base,
                             size_t stride, size_t dimension, size_t count,
                             float *out);
  void (*scan_euclidean)(const float *query, const float *base, size_t stride,
                         size_t dimension, size_t count, float *out);

  // out[i] = the score of the codes base[ids[i] * stride ..< (ids[i] + 1) *
  // stride], whose scale and offset are factors[2 * ids[i]] and the next one,
  // for i < count. Other rows may be asked for ahead, never read.
  void (*gather_codes)(hark_code_query query, const uint8_t *base,
                       const float *factors, size_t stride,
                       const uint32_t *ids, size_t count, float *out);

  // codes[i] = (row[i] - center[i]) / scale, rounded, plus 128, for i <
  // dimension; 128 up to `stride`. Returns the scale: the greatest magnitude
  // of a difference / 127.
  float (*encode)(const float *row, const float *center, size_t dimension,
                  size_t stride, uint8_t *codes);

  // Rotates `width` numbers: HARK_BIT_ROUNDS times, each number is multiplied by
  // one of `signs`, as many in each round, and the first or, every other time, the
  // last numbers, as many as the greatest power of two, are replaced by their
  // Walsh-Hadamard transform. The bits do not depend on the table.
  void (*rotate_bits)(const float *signs, size_t width, float *numbers);

  // Makes the tables of a rotated query: `width` * 8 bytes.
  void (*make_bit_tables)(const float *query, size_t width, uint8_t *tables,
                          float *step, float *base);

  // Scores the rows of `count` blocks: the bound of a row is
  //   fmaf(factor, fmaf(sum, step, base + slack), score + offset)
  // with the sum of its entries in the tables. Rows whose bound is above `floor`
  // are handed on in their order: their numbers, out of `rows`, which has 32 for
  // each block, and their bounds. `kept` and `bounds` have room for 32 a block.
  // The blocks at `next` are asked for ahead, never read. Returns how many rows
  // are kept.
  size_t (*sift_bits)(const hark_bit_query *query, const uint8_t *blocks,
                      size_t count, const uint8_t *_Nullable next,
                      const uint32_t *rows, float score, float slack,
                      float floor, uint32_t *kept, float *bounds);

  // What the encoder uses on the same processor.
  const hark_encoder_kernels *encoder;
} hark_kernels;

// The table of that name ("scalar", "avx2", "avx512", "avx512vnni", "amx",
// "neon"), or null where this build has none or this processor cannot run it.
const hark_kernels *_Nullable hark_kernels_named(const char *name);

// The widest table that this processor runs.
const hark_kernels *hark_kernels_best(void);

// The signed codes of a query, and its bias. `stride` is a multiple of 64.
int32_t hark_code_signed(const uint8_t *codes, size_t stride, int8_t *out);

// What rounding to codes left, in steps of a quarter: for i < dimension two
// bits, those of the elements j, j + stride / 4, j + stride / 2 and j + 3 / 4 *
// stride in the byte j, the first of them lowest.
void hark_code_residuals(const float *row, const float *center, float scale,
                         const uint8_t *codes, size_t dimension, size_t stride,
                         uint8_t *residuals);

// The row that codes and residuals stand for: center + scale * (code - 128 +
// (residual - 1.5) / 4).
void hark_code_decode(const uint8_t *codes, const uint8_t *residuals,
                      float scale, const float *center, size_t dimension,
                      size_t stride, float *row);

// Writes a row into a place of a block of one-bit codes, which was zero: the signs
// of its difference from `center`, and the factor and offset by which a query's
// product with the signs tells the row's score, beside the centre's. Scores are
// inner products or, if `euclidean`, minus squared distances. All are rotated, and
// row, centre and query are differences from `mean`.
void hark_bit_encode(const float *row, const float *center, const float *mean,
                     size_t width, int euclidean, size_t place, uint8_t *block);

// Asks the caches for the 128 bytes at an address, which need not be mapped.
static inline void hark_prefetch(const void *at) {
  __builtin_prefetch(at, 0, 3);
  __builtin_prefetch((const char *)at + 64, 0, 3);
}

// Continues a CRC-32C (Castagnoli, RFC 3720 appendix B.4) over more bytes;
// begins with crc 0. The first uses the processor's instruction where there is
// one, the second tables alone.
uint32_t hark_crc32c(uint32_t crc, const void *_Nullable bytes, size_t count);
uint32_t hark_crc32c_table(uint32_t crc, const void *_Nullable bytes,
                           size_t count);

#pragma clang assume_nonnull end

#endif
