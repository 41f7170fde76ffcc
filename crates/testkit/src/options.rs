//! What a devnet is to be like.

use tribunal_rollup::Fork;

/// The forks a devnet can activate on its way; everything before is active at genesis.
pub const FORKS: [Fork; 7] =
    [Fork::Ecotone, Fork::Fjord, Fork::Granite, Fork::Holocene, Fork::Isthmus, Fork::Jovian, Fork::Karst];

/// Seconds between L2 blocks.
pub(crate) const BLOCK_TIME: u64 = 2;

/// What a devnet is to be like. The same options give the same devnet, byte for byte.
#[derive(Debug, Clone)]
pub struct Options {
    /// Chooses everything that is left to chance.
    pub seed: u64,
    /// L2 blocks after genesis.
    pub blocks: u64,
    /// Forks that activate on the way, at equal distances. The ones before the first of them are active from the
    /// first block on; without any, all up to Jovian are.
    pub forks: Vec<Fork>,
}

/// When each of [`FORKS`] activates, in seconds after genesis; `None` is never.
pub(crate) fn schedule(options: &Options) -> [Option<u64>; FORKS.len()] {
    let position = |fork: &Fork| FORKS.iter().position(|f| f == fork);
    let mut listed: Vec<usize> = options.forks.iter().filter_map(position).collect();
    listed.sort_unstable();
    listed.dedup();
    let first = listed.first().copied().unwrap_or(FORKS.len() - 1);
    let gap = options.blocks / (listed.len() as u64 + 1);
    let mut times = [None; FORKS.len()];
    let mut activated = 0;
    for (index, time) in times.iter_mut().enumerate() {
        if index < first {
            *time = Some(BLOCK_TIME);
        } else if listed.last().is_some_and(|last| index <= *last) {
            activated += u64::from(listed.contains(&index));
            *time = Some(BLOCK_TIME * (1 + activated * gap));
        }
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(forks: &[Fork]) -> Options {
        Options { seed: 0, blocks: 30, forks: forks.to_vec() }
    }

    #[test]
    fn without_forks_all_up_to_jovian_start_at_once() {
        assert_eq!(schedule(&options(&[])), [Some(2), Some(2), Some(2), Some(2), Some(2), Some(2), None]);
    }

    #[test]
    fn listed_forks_come_one_after_the_other() {
        let times = schedule(&options(&[Fork::Isthmus, Fork::Holocene]));
        assert_eq!(times, [Some(2), Some(2), Some(2), Some(22), Some(42), None, None]);
    }
}
