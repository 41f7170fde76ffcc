//! How much we ask of a node, and how much we take from it.

use super::*;
use crate::{common::node::Reply, fault::Fault};
use std::{
    num::NonZeroU32,
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

fn limited(url: &str, limit: impl FnOnce(&mut RoleOptions)) -> Endpoint {
    let mut options = RoleOptions::new(vec![url.parse().unwrap()], PATIENT);
    limit(&mut options);
    endpoint_with(&options)
}

async fn many(endpoint: &Endpoint, calls: usize) {
    let calls = (0..calls).map(|_| endpoint.call("eth_chainId", json!([])));
    for result in futures_util::future::join_all(calls).await {
        result.unwrap();
    }
}

#[tokio::test]
async fn few_requests_are_under_way_at_once() {
    // The node holds requests back until as many are there as may be.
    let waiting = Arc::new(AtomicUsize::new(0));
    let arrived = Arc::clone(&waiting);
    let node = Node::start(move |request, _| {
        arrived.fetch_add(1, Ordering::SeqCst);
        Reply::Late(Duration::from_millis(200), Box::new(request.result(&json!("0x1"))))
    });
    let endpoint = limited(&node.url(), |options| options.max_concurrent = 3);
    let began = Instant::now();
    many(&endpoint, 9).await;
    assert_eq!(waiting.load(Ordering::SeqCst), 9);
    assert!(began.elapsed() >= Duration::from_millis(590), "three rounds of 200 ms: {:?}", began.elapsed());
}

#[tokio::test]
async fn few_requests_are_sent_each_second() {
    let node = Node::start(|request, _| request.each(|_, _| Ok(json!("0x1"))));
    let endpoint = limited(&node.url(), |options| options.per_second = NonZeroU32::new(10));
    let began = Instant::now();
    many(&endpoint, 10).await;
    endpoint.batch("eth_chainId", vec![json!([]); 10]).await.unwrap();
    assert!(began.elapsed() >= Duration::from_millis(950), "{:?}", began.elapsed());
}

#[tokio::test]
async fn long_answers_are_not_read() {
    for (size, fits) in [(100, true), (60_000, false)] {
        let node = Node::start(move |request, _| request.result(&json!("0".repeat(size))));
        let endpoint = limited(&node.url(), |options| options.max_body = 10_000);
        let result = endpoint.call("eth_chainId", json!([])).await;
        assert_eq!(result.is_ok(), fits);
        if let Err(error) = result {
            assert_eq!(error.fault, Fault::Wrong);
        }
    }
}

#[tokio::test]
async fn large_answers_take_turns() {
    let text: Arc<str> = "0".repeat(9 << 20).into();
    let node = Node::start(move |request, _| request.result(&json!(&*text)));
    let endpoint = limited(&node.url(), |_| {});
    many(&endpoint, 6).await;
    assert_eq!(node.count(), 6);
}

#[tokio::test]
async fn a_batch_whose_answer_is_too_long_is_split() {
    let node = Node::start(|request, _| request.each(|_, _| Ok(json!("0".repeat(490)))));
    let endpoint = limited(&node.url(), |options| options.max_body = 10_000);
    let results = endpoint.batch("debug_dbGet", vec![json!([]); 20]).await.unwrap();
    assert_eq!(results.len(), 20);
    assert!(
        node.requests().iter().any(|request| request.body.as_array().is_some_and(|calls| calls.len() == 10))
    );
}

#[tokio::test]
async fn the_answers_of_batches_are_short_together() {
    // By batches, and one by one.
    for takes_batches in [true, false] {
        let node = Node::start(move |request, _| match request.is_batch() && !takes_batches {
            true => Reply::status(413),
            false => request.each(|_, _| Ok(json!("0".repeat(100)))),
        });
        let endpoint = limited(&node.url(), |options| options.max_body = 10_000);
        for (calls, fits) in [(95, true), (105, false)] {
            let result = endpoint.batch("debug_dbGet", vec![json!([]); calls]).await;
            assert_eq!(result.err().map(|error| error.fault), (!fits).then_some(Fault::Wrong), "{calls}");
        }
    }
}

#[tokio::test]
async fn deep_answers_are_not_followed() {
    let deep = format!(r#"{{"id":1,"result":{}{}}}"#, "[".repeat(20_000), "]".repeat(20_000));
    let node = Node::start(move |_, _| Reply::text(&deep));
    // Whether it is read or refused does not matter: nothing overflows.
    let _ = limited(&node.url(), |_| {}).call("eth_chainId", json!([])).await;
    let error = format!(r#"{{"id":1,"error":{}{}}}"#, "[".repeat(20_000), "]".repeat(20_000));
    let node = Node::start(move |_, _| Reply::text(&error));
    assert!(limited(&node.url(), |_| {}).call("eth_chainId", json!([])).await.is_err());
}

#[tokio::test]
async fn requests_are_counted() {
    let node = Node::start(|request, number| match number {
        0 => Reply::status(503),
        _ => request.result(&json!("0x1")),
    });
    let metrics = Metrics::default();
    let role = Roles::new(&options(&[node.url()]), &metrics).unwrap().l1;
    ask(&role).await.unwrap();
    let counts: Vec<_> = metrics.snapshot().into_iter().collect();
    let outcomes: Vec<_> = counts.iter().map(|(series, counts)| (series.outcome, counts.requests)).collect();
    assert_eq!(outcomes, [("busy", 1), ("ok", 1)]);
    assert!(
        counts.iter().all(|(series, _)| *series.endpoint == *node.url() && series.method == "eth_chainId")
    );
    assert!(counts[1].1.bytes > 0);
}
