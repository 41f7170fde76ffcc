//! The pre-image oracle, which answers the guest's requests for data.

mod process;
mod recorded;
mod tracking;

pub use process::{ProcessOracle, ServerError, ServerLimits};
pub use recorded::Recording;
pub(crate) use tracking::TrackingOracle;

use alloy_primitives::B256;

/// A request that the oracle failed to answer.
#[derive(Debug, thiserror::Error)]
#[error("the pre-image oracle failed on {request}: {source}")]
pub struct OracleError {
    /// The request: the key of a pre-image, in hexadecimal, or a hint.
    pub request: String,
    /// Why it failed.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl OracleError {
    /// The failure of `request`, caused by `source`.
    pub fn new(
        request: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { request: request.into(), source: source.into() }
    }
}

/// Answers the guest's requests. See the
/// [specification](https://specs.optimism.io/fault-proof/index.html#pre-image-oracle).
pub trait Oracle: Send {
    /// The pre-image of a key. The guest chooses the key, which can be any 32 bytes.
    ///
    /// # Errors
    /// [`OracleError`] if there is no such pre-image, or the oracle cannot get it.
    fn preimage(&mut self, key: &B256) -> Result<Vec<u8>, OracleError>;

    /// Receives a hint from the guest. A hint announces which pre-images the guest will request. It can be any bytes.
    ///
    /// # Errors
    /// [`OracleError`] if the oracle cannot take hints any more. A hint that it does not understand is not an error.
    fn hint(&mut self, hint: &[u8]) -> Result<(), OracleError>;
}

/// An oracle without pre-images, for programs that make no requests. It ignores hints.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoOracle;

impl Oracle for NoOracle {
    fn preimage(&mut self, key: &B256) -> Result<Vec<u8>, OracleError> {
        Err(OracleError::new(key.to_string(), "the machine was started without a pre-image server"))
    }

    fn hint(&mut self, _hint: &[u8]) -> Result<(), OracleError> {
        Ok(())
    }
}
