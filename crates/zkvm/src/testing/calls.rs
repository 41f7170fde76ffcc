//! Judges system calls. The row of a call's own table is no step by itself, so the judge takes it together with the row of
//! the table `syscall`.
//!
//! As for other steps, the messages that the rows receive are the state before the step, and those that they send the state
//! after it. The judge lets the VM make that step. What the rows do not access may be anything, so the VM makes the step
//! in two states that differ there.

use super::{
    Verdict,
    instructions::WINDOW,
    judge::{Access, Said, Stop, access, address, alone, limbs, messages, wrong},
    mutate::mutate_for,
    programs::Server,
    value,
};
use crate::{
    air::AnyTable,
    bus::{SLOTS, Slot},
    decode::{Decoded, Operation},
    one_row::evaluate,
    row::Row,
    stark::Val,
    statement::{Position, SystemCell},
    tables::{FIRST_TIME, SyscallRow},
    trace::{Preimages, Recorder, StateTree, system},
    word::word,
};
use core::array;
use p3_field::PrimeCharacteristicRing;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use tribunal_mips::{Cpu, Op, WORD_MASK};
use tribunal_vm::{Machine, Observer, State, Switch, Thread, memory::MemoryView, read_state};

/// The word `syscall`.
const SYSCALL: u32 = 0x0000_000c;

/// The steps before the segment.
const STEP_IN: u64 = 0xffff_ffff_fff0;

/// A state with one instruction, a system call.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) cpu: Cpu,
    /// The cells of the machine's own state.
    pub(crate) cells: [u64; 20],
    /// Words of memory.
    pub(crate) memory: BTreeMap<u64, u64>,
    /// The time of the step in the segment.
    pub(crate) time: u32,
    /// The steps before the segment.
    pub(crate) step_in: u64,
    /// The pre-images that there are.
    pub(crate) preimages: Arc<Preimages>,
}

impl Setup {
    /// A call with this number and these arguments.
    pub(crate) fn call(number: u64, arguments: [u64; 3]) -> Self {
        let mut cpu = Cpu::at(WINDOW << 32 | 0x1000);
        for (register, value) in (4..).zip(arguments) {
            cpu.set(register, value);
        }
        cpu.set(2, number);
        cpu.set(7, 0x1234_5678_9abc_def0);
        let mut cells = [0; 20];
        for (cell, value) in [
            (SystemCell::Key, 0x0200_0000_1122_3344),
            (SystemCell::Offset, 8),
            (SystemCell::Heap, 0x1000_0000_0000),
            (SystemCell::Thread, 5),
            (SystemCell::NextThread, 6),
            (SystemCell::Left, 1),
            (SystemCell::SinceSwitch, 77),
            (SystemCell::Version, 8),
        ] {
            cells[cell as usize] = value;
        }
        let preimages = Arc::default();
        Self { cpu, cells, memory: BTreeMap::new(), time: 4000, step_in: STEP_IN, preimages }
    }

