//! The local keys that state a claim. A program that did not read them all has not decided it.

use std::{collections::BTreeSet, fmt};
use tribunal_preimage::{
    PreimageKey,
    local_key::{AGREED_OUTPUT_ROOT, CLAIMED_BLOCK_NUMBER, CLAIMED_OUTPUT_ROOT, L1_HEAD, L2_CHAIN_ID},
};

/// The keys and what each holds. op-program's client and Kona's client read all of them too.
const CLAIM: [(u64, &str); 5] = [
    (L1_HEAD, "the L1 head"),
    (AGREED_OUTPUT_ROOT, "the agreed output root"),
    (CLAIMED_OUTPUT_ROOT, "the claimed output root"),
    (CLAIMED_BLOCK_NUMBER, "the claimed block number"),
    (L2_CHAIN_ID, "the L2 chain id"),
];

/// Some of the keys that state a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimKeys(Vec<(u64, &'static str)>);

impl ClaimKeys {
    /// The keys that `read` lacks. `None` if it has them all.
    pub(crate) fn unread(read: &BTreeSet<PreimageKey>) -> Option<Self> {
        let is_unread = |(number, _): &(u64, _)| !read.contains(&PreimageKey::new_local(*number));
        let unread: Vec<_> = CLAIM.into_iter().filter(is_unread).collect();
        (!unread.is_empty()).then_some(Self(unread))
    }

    /// The numbers of the local keys, ascending.
    pub fn numbers(&self) -> impl Iterator<Item = u64> {
        self.0.iter().map(|(number, _)| *number)
    }
}

impl fmt::Display for ClaimKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (number, name)) in self.0.iter().enumerate() {
            let separator = if i == 0 { "" } else { ", " };
            write!(f, "{separator}{name} (local key {number})")?;
        }
        Ok(())
    }
}
