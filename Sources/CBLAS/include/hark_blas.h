#ifndef HARK_BLAS_H
#define HARK_BLAS_H

#include <cblas.h>
#include <stdbool.h>

// The type of cblas_sgemm, for the pointer that dlsym gives: the library is
// loaded at run time, after its variables are set, and never linked.
typedef __typeof__(cblas_sgemm) *hark_sgemm_function;

// Whether this processor runs OpenBLAS's SkylakeX kernels (AVX-512 F, BW, DQ
// and VL, with the operating system saving the wide registers). Swift has no
// access to __builtin_cpu_supports.
bool hark_blas_runs_skylakex(void);

#endif
