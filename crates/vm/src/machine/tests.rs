//! Compares many fast steps with the same number of exact steps, and steps with what an observer receives.

use super::*;
use crate::{
    Recording,
    memory::Memory,
    state::Thread,
    testing::{OneAnswer, machine, state},
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use tribunal_mips::{Cpu, HI, Instruction, LO};

/// Repeats steps from what it is told of them, and panics where two things that it is told disagree.
#[derive(Default)]
struct Shadow {
    running: Option<Thread>,
    cpu: Option<Cpu>,
    words: BTreeMap<u64, u64>,
    fetched: usize,
    retired: usize,
}

impl Shadow {
    fn cpu(&mut self) -> &mut Cpu {
        self.cpu.as_mut().expect("an instruction was fetched")
    }
}

impl Observer for Shadow {
    fn fetch(&mut self, cpu: &Cpu, _instruction: Instruction) {
        if let Some(thread) = &self.running {
            assert_eq!(thread.cpu, *cpu, "of the thread that was switched to");
        }
        self.cpu = Some(cpu.clone());
        self.fetched += 1;
    }

    fn read_register(&mut self, register: u8, value: u64) {
        assert_eq!(self.cpu().register(register), value);
    }

    fn write_register(&mut self, register: u8, old: u64, new: u64) {
        let cpu = self.cpu();
        assert_eq!(cpu.register(register), old);
        match register {
            HI => cpu.hi = new,
            LO => cpu.lo = new,
            general => cpu.set(general, new),
        }
    }

    fn load(&mut self, memory: &mut Memory, address: u64) {
        let word = memory.read_word(address);
        assert_eq!(*self.words.entry(address).or_insert(word), word);
    }

    fn store(&mut self, memory: &mut Memory, address: u64, new: u64) {
        self.load(memory, address);
        self.words.insert(address, new);
    }

    fn retire(&mut self, cpu: &Cpu) {
        let shadow = self.cpu();
        (shadow.pc, shadow.next_pc) = (cpu.pc, cpu.next_pc);
        assert_eq!(shadow, cpu);
        self.running = None;
        self.retired += 1;
    }

    fn switch(&mut self, _reason: Switch, _from: &Thread, to: &Thread) {
        self.running = Some(to.clone());
    }
}

/// What there is to compare of a machine.
fn seen(machine: &mut Machine) -> (crate::Witness, Vec<Thread>, Vec<u64>) {
    let threads = machine.state().left.iter().chain(&machine.state().right).cloned().collect();
    (machine.witness(), threads, machine.state().memory.page_indices())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn running_is_stepping((start, preimage) in state(), lengths in prop::collection::vec(1_u64..200, 1..4)) {
        let mut file = Vec::new();
        crate::write_state(&start, &mut file).unwrap();
        let copy = crate::read_state(&mut &file[..], 1 << 12).unwrap();
        let mut fast = machine((start, preimage.clone()));
        let mut exact = machine((copy, preimage));
        for length in lengths {
            let until = fast.state().step + length;
            let ran = fast.run(until, false);
            let stepped = (0..length).try_for_each(|_| exact.step());
            match (ran, stepped) {
                (Ok(_), Ok(())) => prop_assert_eq!(seen(&mut fast), seen(&mut exact)),
                (Err(fast), Err(exact)) => {
                    prop_assert_eq!(fast.to_string(), exact.to_string());
                    break;
                }
                (fast, exact) => prop_assert!(false, "{fast:?} {exact:?}"),
            }
        }
    }

    #[test]
    fn a_resumed_run_reads_what_was_recorded((start, preimage) in state(), lengths in prop::collection::vec(1_u64..200, 1..4)) {
        let recording = Recording::default();
        let oracle = recording.record(Box::new(OneAnswer(preimage)));
        let mut machine = Machine::new(start, oracle, Box::new(|_, _| {}));
        let mut passed = Vec::new();
        for length in lengths {
            let checkpoint = machine.checkpoint();
            let until = machine.state().step + length;
            let ran = machine.run(until, false).map_err(|error| error.to_string());
            let failed = ran.is_err();
            passed.push((checkpoint, until, ran.map(|_| seen(&mut machine))));
            if failed {
                break;
            }
        }
        for (checkpoint, until, expected) in &passed {
            let state = checkpoint.state(machine.state()).unwrap();
            let mut resumed = Machine::new(state, recording.replay(), Box::new(|_, _| {}));
            match (resumed.run(*until, false), expected) {
                (Ok(_), Ok(expected)) => prop_assert_eq!(&seen(&mut resumed), expected),
                (Err(_), Err(_)) => {}
                (resumed, expected) => prop_assert!(false, "{resumed:?} {expected:?}"),
            }
        }
    }

    #[test]
    fn a_read_of_a_preimage_stops_the_run(start in state(), length in 1_u64..200) {
        let mut machine = machine(start);
        let until = machine.state().step + length;
        if let Ok(stop) = machine.run(until, true) {
            prop_assert_eq!(stop == Stop::PreimageRead, machine.last_preimage_read().is_some());
        }
    }

    #[test]
    fn an_observer_is_told_all_that_a_step_does((start, preimage) in state(), length in 1_u64..60) {
        let mut file = Vec::new();
        crate::write_state(&start, &mut file).unwrap();
        let copy = crate::read_state(&mut &file[..], 1 << 12).unwrap();
        let mut observed = machine((start, preimage.clone()));
        let mut exact = machine((copy, preimage));
        let mut shadow = Shadow::default();
        for _ in 0..length {
            let outcome = observed.step_observed(&mut shadow).map_err(|error| error.to_string());
            prop_assert_eq!(&outcome, &exact.step().map_err(|error| error.to_string()));
            if outcome.is_err() {
                break;
            }
            prop_assert_eq!(shadow.fetched, shadow.retired);
            if let Some(thread) = &shadow.running {
                prop_assert_eq!(Some(thread), observed.state().current_thread());
            }
            for (&address, &word) in &shadow.words {
                prop_assert_eq!(observed.state().memory().read_word(address), word);
            }
        }
        prop_assert_eq!(seen(&mut observed), seen(&mut exact));
    }
}

#[test]
fn threads_beyond_the_limit_of_a_state_file_are_an_error() {
    // lui $4, 5; ori $4, $4, 0x0f00; addiu $2, $0, 5055; syscall: clone
    let mut memory = Memory::new(16).unwrap();
    memory.write_word(0x1000, 0x3c04_0005_3484_0f00).unwrap();
    memory.write_word(0x1008, 0x2402_13bf_0000_000c).unwrap();
    let mut start = State::new(crate::StateVersion::MultiThreaded64V5, memory, 0x1000, 0x1000_0000_0000);
    let waiting = start.left[0].clone();
    start.right = vec![waiting; crate::state::MOST_THREADS - 2];
    let mut machine = machine((start, Vec::new()));
    machine.run(4, false).unwrap();
    assert_eq!(machine.state().thread_count(), crate::state::MOST_THREADS);
    // The child runs first. Its parent comes to the same call.
    machine.core.state.current_cpu_mut().unwrap().pc = 0x1000;
    machine.core.state.current_cpu_mut().unwrap().next_pc = 0x1004;
    let error = machine.run(8, false).unwrap_err();
    assert!(!error.fault.is_guest_fault());
    assert_eq!(
        error.to_string(),
        "step 7, at 0x100c: clone: the guest has 1048576 threads, which is the limit of a state file"
    );
    assert_eq!(machine.state().thread_count(), crate::state::MOST_THREADS);
}
