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
    endpoint::{Endpoint, JwtSecret},
    error::RpcError,
    fault::{CallError, Fault},
    metrics::Metrics,
    options::{NodesOptions, RoleName, RoleOptions},
    retry,
    transport::{http, tls},
};

/// How often it is asked whether to stop.
const TICK: Duration = Duration::from_millis(50);

/// How often an outage is said.
const SAID_EVERY: Duration = Duration::from_mins(1);

/// An outage shorter than this is not worth a word.
const WORTH_SAYING: Duration = Duration::from_secs(2);

/// Rounds that are tried however short the time for outages is: a single refusal ends nothing.
const LEAST_ROUNDS: u32 = 3;

/// How many times the time-out of a request an attempt may last, which makes several requests.
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
        let role = |name| Role::new(name, options.role(name), options.retry_for, &client, metrics);
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
    /// How long one attempt may last, at first.
    longest: Duration,
    retry_for: Duration,
    /// When an outage was said last.
    said: Mutex<Option<Instant>>,
}

impl Role {
    fn new(
        name: RoleName,
        options: &RoleOptions,
        retry_for: Duration,
        client: &Client,
        metrics: &Metrics,
    ) -> Result<Self, RpcError> {
        let secret = options.jwt_secret_file.as_deref().map(JwtSecret::read).transpose()?;
        let endpoints = options.addresses.iter();
        let endpoints = endpoints
            .map(|address| Endpoint::new(address, options, secret.as_ref(), client, metrics).map(Arc::new))
            .collect::<Result<_, _>>()?;
        let longest = options.timeout.saturating_mul(REQUESTS);
        Ok(Self { name, endpoints, longest, retry_for, said: Mutex::default() })
    }

    /// Whether any address was given.
    pub(crate) fn is_configured(&self) -> bool {
        !self.endpoints.is_empty()
    }

    /// Runs `attempt` on one endpoint after another until one gives a value. Retries by the kind of fault, and stops soon
    /// when `cancelled` says true. Must run inside the runtime.
    ///
    /// - A node that is busy or down is asked again until it has been down for `retry_for`, counted across asks, or this
    ///   ask has lasted that long. Later asks then fail after one look, until the node answers again.
    /// - A node at which the attempt lasts too long counts as busy. The next attempt there may last twice as long: it could
    ///   be our own limits that it waits for.
    /// - A node that does not have it, or gives what cannot be right, is asked a few times, within about ten seconds.
    /// - A node that lacks the method, refuses us or says that the thing is gone is not asked again.
    ///
    /// # Errors
    /// What was tried, when no node is left that may help.
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
        if !self.is_configured() {
            return Err(self.without_nodes(key));
        }
        let began = Instant::now();
        let mut courses: Vec<Course> =
            self.endpoints.iter().map(|endpoint| Course::new(endpoint, self.retry_for)).collect();
        let mut error = SourceError::default();
        while !cancelled() {
            let now = Instant::now();
            let Some((index, at)) = self.next(&courses, now) else { break };
            if at > now {
                self.say(began, &courses, &error);
                until_cancelled(cancelled, sleep(at - now)).await;
                continue;
            }
            let endpoint = &self.endpoints[index];
            let longest = self.longest.saturating_mul(2u32.saturating_pow(courses[index].overdue));
            let attempt = timeout(longest, attempt(endpoint.clone()));
            let Some(result) = until_cancelled(cancelled, attempt).await else { break };
            let failure = match result {
                Ok(Ok(value)) => return Ok(value),
                Ok(Err(failure)) => failure,
                Err(_) => {
                    courses[index].overdue += 1;
                    endpoint.health().note(Some(Fault::Busy { after: None }), now);
                    CallError::busy("several requests", "not done in time")
                }
            };
            let tried = Attempt {
                endpoint: endpoint.name().into(),
                method: failure.method,
                key,
                reason: endpoint.redact(&failure.reason),
            };
            tracing::debug!(fault = ?failure.fault, "{tried}");
            error.add(tried);
            courses[index].plan(endpoint, failure.fault, began, self.retry_for);
            if failure.fault == Fault::Ours {
                break;
            }
        }
        Err(error)
    }

    /// The node to ask next, and when: of those that can be asked now a healthy one, and of these the preferred one.
    fn next(&self, courses: &[Course], now: Instant) -> Option<(usize, Instant)> {
        let open = courses.iter().enumerate().filter(|(_, course)| !course.given_up);
        let times = open.map(|(index, course)| (index, course.next.unwrap_or(now).max(now)));
        times.min_by_key(|&(index, at)| (at, self.endpoints[index].health().is_second_choice(), index))
    }

    /// Says once a minute that nodes are waited for.
    fn say(&self, began: Instant, courses: &[Course], error: &SourceError) {
        let waits = courses.iter().any(|course| !course.given_up && course.busy > 0);
        if !waits || began.elapsed() < WORTH_SAYING {
            return;
        }
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.is_some_and(|said| said.elapsed() < SAID_EVERY) {
            return;
        }
        *said = Some(Instant::now());
        let (waited, left) = (began.elapsed(), self.retry_for.saturating_sub(began.elapsed()));
        tracing::warn!(
            "no {} answers since {} s, waiting up to {} s more: {error}",
            self.name,
            waited.as_secs(),
            left.as_secs(),
        );
    }

    fn without_nodes(&self, key: PreimageKey) -> SourceError {
        let reason = format!("no {} was given", self.name);
        Attempt { endpoint: format!("any {}", self.name), method: "a request".into(), key, reason }.into()
    }
}

