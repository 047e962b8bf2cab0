#define MYELIN_ISA avx512_dot
#include "kernels/all.inl"
