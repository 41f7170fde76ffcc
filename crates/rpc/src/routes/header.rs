//! Headers.

use alloy_primitives::{B256, Bytes};
use tribunal_host::SourceError;
use tribunal_preimage::PreimageKey;

use super::{Chain, Fetch};
use crate::{
    fault::CallError,
    methods::{self, Header},
};

/// Headers of L1 that are asked for together.
const TOGETHER: u64 = 32;

impl Fetch<'_> {
    pub(super) async fn header(&self, chain: Chain, hash: B256) -> Result<(), SourceError> {
        self.ask(self.execution_nodes(chain), |endpoint| async move {
            self.header_at(&endpoint, chain, hash).await.map(drop)
        })
        .await
    }

    /// The headers of L1 before the one with this hash, and that one.
    pub(super) async fn ancestors(&self, hash: B256) -> Result<(), SourceError> {
        self.ask(self.execution_nodes(Chain::L1), |endpoint| async move {
            let child = self.facts(&endpoint, Chain::L1, hash).await?;
            if child.number == 0 {
                return Ok(());
            }
            let headers = methods::ancestors(&endpoint, child, TOGETHER).await?;
            let preimages: Vec<_> = headers.iter().map(|(hash, header)| preimage(*hash, header)).collect();
            self.accept("headers", &preimages)?;
            let mut learned = self.learned();
            headers.iter().for_each(|(hash, header)| learned.learn_header(Chain::L1, *hash, header.facts));
            Ok(())
        })
        .await
    }

    pub(super) fn store_header(&self, chain: Chain, hash: B256, header: &Header) -> Result<(), CallError> {
        self.accept("header", &[preimage(hash, header)])?;
        self.learned().learn_header(chain, hash, header.facts);
        Ok(())
    }
}

fn preimage(hash: B256, header: &Header) -> (PreimageKey, Bytes) {
    (PreimageKey::new_keccak256(hash.0), header.rlp.clone())
}
