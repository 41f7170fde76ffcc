//! What went wrong with one call to one node, and what that means for the next step.

use std::{fmt, time::Duration};

/// A call to a node that gave no usable answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CallError {
    /// The method or the path that was asked for.
    pub(crate) method: String,
    /// What to do about it.
    pub(crate) fault: Fault,
    /// What went wrong, without numbers that differ from one attempt to the next (times, ids): equal attempts are merged.
    pub(crate) reason: String,
    /// The HTTP status, if the node answered with one that is not a success.
    pub(crate) status: Option<u16>,
    /// The code of the JSON-RPC error, if the node answered with one.
    pub(crate) code: Option<i64>,
}

/// Kinds of failures, by what helps against them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The node lacks the method. `Endpoint` remembers it for a minute. Another method or another node may help, time does
    /// not.
    Unsupported,
    /// The node does not have the thing: `null`, not found, pruned, HTTP 404 of a beacon node. The next node is asked, and all of them again
    /// a few times, within about `absent_for`.
    Absent,
    /// The node refuses us, or this method: HTTP 401 or 403, or a certificate that we do not trust. Another method may
    /// help; if none does, the node is never asked again in this ask.
    Denied,
    /// The node is down, overloaded or slow: HTTP 429 and 5xx, time-outs, failed connections, truncated bodies, internal
    /// errors, pages in place of JSON. Waited out as long as `retry_for` allows.
    Busy {
        /// How long the node asks us to wait.
        after: Option<Duration>,
    },
    /// An answer that cannot be right: JSON of another form, a wrong hash, too long. Treated as [`Fault::Absent`].
    Wrong,
    /// The node does not have the thing and never will have it (expired blobs). Only other nodes can help.
    Gone,
    /// The failure is ours (the store cannot be written): no node helps, and the whole ask ends at once.
    Ours,
}

impl CallError {
    /// The failure of `method`.
    pub(crate) fn new(method: impl Into<String>, fault: Fault, reason: impl Into<String>) -> Self {
        Self { method: method.into(), fault, reason: reason.into(), status: None, code: None }
    }

    /// An answer that cannot be right.
    pub(crate) fn wrong(method: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::new(method, Fault::Wrong, reason)
    }

    /// The node does not have it.
    pub(crate) fn absent(method: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::new(method, Fault::Absent, reason)
    }

    /// The node lacks the method.
    pub(crate) fn unsupported(method: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::new(method, Fault::Unsupported, reason)
    }

    /// The node is down or slow.
    pub(crate) fn busy(method: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::new(method, Fault::Busy { after: None }, reason)
    }

    /// The store failed, or something else that no node can help with.
    pub(crate) fn ours(method: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::new(method, Fault::Ours, reason)
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.method, self.reason)
    }
}
