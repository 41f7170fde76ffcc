//! Judges the genesis of a rollup config by the blocks of a claim.
//!
//! Derivation starts at the agreed block and seldom reads the genesis blocks. The agreed block and the L1 blocks before it
//! reveal most wrong values: a derived chain has an L2 block every `block_time` seconds, its L1 origin advances by at most
//! one L1 block per L2 block, and it starts with the two blocks of the genesis. Every chain that op-node derives passes
//! with its own config, also a chain whose first block is not block 0.

use alloc::{format, string::String};

use super::RollupConfig;
use crate::{BlockInfo, L2BlockInfo, RollupError};

impl RollupConfig {
    /// Checks number, timestamp and hash of a block of the L2 chain.
    ///
    /// # Errors
    /// [`RollupError::Genesis`] if no chain of this config has the block.
    pub fn require_l2_block(&self, block: &BlockInfo) -> Result<(), RollupError> {
        let genesis = &self.genesis;
        let refuse_at = |number, fields, reason| Err(RollupError::genesis(fields, "L2", number, reason));
        let refuse = |fields, reason| refuse_at(block.number, fields, reason);
        let Some(blocks) = block.number.checked_sub(genesis.l2.number) else {
            return refuse(
                "genesis.l2.number",
                format!("a number before genesis.l2.number {}", genesis.l2.number),
            );
        };
        let timestamp =
            blocks.checked_mul(self.block_time).and_then(|time| time.checked_add(genesis.l2_time));
        if timestamp != Some(block.timestamp) {
            return refuse(
                "genesis.l2.number, genesis.l2_time and block_time",
                format!(
                    "timestamp {}, but genesis.l2.number {}, genesis.l2_time {} and block_time {} give {}",
                    block.timestamp,
                    genesis.l2.number,
                    genesis.l2_time,
                    self.block_time,
                    timestamp.map_or_else(|| String::from("no 64-bit number"), |time| format!("{time}")),
                ),
            );
        }
        let (first, number) = match blocks {
            0 => (block.hash, block.number),
            1 => (block.parent_hash, genesis.l2.number),
            _ => return Ok(()),
        };
        if first != genesis.l2.hash {
            let reason = format!("hash {first}, but genesis.l2.hash is {}", genesis.l2.hash);
            return refuse_at(number, "genesis.l2.hash", reason);
        }
        Ok(())
    }

    /// Checks the L1 origin of a block of the L2 chain, which [`Self::require_l2_block`] accepts.
    ///
    /// # Errors
    /// [`RollupError::Genesis`] if no chain of this config has the block.
    pub fn require_l1_origin(&self, block: &L2BlockInfo) -> Result<(), RollupError> {
        let genesis = &self.genesis;
        let (number, origin) = (block.block_info.number, block.l1_origin);
        let refuse = |fields, reason| Err(RollupError::genesis(fields, "L2", number, reason));
        let Some(epochs) = origin.number.checked_sub(genesis.l1.number) else {
            let reason = format!(
                "L1 origin {}, which is before genesis.l1.number {}",
                origin.number, genesis.l1.number
            );
            return refuse("genesis.l1.number", reason);
        };
        if epochs == 0 && origin.hash != genesis.l1.hash {
            let reason = format!(
                "L1 origin {} with hash {}, but genesis.l1.hash is {}",
                origin.number, origin.hash, genesis.l1.hash
            );
            return refuse("genesis.l1.hash", reason);
        }
        // Blocks from genesis to the first one with this origin. Every L1 block in between is the origin of one or more.
        let before =
            number.checked_sub(genesis.l2.number).and_then(|blocks| blocks.checked_sub(block.seq_num));
        let fits = before.is_some_and(|before| if epochs == 0 { before == 0 } else { before >= epochs });
        if !fits {
            let reason = format!(
                "L1 origin {} and sequence number {}, which no chain from genesis.l1.number {} and genesis.l2.number \
                 {} has",
                origin.number, block.seq_num, genesis.l1.number, genesis.l2.number
            );
            return refuse("genesis.l1.number and genesis.l2.number", reason);
        }
        Ok(())
    }

