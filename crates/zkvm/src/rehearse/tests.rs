//! What a first run refuses, and that it refuses just what a recorder would.

use super::*;
use crate::{
    calls::number,
    prove::record,
    stark::Parameters,
    testing::{START, Threads, every_instruction_state, machine, machine_of, word},
    trace::{Preimages, StateTree},
};
use std::{
    sync::{Arc, LazyLock},
    time::Instant,
};
use tribunal_mips::{Cpu, Op};
use tribunal_vm::{NoOracle, StateVersion, Thread, load_elf};

/// Sets a register to a small number.
fn set(register: u32, number: u32) -> u32 {
    word(Op::Addiu, 0, register, 0, number)
}

/// exit(5).
fn exit() -> [u32; 3] {
    [set(2, number::EXIT_GROUP.into()), set(4, 5), word(Op::Syscall, 0, 0, 0, 0)]
}

/// What a first run says.
fn forecast(state: State, segment_steps: u32) -> Result<u64, NotProvable> {
    static SETUP: LazyLock<Setup> = LazyLock::new(|| Setup::new(&Parameters::FAST));
    match rehearse(state, Box::new(NoOracle), Box::new(|_, _| ()), &SETUP, segment_steps) {
        Ok(rehearsal) => Ok(rehearsal.steps),
        Err(NotProven::NotProvable(why)) => Err(why),
        Err(other) => panic!("{other}"),
    }
}

/// What recorders say, without a first run.
fn recorded(state: State, segment_steps: u32) -> Result<u64, NotProvable> {
    let mut machine = Machine::new(state, Box::new(NoOracle), Box::new(|_, _| ()));
    let mut tree = StateTree::of(machine.state());
    let none = Arc::new(Preimages::default());
    while !machine.state().exited() {
        match record(&mut machine, &mut tree, &none, segment_steps) {
            Ok(_) => {}
            Err(NotProven::NotProvable(why)) => return Err(why),
            Err(other) => panic!("{other}"),
        }
    }
    Ok(machine.state().step())
}

/// Checks what a first run says of a program in segments of any length up to some number of steps, and that recorders say the
/// same. Returns for each length why it cannot be proven.
fn agree(state: impl Fn() -> State, most: u32) -> Vec<Option<NotProvable>> {
    let of = |segment_steps| {
        let [forecast, recorded] = [forecast, recorded].map(|run| run(state(), segment_steps));
        match (&forecast, &recorded) {
            (Ok(steps), Ok(same)) => assert_eq!(steps, same),
            // A recorder finds at the end of the segment that code was stored to.
            (Err(why), Err(other)) if why.reason == Reason::StoredCode => {
                assert_eq!(why.reason, other.reason)
            }
            (Err(why), Err(other)) => assert_eq!(why, other),
            _ => panic!("segments of {segment_steps} steps: {forecast:?}, but {recorded:?}"),
        }
        forecast.err()
    };
    (1..=most).map(of).collect()
}

#[test]
fn code_that_the_same_segment_stored_to_is_refused() {
    let store = |offset: u32| word(Op::Sw, 8, 9, 0, offset);
    // Registers 8 and 9: where the program begins, and a word of it, which is stored where it was.
    let begin = |at| [word(Op::Lui, 0, 8, 0, 1), word(Op::Lw, 8, 9, 0, at)];
    let before = [&begin(44)[..], &[store(44)], &[0; 11], &exit()].concat();
    let after = [&begin(0)[..], &[0; 8], &[store(0)], &[0; 5], &exit()].concat();
    let step_of = |why: Option<NotProvable>| why.map(|why| (why.step, why.pc, why.reason));
    // Step 2 stores to the word 11. Its leaf is the words 8 to 15, and step 8 executes the first of them.
    for (steps, why) in (1..).zip(agree(|| machine(&before).into_state(), 20)) {
        let apart = 2 / steps != 8 / steps;
        let expected = (8, START + 32, Reason::StoredCode);
        assert_eq!(step_of(why), (!apart).then_some(expected), "{steps}");
    }
    // After it was executed: step 10 stores to what step 7 executed last.
    for (steps, why) in (1..).zip(agree(|| machine(&after).into_state(), 20)) {
        let apart = 7 / steps != 10 / steps;
        let expected = (10, START + 40, Reason::StoredCode);
        assert_eq!(step_of(why), (!apart).then_some(expected), "{steps}");
    }
}

#[test]
fn code_in_two_windows_is_refused() {
    // To 4 GiB, and to a half of an instruction. The delay slot may be the end.
    let far = [set(8, 1), set(9, 32), word(Op::Dsllv, 9, 8, 8, 0), word(Op::Jr, 8, 0, 0, 0)];
    let half = [word(Op::Lui, 0, 8, 0, 1), word(Op::Ori, 8, 8, 0, 2), 0, word(Op::Jr, 8, 0, 0, 0)];
    let [call, code, syscall] = exit();
    for (jump, reason) in [(far, Reason::Window(1 << 32)), (half, Reason::Unaligned(START + 2))] {
        for delay in [0, syscall] {
            let program = [&[call, code][..], &jump, &[delay]].concat();
            for why in agree(|| machine(&program).into_state(), 9) {
                assert_eq!(why, Some(NotProvable { step: 5, pc: START + 20, reason: reason.clone() }));
            }
        }
    }
}

