//! Compares a fast run with the same number of exact steps, and the calls that an observer receives with what the step
//! did.

use super::*;
use crate::{
    NoOracle, Oracle, OracleError, Recording,
    memory::{Memory, MemoryView},
    state::{Reservation, Thread},
    testing::{OneAnswer, machine, state},
};
use alloy_primitives::B256;
use proptest::prelude::*;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use tribunal_mips::{Cpu, HI, Instruction, LO};

/// An observer that follows the state by the calls that it receives only. It panics if a call contradicts earlier ones.
struct Shadow {
    /// The state without memory.
    state: State<()>,
    /// The words that were loaded or stored, by address.
    words: BTreeMap<u64, u64>,
    /// How many instructions were fetched.
    fetched: usize,
    /// How many instructions were completed.
    retired: usize,
}

impl Shadow {
    fn of(state: &State) -> Self {
        Self { state: state.with_memory(()), words: BTreeMap::new(), fetched: 0, retired: 0 }
    }

    fn active(&mut self) -> &mut Vec<Thread> {
        if self.state.traverse_right { &mut self.state.right } else { &mut self.state.left }
    }

    fn running(&mut self) -> &mut Thread {
        self.active().last_mut().expect("a thread runs")
    }

    fn begin_quantum(&mut self) {
        self.state.traverse_right ^= self.active().is_empty();
        self.state.steps_since_switch = 0;
    }
}

impl Observer for Shadow {
    fn begin(&mut self, step: u64) {
        assert_eq!(self.state.step, step);
        self.state.step += 1;
    }

    fn fetch(&mut self, memory: &mut MemoryView<'_>, cpu: &Cpu, instruction: Instruction) {
        assert_eq!(self.running().cpu, *cpu);
        assert_eq!(Instruction::decode(memory.read_instruction(cpu.pc)), instruction);
        self.state.steps_since_switch += 1;
        self.fetched += 1;
    }

    fn read_register(&mut self, register: u8, value: u64) {
        assert_eq!(self.running().cpu.register(register), value);
    }

    fn write_register(&mut self, register: u8, old: u64, new: u64) {
        let cpu = &mut self.running().cpu;
        assert_eq!(cpu.register(register), old);
        match register {
            HI => cpu.hi = new,
            LO => cpu.lo = new,
            general => cpu.set(general, new),
        }
    }

    fn load(&mut self, memory: &mut MemoryView<'_>, address: u64) {
        let word = memory.read_word(address);
        assert_eq!(*self.words.entry(address).or_insert(word), word);
    }

    fn store(&mut self, memory: &mut MemoryView<'_>, address: u64, new: u64) {
        self.load(memory, address);
        self.words.insert(address, new);
    }

    fn reservation(&mut self, old: &Reservation, new: &Reservation) {
        assert_eq!(self.state.reservation, *old);
        self.state.reservation = *new;
    }

    fn preimage_cursor(&mut self, key: &B256, offset: u64) {
        (self.state.preimage_key, self.state.preimage_offset) = (*key, offset);
    }

    fn heap(&mut self, old: u64, new: u64) {
        assert_eq!(self.state.heap, old);
        self.state.heap = new;
    }

    fn thread_exit(&mut self, thread: u64, code: u8) {
        assert_eq!(self.running().id, thread);
        (self.running().exited, self.running().exit_code) = (true, code);
    }

    fn exit(&mut self, code: u8) {
        (self.state.exited, self.state.exit_code) = (true, code);
    }

    fn retire(&mut self, cpu: &Cpu) {
        let shadow = &mut self.running().cpu;
        (shadow.pc, shadow.next_pc) = (cpu.pc, cpu.next_pc);
        assert_eq!(shadow, cpu);
        self.retired += 1;
    }

    fn switch(&mut self, reason: Switch, from: &Thread, to: &Thread) {
        assert_eq!(self.running(), from);
        match reason {
            Switch::Preempted | Switch::Yielded => {
                let thread = self.active().pop().expect("a thread runs");
                let other =
                    if self.state.traverse_right { &mut self.state.left } else { &mut self.state.right };
                other.push(thread);
                self.begin_quantum();
            }
            Switch::Cloned => {
                self.active().push(to.clone());
                self.state.next_thread_id = self.state.next_thread_id.wrapping_add(1);
                self.state.steps_since_switch = 0;
            }
            Switch::Exited => {
                self.active().pop();
                self.begin_quantum();
            }
        }
        assert_eq!(self.running(), to);
    }
}

/// A copy of a state, made by way of a state file.
fn copy_of(state: &State) -> State {
    let mut file = Vec::new();
    crate::write_state(state, &mut file).unwrap();
    crate::read_state(&mut &file[..], 1 << 12).unwrap()
}

/// All fields of a state but its memory and the unfinished hint.
fn fields(state: State<()>) -> impl PartialEq + std::fmt::Debug {
    (
        (state.preimage_key, state.preimage_offset, state.heap, state.reservation),
        (state.exited, state.exit_code, state.step, state.steps_since_switch),
        (state.traverse_right, state.left, state.right, state.next_thread_id),
    )
}

