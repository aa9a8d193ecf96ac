#ifndef HARK_BLAS_H
#define HARK_BLAS_H
#include <cblas.h>
// The type of cblas_sgemm, for the pointer that dlsym gives.
typedef __typeof__(cblas_sgemm) *hark_sgemm_function;
#endif
