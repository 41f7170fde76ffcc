//! Arithmetic on numbers of 256 bits.

/// A number below 2^256: four limbs of 64 bits, the least significant first.
pub(super) type Limbs = [u64; 4];

/// `a + b` modulo 2^256, and the carry: 0 or 1.
#[inline(always)]
pub(super) fn add(a: &Limbs, b: &Limbs) -> (Limbs, u64) {
    let (first, carry) = add_limbs(a[0], b[0], 0);
    let (second, carry) = add_limbs(a[1], b[1], carry);
    let (third, carry) = add_limbs(a[2], b[2], carry);
    let (fourth, carry) = add_limbs(a[3], b[3], carry);
    ([first, second, third, fourth], carry)
}

/// `a - b` modulo 2^256, and the borrow: 0 or 1.
#[inline(always)]
pub(super) fn sub(a: &Limbs, b: &Limbs) -> (Limbs, u64) {
    let (first, borrow) = sub_limbs(a[0], b[0], 0);
    let (second, borrow) = sub_limbs(a[1], b[1], borrow);
    let (third, borrow) = sub_limbs(a[2], b[2], borrow);
    let (fourth, borrow) = sub_limbs(a[3], b[3], borrow);
    ([first, second, third, fourth], borrow)
}

/// `a * b`: the lower half and the upper.
#[inline(always)]
pub(super) fn mul(a: &Limbs, b: &Limbs) -> (Limbs, Limbs) {
    let mut product = [0; 8];
    for i in 0..4 {
        let mut carry = 0;
        for j in 0..4 {
            (product[i + j], carry) = mul_limbs(a[i], b[j], product[i + j], carry);
        }
        product[i + 4] = carry;
    }
    halves(product)
}

/// `a * a`, as [`mul`]: the products of different limbs are computed once and doubled.
#[inline(always)]
pub(super) fn square(a: &Limbs) -> (Limbs, Limbs) {
    let (p1, carry) = mul_limbs(a[0], a[1], 0, 0);
    let (p2, carry) = mul_limbs(a[0], a[2], 0, carry);
    let (p3, p4) = mul_limbs(a[0], a[3], 0, carry);
    let (p3, carry) = mul_limbs(a[1], a[2], p3, 0);
    let (p4, p5) = mul_limbs(a[1], a[3], p4, carry);
    let (p5, p6) = mul_limbs(a[2], a[3], p5, 0);
    let doubled = [
        0,
        p1 << 1,
        p2 << 1 | p1 >> 63,
        p3 << 1 | p2 >> 63,
        p4 << 1 | p3 >> 63,
        p5 << 1 | p4 >> 63,
        p6 << 1 | p5 >> 63,
        p6 >> 63,
    ];
    let mut product = [0; 8];
    let mut carry = 0;
    for i in 0..4 {
        let (low, high) = mul_limbs(a[i], a[i], 0, 0);
        (product[2 * i], carry) = add_limbs(doubled[2 * i], low, carry);
        (product[2 * i + 1], carry) = add_limbs(doubled[2 * i + 1], high, carry);
    }
    halves(product)
}

fn halves([a, b, c, d, e, f, g, h]: [u64; 8]) -> (Limbs, Limbs) {
    ([a, b, c, d], [e, f, g, h])
}

/// `a + b + carry`, with a carry of 0 or 1, in and out.
#[inline(always)]
fn add_limbs(a: u64, b: u64, carry: u64) -> (u64, u64) {
    let sum = a.wrapping_add(b);
    let total = sum.wrapping_add(carry);
    // At most one of the two additions carries.
    (total, below(sum, b) + below(total, carry))
}

/// `a - b - borrow`, with a borrow of 0 or 1, in and out.
#[inline(always)]
fn sub_limbs(a: u64, b: u64, borrow: u64) -> (u64, u64) {
    let difference = a.wrapping_sub(b);
    // At most one of the two subtractions borrows.
    (difference.wrapping_sub(borrow), below(a, b) + below(difference, borrow))
}

