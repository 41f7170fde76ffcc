//! `tribunal vm run`: run a program, with proofs, snapshots and stops on the way.

use anyhow::{Context, bail};
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
    input::{self, MemoryLimit},
    log,
    output::{self, Target},
    pattern::{StepPattern, parse_number},
    profile::Profile,
    stop::StopAtRead,
    witnesses::Witnesses,
};

const DEFAULT_META: &str = "meta.json";

/// Run a program from a state, with proofs, snapshots and stops on the way.
///
/// The flags are Cannon's, with one dash or two. What follows -- is the command line of the pre-image server. A pattern
/// of steps is `never`, `always`, `=N` (at step N) or `%N` (every N steps).
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
pub(crate) struct Args {
    /// The state to begin with (.bin or .bin.gz).
    #[arg(long, value_name = "STATE")]
    input: PathBuf,
    /// Where to write the last state (.bin or .bin.gz); - is standard output, and nothing is written if this is empty.
    #[arg(long, value_name = "STATE", default_value = "out.bin.gz")]
    output: OsString,
    /// Steps to prove.
    #[arg(long, value_name = "PATTERN", default_value = "never", hide_default_value = true)]
    proof_at: StepPattern,
    /// Where to write proofs: %d stands for the step, .gz compresses, - is standard output.
    #[arg(long, value_name = "FORMAT", default_value = "proof-%d.json")]
    proof_fmt: String,
    /// Steps before which to write the state.
    #[arg(long, value_name = "PATTERN", default_value = "never", hide_default_value = true)]
    snapshot_at: StepPattern,
    /// Where to write these states (.bin or .bin.gz).
    #[arg(long, value_name = "FORMAT", default_value = "state-%d.bin.gz")]
    snapshot_fmt: String,
    /// The step to stop before.
    #[arg(long, value_name = "PATTERN", default_value = "never", hide_default_value = true)]
    stop_at: StepPattern,
    /// Stop after the first read of a pre-image whose key begins so, at this offset, at this step or later.
    #[arg(long, value_name = "KEYPREFIX[@OFFSET[@STEP]]")]
    stop_at_preimage: Option<String>,
    /// Stop after the first read of a pre-image of this type: local, keccak, sha256, blob, precompile, any.
    #[arg(long, value_name = "TYPE", default_value = "", hide_default_value = true)]
    stop_at_preimage_type: String,
    /// Stop after the first read of a pre-image that, with its length of 8 bytes, has more bytes than this.
    #[arg(long, value_name = "N", default_value = "0", hide_default_value = true, value_parser = parse_number)]
    stop_at_preimage_larger_than: u64,
    /// The names of the program's functions; none if this is empty, or not given and not there.
    #[arg(long, value_name = "JSON", default_value = DEFAULT_META)]
    meta: OsString,
    /// Steps to log.
    #[arg(long, value_name = "PATTERN", default_value = "%1000000000")]
    info_at: StepPattern,
    /// Taken for Cannon's sake, and without effect.
    #[arg(long = "pprof.cpu")]
    pprof_cpu: bool,
    /// Print the guest's call stack at the end. Needs --meta.
    #[arg(long)]
    debug: bool,
    /// Where to write counts of what the program did, as JSON.
    #[arg(long, value_name = "JSON", default_value = "", hide_default_value = true)]
    debug_info: OsString,
    /// Steps before which to write the hash of the state, as a line `STEP HASH`; with one line more for the end.
    #[arg(long, value_name = "PATTERN", default_value = "never", hide_default_value = true)]
    witness_at: StepPattern,
    /// Where to write these lines; - is standard output.
    #[arg(long, value_name = "FILE", default_value = "-")]
    witness_out: OsString,
    /// Where to write samples of the guest's call stack, in the form that flame graphs are made of. Needs --meta.
    #[arg(long, value_name = "FILE", default_value = "", hide_default_value = true)]
    profile: OsString,
    /// Steps between two samples.
    #[arg(long, value_name = "N", default_value = "100003", value_parser = clap::value_parser!(u64).range(1..))]
    profile_every: u64,
    /// Interpret every instruction, compile none.
    #[arg(long)]
    interpreter: bool,
    /// How much memory the guest may use.
    #[arg(long, value_name = "SIZE", default_value = MemoryLimit::DEFAULT)]
    memory_limit: MemoryLimit,
    /// How long the pre-image server may do nothing when it should, in seconds; 0 is for ever.
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    oracle_timeout: u64,
    /// The pre-image server and its arguments.
    #[arg(last = true, value_name = "SERVER")]
    server: Vec<OsString>,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let output = Target::for_state(&args.output, "--output")?;
    check_formats(args)?;
    let stop_at_read = StopAtRead::new(
        args.stop_at_preimage.as_deref(),
        &args.stop_at_preimage_type,
        args.stop_at_preimage_larger_than,
    )?;
    if args.pprof_cpu {
        log::warn("--pprof.cpu has no effect here; see --profile", &[]);
    }
    let metadata = metadata(args)?;
    let state = input::state(&args.input, args.memory_limit)?;
    log::info("Loaded input state", &[("version", &state.version)]);
    let debug_info = Target::named(&args.debug_info);
    // Started last, so that bad flags and files end nobody's work.
    let mut machine = Machine::new(state, oracle(args)?, Box::new(log::guest));
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
        snapshot_format: &args.snapshot_fmt,
        proof_at: args.proof_at,
        proof_format: &args.proof_fmt,
        witness_at: args.witness_at,
        witnesses: Witnesses::new(Target::named(&args.witness_out)),
        stop_at_read,
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
    if args.debug {
        super::callstack::print_traceback(machine.state(), &metadata);
    }
    let debug = DebugInfo::of(&machine);
    output.write(|mut out| tribunal_vm::write_state(machine.state(), &mut out))?;
    debug_info.write_json(&debug)
}

