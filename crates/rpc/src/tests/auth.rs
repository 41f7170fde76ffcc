//! What nodes see of our credentials, and that messages do not have them.

use super::*;
use crate::{
    common::node::{Reply, Request},
    fault::Fault,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::time::{SystemTime, UNIX_EPOCH};

/// A node that lets in only requests with this header, and otherwise repeats what it was sent, as some gateways do.
fn guarded(expected: &'static str) -> Node {
    Node::start(move |request, _| match request.header("authorization") {
        sent if sent == expected => request.result(&json!("0x1")),
        _ => repeat(request),
    })
}

fn repeat(request: &Request) -> Reply {
    let message = format!("{} may not see {}", request.header("authorization"), request.path);
    Reply::Answer(401, None, json!({"error": {"code": -32000, "message": message}}).to_string())
}

#[tokio::test]
async fn user_and_password_are_sent() {
    // The words of RFC 7617.
    let node = guarded("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    let url = node.url().replace("://", "://Aladdin:open%20sesame@");
    assert_eq!(ask(&role(&options(&[url]))).await.as_deref(), Ok("\"0x1\""));
    assert!(node.requests().iter().all(|request| request.path == "/"));

    let url = node.url().replace("://", "://Aladdin:shut%20sesame@");
    let error = ask(&role(&options(&[url]))).await.unwrap_err().to_string();
    assert_eq!(node.count(), 2, "a node that refuses us is not asked again");
    assert!(error.contains("HTTP 401: Basic … may not see /"), "{error}");
}

#[tokio::test]
async fn tokens_are_sent() {
    let node = guarded("Bearer the-token");
    let mut options = options(&[]);
    options.l1.addresses = vec![node.url().parse::<crate::Address>().unwrap().with_bearer("the-token")];
    let role = role(&options);
    assert_eq!(ask(&role).await.as_deref(), Ok("\"0x1\""));
    let get = |endpoint: Arc<Endpoint>| async move { endpoint.get("eth/v1/config/spec").await };
    assert!(role.ask(key(), &|| false, get).await.is_ok());
}

#[tokio::test]
async fn signed_times_are_sent() {
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(secret.path(), format!("0x{}\n", "07".repeat(32))).unwrap();
    let node = Node::start(|request, _| match is_signed(request.header("authorization"), &[7; 32]) {
        true => request.result(&json!("0x1")),
        false => repeat(request),
    });
    let ask_signed = || async {
        let mut options = options(&[]);
        let address: crate::Address = node.url().parse().unwrap();
        options.l1.addresses = vec![address.with_jwt_secret(secret.path()).unwrap()];
        ask(&role(&options)).await
    };
    assert_eq!(ask_signed().await.as_deref(), Ok("\"0x1\""));

    std::fs::write(secret.path(), "08".repeat(32)).unwrap();
    let error = ask_signed().await.unwrap_err().to_string();
    assert!(error.contains("HTTP 401: Bearer … may not see /"), "{error}");
}

/// Whether this is a token as nodes want it: signed with the secret, and at most a minute old.
fn is_signed(header: &str, secret: &[u8]) -> bool {
    let token = header.strip_prefix("Bearer ").unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (head, claims) = signed.split_once('.').unwrap();
    let json =
        |text| -> Value { serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap() };
    assert_eq!(json(head), json!({"alg": "HS256", "typ": "JWT"}));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert!(now.abs_diff(json(claims)["iat"].as_u64().unwrap()) <= 60);
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.update(signed.as_bytes());
    mac.verify_slice(&BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap()).is_ok()
}

#[tokio::test]
async fn secrets_stand_in_no_error_and_no_log() {
    let log = Log::default();
    let _guard = log.set(tracing::Level::TRACE);

    let mut shown = String::new();
    let replies: [fn(&Request) -> Reply; 6] = [
        repeat,
        // Good, but for the path, which is refused.
        |request| match request.verb.as_str() {
            "POST" => request.result(&json!(format!("{} {}", request.header("authorization"), request.path))),
            _ => repeat(request),
        },
        |request| {
            let message = format!("no {} {}", request.header("authorization"), request.path);
            Reply::json(&json!({"error": {"code": -32601, "message": message}}))
        },
        // Where texts are cut, and in a batch that is refused.
        |request| {
            let code = if request.is_batch() { -32600 } else { -32601 };
            let message = format!("{:->170}{}", " batch ", request.header("authorization"));
            Reply::json(&json!({"id": null, "error": {"code": code, "message": message}}))
        },
        |_| Reply::Drop,
        |_| Reply::Answer(302, Some(("location", "http://hidden-user@127.0.0.1:1/".into())), String::new()),
    ];
    for reply in replies {
        let node = Node::start(move |request, _| reply(request));
        let secret = "hidden-user:hidden%2Dpassword@";
        let url = format!("{}/v2/hidden-key-0123456789?apikey=hidden-query", node.url());
        let address = url.replace("://", &format!("://{secret}"));
        let mut options = options(&[address]);
        options.retry_for = Duration::from_millis(10);
        let bearer: crate::Address = url.parse().unwrap();
        options.l1.addresses.push(bearer.with_bearer("hidden-token"));
        let role = role(&options);
        let error = ask(&role).await.err();
        let get = |endpoint: Arc<Endpoint>| async move { endpoint.get("eth/v1/config/spec").await };
        let other = role.ask(key(), &|| false, get).await.unwrap_err();
        // Those who read an answer may repeat a part of it.
        let repeats = |endpoint: Arc<Endpoint>| async move {
            let answer = endpoint.call("eth_chainId", json!([])).await;
            Err::<(), _>(CallError::new("eth_chainId", Fault::Denied, format!("{answer:?}")))
        };
        let third = role.ask(key(), &|| false, repeats).await.unwrap_err();
        let batch = |endpoint: Arc<Endpoint>| async move {
            endpoint.batch("eth_chainId", vec![json!([]); 2]).await.map(|_| ())
        };
        let fourth = role.ask(key(), &|| false, batch).await.err();
        shown += &format!("{options:?} {role:?} {error:?} {other} {other:?} {third} {fourth:?}\n");
    }
    let log = log.text();
    assert!(shown.contains("/v2/…") && log.contains("eth_chainId"), "{shown}\n{log}");
    assert!(log.contains("batch refused"), "{log}");
    for text in [&shown, &log] {
        let line = text.lines().find(|line| line.contains("hidden") || line.contains("aGlkZGVu"));
        assert_eq!(line, None);
    }
}
