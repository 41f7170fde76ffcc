//! A node on a loopback port that answers as a script says.

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    HeaderMap, Request as HttpRequest, Response,
    body::{Frame, Incoming},
    client, server,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::{
    convert::Infallible,
    fmt, io,
    net::{SocketAddr, TcpListener as StdListener},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};
use tokio_rustls::TlsAcceptor;

/// What the node was asked.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Of HTTP.
    pub(crate) verb: String,
    /// With the query.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    /// `null` if it is not JSON.
    pub(crate) body: Value,
}

/// What the node does.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// Answers with this status, header and body.
    Answer(u16, Option<(&'static str, String)>, String),
    /// Promises this many bytes, sends these and drops the connection.
    Short(usize, String),
    /// Sends zeros for ever.
    Endless,
    /// Sends a byte now and then, for ever.
    Trickle,
    /// Sends this, a few bytes at a time.
    Drip(String),
    /// Says that the body is compressed with gzip, and sends this.
    Gzip(Bytes),
    /// Never answers.
    Stall,
    /// Answers later.
    Late(Duration, Box<Reply>),
    /// Drops the connection.
    Drop,
    /// Asks another node the same, and does what follows from its answer.
    Pass(Passed),
}

/// The node behind a proxy, and what becomes of its answers: of a status and a body.
#[derive(Clone)]
pub(crate) struct Passed {
    to: SocketAddr,
    then: Arc<dyn Fn(u16, String) -> Reply + Send + Sync>,
}

/// Says what to do with the request of this number, counted from 0.
pub(crate) trait Script: Fn(&Request, usize) -> Reply + Send + Sync + 'static {}
impl<F: Fn(&Request, usize) -> Reply + Send + Sync + 'static> Script for F {}

/// A node. It ends when it is dropped, and all its connections with it.
#[derive(Debug)]
pub(crate) struct Node {
    address: SocketAddr,
    scheme: &'static str,
    requests: Arc<Mutex<Vec<Request>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Request {
    /// The method of a single call.
    pub(crate) fn method(&self) -> &str {
        self.body["method"].as_str().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn is_batch(&self) -> bool {
        self.body.is_array()
    }

    /// Answers each call by itself, in a batch or alone.
    pub(crate) fn each(&self, answer: impl Fn(&str, &Value) -> Result<Value, Value>) -> Reply {
        let one = |call: &Value| {
            let (name, content) = match answer(call["method"].as_str().unwrap_or_default(), &call["params"]) {
                Ok(result) => ("result", result),
                Err(error) => ("error", error),
            };
            json!({"jsonrpc": "2.0", "id": call["id"], name: content})
        };
        let answer = match &self.body {
            Value::Array(calls) => calls.iter().map(one).collect(),
            call => one(call),
        };
        Reply::json(&answer)
    }

    /// Answers each call with this result.
    pub(crate) fn result(&self, result: &Value) -> Reply {
        self.each(|_, _| Ok(result.clone()))
    }

    /// Answers each call with this error.
    pub(crate) fn error(&self, code: i64, message: &str) -> Reply {
        self.each(|_, _| Err(json!({"code": code, "message": message})))
    }
}

impl Reply {
    pub(crate) fn json(body: &Value) -> Self {
        Self::Answer(200, None, body.to_string())
    }

    pub(crate) fn text(body: &str) -> Self {
        Self::Answer(200, None, body.into())
    }

    pub(crate) fn status(status: u16) -> Self {
        Self::Answer(status, None, String::new())
    }

    /// Passes the request on to the node at this address, and its answer through `then`.
    pub(crate) fn pass(to: SocketAddr, then: impl Fn(u16, String) -> Self + Send + Sync + 'static) -> Self {
        Self::Pass(Passed { to, then: Arc::new(then) })
    }
}

impl Passed {
    async fn ask(&self, verb: &hyper::Method, path: &hyper::Uri, body: &Bytes) -> io::Result<Reply> {
        let stream = TcpStream::connect(self.to).await?;
        let (mut sender, connection) =
            client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        tokio::spawn(connection);
        let request = HttpRequest::builder().method(verb).uri(path).header("host", self.to.to_string());
        let request = request.header("content-type", "application/json");
        let request = request.body(Full::new(body.clone())).map_err(io::Error::other)?;
        let answer = sender.send_request(request).await.map_err(io::Error::other)?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.map_err(io::Error::other)?.to_bytes();
        let body = String::from_utf8(body.into()).map_err(io::Error::other)?;
        Ok((self.then)(status, body))
    }
}

impl fmt::Debug for Passed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passed").field("to", &self.to).finish_non_exhaustive()
    }
}

impl Node {
    /// Starts a node on a port that is free.
    pub(crate) fn start(script: impl Script) -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap(), script)
    }

    /// Starts a node on this port, which one before may have used.
    pub(crate) fn start_at(address: SocketAddr, script: impl Script) -> Self {
        Self::run(address, None, Arc::new(script))
    }

    /// Starts a node that speaks TLS.
    pub(crate) fn start_tls(tls: rustls::ServerConfig, script: impl Script) -> Self {
        Self::run("127.0.0.1:0".parse().unwrap(), Some(Arc::new(tls).into()), Arc::new(script))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// What it was asked so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    fn run(address: SocketAddr, tls: Option<TlsAcceptor>, script: Arc<dyn Script>) -> Self {
        let listener = StdListener::bind(address).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let requests = Arc::default();
        let served = Served { script, requests: Arc::clone(&requests) };
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                tokio::select! {
                    () = accept(TcpListener::from_std(listener).unwrap(), tls, served) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { address, scheme, requests, stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// An address at which nothing listens.
pub(crate) fn closed_port() -> SocketAddr {
    StdListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[derive(Clone)]
struct Served {
    script: Arc<dyn Script>,
    requests: Arc<Mutex<Vec<Request>>>,
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, served: Served) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let (tls, served) = (tls.clone(), served.clone());
        tokio::spawn(async move {
            match tls {
                None => served.connection(stream).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        served.connection(stream).await;
                    }
                }
            }
        });
    }
}

