//! A pre-image server in a process of its own, spoken to over four pipes.

mod error;
mod output;
mod server;
mod system;
mod wire;

pub use error::ServerError;

use super::{Oracle, OracleError};
use crate::machine::Console;
use alloy_primitives::B256;
use server::Server;
use std::{
    process::Command,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};
use wire::Wire;

/// How far a server is trusted.
#[derive(Debug, Clone)]
pub struct ServerLimits {
    /// How long it may go without taking or sending a byte that it should; forever without.
    pub timeout: Option<Duration>,
    /// The longest pre-image that is taken, in bytes.
    pub most_preimage_bytes: u64,
    /// Set from elsewhere (a signal, say), it ends any waiting within a tenth of a second.
    pub cancelled: Arc<AtomicBool>,
}

impl Default for ServerLimits {
    /// A quarter of an hour, since servers may have to fetch what is asked for; a gibibyte.
    fn default() -> Self {
        Self {
            timeout: Some(Duration::from_secs(15 * 60)),
            most_preimage_bytes: 1 << 30,
            cancelled: Arc::default(),
        }
    }
}

/// An oracle that asks a pre-image server: a program that reads hints from descriptor 3 and acknowledges them on 4, and
/// reads keys from 5 and writes pre-images to 6. See the OP specification, `fault-proof/index.md`, "Pre-image Oracle".
///
/// The server lives no longer than this: when it is dropped, the pipes are closed, and a server that does not end on
/// that is terminated.
#[derive(Debug)]
pub struct ProcessOracle {
    hints: Wire,
    preimages: Wire,
    most_preimage_bytes: u64,
    // Behind the wires, so that these are closed before it is waited for.
    server: Server,
}

impl ProcessOracle {
    /// Starts the server. What it prints goes to `output`, a line at a time.
    ///
    /// # Errors
    /// [`ServerError::Start`].
    pub fn start(command: Command, limits: &ServerLimits, output: Console) -> Result<Self, ServerError> {
        let (server, [hints, preimages]) = server::start(command, limits, output)?;
        Ok(Self { hints, preimages, most_preimage_bytes: limits.most_preimage_bytes, server })
    }

    fn ask(&mut self, key: &B256) -> Result<Vec<u8>, ServerError> {
        self.preimages.expect_silence()?;
        self.preimages.send(&key[..], &mut self.server)?;
        let mut answer = Vec::new();
        while answer.len() < 8 {
            self.preimages.receive(&mut answer, &mut self.server)?;
        }
        let announced = answer.first_chunk::<8>().map_or(0, |prefix| u64::from_be_bytes(*prefix));
        if announced > self.most_preimage_bytes {
            return Err(ServerError::TooLong { announced, most: self.most_preimage_bytes });
        }
        let whole = 8 + announced as usize;
        while answer.len() < whole {
            self.preimages.receive(&mut answer, &mut self.server)?;
        }
        if answer.len() > whole {
            return Err(ServerError::Unasked);
        }
        answer.drain(..8);
        Ok(answer)
    }

    fn tell(&mut self, hint: &[u8]) -> Result<(), ServerError> {
        self.hints.expect_silence()?;
        let length =
            u32::try_from(hint.len()).map_err(|_| ServerError::HintTooLong { length: hint.len() })?;
        let message = [&length.to_be_bytes()[..], hint].concat();
        self.hints.send(&message, &mut self.server)?;
        // Any byte will do: the specification says zero, but implementations differ, and it carries nothing.
        let mut acknowledgement = Vec::new();
        self.hints.receive(&mut acknowledgement, &mut self.server)?;
        if acknowledgement.len() > 1 { Err(ServerError::Unasked) } else { Ok(()) }
    }
}

impl Oracle for ProcessOracle {
    fn preimage(&mut self, key: &B256) -> Result<Vec<u8>, OracleError> {
        self.ask(key).map_err(|error| OracleError::new(format!("pre-image {key}"), error))
    }

    fn hint(&mut self, hint: &[u8]) -> Result<(), OracleError> {
        self.tell(hint).map_err(|error| OracleError::new(format!("hint {}", shown(hint)), error))
    }
}

/// The beginning of a hint, for people.
fn shown(hint: &[u8]) -> String {
    const MOST: usize = 120;
    let start = String::from_utf8_lossy(&hint[..hint.len().min(MOST)]);
    format!("{start:?}{}", if hint.len() > MOST { "…" } else { "" })
}
