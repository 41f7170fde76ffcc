//! The numbers of local keys (type 1): which value of a claim each one stands for.
//!
//! Programs agree on the numbers 1 to 5. The configs have numbers of their own in Kona's programs ([`kona`], which
//! Tribunal's client follows) and in op-program ([`op_program`]).

/// The L1 block hash up to which L1 data counts, 32 bytes.
pub const L1_HEAD: u64 = 1;
/// The output root that both parties agree on, 32 bytes.
pub const AGREED_OUTPUT_ROOT: u64 = 2;
/// The output root in dispute, 32 bytes.
pub const CLAIMED_OUTPUT_ROOT: u64 = 3;
/// The number of the L2 block in dispute, u64 big-endian.
pub const CLAIMED_BLOCK_NUMBER: u64 = 4;
/// The L2 chain id, u64 big-endian.
pub const L2_CHAIN_ID: u64 = 5;

/// The configs as Kona's programs and Tribunal's client ask for them, as JSON.
pub mod kona {
    /// The rollup config, asked for when the L2 chain id is not built in.
    pub const ROLLUP_CONFIG: u64 = 6;
    /// The L1 chain config, asked for when the L1 chain id is not built in.
    pub const L1_CONFIG: u64 = 7;
    /// The chain id that makes a program ask for the rollup config, and for the L1 config of an L1 that is not built
    /// in.
    pub const CUSTOM_CHAIN_ID: u64 = 0;
    /// The chain id that makes Tribunal's client ask for both configs. Kona's programs take it for
    /// [`CUSTOM_CHAIN_ID`].
    pub const CUSTOM_L1: u64 = u64::MAX;
}

/// The configs as op-program's client asks for them, as JSON.
pub mod op_program {
    /// The L2 execution chain config (genesis config).
    pub const L2_CONFIG: u64 = 6;
    /// The rollup config, as op-node prints it.
    pub const ROLLUP_CONFIG: u64 = 7;
    /// The dependency set of interoperating chains.
    pub const DEPENDENCY_SET: u64 = 8;
    /// The L1 chain config.
    pub const L1_CONFIG: u64 = 9;
    /// The chain id that makes a program ask for the configs.
    pub const CUSTOM_CHAIN_ID: u64 = u64::MAX;
}
