//! Network upgrades and the times at which they activate.

/// A network upgrade after Bedrock, in the order of activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fork {
    /// Fixes to deposit gas accounting.
    Regolith,
    /// Shanghai on L2, the channel bank's canonical order.
    Canyon,
    /// Span batches.
    Delta,
    /// Cancun on L2, blobs on L1.
    Ecotone,
    /// Brotli channels, the linear-regression data fee.
    Fjord,
    /// A shorter channel timeout, bounded pairing input.
    Granite,
    /// Strict batch ordering, EIP-1559 parameters in the system configuration.
    Holocene,
    /// Prague on L2, the operator fee, the withdrawals root in the header.
    Isthmus,
    /// Minimum base fee, data footprint limit.
    Jovian,
    /// Osaka on L2, the upgrade bundle with its own gas.
    Karst,
    /// Interoperability; recognised in configurations and not implemented.
    Lagoon,
}

impl Fork {
    /// Every fork, in order of activation.
    pub const ALL: [Self; 11] = [
        Self::Regolith,
        Self::Canyon,
        Self::Delta,
        Self::Ecotone,
        Self::Fjord,
        Self::Granite,
        Self::Holocene,
        Self::Isthmus,
        Self::Jovian,
        Self::Karst,
        Self::Lagoon,
    ];
}

/// L2 timestamps in seconds at which the forks activate; `None` is never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ForkTimes([Option<u64>; Fork::ALL.len()]);

impl ForkTimes {
    /// No fork is ever active: plain Bedrock.
    pub const BEDROCK: Self = Self([None; Fork::ALL.len()]);

    /// When `fork` activates.
    pub const fn get(&self, fork: Fork) -> Option<u64> {
        self.0[fork as usize]
    }

    /// Schedules `fork`, or unschedules it.
    pub const fn set(&mut self, fork: Fork, time: Option<u64>) {
        self.0[fork as usize] = time;
    }

    /// `self` with `fork` scheduled at `time`.
    pub const fn with(mut self, fork: Fork, time: u64) -> Self {
        self.set(fork, Some(time));
        self
    }

    /// Every fork up to `fork` active from the start, later ones never.
    pub fn all_until(fork: Fork) -> Self {
        let mut times = Self::BEDROCK;
        for earlier in Fork::ALL.into_iter().take_while(|earlier| *earlier <= fork) {
            times.set(earlier, Some(0));
        }
        times
    }

    /// A fork implies the ones before it: each that is unscheduled gets the time of the next scheduled one.
    ///
    /// Regolith is the exception, it gets 0: files that leave it out come from the superchain registry, whose chains
    /// all started with it.
    pub fn imply_earlier(&mut self) {
        let mut next = None;
        for fork in Fork::ALL.into_iter().rev() {
            match self.get(fork) {
                Some(time) => next = Some(time),
                None if fork == Fork::Regolith => self.set(fork, next.map(|_| 0)),
                None => self.set(fork, next),
            }
        }
    }

    /// The first pair of forks scheduled against their order.
    pub fn out_of_order(&self) -> Option<(Fork, Fork)> {
        let pairs = Fork::ALL.into_iter().zip(Fork::ALL.into_iter().skip(1));
        pairs.into_iter().find(|(earlier, later)| match (self.get(*earlier), self.get(*later)) {
            (Some(earlier), Some(later)) => earlier > later,
            (None, Some(_)) => true,
            (_, None) => false,
        })
    }
}
