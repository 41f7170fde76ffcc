//! Asking a beacon node.

use alloy_primitives::B256;
use serde_json::Value;
use std::{
    collections::HashMap,
    num::NonZeroU64,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Blob, Slot, SlotClock, UnixTime, blobs, expiry, sidecars};
use crate::{
    endpoint::Endpoint,
    fault::{CallError, Fault},
    methods::{Tried, note_chain, refuse_known},
};

const GENESIS: &str = "eth/v1/beacon/genesis";
const SPEC: &str = "eth/v1/config/spec";

/// How long blobs must be kept where the node does not say it: 4096 epochs of 32 slots.
const KEPT_EPOCHS: u64 = 4096;
const SLOTS_PER_EPOCH: u64 = 32;

/// Bytes of an answer about the chain. Reading it takes many times as much memory.
const MOST_JSON: usize = 1 << 20;

/// The clocks of beacon nodes. Each node has its own, so that one that is wrong does not mislead the others.
#[derive(Debug)]
pub(crate) struct Clocks {
    /// In place of what the nodes say.
    seconds_per_slot: Option<NonZeroU64>,
    /// The chain whose blobs the nodes must have, if that is known.
    chain: Mutex<Option<u64>>,
    known: Mutex<HashMap<String, Arc<Clock>>>,
}

/// The clock of one node, locked while it is asked for.
type Clock = tokio::sync::Mutex<Option<SlotClock>>;

impl Clocks {
    pub(crate) fn new(seconds_per_slot: Option<NonZeroU64>) -> Self {
        Self { seconds_per_slot, chain: Mutex::default(), known: Mutex::default() }
    }

    /// From now on, nodes of another chain are refused, if they say of which they are.
    pub(crate) fn require_chain(&self, chain: Option<u64>) {
        *self.chain.lock().unwrap_or_else(PoisonError::into_inner) = chain;
    }

    fn chain(&self) -> Option<u64> {
        *self.chain.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The slot that begins at `time`, and the clock of this node. The node is asked once, when that is first needed.
    async fn slot_at(&self, endpoint: &Endpoint, time: UnixTime) -> Result<(Slot, SlotClock), CallError> {
        let clock = self.of(endpoint);
        let mut clock = clock.lock().await;
        if let Some(expected) = self.chain() {
            refuse_known(endpoint, SPEC, expected).await?;
        }
        let told = match *clock {
            Some(told) => told,
            None => self.ask(endpoint).await?,
        };
        let slot = told.slot_at(time);
        // One that cannot be right is asked for again.
        *clock = slot.is_ok().then_some(told);
        slot.map(|slot| (slot, told)).map_err(|reason| CallError::wrong(GENESIS, reason))
    }

    /// Asks this node for its clock, unless it is known.
    pub(crate) async fn learn(&self, endpoint: &Endpoint) -> Result<(), CallError> {
        let clock = self.of(endpoint);
        let mut clock = clock.lock().await;
        if clock.is_none() {
            *clock = Some(self.ask(endpoint).await?);
        }
        Ok(())
    }

    /// The clock of this node, which may not be known yet.
    fn of(&self, endpoint: &Endpoint) -> Arc<Clock> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(endpoint.name().to_owned()).or_default())
    }

    async fn ask(&self, endpoint: &Endpoint) -> Result<SlotClock, CallError> {
        let (genesis, spec) = tokio::join!(endpoint.get(GENESIS), endpoint.get(SPEC));
        let genesis = data(GENESIS, &genesis?)?;
        let genesis = number(&genesis, "genesis_time")
            .ok_or_else(|| CallError::wrong(GENESIS, "the answer has no genesis_time"))?;
        let spec = match (spec.and_then(|body| data(SPEC, &body)), self.seconds_per_slot) {
            (Ok(spec), _) => spec,
            // Then only the expiry is guessed.
            (Err(_), Some(_)) => Value::Null,
            (Err(error), None) => return Err(error),
        };
        if let (Some(expected), Some(found)) = (self.chain(), number(&spec, "DEPOSIT_CHAIN_ID")) {
            note_chain(endpoint, SPEC, expected, found).await?;
        }
        let seconds_per_slot = self.seconds_per_slot.or_else(|| slot_seconds(&spec));
        let seconds_per_slot = seconds_per_slot.ok_or_else(|| {
            CallError::wrong(SPEC, "the answer has neither SECONDS_PER_SLOT nor SLOT_DURATION_MS")
        })?;
        let kept_epochs =
            ["MIN_EPOCHS_FOR_BLOB_SIDECARS_REQUESTS", "MIN_EPOCHS_FOR_DATA_COLUMN_SIDECARS_REQUESTS"]
                .iter()
                .filter_map(|name| number(&spec, name))
                .max();
        let slots_per_epoch = number(&spec, "SLOTS_PER_EPOCH").unwrap_or(SLOTS_PER_EPOCH);
        let kept_slots = kept_epochs.unwrap_or(KEPT_EPOCHS).saturating_mul(slots_per_epoch);
        Ok(SlotClock { genesis: UnixTime(genesis), seconds_per_slot, kept_slots })
    }
}