    /// The state, if the VM can have it.
    fn state(&self) -> Option<State> {
        let cell = |cell: SystemCell| self.cells[cell as usize];
        let (mut memory, pc) = (self.memory.clone(), self.cpu.pc);
        // The instruction is where the memory of the call is not, or this state is not possible.
        if memory.insert(pc & !7, u64::from(SYSCALL) << (32 - 8 * (pc & 4))).is_some() {
            return None;
        }
        let mut pages: BTreeMap<u64, [u8; 4096]> = BTreeMap::new();
        for (address, value) in memory {
            let page = pages.entry(address >> 12).or_insert([0; 4096]);
            let place = address as usize & 0xfff;
            page[place..place + 8].copy_from_slice(&value.to_be_bytes());
        }
        let mut file = Vec::new();
        let word = |value: u64| value.to_be_bytes();
        file.push(u8::try_from(cell(SystemCell::Version)).ok()?);
        file.extend(word(pages.len() as u64));
        for (index, page) in pages {
            file.extend(word(index));
            file.extend(page);
        }
        (0..4).for_each(|part| file.extend(word(self.cells[SystemCell::Key as usize + part])));
        file.extend(word(cell(SystemCell::Offset)));
        file.extend(word(cell(SystemCell::Heap)));
        file.push(u8::try_from(cell(SystemCell::Reservation)).ok()?);
        file.extend(word(self.cells[SystemCell::Reservation as usize + 1]));
        file.extend(word(self.cells[SystemCell::Reservation as usize + 2]));
        // Not exited.
        file.extend([0, 0]);
        file.extend(word(self.step_in.wrapping_add(u64::from((self.time - FIRST_TIME) / SLOTS))));
        file.extend(word(cell(SystemCell::SinceSwitch)));
        let right = u8::try_from(cell(SystemCell::Direction)).ok()?;
        file.push(right);
        file.extend(word(cell(SystemCell::NextThread)));
        for (stack, side) in [(SystemCell::Left, 0), (SystemCell::Right, 1)] {
            let count = cell(stack);
            if count > 8 || count == 0 && side == right {
                return None;
            }
            file.extend(word(count));
            for thread in 1..=count {
                let runs = thread == count && side == right;
                let (id, cpu) = if runs {
                    (cell(SystemCell::Thread), self.cpu.clone())
                } else {
                    (100 + thread, Cpu::at(0x9000))
                };
                file.extend(Thread::new(id, cpu).encode());
            }
        }
        // No hint.
        file.extend([0; 4]);
        read_state(&mut &file[..], 1000).ok()
    }

    fn machine(&self) -> Option<Machine> {
        let server = Server(self.preimages.clone());
        Some(Machine::new(self.state()?, Box::new(server), Box::new(|_, _| ())))
    }
}

/// The public values of a segment, as far as tables of calls need them.
fn public(step_in: u64) -> [Val; 6] {
    let [a, b, c, d] = word(step_in);
    [Val::ONE, Val::ZERO, a, b, c, d]
}

/// The rows of a call.
#[derive(Debug, Clone)]
pub(crate) struct Rows {
    pub(crate) frame: Vec<Val>,
    /// That of the call's own table, if there is one.
    pub(crate) own: Option<(AnyTable, Vec<Val>)>,
    /// The steps before the segment.
    step_in: u64,
    preimages: Arc<Preimages>,
}

/// Lets the VM make the call, and records it. `None` if the VM fails or there are no rows.
pub(crate) fn record_call(setup: &Setup) -> Option<Rows> {
    let mut machine = setup.machine()?;
    let recorder = Recorder::new(machine.state(), &StateTree::default())?;
    let mut recorder = recorder.with_preimages(setup.preimages.clone());
    recorder.set_time(setup.time);
    recorder.set_region(setup.cells[SystemCell::Region as usize]);
    machine.step_observed(&mut recorder).ok()?;
    if recorder.failed().is_some() {
        return None;
    }
    let row = |table: AnyTable| recorder.tables().rows(table).next().map(<[Val]>::to_vec);
    let own = OWN.iter().find_map(|&table| Some((table, row(table)?)));
    let (step_in, preimages) = (setup.step_in, setup.preimages.clone());
    Some(Rows { frame: row(AnyTable::Syscall)?, own, step_in, preimages })
}

/// The tables of calls.
const OWN: &[AnyTable] = &[
    AnyTable::Exit,
    AnyTable::File,
    AnyTable::Mmap,
    AnyTable::WriteKey,
    AnyTable::ReadPreimage,
    AnyTable::Clock,
    AnyTable::GetRandom,
    AnyTable::Yields,
    AnyTable::CloneThread,
];

/// Checks the rows of a call: they say what the VM does. Then changes each cell of both, alone and with each other one, and
/// demands that the rows are refused then, or still say what the VM does.
pub(crate) fn check_call(table: Option<AnyTable>, setup: &Setup) -> TestCaseResult {
    mutate_call(&is_right(table, setup)?)
}

