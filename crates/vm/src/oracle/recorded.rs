//! An oracle whose answers are recorded, so that a run can be resumed from a checkpoint without its server.

use super::{Oracle, OracleError};
use alloy_primitives::B256;
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
};

/// The pre-images that a running machine has read, shared with the machines that repeat its steps.
///
/// [`Recording::list`] returns them, [`Recording::totals`] measures them, and [`Recording::insert`] adds those of an earlier
/// recording.
///
/// ```
/// use tribunal_vm::{NoOracle, Oracle, Recording};
///
/// let recording = Recording::default();
/// let mut live = recording.record(Box::new(NoOracle));
/// let mut replay = recording.replay();
/// assert!(live.preimage(&Default::default()).is_err());
/// assert!(replay.hint(b"goes nowhere").is_ok());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Recording {
    answers: Arc<RwLock<HashMap<B256, Arc<[u8]>>>>,
}

impl Recording {
    /// An oracle that passes requests on to `oracle` and records the answers.
    ///
    /// A replay is exact only if each key has one answer. So it is an error if the answer to a key changes.
    #[must_use]
    pub fn record(&self, oracle: Box<dyn Oracle>) -> Box<dyn Oracle> {
        Box::new(Recorder { oracle, recording: self.clone() })
    }

    /// An oracle that answers from the recording, which may still grow. It ignores hints, which only tell a server what
    /// to prepare.
    #[must_use]
    pub fn replay(&self) -> Box<dyn Oracle> {
        Box::new(Replay { recording: self.clone() })
    }

    /// Adds a pre-image, as if it had been read.
    ///
    /// # Errors
    /// [`OracleError`] if the key has another pre-image already.
    pub fn insert(&self, key: B256, preimage: &[u8]) -> Result<(), OracleError> {
        let mut answers = self.answers.write().unwrap_or_else(PoisonError::into_inner);
        match answers.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(preimage.into());
                Ok(())
            }
            Entry::Occupied(entry) if **entry.get() == *preimage => Ok(()),
            Entry::Occupied(_) => {
                let reason = "the server gave two different pre-images, so the run cannot be repeated";
                Err(OracleError::new(key.to_string(), reason))
            }
        }
    }

    /// The pre-image of a key, if it was recorded.
    #[must_use]
    pub fn get(&self, key: &B256) -> Option<Arc<[u8]>> {
        self.read().get(key).cloned()
    }

    /// All pre-images that were recorded, by their keys, ascending.
    #[must_use]
    pub fn list(&self) -> Vec<(B256, Arc<[u8]>)> {
        let mut all: Vec<_> = self.read().iter().map(|(key, preimage)| (*key, preimage.clone())).collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        all
    }

    /// How many pre-images were recorded, and how many bytes these have.
    #[must_use]
    pub fn totals(&self) -> (usize, usize) {
        let answers = self.read();
        (answers.len(), answers.values().map(|preimage| preimage.len()).sum())
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<B256, Arc<[u8]>>> {
        self.answers.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What [`Recording::record`] returns.
struct Recorder {
    oracle: Box<dyn Oracle>,
    recording: Recording,
}

impl Oracle for Recorder {
    fn preimage(&mut self, key: &B256) -> Result<Vec<u8>, OracleError> {
        let answer = self.oracle.preimage(key)?;
        self.recording.insert(*key, &answer)?;
        Ok(answer)
    }

    fn hint(&mut self, hint: &[u8]) -> Result<(), OracleError> {
        self.oracle.hint(hint)
    }
}

/// What [`Recording::replay`] returns.
struct Replay {
    recording: Recording,
}

impl Oracle for Replay {
    fn preimage(&mut self, key: &B256) -> Result<Vec<u8>, OracleError> {
        let reason = "the pre-image is not recorded: the running machine has not read it yet";
        self.recording
            .get(key)
            .map(|answer| answer.to_vec())
            .ok_or_else(|| OracleError::new(key.to_string(), reason))
    }

    fn hint(&mut self, _hint: &[u8]) -> Result<(), OracleError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers a key with its first byte and the number of the request.
    struct Numbering(u8);

    impl Oracle for Numbering {
        fn preimage(&mut self, key: &B256) -> Result<Vec<u8>, OracleError> {
            self.0 += 1;
            Ok(vec![key[0], self.0])
        }

        fn hint(&mut self, hint: &[u8]) -> Result<(), OracleError> {
            Err(OracleError::new(String::from_utf8_lossy(hint), "hints fail here"))
        }
    }

    #[test]
    fn a_replay_answers_what_was_recorded_by_then() {
        let recording = Recording::default();
        let mut live = recording.record(Box::new(Numbering(0)));
        let mut replay = recording.replay();
        let (first, second) = (B256::repeat_byte(1), B256::repeat_byte(2));
        assert_eq!(live.preimage(&first).unwrap(), [1, 1]);
        assert_eq!(replay.preimage(&first).unwrap(), [1, 1]);
        let error = replay.preimage(&second).unwrap_err().to_string();
        assert!(error.contains(&second.to_string()) && error.contains("not recorded"), "{error}");
        assert_eq!(live.preimage(&second).unwrap(), [2, 2]);
        assert_eq!(replay.preimage(&second).unwrap(), [2, 2]);
    }

    #[test]
    fn a_recording_can_be_listed_measured_and_made_anew() {
        let recording = Recording::default();
        let mut live = recording.record(Box::new(Numbering(0)));
        let keys = [B256::repeat_byte(9), B256::repeat_byte(3)];
        keys.iter().for_each(|key| drop(live.preimage(key).unwrap()));
        let list = recording.list();
        let expected: [(B256, Arc<[u8]>); 2] = [(keys[1], [3, 2].into()), (keys[0], [9, 1].into())];
        assert_eq!((&list[..], recording.totals()), (&expected[..], (2, 4)));
        let copy = Recording::default();
        list.iter().for_each(|(key, preimage)| copy.insert(*key, preimage).unwrap());
        assert_eq!(copy.list(), list);
        assert_eq!(copy.replay().preimage(&keys[0]).unwrap(), [9, 1]);
        assert!(copy.insert(keys[0], &[9, 1]).is_ok() && copy.insert(keys[0], &[]).is_err());
    }

    #[test]
    fn hints_reach_the_server_of_the_running_machine_only() {
        let recording = Recording::default();
        assert!(recording.record(Box::new(Numbering(0))).hint(b"hint").is_err());
        assert!(recording.replay().hint(b"hint").is_ok());
    }

    #[test]
    fn a_server_that_changes_its_mind_is_an_error() {
        let recording = Recording::default();
        let mut live = recording.record(Box::new(Numbering(0)));
        let key = B256::repeat_byte(1);
        live.preimage(&key).unwrap();
        let error = live.preimage(&key).unwrap_err().to_string();
        assert!(error.contains("two different pre-images"), "{error}");
        assert_eq!(recording.replay().preimage(&key).unwrap(), [1, 1]);
    }
}
