//! Both protocols, end to end and against peers that misbehave.
#![cfg(feature = "std")]

mod doubles;

use doubles::{Choppy, Script};
use proptest::prelude::*;
use std::{collections::BTreeMap, sync::Mutex, thread};
use tribunal_preimage::{
    Channel, ChannelError, CommsClient, HintReader, HintReaderServer, HintRouter, HintWriter,
    HintWriterClient, Limits, OracleReader, OracleServer, PreimageFetcher, PreimageKey, PreimageOracleClient,
    PreimageOracleError, PreimageOracleResult, PreimageOracleServer, pipe,
};

const KEY: PreimageKey = PreimageKey::new_local(1);
const SMALL: Limits = Limits { preimage: 100, hint: 100 };

#[derive(Default)]
struct Backing {
    values: BTreeMap<PreimageKey, Vec<u8>>,
    hints: Mutex<Vec<Vec<u8>>>,
}

impl Backing {
    fn with(key: PreimageKey, value: &[u8]) -> Self {
        Self { values: [(key, value.to_vec())].into(), ..Self::default() }
    }
}

impl PreimageFetcher for Backing {
    fn get_preimage(&self, key: PreimageKey) -> PreimageOracleResult<Vec<u8>> {
        self.values.get(&key).cloned().ok_or(PreimageOracleError::Missing(key))
    }
}

impl HintRouter for Backing {
    fn route_hint(&self, hint: &[u8]) -> PreimageOracleResult<()> {
        self.hints.lock().unwrap().push(hint.to_vec());
        if hint == b"bad" { Err(PreimageOracleError::Other("no such hint".into())) } else { Ok(()) }
    }
}

fn eof(expected: usize, received: usize) -> PreimageOracleError {
    ChannelError::UnexpectedEof { expected, received }.into()
}

#[test]
fn request_and_answer_are_to_the_letter() {
    let program = Script::new(&[&7u64.to_be_bytes()[..], b"example"].concat());
    assert_eq!(OracleReader::new(&program).get(KEY).unwrap(), b"example");
    assert_eq!(program.written(), KEY.as_bytes());

    let server = Script::new(KEY.as_bytes());
    OracleServer::new(&server).next_preimage_request(&Backing::with(KEY, b"example")).unwrap();
    assert_eq!(server.written(), [&[0, 0, 0, 0, 0, 0, 0, 7], &b"example"[..]].concat());
}

#[test]
fn hint_and_acknowledgement_are_to_the_letter() {
    for acknowledgement in [0, 1, 0xff] {
        let program = Script::new(&[acknowledgement]);
        HintWriter::new(&program).write(b"l1-block-header 0x00").unwrap();
        assert_eq!(program.written(), [&[0, 0, 0, 20], &b"l1-block-header 0x00"[..]].concat());
    }

    let server = Script::new(b"\0\0\0\x02hi");
    let backing = Backing::default();
    HintReader::new(&server).next_hint(&backing).unwrap();
    assert_eq!(server.written(), [0]);
    assert_eq!(*backing.hints.lock().unwrap(), [b"hi"]);
}

#[test]
fn servers_stop_cleanly_between_messages() {
    let nothing = Script::new(&[]);
    let backing = Backing::with(KEY, b"v");
    assert_eq!(OracleServer::new(&nothing).next_preimage_request(&backing), Err(PreimageOracleError::Closed));
    assert_eq!(HintReader::new(&nothing).next_hint(&backing), Err(PreimageOracleError::Closed));

    let two = Script::new(&[KEY.as_bytes().as_slice(), KEY.as_bytes()].concat());
    OracleServer::new(&two).serve(&backing).unwrap();
    assert_eq!(two.written().len(), 2 * 9);
    let two = Script::new(b"\0\0\0\x01a\0\0\0\x00");
    HintReader::new(&two).serve(&backing).unwrap();
    assert_eq!(*backing.hints.lock().unwrap(), [&b"a"[..], b""]);
}

