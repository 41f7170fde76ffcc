//! The flags that name nodes, for the commands that fetch from them.

use alloy_primitives::B256;
use anyhow::{Context, bail};
use std::{
    fs,
    num::{NonZeroU32, NonZeroU64, NonZeroUsize},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tribunal_rpc::{Address, Nodes, NodesOptions, RoleName, RoleOptions};

use crate::{count::count, output, values};

/// Where the nodes are, and how they are asked.
///
/// The variables are those of kona-host. Their values may be secret, so that no help shows them.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Nodes")]
pub(crate) struct NodeFlags {
    /// RPC address of an L1 execution node: http:// or https://, with user and password if it needs them. Several are
    /// separated by commas: the next one is asked when one fails.
    #[arg(long, visible_alias = "l1", value_name = "URL,…", env = "L1_NODE_ADDRESS", hide_env_values = true)]
    l1_node_address: Option<String>,
    /// Address of an L1 beacon node, or several.
    #[arg(
        long,
        visible_alias = "beacon",
        value_name = "URL,…",
        env = "L1_BEACON_ADDRESS",
        hide_env_values = true
    )]
    l1_beacon_address: Option<String>,
    /// RPC address of an L2 execution node, or several.
    #[arg(long, visible_alias = "l2", value_name = "URL,…", env = "L2_NODE_ADDRESS", hide_env_values = true)]
    l2_node_address: Option<String>,
    /// RPC address of a rollup node (op-node), or several. It gives the rollup config of a chain that is not built in.
    #[arg(long, value_name = "URL,…", hide_env_values = true)]
    rollup_node_address: Option<String>,
    /// File with a token that is sent to the L1 nodes (`Authorization: Bearer`).
    #[arg(long, value_name = "FILE")]
    l1_token_file: Option<PathBuf>,
    /// File with a token that is sent to the beacon nodes.
    #[arg(long, value_name = "FILE")]
    l1_beacon_token_file: Option<PathBuf>,
    /// File with a token that is sent to the L2 nodes.
    #[arg(long, value_name = "FILE")]
    l2_token_file: Option<PathBuf>,
    /// File with the JWT secret of the L1 nodes' authenticated ports: 32 bytes in hex.
    #[arg(long, value_name = "FILE", conflicts_with = "l1_token_file")]
    l1_jwt_secret: Option<PathBuf>,
    /// File with the JWT secret of the L2 nodes' authenticated ports.
    #[arg(long, value_name = "FILE", conflicts_with = "l2_token_file")]
    l2_jwt_secret: Option<PathBuf>,
    /// File with certificates (PEM) of authorities to trust besides those of the system.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// How long to wait for nodes that are down or busy, in seconds or with a unit: 90, 90s, 15m, 1h.
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = values::time)]
    retry_for: Duration,
    /// How long one request may take [default: 30s for L1, 60s for beacon nodes, 5m for L2].
    #[arg(long, value_name = "TIME", value_parser = values::time)]
    request_timeout: Option<Duration>,
    /// How many requests are sent to one node at once.
    #[arg(long, value_name = "N", default_value = "10", value_parser = values::count::<NonZeroUsize>)]
    max_concurrent: NonZeroUsize,
    /// How many requests are sent to one node each second [default: any number].
    #[arg(long, value_name = "N", value_parser = values::count::<NonZeroU32>)]
    max_per_second: Option<NonZeroU32>,
    /// Seconds of an L1 slot, in place of what the beacon node says.
    #[arg(long, value_name = "SECONDS", value_parser = values::count::<NonZeroU64>)]
    l1_slot_seconds: Option<NonZeroU64>,
    /// Do not read ahead of the program.
    #[arg(long)]
    no_prefetch: bool,
}

impl NodeFlags {
    /// Whether any node is named. An empty variable names none.
    pub(crate) fn any(&self) -> bool {
        self.all().iter().any(|(_, addresses)| addresses.is_some())
    }

    /// Whether a rollup node is named.
    pub(crate) fn has_rollup_node(&self) -> bool {
        given(self.rollup_node_address.as_deref()).is_some()
    }

