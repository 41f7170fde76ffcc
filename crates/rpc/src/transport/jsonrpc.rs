//! Calls and their answers in JSON-RPC 2.0.

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeSeed, IgnoredAny, SeqAccess, Visitor},
};
use serde_json::{Value, error::Category, value::RawValue};
use std::{collections::HashMap, fmt, time::Duration};

use crate::transport::refusal::{ErrorObject, Failure};

/// A call.
#[derive(Debug, Serialize)]
pub(crate) struct Call<'a> {
    jsonrpc: &'static str,
    id: u64,
    method: &'a str,
    params: &'a Value,
}

/// An answer to a call. Fields that we do not need are ignored, and `jsonrpc` may be missing.
#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    /// `null` is a result too.
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    /// As it stands there: as values it would take many times its bytes.
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

/// What we read of an error, whatever the types of the fields are.
#[derive(Default, Deserialize)]
struct ErrorFields<'a> {
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
    #[serde(borrow, default)]
    code: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    data: Option<&'a RawValue>,
}

/// How long a node asks to wait.
#[derive(Deserialize)]
struct Backoff {
    rate: Rate,
}

#[derive(Deserialize)]
struct Rate {
    backoff_seconds: f64,
}

/// Reads a list of answers, of which this many are kept: one more than were asked for shows that it is too long.
struct Answers(usize);

/// Bytes of a body or a text that may be an error. What is longer is data.
const LONGEST_ERROR: usize = 1 << 16;

impl<'a> Call<'a> {
    pub(crate) fn new(id: u64, method: &'a str, params: &'a Value) -> Self {
        Self { jsonrpc: "2.0", id, method, params }
    }
}

/// The result in the answer to the call with this id.
pub(crate) fn single(body: &[u8], id: u64) -> Result<Box<RawValue>, Failure> {
    let answer: Answer<'_> = serde_json::from_slice(body).map_err(|error| broken(&error))?;
    // A node that cannot read a request does not know its id either.
    let nameless = answer.id.is_none() && answer.error.is_some();
    if !nameless && !answer.is_for(id) {
        return Err(Failure::wrong("the answer is to another request"));
    }
    answer.into_result()
}

/// The results in the answer to a batch of calls with these ids, in the order of the ids.
///
/// # Errors
/// The whole batch was refused. What happened to a single call stands in its own place.
pub(crate) fn batch(body: &[u8], ids: &[u64]) -> Result<Vec<Result<Box<RawValue>, Failure>>, Failure> {
    if !body.trim_ascii_start().starts_with(b"[") {
        let answer: Answer<'_> = serde_json::from_slice(body).map_err(|error| broken(&error))?;
        return Err(match answer.into_result() {
            Ok(_) => Failure::wrong("one answer to a batch"),
            Err(failure) => failure,
        });
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let answers = Answers(ids.len() + 1).deserialize(&mut reader);
    let answers =
        answers.and_then(|answers| reader.end().map(|()| answers)).map_err(|error| broken(&error))?;
    if answers.len() > ids.len() {
        return Err(Failure::wrong("a batch with more answers than calls"));
    }
    let places: HashMap<u64, usize> = ids.iter().enumerate().map(|(place, &id)| (id, place)).collect();
    let mut results: Vec<_> = ids.iter().map(|_| Err(Failure::busy("a batch without this answer"))).collect();
    for answer in answers {
        let Some(&place) = answer.number().and_then(|id| places.get(&id)) else {
            return Err(Failure::wrong("a batch with an answer to another request"));
        };
        results[place] = answer.into_result();
    }
    Ok(results)
}

/// The error in a body, whether it is the only answer or the beacon API's form of one.
pub(crate) fn error_object(body: &[u8]) -> Option<ErrorObject> {
    if body.len() > LONGEST_ERROR {
        return None;
    }
    let fields: ErrorFields<'_> = serde_json::from_slice(body).ok()?;
    match fields.error {
        Some(error) => Some(object(error)),
        None => (fields.message.is_some() && fields.data.is_none()).then(|| fields.object()),
    }
}

/// What is wrong with a text that should be JSON.
pub(crate) fn broken(error: &serde_json::Error) -> Failure {
    match error.classify() {
        Category::Eof => Failure::busy("the answer is cut off"),
        Category::Data => Failure::wrong("the answer is not one of JSON-RPC"),
        // A page of a gateway, which says that the node is away.
        Category::Syntax | Category::Io => Failure::busy("the answer is not JSON"),
    }
}

impl Answer<'_> {
    fn number(&self) -> Option<u64> {
        // Some nodes answer with the id as a string.
        self.id?.get().trim_matches('"').parse().ok()
    }

    fn is_for(&self, id: u64) -> bool {
        self.number() == Some(id)
    }

    fn into_result(self) -> Result<Box<RawValue>, Failure> {
        match (self.error, self.result) {
            (Some(error), _) => Err(Failure::error(&object(error))),
            (None, Some(result)) => Ok(result.to_owned()),
            (None, None) => Err(Failure::wrong("an answer without result and error")),
        }
    }
}

