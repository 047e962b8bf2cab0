#define MYELIN_ISA neon_dot
#include "kernels/dot.inl"
