//! The buses: what the rows of all tables say to each other.
//!
//! A row *sends* and *receives* messages. A proof is valid only if each message of a bus is received as often as it is
//! sent, over all rows of all tables. So tables need no constraints between their rows, and the
//! order of rows is free. Only `keccak`, whose permutations take 24 rows each, looks at the next row.
//!
//! | bus | message | sent by | received by |
//! |---|---|---|---|
//! | `exec` | time, pc, next pc | the step before | the step at that time |
//! | `prog` | pc, operation, rd, rs, rt, immediate | the row of the pc in the table `code` | each step at that pc |
//! | `reg` | register, word, time of the last access | the last access | the next access |
//! | `sys` | cell of the machine's own state, word, time of the last access | the last access | the next access |
//! | `mem` | address, word, time of the last access, time of the last store | the last access | the next access |
//! | `product` | a, b, the lower and the upper word of a times b | a row of the table `product` | each row that multiplies |
//! | `range` | value, bits | the table `range` | each row that proves a value to be below 2^bits |
//! | `byte` | a, b, a and b | the table `byte` | each row that combines two bytes |
//! | `sc` | time, number, three arguments, result, error flag, how it goes on | the row of the table `syscall` | the row of the call's own table |
//! | `yield` | time, pc, next pc, 1 if the call creates a thread | the row of the table `syscall` of such a call | the row of the table `switch` |
//! | `switch` | time, register, first cells of two records, 1 if a thread leaves, 1 if one comes | the row of the register before, or that of the switch | the row of the register, or that of the switch |
//! | `result` | number, selector, result, error flag, two more flags | the table `result` | each call whose result is found there |
//! | `power` | right shift, bits, 2^bits, 2^(16 - bits) | the table `power` | each row that takes limbs apart |
//! | `oracle` | region, number of the word in it, word | the leaf, as often as it is read | each row that reads a pre-image |
//! | `leaf` | address and limbs of a leaf of memory | the leaf, for each executed instruction in it | the row of the instruction in the table `code` |
//! | `opcode` | an opcode, a selector, and what they mean | the table `opcode` | the row of the instruction in the table `code` |
//! | `node` | place in the state tree, digests before the segment and after it | the node above, or the segment | the node or the leaf |
//! | `hash` | 16 inputs of a permutation, 8 of its outputs | the table `hash`, as often as it is used | nodes and leaves |
//!
//! In an oracle segment:
//!
//! | bus | message | sent by | received by |
//! |---|---|---|---|
//! | `region` | region, number of the word in it, word | the leaf that is written, each word once | the row that says what the word is |
//! | `absorb` | region, number of the block, bytes from there on, state of the hash | the block before, or the key | the block |
//! | `keccak` | a state, and its permutation | the last row of a permutation | each block |
//! | `digest` | region, the first 16 limbs of the state | the last block | the key |
//! | `sha256-block` | region, number of the block, bytes from there on, whether there is no padding yet, length in bits, state | the block before, or the key | the block |
//! | `sha256` | a state, a block, and the state after it | a compression | each block |
//! | `sha256-digest` | region, state | the last block | the key |
//! | `value` | region, number of the word, bytes from there on, whether the key is local, place in the stream | the word before, or the key | the word, or the key |
//! | `locals` | number of local keys, bytes in the stream, the last key | the key before | the next key |
//! | `stream` | place in the stream, byte | the key or word that has it | the row that packs it into a word |
//!
//! The *time* of an access is 4 times the number of the step in the segment, plus the slot of the access in the step.

#[cfg(feature = "record")]
use crate::word::limbs;
use crate::{
    row::rows,
    stark::Val,
    tables::power::Power,
    word::{Word, pairs},
};
use core::{array, mem, ops::Mul};
use p3_field::PrimeCharacteristicRing;
use p3_lookup::{Count, InteractionBuilder};
use tribunal_mips::Op;

/// What a table's constraints and messages are written for.
pub(crate) trait Builder: InteractionBuilder<F = Val> {}

impl<B: InteractionBuilder<F = Val>> Builder for B {}

/// When in a step an access happens. One cell is never accessed twice in a slot.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Slot {
    /// The first source register.
    Rs,
    /// The second source register.
    Rt,
    /// Memory, or the register HI.
    Middle,
    /// The destination register, or the register LO.
    Rd,
}

/// Slots of a step.
pub(crate) const SLOTS: u32 = 4;

/// Bits of the time that may pass between two accesses to a cell. A longer gap takes a row of the table `long_gap`.
pub(crate) const GAP_BITS: usize = 17;

