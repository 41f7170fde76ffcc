//! The client on a host whose store is empty: everything comes from a source, here the store of a devnet.

use alloy_primitives::Bytes;
use std::{sync::Arc, time::Duration};
use tempfile::TempDir;
use tribunal_host::{
    Attempt, Checks, FixtureFolder, Host, LocalInputs, LocalKeyFlavour, Source, SourceError, SourceHandle,
    Verified,
    store::{self, PreimageStore},
};
use tribunal_preimage::{Hint, HintType, PreimageKey, PreimageKeyType, blob_element_key};
use tribunal_proof::{Silent, Verdict};
use tribunal_testkit::{Devnet, Options};

/// Another store as a source: it has what is wanted, and of a blob all the rest.
#[derive(Debug)]
struct OtherStore(Arc<dyn PreimageStore>);

impl OtherStore {
    fn answer(&self, hint: &Hint, wanted: PreimageKey) -> Option<Vec<(PreimageKey, Bytes)>> {
        let with_value = |key| Some((key, self.0.get(key).unwrap()?));
        if hint.ty != HintType::L1Blob {
            return Some(vec![with_value(wanted)?]);
        }
        let hash = PreimageKey::new_sha256(<[u8; 32]>::try_from(&hint.data[..32]).unwrap());
        let commitment = with_value(hash)?;
        let bytes = <[u8; 48]>::try_from(commitment.1.as_ref()).unwrap();
        let elements = (0..4096).map(|index| with_value(blob_element_key(&bytes, index)));
        std::iter::once(Some(commitment)).chain(elements).collect()
    }
}

impl Source for OtherStore {
    fn fetch(&self, hint: &Hint, wanted: PreimageKey, handle: &SourceHandle) -> Result<(), SourceError> {
        let attempt = |reason: String| Attempt {
            endpoint: "another store".into(),
            method: hint.ty.to_string(),
            key: wanted,
            reason,
        };
        let answer = self.answer(hint, wanted).ok_or_else(|| attempt("not there".into()))?;
        handle.accept(hint, &answer).map_err(|refused| attempt(refused.to_string()))?;
        Ok(())
    }
}

#[test]
fn claims_are_decided_from_a_source_alone_and_then_from_the_store_alone() {
    let place = TempDir::new().unwrap();
    let folder = place.path().join("devnet");
    let options = Options { seed: 3, blocks: 12, ..Options::default() };
    Devnet::generate(&options, &mut |_| ()).unwrap().write(&folder).unwrap();
    let devnet = FixtureFolder::read(&folder).unwrap();
    let source = Arc::new(OtherStore(devnet.open_store().unwrap()));
    for name in ["fetched.redb", "fetched"] {
        let path = place.path().join(name);
        let store = store::create(&path).unwrap();
        let verified = Arc::new(Verified::new(store));
        let mut verdicts = Vec::new();
        for claim in &devnet.claims {
            let local = LocalInputs::new(claim.boot, devnet.configs.clone(), LocalKeyFlavour::Kona);
            let host = Host::with_source(verified.clone(), local, source.clone(), Duration::from_secs(60));
            let verdict = tribunal_client::run(&host, &mut Silent).unwrap();
            host.settle().unwrap();
            assert_eq!(Some(verdict.valid), claim.valid, "{:?}", claim.note);
            verdicts.push(verdict);
        }
        drop(verified);
        let elements = source.0.keys_of(PreimageKeyType::Blob).unwrap();
        assert!(!elements.is_empty(), "a devnet with a blob is needed");

        let store = store::open(&path).unwrap();
        for key in elements {
            if let Some(value) = store.get(key).unwrap() {
                assert!(store.is_vouched(key, &value).unwrap());
            }
        }
        let verified = Arc::new(Verified::new(store));
        for (claim, verdict) in devnet.claims.iter().zip(&verdicts) {
            let local = LocalInputs::new(claim.boot, devnet.configs.clone(), LocalKeyFlavour::Kona);
            let host = Host::new(verified.clone(), local, Checks::Meanwhile).unwrap();
            let again: Verdict = tribunal_client::run(&host, &mut Silent).unwrap();
            host.settle().unwrap();
            assert_eq!(again.outcome.hash, verdict.outcome.hash);
        }
    }
}
