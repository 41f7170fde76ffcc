//! Nodes of the state and of storage, by their hashes.

use alloy_primitives::B256;
use tribunal_host::SourceError;
use tribunal_preimage::PreimageKey;

use super::{Chain, Fetch};
use crate::{
    endpoint::Endpoint,
    fault::CallError,
    methods::{self, Tried},
};

impl Fetch<'_> {
    pub(super) async fn state_node(&self, hash: B256) -> Result<(), SourceError> {
        self.ask(self.execution_nodes(Chain::L2), |endpoint| async move {
            self.state_node_at(&endpoint, hash).await
        })
        .await
    }

    /// Asks one node: for what it has under the hash, then for the witness of the block, then for proofs. Only the first two
    /// have siblings of leaves that are deleted.
    async fn state_node_at(&self, endpoint: &Endpoint, hash: B256) -> Result<(), CallError> {
        let key = PreimageKey::new_keccak256(hash.0);
        let mut tried = Tried::default();
        let has_nodes = !self.learned().is_without_nodes(endpoint.name());
        if has_nodes {
            match methods::db_get(endpoint, hash.as_slice(), hash).await {
                Ok(node) => return self.accept("debug_dbGet", &[(key, node)]),
                Err(error) => tried.note(error)?,
            }
        }
        self.witnesses_at(endpoint, &mut tried).await?;
        if !self.has(key) {
            self.likely_proofs_at(endpoint, key, &mut tried).await?;
        }
        if !self.has(key) {
            return Err(tried.into_error());
        }
        if has_nodes {
            // The node has it, but not under its hash: so it is with all others.
            self.learned().learn_without_nodes(endpoint.name());
        }
        Ok(())
    }
}
