//! Sources of the pre-images that the store does not have.

use alloy_primitives::Bytes;
use std::fmt;
use tribunal_preimage::{Hint, HintType, PreimageKey};

/// A place that can be asked for pre-images: the nodes of a chain, or another store.
///
/// The host asks when the program waits for a pre-image that the store does not have. It verifies every pre-image that
/// comes back against its key before it stores it, so a source need not be trusted. A source may be asked by several
/// threads at once.
///
/// ```
/// use alloy_primitives::Bytes;
/// use tribunal_host::{Source, SourceError};
/// use tribunal_preimage::{Hint, HintType, PreimageKey};
///
/// /// A node that knows headers.
/// #[derive(Debug)]
/// struct Headers;
///
/// impl Source for Headers {
///     fn fetch(&self, hint: &Hint, wanted: PreimageKey) -> Result<Vec<(PreimageKey, Bytes)>, SourceError> {
///         match hint.ty {
///             HintType::L1BlockHeader => Ok(vec![(wanted, Bytes::from_static(b"a header"))]),
///             _ => Err(self.asked_for(hint.ty).failed("only headers are known")),
///         }
///     }
///
///     fn asked_for(&self, route: HintType) -> Request {
///         Request { endpoint: "http://localhost:8545".into(), method: "debug_getRawHeader".into() }
///     }
/// }
/// # use tribunal_host::Request;
/// ```
pub trait Source: fmt::Debug + Send + Sync {
    /// The pre-images that `hint` announces, in any order. The program waits for `wanted`; an answer that has others too
    /// spares later requests. An answer without `wanted` is no error: then the host tries another hint.
    ///
    /// For `l1-blob` the answer must have the commitment and all 4096 elements, for a precompile the result.
    ///
    /// # Errors
    /// [`SourceError`], when the source gives up. Repeating a request that failed is the source's task.
    fn fetch(&self, hint: &Hint, wanted: PreimageKey) -> Result<Vec<(PreimageKey, Bytes)>, SourceError>;

    /// Which request a hint of this route leads to first. It is named when the answer is wrong or does not come.
    fn asked_for(&self, route: HintType) -> Request;
}

/// A request to a source, for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Where it goes: an address without secrets.
    pub endpoint: String,
    /// What it asks for: the name of a method, or of a path.
    pub method: String,
}

impl Request {
    /// The error of this request.
    #[must_use]
    pub fn failed(self, reason: impl Into<String>) -> SourceError {
        SourceError { request: self, reason: reason.into() }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.method, self.endpoint)
    }
}

/// Why a source has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{request}: {reason}")]
pub struct SourceError {
    /// What was asked.
    pub request: Request,
    /// What went wrong.
    pub reason: String,
}
