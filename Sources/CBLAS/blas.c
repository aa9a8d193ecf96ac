#include "hark_blas.h"
