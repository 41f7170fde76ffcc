//! The transactions and the receipts of a block.
//!
//! A list whose root is the header's is right, and so is all that is missing in it: another node would send the same.

use alloy_primitives::B256;
use tribunal_host::SourceError;

use super::{Chain, Fetch};
use crate::methods;

impl Fetch<'_> {
    pub(super) async fn transactions(&self, chain: Chain, block: B256) -> Result<(), SourceError> {
        self.ask(self.execution_nodes(chain), |endpoint| async move {
            let found = methods::transactions(&endpoint, chain, block).await?;
            self.store_header(chain, block, &found.header)?;
            if chain == Chain::L1 {
                self.learned().learn_transactions(block, &found.transactions);
            }
            self.accept("transactions", &found.nodes)
        })
        .await
    }

    pub(super) async fn receipts(&self, chain: Chain, block: B256) -> Result<(), SourceError> {
        // It goes from attempt to attempt, also to other nodes.
        let pieces = &methods::Pieces::default();
        self.ask(self.execution_nodes(chain), |endpoint| async move {
            let facts = self.facts(&endpoint, chain, block).await?;
            let nodes = methods::receipts(&endpoint, block, facts.receipts_root, pieces).await?;
            self.accept("receipts", &nodes)
        })
        .await
    }
}
