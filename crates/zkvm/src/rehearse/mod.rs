//! The first of the two runs of a program: it shows which pre-images the program reads, and that they can be proven.

#[cfg(test)]
mod tests;

use crate::{
    machine::Setup,
    prove::{NotProven, Plan},
    tables::Sha256BlockRow,
    trace::{Forecast, NotProvable, Preimage, Reason, Unprovable, check},
};
use alloy_primitives::B256;
use p3_keccak::Keccak256Hash;
use p3_symmetric::CryptographicHasher;
use tribunal_vm::{Console, Fault, Machine, Oracle, OracleError, Recording, State, VmError};

/// What a first run shows.
#[derive(Debug)]
pub struct Rehearsal {
    /// A machine in the state that the run began in. It has the same pre-images, and prints nothing.
    pub machine: Machine,
    /// The pre-images that the run read.
    pub preimages: Vec<Preimage>,
    /// The code that the program exited with.
    pub exit_code: u8,
    /// The steps that it made.
    pub steps: u64,
    /// The segments that it is proven in.
    pub plan: Plan,
}

/// Runs a program until it exits, to learn which pre-images it reads, and whether it can be proven in segments of at most so
/// many steps.
///
/// It makes each step exactly and watches it, which takes about a fiftieth of the time that the proof takes. It also plans
/// the segments: a segment may end before it has so many steps, if that makes the proof cheaper.
///
/// # Errors
/// [`NotProven`]: [`NotProvable`] if a step cannot be proven. It names the step and the reason.
pub fn rehearse(
    state: State,
    oracle: Box<dyn Oracle>,
    console: Console,
    setup: &Setup,
    segment_steps: u32,
) -> Result<Rehearsal, NotProven> {
    let _span = tracing::debug_span!("rehearse").entered();
    let recording = Recording::default();
    let mut machine = Machine::new(state, recording.record(Box::new(Provable(oracle))), console);
    let (checkpoint, first) = (machine.checkpoint(), machine.state().step());
    let plan = watch(&mut machine, setup, segment_steps)?;
    let (exit_code, steps) = (machine.state().exit_code(), machine.state().step() - first);
    let start = checkpoint.state(machine.state())?;
    let preimages = recording.list().into_iter();
    let preimages = preimages.map(|(key, bytes)| Preimage { key: key.0, bytes: bytes.to_vec() }).collect();
    let machine = Machine::new(start, recording.replay(), Box::new(|_, _| ()));
    Ok(Rehearsal { machine, preimages, exit_code, steps, plan })
}

/// Runs a machine until it exits, or until it makes a step that cannot be proven.
fn watch(machine: &mut Machine, setup: &Setup, segment_steps: u32) -> Result<Plan, NotProven> {
    let mut plan = Plan::from(segment_steps);
    let mut forecast = Forecast::new(setup.costs(), segment_steps);
    while !machine.state().exited() {
        forecast.begin_segment(machine.state());
        let mut ended = None;
        while ended.is_none() && !machine.state().exited() {
            let made = machine.step_observed(&mut forecast);
            if made.is_ok() {
                ended = forecast.end_step(machine.state());
            }
            // What is no instruction stops the VM too.
            if let Some(failed) = forecast.take_failed() {
                return Err(failed.into());
            }
            made.map_err(reason)?;
        }
        plan.segments.extend(ended);
    }
    Ok(plan)
}

/// An oracle that refuses pre-images that cannot be proven.
struct Provable(Box<dyn Oracle>);

impl Oracle for Provable {
    fn preimage(&mut self, key: &B256) -> Result<Vec<u8>, OracleError> {
        let refuse = |why: Unprovable| OracleError::new(key.to_string(), why);
        // The server need not have those that cannot be proven.
        check(&key.0, 0).map_err(refuse)?;
        let bytes = self.0.preimage(key)?;
        check(&key.0, bytes.len()).map_err(refuse)?;
        if matches_key(key, &bytes) { Ok(bytes) } else { Err(refuse(Unprovable::Hash)) }
    }

    fn hint(&mut self, hint: &[u8]) -> Result<(), OracleError> {
        self.0.hint(hint)
    }
}

/// Whether bytes are the pre-image of a key, if the key is a hash.
fn matches_key(key: &B256, bytes: &[u8]) -> bool {
    let hash = match key[0] {
        2 => Keccak256Hash {}.hash_iter(bytes.iter().copied()),
        4 => Sha256BlockRow::hash(1, bytes).1,
        _ => return true,
    };
    hash[1..] == key[1..]
}

/// An error of the machine, or why the step cannot be proven.
fn reason(error: VmError) -> NotProven {
    let why = match &error.fault {
        Fault::Oracle(oracle) => oracle.source.downcast_ref::<Unprovable>().copied(),
        _ => None,
    };
    let VmError { step, pc, .. } = error;
    match why {
        Some(why) => NotProvable { step, pc, reason: Reason::Preimage(why) }.into(),
        None => error.into(),
    }
}
