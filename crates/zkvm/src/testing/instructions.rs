//! Random instructions, and what the machine does when it executes them.

use crate::{
    bus::Slot,
    decode::{Decoded, SINK},
    stark::Val,
    trace::{Executed, LinkedAccess, MemoryAccess, Operand, Written, discarded},
};
use p3_field::PrimeCharacteristicRing;
use proptest::prelude::*;
use tribunal_mips::{
    Bus, Cpu, Encoding, Family, HI, Instruction, LO, Op, Outcome, WORD_MASK, Width, operate,
};

/// The upper half of all code addresses.
pub(crate) const WINDOW: u64 = 1;

/// The same, as public values.
pub(crate) fn window() -> [Val; 2] {
    [Val::ONE, Val::ZERO]
}

/// When the instruction begins. It lies so far from 0 that no time before it is negative.
pub(crate) const TIME: u32 = 4000;

/// Values at the edges of limbs and signs, and any others.
pub(crate) fn value() -> impl Strategy<Value = u64> {
    let edge = prop::sample::select(vec![
        0,
        1,
        2,
        0xff,
        0xffff,
        0x1_0000,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_ffff,
        1 << 32,
        i64::MAX as u64,
        1 << 63,
        u64::MAX,
    ]);
    prop_oneof![edge, any::<u64>(), any::<i32>().prop_map(|word| i64::from(word) as u64), 0_u64..256]
}

/// A CPU in the code window.
pub(crate) fn cpu() -> impl Strategy<Value = Cpu> {
    (prop::collection::vec(value(), 34), 0_u64..1 << 28).prop_map(|(values, pc)| {
        let mut cpu = Cpu::at(WINDOW << 32 | pc << 2);
        (0..32).zip(&values).for_each(|(register, value)| cpu.set(register, *value));
        (cpu.hi, cpu.lo) = (values[32], values[33]);
        cpu
    })
}

/// An encoded instruction with one of these operations, a CPU, and the word of memory that it accesses.
pub(crate) fn instruction(ops: &'static [Op]) -> impl Strategy<Value = (u32, Cpu, u64)> {
    let word = (prop::sample::select(ops), any::<prop::sample::Index>(), any::<u32>()).prop_map(
        |(op, which, bits)| {
            let encodings = op.encodings();
            let writes = op.operands().writes;
            // What writes HI or LO is provable only without a destination.
            let bits = if writes.contains(HI) || writes.contains(LO) { bits & !(31 << 11) } else { bits };
            encode(encodings[which.index(encodings.len())], bits)
        },
    );
    (word, cpu(), value())
}

/// The same for operations that access memory, at addresses where the base or the sum is near a multiple of 2^16, in
/// particular near 0, and where the offset is small or at its limits. Registers are often the same, or register 0.
pub(crate) fn instruction_at(ops: &'static [Op]) -> impl Strategy<Value = (u32, Cpu, u64)> {
    let edge = (prop::sample::select(vec![0, 16, 31, 32, 48, 63]), -9_i64..10, any::<bool>());
    let offset = prop_oneof![-9_i16..10, (i16::MAX - 9)..=i16::MAX, i16::MIN..(i16::MIN + 9), any::<i16>(),];
    let registers = (0_u32..4, 0_u32..4);
    (instruction(ops), edge, offset, registers).prop_map(
        |((word, mut cpu, memory), (bit, near, of_sum), offset, (rs, rt))| {
            let edge = (1_u64 << bit).wrapping_add_signed(near);
            let base = if of_sum { edge.wrapping_sub(offset as u64) } else { edge };
            cpu.set(rs as u8, base);
            (word & 0xfc00_0000 | rs << 21 | rt << 16 | u32::from(offset as u16), cpu, memory)
        },
    )
}

