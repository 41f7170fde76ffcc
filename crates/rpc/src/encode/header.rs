//! Headers.

use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes};
use serde::Deserialize;

/// The RLP of the header in this JSON object. Fields that a fork adds are in it if the object has them.
///
/// The object's own hash is not looked at.
pub(crate) fn header(json: &str) -> Result<Bytes, String> {
    let mut header: Header = serde_json::from_str(json).map_err(|error| format!("no header: {error}"))?;
    if header.block_access_list_hash.is_none() {
        let names: OtherNames = serde_json::from_str(json).map_err(|error| format!("no header: {error}"))?;
        header.block_access_list_hash = names.bal_hash;
    }
    Ok(alloy_rlp::encode(&header).into())
}

/// Fields that some nodes give other names.
#[derive(Deserialize)]
struct OtherNames {
    #[serde(rename = "balHash", default)]
    bal_hash: Option<B256>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{B64, Bloom, keccak256};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    /// A header with the first `forks` of the fields that forks added.
    fn with_forks(forks: usize) -> Header {
        let hash = B256::repeat_byte(7);
        let mut header = Header {
            parent_hash: hash,
            logs_bloom: Bloom::repeat_byte(1),
            number: 0x1234,
            gas_limit: 30_000_000,
            timestamp: 1_700_000_000,
            extra_data: Bytes::from_static(&[1, 2, 3]),
            nonce: B64::repeat_byte(9),
            ..Header::default()
        };
        let set: [&mut dyn FnMut(&mut Header); 8] = [
            &mut |header| header.base_fee_per_gas = Some(7),
            &mut |header| header.withdrawals_root = Some(hash),
            &mut |header| header.blob_gas_used = Some(0),
            &mut |header| header.excess_blob_gas = Some(0),
            &mut |header| header.parent_beacon_block_root = Some(hash),
            &mut |header| header.requests_hash = Some(hash),
            &mut |header| header.block_access_list_hash = Some(hash),
            &mut |header| header.slot_number = Some(5),
        ];
        set.into_iter().take(forks).for_each(|set| set(&mut header));
        header
    }

    #[test]
    fn headers_of_all_forks_keep_their_hash() {
        for forks in 0..=8 {
            let original = with_forks(forks);
            let rlp = header(&serde_json::to_string(&original).unwrap()).unwrap();
            assert_eq!(keccak256(&rlp), original.hash_slow(), "{forks} fields");
        }
    }

    #[test]
    fn null_means_absent_and_other_fields_are_ignored() {
        let original = with_forks(2);
        let mut json = serde_json::to_value(&original).unwrap();
        for (field, value) in [
            ("blobGasUsed", Value::Null),
            ("requestsHash", Value::Null),
            ("balHash", Value::Null),
            ("hash", json!("0xlie")),
            ("totalDifficulty", json!("0x0")),
            ("transactions", json!([{}])),
        ] {
            json[field] = value;
        }
        assert_eq!(keccak256(header(&json.to_string()).unwrap()), original.hash_slow());
    }

    #[test]
    fn the_access_list_has_two_names() {
        let original = with_forks(8);
        let mut json = serde_json::to_value(&original).unwrap();
        json["balHash"] = json["blockAccessListHash"].take();
        assert_eq!(keccak256(header(&json.to_string()).unwrap()), original.hash_slow());
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_read(text in ".{0,200}") {
            let _ = header(&text);
        }

        #[test]
        fn a_changed_field_never_panics(field: prop::sample::Index, text in ".{0,80}") {
            let mut json = serde_json::to_value(with_forks(8)).unwrap();
            let names: Vec<String> = json.as_object().unwrap().keys().cloned().collect();
            json[field.get(&names)] = Value::String(text);
            let _ = header(&json.to_string());
        }
    }
}
