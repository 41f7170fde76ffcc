//! Runs the client in the fault-proof VM, against a host in the same process.

use alloy_primitives::B256;
use anyhow::{Context, bail};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};
use tribunal_host::{BootValues, Checks, Host, LocalInputs, Verified};
use tribunal_preimage::{
    HintWriterClient, PreimageKey, PreimageOracleClient, PreimageOracleError, PreimageOracleResult,
};
use tribunal_vm::{Console, Machine, Oracle, OracleError, StateVersion, Stop, load_elf};

use crate::{
    decide::Decided,
    report::{Decision, Executed},
};

/// Pages that the client may use: 4 GiB, many times what the longest claims need.
const MOST_PAGES: usize = 1 << 20;
/// Steps between two looks at the clock.
const AT_ONCE: u64 = 20_000_000;
/// How much of what the client prints is kept, to tell why it gave up, in bytes.
const KEPT: usize = 4 << 10;

/// The client program for the VM.
#[derive(Debug)]
pub(crate) struct Client {
    path: PathBuf,
    elf: Vec<u8>,
}

impl Client {
    /// Reads the program that was named, or else the one that `make guest` built.
    pub(crate) fn read(named: Option<&Path>) -> anyhow::Result<Self> {
        let path = match named {
            Some(path) => path.to_owned(),
            None => Self::built()?,
        };
        let elf =
            std::fs::read(&path).with_context(|| format!("cannot read the client {}", path.display()))?;
        let client = Self { path, elf };
        // A file that is no program is one mistake, not one for every claim.
        client.load().map(|_| client)
    }

    /// Beside this program, in the build folder that it is in, or in the one of the folder we are in.
    fn built() -> anyhow::Result<PathBuf> {
        let program = std::env::current_exe().ok();
        let folder = program.as_deref().and_then(Path::parent);
        let places = [
            folder.map(|folder| folder.join("tribunal-client.elf")),
            folder.and_then(Path::parent).map(|build| build.join("guest/tribunal-client.elf")),
            Some(PathBuf::from("target/guest/tribunal-client.elf")),
        ];
        let places: Vec<PathBuf> = places.into_iter().flatten().collect();
        match places.iter().find(|place| place.is_file()) {
            Some(place) => Ok(place.clone()),
            None => {
                let tried: Vec<String> = places.iter().map(|place| place.display().to_string()).collect();
                bail!(
                    "there is no client program for the VM: `make guest` builds it, --client or TRIBUNAL_CLIENT names \
                     another (looked for {})",
                    tried.join(", ")
                )
            }
        }
    }

    fn load(&self) -> anyhow::Result<tribunal_vm::State> {
        let loaded = load_elf(&self.elf, StateVersion::MultiThreaded64V5, MOST_PAGES);
        let (state, _) = loaded.with_context(|| format!("cannot load the client {}", self.path.display()))?;
        Ok(state)
    }
}

/// Decides one claim in the VM; `progress` is told steps, and steps per second. Whatever goes wrong is part of the
/// decision: then it is undecided.
pub(crate) fn decide(
    client: &Client,
    verified: &Arc<Verified>,
    boot: BootValues,
    local: LocalInputs,
    progress: &mut dyn FnMut(u64, f64),
) -> anyhow::Result<Decided> {
    let start = Instant::now();
    let host = Arc::new(Host::new(Arc::clone(verified), local, Checks::Meanwhile)?);
    let printed = Printed::default();
    let mut machine = Machine::new(client.load()?, Box::new(HostOracle(host.clone())), printed.console());
    let ran = loop {
        let step = machine.state().step;
        progress(step, step as f64 / start.elapsed().as_secs_f64().max(1e-9));
        match machine.run(step.saturating_add(AT_ONCE), false) {
            Ok(Stop::Exited) => break Ok(()),
            Ok(_) => {}
            Err(error) => break Err(error),
        }
    };
    // A pre-image that turns out corrupt voids whatever the program made of it.
    let decision = match (host.settle(), ran, machine.state().exit_code) {
        (Err(error), ..) => undecided(&host, error.to_string()),
        (Ok(()), Err(error), _) => undecided(&host, error.to_string()),
        (Ok(()), Ok(()), 0) => Decision::True(executed(boot, &mut machine).into()),
        (Ok(()), Ok(()), 1) => Decision::False(executed(boot, &mut machine).into()),
        (Ok(()), Ok(()), code) => {
            undecided(&host, format!("the client exited with code {code}: {}", printed.last()))
        }
    };
    Ok(Decided { decision, stats: host.stats(), seconds: start.elapsed().as_secs_f64() })
}

fn executed(boot: BootValues, machine: &mut Machine) -> Executed {
    let state_hash: B256 = machine.state_mut().witness().hash();
    let state = machine.state();
    Executed {
        claimed_block_number: boot.claimed_block_number,
        claimed_output_root: boot.claimed_output_root,
        exit_code: state.exit_code,
        steps: state.step,
        state_hash,
        pages: state.memory.page_count(),
    }
}

fn undecided(host: &Host, error: String) -> Decision {
    let key = host.last_failure().and_then(|failure| failure.key()).map(|key| key.to_string());
    Decision::Undecided { error, key }
}

/// A host as the machine asks it.
struct HostOracle(Arc<Host>);

impl HostOracle {
    fn get(&self, key: &B256) -> PreimageOracleResult<Vec<u8>> {
        self.0.get(PreimageKey::try_from(key.0)?)
    }
}

impl Oracle for HostOracle {
    fn preimage(&mut self, key: &B256) -> Result<Vec<u8>, OracleError> {
        self.get(key)
            .map_err(|error: PreimageOracleError| OracleError::new(format!("pre-image {key}"), error))
    }

    fn hint(&mut self, hint: &[u8]) -> Result<(), OracleError> {
        HintWriterClient::write(&*self.0, hint).map_err(|error| OracleError::new("a hint", error))
    }
}

/// The last that the guest printed.
#[derive(Debug, Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Printed {
    fn console(&self) -> Console {
        let kept = self.0.clone();
        Box::new(move |_, bytes| {
            tracing::info!(text = %String::from_utf8_lossy(bytes).trim_end(), "guest");
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.extend_from_slice(&bytes[bytes.len().saturating_sub(KEPT)..]);
            let excess = kept.len().saturating_sub(KEPT);
            kept.drain(..excess);
        })
    }

    fn last(&self) -> String {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&kept).trim().to_owned()
    }
}
