//! A host that asks a source for what its store does not have: an honest source, and ones that lie, fail and stall.

mod common;

use alloy_primitives::{Bytes, keccak256};
use common::*;
use std::{
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};
use tribunal_host::{
    Host, Request, Source, SourceError, Verified,
    store::{MemoryStore, PreimageStore},
};
use tribunal_preimage::{
    Hint, HintType, HintWriterClient, PreimageKey, PreimageKeyType, PreimageOracleClient,
    PreimageOracleError, blob_element_key, precompile_key,
};

/// What a source does when it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Honest,
    /// Changes the last byte of the pre-image that is wanted.
    Lies,
    /// Sends something right that was not wanted.
    Evades,
    Fails,
    Stalls,
    Panics,
}

/// A source that has some pre-images, and sends all of them.
#[derive(Debug)]
struct Peer {
    preimages: Records,
    manner: Manner,
    asked: Mutex<Vec<Hint>>,
}

impl Peer {
    fn new(manner: Manner, preimages: impl IntoIterator<Item = (PreimageKey, Bytes)>) -> Arc<Self> {
        let preimages = preimages.into_iter().collect();
        Arc::new(Self { preimages, manner, asked: Mutex::default() })
    }

    fn asked(&self) -> Vec<HintType> {
        self.asked.lock().unwrap().iter().map(|hint| hint.ty).collect()
    }
}

impl Source for Peer {
    fn fetch(&self, hint: &Hint, wanted: PreimageKey) -> Result<Vec<(PreimageKey, Bytes)>, SourceError> {
        self.asked.lock().unwrap().push(hint.clone());
        let mut answer = self.preimages.clone();
        match self.manner {
            Manner::Honest => {}
            Manner::Lies => {
                let mut value = answer.get(&wanted).map(|value| value.to_vec()).unwrap_or_default();
                match value.last_mut() {
                    Some(last) => *last ^= 1,
                    None => value.push(1),
                }
                answer.insert(wanted, value.into());
            }
            Manner::Evades => answer = [hashed(b"something else")].into(),
            Manner::Fails => return Err(self.asked_for(hint.ty).failed("the node is down")),
            // For longer than the test: only the time-out ends the wait.
            Manner::Stalls => thread::sleep(Duration::from_secs(3600)),
            Manner::Panics => panic!("as this test wants it"),
        }
        Ok(answer.into_iter().collect())
    }

    fn asked_for(&self, route: HintType) -> Request {
        Request { endpoint: "http://node.example".into(), method: format!("get {route}") }
    }
}

struct Served {
    host: Host,
    store: Arc<MemoryStore>,
    peer: Arc<Peer>,
}

impl Served {
    fn by(peer: Arc<Peer>) -> Self {
        let store = Arc::new(MemoryStore::new());
        let verified = Arc::new(Verified::new(store.clone()));
        // Only the answer that never comes is given up.
        let timeout = match peer.manner {
            Manner::Stalls => Duration::from_millis(200),
            _ => Duration::MAX,
        };
        let host = Host::with_source(verified, local_inputs(), peer.clone(), timeout);
        Self { host, store, peer }
    }

    fn hint(&self, route: HintType, parts: &[&[u8]]) {
        self.host.write(&route.encode(parts)).unwrap();
    }

    /// Reads a pre-image that must not come; returns the error.
    #[track_caller]
    fn fails(&self, key: PreimageKey) -> String {
        let error = self.host.get(key).unwrap_err();
        assert_eq!(error.key(), Some(key), "{error}");
        assert_eq!(self.host.last_failure(), Some(error.clone()));
        assert_eq!(self.store.get(key).unwrap(), None, "something wrong was stored");
        error.to_string()
    }
}

