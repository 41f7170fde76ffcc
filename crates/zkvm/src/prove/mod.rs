//! The prover: of segments, and of runs.

pub(crate) mod batch;
mod pipeline;
mod plain;
mod sizes;

use crate::{
    air::AnyTable,
    hash::Digest,
    machine::{Invalid, OracleProof, SegmentProof, Setup, Shape, public_values},
    oracle::{LocalInput, OracleStatement},
    run::{Program, RunProof},
    stark::{Config, Val},
    statement::{MOST_STEPS, SegmentStatement},
    trace::{
        Filled, NotProvable, Preimage, Preimages, Recorded, RecordedOracle, Recorder, StateTree, Tables,
        Unprovable, counters, record_oracle, unprovable_start,
    },
    work_dir::{Run, WorkDir, WorkDirError},
};
use p3_batch_stark::BatchProof;
use p3_matrix::dense::RowMajorMatrix;
use std::{
    iter,
    num::NonZeroUsize,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};
use tribunal_vm::{Machine, State, VmError, memory::CheckpointError};

pub use plain::prove_plain;
pub use sizes::TableSize;

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
    /// The folder for segments cannot be used.
    #[error(transparent)]
    WorkDir(#[from] WorkDirError),
    /// The state that the run begins in is lost.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The root that a proof has for a state is not the VM's. This is a bug in this crate.
    #[error("after step {0}, the state that is proven is not the one that the VM is in: this is a bug")]
    State(u64),
    /// A proof was made that is not valid. This is a bug in this crate.
    #[error("the proof of {0} was made, but is not valid: {1}; this is a bug")]
    Invalid(String, Invalid),
    /// The proof system failed.
    #[error("the proof system: {0}")]
    Stark(String),
}

/// How a run is proven.
#[derive(Debug, Clone)]
pub struct Options {
    /// The segments.
    pub plan: Plan,
    /// How many segments are proven at the same time. Each needs memory of its own; all share the cores. One more segment is
    /// recorded meanwhile.
    pub workers: NonZeroUsize,
    /// A folder that keeps the segments that are proven. It must be empty or missing, if the run is not resumed.
    pub work_dir: Option<PathBuf>,
    /// Whether segments in the folder are taken from there. They must belong to this run.
    pub resume: bool,
    /// Whether the root of the state at the end of each segment is computed afresh from the VM's state, and compared with the
    /// one that is proven: a test of this crate. It hashes all memory each time.
    pub check_states: bool,
}

/// The segments that a run is proven in. One of them may become more, if a table is nearly full before it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The most steps of a segment.
    pub(crate) most: u32,
    /// The steps of each segment. Those after them have the most steps.
    pub(crate) segments: Vec<u32>,
}

/// Segments of so many steps, but for the last one.
impl From<u32> for Plan {
    fn from(most: u32) -> Self {
        Self { most: most.clamp(1, MOST_STEPS), segments: Vec::new() }
    }
}

/// Segments of this plan, one at a time, which are not kept.
impl<P: Into<Plan>> From<P> for Options {
    fn from(plan: P) -> Self {
        Self {
            plan: plan.into(),
            workers: NonZeroUsize::MIN,
            work_dir: None,
            resume: false,
            check_states: false,
        }
    }
}

/// How far a run is, after one more segment was proven.
#[derive(Debug, Clone)]
pub struct Progress {
    /// The segments of the run that are proven.
    pub segments: usize,
    /// The oracle segments that are proven.
    pub oracle_segments: usize,
    /// The steps that the segments make.
    pub steps: u64,
    /// The time that it took to record the last segment. An oracle segment takes none.
    pub recording: Duration,
    /// The time that it took to prove it.
    pub proving: Duration,
    /// Its tables. None if its proof was taken from the work folder.
    pub tables: Vec<TableSize>,
}

/// The program of a state.
///
/// # Errors
/// [`NotProven`] if no run from this state can be proven. Such a state has no program.
pub fn program(state: &State) -> Result<Program, NotProven> {
    program_of(state, &StateTree::of(state))
}

fn program_of(state: &State, tree: &StateTree) -> Result<Program, NotProven> {
    let cpu = &state.current_thread().ok_or(NotProven::NothingToProve)?.cpu;
    // What the program does not say, such as the lowest bits of the program counters, must be as in any state that runs.
    if let Some(reason) = unprovable_start(state) {
        return Err(NotProvable { step: state.step(), pc: cpu.pc, reason }.into());
    }
    let [memory, registers, system, _] = tree.roots();
    let [pc, next_pc] = counters(state);
    Ok(Program { memory, registers, system, window: (cpu.pc >> 32) as u32, pc, next_pc, step: state.step() })
}

