//! `tribunal check`: decide the claims of a fixture folder, or one about a block of a live chain.

mod printer;
mod session;
mod subject;

use anyhow::{Context, bail};
use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    thread,
    time::Instant,
};
use tribunal_host::store::PreimageStore;
use tribunal_runner::{Cancellation, ClientProgram, ClientProgramError, Fpvm, Native, Runner, in_order};

use self::{
    printer::{Printer, print_summary},
    session::{Chosen, Session, log_configs},
    subject::Subject,
};
use crate::{
    exit::Status,
    live::BlockFlags,
    metrics::MetricsFlags,
    nodes::{self, NodeFlags},
    output,
    printable::printable,
    progress,
    report::{Answer, Evidence, Report},
    terminal::Stream,
    values,
};

/// Decide the claims of a fixture folder, or a claim about a live chain.
///
/// The folder holds `claim.json` or `claims.json`, `preimages.bin.zst`, and, for chains that are not built in,
/// `rollup.json` and `l1-genesis-config.json`. Every pre-image is verified against its key. If nodes are named, they are
/// asked for pre-images that the folder does not have.
///
/// Without a folder, the claim is about a block of a live chain: that block --to has the output root that the L2 node says,
/// given the block before --l2-block. `tribunal fetch` writes the same claim as a folder.
///
/// Exit status: 0 if all claims are true, 1 if a claim is false, 2 if a claim is undecided or on an error, 141 if the reader
/// of standard output has gone.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The fixture folder.
    #[arg(required_unless_present = "l2_block", conflicts_with = "l2_block")]
    dir: Option<PathBuf>,
    #[command(flatten)]
    blocks: BlockFlags,
    /// Decide only claim N, counted from 0.
    #[arg(long, value_name = "N", conflicts_with = "l2_block", value_parser = values::number::<usize>)]
    claim: Option<usize>,
    /// Compare each verdict with the one in the claim file: exit status 0 if all agree, 1 if one does not.
    #[arg(long, conflicts_with = "l2_block")]
    expect: bool,
    /// Print a JSON array with an object for each claim, instead of text.
    #[arg(long)]
    json: bool,
    /// Print how many pre-images and bytes were read, for each key type.
    #[arg(long)]
    stats: bool,
    /// Print which configs decide each claim, and where they come from. The JSON always has them.
    #[arg(short, long)]
    verbose: bool,
    /// Read pre-images from this store instead of the folder's file. The store remembers which ones were verified. With
    /// nodes, it is made if it does not exist, and keeps what is fetched.
    #[arg(long, value_name = "PATH")]
    store: Option<PathBuf>,
    /// How many claims to decide at the same time [default: the number of processors; 1 with nodes].
    #[arg(long, value_name = "N", value_parser = values::count::<NonZeroUsize>)]
    jobs: Option<NonZeroUsize>,
    /// Where to run the client program.
    #[arg(long, value_name = "WHERE", value_enum, default_value_t = Vm::Native)]
    vm: Vm,
    /// ELF file of the client program; needs --vm fpvm [default: the one that TRIBUNAL_CLIENT names, or that `make guest`
    /// builds].
    #[arg(long, value_name = "ELF")]
    client: Option<PathBuf>,
    /// Rollup config to use instead of the folder's or the built-in one.
    #[arg(long, value_name = "FILE")]
    rollup_config: Option<PathBuf>,
    /// L1 chain config to use instead of the folder's or the built-in one.
    #[arg(long, value_name = "FILE")]
    l1_config: Option<PathBuf>,
    #[command(flatten)]
    nodes: NodeFlags,
    #[command(flatten)]
    metrics: MetricsFlags,
}

/// Where the client runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Vm {
    /// In this process.
    Native,
    /// As MIPS64 code in the fault-proof VM.
    Fpvm,
}

impl Args {
    /// Flags that contradict each other, as the message of a usage error.
    pub(crate) fn contradiction(&self) -> Option<&'static str> {
        match self.client.is_some() && self.vm == Vm::Native {
            true => Some("--client names a program for the VM: add --vm fpvm"),
            false => self.blocks.contradiction(),
        }
    }
}

