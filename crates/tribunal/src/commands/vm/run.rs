//! `tribunal vm run`: run a program, with proofs, snapshots and stops on the way.

use anyhow::bail;
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use tribunal_vm::{Machine, Metadata, NoOracle, Oracle, ProcessOracle, ServerLimits};

use super::{
    debug_info::DebugInfo,
    execution::Execution,
    input::{self, MemoryLimit, StateFile},
    log,
    name_format::NameFormat,
    number::{parse_signed, parse_unsigned},
    output::Target,
    pattern::StepPattern,
    profile::Profile,
    snapshots::Snapshots,
    stop::StopAtRead,
    traceback::Traceback,
    witnesses::Witnesses,
};

const DEFAULT_META: &str = "meta.json";

/// Run a program from a state, with proofs, snapshots and stops on the way.
///
/// The flags are Cannon's, with one dash or two. The command line of the pre-image server follows --. A PATTERN of steps is
/// `never`, `always`, `=N` (at step N) or `%N` (every N steps). Numbers are decimal, or hexadecimal after 0x.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
pub(crate) struct Args {
    /// State to start from (.bin or .bin.gz).
    #[arg(long, value_name = "STATE")]
    input: PathBuf,
    /// File for the last state (.bin or .bin.gz). - is standard output; an empty name writes nothing.
    #[arg(long, value_name = "STATE", default_value = "out.bin.gz")]
    output: OsString,
    /// Steps to make with a proof.
    #[arg(long, value_name = "PATTERN", default_value = "never")]
    proof_at: StepPattern,
    /// Names of the proof files: %d is the step, also %08d, %x and so on, as in Go. .gz compresses; - is standard output.
    #[arg(long, value_name = "FORMAT", default_value = "proof-%d.json")]
    proof_fmt: NameFormat,
    /// Steps before which to write a snapshot of the state.
    #[arg(long, value_name = "PATTERN", default_value = "never")]
    snapshot_at: StepPattern,
    /// Names of the snapshot files (.bin or .bin.gz): %d is the step, as in --proof-fmt.
    #[arg(long, value_name = "FORMAT", default_value = "state-%d.bin.gz")]
    snapshot_fmt: NameFormat,
    /// Step to stop before.
    #[arg(long, value_name = "PATTERN", default_value = "never")]
    stop_at: StepPattern,
    /// Stop after a read of a pre-image whose key begins with KEYPREFIX, in hexadecimal. The read must be at OFFSET (0 if
    /// left out), which counts the 8 bytes of length, and at STEP or later.
    #[arg(long, value_name = "KEYPREFIX[@OFFSET[@STEP]]")]
    stop_at_preimage: Option<String>,
    /// Stop after a read of a pre-image of this type: local, keccak, sha256, blob, precompile, any.
    #[arg(long, value_name = "TYPE", default_value = "", hide_default_value = true)]
    stop_at_preimage_type: String,
    /// Stop after a read of a pre-image of more than N bytes, including the 8 bytes of length. 0 disables; below 0 means any
    /// size; if a type or key is given too, both must match.
    #[arg(long, value_name = "N", default_value = "0", hide_default_value = true, value_parser = parse_signed)]
    stop_at_preimage_larger_than: i64,
    /// Metadata with the names of the program's functions. The default file may be missing; an empty name reads none.
    #[arg(long, value_name = "JSON", default_value = DEFAULT_META)]
    meta: OsString,
    /// Steps at which to log a line.
    #[arg(long, value_name = "PATTERN", default_value = "%1000000000")]
    info_at: StepPattern,
    /// Has no effect. Accepted because Cannon has it.
    #[arg(long = "pprof.cpu")]
    pprof_cpu: bool,
    /// Print the guest's call stack at the end, as Cannon does. Needs --meta, and makes the run slow.
    #[arg(long)]
    debug: bool,
    /// File for counts of memory, pre-images, atomic operations and thread switches, as JSON.
    #[arg(long, value_name = "JSON", default_value = "", hide_default_value = true)]
    debug_info: OsString,
    /// Steps before which to write a line `STEP HASH` with the hash of the state. The last state has a line too.
    #[arg(long, value_name = "PATTERN", default_value = "never")]
    witness_at: StepPattern,
    /// File for these lines. - is standard output.
    #[arg(long, value_name = "FILE", default_value = "-")]
    witness_out: OsString,
    /// File for samples of the guest's call stack, for flame graphs. Needs --meta.
    #[arg(long, value_name = "FILE", default_value = "", hide_default_value = true)]
    profile: OsString,
    /// Number of steps between two samples.
    #[arg(long, value_name = "N", default_value = "100003", value_parser = parse_interval)]
    profile_every: u64,
    /// Interpret all instructions, and compile none. Slower, for comparison.
    #[arg(long)]
    interpreter: bool,
    /// The most memory that the guest may use.
    #[arg(long, value_name = "SIZE", default_value = MemoryLimit::DEFAULT)]
    pub(super) memory_limit: MemoryLimit,
    /// Seconds without progress before a request to the server fails. 0 disables.
    #[arg(long, value_name = "SECONDS", default_value = "900", value_parser = parse_unsigned)]
    oracle_timeout: u64,
    /// The pre-image server and its arguments.
    #[arg(last = true, value_name = "SERVER")]
    pub(super) server: Vec<OsString>,
}

