// The encoder's work on rows, written once over vectors of 16 numbers, which
// the compiler cuts to what the processor has.
//
// A variant defines, before it includes this file:
//   TABLE         the name of the table's variable
//   TARGET        the attribute that allows its instructions
//   MULTIPLY_INT8 its product of bytes, where it has one
//   BF16          its products of bfloat16, where it has them, and
//   ATTEND_BF16   its attention by them
//   ROWS, LANES   how many rows, and how many times 16 columns of each, an
//                 attention sums up at a time: as many as it has registers for
#include <stdbool.h>
#include <string.h>

#include "hark_encoder.h"

#pragma STDC FP_CONTRACT ON
// All functions that pass vectors are inlined, so no call depends on their ABI.
#pragma clang diagnostic ignored "-Wpsabi"

#define INLINE static inline __attribute__((always_inline)) TARGET

typedef float v16 __attribute__((ext_vector_type(16)));
typedef int32_t i16 __attribute__((ext_vector_type(16)));
typedef uint8_t u8x16 __attribute__((ext_vector_type(16)));

INLINE v16 splat(float value) { return (v16){} + value; }

INLINE v16 load(const float *at) {
  v16 v;
  memcpy(&v, at, sizeof v);
  return v;
}

INLINE void store(float *at, v16 v) { memcpy(at, &v, sizeof v); }

// Fewer than 16 numbers; the rest are `rest`.
INLINE v16 load_part(const float *at, size_t count, float rest) {
  v16 v = splat(rest);
  memcpy(&v, at, count * sizeof(float));
  return v;
}

INLINE void store_part(float *at, size_t count, v16 v) {
  memcpy(at, &v, count * sizeof(float));
}

// The greater and the lesser of two; the second where one is no number, which
// is what processors do.
INLINE v16 greater(v16 a, v16 b) { return a > b ? a : b; }

INLINE v16 lesser(v16 a, v16 b) { return a < b ? a : b; }

// The first half of the lanes, after others were moved there.
#define FOLD(v, from)                                                        \
  __builtin_shufflevector(v, v, (from) + 0, (from) + 1, (from) + 2,          \
                          (from) + 3, (from) + 4, (from) + 5, (from) + 6,    \
                          (from) + 7, 8, 9, 10, 11, 12, 13, 14, 15)

INLINE float sum_of(v16 v) {
  v += FOLD(v, 8);
  v += FOLD(v, 4);
  v += FOLD(v, 2);
  v += FOLD(v, 1);
  return v[0];
}

INLINE float greatest_of(v16 v) {
  v = greater(v, FOLD(v, 8));
  v = greater(v, FOLD(v, 4));
  v = greater(v, FOLD(v, 2));
  v = greater(v, FOLD(v, 1));
  return v[0];
}

// 2 to the x; x is at most 127 and counts as -120 below that.
INLINE v16 power_of_two(v16 x) {
  x = greater(x, splat(-120));
  // Adding 1.5 * 2^23 rounds to an integer, which the low bits then hold.
  v16 shifted = x + 0x1.8p23f;
  v16 r = x - (shifted - 0x1.8p23f);
  // Least relative error on -0.5 to 0.5: below 1e-7.
  v16 p = splat(0.00132669706f);
  p = p * r + 0.00967545994f;
  p = p * r + 0.0555074252f;
  p = p * r + 0.240221217f;
  p = p * r + 0.693146944f;
  p = p * r + 1.00000012f;
  i16 exponent = ((i16)shifted + (127 - 0x4B400000)) << 23;
  return p * (v16)exponent;
}

// x times the normal distribution's integral up to x. The integral of the tail
// beyond |x| is 2 to a polynomial of |x|, fitted on 0 to 5.5 for the least
// error of the product, and held there beyond: the error is below 3e-7.
INLINE v16 gelu_of(v16 x) {
  v16 z = lesser(splat(5.5f), __builtin_elementwise_abs(x));
  v16 p = splat(3.30939874e-05f);
  p = p * z - 0.000769229839f;
  p = p * z + 0.00808074884f;
  p = p * z - 0.0534121543f;
  p = p * z - 0.458770931f;
  p = p * z - 1.15120173f;
  p = p * z - 0.999993086f;
  return greater(x, splat(0)) - z * power_of_two(p);
}

INLINE void normalize(float *row, const float *scale, const float *shift,
                      float epsilon, size_t width) {
  size_t whole = width & ~(size_t)15, rest = width - whole;
  v16 sums = {};
  for (size_t i = 0; i < whole; i += 16) sums += load(row + i);
  if (rest) sums += load_part(row + whole, rest, 0);
  float mean = sum_of(sums) / (float)width;
  v16 squares = {};
  for (size_t i = 0; i < whole; i += 16) {
    v16 difference = load(row + i) - mean;
    squares += difference * difference;
  }
  if (rest) {
    v16 difference = load_part(row + whole, rest, mean) - mean;
    squares += difference * difference;
  }
  float factor =
      1 / __builtin_sqrtf(sum_of(squares) / (float)width + epsilon);
  for (size_t i = 0; i < whole; i += 16)
    store(row + i, (load(row + i) - mean) * factor * load(scale + i) +
                       load(shift + i));
  for (size_t i = whole; i < width; i++)
    row[i] = (row[i] - mean) * factor * scale[i] + shift[i];
}

