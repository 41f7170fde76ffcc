//! Reads the logs of raw receipts as slices of their encoding.
//!
//! Derivation looks for two kinds of event among thousands. So this module copies nothing, and decodes only the
//! structure.

mod bloom;

use alloy_primitives::{Address, B256, Bytes};
use alloy_rlp::Header;

use crate::RollupError;

pub use bloom::{CONFIG_UPDATE_TOPIC, LogFilter};

/// Encoded size of one topic: its RLP prefix and 32 bytes.
const TOPIC_SIZE: usize = 33;
/// RLP prefix of a 32-byte string.
const TOPIC_PREFIX: u8 = 0xa0;
const BLOOM_SIZE: usize = 256;

/// A log of a successful transaction, borrowed from the encoded receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log<'a> {
    /// The contract that emitted the log.
    pub address: Address,
    /// Its topics.
    pub topics: Topics<'a>,
    /// Its unindexed data.
    pub data: &'a [u8],
    /// Position among all logs of the block.
    pub index: u64,
}

/// The topics of a [`Log`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topics<'a>(&'a [[u8; TOPIC_SIZE]]);

impl Topics<'_> {
    /// How many there are.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The topic at `index`.
    pub fn get(&self, index: usize) -> Option<B256> {
        self.0.get(index).map(|encoded| B256::from_slice(&encoded[1..]))
    }

    /// Whether the first topic is there and is `topic`.
    pub fn starts_with(&self, topic: &B256) -> bool {
        self.0.first().is_some_and(|encoded| encoded[1..] == topic[..])
    }
}

/// The logs of all successful receipts of a block, in order.
///
/// `receipts` are the EIP-2718 encodings as the receipts trie has them. A malformed receipt ends the iteration with
/// an error. Logs of failed receipts are checked and counted, but not returned. A receipt from before Byzantium has a
/// state root in place of a status. It counts as failed.
pub fn logs(receipts: &[Bytes]) -> Logs<'_> {
    Logs { receipts, receipt_index: 0, success: false, rest: &[], log_index: 0 }
}

/// Iterator made by [`logs`].
#[derive(Clone, Debug)]
pub struct Logs<'a> {
    receipts: &'a [Bytes],
    /// Position of the next receipt.
    receipt_index: usize,
    /// Status of the receipt whose logs are in `rest`.
    success: bool,
    /// Encoded logs that remain of the current receipt.
    rest: &'a [u8],
    log_index: u64,
}

impl<'a> Iterator for Logs<'a> {
    type Item = Result<Log<'a>, RollupError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if !self.rest.is_empty() {
                match log(&mut self.rest, self.log_index) {
                    Ok(log) => {
                        self.log_index = self.log_index.saturating_add(1);
                        if self.success {
                            return Some(Ok(log));
                        }
                    }
                    Err(reason) => return Some(Err(self.fail(self.receipt_index.saturating_sub(1), reason))),
                }
                continue;
            }
            let raw = self.receipts.get(self.receipt_index)?;
            match receipt(raw) {
                Ok((success, logs)) => {
                    self.receipt_index += 1;
                    self.success = success;
                    self.rest = logs;
                }
                Err(reason) => return Some(Err(self.fail(self.receipt_index, reason))),
            }
        }
    }
}

impl Logs<'_> {
    /// Ends the iteration.
    fn fail(&mut self, index: usize, reason: &'static str) -> RollupError {
        self.receipts = &[];
        self.rest = &[];
        RollupError::Receipt { index, reason }
    }
}

/// Whether the transaction of a receipt succeeded, and the payload of its list of logs.
fn receipt(raw: &[u8]) -> Result<(bool, &[u8]), &'static str> {
    let mut body = match raw {
        [] => return Err("empty"),
        [0xc0..=0xff, ..] => raw,
        [1..=0x7f, body @ ..] => body,
        _ => return Err("unknown transaction type"),
    };
    let mut fields = list(&mut body).ok_or("not a list")?;
    if !body.is_empty() {
        return Err("trailing bytes");
    }
    let success = match string(&mut fields).ok_or("no status")? {
        [1] => true,
        [] => false,
        root if root.len() == 32 => false,
        _ => return Err("invalid status"),
    };
    let gas = string(&mut fields).ok_or("no cumulative gas")?;
    if gas.len() > 8 || gas.first() == Some(&0) {
        return Err("invalid cumulative gas");
    }
    if string(&mut fields).ok_or("no bloom")?.len() != BLOOM_SIZE {
        return Err("invalid bloom");
    }
    let logs = list(&mut fields).ok_or("no logs")?;
    if !fields.is_empty() {
        return Err("too many fields");
    }
    Ok((success, logs))
}

/// Takes the next log off the front of `logs`.
fn log<'a>(logs: &mut &'a [u8], index: u64) -> Result<Log<'a>, &'static str> {
    let mut fields = list(logs).ok_or("log is not a list")?;
    let address = string(&mut fields).ok_or("log has no address")?;
    let address = Address::try_from(address).map_err(|_| "log address is not 20 bytes")?;
    let topics = list(&mut fields).ok_or("log has no topics")?;
    let (topics, []) = topics.as_chunks::<TOPIC_SIZE>() else {
        return Err("log topic is not 32 bytes");
    };
    if topics.iter().any(|topic| topic[0] != TOPIC_PREFIX) {
        return Err("log topic is not 32 bytes");
    }
    let data = string(&mut fields).ok_or("log has no data")?;
    if !fields.is_empty() {
        return Err("log has too many fields");
    }
    Ok(Log { address, topics: Topics(topics), data, index })
}

/// Takes an RLP string off the front of `input` and returns its payload.
fn string<'a>(input: &mut &'a [u8]) -> Option<&'a [u8]> {
    Header::decode_bytes(input, false).ok()
}

/// Takes an RLP list off the front of `input` and returns its payload.
fn list<'a>(input: &mut &'a [u8]) -> Option<&'a [u8]> {
    Header::decode_bytes(input, true).ok()
}

#[cfg(test)]
mod tests;
