//! The L1 attributes: the first deposit of every L2 block, which holds values of its L1 origin.
//!
//! See the [specification](https://specs.optimism.io/protocol/deposits.html#l1-attributes-deposited-transaction).

use alloc::vec::Vec;

use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, U256, address};

use super::deposits::{DepositSource, DepositTx};
use crate::{L1ChainConfig, RollupConfig, RollupError, SystemConfig, channel::frame::take};

/// The sender of the L1 attributes deposit.
pub const L1_INFO_DEPOSITOR: Address = address!("deaddeaddeaddeaddeaddeaddeaddeaddead0001");

/// The contract that takes the L1 attributes (`L1Block`).
pub const L1_BLOCK: Address = address!("4200000000000000000000000000000000000015");

/// Gas limit of the deposit from Regolith on.
const REGOLITH_GAS: u64 = 1_000_000;
/// Gas limit of the deposit before Regolith, when the gas of system transactions does not count.
const BEDROCK_GAS: u64 = 150_000_000;

/// Gas per byte of the data-availability footprint when the system config says 0.
pub const DEFAULT_DA_FOOTPRINT_GAS_SCALAR: u16 = 400;

/// How the L1 attributes are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum L1InfoFormat {
    /// ABI-encoded arguments.
    Bedrock,
    /// Packed, with the blob base fee.
    Ecotone,
    /// Ecotone's with the operator fee.
    Isthmus,
    /// Isthmus's with the data-availability footprint.
    Jovian,
}

impl L1InfoFormat {
    /// The format in the L2 block at `l2_timestamp`. The block that activates a fork still has the format before it: the
    /// contract is upgraded after its attributes.
    pub fn of_block(cfg: &RollupConfig, l2_timestamp: u64) -> Self {
        let past_first = |active: bool, first: bool| active && !first;
        if past_first(cfg.is_jovian_active(l2_timestamp), cfg.is_first_jovian_block(l2_timestamp)) {
            Self::Jovian
        } else if past_first(cfg.is_isthmus_active(l2_timestamp), cfg.is_first_isthmus_block(l2_timestamp)) {
            Self::Isthmus
        } else if past_first(cfg.is_ecotone_active(l2_timestamp), cfg.is_first_ecotone_block(l2_timestamp)) {
            Self::Ecotone
        } else {
            Self::Bedrock
        }
    }

    /// The selector of the function that takes the format.
    const fn selector(self) -> [u8; 4] {
        match self {
            Self::Bedrock => [0x01, 0x5d, 0x8e, 0xb9],
            Self::Ecotone => [0x44, 0x0a, 0x5e, 0x20],
            Self::Isthmus => [0x09, 0x89, 0x99, 0xbe],
            Self::Jovian => [0x3d, 0xb6, 0xbe, 0x2b],
        }
    }
}

/// The L1 attributes of an L2 block. Fields that its format does not have are 0.
///
/// ```
/// use tribunal_rollup::l1_info::{L1BlockInfoTx, L1InfoFormat};
///
/// let info = L1BlockInfoTx { number: 5, base_fee_scalar: 7, ..Default::default() };
/// let data = info.encode(L1InfoFormat::Ecotone);
/// assert_eq!(L1BlockInfoTx::decode(L1InfoFormat::Ecotone, &data)?, info);
/// # Ok::<_, tribunal_rollup::RollupError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct L1BlockInfoTx {
    /// Number of the L1 origin.
    pub number: u64,
    /// Timestamp of the L1 origin, in seconds.
    pub time: u64,
    /// Base fee of the L1 origin, in wei.
    pub base_fee: U256,
    /// Hash of the L1 origin.
    pub block_hash: B256,
    /// Place of the L2 block in its epoch, from 0.
    pub sequence_number: u64,
    /// The batcher.
    pub batcher_address: Address,
    /// Bedrock's fee overhead.
    pub l1_fee_overhead: U256,
    /// Bedrock's fee scalar.
    pub l1_fee_scalar: U256,
    /// Blob base fee of the L1 origin, in wei (from Ecotone).
    pub blob_base_fee: U256,
    /// Weight of the base fee in the L1 fee (from Ecotone).
    pub base_fee_scalar: u32,
    /// Weight of the blob base fee in the L1 fee (from Ecotone).
    pub blob_base_fee_scalar: u32,
    /// Operator fee per gas, scaled by 10^6 (from Isthmus).
    pub operator_fee_scalar: u32,
    /// Operator fee per transaction, in wei (from Isthmus).
    pub operator_fee_constant: u64,
    /// Gas per byte of the data-availability footprint (from Jovian).
    pub da_footprint_gas_scalar: u16,
}

