#define MYELIN_ISA avx2
#include "kernels/all.inl"
