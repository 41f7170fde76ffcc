//! Programs that read pre-images, in all tiers. Compiled code makes most of these system calls itself. Their outcome
//! must be the same as that of exact steps.

use crate::{
    access, checkpoints,
    compare::{LONG_ENOUGH, compare_machines},
    program::{self, PLACES, POINTERS},
};
use alloy_primitives::B256;
use proptest::prelude::*;
use tribunal_vm::{Machine, Oracle, OracleError, State, Stop};

const READ: u16 = 5000;
const WRITE: u16 = 5001;
const CLOCK_GETTIME: u16 = 5222;
/// Calls that compiled code leaves to exact steps, each with its first argument: `brk`, `sched_yield`, `gettid`,
/// `getrandom`, `read` of acknowledgements of hints, `write` to the console.
const OTHER_CALLS: [(u16, u16); 6] = [(5012, 0), (5023, 0), (5178, 0), (5313, 7), (READ, 3), (WRITE, 1)];
/// The descriptors of the pre-image: the guest writes the key to one, and reads the pre-image from the other.
const PREIMAGE_READ: u16 = 5;
const PREIMAGE_WRITE: u16 = 6;
/// Indices in [`PLACES`]: the program, data, memory that is zero at first, and 256 bytes behind the first instruction.
const CODE: usize = 0;
const DATA: usize = 1;
const ZEROS: usize = 4;
const AFTER_CODE_START: usize = 8;
const LD: u32 = 0x37;
const SD: u32 = 0x3f;
const LLD: u32 = 0x34;
const SCD: u32 = 0x3c;
const SYSCALL: u32 = 0x0000_000c;
/// The register that holds the number of a call and receives its result.
const V0: u32 = 2;
/// The registers of the arguments of a call.
const A0: u32 = 4;
const A1: u32 = 5;
const A2: u32 = 6;
/// The register that receives the error flag.
const A3: u32 = 7;
/// The register that counts how often a call is still repeated.
const TIMES: u32 = 10;
/// The register that holds the sum of all results.
const SUM: u32 = 11;

/// An oracle that answers every key with 24 to 63 bytes that depend on it. It fails after a number of answers.
struct AnyKey {
    answers_left: usize,
}

impl Oracle for AnyKey {
    fn preimage(&mut self, key: &B256) -> Result<Vec<u8>, OracleError> {
        let Some(answers_left) = self.answers_left.checked_sub(1) else {
            return Err(OracleError::new(key.to_string(), "no more answers"));
        };
        self.answers_left = answers_left;
        Ok((0..24 + key[31] % 40)
            .map(|at| key[usize::from(at) % 32].wrapping_mul(3).wrapping_add(at))
            .collect())
    }

    fn hint(&mut self, _hint: &[u8]) -> Result<(), OracleError> {
        Ok(())
    }
}

/// An address: the index of one of [`PLACES`], and an offset from there.
type Address = (usize, i16);

/// A part of a program.
#[derive(Debug, Clone)]
enum Part {
    /// Reads of the pre-image, one after the other, in a loop whose head is the system call.
    Reads { address: Address, count: u16, times: u16 },
    /// A read between loads whose base registers the read writes. Their checks must not be carried over.
    ReadBetween { address: Address },
    /// A read in the delay slot of a branch that is taken.
    ReadInDelaySlot { address: Address },
    /// A write to the key.
    Key { address: Address, count: u16 },
    /// One of [`OTHER_CALLS`].
    Other { call: (u16, u16), address: Address },
    /// A load-linked, or a store-conditional.
    Atomic { opcode: u32, address: Address },
    /// Loads and stores that share a base pointer.
    Accesses { address: Address },
    /// Adds to the pointer to a place.
    MovePointer { place: usize, distance: i16 },
}