#[test]
fn what_is_no_instruction_is_refused() {
    let no_instruction = [
        0x7800_0000,
        // A branch that is never taken; divisions and moves with a destination that should be 0.
        1 << 26 | 0x1e << 16,
        word(Op::Ddivu, 2, 4, 1, 0),
        word(Op::Mult, 2, 4, 31, 0),
        word(Op::Mthi, 2, 0, 1, 0),
    ];
    for no_instruction in no_instruction {
        let [call, code, syscall] = exit();
        let program = [call, code, no_instruction, 0, syscall];
        let expected = NotProvable { step: 2, pc: START + 8, reason: Reason::Instruction(no_instruction) };
        assert_eq!(forecast(machine(&program).into_state(), 7), Err(expected.clone()));
        assert!(
            expected.to_string().starts_with("not provable: step 2 at 0x10008 executes 0x"),
            "{expected}"
        );
        // Not executed, it does not matter.
        let program = [call, code, syscall, no_instruction];
        assert_eq!(agree(|| machine(&program).into_state(), 4), vec![None; 4]);
    }
}

#[test]
fn threads_that_have_no_record_are_refused() {
    let clone = [
        set(2, number::CLONE.into()),
        word(Op::Lui, 0, 4, 0, 5),
        word(Op::Ori, 4, 4, 0, 0xf00),
        word(Op::Syscall, 0, 0, 0, 0),
    ];
    let program = [&clone[..], &exit()].concat();
    let many = |count: u64| (0..count).map(|id| Thread::new(id, Cpu::at(START))).collect::<Vec<_>>();
    let of = |count| {
        let threads = Threads { stacks: [vec![], many(count)], right: true, since: 5, next: 100_000 };
        machine_of(&program, &threads).into_state()
    };
    assert_eq!(agree(|| of(65_534), 2), [None, None]);
    let why = |step, at| Some(NotProvable { step, pc: START + at, reason: Reason::Threads });
    assert_eq!(agree(|| of(65_535), 2), [why(3, 12), why(3, 12)]);
    assert_eq!(agree(|| of(65_536), 1), [why(0, 0)]);
}

#[test]
fn threads_that_cannot_run_on_are_refused() {
    let program =
        [&[set(2, number::SCHED_YIELD.into()), word(Op::Syscall, 0, 0, 0, 0)][..], &exit()].concat();
    let dead = Thread { exited: true, ..Thread::new(3, Cpu::at(START)) };
    let crooked = Thread::new(4, Cpu::at(START + 2));
    let far = Thread::new(5, Cpu::at(START + (1 << 32)));
    for (thread, reason) in
        [(dead, Reason::Thread(3)), (crooked, Reason::Thread(4)), (far, Reason::Window(START + (1 << 32)))]
    {
        let state = || {
            let stack = vec![thread.clone(), Thread::new(1, Cpu::at(START))];
            let threads = Threads { stacks: [stack, vec![]], right: false, since: 5, next: 10 };
            machine_of(&program, &threads).into_state()
        };
        for why in agree(state, 5) {
            assert_eq!(why.map(|why| (why.step, why.reason)), Some((1, reason.clone())));
        }
    }
}

/// A proof has the program counters in words of one window. Two states that differ in the rest must not share a program.
#[test]
fn a_state_that_begins_at_no_instruction_has_no_program() {
    let program_at = |pc: u64, next_pc: u64| {
        let mut cpu = Cpu::at(pc);
        cpu.next_pc = next_pc;
        let threads =
            Threads { stacks: [vec![], vec![Thread::new(1, cpu)]], right: true, since: 5, next: 10 };
        crate::program(machine_of(&exit(), &threads).state())
    };
    program_at(START, START + 4).unwrap();
    let end = u64::from(u32::MAX - 3);
    for (pc, next_pc) in [
        (START + 2, START + 6),
        (START + 1, START + 4),
        (START, START + 6),
        (START, START + (1 << 32)),
        (end, end + 4),
    ] {
        let error = program_at(pc, next_pc).unwrap_err().to_string();
        assert!(error.starts_with("not provable: "), "{error}");
    }
}

/// A program that stores and jumps much, and can be proven in segments of any length.
#[test]
fn a_provable_program_is_not_refused() {
    for segment_steps in [1, 100, 4_097, 1 << 20] {
        let steps = forecast(every_instruction_state(), segment_steps).unwrap();
        assert!(steps > 20_000, "{steps}");
    }
}

/// Guests that were built, the first run of each of which takes the time that is printed.
#[test]
fn guests_are_not_refused() {
    let built = ["hello", "self-test"].map(|name| format!("../../target/guest/{name}.elf"));
    for path in built {
        let Ok(elf) = std::fs::read(&path) else {
            return tribunal_fixtures::skip("no guests (make guest)");
        };
        let (state, _) = load_elf(&elf, StateVersion::MultiThreaded64V5, 100_000).unwrap();
        let begin = Instant::now();
        println!("{path}: {} steps in {:?}", forecast(state, 1 << 20).unwrap(), begin.elapsed());
    }
}
