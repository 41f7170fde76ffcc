//! One request that is followed to its end.

use alloy_primitives::{B256, Bytes};
use std::sync::{Arc, MutexGuard};
use tokio::time::Instant;
use tribunal_host::{Attempt, Refused, SourceError, SourceHandle};
use tribunal_preimage::PreimageKey;

use super::{
    Chain, Learned, Request,
    pool::{AnswerNumber, Preimage, TooLarge},
};
use crate::{
    encode::Facts,
    endpoint::Endpoint,
    fault::CallError,
    methods,
    nodes::Shared,
    role::{Need, Role},
};

/// What errors say of an answer that is right, but of no use.
pub(super) const WITHOUT_WANTED: &str = "the answer does not have the pre-image";

/// What a request is made for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Goal {
    /// The program has waited for this pre-image since then.
    Wanted { key: PreimageKey, since: Instant },
    /// The program may want the answer later.
    Ahead,
}

/// A request, and all that is needed to make it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fetch<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) request: &'a Request,
    pub(crate) goal: Goal,
    pub(crate) handle: &'a SourceHandle,
}

impl Fetch<'_> {
    /// Makes the request, and has the answer stored.
    pub(crate) async fn run(&self) -> Result<(), SourceError> {
        match self.request {
            Request::Header { chain, hash } => self.header(*chain, *hash).await,
            Request::Ancestors { hash } => self.ancestors(*hash).await,
            Request::Transactions { chain, block } => self.transactions(*chain, *block).await,
            Request::Receipts { chain, block } => self.receipts(*chain, *block).await,
            Request::Blob { hash, time } => self.blob(*hash, *time).await,
            Request::SlotClock => self.slot_clock().await,
            Request::Precompile { call, .. } => self.precompile(call),
            Request::Code { hash } => self.code(*hash).await,
            Request::Node { hash } => self.state_node(*hash).await,
            Request::Output { root } => self.output(*root).await,
            Request::Account { .. } | Request::Slot { .. } => self.proof().await,
            Request::Payload { .. } | Request::Execution { .. } => self.witness().await,
            Request::BlockHash { number, head } => self.block_hash(*number, *head).await,
        }
    }

    /// Asks the nodes of a role, one after another, with all retries, unless what the program waits for comes meanwhile.
    pub(super) async fn ask<F, Fut>(&self, role: &Role, attempt: F) -> Result<(), SourceError>
    where
        F: Fn(Arc<Endpoint>) -> Fut,
        Fut: Future<Output = Result<(), CallError>>,
    {
        let since = match self.goal {
            Goal::Wanted { since, .. } => Some(since),
            Goal::Ahead => None,
        };
        let cancelled = || self.handle.is_cancelled();
        let came = || since.is_some() && self.has_wanted();
        let attempt = |endpoint| {
            let asked = attempt(endpoint);
            async move {
                match came() {
                    true => Ok(()),
                    false => asked.await.or_else(|error| if came() { Ok(()) } else { Err(error) }),
                }
            }
        };
        let asked = role.try_for(Need { key: self.key(), since, cancelled: &cancelled }, attempt).await;
        // Right answers without what the program waits for do not end an outage.
        if asked.is_ok() && since.is_some() && self.has_wanted() {
            role.answered();
        }
        asked
    }

    /// The execution nodes of a chain.
    pub(super) fn execution_nodes(&self, chain: Chain) -> &Role {
        match chain {
            Chain::L1 => &self.shared.roles.l1,
            Chain::L2 => &self.shared.roles.l2,
        }
    }

    /// What was learned so far. Not to be held while something is awaited.
    pub(super) fn learned(&self) -> MutexGuard<'_, Learned> {
        self.shared.memory.lock()
    }

    /// Has the host check and store pre-images that `method` gave: all, or none if one is wrong.
    pub(super) fn accept(&self, method: &str, preimages: &[(PreimageKey, Bytes)]) -> Result<(), CallError> {
        let hint = self.request.hint();
        // Checks of blobs and writes to disk take a while.
        let accepted = tokio::task::block_in_place(|| self.handle.accept(&hint, preimages));
        accepted.map_err(|refused| match refused {
            Refused::Wrong(error) => CallError::wrong(method, error.to_string()),
            Refused::Store(error) => CallError::ours(method, error.to_string()),
        })
    }

    /// Keeps the values of a proof or a witness in memory, each of which is right under its own hash, and has those stored
    /// that are known to belong to the chain: what hangs on `trusted`, or on what the program waits for.
    pub(super) fn keep(
        &self,
        method: &str,
        answer: Vec<Preimage>,
        trusted: Option<Facts>,
    ) -> Result<AnswerNumber, CallError> {
        let pool = &self.shared.pool;
        let number = pool.put(answer).map_err(|TooLarge| {
            CallError::wrong(method, "the answer has more values than are kept in memory")
        })?;
        let root = trusted.map(|facts| PreimageKey::new_keccak256(facts.state_root.0));
        self.store_linked(method, &pool.linked(root))?;
        if let Goal::Wanted { key, .. } = self.goal {
            self.store_linked(method, &self.pooled(key))?;
        }
        Ok(number)
    }

    /// Has values of the pool stored, and takes them out of it.
    pub(super) fn store_linked(&self, method: &str, linked: &[Preimage]) -> Result<(), CallError> {
        if !linked.is_empty() {
            self.accept(method, linked)?;
            self.shared.pool.remove(linked);
        }
        Ok(())
    }

    /// The pre-image of `key`, which the program asks for, with what hangs on it, as far as they are in the pool.
    fn pooled(&self, key: PreimageKey) -> Vec<Preimage> {
        let pool = &self.shared.pool;
        match self.request {
            Request::Header { .. } => pool.headers(key),
            // Anybody can deploy code that looks like a node.
            Request::Code { .. } => pool.get(key).into_iter().collect(),
            _ => pool.linked([key]),
        }
    }

    /// Whether the store has this pre-image, which the program asks for, or can have it from the pool.
    pub(crate) fn has(&self, key: PreimageKey) -> bool {
        let stored = || tokio::task::block_in_place(|| self.handle.has(key));
        stored() || self.store_linked("memory", &self.pooled(key)).is_ok() && stored()
    }

    /// Whether the pre-image came that the program waits for. It is true if the program waits for none.
    pub(super) fn has_wanted(&self) -> bool {
        match self.goal {
            Goal::Wanted { key, .. } => self.has(key),
            Goal::Ahead => true,
        }
    }

    /// Fails if what came from `method` is right, but not what the program waits for.
    pub(super) fn require_wanted(&self, method: &str) -> Result<(), CallError> {
        match self.has_wanted() {
            true => Ok(()),
            false => Err(CallError::absent(method, WITHOUT_WANTED)),
        }
    }

    /// What the header with this hash says: remembered, or asked for and stored.
    pub(super) async fn facts(
        &self,
        endpoint: &Endpoint,
        chain: Chain,
        hash: B256,
    ) -> Result<Facts, CallError> {
        let known = self.learned().facts(hash);
        match known {
            Some(facts) => Ok(facts),
            None => self.header_at(endpoint, chain, hash).await,
        }
    }

    /// The failure of something that no node was asked for.
    pub(super) fn own_failure(&self, method: &str, reason: impl Into<String>) -> SourceError {
        let attempt = Attempt {
            endpoint: "this host".into(),
            method: method.into(),
            key: self.key(),
            reason: reason.into(),
        };
        attempt.into()
    }

    /// The key that errors name.
    fn key(&self) -> PreimageKey {
        match self.goal {
            Goal::Wanted { key, .. } => key,
            Goal::Ahead => self.request.label(),
        }
    }

    /// Asks one node for a header.
    pub(super) async fn header_at(
        &self,
        endpoint: &Endpoint,
        chain: Chain,
        hash: B256,
    ) -> Result<Facts, CallError> {
        let header = methods::header(endpoint, hash).await?;
        self.store_header(chain, hash, &header)?;
        Ok(header.facts)
    }
}
