//! A proxy in front of a node that misbehaves, now and then or always.

// Each test file uses a part of this.
#![allow(dead_code)]

use crate::{
    common::node::{Node, Reply, Request, Script},
    runs::Random,
};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    io::Write,
    net::SocketAddr,
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// What is wrong with a node, or with the way to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Connections are dropped without an answer.
    Dropped,
    /// HTTP 429.
    TooMany,
    /// HTTP 429, with the seconds to wait.
    TooManyAfter,
    /// HTTP 502, with the page of a gateway.
    Down,
    /// HTTP 503, with the seconds to wait.
    DownAfter,
    /// JSON that ends in the middle.
    CutJson,
    /// Half of the bytes that were promised.
    CutBody,
    /// Blobs with a digit changed.
    WrongBlob,
    /// Receipts with a digit changed.
    WrongReceipt,
    /// The block that was asked for before, or one with digits changed.
    WrongBlock,
    /// All that is asked for is still to come, as on a node that is behind.
    Stale,
    /// No answer.
    Stall,
    /// The answer comes after ten seconds.
    Late,
    /// A promise of more bytes than an answer may have.
    Oversized,
    /// Bytes without end.
    Endless,
    /// The answer comes a few bytes at a time, which takes too long.
    Drip,
    /// Spaces without end, one at a time.
    Trickle,
    /// A few bytes that would fill the memory if they were decompressed.
    Bomb,
}

/// All of them that take no longer than a short time-out.
pub(crate) const FAULTS: [Fault; 17] = [
    Fault::Dropped,
    Fault::TooMany,
    Fault::TooManyAfter,
    Fault::Down,
    Fault::DownAfter,
    Fault::CutJson,
    Fault::CutBody,
    Fault::WrongBlob,
    Fault::WrongReceipt,
    Fault::WrongBlock,
    Fault::Stale,
    Fault::Stall,
    Fault::Oversized,
    Fault::Endless,
    Fault::Drip,
    Fault::Trickle,
    Fault::Bomb,
];

/// When a node misbehaves.
#[derive(Debug, Clone, Copy)]
pub(crate) enum When {
    Never,
    Always,
    /// By chance, at the same requests in every run that makes the same requests in the same order.
    Often {
        seed: u64,
    },
}

/// 2 GiB of zeros, compressed.
static BOMB: LazyLock<Bytes> = LazyLock::new(|| {
    let mut member = GzEncoder::new(Vec::new(), Compression::fast());
    for _ in 0..16 {
        member.write_all(&[b'0'; 1 << 20]).unwrap();
    }
    // Compressed files one after another are one.
    member.finish().unwrap().repeat(128).into()
});

/// A proxy. It ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Proxy {
    node: Node,
    path: String,
    spoiled: Arc<AtomicUsize>,
}

impl Proxy {
    /// Stands in front of the node at this URL.
    pub(crate) fn before(url: &str, fault: Fault, when: When) -> Self {
        let (address, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let spoiled = Arc::default();
        let script = script(address.parse().unwrap(), fault, when, Arc::clone(&spoiled));
        Self { node: Node::start(script), path: path.into(), spoiled }
    }

    /// Only passes requests on, and counts them.
    pub(crate) fn counting(url: &str) -> Self {
        Self::before(url, Fault::Dropped, When::Never)
    }

    pub(crate) fn url(&self) -> String {
        format!("{}/{}", self.node.url(), self.path)
    }

    /// The address without a path, which errors may hide in part.
    pub(crate) fn origin(&self) -> String {
        self.node.url()
    }

    /// How many requests came.
    pub(crate) fn count(&self) -> usize {
        self.node.count()
    }

    /// Of these, how many the fault met.
    pub(crate) fn spoiled(&self) -> usize {
        self.spoiled.load(Ordering::Relaxed)
    }
}

impl When {
    fn now(self, fault: Fault, number: usize) -> bool {
        match self {
            Self::Never => false,
            Self::Always => true,
            Self::Often { seed } => Random(seed ^ ((number as u64) << 20)).below(100) < fault.percent(),
        }
    }
}

impl Fault {
    /// Of 100 requests that the fault can spoil, how many it spoils.
    fn percent(self) -> usize {
        match self {
            // There are few such requests.
            Self::WrongBlob | Self::WrongReceipt | Self::WrongBlock => 40,
            // Each takes a while.
            Self::Stall | Self::Late | Self::Endless | Self::Drip | Self::Trickle => 4,
            _ => 12,
        }
    }

