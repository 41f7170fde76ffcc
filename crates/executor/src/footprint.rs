//! Jovian's data footprint: the estimated size of a block's transactions on L1, in L2 gas.

use op_revm::estimate_tx_compressed_size;

use crate::{InvalidBlock, transaction::Transaction};

/// First four bytes of the calldata of Jovian's L1 attributes deposit.
const JOVIAN_SELECTOR: [u8; 4] = [0x3d, 0xb6, 0xbe, 0x2b];
/// Length of that calldata in bytes; the gas scalar is in the last two.
const JOVIAN_LEN: usize = 178;
/// Length of the calldata of Isthmus' L1 attributes deposit, which the block that activates Jovian still has.
const ISTHMUS_LEN: usize = 176;
/// Compressed sizes are estimated in units of a millionth of a byte.
const SIZE_SCALE: u64 = 1_000_000;

/// The data footprint of the transactions of a block, from Jovian (`protocol/jovian/exec-engine.md`).
pub(crate) fn data_footprint(transactions: &[Transaction]) -> Result<u64, InvalidBlock> {
    let Some(l1_info) = transactions.first().filter(|tx| tx.is_deposit()) else {
        return Err(InvalidBlock::Attributes("the first transaction is no L1-info deposit"));
    };
    let calldata = l1_info.input();
    if calldata.len() == ISTHMUS_LEN {
        return match transactions.last() {
            Some(last) if last.is_deposit() => Ok(0),
            _ => Err(InvalidBlock::Attributes("a user transaction in the block that activates Jovian")),
        };
    }
    let scalar = gas_scalar(calldata)?;
    let sizes = transactions.iter().filter(|tx| !tx.is_deposit()).map(|tx| compressed_size(tx.raw()));
    Ok(sizes.fold(0, |sum: u64, size| sum.saturating_add(size.saturating_mul(scalar))))
}

/// Gas per byte, from the L1 attributes deposit.
pub(crate) fn gas_scalar(calldata: &[u8]) -> Result<u64, InvalidBlock> {
    match calldata {
        [selector @ .., high, low]
            if calldata.len() == JOVIAN_LEN && selector.starts_with(&JOVIAN_SELECTOR) =>
        {
            Ok(u64::from(u16::from_be_bytes([*high, *low])))
        }
        _ => Err(InvalidBlock::Attributes("the L1-info deposit has no data footprint scalar")),
    }
}

/// Bytes of a transaction after compression, by Fjord's linear regression.
fn compressed_size(raw: &[u8]) -> u64 {
    estimate_tx_compressed_size(raw) / SIZE_SCALE
}
