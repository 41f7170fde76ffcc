//! What a claim is made of, asked from the nodes: block hashes, output roots, L1 origins.
//!
//! Nothing here is proven. A claim that is made of it is decided afterwards, by the rules.

use alloy_consensus::Header as ConsensusHeader;
use alloy_primitives::{B256, Bytes};
use alloy_rlp::Decodable;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{collections::BTreeMap, sync::Arc};
use tribunal_host::SourceError;
use tribunal_preimage::PreimageKey;
use tribunal_rollup::{BlockNumHash, L2BlockInfo, OutputRoot, RollupConfig};

use crate::{
    endpoint::Endpoint,
    error::RpcError,
    fault::CallError,
    methods,
    nodes::Nodes,
    role::Role,
    routes::{Chain, message_passer_root},
};

const BY_NUMBER: &str = "eth_getBlockByNumber";

/// A block of L2 and its output root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The block.
    pub block: BlockNumHash,
    /// Its output root.
    pub root: B256,
    /// The pre-image of the output root.
    pub encoded: Bytes,
}

/// Which block of L1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum L1Block {
    /// The one with this number.
    Number(u64),
    /// The newest that is final.
    Finalized,
    /// The newest.
    Latest,
}

impl Nodes {
    /// The chain id of L1.
    ///
    /// # Errors
    /// What was tried, if no node answers.
    pub fn l1_chain_id(&self) -> Result<u64, RpcError> {
        self.ask_about(&self.roles().l1, |endpoint| async move { methods::chain_id(&endpoint).await })
    }

    /// The chain id of L2.
    ///
    /// # Errors
    /// What was tried, if no node answers.
    pub fn l2_chain_id(&self) -> Result<u64, RpcError> {
        self.ask_about(&self.roles().l2, |endpoint| async move { methods::chain_id(&endpoint).await })
    }

    /// Number and hash of a block of L1. `None` if there is no such block, as far as the nodes know.
    ///
    /// # Errors
    /// What was tried, if no node answers.
    pub fn l1_block(&self, block: L1Block) -> Result<Option<BlockNumHash>, RpcError> {
        let tag = match block {
            L1Block::Number(number) => format!("{number:#x}"),
            L1Block::Finalized => "finalized".to_owned(),
            L1Block::Latest => "latest".to_owned(),
        };
        self.ask_about(&self.roles().l1, |endpoint| {
            let tag = tag.clone();
            async move {
                let found = methods::header_by_tag(&endpoint, &tag).await?;
                let found = found.map(|(hash, header)| BlockNumHash { number: header.facts.number, hash });
                match (found, block) {
                    (Some(found), L1Block::Number(asked)) if found.number != asked => {
                        Err(CallError::wrong(BY_NUMBER, "the block has another number"))
                    }
                    _ => Ok(found),
                }
            }
        })
    }

    /// The output of an L2 block.
    ///
    /// # Errors
    /// What was tried, if no node has the block or its state.
    pub fn output(&self, number: u64, config: &RollupConfig) -> Result<Output, RpcError> {
        self.ask_about(&self.roles().l2, |endpoint| async move {
            let found = methods::header_by_tag(&endpoint, &format!("{number:#x}")).await?;
            let Some((hash, header)) = found else {
                return Err(CallError::absent(BY_NUMBER, format!("there is no L2 block {number}")));
            };
            let facts = header.facts;
            if facts.number != number {
                return Err(CallError::wrong(BY_NUMBER, "the block has another number"));
            }
            let storage_root = match facts.withdrawals_root {
                Some(root) if config.is_isthmus_active(facts.time) => root,
                _ => message_passer_root(&endpoint, hash, &facts).await?,
            };
            let output = OutputRoot {
                state_root: facts.state_root,
                withdrawals_storage_root: storage_root,
                block_hash: hash,
            };
            Ok(Output {
                block: BlockNumHash { number, hash },
                root: output.hash(),
                encoded: Bytes::copy_from_slice(&output.encode()),
            })
        })
    }

    /// The L1 origin of an L2 block.
    ///
    /// # Errors
    /// What was tried, if no node has the block, or if it is not a block of `config`'s chain.
    pub fn l1_origin(&self, l2: BlockNumHash, config: &RollupConfig) -> Result<BlockNumHash, RpcError> {
        self.ask_about(&self.roles().l2, |endpoint| async move {
            let block = methods::transactions(&endpoint, Chain::L2, l2.hash).await?;
            let header = ConsensusHeader::decode(&mut block.header.rlp.as_ref())
                .map_err(|error| CallError::wrong("eth_getBlockByHash", error.to_string()))?;
            let first = block.transactions.first().map_or(&[][..], |first| first);
            L2BlockInfo::from_header_and_first_tx(l2.hash, &header, first, config)
                .map(|info| info.l1_origin)
                .map_err(|error| CallError::wrong("eth_getBlockByHash", error.to_string()))
        })
    }

    /// The rollup config that a rollup node runs with, as JSON in op-node's form.
    ///
    /// # Errors
    /// What was tried, if no rollup node answers.
    pub fn rollup_config(&self) -> Result<Bytes, RpcError> {
        self.ask_about(&self.roles().rollup_node, |endpoint| async move {
            let answer = endpoint.call("optimism_rollupConfig", serde_json::json!([])).await?;
            #[derive(Deserialize)]
            struct Object<'a>(#[serde(borrow)] BTreeMap<String, &'a RawValue>);
            match serde_json::from_str::<Object<'_>>(answer.get()) {
                Ok(Object(fields)) if !fields.is_empty() => Ok(Bytes::from(answer.get().as_bytes().to_vec())),
                _ => Err(CallError::wrong("optimism_rollupConfig", "the answer is no config")),
            }
        })
    }

    /// Asks one kind of node, for no pre-image in particular.
    fn ask_about<T, Fut>(&self, role: &Role, attempt: impl Fn(Arc<Endpoint>) -> Fut) -> Result<T, RpcError>
    where
        Fut: Future<Output = Result<T, CallError>>,
    {
        // A request needs a key. What is asked for here becomes the claim, whose number has this one.
        let key = PreimageKey::new_local(4);
        let answered = match self.runtime() {
            Some(runtime) => runtime.block_on(role.ask(key, &|| false, attempt)),
            None => Err(SourceError::default()),
        };
        answered.map_err(|error| RpcError::Unanswered { tried: without_keys(&error) })
    }
}

/// What was tried, without the keys, which stand for nothing.
fn without_keys(error: &SourceError) -> String {
    let attempts = error.attempts().map(|(attempt, times)| {
        let text = format!("{} at {}: {}", attempt.method, attempt.endpoint, attempt.reason);
        if times > 1 { format!("{text} ({times} times)") } else { text }
    });
    let attempts: Vec<String> = attempts.collect();
    let attempts = if attempts.is_empty() { "nothing was tried".into() } else { attempts.join(", ") };
    match error.why() {
        Some(why) => format!("{why}; {attempts}"),
        None => attempts,
    }
}
