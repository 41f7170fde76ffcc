//! The options of a devnet.

use tribunal_rollup::Fork;

use crate::{devnet::fork_name, error::TestkitError};

/// The forks that a devnet can activate after genesis. Earlier forks are active at genesis.
pub const FORKS: [Fork; 7] =
    [Fork::Ecotone, Fork::Fjord, Fork::Granite, Fork::Holocene, Fork::Isthmus, Fork::Jovian, Fork::Karst];

/// Seconds between L2 blocks.
pub(crate) const BLOCK_TIME: u64 = 2;

/// The most blocks of a devnet. The pre-images of more blocks would be too large for a fixture.
const MAX_BLOCKS: u64 = 100_000;

/// L2 blocks between two forks: no L1 block may activate two, because derivation acts on one per L1 block.
const MIN_GAP: u64 = 7;

/// How a devnet's batches get to L1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Batches {
    /// Most channels as blobs, the others as calldata.
    #[default]
    Mixed,
    /// All as calldata, which a batcher may use after Ecotone too: derivation then reads no blob.
    Calldata,
    /// All as blobs.
    Blobs,
}

impl Batches {
    /// Whether a channel is sent as blobs. `drawn` is what chance says. It is drawn in any case, so that the options differ in
    /// nothing else.
    pub(crate) const fn as_blobs(self, drawn: bool) -> bool {
        match self {
            Self::Mixed => drawn,
            Self::Calldata => false,
            Self::Blobs => true,
        }
    }
}

/// The options of a devnet. The same options give the same devnet, byte for byte.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Seed of all random choices.
    pub seed: u64,
    /// Number of L2 blocks after genesis.
    pub blocks: u64,
    /// Forks that activate after genesis, at equal distances. Forks before the first of them are active at genesis;
    /// without any, all up to Jovian are.
    pub forks: Vec<Fork>,
    /// How batches get to L1.
    pub batches: Batches,
}

/// When forks activate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Schedule {
    /// How many of [`FORKS`] activate before genesis, each in a block of its own: the founding blocks. Their upgrade
    /// transactions make the state at genesis.
    pub(crate) founding: usize,
    /// When the others activate, in seconds after genesis; `None` for never.
    pub(crate) later: Vec<Option<u64>>,
}

impl Options {
    /// When forks activate.
    ///
    /// # Errors
    /// [`TestkitError::Options`] if the options are invalid.
    pub(crate) fn schedule(&self) -> Result<Schedule, TestkitError> {
        if !(MIN_GAP..=MAX_BLOCKS).contains(&self.blocks) {
            let reason =
                format!("the number of blocks must be from {MIN_GAP} to {MAX_BLOCKS}, not {}", self.blocks);
            return Err(TestkitError::Options(reason));
        }
        let position = |fork: &Fork| FORKS.iter().position(|known| known == fork);
        let mut listed = self
            .forks
            .iter()
            .map(|fork| {
                position(fork).ok_or_else(|| {
                    let reason = format!("{} is not among the forks from ecotone to karst", fork_name(*fork));
                    TestkitError::Options(reason)
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        listed.sort_unstable();
        listed.dedup();
        let founding = listed.first().copied().unwrap_or(FORKS.len() - 1);
        let gap = self.blocks / (listed.len() as u64 + 1);
        if !listed.is_empty() && gap < MIN_GAP {
            let number = listed.len() as u64;
            let forks = if number == 1 { "1 fork needs".to_owned() } else { format!("{number} forks need") };
            let least = (number + 1) * MIN_GAP;
            return Err(TestkitError::Options(format!(
                "{forks} at least {least} blocks, not {}",
                self.blocks
            )));
        }
        if listed.is_empty() {
            return Ok(Schedule { founding, later: vec![None] });
        }
        if let Some(pair) = listed.windows(2).find(|pair| pair[1] != pair[0] + 1) {
            let [before, missing, after] = [pair[0], pair[0] + 1, pair[1]].map(|at| fork_name(FORKS[at]));
            let reason = format!("{missing} is missing between {before} and {after}");
            return Err(TestkitError::Options(reason));
        }
        let later = (1..=(FORKS.len() - founding) as u64)
            .map(|nth| (nth <= listed.len() as u64).then_some(BLOCK_TIME * gap * nth))
            .collect();
        Ok(Schedule { founding, later })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(forks: &[Fork]) -> Result<Schedule, TestkitError> {
        Options { seed: 0, blocks: 30, forks: forks.to_vec(), ..Options::default() }.schedule()
    }

    #[test]
    fn without_forks_all_up_to_jovian_are_active() {
        assert_eq!(schedule(&[]).unwrap(), Schedule { founding: 6, later: vec![None] });
    }

    #[test]
    fn listed_forks_come_one_after_the_other() {
        let times = schedule(&[Fork::Isthmus, Fork::Holocene]).unwrap();
        assert_eq!(times, Schedule { founding: 3, later: vec![Some(20), Some(40), None, None] });
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let refused = |forks: &[Fork], reason: &str| {
            let error = schedule(forks).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        };
        refused(&[Fork::Ecotone, Fork::Granite], "fjord is missing between ecotone and granite");
        refused(&[Fork::Canyon], "canyon is not among");
        refused(&FORKS, "7 forks need at least 56 blocks, not 30");
    }
}
