//! The system config: the part of the configuration that an L1 contract changes while the chain runs.

mod update;

use alloy_primitives::{Address, B256, U256};

pub use update::updates_batcher;

/// The rollup's system configuration at an L2 block.
///
/// A field that a fork introduced is 0 until an update sets it. The protocol reads 0 as "not set".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SystemConfig {
    /// The account whose transactions carry batches.
    pub batcher_address: Address,
    /// L1 fee overhead; 0 from Ecotone on.
    pub overhead: U256,
    /// L1 fee scalar, from Ecotone on the versioned encoding that [`Self::ecotone_scalars`] reads.
    pub scalar: U256,
    /// L2 block gas limit.
    pub gas_limit: u64,
    /// EIP-1559 denominator (Holocene); 0 together with the elasticity means the chain's own values.
    pub eip1559_denominator: u32,
    /// EIP-1559 elasticity (Holocene).
    pub eip1559_elasticity: u32,
    /// Operator fee per gas (Isthmus), scaled by 10^6.
    pub operator_fee_scalar: u32,
    /// Operator fee per transaction (Isthmus), in wei.
    pub operator_fee_constant: u64,
    /// Least base fee (Jovian), in wei.
    pub min_base_fee: u64,
    /// Gas per byte of estimated compressed transaction size (Jovian); 0 means the protocol's default.
    pub da_footprint_gas_scalar: u16,
}

/// What [`SystemConfig::scalar`] encodes from Ecotone on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct EcotoneScalars {
    /// Factor of the L1 base fee, scaled by 10^6.
    pub base_fee_scalar: u32,
    /// Factor of the L1 blob base fee, scaled by 10^6.
    pub blob_base_fee_scalar: u32,
}

impl EcotoneScalars {
    /// The version 1 encoding.
    pub fn encode(&self) -> U256 {
        let mut word = B256::ZERO;
        word[0] = 1;
        word[24..28].copy_from_slice(&self.blob_base_fee_scalar.to_be_bytes());
        word[28..].copy_from_slice(&self.base_fee_scalar.to_be_bytes());
        word.into()
    }
}

impl SystemConfig {
    /// Decodes [`Self::scalar`] as Ecotone reads it. `None` for an unknown version and for padding that is not zero.
    ///
    /// A scalar of version 0 (Bedrock's form) that does not fit 32 bits is read as 2^32 - 1.
    pub fn ecotone_scalars(&self) -> Option<EcotoneScalars> {
        let word: [u8; 32] = self.scalar.to_be_bytes();
        let low = u32::from_be_bytes([word[28], word[29], word[30], word[31]]);
        match word[0] {
            0 if word[1..28] == [0; 27] => {
                Some(EcotoneScalars { base_fee_scalar: low, blob_base_fee_scalar: 0 })
            }
            0 => Some(EcotoneScalars { base_fee_scalar: u32::MAX, blob_base_fee_scalar: 0 }),
            1 if word[1..24] == [0; 23] => {
                let blob_base_fee_scalar = u32::from_be_bytes([word[24], word[25], word[26], word[27]]);
                Some(EcotoneScalars { base_fee_scalar: low, blob_base_fee_scalar })
            }
            _ => None,
        }
    }

    /// Whether an update may set this [`Self::scalar`] from Ecotone on: its version is known and its padding is zero.
    pub(crate) fn has_canonical_ecotone_scalar(&self) -> bool {
        let word: [u8; 32] = self.scalar.to_be_bytes();
        match word[0] {
            0 => word[1..28] == [0; 27],
            1 => word[1..24] == [0; 23],
            _ => false,
        }
    }

    /// Sets the EIP-1559 parameters from their packed form: denominator and elasticity, 4 bytes each.
    pub(crate) fn set_eip1559_params(&mut self, params: [u8; 8]) {
        let packed = u64::from_be_bytes(params);
        self.eip1559_denominator = (packed >> 32) as u32;
        self.eip1559_elasticity = packed as u32;
    }

    /// The EIP-1559 parameters in their packed form, as payload attributes carry them.
    pub const fn eip1559_params(&self) -> [u8; 8] {
        ((self.eip1559_denominator as u64) << 32 | self.eip1559_elasticity as u64).to_be_bytes()
    }

    /// Sets the operator fee from its packed form; the first 20 bytes have no meaning.
    pub(crate) fn set_operator_fee_params(&mut self, params: &[u8; 32]) {
        let [.., s0, s1, s2, s3, c0, c1, c2, c3, c4, c5, c6, c7] = *params;
        self.operator_fee_scalar = u32::from_be_bytes([s0, s1, s2, s3]);
        self.operator_fee_constant = u64::from_be_bytes([c0, c1, c2, c3, c4, c5, c6, c7]);
    }

    /// The operator fee in its packed form.
    pub(crate) fn operator_fee_params(&self) -> B256 {
        let mut word = B256::ZERO;
        word[20..24].copy_from_slice(&self.operator_fee_scalar.to_be_bytes());
        word[24..].copy_from_slice(&self.operator_fee_constant.to_be_bytes());
        word
    }
}
