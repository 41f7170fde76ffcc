//! What it means when a node refuses a request: the table of errors.

use std::time::Duration;

use crate::fault::Fault;

/// The code of an error inside the node, whatever was asked.
pub(crate) const INTERNAL_ERROR: i64 = -32603;

/// Characters of a node's message that are kept.
const SHOWN: usize = 200;

/// A request that gave no usable answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    pub(crate) fault: Fault,
    pub(crate) reason: String,
    /// The HTTP status, unless it is a success.
    pub(crate) status: Option<u16>,
    /// The code of the JSON-RPC error.
    pub(crate) code: Option<i64>,
    /// Whether less in one request may help.
    pub(crate) too_large: bool,
}

/// An `error` object of JSON-RPC, or the like of the beacon API.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ErrorObject {
    pub(crate) code: Option<i64>,
    pub(crate) message: String,
    /// How long the node asks to wait, if it says so in the object.
    pub(crate) after: Option<Duration>,
}

/// What a message of a node says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Busy,
    TooLarge,
    Unsupported,
    Absent,
    Denied,
    /// Nothing that we know.
    Unknown,
}

impl Failure {
    pub(crate) fn new(fault: Fault, reason: impl Into<String>) -> Self {
        Self { fault, reason: reason.into(), status: None, code: None, too_large: false }
    }

    pub(crate) fn busy(reason: impl Into<String>) -> Self {
        Self::new(Fault::Busy { after: None }, reason)
    }

    pub(crate) fn wrong(reason: impl Into<String>) -> Self {
        Self::new(Fault::Wrong, reason)
    }

    /// An answer that is longer than we read.
    pub(crate) fn oversized(limit: usize) -> Self {
        let reason = format!("the answer has more than the {limit} bytes that are allowed");
        Self { too_large: true, ..Self::wrong(reason) }
    }

    /// A status that is not a success, with the error in the body, if it has one. `after` is what the header says.
    pub(crate) fn status(status: u16, object: Option<&ErrorObject>, after: Option<Duration>) -> Self {
        let said = object.map_or(Meaning::Unknown, meaning);
        let after = after.or_else(|| object.and_then(|object| object.after));
        let fault = match (status, said) {
            (429, _) => Fault::Busy { after },
            (_, Meaning::Unsupported) | (405 | 501, _) => Fault::Unsupported,
            (401 | 402 | 403 | 407, _) => Fault::Denied,
            (408 | 425, _) => Fault::Busy { after },
            (503, _) | (500.., Meaning::Busy | Meaning::Unknown) => Fault::Busy { after },
            (_, Meaning::Busy) => Fault::Busy { after },
            (_, Meaning::Denied) => Fault::Denied,
            (404 | 410, _) | (_, Meaning::Absent) => Fault::Absent,
            _ => Fault::Wrong,
        };
        let mut reason = format!("HTTP {status}");
        if let Some(object) = object {
            reason = format!("{reason}: {}", object.message.trim());
        } else if (300..400).contains(&status) {
            reason.push_str(": the node sends us elsewhere; give the address of the node itself");
        }
        Self {
            fault,
            reason,
            status: Some(status),
            code: object.and_then(|object| object.code),
            too_large: status == 413 || said == Meaning::TooLarge,
        }
    }

    /// As [`Failure::status`], for a JSON-RPC call. Data that is missing is not told with a status there: a refusal that
    /// says no more than its status comes from what stands before the node, and while the node is away.
    pub(crate) fn call_status(status: u16, object: Option<&ErrorObject>, after: Option<Duration>) -> Self {
        let failure = Self::status(status, object, after);
        let unexplained = match object {
            Some(object) => status == 404 && meaning(object) == Meaning::Unknown,
            None => (400..500).contains(&status) && status != 413,
        };
        if unexplained && failure.fault != Fault::Denied {
            // Some gateways say no more than 400 to a batch.
            return Self { fault: Fault::Busy { after }, too_large: status == 400, ..failure };
        }
        failure
    }

    /// An error in an answer whose status is a success.
    pub(crate) fn error(object: &ErrorObject) -> Self {
        let said = meaning(object);
        let fault = match said {
            Meaning::Busy => Fault::Busy { after: object.after },
            Meaning::TooLarge => Fault::Wrong,
            Meaning::Unsupported => Fault::Unsupported,
            Meaning::Denied => Fault::Denied,
            // Nodes have many words for data that they do not have, and new ones each year.
            Meaning::Absent | Meaning::Unknown => Fault::Absent,
        };
        let code = object.code.map(|code| format!("error {code}: ")).unwrap_or_default();
        Self {
            fault,
            reason: format!("{code}{}", object.message.trim()),
            status: None,
            code: object.code,
            too_large: said == Meaning::TooLarge,
        }
    }
}

