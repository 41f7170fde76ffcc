//! The statistics of a run are the same in exact steps, in the interpreter and in compiled code.

use tribunal_vm::{Machine, NoOracle, State, StateVersion, Stats, memory::Memory};

/// Below and above the address from which on fetches are counted.
const NEAR: u64 = 0x1000;
const FAR: u64 = 0x0900_0000;
/// Where the word lies that the threads reserve, in register 16.
const DATA: u64 = 0x1_0000;

/// `clone`, with the flags of a thread: both threads go on behind it.
const CLONE: [u32; 5] = [
    0x2402_13bf, // addiu $2, $0, 5055
    0x3c04_0005, // lui $4, 5
    0x3484_0f00, // ori $4, $4, 0x0f00
    0x6405_0000, // daddiu $5, $0, 0
    0x0000_000c, // syscall
];

/// A reservation that is used, and one that is lost to the second of two stores.
const ATOMICS: [u32; 8] = [
    0xd203_0000, // lld $3, 0($16)
    0x6461_0001, // daddiu $1, $3, 1
    0xf201_0000, // scd $1, 0($16)
    0xc204_0004, // ll $4, 4($16)
    0xfe06_0008, // sd $6, 8($16)
    0xae06_0000, // sw $6, 0($16)
    0x0000_0000, // nop
    0xe205_0004, // sc $5, 4($16)
];

/// `sched_yield`.
const YIELD: [u32; 2] = [
    0x2402_139f, // addiu $2, $0, 5023
    0x0000_000c, // syscall
];

/// Two threads that run `words` over and over, with a load-linked in the delay slot of the branch back.
fn state(base: u64, words: &[u32]) -> State {
    let back = 0x1000_0000 | u32::from(-(words.len() as i16 + 1) as u16);
    let program = [&CLONE[..], words, &[back, 0xd207_0000]].concat();
    let mut memory = Memory::new(64).expect("address space");
    for (at, pair) in (base..).step_by(8).zip(program.chunks(2)) {
        let word = u64::from(pair[0]) << 32 | u64::from(pair.get(1).copied().unwrap_or(0));
        memory.write_word(at, word).expect("within the limit");
    }
    let mut state = State::new(StateVersion::MultiThreaded64V5, memory, base, 0x1000_0000_0000);
    state.current_cpu_mut().expect("one thread").set(16, DATA);
    state
}

/// Runs to `stops` in all tiers, which have to agree at each, and returns the last statistics.
fn compare(base: u64, words: &[u32], stops: &[u64]) -> Stats {
    let machine = || {
        let mut machine = Machine::new(state(base, words), Box::new(NoOracle), Box::new(|_, _| {}));
        machine.enable_stats();
        machine
    };
    let (mut exact, mut interpreted, mut compiled) = (machine(), machine(), machine());
    interpreted.use_interpreter_only(true);
    compiled.compile_synchronously(2);
    for &stop in stops {
        while exact.state().step() < stop {
            exact.step().expect("a sound program");
        }
        for machine in [&mut interpreted, &mut compiled] {
            machine.run(stop, false).expect("a sound program");
            assert_eq!(machine.stats(), exact.stats(), "after {stop} steps");
            assert_eq!(machine.witness(), exact.witness());
        }
    }
    exact.stats()
}

#[test]
fn preemptions_and_reservations_are_counted_in_every_tier() {
    for base in [NEAR, FAR] {
        let stops = [7, 100, 5_001, 99_999, 100_004, 250_003, 612_345];
        let stats = compare(base, &ATOMICS, &stops);
        // The child runs first, then both take turns. Cannon counts the idle steps of thread 0 from its first preemption on.
        assert_eq!(stats.preemptions, 6);
        assert_eq!(stats.idle_steps_thread_0, 2 * 100_001);
        assert_eq!(stats.longest_rmw, 4);
        assert!(stats.rmw_successes > 61_000 && stats.rmw_failures > 61_000, "{stats:?}");
        assert_eq!(stats.reservations_lost, stats.rmw_failures);
        let far = if base == FAR { 612_345 - stats.preemptions } else { 0 };
        assert_eq!(stats.far_fetches.count, far);
        assert_eq!(stats.far_fetches.highest, if base == FAR { FAR + 4 * 14 } else { 0 });
    }
}

#[test]
fn reservations_lost_are_counted_in_every_tier() {
    let mut words = ATOMICS;
    words[5] = 0xae06_0010; // sw $6, 16($16): beside the reserved word
    let stats = compare(NEAR, &words, &[1_000, 30_003]);
    assert_eq!((stats.reservations_lost, stats.rmw_failures), (0, 0));
    // A store to address 0 counts where nothing is reserved, as in Cannon.
    words[1] = 0x6401_0001; // daddiu $1, $0, 1
    words[3] = 0xfc06_0000; // sd $6, 0($0)
    let stats = compare(NEAR, &words, &[1_000, 30_003]);
    assert!(stats.reservations_lost > 2_900, "{stats:?}");
}

#[test]
fn idle_steps_are_counted_in_every_tier() {
    let words = [&ATOMICS[..], &YIELD[..]].concat();
    let stats = compare(NEAR, &words, &[999, 50_001]);
    assert_eq!(stats.preemptions, 0);
    assert!((24_000..26_000).contains(&stats.idle_steps_thread_0), "{stats:?}");
}
