//! Network upgrade transactions: deposits that the first L2 block of a fork holds after the L1 attributes and the deposits
//! of users. See the [specification](https://specs.optimism.io/protocol/derivation.html#network-upgrade-automation-transactions).
//!
//! The transactions are facts of the protocol, a quarter of a megabyte for all forks. `conformance/generate` takes them
//! from op-node, encoded, and compresses them into one table for each fork.

mod bundles;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use alloy_primitives::Bytes;

use self::bundles::BUNDLES;
use crate::{Fork, RollupConfig, RollupError};

/// The upgrade transactions of one fork.
struct Bundle {
    fork: Fork,
    /// How many transactions the table holds.
    transactions: usize,
    /// Gas by which the transactions raise the gas limit of their block. Forks before Karst raise it by nothing.
    gas: u64,
    /// Length in bytes of the table once it is inflated.
    table_len: usize,
    /// A zlib stream: the transactions in EIP-2718 encoding, each with its length before it as a big-endian u32.
    table: &'static [u8],
    /// FNV-1a of `table`.
    checksum: u64,
}

// A table that was damaged since it was generated does not compile.
const _: () = {
    let mut index = 0;
    while index < BUNDLES.len() {
        let bundle = &BUNDLES[index];
        assert!(
            fnv1a(bundle.table) == bundle.checksum,
            "a table of upgrade transactions is damaged: run conformance/generate"
        );
        index += 1;
    }
};

/// The 64-bit FNV-1a hash, which protects against accidents only.
const fn fnv1a(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut rest = bytes;
    while let [byte, after @ ..] = rest {
        hash = (hash ^ *byte as u64).wrapping_mul(0x0100_0000_01b3);
        rest = after;
    }
    hash
}

/// The upgrade transactions of the L2 block at `l2_timestamp` (seconds), EIP-2718 encoded, and the gas by which they raise
/// the gas limit of the block.
///
/// # Errors
/// [`RollupError::UpgradeTable`] if a table that is part of this program is damaged.
pub fn upgrade_transactions(
    config: &RollupConfig,
    l2_timestamp: u64,
) -> Result<(Vec<Bytes>, u64), RollupError> {
    let mut transactions = Vec::new();
    let mut gas = 0u64;
    for bundle in activated(config, l2_timestamp) {
        transactions.extend(bundle.decode().ok_or(RollupError::UpgradeTable { fork: bundle.fork })?);
        gas = gas.saturating_add(bundle.gas);
    }
    Ok((transactions, gas))
}

/// The part of the gas limit of the L2 block at `l2_timestamp` (seconds) that is there for the upgrade transactions only.
/// A system config that is computed from the block has the gas limit without this part, so that the next block does not
/// have it. A chain with `keep_karst_upgrade_gas` activated Karst before clients did this subtraction: there Karst's part
/// is not subtracted and stays in the gas limit of later blocks.
pub(crate) fn one_time_gas(config: &RollupConfig, l2_timestamp: u64) -> u64 {
    activated(config, l2_timestamp)
        .filter(|bundle| !(bundle.fork == Fork::Karst && config.keep_karst_upgrade_gas))
        .fold(0, |gas, bundle| gas.saturating_add(bundle.gas))
}

/// The bundles of the forks that the L2 block at `l2_timestamp` activates.
fn activated(config: &RollupConfig, l2_timestamp: u64) -> impl Iterator<Item = &'static Bundle> {
    BUNDLES.iter().filter(move |bundle| config.is_activation_block(bundle.fork, l2_timestamp))
}

impl Bundle {
    /// The transactions of the table; `None` if it is damaged.
    fn decode(&self) -> Option<Vec<Bytes>> {
        let table =
            miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(self.table, self.table_len).ok()?;
        let mut transactions = Vec::with_capacity(self.transactions);
        let mut rest = table.as_slice();
        while let Some((length, after)) = rest.split_first_chunk() {
            let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
            let (transaction, after) = after.split_at_checked(length)?;
            transactions.push(Bytes::copy_from_slice(transaction));
            rest = after;
        }
        (rest.is_empty() && transactions.len() == self.transactions).then_some(transactions)
    }
}