/// Checks the rows of a call, and returns them.
pub(crate) fn is_right(table: Option<AnyTable>, setup: &Setup) -> Result<Rows, TestCaseError> {
    let Some(rows) = record_call(setup) else {
        return Err(TestCaseError::reject("not provable"));
    };
    prop_assert_eq!(rows.own.as_ref().map(|own| own.0), table);
    let honest = judge_call(&rows);
    prop_assert!(matches!(&honest, Verdict::Right(said) if !said.is_empty()), "{honest:x?} {rows:?}");
    Ok(rows)
}

fn accept(rows: &Rows, cells: &[usize]) -> TestCaseResult {
    if let Verdict::Wrong(why) = judge_call(rows) {
        let own = rows.own.as_ref().map(|own| own.0.name());
        return Err(TestCaseError::fail(format!("cells {cells:?} of a call {own:?} are free: {why}")));
    }
    Ok(())
}

/// Changes each cell of the rows of a call.
pub(crate) fn mutate_call(rows: &Rows) -> TestCaseResult {
    let frame = rows.frame.len();
    let both: Vec<Val> = rows.frame.iter().chain(rows.own.iter().flat_map(|own| &own.1)).copied().collect();
    mutate_for(&both, |forged, cells| {
        let own = rows.own.as_ref().map(|own| (own.0, forged[frame..].to_vec()));
        accept(&Rows { frame: forged[..frame].to_vec(), own, ..rows.clone() }, cells)
    })?;
    // The row of the call with a frame that says the same, whatever that is.
    let Some((table, own)) = &rows.own else { return Ok(()) };
    mutate_for(own, |forged, cells| accept_with_its_frame(rows, forged, cells))?;
    // An empty row of the call must not become one that says something else than the frame.
    let empty = vec![Val::ZERO; own.len()];
    mutate_for(&empty, |forged, cells| {
        let own = Some((*table, forged.to_vec()));
        accept(&Rows { own, ..rows.clone() }, cells)?;
        let nothing =
            Rows { frame: vec![Val::ZERO; frame], own: Some((*table, forged.to_vec())), ..rows.clone() };
        accept(&nothing, cells)
    })
}

/// Accepts another row of the call, with a frame that says the same, whatever that is.
fn accept_with_its_frame(rows: &Rows, own: &[Val], cells: &[usize]) -> TestCaseResult {
    match with_its_frame(rows, own) {
        Some(forged) => accept(&forged, cells),
        None => Ok(()),
    }
}

/// Judges another row of the call, with a frame that says the same.
pub(crate) fn judge_own(rows: &Rows, own: &[Val]) -> Verdict {
    match with_its_frame(rows, own) {
        Some(forged) => judge_call(&forged),
        None => Verdict::Refused("it says nothing".to_owned()),
    }
}

/// Another row of the call, with a frame that says the same, whatever that is.
fn with_its_frame(rows: &Rows, own: &[Val]) -> Option<Rows> {
    let (table, _) = rows.own.as_ref()?;
    let honest = *SyscallRow::of(&rows.frame);
    let mut frame = None;
    evaluate(*table, own, &[], &public(rows.step_in), |message| {
        if message.bus == "sc" {
            frame = Some(honest.with_message(message.fields).cells().to_vec());
        }
    });
    Some(Rows { frame: frame?, own: Some((*table, own.to_vec())), ..rows.clone() })
}

/// Mixes the row of a call with that of another call: puts each range of cells of one into the other. So what proves one
/// result must not prove another one.
pub(crate) fn check_call_mixes(table: AnyTable, setup: &Setup, other: &Setup) -> TestCaseResult {
    let [rows, other] = [setup, other].map(|setup| is_right(Some(table), setup));
    let (rows, other) = (rows?, other?);
    let (Some((_, own)), Some((_, other))) = (&rows.own, &other.own) else { return Ok(()) };
    for (from, to) in (0..own.len()).flat_map(|from| (from + 1..=own.len()).map(move |to| (from, to))) {
        let mut mixed = own.clone();
        mixed[from..to].copy_from_slice(&other[from..to]);
        accept_with_its_frame(&rows, &mixed, &[from, to])?;
    }
    Ok(())
}

