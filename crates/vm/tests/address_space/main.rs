//! A guest that uses many distant ranges of its address space: host memory stays bounded, and hot code stays compiled.
//!
//! Each test measures its whole process or sets limits of it, so they run one after the other.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tribunal_vm::{Machine, NoOracle, State, StateVersion, Stop, memory::Memory};

/// Where the program lies.
const CODE: u64 = 0x1000;
/// Pages that the program may have: 32 GiB, so that all segments that a machine can map have room.
const MOST_PAGES: usize = 1 << 23;

/// Held by the test that runs.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A program that adds 1 to one word in each of `ranges` ranges, `distance` bytes apart, then adds up all these words in
/// register 3, and begins again.
fn state(ranges: u64, distance: u64) -> State {
    let words: [u32; 18] = [
        0x0000_1025, // or $2, $0, $0
        0x0080_2825, // begin: or $5, $4, $0        (the first range)
        0x00c0_3825, // or $7, $6, $0               (the number of ranges)
        0xdca3_0000, // store: ld $3, 0($5)
        0x6463_0001, // daddiu $3, $3, 1
        0xfca3_0000, // sd $3, 0($5)
        0x64e7_ffff, // daddiu $7, $7, -1
        0x14e0_fffb, // bnez $7, store
        0x00a8_282d, // daddu $5, $5, $8            (the distance)
        0x0080_2825, // or $5, $4, $0
        0x00c0_3825, // or $7, $6, $0
        0xdca3_0000, // load: ld $3, 0($5)
        0x0043_102d, // daddu $2, $2, $3
        0x64e7_ffff, // daddiu $7, $7, -1
        0x14e0_fffc, // bnez $7, load
        0x00a8_282d, // daddu $5, $5, $8
        0x1000_fff0, // b begin
        0x0000_0000,
    ];
    let mut memory = Memory::new(MOST_PAGES).expect("room");
    for (at, pair) in (CODE..).step_by(8).zip(words.chunks(2)) {
        memory.write_word(at, u64::from(pair[0]) << 32 | u64::from(pair[1])).expect("room");
    }
    let mut state = State::new(StateVersion::MultiThreaded64V5, memory, CODE, 0x1000_0000_0000);
    let cpu = state.current_cpu_mut().expect("one thread");
    (cpu.registers[4], cpu.registers[6], cpu.registers[8]) = (0x10_0000_0000, ranges, distance);
    state
}

fn machine(ranges: u64, distance: u64) -> Machine {
    Machine::new(state(ranges, distance), Box::new(NoOracle), Box::new(|_, _| {}))
}

/// Steps of one round of the program.
const fn steps(ranges: u64) -> u64 {
    2 + 6 * ranges + 2 + 5 * ranges + 2
}

/// Runs `rounds` rounds and compares the sum with what it has to be.
fn run(machine: &mut Machine, ranges: u64, rounds: u64) {
    assert_eq!(machine.run(1 + rounds * steps(ranges), false).expect("no fault"), Stop::Step);
    let thread = machine.state().current_thread().expect("a thread");
    assert_eq!(thread.cpu.registers[2], ranges * rounds * (rounds + 1) / 2);
}

/// A line of this process's status, in bytes.
fn status(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a line of that name");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number of KiB") << 10
}

/// Bytes of this process that are in memory, and those of its page tables.
fn resident() -> u64 {
    status("VmRSS:") + status("VmPTE:")
}

#[test]
fn ten_thousand_distant_words_take_a_few_pages_each() {
    let _alone = alone();
    // The first 4096 lie in segments of their own; the others are sparse.
    let (ranges, distance) = (10_000, 1 << 32);
    let mut machine = machine(ranges, distance);
    machine.compile_synchronously(10);
    let before = resident();
    run(&mut machine, ranges, 3);
    let grown = resident() - before;
    assert_eq!(machine.state().memory().page_count() as u64, ranges + 1);
    // A page of words and one of flags, and page tables that nothing else uses for each.
    assert!(grown < ranges * 7 * 4096, "{grown} bytes for {ranges} words");
    assert!(machine.compiled_steps() > machine.state().step() / 4, "compiled: {}", machine.compiled_steps());
}

