//! A pre-image server in a process of its own, connected by four pipes.

mod error;
mod output;
mod server;
mod system;
mod wire;

pub use error::ServerError;

use super::{Oracle, OracleError};
use crate::console::Console;
use alloy_primitives::B256;
use server::Server;
use std::{
    process::Command,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};
use wire::Wire;

/// The limits of a server.
#[derive(Debug, Clone)]
pub struct ServerLimits {
    /// How long a request may wait without sending or receiving a byte. `None` means no limit.
    pub timeout: Option<Duration>,
    /// The longest pre-image that is accepted, in bytes.
    pub most_preimage_bytes: u64,
    /// Once this is set, for example by a signal handler, requests fail within a tenth of a second.
    pub cancelled: Arc<AtomicBool>,
}

impl Default for ServerLimits {
    /// 15 minutes, because a server may have to fetch a pre-image first; pre-images of up to 1 GiB.
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
/// Dropping it closes the pipes and ends the server. A server that keeps running is terminated.
#[derive(Debug)]
pub struct ProcessOracle {
    hints: Wire,
    preimages: Wire,
    most_preimage_bytes: u64,
    // Declared after the wires. Fields are dropped in order, so the pipes are closed before `Server` waits for the
    // process.
    server: Server,
}

impl ProcessOracle {
    /// Starts the server. `output` gets its output, one line at a time.
    ///
    /// # Errors
    /// [`ServerError::Start`].
    pub fn start(command: Command, limits: &ServerLimits, output: Console) -> Result<Self, ServerError> {
        let (server, [hints, preimages]) = server::start(command, limits, output)?;
        Ok(Self { hints, preimages, most_preimage_bytes: limits.most_preimage_bytes, server })
    }

    fn request_preimage(&mut self, key: &B256) -> Result<Vec<u8>, ServerError> {
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

    fn send_hint(&mut self, hint: &[u8]) -> Result<(), ServerError> {
        self.hints.expect_silence()?;
        let length =
            u32::try_from(hint.len()).map_err(|_| ServerError::HintTooLong { length: hint.len() })?;
        let message = [&length.to_be_bytes()[..], hint].concat();
        self.hints.send(&message, &mut self.server)?;
        // The specification says that the acknowledgement is a zero. Servers differ, so its value is not checked.
        let mut acknowledgement = Vec::new();
        self.hints.receive(&mut acknowledgement, &mut self.server)?;
        if acknowledgement.len() > 1 { Err(ServerError::Unasked) } else { Ok(()) }
    }

    /// The error of a request. It becomes [`ServerError::NeverServed`] if the server ended before it read any request.
    fn explain(&self, error: ServerError) -> ServerError {
        match error {
            ServerError::Closed { status: Some(status) }
                if !self.hints.was_read() && !self.preimages.was_read() =>
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

/// The beginning of a hint, quoted.
fn shorten(hint: &[u8]) -> String {
    const MAX_BYTES: usize = 120;
    let start = String::from_utf8_lossy(&hint[..hint.len().min(MAX_BYTES)]);
    format!("{start:?}{}", if hint.len() > MAX_BYTES { "…" } else { "" })
}
