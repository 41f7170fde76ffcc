//! `tribunal bench prove`: how fast programs are proven, and how large their proofs are.

use anyhow::{Context, bail};
use std::{
    num::{NonZeroU32, NonZeroUsize},
    path::PathBuf,
    time::{Duration, Instant},
};
use tribunal_vm::{NoOracle, State, StateVersion};
use tribunal_zkvm::{MOST_STEPS, Options, Rehearsal, Setup, prove_plain, prove_run_with, rehearse};

use super::{programs, tables::Totals};
use crate::{
    commands::{
        prove::{StageTimer, StageTimes, claim, print_stages, processor, program},
        security::Security,
        vm::{input::MemoryLimit, log},
    },
    count::count,
    exit::Status,
    output,
    printable::printable,
    process, values,
};

/// Prove programs, and print where time and cells go.
///
/// Without --program, --elf and --claim, the programs are those of --program: each checks its own result. Beside each, a plain
/// table without messages is proven that has as many cells as a segment: the least that the proof system takes.
///
/// Exit status: 0 if all were proven and verified; 2 on an error; 141 if the reader of standard output has gone.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Programs that need no file.
    #[arg(long, value_enum, value_name = "NAME", value_delimiter = ',')]
    program: Vec<Made>,
    /// About how many steps each of them makes.
    #[arg(long, value_name = "N", default_value = "1000000", value_parser = values::count::<NonZeroU32>)]
    steps: NonZeroU32,
    /// A program without pre-images: a 64-bit big-endian MIPS ELF file. May be given several times.
    #[arg(long, value_name = "FILE")]
    elf: Vec<PathBuf>,
    /// The client on a claim of this fixture folder.
    #[arg(long, value_name = "DIR")]
    claim: Option<PathBuf>,
    /// Which claim, counted from 0.
    #[arg(long, value_name = "N", requires = "claim", value_parser = values::number::<usize>)]
    number: Option<usize>,
    /// ELF file of the client program, as for `tribunal prove`.
    #[arg(long, value_name = "ELF", requires = "claim")]
    client: Option<PathBuf>,
    /// Steps of a segment, at most.
    #[arg(long, value_name = "N", default_value_t = 1 << 20, value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_STEPS)))]
    segment_steps: u32,
    /// Segments that are proven at the same time.
    #[arg(long, value_name = "N", default_value = "1", value_parser = values::workers)]
    workers: NonZeroUsize,
    /// The parameters of the proof system, as for `tribunal prove`.
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = Security::Proven)]
    security: Security,
    /// How many tables to print, those with the most cells first.
    #[arg(long, value_name = "N", default_value_t = 12)]
    tables: usize,
}

/// A program that needs no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Made {
    /// A loop of sums, shifts and exclusive ors.
    Arithmetic,
    /// Shell's sort of random words, which is heavy on memory.
    Sort,
    /// Keccak-256 in software.
    Keccak,
}

