//! Rows of random instructions are right, and no cell of them can be changed.

use super::LinkedRow;
use crate::{
    air::AnyTable,
    row::Row,
    stark::Val,
    testing::{
        Found, Reserved, Verdict, WINDOW, check_and_mutate_row, execute_linked, instruction, instruction_at,
        judge,
    },
    trace::Executed,
};
use p3_field::{Field, PrimeCharacteristicRing, PrimeField32};
use proptest::prelude::*;
use tribunal_mips::{Cpu, Instruction, Op, Width};

const OPS: &[Op] = &[Op::Ll, Op::Lld, Op::Sc, Op::Scd];

/// The full address that an instruction accesses.
fn address(word: u32, cpu: &Cpu) -> u64 {
    let instruction = Instruction::decode(word);
    cpu.register(instruction.rs).wrapping_add_signed(instruction.imm.into())
}

/// What a conditional store needs.
fn needs(word: u32, cpu: &Cpu, thread: u64) -> Reserved {
    let status = if matches!(Instruction::decode(word).op, Op::Sc | Op::Ll) { 1 } else { 2 };
    Reserved { status, address: address(word, cpu), owner: thread }
}

/// What is wrong with the reservation, besides its time.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Nothing,
    Status(u64),
    Address(u64),
    Owner(u64),
    All,
}

/// Mostly one fault, of one bit.
fn fault() -> impl Strategy<Value = Fault> {
    let bit = || (0_u32..64).prop_map(|bit| 1 << bit);
    prop_oneof![
        4 => Just(Fault::Nothing),
        1 => (0_u64..3).prop_map(Fault::Status),
        1 => bit().prop_map(Fault::Address),
        1 => any::<u64>().prop_map(Fault::Address),
        1 => bit().prop_map(Fault::Owner),
        1 => any::<u64>().prop_map(Fault::Owner),
        1 => Just(Fault::All),
    ]
}

/// Times of the reservation and of the last store: often near each other, and 0 if there was none in this segment.
fn times() -> impl Strategy<Value = (u32, u32, u32)> {
    let step = prop_oneof![Just(0_u32), 1_u32..5, 1_u32..1 << 21];
    let near = prop_oneof![Just(1_u32), Just(1024), Just(1 << 20)];
    (step, near, any::<bool>(), any::<bool>()).prop_map(|(made, by, later, none)| {
        let stored = if later { made + by } else { made.saturating_sub(by) };
        let time = 4 * (made.max(stored) + 2);
        (time, 4 * made, if none || stored == 0 { 0 } else { 4 * stored + 2 })
    })
}

fn found(word: u32, cpu: &Cpu, fault: Fault, (time, made, stored): (u32, u32, u32), thread: u64) -> Found {
    let mut reserved = needs(word, cpu, thread);
    match fault {
        Fault::Nothing => {}
        Fault::Status(status) => reserved.status = status,
        Fault::Address(bits) => reserved.address ^= bits,
        Fault::Owner(bits) => reserved.owner ^= bits,
        Fault::All => reserved = Reserved::default(),
    }
    Found { time, reserved, made, stored, thread }
}

type Case = ((u32, Cpu, u64), Fault, (u32, u32, u32), u64);

fn case() -> impl Strategy<Value = Case> {
    let instruction = prop_oneof![instruction(OPS), instruction_at(OPS)];
    (instruction, fault(), times(), prop_oneof![0_u64..5, any::<u64>()])
}

fn execute(((word, cpu, memory), fault, times, thread): &Case) -> Option<Executed> {
    execute_linked(*word, cpu, *memory, &found(*word, cpu, *fault, *times, *thread))
}

proptest! {
    #[test]
    fn each_cell_of_a_row_counts(case in case()) {
        let Some(executed) = execute(&case) else { return Err(TestCaseError::reject("not provable")) };
        check_and_mutate_row(AnyTable::Linked, &executed)?;
    }

    /// A conditional store that succeeds cannot be said to fail, nor the other way round, with all cells made for that.
    #[test]
    fn success_cannot_be_forged(case in case()) {
        let Some(executed) = execute(&case) else { return Err(TestCaseError::reject("not provable")) };
        forge_success(&executed)?;
    }
}

/// The full address of an access.
fn linked_address(executed: &Executed) -> u64 {
    executed.rs.value.wrapping_add_signed(executed.decoded.immediate.into())
}

fn forge_success(executed: &Executed) -> Result<(), TestCaseError> {
    if !executed.is_one_of(&[Op::Sc, Op::Scd]) {
        return Ok(());
    }
    let honest = LinkedRow::new(executed);
    let mut other = *executed;
    other.rd.new = 1 - executed.rd.new;
    let (linked, stores) = (&mut other.linked, other.rd.new == 1);
    for cell in [&mut linked.status, &mut linked.address, &mut linked.owner] {
        cell.new = if stores { 0 } else { cell.old };
    }
    let width = if executed.is_one_of(&[Op::Sc]) { Width::Word } else { Width::Double };
    let [old, value] = [executed.memory.old, executed.rt.value];
    other.memory.new = if stores { width.insert(linked_address(executed), old, value) } else { old };
    let forged = LinkedRow::new(&other);
    let mut attempts = vec![forged];
    for late in [Val::ZERO, Val::ONE] {
        let since = Val::from_u64(executed.linked.time.old) - Val::from_u32(executed.memory.stored);
        let gap = if late == Val::ONE { -since - Val::ONE } else { since };
        let parts = [[gap, Val::ZERO], [Val::ZERO, gap * Val::from_u16(1 << 12).inverse()]];
        for gap in parts.into_iter().chain([[Val::ZERO; 2]]) {
            for factor in [Val::ZERO, Val::ONE, Val::NEG_ONE] {
                let mut attempt = forged;
                (attempt.late, attempt.gap) = (late, gap);
                attempt.differs = [factor; 9];
                attempts.push(attempt);
            }
        }
    }
    for attempt in attempts {
        let verdict = judge(AnyTable::Linked, attempt.cells());
        prop_assert!(matches!(verdict, Verdict::Refused(_)), "{verdict:?}, and it should be {honest:?}");
    }
    Ok(())
}