fn check_formats(args: &Args) -> anyhow::Result<()> {
    let snapshot = output::name_for_step(&args.snapshot_fmt, 0).context("--snapshot-fmt")?;
    if snapshot == "-" {
        bail!("invalid --snapshot-fmt: snapshots go to files");
    }
    Target::for_state(snapshot, "--snapshot-fmt")?;
    output::name_for_step(&args.proof_fmt, 0).context("--proof-fmt").map(drop)
}

/// The metadata that `--meta` names. Its default is a name, so that a file that is not there is only an error if it was
/// asked for.
fn metadata(args: &Args) -> anyhow::Result<Metadata> {
    let path = Path::new(&args.meta);
    let needs_it = args.debug || !args.profile.is_empty();
    if args.meta.is_empty() || (args.meta == DEFAULT_META && !path.exists()) {
        if needs_it {
            bail!("--debug and --profile need a metadata file: see --meta");
        }
        log::info("no metadata file specified, defaulting to empty metadata", &[]);
        return Ok(Metadata::default());
    }
    input::metadata(path).context("failed to load metadata")
}

fn oracle(args: &Args) -> anyhow::Result<Box<dyn Oracle>> {
    let Some((program, arguments)) = args.server.split_first() else { return Ok(Box::new(NoOracle)) };
    if program.is_empty() {
        return Ok(Box::new(NoOracle));
    }
    let mut command = Command::new(program);
    // Programs that colour their output do not when this is set.
    command.args(arguments).env("NO_COLOR", "1");
    let limits = ServerLimits {
        timeout: (args.oracle_timeout > 0).then(|| Duration::from_secs(args.oracle_timeout)),
        cancelled: crate::interrupt::flag(),
        ..ServerLimits::default()
    };
    let stdout_is_free = stdout_is_free(args);
    let console = Box::new(move |stream, line: &[u8]| log::host(stream, line, stdout_is_free));
    Ok(Box::new(ProcessOracle::start(command, &limits, console)?))
}

/// Whether nothing but log lines goes to standard output.
fn stdout_is_free(args: &Args) -> bool {
    let witnesses = args.witness_at != StepPattern::Never && args.witness_out == "-";
    let targets = [&args.output, &args.debug_info, &args.profile];
    !witnesses && args.proof_fmt != "-" && !targets.into_iter().any(|target| target == "-")
}
