//! The permutation Keccak-f\[1600\] ([FIPS 202](https://nvlpubs.nist.gov/nistpubs/FIPS/NIST.FIPS.202.pdf), section 3).
//!
//! Lanes stay in memory and the ten column parities in registers. All of them, more than thirty values, do not fit into the
//! registers, and if the compiler chooses what to spill, it needs half as many instructions again. A round loads and
//! stores each lane once, and sums the parities for the next round while the lanes are in registers.

/// The lanes: column `x` and row `y` is at index `5 y + x`.
pub(super) type State = [u64; 25];

/// All 24 rounds.
#[inline(never)]
pub(super) fn permute(state: &mut State) {
    complement(state);
    let mut other = [0; 25];
    let mut parity = [0; 5];
    for row in state.as_chunks::<5>().0 {
        for (sum, lane) in parity.iter_mut().zip(row) {
            *sum ^= lane;
        }
    }
    for [first, second] in ROUND_CONSTANTS.as_chunks().0 {
        round(state, &mut other, &mut parity, *first);
        round(&other, state, &mut parity, *second);
    }
    complement(state);
}

/// Six lanes are stored complemented. That saves four of the five complements in each row of chi: a complement is an
/// instruction, and `and` and `or` cost the same.
#[inline(always)]
fn complement(state: &mut State) {
    for place in [1, 2, 8, 12, 17, 20] {
        state[place] = !state[place];
    }
}

/// One round, from one state to another; `parity` has the sums of the columns, before and after.
#[inline(always)]
fn round(from: &State, to: &mut State, parity: &mut [u64; 5], constant: u64) {
    let [c0, c1, c2, c3, c4] = *parity;
    // Theta: the value that is added to each lane of a column.
    let theta = [
        c4 ^ c1.rotate_left(1),
        c0 ^ c2.rotate_left(1),
        c1 ^ c3.rotate_left(1),
        c2 ^ c4.rotate_left(1),
        c3 ^ c0.rotate_left(1),
    ];
    *parity = [0; 5];
    // Rho and pi: which lanes form a row, and how far each is rotated. Chi is `a ^ (!b & c)` along the row; its form here
    // follows from which lanes are stored complemented.
    let mut row = |y: usize, lanes, chi: fn([u64; 5]) -> [u64; 5], constant| {
        let [first, rest @ ..] = chi(moved(from, &theta, lanes));
        for (x, lane) in [first ^ constant, rest[0], rest[1], rest[2], rest[3]].into_iter().enumerate() {
            to[5 * y + x] = lane;
            parity[x] ^= lane;
        }
        in_memory(from, to);
    };
    row(
        0,
        [(0, 0), (6, 44), (12, 43), (18, 21), (24, 14)],
        |[a, b, c, d, e]| [a ^ (b | c), b ^ (!c | d), c ^ (d & e), d ^ (e | a), e ^ (a & b)],
        constant,
    );
    row(
        1,
        [(3, 28), (9, 20), (10, 3), (16, 45), (22, 61)],
        |[a, b, c, d, e]| [a ^ (b | c), b ^ (c & d), c ^ (d | !e), d ^ (e | a), e ^ (a & b)],
        0,
    );
    row(
        2,
        [(1, 1), (7, 6), (13, 25), (19, 8), (20, 18)],
        |[a, b, c, d, e]| [a ^ (b | c), b ^ (c & d), c ^ (!d & e), !d ^ (e | a), e ^ (a & b)],
        0,
    );
    row(
        3,
        [(4, 27), (5, 36), (11, 10), (17, 15), (23, 56)],
        |[a, b, c, d, e]| [a ^ (b & c), b ^ (c | d), c ^ (!d | e), !d ^ (e & a), e ^ (a | b)],
        0,
    );
    row(
        4,
        [(2, 62), (8, 55), (14, 39), (15, 41), (21, 2)],
        |[a, b, c, d, e]| [a ^ (!b & c), !b ^ (c | d), c ^ (d & e), d ^ (e | a), e ^ (a & b)],
        0,
    );
}

/// Loads lanes by index and rotation, and adds theta's value.
#[inline(always)]
fn moved(from: &State, theta: &[u64; 5], lanes: [(usize, u32); 5]) -> [u64; 5] {
    let moved = |(place, by): (usize, u32)| (from[place] ^ theta[place % 5]).rotate_left(by);
    [moved(lanes[0]), moved(lanes[1]), moved(lanes[2]), moved(lanes[3]), moved(lanes[4])]
}

/// Makes the compiler write both states to memory here.
#[inline(always)]
#[cfg_attr(not(target_arch = "mips64"), allow(unused_variables))]
fn in_memory(from: &State, to: &mut State) {
    #[cfg(target_arch = "mips64")]
    // SAFETY: the block has no instruction. The compiler assumes that it reads and writes both states.
    unsafe {
        core::arch::asm!("/* {0} {1} */", in(reg) from.as_ptr(), in(reg) to.as_mut_ptr(), options(nostack));
    }
}

const ROUND_CONSTANTS: [u64; 24] = round_constants();

/// The bits of iota come from a linear feedback shift register (section 3.2.5), seven for each round.
const fn round_constants() -> [u64; 24] {
    let mut constants = [0; 24];
    let (mut round, mut register) = (0, 1u8);
    while round < constants.len() {
        let mut power = 0;
        while power < 7 {
            constants[round] |= ((register & 1) as u64) << ((1 << power) - 1);
            register = (register << 1) ^ ((register >> 7) * 0x71);
            power += 1;
        }
        round += 1;
    }
    constants
}
