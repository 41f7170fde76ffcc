//! Requests over HTTP: one answer, read up to a limit of bytes and time.

use bytes::{Bytes, BytesMut};
use reqwest::{
    Client, RequestBuilder, Response,
    header::{CONTENT_ENCODING, RETRY_AFTER},
    redirect::Policy,
};
use rustls::ClientConfig;
use std::{
    error::Error,
    io,
    time::{Duration, SystemTime},
};

use crate::{error::RpcError, fault::Fault, transport::refusal::Failure};

/// How long a connection may take to be made. A whole request has a time-out of its own.
const CONNECT: Duration = Duration::from_secs(10);

/// How long connections without requests are kept.
const IDLE: Duration = Duration::from_secs(30);

/// An answer with more bytes than this is large: few are read at once, so that the memory is bounded by less than the
/// longest answer times the requests under way.
const LARGE: usize = 8 << 20;

/// What a node sent.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// How long the node asks us to wait.
    pub(crate) after: Option<Duration>,
    pub(crate) body: Bytes,
}

/// A client that goes where it is sent: no redirects, which would take credentials elsewhere, no proxies from variables,
/// no compressed answers, which could be small and yet fill the memory.
pub(crate) fn client(tls: ClientConfig) -> Result<Client, RpcError> {
    Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(Policy::none())
        .referer(false)
        .no_proxy()
        .http1_only()
        .retry(reqwest::retry::never())
        .connect_timeout(CONNECT)
        .pool_idle_timeout(IDLE)
        .user_agent(concat!("tribunal/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| RpcError::Client { reason: cause(&error) })
}

/// Sends a request and reads the whole answer, which has up to `max_body` bytes. If it is large, it waits for what `large`
/// gives, and keeps it while it reads.
pub(crate) async fn send<T>(
    request: RequestBuilder,
    max_body: usize,
    timeout: Duration,
    large: impl Future<Output = T>,
) -> Result<Answer, Failure> {
    match tokio::time::timeout(timeout, exchange(request, max_body, large)).await {
        Ok(answered) => answered,
        Err(_) => Err(Failure::busy(format!("no whole answer within {} s", timeout.as_secs_f64()))),
    }
}

async fn exchange<T>(
    request: RequestBuilder,
    max_body: usize,
    large: impl Future<Output = T>,
) -> Result<Answer, Failure> {
    let mut response = request.send().await.map_err(|error| unsent(&error))?;
    let status = response.status();
    let after = retry_after(&response);
    if let Some(encoding) = response.headers().get(CONTENT_ENCODING)
        && encoding != "identity"
    {
        let encoding = encoding.to_str().unwrap_or("an unknown encoding");
        return Err(Failure::wrong(format!(
            "the answer is compressed ({encoding}), which was not asked for"
        )));
    }
    let body = match read(&mut response, max_body, large).await {
        Ok(body) => body,
        // The status says enough.
        Err(_) if !status.is_success() => Bytes::new(),
        Err(failure) => return Err(failure),
    };
    Ok(Answer { status: status.as_u16(), after, body })
}

async fn read<T>(
    response: &mut Response,
    max_body: usize,
    large: impl Future<Output = T>,
) -> Result<Bytes, Failure> {
    let promised = response.content_length().unwrap_or_default();
    if promised > max_body as u64 {
        return Err(Failure::oversized(max_body));
    }
    let mut body = BytesMut::new();
    read_until(response, &mut body, max_body.min(LARGE)).await?;
    if body.len() > LARGE.min(max_body) {
        let _turn = large.await;
        read_until(response, &mut body, max_body).await?;
    }
    if body.len() > max_body {
        return Err(Failure::oversized(max_body));
    }
    Ok(body.freeze())
}

/// Reads until the body ends or has more than so many bytes.
async fn read_until(response: &mut Response, body: &mut BytesMut, bytes: usize) -> Result<(), Failure> {
    while body.len() <= bytes {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) => return Err(Failure::busy(format!("the answer broke off: {}", cause(&error)))),
        }
    }
    Ok(())
}

/// What the header `Retry-After` says: seconds, or a date.
fn retry_after(response: &Response) -> Option<Duration> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    match text.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => httpdate::parse_http_date(text).ok()?.duration_since(SystemTime::now()).ok(),
    }
}

/// Why a request was not answered at all.
fn unsent(error: &reqwest::Error) -> Failure {
    let what = if error.is_connect() { "cannot connect" } else { "no answer" };
    let fault = match certificate_refused(error) {
        true => Fault::Denied,
        false => Fault::Busy { after: None },
    };
    Failure::new(fault, format!("{what}: {}", cause(error)))
}

/// The innermost reason. What lies around it names the URL, which may have secrets.
fn cause(error: &reqwest::Error) -> String {
    let mut inner: &(dyn Error + 'static) = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    if inner.is::<reqwest::Error>() { "the request cannot be sent".into() } else { inner.to_string() }
}

/// Whether the node's certificate is not one that we trust: waiting does not help.
fn certificate_refused(error: &reqwest::Error) -> bool {
    let mut inner: Option<&(dyn Error + 'static)> = error.source();
    while let Some(error) = inner {
        if is_certificate_error(error) {
            return true;
        }
        inner = error.source();
    }
    false
}

fn is_certificate_error(error: &(dyn Error + 'static)) -> bool {
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return matches!(error, rustls::Error::InvalidCertificate(_));
    }
    // An error of input and output does not name the error in it as its source.
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    wrapped.is_some_and(|error| is_certificate_error(error))
}
