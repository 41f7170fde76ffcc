//! `tribunal fetch`: from a block of a live chain to a claim that can be decided offline.

use anyhow::{Context, bail};
use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
};
use tribunal_host::{
    BootValues, Checks, Claim, ConfigFile, Host, LocalInputs, LocalKeyFlavour, Verified, fixture,
    store::{MemoryStore, PreimageStore},
};
use tribunal_rpc::Nodes;
use tribunal_runner::{Cancellation, Native, decide};

use crate::{
    count::count,
    exit::Status,
    files,
    live::{BlockFlags, Blocks, ConfigPaths, LiveChains},
    metrics::{MetricsFlags, Watch},
    nodes::{self, NodeFlags},
    output,
    printable::printable,
    report::Report,
    steps::{self, DerivedBlocks, Steps},
};

const ROLLUP: &str = "rollup.json";
const L1: &str = "l1-genesis-config.json";

/// Decide a claim about a live chain, and write it as a fixture folder that can be decided offline.
///
/// The claim is that block --to has the output root that the L2 node says, given the block before --l2-block. Its L1 head is
/// the first L1 block from which the claimed block is safe. The folder has the claim, the configs that are not built in, and
/// the pre-images that were read; `tribunal check` decides it.
///
/// Exit status: 0 if the claim is true, 1 if it is false, 2 if it is undecided or on an error. The folder is written if the
/// claim was decided.
#[derive(Debug, clap::Args)]
#[command(mut_arg("l2_block", |flag| flag.required(true)))]
pub(crate) struct Args {
    #[command(flatten)]
    blocks: BlockFlags,
    /// Folder to write. It must not exist, or be empty.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Rollup config, for a chain that is not built in.
    #[arg(long, value_name = "FILE")]
    rollup_config: Option<PathBuf>,
    /// L1 chain config, for an L1 that is not built in.
    #[arg(long, value_name = "FILE")]
    l1_config: Option<PathBuf>,
    #[command(flatten)]
    nodes: NodeFlags,
    #[command(flatten)]
    metrics: MetricsFlags,
}

impl Args {
    /// Flags that contradict each other, as the message of a usage error.
    pub(crate) fn contradiction(&self) -> Option<&'static str> {
        self.blocks.contradiction()
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<Status> {
    let blocks = args.blocks.blocks().context("--l2-block is missing")?;
    require_new_folder(&args.out)?;
    let flags = args.nodes.or_environment();
    let nodes = flags.nodes(None)?.context(nodes::MISSING_NODES)?;
    let watch = args.metrics.start()?;
    watch.nodes(&nodes);
    let done = fetch(args, &flags, blocks, nodes.clone(), watch);
    nodes::say_reads(&nodes);
    done
}

/// Checks that a folder can be written to `path` later. What lies in a folder already could pass for a part of the fixture.
fn require_new_folder(path: &Path) -> anyhow::Result<()> {
    match fs::read_dir(path) {
        Ok(entries) => match entries.count() {
            0 => files::require_writable(&path.join("claim.json")),
            _ => bail!("{} is not empty: name a new folder", path.display()),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => files::require_writable(path),
        Err(_) if path.exists() && !path.is_dir() => bail!("{} is a file; name a folder", path.display()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Works out the claim, decides it, and writes what was read.
fn fetch(
    args: &Args,
    flags: &NodeFlags,
    blocks: Blocks,
    nodes: Arc<Nodes>,
    watch: Watch,
) -> anyhow::Result<Status> {
    let paths = ConfigPaths { rollup: args.rollup_config.as_ref(), l1: args.l1_config.as_ref() };
    let fetched = Arc::new(Verified::new(Arc::new(MemoryStore::new())));
    let steps = Steps::start(&watch);
    let chains = LiveChains::connect(flags, nodes, paths, fetched, watch, &steps)?;
    chains.used_configs(blocks.last)?.log();
    let claim = chains.claim(blocks, &steps)?;
    let (report, read) = decide_with_what_it_reads(&chains, blocks, claim.boot, &steps)?;
    let report = Report { stats: None, ..report };
    steps::aside(|| output::line(&report))?;
    if let Some(valid) = report.answer.verdict() {
        let claim = Claim { valid: Some(valid), ..claim };
        steps.begin(format_args!("writing {}", args.out.display()));
        files::write_folder(&args.out, |folder| write(folder, &chains, &claim, &*read))
            .with_context(|| format!("cannot write {}", args.out.display()))?;
        drop(steps);
        let preimages = count(read.keys()?.len() as u64, "pre-image");
        output::line(format_args!("{}: 1 claim, {preimages}", printable(args.out.display())))?;
    }
    Ok(report.status(false))
}

/// Decides the claim with the nodes, and once more with nothing but what the first run read. Returns the second report,
/// and what was read.
fn decide_with_what_it_reads(
    chains: &LiveChains,
    blocks: Blocks,
    boot: BootValues,
    steps: &Steps,
) -> anyhow::Result<(Report, Arc<MemoryStore>)> {
    let online = Arc::new(chains.host(boot).noting_keys());
    let Blocks { first, last, .. } = blocks;
    let deciding = |doing| {
        steps.begin(doing);
        DerivedBlocks { steps, doing, first, last }
    };
    decide(&Native, &online, &mut deciding("deciding"), &Cancellation::new()).result?;
    let read = MemoryStore::new();
    for key in online.served_keys() {
        let value = chains.fetched().store().get(key)?;
        let value = value.with_context(|| format!("{key} has gone from the store"))?;
        read.put_all(&mut std::iter::once((key, value)))?;
    }
    let read = Arc::new(read);
    let local = LocalInputs::new(boot, chains.configs().clone(), LocalKeyFlavour::Kona);
    let host = Host::new(Arc::new(Verified::new(read.clone())), local, Checks::Meanwhile)?;
    let run = decide(
        &Native,
        &Arc::new(host),
        &mut deciding("deciding again, from what was read"),
        &Cancellation::new(),
    );
    Ok((Report::new(0, &boot, run), read))
}

/// Writes the fixture folder.
fn write(folder: &Path, chains: &LiveChains, claim: &Claim, read: &dyn PreimageStore) -> anyhow::Result<()> {
    fs::write(folder.join("claim.json"), serde_json::to_vec_pretty(claim)?)?;
    let configs = chains.configs();
    for (name, config) in [(ROLLUP, &configs.rollup), (L1, &configs.l1)] {
        if let Some(ConfigFile { json, .. }) = config {
            fs::write(folder.join(name), json)?;
        }
    }
    fixture::save(read, &folder.join("preimages.bin.zst"))?;
    Ok(())
}