    /// Whether the fault can spoil the answer to this request.
    fn concerns(self, request: &Request) -> bool {
        let method = method(request);
        match self {
            Self::WrongBlob => request.path.contains("/blob"),
            Self::WrongReceipt => method.contains("Receipt"),
            Self::WrongBlock => {
                method.starts_with("eth_getBlockBy")
                    || ["debug_getRawHeader", "debug_getRawBlock"].contains(&method)
            }
            _ => true,
        }
    }
}

/// The results that were given last, by method.
type Given = Arc<Mutex<HashMap<String, Value>>>;

fn script(node: SocketAddr, fault: Fault, when: When, spoiled: Arc<AtomicUsize>) -> impl Script {
    let given = Given::default();
    move |request: &Request, number: usize| {
        let as_it_is = |status, body| Reply::Answer(status, None, body);
        if !fault.concerns(request) || !when.now(fault, number) {
            return Reply::pass(node, as_it_is);
        }
        spoiled.fetch_add(1, Ordering::Relaxed);
        let seconds = Some(("retry-after", "1".to_owned()));
        match fault {
            Fault::Dropped => Reply::Drop,
            Fault::TooMany => Reply::status(429),
            Fault::TooManyAfter => Reply::Answer(429, seconds, String::new()),
            Fault::Down => Reply::Answer(502, None, "<html><body>Bad Gateway</body></html>".into()),
            Fault::DownAfter => Reply::Answer(503, seconds, String::new()),
            Fault::CutJson => {
                Reply::pass(node, move |status, body| as_it_is(status, body[..body.len() / 2].into()))
            }
            Fault::CutBody => {
                Reply::pass(node, |_, body| Reply::Short(body.len(), body[..body.len() / 2].into()))
            }
            Fault::WrongBlob | Fault::WrongReceipt => {
                Reply::pass(node, |status, body| changed(status, &body, &mut spoil))
            }
            Fault::WrongBlock => {
                let (given, method) = (Arc::clone(&given), method(request).to_owned());
                Reply::pass(node, move |status, body| {
                    changed(status, &body, &mut |result| another(&given, &method, result))
                })
            }
            Fault::Stale => stale(request),
            Fault::Stall => Reply::Stall,
            Fault::Late => Reply::Late(Duration::from_secs(10), Box::new(Reply::pass(node, as_it_is))),
            Fault::Oversized => Reply::Short(1 << 30, "{".into()),
            Fault::Endless => Reply::Endless,
            Fault::Drip => Reply::pass(node, |_, body| Reply::Drip(body)),
            Fault::Trickle => Reply::Trickle,
            Fault::Bomb => Reply::Gzip(BOMB.clone()),
        }
    }
}

/// The method of a call, or of the first of a batch.
fn method(request: &Request) -> &str {
    let call = request.body.get(0).unwrap_or(&request.body);
    call["method"].as_str().unwrap_or_default()
}

/// An answer whose results, or whose data, were changed.
fn changed(status: u16, body: &str, change: &mut dyn FnMut(&mut Value)) -> Reply {
    let mut answer: Value = serde_json::from_str(body).unwrap();
    let answers = match &mut answer {
        Value::Array(answers) => answers.as_mut_slice(),
        answer => std::slice::from_mut(answer),
    };
    for answer in answers {
        for name in ["result", "data"] {
            if let Some(content) = answer.get_mut(name) {
                change(content);
            }
        }
    }
    Reply::Answer(status, None, answer.to_string())
}

/// Changes the last digit of each text.
fn spoil(value: &mut Value) {
    match value {
        Value::String(text) if text.len() > 2 => {
            let last = if text.ends_with('0') { "1" } else { "0" };
            text.replace_range(text.len() - 1.., last);
        }
        Value::Array(items) => items.iter_mut().for_each(spoil),
        Value::Object(fields) => fields.values_mut().for_each(spoil),
        _ => {}
    }
}

/// Puts the last result of the same method in the place of this one, or else spoils it.
fn another(given: &Given, method: &str, result: &mut Value) {
    let before = given.lock().unwrap().insert(method.to_owned(), result.clone());
    match before {
        Some(before) if before != *result => *result = before,
        _ => spoil(result),
    }
}

/// What a node answers that is behind.
fn stale(request: &Request) -> Reply {
    if request.body.is_null() {
        let message = json!({"code": 404, "message": "NOT_FOUND: beacon block"});
        return Reply::Answer(404, None, message.to_string());
    }
    request.each(|method, _| match method {
        "eth_getBlockByHash"
        | "eth_getBlockByNumber"
        | "eth_getBlockReceipts"
        | "eth_getTransactionReceipt" => Ok(Value::Null),
        _ => Err(json!({"code": -32000, "message": "header not found"})),
    })
}
