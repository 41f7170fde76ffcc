//! `tribunal devnet`: make a devnet.

use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use tribunal_host::HostError;
use tribunal_rollup::Fork;
use tribunal_testkit::{Batches, Devnet, FORKS, Options, TestkitError, fork_name};

use crate::{exit::Status, files, output, printable::printable, progress, terminal::Stream, values};

/// Make a devnet: an L1 and an L2 chain, their pre-images, and claims about them, true and false.
///
/// The same options give the same files. The folder can be given to `tribunal check`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder to write. It is created if it does not exist.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Seed of all random choices.
    #[arg(long, value_name = "N", default_value = "1", value_parser = values::number::<u64>)]
    seed: u64,
    /// Number of L2 blocks after genesis, from 7 to 100000. With --fork, at least 7 for each fork and 7 more.
    #[arg(long, value_name = "N", default_value = "40", value_parser = values::number::<u64>)]
    blocks: u64,
    /// Forks that activate on the way, at equal distances: consecutive ones of ecotone, fjord, granite, holocene, isthmus,
    /// jovian, karst. Earlier forks are active from the first block [default: none; all forks up to jovian are active
    /// from the first block].
    #[arg(long, value_name = "NAME[,NAME...]", num_args = 1.., value_delimiter = ',', value_parser = parse_fork)]
    fork: Vec<Fork>,
    /// How batches get to L1. With `calldata`, derivation reads no blob, so more claims can be proven.
    #[arg(long, value_name = "HOW", value_enum, default_value_t = BatchesArg::Mixed)]
    batches: BatchesArg,
}

/// How batches get to L1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum BatchesArg {
    Mixed,
    Calldata,
    Blobs,
}

impl From<BatchesArg> for Batches {
    fn from(batches: BatchesArg) -> Self {
        match batches {
            BatchesArg::Mixed => Self::Mixed,
            BatchesArg::Calldata => Self::Calldata,
            BatchesArg::Blobs => Self::Blobs,
        }
    }
}

fn parse_fork(name: &str) -> Result<Fork, String> {
    let known = || FORKS.map(fork_name).join(", ");
    FORKS.into_iter().find(|fork| fork_name(*fork) == name).ok_or_else(|| format!("not one of {}", known()))
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<Status> {
    if args.out.exists() && !args.out.is_dir() {
        bail!("{} is a file; name a folder", args.out.display());
    }
    let bar = Stream::Stderr.is_terminal().then(|| progress::bar(args.blocks, "blocks"));
    let options =
        Options { seed: args.seed, blocks: args.blocks, forks: args.fork, batches: args.batches.into() };
    let devnet = Devnet::generate(&options, &mut |blocks| {
        if let Some(bar) = &bar {
            bar.set_position(blocks);
        }
    })?;
    files::write_folder(&args.out, |folder| {
        devnet.write(folder).map_err(|error| without_folder(error, folder))
    })
    .with_context(|| format!("cannot write {}", args.out.display()))?;
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    output::line(format_args!(
        "{}: {} blocks, {} claims, {} pre-images",
        printable(args.out.display()),
        args.blocks,
        devnet.claims(),
        devnet.preimages()
    ))?;
    Ok(Status::True)
}

/// The error about a file in `folder`, whose name is temporary: with the file's name alone.
fn without_folder(error: TestkitError, folder: &Path) -> anyhow::Error {
    match error {
        TestkitError::Host(HostError::Io { path, source }) => {
            let file = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
            anyhow::Error::new(source).context(file)
        }
        error => error.into(),
    }
}