/// Each store with each fault alone, at each offset in a word.
#[test]
fn a_single_fault_makes_a_store_fail() -> Result<(), TestCaseError> {
    let mut cpu = Cpu::at(WINDOW << 32);
    cpu.set(1, 0x1122_3344_8566_7788);
    cpu.set(2, 0x0001_0002_0003_1000);
    let faults = (0..64).flat_map(|bit| [Fault::Address(1 << bit), Fault::Owner(1 << bit)]);
    let faults: Vec<Fault> =
        faults.chain((0..3).map(Fault::Status)).chain([Fault::Nothing, Fault::All]).collect();
    let late = [(400, 0, 0), (400, 0, 6), (400, 200, 198), (400, 200, 206), (1 << 23, 4, (1 << 23) - 2)];
    for (opcode, status) in [(0x38, 1), (0x3c, 2)] {
        for offset in 0..8 {
            let word = opcode << 26 | 2 << 21 | 1 << 16 | offset;
            for &fault in &faults {
                for times in late {
                    let right = match fault {
                        Fault::Nothing => true,
                        Fault::Status(it) => it == status,
                        _ => false,
                    };
                    let executed = execute(&((word, cpu.clone(), 0x99aa_bbcc_ddee_ff01), fault, times, 7));
                    let executed = executed.expect("provable");
                    assert_eq!(executed.rd.new == 1, right && times.2 <= times.1);
                    let row = LinkedRow::new(&executed);
                    let verdict = judge(AnyTable::Linked, row.cells());
                    assert!(matches!(verdict, Verdict::Right(_)), "{verdict:?}");
                    forge_success(&executed)?;
                }
            }
        }
    }
    Ok(())
}

/// Each load and store at each offset in a word.
#[test]
fn each_piece_of_a_word_is_accessed() -> Result<(), TestCaseError> {
    let mut cpu = Cpu::at(WINDOW << 32);
    cpu.set(1, 0x1122_3344_8566_7788);
    for opcode in [0x30, 0x34, 0x38, 0x3c] {
        for offset in 0..8 {
            for memory in [0x8123_4567_7abc_def0, 0x7123_4567_8abc_def0] {
                let word = opcode << 26 | 1 << 16 | 0x1000 | offset;
                let case = ((word, cpu.clone(), memory), Fault::Nothing, (400, 200, 0), 1);
                check_and_mutate_row(AnyTable::Linked, &execute(&case).expect("provable"))?;
            }
        }
    }
    Ok(())
}

/// The time at which a reservation is made is written in one way: no other limbs stand for it.
#[test]
fn the_time_of_a_reservation_is_unique() {
    let mut cpu = Cpu::at(WINDOW << 32);
    cpu.set(1, 0x2000);
    // ll $2, 0($1)
    let case = ((0x30 << 26 | 1 << 21 | 2 << 16, cpu, 5), Fault::Nothing, (0x7_1234, 200, 0), 1);
    let row = LinkedRow::new(&execute(&case).expect("provable"));
    let [low, high] = row.reservation.new_time;
    let place = Val::from_u32(1 << 16);
    let moved = [Val::ZERO, high - Val::ONE, high + Val::ONE, Val::from_u8(255)]
        .map(|other| [low + (high - other) * place, other]);
    let alias = |times: u64| {
        let number = 0x7_1234 + times * u64::from(Val::ORDER_U32);
        [number & 0xffff, number >> 16].map(Val::from_u64)
    };
    for limbs in moved.into_iter().chain([1, 2].map(alias)) {
        let mut forged = row;
        forged.reservation.new_time = limbs;
        let verdict = judge(AnyTable::Linked, forged.cells());
        assert!(matches!(verdict, Verdict::Refused(_)), "{verdict:?}");
    }
}

/// No other sign can be extended with all cells changed that depend on it.
#[test]
fn a_sign_cannot_be_forged() {
    for memory in [0, u64::MAX] {
        // ll $1, 0($0)
        let case = ((0x30 << 26 | 1 << 16, Cpu::at(WINDOW << 32), memory), Fault::Nothing, (400, 200, 0), 1);
        let row = LinkedRow::new(&execute(&case).expect("provable"));
        // Times 2^15, these are small.
        let fractions =
            (1..20).map(|times| row.sign + Val::from_u8(times) * Val::from_u16(1 << 15).inverse());
        for sign in fractions.chain([Val::ONE - row.sign, Val::TWO, Val::NEG_ONE]) {
            let mut forged = row;
            forged.sign = sign;
            forged.result[2] = sign * Val::from_u16(u16::MAX);
            forged.result[3] = forged.result[2];
            let verdict = judge(AnyTable::Linked, forged.cells());
            assert!(matches!(verdict, Verdict::Refused(_)), "{verdict:?}");
        }
    }
}