impl Made {
    /// The program with about so many steps.
    fn state(self, steps: u32) -> anyhow::Result<State> {
        match self {
            Self::Arithmetic => programs::arithmetic((steps / 9).max(1)),
            Self::Sort => programs::sort((steps / 256).next_power_of_two().clamp(2, 1 << 17)),
            Self::Keccak => programs::keccak((steps / 8192).max(1)),
        }
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args, stages: &StageTimer) -> anyhow::Result<Status> {
    processor::use_best_build();
    let setup = Setup::new(&args.security.parameters());
    let nothing = args.program.is_empty() && args.elf.is_empty() && args.claim.is_none();
    let made = if nothing { &[Made::Arithmetic, Made::Sort, Made::Keccak] } else { &args.program[..] };
    for program in made {
        let rehearse = || {
            Ok(rehearse(
                program.state(args.steps.get())?,
                Box::new(NoOracle),
                Box::new(|_, _| ()),
                &setup,
                args.segment_steps,
            )?)
        };
        measure(&format!("{program:?}").to_lowercase(), args, &setup, stages, rehearse)?;
    }
    for path in &args.elf {
        let rehearse = || {
            let limit: MemoryLimit = MemoryLimit::DEFAULT.parse().map_err(anyhow::Error::msg)?;
            let state = program::read(path, StateVersion::MultiThreaded64V5, limit)?;
            Ok(rehearse(state, Box::new(NoOracle), Box::new(log::guest), &setup, args.segment_steps)?)
        };
        measure(&path.display().to_string(), args, &setup, stages, rehearse)?;
    }
    if let Some(dir) = &args.claim {
        let rehearse = || claim::run(dir, args.number, args.client.as_deref(), &setup, args.segment_steps);
        measure(&format!("the client on {}", dir.display()), args, &setup, stages, rehearse)?;
    }
    Ok(Status::True)
}

/// What a run took.
struct Took {
    wall: Duration,
    processor: Duration,
}

impl Took {
    fn by<T>(work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<(T, Self)> {
        let used = || process::processor_time().context("the kernel does not say how much time was used");
        let (begin, before) = (Instant::now(), used()?);
        let result = work()?;
        Ok((result, Self { wall: begin.elapsed(), processor: used()? - before }))
    }
}

fn measure(
    name: &str,
    args: &Args,
    setup: &Setup,
    stages: &StageTimer,
    rehearse: impl FnOnce() -> anyhow::Result<Rehearsal>,
) -> anyhow::Result<()> {
    process::reset_peak_memory();
    stages.take();
    let (mut tables, mut segments, mut oracle_segments) = (Totals::default(), 0, 0);
    let ((steps, proof), took) = Took::by(|| {
        let Rehearsal { mut machine, preimages, steps, plan, .. } = rehearse()?;
        let options = Options { workers: args.workers, ..plan.into() };
        let proof = prove_run_with(&mut machine, preimages, setup, options, |progress| {
            tables.add(&progress.tables);
            (segments, oracle_segments) = (progress.segments, progress.oracle_segments);
        })?;
        Ok((steps, proof))
    })?;
    let (peak, times) = (process::peak_memory(), stages.take());
    let bytes = proof.to_bytes(&args.security.parameters()).len();
    let begin = Instant::now();
    if let Err(invalid) = proof.verify(setup) {
        bail!("the proof of {name} is not valid: {invalid}");
    }
    let verifying = begin.elapsed();
    drop(proof);
    let (log_rows, columns) = plain_size(tables.cells() / (segments + oracle_segments).max(1));
    let (_, plain) = Took::by(|| Ok(prove_plain(setup, log_rows, columns)?))?;
    let plain = (plain, columns << log_rows);
    let segments = [segments, oracle_segments];
    print(name, args, &Measured { steps, segments, took, peak, times, tables, bytes, verifying, plain })
}

/// What was measured of a program.
struct Measured {
    steps: u64,
    /// Those of the run, and those of its pre-images.
    segments: [usize; 2],
    took: Took,
    /// In kibibytes.
    peak: Option<u64>,
    times: StageTimes,
    tables: Totals,
    bytes: usize,
    verifying: Duration,
    /// What a plain table took, and its cells.
    plain: (Took, usize),
}

fn print(name: &str, args: &Args, measured: &Measured) -> anyhow::Result<()> {
    let Measured { steps, segments, took, peak, times, tables, bytes, verifying, plain } = measured;
    let khz = |time: Duration| *steps as f64 / time.as_secs_f64() / 1e3;
    output::line(printable(name))?;
    let [segments, oracle] = segments.map(|number| number as u64);
    let (segments, oracle) = (count(segments, "segment"), count(oracle, "oracle segment"));
    output::line(format_args!("  {steps} steps, {segments} and {oracle}"))?;
    output::line(format_args!(
        "  {:.1?}, {:.1?} of processors: {:.1} kHz, {:.1} kHz a processor",
        took.wall,
        took.processor,
        khz(took.wall),
        khz(took.processor)
    ))?;
    print_stages(times, took.wall)?;
    let nanoseconds = |took: &Took, cells: usize| took.processor.as_nanos() as f64 / cells as f64;
    let (ours, least) = (nanoseconds(took, tables.cells()), nanoseconds(&plain.0, plain.1));
    output::line(format_args!(
        "  {ours:.1} ns of processors a cell, and {least:.1} ns a cell of a plain table: {:.0} % of its speed",
        100.0 * least / ours
    ))?;
    output::line(format_args!("  {bytes} bytes of proof, verified in {verifying:.1?}"))?;
    if let Some(peak) = peak {
        output::line(format_args!("  {} MiB at the most", peak / 1024))?;
    }
    Ok(tables.print(*steps, args.tables)?)
}

/// The height and the columns of a table with about so many cells.
fn plain_size(cells: usize) -> (usize, usize) {
    let log_rows = (cells.max(1).ilog2() as usize).saturating_sub(7).clamp(4, 22);
    (log_rows, (cells >> log_rows).max(4))
}
