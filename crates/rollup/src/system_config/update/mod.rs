//! System configuration updates: the `ConfigUpdate` events of one L1 block, applied to a [`SystemConfig`].
//!
//! See the [specification](https://specs.optimism.io/protocol/system-config.html). The event has three topics: its
//! signature, a version (0) and the kind of update. Its data is one ABI-encoded `bytes` value, whose content depends
//! on the kind.

use alloy_primitives::{Address, Bytes, U256};

use crate::{
    RollupConfig, RollupError, SystemConfig,
    receipts::{self, CONFIG_UPDATE_TOPIC, Log},
};

/// One update, decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ConfigUpdate {
    Batcher(Address),
    FeeScalars {
        overhead: U256,
        scalar: U256,
    },
    GasLimit(u64),
    /// The sequencer's signing key. Derivation does not use it.
    UnsafeBlockSigner,
    Eip1559Params([u8; 8]),
    OperatorFee([u8; 32]),
    MinBaseFee(u64),
    DaFootprintGasScalar(u16),
}

/// Whether an update among the logs of these raw receipts sets the batcher's address.
///
/// # Errors
/// A receipt is malformed.
pub fn updates_batcher(receipts: &[Bytes], config: &RollupConfig) -> Result<bool, RollupError> {
    for log in receipts::logs(receipts) {
        let log = log?;
        if log.address == config.l1_system_config_address
            && matches!(ConfigUpdate::decode(&log), Some(ConfigUpdate::Batcher(_)))
        {
            return Ok(true);
        }
    }
    Ok(false)
}

impl SystemConfig {
    /// Applies the updates among the logs of the L1 block with timestamp `l1_time`, given its raw receipts.
    ///
    /// Updates are applied in order. A malformed update is skipped. An update is applied even before the fork that
    /// introduced it. If a receipt is malformed, the config does not change.
    pub fn update_with_receipts(
        &mut self,
        receipts: &[Bytes],
        config: &RollupConfig,
        l1_time: u64,
    ) -> Result<(), RollupError> {
        let mut updated = *self;
        for log in receipts::logs(receipts) {
            let log = log?;
            if log.address == config.l1_system_config_address
                && let Some(update) = ConfigUpdate::decode(&log)
            {
                updated.apply(update, config.is_ecotone_active(l1_time));
            }
        }
        *self = updated;
        Ok(())
    }

    fn apply(&mut self, update: ConfigUpdate, ecotone: bool) {
        match update {
            ConfigUpdate::Batcher(address) => self.batcher_address = address,
            ConfigUpdate::FeeScalars { overhead, scalar } => {
                let next = if ecotone {
                    Self { overhead: U256::ZERO, scalar, ..*self }
                } else {
                    Self { overhead, scalar, ..*self }
                };
                if !ecotone || next.has_canonical_ecotone_scalar() {
                    *self = next;
                }
            }
            ConfigUpdate::GasLimit(gas_limit) => self.gas_limit = gas_limit,
            ConfigUpdate::UnsafeBlockSigner => {}
            ConfigUpdate::Eip1559Params(params) => self.set_eip1559_params(params),
            ConfigUpdate::OperatorFee(params) => self.set_operator_fee_params(&params),
            ConfigUpdate::MinBaseFee(fee) => self.min_base_fee = fee,
            ConfigUpdate::DaFootprintGasScalar(scalar) => self.da_footprint_gas_scalar = scalar,
        }
    }
}

impl ConfigUpdate {
    /// Decodes an event of the system configuration contract. `None`: it is another event, or it is malformed.
    fn decode(log: &Log<'_>) -> Option<Self> {
        if !log.topics.starts_with(&CONFIG_UPDATE_TOPIC) || log.topics.len() != 3 {
            return None;
        }
        if !log.topics.get(1)?.is_zero() {
            return None;
        }
        let kind = uint::<1>(&log.topics.get(2)?.0)?[0];
        if kind == 3 {
            return Some(Self::UnsafeBlockSigner);
        }
        let words = content(log.data)?;
        Some(match (kind, words) {
            (0, [address]) => Self::Batcher(Address::from(uint::<20>(address)?)),
            (1, [overhead, scalar]) => Self::FeeScalars {
                overhead: U256::from_be_bytes(*overhead),
                scalar: U256::from_be_bytes(*scalar),
            },
            (2, [gas_limit]) => Self::GasLimit(u64::from_be_bytes(uint(gas_limit)?)),
            (4, [params]) => Self::Eip1559Params(eip1559_params(params)?),
            (5, [params]) => Self::OperatorFee(*params),
            (6, [fee]) => Self::MinBaseFee(u64::from_be_bytes(uint(fee)?)),
            (7, [scalar]) => Self::DaFootprintGasScalar(u16::from_be_bytes(uint(scalar)?)),
            _ => return None,
        })
    }
}

/// The words of the ABI-encoded `bytes` value that is the event's data. `None` if data follows it.
fn content(data: &[u8]) -> Option<&[[u8; 32]]> {
    let (words, []) = data.as_chunks::<32>() else { return None };
    let [offset, length, content @ ..] = words else { return None };
    let offset = u64::from_be_bytes(uint(offset)?);
    let length = u64::from_be_bytes(uint(length)?);
    (offset == 32 && usize::try_from(length) == Ok(size_of_val(content))).then_some(content)
}

/// The low `N` bytes of a word whose other bytes are zero.
fn uint<const N: usize>(word: &[u8; 32]) -> Option<[u8; N]> {
    let (padding, number) = word.split_last_chunk::<N>()?;
    padding.iter().all(|byte| *byte == 0).then_some(*number)
}

/// Denominator and elasticity. Either both are zero or neither is. The bytes before them in the word are ignored.
fn eip1559_params(word: &[u8; 32]) -> Option<[u8; 8]> {
    let params = *word.last_chunk::<8>()?;
    let [denominator, elasticity] = [&params[..4], &params[4..]].map(|number| number != [0; 4]);
    (denominator == elasticity).then_some(params)
}

#[cfg(test)]
mod tests;