#[test]
fn a_miss_asks_what_the_last_hint_announces() {
    let (key, value) = hashed(b"a header");
    let (other, other_value) = hashed(b"another header");
    let served = Served::by(Peer::new(Manner::Honest, [(key, value.clone()), (other, other_value.clone())]));
    served.hint(HintType::L1BlockHeader, &[keccak256("a header").as_slice()]);
    assert_eq!(served.peer.asked(), [], "a hint is only recorded");
    assert_eq!(served.host.get(key).unwrap(), value);
    assert_eq!(served.host.get(key).unwrap(), value);
    // What came along spares a request, and all of it is stored.
    assert_eq!(served.host.get(other).unwrap(), other_value);
    assert_eq!(served.peer.asked(), [HintType::L1BlockHeader]);
    assert_eq!(contents(&*served.store).len(), 2);
    // Local values are the host's own.
    assert_eq!(served.host.get(PreimageKey::new_local(4)).unwrap(), 4u64.to_be_bytes());
    assert_eq!(served.peer.asked().len(), 1);
}

#[test]
fn other_recent_hints_follow_within_a_bound() {
    let (key, _) = hashed(b"absent");
    let served = Served::by(Peer::new(Manner::Evades, []));
    served.hint(HintType::L1Blob, &[&[0; 40]]);
    for number in 0..20u8 {
        served.hint(HintType::L2StateNode, &[&[number; 32]]);
    }
    served.hint(HintType::L2Code, &[&[0; 32]]);
    served.hint(HintType::L1Precompile, &[&[0; 28]]);
    let error = served.fails(key);
    let asked = served.peer.asked();
    assert_eq!(asked.len(), 8, "{asked:?}");
    assert_eq!(asked[0], HintType::L2Code, "the newest that can lead to the key comes first");
    assert!(asked[1..].iter().all(|route| *route == HintType::L2StateNode), "{asked:?}");
    for text in ["hint l2-code 0x0000", "get l2-code at http://node.example", "the answer does not have it"] {
        assert!(error.contains(text), "{error}");
    }
    // Nothing announces a pre-image of a reserved type, and nothing is asked.
    let generic = PreimageKey::new([1; 32], PreimageKeyType::GlobalGeneric);
    assert!(served.fails(generic).contains("no hint announced it"));
    assert_eq!(served.peer.asked().len(), 8);
}

#[test]
fn a_failure_names_key_hint_endpoint_and_method() {
    let (key, value) = hashed(b"a header");
    for (manner, reason) in [
        (Manner::Lies, "the answer is wrong"),
        (Manner::Fails, "the node is down"),
        (Manner::Stalls, "no answer within 0.2 s"),
        (Manner::Panics, "the source panicked"),
    ] {
        let served = Served::by(Peer::new(manner, [(key, value.clone())]));
        served.hint(HintType::L2BlockHeader, &[&[0xab; 32]]);
        let error = served.fails(key);
        let hint = format!("hint l2-block-header 0x{}", "ab".repeat(32));
        for text in [&*key.to_string(), &hint, "get l2-block-header", "http://node.example", reason] {
            assert!(error.contains(text), "{manner:?}: {text:?} is not in {error:?}");
        }
        assert_eq!(contents(&*served.store).len(), 0, "{manner:?}");
    }
}

#[test]
fn one_lie_spoils_an_answer() {
    let (key, value) = hashed(b"wanted");
    let (other, _) = hashed(b"other");
    let served = Served::by(Peer::new(Manner::Honest, [(key, value), (other, Bytes::from_static(b"a lie"))]));
    served.hint(HintType::L2Code, &[&[0; 32]]);
    let error = served.fails(key);
    assert!(error.contains(&other.to_string()), "{error}");
    assert_eq!(contents(&*served.store).len(), 0);
    // No source may send local keys.
    let local = PreimageKey::new_local(1);
    let (key, value) = hashed(b"wanted");
    let served = Served::by(Peer::new(Manner::Honest, [(key, value), (local, Bytes::from_static(&[7; 32]))]));
    served.hint(HintType::L2Code, &[&[0; 32]]);
    served.fails(key);
    assert_eq!(served.host.get(local).unwrap(), [1; 32]);
}

