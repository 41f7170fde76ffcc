//! The endpoint `blob_sidecars`, which nodes of before Fusaka have.

use alloy_primitives::{B256, Bytes};
use serde::Deserialize;

use super::{BLOB_BYTES, Blob, MOST_BLOBS, Slot, versioned_hash};
use crate::{encode::BoundedList, endpoint::Endpoint, fault::CallError};

const PATH: &str = "eth/v1/beacon/blob_sidecars";

#[derive(Deserialize)]
struct Answer {
    data: BoundedList<Sidecar, MOST_BLOBS>,
}

#[derive(Deserialize)]
struct Sidecar {
    blob: Bytes,
    kzg_commitment: Bytes,
}

/// Asks for all blobs of the slot: the hint does not say which index in the block the blob has.
pub(super) async fn get(endpoint: &Endpoint, slot: Slot, hash: B256) -> Result<Blob, CallError> {
    let body = endpoint.get(&format!("{PATH}/{slot}")).await?;
    find(&body, hash)
}

/// The blob in the body of an answer, with the commitment that the node says it has. Whether it has is checked when the
/// pre-images are stored.
fn find(body: &[u8], hash: B256) -> Result<Blob, CallError> {
    let answer: Answer = serde_json::from_slice(body)
        .map_err(|error| CallError::wrong(PATH, format!("the answer is no list of sidecars: {error}")))?;
    if answer.data.0.is_empty() {
        return Err(CallError::absent(PATH, "the node has no blobs of this slot"));
    }
    let mut found = answer.data.0.into_iter().filter_map(|sidecar| {
        let commitment = <[u8; 48]>::try_from(sidecar.kzg_commitment.as_ref()).ok()?;
        let fits = versioned_hash(&commitment) == hash && sidecar.blob.len() == BLOB_BYTES;
        fits.then_some(Blob { commitment, bytes: sidecar.blob })
    });
    found.next().ok_or_else(|| CallError::absent(PATH, "no blob of this slot has the versioned hash"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;
    use serde_json::json;

    #[test]
    fn the_sidecar_with_the_hash_is_found() {
        let sidecar = |byte: u8, length| {
            json!({
                "index": "0", "blob": Bytes::from(vec![byte; length]), "kzg_commitment": Bytes::from(vec![byte; 48]),
                "kzg_proof": "0x", "signed_block_header": {}, "kzg_commitment_inclusion_proof": [],
            })
        };
        let hash = versioned_hash(&[2; 48]);
        let find =
            |data| super::find(json!({ "version": "deneb", "data": data }).to_string().as_bytes(), hash);
        let found = find(json!([sidecar(1, BLOB_BYTES), sidecar(2, BLOB_BYTES)])).unwrap();
        assert_eq!((found.commitment, found.bytes.len()), ([2; 48], BLOB_BYTES));
        assert_eq!(find(json!([])).unwrap_err().fault, Fault::Absent);
        assert_eq!(find(json!([sidecar(2, 5)])).unwrap_err().fault, Fault::Absent);
        assert_eq!(find(json!([{"blob": 5}])).unwrap_err().fault, Fault::Wrong);
    }
}
