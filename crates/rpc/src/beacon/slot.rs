//! Slots: the time of the beacon chain.

use std::{
    fmt,
    num::NonZeroU64,
    time::{SystemTime, UNIX_EPOCH},
};

/// Seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct UnixTime(pub(crate) u64);

impl UnixTime {
    /// The time of this computer.
    pub(crate) fn now() -> Self {
        Self(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
    }
}

/// The number of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Slot(pub(crate) u64);

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// What a beacon node says of its chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SlotClock {
    pub(crate) genesis: UnixTime,
    pub(crate) seconds_per_slot: NonZeroU64,
    /// How long blobs must be kept, in slots.
    pub(crate) kept_slots: u64,
}

impl SlotClock {
    /// The slot that begins at `time`.
    pub(crate) fn slot_at(&self, time: UnixTime) -> Result<Slot, String> {
        let Some(since) = time.0.checked_sub(self.genesis.0) else {
            return Err(format!(
                "the time {} of the L1 block is before the genesis of the beacon chain: is this a beacon node of that L1?",
                time.0
            ));
        };
        let seconds = self.seconds_per_slot.get();
        if !since.is_multiple_of(seconds) {
            return Err(format!(
                "no slot begins at the time {} of the L1 block: is this a beacon node of that L1?",
                time.0
            ));
        }
        Ok(Slot(since / seconds))
    }

    /// Whether nodes may have thrown the blobs of that time away by `now`.
    pub(crate) fn is_expired(&self, time: UnixTime, now: UnixTime) -> bool {
        now.0.saturating_sub(time.0) > self.kept_slots.saturating_mul(self.seconds_per_slot.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOCK: SlotClock = SlotClock {
        genesis: UnixTime(1_606_824_023),
        seconds_per_slot: NonZeroU64::new(12).unwrap(),
        kept_slots: 4096 * 32,
    };

    #[test]
    fn slots_begin_with_genesis() {
        assert_eq!(CLOCK.slot_at(CLOCK.genesis), Ok(Slot(0)));
        // A block of Ethereum with blobs.
        assert_eq!(CLOCK.slot_at(UnixTime(1_710_338_135)), Ok(Slot(8_626_176)));
        assert!(CLOCK.slot_at(UnixTime(1_710_338_136)).unwrap_err().contains("no slot begins"));
        assert!(CLOCK.slot_at(UnixTime(0)).unwrap_err().contains("before the genesis"));
    }

    #[test]
    fn blobs_expire_after_some_epochs() {
        let time = UnixTime(1_710_338_135);
        let last = time.0 + 4096 * 32 * 12;
        assert!(!CLOCK.is_expired(time, UnixTime(last)));
        assert!(CLOCK.is_expired(time, UnixTime(last + 1)));
        // A computer whose clock is wrong.
        assert!(!CLOCK.is_expired(time, UnixTime(0)));
    }
}
