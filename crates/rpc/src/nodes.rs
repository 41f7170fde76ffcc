//! The source of pre-images: the nodes of both chains.

use alloy_primitives::B256;
use std::{sync::Arc, time::Duration};
use tokio::{
    runtime::{Builder, Runtime},
    time::Instant,
};
use tribunal_host::{Attempt, ServedClaim, Source, SourceError, SourceHandle};
use tribunal_preimage::{Hint, PreimageKey};

use crate::{
    beacon::Clocks,
    error::RpcError,
    metrics::Metrics,
    options::NodesOptions,
    prefetch::{Ahead, Budget, InFlight, Reads, Tally, Turn, may_bring},
    role::{Role, Roles},
    routes::{Chain, Fetch, Goal, Memory, Pool, Request},
};

/// Threads that wait for answers. The work between two answers is short.
const WORKERS: usize = 2;

/// How long the program waits for a request ahead.
const PATIENCE: Duration = Duration::from_secs(3);

/// The nodes of an L1 and an L2, as a [`Source`] for a host.
///
/// Each hint leads to a few methods, of which the first that a node has is used. What comes back is encoded as consensus has
/// it and compared with the hash or the root that the hint names, so that a node can only withhold. Meanwhile the next
/// blocks are read ahead.
///
/// It is meant for one store: what it learned from answers that one host stored spares requests of the next.
///
/// ```
/// use std::{sync::Arc, time::Duration};
/// use tribunal_rpc::{Nodes, NodesOptions};
///
/// let mut options = NodesOptions::default();
/// options.l1.addresses = vec!["http://localhost:8545".parse()?];
/// options.retry_for = Duration::from_secs(60);
/// let nodes = Arc::new(Nodes::new(&options)?);
/// assert_eq!(nodes.reads().missed, 0);
/// # Ok::<(), tribunal_rpc::RpcError>(())
/// ```
#[derive(Debug)]
pub struct Nodes {
    shared: Arc<Shared>,
    ahead: Ahead,
    metrics: Metrics,
    /// Whether anything is read ahead.
    prefetch: bool,
    /// Is there until the drop.
    runtime: Option<Runtime>,
}

/// What requests share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) roles: Roles,
    pub(crate) memory: Memory,
    pub(crate) pool: Pool,
    pub(crate) clocks: Clocks,
    pub(crate) in_flight: InFlight,
    pub(crate) budget: Budget,
    pub(crate) tally: Arc<Tally>,
}

impl Nodes {
    /// Prepares to ask these nodes. Nothing is asked yet.
    ///
    /// # Errors
    /// [`RpcError`] if an option cannot be used, or if no threads can be started.
    pub fn new(options: &NodesOptions) -> Result<Self, RpcError> {
        let metrics = Metrics::default();
        let shared = Arc::new(Shared {
            roles: Roles::new(options, &metrics)?,
            memory: Memory::new(options.agreed_head),
            pool: Pool::default(),
            clocks: Clocks::new(options.seconds_per_slot),
            in_flight: InFlight::default(),
            budget: Budget::default(),
            tally: metrics.tally().clone(),
        });
        let runtime = Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .thread_name("nodes")
            .enable_all()
            .build()
            .map_err(RpcError::Runtime)?;
        let ahead = Ahead::start(&shared, runtime.handle());
        Ok(Self { shared, ahead, metrics, prefetch: options.prefetch, runtime: Some(runtime) })
    }

    /// The program builds on the L2 block with this hash, which was not known when the nodes were named.
    pub fn build_on(&self, agreed_head: B256) {
        self.shared.memory.lock().learn_agreed_head(agreed_head);
    }

    /// What was asked of the nodes.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// How often the program had to wait, and what reading ahead was good for.
    #[must_use]
    pub fn reads(&self) -> Reads {
        self.metrics.reads()
    }
}

impl Nodes {
    pub(crate) fn roles(&self) -> &Roles {
        &self.shared.roles
    }

    pub(crate) fn runtime(&self) -> Option<&Runtime> {
        self.runtime.as_ref()
    }

    /// The store did not have a pre-image, for the first time. It will lack others, so reading ahead begins.
    fn first_missed(&self, handle: &SourceHandle) {
        if self.prefetch {
            self.ahead.first_missed(handle);
        }
    }
}

