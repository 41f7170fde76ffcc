//! A small HTTP server for one page.
//!
//! A client may be hostile. Connections are few and short, a request is read up to a limit, and one connection
//! serves one request. The server has a thread of its own, which ends with the process and never keeps it alive.

use anyhow::{Context, anyhow};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{ALLOW, CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{
    convert::Infallible,
    io::ErrorKind,
    net::{SocketAddr, TcpListener as StdListener},
    sync::Arc,
    thread,
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
    sync::Semaphore,
    time::{sleep, timeout},
};

use super::Watch;

/// Connections at once. Others wait in the kernel's queue, which is bounded.
const MOST_CONNECTIONS: usize = 16;

/// How long a connection may last.
const LONGEST: Duration = Duration::from_secs(10);

/// How long the head of a request may take.
const LONGEST_HEAD: Duration = Duration::from_secs(5);

/// Bytes of the head of a request.
const LARGEST_HEAD: usize = 16 << 10;

/// The pause after a connection could not be accepted, for example because there are too many open files.
const PAUSE: Duration = Duration::from_millis(200);

const PATH: &str = "/metrics";

/// Serves what `watch` counts at `address` until the process ends. Returns the address with the port that was chosen, where
/// the given one is 0.
pub(super) fn start(address: SocketAddr, watch: Watch) -> anyhow::Result<SocketAddr> {
    let cannot = || format!("--metrics-addr {address}: cannot serve metrics there");
    let (listener, address, runtime) = prepare(address).with_context(cannot)?;
    let serve = move || runtime.block_on(accept(&listener, &watch));
    thread::Builder::new().name("metrics".into()).spawn(serve).with_context(cannot)?;
    Ok(address)
}

fn prepare(address: SocketAddr) -> anyhow::Result<(TcpListener, SocketAddr, Runtime)> {
    let listener = StdListener::bind(address).map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => anyhow!("another process uses the port; choose another one"),
        _ => error.into(),
    })?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let entered = runtime.enter();
    let listener = TcpListener::from_std(listener)?;
    drop(entered);
    Ok((listener, address, runtime))
}

async fn accept(listener: &TcpListener, watch: &Watch) {
    let slots = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    // The semaphore is never closed.
    while let Ok(slot) = slots.clone().acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                let watch = watch.clone();
                tokio::spawn(async move {
                    // A peer that goes early or sends nonsense is none of our business.
                    let _ = timeout(LONGEST, connection(stream, &watch)).await;
                    drop(slot);
                });
            }
            Err(error) => {
                tracing::debug!(%error, "a connection for metrics was not accepted");
                sleep(PAUSE).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, watch: &Watch) -> Result<(), hyper::Error> {
    let answer = |request: Request<Incoming>| async move { Ok::<_, Infallible>(answer(&request, watch)) };
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(LONGEST_HEAD)
        .max_buf_size(LARGEST_HEAD)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service_fn(answer))
        .await
}

fn answer(request: &Request<Incoming>, watch: &Watch) -> Response<Full<Bytes>> {
    let of = |status, text: String, kind| {
        let mut response = Response::new(Full::new(Bytes::from(text)));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        response
    };
    let plain = "text/plain; charset=utf-8";
    match (request.uri().path(), request.method()) {
        // Of an answer to HEAD, hyper sends the head alone.
        (PATH, &Method::GET | &Method::HEAD) => {
            of(StatusCode::OK, watch.prometheus(), "text/plain; version=0.0.4; charset=utf-8")
        }
        (PATH, _) => {
            let mut refused = of(StatusCode::METHOD_NOT_ALLOWED, "use GET\n".into(), plain);
            refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            refused
        }
        _ => of(StatusCode::NOT_FOUND, format!("metrics are at {PATH}\n"), plain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io::{Read, Write},
        net::TcpStream,
    };

    fn started() -> SocketAddr {
        start("127.0.0.1:0".parse().unwrap(), Watch::default()).unwrap()
    }

    /// What comes back for these bytes, until the server closes.
    fn exchange(address: SocketAddr, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        // The server may answer and close before it has read everything.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    #[test]
    fn one_page_is_served() {
        let address = started();
        let page = exchange(address, b"GET /metrics?x=1 HTTP/1.1\r\nhost: a\r\n\r\n");
        assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
        assert!(page.contains("content-type: text/plain; version=0.0.4"), "{page}");
        assert!(page.contains("\n# TYPE tribunal_rpc_requests_total counter\n"), "{page}");
        assert!(page.contains(concat!("tribunal_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1")));
        let head = exchange(address, b"HEAD /metrics HTTP/1.1\r\nhost: a\r\n\r\n");
        assert!(head.starts_with("HTTP/1.1 200") && head.ends_with("\r\n\r\n"), "{head}");
        for (request, status) in [
            ("GET / HTTP/1.1\r\nhost: a\r\n\r\n", "404"),
            ("POST /metrics HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n12345", "405"),
            ("nonsense\r\n\r\n", "400"),
        ] {
            let answer = exchange(address, request.as_bytes());
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{request:?}: {answer}");
        }
    }

    #[test]
    fn a_port_in_use_is_named() {
        let address = started();
        let error = format!("{:#}", start(address, Watch::default()).unwrap_err());
        assert!(error.contains(&format!("--metrics-addr {address}")), "{error}");
        assert!(error.contains("another process uses the port"), "{error}");
    }

    #[test]
    fn heads_and_bodies_without_end_are_cut_off() {
        let address = started();
        let mut endless = b"GET /metrics HTTP/1.1\r\n".to_vec();
        endless.extend(b"x-more: and more\r\n".repeat(1 << 16));
        let answer = exchange(address, &endless);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
        let mut body = b"GET /metrics HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
        body.extend(b"4\r\nmore\r\n".repeat(1 << 18));
        // Answered without reading the body, or cut off.
        let answer = exchange(address, &body);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(exchange(address, b"GET /metrics HTTP/1.0\r\n\r\n").contains("200 OK"));
    }

    #[test]
    fn silent_clients_lose_their_turn() {
        let address = started();
        // More than are served at once. None of them says anything.
        let silent: Vec<TcpStream> =
            (0..MOST_CONNECTIONS + 4).map(|_| TcpStream::connect(address).unwrap()).collect();
        let page = exchange(address, b"GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n");
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        // They were not waited for: this one was served because they were dropped.
        for mut stream in silent {
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest);
        }
    }
}
