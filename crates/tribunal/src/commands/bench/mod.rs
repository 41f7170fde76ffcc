//! `tribunal bench`: time a claim end to end, or proofs, with a breakdown.

#[cfg(feature = "prover")]
pub(super) mod programs;
#[cfg(feature = "prover")]
pub(crate) mod prove;
#[cfg(feature = "prover")]
mod tables;

use anyhow::Context;
use std::{
    num::NonZeroU32,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};
use tracing_subscriber::layer::SubscriberExt;
use tribunal_host::{Checks, FixtureFolder, Host, LocalInputs, LocalKeyFlavour, Verified, store};
use tribunal_runner::{Cancellation, Native, Silent, decide};

use crate::{
    count::count,
    exit::Status,
    inputs,
    output::{self, OutputError},
    printable::printable,
    process,
    timing::{SpanTimer, Totals},
    values,
};

/// Decide a claim several times, and print where the time goes.
///
/// Each run opens the store again and keeps nothing of earlier runs. All runs are in one process.
///
/// Exit status: 0 if the claim was decided, also if it is false; 2 if it is undecided or on an error; 141 if the reader of
/// standard output has gone.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Args {
    #[cfg(feature = "prover")]
    #[command(subcommand)]
    pub(crate) what: Option<What>,
    /// The fixture folder.
    #[arg(required = true)]
    dir: Option<PathBuf>,
    /// Decide claim N, counted from 0.
    #[arg(long, value_name = "N", default_value = "0", value_parser = values::number::<usize>)]
    claim: usize,
    /// Read pre-images from this store instead of the folder's file.
    #[arg(long, value_name = "PATH")]
    store: Option<PathBuf>,
    /// How many times to decide the claim.
    #[arg(long, value_name = "N", default_value = "5", value_parser = values::count::<NonZeroU32>)]
    runs: NonZeroU32,
}

/// What else is measured.
#[cfg(feature = "prover")]
#[derive(Debug, clap::Subcommand)]
pub(crate) enum What {
    Prove(prove::Args),
}

/// Runs the command for a claim.
pub(crate) fn run(args: Args) -> anyhow::Result<Status> {
    let dir = args.dir.as_deref().context("no fixture folder")?;
    inputs::require_folder(dir, inputs::CLAIMS)?;
    let runs = args.runs.get();
    let timer = SpanTimer::default();
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(timer.clone()))
        .context("cannot measure")?;
    let mut totals = Vec::new();
    let mut reading = Duration::ZERO;
    for _ in 0..runs {
        let start = Instant::now();
        let folder = FixtureFolder::read(dir)?;
        let store = match &args.store {
            Some(path) => store::open(path)?,
            None => folder.open_store()?,
        };
        reading += start.elapsed();
        let claim =
            folder.claims.get(args.claim).ok_or_else(|| inputs::no_such_claim(&folder, args.claim))?;
        let local = LocalInputs::new(claim.boot, folder.configs.clone(), LocalKeyFlavour::Kona);
        let host = Arc::new(Host::new(Arc::new(Verified::new(store)), local, Checks::Meanwhile)?);
        decide(&Native, &host, &mut Silent, &Cancellation::new()).result.context("the claim is undecided")?;
        totals.push(start.elapsed());
    }
    totals.sort_unstable();
    print(dir, &args, &totals, reading, &timer.totals())?;
    Ok(Status::True)
}

fn print(
    dir: &Path,
    args: &Args,
    totals: &[Duration],
    reading: Duration,
    spans: &Totals,
) -> Result<(), OutputError> {
    let runs = args.runs.get();
    let median = totals[totals.len() / 2];
    let number = count(runs.into(), "run");
    output::line(format_args!("{} claim {}, {number}", printable(dir.display()), args.claim))?;
    output::line(format_args!(
        "  {:<28} {:>9.1?}  (fastest {:.1?}, slowest {:.1?})",
        "end to end, median",
        median,
        totals[0],
        totals[totals.len() - 1]
    ))?;
    output::line(format_args!("  {:<28} {:>9.1?}", "reading the store", reading / runs))?;
    for (name, (spent, entries)) in spans {
        let (spent, entries) = (*spent / runs, entries / u64::from(runs));
        output::line(format_args!("  {name:<28} {spent:>9.1?}  {}", count(entries, "time")))?;
    }
    if let Some(peak) = process::peak_memory() {
        output::line(format_args!("  {:<28} {:>9}", "peak memory", format!("{peak} kB")))?;
    }
    Ok(())
}