/// Messages that are right, with the steps before the segment and the pre-images.
type Known = (Vec<Said>, u64, Arc<Preimages>);

/// Judges the rows of a call.
pub(crate) fn judge_call(rows: &Rows) -> Verdict {
    let mut said: Vec<Said> = Vec::new();
    let own = rows.own.iter().map(|(table, row)| (*table, row));
    for (table, row) in [(AnyTable::Syscall, &rows.frame)].into_iter().chain(own) {
        let public = public(rows.step_in);
        match messages(table, row, &public[..table.public()]) {
            Ok(messages) => said.extend(messages.others),
            Err(verdict) => return verdict,
        }
    }
    let all = said.iter().map(|(bus, fields, _)| (bus.clone(), fields.clone())).collect();
    if said.is_empty() {
        return Verdict::Right(all);
    }
    // Many changed cells are not used, and so change no message. Then the VM need not make the step again.
    thread_local! {
        static RIGHT: RefCell<Option<Known>> = const { RefCell::new(None) };
    }
    let is_known = |right: &Option<Known>| {
        right.as_ref().is_some_and(|(known, step_in, preimages)| {
            *known == said && *step_in == rows.step_in && Arc::ptr_eq(preimages, &rows.preimages)
        })
    };
    if RIGHT.with_borrow(is_known) {
        return Verdict::Right(all);
    }
    match check(&said, rows) {
        Ok(()) => {
            RIGHT.set(Some((said, rows.step_in, rows.preimages.clone())));
            Verdict::Right(all)
        }
        Err(Stop::Alone(why)) => Verdict::Alone(why),
        Err(Stop::Wrong(why)) => Verdict::Wrong(why),
    }
}

fn check(said: &[Said], rows: &Rows) -> Result<(), Stop> {
    if let Some(message) = said.iter().find(|message| message.2 != Val::ONE && message.2 != Val::NEG_ONE) {
        return wrong(format!("a message that counts {}: {message:?}", message.2));
    }
    let of = |bus: &str, count: Val| {
        let mut fields: Vec<&[u32]> = said
            .iter()
            .filter(|message| message.0 == bus && message.2 == count)
            .map(|message| &message.1[..])
            .collect();
        fields.sort_unstable();
        fields
    };
    if of("sc", Val::ONE) != of("sc", Val::NEG_ONE) {
        return alone("a call that the other row does not know");
    }
    let [before] = of("exec", Val::NEG_ONE)[..] else { return wrong("not one step") };
    // What ends the turn of its thread leaves it to the row of a switch how the run goes on.
    let (after, gives_way) = match (&of("exec", Val::ONE)[..], &of("yield", Val::ONE)[..]) {
        ([after], []) => (*after, false),
        ([], [after]) => (*after, true),
        _ => return wrong("not one step"),
    };
    if !of("yield", Val::NEG_ONE).is_empty() {
        return wrong("answers for a switch");
    }
    let ([prog], []) = (&of("prog", Val::NEG_ONE)[..], &of("prog", Val::ONE)[..]) else {
        return wrong("not one instruction");
    };
    let &[time, pc, next_pc] = before else { return wrong("not a message of exec") };
    if time >= 1 << 24 || time % SLOTS != 0 || time < FIRST_TIME {
        return alone("a time that no step has");
    }
    let syscall = Decoded::decode(SYSCALL).map(|decoded| decoded.operation);
    if syscall != Some(Operation::Op(Op::Syscall)) || **prog != [pc, Op::Syscall as u32, 0, 0, 0, 0, 0, 0] {
        return if prog[0] == pc {
            alone("another instruction")
        } else {
            wrong("the instruction at another address")
        };
    }
    let mut reads = of("oracle", Val::NEG_ONE);
    if !of("oracle", Val::ONE).is_empty() {
        return wrong("a word of a pre-image that no leaf says");
    }
    reads.dedup();
    if reads.iter().any(|fields| !is_word(&rows.preimages, fields)) {
        return alone("a word that no pre-image has");
    }
    let (mut accesses, mut stop) = (Vec::new(), None);
    let known = ["exec", "prog", "sc", "yield", "oracle"];
    let mut others = said.iter().filter(|message| !known.contains(&&message.0[..]));
    while let (Some(received), sent) = (others.next(), others.next()) {
        let Some(sent) = sent else { return wrong(format!("half an access: {received:?}")) };
        match access(received, sent, time) {
            Ok(access) => accesses.push(access),
            // What no other row says matters more than what follows from it.
            Err(Stop::Alone(why)) => return alone(why),
            Err(wrong) => stop = stop.or(Some(wrong)),
        }
    }
    if let Some(stop) = stop {
        return Err(stop);
    }
    accesses.sort_by_key(|access| access.slot);
    let (pc, next_pc) = (address(pc)?, address(next_pc)?);
    let mut step = Step { time, pc, next_pc, after, gives_way, accesses, key: None, rows };
    for (place, access) in step.accesses.iter().enumerate() {
        let same = |other: &&Access| other.bus == access.bus && other.cell == access.cell;
        let Some(earlier) = step.accesses[..place].iter().rfind(same) else { continue };
        if earlier.slot == access.slot {
            return wrong("two accesses to one cell at a time");
        }
        if earlier.new != access.old {
            return alone("a value that the access before does not leave");
        }
    }
    step.key = step.chosen(!reads.is_empty())?;
    step.compare(false)?;
    step.compare(true)
}

