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

#include "rows.h"
#endif
