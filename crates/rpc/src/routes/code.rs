//! Code, by its hash.

use alloy_primitives::{Address, B256, Bytes};
use tribunal_host::SourceError;
use tribunal_preimage::PreimageKey;

use super::{BlockRef, Chain, Fetch, Request};
use crate::{
    endpoint::Endpoint,
    fault::CallError,
    methods::{self, Tried},
};

/// Accounts that are asked for the code.
const MOST_ACCOUNTS: usize = 8;

impl Fetch<'_> {
    pub(super) async fn code(&self, hash: B256) -> Result<(), SourceError> {
        self.ask(
            self.execution_nodes(Chain::L2),
            |endpoint| async move { self.code_at(&endpoint, hash).await },
        )
        .await
    }

    /// Asks one node: by the hash, then for the witness of the block, then for the code of accounts that may have it.
    async fn code_at(&self, endpoint: &Endpoint, hash: B256) -> Result<(), CallError> {
        let mut tried = Tried::default();
        match methods::code_by_hash(endpoint, hash).await {
            Ok(code) => return self.store_code(hash, code),
            Err(error) => tried.note(error)?,
        }
        self.witnesses_at(endpoint, &mut tried).await?;
        if self.has(PreimageKey::new_keccak256(hash.0)) {
            return Ok(());
        }
        for (address, block) in self.likely_owners(hash) {
            match methods::code_of(endpoint, hash, address, block).await {
                Ok(code) => return self.store_code(hash, code),
                Err(error) => tried.note(error)?,
            }
        }
        Err(tried.into_error())
    }

    pub(super) fn store_code(&self, hash: B256, code: Bytes) -> Result<(), CallError> {
        self.accept("code", &[(PreimageKey::new_keccak256(hash.0), code)])
    }

    /// The account that is known to have this code, and those that the program announced, the last first.
    fn likely_owners(&self, hash: B256) -> Vec<(Address, BlockRef)> {
        let learned = self.learned();
        let mut owners: Vec<_> = learned.code_owner(hash).into_iter().collect();
        for request in learned.announced() {
            let (Request::Account { block, address } | Request::Slot { block, address, .. }) = request else {
                continue;
            };
            if owners.len() < MOST_ACCOUNTS && !owners.iter().any(|(known, _)| known == address) {
                owners.push((*address, *block));
            }
        }
        owners
    }
}
