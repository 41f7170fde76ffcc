//! `tribunal check`: decide the claims of a fixture folder.

use anyhow::bail;
use indicatif::ProgressBar;
use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Instant,
};
use tribunal_host::{
    ChainConfigs, Checks, Claim, ConfigFile, FixtureFolder, Host, HostError, HostResult, LocalInputs,
    LocalKeyFlavour, UsedConfigs, Verified,
    store::{self, MemoryStore, PreimageStore},
};
use tribunal_rollup::RollupError;
use tribunal_runner::{
    Cancellation, ClientProgram, ClientProgramError, Fpvm, Native, Runner, check_agreed_head, decide,
    in_order,
};

use crate::{
    count::count,
    exit::Status,
    inputs, output,
    printable::{printable, printable_json},
    progress::{self, ClaimProgress},
    report::{Answer, Evidence, Report},
    terminal::Stream,
    values,
};

/// Decide the claims of a fixture folder.
///
/// The folder holds `claim.json` or `claims.json`, `preimages.bin.zst`, and, for chains that are not built in,
/// `rollup.json` and `l1-genesis-config.json`. Every pre-image is verified against its key.
///
/// Exit status: 0 if all claims are true, 1 if a claim is false, 2 if a claim is undecided or on an error, 141 if the reader
/// of standard output has gone.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The fixture folder.
    dir: PathBuf,
    /// Decide only claim N, counted from 0.
    #[arg(long, value_name = "N", value_parser = values::number::<usize>)]
    claim: Option<usize>,
    /// Compare each verdict with the one in the claim file: exit status 0 if all agree, 1 if one does not.
    #[arg(long)]
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
    /// Read pre-images from this store instead of the folder's file. The store remembers which ones were verified.
    #[arg(long, value_name = "PATH")]
    store: Option<PathBuf>,
    /// How many claims to decide at the same time [default: the number of processors].
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
        (self.client.is_some() && self.vm == Vm::Native)
            .then_some("--client names a program for the VM: add --vm fpvm")
    }
}

/// Runs the command. `start` is when the program was started.
pub(crate) fn run(args: Args, start: Instant) -> anyhow::Result<Status> {
    let folder = read_folder(&args)?;
    let reports = match args.vm {
        Vm::Native => decide_all(&args, &folder, &Native)?,
        Vm::Fpvm => decide_all(&args, &folder, &Fpvm::new(client(args.client.as_deref())?))?,
    };
    print_summary(&args, &reports, start)?;
    let status = |report: &Report| report.status(args.expect);
    Ok(reports.iter().map(status).fold(Status::True, Status::and))
}

fn read_folder(args: &Args) -> anyhow::Result<FixtureFolder> {
    inputs::require_folder(&args.dir, inputs::CLAIMS)?;
    let mut folder = FixtureFolder::read(&args.dir)?;
    if let Some(path) = &args.rollup_config {
        folder.configs.rollup = Some(ConfigFile::read(path)?);
    }
    if let Some(path) = &args.l1_config {
        folder.configs.l1 = Some(ConfigFile::read(path)?);
    }
    Ok(folder)
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

/// Decides the claims, and prints the answers as they come unless they are printed as JSON.
fn decide_all<R>(args: &Args, folder: &FixtureFolder, runner: &R) -> anyhow::Result<Vec<Report>>
where
    R: Runner<Evidence: Into<Evidence>> + Sync,
{
    let chosen = choose(folder, args.claim)?;
    // Where no claim has configs to be decided by, no pre-images are needed to say so.
    let store: Arc<dyn PreimageStore> = match &args.store {
        _ if chosen.iter().all(|chosen| chosen.configs.is_err()) => Arc::new(MemoryStore::new()),
        Some(path) => store::open(path)?,
        None => folder.open_store()?,
    };
    log_configs(&chosen);
    let bar =
        (Stream::Stderr.is_terminal() && !args.json).then(|| progress::bar(chosen.len() as u64, "claims"));
    let session = Session {
        dir: &args.dir,
        store: Arc::new(Verified::new(store)),
        configs: &folder.configs,
        bar,
        runner,
        cancellation: Cancellation::new(),
    };
    let jobs = match args.jobs {
        Some(jobs) => jobs,
        None => thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
    };
    let mut printer = Printer { args, bar: session.bar.as_ref(), reports: Vec::new() };
    let print = |report: anyhow::Result<Report>| {
        // Nothing waits for the claims under way when an answer cannot be printed.
        report.and_then(|report| printer.take(report)).inspect_err(|_| session.cancellation.request())
    };
    in_order(&chosen, jobs, |chosen| session.decide(chosen), print)?;
    if let Some(bar) = printer.bar {
        bar.finish_and_clear();
    }
    if let Some(path) = &args.store {
        explain_empty_store(path, session.store.store(), &printer.reports);
    }
    Ok(printer.reports)
}

/// Says that the store has no pre-images, if that is why no claim is decided.
fn explain_empty_store(path: &Path, store: &dyn PreimageStore, reports: &[Report]) {
    let all_are_undecided = reports.iter().all(|report| matches!(report.answer, Answer::Undecided { .. }));
    if all_are_undecided && store.keys().is_ok_and(|keys| keys.is_empty()) {
        let path = printable(path.display());
        output::message(format_args!(
            "warning: {path} has no pre-images: fill it with `tribunal preimages import`"
        ));
    }
}

/// Prints what remains when every claim has been decided.
fn print_summary(args: &Args, reports: &[Report], start: Instant) -> anyhow::Result<()> {
    let claims = count(reports.len() as u64, "claim");
    if args.json {
        output::line(printable_json(&serde_json::to_string_pretty(reports)?))?;
    } else if args.expect {
        let agreed = reports.iter().filter(|report| report.status(true) == Status::True).count();
        output::line(format_args!("{claims}, {agreed} as expected"))?;
    } else {
        // This is more than the claims' own time, because the pre-images were read first.
        output::line(format_args!("{claims} in {:.1?}", start.elapsed()))?;
    }
    Ok(())
}

/// A claim to decide.
struct Chosen<'a> {
    index: usize,
    claim: &'a Claim,
    /// The configs that it is decided by, or why there are none.
    configs: HostResult<UsedConfigs>,
}