/// The blob with this versioned hash, which was published in an L1 block of this time.
pub(crate) async fn blob(
    endpoint: &Endpoint,
    clocks: &Clocks,
    hash: B256,
    time: UnixTime,
) -> Result<Blob, CallError> {
    let (slot, clock) = clocks.slot_at(endpoint, time).await?;
    let error = match at_slot(endpoint, slot, hash).await {
        Ok(blob) => return Ok(blob),
        Err(error) => error,
    };
    let expired = clock.is_expired(time, UnixTime::now());
    Err(expiry::explained(error, slot, time, expired))
}

async fn at_slot(endpoint: &Endpoint, slot: Slot, hash: B256) -> Result<Blob, CallError> {
    let mut tried = Tried::default();
    match blobs::get(endpoint, slot, hash).await {
        Ok(blob) => return Ok(blob),
        Err(error) if cannot_have(&error) => return Err(error),
        // A node of before the endpoint may answer in any way.
        Err(error) => note(&mut tried, error)?,
    }
    match sidecars::get(endpoint, slot, hash).await {
        Ok(blob) => return Ok(blob),
        Err(error) => note(&mut tried, error)?,
    }
    Err(tried.into_error())
}

/// Answers of nodes that keep too few columns of blobs. They come with a status that says something else.
fn cannot_have(error: &CallError) -> bool {
    error.reason.to_ascii_lowercase().contains("data columns")
}

fn note(tried: &mut Tried, error: CallError) -> Result<(), CallError> {
    // An error of the server may be about this endpoint only, except when it is overloaded.
    match (error.fault, error.status) {
        (Fault::Busy { .. }, Some(500 | 501)) => tried.note_slow(error),
        _ => tried.note(error),
    }
}

/// The field `data` of an answer that is short by its nature.
fn data(path: &str, body: &[u8]) -> Result<Value, CallError> {
    if body.len() > MOST_JSON {
        return Err(CallError::wrong(path, "the answer is too long"));
    }
    let answer: Value = serde_json::from_slice(body)
        .map_err(|error| CallError::wrong(path, format!("the answer is not JSON: {error}")))?;
    match answer.get("data") {
        Some(data) => Ok(data.clone()),
        None => Err(CallError::wrong(path, "the answer has no data")),
    }
}

/// A number, which the beacon API has as a string.
fn number(object: &Value, name: &str) -> Option<u64> {
    let value = object.get(name)?;
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// The seconds of a slot, from the field of either name.
fn slot_seconds(spec: &Value) -> Option<NonZeroU64> {
    let seconds = number(spec, "SECONDS_PER_SLOT").or_else(|| {
        let millis = number(spec, "SLOT_DURATION_MS")?;
        millis.is_multiple_of(1000).then_some(millis / 1000)
    });
    NonZeroU64::new(seconds?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_length_of_slots_has_two_names() {
        let seconds = |spec: Value| slot_seconds(&spec).map(NonZeroU64::get);
        assert_eq!(seconds(json!({"SECONDS_PER_SLOT": "5", "BLOB_SCHEDULE": []})), Some(5));
        assert_eq!(seconds(json!({"SLOT_DURATION_MS": "12000"})), Some(12));
        assert_eq!(seconds(json!({"SLOT_DURATION_MS": 6000})), Some(6));
        for spec in
            [json!({}), json!(null), json!({"SECONDS_PER_SLOT": "0"}), json!({"SLOT_DURATION_MS": "1500"})]
        {
            assert_eq!(seconds(spec), None);
        }
    }
}
