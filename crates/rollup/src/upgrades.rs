//! The transactions that network upgrades deposit in the block that activates them.
//!
//! Each file beside this one is the table of one fork, compressed with zlib. A row is the intent (length in one byte,
//! text), the sender (20 bytes), the recipient (1 and 20 bytes; 0 for a creation), the gas limit (8 bytes), and the
//! input (length in 4 bytes, data), big-endian. The intent names the transaction and becomes its source hash.

use alloc::vec::Vec;

use alloy_primitives::{Address, Bytes};

use crate::{
    Fork, RollupConfig,
    deposits::{DepositSource, DepositTx},
};

const ECOTONE: &[u8] = include_bytes!("upgrades/ecotone.bin.zz");
const FJORD: &[u8] = include_bytes!("upgrades/fjord.bin.zz");
const ISTHMUS: &[u8] = include_bytes!("upgrades/isthmus.bin.zz");
const JOVIAN: &[u8] = include_bytes!("upgrades/jovian.bin.zz");
const KARST: &[u8] = include_bytes!("upgrades/karst.bin.zz");

/// Forks with upgrade transactions, in the order in which these stand in a block that activates several.
const TABLES: [(Fork, &[u8]); 5] = [
    (Fork::Ecotone, ECOTONE),
    (Fork::Fjord, FJORD),
    (Fork::Isthmus, ISTHMUS),
    (Fork::Jovian, JOVIAN),
    (Fork::Karst, KARST),
];

/// The upgrade transactions of the L2 block at `l2_timestamp`, as EIP-2718 encoded deposits, and the gas by which they
/// raise the block's gas limit (from Karst on; earlier forks had to fit in what there was).
pub fn upgrade_transactions(config: &RollupConfig, l2_timestamp: u64) -> (Vec<Bytes>, u64) {
    let mut transactions = Vec::new();
    let mut gas = 0u64;
    for (fork, table) in TABLES {
        if config.is_activation_block(fork, l2_timestamp) {
            let deposits = deposits(table);
            if adds_gas(fork) {
                gas = gas.saturating_add(total_gas(&deposits));
            }
            transactions.extend(deposits.iter().map(DepositTx::encode));
        }
    }
    (transactions, gas)
}

/// The part of the gas limit of the L2 block at `l2_timestamp` that is there for its upgrade transactions only, and that
/// the system configuration read back from the block must not keep.
pub(crate) fn one_time_gas(config: &RollupConfig, l2_timestamp: u64) -> u64 {
    let activates =
        |(fork, _): &(Fork, &[u8])| adds_gas(*fork) && config.is_activation_block(*fork, l2_timestamp);
    match TABLES.into_iter().find(activates) {
        Some((Fork::Karst, _)) if config.keep_karst_upgrade_gas => 0,
        Some((_, table)) => total_gas(&deposits(table)),
        None => 0,
    }
}

fn adds_gas(fork: Fork) -> bool {
    fork >= Fork::Karst
}

fn total_gas(deposits: &[DepositTx]) -> u64 {
    deposits.iter().fold(0, |total, deposit| total.saturating_add(deposit.gas))
}

/// The transactions of one table.
fn deposits(table: &[u8]) -> Vec<DepositTx> {
    // The tables are constants, and a test reads each of them to the end: a table that does not decode cannot be built
    // into a release, and an empty list stands for what does not happen.
    let rows = miniz_oxide::inflate::decompress_to_vec_zlib(table).unwrap_or_default();
    let mut rest = rows.as_slice();
    let mut deposits = Vec::new();
    while let Some(deposit) = row(&mut rest) {
        deposits.push(deposit);
    }
    deposits
}

/// Takes the next row off the front of `rest`; `None` at the end.
fn row(rest: &mut &[u8]) -> Option<DepositTx> {
    let [intent_len] = *rest.split_off(..1)? else { return None };
    let intent = str::from_utf8(rest.split_off(..usize::from(intent_len))?).ok()?;
    let from = Address::from_slice(rest.split_off(..20)?);
    let to = match rest.split_off(..1)? {
        [0] => None,
        _ => Some(Address::from_slice(rest.split_off(..20)?)),
    };
    let gas = u64::from_be_bytes(rest.split_off(..8)?.try_into().ok()?);
    let input_len = u32::from_be_bytes(rest.split_off(..4)?.try_into().ok()?);
    let input = rest.split_off(..usize::try_from(input_len).ok()?)?;
    Some(DepositTx {
        source_hash: DepositSource::Upgrade { intent }.hash(),
        from,
        to,
        gas,
        data: Bytes::copy_from_slice(input),
        ..DepositTx::default()
    })
}

#[cfg(test)]
mod tests;