impl Served {
    async fn connection(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let service = service_fn(move |request| self.clone().request(request));
        // The peer may go at any time.
        let _ = server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    }

    async fn request(
        self,
        request: HttpRequest<Incoming>,
    ) -> io::Result<Response<UnsyncBoxBody<Bytes, io::Error>>> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        let request = Request {
            verb: parts.method.to_string(),
            path: parts.uri.to_string(),
            headers: parts.headers.clone(),
            body: serde_json::from_slice(&body).unwrap_or_default(),
        };
        let number = {
            let mut requests = self.requests.lock().unwrap();
            requests.push(request.clone());
            requests.len() - 1
        };
        let mut reply = (self.script)(&request, number);
        loop {
            reply = match reply {
                Reply::Late(time, later) => {
                    tokio::time::sleep(time).await;
                    *later
                }
                Reply::Pass(passed) => passed.ask(&parts.method, &parts.uri, &body).await?,
                reply => return respond(reply).await,
            };
        }
    }
}

async fn respond(reply: Reply) -> io::Result<Response<UnsyncBoxBody<Bytes, io::Error>>> {
    let never = |error: Infallible| match error {};
    let mut response = Response::builder();
    let body = match reply {
        Reply::Answer(status, header, body) => {
            response = response.status(status);
            if let Some((name, value)) = header {
                response = response.header(name, value);
            }
            Full::new(body.into()).map_err(never).boxed_unsync()
        }
        Reply::Short(promised, body) => {
            response = response.header("content-length", promised);
            let sent = stream::iter([Ok(Frame::data(body.into()))]);
            let broken = stream::once(async {
                tokio::time::sleep(Duration::from_millis(20)).await;
                Err(io::Error::other("dropped"))
            });
            StreamBody::new(sent.chain(broken)).boxed_unsync()
        }
        Reply::Endless => {
            let zeros = Bytes::from_static(&[b'0'; 1 << 14]);
            StreamBody::new(stream::repeat_with(move || Ok(Frame::data(zeros.clone())))).boxed_unsync()
        }
        Reply::Trickle => {
            let bytes = stream::unfold((), |()| async {
                tokio::time::sleep(Duration::from_millis(20)).await;
                Some((Ok(Frame::data(Bytes::from_static(b" "))), ()))
            });
            StreamBody::new(bytes).boxed_unsync()
        }
        Reply::Drip(body) => {
            response = response.header("content-length", body.len());
            let drops = stream::unfold(Bytes::from(body), |mut rest| async move {
                tokio::time::sleep(Duration::from_millis(20)).await;
                let drop = rest.split_to(rest.len().min(8));
                (!drop.is_empty()).then_some((Ok(Frame::data(drop)), rest))
            });
            StreamBody::new(drops).boxed_unsync()
        }
        Reply::Gzip(body) => {
            response = response.header("content-encoding", "gzip");
            Full::new(body).map_err(never).boxed_unsync()
        }
        Reply::Stall | Reply::Late(..) | Reply::Pass(_) => std::future::pending().await,
        Reply::Drop => return Err(io::Error::other("dropped")),
    };
    response.body(body).map_err(io::Error::other)
}