/// Whether a pre-image has this word.
fn is_word(preimages: &Preimages, fields: &[u32]) -> bool {
    let [region, number, word @ ..] = fields else { return false };
    let region = preimages.regions().get(region).filter(|region| number / 4 < region.leaves());
    region.is_some_and(|region| limbs(word) == Some(region.word(*number)))
}

/// The words of a key.
fn words_of(key: &[u8; 32]) -> [u64; 4] {
    array::from_fn(|word| {
        key[8 * word..8 * word + 8].iter().fold(0, |word, byte| word << 8 | u64::from(*byte))
    })
}

/// The step that the rows make.
struct Step<'a> {
    time: u32,
    pc: u64,
    next_pc: u64,
    /// What they send on the bus `exec`, or on the bus `yield`.
    after: &'a [u32],
    gives_way: bool,
    accesses: Vec<Access>,
    /// The key, if that follows from the region.
    key: Option<[u64; 4]>,
    rows: &'a Rows,
}

/// What the VM stores, and how it switches.
#[derive(Default)]
struct Seen {
    stores: BTreeSet<u64>,
    switch: Option<(Switch, Thread, Thread)>,
}

impl Observer for Seen {
    fn store(&mut self, _: &mut MemoryView<'_>, address: u64, _: u64) {
        self.stores.insert(address);
    }

    fn switch(&mut self, reason: Switch, from: &Thread, to: &Thread) {
        self.switch = Some((reason, from.clone(), to.clone()));
    }
}

