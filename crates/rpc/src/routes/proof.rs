//! Proofs of accounts and slots.

use alloy_primitives::{Address, B256, keccak256};
use tribunal_host::SourceError;
use tribunal_preimage::PreimageKey;

use super::{BlockRef, Chain, Fetch, Request, fetch::WITHOUT_WANTED, pool::AnswerNumber};
use crate::{
    encode::Facts,
    endpoint::Endpoint,
    fault::CallError,
    methods::{self, Proof, Tried},
};

impl Fetch<'_> {
    /// The nodes on the way to what the request names. Where a node cannot prove it, a witness may have them.
    pub(super) async fn proof(&self) -> Result<(), SourceError> {
        self.ask(self.execution_nodes(Chain::L2), |endpoint| async move {
            let mut tried = Tried::default();
            let asked = self.proof_at(&endpoint, self.request).await;
            match asked.and_then(|()| self.require_wanted(methods::GET_PROOF)) {
                Ok(()) => return Ok(()),
                Err(error) => tried.note_slow(error)?,
            }
            self.witnesses_at(&endpoint, &mut tried).await?;
            match self.has_wanted() {
                true => Ok(()),
                false => Err(tried.into_error()),
            }
        })
        .await
    }

    /// Asks one node for the proof of an account or a slot.
    pub(super) async fn proof_at(&self, endpoint: &Endpoint, request: &Request) -> Result<(), CallError> {
        let (block, address, slot) = match request {
            // With the first slot, the root of the account's storage comes too.
            Request::Account { block, address } => (*block, *address, B256::ZERO),
            Request::Slot { block, address, slot } => (*block, *address, *slot),
            _ => return Ok(()),
        };
        let proof = methods::proof(endpoint, address, slot, block).await?;
        let trusted = self.learned().trusted_block(request).map(|(_, facts)| facts);
        let answer = self.keep_proof(address, block, &proof, trusted)?;
        self.learned().learn_answer(request, endpoint.name(), answer);
        Ok(())
    }

    /// Keeps the nodes of a proof: see [`Fetch::keep`].
    pub(super) fn keep_proof(
        &self,
        address: Address,
        block: BlockRef,
        proof: &Proof,
        trusted: Option<Facts>,
    ) -> Result<AnswerNumber, CallError> {
        let nodes =
            proof.nodes().map(|node| (PreimageKey::new_keccak256(keccak256(node).0), node.clone())).collect();
        let answer = self.keep(methods::GET_PROOF, nodes, trusted)?;
        self.learned().learn_code(proof.code_hash, address, block);
        Ok(answer)
    }

    /// Asks one node for the proofs that the program announced, the last first, and for those that any program reads, until the
    /// pre-image `key` came. What the node has sent is not asked for again.
    pub(super) async fn likely_proofs_at(
        &self,
        endpoint: &Endpoint,
        key: PreimageKey,
        tried: &mut Tried,
    ) -> Result<(), CallError> {
        /// Proofs that are tried for one pre-image.
        const MOST: usize = 8;
        let likely: Vec<Request> = {
            let learned = self.learned();
            learned.announced().take(MOST).cloned().chain(learned.output_proofs()).collect()
        };
        for request in likely {
            if self.shared.came_from(endpoint.name(), &request) {
                continue;
            }
            match self.proof_at(endpoint, &request).await {
                Ok(()) if self.has(key) => return Ok(()),
                Ok(()) => tried.note(CallError::absent(methods::GET_PROOF, WITHOUT_WANTED))?,
                Err(error) => tried.note_slow(error)?,
            }
        }
        Ok(())
    }
}
