//! Network upgrades of L2 and the times at which they activate.

use alloc::{string::String, vec::Vec};

use crate::RollupError;

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
    /// Strict batch ordering, EIP-1559 parameters in the system config.
    Holocene,
    /// Prague on L2, the operator fee, the withdrawals root in the header.
    Isthmus,
    /// Minimum base fee, data footprint limit.
    Jovian,
    /// Osaka on L2, the upgrade bundle with its own gas.
    Karst,
    /// Interoperability; recognised in configs and not implemented.
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

    /// The field of a rollup config that schedules the fork.
    pub const fn field(self) -> &'static str {
        match self {
            Self::Regolith => "regolith_time",
            Self::Canyon => "canyon_time",
            Self::Delta => "delta_time",
            Self::Ecotone => "ecotone_time",
            Self::Fjord => "fjord_time",
            Self::Granite => "granite_time",
            Self::Holocene => "holocene_time",
            Self::Isthmus => "isthmus_time",
            Self::Jovian => "jovian_time",
            Self::Karst => "karst_time",
            Self::Lagoon => "lagoon_time",
        }
    }
}

/// A fork that a config schedules and this program does not know.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UnknownFork {
    /// The field that schedules it.
    pub field: String,
    /// Its activation time, a timestamp in seconds.
    pub time: u64,
}

/// Stands for every fork that a chain may have scheduled after it left the registry. A built-in config that is written as
/// JSON keeps this field, so that it does not lose its end.
const LEFT_REGISTRY: &str = "left_registry_time";

impl UnknownFork {
    /// The forks of a chain after `time`, that of the last revision of the registry that has the chain.
    pub(crate) fn after_registry(time: u64) -> Self {
        Self { field: LEFT_REGISTRY.into(), time }
    }
}

/// The forks that a config schedules and this program does not know, by field.
///
/// They do no harm before they activate. From then on the chain follows rules that this program does not have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct UnknownForks(Vec<UnknownFork>);

impl UnknownForks {
    /// None.
    pub const NONE: Self = Self(Vec::new());

    /// The forks.
    pub fn iter(&self) -> impl Iterator<Item = &UnknownFork> {
        self.0.iter()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Checks that none is active at `timestamp` (in seconds, of the chain that `config` describes).
    ///
    /// # Errors
    /// [`RollupError::UnknownFork`], and [`RollupError::LeftRegistry`] for a built-in config that has ended.
    pub(super) fn require_inactive(&self, config: &'static str, timestamp: u64) -> Result<(), RollupError> {
        match self.0.iter().find(|fork| fork.time <= timestamp) {
            Some(UnknownFork { field, time }) if field == LEFT_REGISTRY => {
                Err(RollupError::LeftRegistry { time: *time, timestamp })
            }
            Some(fork) => Err(RollupError::UnknownFork { config, fork: fork.clone(), timestamp }),
            None => Ok(()),
        }
    }
}

impl FromIterator<UnknownFork> for UnknownForks {
    fn from_iter<I: IntoIterator<Item = UnknownFork>>(forks: I) -> Self {
        Self(forks.into_iter().collect())
    }
}

/// L2 timestamps in seconds at which the forks activate; `None` is never.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ForkTimes {
    known: [Option<u64>; Fork::ALL.len()],
    /// Forks of the config that this program does not know.
    pub unknown: UnknownForks,
}

impl ForkTimes {
    /// No fork is ever active: plain Bedrock.
    pub const BEDROCK: Self = Self { known: [None; Fork::ALL.len()], unknown: UnknownForks::NONE };

    /// When `fork` activates.
    pub const fn get(&self, fork: Fork) -> Option<u64> {
        self.known[fork as usize]
    }

    /// Schedules `fork`, or unschedules it.
    pub const fn set(&mut self, fork: Fork, time: Option<u64>) {
        self.known[fork as usize] = time;
    }

    /// `self` with `fork` scheduled at `time`.
    pub fn with(mut self, fork: Fork, time: u64) -> Self {
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

    /// Checks that every fork activates no earlier than the one before it.
    ///
    /// # Errors
    /// [`RollupError::ForkOrder`], naming both forks.
    pub fn require_order(&self) -> Result<(), RollupError> {
        for (earlier, later) in Fork::ALL.into_iter().zip(Fork::ALL.into_iter().skip(1)) {
            let Some(later_time) = self.get(later) else { continue };
            let earlier_time = self.get(earlier);
            if earlier_time.is_none_or(|earlier_time| earlier_time > later_time) {
                return Err(RollupError::ForkOrder {
                    earlier: earlier.field(),
                    earlier_time,
                    later: later.field(),
                    later_time,
                });
            }
        }
        Ok(())
    }
}