/// What an error means: first what the code says by itself, then what the words say. Codes from −32000 to −32099 mean
/// something else in each node.
fn meaning(object: &ErrorObject) -> Meaning {
    let text = object.message.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let batch = says(&["batch"]);
    match object.code {
        Some(-32601) => return Meaning::Unsupported,
        Some(429 | -32605) => return Meaning::Busy,
        Some(4444) => return Meaning::Absent,
        Some(-32003 | -32007 | -32008 | -32010 | -32011) if says(&["too large", "too big", "exceed"]) => {
            return Meaning::TooLarge;
        }
        Some(-32005 | -32600) if batch => return Meaning::TooLarge,
        Some(-32005) => return Meaning::Busy,
        _ => {}
    }
    if says(&RATE_LIMITS) || (object.code == Some(-32012) && says(&["credits"])) {
        return Meaning::Busy;
    }
    if batch && says(&BATCH_REFUSED) {
        return Meaning::TooLarge;
    }
    if says(&["response too large", "response size", "response is too big"]) {
        return Meaning::TooLarge;
    }
    if says(&DATA_MISSING) {
        return Meaning::Absent;
    }
    if says(&["unimplemented", "not implemented"]) || (says(&["method"]) && says(&METHOD_MISSING)) {
        return Meaning::Unsupported;
    }
    if says(&["unauthorized", "unauthenticated", "api key", "forbidden", "authorization"]) {
        return Meaning::Denied;
    }
    if matches!(object.code, Some(-32002 | -32009 | -32015)) || says(&BUSY) {
        return Meaning::Busy;
    }
    if object.code == Some(-32001) || says(&["not found", "not available", "unavailable", "unknown block"]) {
        return Meaning::Absent;
    }
    if object.code == Some(INTERNAL_ERROR) || says(&["internal error", "internal server error"]) {
        return Meaning::Busy;
    }
    Meaning::Unknown
}

/// Words of providers that count requests.
const RATE_LIMITS: [&str; 8] = [
    "rate limit",
    "rate exceeded",
    "too many requests",
    "credits limited",
    "request limit",
    "daily request count exceeded",
    "capacity exceeded",
    "throughput",
];

/// What is said of batches that a node does not take.
const BATCH_REFUSED: [&str; 8] =
    ["too large", "too many", "limit", "not supported", "unsupported", "exceed", "disabled", "not allowed"];

/// Words of nodes that have the method, but not the data. Some of them say "is not available" too.
const DATA_MISSING: [&str; 8] = [
    "missing trie node",
    "historical",
    "pruned",
    "not currently canonical",
    "maximum proof window",
    "data columns",
    "block not found",
    "header not found",
];

/// What is said of a method that a node lacks.
const METHOD_MISSING: [&str; 10] = [
    "not found",
    "not available",
    "not exist",
    "not supported",
    "unsupported",
    "not whitelisted",
    "not allowed",
    "unknown",
    "disabled",
    "invalid method",
];

/// Words of nodes that may answer later.
const BUSY: [&str; 18] = [
    "timed out",
    "deadline exceeded",
    "service unavailable",
    "offline",
    "backend",
    "connection refused",
    "eof",
    "invalid response",
    "not healthy",
    "over capacity",
    "timeout",
    "in progress",
    "busy",
    "overload",
    "try again",
    "temporarily",
    "syncing",
    "too many",
];