#[test]
fn a_stream_cut_within_a_message_is_an_error() {
    let backing = Backing::with(KEY, b"v");
    let cut = Script::new(&KEY.as_bytes()[..31]);
    assert_eq!(OracleServer::new(&cut).serve(&backing), Err(eof(32, 31)));
    assert_eq!(HintReader::new(Script::new(b"\0\0")).serve(&backing), Err(eof(4, 2)));
    assert_eq!(HintReader::new(Script::new(b"\0\0\0\x05hell")).serve(&backing), Err(eof(5, 4)));
    assert!(backing.hints.lock().unwrap().is_empty());

    assert_eq!(OracleReader::new(Script::new(&[])).get(KEY), Err(eof(8, 0)));
    assert_eq!(OracleReader::new(Script::new(&[0; 7])).get(KEY), Err(eof(8, 7)));
    assert_eq!(OracleReader::new(Script::new(b"\0\0\0\0\0\0\0\x02a")).get(KEY), Err(eof(2, 1)));
    assert_eq!(
        OracleReader::new(Script::new(b"\0\0\0\0\0\0\0\x02a")).get_exact(KEY, &mut [0; 2]),
        Err(eof(2, 1))
    );
    assert_eq!(HintWriter::new(Script::new(&[])).write(b"hint"), Err(eof(1, 0)));
}

#[test]
fn a_peer_that_reads_no_more_is_an_error() {
    let deaf = Script::new(KEY.as_bytes()).taking(10);
    let error = PreimageOracleError::Channel(ChannelError::PeerClosed { unwritten: 22 });
    assert_eq!(OracleReader::new(&deaf).get(KEY), Err(error));
    let deaf = Script::new(KEY.as_bytes()).taking(3);
    let error = PreimageOracleError::Channel(ChannelError::PeerClosed { unwritten: 6 });
    assert_eq!(OracleServer::new(&deaf).serve(&Backing::with(KEY, b"v")), Err(error));
}

#[test]
fn empty_values_are_values() {
    let program = Script::new(&[0; 24]);
    let oracle = OracleReader::new(&program);
    assert_eq!(oracle.get(KEY).unwrap(), b"");
    oracle.get_exact(KEY, &mut []).unwrap();
    assert_eq!(
        oracle.get_exact(KEY, &mut [0; 1]),
        Err(PreimageOracleError::BadLength { key: KEY, expected: 1, got: 0 })
    );
    let server = Script::new(KEY.as_bytes());
    OracleServer::new(&server).serve(&Backing::with(KEY, b"")).unwrap();
    assert_eq!(server.written(), [0; 8]);
}

#[test]
fn lengths_beyond_the_limit_are_refused_before_anything_is_read() {
    for length in [101, u64::from(u32::MAX) + 1, u64::MAX] {
        let program = Script::new(&[&length.to_be_bytes()[..], &[1; 200]].concat());
        let oracle = OracleReader::with_limits(&program, SMALL);
        let error = PreimageOracleError::TooLarge { key: KEY, length, limit: 100 };
        assert_eq!(oracle.get(KEY), Err(error));
        assert_eq!(program.unread(), 200);
        // The stream now stands within a value.
        assert_eq!(oracle.get(KEY), Err(PreimageOracleError::Desynchronised));
        assert_eq!(oracle.get_exact(KEY, &mut [0]), Err(PreimageOracleError::Desynchronised));
        assert_eq!(program.written().len(), 32);
    }
    let error = PreimageOracleError::HintTooLarge { length: u32::MAX.into(), limit: 100 };
    assert_eq!(
        HintReader::with_limits(Script::new(&[0xff; 200]), SMALL).serve(&Backing::default()),
        Err(error)
    );
}

#[test]
fn our_own_messages_keep_to_the_limit() {
    let server = Script::new(KEY.as_bytes());
    assert_eq!(
        OracleServer::with_limits(&server, SMALL).serve(&Backing::with(KEY, &[0; 101])),
        Err(PreimageOracleError::TooLarge { key: KEY, length: 101, limit: 100 })
    );
    assert!(server.written().is_empty());

    let program = Script::new(&[0]);
    let hints = HintWriter::with_limits(&program, SMALL);
    assert_eq!(hints.write(&[0; 101]), Err(PreimageOracleError::HintTooLarge { length: 101, limit: 100 }));
    assert!(program.written().is_empty());
    hints.write(&[0; 100]).unwrap();
}

