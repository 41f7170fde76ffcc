//! An oracle that asks a pre-image server. The server is a separate process, connected by four pipes.

mod connection;
mod error;
mod output;
mod server;
mod system;

pub use error::ServerError;

use super::{Oracle, OracleError};
use crate::console::Console;
use alloy_primitives::B256;
use connection::Connection;
use server::Server;
use std::{
    process::Command,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

/// The limits of a server.
#[derive(Debug, Clone)]
pub struct ServerLimits {
    /// How long a request may wait for the server to read or send the next byte. `None` means no limit.
    pub timeout: Option<Duration>,
    /// The longest pre-image that is accepted, in bytes.
    pub max_preimage_bytes: u64,
    /// Once this is set, for example by a signal handler, a request that waits for the server fails within a tenth of a
    /// second.
    pub cancelled: Arc<AtomicBool>,
}

impl Default for ServerLimits {
    /// A timeout of 15 minutes, because a server may have to fetch a pre-image from a network. Pre-images of up to 1
    /// GiB.
    fn default() -> Self {
        Self {
            timeout: Some(Duration::from_secs(15 * 60)),
            max_preimage_bytes: 1 << 30,
            cancelled: Arc::default(),
        }
    }
}

/// An oracle that asks a pre-image server: a program that reads hints from descriptor 3 and acknowledges them on 4, and
/// reads keys from 5 and writes pre-images to 6. See the
/// [specification](https://specs.optimism.io/fault-proof/index.html#pre-image-oracle).
///
/// When the oracle is dropped, it closes the pipes. A server takes this as a request to end. A server that keeps
/// running is terminated.
#[derive(Debug)]
pub struct ProcessOracle {
    hints: Connection,
    preimages: Connection,
    max_preimage_bytes: u64,
    // Declared last: fields are dropped in order, so the pipes are closed before `Server` waits for the process to end.
    server: Server,
}

impl ProcessOracle {
    /// Starts the server. `output` receives the lines that the server prints.
    ///
    /// # Errors
    /// [`ServerError::Start`].
    pub fn start(command: Command, limits: &ServerLimits, output: Console) -> Result<Self, ServerError> {
        let (server, [hints, preimages]) = server::start(command, limits, output)?;
        Ok(Self { hints, preimages, max_preimage_bytes: limits.max_preimage_bytes, server })
    }

    /// Sends a key, and receives the pre-image: 8 bytes for its length, then its bytes.
    fn request_preimage(&mut self, key: &B256) -> Result<Vec<u8>, ServerError> {
        self.preimages.expect_silence()?;
        self.preimages.send(&key[..], &mut self.server)?;
        let mut answer = Vec::new();
        while answer.len() < 8 {
            self.preimages.receive(&mut answer, &mut self.server)?;
        }
        let announced = answer.first_chunk::<8>().map_or(0, |prefix| u64::from_be_bytes(*prefix));
        if announced > self.max_preimage_bytes {
            return Err(ServerError::TooLong { announced, max: self.max_preimage_bytes });
        }
        let expected = 8 + announced as usize;
        while answer.len() < expected {
            self.preimages.receive(&mut answer, &mut self.server)?;
        }
        if answer.len() > expected {
            return Err(ServerError::UnexpectedBytes);
        }
        answer.drain(..8);
        Ok(answer)
    }

    /// Sends a hint: 4 bytes for its length, then its bytes. Waits until the server acknowledges it with one byte.
    fn send_hint(&mut self, hint: &[u8]) -> Result<(), ServerError> {
        self.hints.expect_silence()?;
        let length =
            u32::try_from(hint.len()).map_err(|_| ServerError::HintTooLong { length: hint.len() })?;
        let message = [&length.to_be_bytes()[..], hint].concat();
        self.hints.send(&message, &mut self.server)?;
        // The specified value is zero. Some servers send another one, so it is not checked.
        let mut acknowledgement = Vec::new();
        self.hints.receive(&mut acknowledgement, &mut self.server)?;
        if acknowledgement.len() > 1 { Err(ServerError::UnexpectedBytes) } else { Ok(()) }
    }

    /// Returns `error`, or [`ServerError::NeverServed`] in its place if the server ended before it read any request.
    fn explain(&self, error: ServerError) -> ServerError {
        match error {
            ServerError::Closed { status: Some(status) }
                if !self.hints.server_has_read() && !self.preimages.server_has_read() =>
            {
                ServerError::NeverServed { status }
            }
            error => error,
        }
    }
}

impl Oracle for ProcessOracle {
    fn preimage(&mut self, key: &B256) -> Result<Vec<u8>, OracleError> {
        self.request_preimage(key)
            .map_err(|error| OracleError::new(format!("pre-image {key}"), self.explain(error)))
    }

    fn hint(&mut self, hint: &[u8]) -> Result<(), OracleError> {
        self.send_hint(hint)
            .map_err(|error| OracleError::new(format!("hint {}", shorten(hint)), self.explain(error)))
    }
}

/// The first bytes of a hint in quotes, for errors.
fn shorten(hint: &[u8]) -> String {
    const MAX_BYTES: usize = 120;
    let start = String::from_utf8_lossy(&hint[..hint.len().min(MAX_BYTES)]);
    format!("{start:?}{}", if hint.len() > MAX_BYTES { "…" } else { "" })
}