/// A word with this encoding. Its other bits are those of `bits`.
fn encode(encoding: Encoding, bits: u32) -> u32 {
    let opcode = |number: u8| u32::from(number) << 26;
    match encoding {
        Encoding::Opcode(number, _) => opcode(number) | bits & 0x03ff_ffff,
        Encoding::Special(number, _) => u32::from(number) | bits & 0x03ff_ffc0,
        Encoding::RegImm(number) => opcode(1) | u32::from(number) << 16 | bits & 0x03e0_ffff,
        Encoding::Special2(number) => opcode(0x1c) | u32::from(number) | bits & 0x03ff_ffc0,
    }
}

/// Executes an instruction that reads two registers. Register 1 holds the first operand, and register 2 the second one.
pub(crate) fn execute_with(op: Op, [a, b]: [u64; 2]) -> Option<Executed> {
    let destination = if op.operands().writes.contains(LO) { 0 } else { 3 };
    let word = encode(op.encodings()[0], 1 << 21 | 2 << 16 | destination << 11);
    let mut cpu = Cpu::at(WINDOW << 32 | 0x1000);
    cpu.set(1, a);
    cpu.set(2, b);
    (cpu.hi, cpu.lo) = (7, u64::MAX);
    execute(word, &cpu, 0)
}

/// Words at the edges of halves and signs, and small ones of both signs.
pub(crate) fn edges() -> Vec<u64> {
    let small = -4..=4_i64;
    let at = [i64::MIN, i32::MIN.into(), i32::MAX.into(), 1 << 32, i64::MAX, 0x7fff, 0xffff];
    let near = at.into_iter().flat_map(|edge| [-1, 0, 1].map(|by: i64| edge.wrapping_add(by)));
    // A sign in the lower half only, and in the upper half only.
    let mixed =
        [0x8000_0000, 0x1_8000_0001, 0x8000_0000_0000_0003_u64 as i64, 0x7fff_ffff_ffff_fffd, -1 << 32];
    small.chain(near).chain(mixed).map(|edge| edge as u64).collect()
}

/// One word of memory, whatever its address is.
pub(super) struct OneWord {
    pub(super) word: u64,
    /// The address of the last access, a multiple of 8.
    pub(super) address: Option<u64>,
    pub(super) stored: bool,
    /// What is reserved, as the VM has it.
    pub(super) reserved: Reserved,
    /// The running thread.
    pub(super) thread: u64,
}

/// A reservation. The status is 0 if there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Reserved {
    pub(crate) status: u64,
    pub(crate) address: u64,
    pub(crate) owner: u64,
}

impl OneWord {
    /// Memory in which this word is at each address.
    pub(super) const fn of(word: u64) -> Self {
        let reserved = Reserved { status: 0, address: 0, owner: 0 };
        Self { word, address: None, stored: false, reserved, thread: 0 }
    }
}

/// The instruction needs more than one row of one table.
#[derive(Debug)]
pub(super) struct NotOneRow;

impl Bus for OneWord {
    type Error = NotOneRow;

    fn load(&mut self, address: u64) -> Result<u64, NotOneRow> {
        self.address = Some(address);
        Ok(self.word)
    }

    fn store(&mut self, address: u64, word: u64) -> Result<(), NotOneRow> {
        (self.address, self.word, self.stored) = (Some(address), word, true);
        Ok(())
    }

    fn load_linked(&mut self, address: u64, width: Width) -> Result<u64, NotOneRow> {
        self.reserved = Reserved { status: status(width), address, owner: self.thread };
        self.load(address & WORD_MASK)
    }

    /// The row accesses the word even if it does not store.
    fn store_conditional(&mut self, address: u64, width: Width, value: u64) -> Result<bool, NotOneRow> {
        let stands = self.reserved == Reserved { status: status(width), address, owner: self.thread };
        self.address = Some(address & WORD_MASK);
        if stands {
            self.reserved = Reserved::default();
            (self.word, self.stored) = (width.insert(address, self.word, value), true);
        }
        Ok(stands)
    }
}

/// The status of a reservation of this width.
const fn status(width: Width) -> u64 {
    if width.bytes() == 8 { 2 } else { 1 }
}

