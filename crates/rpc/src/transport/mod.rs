//! Requests over HTTP, and what the answers mean.

pub(crate) mod http;
pub(crate) mod jsonrpc;
pub(crate) mod refusal;
pub(crate) mod tls;
