//! The one error type of the crate.

use alloc::{format, string::String};

use alloy_primitives::Address;

use crate::UnknownFork;

/// Why an input of this crate was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RollupError {
    /// A config file is not JSON.
    #[error("configuration is not JSON: {0}")]
    Json(String),
    /// A config file is JSON, and not an object.
    #[error("configuration is {0}, not an object")]
    NotAnObject(&'static str),
    /// A field of a config file is missing, of the wrong type or out of range.
    #[error("configuration field `{field}`: {reason}")]
    Field {
        /// Path of the field, its parts joined by dots.
        field: String,
        /// What is wrong with it, with its value if it has one.
        reason: String,
    },
    /// A config file has one setting under two names, with different values.
    #[error(
        "configuration fields `{first}` and `{second}` are two names of one setting and have different values"
    )]
    Contradiction {
        /// Path of a field, its parts joined by dots.
        first: String,
        /// Path of the other field.
        second: String,
    },
    /// No chain can be derived with this rollup config.
    #[error("invalid rollup configuration: {0}")]
    Config(&'static str),
    /// A config schedules two forks against their order.
    #[error("fork {later} is scheduled for {later_time}, but {earlier}, which must not be later, {}", scheduled(*earlier_time))]
    ForkOrder {
        /// The fork that comes first.
        earlier: &'static str,
        /// Its activation time in seconds; `None` if it is not scheduled.
        earlier_time: Option<u64>,
        /// The fork that comes later.
        later: &'static str,
        /// Its activation time in seconds.
        later_time: u64,
    },
    /// A config schedules a fork, and leaves out an earlier fork, which activates with it, against the order of forks.
    #[error(
        "{later} ({later_time}) also schedules {implied}, which is left out, but {earlier}, which must not be later, is \
         scheduled for {earlier_time}"
    )]
    ImpliedForkOrder {
        /// The fork that must not be later.
        earlier: &'static str,
        /// Its activation time in seconds.
        earlier_time: u64,
        /// The fork that is left out.
        implied: &'static str,
        /// The fork that is scheduled.
        later: &'static str,
        /// Its activation time in seconds.
        later_time: u64,
    },
    /// An L1 config schedules a fork that needs blob parameters, and has none for it.
    #[error("the L1 config schedules {fork} without an entry `blobSchedule.{fork}`")]
    NoBlobSchedule {
        /// The fork.
        fork: &'static str,
    },
    /// A fork that this program does not know would be active.
    #[error(
        "the {config} has `{}`: {}, a fork that this program does not know and that would be active at {timestamp}: \
         use a newer Tribunal, or remove the field if it is no fork",
        fork.field,
        fork.time
    )]
    UnknownFork {
        /// The config that schedules it.
        config: &'static str,
        /// The fork.
        fork: UnknownFork,
        /// A timestamp that the claim depends on, in seconds.
        timestamp: u64,
    },
    /// The built-in config ended when its chain left the registry.
    #[error(
        "the built-in rollup config ends at {time}, when the chain left the superchain registry, and would be used at \
         {timestamp}: give the chain's rollup config, with its later forks"
    )]
    LeftRegistry {
        /// The time of the last revision of the registry that has the chain, in seconds.
        time: u64,
        /// A timestamp that the claim depends on, in seconds.
        timestamp: u64,
    },
    /// A block of the claim cannot be of a chain with the genesis that the rollup config has.
    #[error("wrong rollup config: {layer} block {number} has {reason}")]
    Genesis {
        /// The fields of the config.
        fields: &'static str,
        /// `L1` or `L2`.
        layer: &'static str,
        /// Number of the block.
        number: u64,
        /// What the block has, and what the fields say instead, with their values.
        reason: String,
    },
    /// The registry does not have the L2 chain, and its rollup config is not given.
    #[error("L2 chain id {chain_id} is not in the registry: give its rollup config")]
    UnknownChain {
        /// The L2 chain id.
        chain_id: u64,
    },
    /// The L1 chain is not built in, and its config is not given.
    #[error("L1 chain id {chain_id} is not built in: give its L1 config")]
    UnknownL1 {
        /// The L1 chain id.
        chain_id: u64,
    },
    /// The chain ids of a claim and its configs contradict each other.
    #[error("{layer} chain ids contradict each other: {} in {}, {} in {}", first.1, first.0, second.1, second.0)]
    ChainIds {
        /// `L1` or `L2`.
        layer: &'static str,
        /// A place and the chain id that it has.
        first: (&'static str, u64),
        /// Another place, with another chain id.
        second: (&'static str, u64),
    },
    /// The chain uses a protocol feature that this implementation does not have.
    #[error("unsupported protocol feature: {0}")]
    Unsupported(&'static str),
    /// The registry has the chain, and it cannot be derived.
    #[error("chain {chain_id} ({name}) is not supported: {reason}")]
    UnsupportedChain {
        /// The L2 chain id.
        chain_id: u64,
        /// The chain's name in the registry.
        name: &'static str,
        /// Why the chain cannot be derived.
        reason: &'static str,
    },
    /// The upgrade transactions of a fork, which are part of the program, cannot be decoded.
    #[error("the upgrade transactions of {fork:?} in this program are damaged: build it again")]
    UpgradeTable {
        /// The fork whose first block holds the transactions.
        fork: crate::Fork,
    },
    /// The L1 config has no blob parameters for a block that has a blob fee.
    #[error("no L1 blob parameters at timestamp {timestamp}")]
    BlobSchedule {
        /// Timestamp of the L1 block.
        timestamp: u64,
    },
    /// The blob base fee of an L1 block does not fit 256 bits.
    #[error("L1 blob base fee overflows at excess blob gas {excess_blob_gas}")]
    BlobBaseFee {
        /// What the header says.
        excess_blob_gas: u64,
    },
    /// A raw receipt is not a receipt.
    #[error("malformed receipt {index}: {reason}")]
    Receipt {
        /// Position of the receipt in the block.
        index: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Batcher data is empty or holds no frame after its version byte.
    #[error("batcher data holds no frame")]
    NoFrames,
    /// Batcher data does not start with derivation version 0.
    #[error("batcher data has derivation version {0}, expected 0")]
    DerivationVersion(u8),
    /// The input ends inside the named field.
    #[error("input ends inside {0}")]
    Truncated(&'static str),
    /// A frame declares more than [`crate::channel::MAX_FRAME_LEN`] bytes of data.
    #[error("frame data length {0} is above the maximum")]
    FrameTooLong(u32),
    /// The last byte of a frame is neither 0 nor 1.
    #[error("frame has is_last byte {0}")]
    FrameIsLast(u8),
    /// A compressed channel is empty.
    #[error("channel is empty")]
    EmptyChannel,
    /// The first byte of a channel names no compression in force.
    #[error("channel starts with {0:#04x}, which names no compression in force")]
    UnknownCompression(u8),
    /// The compressed data is damaged, cut off, or carries a wrong checksum.
    #[error("compressed channel data is damaged or cut off")]
    Compression,
    /// A batch does not fit in what is left of the channel's limit of decompressed bytes.
    #[error("batch of {size} bytes exceeds the {remaining} bytes left to the channel")]
    ChannelLimit {
        /// The payload length that the batch declares, in bytes.
        size: u64,
        /// How many decompressed bytes the channel may still yield.
        remaining: u64,
    },
    /// The named item is not canonical RLP of the expected shape.
    #[error("{item}: {error}")]
    Rlp {
        /// What was being read.
        item: &'static str,
        /// What the RLP decoder objects to.
        error: alloy_rlp::Error,
    },
    /// A batch without a type byte.
    #[error("batch is empty")]
    EmptyBatch,
    /// A batch of unknown type.
    #[error("unknown batch type {0}")]
    BatchType(u8),
    /// A variable-length integer of more than 64 bits.
    #[error("{0} is not a 64-bit variable-length integer")]
    Varint(&'static str),
    /// A bit list with set bits past its declared length.
    #[error("{0} has bits set past its length")]
    BitlistPadding(&'static str),
    /// A span batch without blocks.
    #[error("span batch holds no block")]
    EmptySpanBatch,
    /// A span batch whose blocks or transactions number more than
    /// [`crate::batch::MAX_SPAN_BATCH_ELEMENT_COUNT`].
    #[error("span batch is too big: {0} elements or bytes")]
    SpanBatchTooBig(u64),
    /// A span batch transaction of a type that cannot be batched.
    #[error("transaction type {0:#04x} cannot be batched")]
    TransactionType(u8),
    /// A set-code transaction without recipient.
    #[error("set-code transaction creates a contract")]
    SetCodeWithoutRecipient,
    /// A transaction to be encoded in a span batch has the wrong chain id.
    #[error("transaction is for chain {0}")]
    ChainId(u64),
    /// Call data of an L1-attributes deposit that is not of the format of its block.
    #[error("L1 attributes are malformed: {0}")]
    L1Info(&'static str),
    /// The scalar of the system config is of no known version. (Only a genesis can hold one.)
    #[error("fee scalar of the system config is malformed")]
    FeeScalar,
    /// A deposit event of the portal is malformed: the L1 contract is broken, and derivation cannot go on.
    #[error("deposit event {log_index} of contract {contract} is malformed: {reason}")]
    Deposit {
        /// The portal's address.
        contract: Address,
        /// Index of the log among all logs of its L1 block.
        log_index: u64,
        /// What is wrong.
        reason: &'static str,
    },
    /// An output root pre-image that is not 128 bytes of version 0.
    #[error("output root pre-image is malformed: {0}")]
    OutputRoot(&'static str),
    /// An L2 block that contradicts the rollup config or the protocol.
    #[error("L2 block is malformed: {0}")]
    L2Block(&'static str),
}

/// When a fork activates, for messages.
fn scheduled(time: Option<u64>) -> String {
    time.map_or_else(|| "is not scheduled".into(), |time| format!("is scheduled for {time}"))
}

impl RollupError {
    /// Whether the reason is that a chain is not built in: another program may have it.
    pub const fn is_about_built_in_chains(&self) -> bool {
        matches!(self, Self::UnknownChain { .. } | Self::UnknownL1 { .. } | Self::UnsupportedChain { .. })
    }

    /// The error for a block that contradicts `fields` of the genesis.
    pub(crate) const fn genesis(
        fields: &'static str,
        layer: &'static str,
        number: u64,
        reason: String,
    ) -> Self {
        Self::Genesis { fields, layer, number, reason }
    }

    /// An RLP failure while reading `item`, to be used with `map_err`.
    pub(crate) fn rlp(item: &'static str) -> impl Fn(alloy_rlp::Error) -> Self {
        move |error| Self::Rlp { item, error }
    }
}
