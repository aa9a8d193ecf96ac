// As on AVX-512 with VNNI; the encoder's products by AMX.
#include "tables.h"

#if defined(__x86_64__)
#define TABLE hark_kernels_amx
#define NAME "amx"
#define ENCODER hark_encoder_amx

#include "avx512vnni.h"
#endif
