//! The prover: of segments, and of runs.

use crate::{
    machine::{OracleProof, SegmentProof, Setup, Shape, public_values},
    oracle::{LocalInput, OracleStatement},
    run::{Program, RunProof},
    stark::{Config, Val},
    statement::SegmentStatement,
    trace::{
        NotProvable, Preimage, Preimages, Recorded, RecordedOracle, Recorder, StateTree, Unprovable,
        record_oracle,
    },
};
use p3_batch_stark::{BatchProof, StarkInstance, prove_batch};
use p3_matrix::dense::RowMajorMatrix;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tribunal_vm::{Machine, State, VmError, memory::CheckpointError};

/// Why a run was not proven.
#[derive(Debug, thiserror::Error)]
pub enum NotProven {
    /// The state has no thread, or has exited already.
    #[error("the state has no running thread, so there is nothing to prove")]
    NothingToProve,
    /// The VM stopped.
    #[error(transparent)]
    Vm(#[from] VmError),
    /// A step cannot be proven.
    #[error(transparent)]
    NotProvable(#[from] NotProvable),
    /// A pre-image cannot be proven.
    #[error(transparent)]
    Preimage(#[from] Unprovable),
    /// The state that the run begins in is lost.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The proof system failed.
    #[error("the proof system: {0}")]
    Stark(String),
}

/// How far a run is.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// The segments that are proven.
    pub segments: usize,
    /// The steps that they make.
    pub steps: u64,
    /// The time that it took to record the last segment.
    pub recording: Duration,
    /// The time that it took to prove it.
    pub proving: Duration,
}

/// The program of a state.
#[must_use]
pub fn program(state: &State) -> Option<Program> {
    program_of(state, &StateTree::of(state))
}

fn program_of(state: &State, tree: &StateTree) -> Option<Program> {
    let cpu = &state.current_thread()?.cpu;
    let [memory, registers, system, _] = tree.roots();
    let words = |address: u64| address as u32 >> 2;
    Some(Program {
        memory,
        registers,
        system,
        window: (cpu.pc >> 32) as u32,
        pc: words(cpu.pc),
        next_pc: words(cpu.next_pc),
        step: state.step(),
    })
}

/// The most permutations of Keccak and compressions of SHA-256 that an oracle segment has, unless a single pre-image needs
/// more. The permutations, with 24 rows each, fill a table of 2^14 rows, which takes about a gibibyte to prove.
const MOST_BLOCKS: [usize; 2] = [(1 << 14) / 24, 1 << 12];

/// Runs a machine until it exits, and proves the run in segments of at most `segment_steps` steps.
///
/// # Errors
/// [`NotProven`].
pub fn prove_run(
    machine: &mut Machine,
    setup: &Setup,
    segment_steps: u32,
    progress: impl FnMut(&Progress),
) -> Result<RunProof, NotProven> {
    prove_run_with(machine, [], setup, segment_steps, progress)
}

/// The same for a run that reads these pre-images, and perhaps not all of them. The local keys among them become a part of
/// what is proven.
///
/// # Errors
/// [`NotProven`].
pub fn prove_run_with(
    machine: &mut Machine,
    preimages: impl IntoIterator<Item = Preimage>,
    setup: &Setup,
    segment_steps: u32,
    mut progress: impl FnMut(&Progress),
) -> Result<RunProof, NotProven> {
    let mut tree = StateTree::of(machine.state());
    let program = program_of(machine.state(), &tree).ok_or(NotProven::NothingToProve)?;
    let preimages = Arc::new(Preimages::new(preimages)?);
    tree.set_preimages(&preimages);
    let locals = preimages.regions().values().filter(|region| region.key[0] == 1);
    let locals = locals.map(|region| LocalInput { key: region.key, value: region.bytes.clone() }).collect();
    let oracle = record_oracle(&preimages, MOST_BLOCKS)
        .into_iter()
        .map(|recorded| prove_oracle(recorded, setup))
        .collect::<Result<_, _>>()?;
    let mut segments = Vec::new();
    let first_step = machine.state().step();
    while !machine.state().exited() {
        let start = Instant::now();
        let recorded = record(machine, &mut tree, &preimages, segment_steps)?;
        let recording = start.elapsed();
        let start = Instant::now();
        segments.push(prove(recorded, setup)?);
        progress(&Progress {
            segments: segments.len(),
            steps: machine.state().step() - first_step,
            recording,
            proving: start.elapsed(),
        });
    }
    Ok(RunProof { program, locals, oracle, segments })
}

/// Records the next steps of a machine. The pre-images are those of the tree.
pub(crate) fn record(
    machine: &mut Machine,
    tree: &mut StateTree,
    preimages: &Arc<Preimages>,
    steps: u32,
) -> Result<Recorded, NotProven> {
    let recorder = Recorder::new(machine.state(), tree).ok_or(NotProven::NothingToProve)?;
    let mut recorder = recorder.with_preimages(preimages.clone());
    for _ in 0..steps {
        if machine.state().exited() || recorder.failed().is_some() {
            break;
        }
        machine.step_observed(&mut recorder)?;
    }
    Ok(recorder.finish(machine.state(), tree)?)
}

/// Proves a recorded segment.
pub(crate) fn prove(
    recorded: Recorded,
    setup: &Setup,
) -> Result<(SegmentStatement, SegmentProof), NotProven> {
    let Recorded { statement, tables } = recorded;
    let public = statement.public_values();
    let proof = prove_tables(&tables.finish(&public), &public, &setup.execution, setup)?;
    Ok((statement, SegmentProof { proof }))
}

/// Proves a recorded oracle segment.
pub(crate) fn prove_oracle(
    recorded: RecordedOracle,
    setup: &Setup,
) -> Result<(OracleStatement, OracleProof), NotProven> {
    let RecordedOracle { kind, statement, tables } = recorded;
    let public = statement.public_values();
    let (tables, shape) = (tables.finish_kind(kind.tables(), &public), &setup.oracle[kind as usize]);
    let proof = prove_tables(&tables, &public, shape, setup)?;
    Ok((statement, OracleProof { kind, proof }))
}

/// Proves tables, whatever is in them. `public` are the public values of the segment.
pub(crate) fn prove_tables(
    traces: &[RowMajorMatrix<Val>],
    public: &[Val],
    shape: &Shape,
    setup: &Setup,
) -> Result<BatchProof<Config>, NotProven> {
    let traces: Vec<&RowMajorMatrix<Val>> = traces.iter().collect();
    let instances = StarkInstance::new_multiple(shape.tables, &traces, &public_values(shape.tables, public));
    prove_batch(&setup.config, &instances, &shape.data)
        .map_err(|error| NotProven::Stark(format!("{error:?}")))
}
