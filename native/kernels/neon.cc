#define MYELIN_ISA neon
#include "kernels/all.inl"
