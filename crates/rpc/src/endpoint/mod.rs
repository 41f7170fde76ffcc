//! One node.

mod auth;
mod capabilities;
mod health;
mod limits;
mod turn;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use reqwest::{
    Client, Method, RequestBuilder, Url,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue},
};
use serde::de::IgnoredAny;
use serde_json::{Value, value::RawValue};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

pub(crate) use auth::JwtSecret;

use self::{auth::Credentials, capabilities::Capabilities, health::Health, limits::Limits, turn::Probe};
use crate::{
    address::Address,
    error::RpcError,
    fault::{CallError, Fault},
    methods::ToldChain,
    metrics::{Metrics, Sample},
    options::RoleOptions,
    transport::{
        http::{self, Answer},
        jsonrpc,
        refusal::{self, Failure},
    },
};

/// Single calls that are prepared together. A node can make a list of many thousands necessary.
const SINGLE_CALLS: usize = 256;

/// One node: the interface the routes use.
#[derive(Debug)]
pub(crate) struct Endpoint {
    address: Address,
    name: Arc<str>,
    credentials: Credentials,
    client: Client,
    timeout: Duration,
    max_body: usize,
    max_concurrent: usize,
    limits: Limits,
    capabilities: Capabilities,
    health: Health,
    told_chain: ToldChain,
    metrics: Metrics,
    last_id: AtomicU64,
}

/// What the calls of a batch gave. The failures of single calls stand in their places.
type BatchResults = Vec<Result<Box<RawValue>, Failure>>;

/// Takes the result of the call with this index. Its failure ends the whole.
pub(crate) type Keep<'a> = &'a mut (dyn FnMut(usize, Box<RawValue>) -> Result<(), CallError> + Send);

/// Results that are kept until all are there. Together they may have as many bytes as one answer.
#[derive(Debug)]
struct Kept {
    results: Vec<Option<Box<RawValue>>>,
    bytes: usize,
    most: usize,
}

impl Kept {
    fn put(&mut self, index: usize, result: Box<RawValue>) -> Result<(), Failure> {
        self.bytes = self.bytes.saturating_add(result.get().len());
        if self.bytes > self.most {
            return Err(Failure::oversized(self.most));
        }
        if let Some(place) = self.results.get_mut(index) {
            *place = Some(result);
        }
        Ok(())
    }
}

impl Endpoint {
    /// The node at `address`, asked as `options` say.
    pub(crate) fn new(
        address: &Address,
        options: &RoleOptions,
        client: &Client,
        metrics: &Metrics,
    ) -> Result<Self, RpcError> {
        Ok(Self {
            address: address.clone(),
            name: address.to_string().into(),
            credentials: Credentials::new(address)?,
            client: client.clone(),
            timeout: options.timeout,
            max_body: options.max_body,
            max_concurrent: options.max_concurrent.max(1),
            limits: Limits::new(options.max_concurrent, options.per_second),
            capabilities: Capabilities::default(),
            health: Health::default(),
            told_chain: ToldChain::default(),
            metrics: metrics.clone(),
            last_id: AtomicU64::new(0),
        })
    }

    /// Asks with a JSON-RPC call; the result as raw JSON (a `null` result is `Ok` with `null`).
    pub(crate) async fn call(&self, method: &'static str, params: Value) -> Result<Box<RawValue>, CallError> {
        let id = self.next_id();
        let body = encoded(method, &jsonrpc::Call::new(id, method, &params))?;
        let read = |answer: &Answer| read_answer(answer, |body| jsonrpc::single(body, id));
        let answered = self.post(method, 1, body, read).await;
        self.judge(method, answered.as_ref().err(), || Probe::Call { method, params });
        answered.map_err(|failure| self.failed(method, failure))
    }

    /// Asks with several calls of one method, and gives the answers in order: see [`Endpoint::batch_each`].
    pub(crate) async fn batch(
        &self,
        method: &'static str,
        params: Vec<Value>,
    ) -> Result<Vec<Box<RawValue>>, CallError> {
        let results = params.iter().map(|_| None).collect();
        let mut kept = Kept { results, bytes: 0, most: self.max_body };
        let mut keep =
            |index, result| kept.put(index, result).map_err(|failure| self.call_error(method, failure));
        self.batch_each(method, &params, &mut keep).await?;
        Ok(kept.results.into_iter().flatten().collect())
    }

