//! `tribunal fetch`: from a block of a live chain to a claim that can be decided offline.

mod l1_head;

use alloy_primitives::B256;
use anyhow::{Context, bail};
use serde::Serialize;
use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
};
use tribunal_host::{
    BootValues, ChainConfigs, Checks, ConfigFile, Host, HostError, LocalInputs, LocalKeyFlavour, Verified,
    fixture,
    store::{MemoryStore, PreimageStore},
};
use tribunal_preimage::PreimageKey;
use tribunal_rollup::{ClaimedChains, RollupConfig, RollupError, registry};
use tribunal_rpc::{Nodes, Output};
use tribunal_runner::{Cancellation, Native, decide};

use crate::{
    count::count,
    exit::Status,
    files,
    nodes::{self, NodeFlags},
    output,
    printable::printable,
    progress::ClaimProgress,
    report::{Answer, Report},
    values,
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
pub(crate) struct Args {
    /// Number of the first L2 block that is derived. The block before it is agreed on.
    #[arg(long, value_name = "N", value_parser = values::number::<u64>)]
    l2_block: u64,
    /// Number of the last one, which the claim is about [default: the first].
    #[arg(long, value_name = "M", value_parser = values::number::<u64>)]
    to: Option<u64>,
    /// Folder to write. It must not exist, or be empty.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Number of the L1 block to take as L1 head [default: the first from which the claimed block is safe].
    #[arg(long, value_name = "N", value_parser = values::number::<u64>)]
    l1_block: Option<u64>,
    /// Rollup config, for a chain that is not built in.
    #[arg(long, value_name = "FILE")]
    rollup_config: Option<PathBuf>,
    /// L1 chain config, for an L1 that is not built in.
    #[arg(long, value_name = "FILE")]
    l1_config: Option<PathBuf>,
    #[command(flatten)]
    nodes: NodeFlags,
}

impl Args {
    /// Flags that contradict each other, as the message of a usage error.
    pub(crate) fn contradiction(&self) -> Option<&'static str> {
        match self.to {
            _ if self.l2_block == 0 => {
                Some("--l2-block 0: the genesis block is not derived; name block 1 or a later one")
            }
            Some(to) if to < self.l2_block => Some("--to is before --l2-block"),
            _ => None,
        }
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<Status> {
    require_new_folder(&args.out)?;
    let Some(nodes) = args.nodes.nodes(None)? else {
        bail!(
            "nodes are missing: name them with --l1-node-address, --l1-beacon-address and --l2-node-address"
        );
    };
    let done = Session::new(args, nodes.clone()).and_then(|session| session.run());
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

/// What is known of the chains.
struct Session<'a> {
    args: &'a Args,
    nodes: Arc<Nodes>,
    /// The chain ids of L1 and L2.
    chains: (u64, u64),
    configs: ChainConfigs,
    config: RollupConfig,
    store: Arc<dyn PreimageStore>,
}

impl<'a> Session<'a> {
    fn new(args: &'a Args, nodes: Arc<Nodes>) -> anyhow::Result<Self> {
        let l2 = nodes.l2_chain_id().context("the chain id of the L2 node")?;
        let l1 = nodes.l1_chain_id().context("the chain id of the L1 node")?;
        let read = |path: &Option<PathBuf>| path.as_deref().map(ConfigFile::read).transpose();
        let mut rollup = read(&args.rollup_config).context("--rollup-config")?;
        if rollup.is_none() && args.nodes.has_rollup_node() && registry::rollup_config(l2).is_err() {
            let json = nodes.rollup_config().context("the rollup config of the rollup node")?;
            rollup = Some(ConfigFile { path: "optimism_rollupConfig".into(), json });
        }
        let config = match &rollup {
            Some(file) => RollupConfig::from_json(&file.json)
                .map_err(|source| HostError::ConfigFile { path: file.path.clone(), source })?,
            None => registry::rollup_config(l2).map_err(|error| explain(&error))?,
        };
        let configs =
            ChainConfigs { rollup, l1: read(&args.l1_config).context("--l1-config")?, ..Default::default() };
        Ok(Self { args, nodes, chains: (l1, l2), configs, config, store: Arc::new(MemoryStore::new()) })
    }

    fn run(&self) -> anyhow::Result<Status> {
        let claimed_number = self.args.to.unwrap_or(self.args.l2_block);
        let (l1, l2) = self.chains;
        let used = self
            .configs
            .check(ClaimedChains { l1: Some(l1), l2: Some(l2) }, claimed_number, LocalKeyFlavour::Kona)
            .map_err(|error| match &error {
                HostError::Configs { source, .. } => explain(source).context(error.to_string()),
                _ => error.into(),
            })?;
        used.log();
        let agreed = self.output(self.args.l2_block - 1)?;
        let claimed = self.output(claimed_number)?;
        // The agreed output comes from its block. A claim has no other way to it.
        let key = PreimageKey::new_keccak256(agreed.root.0);
        self.store.put(key, &agreed.encoded)?;
        let boot = |l1_head: B256| BootValues {
            l1_head,
            agreed_output_root: agreed.root,
            claimed_output_root: claimed.root,
            claimed_block_number: claimed_number,
            chain_id: l2,
        };
        let l1_head = match self.args.l1_block {
            Some(number) => self.l1_block(number)?.hash,
            None => self.first_fitting_l1_head(&claimed, boot)?,
        };
        let boot = boot(l1_head);
        let (report, read) = self.decide_with_what_it_reads(boot)?;
        let verdict = match &report.answer {
            Answer::True(_) => Some(true),
            Answer::False(_) => Some(false),
            Answer::Undecided { .. } => None,
        };
        let report = Report { stats: None, ..report };
        output::line(&report)?;
        if let Some(valid) = verdict {
            let claim = ClaimFile {
                l1_head,
                agreed_l2_head_hash: agreed.block.hash,
                agreed_l2_output_root: agreed.root,
                claimed_l2_output_root: claimed.root,
                claimed_l2_block_number: claimed_number,
                l2_chain_id: l2,
                l1_chain_id: l1,
                valid,
            };
            files::write_folder(&self.args.out, |folder| self.write(folder, &claim, &*read))
                .with_context(|| format!("cannot write {}", self.args.out.display()))?;
            let preimages = count(read.keys()?.len() as u64, "pre-image");
            output::line(format_args!("{}: 1 claim, {preimages}", printable(self.args.out.display())))?;
        }
        Ok(report.status(false))
    }

    /// The output that the nodes give a block.
    fn output(&self, number: u64) -> anyhow::Result<Output> {
        self.nodes.output(number, &self.config).with_context(|| format!("the output of L2 block {number}"))
    }

    /// Decides the claim with the nodes, and once more with nothing but what the first run read. Returns the second report,
    /// and what was read.
    fn decide_with_what_it_reads(&self, boot: BootValues) -> anyhow::Result<(Report, Arc<MemoryStore>)> {
        let online = self.host(boot);
        let mut progress = ClaimProgress::new(0, None);
        decide(&Native, &online, &mut progress, &Cancellation::new()).result?;
        let read = MemoryStore::new();
        for key in online.served_keys() {
            let value = self.store.get(key)?.with_context(|| format!("{key} has gone from the store"))?;
            read.put_all(&mut std::iter::once((key, value)))?;
        }
        let read = Arc::new(read);
        let local = LocalInputs::new(boot, self.configs.clone(), LocalKeyFlavour::Kona);
        let host = Host::new(Arc::new(Verified::new(read.clone())), local, Checks::Meanwhile)?;
        let run = decide(&Native, &Arc::new(host), &mut progress, &Cancellation::new());
        Ok((Report::new(0, &boot, run), read))
    }

    /// A host that asks the nodes for what the store does not have.
    fn host(&self, boot: BootValues) -> Arc<Host> {
        let local = LocalInputs::new(boot, self.configs.clone(), LocalKeyFlavour::Kona);
        let verified = Arc::new(Verified::new(self.store.clone()));
        let host = Host::with_source(verified, local, self.nodes.clone(), self.args.nodes.patience());
        Arc::new(host.noting_keys())
    }

    fn write(&self, folder: &Path, claim: &ClaimFile, read: &dyn PreimageStore) -> anyhow::Result<()> {
        fs::write(folder.join("claim.json"), serde_json::to_vec_pretty(claim)?)?;
        let configs = [(ROLLUP, &self.configs.rollup), (L1, &self.configs.l1)];
        for (name, config) in configs {
            if let Some(ConfigFile { json, .. }) = config {
                fs::write(folder.join(name), json)?;
            }
        }
        fixture::save(read, &folder.join("preimages.bin.zst"))?;
        Ok(())
    }
}

/// The claim as `claim.json` has it.
#[derive(Serialize)]
struct ClaimFile {
    l1_head: B256,
    agreed_l2_head_hash: B256,
    agreed_l2_output_root: B256,
    claimed_l2_output_root: B256,
    claimed_l2_block_number: u64,
    l2_chain_id: u64,
    l1_chain_id: u64,
    valid: bool,
}

/// The error about a chain that is not built in, with what to do about it.
fn explain(error: &RollupError) -> anyhow::Error {
    match error {
        RollupError::UnknownChain { chain_id } => anyhow::anyhow!(
            "L2 chain id {chain_id} is not in the registry: pass --rollup-config, or name a rollup node with \
             --rollup-node-address"
        ),
        RollupError::UnknownL1 { chain_id } => {
            anyhow::anyhow!("L1 chain id {chain_id} is not built in: pass --l1-config")
        }
        error => anyhow::anyhow!("{error}"),
    }
}
