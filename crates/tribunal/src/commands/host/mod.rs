//! `tribunal host`: serve pre-images to a client program, with kona-host's flags.

mod logs;

use alloy_primitives::B256;
use anyhow::{Context, bail};
use clap::ArgGroup;
use std::{ffi::OsString, path::PathBuf, sync::Arc, time::Duration};
use tribunal_host::{
    BootValues, ChainConfigs, Checks, ConfigFile, Descriptors, Host, HostError, LocalInputs, LocalKeyFlavour,
    Verified,
    store::{MemoryStore, PreimageStore, StoreKind, StoreOptions},
};
use tribunal_preimage::PreimageOracleError;
use tribunal_rollup::ClaimedChains;
use tribunal_runner::{AgreedHeadError, Cancellation, Native, check_agreed_head, decide};

use self::logs::Logs;
use crate::{
    exit::Status,
    logging::LogFormat,
    metrics::MetricsFlags,
    nodes::{self, NodeFlags},
    output,
    progress::ClaimProgress,
    report::Report,
    values,
};

/// Serve pre-images to a client program, with kona-host's flags.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    logs: Logs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    // The struct's doc comment is its help.
    Single(Box<Single>),
    /// Not supported: serve a claim of interoperating chains.
    #[command(hide = true, disable_help_flag = true)]
    Super {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        _arguments: Vec<OsString>,
    },
}

/// Serve pre-images for a claim about a single chain, or decide the claim.
///
/// With `--server`, the host reads hints from file descriptor 3 and acknowledges them on 4, and reads keys from 5 and
/// writes pre-images to 6. With `--native`, it runs the client itself: exit status 0 if the claim is true, 1 if it is false,
/// 2 if it is undecided.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("chain").required(true).args(["l2_chain_id", "rollup_config_path"]))]
#[command(group = ArgGroup::new("mode").required(true).args(["native", "server"]))]
struct Single {
    /// Hash of the L1 head, the last L1 block that the claim may draw on.
    #[arg(long, value_name = "HASH", env = "L1_HEAD", value_parser = values::hash)]
    l1_head: B256,
    /// Hash of the agreed L2 block: it must be the block of the agreed output root. Required with nodes, and optional
    /// otherwise.
    #[arg(long, alias = "l2-head", value_name = "HASH", env = "AGREED_L2_HEAD_HASH", value_parser = values::hash)]
    agreed_l2_head_hash: Option<B256>,
    /// Output root of the agreed L2 block, where derivation starts.
    #[arg(long, alias = "l2-output-root", value_name = "ROOT", env = "AGREED_L2_OUTPUT_ROOT", value_parser = values::hash)]
    agreed_l2_output_root: B256,
    /// Output root that is claimed.
    #[arg(long, alias = "l2-claim", value_name = "ROOT", env = "CLAIMED_L2_OUTPUT_ROOT", value_parser = values::hash)]
    claimed_l2_output_root: B256,
    /// Number of the L2 block that the root is claimed for.
    #[arg(long, alias = "l2-block-number", value_name = "N", env = "CLAIMED_L2_BLOCK_NUMBER", value_parser = values::number::<u64>)]
    claimed_l2_block_number: u64,
    /// L2 chain id, for a chain whose config the client has built in. Required unless --rollup-config-path is given; the
    /// two exclude each other.
    #[arg(long, value_name = "ID", env = "L2_CHAIN_ID", value_parser = values::number::<u64>)]
    l2_chain_id: Option<u64>,
    /// Rollup config, for any other chain. Required unless --l2-chain-id is given.
    #[arg(long, alias = "rollup-cfg", value_name = "FILE", env = "ROLLUP_CONFIG_PATH")]
    rollup_config_path: Option<PathBuf>,
    /// L2 chain config (the genesis file's `config`). Only op-program's client reads it.
    #[arg(long, value_name = "FILE", requires = "rollup_config_path")]
    l2_config_path: Option<PathBuf>,
    /// How local keys are numbered, which depends on the client. `op-program` needs --server.
    #[arg(long, value_enum, default_value_t = LocalKeys::Kona)]
    local_keys: LocalKeys,
    /// L1 chain config, for an L1 that the client does not have built in.
    #[arg(long, alias = "l1-cfg", value_name = "FILE", env = "L1_CONFIG_PATH")]
    l1_config_path: Option<PathBuf>,
    /// Store with the pre-images. Required unless nodes are given. What is fetched from nodes is kept in it, and it is made
    /// if it does not exist; without it, everything stays in memory.
    #[arg(long, visible_alias = "db", value_name = "PATH", env = "DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// Kind of a new store that is filled from nodes. One that exists is opened by its contents.
    #[arg(long, value_name = "FORMAT", value_enum, env = "DATA_FORMAT", default_value_t = DataFormat::Directory)]
    data_format: DataFormat,
    /// Seconds to wait while another process writes to the store.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = values::number::<u64>)]
    lock_timeout: u64,
    /// Run the client in this process, and print the verdict. Required unless --server is given.
    #[arg(long)]
    native: bool,
    /// Serve a client on file descriptors 3 to 6. Required unless --native is given.
    #[arg(long)]
    server: bool,
    #[command(flatten)]
    nodes: NodeFlags,
    #[command(flatten)]
    metrics: MetricsFlags,
    /// Taken for kona-host's sake: whole witnesses are always asked for where the L2 node has them.
    #[arg(long, hide = true, env = "ENABLE_EXPERIMENTAL_WITNESS_ENDPOINT")]
    enable_experimental_witness_endpoint: bool,
}