    /// Asks with several calls of one method at once, and hands over each answer when it is there. A node that refuses
    /// batches gets smaller ones, or single calls. Fails with the first call that fails, after what came with it was handed
    /// over.
    pub(crate) async fn batch_each(
        &self,
        method: &'static str,
        params: &[Value],
        keep: Keep<'_>,
    ) -> Result<(), CallError> {
        let mut rest = params;
        while !rest.is_empty() {
            let done = params.len() - rest.len();
            let size = self.capabilities.batch().min(rest.len());
            if size == 1 {
                let (now, later) = rest.split_at(rest.len().min(SINGLE_CALLS));
                self.one_by_one(method, now, done, keep).await?;
                rest = later;
                continue;
            }
            let (now, later) = rest.split_at(size);
            match self.post_batch(method, now).await {
                Ok(answered) => {
                    self.complete(method, now, answered, done, keep).await?;
                    rest = later;
                }
                // The node works and lets us in, but not like this.
                Err(failure)
                    if failure.too_large || matches!(failure.fault, Fault::Absent | Fault::Wrong) =>
                {
                    let reason = self.said(&failure.reason);
                    tracing::debug!(node = %self.name, method, calls = size, reason, "batch refused");
                    self.capabilities.refuse_batch(size);
                }
                Err(failure) => {
                    let params = now.first().cloned().unwrap_or_default();
                    self.judge(method, Some(&failure), || Probe::Call { method, params });
                    return Err(self.failed(method, failure));
                }
            }
        }
        Ok(())
    }

    /// Reads a path below the base address (beacon API, `eth/v1/…?query`): the body of a 2xx answer, which is JSON.
    pub(crate) async fn get(&self, path: &str) -> Result<Bytes, CallError> {
        let request = || {
            let accept = HeaderValue::from_static("application/json");
            self.request(Method::GET, self.address.join(path)).header(ACCEPT, accept)
        };
        let read = |answer: &Answer| {
            if !is_success(answer.status) {
                return Err(refused(answer));
            }
            serde_json::from_slice::<IgnoredAny>(&answer.body).map_err(|error| jsonrpc::broken(&error))?;
            // Some gateways send errors with any status.
            match jsonrpc::error_object(&answer.body) {
                Some(error) => Err(Failure::error(&error)),
                None => Ok(answer.body.clone()),
            }
        };
        let answered = self.exchange(path, 1, request, read).await;
        self.judge(path, answered.as_ref().err(), || Probe::Get(path.into()));
        answered.map_err(|failure| self.call_error(path, failure))
    }

    /// Notes an attempt that lasted too long, whatever it asked for.
    pub(crate) fn overdue(&self, is_beacon: bool) {
        // Not when the attempt began: the node may have answered since.
        self.health.note(Some(Fault::Busy { after: None }), Instant::now());
        let probe = || match is_beacon {
            true => Probe::Get("eth/v1/beacon/genesis".into()),
            false => Probe::Call { method: "eth_chainId", params: Value::Array(Vec::new()) },
        };
        self.health.turn().lose(probe, self.timeout);
    }

    /// Makes the request again at which the node failed, to see whether it is fit.
    pub(crate) async fn probe(&self, probe: Probe) {
        let asked = match probe {
            Probe::Call { method, params } => self.call(method, params).await.map(drop),
            Probe::Get(path) => self.get(&path).await.map(drop),
        };
        let is_fit = !matches!(asked, Err(CallError { fault: Fault::Busy { .. }, .. }));
        tracing::debug!(node = %self.name, is_fit, "a node that had failed was asked again");
        self.health.turn().probed(is_fit);
    }

    /// Decides who gets the next turn: a node that failed at a request loses its own.
    fn judge(&self, name: &str, failure: Option<&Failure>, probe: impl FnOnce() -> Probe) {
        let mut turn = self.health.turn();
        match failure.map(|failure| failure.fault) {
            Some(Fault::Busy { .. }) => turn.lose(probe, self.timeout),
            _ => turn.served(name),
        }
    }

    /// Whether the node said within the last minute that it lacks this method.
    pub(crate) fn lacks(&self, method: &'static str) -> bool {
        self.capabilities.lacks(method)
    }

    /// Bytes that an answer may have.
    pub(crate) fn max_body(&self) -> usize {
        self.max_body
    }

    /// The address without secrets.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A text that may repeat what the node said, without our secrets: some nodes repeat what was sent to them.
    pub(crate) fn redact(&self, text: &str) -> String {
        self.credentials.redact(&self.address.redact(text))
    }

    /// The start of what the node said, without our secrets.
    fn said(&self, reason: &str) -> String {
        refusal::shortened(&self.redact(reason))
    }

    /// What the node said of its chain.
    pub(crate) fn told_chain(&self) -> &ToldChain {
        &self.told_chain
    }

    pub(crate) fn health(&self) -> &Health {
        &self.health
    }

    /// Sends a batch. Its whole may be refused, or a part of it.
    async fn post_batch(&self, method: &'static str, params: &[Value]) -> Result<BatchResults, Failure> {
        let ids: Vec<u64> = params.iter().map(|_| self.next_id()).collect();
        let calls: Vec<_> =
            ids.iter().zip(params).map(|(&id, params)| jsonrpc::Call::new(id, method, params)).collect();
        let body = serde_json::to_vec(&calls).map_err(|error| Failure::wrong(error.to_string()))?;
        let read = |answer: &Answer| read_answer(answer, |body| jsonrpc::batch(body, &ids));
        self.post(method, calls.len().try_into().unwrap_or(u32::MAX), body, read).await
    }

