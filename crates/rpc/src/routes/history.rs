//! Hashes of old blocks, which L2 keeps in its state (EIP-2935).

use alloy_primitives::{Address, B256, U256, address};
use tribunal_host::SourceError;

use super::{BlockRef, Chain, Fetch};
use crate::methods;

/// The contract that keeps the hashes.
const HISTORY: Address = address!("0x0000F90827F1C53a10cb7A02335B175320002935");

/// How many it keeps.
const KEPT: u64 = 8191;

impl Fetch<'_> {
    /// What a program reads to find the hash of block `number` in the state of block `head`: the way to the contract's
    /// slot, and the contract's code.
    pub(super) async fn block_hash(&self, number: u64, head: B256) -> Result<(), SourceError> {
        let slot = B256::from(U256::from(number % KEPT));
        let block = BlockRef::Hash(head);
        self.ask(self.execution_nodes(Chain::L2), |endpoint| async move {
            let proof = methods::proof(&endpoint, HISTORY, slot, block).await?;
            let trusted = self.learned().trusted_block(self.request).map(|(_, facts)| facts);
            self.keep_proof(HISTORY, block, &proof, trusted)?;
            match methods::code_of(&endpoint, proof.code_hash, HISTORY, block).await {
                Ok(code) => self.store_code(proof.code_hash, code)?,
                // The code may be there already.
                Err(error) if !self.has_wanted() => return Err(error),
                Err(_) => {}
            }
            self.require_wanted(methods::GET_PROOF)
        })
        .await
    }
}
