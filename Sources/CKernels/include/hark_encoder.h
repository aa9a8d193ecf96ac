#ifndef HARK_ENCODER_H
#define HARK_ENCODER_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// What a transformer's encoder does to rows of float32 between and within its
// matrix products. No pointer needs an alignment.
//
// Products in eight bits. A row of activations is cut into blocks of
// HARK_INT8_BLOCK numbers, each with a scale s and a zero z of its own, so that
// a number is s * (byte - z) with a byte of 0 to 255. A row of weights is cut
// alike, each block with a scale of its own, so that a number is s * code with
// a code of -127 to 127. Integers are multiplied and added exactly within a
// block, and the blocks' sums in float32.
#define HARK_INT8_BLOCK 192

// Columns of a panel: weights lie panel by panel.
#define HARK_INT8_PANEL 64

// A matrix of weights in eight bits, which a product reads.
typedef struct hark_int8_weight {
  // For each panel of rows of the matrix, for each four of its columns:
  // HARK_INT8_PANEL times four codes. Filled up with zeros.
  const int8_t *codes;
  // For each block: the scales of all rows, then the scales times the sums of
  // the codes; each filled up to whole panels.
  const float *factors;
  // One number a row, filled up to whole panels.
  const float *bias;
  // Rows of the matrix: what a product gives.
  size_t rows;
  // Columns of the matrix: what a product takes.
  size_t columns;
} hark_int8_weight;

typedef struct __attribute__((swift_attr("@Sendable"))) hark_encoder_kernels {
  const char *name;

  // state = normalize(state + addend) * scale + shift, row by row; without an
  // addend, none is added.
  void (*add_normalize)(float *state, const float *_Nullable addend,
                        const float *scale, const float *shift, float epsilon,
                        size_t rows, size_t width);

  // values = values + bias, row by row.
  void (*add_bias)(float *values, const float *bias, size_t rows, size_t width);

  // values = gelu(values + bias), row by row: x times the normal
  // distribution's integral up to x, with an error below 1e-6.
  void (*add_bias_gelu)(float *values, const float *bias, size_t rows,
                        size_t width);

  // Attention of each of `length` rows to all of them: softmax(factor * Q * K^T)
  // * V for each head of `size` numbers. A row of `input` is 3 * width numbers:
  // queries, keys and values; a row of `context` receives width numbers.
  // `scratch` has room for hark_attention_width(length) * (2 * size +
  // HARK_ATTENTION_ROWS) numbers.
  void (*attend)(const float *input, size_t length, size_t width, size_t size,
                 float factor, float *context, float *scratch);

  // Rows in eight bits: `bytes` receives hark_int8_width(width) bytes a row,
  // `factors` s and s * z of each block.
  void (*quantize)(const float *values, size_t rows, size_t width,
                   uint8_t *bytes, float *factors);

  // out = quantized rows times the matrix, plus bias, and gelu of that where
  // asked for; null where the processor has no products of bytes. A row of
  // `out` is `stride` numbers long.
  void (*_Nullable multiply_int8)(const uint8_t *bytes, const float *factors,
                                  size_t rows, hark_int8_weight weight,
                                  int gelu, float *out, size_t stride);
} hark_encoder_kernels;

// The greatest number of rows that an attention sums up at a time.
#define HARK_ATTENTION_ROWS 8

// The numbers of a row of scores: the next multiple of 32.
size_t hark_attention_width(size_t length);

// The bytes of a quantized row: the next multiple of 64.
size_t hark_int8_width(size_t width);

// The rows of a matrix, filled up to whole panels.
size_t hark_int8_padded(size_t rows);

// The blocks of a row.
size_t hark_int8_blocks(size_t width);

// The codes and factors of a matrix of `rows` times `columns` numbers:
// hark_int8_width(columns) codes for each of the rows, filled up to whole
// panels, and twice as many factors a block as there are such rows. Both are
// zero before.
void hark_int8_pack(const float *matrix, size_t rows, size_t columns,
                    int8_t *codes, float *factors);

// The table of that name (scalar, avx2, avx512, avx512vnni, neon), or null
// where the processor does not run it.
const hark_encoder_kernels *_Nullable hark_encoder_named(const char *name);

// The widest table that the processor runs.
const hark_encoder_kernels *hark_encoder_best(void);

#pragma clang assume_nonnull end

#endif