/// The most permutations of Keccak and compressions of SHA-256 that an oracle segment has, unless a single pre-image needs
/// more. The permutations, with 24 rows each, fill a table of 2^14 rows, which takes about a gibibyte to prove.
const MOST_BLOCKS: [usize; 2] = [(1 << 14) / 24, 1 << 12];

/// Runs a machine until it exits, and proves the run.
///
/// # Errors
/// [`NotProven`].
pub fn prove_run(
    machine: &mut Machine,
    setup: &Setup,
    options: impl Into<Options>,
    progress: impl FnMut(&Progress),
) -> Result<RunProof, NotProven> {
    prove_run_with(machine, [], setup, options, progress)
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
    options: impl Into<Options>,
    mut progress: impl FnMut(&Progress),
) -> Result<RunProof, NotProven> {
    let Options { plan: Plan { most, segments: planned }, workers, work_dir, resume, check_states } =
        options.into();
    let mut tree = StateTree::of(machine.state());
    let program = program_of(machine.state(), &tree)?;
    let preimages = Arc::new(Preimages::new(preimages)?);
    tree.set_preimages(&preimages);
    let locals = preimages.regions().values().filter(|region| region.key[0] == 1);
    let locals = locals.map(|region| LocalInput { key: region.key, value: region.bytes.clone() }).collect();
    let run = Run {
        program,
        preimages: tree.roots()[3],
        segment_steps: most,
        parameters: setup.parameters,
        planned,
    };
    let folder = work_dir.map(|path| WorkDir::open(&path, &run, resume)).transpose()?;
    let folder = folder.as_ref();
    // A folder has segments of the plan that it was begun with, which may be that of another version of the planner.
    let planned = folder.map_or(&run, WorkDir::run).planned.clone();

    let mut oracle = Vec::new();
    let mut segments = Vec::new();
    let mut steps = 0;
    pipeline::run(
        workers,
        |start| {
            for (number, recorded) in record_oracle(&preimages, MOST_BLOCKS).into_iter().enumerate() {
                start.job(Box::new(move || prove_oracle_segment(number, recorded, setup, folder)))?;
            }
            let mut number = 0;
            let mut lengths = planned.into_iter().chain(iter::repeat(most));
            // The steps until the next border. A segment may end before it, but none goes on after it, as the first run of the
            // program supposed.
            let mut left = 0;
            while !machine.state().exited() {
                if left == 0 {
                    left = lengths.next().unwrap_or(most);
                }
                let begin = Instant::now();
                let recorded = record(machine, &mut tree, &preimages, left)?;
                left -= recorded.statement.steps;
                let recording = begin.elapsed();
                if check_states && recorded.statement.after.root != root_of(machine.state(), &preimages) {
                    return Err(NotProven::State(machine.state().step()));
                }
                start.job(Box::new(move || prove_segment(number, recorded, recording, setup, folder)))?;
                number += 1;
            }
            Ok(())
        },
        |Done { number, proven, recording, proving, tables }| {
            match proven {
                Proven::Oracle(segment) => oracle.push((number, segment)),
                Proven::Execution(segment) => {
                    steps += u64::from(segment.0.steps);
                    segments.push((number, segment));
                }
            }
            let (segments, oracle_segments) = (segments.len(), oracle.len());
            progress(&Progress { segments, oracle_segments, steps, recording, proving, tables });
        },
    )?;
    Ok(RunProof { program, locals, oracle: in_order(oracle), segments: in_order(segments) })
}

/// The root of a state, computed from the state alone.
fn root_of(state: &State, preimages: &Preimages) -> Digest {
    let mut tree = StateTree::of(state);
    tree.set_preimages(preimages);
    tree.root()
}

/// A segment that is proven.
enum Proven {
    Oracle((OracleStatement, OracleProof)),
    Execution((SegmentStatement, SegmentProof)),
}

/// The same, with its number among those of its kind, and what it took.
struct Done {
    number: usize,
    proven: Proven,
    recording: Duration,
    proving: Duration,
    tables: Vec<TableSize>,
}