    /// The nodes, if any is named. `agreed_head` is the block behind the agreed output root.
    ///
    /// # Errors
    /// If one of the three is missing, or something given cannot be used. No error repeats an address.
    pub(crate) fn nodes(&self, agreed_head: Option<B256>) -> anyhow::Result<Option<Arc<Nodes>>> {
        if !self.any() {
            return Ok(None);
        }
        if let Some((flag, _)) = self.all().iter().find(|(_, addresses)| addresses.is_none()) {
            bail!("{flag} is missing: fetching needs an L1 node, an L1 beacon node and an L2 node");
        }
        let [l1, beacon, l2] = self.all();
        let defaults = NodesOptions::default();
        let options = NodesOptions {
            l1: self.role(
                &defaults,
                RoleName::L1,
                l1,
                self.l1_token_file.as_deref(),
                self.l1_jwt_secret.clone(),
            )?,
            beacon: self.role(
                &defaults,
                RoleName::Beacon,
                beacon,
                self.l1_beacon_token_file.as_deref(),
                None,
            )?,
            l2: self.role(
                &defaults,
                RoleName::L2,
                l2,
                self.l2_token_file.as_deref(),
                self.l2_jwt_secret.clone(),
            )?,
            rollup_node: self.rollup_node(&defaults)?,
            retry_for: self.retry_for,
            ca_file: self.ca_file.clone(),
            agreed_head,
            seconds_per_slot: self.l1_slot_seconds,
            prefetch: !self.no_prefetch,
        };
        Ok(Some(Arc::new(Nodes::new(&options)?)))
    }

    /// How long a host waits for one answer: longer than the source, which says what it tried when it gives up.
    pub(crate) fn patience(&self) -> Duration {
        let slowest = self.request_timeout.unwrap_or(NodesOptions::default().l2.timeout);
        // A fall-back may be under way when the time is over, and then another.
        self.retry_for.saturating_add(slowest.saturating_mul(4)).saturating_add(Duration::from_mins(1))
    }

    fn all(&self) -> [(&'static str, Option<&str>); 3] {
        [
            ("--l1-node-address", given(self.l1_node_address.as_deref())),
            ("--l1-beacon-address", given(self.l1_beacon_address.as_deref())),
            ("--l2-node-address", given(self.l2_node_address.as_deref())),
        ]
    }

    fn rollup_node(&self, defaults: &NodesOptions) -> anyhow::Result<RoleOptions> {
        match given(self.rollup_node_address.as_deref()) {
            None => Ok(defaults.rollup_node.clone()),
            addresses => {
                self.role(defaults, RoleName::RollupNode, ("--rollup-node-address", addresses), None, None)
            }
        }
    }

    fn role(
        &self,
        defaults: &NodesOptions,
        name: RoleName,
        (flag, addresses): (&str, Option<&str>),
        token_file: Option<&Path>,
        jwt_secret_file: Option<PathBuf>,
    ) -> anyhow::Result<RoleOptions> {
        let defaults = defaults.role(name);
        let token = token_file.map(read_token).transpose()?;
        let addresses = addresses.unwrap_or_default().split(',').map(|address| {
            let address: Address = address.parse().with_context(|| flag.to_owned())?;
            Ok(match &token {
                Some(token) => address.with_bearer(token),
                None => address,
            })
        });
        Ok(RoleOptions {
            addresses: addresses.collect::<anyhow::Result<_>>()?,
            timeout: self.request_timeout.unwrap_or(defaults.timeout),
            max_concurrent: self.max_concurrent.get(),
            per_second: self.max_per_second,
            jwt_secret_file,
            ..defaults.clone()
        })
    }
}

/// The addresses, if there are any. Empty variables have none.
fn given(addresses: Option<&str>) -> Option<&str> {
    addresses.filter(|text| !text.trim().is_empty())
}

/// Says how often the program waited for nodes.
pub(crate) fn say_reads(nodes: &Nodes) {
    let reads = nodes.reads();
    let mut requests = 0;
    for counts in nodes.metrics().snapshot().values() {
        requests += counts.requests;
    }
    output::message(format_args!(
        "nodes: {}; the program waited {} ({:.1?} in all); {} read ahead, of which it used {}",
        count(requests, "request"),
        count(reads.missed, "time"),
        reads.waiting,
        count(reads.ahead, "answer"),
        reads.hits,
    ));
}

/// The token in a file, without the white space around it.
fn read_token(path: &Path) -> anyhow::Result<String> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read the token in {}", path.display()))?;
    let token = text.trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        bail!("{} must hold one token, of letters, digits and signs", path.display());
    }
    Ok(token.to_owned())
}