/// The step that a row makes.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Step<T> {
    /// When it begins: a multiple of [`SLOTS`].
    pub(crate) time: T,
    /// The address of the instruction, in words of 4 bytes from the start of the code window.
    pub(crate) pc: T,
    /// The address of the instruction after it, in the same unit.
    pub(crate) next_pc: T,
}

/// A register that a step reads.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Read<T> {
    pub(crate) register: T,
    pub(crate) value: Word<T>,
    /// The time of the access before this one.
    pub(crate) before: T,
}

/// A register that a step reads byte by byte.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct ReadBytes<T> {
    pub(crate) register: T,
    /// The value, the least significant byte first.
    pub(crate) bytes: [T; 8],
    /// The time of the access before this one.
    pub(crate) before: T,
}

/// A register that a step writes. The new value is a part of the row.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Write<T> {
    pub(crate) register: T,
    pub(crate) old: Word<T>,
    /// The time of the access before this one.
    pub(crate) before: T,
}

/// A register that is the same in all rows of its table (HI or LO), and that a step writes. The new value is a part of the
/// row.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Replaced<T> {
    pub(crate) old: Word<T>,
    /// The time of the access before this one.
    pub(crate) before: T,
}

/// A word of memory that a step accesses. Its new value is a part of the row.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct MemoryCell<T> {
    pub(crate) old: Word<T>,
    /// The time of the access before this one.
    pub(crate) before: T,
    /// The time of the last store before this access; 0 if there was none in this segment.
    pub(crate) stored: T,
}

/// The address of an access: a base and an offset are added, and the sum is rounded down to a multiple of 8.
///
/// The sum's limbs need no range check: a wrong carry gives a limb that is not below 2^16, and memory has no such cell.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Address<T> {
    /// The carry out of each limb.
    pub(crate) carries: [T; 4],
    /// The lowest three bits of the sum, the least significant one first.
    pub(crate) low: [T; 3],
}

/// The same for an access to a whole word, which does not need the lowest bits one by one: with one cell less.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct WordAddress<T> {
    /// The carry out of each limb.
    pub(crate) carries: [T; 4],
    /// The lowest three bits of the sum, as a number that two cells add up to: one of 0, 1 and 2, and one of 0, 3 and
    /// 5.
    pub(crate) below: [T; 2],
}

/// A constant of 16 bits, sign-extended.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Constant<T> {
    /// The 16 bits.
    pub(crate) low: T,
    /// 1 if the other bits are ones, and 0 if they are zeros.
    pub(crate) ones: T,
}

rows!(Step, Read, ReadBytes, Write, Replaced, MemoryCell, Address, WordAddress, Constant);

impl<T: Copy> Step<T> {
    /// A step that begins at that time, for accesses of a row that does not know the address of the instruction.
    pub(crate) const fn at(time: T) -> Self {
        Self { time, pc: time, next_pc: time }
    }
}

impl<E: PrimeCharacteristicRing> Operands<E> {
    /// An operation without operands.
    pub(crate) fn of(op: E) -> Self {
        Self { op, rd: E::ZERO, rs: E::ZERO, rt: E::ZERO, immediate: array::from_fn(|_| E::ZERO) }
    }
}

#[cfg(feature = "record")]
impl Address<Val> {
    /// The cells of an address.
    pub(crate) fn new(base: u64, offset: i32) -> Self {
        let address = base.wrapping_add_signed(offset.into());
        Self {
            carries: carries(base, offset),
            low: array::from_fn(|bit| Val::from_bool(address >> bit & 1 == 1)),
        }
    }
}

#[cfg(feature = "record")]
impl WordAddress<Val> {
    /// The cells of an address.
    pub(crate) fn new(base: u64, offset: i32) -> Self {
        let below = match base.wrapping_add_signed(offset.into()) & 7 {
            below @ 0..3 => [below, 0],
            below @ 3..5 => [below - 3, 3],
            below => [below - 5, 5],
        };
        Self { carries: carries(base, offset), below: below.map(Val::from_u64) }
    }
}

/// The carry out of each limb when an offset is added to a base.
#[cfg(feature = "record")]
pub(crate) fn carries(base: u64, offset: i32) -> [Val; 4] {
    let mut carry = 0;
    let mut limbs = limbs(base).into_iter().zip(limbs(i64::from(offset) as u64));
    array::from_fn(|_| {
        let (base, offset) = limbs.next().unwrap_or_default();
        carry = (u32::from(base) + u32::from(offset) + carry) >> 16;
        Val::from_u32(carry)
    })
}

