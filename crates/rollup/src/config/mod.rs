//! The rollup config and the parameters that derivation takes from it, the L1 config, and the check of both together.

mod claim;
mod fork;
mod genesis;
mod json;
mod l1;
mod object;
mod unique;
mod unknown_fields;

use alloy_primitives::Address;

use crate::{BlockNumHash, RollupError, SystemConfig};

pub use claim::{ClaimConfigs, ClaimedChains};
pub use fork::{Fork, ForkTimes, UnknownFork, UnknownForks};
pub use l1::{BlobParams, L1ChainConfig};
pub use object::{fixed_bytes, quantity};
pub use unique::parse_unique;

/// Bytes the channel bank may hold before it drops the oldest channels, before Fjord.
const MAX_CHANNEL_BANK_SIZE_BEDROCK: u64 = 100_000_000;
/// The same from Fjord on.
const MAX_CHANNEL_BANK_SIZE_FJORD: u64 = 1_000_000_000;
/// Decompressed bytes read from one channel, before Fjord.
const MAX_RLP_BYTES_PER_CHANNEL_BEDROCK: u64 = 10_000_000;
/// The same from Fjord on.
const MAX_RLP_BYTES_PER_CHANNEL_FJORD: u64 = 100_000_000;
/// Seconds that a sequencer may run ahead of L1 from Fjord on.
const MAX_SEQUENCER_DRIFT_FJORD: u64 = 1800;
/// L1 blocks that a channel stays open from Granite on, unless the config says otherwise.
pub(crate) const CHANNEL_TIMEOUT_GRANITE: u64 = 50;

/// Where the rollup starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ChainGenesis {
    /// The L1 block after which derivation begins.
    pub l1: BlockNumHash,
    /// The first L2 block, which is not derived.
    pub l2: BlockNumHash,
    /// Timestamp in seconds of the first L2 block.
    pub l2_time: u64,
    /// The system config at the first L2 block.
    pub system_config: SystemConfig,
}

/// EIP-1559 parameters of the execution layer. They hold until Holocene, and later where the system config has zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BaseFeeConfig {
    /// Gas limit over gas target.
    pub elasticity: u64,
    /// Bound of the base fee's change from block to block, before Canyon.
    pub denominator: u64,
    /// The same from Canyon on.
    pub denominator_canyon: u64,
}

impl BaseFeeConfig {
    /// The values of OP Mainnet and of most other chains.
    pub const OPTIMISM: Self = Self { elasticity: 6, denominator: 50, denominator_canyon: 250 };
}

/// Data availability outside L1. The program reads this setting only to refuse it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct AltDaConfig {
    /// L1 contract in which commitments are challenged; zero for generic commitments.
    pub challenge_address: Address,
    /// L1 blocks in which a commitment can be challenged.
    pub challenge_window: u64,
    /// L1 blocks in which a challenge can be answered.
    pub resolve_window: u64,
}

/// The parameters of a rollup, as `rollup.json` has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollupConfig {
    /// Where the chain starts.
    pub genesis: ChainGenesis,
    /// Seconds between L2 blocks.
    pub block_time: u64,
    /// Seconds that a sequencer may run ahead of L1 before Fjord; [`Self::max_sequencer_drift`] has the value in force.
    pub max_sequencer_drift: u64,
    /// L1 blocks, that of the epoch included, in which batches of an epoch must appear.
    pub seq_window_size: u64,
    /// L1 blocks that a channel stays open before Granite; [`Self::channel_timeout`] has the value in force.
    pub channel_timeout: u64,
    /// L1 blocks that a channel stays open from Granite on.
    pub granite_channel_timeout: u64,
    /// EIP-155 chain id of L1.
    pub l1_chain_id: u64,
    /// EIP-155 chain id of L2.
    pub l2_chain_id: u64,
    /// Activation times of the forks.
    pub forks: ForkTimes,
    /// Whether the gas that Karst's upgrade transactions add to their block stays in the gas limit of later blocks:
    /// some chains activated Karst before this was repaired.
    pub keep_karst_upgrade_gas: bool,
    /// L1 timestamp until which the L1 blob base fee is computed with Cancun's parameters even where Prague is active.
    pub pectra_blob_schedule_time: Option<u64>,
    /// L1 address to which batches are sent.
    pub batch_inbox_address: Address,
    /// L1 contract that emits deposits (`OptimismPortal`).
    pub deposit_contract_address: Address,
    /// L1 contract that emits system config updates.
    pub l1_system_config_address: Address,
    /// L1 contract with recommended versions. Derivation does not use it.
    pub protocol_versions_address: Option<Address>,
    /// L1 contract with settings of all chains of the superchain. Derivation does not use it.
    pub superchain_config_address: Option<Address>,
    /// EIP-1559 parameters of the execution layer.
    pub chain_op_config: BaseFeeConfig,
    /// Data availability outside L1.
    pub alt_da: Option<AltDaConfig>,
}

