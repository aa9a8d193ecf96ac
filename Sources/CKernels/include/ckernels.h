#ifndef CKERNELS_H
#define CKERNELS_H
float hark_stub(void);
#endif