impl Constant<Val> {
    /// The cells of a constant from -2^15 to 2^15 - 1.
    #[cfg(feature = "record")]
    pub(crate) fn new(constant: i32) -> Self {
        Self { low: Val::from_u16(constant as u16), ones: Val::from_bool(constant < 0) }
    }
}

impl<T: Copy> Constant<T> {
    /// The constant as an operand of the program.
    pub(crate) fn operand<E: From<T> + Mul<Val, Output = E>>(self) -> [E; 3] {
        let [low, high, ..] = self.word();
        [low, high, E::from(self.ones)]
    }

    /// The constant as a word.
    pub(crate) fn word<E: From<T> + Mul<Val, Output = E>>(self) -> [E; 4] {
        let upper = || E::from(self.ones) * Val::from_u16(u16::MAX);
        [E::from(self.low), upper(), upper(), upper()]
    }
}

/// The operands of a step as the program has them.
pub(crate) struct Operands<E> {
    pub(crate) op: E,
    pub(crate) rd: E,
    pub(crate) rs: E,
    pub(crate) rt: E,
    /// The lowest two limbs of the immediate, and 1 if the upper two are all ones. Of a branch or jump: the target, in
    /// the unit of [`Step::pc`], 0 and 0.
    pub(crate) immediate: [E; 3],
}

/// How a call goes on that yields: it returns, and the running thread's turn ends.
pub(crate) const YIELDS: u32 = 3;

/// How a call goes on that creates a thread.
pub(crate) const CLONES: u32 = 4;

/// A system call, as a message.
pub(crate) struct CallMessage<E> {
    /// When its step begins.
    pub(crate) time: E,
    pub(crate) number: E,
    pub(crate) arguments: [[E; 4]; 3],
    /// What v0 holds after the call. The row that receives the message proves it to be a word.
    pub(crate) value: [E; 4],
    /// 1 if the call sets the error flag. The row that sends the message proves it to be 0 or 1.
    pub(crate) error: E,
    /// 1 if the call returns. If it is 0, v0 and a3 are kept, and it is the row that receives the message that sends what
    /// comes next on `exec`. [`YIELDS`] and [`CLONES`] if a row of the table `switch` does that.
    pub(crate) returns: E,
}

impl<E> CallMessage<E> {
    /// The fields of the message.
    pub(crate) fn fields(self) -> impl Iterator<Item = E> {
        let Self { time, number, arguments, value, error, returns } = self;
        [time, number].into_iter().chain(arguments.into_iter().flatten()).chain(value).chain([error, returns])
    }
}

/// A node of the state tree, as a message.
pub(crate) struct NodeMessage<E> {
    pub(crate) section: E,
    pub(crate) level: E,
    /// Its space, and the halves of its index.
    pub(crate) index: [E; 3],
    /// Its digest before the segment.
    pub(crate) old: [E; 8],
    /// Its digest after the segment.
    pub(crate) new: [E; 8],
}

impl<E> NodeMessage<E> {
    /// The fields of the message.
    pub(crate) fn fields(self) -> impl Iterator<Item = E> {
        let Self { section, level, index, old, new } = self;
        [section, level].into_iter().chain(index).chain(old).chain(new)
    }
}

/// Sends and receives the messages of all buses. `real` is 1 in a row that makes a step, and 0 in one that only fills the
/// table.
pub(crate) trait Buses: Builder {
    /// Asserts that at most one of the flags is 1 and the others are 0. Returns the number of its operation, and the sum
    /// of the flags.
    fn one_of<const N: usize>(&mut self, flags: [(Self::Var, Op); N]) -> (Self::Expr, Self::Expr) {
        self.assert_bools(flags.map(|(flag, _)| flag));
        let real: Self::Expr = flags.iter().map(|(flag, _)| (*flag).into()).sum();
        self.assert_bool(real.clone());
        let op = flags.iter().map(|(flag, op)| *flag * Val::from_u8(*op as u8)).sum();
        (op, real)
    }

    /// Makes a step: after it comes the instruction at `next_pc`, and then the one at `target`.
    fn step(&mut self, step: &Step<Self::Var>, target: Self::Expr, real: &Self::Expr) {
        let time: Self::Expr = step.time.into();
        self.receive("exec", [time.clone(), step.pc.into(), step.next_pc.into()], real);
        self.send("exec", [time + Self::Expr::from_u32(SLOTS), step.next_pc.into(), target], real);
    }

