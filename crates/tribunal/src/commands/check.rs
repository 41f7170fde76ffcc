//! `tribunal check`: decide the claims of a fixture folder.

use anyhow::{Context, bail};
use std::{
    io::IsTerminal,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};
use tribunal_host::{Checks, Claim, FixtureFolder, LocalInputs, LocalKeyFlavour, Verified, store};

use crate::{
    decide::{check_agreed_head, decide},
    exit::Status,
    fpvm::{self, Client},
    progress::{self, BlockProgress},
    report::{Decision, Evidence, Report},
};

/// Decide the claims of a fixture folder.
///
/// The folder holds `claim.json` or `claims.json`, `preimages.bin.zst`, and, for chains that Tribunal does not know,
/// `rollup.json` and `l1-genesis-config.json`. Every pre-image is verified against its key.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The fixture folder.
    dir: PathBuf,
    /// Decide only the claim with this index, counted from 0.
    #[arg(long, value_name = "N")]
    claim: Option<usize>,
    /// Compare with the verdicts in the claim file: the exit status is 0 when all are as expected.
    #[arg(long)]
    expect: bool,
    /// Print one JSON array instead of text.
    #[arg(long)]
    json: bool,
    /// Show how many pre-images and bytes of each kind were read.
    #[arg(long)]
    stats: bool,
    /// Read pre-images from this store instead of the folder's file; what was verified in it stays verified.
    #[arg(long, value_name = "PATH")]
    store: Option<PathBuf>,
    /// Claims to decide at the same time [default: the number of processors].
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Where the client program runs: natively in this process, or as MIPS64 code in the fault-proof VM.
    #[arg(long, value_enum, default_value_t = Vm::Native)]
    vm: Vm,
    /// The client program for the VM, an ELF file [default: the one that `make guest` builds].
    #[arg(long, value_name = "ELF", env = "TRIBUNAL_CLIENT")]
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
    Native,
    Fpvm,
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<Status> {
    let mut folder = FixtureFolder::read(&args.dir)?;
    if let Some(path) = &args.rollup_config {
        folder.configs.rollup = Some(crate::decide::read_config(path)?);
    }
    if let Some(path) = &args.l1_config {
        folder.configs.l1 = Some(crate::decide::read_config(path)?);
    }
    let client = (args.vm == Vm::Fpvm).then(|| Client::read(args.client.as_deref())).transpose()?;
    let chosen = choose(&folder, args.claim)?;
    let store = match &args.store {
        Some(path) => store::open(path)?,
        None => folder.open_store()?,
    };
    let verified = Arc::new(Verified::new(store));
    let bar =
        (std::io::stderr().is_terminal() && !args.json).then(|| progress::bar(chosen.len() as u64, "claims"));
    let one = |index: usize, claim: &Claim| -> anyhow::Result<Report> {
        let local = LocalInputs::new(claim.boot, folder.configs.clone(), LocalKeyFlavour::Kona);
        let head = claim.agreed_l2_head_hash;
        let agreed = head.map(|head| check_agreed_head(&verified, claim.boot.agreed_output_root, head));
        let decided = match &client {
            None => decide(&verified, local, Checks::Meanwhile, &mut BlockProgress::new(bar.as_ref()))?,
            Some(client) => {
                let mut show = progress::steps(bar.as_ref(), index);
                fpvm::decide(client, &verified, claim.boot, local, &mut show)?
            }
        };
        Ok(Report {
            claim: index,
            note: claim.note.clone(),
            expected: claim.valid.or(claim.expected_block_hash.map(|_| true)),
            result: match agreed {
                Some(Err(error)) if !matches!(decided.decision, Decision::Undecided { .. }) => {
                    Decision::Undecided { error: error.to_string(), key: None }
                }
                _ => check_hash(decided.decision, claim),
            },
            seconds: decided.seconds,
            stats: args.stats.then_some(decided.stats),
        })
    };
    let jobs = args.jobs.unwrap_or_else(|| thread::available_parallelism().map_or(1, Into::into));
    let mut status = Status::True;
    let mut unexpected = 0;
    let reports = in_parallel(&chosen, jobs, one, |report| {
        status = status.and(report.status(args.expect));
        unexpected += usize::from(args.expect && report.status(true) != Status::True);
        let show = !args.json && (!args.expect || report.status(true) != Status::True || args.stats);
        match &bar {
            Some(bar) => {
                bar.inc(1);
                if show {
                    bar.suspend(|| println!("{report}"));
                }
            }
            None if show => println!("{report}"),
            None => {}
        }
    })?;
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    if args.json {
        serde_json::to_writer_pretty(std::io::stdout().lock(), &reports)
            .context("cannot write the report")?;
        println!();
    } else if args.expect {
        println!("{} claims, {} as expected", reports.len(), reports.len() - unexpected);
    }
    Ok(status)
}

/// The claims to decide, with their indices.
fn choose(folder: &FixtureFolder, only: Option<usize>) -> anyhow::Result<Vec<(usize, &Claim)>> {
    let all: Vec<(usize, &Claim)> = folder.claims.iter().enumerate().collect();
    match only {
        None if all.is_empty() => bail!("{} has no claims", folder.claims_file.display()),
        None => Ok(all),
        Some(index) => match all.get(index) {
            Some(claim) => Ok(vec![*claim]),
            None => bail!("{} has {} claims, counted from 0", folder.claims_file.display(), all.len()),
        },
    }
}

/// A claim file may say which hash the claimed block must have. Another one for a true claim would be our fault.
fn check_hash(decision: Decision, claim: &Claim) -> Decision {
    match (&decision, claim.expected_block_hash) {
        (Decision::True(Evidence::Computed(computed)), Some(expected)) if computed.block_hash != expected => {
            Decision::Undecided {
                error: format!("block hash {} where the claim file has {expected}", computed.block_hash),
                key: None,
            }
        }
        _ => decision,
    }
}

/// Runs `work` on all claims, on `jobs` threads, and hands over the reports in order.
fn in_parallel(
    claims: &[(usize, &Claim)],
    jobs: usize,
    work: impl Fn(usize, &Claim) -> anyhow::Result<Report> + Sync,
    mut done: impl FnMut(&Report),
) -> anyhow::Result<Vec<Report>> {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, claims.len().max(1)) {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                while let Some((index, claim)) = claims.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if sender.send((*index, work(*index, claim))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut waiting = std::collections::BTreeMap::new();
        let mut reports: Vec<Report> = Vec::with_capacity(claims.len());
        for (index, report) in receiver {
            waiting.insert(index, report?);
            while let Some(report) = claims.get(reports.len()).and_then(|(index, _)| waiting.remove(index)) {
                done(&report);
                reports.push(report);
            }
        }
        Ok(reports)
    })
}