/// The start of what a node said, which must be without secrets before it is cut.
pub(crate) fn shortened(message: &str) -> String {
    let message = message.trim();
    match message.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(code: i64, message: &str) -> ErrorObject {
        ErrorObject { code: Some(code), message: message.into(), after: None }
    }

    const BUSY_NOW: Fault = Fault::Busy { after: None };

    #[test]
    fn errors_of_nodes_are_understood() {
        for (code, message, fault) in [
            (-32601, "the method debug_dbGet does not exist/is not available", Fault::Unsupported),
            (-32601, "Method not found", Fault::Unsupported),
            (-32603, "unimplemented", Fault::Unsupported),
            (-32600, "unsupported method", Fault::Unsupported),
            (-32001, "rpc method is not whitelisted", Fault::Unsupported),
            (-32000, "header for hash not found", Fault::Absent),
            (-32000, "unknown block", Fault::Absent),
            (-32001, "block not found: hash 0x00", Fault::Absent),
            (-32001, "Resource not found", Fault::Absent),
            (4444, "pruned history unavailable", Fault::Absent),
            (-32000, "hash is not currently canonical", Fault::Absent),
            (-32000, "missing trie node 00 (path ) state 0x00 is not available", Fault::Absent),
            (-32000, "historical state not available in path scheme yet", Fault::Absent),
            (-32602, "distance to target block exceeds maximum proof window", Fault::Absent),
            (-32801, "no historical RPC is available for this historical execution", Fault::Absent),
            (-32000, "leveldb: not found", Fault::Absent),
            (-32602, "Key must be 33 bytes, got 32", Fault::Absent),
            (429, "Your app has exceeded its compute units per second capacity", BUSY_NOW),
            (-32005, "daily request count exceeded, request rate limited", BUSY_NOW),
            (-32007, "50/second request limit reached", BUSY_NOW),
            (-32012, "credits exhausted", BUSY_NOW),
            (-32016, "over rate limit", BUSY_NOW),
            (-32002, "request timed out", BUSY_NOW),
            (-32000, "transaction indexing is in progress", BUSY_NOW),
            (-32015, "node timeout", BUSY_NOW),
            (-32010, "backend offline", BUSY_NOW),
            (-32011, "no backends available for method", BUSY_NOW),
            (-32012, "backend is over capacity", BUSY_NOW),
            (-32018, "backend is currently not healthy to serve traffic", BUSY_NOW),
            (-32000, "context deadline exceeded", BUSY_NOW),
            (-32603, "Internal error", BUSY_NOW),
            (-32603, "an error of a new kind", BUSY_NOW),
            (-32603, "internal error: header not found", Fault::Absent),
            (-32000, "internal error", BUSY_NOW),
            (-32000, "dial tcp 10.0.0.1:8545: connect: connection refused", BUSY_NOW),
            (-32000, "Post \"http://10.0.0.1:8545\": EOF", BUSY_NOW),
            (-32000, "backend returned an invalid response", BUSY_NOW),
            (-32003, "response too large", Fault::Wrong),
            (-32000, "invalid api key", Fault::Denied),
        ] {
            assert_eq!(Failure::error(&object(code, message)).fault, fault, "{code} {message}");
        }
        for (code, message) in [
            (-32003, "response too large"),
            (-32600, "batch too large"),
            (-32005, "Batched requests are not supported by this server"),
            (-32010, "The batch request was too large"),
            (-32014, "too many RPC calls in batch request"),
        ] {
            assert!(Failure::error(&object(code, message)).too_large, "{message}");
        }
    }

    #[test]
    fn a_status_counts_unless_the_body_says_more() {
        let missing = object(-32601, "Method not found");
        let not_found = object(-32000, "header not found");
        let internal = object(-32603, "Internal error");
        let columns =
            object(500, "Insufficient data columns to reconstruct blobs: required 64, but only 4 were found");
        let after = Some(Duration::from_secs(2));
        for (status, object, fault) in [
            (429, None, Fault::Busy { after }),
            (429, Some(&missing), Fault::Busy { after }),
            (502, None, Fault::Busy { after }),
            (500, Some(&internal), Fault::Busy { after }),
            (500, Some(&not_found), Fault::Absent),
            (500, Some(&columns), Fault::Absent),
            (403, Some(&missing), Fault::Unsupported),
            (403, None, Fault::Denied),
            (401, Some(&internal), Fault::Denied),
            (404, None, Fault::Absent),
            (405, None, Fault::Unsupported),
            (400, None, Fault::Wrong),
            (301, None, Fault::Wrong),
        ] {
            assert_eq!(Failure::status(status, object, after).fault, fault, "{status} {object:?}");
        }
        assert!(Failure::status(413, None, None).too_large);
    }

    #[test]
    fn a_refused_call_is_waited_out_unless_the_body_says_more() {
        let (missing, not_found) = (object(-32601, "Method not found"), object(-32000, "header not found"));
        let page = ErrorObject { code: None, message: "no such page".into(), after: None };
        for (status, object, fault) in [
            (404, None, BUSY_NOW),
            (404, Some(&page), BUSY_NOW),
            (404, Some(&missing), Fault::Unsupported),
            (404, Some(&not_found), Fault::Absent),
            (400, None, BUSY_NOW),
            (400, Some(&page), Fault::Wrong),
            (405, None, BUSY_NOW),
            (401, None, Fault::Denied),
            (402, None, Fault::Denied),
            (403, None, Fault::Denied),
            (413, None, Fault::Wrong),
            (302, None, Fault::Wrong),
        ] {
            assert_eq!(Failure::call_status(status, object, None).fault, fault, "{status} {object:?}");
        }
        assert!(Failure::call_status(400, None, None).too_large);
        assert!(Failure::call_status(413, None, None).too_large);
    }

    #[test]
    fn long_messages_are_cut() {
        let short = shortened(&"é".repeat(1 << 20));
        assert!(short.len() < 3 * SHOWN, "{}", short.len());
    }
}
