//! Each instruction touches exactly the registers and memory that its operands name.

use super::{Outcome, execute, operate};
use crate::{
    Access, Bus, Cpu, Exception, Family, HI, Instruction, Jump, LO, Op, REGISTERS, RegisterSet, Trap, Width,
};
use core::convert::Infallible;
use proptest::prelude::*;

/// One word at every address, which counts accesses.
struct Counting {
    word: u64,
    loads: u32,
    stores: u32,
    reserved: bool,
}

impl Bus for Counting {
    type Error = Infallible;

    fn load(&mut self, _address: u64) -> Result<u64, Infallible> {
        self.loads += 1;
        Ok(self.word)
    }

    fn store(&mut self, _address: u64, word: u64) -> Result<(), Infallible> {
        self.stores += 1;
        self.word = word;
        Ok(())
    }

    fn load_linked(&mut self, address: u64, _width: Width) -> Result<u64, Infallible> {
        self.load(address)
    }

    fn store_conditional(&mut self, address: u64, width: Width, value: u64) -> Result<bool, Infallible> {
        if self.reserved {
            self.store(address, width.insert(address, self.word, value))?;
        }
        Ok(self.reserved)
    }
}

fn bus(word: u64, reserved: bool) -> Counting {
    Counting { word, loads: 0, stores: 0, reserved }
}

fn cpu() -> impl Strategy<Value = Cpu> {
    let register = prop_oneof![any::<u64>(), 0_u64..8, any::<i32>().prop_map(|word| i64::from(word) as u64)];
    (prop::collection::vec(register, REGISTERS), any::<u32>()).prop_map(|(values, pc)| {
        let mut cpu = Cpu::at(u64::from(pc) & !3);
        for (number, &value) in (0..32).zip(&values) {
            cpu.set(number, value);
        }
        (cpu.hi, cpu.lo) = (values[usize::from(HI)], values[usize::from(LO)]);
        cpu
    })
}

/// Words that are instructions more often than not.
fn word() -> impl Strategy<Value = u32> {
    prop_oneof![
        any::<u32>(),
        any::<u32>().prop_map(|word| word & 0x03ff_ffff),
        any::<u32>().prop_map(|word| word & 0x03ff_ffff | 0x1c << 26),
    ]
}

/// Branches and jumps.
fn branch() -> impl Strategy<Value = u32> {
    let opcode = (1_u32..8, any::<u32>()).prop_map(|(opcode, rest)| opcode << 26 | rest & 0x03ff_ffff);
    let register = (8_u32..10, any::<u32>()).prop_map(|(function, rest)| rest & 0x03ff_ffc0 | function);
    prop_oneof![3 => opcode, 1 => register]
}

fn set(cpu: &mut Cpu, register: u8, value: u64) {
    match register {
        HI => cpu.hi = value,
        LO => cpu.lo = value,
        general => cpu.set(general, value),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn registers_are_read_and_written_as_operands_say(
        word in word(), before in cpu(), noise in cpu(), memory: u64, reserved: bool,
    ) {
        let instruction = Instruction::decode(word);
        let mut after = before.clone();
        let outcome = execute(instruction, &mut after, &mut bus(memory, reserved));
        let unchanged = |register: u8| after.register(register) == before.register(register);
        let written = instruction.writes();
        prop_assert!((0..34).filter(|&register| !written.contains(register)).all(unchanged));

        // The other registers have no influence.
        let mut other = noise;
        (other.pc, other.next_pc) = (before.pc, before.next_pc);
        for register in instruction.reads().iter() {
            set(&mut other, register, before.register(register));
        }
        let same = execute(instruction, &mut other, &mut bus(memory, reserved));
        prop_assert_eq!(outcome, same);
        if outcome.is_ok() {
            prop_assert!(written.iter().all(|register| other.register(register) == after.register(register)));
            prop_assert_eq!((other.pc, other.next_pc), (after.pc, after.next_pc));
        }
    }

    #[test]
    fn memory_is_accessed_as_the_access_says(word in word(), mut cpu in cpu(), memory: u64, reserved: bool) {
        let instruction = Instruction::decode(word);
        let mut bus = bus(memory, reserved);
        let outcome = operate(instruction, &mut cpu, &mut bus);
        let expected = match instruction.access() {
            None => (0, 0),
            Some(Access::Load { .. } | Access::LoadPart { .. } | Access::LoadLinked { .. }) => (1, 0),
            Some(Access::Store { width: Width::Double }) => (0, 1),
            Some(Access::Store { .. } | Access::StorePart { .. }) => (1, 1),
            Some(Access::StoreConditional { .. }) => (0, u32::from(reserved)),
        };
        prop_assert_eq!((bus.loads, bus.stores), expected);
        prop_assert_eq!(outcome == Ok(Outcome::Jump), instruction.is_branch_or_jump());
    }

    #[test]
    fn branches_go_where_their_target_says(word in branch(), before in cpu()) {
        let instruction = Instruction::decode(word);
        let mut after = before.clone();
        execute(instruction, &mut after, &mut bus(0, false)).unwrap();
        prop_assert_eq!(after.pc, before.next_pc);
        let fallen_through = before.next_pc.wrapping_add(4);
        let target = match instruction.op.family() {
            Family::Branch(condition)
                if !condition.holds(before.get(instruction.rs), before.get(instruction.rt)) =>
            {
                fallen_through
            }
            Family::Branch(_) => instruction.branch_target(before.next_pc),
            Family::Jump(Jump::Region) => instruction.region_target(before.next_pc),
            _ => before.get(instruction.rs),
        };
        prop_assert_eq!(after.next_pc, target);
    }
}

#[test]
fn traps_change_nothing() {
    let mut cpu = Cpu::at(0x1000);
    cpu.set(1, 5);
    let before = cpu.clone();
    let trap = |cpu: &mut Cpu, word| execute(Instruction::decode(word), cpu, &mut bus(0, false)).unwrap_err();
    assert_eq!(trap(&mut cpu, 0x0000_000c), Trap::Syscall);
    assert_eq!(trap(&mut cpu, 0x7c00_0000), Exception::InvalidInstruction { word: 0x7c00_0000 }.into());
    for division in [0x0020_001a, 0x0020_001b, 0x0020_001e, 0x0020_001f] {
        assert_eq!(trap(&mut cpu, division), Exception::DivisionByZero.into());
    }
    assert_eq!(cpu, before);
    cpu.next_pc = 0x2000;
    let before = cpu.clone();
    assert_eq!(trap(&mut cpu, 0x1000_0001), Exception::BranchInDelaySlot.into());
    assert_eq!(cpu, before);
}

#[test]
fn register_zero_is_in_no_set() {
    let all = (0..=u8::MAX).fold(RegisterSet::EMPTY, RegisterSet::with);
    assert!(all.iter().eq(1..REGISTERS as u8));
    assert!(!all.contains(0) && !all.contains(200));
    assert!(Instruction::decode(0).writes().is_empty());
    assert_eq!(Instruction::decode(0).op, Op::Sll);
}