#[test]
fn a_wrong_length_leaves_the_stream_in_place() {
    let program = Script::new(b"\0\0\0\0\0\0\0\x03abc\0\0\0\0\0\0\0\x02de");
    let oracle = OracleReader::new(&program);
    let mut buf = [9; 2];
    assert_eq!(
        oracle.get_exact(KEY, &mut buf),
        Err(PreimageOracleError::BadLength { key: KEY, expected: 2, got: 3 })
    );
    assert_eq!(buf, [9; 2]);
    oracle.get_exact(KEY, &mut buf).unwrap();
    assert_eq!(&buf, b"de");
}

#[test]
fn keys_of_unknown_type_end_the_server() {
    for byte in [0, 7, 128, 255] {
        let server = Script::new(&[byte; 32]);
        assert_eq!(
            OracleServer::new(&server).serve(&Backing::default()),
            Err(PreimageOracleError::UnknownKeyType([byte; 32].into()))
        );
        assert!(server.written().is_empty());
    }
}

#[test]
fn missing_values_end_the_server_and_are_named() {
    let (program, host) = pipe();
    let server = thread::spawn(move || OracleServer::new(host).serve(&Backing::default()));
    assert_eq!(OracleReader::new(program).get(KEY), Err(eof(8, 0)));
    assert_eq!(server.join().unwrap(), Err(PreimageOracleError::Missing(KEY)));
}

#[test]
fn a_failed_hint_is_acknowledged_and_reported() {
    let server = Script::new(b"\0\0\0\x03bad\0\0\0\x04good");
    let (reader, backing) = (HintReader::new(&server), Backing::default());
    assert_eq!(reader.next_hint(&backing), Err(PreimageOracleError::Other("no such hint".into())));
    reader.next_hint(&backing).unwrap();
    assert_eq!(server.written(), [0, 0]);
}

#[test]
fn a_pipe_closes_like_a_pipe() {
    let (near, far) = pipe();
    near.write_all(b"last words").unwrap();
    drop(near);
    let mut heard = [0; 10];
    far.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"last words");
    assert_eq!(far.read(&mut heard), Ok(0));
    assert_eq!(far.write(b"anyone?"), Err(ChannelError::PeerClosed { unwritten: 7 }));
}

#[test]
fn a_pipe_holds_a_bounded_amount() {
    let (near, far) = pipe();
    let writer = thread::spawn(move || near.write_all(&[7; 1 << 20]));
    let mut received = vec![0; 1 << 20];
    far.read_exact(&mut received).unwrap();
    writer.join().unwrap().unwrap();
    assert!(received.iter().all(|byte| *byte == 7));
}

struct Both<C>(OracleReader<C>, HintWriter<C>);

impl<C: Channel> PreimageOracleClient for Both<C> {
    fn get(&self, key: PreimageKey) -> PreimageOracleResult<Vec<u8>> {
        self.0.get(key)
    }

    fn get_exact(&self, key: PreimageKey, buf: &mut [u8]) -> PreimageOracleResult<()> {
        self.0.get_exact(key, buf)
    }
}

impl<C: Channel> HintWriterClient for Both<C> {
    fn write(&self, hint: &[u8]) -> PreimageOracleResult<()> {
        self.1.write(hint)
    }
}