impl Part {
    /// The encoded instructions.
    fn words(&self) -> Vec<u32> {
        match *self {
            Self::Reads { address, count, times } => {
                let mut words = call(READ, PREIMAGE_READ, address, count);
                words.insert(0, load(TIMES, times as i16));
                let back_to_syscall = 5 << 26 | TIMES << 21 | 0xfffc; // bnez, 4 instructions back from the delay slot
                words.extend([daddiu(TIMES, TIMES, -1), back_to_syscall, load(V0, READ as i16)]);
                words
            }
            Self::ReadBetween { address } => {
                let through = |base| [access(LD, 12, 0, base), access(LD, 13, 8, base), add(12), add(13)];
                let loads = [through(V0), through(A3)].concat();
                let mut words = call(READ, PREIMAGE_READ, address, 8);
                let syscall = words.len() - 2;
                words.splice(syscall..syscall, loads.clone());
                words.extend(loads);
                // The read sets both registers to at most 8. So that the loads find something there:
                words.insert(0, access(SD, SUM, 8, 0));
                words
            }
            Self::ReadInDelaySlot { address } => {
                let mut words = call(READ, PREIMAGE_READ, address, 8);
                let syscall = words.len() - 2;
                words.insert(syscall, 0x1000_0001); // b, to the instruction after the delay slot
                words
            }
            Self::Key { address, count } => call(WRITE, PREIMAGE_WRITE, address, count),
            Self::Other { call: (number, descriptor), address } => call(number, descriptor, address, 4),
            Self::Atomic { opcode, address: (place, offset) } => {
                vec![access(opcode, 14, offset & !7, base(place))]
            }
            Self::Accesses { address: (place, offset) } => {
                let offset = offset & !7;
                vec![
                    access(SD, SUM, offset, base(place)),
                    access(LD, 15, offset.wrapping_add(8), base(place)),
                ]
            }
            Self::MovePointer { place, distance } => vec![daddiu(base(place), base(place), distance)],
        }
    }
}

/// A system call with its arguments. Its result is added to the sum.
fn call(number: u16, descriptor: u16, (place, offset): Address, count: u16) -> Vec<u32> {
    vec![
        load(V0, number as i16),
        load(A0, descriptor as i16),
        daddiu(A1, base(place), offset),
        load(A2, count as i16),
        SYSCALL,
        add(V0),
    ]
}

/// Adds a register to the sum.
const fn add(register: u32) -> u32 {
    SUM << 21 | register << 16 | SUM << 11 | 0x2d
}

const fn base(place: usize) -> u32 {
    (POINTERS + place) as u32
}

const fn daddiu(rt: u32, rs: u32, constant: i16) -> u32 {
    0x19 << 26 | rs << 21 | rt << 16 | constant as u16 as u32
}

const fn load(register: u32, constant: i16) -> u32 {
    daddiu(register, 0, constant)
}

/// A state about to run the parts in a loop. The pointers to [`PLACES`] lead `further` bytes behind them.
fn state(parts: &[Part], further: u64) -> State {
    program::looping(parts.iter().flat_map(Part::words).collect(), further)
}

/// A machine with the state of [`state`], statistics, and an oracle that gives at most `answers` answers.
fn machine(parts: &[Part], further: u64, answers: usize) -> Machine {
    let mut machine =
        Machine::new(state(parts, further), Box::new(AnyKey { answers_left: answers }), Box::new(|_, _| {}));
    machine.enable_stats();
    machine
}

fn any_key() -> Box<dyn Oracle> {
    Box::new(AnyKey { answers_left: usize::MAX })
}

/// An address: mostly in data or at the end of a page or segment, now and then in the program.
fn address() -> impl Strategy<Value = Address> {
    let place = prop_oneof![4 => Just(DATA), 3 => 1..PLACES.len(), 1 => 0..PLACES.len()];
    (place, prop_oneof![Just(0_i16), -24..40_i16])
}