impl Source for Nodes {
    /// Must not be called on a thread that runs async tasks.
    fn fetch(&self, hint: &Hint, wanted: PreimageKey, handle: &SourceHandle) -> Result<(), SourceError> {
        let request = Request::of(hint).map_err(|reason| Attempt {
            endpoint: "this host".into(),
            method: hint.ty.name().into(),
            key: wanted,
            reason: reason.into(),
        })?;
        if !request.can_have(wanted) {
            return Err(SourceError::default());
        }
        match &self.runtime {
            Some(runtime) => {
                let began = Instant::now();
                let first_missed = || self.first_missed(handle);
                let fetched = runtime.block_on(self.shared.fetch(&request, wanted, handle, &first_missed));
                self.shared.tally.waiting(began.elapsed());
                fetched
            }
            None => Err(SourceError::default()),
        }
    }

    /// Execution nodes say their chain when they are first asked, and beacon nodes where they say what a slot is. Those of
    /// another chain are refused.
    fn serves(&self, claim: &ServedClaim) {
        let chains = claim.chains;
        self.shared.roles.l1.require_chain(chains.l1);
        self.shared.roles.l2.require_chain(chains.l2);
        self.shared.clocks.require_chain(chains.l1);
        self.shared.memory.lock().learn_claim(claim);
    }

    fn announced(&self, hint: &Hint, handle: &SourceHandle) {
        let Ok(request) = Request::of(hint) else { return };
        self.shared.tally.wanted(&request);
        self.shared.memory.lock().announce(&request);
        if self.prefetch && !self.ahead.hint(request, handle) {
            self.shared.tally.dropped();
        }
    }
}

impl Shared {
    /// Makes the request for the program, which waits for `wanted`. If another is at it, this waits for that one first.
    /// `first_missed` is called when the store does not have a pre-image for the first time.
    async fn fetch(
        &self,
        request: &Request,
        wanted: PreimageKey,
        handle: &SourceHandle,
        first_missed: &(dyn Fn() + Sync),
    ) -> Result<(), SourceError> {
        let goal = Goal::Wanted { key: wanted, since: Instant::now() };
        let fetch = Fetch { shared: self, request, goal, handle };
        // Of an answer that is in memory, the store gets what the program asks for.
        if fetch.has(wanted) {
            self.role_of(request).answered();
            return Ok(());
        }
        self.tally.missed();
        // The result of a precompile is computed here. It says nothing about what else is missing.
        let asks_nodes = !matches!(request, Request::Precompile { .. });
        if asks_nodes && self.memory.lock().learn_missed(request.chain()) {
            first_missed();
        }
        let mut waited = self.wait_for_ahead(request, handle).await;
        loop {
            if fetch.has(wanted) {
                self.role_of(request).answered();
                return Ok(());
            }
            match self.in_flight.enter(request) {
                Turn::Mine(_ticket) => return fetch.run().await,
                Turn::Others(done) => {
                    if !std::mem::replace(&mut waited, true) {
                        self.tally.waited();
                    }
                    if !done.wait(Duration::MAX, &|| handle.is_cancelled()).await {
                        return Err(SourceError::default());
                    }
                }
            }
        }
    }

    /// Whether the answer to a request for a proof or a witness is there: in the store, or in memory.
    pub(crate) fn came(&self, request: &Request) -> bool {
        let answer = self.memory.lock().last_answer(request);
        answer.is_some_and(|answer| self.pool.is_whole(answer))
    }

    /// The same of the answer of the node with this name. Another node may have a better one.
    pub(crate) fn came_from(&self, name: &str, request: &Request) -> bool {
        let answer = self.memory.lock().answer_of(name, request);
        answer.is_some_and(|answer| self.pool.is_whole(answer))
    }

    /// The nodes that a request is made to.
    fn role_of(&self, request: &Request) -> &Role {
        match (request, request.chain()) {
            (Request::Blob { .. } | Request::SlotClock, _) => &self.roles.beacon,
            (_, Chain::L1) => &self.roles.l1,
            (_, Chain::L2) => &self.roles.l2,
        }
    }

    /// Waits for a request ahead that is under way and likely to bring the answer to `request`. It is waited for once: if it
    /// takes long, the program asks in other ways from then on. Says whether it waited.
    async fn wait_for_ahead(&self, request: &Request, handle: &SourceHandle) -> bool {
        let Some((ahead, done)) = self.in_flight.find(|ahead| may_bring(ahead, request)) else {
            return false;
        };
        if self.memory.lock().is_slow(&ahead) {
            return false;
        }
        self.tally.waited();
        if !done.wait(PATIENCE, &|| handle.is_cancelled()).await {
            self.memory.lock().learn_slow(ahead);
        }
        true
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Requests that are under way are given up.
            runtime.shutdown_background();
        }
    }
}