/// What is compared of two machines: witness, threads and the indices of the pages that exist.
fn snapshot(machine: &mut Machine) -> (crate::Witness, Vec<Thread>, Vec<u64>) {
    let threads = machine.state().left.iter().chain(&machine.state().right).cloned().collect();
    (machine.witness(), threads, machine.state().memory.page_indices())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_run_equals_exact_steps((start, preimage) in state(), lengths in prop::collection::vec(1_u64..200, 1..4)) {
        let mut exact = machine((copy_of(&start), preimage.clone()));
        let mut fast = machine((start, preimage));
        for length in lengths {
            let until = fast.state().step + length;
            let ran = fast.run(until, false);
            let stepped = (0..length).try_for_each(|_| exact.step());
            match (ran, stepped) {
                (Ok(_), Ok(())) => prop_assert_eq!(snapshot(&mut fast), snapshot(&mut exact)),
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
            passed.push((checkpoint, until, ran.map(|_| snapshot(&mut machine))));
            if failed {
                break;
            }
        }
        for (checkpoint, until, expected) in &passed {
            let state = checkpoint.state(machine.state()).unwrap();
            let mut resumed = Machine::new(state, recording.replay(), Box::new(|_, _| {}));
            match (resumed.run(*until, false), expected) {
                (Ok(_), Ok(expected)) => prop_assert_eq!(&snapshot(&mut resumed), expected),
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
        let mut exact = machine((copy_of(&start), preimage.clone()));
        let mut observed = machine((start, preimage));
        let mut shadows = Both(Shadow::of(observed.state()), Some(Shadow::of(observed.state())));
        for _ in 0..length {
            let outcome = observed.step_observed(&mut shadows).map_err(|error| error.to_string());
            prop_assert_eq!(&outcome, &exact.step().map_err(|error| error.to_string()));
            if outcome.is_err() {
                break;
            }
            for shadow in shadows.1.iter().chain([&shadows.0]) {
                prop_assert_eq!(shadow.fetched, shadow.retired);
                prop_assert_eq!(fields(shadow.state.with_memory(())), fields(observed.state().with_memory(())));
                for (&address, &word) in &shadow.words {
                    prop_assert_eq!(observed.state().memory().read_word(address), word);
                }
            }
        }
        prop_assert_eq!(snapshot(&mut observed), snapshot(&mut exact));
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
    // Together with the thread on the left stack, one thread less than the limit.
    start.right = vec![waiting; crate::state::MAX_THREADS - 2];
    let mut machine = machine((start, Vec::new()));
    machine.run(4, false).unwrap();
    assert_eq!(machine.state().thread_count(), crate::state::MAX_THREADS);
    // The child runs first. It now makes the same call again.
    machine.core.state.current_cpu_mut().unwrap().pc = 0x1000;
    machine.core.state.current_cpu_mut().unwrap().next_pc = 0x1004;
    let error = machine.run(8, false).unwrap_err();
    assert!(!error.fault.is_guest_fault());
    assert_eq!(
        error.to_string(),
        "step 7, at 0x100c: clone: the guest has 1048576 threads or more, and that is the limit"
    );
    assert_eq!(machine.state().thread_count(), crate::state::MAX_THREADS);
}

/// An oracle that keeps the hints that it receives. After `limit` hints, it fails.
struct Hints {
    received: Arc<Mutex<Vec<Vec<u8>>>>,
    limit: usize,
}

impl Oracle for Hints {
    fn preimage(&mut self, key: &B256) -> Result<Vec<u8>, OracleError> {
        NoOracle.preimage(key)
    }

    fn hint(&mut self, hint: &[u8]) -> Result<(), OracleError> {
        let mut received = self.received.lock().unwrap();
        if received.len() == self.limit {
            return Err(OracleError::new("a hint".to_owned(), "too many hints"));
        }
        received.push(hint.to_vec());
        Ok(())
    }
}

/// Makes the guest write `length` bytes at `address` to the hint descriptor. Returns the state after the call, and
/// whether the call succeeded.
fn write_hint(mut state: State, address: u64, length: u64, oracle: Hints) -> (State, bool) {
    let before = state.unfinished_hint.clone();
    let cpu = state.current_cpu_mut().unwrap();
    *cpu = Cpu::at(0x1000);
    // write(4, address, length)
    for (register, value) in [(2, 5001), (4, 4), (5, address), (6, length)] {
        cpu.set(register, value);
    }
    let mut machine = Machine::new(state, Box::new(oracle), Box::new(|_, _| {}));
    // A checkpoint shares the unfinished hint with the state, and must not change with it.
    let checkpoint = machine.checkpoint();
    let succeeded = machine.step().is_ok();
    assert_eq!(checkpoint.without_memory().unfinished_hint, before);
    let state = machine.into_state();
    assert!(succeeded || state.unfinished_hint == before, "a call that fails changes nothing");
    (state, succeeded)
}

#[test]
fn a_hint_may_come_in_pieces() {
    // Two hints and the beginning of a third.
    let stream = [&[0, 0, 0, 2][..], b"ab", &[0, 0, 0, 1], b"c", &[0, 0, 1]].concat();
    for piece in 1..=stream.len() {
        for limit in [1, 2] {
            let mut memory = Memory::new(10).unwrap();
            memory.write_bytes(0x2000, &stream).unwrap();
            // syscall; syscall
            memory.write_word(0x1000, 0x0000_000c_0000_000c).unwrap();
            let mut state =
                State::new(crate::StateVersion::MultiThreaded64V5, memory, 0x1000, 0x1000_0000_0000);
            let received = Arc::default();
            let mut written = 0;
            let mut succeeded = true;
            while written < stream.len() && succeeded {
                let length = piece.min(stream.len() - written);
                let oracle = Hints { received: Arc::clone(&received), limit };
                (state, succeeded) = write_hint(state, 0x2000 + written as u64, length as u64, oracle);
                written += length;
            }
            assert_eq!(*received.lock().unwrap(), [b"ab".to_vec(), b"c".to_vec()][..limit]);
            assert_eq!(succeeded, limit == 2);
            assert!(!succeeded || state.unfinished_hint[..] == [0, 0, 1]);
        }
    }
}