impl L1BlockInfoTx {
    /// The attributes of the L2 block at `l2_timestamp` with sequence number `seq_num`, whose L1 origin has the
    /// header `l1_header` and the hash `l1_hash`.
    ///
    /// # Errors
    /// A fee scalar of unknown version, or a blob base fee that cannot be computed with `l1_cfg`.
    pub fn new(
        cfg: &RollupConfig,
        l1_cfg: &L1ChainConfig,
        system_config: &SystemConfig,
        seq_num: u64,
        l1_header: &Header,
        l1_hash: B256,
        l2_timestamp: u64,
    ) -> Result<Self, RollupError> {
        let format = L1InfoFormat::of_block(cfg, l2_timestamp);
        let mut info = Self {
            number: l1_header.number,
            time: l1_header.timestamp,
            base_fee: U256::from(l1_header.base_fee_per_gas.unwrap_or_default()),
            block_hash: l1_hash,
            sequence_number: seq_num,
            batcher_address: system_config.batcher_address,
            ..Self::default()
        };
        if format == L1InfoFormat::Bedrock {
            info.l1_fee_overhead = system_config.overhead;
            info.l1_fee_scalar = system_config.scalar;
            return Ok(info);
        }
        let scalars = system_config.ecotone_scalars().ok_or(RollupError::FeeScalar)?;
        info.base_fee_scalar = scalars.base_fee_scalar;
        info.blob_base_fee_scalar = scalars.blob_base_fee_scalar;
        info.blob_base_fee = l1_cfg.blob_base_fee(cfg, l1_header.timestamp, l1_header.excess_blob_gas)?;
        if format >= L1InfoFormat::Isthmus {
            info.operator_fee_scalar = system_config.operator_fee_scalar;
            info.operator_fee_constant = system_config.operator_fee_constant;
        }
        if format >= L1InfoFormat::Jovian {
            info.da_footprint_gas_scalar = match system_config.da_footprint_gas_scalar {
                0 => DEFAULT_DA_FOOTPRINT_GAS_SCALAR,
                scalar => scalar,
            };
        }
        Ok(info)
    }

    /// The call data in `format`.
    pub fn encode(&self, format: L1InfoFormat) -> Vec<u8> {
        let mut out = Vec::with_capacity(4 + 8 * 32);
        out.extend_from_slice(&format.selector());
        if format == L1InfoFormat::Bedrock {
            for word in [
                U256::from(self.number),
                U256::from(self.time),
                self.base_fee,
                self.block_hash.into(),
                U256::from(self.sequence_number),
                self.batcher_address.into_word().into(),
                self.l1_fee_overhead,
                self.l1_fee_scalar,
            ] {
                out.extend_from_slice(&word.to_be_bytes::<32>());
            }
            return out;
        }
        out.extend_from_slice(&self.base_fee_scalar.to_be_bytes());
        out.extend_from_slice(&self.blob_base_fee_scalar.to_be_bytes());
        out.extend_from_slice(&self.sequence_number.to_be_bytes());
        out.extend_from_slice(&self.time.to_be_bytes());
        out.extend_from_slice(&self.number.to_be_bytes());
        out.extend_from_slice(&self.base_fee.to_be_bytes::<32>());
        out.extend_from_slice(&self.blob_base_fee.to_be_bytes::<32>());
        out.extend_from_slice(self.block_hash.as_slice());
        out.extend_from_slice(self.batcher_address.into_word().as_slice());
        if format >= L1InfoFormat::Isthmus {
            out.extend_from_slice(&self.operator_fee_scalar.to_be_bytes());
            out.extend_from_slice(&self.operator_fee_constant.to_be_bytes());
        }
        if format >= L1InfoFormat::Jovian {
            out.extend_from_slice(&self.da_footprint_gas_scalar.to_be_bytes());
        }
        out
    }

    /// Reads call data in `format`.
    ///
    /// # Errors
    /// Another selector, another length, or a word with bits that its field does not have.
    pub fn decode(format: L1InfoFormat, data: &[u8]) -> Result<Self, RollupError> {
        let input = &mut &data[..];
        if take(input, "L1 attributes selector")? != format.selector() {
            return Err(RollupError::L1Info("selector is of another format"));
        }
        let mut info = Self::default();
        if format == L1InfoFormat::Bedrock {
            info.number = uint64(input)?;
            info.time = uint64(input)?;
            info.base_fee = uint256(input)?;
            info.block_hash = take(input, BODY)?.into();
            info.sequence_number = uint64(input)?;
            info.batcher_address = address_word(input)?;
            info.l1_fee_overhead = uint256(input)?;
            info.l1_fee_scalar = uint256(input)?;
        } else {
            info.base_fee_scalar = u32::from_be_bytes(take(input, BODY)?);
            info.blob_base_fee_scalar = u32::from_be_bytes(take(input, BODY)?);
            info.sequence_number = u64::from_be_bytes(take(input, BODY)?);
            info.time = u64::from_be_bytes(take(input, BODY)?);
            info.number = u64::from_be_bytes(take(input, BODY)?);
            info.base_fee = uint256(input)?;
            info.blob_base_fee = uint256(input)?;
            info.block_hash = take(input, BODY)?.into();
            info.batcher_address = address_word(input)?;
        }
        if format >= L1InfoFormat::Isthmus {
            info.operator_fee_scalar = u32::from_be_bytes(take(input, BODY)?);
            info.operator_fee_constant = u64::from_be_bytes(take(input, BODY)?);
        }
        if format >= L1InfoFormat::Jovian {
            info.da_footprint_gas_scalar = u16::from_be_bytes(take(input, BODY)?);
        }
        if input.is_empty() { Ok(info) } else { Err(RollupError::L1Info("data is too long")) }
    }

