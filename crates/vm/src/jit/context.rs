//! What compiled code works on besides registers, and the helpers that it calls.

use crate::machine::{FarFetches, FastBus, PreimageCalls};
use std::{mem::offset_of, ptr::null_mut};
use tribunal_mips::{Bus, Cpu, WORD_MASK, Width};

/// What compiled code works on besides registers. Each entry into compiled code makes a new one.
#[repr(C)]
pub(super) struct VmContext<'a> {
    /// The segment table of the memory.
    table: usize,
    /// Fetches of far instructions.
    far: FarFetches,
    bus: *mut FastBus<'a>,
    /// The system calls that the guest may make, or null.
    calls: *mut PreimageCalls<'a>,
    /// The step at which the budget is used up, counted from the start of the program.
    end: u64,
}

/// The offset of the segment table's address in a [`VmContext`].
pub(super) const TABLE: i32 = offset_of!(VmContext<'_>, table) as i32;
/// The offset of the count of far fetches in a [`VmContext`].
pub(super) const FAR_COUNT: i32 = (offset_of!(VmContext<'_>, far) + offset_of!(FarFetches, count)) as i32;
/// The offset of the highest address of a far fetch.
pub(super) const FAR_HIGHEST: i32 = (offset_of!(VmContext<'_>, far) + offset_of!(FarFetches, highest)) as i32;

/// What a helper returns if the interpreter has to execute the instruction.
pub(super) const REFUSED: u64 = 2;

/// Code that enters compiled code. Takes the registers, the steps that may be made, the context, and the code to run;
/// returns the steps that are left.
type Enter = unsafe extern "C" fn(*mut Cpu, i64, *mut VmContext<'_>, usize) -> i64;

/// What compiled code works on.
pub(crate) struct Guest<'a, 'b> {
    pub(crate) cpu: &'a mut Cpu,
    pub(crate) bus: &'a mut FastBus<'b>,
    /// The system calls that compiled code makes, if it makes any.
    pub(crate) calls: Option<&'a mut PreimageCalls<'b>>,
    /// Steps made since the start of the program.
    pub(crate) step: u64,
}

/// Runs compiled code, which makes at most `budget` steps, and returns how many are left.
///
/// # Safety
/// `enter` is the address of the stub [`super::stubs::enter`], and `code` the address of a compiled region. Both are
/// mapped in this process. Unless the memory is flat, the region tests loads for sparse segments.
pub(super) unsafe fn run(enter: usize, code: usize, guest: Guest<'_, '_>, budget: u64) -> u64 {
    let Guest { cpu, bus, calls, step } = guest;
    let table = bus.memory.segment_table() as usize;
    let budget = i64::try_from(budget).unwrap_or(i64::MAX);
    let end = step.wrapping_add(budget as u64);
    let calls = calls.map_or(null_mut(), |calls| &raw mut *calls);
    let mut context = VmContext { table, far: FarFetches::default(), bus: &raw mut *bus, calls, end };
    // SAFETY: the caller promises that `enter` is code of this type.
    let enter = unsafe { std::mem::transmute::<usize, Enter>(enter) };
    // SAFETY: the registers and the context are exclusively borrowed, and outlive the call.
    let left = unsafe { enter(cpu, budget, &raw mut context, code) };
    if let Some(counter) = bus.observer {
        counter.add_far_fetches(context.far);
    }
    left as u64
}

/// `ll` and `lld`: returns the piece at `address`, sign-extended. `left` is the budget that is left before the
/// instruction.
///
/// # Safety
/// `context` is the one that compiled code was given, and nothing else uses it during the call.
pub(super) unsafe extern "C" fn load_linked(
    context: *mut VmContext<'_>,
    address: u64,
    width: u64,
    left: u64,
) -> u64 {
    // SAFETY: as the caller promises.
    let bus = unsafe { bus_at(context, left) };
    let width = self::width(width);
    // No load fails.
    bus.load_linked(address, width).map_or(0, |word| width.select(address, word, true))
}

/// `sc` and `scd`: returns 1 if the value was stored, 0 if not, or [`REFUSED`]. `left` is the budget that is left
/// before the instruction.
///
/// # Safety
/// As of [`load_linked`].
pub(super) unsafe extern "C" fn store_conditional(
    context: *mut VmContext<'_>,
    address: u64,
    value: u64,
    width: u64,
    left: u64,
) -> u64 {
    // SAFETY: as the caller promises.
    let bus = unsafe { bus_at(context, left) };
    let width = self::width(width);
    // A store that is not plain may fail, or change code.
    if bus.has_reserved(address, width) && !bus.memory.is_plain_store(address & WORD_MASK) {
        return REFUSED;
    }
    bus.store_conditional(address, width, value).map_or(REFUSED, u64::from)
}

/// `syscall`: makes the system call that the registers describe, and returns 1; or changes nothing and returns 0, if an
/// exact step has to make it. `left` is the budget that is left before the instruction.
///
/// It changes no page flags, so checks that compiled code has made still hold.
///
/// # Safety
/// As of [`load_linked`], and `cpu` is the one that compiled code was given.
pub(super) unsafe extern "C" fn system_call(context: *mut VmContext<'_>, cpu: *mut Cpu, left: u64) -> u64 {
    // SAFETY: as the caller promises.
    let VmContext { bus, calls, end, .. } = unsafe { &mut *context };
    // SAFETY: `run` borrowed the system calls exclusively for as long as compiled code runs.
    let Some(calls) = (unsafe { calls.as_mut() }) else { return 0 };
    // SAFETY: `run` borrowed the bus exclusively, too. As the caller promises, nothing else uses the registers.
    let (cpu, bus) = unsafe { (&mut *cpu, &mut **bus) };
    calls.make(cpu, bus, end.wrapping_sub(left)).into()
}

/// The bus of a context. Tells the statistics which step is being made.
///
/// # Safety
/// As of [`load_linked`].
unsafe fn bus_at<'a, 'b>(context: *mut VmContext<'b>, left: u64) -> &'a mut FastBus<'b> {
    // SAFETY: as the caller promises.
    let context = unsafe { &mut *context };
    // SAFETY: `run` borrowed the bus exclusively for as long as compiled code runs.
    let bus = unsafe { &mut *context.bus };
    if let Some(counter) = bus.observer {
        counter.at_step(context.end.wrapping_sub(left));
    }
    bus
}

const fn width(bytes: u64) -> Width {
    match bytes {
        4 => Width::Word,
        _ => Width::Double,
    }
}
