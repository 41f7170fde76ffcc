//! Headers.

use alloy_primitives::{B256, Bytes};
use std::time::Duration;
use tribunal_host::SourceError;
use tribunal_preimage::PreimageKey;

use super::{Chain, Fetch, Request};
use crate::{
    fault::CallError,
    methods::{self, Header},
    prefetch::Turn,
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
        self.header_once(hash).await?;
        self.ask(self.execution_nodes(Chain::L1), |endpoint| async move {
            let child = self.facts(&endpoint, Chain::L1, hash).await?;
            let count = self.unknown_before(child.number);
            if count == 0 {
                return Ok(());
            }
            let headers = methods::ancestors(&endpoint, child, count).await?;
            let preimages: Vec<_> = headers.iter().map(|(hash, header)| preimage(*hash, header)).collect();
            // First, because the program goes on as soon as the headers are in the store.
            headers.iter().for_each(|(hash, header)| {
                self.learned().learn_header(Chain::L1, *hash, header.facts);
            });
            self.accept("headers", &preimages)
        })
        .await
    }

    /// How many headers of L1 before this number are asked for: up to the next one that is known.
    fn unknown_before(&self, number: u64) -> u64 {
        let learned = self.learned();
        let before = (number.saturating_sub(TOGETHER)..number).rev();
        before.take_while(|number| learned.l1_hash(*number).is_none()).count() as u64
    }

    /// The header of L1 with this hash, unless it is known. The program may be asking for it at the same time.
    async fn header_once(&self, hash: B256) -> Result<(), SourceError> {
        if self.learned().facts(hash).is_some() {
            return Ok(());
        }
        let request = Request::Header { chain: Chain::L1, hash };
        match self.shared.in_flight.enter(&request) {
            Turn::Mine(_ticket) => Fetch { request: &request, ..*self }.header(Chain::L1, hash).await,
            Turn::Others(done) => {
                done.wait(Duration::MAX, &|| self.handle.is_cancelled()).await;
                Ok(())
            }
        }
    }

    pub(super) fn store_header(&self, chain: Chain, hash: B256, header: &Header) -> Result<(), CallError> {
        self.learned().learn_header(chain, hash, header.facts);
        self.accept("header", &[preimage(hash, header)])
    }
}

fn preimage(hash: B256, header: &Header) -> (PreimageKey, Bytes) {
    (PreimageKey::new_keccak256(hash.0), header.rlp.clone())
}