/// kona-host's kinds of store, and ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum DataFormat {
    /// A folder with a file for each pre-image, laid out as kona-host's.
    Directory,
    /// A redb database.
    Redb,
    /// kona-host's other one.
    #[value(hide = true)]
    Rocksdb,
}

/// How local keys are numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum LocalKeys {
    /// As Kona's client and Tribunal's number them.
    Kona,
    /// As op-program's client numbers them. The rollup config must be in op-node's form.
    OpProgram,
}

impl Args {
    /// The log level that the flags ask for, if they do.
    pub(crate) fn log_level(&self) -> Option<&'static str> {
        self.logs.level()
    }

    /// The format of log lines that the flags ask for, if they do.
    pub(crate) fn log_format(&self) -> Option<LogFormat> {
        self.logs.format()
    }
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<Status> {
    args.logs.check()?;
    match args.command {
        Command::Single(single) => single.run(),
        Command::Super { .. } => bail!("super: claims of interoperating chains are not supported"),
    }
}

impl Single {
    fn run(&self) -> anyhow::Result<Status> {
        if self.data_format == DataFormat::Rocksdb {
            bail!(
                "--data-format rocksdb: RocksDB is not supported; use the format `directory`, as kona-host can too"
            );
        }
        if self.native && self.local_keys == LocalKeys::OpProgram {
            bail!(
                "--local-keys op-program needs --server: --native runs Tribunal's client, which numbers local keys as \
                 Kona does"
            );
        }
        // They are taken before anything is opened that could get their numbers. That one is missing is said last.
        let descriptors = (!self.native).then(Descriptors::take);
        let flags = self.nodes.or_environment();
        flags.refuse_rollup_node()?;
        let nodes = flags.nodes(self.agreed_l2_head_hash)?;
        if nodes.is_some() && self.agreed_l2_head_hash.is_none() {
            bail!(
                "--agreed-l2-head-hash is missing: nodes are asked for the agreed output by the hash of its block"
            );
        }
        let watch = self.metrics.start()?;
        let verified = Arc::new(Verified::new(self.open_store(nodes.is_some())?));
        self.check_agreed_head(&verified, nodes.is_some())?;
        let configs = self.configs()?;
        self.check_configs(&configs)?;
        let local = LocalInputs::new(self.boot_values(), configs, self.flavour());
        if !self.native {
            verified.check_ahead();
        }
        let checks = if self.native { Checks::Meanwhile } else { Checks::BeforeServing };
        let host = Arc::new(match &nodes {
            None => Host::new(verified, local, checks)?,
            Some(nodes) => Host::with_source(verified, local, nodes.clone(), flags.patience()),
        });
        watch.host(&host);
        if let Some(nodes) = &nodes {
            watch.nodes(nodes);
        }
        let status = match descriptors {
            None => self.decide_natively(&host),
            Some(descriptors) => {
                descriptors.and_then(|taken| taken.serve(&host)).map(|()| Status::True).map_err(Into::into)
            }
        };
        if let Some(nodes) = &nodes {
            nodes::say_reads(nodes);
        }
        status
    }

