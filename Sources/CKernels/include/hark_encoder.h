#ifndef HARK_ENCODER_H
#define HARK_ENCODER_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// What a transformer's encoder does to rows of float32 between and within its
// matrix products, and those products in less than float32. No pointer needs an
// alignment, but rounded rows and weights are read fastest from the start of a
// cache line.

// To what both matrices of a product are rounded.
typedef enum hark_precision {
  // A row of activations is cut into blocks of HARK_INT8_BLOCK numbers, each
  // with a scale s and a zero z of its own, so that a number is s * (byte - z)
  // with a byte of 0 to 255. A row of weights is cut alike, each block with a
  // scale of its own, so that a number is s * code with a code of -127 to 127.
  // Integers are multiplied and added exactly within a block, and the blocks'
  // sums in float32.
  HARK_INT8,
  // The nearest bfloat16. Products are added in float32.
  HARK_BF16,
} hark_precision;

#define HARK_INT8_BLOCK 192

// The rows of a panel: a matrix of weights lies panel by panel, filled up with
// zeros to a multiple of the greater.
#define HARK_INT8_PANEL 64
#define HARK_BF16_PANEL 32

// A tile: 16 rows of 32 numbers in bfloat16, or 32 columns of 16 rows of
// weights, in pairs.
#define HARK_BF16_ROWS 16
#define HARK_BF16_DEPTH 32

// A matrix of weights, which a product reads.
typedef struct hark_weight {
  // For HARK_INT8, for each panel, for each four columns: those of each row.
  // For HARK_BF16, for each panel, for each HARK_BF16_DEPTH columns, for each
  // HARK_BF16_ROWS rows a tile: for each two columns, those of each row.
  const void *numbers;
  // For HARK_INT8, for each block: the scales of all rows, then the scales
  // times the sums of the codes; each filled up to whole panels.
  const float *factors;
  // One number a row, filled up to whole panels.
  const float *bias;
  // Rows of the matrix: what a product gives.
  size_t rows;
  // Columns of the matrix: what a product takes.
  size_t columns;
} hark_weight;

// The kernels of a precision; null where the processor has no instructions for
// it.
typedef struct hark_product {
  // Rounds rows: hark_row_bytes and hark_row_factors of each. For HARK_INT8,
  // the factors are s and s * z of each block; for HARK_BF16, rows lie in tiles,
  // for each HARK_BF16_ROWS of them those of their columns.
  void (*_Nullable round)(const float *values, size_t rows, size_t width,
                          void *numbers, float *factors);

  // out = rounded rows times the matrix, plus bias, and gelu of that where
  // asked for. A row of `out` is `stride` numbers long. For HARK_BF16, the
  // numbers can be read up to the next multiple of HARK_BF16_ROWS rows.
  void (*_Nullable multiply)(const void *numbers, const float *factors,
                             size_t rows, hark_weight weight, int gelu,
                             float *out, size_t stride);
} hark_product;

typedef struct __attribute__((swift_attr("@Sendable"))) hark_encoder_kernels {
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
  // `scratch` has room for hark_attention_room(length, size) numbers.
  void (*attend)(const float *input, size_t length, size_t width, size_t size,
                 float factor, float *context, float *scratch);

  // The same with products of bfloat16; null where `bf16` is.
  void (*_Nullable attend_bf16)(const float *input, size_t length, size_t width,
                                size_t size, float factor, float *context,
                                float *scratch);

  hark_product int8;
  hark_product bf16;
} hark_encoder_kernels;

// The numbers that an attention needs meanwhile.
size_t hark_attention_room(size_t length, size_t size);

// The bytes of a rounded row, a multiple of 64.
size_t hark_row_bytes(hark_precision precision, size_t width);

// The factors of a rounded row: two a block of HARK_INT8.
size_t hark_row_factors(hark_precision precision, size_t width);

// The rows of a matrix, filled up to whole panels.
size_t hark_panel_rows(size_t rows);

// Rounds a matrix of `rows` times `columns` numbers: hark_row_bytes and
// hark_row_factors of each of its rows, filled up to whole panels. Both are
// zero before.
void hark_pack(hark_precision precision, const float *matrix, size_t rows,
               size_t columns, void *numbers, float *factors);

#pragma clang assume_nonnull end

#endif
