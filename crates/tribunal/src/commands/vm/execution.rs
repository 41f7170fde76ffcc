//! The run itself: the machine runs from one step with something to do to the next.

use anyhow::{Context, bail};
use std::time::{Duration, Instant};
use tribunal_vm::{Machine, Metadata, State, memory::PAGE_BYTES};

use super::{
    log, name_format::NameFormat, output::Target, pattern::StepPattern, profile::Profile,
    snapshots::Snapshots, stop::StopAtRead, traceback::Traceback, witnesses::Witnesses,
};

/// Steps between two checks for an interrupt and for progress to show.
const SLICE: u64 = 20_000_000;
/// How often progress is shown on a terminal.
const PROGRESS_EVERY: Duration = Duration::from_secs(5);

/// What to do at which steps.
pub(crate) struct Execution<'a> {
    pub(crate) info_at: StepPattern,
    pub(crate) stop_at: StepPattern,
    pub(crate) snapshot_at: StepPattern,
    pub(crate) snapshots: Snapshots<'a>,
    pub(crate) proof_at: StepPattern,
    pub(crate) proof_format: &'a NameFormat,
    pub(crate) witness_at: StepPattern,
    pub(crate) witnesses: Witnesses,
    pub(crate) stop_at_read: StopAtRead,
    /// Follows calls, for which every step must be exact.
    pub(crate) traceback: Option<Traceback<'a>>,
    pub(crate) profile: Option<Profile>,
    pub(crate) metadata: &'a Metadata,
}

impl Execution<'_> {
    /// Runs the machine until the program exits or a stop.
    pub(crate) fn run(&mut self, machine: &mut Machine) -> anyhow::Result<()> {
        let ran = self.run_machine(machine);
        // Also after an error, so that the last snapshot is complete.
        let written = self.snapshots.finish();
        ran.and(written)
    }

    fn run_machine(&mut self, machine: &mut Machine) -> anyhow::Result<()> {
        let mut speed = Speed::since(machine.state().step());
        while !machine.state().exited() {
            let step = machine.state().step();
            if crate::interrupt::was_asked() {
                bail!(crate::interrupt::Interrupted);
            }
            if self.info_at.matches(step) || speed.is_due() {
                self.log_step(machine.state(), &mut speed);
            }
            if self.stop_at.matches(step) {
                log::info("Reached stop at", &[]);
                break;
            }
            if self.witness_at.matches(step) {
                self.witnesses.note(machine)?;
            }
            if self.snapshot_at.matches(step) {
                self.snapshots.write(machine.state())?;
            }
            if let Some(profile) = &mut self.profile {
                profile.sample(machine.state());
            }
            if self.proof_at.matches(step) {
                self.prove(machine)?;
            } else {
                self.advance(machine)?;
            }
            if self.stops_at_read(machine) {
                break;
            }
        }
        let state = machine.state();
        log::info("Execution stopped", &[("exited", &state.exited()), ("code", &state.exit_code())]);
        if self.witness_at != StepPattern::Never {
            self.witnesses.note(machine)?;
        }
        Ok(())
    }

    /// Runs to the next step with something to do, or to a read of a pre-image.
    fn advance(&mut self, machine: &mut Machine) -> anyhow::Result<()> {
        let until = self.next_event(machine.state().step());
        let stop_at_reads = self.stop_at_read.is_asked();
        match &mut self.traceback {
            Some(traceback) => traceback.run(machine, until, stop_at_reads),
            None => Ok(machine.run(until, stop_at_reads).map(drop)?),
        }
    }

    fn next_event(&self, step: u64) -> u64 {
        let patterns = [self.info_at, self.stop_at, self.snapshot_at, self.proof_at, self.witness_at];
        let events = patterns.into_iter().filter_map(|pattern| pattern.next_after(step));
        let sample = self.profile.as_ref().map(|profile| profile.next_after(step));
        events.chain(sample).fold(step.saturating_add(SLICE), u64::min)
    }

    fn stops_at_read(&self, machine: &Machine) -> bool {
        let Some((key, preimage, offset)) = machine.last_preimage_read() else { return false };
        let step = machine.state().step().saturating_sub(1);
        let stops = self.stop_at_read.matches(step, key, preimage.len(), offset);
        if stops {
            let fields: [log::Field<'_>; 4] =
                [("step", &step), ("key", key), ("offset", &offset), ("size", &preimage.len())];
            log::info("Stopping at preimage read", &fields);
        }
        stops
    }

    fn prove(&mut self, machine: &mut Machine) -> anyhow::Result<()> {
        let target = Target::named(self.proof_format.name(machine.state().step()));
        let proof = match &mut self.traceback {
            Some(traceback) => traceback.follow(machine, Machine::prove_step)?,
            None => machine.prove_step()?,
        };
        target.write_json(&proof).context("failed to write proof data")
    }

    fn log_step(&self, state: &State, speed: &mut Speed) {
        let pc = state.current_thread().map_or(0, |thread| thread.cpu.pc);
        let instruction = state.memory().read_instruction(pc & !3);
        let pages = state.memory().page_count();
        log::info(
            "processing",
            &[
                ("step", &state.step()),
                ("pc", &format_args!("{pc:08x}")),
                ("insn", &format_args!("{instruction:08x}")),
                ("ips", &speed.steps_per_second(state.step())),
                ("pages", &pages),
                ("mem", &in_binary_units((pages * PAGE_BYTES) as u64)),
                ("name", &self.metadata.lookup(pc)),
            ],
        );
    }
}

/// Measures the speed of a run, and when to show progress.
struct Speed {
    first_step: u64,
    start: Instant,
    shown: Instant,
    shows_progress: bool,
}

impl Speed {
    fn since(first_step: u64) -> Self {
        let now = Instant::now();
        Self {
            first_step,
            start: now,
            shown: now,
            shows_progress: crate::terminal::Stream::Stderr.is_terminal(),
        }
    }

    fn is_due(&self) -> bool {
        self.shows_progress && self.shown.elapsed() >= PROGRESS_EVERY
    }

    fn steps_per_second(&mut self, step: u64) -> u64 {
        self.shown = Instant::now();
        let seconds = self.start.elapsed().as_secs_f64().max(1e-9);
        ((step - self.first_step) as f64 / seconds) as u64
    }
}

/// A number of bytes as people read it, `24.0 KiB` for example.
pub(crate) fn in_binary_units(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut units = UNITS.iter();
    let mut unit = units.next();
    while value >= 1024.0
        && let Some(next) = units.next()
    {
        value /= 1024.0;
        unit = Some(next);
    }
    format!("{value:.1} {}", unit.unwrap_or(&"B"))
}
