//! The hints that a program gave lately.

use std::collections::VecDeque;
use tribunal_preimage::{Hint, HintType, PreimageKey, PreimageKeyType};

use crate::verified::call_key;

/// Hints that are kept.
const MOST: usize = 256;

/// Bytes of payload that are kept: a program can send megabytes in a hint.
const MOST_BYTES: usize = 32 << 20;

/// The last hints, within bounds of number and size; older ones are forgotten.
#[derive(Debug, Default)]
pub(crate) struct RecentHints {
    hints: VecDeque<Recent>,
    bytes: usize,
}

#[derive(Debug)]
struct Recent {
    hint: Hint,
    /// The key of the result, if it is the hint of a precompile call.
    result: Option<PreimageKey>,
}

impl RecentHints {
    /// Takes note of a hint.
    pub(crate) fn push(&mut self, hint: Hint) {
        let result = match hint.ty {
            HintType::L1Precompile | HintType::L1PrecompileV2 => call_key(&hint.data),
            _ => None,
        };
        self.bytes += hint.data.len();
        self.hints.push_front(Recent { hint, result });
        // The newest one stays, however large it is.
        while self.hints.len() > 1 && (self.hints.len() > MOST || self.bytes > MOST_BYTES) {
            if let Some(oldest) = self.hints.pop_back() {
                self.bytes -= oldest.hint.data.len();
            }
        }
    }

    /// The call whose result has this key, if a hint gave it.
    pub(crate) fn call_of(&self, key: PreimageKey) -> Option<Vec<u8>> {
        let recent = self.hints.iter().find(|recent| recent.result == Some(key))?;
        Some(recent.hint.data.clone())
    }

    /// The hints that can lead to the pre-image of `key`, the newest first, each once, at most `most`.
    pub(crate) fn announcing(&self, key: PreimageKey, most: usize) -> Vec<Hint> {
        let mut chosen: Vec<Hint> = Vec::new();
        for recent in self.hints.iter().filter(|recent| recent.announces(key)) {
            if !chosen.contains(&recent.hint) {
                chosen.push(recent.hint.clone());
                if chosen.len() == most {
                    break;
                }
            }
        }
        chosen
    }
}

impl Recent {
    /// Whether an answer to this hint can have the pre-image of `key`. Where the hint names it, only that very one.
    fn announces(&self, key: PreimageKey) -> bool {
        match key.key_type() {
            PreimageKeyType::Precompile => self.result == Some(key),
            // The commitment's key is the versioned hash, except for its first byte.
            PreimageKeyType::Sha256 if self.hint.ty == HintType::L1Blob => {
                self.hint.data.get(1..32) == key.as_bytes().get(1..)
            }
            key_type => self.hint.ty.announces(key_type),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(ty: HintType, byte: u8) -> Hint {
        Hint { ty, data: vec![byte; 32] }
    }

    #[test]
    fn the_newest_that_can_lead_there_come_first() {
        let mut recent = RecentHints::default();
        let (header, code) = (hint(HintType::L1BlockHeader, 1), hint(HintType::L2Code, 2));
        let blob = Hint { ty: HintType::L1Blob, data: vec![3; 40] };
        for given in [&header, &code, &header, &blob] {
            recent.push(given.clone());
        }
        let some = PreimageKey::new_keccak256([9; 32]);
        assert_eq!(recent.announcing(some, 8), [header.clone(), code]);
        assert_eq!(recent.announcing(some, 1), [header]);
        assert_eq!(recent.announcing(PreimageKey::new_blob([9; 32]), 8), std::slice::from_ref(&blob));
        assert_eq!(recent.announcing(PreimageKey::new_sha256([3; 32]), 8), [blob]);
        assert_eq!(recent.announcing(PreimageKey::new_sha256([4; 32]), 8), []);
        assert_eq!(recent.announcing(PreimageKey::new_local(1), 8), []);
    }

    #[test]
    fn a_flood_of_hints_is_bounded() {
        let mut recent = RecentHints::default();
        let call = Hint { ty: HintType::L1Precompile, data: vec![7; 28] };
        recent.push(call.clone());
        let key = call_key(&call.data).unwrap();
        assert_eq!(recent.call_of(key), Some(call.data.clone()));
        assert_eq!(recent.announcing(key, 8), [call]);
        for _ in 0..100 {
            recent.push(Hint { ty: HintType::L2PayloadWitness, data: vec![0; 1 << 20] });
        }
        assert!(recent.bytes <= MOST_BYTES);
        assert_eq!(recent.call_of(key), None);
        for byte in 0..=255 {
            recent.push(hint(HintType::L2Code, byte));
            recent.push(hint(HintType::L2StateNode, byte));
        }
        assert_eq!(recent.hints.len(), MOST);
        assert_eq!(recent.bytes, recent.hints.iter().map(|recent| recent.hint.data.len()).sum::<usize>());
    }
}
