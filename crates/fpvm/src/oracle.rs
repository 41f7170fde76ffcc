//! The pre-image oracle of the program, over its own file descriptors.

extern crate alloc;

use crate::DescriptorChannel;
use alloc::vec::Vec;
use tribunal_preimage::{
    HintWriter, HintWriterClient, OracleReader, PreimageKey, PreimageOracleClient, PreimageOracleResult,
};

/// The host at the other end of the file descriptors 3 to 6: hints and pre-images.
#[derive(Debug)]
pub struct Oracle {
    hints: HintWriter<DescriptorChannel>,
    preimages: OracleReader<DescriptorChannel>,
}

/// The program's oracle. There is one stream of pre-images: two oracles must not be used at the same time.
#[must_use]
pub fn oracle() -> Oracle {
    Oracle {
        hints: HintWriter::new(DescriptorChannel::HINTS),
        preimages: OracleReader::new(DescriptorChannel::PREIMAGES),
    }
}

impl PreimageOracleClient for Oracle {
    fn get(&self, key: PreimageKey) -> PreimageOracleResult<Vec<u8>> {
        self.preimages.get(key)
    }

    fn get_exact(&self, key: PreimageKey, buf: &mut [u8]) -> PreimageOracleResult<()> {
        self.preimages.get_exact(key, buf)
    }
}

impl HintWriterClient for Oracle {
    fn write(&self, hint: &[u8]) -> PreimageOracleResult<()> {
        self.hints.write(hint)
    }
}