/// Runs the command. `start` is when the program was started.
pub(crate) fn run(args: &Args, start: Instant) -> anyhow::Result<Status> {
    let program = match args.vm {
        Vm::Native => None,
        Vm::Fpvm => Some(client(args.client.as_deref())?),
    };
    let watch = args.metrics.start()?;
    let Some(blocks) = args.blocks.blocks() else {
        let dir = args.dir.as_deref().context("no fixture folder")?;
        return decide_and_print(args, &Subject::of_folder(args, dir, watch)?, program, start);
    };
    let flags = args.nodes.or_environment();
    let nodes = flags.nodes(None)?.context(nodes::MISSING_NODES)?;
    watch.nodes(&nodes);
    let done = Subject::live(args, &flags, blocks, nodes.clone(), watch)
        .and_then(|subject| decide_and_print(args, &subject, program, start));
    nodes::say_reads(&nodes);
    done
}

/// The client program that is named, or that `make guest` built.
pub(super) fn client(named: Option<&Path>) -> anyhow::Result<ClientProgram> {
    let variable = std::env::var_os("TRIBUNAL_CLIENT").map(PathBuf::from);
    let named = named.or(variable.as_deref());
    match named.map_or_else(ClientProgram::built, ClientProgram::read) {
        Err(error @ ClientProgramError::NotFound(_)) => {
            bail!("{error}: build it with `make guest`, or name it with --client or TRIBUNAL_CLIENT")
        }
        client => Ok(client?),
    }
}

fn decide_and_print(
    args: &Args,
    subject: &Subject<'_>,
    program: Option<ClientProgram>,
    start: Instant,
) -> anyhow::Result<Status> {
    let reports = match program {
        None => decide_all(args, subject, &Native)?,
        Some(program) => decide_all(args, subject, &Fpvm::new(program))?,
    };
    print_summary(args, &reports, start)?;
    let status = |report: &Report| report.status(args.expect);
    Ok(reports.iter().map(status).fold(Status::True, Status::and))
}

/// Decides the claims, and prints the answers as they come unless they are printed as JSON.
fn decide_all<R>(args: &Args, subject: &Subject<'_>, runner: &R) -> anyhow::Result<Vec<Report>>
where
    R: Runner<Evidence: Into<Evidence>> + Sync,
{
    let chosen = subject.choose(args.claim)?;
    let store = subject.open_store(args, &chosen)?;
    log_configs(&chosen);
    let bar =
        (Stream::Stderr.is_terminal() && !args.json).then(|| progress::bar(chosen.len() as u64, "claims"));
    let session = Session { subject, store, bar, runner, cancellation: Cancellation::new() };
    let mut printer = Printer { args, bar: session.bar.as_ref(), reports: Vec::new() };
    let print = |report: anyhow::Result<Report>| {
        // Nothing waits for the claims under way when an answer cannot be printed.
        report.and_then(|report| printer.take(report)).inspect_err(|_| session.cancellation.request())
    };
    in_order(&chosen, jobs(args, subject), |chosen: &Chosen<'_>| session.decide(chosen), print)?;
    if let Some(bar) = printer.bar {
        bar.finish_and_clear();
    }
    if let Some(path) = args.store.as_ref().filter(|_| !subject.asks_nodes()) {
        explain_empty_store(path, session.store.store(), &printer.reports);
    }
    Ok(printer.reports)
}

/// How many claims are decided at the same time. Each has connections and limits of its own to the nodes, if there are any.
fn jobs(args: &Args, subject: &Subject<'_>) -> NonZeroUsize {
    match args.jobs {
        Some(jobs) => jobs,
        None if subject.asks_nodes() => NonZeroUsize::MIN,
        None => thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
    }
}

/// Says that the store has no pre-images, if that is why no claim is decided.
fn explain_empty_store(path: &Path, store: &dyn PreimageStore, reports: &[Report]) {
    let all_are_undecided = reports.iter().all(|report| matches!(report.answer, Answer::Undecided { .. }));
    if all_are_undecided && store.keys().is_ok_and(|keys| keys.is_empty()) {
        let path = printable(path.display());
        output::warning(format_args!("{path} has no pre-images: fill it with `tribunal preimages import`"));
    }
}
