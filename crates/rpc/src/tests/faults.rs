//! What one node can do wrong, and that it does no harm.

use super::*;
use crate::{
    common::{
        chaos::{Chaos, Trouble},
        node::{Reply, closed_port},
    },
    fault::Fault,
};
use std::time::{Instant, SystemTime};

const BUSY: Fault = Fault::Busy { after: None };
const SHORT: Duration = Duration::from_millis(500);

/// A reply that depends on the request.
type Misbehaviour = fn(&crate::common::node::Request) -> Reply;

/// What a node does wrong, what we make of it, and a part of what we say.
const MISBEHAVIOURS: [(Misbehaviour, Fault, &str); 21] = [
    (|_| Reply::status(429), BUSY, "HTTP 429"),
    (
        |_| Reply::Answer(429, Some(("retry-after", "1".into())), String::new()),
        Fault::Busy { after: Some(Duration::from_secs(1)) },
        "HTTP 429",
    ),
    (|_| Reply::status(500), BUSY, "HTTP 500"),
    (|_| Reply::Answer(502, None, "<html>bad gateway</html>".into()), BUSY, "HTTP 502"),
    (|_| Reply::status(503), BUSY, "HTTP 503"),
    (|request| request.error(-32005, "limit exceeded"), BUSY, "error -32005: limit exceeded"),
    (|_| Reply::Drop, BUSY, "no answer"),
    (|_| Reply::Short(100, r#"{"jsonrpc":"2.0","id":1,"#.into()), BUSY, "broke off"),
    (|_| Reply::text(r#"{"jsonrpc":"2.0","id":1,"result":"0x"#), BUSY, "cut off"),
    (|_| Reply::text(""), BUSY, "cut off"),
    (|_| Reply::Stall, BUSY, "no whole answer within 0.5 s"),
    (|_| Reply::Trickle, BUSY, "no whole answer within 0.5 s"),
    (|_| Reply::Endless, Fault::Wrong, "more than the 65536 bytes"),
    (|_| Reply::text(&"0".repeat(1 << 17)), Fault::Wrong, "more than the 65536 bytes"),
    (|_| Reply::text("<html>"), BUSY, "not JSON"),
    (|_| Reply::status(404), BUSY, "HTTP 404"),
    (|request| request.error(-32603, "Internal error"), BUSY, "Internal error"),
    (|_| Reply::text(r#"{"id":4711,"result":"0x1"}"#), Fault::Wrong, "another request"),
    (|_| Reply::text(r#"{"id":1}"#), Fault::Wrong, "without result"),
    (
        |_| Reply::Answer(302, Some(("location", "http://127.0.0.1:1/".into())), String::new()),
        Fault::Wrong,
        "HTTP 302",
    ),
    (|request| request.error(-32000, "header not found"), Fault::Absent, "header not found"),
];

#[tokio::test]
async fn each_misbehaviour_has_its_meaning() {
    for (misbehave, fault, said) in MISBEHAVIOURS {
        let node = Node::start(move |request, _| misbehave(request));
        let timeout = if said.contains("whole answer") { SHORT } else { PATIENT };
        let error = endpoint(&node.url(), timeout).call("eth_chainId", json!([])).await.unwrap_err();
        assert_eq!((error.fault, error.method.as_str()), (fault, "eth_chainId"), "{error}");
        assert!(error.reason.contains(said), "{said}: {error}");
        assert_eq!(node.count(), 1, "{said}: not sent twice");
    }
}

#[tokio::test]
async fn no_single_misbehaviour_ends_an_ask() {
    let asks = MISBEHAVIOURS.map(|(misbehave, _, said)| async move {
        let node = Node::start(move |request, number| match number {
            0 => misbehave(request),
            _ => request.result(&json!("0x1")),
        });
        let mut options = options(&[node.url()]);
        options.l1.max_body = 1 << 16;
        options.l1.timeout = Duration::from_secs(2);
        assert_eq!(ask(&role(&options)).await.as_deref(), Ok("\"0x1\""), "{said}");
        assert!(node.count() >= 2);
    });
    futures_util::future::join_all(asks).await;
}

#[tokio::test]
async fn broken_connections_are_busy_nodes() {
    let node = Node::start(|request, _| request.result(&json!("0".repeat(10_000))));
    for trouble in [Trouble::Drop, Trouble::Stall, Trouble::Cut(50), Trouble::Cut(5000), Trouble::Slow(10)] {
        let chaos = Chaos::before(node.address(), trouble);
        let endpoint = endpoint(&chaos.url(), Duration::from_secs(3));
        let error = endpoint.call("eth_chainId", json!([])).await.unwrap_err();
        assert_eq!(error.fault, BUSY, "{trouble:?}: {error}");
        chaos.set(Trouble::None);
        let result = endpoint.call("eth_chainId", json!([])).await;
        assert!(result.is_ok(), "{trouble:?} is over: {result:?}");
    }
    let refused = endpoint(&format!("http://{}", closed_port()), PATIENT);
    let error = refused.call("eth_chainId", json!([])).await.unwrap_err();
    assert_eq!(error.fault, BUSY);
    assert!(error.reason.contains("cannot connect"), "{error}");
}

#[tokio::test]
async fn methods_that_a_node_lacks_are_remembered() {
    let node = Node::start(|request, _| match request.method() {
        "eth_chainId" => request.result(&json!("0x1")),
        _ => request.error(-32601, "the method does not exist/is not available"),
    });
    let endpoint = endpoint(&node.url(), PATIENT);
    let error = endpoint.call("debug_dbGet", json!(["0x00"])).await.unwrap_err();
    assert_eq!((error.fault, error.code), (Fault::Unsupported, Some(-32601)));
    assert!(endpoint.call("eth_chainId", json!([])).await.is_ok());
    assert!(endpoint.lacks("debug_dbGet") && !endpoint.lacks("eth_chainId"));
}

#[tokio::test]
async fn a_node_may_name_the_time_of_its_return() {
    let later = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(3600));
    let node =
        Node::start(move |_, _| Reply::Answer(503, Some(("retry-after", later.clone())), String::new()));
    let error = endpoint(&node.url(), PATIENT).call("eth_chainId", json!([])).await.unwrap_err();
    let Fault::Busy { after: Some(after) } = error.fault else { panic!("{error:?}") };
    assert!(after > Duration::from_secs(3000) && after <= Duration::from_secs(3600), "{after:?}");
    for nonsense in ["soon", "-1", "99999999999999999999", "Sun, 06 Nov 1994 08:49:37 GMT", ""] {
        let node = Node::start(move |_, _| {
            Reply::Answer(503, Some(("retry-after", nonsense.into())), String::new())
        });
        let error = endpoint(&node.url(), PATIENT).call("eth_chainId", json!([])).await.unwrap_err();
        assert_eq!(error.fault, BUSY, "{nonsense}");
    }
}

#[tokio::test]
async fn many_asks_survive_nodes_that_often_misbehave() {
    let start = |seed: usize| {
        Node::start(move |request, number| {
            match (number + seed).wrapping_mul(7919) % (2 * MISBEHAVIOURS.len()) {
                kind if kind < MISBEHAVIOURS.len() => MISBEHAVIOURS[kind].0(request),
                _ => request.result(&json!("0x1")),
            }
        })
    };
    let nodes = [start(1), start(2)];
    let mut options = options(&nodes.each_ref().map(Node::url));
    options.l1.max_body = 1 << 16;
    options.l1.timeout = Duration::from_secs(2);
    let role = role(&options);
    let asks = futures_util::future::join_all((0..100).map(|_| ask(&role))).await;
    assert!(asks.iter().all(|asked| asked.as_deref() == Ok("\"0x1\"")), "{asks:?}");
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = good_node();
    let location = elsewhere.url();
    let node =
        Node::start(move |_, _| Reply::Answer(307, Some(("location", location.clone())), String::new()));
    let endpoint = endpoint(&node.url().replace("://", "://user:secret@"), PATIENT);
    assert!(endpoint.call("eth_chainId", json!([])).await.is_err());
    assert!(endpoint.get("eth/v1/node/version").await.is_err());
    assert_eq!((node.count(), elsewhere.count()), (2, 0));
}

#[tokio::test]
async fn batches_keep_their_order() {
    let node = Node::start(|request, _| {
        let Reply::Answer(status, header, body) = request.each(|_, params| Ok(params[0].clone())) else {
            unreachable!()
        };
        let mut answers: Vec<Value> = serde_json::from_str(&body).unwrap();
        answers.reverse();
        let _ = (status, header);
        Reply::json(&answers.into())
    });
    let calls: Vec<Value> = (0..70).map(|number| json!([number])).collect();
    let results = endpoint(&node.url(), PATIENT).batch("debug_dbGet", calls).await.unwrap();
    assert_eq!(texts(&results), (0..70).map(Value::from).collect::<Vec<_>>());
    assert_eq!(node.count(), 3, "32 in each");
    let none = endpoint(&node.url(), PATIENT).batch("debug_dbGet", Vec::new()).await.unwrap();
    assert!(none.is_empty());
}

#[tokio::test]
async fn batches_that_are_refused_become_smaller() {
    let refusals: [fn(&crate::common::node::Request) -> Reply; 5] = [
        |_| Reply::status(413),
        |_| {
            Reply::text(
                r#"{"id":null,"error":{"code":-32005,"message":"Batched requests are not supported"}}"#,
            )
        },
        |_| Reply::text(r#"{"id":null,"error":{"code":-32600,"message":"invalid request"}}"#),
        |_| Reply::status(400),
        |_| Reply::text(r#"[{"id":4711,"result":1}]"#),
    ];
    for (number, refuse) in refusals.into_iter().enumerate() {
        for most in [0, 8] {
            let node = Node::start(move |request, _| match &request.body {
                Value::Array(calls) if calls.len() > most => refuse(request),
                _ => request.each(|_, params| Ok(params[0].clone())),
            });
            let endpoint = endpoint(&node.url(), PATIENT);
            for _ in 0..2 {
                let calls = (0..20).map(|number| json!([number])).collect();
                let results = endpoint.batch("debug_dbGet", calls).await.unwrap();
                assert_eq!(texts(&results), (0..20).map(Value::from).collect::<Vec<_>>(), "refusal {number}");
            }
            let refused = node
                .requests()
                .iter()
                .filter(|request| request.body.as_array().is_some_and(|calls| calls.len() > most))
                .count();
            assert!(refused <= 5, "refusal {number}: {refused} batches were refused");
        }
    }
}

#[tokio::test]
async fn parts_of_a_batch_are_asked_again() {
    let node = Node::start(|request, _| {
        let batch = request.is_batch();
        let Reply::Answer(_, _, body) = request.each(|_, params| match params[0].as_u64() {
            Some(3) if batch => Err(json!({"code": -32003, "message": "response too large"})),
            Some(5) if batch => Err(json!({"code": 429, "message": "too many requests"})),
            _ => Ok(params[0].clone()),
        }) else {
            unreachable!()
        };
        match serde_json::from_str(&body).unwrap() {
            Value::Array(mut answers) => {
                answers.remove(7);
                Reply::json(&answers.into())
            }
            answer => Reply::json(&answer),
        }
    });
    let calls = (0..10).map(|number| json!([number])).collect();
    let results = endpoint(&node.url(), PATIENT).batch("debug_dbGet", calls).await.unwrap();
    assert_eq!(texts(&results), (0..10).map(Value::from).collect::<Vec<_>>());
    assert_eq!(node.count(), 4);
}

#[tokio::test]
async fn a_call_in_a_batch_can_fail_for_all() {
    let node = Node::start(|request, _| {
        request.each(|_, params| match params[0].as_u64() {
            Some(3) => Err(json!({"code": -32601, "message": "Method not found"})),
            _ => Ok(params[0].clone()),
        })
    });
    let endpoint = endpoint(&node.url(), PATIENT);
    let error =
        endpoint.batch("debug_dbGet", (0..10).map(|number| json!([number])).collect()).await.unwrap_err();
    assert_eq!(error.fault, Fault::Unsupported);
    assert!(endpoint.lacks("debug_dbGet"));
}

#[tokio::test]
async fn paths_are_read() {
    let node = Node::start(|request, _| match request.path.as_str() {
        "/key/eth/v1/node/version?x=1" => Reply::text(r#"{"data":{}}"#),
        "/key/missing" => Reply::Answer(404, None, r#"{"code":404,"message":"Block not found"}"#.into()),
        "/key/columns" => {
            let body =
                r#"{"code":500,"message":"Insufficient data columns to reconstruct blobs: required 64"}"#;
            Reply::Answer(500, None, body.into())
        }
        "/key/old" => Reply::status(405),
        "/key/syncing" => Reply::status(503),
        "/key/short" => Reply::text(r#"{"data":{"#),
        "/key/page" => Reply::text("<html>"),
        "/key/limit" => Reply::text(r#"{"error":{"code":429,"message":"too many requests"}}"#),
        path => panic!("{path}"),
    });
    let endpoint = endpoint(&format!("{}/key/", node.url()), PATIENT);
    assert_eq!(endpoint.get("eth/v1/node/version?x=1").await.unwrap(), r#"{"data":{}}"#);
    for (path, fault, said) in [
        ("missing", Fault::Absent, "HTTP 404: Block not found"),
        ("columns", Fault::Absent, "Insufficient data columns"),
        ("old", Fault::Unsupported, "HTTP 405"),
        ("syncing", BUSY, "HTTP 503"),
        ("short", BUSY, "cut off"),
        ("page", BUSY, "not JSON"),
        ("limit", BUSY, "too many requests"),
    ] {
        let error = endpoint.get(path).await.unwrap_err();
        assert_eq!((error.fault, error.method.as_str()), (fault, path), "{error}");
        assert!(error.reason.contains(said), "{error}");
    }
}

#[tokio::test]
async fn a_stalled_node_is_left_at_the_time_out() {
    let node = Node::start(|_, _| Reply::Late(Duration::from_secs(10), Box::new(Reply::status(200))));
    let began = Instant::now();
    assert!(endpoint(&node.url(), SHORT).call("eth_chainId", json!([])).await.is_err());
    assert!(began.elapsed() < Duration::from_secs(8));
}
