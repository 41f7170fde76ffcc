//! An observer that tells the recorder a lie about one step.

use crate::trace::Recorder;
use tribunal_mips::{Cpu, HI, Instruction, LO};
use tribunal_vm::{Observer, Switch, Thread, memory::MemoryView};

/// A lie about what a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lie {
    /// It writes another value to a register.
    Result(u64),
    /// It writes its result to another register.
    Destination(u8),
    /// The step after the next one is elsewhere, so many words away.
    Target(i32),
    /// It stores another word.
    Stored(u64),
    /// It leaves the word as it is.
    NotStored,
    /// It stores so many words further on.
    StoredAt(i64),
    /// The thread that comes is another one.
    Comes(u64),
    /// The thread that comes has another value in a register.
    ComesWith(u64),
    /// The thread goes on.
    NoSwitch,
    /// The program goes on.
    NoExit,
}

/// What a step does that one can lie about.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Does {
    pub(super) writes: bool,
    pub(super) stores: bool,
    pub(super) switches: bool,
    pub(super) exits: bool,
}

/// Passes on what the machine does in one step.
pub(super) struct Liar<'a> {
    pub(super) recorder: &'a mut Recorder,
    pub(super) lie: Option<Lie>,
    writes: Vec<u8>,
    before: Option<Cpu>,
    /// The registers after the step, as they are told.
    pub(super) after: Option<Cpu>,
    /// The word that is told to be stored, and the one that is stored.
    pub(super) stored: Option<[(u64, u64); 2]>,
    /// Whether the lie was told.
    pub(super) told: bool,
    pub(super) does: Does,
}

/// Sets a register, HI or LO.
pub(super) fn set(cpu: &mut Cpu, register: u8, value: u64) {
    match register {
        HI => cpu.hi = value,
        LO => cpu.lo = value,
        _ => cpu.set(register, value),
    }
}

impl<'a> Liar<'a> {
    pub(super) const fn new(recorder: &'a mut Recorder, lie: Option<Lie>) -> Self {
        let does = Does { writes: false, stores: false, switches: false, exits: false };
        Self { recorder, lie, writes: Vec::new(), before: None, after: None, stored: None, told: false, does }
    }

    /// The registers after a step, as they are told.
    fn lie_about(&mut self, cpu: &Cpu) -> Cpu {
        let mut told = cpu.clone();
        match self.lie {
            Some(Lie::Result(change)) if !self.writes.is_empty() => {
                let register = self.writes[change as usize % self.writes.len()];
                // No row can be made of a read or a write of very many bytes.
                let call = self.before.as_ref().map_or(0, |before| before.register(2));
                let moves_bytes = self.writes.len() == 2 && [5000, 5001, 5313].contains(&call);
                let change = if moves_bytes { change.count_ones().into() } else { change };
                set(&mut told, register, cpu.register(register) ^ change);
            }
            Some(Lie::Target(words)) => told.next_pc = cpu.next_pc.wrapping_add_signed(4 * i64::from(words)),
            Some(Lie::Destination(register)) if self.told => {
                let Some((before, &right)) = self.before.as_ref().zip(self.writes.first()) else {
                    return told;
                };
                told.set(register, cpu.register(right));
                told.set(right, before.register(right));
            }
            Some(Lie::NoExit) if self.told => told.advance(),
            _ => {}
        }
        self.told |= told != *cpu;
        told
    }
}

impl Observer for Liar<'_> {
    fn begin(&mut self, step: u64) {
        self.recorder.begin(step);
    }

    fn fetch(&mut self, memory: &mut MemoryView<'_>, cpu: &Cpu, instruction: Instruction) {
        // A call writes its result and its error.
        self.writes = instruction.writes().iter().collect();
        if memory.read_instruction(cpu.pc) == 0xc {
            self.writes = vec![2, 7];
        }
        self.does.writes = !self.writes.is_empty();
        self.before = Some(cpu.clone());
        self.recorder.fetch(memory, cpu, instruction);
        if let Some(Lie::Destination(register)) = self.lie
            && self.writes.len() == 1
            && self.writes[0] != register
            && self.writes[0] < HI
        {
            self.told |= self.recorder.redirect(register);
        }
    }

    fn load(&mut self, memory: &mut MemoryView<'_>, address: u64) {
        self.recorder.load(memory, address);
    }

    fn store(&mut self, memory: &mut MemoryView<'_>, address: u64, new: u64) {
        self.does.stores = true;
        let (place, word) = match self.lie {
            Some(Lie::Stored(change)) if !self.told => (address, new ^ change),
            Some(Lie::NotStored) if !self.told => (address, memory.read_word(address)),
            Some(Lie::StoredAt(words)) if !self.told => (address.wrapping_add_signed(8 * words), new),
            _ => (address, new),
        };
        if (place, word) != (address, new) {
            self.told = true;
            self.stored = Some([(place, word), (address, memory.read_word(address))]);
        }
        self.recorder.store(memory, place, word);
    }

    fn thread_exit(&mut self, thread: u64, code: u8) {
        self.does.exits = true;
        if self.lie == Some(Lie::NoExit) {
            self.told = true;
        } else {
            self.recorder.thread_exit(thread, code);
        }
    }

    fn exit(&mut self, code: u8) {
        self.does.exits = true;
        if self.lie == Some(Lie::NoExit) {
            self.told = true;
        } else {
            self.recorder.exit(code);
        }
    }

    fn retire(&mut self, cpu: &Cpu) {
        let told = self.lie_about(cpu);
        self.recorder.retire(&told);
        self.after = Some(told);
    }

    fn switch(&mut self, reason: Switch, from: &Thread, to: &Thread) {
        self.does.switches = true;
        let mut comes = to.clone();
        match self.lie {
            Some(Lie::Comes(change)) => comes.id ^= change,
            Some(Lie::ComesWith(change)) => comes.cpu.set((change % 31) as u8 + 1, change),
            Some(Lie::NoSwitch) => {
                self.told = true;
                return;
            }
            _ => {}
        }
        self.told |= comes != *to;
        let mut from = from.clone();
        if let (Some(Lie::Target(_)), Some(after)) = (self.lie, &self.after) {
            from.cpu.next_pc = after.next_pc;
        }
        self.recorder.switch(reason, &from, &comes);
    }
}
