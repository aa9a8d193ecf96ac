// The canonical order on AVX-512 F and BW; codes as on AVX2, which every such
// processor has.
#include "tables.h"

#if defined(__x86_64__)
#define TABLE hark_kernels_avx512
#define ENCODER hark_encoder_avx512
#define NAME "avx512"
#define TARGET __attribute__((target("avx512f,avx512bw,avx2,fma,popcnt")))
#define ROWS 4
#define STATIC static inline __attribute__((always_inline)) TARGET

#include "avx512.h"
#include "codes_avx2.h"
#include "bits_avx512.h"
#include "rows.h"
#endif
