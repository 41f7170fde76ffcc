//! Random numbers from a seed: the same seed gives the same devnet, on every machine and in every version.

use alloy_primitives::{Address, B256, Bytes};

/// A SplitMix64 generator. It is good enough for test data, and so short that it never has to change.
#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

impl Rng {
    /// A generator whose stream depends on `seed` and `purpose`.
    pub(crate) fn new(seed: u64, purpose: &str) -> Self {
        let hash = alloy_primitives::keccak256(purpose);
        let salt = u64::from_be_bytes(*hash.0.first_chunk().unwrap_or(&[0; 8]));
        Self(seed ^ salt)
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `low..high`. Panics if the range is empty.
    pub(crate) fn range(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low)
    }

    /// True one time in `n`.
    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.next().is_multiple_of(n)
    }

    /// One of `items`. Panics if there are none.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.range(0, items.len() as u64) as usize]
    }

    /// Thirty-two random bytes.
    pub(crate) fn b256(&mut self) -> B256 {
        let mut bytes = [0u8; 32];
        for chunk in bytes.as_chunks_mut::<8>().0 {
            *chunk = self.next().to_be_bytes();
        }
        B256::from(bytes)
    }

    /// A random address.
    pub(crate) fn address(&mut self) -> Address {
        Address::from_word(self.b256())
    }

    /// Random bytes, `low..high` of them.
    pub(crate) fn bytes(&mut self, low: u64, high: u64) -> Bytes {
        let len = self.range(low, high) as usize;
        (0..len).map(|_| self.next() as u8).collect::<Vec<u8>>().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_fixed_and_differ_by_purpose() {
        assert_eq!(Rng::new(1, "a").next(), Rng::new(1, "a").next());
        assert_ne!(Rng::new(1, "a").next(), Rng::new(1, "b").next());
        assert_ne!(Rng::new(1, "a").next(), Rng::new(2, "a").next());
    }

    #[test]
    fn ranges_hold() {
        let mut rng = Rng::new(7, "ranges");
        assert!((0..1000).all(|_| (3..9).contains(&rng.range(3, 9))));
    }
}