    fn decide_natively(&self, host: &Arc<Host>) -> anyhow::Result<Status> {
        let run = decide(&Native, host, &mut ClaimProgress::new(0, None), &Cancellation::new());
        let mut report = Report::new(0, &self.boot_values(), run);
        report.stats = None;
        output::line(&report)?;
        Ok(report.status(false))
    }

    /// The store to serve. With nodes it is made if it does not exist.
    fn open_store(&self, online: bool) -> anyhow::Result<Arc<dyn PreimageStore>> {
        let options = StoreOptions { lock_timeout: Duration::from_secs(self.lock_timeout) };
        let kind = match self.data_format {
            DataFormat::Redb => StoreKind::Database,
            DataFormat::Directory | DataFormat::Rocksdb => StoreKind::Directory,
        };
        match &self.data_dir {
            Some(path) if online => options.create_as(path, kind).with_context(|| {
                format!("--data-dir {}: what is fetched from nodes cannot be kept there", path.display())
            }),
            Some(path) => Ok(options.open(path)?),
            None if online => Ok(Arc::new(MemoryStore::new())),
            None => bail!(
                "--data-dir is missing: name the store with the pre-images, or the nodes to fetch them from"
            ),
        }
    }

    /// Checks the agreed head against the agreed output. If nodes have to be asked for that output, they are asked for the
    /// one of this block.
    fn check_agreed_head(&self, verified: &Verified, online: bool) -> anyhow::Result<()> {
        let Some(head) = self.agreed_l2_head_hash else { return Ok(()) };
        match check_agreed_head(verified, self.agreed_l2_output_root, head) {
            Err(AgreedHeadError::Oracle(PreimageOracleError::Missing(_))) if online => Ok(()),
            checked => checked.context("--agreed-l2-head-hash"),
        }
    }

    fn flavour(&self) -> LocalKeyFlavour {
        match self.local_keys {
            LocalKeys::Kona => LocalKeyFlavour::Kona,
            LocalKeys::OpProgram => LocalKeyFlavour::OpProgram,
        }
    }

    fn boot_values(&self) -> BootValues {
        BootValues {
            l1_head: self.l1_head,
            agreed_output_root: self.agreed_l2_output_root,
            claimed_output_root: self.claimed_l2_output_root,
            claimed_block_number: self.claimed_l2_block_number,
            chain_id: self.l2_chain_id.unwrap_or_default(),
        }
    }

    /// Checks the configs before anything is served. A program that is served may have chains built in that this one
    /// does not have.
    fn check_configs(&self, configs: &ChainConfigs) -> anyhow::Result<()> {
        let claimed = ClaimedChains { l1: None, l2: self.l2_chain_id };
        match configs.check(claimed, self.claimed_l2_block_number, self.flavour()) {
            Ok(used) => used.log(),
            Err(HostError::Configs { source, .. }) if self.server && source.is_about_built_in_chains() => {
                tracing::warn!("{source}");
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    fn configs(&self) -> anyhow::Result<ChainConfigs> {
        let read = |path: &Option<PathBuf>| path.as_deref().map(ConfigFile::read).transpose();
        let rollup = read(&self.rollup_config_path).context("--rollup-config-path")?;
        let l1 = read(&self.l1_config_path).context("--l1-config-path")?;
        let l2 = read(&self.l2_config_path).context("--l2-config-path")?;
        Ok(match self.local_keys {
            LocalKeys::Kona => ChainConfigs { rollup, l1, l2, ..Default::default() },
            LocalKeys::OpProgram => ChainConfigs { rollup_op_node: rollup, l1, l2, ..Default::default() },
        })
    }
}
