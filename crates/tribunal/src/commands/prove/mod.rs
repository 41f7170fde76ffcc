//! `tribunal prove`: run a program, and prove the run.

pub(super) mod claim;
pub(super) mod processor;
pub(super) mod program;
mod stages;

pub(crate) use stages::{StageTimer, StageTimes};

use anyhow::{Context, bail};
use std::{
    ffi::OsString,
    fs,
    num::NonZeroUsize,
    path::PathBuf,
    time::{Duration, Instant},
};
use tribunal_vm::StateVersion;
use tribunal_zkvm::{MOST_STEPS, Options, Progress, Rehearsal, Setup, prove_run_with, rehearse};

use crate::{
    commands::{
        security::Security,
        vm::{input::MemoryLimit, log, run as vm_run},
    },
    exit::Status,
    files,
    guest_inputs::GuestInputs,
    output::{self, OutputError},
    process, progress, values,
};

/// Run a program, and prove that it exits with its exit code.
///
/// The program is an ELF file, a state, or, with DIR, the client on a claim of a fixture folder: it exits with 0 if the claim is
/// true, and with 1 if it is false. Pre-images come from --input, --preimage and a server, whose command line follows --; a claim has
/// its folder as server.
///
/// The proof is verified with `tribunal verify`, by people who have neither the program's pre-images nor its memory.
///
/// Exit status: 0 if the proof was written, whatever the program's exit code is; 2 on an error, also if the run cannot be
/// proven; 141 if the reader of standard output has gone.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("program").required(true).args(["dir", "elf", "state"])))]
pub(crate) struct Args {
    /// The fixture folder of a claim.
    #[arg(conflicts_with_all = ["inputs", "preimages"])]
    dir: Option<PathBuf>,
    /// Prove claim N of the folder, counted from 0. It may be left out if the folder has one claim.
    #[arg(long, value_name = "N", conflicts_with_all = ["elf", "state"], value_parser = values::number::<usize>)]
    claim: Option<usize>,
    /// ELF file of the client program for the claim [default: the one that TRIBUNAL_CLIENT names, or that `make guest`
    /// builds].
    #[arg(long, value_name = "ELF", conflicts_with_all = ["elf", "state"])]
    client: Option<PathBuf>,
    /// The program: a 64-bit big-endian MIPS ELF file.
    #[arg(long, value_name = "FILE")]
    elf: Option<PathBuf>,
    /// A state to start from (.bin or .bin.gz), in place of a program.
    #[arg(long, value_name = "STATE")]
    state: Option<PathBuf>,
    #[command(flatten)]
    inputs: GuestInputs,
    /// File for the proof.
    #[arg(long, value_name = "FILE", default_value = "proof.bin")]
    out: OsString,
    /// Steps of a segment, at most. More need more memory at a time.
    #[arg(long, value_name = "N", default_value_t = 1 << 20, value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_STEPS)))]
    segment_steps: u32,
    /// Segments that are proven at the same time. Each needs memory of its own, and all share the cores.
    #[arg(long, value_name = "N", default_value = "1", value_parser = values::workers)]
    workers: NonZeroUsize,
    /// Folder that keeps the segments that are proven, so that a run that was stopped can go on.
    #[arg(long, value_name = "DIR")]
    work_dir: Option<PathBuf>,
    /// Go on with the run that the work folder is about.
    #[arg(long, requires = "work_dir")]
    resume: bool,
    /// After each segment, compare the root of the state that is proven with the one that is computed afresh from the VM's
    /// state. This tests the prover, and takes longer.
    #[arg(long)]
    check_states: bool,
    /// The parameters of the proof system: `proven` for 100 bits that are proven, `fast` for 100 bits that rest on a
    /// conjecture.
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = Security::Proven)]
    security: Security,
    /// Version of the VM that an ELF file is loaded for.
    #[arg(long = "type", value_name = "VERSION", default_value = "multithreaded64-5")]
    vm_type: StateVersion,
    /// The most memory that the program may use.
    #[arg(long, value_name = "SIZE", default_value = MemoryLimit::DEFAULT)]
    memory_limit: MemoryLimit,
    /// Seconds without progress before a request to the server fails. 0 disables.
    #[arg(long, value_name = "SECONDS", default_value = "900", value_parser = values::number::<u64>)]
    oracle_timeout: u64,
    /// The pre-image server and its arguments.
    #[arg(last = true, value_name = "SERVER", conflicts_with = "dir")]
    server: Vec<OsString>,
}

