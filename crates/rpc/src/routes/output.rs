//! The output behind the agreed output root.

use alloy_primitives::{Address, B256, Bytes, address, keccak256};
use alloy_rlp::Decodable;
use tribunal_host::SourceError;
use tribunal_mpt::{EMPTY_ROOT, MemoryProvider, Trie};
use tribunal_preimage::PreimageKey;
use tribunal_rollup::OutputRoot;

use super::{BlockRef, Chain, Fetch};
use crate::{
    encode::{Facts, fields},
    endpoint::Endpoint,
    fault::CallError,
    methods,
};

/// The contract whose storage an output root commits to.
pub(super) const MESSAGE_PASSER: Address = address!("0x4200000000000000000000000000000000000016");

const GET_PROOF: &str = methods::GET_PROOF;

impl Fetch<'_> {
    /// An output root says nothing of its block, so that the block has to be given.
    pub(super) async fn output(&self, root: B256) -> Result<(), SourceError> {
        let agreed_head = self.learned().agreed_head();
        let Some(head) = agreed_head else {
            let reason = "the hash of the agreed L2 block is needed (--agreed-l2-head-hash)";
            return Err(self.own_failure("output", reason));
        };
        self.ask(self.execution_nodes(Chain::L2), |endpoint| async move {
            let facts = self.facts(&endpoint, Chain::L2, head).await?;
            let storage_root = match in_header(root, head, &facts) {
                Some(storage_root) => storage_root,
                None => self.in_state(&endpoint, head, &facts).await?,
            };
            let output = output(head, &facts, storage_root);
            if output.hash() != root {
                // Header and proof are checked, so that no other node helps.
                let reason = "the agreed L2 block has another output root";
                return Err(CallError::ours("output", reason));
            }
            let key = PreimageKey::new_keccak256(root.0);
            self.accept("output", &[(key, Bytes::copy_from_slice(&output.encode()))])
        })
        .await
    }

    /// The root of the contract's storage, from a proof.
    async fn in_state(&self, endpoint: &Endpoint, head: B256, facts: &Facts) -> Result<B256, CallError> {
        let (root, proof) = proven_root(endpoint, head, facts).await?;
        self.keep_proof(MESSAGE_PASSER, BlockRef::Hash(head), &proof, Some(*facts))?;
        Ok(root)
    }
}

/// The root of the contract's storage in the state of a block.
pub(crate) async fn message_passer_root(
    endpoint: &Endpoint,
    hash: B256,
    facts: &Facts,
) -> Result<B256, CallError> {
    proven_root(endpoint, hash, facts).await.map(|(root, _)| root)
}

/// The same, with the proof of it.
async fn proven_root(
    endpoint: &Endpoint,
    hash: B256,
    facts: &Facts,
) -> Result<(B256, methods::Proof), CallError> {
    let proof = methods::proof(endpoint, MESSAGE_PASSER, B256::ZERO, BlockRef::Hash(hash)).await?;
    let root = storage_root(facts.state_root, proof.account_nodes(), MESSAGE_PASSER);
    let root = root.ok_or_else(|| CallError::wrong(GET_PROOF, "the proof is not of this state"))?;
    Ok((root, proof))
}

fn output(head: B256, facts: &Facts, withdrawals_storage_root: B256) -> OutputRoot {
    OutputRoot { state_root: facts.state_root, withdrawals_storage_root, block_hash: head }
}

/// The root of the contract's storage, if the header has it: since Isthmus.
fn in_header(root: B256, head: B256, facts: &Facts) -> Option<B256> {
    facts.withdrawals_root.filter(|storage_root| output(head, facts, *storage_root).hash() == root)
}

/// The storage root of an account, if the nodes prove it.
fn storage_root(state_root: B256, nodes: &[Bytes], address: Address) -> Option<B256> {
    let mut provider = MemoryProvider::default();
    nodes.iter().for_each(|node| {
        provider.insert(node.clone());
    });
    let mut trie = Trie::from_root(state_root);
    let account = trie.get(keccak256(address).as_slice(), &provider).ok()?;
    // An account is nonce, balance, storage root and code hash.
    match account {
        Some(account) => B256::decode(&mut &**fields(account)?.get(2)?).ok(),
        None => Some(EMPTY_ROOT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_consensus::{TrieAccount, constants::KECCAK_EMPTY};
    use alloy_primitives::U256;
    use proptest::prelude::*;

    /// A state with a few accounts, as root and nodes.
    fn state() -> (B256, Vec<Bytes>) {
        let mut trie = Trie::new();
        let provider = MemoryProvider::default();
        for byte in 0..20 {
            let address = if byte == 0 { MESSAGE_PASSER } else { Address::repeat_byte(byte) };
            let storage = B256::repeat_byte(byte);
            let account = TrieAccount {
                nonce: 1,
                balance: U256::from(2),
                storage_root: storage,
                code_hash: KECCAK_EMPTY,
            };
            let account = alloy_rlp::encode(account);
            trie.insert(keccak256(address).as_slice(), account.into(), &provider).unwrap();
        }
        let mut nodes = Vec::new();
        let root = trie.root_with(|_, rlp| nodes.push(Bytes::copy_from_slice(rlp)));
        (root, nodes)
    }

    #[test]
    fn only_a_proof_of_this_state_counts() {
        let (root, nodes) = state();
        assert_eq!(storage_root(root, &nodes, Address::repeat_byte(3)), Some(B256::repeat_byte(3)));
        assert_eq!(storage_root(root, &nodes, MESSAGE_PASSER), Some(B256::ZERO));
        assert_eq!(storage_root(root, &nodes, Address::repeat_byte(0xee)), Some(EMPTY_ROOT));
        assert_eq!(storage_root(B256::ZERO, &nodes, MESSAGE_PASSER), None);
        assert_eq!(storage_root(root, &[], MESSAGE_PASSER), None);
    }

    proptest! {
        #[test]
        fn wrong_nodes_never_panic(at: prop::sample::Index, byte: u8, node: prop::sample::Index) {
            let (root, mut nodes) = state();
            let node = node.index(nodes.len());
            let mut changed = nodes[node].to_vec();
            let at = at.index(changed.len());
            changed[at] = byte;
            nodes[node] = changed.into();
            let _ = storage_root(root, &nodes, MESSAGE_PASSER);
        }
    }
}
