#define MYELIN_ISA avx512_dot
#include "kernels/dot.inl"