/// Hints every key and then asks for it, over the channels that `connect` makes.
fn converse<C: Channel + Send + 'static>(values: &[Vec<u8>], mut connect: impl FnMut() -> (C, C)) {
    let keys = (0u64..).map(PreimageKey::new_local);
    let backing =
        Backing { values: keys.clone().zip(values.iter().cloned()).collect(), ..Backing::default() };
    let ((program, host), (hinter, hinted)) = (connect(), connect());
    thread::scope(|scope| {
        let oracle_server = scope.spawn(|| OracleServer::new(host).serve(&backing));
        let hint_server = scope.spawn(|| HintReader::new(hinted).serve(&backing));
        let comms: Box<dyn CommsClient> = Box::new(Both(OracleReader::new(program), HintWriter::new(hinter)));
        for (key, value) in keys.zip(values) {
            comms.write(key.to_string().as_bytes()).unwrap();
            assert_eq!(comms.get(key).unwrap(), *value);
            let mut exact = vec![0; value.len()];
            comms.get_exact(key, &mut exact).unwrap();
            assert_eq!(exact, *value);
        }
        drop(comms);
        oracle_server.join().unwrap().unwrap();
        hint_server.join().unwrap().unwrap();
    });
    let hints = backing.hints.into_inner().unwrap();
    let sent: Vec<_> = backing.values.keys().map(|key| key.to_string().into_bytes()).collect();
    assert_eq!(hints, sent);
}

#[cfg(unix)]
#[test]
fn file_descriptors_carry_both_protocols() {
    use std::os::unix::net::UnixStream;
    use tribunal_preimage::FdChannel;

    let connect = || {
        let (near, far) = UnixStream::pair().unwrap();
        let channel = |end: UnixStream| FdChannel::new(end.try_clone().unwrap().into(), end.into());
        (channel(near), channel(far))
    };
    converse(&[vec![], vec![1; 32], vec![2; 1016], vec![3; 1017], vec![4; 1 << 20]], connect);
}

#[cfg(unix)]
#[test]
fn anonymous_pipes_carry_both_protocols_and_report_their_end() {
    use std::io::pipe as os_pipe;
    use tribunal_preimage::FdChannel;

    let (there_read, there_write) = os_pipe().unwrap();
    let (back_read, back_write) = os_pipe().unwrap();
    let near = FdChannel::new(back_read.into(), there_write.into());
    let far = FdChannel::new(there_read.into(), back_write.into());
    let server =
        thread::spawn(move || OracleServer::new(far).next_preimage_request(&Backing::with(KEY, b"v")));
    assert_eq!(OracleReader::new(&near).get(KEY).unwrap(), b"v");
    server.join().unwrap().unwrap();
    assert_eq!(near.read(&mut [0]), Ok(0));
    assert_eq!(near.write(b"x"), Err(ChannelError::PeerClosed { unwritten: 1 }));
}

#[cfg(unix)]
#[test]
fn a_broken_descriptor_gives_its_error_number() {
    use std::{fs::File, os::fd::OwnedFd};
    use tribunal_preimage::FdChannel;

    let null = || OwnedFd::from(File::open("/dev/null").unwrap());
    // Opened for reading only: writing is EBADF, which is 9 on every Unix.
    let channel = FdChannel::new(null(), null());
    assert_eq!(channel.write(b"x"), Err(ChannelError::Os { operation: "write", code: 9 }));
    assert_eq!(channel.read(&mut [0]), Ok(0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_values_arrive_over_any_splitting(
        values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..1500), 0..6),
        seed: u64,
    ) {
        let mut seed = seed;
        converse(&values, || {
            let (near, far) = pipe();
            seed = seed.wrapping_add(2);
            (Choppy::new(near, seed), Choppy::new(far, seed + 1))
        });
    }
}

proptest! {
    #[test]
    fn servers_and_readers_never_panic(stream in prop::collection::vec(any::<u8>(), 0..200)) {
        let backing = Backing::with(KEY, b"v");
        let _ = OracleServer::with_limits(Script::new(&stream), SMALL).serve(&backing);
        let _ = HintReader::with_limits(Script::new(&stream), SMALL).serve(&backing);
        let oracle = OracleReader::with_limits(Script::new(&stream), SMALL);
        let _ = oracle.get(KEY);
        let _ = oracle.get_exact(KEY, &mut [0; 8]);
        let _ = HintWriter::new(Script::new(&stream)).write(&stream);
    }
}