/// What `ll`, `lld`, `sc` and `scd` find.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    /// When the step begins.
    pub(crate) time: u32,
    /// What was reserved last, and when.
    pub(crate) reserved: Reserved,
    pub(crate) made: u32,
    /// When the word at the address was stored to last.
    pub(crate) stored: u32,
    pub(crate) thread: u64,
}

/// Executes an instruction that makes or uses a reservation.
pub(crate) fn execute_linked(word: u32, cpu: &Cpu, memory: u64, found: &Found) -> Option<Executed> {
    let mut executed = execute(word, cpu, memory)?;
    let Found { time, reserved, made, stored, thread } = *found;
    let links = executed.is_one_of(&[Op::Ll, Op::Lld]);
    let stands = if stored > made { Reserved::default() } else { reserved };
    let mut bus = OneWord { reserved: stands, thread, ..OneWord::of(memory) };
    let Outcome::Result(result) = operate(Instruction::decode(word), &mut cpu.clone(), &mut bus).ok()? else {
        return None;
    };
    executed.rd.new = result;
    let now = if links || bus.stored { bus.reserved } else { reserved };
    for before in [&mut executed.rs.before, &mut executed.rt.before, &mut executed.rd.before] {
        *before = (*before).wrapping_add(time).wrapping_sub(TIME);
    }
    executed.time = time;
    executed.memory =
        MemoryAccess { old: memory, new: bus.word, before: time + Slot::Middle as u32 - 2, stored };
    let cell = |old: u64, new: u64, gap: u32| Written { register: 0, old, new, before: time - gap };
    executed.linked = LinkedAccess {
        status: cell(reserved.status, now.status, 1),
        address: cell(reserved.address, now.address, 2),
        owner: cell(reserved.owner, now.owner, 3),
        time: cell(made.into(), if links { time } else { made }.into(), 4),
        thread: cell(thread, thread, 5),
    };
    Some(executed)
}

/// Executes an instruction. `None` if it cannot be proven, or jumps out of the code window, or would if its branch were taken.
pub(crate) fn execute(word: u32, cpu: &Cpu, memory: u64) -> Option<Executed> {
    let decoded = Decoded::decode(word)?;
    let mut after = cpu.clone();
    let mut bus = OneWord::of(memory);
    let instruction = Instruction::decode(word);
    if let Outcome::Result(value) = operate(instruction, &mut after, &mut bus).ok()? {
        after.set(instruction.rd, value);
        after.advance();
    }
    let value = |cpu: &Cpu, register: u8| if register == SINK { 0 } else { cpu.register(register) };
    let operand = |register: u8, slot: Slot| Operand {
        register,
        value: value(cpu, register),
        before: TIME + slot as u32 - 1,
    };
    let written = |register: u8, slot: Slot| Written {
        register,
        old: value(cpu, register),
        new: if register == SINK { discarded(word, cpu, memory) } else { value(&after, register) },
        before: TIME + slot as u32 - 1,
    };
    let words = |address: u64| (address >> 32 == WINDOW).then_some(address as u32 >> 2);
    if matches!(instruction.op.family(), Family::Branch(_)) {
        words(instruction.branch_target(cpu.next_pc))?;
    }
    Some(Executed {
        time: TIME,
        pc: words(cpu.pc)?,
        next_pc: words(cpu.next_pc)?,
        target: words(after.next_pc)?,
        decoded,
        rs: operand(decoded.rs, Slot::Rs),
        rt: operand(decoded.rt, Slot::Rt),
        rd: written(decoded.rd, Slot::Rd),
        hi: written(HI, Slot::Middle),
        lo: written(LO, Slot::Rd),
        memory: MemoryAccess {
            old: memory,
            new: bus.word,
            before: TIME + Slot::Middle as u32 - 2,
            stored: 5,
        },
        linked: LinkedAccess::default(),
    })
}
