//! A host that asks a source for what its store does not have: an honest source, and ones that lie, fail and stall.

mod common;

use alloy_primitives::{B256, Bytes, keccak256};
use common::*;
use std::{
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};
use tribunal_host::{
    Attempt, Host, Refused, Source, SourceError, SourceHandle, Verified, serve,
    store::{MemoryStore, PreimageStore},
};
use tribunal_preimage::{
    Hint, HintType, HintWriter, HintWriterClient, OracleReader, PreimageKey, PreimageKeyType,
    PreimageOracleClient, PreimageOracleError, blob_element_key, pipe, precompile_key,
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
    /// For longer than the test: only the time-out ends the wait.
    Stalls,
    /// Tries again until it is cancelled.
    Retries,
    Panics,
}

/// A source with endpoints that have some pre-images, and send all of them. It asks the first endpoint, then the next.
#[derive(Debug)]
struct Peer {
    preimages: Records,
    endpoints: Vec<Manner>,
    asked: Mutex<Vec<Hint>>,
}

impl Peer {
    fn new(manner: Manner, preimages: impl IntoIterator<Item = (PreimageKey, Bytes)>) -> Arc<Self> {
        Self::with_endpoints([manner], preimages)
    }

    fn with_endpoints(
        endpoints: impl Into<Vec<Manner>>,
        preimages: impl IntoIterator<Item = (PreimageKey, Bytes)>,
    ) -> Arc<Self> {
        let preimages = preimages.into_iter().collect();
        Arc::new(Self { preimages, endpoints: endpoints.into(), asked: Mutex::default() })
    }

    fn asked(&self) -> Vec<HintType> {
        self.asked.lock().unwrap().iter().map(|hint| hint.ty).collect()
    }

    /// What an endpoint sends.
    fn request(&self, manner: Manner, wanted: PreimageKey) -> Result<Records, String> {
        let mut answer = self.preimages.clone();
        match manner {
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
            Manner::Retries => {
                thread::sleep(Duration::from_millis(1));
                return Err("the node is down".into());
            }
            Manner::Fails => return Err("the node is down".into()),
            Manner::Stalls => thread::sleep(Duration::from_secs(3600)),
            Manner::Panics => panic!("as this test wants it"),
        }
        Ok(answer)
    }
}

