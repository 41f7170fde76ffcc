//! Tells from the bloom filter in a header whether the block can contain an event.

use alloy_primitives::{Address, B256, Bloom, BloomInput, b256};

use crate::{RollupConfig, l2::deposits::DEPOSIT_EVENT};

/// First topic of `ConfigUpdate(uint256,uint8,bytes)`.
pub const CONFIG_UPDATE_TOPIC: B256 =
    b256!("1d2b0bda21d56b8bd12d4f94ebacffdfb35f5e226f84b461103bb8beab6353be");

/// The bits that an event of one contract sets in a header's bloom filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogFilter(Bloom);

impl LogFilter {
    /// The filter for events with the first topic `topic` emitted by `address`.
    pub fn new(address: &Address, topic: &B256) -> Self {
        let mut bloom = Bloom::ZERO;
        bloom.accrue(BloomInput::Raw(address.as_slice()));
        bloom.accrue(BloomInput::Raw(topic.as_slice()));
        Self(bloom)
    }

    /// Whether a block with this bloom filter may contain the event. If not, its receipts need not be read.
    pub fn may_match(&self, logs_bloom: &Bloom) -> bool {
        logs_bloom.contains(&self.0)
    }
}

impl RollupConfig {
    /// The filter for system configuration updates of this rollup.
    pub fn config_update_filter(&self) -> LogFilter {
        LogFilter::new(&self.l1_system_config_address, &CONFIG_UPDATE_TOPIC)
    }

    /// The filter for deposits to this rollup.
    pub fn deposit_filter(&self) -> LogFilter {
        LogFilter::new(&self.deposit_contract_address, &DEPOSIT_EVENT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{Log, LogData, keccak256};

    #[test]
    fn topics_are_the_hashes_of_the_signatures() {
        assert_eq!(CONFIG_UPDATE_TOPIC, keccak256("ConfigUpdate(uint256,uint8,bytes)"));
        assert_eq!(DEPOSIT_EVENT, keccak256("TransactionDeposited(address,address,uint256,bytes)"));
    }

    #[test]
    fn matches_what_the_event_marks() {
        let address = Address::repeat_byte(7);
        let filter = LogFilter::new(&address, &DEPOSIT_EVENT);
        let log =
            Log { address, data: LogData::new_unchecked(alloc::vec![DEPOSIT_EVENT], Default::default()) };
        let mut bloom = Bloom::ZERO;
        assert!(!filter.may_match(&bloom));
        bloom.accrue_log(&log);
        assert!(filter.may_match(&bloom));
        assert!(!LogFilter::new(&address, &CONFIG_UPDATE_TOPIC).may_match(&bloom));
    }
}
