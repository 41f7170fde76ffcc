//! Which nodes are asked, and how patiently.

use alloy_primitives::B256;
use std::{
    fmt,
    num::{NonZeroU32, NonZeroU64},
    path::PathBuf,
    time::Duration,
};

use crate::address::Address;

/// What kind of node it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RoleName {
    /// An execution node of L1.
    L1,
    /// A beacon node of L1.
    Beacon,
    /// An execution node of L2.
    L2,
    /// A rollup node: op-node or the like.
    RollupNode,
}

impl RoleName {
    /// How it is called in messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::L1 => "L1 node",
            Self::Beacon => "beacon node",
            Self::L2 => "L2 node",
            Self::RollupNode => "rollup node",
        }
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The nodes of one kind.
#[derive(Debug, Clone)]
pub struct RoleOptions {
    /// Where they are, the preferred one first. The others are asked when it fails.
    pub addresses: Vec<Address>,
    /// How long one request may take, from the connection to the last byte.
    pub timeout: Duration,
    /// How many bytes an answer may have.
    pub max_body: usize,
    /// How many requests are sent to one node at once.
    pub max_concurrent: usize,
    /// How many requests are sent to one node each second. A batch counts as many as it has.
    pub per_second: Option<NonZeroU32>,
}

impl RoleOptions {
    /// These nodes, each with `timeout` for a request.
    #[must_use]
    pub fn new(addresses: Vec<Address>, timeout: Duration) -> Self {
        Self { addresses, timeout, max_body: 128 << 20, max_concurrent: 10, per_second: None }
    }
}

/// All nodes.
#[derive(Debug, Clone)]
pub struct NodesOptions {
    /// Execution nodes of L1.
    pub l1: RoleOptions,
    /// Beacon nodes of L1.
    pub beacon: RoleOptions,
    /// Execution nodes of L2. They get more time, because old proofs and witnesses take minutes.
    pub l2: RoleOptions,
    /// Rollup nodes. Only the making of claims asks them.
    pub rollup_node: RoleOptions,
    /// How long an outage is waited out: the time in which the program gets nothing that it needs from the nodes of a kind.
    pub retry_for: Duration,
    /// How long it is doubted that something does not exist, or that an answer is what it should be: a node can lag behind, and
    /// behind one address there can be several. Each node is asked six times in this time.
    pub absent_for: Duration,
    /// A file with certificates (PEM) of authorities to trust, besides those of the system.
    pub ca_file: Option<PathBuf>,
    /// The hash of the L2 block behind the agreed output root. Without it, that output cannot be fetched.
    pub agreed_head: Option<B256>,
    /// The seconds of a slot of L1, in place of what beacon nodes say.
    pub seconds_per_slot: Option<NonZeroU64>,
    /// Whether to read ahead of the program.
    pub prefetch: bool,
}

impl Default for NodesOptions {
    fn default() -> Self {
        let role = |seconds| RoleOptions::new(Vec::new(), Duration::from_secs(seconds));
        Self {
            l1: role(30),
            beacon: role(60),
            l2: role(300),
            rollup_node: role(30),
            retry_for: Duration::from_mins(15),
            absent_for: Duration::from_secs(10),
            ca_file: None,
            agreed_head: None,
            seconds_per_slot: None,
            prefetch: true,
        }
    }
}

impl NodesOptions {
    /// The nodes of one kind.
    #[must_use]
    pub fn role(&self, name: RoleName) -> &RoleOptions {
        match name {
            RoleName::L1 => &self.l1,
            RoleName::Beacon => &self.beacon,
            RoleName::L2 => &self.l2,
            RoleName::RollupNode => &self.rollup_node,
        }
    }
}
