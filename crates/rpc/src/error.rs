//! Why nodes cannot be asked at all.

use std::path::PathBuf;

/// Something in the options is wrong, or nodes do not say what a claim is made of. What goes wrong while they are asked for
/// pre-images is a [`SourceError`](tribunal_host::SourceError).
#[derive(Debug, thiserror::Error)]
pub enum RpcError {
    /// An address that cannot be used. It is not repeated, because it may have secrets.
    #[error("the address of a node cannot be used: {reason}")]
    Address {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A file cannot be read.
    #[error("cannot read {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The file with certificates has none that can be used.
    #[error("{path} has no usable certificate: {reason}")]
    Certificates {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file with the secret for JWT does not have one.
    #[error("{path} must have 32 bytes in hex, and nothing else")]
    JwtSecret {
        /// The file.
        path: PathBuf,
    },
    /// A token or a password that HTTP cannot send.
    #[error("the token, user or password for {address} has characters that HTTP cannot send")]
    Credentials {
        /// The node, without secrets.
        address: String,
    },
    /// The HTTP client cannot be made.
    #[error("cannot prepare HTTP requests: {reason}")]
    Client {
        /// Why not.
        reason: String,
    },
    /// The threads that wait for answers cannot be started.
    #[error("cannot start the threads that wait for nodes")]
    Runtime(#[source] std::io::Error),
    /// No node gave a usable answer.
    #[error("{tried}")]
    Unanswered {
        /// What was asked of which node, and what became of it.
        tried: String,
    },
}
