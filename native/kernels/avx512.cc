#define MYELIN_ISA avx512
#include "kernels/all.inl"