/// `a * b + c + d`: the lower limb and the upper. That is always below 2^128.
#[inline(always)]
pub(super) fn mul_limbs(a: u64, b: u64, c: u64, d: u64) -> (u64, u64) {
    let product = u128::from(a) * u128::from(b);
    let (low, high) = (product as u64, (product >> 64) as u64);
    let sum = low.wrapping_add(c);
    let total = sum.wrapping_add(d);
    (total, high.wrapping_add(below(sum, c)).wrapping_add(below(total, d)))
}

/// 1 if `a < b`, else 0.
#[inline(always)]
#[cfg(not(target_arch = "mips64"))]
fn below(a: u64, b: u64) -> u64 {
    u64::from(a < b)
}

/// 1 if `a < b`, else 0. One instruction: the compiler would add two that clear the upper half of the result.
#[inline(always)]
#[cfg(target_arch = "mips64")]
fn below(a: u64, b: u64) -> u64 {
    let result;
    // SAFETY: the instruction compares two registers.
    unsafe {
        core::arch::asm!(
            ".set push",
            ".set noat", // One of the three may be the register that assemblers reserve.
            "sltu {0}, {1}, {2}",
            ".set pop",
            out(reg) result, in(reg) a, in(reg) b, options(pure, nomem, nostack)
        );
    }
    result
}

/// Whether `a < b`.
pub(super) fn less(a: &Limbs, b: &Limbs) -> bool {
    sub(a, b).1 == 1
}

/// From 32 big-endian bytes.
pub(super) fn from_bytes(bytes: &[u8; 32]) -> Limbs {
    let mut limbs = [0; 4];
    for (limb, word) in limbs.iter_mut().rev().zip(bytes.as_chunks().0) {
        *limb = u64::from_be_bytes(*word);
    }
    limbs
}

/// As 32 big-endian bytes.
pub(super) fn to_bytes(limbs: &Limbs) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (limb, word) in limbs.iter().rev().zip(bytes.as_chunks_mut().0) {
        *word = limb.to_be_bytes();
    }
    bytes
}

/// The inverse of `value` modulo an odd prime above it; zero for zero. The binary Euclidean algorithm needs additions and
/// shifts only, a tenth of the instructions of an exponentiation.
pub(super) fn invert(value: &Limbs, prime: &Limbs) -> Limbs {
    const ONE: Limbs = [1, 0, 0, 0];
    if *value == [0; 4] {
        return [0; 4];
    }
    // Invariants: value * x = u and value * y = v modulo the prime, and gcd(u, v) = 1.
    let (mut u, mut v, mut x, mut y) = (*value, *prime, ONE, [0; 4]);
    while u != ONE && v != ONE {
        halve_while_even(&mut u, &mut x, prime);
        halve_while_even(&mut v, &mut y, prime);
        let (difference, negative) = sub(&u, &v);
        if negative == 1 {
            v = sub(&v, &u).0;
            y = sub_modulo(&y, &x, prime);
        } else {
            u = difference;
            x = sub_modulo(&x, &y, prime);
        }
    }
    if u == ONE { x } else { y }
}

fn halve_while_even(number: &mut Limbs, factor: &mut Limbs, prime: &Limbs) {
    while number[0] & 1 == 0 {
        *number = halve(number, 0);
        let (even, carry) = if factor[0] & 1 == 0 { (*factor, 0) } else { add(factor, prime) };
        *factor = halve(&even, carry);
    }
}

#[inline(always)]
fn halve(a: &Limbs, carry: u64) -> Limbs {
    [a[0] >> 1 | a[1] << 63, a[1] >> 1 | a[2] << 63, a[2] >> 1 | a[3] << 63, a[3] >> 1 | carry << 63]
}

/// `a - b` modulo a number that is above both.
#[inline(always)]
fn sub_modulo(a: &Limbs, b: &Limbs, modulus: &Limbs) -> Limbs {
    match sub(a, b) {
        (difference, 0) => difference,
        (difference, _) => add(&difference, modulus).0,
    }
}