    /// Keeps the results of a batch that begins with call `first`. What the node was too busy for is asked again, once, until
    /// that fails.
    async fn complete(
        &self,
        method: &'static str,
        params: &[Value],
        results: BatchResults,
        first: usize,
        keep: Keep<'_>,
    ) -> Result<(), CallError> {
        let mut failed = None;
        for (index, (params, result)) in params.iter().zip(results).enumerate() {
            let result = match result {
                Ok(result) => Ok(result),
                Err(_) if failed.is_some() => continue,
                Err(failure) if failure.too_large || matches!(failure.fault, Fault::Busy { .. }) => {
                    self.call(method, params.clone()).await
                }
                Err(failure) => Err(self.failed(method, failure)),
            };
            match result {
                Ok(result) => keep(first + index, result)?,
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Single calls, of which the first is call `first`, as many at once as the limits allow. After a failure no more are
    /// made, but those under way are waited for.
    async fn one_by_one(
        &self,
        method: &'static str,
        params: &[Value],
        first: usize,
        keep: Keep<'_>,
    ) -> Result<(), CallError> {
        let stop = &AtomicBool::new(false);
        let calls = params.iter().enumerate().map(|(index, params)| async move {
            match stop.load(Ordering::Relaxed) {
                true => None,
                false => Some((first + index, self.call(method, params.clone()).await)),
            }
        });
        let calls: Vec<_> = calls.collect();
        let mut results = stream::iter(calls).buffer_unordered(self.max_concurrent);
        let mut failed = None;
        while let Some(answered) = results.next().await {
            match answered {
                Some((index, Ok(result))) => keep(index, result)?,
                Some((_, Err(error))) => {
                    stop.store(true, Ordering::Relaxed);
                    failed.get_or_insert(error);
                }
                None => {}
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn post<T>(
        &self,
        method: &str,
        calls: u32,
        body: Vec<u8>,
        read: impl FnOnce(&Answer) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let request = || {
            let json = HeaderValue::from_static("application/json");
            self.request(Method::POST, self.address.url().clone()).header(CONTENT_TYPE, json).body(body)
        };
        self.exchange(method, calls, request, read).await
    }

    /// Waits for its turn, makes the request then (a signed time is accepted for a minute only), sends it, and notes how
    /// it went.
    async fn exchange<T>(
        &self,
        method: &str,
        calls: u32,
        request: impl FnOnce() -> RequestBuilder,
        read: impl FnOnce(&Answer) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let queued = Instant::now();
        let _turn = self.limits.turn(calls).await;
        let asked = Instant::now();
        let answer = http::send(request(), self.max_body, self.timeout, self.limits.large()).await;
        let took = asked.elapsed();
        let bytes = answer.as_ref().map_or(0, |answer| answer.body.len());
        let result = answer.and_then(|answer| read(&answer));
        let fault = result.as_ref().err().map(|failure| failure.fault);
        self.health.note(fault, asked);
        self.metrics.add(&self.name, method, outcome(fault), Sample { bytes, took, waited: asked - queued });
        result
    }

    fn request(&self, method: Method, url: Url) -> RequestBuilder {
        let request = self.client.request(method, url);
        match self.credentials.header() {
            Some(value) => request.header(AUTHORIZATION, value),
            None => request,
        }
    }

    fn next_id(&self) -> u64 {
        self.last_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The error of a call, after the node's capabilities are noted.
    fn failed(&self, method: &'static str, failure: Failure) -> CallError {
        if failure.fault == Fault::Unsupported {
            self.capabilities.lack(method);
        }
        self.call_error(method, failure)
    }

    fn call_error(&self, method: &str, failure: Failure) -> CallError {
        CallError {
            method: method.into(),
            fault: failure.fault,
            reason: self.said(&failure.reason),
            status: failure.status,
            code: failure.code,
        }
    }
}

fn encoded(method: &'static str, call: &jsonrpc::Call<'_>) -> Result<Vec<u8>, CallError> {
    serde_json::to_vec(call).map_err(|error| CallError::ours(method, error.to_string()))
}

/// Reads the body whatever the status is: gateways send errors and even results with any status.
fn read_answer<T>(answer: &Answer, read: impl FnOnce(&[u8]) -> Result<T, Failure>) -> Result<T, Failure> {
    if is_success(answer.status) {
        return read(&answer.body);
    }
    match read(&answer.body) {
        Ok(result) if !matches!(refused(answer).fault, Fault::Busy { .. } | Fault::Denied) => Ok(result),
        _ => {
            let object = jsonrpc::error_object(&answer.body);
            Err(Failure::call_status(answer.status, object.as_ref(), answer.after))
        }
    }
}

fn refused(answer: &Answer) -> Failure {
    Failure::status(answer.status, jsonrpc::error_object(&answer.body).as_ref(), answer.after)
}

fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

/// How metrics call the end of a request.
fn outcome(fault: Option<Fault>) -> &'static str {
    match fault {
        None => "ok",
        Some(Fault::Unsupported) => "unsupported",
        Some(Fault::Absent | Fault::Gone) => "absent",
        Some(Fault::Denied) => "denied",
        Some(Fault::Busy { .. }) => "busy",
        Some(Fault::Wrong | Fault::Ours) => "wrong",
    }
}