    /// Reads the attributes from the first transaction (in EIP-2718 form) of the L2 block at `l2_timestamp`.
    ///
    /// # Errors
    /// The transaction is no deposit, or its call data is not in the block's format.
    pub fn from_first_tx(
        cfg: &RollupConfig,
        l2_timestamp: u64,
        transaction: &[u8],
    ) -> Result<Self, RollupError> {
        let deposit = DepositTx::decode(transaction)?;
        Self::decode(L1InfoFormat::of_block(cfg, l2_timestamp), &deposit.data)
    }
}

/// The L1 attributes deposit, in EIP-2718 form, of the L2 block at `l2_timestamp`: see [`L1BlockInfoTx::new`].
///
/// # Errors
/// As [`L1BlockInfoTx::new`]: the chain's configuration is broken, and derivation cannot go on.
pub fn l1_info_deposit(
    cfg: &RollupConfig,
    l1_cfg: &L1ChainConfig,
    system_config: &SystemConfig,
    seq_num: u64,
    l1_header: &Header,
    l1_hash: B256,
    l2_timestamp: u64,
) -> Result<Bytes, RollupError> {
    let info = L1BlockInfoTx::new(cfg, l1_cfg, system_config, seq_num, l1_header, l1_hash, l2_timestamp)?;
    let regolith = cfg.is_regolith_active(l2_timestamp);
    let deposit = DepositTx {
        source_hash: DepositSource::L1Info { l1_block_hash: l1_hash, seq_num }.hash(),
        from: L1_INFO_DEPOSITOR,
        to: Some(L1_BLOCK),
        mint: U256::ZERO,
        value: U256::ZERO,
        gas: if regolith { REGOLITH_GAS } else { BEDROCK_GAS },
        is_system: !regolith,
        data: info.encode(L1InfoFormat::of_block(cfg, l2_timestamp)).into(),
    };
    Ok(deposit.encode())
}

const BODY: &str = "L1 attributes";

fn uint256(input: &mut &[u8]) -> Result<U256, RollupError> {
    Ok(U256::from_be_bytes(take::<32>(input, BODY)?))
}

/// A word that holds 64 bits.
fn uint64(input: &mut &[u8]) -> Result<u64, RollupError> {
    uint256(input)?.try_into().map_err(|_| RollupError::L1Info("number has more than 64 bits"))
}

/// A word that holds an address.
fn address_word(input: &mut &[u8]) -> Result<Address, RollupError> {
    let word = B256::from(take(input, BODY)?);
    if word[..12] != [0; 12] {
        return Err(RollupError::L1Info("address has more than 160 bits"));
    }
    Ok(Address::from_word(word))
}

#[cfg(test)]
mod tests {
    use alloy_primitives::keccak256;
    use proptest::prelude::*;

    use super::*;

    const FORMATS: [L1InfoFormat; 4] =
        [L1InfoFormat::Bedrock, L1InfoFormat::Ecotone, L1InfoFormat::Isthmus, L1InfoFormat::Jovian];

    #[test]
    fn selectors() {
        let signatures = [
            "setL1BlockValues(uint64,uint64,uint256,bytes32,uint64,bytes32,uint256,uint256)",
            "setL1BlockValuesEcotone()",
            "setL1BlockValuesIsthmus()",
            "setL1BlockValuesJovian()",
        ];
        for (format, signature) in FORMATS.into_iter().zip(signatures) {
            assert_eq!(format.selector(), keccak256(signature)[..4]);
        }
    }

    #[test]
    fn lengths() {
        let lengths = FORMATS.map(|format| L1BlockInfoTx::default().encode(format).len());
        assert_eq!(lengths, [260, 164, 176, 178]);
    }

    #[test]
    fn padding_must_be_zero() {
        for (format, place) in [
            (L1InfoFormat::Bedrock, 4),
            (L1InfoFormat::Bedrock, 4 + 5 * 32),
            (L1InfoFormat::Ecotone, 4 + 128),
        ] {
            let mut data = L1BlockInfoTx::default().encode(format);
            assert!(L1BlockInfoTx::decode(format, &data).is_ok());
            data[place] = 1;
            assert!(L1BlockInfoTx::decode(format, &data).is_err());
        }
    }

    proptest! {
        #[test]
        fn decoding_is_strict(format in prop::sample::select(&FORMATS), mut data in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = L1BlockInfoTx::decode(format, &data);
            data.resize(L1BlockInfoTx::default().encode(format).len(), 0);
            data[..4].copy_from_slice(&format.selector());
            if let Ok(info) = L1BlockInfoTx::decode(format, &data) {
                prop_assert_eq!(info.encode(format), data.clone());
            }
            data.push(0);
            prop_assert!(L1BlockInfoTx::decode(format, &data).is_err());
        }
    }
}