TARGET static void add_normalize(float *state, const float *addend,
                                 const float *scale, const float *shift,
                                 float epsilon, size_t rows, size_t width) {
  size_t whole = width & ~(size_t)15;
  for (size_t r = 0; r < rows; r++) {
    float *row = state + r * width;
    if (addend) {
      const float *other = addend + r * width;
      for (size_t i = 0; i < whole; i += 16)
        store(row + i, load(row + i) + load(other + i));
      for (size_t i = whole; i < width; i++) row[i] += other[i];
    }
    normalize(row, scale, shift, epsilon, width);
  }
}

TARGET static void add_bias(float *values, const float *bias, size_t rows,
                            size_t width) {
  size_t whole = width & ~(size_t)15;
  for (size_t r = 0; r < rows; r++) {
    float *row = values + r * width;
    for (size_t i = 0; i < whole; i += 16)
      store(row + i, load(row + i) + load(bias + i));
    for (size_t i = whole; i < width; i++) row[i] += bias[i];
  }
}

TARGET static void add_bias_gelu(float *values, const float *bias, size_t rows,
                                 size_t width) {
  size_t whole = width & ~(size_t)15, rest = width - whole;
  for (size_t r = 0; r < rows; r++) {
    float *row = values + r * width;
    for (size_t i = 0; i < whole; i += 16)
      store(row + i, gelu_of(load(row + i) + load(bias + i)));
    if (rest)
      store_part(row + whole, rest,
                 gelu_of(load_part(row + whole, rest, 0) +
                         load_part(bias + whole, rest, 0)));
  }
}

// The greatest of the first numbers of a row, which has room for whole vectors:
// what lies behind them in the last counts for nothing from here on.
INLINE float greatest(float *row, size_t width) {
  size_t rest = width & 15;
  if (rest) {
    const i16 lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    i16 inside = lanes < (int32_t)rest;
    float *last = row + (width - rest);
    i16 least = (i16)splat(-__builtin_inff());
    store(last, (v16)(((i16)load(last) & inside) | (least & ~inside)));
  }
  v16 most = load(row);
  for (size_t i = 16; i < width; i += 16) most = greater(load(row + i), most);
  return greatest_of(most);
}

// The first numbers of a row become exp2(factor * (x - the greatest x));
// returns 1 / their sum.
INLINE float powers(float *row, size_t width, float factor) {
  float most = greatest(row, width);
  v16 sums = {};
  for (size_t i = 0; i < width; i += 16) {
    v16 power = power_of_two((load(row + i) - most) * factor);
    sums += power;
    store(row + i, power);
  }
  return 1 / sum_of(sums);
}