fn part() -> impl Strategy<Value = Part> {
    let count = prop_oneof![3 => Just(8_u16), 2 => 0..12_u16, 1 => Just(0x7fff)];
    prop_oneof![
        4 => (address(), count.clone(), 1..4_u16)
            .prop_map(|(address, count, times)| Part::Reads { address, count, times }),
        1 => address().prop_map(|address| Part::ReadBetween { address }),
        1 => address().prop_map(|address| Part::ReadInDelaySlot { address }),
        3 => (address(), count).prop_map(|(address, count)| Part::Key { address, count }),
        1 => (prop::sample::select(&OTHER_CALLS[..]), address())
            .prop_map(|(call, address)| Part::Other { call, address }),
        1 => (prop::sample::select(vec![LLD, SCD]), address())
            .prop_map(|(opcode, address)| Part::Atomic { opcode, address }),
        1 => address().prop_map(|address| Part::Accesses { address }),
    ]
}

/// A program that begins with a write to the key, so that most of its reads succeed.
fn parts() -> impl Strategy<Value = Vec<Part>> {
    prop::collection::vec(part(), 1..8).prop_map(|mut parts| {
        parts.insert(0, Part::Key { address: (DATA, 0), count: 8 });
        parts
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn all_tiers_agree_on_reads(
        parts in parts(),
        further in (0..8_u64).prop_map(|words| 8 * words),
        answers in prop_oneof![2 => Just(usize::MAX), 1 => 0..40_usize],
        distances in prop::collection::vec(any::<u16>(), 1..20),
    ) {
        compare_machines(|| machine(&parts, further, answers), &distances);
    }

    #[test]
    fn all_tiers_agree_at_every_step_of_reads(parts in parts(), start in 0..400_u16) {
        let distances: Vec<_> = [start].into_iter().chain([0; 60]).collect();
        compare_machines(|| machine(&parts, 0, usize::MAX), &distances);
    }

    #[test]
    fn a_run_that_is_resumed_reads_on_as_before(
        parts in parts(),
        lengths in prop::collection::vec(any::<u16>(), 1..8),
    ) {
        checkpoints::resume_everywhere(state(&parts, 0), any_key, &lengths);
    }

    #[test]
    fn a_run_stops_at_the_reads_at_which_exact_steps_stop(parts in parts(), from in 0..600_u64) {
        let mut exact = machine(&parts, 0, usize::MAX);
        let mut compiled = machine(&parts, 0, usize::MAX);
        compiled.compile_synchronously(2);
        // At first without stops, so that the reads are compiled.
        if compiled.run(from, false).is_err() {
            return Ok(());
        }
        exact.use_interpreter_only(true);
        exact.run(from, false).unwrap();
        while compiled.state().step() < from + 300 {
            let stop = compiled.run(from + 300, true).map_err(|error| error.to_string());
            let mut outcome = Ok(Stop::Step);
            while outcome == Ok(Stop::Step) && exact.state().step() < from + 300 {
                outcome = exact.step().map(|()| Stop::Step).map_err(|error| error.to_string());
                if outcome.is_ok() && exact.last_preimage_read().is_some() {
                    outcome = Ok(Stop::PreimageRead);
                }
            }
            prop_assert_eq!(&stop, &outcome);
            // A machine is not used after an error.
            if outcome.is_err() {
                break;
            }
            prop_assert_eq!(compiled.witness(), exact.witness());
            prop_assert_eq!(compiled.last_preimage_read(), exact.last_preimage_read());
        }
    }

    #[test]
    fn a_step_after_compiled_reads_is_proven_as_after_exact_ones(parts in parts(), at in 0..600_u64) {
        let mut parts = parts;
        parts.push(Part::Other { call: (CLOCK_GETTIME, 1), address: (DATA, 64) });
        let mut exact = machine(&parts, 0, usize::MAX);
        let mut compiled = machine(&parts, 0, usize::MAX);
        compiled.compile_synchronously(2);
        exact.expect_proofs();
        compiled.expect_proofs();
        if compiled.run(at, false).is_err() {
            return Ok(());
        }
        (0..at).for_each(|_| exact.step().unwrap());
        for _ in 0..20 {
            let [ours, theirs] = [&mut compiled, &mut exact]
                .map(|machine| machine.prove_step().map_err(|error| error.to_string()));
            prop_assert_eq!(&ours, &theirs);
            if ours.is_err() {
                break;
            }
        }
    }
}

/// A loop that reads the same pre-image each time, from its start, with a number of reads to the same address.
fn reading(reads: u16, address: Address) -> Vec<Part> {
    vec![Part::Key { address: (ZEROS, 0), count: 8 }, Part::Reads { address, count: 8, times: reads }]
}

#[test]
fn compiled_code_makes_the_reads_itself() {
    // The key is the same each time, so one answer is enough.
    let mut machine = machine(&reading(4, (DATA, 0)), 0, 1);
    machine.compile_synchronously(2);
    machine.run(LONG_ENOUGH, false).unwrap();
    // More than one step in twenty is a system call.
    let at_least_calls = LONG_ENOUGH / 20;
    assert!(machine.compiled_steps() > LONG_ENOUGH - at_least_calls, "{} steps", machine.compiled_steps());
    assert_eq!(machine.preimage_totals().0, 1);
}

#[test]
fn a_read_to_the_reserved_word_clears_the_reservation() {
    for offset in [0, 8] {
        let mut parts = reading(2, (DATA, offset));
        parts.insert(1, Part::Atomic { opcode: LLD, address: (DATA, 0) });
        parts.push(Part::Atomic { opcode: SCD, address: (DATA, 0) });
        compare_machines(|| machine(&parts, 0, usize::MAX), &[200, 1, 2, 3, 50, 4]);
        let mut compiled = machine(&parts, 0, usize::MAX);
        compiled.compile_synchronously(2);
        compiled.run(LONG_ENOUGH, false).unwrap();
        assert_eq!(compiled.stats().reservations_lost > 50, offset == 0);
    }
}

#[test]
fn reads_into_the_program_are_the_same_in_every_tier() {
    // Each program reads the first bytes of the pre-image's length to another address: in the program itself, which has
    // 176 bytes, or behind its end. There, these bytes are the instructions `nop` and `mult $0, $0`.
    for offset in (-160..80).step_by(4) {
        let mut parts = reading(1, (AFTER_CODE_START, offset));
        parts.extend(vec![Part::Accesses { address: (DATA, 8) }; 12]);
        compare_machines(|| machine(&parts, 0, usize::MAX), &[100, 1, 2, 3, 50, 4]);
    }
}

#[test]
fn the_first_read_into_a_compiled_program_replaces_its_code() {
    // Each read goes 8 bytes further than the one before. The ninth is the first into the program, which is compiled by
    // then. It replaces the first store, whose value is another one in each iteration.
    let mut parts: Vec<_> = (0..8).map(|number| Part::Accesses { address: (DATA, 16 * number) }).collect();
    parts.extend(reading(1, (CODE, -64)));
    parts.push(Part::MovePointer { place: CODE, distance: 8 });
    // Each iteration has 36 steps. The first comparison comes after the ninth iteration: a comparison makes the next
    // store to each page an exact step.
    compare_machines(|| machine(&parts, 0, usize::MAX), &[399, 1, 2, 3, 50, 4]);
}

#[test]
fn the_end_of_a_pre_image_is_the_same_error_in_every_tier() {
    // The key is 0, so the pre-image has 24 bytes, and 8 of its length in front. A read from offset 3 of a word reads
    // 5 bytes to its end. After seven such reads, the pre-image has ended.
    let parts = reading(8, (DATA, 3));
    let mut errors = Vec::new();
    for hot in [None, Some(1)] {
        let mut machine = machine(&parts, 0, usize::MAX);
        match hot {
            Some(hot) => machine.compile_synchronously(hot),
            None => machine.use_interpreter_only(true),
        }
        let error = machine.run(LONG_ENOUGH, false).unwrap_err();
        errors.push(error.to_string());
    }
    assert_eq!(errors[0], errors[1]);
}
