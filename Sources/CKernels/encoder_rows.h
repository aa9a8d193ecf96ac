// The encoder's work on rows, written once over vectors of 16 numbers, which
// the compiler cuts to what the processor has.
//
// A variant defines, before it includes this file:
//   TABLE         the name of the table's variable
//   NAME          the name by which the table is found
//   TARGET        the attribute that allows its instructions
//   MULTIPLY      its product of bytes, or 0
#include <stdbool.h>
#include <string.h>

#include "hark_encoder.h"

#pragma STDC FP_CONTRACT ON
// All functions that pass vectors are inlined, so no call depends on their ABI.
#pragma clang diagnostic ignored "-Wpsabi"

#define INLINE static inline __attribute__((always_inline)) TARGET

typedef float v16 __attribute__((vector_size(64)));
typedef int32_t i16 __attribute__((vector_size(64)));
typedef uint8_t u8x16 __attribute__((vector_size(16)));

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

INLINE float sum_of(v16 v) {
  float sum = 0;
  for (int i = 0; i < 8; i++) sum += v[i] + v[i + 8];
  return sum;
}

// 2 to the x; x is at most 127 and counts as -120 below that.
INLINE v16 power_of_two(v16 x) {
  x = __builtin_elementwise_max(x, splat(-120));
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
  v16 z = __builtin_elementwise_min(__builtin_elementwise_abs(x), splat(5.5f));
  v16 p = splat(3.30939874e-05f);
  p = p * z - 0.000769229839f;
  p = p * z + 0.00808074884f;
  p = p * z - 0.0534121543f;
  p = p * z - 0.458770931f;
  p = p * z - 1.15120173f;
  p = p * z - 0.999993086f;
  return __builtin_elementwise_max(x, splat(0)) - z * power_of_two(p);
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

TARGET static void softmax(float *values, size_t rows, size_t width,
                           float factor) {
  size_t whole = width & ~(size_t)15, rest = width - whole;
  // To the base of two.
  factor *= 1.44269504f;
  for (size_t r = 0; r < rows; r++) {
    float *row = values + r * width;
    v16 most = splat(-__builtin_inff());
    for (size_t i = 0; i < whole; i += 16)
      most = __builtin_elementwise_max(most, load(row + i));
    if (rest)
      most = __builtin_elementwise_max(
          most, load_part(row + whole, rest, -__builtin_inff()));
    float greatest = most[0];
    for (int i = 1; i < 16; i++)
      greatest = most[i] > greatest ? most[i] : greatest;
    v16 sums = {};
    for (size_t i = 0; i < whole; i += 16) {
      v16 power = power_of_two((load(row + i) - greatest) * factor);
      sums += power;
      store(row + i, power);
    }
    if (rest) {
      v16 power = power_of_two(
          (load_part(row + whole, rest, 0) - greatest) * factor);
      store_part(row + whole, rest, power);
      sums += load_part(row + whole, rest, 0);
    }
    float inverse = 1 / sum_of(sums);
    for (size_t i = 0; i < whole; i += 16)
      store(row + i, load(row + i) * inverse);
    for (size_t i = whole; i < width; i++) row[i] *= inverse;
  }
}

TARGET static void quantize(const float *values, size_t rows, size_t width,
                            uint8_t *bytes, float *factors) {
  size_t byte_width = hark_int8_width(width);
  for (size_t r = 0; r < rows; r++) {
    const float *row = values + r * width;
    uint8_t *to = bytes + r * byte_width;
    for (size_t start = 0; start < width; start += HARK_INT8_BLOCK) {
      size_t count = width - start < HARK_INT8_BLOCK ? width - start
                                                     : HARK_INT8_BLOCK;
      size_t whole = count & ~(size_t)15, rest = count - whole;
      v16 least = {}, most = {}, ghost = {};
      for (size_t i = 0; i < count; i += 16) {
        v16 x = i < whole ? load(row + start + i)
                          : load_part(row + start + i, rest, 0);
        least = __builtin_elementwise_min(least, x);
        most = __builtin_elementwise_max(most, x);
        // Not a number where a number is not finite: that must not be lost.
        ghost += x * 0;
      }
      float low = 0, high = 0;
      for (int i = 0; i < 16; i++) {
        low = least[i] < low ? least[i] : low;
        high = most[i] > high ? most[i] : high;
      }
      // 254 steps: the zero is rounded too, and no byte may run over.
      float scale = (high - low) / 254;
      float inverse = scale > 0x1p-100f ? 1 / scale : 0;
      float zero = __builtin_rintf(-low * inverse);
      for (size_t i = 0; i < count; i += 16) {
        v16 x = i < whole ? load(row + start + i)
                          : load_part(row + start + i, rest, 0);
        v16 shifted = (x * inverse + zero) + 0x1.8p23f;
        u8x16 block = __builtin_convertvector((i16)shifted, u8x16);
        memcpy(to + start + i, &block, sizeof block);
      }
      scale += sum_of(ghost);
      *factors++ = scale;
      *factors++ = scale * zero;
    }
  }
}

const hark_encoder_kernels TABLE = {
    .name = NAME,
    .add_normalize = add_normalize,
    .add_bias = add_bias,
    .add_bias_gelu = add_bias_gelu,
    .softmax = softmax,
    .quantize = quantize,
    .multiply_int8 = MULTIPLY,
};
