/**
 * float32 arithmetic that stays right where WGSL promises little: division is good to 2.5 ULP, inverseSqrt to 2 ULP,
 * sqrt to neither, subnormals may be flushed, and squares leave the range of float32 long before their data do.
 *
 * So: scaling by powers of two made of bits (exact), and one Newton step on what the hardware estimates, which leaves
 * about 1 ULP whether or not `fma` is fused. Nothing here depends on an error-free transformation, which a compiler
 * that reassociates may undo.
 *
 * WGSL, "Floating point accuracy": https://www.w3.org/TR/WGSL/#floating-point-accuracy
 * Markstein 2004, Software division and square root using Goldschmidt's algorithms (the final correction steps).
 */
export const arithmetic: string = /* wgsl */ `
/** 2^i for −126 ≤ i ≤ 127; 0 below, 2^127 above. */
fn pow2(i: i32) -> f32 { return bitcast<f32>(u32(clamp(i, -127, 127) + 127) << 23u); }

/** ⌊log2 |a|⌋; −127 for zero and subnormals, 128 for infinities and NaN. */
fn exponentOf(a: f32) -> i32 { return i32((bitcast<u32>(a) >> 23u) & 255u) - 127; }

/** value·2^exponent, where a float32 alone might overflow or vanish. */
struct Scaled { value: f32, exponent: i32 }

fn unscaled(a: Scaled) -> f32 {
  let e = clamp(a.exponent, -252, 252);
  let half = e / 2;
  return a.value * pow2(half) * pow2(e - half);
}

/** The same number with 1 ≤ value < 4 and an even exponent; zero has an exponent far below all others. */
fn normalised(a: Scaled) -> Scaled {
  let e = exponentOf(a.value) & -2;
  return Scaled(select(a.value * pow2(-e), 0.0, a.value == 0.0), select(a.exponent + e, -1000, a.value == 0.0));
}

/** a/b: the estimate and one correction. b is finite and not zero. */
fn quotient(a: f32, b: f32) -> f32 {
  let q = a / b;
  return q + fma(-q, b, a) / b;
}

/** 1/√t for t in [1, 8). */
fn inverseRoot(t: f32) -> f32 {
  let i = inverseSqrt(t);
  return fma(0.5 * i, fma(-t * i, i, 1.0), i);
}

/** √t for t in [1, 4). */
fn root(t: f32) -> f32 {
  let i = inverseRoot(t);
  let s = t * i;
  return fma(0.5 * i, fma(-s, s, t), s);
}
`;

/**
 * `inverseStd`: 1/√(σ²+eps) or 1/(√σ²+eps) of a variance that brings an even exponent of its own.
 * Where σ² and eps are both 0 the result is what the hardware makes of 1/0.
 */
export const inverseStd: string = /* wgsl */ `
fn inverseStd(variance: Scaled) -> Scaled {
  let v = normalised(variance);
  if (p.outsideSqrt == 0u) {
    let top = max(v.exponent, p.epsExponent);
    let t = v.value * pow2(v.exponent - top) + p.epsFraction * pow2(p.epsExponent - top);
    return Scaled(select(inverseRoot(t), inverseSqrt(t), t == 0.0), -top / 2);
  }
  let s = select(root(v.value), 0.0, v.value == 0.0);
  let top = max(v.exponent / 2, p.epsExponent);
  let t = s * pow2(v.exponent / 2 - top) + p.epsFraction * pow2(p.epsExponent - top);
  return Scaled(select(quotient(1.0, t), 1.0 / t, t == 0.0), -top);
}
`;

/**
 * `deviationShare`: q = σ·invStd, which is 1 inside the root and 1 − eps·invStd outside. Where σ is small against eps the
 * subtraction cancels, but what is divided by q holds q squared, so that an absolute error of q is one of dx.
 */
export const deviationShare: string = /* wgsl */ `
fn deviationShare(invStd: f32) -> f32 { return select(fma(-p.eps, invStd, 1.0), 1.0, p.outsideSqrt == 0u); }
`;
