//! Runs a program and prints the steps it makes per second:
//! `speed TIER PROGRAM.elf [--checkpoints STEPS [--keep N]] [UNTIL [SERVER ARGS...]]`. The tier is `jit`, `interpreter`, or
//! `waiting`: compiled code, made while the program waits. With `--checkpoints`, it takes a checkpoint every so many steps,
//! and keeps the last N (default: all). Compare the thread's own time with and without, in turn.

use std::{collections::VecDeque, time::Instant};
use tribunal_vm::{Machine, NoOracle, Oracle, ProcessOracle, ServerLimits, StateVersion, Stop, load_elf};

/// Pages that the program may have: 16 GiB.
const MOST_PAGES: usize = 1 << 22;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, tier, program, rest @ ..] = &arguments[..] else {
        return Err(
            "usage: speed jit|interpreter|waiting PROGRAM.elf [--checkpoints STEPS [--keep N]] [UNTIL [SERVER ARGS...]]"
                .into(),
        );
    };
    let (every, rest) = match rest {
        [flag, every, rest @ ..] if flag == "--checkpoints" => (every.parse()?, rest),
        rest => (u64::MAX, rest),
    };
    let (keep, rest) = match rest {
        [flag, keep, rest @ ..] if flag == "--keep" => (keep.parse()?, rest),
        rest => (usize::MAX, rest),
    };
    let until = rest.first().map_or(Ok(u64::MAX), |until| until.parse())?;
    let console = || Box::new(|_, text: &[u8]| eprint!("{}", String::from_utf8_lossy(text)));
    let oracle: Box<dyn Oracle> = match rest.get(1..) {
        Some([server, arguments @ ..]) => {
            let mut command = std::process::Command::new(server);
            command.args(arguments);
            Box::new(ProcessOracle::start(command, &ServerLimits::default(), console())?)
        }
        _ => Box::new(NoOracle),
    };
    let (state, _) = load_elf(&std::fs::read(program)?, StateVersion::MultiThreaded64V5, MOST_PAGES)?;
    let mut machine = Machine::new(state, oracle, console());
    machine.use_interpreter_only(tier == "interpreter");
    if tier == "waiting" {
        machine.compile_synchronously(250);
    }
    let (start, worked) = (Instant::now(), thread_seconds());
    let (mut checkpoints, mut taken, mut most_bytes) = (VecDeque::new(), 0, 0);
    while machine.run(until.min(machine.state().step().saturating_add(every)), false)? == Stop::Step
        && machine.state().step() < until
    {
        if checkpoints.len() == keep {
            checkpoints.pop_front();
        }
        checkpoints.push_back(machine.checkpoint());
        taken += 1;
        most_bytes = most_bytes.max(machine.checkpoint_bytes());
    }
    let (seconds, worked) = (start.elapsed().as_secs_f64(), thread_seconds() - worked);
    let hash = machine.witness().hash();
    let state = machine.state();
    println!(
        "{tier}: {} steps ({} compiled, {taken} checkpoints of at most {} KiB) in {seconds:.3} s, {worked:.3} s of the thread's own, {:.1} million \
         per second ({:.1} of its own); exited {} with {}, state {}",
        state.step(),
        machine.compiled_steps(),
        most_bytes / 1024,
        state.step() as f64 / seconds / 1e6,
        state.step() as f64 / worked / 1e6,
        state.exited(),
        state.exit_code(),
        hash,
    );
    Ok(())
}

/// The time that this thread was running.
fn thread_seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call only writes `time`.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
