//! How a row is made.

use super::{ProductRow, columns::Factor};
use crate::{
    stark::Val,
    word::{pairs, word},
};
use p3_field::PrimeCharacteristicRing;

impl ProductRow<Val> {
    /// The row of a product that is used so often.
    pub(crate) fn new([a, b]: [u64; 2], uses: u32) -> Self {
        let product = u128::from(a) * u128::from(b);
        let (a_bytes, b_bytes) = (a.to_le_bytes().map(u32::from), b.to_le_bytes().map(u32::from));
        let place = |place: usize| -> u32 {
            (0..8).filter(|&i| (i..i + 8).contains(&place)).map(|i| a_bytes[i] * b_bytes[place - i]).sum()
        };
        let mut carry = 0;
        let mut carries = [Val::ZERO; 7];
        for (limb, cell) in carries.iter_mut().enumerate() {
            carry = (place(2 * limb) + (place(2 * limb + 1) << 8) + carry) >> 16;
            *cell = Val::from_u32(carry);
        }
        Self {
            real: Val::ONE,
            uses: Val::from_u32(uses),
            a: Factor::new(a),
            b: Factor::new(b),
            product: [product as u64, (product >> 64) as u64].map(word),
            carries,
        }
    }
}

impl Factor<Val> {
    fn new(factor: u64) -> Self {
        let bytes = factor.to_le_bytes();
        Self {
            bytes: bytes.map(Val::from_u8),
            both: pairs(bytes).map(|[low, high]| Val::from_u8(low & high)),
        }
    }
}
