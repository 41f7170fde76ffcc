//! A hostile peer on the other end of both protocols, seen from all four ends.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::cell::Cell;
use tribunal_preimage::{
    Channel, ChannelResult, HintReader, HintReaderServer, HintRouter, HintWriter, HintWriterClient, Limits,
    OracleReader, OracleServer, PreimageFetcher, PreimageKey, PreimageOracleClient, PreimageOracleResult,
    PreimageOracleServer,
};

const LIMITS: Limits = Limits { preimage: 1 << 16, hint: 1 << 16 };

/// Gives the bytes in pieces of a fixed size, and takes everything.
struct Hostile<'a> {
    rest: Cell<&'a [u8]>,
    piece: usize,
}

impl Channel for Hostile<'_> {
    fn read(&self, buf: &mut [u8]) -> ChannelResult<usize> {
        let rest = self.rest.get();
        let length = buf.len().min(rest.len()).min(self.piece);
        let (given, left) = rest.split_at(length);
        buf[..length].copy_from_slice(given);
        self.rest.set(left);
        Ok(length)
    }

    fn write(&self, buf: &[u8]) -> ChannelResult<usize> {
        Ok(buf.len().min(self.piece))
    }
}

struct Echo;

impl PreimageFetcher for Echo {
    fn get_preimage(&self, key: PreimageKey) -> PreimageOracleResult<Vec<u8>> {
        Ok(key.as_bytes().to_vec())
    }
}

impl HintRouter for Echo {
    fn route_hint(&self, hint: &[u8]) -> PreimageOracleResult<()> {
        assert!(hint.len() as u64 <= u64::from(LIMITS.hint));
        Ok(())
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((&piece, rest)) = data.split_first() else { return };
    let channel = || Hostile { rest: Cell::new(rest), piece: usize::from(piece) + 1 };
    let key = PreimageKey::new_local(1);

    let reader = OracleReader::with_limits(channel(), LIMITS);
    while let Ok(value) = reader.get(key) {
        assert!(value.len() as u64 <= LIMITS.preimage);
    }
    let reader = OracleReader::with_limits(channel(), LIMITS);
    let _ = reader.get_exact(key, &mut [0; 32]);
    let _ = reader.get(key);
    let writer = HintWriter::with_limits(channel(), LIMITS);
    while writer.write(b"l1-block-header 0x00").is_ok() {}
    let _ = OracleServer::with_limits(channel(), LIMITS).serve(&Echo);
    let _ = HintReader::with_limits(channel(), LIMITS).serve(&Echo);
});
