#define MYELIN_ISA sse2
#include "kernels/all.inl"