fn prove_oracle_segment(
    number: usize,
    recorded: RecordedOracle,
    setup: &Setup,
    folder: Option<&WorkDir>,
) -> Result<Done, NotProven> {
    let begin = Instant::now();
    let (statement, mut tables) = (recorded.statement, Vec::new());
    let proof = pipeline::load_or_prove(
        folder,
        &format!("oracle-{number:05}"),
        &statement,
        |proof| setup.verify_oracle(&statement, proof),
        || {
            let (_, proof, sizes) = prove_oracle(recorded, setup)?;
            tables = sizes;
            Ok(proof)
        },
    )?;
    let proven = Proven::Oracle((statement, proof));
    Ok(Done { number, proven, recording: Duration::ZERO, proving: begin.elapsed(), tables })
}

fn prove_segment(
    number: usize,
    recorded: Recorded,
    recording: Duration,
    setup: &Setup,
    folder: Option<&WorkDir>,
) -> Result<Done, NotProven> {
    let begin = Instant::now();
    let (statement, mut tables) = (recorded.statement, Vec::new());
    let proof = pipeline::load_or_prove(
        folder,
        &format!("segment-{number:05}"),
        &statement,
        |proof| setup.verify(&statement, proof),
        || {
            let (_, proof, sizes) = prove(recorded, setup)?;
            tables = sizes;
            Ok(proof)
        },
    )?;
    let proven = Proven::Execution((statement, proof));
    Ok(Done { number, proven, recording, proving: begin.elapsed(), tables })
}

/// Values by their numbers, which are 0, 1, 2 and so on.
fn in_order<T>(mut values: Vec<(usize, T)>) -> Vec<T> {
    values.sort_unstable_by_key(|(number, _)| *number);
    values.into_iter().map(|(_, value)| value).collect()
}

/// Records the next steps of a machine: so many, or fewer if a table is nearly full. The pre-images are those of the tree.
pub(crate) fn record(
    machine: &mut Machine,
    tree: &mut StateTree,
    preimages: &Arc<Preimages>,
    steps: u32,
) -> Result<Recorded, NotProven> {
    let _span = tracing::debug_span!("record").entered();
    let recorder = Recorder::new(machine.state(), tree).ok_or(NotProven::NothingToProve)?;
    let mut recorder = recorder.with_preimages(preimages.clone());
    for _ in 0..steps {
        if machine.state().exited() || recorder.failed().is_some() {
            break;
        }
        machine.step_observed(&mut recorder)?;
        if recorder.is_full() {
            break;
        }
    }
    Ok(recorder.finish(machine.state(), tree)?)
}

/// Proves a recorded segment.
pub(crate) fn prove(
    recorded: Recorded,
    setup: &Setup,
) -> Result<(SegmentStatement, SegmentProof, Vec<TableSize>), NotProven> {
    let Recorded { statement, tables } = recorded;
    let public = statement.public_values();
    let filled = fill(tables, AnyTable::EXECUTION, &public);
    let sizes = setup.execution.sizes(&filled);
    let proof = prove_tables(&filled.matrices, &public, &setup.execution, setup)?;
    Ok((statement, SegmentProof { proof }, sizes))
}

/// Proves a recorded oracle segment.
pub(crate) fn prove_oracle(
    recorded: RecordedOracle,
    setup: &Setup,
) -> Result<(OracleStatement, OracleProof, Vec<TableSize>), NotProven> {
    let RecordedOracle { kind, statement, tables } = recorded;
    let (public, shape) = (statement.public_values(), &setup.oracle[kind as usize]);
    let filled = fill(tables, kind.tables(), &public);
    let sizes = shape.sizes(&filled);
    let proof = prove_tables(&filled.matrices, &public, shape, setup)?;
    Ok((statement, OracleProof { kind, proof }, sizes))
}

pub(crate) fn fill(tables: Tables, kind: &[AnyTable], public: &[Val]) -> Filled {
    let _span = tracing::debug_span!("fill tables").entered();
    tables.finish_kind(kind, public)
}

/// Proves tables, whatever is in them. `public` are the public values of the segment.
pub(crate) fn prove_tables(
    traces: &[RowMajorMatrix<Val>],
    public: &[Val],
    shape: &Shape,
    setup: &Setup,
) -> Result<BatchProof<Config>, NotProven> {
    let public = public_values(shape.tables, public);
    let (data, plans) = shape.prover_data(&setup.config);
    batch::prove(shape.tables, traces, &public, &setup.config, data, plans)
}