impl Step<'_> {
    /// The access to a cell of the machine's own state.
    fn system(&self, cell: usize) -> Option<&Access> {
        self.accesses.iter().find(|access| access.bus == "sys" && access.cell == cell as u64)
    }

    /// The key of the region that is chosen already. No other region is chosen than that of the key.
    fn chosen(&self, reads: bool) -> Result<Option<[u64; 4]>, Stop> {
        let Some(Access { old: region @ 1.., .. }) = self.system(SystemCell::Region as usize) else {
            return Ok(None);
        };
        let region =
            u32::try_from(*region).ok().and_then(|region| self.rows.preimages.regions().get(&region));
        let Some(region) = region else {
            return if reads { alone("a region that does not exist") } else { Ok(None) };
        };
        let key = words_of(&region.key);
        for (place, word) in key.into_iter().enumerate() {
            if self.system(SystemCell::Key as usize + place).is_some_and(|access| access.old != word) {
                return alone("the region of another key");
            }
        }
        Ok(Some(key))
    }

    /// A state in which the accessed cells hold what the rows say. `other` chooses what the others hold.
    fn setup(&self, other: bool) -> Setup {
        let mut setup = Setup::call(0, [0; 3]);
        if other {
            for register in 1..32 {
                setup.cpu.set(register, 0x0101_0101_0101_0101 * u64::from(register));
            }
            let mut cells = setup.cells.map(|cell| cell.wrapping_add(1));
            cells[SystemCell::Direction as usize] = 1;
            cells[SystemCell::Reservation as usize] = 0;
            cells[SystemCell::Right as usize] = 2;
            cells[SystemCell::Version as usize] = 7;
            // The VM does not have these.
            cells[SystemCell::ReservedAt as usize] = 0;
            cells[SystemCell::Region as usize..].fill(0);
            setup.cells = cells;
        }
        (setup.cpu.pc, setup.cpu.next_pc) = (self.pc, self.next_pc);
        (setup.time, setup.step_in) = (self.time, self.rows.step_in);
        setup.preimages = self.rows.preimages.clone();
        if let Some(key) = self.key {
            setup.cells[..4].copy_from_slice(&key);
        }
        // The first access to a cell has what it holds before the step.
        for access in self.accesses.iter().rev() {
            match &access.bus[..] {
                "reg" => setup.cpu.set(access.cell as u8, access.old),
                "sys" => setup.cells[access.cell as usize] = access.old,
                _ => {
                    setup.memory.insert(access.cell, access.old);
                }
            }
        }
        let stacks = [SystemCell::Left, SystemCell::Right].map(|cell| setup.cells[cell as usize]);
        let direction = SystemCell::Direction as usize;
        if !self.accesses.iter().any(|access| access.bus == "sys" && access.cell == direction as u64) {
            setup.cells[direction] = u64::from(stacks[0] == 0 || other && stacks[1] != 0);
        }
        setup
    }

    /// Compares the messages with what the VM does.
    fn compare(&self, other: bool) -> Result<(), Stop> {
        let setup = self.setup(other);
        let (given, shorter) = shorten(&setup);
        let Some(mut machine) = given.machine() else { return alone("a state that the VM does not have") };
        let mut seen = Seen::default();
        if let Err(error) = machine.step_observed(&mut seen) {
            return wrong(format!("the machine does not execute it: {error}"));
        }
        let state = machine.state();
        let Some(runs) = state.current_thread() else { return wrong("no thread") };
        // The thread that makes the call.
        let thread = seen.switch.as_ref().map_or(runs, |(_, from, _)| from);
        let words = |address: u64| (address >> 32 == WINDOW).then_some(address as u32 >> 2);
        let then = if state.exited() {
            [Some(self.time + SLOTS), Some(Position::EXITED), Some(state.exit_code().into())]
        } else if thread.exited {
            [Some(self.time + SLOTS), Some(Position::DEAD), Some(thread.exit_code.into())]
        } else {
            // The last word of the window is followed by one that no step can have.
            let next = if thread.cpu.next_pc == (WINDOW + 1) << 32 {
                Some(1 << 30)
            } else {
                words(thread.cpu.next_pc)
            };
            let time = if self.gives_way { self.time } else { self.time + SLOTS };
            [Some(time), words(thread.cpu.pc), next]
        };
        let clones = match &seen.switch {
            None => None,
            Some((Switch::Yielded, ..)) => Some(0),
            Some((Switch::Cloned, ..)) => Some(1),
            Some((reason, ..)) => return wrong(format!("a call for a switch: {reason:?}")),
        };
        if clones.is_some() != self.gives_way {
            return wrong(format!("the VM switches: {clones:?}"));
        }
        if self.after.iter().copied().map(Some).ne(then.into_iter().chain(clones.map(Some))) {
            return wrong(format!("goes to {:x?}, expected {then:x?}", self.after));
        }
        let mut registers = setup.cpu.registers;
        let mut registers_then = None;
        let mut cells = setup.cells;
        cells[SystemCell::SinceSwitch as usize] += 1;
        let mut stored = BTreeSet::new();
        for access in &self.accesses {
            if access.slot > Slot::Middle as u32 {
                registers_then.get_or_insert(registers);
            }
            match &access.bus[..] {
                "reg" if access.cell >= 32 => return wrong("a register that no call accesses"),
                "reg" => registers[access.cell as usize] = access.new,
                "sys" => cells[access.cell as usize] = access.new,
                _ => {
                    let new = state.memory().read_word(access.cell);
                    if new != access.new {
                        return wrong(format!("memory has {new:#x}, not {access:x?}"));
                    }
                    if access.stores {
                        stored.insert(access.cell);
                    }
                }
            }
        }
        let mut expected = thread.cpu.registers;
        if shorter != 0 {
            expected[2] += shorter;
            expected[6] += shorter;
        }
        if let (Some(1), Some((_, _, to))) = (clones, &seen.switch) {
            // What comes after the switch makes the registers of the new thread.
            let made = registers;
            registers = registers_then.unwrap_or(made);
            if made != to.cpu.registers {
                return wrong(format!("the new thread has {made:x?}, expected {:x?}", to.cpu.registers));
            }
        }
        if registers != expected {
            return wrong(format!("registers are {registers:x?}, expected {expected:x?}"));
        }
        let mut expected = system(state);
        // The VM does not have the region. It must be that of the key, or none.
        if let Some(Access { new: region, .. }) = self.system(SystemCell::Region as usize) {
            let chosen =
                u32::try_from(*region).ok().and_then(|region| self.rows.preimages.regions().get(&region));
            if chosen.is_some_and(|region| words_of(&region.key)[..] == expected[..4]) {
                expected[SystemCell::Region as usize] = *region;
            }
        }
        // That a store clears a reservation is what the time of the last store says, until the segment ends.
        let reservation = SystemCell::Reservation as usize..SystemCell::ReservedAt as usize;
        if self.gives_way {
            // These are of the row of the switch.
            let of_switch = SystemCell::Left as usize..=SystemCell::SinceSwitch as usize;
            expected[of_switch.clone()].copy_from_slice(&setup.cells[of_switch]);
            expected[SystemCell::SinceSwitch as usize] += 1;
            if clones == Some(0) {
                expected[SystemCell::Thread as usize] = setup.cells[SystemCell::Thread as usize];
            }
        }
        if seen.stores.contains(&(setup.cells[reservation.start + 1] & WORD_MASK)) {
            expected[reservation.clone()].copy_from_slice(&setup.cells[reservation]);
        }
        if cells != expected {
            return wrong(format!("cells are {cells:x?}, expected {expected:x?}"));
        }
        if stored != seen.stores {
            return wrong(format!("stores to {stored:x?}, expected {:x?}", seen.stores));
        }
        Ok(())
    }
}