impl Source for Peer {
    fn fetch(&self, hint: &Hint, wanted: PreimageKey, handle: &SourceHandle) -> Result<(), SourceError> {
        self.asked.lock().unwrap().push(hint.clone());
        let mut error = SourceError::default();
        let mut endpoints = self.endpoints.iter().enumerate();
        let mut next = endpoints.next();
        while let Some((number, manner)) = next {
            let accepted = self.request(*manner, wanted).and_then(|answer| {
                let answer: Vec<_> = answer.into_iter().collect();
                handle.accept(hint, &answer).map_err(|refused| {
                    assert!(matches!(refused, Refused::Wrong(_)), "{refused}");
                    refused.to_string()
                })
            });
            let Err(reason) = accepted else { return Ok(()) };
            error.add(Attempt {
                endpoint: format!("http://node{number}.example"),
                method: format!("get {}", hint.ty),
                key: wanted,
                reason,
            });
            if *manner != Manner::Retries {
                next = endpoints.next();
            } else if handle.is_cancelled() {
                // The host waits a little longer for what was tried.
                thread::sleep(Duration::from_millis(200));
                return Err(error);
            }
        }
        Err(error)
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
        let timeout = match peer.endpoints[..] {
            [Manner::Stalls | Manner::Retries] => Duration::from_millis(200),
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
    for text in ["hint l2-code 0x0000", "the answer does not have it"] {
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
    let endpoint = format!("get l2-block-header at http://node0.example for {key}: ");
    for (manner, reasons) in [
        (Manner::Lies, [&*endpoint, "the answer is wrong"]),
        (Manner::Fails, [&endpoint, "the node is down"]),
        (Manner::Retries, [&endpoint, "no answer within 0.2 s: get l2-block-header"]),
        // Only the source knows the endpoint.
        (Manner::Stalls, ["no answer within 0.2 s", ""]),
        (Manner::Panics, ["the source panicked", ""]),
    ] {
        let served = Served::by(Peer::new(manner, [(key, value.clone())]));
        served.hint(HintType::L2BlockHeader, &[&[0xab; 32]]);
        let error = served.fails(key);
        let hint = format!("hint l2-block-header 0x{}", "ab".repeat(32));
        for text in [&*key.to_string(), &hint].into_iter().chain(reasons) {
            assert!(error.contains(text), "{manner:?}: {text:?} is not in {error:?}");
        }
        assert!(error.len() < 2000, "{manner:?}: an error of {} bytes", error.len());
        assert_eq!(contents(&*served.store).len(), 0, "{manner:?}");
    }
}

#[test]
fn a_source_learns_of_a_lie_and_asks_the_next_endpoint() {
    let (key, value) = hashed(b"a header");
    let served = Served::by(Peer::with_endpoints([Manner::Lies, Manner::Honest], [(key, value.clone())]));
    served.hint(HintType::L1BlockHeader, &[&[0; 32]]);
    assert_eq!(served.host.get(key).unwrap(), value);
    assert_eq!(served.peer.asked().len(), 1);

    // If all lie, the error says so of each.
    let served = Served::by(Peer::with_endpoints([Manner::Lies, Manner::Lies], [(key, value)]));
    served.hint(HintType::L1BlockHeader, &[&[0; 32]]);
    let error = served.fails(key);
    for number in [0, 1] {
        let attempt = format!("http://node{number}.example for {key}: the answer is wrong");
        assert!(error.contains(&attempt), "{error}");
    }
}

/// A source that reads ahead: a thread for each hint waits until it may go on. Calls wait for that thread.
#[derive(Debug)]
struct ReadsAhead {
    preimages: Records,
    gates: Mutex<Vec<mpsc::Receiver<()>>>,
    threads: Mutex<Vec<thread::JoinHandle<()>>>,
    calls: Mutex<Vec<PreimageKey>>,
}

impl ReadsAhead {
    /// The source, and a gate for each hint; the last hint comes first.
    fn new(preimages: Records, hints: usize) -> (Arc<Self>, Vec<mpsc::Sender<()>>) {
        let (open, gates) = (0..hints).map(|_| mpsc::channel()).unzip();
        let (threads, calls) = (Mutex::default(), Mutex::default());
        (Arc::new(Self { preimages, gates: Mutex::new(gates), threads, calls }), open)
    }

    fn join(&self) {
        let threads = std::mem::take(&mut *self.threads.lock().unwrap());
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}

impl Source for ReadsAhead {
    fn fetch(&self, _: &Hint, wanted: PreimageKey, handle: &SourceHandle) -> Result<(), SourceError> {
        self.calls.lock().unwrap().push(wanted);
        self.join();
        assert!(handle.has(wanted));
        Ok(())
    }

    fn announced(&self, hint: &Hint, handle: &SourceHandle) {
        let key = PreimageKey::new_keccak256(B256::from_slice(&hint.data));
        let gate = self.gates.lock().unwrap().pop().unwrap();
        let (value, hint, handle) = (self.preimages[&key].clone(), hint.clone(), handle.clone());
        self.threads.lock().unwrap().push(thread::spawn(move || {
            assert!(!handle.has(key));
            gate.recv().unwrap();
            handle.accept(&hint, &[(key, value)]).unwrap();
        }));
    }
}

#[test]
fn a_source_reads_ahead_with_several_hints_under_way() {
    let preimages: Records = [hashed(b"first"), hashed(b"second"), hashed(b"third")].into();
    let keys: Vec<_> = preimages.keys().copied().collect();
    let (source, open) = ReadsAhead::new(preimages.clone(), 3);
    let verified = Arc::new(Verified::new(Arc::new(MemoryStore::new())));
    let host = Host::with_source(verified, local_inputs(), source.clone(), Duration::MAX);
    for key in &keys {
        // Keys and hashes differ in the first byte.
        let hash = keccak256(&preimages[key]);
        host.write(&HintType::L2Code.encode(&[hash.as_slice()])).unwrap();
    }
    assert_eq!(source.threads.lock().unwrap().len(), 3, "all hints are under way at once");
    // What the program asks for before it is there is waited for; the rest is there without a call.
    thread::scope(|scope| {
        let first = scope.spawn(|| host.get(keys[0]));
        while source.calls.lock().unwrap().is_empty() {
            thread::yield_now();
        }
        open.iter().for_each(|gate| gate.send(()).unwrap());
        assert_eq!(first.join().unwrap().unwrap(), preimages[&keys[0]]);
    });
    for key in &keys {
        assert_eq!(host.get(*key).unwrap(), preimages[key]);
    }
    assert_eq!(*source.calls.lock().unwrap(), [keys[0]]);
}

/// A source that waits for a node that never answers, until it is cancelled.
#[derive(Debug)]
struct Waits {
    called: mpsc::Sender<SourceHandle>,
}

impl Source for Waits {
    fn fetch(&self, _: &Hint, key: PreimageKey, handle: &SourceHandle) -> Result<(), SourceError> {
        self.called.send(handle.clone()).unwrap();
        while !handle.is_cancelled() {
            thread::sleep(Duration::from_millis(1));
        }
        let (endpoint, method) = ("http://node.example".into(), "debug_dbGet".into());
        Err(Attempt { endpoint, method, key, reason: "connection refused".into() }.into())
    }
}

#[test]
fn a_call_ends_when_the_program_has_gone() {
    let (key, _) = hashed(b"absent");
    let (called, calls) = mpsc::channel();
    let verified = Arc::new(Verified::new(Arc::new(MemoryStore::new())));
    // Only a host that does not notice waits that long.
    let timeout = Duration::from_secs(20);
    let host = Arc::new(Host::with_source(verified, local_inputs(), Arc::new(Waits { called }), timeout));
    let ((hints, server_hints), (preimages, server_preimages)) = (pipe(), pipe());
    let server = thread::spawn({
        let host = host.clone();
        move || serve(&host, server_hints, server_preimages)
    });
    // Before the program asks: without a hint the source is not called.
    let writer = HintWriter::new(hints);
    for code in [1, 2] {
        writer.write(&HintType::L2Code.encode(&[&[code; 32]])).unwrap();
    }
    let program = thread::spawn(move || OracleReader::new(preimages).get(key));
    let handle = calls.recv().unwrap();
    assert!(!handle.is_cancelled());
    drop(writer);
    let error = server.join().unwrap().unwrap_err().to_string();
    program.join().unwrap().unwrap_err();
    let attempt = format!("the program has gone: debug_dbGet at http://node.example for {key}");
    assert!(error.contains(&attempt), "{error}");
    assert!(calls.try_recv().is_err(), "the other hint is not followed");
}

#[test]
fn handles_are_cancelled_with_their_host() {
    /// Keeps the handle of the last hint.
    #[derive(Debug, Default)]
    struct Keeps(Mutex<Option<SourceHandle>>);

    impl Source for Keeps {
        fn fetch(&self, _: &Hint, _: PreimageKey, _: &SourceHandle) -> Result<(), SourceError> {
            Ok(())
        }

        fn announced(&self, _: &Hint, handle: &SourceHandle) {
            *self.0.lock().unwrap() = Some(handle.clone());
        }
    }

    let source = Arc::new(Keeps::default());
    let verified = Arc::new(Verified::new(Arc::new(MemoryStore::new())));
    // The time-out is that of a call, not of reading ahead.
    let host = Host::with_source(verified, local_inputs(), source.clone(), Duration::ZERO);
    host.write(&HintType::L2Code.encode(&[&[1; 32]])).unwrap();
    let handle = source.0.lock().unwrap().take().unwrap();
    assert!(!handle.is_cancelled());
    drop(host);
    assert!(handle.is_cancelled());
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