    /// Checks a block of the L1 chain that derivation reads: number and hash of the genesis name the same block, and the
    /// first L2 blocks are not older than it.
    ///
    /// # Errors
    /// [`RollupError::Genesis`] if the genesis names no block of this chain.
    pub fn require_l1_block(&self, block: &BlockInfo) -> Result<(), RollupError> {
        let genesis = &self.genesis;
        let refuse = |fields, reason| Err(RollupError::genesis(fields, "L1", block.number, reason));
        match (block.number == genesis.l1.number, block.hash == genesis.l1.hash) {
            (false, false) => Ok(()),
            (false, true) => refuse(
                "genesis.l1.number",
                format!("the hash in genesis.l1.hash, but genesis.l1.number is {}", genesis.l1.number),
            ),
            (true, false) => refuse(
                "genesis.l1.hash",
                format!("hash {}, but genesis.l1.hash is {}", block.hash, genesis.l1.hash),
            ),
            // The L1 origin of the L2 block after genesis is this block or a later one, and not younger than the L2 block.
            (true, true) if block.timestamp > genesis.l2_time.saturating_add(self.block_time) => refuse(
                "genesis.l1 and genesis.l2_time",
                format!(
                    "timestamp {}, and is genesis.l1, but genesis.l2_time is {}",
                    block.timestamp, genesis.l2_time
                ),
            ),
            (true, true) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use alloy_primitives::B256;

    use super::*;
    use crate::{BlockNumHash, ChainGenesis, registry};

    const BLOCKS: u64 = 1000;

    /// OP Mainnet, whose first block is not block 0.
    fn config() -> RollupConfig {
        registry::rollup_config(10).unwrap()
    }

    fn l2_block(blocks: u64) -> BlockInfo {
        let RollupConfig { genesis, block_time, .. } = config();
        let hash =
            |number| if number == 0 { genesis.l2.hash } else { B256::left_padding_from(&[number as u8]) };
        BlockInfo {
            hash: hash(blocks),
            number: genesis.l2.number + blocks,
            parent_hash: blocks.checked_sub(1).map(hash).unwrap_or_default(),
            timestamp: genesis.l2_time + blocks * block_time,
        }
    }

    /// The fields that a check names, if it refuses.
    fn fields(result: Result<(), RollupError>) -> Option<&'static str> {
        match result {
            Ok(()) => None,
            Err(RollupError::Genesis { fields, .. }) => Some(fields),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn an_l2_block_has_the_number_of_its_timestamp() {
        const ALL: &str = "genesis.l2.number, genesis.l2_time and block_time";
        let wrong = |change: fn(&mut RollupConfig)| {
            let mut config = config();
            change(&mut config);
            fields(config.require_l2_block(&l2_block(BLOCKS)))
        };
        for blocks in [0, 1, 2, BLOCKS] {
            assert_eq!(config().require_l2_block(&l2_block(blocks)), Ok(()));
        }
        assert_eq!(wrong(|config| config.genesis.l2.number += 1), Some(ALL));
        assert_eq!(wrong(|config| config.genesis.l2.number = 0), Some(ALL));
        assert_eq!(wrong(|config| config.genesis.l2.number += BLOCKS + 1), Some("genesis.l2.number"));
        assert_eq!(wrong(|config| config.genesis.l2_time -= 1), Some(ALL));
        assert_eq!(wrong(|config| config.genesis.l2_time = u64::MAX), Some(ALL));
        assert_eq!(wrong(|config| config.block_time = 3), Some(ALL));
    }

    #[test]
    fn errors_show_both_values() {
        let mut config = config();
        config.genesis.l2 = BlockNumHash { number: 5, ..config.genesis.l2 };
        config.genesis.l2_time = 1000;
        let block = BlockInfo { number: 6, timestamp: 1000, ..l2_block(1) };
        assert_eq!(
            config.require_l2_block(&block).unwrap_err().to_string(),
            "wrong rollup config: L2 block 6 has timestamp 1000, but genesis.l2.number 5, genesis.l2_time 1000 and \
             block_time 2 give 1002"
        );
        let error = config.require_l2_block(&BlockInfo { number: 4, ..block }).unwrap_err().to_string();
        assert_eq!(error, "wrong rollup config: L2 block 4 has a number before genesis.l2.number 5");
    }

    #[test]
    fn the_first_l2_block_has_the_hash_of_the_config() {
        let mut config = config();
        config.genesis.l2.hash = B256::repeat_byte(9);
        for blocks in [0, 1] {
            assert_eq!(fields(config.require_l2_block(&l2_block(blocks))), Some("genesis.l2.hash"));
        }
        // Of later blocks the first one cannot be told.
        assert_eq!(config.require_l2_block(&l2_block(2)), Ok(()));
    }

    #[test]
    fn the_l1_origin_advances_from_genesis_by_one_block_at_a_time() {
        let genesis = config().genesis;
        let judge = |blocks: u64, epochs: u64, seq_num: u64| {
            let hash = if epochs == 0 { genesis.l1.hash } else { B256::repeat_byte(7) };
            let l1_origin = BlockNumHash { number: genesis.l1.number + epochs, hash };
            fields(config().require_l1_origin(&L2BlockInfo {
                block_info: l2_block(blocks),
                l1_origin,
                seq_num,
            }))
        };
        for (blocks, epochs, seq_num) in
            [(0, 0, 0), (5, 0, 5), (5, 5, 0), (5, 1, 4), (5, 2, 0), (1000, 160, 3)]
        {
            assert_eq!(judge(blocks, epochs, seq_num), None, "{blocks} {epochs} {seq_num}");
        }
        for (blocks, epochs, seq_num) in [(0, 1, 0), (5, 0, 4), (5, 0, 6), (5, 6, 0), (5, 2, 4), (5, 1, 5)] {
            let both = Some("genesis.l1.number and genesis.l2.number");
            assert_eq!(judge(blocks, epochs, seq_num), both, "{blocks} {epochs} {seq_num}");
        }
        let block = |l1_origin| L2BlockInfo { block_info: l2_block(5), l1_origin, seq_num: 5 };
        let before = BlockNumHash { number: genesis.l1.number - 1, hash: genesis.l1.hash };
        assert_eq!(fields(config().require_l1_origin(&block(before))), Some("genesis.l1.number"));
        let other = BlockNumHash { hash: B256::ZERO, ..genesis.l1 };
        assert_eq!(fields(config().require_l1_origin(&block(other))), Some("genesis.l1.hash"));
    }

    #[test]
    fn the_l1_genesis_is_a_block_of_the_chain() {
        let ChainGenesis { l1, l2_time, .. } = config().genesis;
        let judge = |number, hash, timestamp| {
            fields(config().require_l1_block(&BlockInfo { hash, number, parent_hash: B256::ZERO, timestamp }))
        };
        let (other, next) = (B256::repeat_byte(9), l1.number + 1);
        assert_eq!(judge(l1.number, l1.hash, l2_time), None);
        assert_eq!(judge(l1.number, l1.hash, l2_time + 2), None);
        assert_eq!(judge(next, other, l2_time + 12), None);
        assert_eq!(judge(l1.number, l1.hash, l2_time + 3), Some("genesis.l1 and genesis.l2_time"));
        assert_eq!(judge(l1.number, other, l2_time), Some("genesis.l1.hash"));
        assert_eq!(judge(next, l1.hash, l2_time), Some("genesis.l1.number"));
    }
}
