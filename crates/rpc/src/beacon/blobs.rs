//! The endpoint `blobs`: blobs by their versioned hashes.

use alloy_primitives::{B256, Bytes};
use serde::Deserialize;

use super::{BLOB_BYTES, Blob, MOST_BLOBS, Slot};
use crate::{encode::BoundedList, endpoint::Endpoint, fault::CallError};

const PATH: &str = "eth/v1/beacon/blobs";

/// Blobs of a slot in the order of the block, without their commitments.
#[derive(Deserialize)]
struct Answer {
    data: BoundedList<Bytes, MOST_BLOBS>,
}

/// Asks for one blob. One at a time, because nodes differ in how a request lists several.
pub(super) async fn get(endpoint: &Endpoint, slot: Slot, hash: B256) -> Result<Blob, CallError> {
    let body = endpoint.get(&format!("{PATH}/{slot}?versioned_hashes={hash}")).await?;
    // Commitments take a while to compute.
    tokio::task::block_in_place(|| find(&body, hash))
}

/// The blob in the body of an answer. A node that does not know the parameter sends all blobs of the slot.
fn find(body: &[u8], hash: B256) -> Result<Blob, CallError> {
    let answer: Answer = serde_json::from_slice(body)
        .map_err(|error| CallError::wrong(PATH, format!("the answer is no list of blobs: {error}")))?;
    if answer.data.0.is_empty() {
        return Err(CallError::absent(PATH, "the node has no such blob in this slot"));
    }
    let blobs = answer.data.0.into_iter().filter(|bytes| bytes.len() == BLOB_BYTES);
    let mut found = blobs.filter_map(Blob::committed).filter(|blob| blob.versioned_hash() == hash);
    found.next().ok_or_else(|| CallError::wrong(PATH, "no blob in the answer has the versioned hash"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;
    use serde_json::json;

    #[test]
    fn the_blob_is_found_among_others() {
        let blob = |byte| {
            let mut bytes = vec![0; BLOB_BYTES];
            bytes[100] = byte;
            Bytes::from(bytes)
        };
        let hash = Blob::committed(blob(2)).unwrap().versioned_hash();
        let answer = |blobs: &[Bytes]| json!({"finalized": true, "data": blobs}).to_string();
        let found = find(answer(&[Bytes::new(), blob(1), blob(2)]).as_bytes(), hash).unwrap();
        assert_eq!(found.versioned_hash(), hash);
        let fault = |body: &str| find(body.as_bytes(), hash).unwrap_err().fault;
        assert_eq!(fault(&answer(&[])), Fault::Absent);
        assert_eq!(fault(&answer(&[blob(1)])), Fault::Wrong);
        for body in ["", "{}", "{\"data\":[5]}"] {
            assert_eq!(fault(body), Fault::Wrong, "{body}");
        }
    }
}
