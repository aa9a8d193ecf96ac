// The canonical order on AVX-512 F; codes and the encoder's products by VNNI.
#include "tables.h"

#if defined(__x86_64__)
#define TABLE hark_kernels_avx512vnni
#define NAME "avx512vnni"
#define ENCODER hark_encoder_avx512vnni

#include "avx512vnni.h"
#endif