/// Writes the two predicates of each fork.
macro_rules! fork_predicates {
    ($($fork:ident, $active:ident, $first:ident;)*) => {
        $(
            #[doc = concat!("Whether ", stringify!($fork), " is active at `timestamp`.")]
            pub const fn $active(&self, timestamp: u64) -> bool {
                self.is_active(Fork::$fork, timestamp)
            }

            #[doc = concat!("Whether the L2 block at `timestamp` is the one that activates ", stringify!($fork), ".")]
            pub const fn $first(&self, timestamp: u64) -> bool {
                self.is_activation_block(Fork::$fork, timestamp)
            }
        )*
    };
}

impl RollupConfig {
    fork_predicates! {
        Regolith, is_regolith_active, is_first_regolith_block;
        Canyon, is_canyon_active, is_first_canyon_block;
        Delta, is_delta_active, is_first_delta_block;
        Ecotone, is_ecotone_active, is_first_ecotone_block;
        Fjord, is_fjord_active, is_first_fjord_block;
        Granite, is_granite_active, is_first_granite_block;
        Holocene, is_holocene_active, is_first_holocene_block;
        Isthmus, is_isthmus_active, is_first_isthmus_block;
        Jovian, is_jovian_active, is_first_jovian_block;
        Karst, is_karst_active, is_first_karst_block;
    }

    /// Whether `fork` is active at `timestamp`.
    pub const fn is_active(&self, fork: Fork, timestamp: u64) -> bool {
        matches!(self.forks.get(fork), Some(time) if time <= timestamp)
    }

    /// Whether `fork` is active in the L2 block at `timestamp` and was not in the one before; a fork that is active
    /// from the first block on has no activation block.
    pub const fn is_activation_block(&self, fork: Fork, timestamp: u64) -> bool {
        self.is_active(fork, timestamp)
            && matches!(timestamp.checked_sub(self.block_time), Some(before) if !self.is_active(fork, before))
    }

    /// L1 blocks that a channel stays open, at L1 timestamp `timestamp`.
    pub const fn channel_timeout(&self, timestamp: u64) -> u64 {
        if self.is_granite_active(timestamp) { self.granite_channel_timeout } else { self.channel_timeout }
    }

    /// Bytes that the channel bank may hold at L1 timestamp `timestamp`.
    pub const fn max_channel_bank_size(&self, timestamp: u64) -> u64 {
        if self.is_fjord_active(timestamp) {
            MAX_CHANNEL_BANK_SIZE_FJORD
        } else {
            MAX_CHANNEL_BANK_SIZE_BEDROCK
        }
    }

    /// Decompressed bytes that are read from one channel at L1 timestamp `timestamp`.
    pub const fn max_rlp_bytes_per_channel(&self, timestamp: u64) -> u64 {
        if self.is_fjord_active(timestamp) {
            MAX_RLP_BYTES_PER_CHANNEL_FJORD
        } else {
            MAX_RLP_BYTES_PER_CHANNEL_BEDROCK
        }
    }

    /// Seconds that a sequencer may run ahead of the L1 block with timestamp `timestamp`.
    pub const fn max_sequencer_drift(&self, timestamp: u64) -> u64 {
        if self.is_fjord_active(timestamp) { MAX_SEQUENCER_DRIFT_FJORD } else { self.max_sequencer_drift }
    }

    /// Timestamp of the L2 block `number`, in seconds; that of the first block for earlier ones.
    pub const fn block_time_of(&self, number: u64) -> u64 {
        let blocks = number.saturating_sub(self.genesis.l2.number);
        self.genesis.l2_time.saturating_add(blocks.saturating_mul(self.block_time))
    }

