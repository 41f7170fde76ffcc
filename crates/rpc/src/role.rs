//! The nodes of one kind, asked one after another.

use reqwest::Client;
use std::{
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, sleep, timeout};
use tribunal_host::{Attempt, SourceError};
use tribunal_preimage::PreimageKey;

use crate::{
    course::{Course, LOOK, Look},
    endpoint::Endpoint,
    error::RpcError,
    fault::{CallError, Fault},
    methods,
    metrics::Metrics,
    options::{NodesOptions, RoleName},
    outage::{Outages, Patience},
    transport::{http, tls},
};

/// How often it is asked whether to stop.
const TICK: Duration = Duration::from_millis(50);

/// How often an outage is said.
const SAID_EVERY: Duration = Duration::from_mins(1);

/// An outage shorter than this is not worth a word.
const WORTH_SAYING: Duration = Duration::from_secs(2);

/// An attempt makes several requests. It may last so many times the time-out of one.
const REQUESTS: u32 = 4;

/// The nodes of all kinds.
#[derive(Debug)]
pub(crate) struct Roles {
    pub(crate) l1: Role,
    pub(crate) beacon: Role,
    pub(crate) l2: Role,
    pub(crate) rollup_node: Role,
}

impl Roles {
    pub(crate) fn new(options: &NodesOptions, metrics: &Metrics) -> Result<Self, RpcError> {
        let names = [RoleName::L1, RoleName::Beacon, RoleName::L2, RoleName::RollupNode];
        let mut addresses = names.iter().flat_map(|&name| &options.role(name).addresses);
        let tls = match addresses.any(|address| address.is_encrypted()) {
            true => tls::client_config(options.ca_file.as_deref())?,
            false => tls::without_roots()?,
        };
        let client = http::client(tls)?;
        let role = |name| Role::new(name, options, &client, metrics);
        Ok(Self {
            l1: role(RoleName::L1)?,
            beacon: role(RoleName::Beacon)?,
            l2: role(RoleName::L2)?,
            rollup_node: role(RoleName::RollupNode)?,
        })
    }
}

/// What the nodes of one kind serve together.
#[derive(Debug)]
pub(crate) struct Role {
    name: RoleName,
    /// The preferred one first.
    endpoints: Vec<Arc<Endpoint>>,
    /// How long one request may last.
    timeout: Duration,
    outages: Outages,
    retry_for: Duration,
    absent_for: Duration,
    /// The chain that its execution nodes must be of, if that is known.
    chain: Mutex<Option<u64>>,
    /// When an outage was said last.
    said: Mutex<Option<Instant>>,
}

/// What is asked for, and for whom.
#[derive(Clone, Copy)]
pub(crate) struct Need<'a> {
    /// The pre-image that errors name.
    pub(crate) key: PreimageKey,
    /// Since when the program waits for it; `None` if it does not yet.
    pub(crate) since: Option<Instant>,
    /// Whether to stop.
    pub(crate) cancelled: &'a (dyn Fn() -> bool + Sync),
}