#[test]
fn words_in_one_segment_take_a_page_each() {
    let _alone = alone();
    let (ranges, distance) = (10_000, 2 << 20);
    let mut machine = machine(ranges, distance);
    machine.compile_synchronously(10);
    let before = resident();
    run(&mut machine, ranges, 3);
    let grown = resident() - before;
    assert!(grown < ranges * 3 * 4096, "{grown} bytes for {ranges} words");
}

#[test]
fn only_accesses_to_sparse_segments_are_interpreted() {
    let _alone = alone();
    // Most of the ranges lie above 2^48.
    let (ranges, distance) = (100, 1 << 45);
    let mut sparse = machine(ranges, distance);
    sparse.compile_synchronously(10);
    run(&mut sparse, ranges, 200);
    let compiled = sparse.compiled_steps();
    assert!(compiled > 0 && compiled < sparse.state().step(), "{compiled} of {}", sparse.state().step());
    let mut interpreted = machine(ranges, distance);
    interpreted.use_interpreter_only(true);
    run(&mut interpreted, ranges, 200);
    assert_eq!(interpreted.compiled_steps(), 0);
    assert_eq!(interpreted.witness(), sparse.witness());
}

#[test]
fn a_limit_on_address_space_costs_speed_only() {
    let _alone = alone();
    let ranges = 200;
    let mut limited = machine(ranges, 1 << 32);
    let mut free = machine(ranges, 1 << 32);
    limited.compile_synchronously(10);
    with_limit(Resource::As, status("VmSize:") + (100 << 32), || run(&mut limited, ranges, 50));
    assert!(limited.compiled_steps() > 0);
    run(&mut free, ranges, 50);
    assert_eq!(limited.witness(), free.witness());
}

#[test]
fn a_limit_on_committed_memory_leaves_code_compiled() {
    let _alone = alone();
    // 4 GiB for one of the 100 segments would be too much. `ulimit -d` counts as strict overcommit does.
    let ranges = 100;
    let mut machine = machine(ranges, 1 << 32);
    machine.compile_synchronously(10);
    with_limit(Resource::Data, status("VmData:") + (10 << 30), || run(&mut machine, ranges, 50));
    assert!(machine.compiled_steps() > machine.state().step() / 2, "compiled: {}", machine.compiled_steps());
}

#[test]
fn memory_that_is_not_committed_is_an_error() {
    let _alone = alone();
    let mut memory = Memory::new(MOST_PAGES).expect("room");
    memory.write_word(0, 1).expect("room");
    with_limit(Resource::Data, status("VmData:") + (1 << 20), || {
        let error = memory.write_word(1 << 30, 1).expect_err("a limit");
        assert!(error.to_string().contains("ulimit -d"), "{error}");
        memory.write_word(0x1000, 1).expect("a page beside the first");
    });
    memory.write_word(1 << 30, 1).expect("no limit any more");
    assert_eq!((memory.read_word(1 << 30), memory.page_count()), (1, 3));
}

#[test]
fn page_tables_of_loads_are_bounded_by_the_memory_limit() {
    let _alone = alone();
    let segments = 100;
    let mut memory = Memory::new(1 << 14).expect("room");
    (0..segments).for_each(|segment| memory.write_word(segment << 32, 1).expect("room"));
    let before = status("VmPTE:");
    let loaded: u64 = (0..segments << 32).step_by(2 << 20).map(|address| memory.read_word(address)).sum();
    assert_eq!(loaded, segments);
    // Page tables for all would take 800 MiB.
    let grown = status("VmPTE:") - before;
    assert!(grown < 300 << 20, "{grown} bytes of page tables");
}

/// Does something while the system limits a resource of this process.
fn with_limit(resource: Resource, current: u64, work: impl FnOnce()) {
    let before = getrlimit(resource);
    let _restored = Restored(resource, before);
    setrlimit(resource, Rlimit { current: Some(current), maximum: before.maximum }).expect("a lower limit");
    work();
}

/// A limit that is set again when the value is dropped, even if a test fails, so that the other tests run without the lower
/// one.
struct Restored(Resource, Rlimit);

impl Drop for Restored {
    fn drop(&mut self) {
        setrlimit(self.0, self.1).expect("the limit of before");
    }
}