    /// Number of the L2 block at `timestamp`, rounded down; the first block for earlier timestamps.
    pub const fn block_number_at(&self, timestamp: u64) -> u64 {
        let elapsed = timestamp.saturating_sub(self.genesis.l2_time);
        match elapsed.checked_div(self.block_time) {
            Some(blocks) => self.genesis.l2.number.saturating_add(blocks),
            None => self.genesis.l2.number,
        }
    }

    /// Checks that a chain can be derived with this config.
    ///
    /// The conditions are those of op-node's `Config.Check`. Jovian and later forks must keep their order too. The
    /// sequencer drift may be 0 where it is never read, with Fjord active from the start.
    ///
    /// # Errors
    /// [`RollupError::Config`] with the first condition that does not hold, and [`RollupError::ForkOrder`].
    pub fn validate(&self) -> Result<(), RollupError> {
        let genesis = &self.genesis;
        let conditions = [
            (self.block_time != 0, "block_time is 0"),
            (self.channel_timeout != 0, "channel_timeout is 0"),
            (self.granite_channel_timeout != 0, "granite_channel_timeout is 0"),
            (self.seq_window_size >= 2, "seq_window_size is less than 2"),
            (self.max_sequencer_drift(genesis.l2_time) != 0, "max_sequencer_drift is 0"),
            (!genesis.l1.hash.is_zero(), "genesis.l1.hash is zero"),
            (!genesis.l2.hash.is_zero(), "genesis.l2.hash is zero"),
            (genesis.l1.hash != genesis.l2.hash, "genesis.l1.hash and genesis.l2.hash are the same"),
            (genesis.l2_time != 0, "genesis.l2_time is 0"),
            (
                !genesis.system_config.batcher_address.is_zero(),
                "genesis.system_config has no batcher address",
            ),
            (!genesis.system_config.scalar.is_zero(), "genesis.system_config has no scalar"),
            (genesis.system_config.gas_limit != 0, "genesis.system_config has no gas limit"),
            (!self.batch_inbox_address.is_zero(), "batch_inbox_address is zero"),
            (!self.deposit_contract_address.is_zero(), "deposit_contract_address is zero"),
            (self.l1_chain_id != 0, "l1_chain_id is 0"),
            (self.l2_chain_id != 0, "l2_chain_id is 0"),
            (self.l1_chain_id != self.l2_chain_id, "l1_chain_id and l2_chain_id are the same"),
            (self.chain_op_config.elasticity != 0, "chain_op_config.eip1559Elasticity is 0"),
            (self.chain_op_config.denominator != 0, "chain_op_config.eip1559Denominator is 0"),
            (self.chain_op_config.denominator_canyon != 0, "chain_op_config.eip1559DenominatorCanyon is 0"),
        ];
        match conditions.into_iter().find(|(holds, _)| !holds) {
            Some((_, reason)) => Err(RollupError::Config(reason)),
            None => self.forks.require_order(),
        }
    }

    /// Whether both configs give the same derivation. Contracts that derivation does not use may differ.
    pub fn has_same_rules(&self, other: &Self) -> bool {
        let other = Self {
            protocol_versions_address: self.protocol_versions_address,
            superchain_config_address: self.superchain_config_address,
            ..other.clone()
        };
        *self == other
    }

    /// Checks that this program can derive the chain up to the L2 timestamp `l2_timestamp`, in seconds.
    ///
    /// # Errors
    /// [`RollupError::Unsupported`] for data outside L1 and an active Lagoon, [`RollupError::UnknownFork`] for an
    /// active fork that this program does not know.
    pub fn require_supported(&self, l2_timestamp: u64) -> Result<(), RollupError> {
        if self.alt_da.is_some() {
            return Err(RollupError::Unsupported("data availability outside L1 (alt_da)"));
        }
        if self.is_active(Fork::Lagoon, l2_timestamp) {
            return Err(RollupError::Unsupported("the Lagoon upgrade (interoperability)"));
        }
        self.require_known_forks(l2_timestamp)
    }

    /// Checks that no fork is active at `timestamp`, in seconds, that the config schedules and this program does not
    /// know. Rules about channels and frames go by L1 timestamps, the others by those of L2 blocks.
    ///
    /// # Errors
    /// [`RollupError::UnknownFork`].
    pub fn require_known_forks(&self, timestamp: u64) -> Result<(), RollupError> {
        self.forks.unknown.require_inactive("rollup config", timestamp)
    }
}