    /// Makes a step that is neither a branch nor a jump.
    fn step_on(&mut self, step: &Step<Self::Var>, real: &Self::Expr) {
        self.step(step, step.next_pc + Val::ONE, real);
    }

    /// Makes a step that is a branch or jump: it goes to `goes_to`, which is `target` if the branch is taken. It must not
    /// stand in a delay slot.
    fn branch(
        &mut self,
        step: &Step<Self::Var>,
        taken: Self::Expr,
        target: Self::Expr,
        goes_to: Self::Var,
        real: &Self::Expr,
    ) {
        self.not_in_delay_slot(step, real);
        // In an empty row all of this is 0.
        let on = step.next_pc + real.clone();
        self.assert_zero(goes_to.into() - on.clone() - taken * (target - on));
        self.step(step, goes_to.into(), real);
    }

    /// Asserts that the step is not in the delay slot of a branch that is taken. The VM faults there, so such a step must
    /// not be provable.
    fn not_in_delay_slot(&mut self, step: &Step<Self::Var>, real: &Self::Expr) {
        self.assert_zero(real.clone() * (step.next_pc - step.pc.into() - Self::Expr::ONE));
    }

    /// The upper half of all code addresses, in limbs.
    fn window(&self) -> [Self::Expr; 2] {
        match self.public_values() {
            [third, fourth, ..] => [(*third).into(), (*fourth).into()],
            _ => [Self::Expr::ZERO, Self::Expr::ZERO],
        }
    }

    /// The address after the delay slot of a step that links. `link` is its lowest limb divided by 4, and the next limb.
    fn return_address(
        &mut self,
        step: &Step<Self::Var>,
        [low, high]: [Self::Var; 2],
        links: &Self::Expr,
    ) -> [Self::Expr; 4] {
        self.range(low.into(), 14, links);
        self.range(high.into(), 16, links);
        let words = low + high * Val::from_u16(1 << 14);
        self.assert_zero(links.clone() * (step.pc + Val::TWO - words));
        let [third, fourth] = self.window();
        [low * Val::from_u8(4), high.into(), third, fourth]
    }

    /// Takes the instruction from the program.
    fn fetch(&mut self, pc: Self::Var, operands: Operands<Self::Expr>, real: &Self::Expr) {
        let Operands { op, rd, rs, rt, immediate: [low, high, ones] } = operands;
        self.receive("prog", [pc.into(), op, rd, rs, rt, low, high, ones], real);
    }

    /// Reads a register.
    fn read(&mut self, step: &Step<Self::Var>, slot: Slot, read: &Read<Self::Var>, real: &Self::Expr) {
        let value = read.value.map(Into::into);
        self.access(step, slot, read.register.into(), [value.clone(), value], read.before, real);
    }

    /// Reads a register byte by byte. The bytes must be proven to be bytes.
    fn read_bytes(
        &mut self,
        step: &Step<Self::Var>,
        slot: Slot,
        read: &ReadBytes<Self::Var>,
        real: &Self::Expr,
    ) {
        let value = pairs(read.bytes).map(|[low, high]| low.into() + high * Val::from_u16(1 << 8));
        self.access(step, slot, read.register.into(), [value.clone(), value], read.before, real);
    }

    /// Writes a register. The limbs of `new` must be proven to be below 2^16.
    fn write(
        &mut self,
        step: &Step<Self::Var>,
        slot: Slot,
        write: &Write<Self::Var>,
        new: [Self::Expr; 4],
        real: &Self::Expr,
    ) {
        let old = write.old.map(Into::into);
        self.access(step, slot, write.register.into(), [old, new], write.before, real);
    }

    /// Writes a register that is the same in all rows. The limbs of `new` must be proven to be below 2^16.
    fn replace(
        &mut self,
        step: &Step<Self::Var>,
        (slot, register): (Slot, u8),
        replaced: &Replaced<Self::Var>,
        new: [Self::Expr; 4],
        real: &Self::Expr,
    ) {
        let old = replaced.old.map(Into::into);
        self.access(step, slot, Self::Expr::from_u8(register), [old, new], replaced.before, real);
    }

    /// Accesses a register: receives what the last access sent, and sends what the next one receives. The last access
    /// must lie before this one.
    fn access(
        &mut self,
        step: &Step<Self::Var>,
        slot: Slot,
        register: Self::Expr,
        [old, new]: [[Self::Expr; 4]; 2],
        before: Self::Var,
        real: &Self::Expr,
    ) {
        self.access_cell("reg", step, slot, register, [old, new], before, real);
    }

