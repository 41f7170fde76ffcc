//! The machine's side of the pre-image oracle.

mod process;
mod recorded;
mod tracking;

pub use process::{ProcessOracle, ServerError, ServerLimits};
pub use recorded::Recording;
pub(crate) use tracking::TrackingOracle;

use alloy_primitives::B256;

/// Why the oracle did not answer.
#[derive(Debug, thiserror::Error)]
#[error("the pre-image oracle failed on {request}: {source}")]
pub struct OracleError {
    /// What was asked: a key in hexadecimal, or a hint.
    pub request: String,
    /// What went wrong.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl OracleError {
    /// The failure to answer a request.
    pub fn new(
        request: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { request: request.into(), source: source.into() }
    }
}

/// Who answers the guest's requests.
pub trait Oracle: Send {
    /// The pre-image of a key, which is 32 bytes of the guest's choice.
    ///
    /// # Errors
    /// [`OracleError`] if there is none or it cannot be had.
    fn preimage(&mut self, key: &B256) -> Result<Vec<u8>, OracleError>;

    /// Takes a hint, whatever bytes the guest made it of.
    ///
    /// # Errors
    /// [`OracleError`] if nobody listens any more. A hint that is not understood is not an error.
    fn hint(&mut self, hint: &[u8]) -> Result<(), OracleError>;
}

/// An oracle that has nothing: for programs that ask nothing. Hints are taken and forgotten.
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
