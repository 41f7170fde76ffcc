//! Runs the client as native code.

use std::sync::Arc;
use tribunal_host::Host;
use tribunal_preimage::{
    HintWriterClient, PreimageKey, PreimageOracleClient, PreimageOracleError, PreimageOracleResult,
};
use tribunal_proof::Verdict;

use crate::{
    cancellation::Cancellation,
    decide::{Decision, Runner, Undecided},
    progress::Progress,
};

/// Runs the client in this process, as native code.
#[derive(Debug, Clone, Copy, Default)]
pub struct Native;

impl Runner for Native {
    type Evidence = Verdict;

    fn run(
        &self,
        host: &Arc<Host>,
        progress: &mut dyn Progress,
        cancellation: &Cancellation,
    ) -> Result<Decision<Verdict>, Undecided> {
        let verdict = tribunal_client::run(StoppableOracle { host, cancellation }, progress)?;
        Ok(Decision { valid: verdict.valid, evidence: verdict })
    }
}

/// A host that serves nothing more once the run is cancelled. The client passes an oracle's error up at once.
struct StoppableOracle<'a> {
    host: &'a Host,
    cancellation: &'a Cancellation,
}

impl StoppableOracle<'_> {
    fn proceed(&self) -> PreimageOracleResult<()> {
        match self.cancellation.is_requested() {
            true => Err(PreimageOracleError::Other("the run was cancelled".into())),
            false => Ok(()),
        }
    }
}

impl PreimageOracleClient for StoppableOracle<'_> {
    fn get(&self, key: PreimageKey) -> PreimageOracleResult<Vec<u8>> {
        self.proceed()?;
        self.host.get(key)
    }

    fn get_exact(&self, key: PreimageKey, buf: &mut [u8]) -> PreimageOracleResult<()> {
        self.proceed()?;
        self.host.get_exact(key, buf)
    }
}

impl HintWriterClient for StoppableOracle<'_> {
    fn write(&self, hint: &[u8]) -> PreimageOracleResult<()> {
        HintWriterClient::write(self.host, hint)
    }
}
