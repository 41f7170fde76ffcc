//! Programs to prove, assembled by hand: no compiler is needed for them, and they are the same everywhere. Each checks its own
//! result where it has one, and then exits with 0.

mod assembler;
mod keccak;

use assembler::{Assembler, DATA, If, Register, ZERO, immediate::*, register::*};
use tribunal_vm::State;

pub(super) use keccak::keccak;

/// A loop of nine steps: sums, shifts and exclusive ors.
pub(crate) fn arithmetic(times: u32) -> anyhow::Result<State> {
    let [left, a, b, c, d]: [Register; 5] = [8, 9, 10, 11, 12];
    let mut code = Assembler::default();
    code.load(left, times);
    code.load(a, 1);
    code.load(b, 0x2545_F491);
    let again = code.here();
    code.register(DADDU, a, a, b);
    code.register(XOR, b, b, a);
    code.shift_left(c, a, 13);
    code.register(XOR, a, a, c);
    code.shift_right(c, b, 7);
    code.register(XOR, b, b, c);
    code.immediate(DADDIU, left, left, -1);
    code.back(If::NotEqual, left, ZERO, again);
    code.register(DADDU, d, d, a);
    code.exit(0);
    code.state(&[])
}

/// Fills `words` words with random numbers, sorts them by Shell's method, and checks that they are in order. `words` is a
/// power of two from 2 to 2^17.
pub(super) fn sort(words: u32) -> anyhow::Result<State> {
    let [base, end, gap, i, value, j, before, flag, other, x, y]: [Register; 11] =
        [8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18];
    let mut code = Assembler::default();
    code.load(base, DATA);
    code.load(end, DATA + 8 * words);
    code.load(x, 0x2545_F491);
    code.register(OR, i, base, ZERO);
    let fill = code.here();
    code.shift_left(y, x, 13);
    code.register(XOR, x, x, y);
    code.shift_right(y, x, 7);
    code.register(XOR, x, x, y);
    code.shift_left(y, x, 17);
    code.register(XOR, x, x, y);
    code.immediate(SD, x, i, 0);
    code.immediate(DADDIU, i, i, 8);
    code.back(If::NotEqual, i, end, fill);
    code.nop();

    code.load(gap, 8 * words / 2);
    let gaps = code.here();
    code.register(DADDU, i, base, gap);
    let insert = code.here();
    code.immediate(LD, value, i, 0);
    code.register(OR, j, i, ZERO);
    let shift = code.here();
    code.register(DSUBU, before, j, gap);
    code.register(SLTU, flag, before, base);
    let first = code.forward(If::NotEqual, flag, ZERO);
    code.nop();
    code.immediate(LD, other, before, 0);
    code.register(SLTU, flag, value, other);
    let placed = code.forward(If::Equal, flag, ZERO);
    code.nop();
    code.immediate(SD, other, j, 0);
    code.back(If::Equal, ZERO, ZERO, shift);
    code.register(OR, j, before, ZERO);
    code.land(first);
    code.land(placed);
    code.immediate(SD, value, j, 0);
    code.immediate(DADDIU, i, i, 8);
    code.back(If::NotEqual, i, end, insert);
    code.nop();
    code.shift_right(gap, gap, 1);
    code.immediate(SLTIU, flag, gap, 8);
    code.back(If::Equal, flag, ZERO, gaps);
    code.nop();

    code.immediate(DADDIU, i, base, 8);
    let check = code.here();
    code.immediate(LD, value, i, -8);
    code.immediate(LD, other, i, 0);
    code.register(SLTU, flag, other, value);
    let disorder = code.forward(If::NotEqual, flag, ZERO);
    code.immediate(DADDIU, i, i, 8);
    code.back(If::NotEqual, i, end, check);
    code.nop();
    code.exit(0);
    code.land(disorder);
    code.exit(1);
    code.state(&[])
}

#[cfg(test)]
mod tests {
    use super::*;
    use tribunal_vm::{Machine, NoOracle};

    /// Runs a program. Returns its exit code and its steps.
    fn run(state: State) -> (u8, u64) {
        let mut machine = Machine::new(state, Box::new(NoOracle), Box::new(|_, _| ()));
        machine.run(10_000_000, false).unwrap();
        assert!(machine.state().exited());
        (machine.state().exit_code(), machine.state().step())
    }

    #[test]
    fn the_programs_exit_with_0() {
        assert_eq!(run(arithmetic(1000).unwrap()), (0, 9 * 1000 + 9));
        let (code, steps) = run(sort(1024).unwrap());
        assert!(code == 0 && steps > 100_000, "{code}, {steps}");
        let (code, steps) = run(keccak(3).unwrap());
        assert!(code == 0 && steps > 3 * 24 * 200, "{code}, {steps}");
    }

    #[test]
    fn a_wrong_hash_is_noticed() {
        assert_eq!(run(keccak::expecting(2, [0; 4]).unwrap()).0, 1);
    }
}
