#ifndef HARK_TABLES_H
#define HARK_TABLES_H

#include <stdbool.h>

#include "hark_kernels.h"

extern const hark_kernels hark_kernels_scalar;
extern const hark_encoder_kernels hark_encoder_scalar;
#if defined(__x86_64__)
extern const hark_kernels hark_kernels_avx2;
extern const hark_encoder_kernels hark_encoder_avx2;
extern const hark_kernels hark_kernels_avx512;
extern const hark_encoder_kernels hark_encoder_avx512;
extern const hark_kernels hark_kernels_avx512vnni;
extern const hark_encoder_kernels hark_encoder_avx512vnni;
extern const hark_kernels hark_kernels_amx;
extern const hark_encoder_kernels hark_encoder_amx;

// Whether the system lets this process use the tiles of AMX.
bool hark_amx_permitted(void);

// The product of bytes by VNNI.
void hark_multiply_int8_avx512vnni(const void *numbers, const float *factors,
                                   size_t rows, hark_weight weight, int gelu,
                                   float *out, size_t stride);
#elif defined(__aarch64__)
extern const hark_kernels hark_kernels_neon;
extern const hark_encoder_kernels hark_encoder_neon;
#endif

#endif
