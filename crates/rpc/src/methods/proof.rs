//! Proofs of accounts and slots.

use alloy_primitives::{Address, B256, Bytes};
use serde::Deserialize;
use serde_json::json;

use super::json::{call_at_hash, quantity, read};
use crate::{encode::BoundedList, endpoint::Endpoint, fault::CallError, routes::BlockRef};

pub(crate) const GET_PROOF: &str = "eth_getProof";

/// The nodes on one way: a key of 32 bytes has 64 digits, each of which leads through at most a node.
type Nodes = BoundedList<Bytes, 128>;

/// The nodes on the way to an account and its slots, and what the node says of the account. None of it is checked.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Proof {
    account_proof: Nodes,
    #[serde(default)]
    storage_proof: BoundedList<StorageProof, 8>,
    #[serde(default)]
    pub(crate) code_hash: B256,
}

#[derive(Debug, Deserialize)]
struct StorageProof {
    proof: Nodes,
}

impl Proof {
    /// The nodes, the account's first.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Bytes> {
        self.account_proof.0.iter().chain(self.storage_proof.0.iter().flat_map(|slot| &slot.proof.0))
    }

    /// The nodes on the way to the account.
    pub(crate) fn account_nodes(&self) -> &[Bytes] {
        &self.account_proof.0
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
