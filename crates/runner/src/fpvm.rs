//! Runs the client in the fault-proof VM.

use alloy_primitives::B256;
use serde::Serialize;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};
use tribunal_host::Host;
use tribunal_preimage::{
    HintWriterClient, PreimageKey, PreimageKeyType, PreimageOracleClient, PreimageOracleResult,
};
use tribunal_vm::{Console, Machine, Oracle, OracleError, Stop};

use crate::{
    cancellation::Cancellation,
    claim_keys::ClaimKeys,
    client_program::ClientProgram,
    decide::{Decision, Runner, Undecided},
    progress::{Progress, Work},
};

/// Steps between two reports of progress, a tenth of a second or so.
const STEPS_PER_REPORT: u64 = 20_000_000;
/// How much of the client's output is kept for the error message, in bytes. The end is kept.
const PRINTED_BYTES: usize = 4 << 10;

/// Runs the client as MIPS64 code in the fault-proof VM.
#[derive(Debug)]
pub struct Fpvm {
    client: ClientProgram,
}

/// The state of the VM when the client exited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FinalState {
    /// The exit code: 0 for a true claim, 1 for a false one.
    pub exit_code: u8,
    /// Steps until the client exited.
    pub steps: u64,
    /// The hash of the state's witness.
    pub state_hash: B256,
    /// Pages of 4 KiB that the client used.
    pub pages: usize,
}

impl Fpvm {
    /// Runs `client`.
    #[must_use]
    pub const fn new(client: ClientProgram) -> Self {
        Self { client }
    }
}

impl Runner for Fpvm {
    type Evidence = FinalState;

    fn run(
        &self,
        host: &Arc<Host>,
        progress: &mut dyn Progress,
        cancellation: &Cancellation,
    ) -> Result<Decision<FinalState>, Undecided> {
        let state = self.client.initial_state().map_err(|error| Undecided::Start(error.into()))?;
        let printed = Printed::default();
        let oracle = HostOracle::new(host.clone());
        let local_keys = oracle.local_keys.clone();
        let mut machine = Machine::new(state, Box::new(oracle), printed.console());
        loop {
            if cancellation.is_requested() {
                return Err(Undecided::Cancelled);
            }
            let step = machine.state().step();
            progress.work(&Work { unit: "steps", done: step, total: None });
            match machine.run(step.saturating_add(STEPS_PER_REPORT), false) {
                Ok(Stop::Exited) => break,
                Ok(_) => {}
                Err(source) => return Err(Undecided::Machine { source, key: failed_key(host) }),
            }
        }
        let code = machine.state().exit_code();
        if !matches!(code, 0 | 1) {
            return Err(Undecided::Exit { code, printed: printed.last(), key: failed_key(host) });
        }
        // Any program can exit with 0. Only one that read the claim has decided it.
        match ClaimKeys::unread(&local_keys.read()) {
            None => Ok(Decision { valid: code == 0, evidence: final_state(&mut machine) }),
            Some(unread) => Err(Undecided::ClaimUnread { code, unread }),
        }
    }
}

fn final_state(machine: &mut Machine) -> FinalState {
    let state_hash = machine.witness().hash();
    let state = machine.state();
    FinalState {
        exit_code: state.exit_code(),
        steps: state.step(),
        state_hash,
        pages: state.memory().page_count(),
    }
}

fn failed_key(host: &Host) -> Option<PreimageKey> {
    host.last_failure().and_then(|failure| failure.key())
}

/// The host as the machine's oracle. It notes the local keys whose values the program read.
#[derive(Debug)]
pub struct HostOracle {
    host: Arc<Host>,
    local_keys: LocalKeys,
}

impl HostOracle {
    /// An oracle that answers as this host does.
    #[must_use]
    pub fn new(host: Arc<Host>) -> Self {
        Self { host, local_keys: LocalKeys::default() }
    }

    fn get(&self, key: &B256) -> PreimageOracleResult<Vec<u8>> {
        let key = PreimageKey::try_from(key.0)?;
        let value = self.host.get(key)?;
        if key.key_type() == PreimageKeyType::Local {
            self.local_keys.note(key);
        }
        Ok(value)
    }
}

impl Oracle for HostOracle {
    fn preimage(&mut self, key: &B256) -> Result<Vec<u8>, OracleError> {
        self.get(key).map_err(|error| OracleError::new(format!("pre-image {key}"), error))
    }

    fn hint(&mut self, hint: &[u8]) -> Result<(), OracleError> {
        HintWriterClient::write(&*self.host, hint).map_err(|error| OracleError::new("a hint", error))
    }
}

/// The local keys that a program read, shared with the machine's oracle.
#[derive(Debug, Clone, Default)]
struct LocalKeys(Arc<Mutex<BTreeSet<PreimageKey>>>);

impl LocalKeys {
    fn note(&self, key: PreimageKey) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
    }

    fn read(&self) -> BTreeSet<PreimageKey> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The end of the guest's output.
#[derive(Debug, Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Printed {
    fn console(&self) -> Console {
        let kept = self.0.clone();
        Box::new(move |_, bytes| {
            tracing::info!(text = %String::from_utf8_lossy(bytes).trim_end(), "guest");
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.extend_from_slice(&bytes[bytes.len().saturating_sub(PRINTED_BYTES)..]);
            let excess = kept.len().saturating_sub(PRINTED_BYTES);
            kept.drain(..excess);
        })
    }

    fn last(&self) -> String {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&kept).trim().to_owned()
    }
}