/// The claims to decide.
fn choose(folder: &FixtureFolder, only: Option<usize>) -> anyhow::Result<Vec<Chosen<'_>>> {
    let all = &folder.claims;
    let range = match only {
        None if all.is_empty() => bail!("{} has no claims", folder.claims_file.display()),
        None => 0..all.len(),
        Some(index) if index < all.len() => index..index + 1,
        Some(index) => return Err(inputs::no_such_claim(folder, index)),
    };
    let check = |claim: &Claim| {
        folder.configs.check(claim.chains(), claim.boot.claimed_block_number, LocalKeyFlavour::Kona)
    };
    let claims = all.iter().enumerate().skip(range.start).take(range.len());
    Ok(claims.map(|(index, claim)| Chosen { index, claim, configs: check(claim) }).collect())
}

/// Logs the configs of all claims, equal ones once.
fn log_configs(chosen: &[Chosen<'_>]) {
    let mut logged: Vec<&UsedConfigs> = Vec::new();
    for configs in chosen.iter().filter_map(|chosen| chosen.configs.as_ref().ok()) {
        if !logged.contains(&configs) {
            configs.log();
            logged.push(configs);
        }
    }
}

/// What the claims of a folder share.
struct Session<'a, R> {
    /// The fixture folder.
    dir: &'a Path,
    store: Arc<Verified>,
    configs: &'a ChainConfigs,
    bar: Option<ProgressBar>,
    runner: &'a R,
    cancellation: Cancellation,
}

impl<R: Runner<Evidence: Into<Evidence>>> Session<'_, R> {
    fn decide(&self, chosen: &Chosen<'_>) -> anyhow::Result<Report> {
        let Chosen { index, claim, configs } = chosen;
        let mut report = match configs {
            Ok(_) => self.run(*index, claim)?,
            Err(error) => Report::undecided(*index, &claim.boot, self.explain(error)),
        };
        report.configs = configs.as_ref().ok().cloned();
        report.note.clone_from(&claim.note);
        report.expected = claim.valid.or(claim.expected_block_hash.map(|_| true));
        Ok(report)
    }

    /// The text of an error about the configs. A config that is missing can be given in two ways.
    fn explain(&self, error: &HostError) -> String {
        let HostError::Configs { source, .. } = error else { return error.to_string() };
        let (problem, file, flag) = match source {
            RollupError::UnknownChain { chain_id } => {
                (format!("L2 chain id {chain_id} is not in the registry"), "rollup.json", "--rollup-config")
            }
            RollupError::UnknownL1 { chain_id } => {
                (format!("L1 chain id {chain_id} is not built in"), "l1-genesis-config.json", "--l1-config")
            }
            _ => return error.to_string(),
        };
        format!("{problem}: put {file} into {} or pass {flag}", self.dir.display())
    }

    fn run(&self, index: usize, claim: &Claim) -> anyhow::Result<Report> {
        let local = LocalInputs::new(claim.boot, self.configs.clone(), LocalKeyFlavour::Kona);
        let host = Arc::new(Host::new(Arc::clone(&self.store), local, Checks::Meanwhile)?);
        let mut progress = ClaimProgress::new(index, self.bar.as_ref());
        let run = decide(self.runner, &host, &mut progress, &self.cancellation);
        let mut report = Report::new(index, &claim.boot, run);
        report.answer = self.check_hashes(report.answer, claim);
        Ok(report)
    }

    /// A claim file may have the hashes of the agreed and of the claimed block. A claim with other hashes is undecided.
    fn check_hashes(&self, answer: Answer, claim: &Claim) -> Answer {
        if matches!(answer, Answer::Undecided { .. }) {
            return answer;
        }
        let agreed_root = claim.boot.agreed_output_root;
        if let Some(head) = claim.agreed_l2_head_hash
            && let Err(error) = check_agreed_head(&self.store, agreed_root, head)
        {
            return Answer::undecided(error);
        }
        match (&answer, claim.expected_block_hash) {
            (Answer::True(Evidence::Native(computed)), Some(expected)) if computed.block_hash != expected => {
                Answer::undecided(format_args!(
                    "block hash {} where the claim file has {expected}",
                    computed.block_hash
                ))
            }
            _ => answer,
        }
    }
}

/// Prints reports as they come.
struct Printer<'a> {
    args: &'a Args,
    bar: Option<&'a ProgressBar>,
    reports: Vec<Report>,
}

impl Printer<'_> {
    fn take(&mut self, mut report: Report) -> anyhow::Result<()> {
        if !self.args.stats {
            report.stats = None;
        }
        if !self.args.verbose && !self.args.json && !report.may_be_due_to_configs() {
            report.configs = None;
        }
        let is_as_expected = report.status(true) == Status::True;
        let show = !self.args.json && (!self.args.expect || !is_as_expected || self.args.stats);
        match self.bar {
            Some(bar) => {
                bar.inc(1);
                if show {
                    bar.suspend(|| output::line(&report))?;
                }
            }
            None if show => output::line(&report)?,
            None => {}
        }
        self.reports.push(report);
        Ok(())
    }
}
