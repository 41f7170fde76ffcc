//! `--debug`: the call stack of each thread, as Cannon finds it.
//!
//! Cannon notes every jump that could be a call and guesses which one a return belongs to. A traceback of the same
//! program is the same, frame by frame, only if the guesses are too. Following calls needs a look at every instruction,
//! so the machine makes exact steps.

use std::{collections::HashMap, io::Write};
use tribunal_vm::{Machine, Metadata, State, VmError};

use crate::{
    output::{self, OutputError},
    printable::printable,
};

/// The most frames that all threads have together: 256 MiB. Beyond them, a thread's oldest frames are dropped.
const MAX_FRAMES: usize = 1 << 24;

/// A jump that may have been a call.
#[derive(Debug, Clone, Copy)]
struct Frame {
    /// The address of the jump.
    caller: u64,
    /// The address that it went to.
    target: u64,
}

/// The frames of all threads.
#[derive(Debug)]
pub(crate) struct Traceback<'a> {
    metadata: &'a Metadata,
    /// By the thread's number; outermost first.
    threads: HashMap<u64, Vec<Frame>>,
    frames: usize,
}

/// What the next instruction does to the frames of its thread.
enum Event {
    Call(Frame),
    Return,
    Other,
}

impl<'a> Traceback<'a> {
    /// No frames yet.
    pub(crate) fn new(metadata: &'a Metadata) -> Self {
        Self { metadata, threads: HashMap::new(), frames: 0 }
    }

    /// As [`Machine::run`].
    pub(crate) fn run(
        &mut self,
        machine: &mut Machine,
        until: u64,
        stop_at_reads: bool,
    ) -> anyhow::Result<()> {
        while !machine.state().exited() && machine.state().step() < until {
            self.follow(machine, Machine::step)?;
            if stop_at_reads && machine.last_preimage_read().is_some() {
                break;
            }
        }
        Ok(())
    }

    /// Has the machine make one step.
    pub(crate) fn follow<T>(
        &mut self,
        machine: &mut Machine,
        step: impl FnOnce(&mut Machine) -> Result<T, VmError>,
    ) -> anyhow::Result<T> {
        let before = machine.state();
        let Some(thread) = before.current_thread() else { return Ok(step(machine)?) };
        let (id, pc, next_pc, exited) = (thread.id, thread.cpu.pc, thread.cpu.next_pc, thread.exited);
        let (child, number) = (before.next_thread_id(), before.step() + 1);
        let event = Event::next(before);
        let result = step(machine)?;
        let after = machine.state();
        if exited {
            self.drop_thread(id);
        } else if after.next_thread_id() != child {
            self.push(child, Frame { caller: pc, target: next_pc });
        } else if after.steps_since_switch() > 0 {
            // Otherwise the thread was preempted instead of making its step.
            match event {
                Event::Call(frame) => self.push(id, frame),
                Event::Return => self.pop(id, pc, number)?,
                Event::Other => {}
            }
        }
        Ok(result)
    }

    /// Writes the frames of the running thread, innermost first.
    pub(crate) fn write(&self, out: &mut dyn Write, state: &State) -> std::io::Result<()> {
        let (id, pc) = state.current_thread().map_or((0, 0), |thread| (thread.id, thread.cpu.pc));
        writeln!(out, "traceback at pc={pc:x}. step={}", state.step())?;
        let frames = self.threads.get(&id).map_or(&[][..], Vec::as_slice);
        for (depth, Frame { caller, target }) in frames.iter().rev().enumerate() {
            let name = printable(self.metadata.lookup(*target));
            writeln!(out, "\t{depth} {target:x} in {name} caller={caller:08x}")?;
        }
        Ok(())
    }

    fn push(&mut self, thread: u64, frame: Frame) {
        let frames = self.threads.entry(thread).or_default();
        if self.frames >= MAX_FRAMES {
            let dropped = frames.drain(..frames.len().div_ceil(2)).count();
            self.frames -= dropped;
        }
        if self.frames < MAX_FRAMES {
            frames.push(frame);
            self.frames += 1;
        }
    }

    /// Removes the frame of the call that a return at `pc` ends: the last frame of the function that returns, and all frames
    /// after it. A function that was inlined has no frame, so its return removes none.
    fn pop(&mut self, thread: u64, pc: u64, step: u64) -> Result<(), OutputError> {
        let frames = self.threads.entry(thread).or_default();
        if frames.is_empty() {
            return output::line(format_args!("ERROR: stack underflow at pc={pc:x}. step={step}"));
        }
        let function = self.metadata.lookup(pc);
        if let Some(at) = frames.iter().rposition(|frame| self.metadata.lookup(frame.target) == function) {
            self.frames -= frames.len() - at;
            frames.truncate(at);
        }
        Ok(())
    }

    fn drop_thread(&mut self, thread: u64) {
        self.frames -= self.threads.remove(&thread).map_or(0, |frames| frames.len());
    }
}

impl Event {
    /// The effect on frames of the next instruction of the running thread, if the next step executes it.
    fn next(state: &State) -> Self {
        let Some(thread) = state.current_thread() else { return Self::Other };
        let cpu = &thread.cpu;
        let word = state.memory().read_instruction(cpu.pc & !3);
        let register = |shift: u32| cpu.registers[(word >> shift & 31) as usize];
        let call = |target| Self::Call(Frame { caller: cpu.pc, target });
        let is_negative = (register(21) as i64) < 0;
        match word >> 26 {
            // j and jal
            2 | 3 => call(cpu.next_pc & !0x0fff_ffff | u64::from(word & 0x03ff_ffff) << 2),
            // bltzal and bgezal, where they branch
            1 if word >> 16 & 31 == if is_negative { 0x10 } else { 0x11 } => {
                call(cpu.pc.wrapping_add(4).wrapping_add_signed(i64::from(word as i16) << 2))
            }
            // jalr, jr
            0 if word & 63 == 9 => call(register(21)),
            0 if word & 63 == 8 => Self::Return,
            _ => Self::Other,
        }
    }
}