fn parse_interval(text: &str) -> Result<u64, String> {
    match parse_unsigned(text)? {
        0 => Err("the interval is 0 steps".to_owned()),
        interval => Ok(interval),
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let output = Target::for_state(&args.output, "--output")?;
    check_snapshot_format(&args.snapshot_fmt)?;
    let stop_at_read = StopAtRead::new(
        args.stop_at_preimage.as_deref(),
        &args.stop_at_preimage_type,
        args.stop_at_preimage_larger_than,
    )?;
    require_writable(args)?;
    if args.pprof_cpu {
        log::warn("--pprof.cpu has no effect; use --profile", &[]);
    }
    let metadata = metadata(args)?;
    let debug_info = Target::named(&args.debug_info);
    let input = StateFile::open(&args.input)?;
    // The server gets ready while the state is read. It is not started if a flag or a file's name is wrong.
    let oracle = oracle(&args.server, args.oracle_timeout, stdout_is_free(args))?;
    let state = input.read(args.memory_limit)?;
    log::info("Loaded input state", &[("version", &state.version())]);
    let mut machine = Machine::new(state, oracle, Box::new(log::guest));
    machine.use_interpreter_only(args.interpreter);
    if args.proof_at != StepPattern::Never {
        machine.expect_proofs();
    }
    if debug_info != Target::Nowhere {
        machine.enable_stats();
    }
    let mut execution = Execution {
        info_at: args.info_at,
        stop_at: args.stop_at,
        snapshot_at: args.snapshot_at,
        snapshots: Snapshots::new(&args.snapshot_fmt),
        proof_at: args.proof_at,
        proof_format: &args.proof_fmt,
        witness_at: args.witness_at,
        witnesses: Witnesses::new(Target::named(&args.witness_out)),
        stop_at_read,
        traceback: args.debug.then(|| Traceback::new(&metadata)),
        profile: (!args.profile.is_empty()).then(|| Profile::new(args.profile_every, &metadata)),
        metadata: &metadata,
    };
    execution.run(&mut machine)?;
    if args.witness_at != StepPattern::Never {
        execution.witnesses.finish()?;
    }
    if let Some(profile) = &execution.profile {
        Target::named(&args.profile).write(|out| profile.write(out))?;
    }
    if let Some(traceback) = &execution.traceback {
        Target::Stdout.write(|out| traceback.write(out, machine.state()))?;
    }
    let debug = DebugInfo::of(&machine);
    output.write(|mut out| tribunal_vm::write_state(machine.state(), &mut out))?;
    debug_info.write_json(&debug)
}

/// Checks that the results can be written, before the run that takes time to make them.
fn require_writable(args: &Args) -> anyhow::Result<()> {
    for name in [&args.output, &args.debug_info, &args.profile] {
        Target::named(name).require_writable()?;
    }
    if args.witness_at != StepPattern::Never {
        Target::named(&args.witness_out).require_writable()?;
    }
    for (steps, format) in [(args.proof_at, &args.proof_fmt), (args.snapshot_at, &args.snapshot_fmt)] {
        // If the folder's name has the step, only the run tells whether it is there in time.
        if steps != StepPattern::Never && format.has_one_folder() {
            Target::named(format.name(0)).require_writable()?;
        }
    }
    Ok(())
}

/// Requires that every snapshot gets a state file of its own. An empty format writes none.
fn check_snapshot_format(format: &NameFormat) -> anyhow::Result<()> {
    let name = format.name(0);
    if !matches!(Target::for_state(&name, "--snapshot-fmt")?, Target::File(_) | Target::Nowhere) {
        bail!("invalid --snapshot-fmt {name:?}: snapshots are written to files, not to standard output");
    }
    if !name.is_empty() && !format.names_the_step() {
        bail!("invalid --snapshot-fmt {name:?}: every snapshot would have this name; use %d for the step");
    }
    Ok(())
}

/// Reads the metadata that `--meta` names. The default file may be missing, unless a flag needs it.
fn metadata(args: &Args) -> anyhow::Result<Metadata> {
    let path = Path::new(&args.meta);
    let needs_it = args.debug || !args.profile.is_empty();
    if args.meta.is_empty() || (args.meta == DEFAULT_META && !path.exists()) {
        if needs_it {
            bail!("--debug and --profile need a metadata file: name one with --meta");
        }
        log::info("no metadata file specified, defaulting to empty metadata", &[]);
        return Ok(Metadata::default());
    }
    input::metadata(path)
}

/// The pre-image server with this command line. A request fails after so many seconds without progress, unless they are 0.
pub(crate) fn oracle(
    server: &[OsString],
    timeout: u64,
    stdout_is_free: bool,
) -> anyhow::Result<Box<dyn Oracle>> {
    let Some((program, arguments)) = server.split_first() else { return Ok(Box::new(NoOracle)) };
    if program.is_empty() {
        return Ok(Box::new(NoOracle));
    }
    let mut command = Command::new(program);
    // Keeps colour codes out of the log.
    command.args(arguments).env("NO_COLOR", "1");
    let limits = ServerLimits {
        timeout: (timeout > 0).then(|| Duration::from_secs(timeout)),
        cancelled: crate::interrupt::flag(),
        ..ServerLimits::default()
    };
    let console = Box::new(move |stream, line: &[u8]| log::host(stream, line, stdout_is_free));
    Ok(Box::new(ProcessOracle::start(command, &limits, console)?))
}

/// Whether only log lines go to standard output.
fn stdout_is_free(args: &Args) -> bool {
    let witnesses = args.witness_at != StepPattern::Never && args.witness_out == "-";
    let proofs = args.proof_fmt.name(0) == "-";
    let targets = [&args.output, &args.debug_info, &args.profile];
    !witnesses && !proofs && !targets.into_iter().any(|target| target == "-")
}
