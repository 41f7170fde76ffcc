//! The L1 attributes that fees are computed from, read from the contract to which the L1 attributes deposit writes them.

use alloy_primitives::U256;
use op_revm::{
    L1BlockInfo, OpSpecId,
    constants::{
        BASE_FEE_SCALAR_OFFSET, BLOB_BASE_FEE_SCALAR_OFFSET, ECOTONE_L1_BLOB_BASE_FEE_SLOT,
        ECOTONE_L1_FEE_SCALARS_SLOT, L1_BASE_FEE_SLOT, L1_BLOCK_CONTRACT, L1_OVERHEAD_SLOT, L1_SCALAR_SLOT,
        OPERATOR_FEE_CONSTANT_OFFSET, OPERATOR_FEE_SCALAR_OFFSET, OPERATOR_FEE_SCALARS_SLOT,
    },
};
use revm::Database;

/// The attributes that are in force for the transactions of block `number`.
///
/// The block that activates Ecotone still has an L1 attributes deposit of the earlier format, even if later forks activate
/// with it. In such a block the scalars and the blob base fee are all unset, fees follow Bedrock's rule, and
/// [`L1BlockInfo::empty_ecotone_scalars`] is set. Reads only the slots that the fork's fees depend on.
pub(crate) fn fetch<DB: Database>(
    db: &mut DB,
    number: U256,
    spec: OpSpecId,
) -> Result<L1BlockInfo, DB::Error> {
    let mut slot = |index| db.storage(L1_BLOCK_CONTRACT, index);
    let mut fees = L1BlockInfo {
        l2_block: Some(number),
        l1_base_fee: slot(L1_BASE_FEE_SLOT)?,
        ..L1BlockInfo::default()
    };
    if spec.is_enabled_in(OpSpecId::ISTHMUS) {
        let packed = slot(OPERATOR_FEE_SCALARS_SLOT)?.to_be_bytes();
        fees.operator_fee_scalar = Some(U256::from(u32_at(&packed, OPERATOR_FEE_SCALAR_OFFSET)));
        fees.operator_fee_constant = Some(U256::from_be_slice(&packed[OPERATOR_FEE_CONSTANT_OFFSET..]));
    }
    if spec.is_enabled_in(OpSpecId::ECOTONE) {
        let packed = slot(ECOTONE_L1_FEE_SCALARS_SLOT)?.to_be_bytes();
        let base_fee_scalar = u32_at(&packed, BASE_FEE_SCALAR_OFFSET);
        let blob_base_fee_scalar = u32_at(&packed, BLOB_BASE_FEE_SCALAR_OFFSET);
        let blob_base_fee = slot(ECOTONE_L1_BLOB_BASE_FEE_SLOT)?;
        if base_fee_scalar != 0 || blob_base_fee_scalar != 0 || !blob_base_fee.is_zero() {
            fees.l1_base_fee_scalar = U256::from(base_fee_scalar);
            fees.l1_blob_base_fee_scalar = Some(U256::from(blob_base_fee_scalar));
            fees.l1_blob_base_fee = Some(blob_base_fee);
            return Ok(fees);
        }
        fees.empty_ecotone_scalars = true;
    }
    fees.l1_fee_overhead = Some(slot(L1_OVERHEAD_SLOT)?);
    fees.l1_base_fee_scalar = slot(L1_SCALAR_SLOT)?;
    Ok(fees)
}

fn u32_at(word: &[u8; 32], offset: usize) -> u32 {
    u32::from_be_bytes([word[offset], word[offset + 1], word[offset + 2], word[offset + 3]])
}