#[test]
fn a_blob_is_verified_when_it_arrives() {
    // The zero blob: its commitment is the point at infinity, so no fixture is needed.
    let mut commitment = [0; 48];
    commitment[0] = 0xc0;
    let (hash, commitment_value) = sha_hashed(&commitment);
    let elements: Vec<_> =
        (0..4096).map(|index| (blob_element_key(&commitment, index), Bytes::from([0; 32]))).collect();
    let all = || elements.iter().cloned().chain([(hash, commitment_value.clone())]);
    let mut versioned_hash = *hash.as_bytes();
    versioned_hash[0] = 1;
    let blob_hint = [&versioned_hash[..], &7u64.to_be_bytes()].concat();
    let key = elements[17].0;

    let served = Served::by(Peer::new(Manner::Honest, all()));
    served.hint(HintType::L1Blob, &[&blob_hint]);
    assert_eq!(served.host.get(hash).unwrap(), commitment);
    for (key, _) in &elements {
        assert_eq!(served.host.get(*key).unwrap(), [0; 32]);
    }
    assert_eq!(served.peer.asked(), [HintType::L1Blob]);
    // The store knows before the host has settled.
    assert!(elements.iter().all(|(key, value)| served.store.is_vouched(*key, value).unwrap()));

    // A hint of another blob does not lead to this commitment.
    let served = Served::by(Peer::new(Manner::Honest, all()));
    served.hint(HintType::L1Blob, &[&[1; 40]]);
    assert!(served.fails(hash).contains("no hint announced it"));

    // A changed element, and an incomplete blob: nothing of either is stored.
    let served = Served::by(Peer::new(Manner::Lies, all()));
    served.hint(HintType::L1Blob, &[&blob_hint]);
    served.fails(key);
    let served = Served::by(Peer::new(Manner::Honest, all().filter(|(other, _)| *other != elements[5].0)));
    served.hint(HintType::L1Blob, &[&blob_hint]);
    assert!(served.fails(hash).contains("without the rest of its blob"));
    assert_eq!(contents(&*served.store).len(), 0);

    // Of a blob that lost an element, as a crash leaves it in a folder, all is fetched again.
    let served = Served::by(Peer::new(Manner::Honest, all()));
    served.store.put_all(&mut all().filter(|(other, _)| *other != elements[5].0)).unwrap();
    served.hint(HintType::L1Blob, &[&blob_hint]);
    assert_eq!(served.host.get(key).unwrap(), [0; 32]);
    assert_eq!(served.peer.asked(), [HintType::L1Blob]);
}

#[test]
fn a_precompile_result_is_computed_again_when_it_arrives() {
    // An empty product of pairings is one.
    let mut address = [0; 20];
    address[19] = 8;
    let gas = 45_000u64;
    let key = precompile_key(&address, gas, &[]);
    let call = [&address[..], &gas.to_be_bytes()].concat();
    let right = Bytes::from([vec![1], vec![0; 31], vec![1]].concat());
    for route in [HintType::L1Precompile, HintType::L1PrecompileV2] {
        let served = Served::by(Peer::new(Manner::Honest, [(key, right.clone())]));
        served.hint(route, &[&call]);
        assert_eq!(served.host.get(key).unwrap(), right);
        assert!(served.store.is_vouched(key, &right).unwrap());

        let served = Served::by(Peer::new(Manner::Lies, [(key, right.clone())]));
        served.hint(route, &[&call]);
        assert!(served.fails(key).contains("the answer is wrong"));
    }
    // Without the call nothing is asked.
    let served = Served::by(Peer::new(Manner::Honest, [(key, right)]));
    served.hint(HintType::L1Precompile, &[&[0; 28]]);
    assert!(matches!(served.host.get(key), Err(PreimageOracleError::Unobtainable { .. })));
    assert_eq!(served.peer.asked(), []);
}
