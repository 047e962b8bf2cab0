// neon: every 64-bit Arm CPU. Fused multiply-add, rounding and square root are in the baseline.

MYELIN_INLINE Vec<float> fma(Vec<float> a, Vec<float> b, Vec<float> c) { return vfmaq_f32(c.raw, a.raw, b.raw); }
MYELIN_INLINE Vec<double> fma(Vec<double> a, Vec<double> b, Vec<double> c) { return vfmaq_f64(c.raw, a.raw, b.raw); }

// GNU vectors have neither square root nor rounding.
MYELIN_INLINE Vec<float> sqrt(Vec<float> x) { return vsqrtq_f32(x.raw); }
MYELIN_INLINE Vec<double> sqrt(Vec<double> x) { return vsqrtq_f64(x.raw); }
MYELIN_INLINE Vec<float> round_even(Vec<float> x) { return vrndnq_f32(x.raw); }
MYELIN_INLINE Vec<double> round_even(Vec<double> x) { return vrndnq_f64(x.raw); }
MYELIN_INLINE Vec<float> trunc(Vec<float> x) { return vrndq_f32(x.raw); }
MYELIN_INLINE Vec<double> trunc(Vec<double> x) { return vrndq_f64(x.raw); }
MYELIN_INLINE Vec<float> floor(Vec<float> x) { return vrndmq_f32(x.raw); }
MYELIN_INLINE Vec<double> floor(Vec<double> x) { return vrndmq_f64(x.raw); }
MYELIN_INLINE Vec<float> ceil(Vec<float> x) { return vrndpq_f32(x.raw); }
MYELIN_INLINE Vec<double> ceil(Vec<double> x) { return vrndpq_f64(x.raw); }

// Neon's own maximum propagates NaN, which is what these ask for and takes the generic form three instructions.
MYELIN_INLINE Vec<float> maximum(Vec<float> a, Vec<float> b) { return vmaxq_f32(a.raw, b.raw); }
MYELIN_INLINE Vec<float> minimum(Vec<float> a, Vec<float> b) { return vminq_f32(a.raw, b.raw); }
MYELIN_INLINE Vec<double> maximum(Vec<double> a, Vec<double> b) { return vmaxq_f64(a.raw, b.raw); }
MYELIN_INLINE Vec<double> minimum(Vec<double> a, Vec<double> b) { return vminq_f64(a.raw, b.raw); }

// One instruction instead of a round trip through memory.
MYELIN_INLINE bool any(LaneMask<4> mask) { return vmaxvq_u32((uint32x4_t)mask.raw) != 0; }
MYELIN_INLINE bool any(LaneMask<8> mask) { return vmaxvq_u32((uint32x4_t)mask.raw) != 0; }

// A across-vector add keeps the value in registers.
MYELIN_INLINE float sum_lanes(Vec<float> v) { return vaddvq_f32(v.raw); }
MYELIN_INLINE double sum_lanes(Vec<double> v) { return vaddvq_f64(v.raw); }

MYELIN_INLINE Halves widen(Vec<float> v) { return {vcvt_f64_f32(vget_low_f32(v.raw)), vcvt_high_f64_f32(v.raw)}; }
MYELIN_INLINE Vec<float> narrow(Halves v) { return vcvt_high_f32_f64(vcvt_f32_f64(v.low.raw), v.high.raw); }
