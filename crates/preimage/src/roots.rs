//! The points at which a blob's elements are the values of its polynomial: the 4096th roots of unity in the scalar field
//! of BLS12-381, in bit-reversed order.
//!
//! They are a table of 128 KiB, computed by the compiler. A program that reads one blob needs them all; in the
//! fault-proof machine computing them would take over a million steps in every run, the table takes none.

/// Field elements in a blob (EIP-4844).
pub const ELEMENTS_PER_BLOB: usize = 4096;

const LOG2_ELEMENTS: u32 = ELEMENTS_PER_BLOB.trailing_zeros();

/// A field element: four limbs, the least significant first.
type Limbs = [u64; 4];

/// The order of the field, r.
const MODULUS: Limbs =
    [0xffff_ffff_0000_0001, 0x53bd_a402_fffe_5bfe, 0x3339_d808_09a1_d805, 0x73ed_a753_299d_7d48];

/// -1/r modulo 2^64, the constant of Montgomery's multiplication.
const NEGATED_INVERSE: u64 = {
    // Newton's iteration doubles the number of good bits: 1, 2, 4, ... 64.
    let mut inverse = 1u64;
    let mut i = 0;
    while i < 6 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(MODULUS[0].wrapping_mul(inverse)));
        i += 1;
    }
    inverse.wrapping_neg()
};

static POINTS: [[u8; 32]; ELEMENTS_PER_BLOB] = points();

/// The point of the element at `index` of a blob, as a big-endian integer; the index is taken modulo
/// [`ELEMENTS_PER_BLOB`].
#[must_use]
pub fn blob_evaluation_point(index: usize) -> &'static [u8; 32] {
    &POINTS[index % ELEMENTS_PER_BLOB]
}

const fn points() -> [[u8; 32]; ELEMENTS_PER_BLOB] {
    let mut points = [[0; 32]; ELEMENTS_PER_BLOB];
    // The root in Montgomery form (times 2^256), so that one multiplication takes a plain power to the next.
    let root = to_montgomery(root_of_unity());
    let mut power = [1, 0, 0, 0];
    let mut exponent = 0u32;
    while exponent < ELEMENTS_PER_BLOB as u32 {
        let index = exponent.reverse_bits() >> (u32::BITS - LOG2_ELEMENTS);
        points[index as usize] = to_bytes(power);
        power = montgomery_multiply(power, root);
        exponent += 1;
    }
    points
}

/// 7^((r-1)/4096), a primitive 4096th root of unity; 7 is the field's customary generator.
const fn root_of_unity() -> Limbs {
    let base = to_montgomery([7, 0, 0, 0]);
    let mut power = [1, 0, 0, 0];
    // (r-1)/4096 is r without its lowest 12 bits.
    let mut bit = 256;
    while bit > LOG2_ELEMENTS {
        bit -= 1;
        power = montgomery_multiply(to_montgomery(power), power);
        if MODULUS[bit as usize / 64] >> (bit % 64) & 1 == 1 {
            power = montgomery_multiply(power, base);
        }
    }
    power
}

/// `a` times 2^256.
const fn to_montgomery(a: Limbs) -> Limbs {
    let mut result = a;
    let mut i = 0;
    while i < 256 {
        result = double(result);
        i += 1;
    }
    result
}

const fn double(a: Limbs) -> Limbs {
    // The modulus has 255 bits, so that nothing is shifted out.
    reduce_once([a[0] << 1, a[1] << 1 | a[0] >> 63, a[2] << 1 | a[1] >> 63, a[3] << 1 | a[2] >> 63])
}

/// `a` times `b` divided by 2^256, for `a` and `b` below the modulus.
const fn montgomery_multiply(a: Limbs, b: Limbs) -> Limbs {
    let mut t = [0u64; 5];
    let mut i = 0;
    while i < 4 {
        t = add_multiple(t, b, a[i]);
        // This multiple of the modulus clears the lowest limb, which then drops out.
        t = add_multiple(t, MODULUS, t[0].wrapping_mul(NEGATED_INVERSE));
        t = [t[1], t[2], t[3], t[4], 0];
        i += 1;
    }
    reduce_once([t[0], t[1], t[2], t[3]])
}

/// `t` plus `b` times `factor`; the sum stays below 2^320 as `t` is below twice the modulus on entry.
const fn add_multiple(t: [u64; 5], b: Limbs, factor: u64) -> [u64; 5] {
    let mut result = t;
    let mut carry = 0u128;
    let mut i = 0;
    while i < 4 {
        let sum = t[i] as u128 + b[i] as u128 * factor as u128 + carry;
        result[i] = sum as u64;
        carry = sum >> 64;
        i += 1;
    }
    result[4] = t[4] + carry as u64;
    result
}

/// `a` modulo the modulus, for `a` below twice that.
const fn reduce_once(a: Limbs) -> Limbs {
    let mut result = [0; 4];
    let mut borrow = false;
    let mut i = 0;
    while i < 4 {
        let (difference, under) = a[i].overflowing_sub(MODULUS[i]);
        let (difference, under_again) = difference.overflowing_sub(borrow as u64);
        result[i] = difference;
        borrow = under | under_again;
        i += 1;
    }
    if borrow { a } else { result }
}

const fn to_bytes(a: Limbs) -> [u8; 32] {
    let mut bytes = [0; 32];
    let mut i = 0;
    while i < 32 {
        bytes[31 - i] = (a[i / 8] >> (8 * (i % 8))) as u8;
        i += 1;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::U256;

    /// All of them against arithmetic that we did not write.
    #[test]
    fn points_are_the_roots_of_unity_in_bit_reversed_order() {
        let modulus = U256::from_limbs(MODULUS);
        let root = U256::from(7).pow_mod((modulus - U256::from(1)) / U256::from(4096), modulus);
        let mut power = U256::from(1);
        for exponent in 0..4096u16 {
            let index = exponent.reverse_bits() >> 4;
            assert_eq!(*blob_evaluation_point(index.into()), power.to_be_bytes::<32>());
            power = power.mul_mod(root, modulus);
        }
        assert_eq!(power, U256::from(1));
    }

    #[test]
    fn indices_beyond_the_blob_wrap() {
        assert_eq!(blob_evaluation_point(4096 + 5), blob_evaluation_point(5));
    }
}
