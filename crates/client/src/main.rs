//! The fault-proof program as a native process: asks a host over the file descriptors 3 to 6, and exits with 0 when
//! the claim is true, 1 when it is false, and 2 when it could not be decided.

use std::process::ExitCode;
use tribunal_preimage::{
    FdChannel, HintWriter, HintWriterClient, OracleReader, PreimageKey, PreimageOracleClient,
    PreimageOracleResult,
};
use tribunal_proof::Silent;

/// The program's ends: acknowledgements from 3, hints to 4, pre-images from 5, keys to 6.
const HINTS: (i32, i32) = (3, 4);
const PREIMAGES: (i32, i32) = (5, 6);

fn main() -> ExitCode {
    if let Some(closed) = (HINTS.0..=PREIMAGES.1).find(|fd| !is_open(*fd)) {
        eprintln!("the claim could not be decided: file descriptor {closed} is not open");
        return ExitCode::from(tribunal_client::ExitCode::Undecided as u8);
    }
    // SAFETY: the descriptors are open, and whoever starts a fault-proof program opens them for it alone: nothing else
    // in this process uses or closes them.
    let (hints, preimages) =
        unsafe { (FdChannel::from_raw(HINTS.0, HINTS.1), FdChannel::from_raw(PREIMAGES.0, PREIMAGES.1)) };
    let oracle = Channels { hints: HintWriter::new(hints), preimages: OracleReader::new(preimages) };
    let result = tribunal_client::run(oracle, &mut Silent);
    match &result {
        Ok(verdict) if verdict.valid => {}
        Ok(verdict) => eprintln!(
            "the claim is false: block {} has output root {}, claimed was {}",
            verdict.outcome.number, verdict.outcome.output_root, verdict.claimed_root
        ),
        Err(error) => eprintln!("the claim could not be decided: {error}"),
    }
    ExitCode::from(tribunal_client::ExitCode::of(&result) as u8)
}

fn is_open(descriptor: i32) -> bool {
    std::fs::metadata(format!("/dev/fd/{descriptor}")).is_ok()
}

/// Both protocols over channels.
struct Channels {
    hints: HintWriter<FdChannel>,
    preimages: OracleReader<FdChannel>,
}

impl PreimageOracleClient for Channels {
    fn get(&self, key: PreimageKey) -> PreimageOracleResult<Vec<u8>> {
        self.preimages.get(key)
    }

    fn get_exact(&self, key: PreimageKey, buf: &mut [u8]) -> PreimageOracleResult<()> {
        self.preimages.get_exact(key, buf)
    }
}

impl HintWriterClient for Channels {
    fn write(&self, hint: &[u8]) -> PreimageOracleResult<()> {
        self.hints.write(hint)
    }
}
