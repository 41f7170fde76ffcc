//! Records the answers of an oracle, so that the steps after a checkpoint can be repeated without a pre-image server.

use super::{Oracle, OracleError};
use alloy_primitives::B256;
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
};

/// The pre-images that a machine has read. Machines that repeat its steps read them from here.
///
/// Clones share the same pre-images.
///
/// ```
/// use tribunal_vm::{NoOracle, Oracle, Recording};
///
/// let recording = Recording::default();
/// let mut live = recording.record(Box::new(NoOracle));
/// assert!(live.preimage(&Default::default()).is_err());
///
/// recording.insert(Default::default(), b"from an earlier recording")?;
/// let mut replay = recording.replay();
/// assert_eq!(replay.preimage(&Default::default())?, b"from an earlier recording");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Recording {
    answers: Arc<RwLock<HashMap<B256, Arc<[u8]>>>>,
}

impl Recording {
    /// An oracle that passes requests on to `oracle` and records the answers.
    ///
    /// Steps can be repeated only if each key always has the same pre-image. So the returned oracle fails if a
    /// pre-image changes.
    #[must_use]
    pub fn record(&self, oracle: Box<dyn Oracle>) -> Box<dyn Oracle> {
        Box::new(Recorder { oracle, recording: self.clone() })
    }

    /// An oracle that answers from the recording. It also gives the pre-images that are recorded later. It ignores
    /// hints, because nothing has to be prepared.
    #[must_use]
    pub fn replay(&self) -> Box<dyn Oracle> {
        Box::new(Replay { recording: self.clone() })
    }

    /// Adds a pre-image, for example from an earlier recording.
    ///
    /// # Errors
    /// [`OracleError`] if another pre-image is recorded for the key.
    pub fn insert(&self, key: B256, preimage: &[u8]) -> Result<(), OracleError> {
        let mut answers = self.answers.write().unwrap_or_else(PoisonError::into_inner);
        match answers.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(preimage.into());
                Ok(())
            }
            Entry::Occupied(entry) if **entry.get() == *preimage => Ok(()),
            Entry::Occupied(_) => {
                let reason = "there are two different pre-images of this key, so the run cannot be repeated";
                Err(OracleError::new(key.to_string(), reason))
            }
        }
    }

    /// The pre-image of a key, if it is recorded.
    #[must_use]
    pub fn get(&self, key: &B256) -> Option<Arc<[u8]>> {
        self.read().get(key).cloned()
    }

    /// All recorded pre-images with their keys, in ascending order of the keys.
    #[must_use]
    pub fn list(&self) -> Vec<(B256, Arc<[u8]>)> {
        let mut all: Vec<_> = self.read().iter().map(|(key, preimage)| (*key, preimage.clone())).collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        all
    }

    /// The number of recorded pre-images, and the sum of their lengths in bytes.
    #[must_use]
    pub fn totals(&self) -> (usize, usize) {
        let answers = self.read();
        (answers.len(), answers.values().map(|preimage| preimage.len()).sum())
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<B256, Arc<[u8]>>> {
        self.answers.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The oracle that [`Recording::record`] returns.
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

/// The oracle that [`Recording::replay`] returns.
struct Replay {
    recording: Recording,
}

impl Oracle for Replay {
    fn preimage(&mut self, key: &B256) -> Result<Vec<u8>, OracleError> {
        let reason =
            "the recording does not contain the pre-image: the run that was recorded has not read it so far";
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

    /// An oracle that answers with the key's first byte and the number of the request. Its hints fail.
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
    fn a_replay_answers_with_what_is_recorded() {
        let recording = Recording::default();
        let mut live = recording.record(Box::new(Numbering(0)));
        let mut replay = recording.replay();
        let (first, second) = (B256::repeat_byte(1), B256::repeat_byte(2));
        assert_eq!(live.preimage(&first).unwrap(), [1, 1]);
        assert_eq!(replay.preimage(&first).unwrap(), [1, 1]);
        let error = replay.preimage(&second).unwrap_err().to_string();
        assert!(
            error.contains(&second.to_string()) && error.contains("recording does not contain"),
            "{error}"
        );
        assert_eq!(live.preimage(&second).unwrap(), [2, 2]);
        assert_eq!(replay.preimage(&second).unwrap(), [2, 2]);
    }

    #[test]
    fn a_recording_can_be_listed_counted_and_copied() {
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
    fn only_the_recorded_oracle_gets_hints() {
        let recording = Recording::default();
        assert!(recording.record(Box::new(Numbering(0))).hint(b"hint").is_err());
        assert!(recording.replay().hint(b"hint").is_ok());
    }

    #[test]
    fn a_pre_image_that_changes_is_an_error() {
        let recording = Recording::default();
        let mut live = recording.record(Box::new(Numbering(0)));
        let key = B256::repeat_byte(1);
        live.preimage(&key).unwrap();
        let error = live.preimage(&key).unwrap_err().to_string();
        assert!(error.contains("two different pre-images"), "{error}");
        assert_eq!(recording.replay().preimage(&key).unwrap(), [1, 1]);
    }
}
