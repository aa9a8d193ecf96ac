// The canonical order on NEON: 32 lanes are eight registers.
// Bit-equal to the scalar table under qemu-user 7.2; run on no processor yet.
#include "tables.h"

#if defined(__aarch64__)
#include <arm_neon.h>
#include <string.h>

#define TABLE hark_kernels_neon
#define ENCODER hark_encoder_neon
#define NAME "neon"
#define TARGET
#define ROWS 2
#define STATIC static inline __attribute__((always_inline))

typedef struct {
  float32x4_t part[8];
} block;

STATIC block block_zero(void) {
  block b;
  for (int i = 0; i < 8; i++) b.part[i] = vdupq_n_f32(0);
  return b;
}

STATIC block block_load(const float *at) {
  block b;
  for (int i = 0; i < 8; i++) b.part[i] = vld1q_f32(at + 4 * i);
  return b;
}

STATIC block block_load_part(const float *at, size_t count) {
  float filled[32] = {0};
  memcpy(filled, at, count * sizeof(float));
  return block_load(filled);
}

STATIC block block_multiply_add(block a, block b, block c) {
  for (int i = 0; i < 8; i++)
    c.part[i] = vfmaq_f32(c.part[i], a.part[i], b.part[i]);
  return c;
}

STATIC block block_subtract(block a, block b) {
  for (int i = 0; i < 8; i++) a.part[i] = vsubq_f32(a.part[i], b.part[i]);
  return a;
}

STATIC float block_sum(block a) {
  for (int half = 4; half > 0; half /= 2)
    for (int i = 0; i < half; i++)
      a.part[i] = vaddq_f32(a.part[i], a.part[i + half]);
  float32x2_t two = vadd_f32(vget_low_f32(a.part[0]), vget_high_f32(a.part[0]));
  return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}

STATIC void code_products(const int8_t *query, const uint8_t *const *row,
                          size_t stride, int32_t *out) {
  int32x4_t sum[4];
  for (int r = 0; r < 4; r++) sum[r] = vdupq_n_s32(0);
  for (size_t i = 0; i < stride; i += 8) {
    int16x8_t q = vmovl_s8(vld1_s8(query + i));
    for (int r = 0; r < 4; r++) {
      int16x8_t c = vreinterpretq_s16_u16(vmovl_u8(vld1_u8(row[r] + i)));
      sum[r] = vmlal_s16(sum[r], vget_low_s16(c), vget_low_s16(q));
      sum[r] = vmlal_high_s16(sum[r], c, q);
    }
  }
  for (int r = 0; r < 4; r++) out[r] = vaddvq_s32(sum[r]);
}

// Sixteen entries of at most 15 add up within a byte.
STATIC void bit_sums(const uint8_t *tables, const uint8_t *codes, size_t width,
                     uint16_t *sums) {
  const uint8x16_t nibble = vdupq_n_u8(15);
  // Of each half of the bytes, the even ones are rows of the first sixteen.
  uint16x8_t even[2], odd[2];
  for (int h = 0; h < 2; h++) even[h] = odd[h] = vdupq_n_u16(0);
  size_t parts = width / 16;
  for (size_t i = 0; i < parts;) {
    uint8x16_t sum[2] = {vdupq_n_u8(0), vdupq_n_u8(0)};
    size_t end = i + 4 < parts ? i + 4 : parts;
    for (; i < end; i++)
      for (int half = 0; half < 2; half++) {
        uint8x16_t lower = vld1q_u8(tables + 128 * i + 32 * half);
        uint8x16_t upper = vld1q_u8(tables + 128 * i + 64 + 32 * half);
        for (int h = 0; h < 2; h++) {
          uint8x16_t pair = vld1q_u8(codes + 64 * i + 32 * half + 16 * h);
          sum[h] = vaddq_u8(sum[h], vqtbl1q_u8(lower, vandq_u8(pair, nibble)));
          sum[h] = vaddq_u8(sum[h], vqtbl1q_u8(upper, vshrq_n_u8(pair, 4)));
        }
      }
    for (int h = 0; h < 2; h++) {
      uint16x8_t words = vreinterpretq_u16_u8(sum[h]);
      even[h] = vaddq_u16(even[h], vandq_u16(words, vdupq_n_u16(255)));
      odd[h] = vaddq_u16(odd[h], vshrq_n_u16(words, 8));
    }
  }
  for (int h = 0; h < 2; h++) {
    vst1q_u16(sums + 8 * h, even[h]);
    vst1q_u16(sums + 16 + 8 * h, odd[h]);
  }
}

#include "rows.h"
#endif
