#ifndef HARK_TABLES_H
#define HARK_TABLES_H

#include "hark_encoder.h"
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
#elif defined(__aarch64__)
extern const hark_kernels hark_kernels_neon;
extern const hark_encoder_kernels hark_encoder_neon;
#endif

#endif
