//! The one error type of the crate.

use alloc::string::String;

/// Why an input of this crate was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RollupError {
    /// A configuration file is not JSON.
    #[error("configuration is not JSON: {0}")]
    Json(String),
    /// A field of a configuration file is missing, of the wrong type or out of range.
    #[error("configuration field `{field}`: {reason}")]
    Field {
        /// Path of the field, its parts joined by dots.
        field: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A configuration that can be read describes a chain whose derivation has no meaning.
    #[error("invalid rollup configuration: {0}")]
    Config(&'static str),
    /// The chain uses a protocol feature that this implementation does not have.
    #[error("unsupported protocol feature: {0}")]
    Unsupported(&'static str),
    /// A raw receipt is not a receipt.
    #[error("malformed receipt {index}: {reason}")]
    Receipt {
        /// Position of the receipt in the block.
        index: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
}