/// Runs the command.
pub(crate) fn run(args: &Args, stages: &StageTimer) -> anyhow::Result<Status> {
    let begin = Instant::now();
    processor::use_best_build();
    let out = PathBuf::from(&args.out);
    files::require_writable(&out)?;
    if let Some(dir) = args.work_dir.as_ref().filter(|dir| dir.exists() && !dir.is_dir()) {
        bail!("{} is not a folder", dir.display());
    }
    let parameters = args.security.parameters();
    let setup = Setup::new(&parameters);
    let Rehearsal { mut machine, preimages, exit_code, steps, plan } = first_run(args, &setup)?;
    let options = Options {
        plan,
        workers: args.workers,
        work_dir: args.work_dir.clone(),
        resume: args.resume,
        check_states: args.check_states,
    };
    let start = Instant::now();
    let bar = progress::bar(steps, "steps");
    let show = |progress: &Progress| {
        log(progress);
        bar.set_position(progress.steps);
        let khz = progress.steps as f64 / start.elapsed().as_secs_f64() / 1e3;
        bar.set_message(format!("{} segments, {khz:.1} kHz", progress.segments));
    };
    let proof = prove_run_with(&mut machine, preimages, &setup, options, show);
    bar.finish_and_clear();
    let proof = proof?;
    let bytes = proof.to_bytes(&parameters);
    fs::write(&out, &bytes).with_context(|| format!("cannot write {}", out.display()))?;
    output::line(format_args!("program    {}", proof.program.id()))?;
    output::line(format_args!("exit code  {exit_code}"))?;
    output::line(format_args!("steps      {steps}"))?;
    let checked = if args.check_states { ", each of which ends in the VM's state" } else { "" };
    output::line(format_args!("segments   {}{checked}", proof.segments.len()))?;
    output::line(format_args!("proof      {} bytes in {}", bytes.len(), out.display()))?;
    let khz = steps as f64 / start.elapsed().as_secs_f64() / 1e3;
    let total = begin.elapsed();
    output::line(format_args!("time       {total:.1?}; {khz:.1} kHz without the first run"))?;
    print_stages(&stages.take(), total)?;
    if let Some(peak) = process::peak_memory() {
        output::line(format_args!("memory     {peak} kB at most"))?;
    }
    Ok(Status::True)
}

/// Prints the time of each stage, and its share of all. A segment is recorded while others are proven, so the shares may add
/// up to more than all.
pub(super) fn print_stages(stages: &StageTimes, total: Duration) -> Result<(), OutputError> {
    for (name, spent) in stages {
        let share = 100.0 * spent.as_secs_f64() / total.as_secs_f64();
        output::line(format_args!("  {name:<8} {:>9.2} s {share:>5.1} %", spent.as_secs_f64()))?;
    }
    Ok(())
}

/// Runs the program to its exit, to learn which pre-images it reads, and whether the run can be proven.
fn first_run(args: &Args, setup: &Setup) -> anyhow::Result<Rehearsal> {
    if let Some(dir) = &args.dir {
        return claim::run(dir, args.claim, args.client.as_deref(), setup, args.segment_steps);
    }
    let path = args.elf.as_ref().or(args.state.as_ref()).context("no program")?;
    let state = program::read(path, args.vm_type, args.memory_limit)?;
    if state.exited() {
        bail!("{} has exited already, so there is nothing to prove", path.display());
    }
    let inputs = args.inputs.read()?;
    // The server is started last, so that it does no work if a flag or a file is wrong.
    let oracle = inputs.before(vm_run::oracle(&args.server, args.oracle_timeout, false)?);
    Ok(rehearse(state, oracle, Box::new(log::guest), setup, args.segment_steps)?)
}

fn log(progress: &Progress) {
    tracing::info!(
        segments = progress.segments,
        oracle_segments = progress.oracle_segments,
        steps = progress.steps,
        recording = ?progress.recording,
        proving = ?progress.proving,
        "proved a segment"
    );
}
