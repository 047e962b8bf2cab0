#pragma once

// Functions of a real number that the C library lacks, in double. Poles and places without a value are as in PyTorch.

namespace myelin {

double erf_inverse(double y);
float erf_inverse(float y);
double log_gamma(double x);
double digamma(double x);
// The nth derivative of digamma, n >= 0.
double polygamma(int n, double x);
// The modified Bessel function of the first kind, I_n, and the same times e^-|x|, n >= 0.
double bessel_i(int n, double x);
double scaled_bessel_i(int n, double x);

}  // namespace myelin