    /// Accesses a cell of the machine's own state. The limbs of `new` must be proven to be below 2^16.
    fn access_system(
        &mut self,
        step: &Step<Self::Var>,
        (slot, cell): (Slot, u32),
        replaced: &Replaced<Self::Var>,
        new: [Self::Expr; 4],
        real: &Self::Expr,
    ) {
        let old = replaced.old.map(Into::into);
        self.access_cell("sys", step, slot, Self::Expr::from_u32(cell), [old, new], replaced.before, real);
    }

    /// Accesses a cell of a space: receives what the last access sent, and sends what the next one receives. The last
    /// access must lie before this one.
    #[expect(clippy::too_many_arguments, reason = "each is a part of the message")]
    fn access_cell(
        &mut self,
        bus: &str,
        step: &Step<Self::Var>,
        slot: Slot,
        cell: Self::Expr,
        [old, new]: [[Self::Expr; 4]; 2],
        before: Self::Var,
        real: &Self::Expr,
    ) {
        let time = step.time + Val::from_u32(slot as u32);
        let [a, b, c, d] = old;
        self.receive(bus, [cell.clone(), a, b, c, d, before.into()], real);
        let [a, b, c, d] = new;
        self.send(bus, [cell, a, b, c, d, time.clone()], real);
        self.range(time - before.into() - Self::Expr::ONE, GAP_BITS, real);
    }

    /// Adds the offset of an access to its base. Returns the address of the word, a multiple of 8.
    fn address(
        &mut self,
        base: Word<Self::Var>,
        offset: [Self::Expr; 4],
        address: &Address<Self::Var>,
    ) -> [Self::Expr; 4] {
        self.assert_bools(address.low);
        let [one, two, four] = address.low;
        let below = one.into() + two.into().double() + four * Val::from_u8(4);
        self.rounded_address(base, offset, address.carries, below)
    }

    /// The same for an access to a whole word.
    fn word_address(
        &mut self,
        base: Word<Self::Var>,
        offset: [Self::Expr; 4],
        address: &WordAddress<Self::Var>,
    ) -> [Self::Expr; 4] {
        // The sums of one of 0, 1 and 2 and one of 0, 3 and 5 are the numbers 0 to 7, and no others.
        for (cell, [one, other]) in address.below.into_iter().zip([[1, 2], [3, 5]]) {
            self.assert_zero(cell.into() * (cell - Val::from_u8(one)) * (cell - Val::from_u8(other)));
        }
        let [one, other] = address.below;
        self.rounded_address(base, offset, address.carries, one + other.into())
    }

    /// Adds the offset of an access to its base, and subtracts `below`, which must be proven to be below 8. Only if it
    /// is the remainder of the sum is the result a multiple of 8, and only of such an address does memory have a word.
    fn rounded_address(
        &mut self,
        base: Word<Self::Var>,
        offset: [Self::Expr; 4],
        carries: [Self::Var; 4],
        mut below: Self::Expr,
    ) -> [Self::Expr; 4] {
        self.assert_bools(carries);
        let mut carry = Self::Expr::ZERO;
        let mut limbs = base.into_iter().zip(offset).zip(carries).map(|((base, offset), carry_out)| {
            let sum = base + offset + mem::take(&mut carry) - carry_out * Val::from_u32(1 << 16);
            carry = carry_out.into();
            sum - mem::take(&mut below)
        });
        array::from_fn(|_| limbs.next().unwrap_or_default())
    }

    /// Loads a word of memory.
    fn load(
        &mut self,
        step: &Step<Self::Var>,
        address: &[Self::Expr; 4],
        cell: &MemoryCell<Self::Var>,
        real: &Self::Expr,
    ) {
        let value = cell.old.map(Into::into);
        let times = [cell.before, cell.stored];
        self.access_memory(step, address, [value.clone(), value], times, cell.stored.into(), real);
    }

    /// Stores a word of memory. The limbs of `new` must be proven to be below 2^16.
    fn store(
        &mut self,
        step: &Step<Self::Var>,
        address: &[Self::Expr; 4],
        cell: &MemoryCell<Self::Var>,
        new: [Self::Expr; 4],
        real: &Self::Expr,
    ) {
        let (old, times) = (cell.old.map(Into::into), [cell.before, cell.stored]);
        self.access_memory(
            step,
            address,
            [old, new],
            times,
            step.time + Val::from_u32(Slot::Middle as u32),
            real,
        );
    }