/// What an ask knows of a node.
#[derive(Debug, Clone, Copy)]
struct Course {
    /// When to ask next; `None` is now.
    next: Option<Instant>,
    /// Answers without what was asked for.
    absent: usize,
    /// Times when the node was busy or not there.
    busy: u32,
    /// Attempts that lasted too long.
    overdue: u32,
    /// Whether nothing more is expected of the node.
    given_up: bool,
    /// Whether earlier asks have waited long enough for the node.
    was_down: bool,
}

impl Course {
    /// Where an ask begins. A node that needs a pause gets it. One that was waited for in vain gets one look.
    fn new(endpoint: &Endpoint, retry_for: Duration) -> Self {
        let down = endpoint.health().down_since();
        let was_down = down.is_some_and(|since| since.elapsed() >= retry_for);
        let next = if was_down { None } else { endpoint.health().ready() };
        Self { next, absent: 0, busy: 0, overdue: 0, given_up: false, was_down }
    }

    /// Decides when a node is asked again that failed.
    fn plan(&mut self, endpoint: &Endpoint, fault: Fault, began: Instant, retry_for: Duration) {
        let now = Instant::now();
        match fault {
            Fault::Unsupported | Fault::Denied | Fault::Gone | Fault::Ours => self.given_up = true,
            Fault::Absent | Fault::Wrong => {
                if fault == Fault::Wrong {
                    endpoint.health().lied();
                }
                let pause = retry::pause_if_absent(self.absent);
                self.absent += 1;
                self.given_up = pause.is_none();
                self.next = pause.map(|pause| now + pause);
            }
            Fault::Busy { after } => {
                let since = endpoint.health().down_since().map_or(began, |since| since.min(began));
                let over = now.saturating_duration_since(since) >= retry_for;
                self.busy += 1;
                self.given_up = over && (self.was_down || self.busy >= LEAST_ROUNDS);
                let pause = after.map_or_else(
                    || retry::pause(self.busy - 1),
                    |after| after.clamp(retry::pause(0), retry::LONGEST_ASKED),
                );
                // When the time is over, there is a last look.
                let left = retry_for.saturating_sub(now.saturating_duration_since(since));
                self.next = Some(now + pause.min(left.max(retry::pause(0))));
            }
        }
    }
}

/// What `work` gives, unless it is cancelled before.
async fn until_cancelled<T>(
    cancelled: &(dyn Fn() -> bool + Sync),
    work: impl Future<Output = T>,
) -> Option<T> {
    let mut work = pin!(work);
    loop {
        match timeout(TICK, work.as_mut()).await {
            Ok(value) => return Some(value),
            Err(_) if cancelled() => return None,
            Err(_) => {}
        }
    }
}
