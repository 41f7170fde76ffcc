//! Keccak-256, with Ethereum's padding.

mod permutation;

use permutation::{State, permute};

/// The rate: bytes absorbed between two permutations.
const RATE: usize = 136;

/// The hash of these bytes.
#[must_use]
pub fn keccak256(bytes: &[u8]) -> [u8; 32] {
    let mut state = [0; 25];
    let (blocks, rest) = bytes.as_chunks::<RATE>();
    for block in blocks {
        absorb(&mut state, block.as_chunks().0);
        permute(&mut state);
    }
    let (words, tail) = rest.as_chunks();
    absorb(&mut state, words);
    // Padding: a one bit after the last byte, and one at the end of the block.
    let mut last = [0; 8];
    for (to, from) in last.iter_mut().zip(tail) {
        *to = *from;
    }
    last[tail.len()] = 1;
    state[words.len()] ^= u64::from_le_bytes(last);
    state[RATE / 8 - 1] ^= 1 << 63;
    permute(&mut state);
    squeeze(&state)
}

fn absorb(state: &mut State, words: &[[u8; 8]]) {
    for (lane, word) in state.iter_mut().zip(words) {
        *lane ^= u64::from_le_bytes(*word);
    }
}

fn squeeze(state: &State) -> [u8; 32] {
    let mut hash = [0; 32];
    for (word, lane) in hash.as_chunks_mut().0.iter_mut().zip(state) {
        *word = lane.to_le_bytes();
    }
    hash
}