impl Role {
    fn new(
        name: RoleName,
        options: &NodesOptions,
        client: &Client,
        metrics: &Metrics,
    ) -> Result<Self, RpcError> {
        let (retry_for, absent_for) = (options.retry_for, options.absent_for);
        let options = options.role(name);
        let endpoints = options.addresses.iter();
        let endpoints = endpoints
            .map(|address| Endpoint::new(address, options, client, metrics).map(Arc::new))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            name,
            endpoints,
            timeout: options.timeout,
            outages: Outages::new(name, retry_for),
            retry_for,
            absent_for,
            chain: Mutex::default(),
            said: Mutex::default(),
        })
    }

    /// Whether any address was given.
    pub(crate) fn is_configured(&self) -> bool {
        !self.endpoints.is_empty()
    }

    /// From now on, execution nodes of another chain are refused.
    pub(crate) fn require_chain(&self, chain: Option<u64>) {
        *self.chain.lock().unwrap_or_else(PoisonError::into_inner) = chain;
    }

    /// The program got what it needed: an outage is over.
    pub(crate) fn answered(&self) {
        self.outages.answered();
    }

    /// As [`Role::try_for`], for something that is needed now and that any answer gives.
    pub(crate) async fn ask<T, F, Fut>(
        &self,
        key: PreimageKey,
        cancelled: &(dyn Fn() -> bool + Sync),
        attempt: F,
    ) -> Result<T, SourceError>
    where
        F: Fn(Arc<Endpoint>) -> Fut,
        Fut: Future<Output = Result<T, CallError>>,
    {
        let asked = self.try_for(Need { key, since: Some(Instant::now()), cancelled }, attempt).await;
        if asked.is_ok() {
            self.answered();
        }
        asked
    }

    /// Runs `attempt` on one endpoint after another until one gives a value. Retries by the kind of fault, and stops soon
    /// when the need is cancelled. Must run inside the runtime. The caller says with [`Role::answered`] that the value was
    /// what the program needed.
    ///
    /// - A node that is busy or down is asked again until no node has given what was needed for `retry_for`,
    ///   counted across asks. Later asks then get one look at each node, until something needed comes again.
    /// - A node that failed is asked after the others until it has answered the same request in the background.
    /// - A node that has been down for `retry_for` while another answers gets a short look first in each ask, and no more if
    ///   nothing is needed yet.
    /// - A node at which the attempt lasts too long counts as busy. The next attempt there may last twice as long: it could
    ///   be our own limits that it waits for.
    /// - A node that does not have it, or gives what cannot be right, is asked a few times, within about `absent_for`.
    /// - A node that lacks the method, refuses us or says that the thing is gone is not asked again.
    ///
    /// # Errors
    /// What was tried, when no node is left that may help.
    pub(crate) async fn try_for<T, F, Fut>(&self, need: Need<'_>, attempt: F) -> Result<T, SourceError>
    where
        F: Fn(Arc<Endpoint>) -> Fut,
        Fut: Future<Output = Result<T, CallError>>,
    {
        if !self.is_configured() {
            return Err(self.without_nodes(need.key));
        }
        let patience = match need.since {
            Some(since) => self.outages.patience_since(since),
            None => self.outages.patience_ahead(),
        };
        self.probe();
        let mut courses = self.courses(need, patience);
        let mut error = SourceError::default();
        while !(need.cancelled)() {
            let now = Instant::now();
            let Some((index, at)) = self.next(&courses, now) else { break };
            if at > now {
                self.say(patience, &courses, &error);
                until(need.cancelled, sleep(at - now)).await;
                continue;
            }
            let endpoint = &self.endpoints[index];
            let limit = self.limit(&courses, index, patience);
            let attempt = timeout(limit, self.checked(endpoint, &attempt));
            let stop = || (need.cancelled)() || self.is_in_vain(endpoint, patience, now);
            let failure = match until(&stop, attempt).await.and_then(Result::ok) {
                Some(Ok(value)) => return Ok(value),
                Some(Err(failure)) => failure,
                None if (need.cancelled)() => break,
                None => {
                    courses[index].overdue += 1;
                    endpoint.overdue(self.name == RoleName::Beacon);
                    CallError::busy("several requests", "not done in time")
                }
            };
            let tried = Attempt {
                endpoint: endpoint.name().into(),
                method: failure.method,
                key: need.key,
                reason: endpoint.redact(&failure.reason),
            };
            tracing::debug!(fault = ?failure.fault, "{tried}");
            if need.since.is_some() && matches!(failure.fault, Fault::Busy { .. }) {
                self.outages.failed(patience, &tried);
            }
            error.add(tried);
            courses[index].plan(endpoint, failure.fault, patience, now.elapsed());
            if failure.fault == Fault::Ours {
                break;
            }
        }
        if need.since.is_some() && patience.is_over() && courses.iter().any(|course| course.in_vain) {
            error.explain(self.outages.explained(patience));
        }
        Err(error)
    }

    /// Has nodes that failed looked at in the background, where another can be asked meanwhile.
    fn probe(&self) {
        if self.endpoints.len() < 2 {
            return;
        }
        for endpoint in &self.endpoints {
            let probe = endpoint.health().turn().probe();
            if let Some(probe) = probe {
                let endpoint = endpoint.clone();
                tokio::spawn(async move { endpoint.probe(probe).await });
            }
        }
    }

    /// Runs `attempt` on an endpoint that is of the right chain.
    async fn checked<T, F, Fut>(&self, endpoint: &Arc<Endpoint>, attempt: &F) -> Result<T, CallError>
    where
        F: Fn(Arc<Endpoint>) -> Fut,
        Fut: Future<Output = Result<T, CallError>>,
    {
        let chain = *self.chain.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(chain) = chain {
            methods::require_chain(endpoint, chain).await?;
        }
        attempt(endpoint.clone()).await
    }

    fn courses(&self, need: Need<'_>, patience: Patience) -> Vec<Course> {
        let is_up = |endpoint: &Arc<Endpoint>| endpoint.health().down_since().is_none();
        let any_up = self.endpoints.iter().any(is_up);
        let endpoints = self.endpoints.iter().map(|endpoint| {
            let down = endpoint.health().down_since();
            let is_lost = any_up && down.is_some_and(|since| since.elapsed() >= self.retry_for);
            let look = if patience.is_spent || (is_lost && need.since.is_none()) {
                Look::Once
            } else if is_lost {
                Look::Short
            } else {
                Look::Patient
            };
            Course::new(endpoint, look, self.absent_for)
        });
        endpoints.collect()
    }

    /// How long an attempt may last.
    fn limit(&self, courses: &[Course], index: usize, patience: Patience) -> Duration {
        let course = &courses[index];
        let longest = self.timeout.saturating_mul(REQUESTS);
        let first = match course.look {
            Look::Patient => longest,
            Look::Short | Look::Once => {
                self.timeout.min(LOOK / u32::try_from(courses.len()).unwrap_or(u32::MAX))
            }
        };
        let more = first.saturating_mul(2u32.saturating_pow(course.overdue));
        let limit = more.min(longest.max(patience.left()));
        match patience.is_over() && courses.iter().any(Course::was_busy) {
            true => limit.min(self.timeout),
            false => limit,
        }
    }

    /// Whether an attempt is at a node that does not answer, while the time for an outage is over. One request is allowed.
    fn is_in_vain(&self, endpoint: &Endpoint, patience: Patience, began: Instant) -> bool {
        patience.is_over() && began.elapsed() >= self.timeout && endpoint.health().down_since().is_some()
    }

    /// The node to ask next, and when: of those that can be asked now a healthy one, and of these the preferred one.
    fn next(&self, courses: &[Course], now: Instant) -> Option<(usize, Instant)> {
        let open = courses.iter().enumerate().filter(|(_, course)| !course.given_up);
        let times = open.map(|(index, course)| (index, course.next.unwrap_or(now).max(now)));
        times.min_by_key(|&(index, at)| (at, self.endpoints[index].health().is_second_choice(), index))
    }

    /// Says once a minute that nodes are waited for.
    fn say(&self, patience: Patience, courses: &[Course], error: &SourceError) {
        if patience.waited() < WORTH_SAYING
            || !courses.iter().any(|course| course.was_busy() && !course.given_up)
        {
            return;
        }
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.is_some_and(|said| said.elapsed() < SAID_EVERY) {
            return;
        }
        *said = Some(Instant::now());
        tracing::warn!(
            "no {} answers since {} s, waiting up to {} s more: {error}",
            self.name,
            patience.waited().as_secs(),
            patience.left().as_secs(),
        );
    }

    fn without_nodes(&self, key: PreimageKey) -> SourceError {
        let reason = format!("no {} was given", self.name);
        Attempt { endpoint: format!("any {}", self.name), method: "a request".into(), key, reason }.into()
    }
}

/// What `work` gives, unless `stop` says true before.
async fn until<T>(stop: &(dyn Fn() -> bool + Sync), work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    loop {
        match timeout(TICK, work.as_mut()).await {
            Ok(value) => return Some(value),
            Err(_) if stop() => return None,
            Err(_) => {}
        }
    }
}