// One head's scores of some rows: queries times keys. `keys` holds the head's
// numbers one after another, each of all keys, `padded` apart.
INLINE void score_keys(const float *queries, size_t stride, const float *keys,
                       size_t padded, size_t size, float *scores,
                       const int rows) {
  for (size_t key = 0; key < padded; key += 16 * LANES) {
    v16 sums[ROWS][LANES] = {};
    for (size_t d = 0; d < size; d++) {
      v16 k[LANES];
      for (int c = 0; c < LANES; c++) k[c] = load(keys + d * padded + key + 16 * c);
#pragma clang loop unroll(full)
      for (int r = 0; r < rows; r++) {
        float q = queries[(size_t)r * stride + d];
#pragma clang loop unroll(full)
        for (int c = 0; c < LANES; c++) sums[r][c] += k[c] * q;
      }
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
      for (int c = 0; c < LANES; c++)
        store(scores + (size_t)r * padded + key + 16 * c, sums[r][c]);
  }
}

// Some rows' sums of values, weighted by their scores and multiplied by
// `inverse`: 16 * `lanes` columns of a head, or fewer in the last 16.
INLINE void gather_values(const float *scores, size_t padded,
                          const float *values, size_t stride, size_t length,
                          size_t columns, const float *inverse, float *context,
                          size_t context_stride, const int rows,
                          const int lanes) {
  v16 sums[ROWS][LANES] = {};
  for (size_t key = 0; key < length; key++) {
    v16 v[LANES];
#pragma clang loop unroll(full)
    for (int c = 0; c < lanes; c++)
      v[c] = columns >= 16 ? load(values + key * stride + 16 * c)
                           : load_part(values + key * stride, columns, 0);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      float weight = scores[(size_t)r * padded + key];
#pragma clang loop unroll(full)
      for (int c = 0; c < lanes; c++) sums[r][c] += v[c] * weight;
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int c = 0; c < lanes; c++) {
      float *to = context + (size_t)r * context_stride + 16 * c;
      if (columns >= 16)
        store(to, sums[r][c] * inverse[r]);
      else
        store_part(to, columns, sums[r][c] * inverse[r]);
    }
}

// One head of some rows. `keys` is as above, and `values` has `size` numbers of
// each key.
INLINE void attend_rows(const float *queries, size_t stride, const float *keys,
                        const float *values, size_t padded, size_t length,
                        size_t size, float factor, float *scores,
                        float *context, size_t width, const int rows) {
  score_keys(queries, stride, keys, padded, size, scores, rows);
  float inverse[ROWS];
  for (int r = 0; r < rows; r++)
    inverse[r] = powers(scores + (size_t)r * padded, length, factor);
  size_t column = 0;
  for (; column + 16 * LANES <= size; column += 16 * LANES)
    gather_values(scores, padded, values + column, size, length, 16, inverse,
                  context + column, width, rows, LANES);
  for (; column < size; column += 16)
    gather_values(scores, padded, values + column, size, length, size - column,
                  inverse, context + column, width, rows, 1);
}

TARGET static void attend(const float *input, size_t length, size_t width,
                          size_t size, float factor, float *context,
                          float *scratch) {
  size_t stride = 3 * width, padded = (length + 31) & ~(size_t)31;
  float *keys = scratch, *values = keys + size * padded;
  float *scores = values + size * padded;
  // To the base of two.
  factor *= 1.44269504f;
  for (size_t head = 0; head + size <= width; head += size) {
    // A head's numbers lie far apart: side by side, they fit the first cache.
    for (size_t key = 0; key < length; key++) {
      const float *row = input + key * stride + width + head;
      for (size_t d = 0; d < size; d++) keys[d * padded + key] = row[d];
      memcpy(values + key * size, row + width, size * sizeof(float));
    }
    for (size_t d = 0; d < size; d++)
      for (size_t key = length; key < padded; key++) keys[d * padded + key] = 0;
    size_t r = 0;
#define ATTEND(count)                                                         \
  attend_rows(input + head + r * stride, stride, keys, values, padded, length, \
              size, factor, scores, context + r * width + head, width, count)
    for (; r + ROWS <= length; r += ROWS) ATTEND(ROWS);
    if (r < length && length >= ROWS) {
      // The last rows once more, which is cheaper than one by one.
      r = length - ROWS;
      ATTEND(ROWS);
    } else {
      for (; r < length; r++) ATTEND(1);
    }
#undef ATTEND
  }
}

#ifdef MULTIPLY_INT8
TARGET static void round_int8(const float *values, size_t rows, size_t width,
                              void *bytes, float *factors) {
  size_t byte_width = hark_row_bytes(HARK_INT8, width);
  for (size_t r = 0; r < rows; r++) {
    const float *row = values + r * width;
    uint8_t *to = (uint8_t *)bytes + r * byte_width;
    for (size_t start = 0; start < width; start += HARK_INT8_BLOCK) {
      size_t count = width - start < HARK_INT8_BLOCK ? width - start
                                                     : HARK_INT8_BLOCK;
      size_t whole = count & ~(size_t)15, rest = count - whole;
      v16 least = {}, most = {}, ghost = {};
      for (size_t i = 0; i < count; i += 16) {
        v16 x = i < whole ? load(row + start + i)
                          : load_part(row + start + i, rest, 0);
        least = lesser(x, least);
        most = greater(x, most);
        // Not a number where a number is not finite: that must not be lost.
        ghost += x * 0;
      }
      float low = -greatest_of(-least), high = greatest_of(most);
      // 254 steps: the zero is rounded too, and no byte may run over.
      float scale = (high - low) / 254;
      float inverse = scale > 0x1p-100f ? 1 / scale : 0;
      float zero = __builtin_rintf(-low * inverse);
      for (size_t i = 0; i < count; i += 16) {
        v16 x = i < whole ? load(row + start + i)
                          : load_part(row + start + i, rest, 0);
        // The least number may come out at a little less than -0.5.
        v16 step = greater(x * inverse + zero, splat(0));
        v16 shifted = step + 0x1.8p23f;
        u8x16 block = __builtin_convertvector((i16)shifted, u8x16);
        memcpy(to + start + i, &block, sizeof block);
      }
      scale += sum_of(ghost);
      *factors++ = scale;
      *factors++ = scale * zero;
    }
  }
}
#endif

const hark_encoder_kernels TABLE = {
    .add_normalize = add_normalize,
    .add_bias = add_bias,
    .add_bias_gelu = add_bias_gelu,
    .attend = attend,
#ifdef MULTIPLY_INT8
    .int8 = {round_int8, MULTIPLY_INT8},
#endif
#ifdef BF16
    .attend_bf16 = ATTEND_BF16,
    .bf16 = BF16,
#endif
};