    /// Accesses a word of memory: as [`Self::access`]. It takes the times of the last access and of the last store before
    /// this access; `stored` is the time of the last store after it. The limbs of `new` must be proven to be below 2^16.
    fn access_memory(
        &mut self,
        step: &Step<Self::Var>,
        address: &[Self::Expr; 4],
        [old, new]: [[Self::Expr; 4]; 2],
        [before, stored_before]: [Self::Var; 2],
        stored: Self::Expr,
        real: &Self::Expr,
    ) {
        let time = step.time + Val::from_u32(Slot::Middle as u32);
        let [p, q, r, s] = address.clone();
        let [a, b, c, d] = old;
        let received = [p, q, r, s, a, b, c, d, before.into(), stored_before.into()];
        self.receive("mem", received, real);
        let [p, q, r, s] = address.clone();
        let [a, b, c, d] = new;
        self.send("mem", [p, q, r, s, a, b, c, d, time.clone(), stored], real);
        self.range(time - before.into() - Self::Expr::ONE, GAP_BITS, real);
    }

    /// Proves that a value is below 2^bits.
    fn range(&mut self, value: Self::Expr, bits: usize, real: &Self::Expr) {
        self.variable_range(value, Self::Expr::from_usize(bits), real);
    }

    /// Proves that a value is below 2^bits, where `bits` is 0 to 17. A value above 17 is refused.
    fn variable_range(&mut self, value: Self::Expr, bits: Self::Expr, real: &Self::Expr) {
        self.receive("range", [value, bits], real);
    }

    /// Proves that `a` and `b` are bytes and that `and` has the bits that are set in both.
    fn byte(&mut self, a: Self::Expr, b: Self::Expr, and: Self::Expr, real: &Self::Expr) {
        self.receive("byte", [a, b, and], real);
    }

    /// Proves that the numbers are a row of the table `power`. `right` is 1 for a right shift.
    fn power(&mut self, right: Self::Expr, power: &Power<Self::Var>, real: &Self::Expr) {
        let Power { bits, power, rest } = *power;
        self.receive("power", [right, bits.into(), power.into(), rest.into()], real);
    }

    /// Multiplies two words: takes the words a and b and the lower and the upper word of their product. All of their
    /// limbs are then proven to be below 2^16.
    fn multiply(&mut self, product: [[Self::Expr; 4]; 4], real: &Self::Expr) {
        self.receive("product", flatten(product), real);
    }

    /// Sends a product, as often as it is used.
    fn provide_product(&mut self, product: [[Self::Expr; 4]; 4], uses: Self::Expr) {
        self.provide("product", flatten(product), uses);
    }

    /// Sends a message as often as it is used. Such a message must be right however often it is sent.
    fn provide<const N: usize>(&mut self, bus: &str, message: [Self::Expr; N], uses: Self::Expr) {
        self.push_interaction(bus, message, Count::provided(uses));
    }

    /// As [`Self::provide`].
    fn provide_many(&mut self, bus: &str, message: impl IntoIterator<Item = Self::Expr>, uses: Self::Expr) {
        self.push_interaction(bus, message, Count::provided(uses));
    }

    /// As [`Self::send`].
    fn send_many(&mut self, bus: &str, message: impl IntoIterator<Item = Self::Expr>, real: &Self::Expr) {
        self.push_interaction(bus, message, Count::bounded(real.clone(), 1));
    }

    /// As [`Self::receive`].
    fn receive_many(&mut self, bus: &str, message: impl IntoIterator<Item = Self::Expr>, real: &Self::Expr) {
        self.push_interaction(bus, message, -Count::bounded(real.clone(), 1));
    }

    /// Sends a message in a row that is real.
    fn send<const N: usize>(&mut self, bus: &str, message: [Self::Expr; N], real: &Self::Expr) {
        self.push_interaction(bus, message, Count::bounded(real.clone(), 1));
    }

    /// Receives a message in a row that is real.
    fn receive<const N: usize>(&mut self, bus: &str, message: [Self::Expr; N], real: &Self::Expr) {
        self.push_interaction(bus, message, -Count::bounded(real.clone(), 1));
    }
}

impl<B: Builder> Buses for B {}

/// The limbs of four words.
fn flatten<E: PrimeCharacteristicRing>(words: [[E; 4]; 4]) -> [E; 16] {
    let mut limbs = words.into_iter().flatten();
    array::from_fn(|_| limbs.next().unwrap_or_default())
}
