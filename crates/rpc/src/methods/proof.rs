//! Proofs of accounts and slots.

use alloy_primitives::{Address, B256, Bytes};
use serde::Deserialize;
use serde_json::json;

use super::json::{call_at_hash, quantity, read};
use crate::{endpoint::Endpoint, fault::CallError, routes::BlockRef};

pub(crate) const GET_PROOF: &str = "eth_getProof";

/// The nodes on the way to an account and its slots, and what the node says of the account. None of it is checked.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Proof {
    account_proof: Vec<Bytes>,
    #[serde(default)]
    storage_proof: Vec<StorageProof>,
    #[serde(default)]
    pub(crate) code_hash: B256,
}

#[derive(Debug, Deserialize)]
struct StorageProof {
    proof: Vec<Bytes>,
}

impl Proof {
    /// The nodes, the account's first.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Bytes> {
        self.account_proof.iter().chain(self.storage_proof.iter().flat_map(|slot| &slot.proof))
    }

    /// The nodes on the way to the account.
    pub(crate) fn account_nodes(&self) -> &[Bytes] {
        &self.account_proof
    }
}

/// Asks for the proof of an account and of one of its slots after `block`.
pub(crate) async fn proof(
    endpoint: &Endpoint,
    address: Address,
    slot: B256,
    block: BlockRef,
) -> Result<Proof, CallError> {
    let answer = match block {
        BlockRef::Number(number) => {
            endpoint.call(GET_PROOF, json!([address, [slot], quantity(number)])).await?
        }
        BlockRef::Hash(hash) => {
            call_at_hash(endpoint, GET_PROOF, hash, |block| json!([address, [slot], block])).await?
        }
    };
    read(GET_PROOF, &answer)
}