/// The VM copies the bytes that are written, so this makes a long write that it would accept shorter. Returns by how much:
/// the result is that of the shorter one and this.
fn shorten(setup: &Setup) -> (Setup, u64) {
    let mut given = setup.clone();
    let [number, descriptor, length] = [2, 4, 6].map(|register| setup.cpu.get(register));
    let short = length & 0xff;
    if number == 5001 && [1, 2, 4].contains(&descriptor) && length <= 1 << 30 {
        given.cpu.set(6, short);
        return (given, length - short);
    }
    (given, 0)
}

/// A call with one of these numbers. Its arguments are often small.
pub(crate) fn call(numbers: &'static [u64]) -> impl Strategy<Value = Setup> {
    let argument = || prop_oneof![value(), 0_u64..8, Just(100)];
    (prop::sample::select(numbers), [argument(), argument(), argument()], any::<bool>()).prop_map(
        |(number, mut arguments, delayed)| {
            // The VM reads as many bytes.
            if arguments[2] < 1 << 30 {
                arguments[2] &= (1 << 24) - 1;
            }
            let mut setup = Setup::call(number, arguments);
            if delayed {
                // In a delay slot.
                setup.cpu.next_pc = WINDOW << 32 | 0x8000;
            }
            setup
        },
    )
}
