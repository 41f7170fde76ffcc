//! Witnesses: all that the execution of a block reads of the state.

use alloy_primitives::{B256, Bytes, keccak256};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json, value::RawValue};

use super::json::{quantity, read};
use crate::{
    encode::{self, BoundedList},
    endpoint::Endpoint,
    fault::CallError,
};

const EXECUTION_WITNESS: &str = "debug_executionWitness";
const EXECUTE_PAYLOAD: &str = "debug_executePayload";

/// Trie nodes that a witness may have; the same for code. The largest blocks read some ten thousand.
const MOST_VALUES: usize = 1 << 18;

/// Headers that a witness may have: BLOCKHASH reads up to 256.
const MOST_HEADERS: usize = 1 << 10;

/// Trie nodes, code and headers. Only the values count: nodes differ in whether they send arrays or maps, and in what the
/// keys of the maps are.
#[derive(Debug, Deserialize)]
pub(crate) struct Witness {
    #[serde(default)]
    state: BoundedList<Bytes, MOST_VALUES>,
    #[serde(default)]
    codes: BoundedList<Bytes, MOST_VALUES>,
    #[serde(default)]
    headers: BoundedList<HeaderValue, MOST_HEADERS>,
}

impl Witness {
    /// Trie nodes, code and headers, each with its hash.
    pub(crate) fn values(&self) -> impl Iterator<Item = (B256, Bytes)> {
        let values = self.state.0.iter().chain(&self.codes.0);
        let values = values.chain(self.headers.0.iter().filter_map(|header| header.0.as_ref()));
        values.filter(|value| !value.is_empty()).map(|value| (keccak256(value), value.clone()))
    }
}

/// Asks for the witness of the canonical block with this number.
///
/// By the number: some nodes take no hash. What comes is of use whatever the block is, because each value has its own hash.
pub(crate) async fn execution_witness(endpoint: &Endpoint, number: u64) -> Result<Witness, CallError> {
    if endpoint.lacks(EXECUTION_WITNESS) {
        return Err(CallError::unsupported(EXECUTION_WITNESS, "the node lacks the method"));
    }
    let answer = endpoint.call(EXECUTION_WITNESS, json!([quantity(number)])).await?;
    read(EXECUTION_WITNESS, &answer)
}

/// Asks for the witness of the block that these attributes make of `parent`.
pub(crate) async fn payload_witness(
    endpoint: &Endpoint,
    parent: B256,
    attributes: &str,
) -> Result<Witness, CallError> {
    if endpoint.lacks(EXECUTE_PAYLOAD) {
        return Err(CallError::unsupported(EXECUTE_PAYLOAD, "the node lacks the method"));
    }
    let attributes: Value = serde_json::from_str(attributes)
        .map_err(|error| CallError::unsupported(EXECUTE_PAYLOAD, format!("the hint is no JSON: {error}")))?;
    let answer = endpoint.call(EXECUTE_PAYLOAD, json!([parent, attributes])).await?;
    read(EXECUTE_PAYLOAD, &answer)
}

/// The RLP of a header, from hex or from an object. `None` if it is neither: a witness without it still helps.
#[derive(Debug)]
struct HeaderValue(Option<Bytes>);

impl<'de> Deserialize<'de> for HeaderValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(deserializer)?;
        let rlp = match json.get().starts_with('{') {
            true => encode::header(json.get()).ok(),
            false => serde_json::from_str(json.get()).ok(),
        };
        Ok(Self(rlp))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_consensus::Header;
    use proptest::prelude::*;

    fn values(json: &Value) -> Vec<Bytes> {
        let witness: Witness = serde_json::from_str(&json.to_string()).unwrap();
        let values: Vec<_> = witness.values().collect();
        assert!(values.iter().all(|(hash, value)| *hash == keccak256(value)));
        values.into_iter().map(|(_, value)| value).collect()
    }

    #[test]
    fn all_shapes_have_the_same_values() {
        let header = Header { number: 5, ..Header::default() };
        let rlp = Bytes::from(alloy_rlp::encode(&header));
        let expected = [Bytes::from_static(&[1]), Bytes::from_static(&[2, 3]), rlp.clone()];
        for json in [
            json!({"state": ["0x01"], "codes": ["0x0203"], "keys": null, "headers": [header]}),
            json!({"state": ["0x01"], "codes": ["0x0203"], "keys": ["0x0a"], "headers": [rlp]}),
            json!({"state": {"0xlie": "0x01"}, "codes": {"0x": "0x0203"}, "keys": {}, "headers": [rlp]}),
        ] {
            assert_eq!(values(&json), expected, "{json}");
        }
        assert!(values(&json!({})).is_empty());
        assert!(values(&json!({"state": null, "codes": [], "headers": [{"no": "header"}, 7]})).is_empty());
    }

    #[test]
    fn what_is_no_witness_is_refused() {
        for json in ["{\"state\": 5}", "{\"state\": [5]}", "{\"state\": [\"0x0\"]}", "\"0x\""] {
            assert!(serde_json::from_str::<Witness>(json).is_err(), "{json}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_read(text in "[\\[\\]{}\",:0-9a-fx]{0,80}") {
            let _ = serde_json::from_str::<Witness>(&format!("{{\"state\":{text}}}"));
            let _ = serde_json::from_str::<Witness>(&format!("{{\"headers\":{text}}}"));
        }
    }
}