impl ErrorFields<'_> {
    fn object(&self) -> ErrorObject {
        let seconds = read(self.data).map(|backoff: Backoff| backoff.rate.backoff_seconds);
        ErrorObject {
            code: read(self.code),
            message: read(self.message).unwrap_or_else(|| "an error without a message".into()),
            after: seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
        }
    }
}

/// Reads an error laxly: some gateways send only a text.
fn object(error: &RawValue) -> ErrorObject {
    if let Some(message) = read(Some(error)) {
        return ErrorObject { code: None, message, after: None };
    }
    serde_json::from_str::<ErrorFields<'_>>(error.get()).unwrap_or_default().object()
}

/// A value that has this type and is not too long.
fn read<'a, T: Deserialize<'a>>(value: Option<&'a RawValue>) -> Option<T> {
    let text = value?.get();
    (text.len() <= LONGEST_ERROR).then(|| serde_json::from_str(text).ok())?
}

impl<'de> DeserializeSeed<'de> for Answers {
    type Value = Vec<Answer<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Answers {
    type Value = Vec<Answer<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of answers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut answers = Vec::new();
        while answers.len() < self.0 {
            let Some(answer) = list.next_element()? else { return Ok(answers) };
            answers.push(answer);
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(answers)
    }
}

/// A field that is there, even if it is `null`.
fn present<'de: 'a, 'a, D: Deserializer<'de>>(from: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(from).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;
    use proptest::prelude::*;

    #[test]
    fn answers_are_matched_with_their_calls() {
        let call = serde_json::to_string(&Call::new(7, "eth_chainId", &Value::Array(Vec::new()))).unwrap();
        assert_eq!(call, r#"{"jsonrpc":"2.0","id":7,"method":"eth_chainId","params":[]}"#);
        for body in [
            r#"{"jsonrpc":"2.0","id":7,"result":"0x1"}"#,
            r#"{"id":"7","result":"0x1","error":null}"#,
            r#" {"result":"0x1","more":[{}],"id":7} "#,
        ] {
            assert_eq!(single(body.as_bytes(), 7).unwrap().get(), "\"0x1\"");
        }
        assert_eq!(single(br#"{"id":7,"result":null}"#, 7).unwrap().get(), "null");
        for (body, fault) in [
            (r#"{"id":8,"result":"0x1"}"#, Fault::Wrong),
            (r#"{"result":"0x1"}"#, Fault::Wrong),
            (r#"{"id":7}"#, Fault::Wrong),
            (r#"[]"#, Fault::Wrong),
            ("<html>", Fault::Busy { after: None }),
            ("", Fault::Busy { after: None }),
            (r#"{"id":7,"result":"0x"#, Fault::Busy { after: None }),
            (r#"{"id":null,"error":{"code":-32601,"message":"no"}}"#, Fault::Unsupported),
            (r#"{"id":7,"error":"too many requests"}"#, Fault::Busy { after: None }),
        ] {
            assert_eq!(single(body.as_bytes(), 7).unwrap_err().fault, fault, "{body}");
        }
    }

    #[test]
    fn a_node_may_say_how_long_to_wait() {
        let body = br#"{"id":1,"error":{"code":-32005,"message":"slow down","data":{"rate":{"backoff_seconds":1.5}}}}"#;
        let after = Some(Duration::from_millis(1500));
        assert_eq!(single(body, 1).unwrap_err().fault, Fault::Busy { after });
    }

    #[test]
    fn batches_may_come_in_any_order() {
        let body = br#"[{"id":2,"result":2},{"id":3,"error":{"code":-32000,"message":"header not found"}}]"#;
        let results = batch(body, &[1, 2, 3]).unwrap();
        assert_eq!(results[0].as_ref().unwrap_err().fault, Fault::Busy { after: None });
        assert_eq!(results[1].as_ref().unwrap().get(), "2");
        assert_eq!(results[2].as_ref().unwrap_err().fault, Fault::Absent);
        for (body, said) in [
            (r#"[{"id":9,"result":2}]"#, "another request"),
            (r#"[{"id":1,"result":2},{"id":1,"result":2}]"#, "more answers"),
            (r#"{"id":1,"result":2}"#, "one answer"),
            (r#"{"id":null,"error":{"code":-32005,"message":"no batches"}}"#, "no batches"),
        ] {
            let failure = batch(body.as_bytes(), &[1]).unwrap_err();
            assert!(failure.reason.contains(said), "{failure:?}");
        }
    }

    #[test]
    fn long_lists_and_errors_are_not_kept() {
        let long = format!("[{}{{}}]", "{},".repeat(1 << 16));
        assert!(batch(long.as_bytes(), &[1, 2]).unwrap_err().reason.contains("more answers"));
        assert_eq!(batch(b"[] []", &[1]).unwrap_err().fault, Fault::Busy { after: None });
        let mut list = serde_json::Deserializer::from_str(&long);
        assert_eq!(Answers(3).deserialize(&mut list).unwrap().len(), 3);

        let zeros = "0,".repeat(1 << 16);
        for error in [format!("[{zeros}0]"), format!("{{\"code\":-32601,\"message\":[{zeros}0]}}")] {
            let body = format!("{{\"id\":1,\"error\":{error}}}");
            let failure = single(body.as_bytes(), 1).unwrap_err();
            assert!(failure.reason.ends_with("an error without a message"), "{failure:?}");
            assert_eq!(error_object(body.as_bytes()), None);
        }
    }

    #[test]
    fn errors_are_found_in_any_body() {
        for (body, code, message) in [
            (r#"{"id":1,"error":{"code":-1,"message":"no"}}"#, Some(-1), "no"),
            (r#"{"error":"no"}"#, None, "no"),
            (r#"{"code":404,"message":"Block not found"}"#, Some(404), "Block not found"),
        ] {
            let found = error_object(body.as_bytes()).unwrap();
            assert_eq!((found.code, found.message.as_str()), (code, message));
        }
        assert_eq!(error_object(b"<html>"), None);
        assert_eq!(error_object(br#"{"id":1,"result":{}}"#), None);
        assert_eq!(error_object(br#"{"message":"","data":[]}"#), None);
    }

    proptest! {
        /// Whatever a node sends, reading it ends with an answer or a failure.
        #[test]
        fn any_body_is_read(body in "([\\[\\]{}:,]|\"(id|result|error|code|message|data)\"|null|[0-9]{1,3}| ){0,24}") {
            let _ = single(body.as_bytes(), 7);
            let _ = batch(body.as_bytes(), &[7, 8]);
            let _ = error_object(body.as_bytes());
        }

        #[test]
        fn any_bytes_are_read(body in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = single(&body, 7);
            let _ = batch(&body, &[7]);
            let _ = error_object(&body);
        }
    }
}
