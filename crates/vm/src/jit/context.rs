//! What compiled code accesses besides the guest's registers, and the Rust functions that it calls (*helpers*).

use crate::machine::{FarFetches, FastBus, PreimageCalls};
use std::{mem::offset_of, ptr::null_mut};
use tribunal_mips::{Bus, Cpu, WORD_MASK, Width};

/// What compiled code accesses besides the guest's registers. Each call of [`run`] makes a new one.
#[repr(C)]
pub(super) struct VmContext<'a> {
    /// The host address of the memory's segment table.
    segment_table: usize,
    /// Statistics of this call of [`run`]: instruction fetches from high guest addresses, see [`FarFetches`].
    far: FarFetches,
    bus: *mut FastBus<'a>,
    /// Makes the system calls of compiled code. Null if each system call has to be an exact step.
    calls: *mut PreimageCalls<'a>,
    /// The step at which the budget will be used up, counted from the start of the program.
    end: u64,
}

/// The offset of the segment table's address in a [`VmContext`].
pub(super) const SEGMENT_TABLE: i32 = offset_of!(VmContext<'_>, segment_table) as i32;
/// The offset of the count of far fetches in a [`VmContext`].
pub(super) const FAR_COUNT: i32 = (offset_of!(VmContext<'_>, far) + offset_of!(FarFetches, count)) as i32;
/// The offset of the highest address of a far fetch.
pub(super) const FAR_HIGHEST: i32 = (offset_of!(VmContext<'_>, far) + offset_of!(FarFetches, highest)) as i32;

/// What [`store_conditional`] returns if the interpreter has to execute the instruction.
pub(super) const REFUSED: u64 = 2;

/// The stub [`super::stubs::enter`]. Takes the guest's registers, the budget in steps, the context, and the host
/// address of the code to run. Returns the budget that is left. The result is never negative, because compiled code
/// checks the budget before it makes steps, see [`super::flow`].
type Enter = unsafe extern "C" fn(*mut Cpu, i64, *mut VmContext<'_>, usize) -> i64;

/// A thread of the guest, as compiled code runs it.
pub(crate) struct Guest<'a, 'b> {
    pub(crate) cpu: &'a mut Cpu,
    pub(crate) bus: &'a mut FastBus<'b>,
    /// Makes the system calls of compiled code. `None` if each system call has to be an exact step.
    pub(crate) calls: Option<&'a mut PreimageCalls<'b>>,
    /// Steps made since the start of the program.
    pub(crate) step: u64,
}

/// Runs compiled code, which makes at most `budget` steps. Returns how many of these steps are left.
///
/// # Safety
/// `enter` is the address of the stub [`super::stubs::enter`], and `code` the address of a compiled region. Both are
/// mapped in this process. If the memory has sparse segments, all compiled regions test for them before each load.
pub(super) unsafe fn run(enter: usize, code: usize, guest: Guest<'_, '_>, budget: u64) -> u64 {
    let Guest { cpu, bus, calls, step } = guest;
    let segment_table = bus.memory.segment_table() as usize;
    let budget = i64::try_from(budget).unwrap_or(i64::MAX);
    let end = step.wrapping_add(budget as u64);
    let calls = calls.map_or(null_mut(), |calls| &raw mut *calls);
    let mut context = VmContext { segment_table, far: FarFetches::default(), bus: &raw mut *bus, calls, end };
    // SAFETY: the caller promises that `enter` is code of this type.
    let enter = unsafe { std::mem::transmute::<usize, Enter>(enter) };
    // SAFETY: the registers and the context are exclusively borrowed, and outlive the call.
    let budget_left = unsafe { enter(cpu, budget, &raw mut context, code) };
    if let Some(counter) = bus.observer {
        counter.add_far_fetches(context.far);
    }
    budget_left as u64
}

/// `ll` and `lld`: reserves and returns the `width` bytes at `address`, sign-extended. `budget_left` is the budget
/// that is left before the instruction.
///
/// # Safety
/// `context` is the one that compiled code was given, and nothing else uses it during the call.
pub(super) unsafe extern "C" fn load_linked(
    context: *mut VmContext<'_>,
    address: u64,
    width: u64,
    budget_left: u64,
) -> u64 {
    // SAFETY: as the caller promises.
    let bus = unsafe { bus_at(context, budget_left) };
    let width = self::width(width);
    // Loads do not fail, so the 0 is never used.
    bus.load_linked(address, width).map_or(0, |word| width.select(address, word, true))
}

/// `sc` and `scd`: returns 1 if it stored the value, 0 if the thread has not reserved these bytes or has lost the
/// reservation, or [`REFUSED`]. `budget_left` is the budget that is left before the instruction.
///
/// # Safety
/// The same as for [`load_linked`].
pub(super) unsafe extern "C" fn store_conditional(
    context: *mut VmContext<'_>,
    address: u64,
    value: u64,
    width: u64,
    budget_left: u64,
) -> u64 {
    // SAFETY: as the caller promises.
    let bus = unsafe { bus_at(context, budget_left) };
    let width = self::width(width);
    // A store for which `is_plain_store` is false may fail, modify the guest's code, or change the segment table.
    // Compiled code must not continue after it.
    if bus.has_reserved(address, width) && !bus.memory.is_plain_store(address & WORD_MASK) {
        return REFUSED;
    }
    bus.store_conditional(address, width, value).map_or(REFUSED, u64::from)
}

/// `syscall`: makes the system call that the registers describe, and returns 1. If an exact step has to make the call,
/// changes nothing and returns 0. `budget_left` is the budget that is left before the instruction.
///
/// The call does not change page flags. So the checks of page flags that compiled code has made still hold.
///
/// # Safety
/// The same as for [`load_linked`]. Also, `cpu` is the one that compiled code was given.
pub(super) unsafe extern "C" fn system_call(
    context: *mut VmContext<'_>,
    cpu: *mut Cpu,
    budget_left: u64,
) -> u64 {
    // SAFETY: as the caller promises.
    let VmContext { bus, calls, end, .. } = unsafe { &mut *context };
    // SAFETY: `run` borrowed the system calls exclusively for as long as compiled code runs.
    let Some(calls) = (unsafe { calls.as_mut() }) else { return 0 };
    // SAFETY: `run` borrowed the bus exclusively, too. As the caller promises, nothing else uses the registers.
    let (cpu, bus) = unsafe { (&mut *cpu, &mut **bus) };
    calls.make(cpu, bus, end.wrapping_sub(budget_left)).into()
}

/// The bus of a context. `budget_left` tells the statistics which step is being made.
///
/// # Safety
/// The same as for [`load_linked`].
unsafe fn bus_at<'a, 'b>(context: *mut VmContext<'b>, budget_left: u64) -> &'a mut FastBus<'b> {
    // SAFETY: as the caller promises.
    let context = unsafe { &mut *context };
    // SAFETY: `run` borrowed the bus exclusively for as long as compiled code runs.
    let bus = unsafe { &mut *context.bus };
    if let Some(counter) = bus.observer {
        counter.at_step(context.end.wrapping_sub(budget_left));
    }
    bus
}

const fn width(bytes: u64) -> Width {
    match bytes {
        4 => Width::Word,
        _ => Width::Double,
    }
}
