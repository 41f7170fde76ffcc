//! What compiled code is given besides registers, and what it calls when it cannot do alone.

use crate::{
    memory::Memory,
    state::{LlStatus, Reservation},
};
use std::mem::offset_of;
use tribunal_mips::{Cpu, WORD_MASK, Width};

/// What compiled code needs. It is made anew whenever compiled code is entered.
#[repr(C)]
pub(super) struct Context {
    /// The segment table of the memory.
    table: usize,
    memory: *mut Memory,
    reservation: *mut Reservation,
    /// The running thread.
    owner: u64,
}

/// Where the segment table's address stands in a [`Context`].
pub(super) const TABLE: i32 = offset_of!(Context, table) as i32;

/// What a helper answers if the interpreter has to execute the instruction.
pub(super) const REFUSED: u64 = 2;

/// Code that a [`Context`] and registers are given to: registers, steps it may make, context, and the code to run.
/// Returns the steps that are left.
type Enter = unsafe extern "C" fn(*mut Cpu, i64, *mut Context, usize) -> i64;

/// What compiled code works on.
pub(crate) struct Guest<'a> {
    pub(crate) cpu: &'a mut Cpu,
    pub(crate) memory: &'a mut Memory,
    pub(crate) reservation: &'a mut Reservation,
    /// The running thread.
    pub(crate) owner: u64,
}

/// Runs compiled code, which makes at most `budget` steps, and returns how many it left unmade.
///
/// # Safety
/// `enter` is the address of the code that [`super::stubs::enter`] describes, `code` of a compiled region, both for this
/// process and still mapped; the memory is flat.
pub(super) unsafe fn run(enter: usize, code: usize, guest: Guest<'_>, budget: u64) -> u64 {
    let table = guest.memory.segment_table() as usize;
    let mut context =
        Context { table, memory: guest.memory, reservation: guest.reservation, owner: guest.owner };
    // SAFETY: the caller vouches for `enter`, which has this type.
    let enter = unsafe { std::mem::transmute::<usize, Enter>(enter) };
    let budget = i64::try_from(budget).unwrap_or(i64::MAX);
    // SAFETY: the registers and the context are exclusively borrowed, and outlive the call.
    let left = unsafe { enter(guest.cpu, budget, &raw mut context, code) };
    left as u64
}

/// `ll` and `lld`: answers the value loaded.
///
/// # Safety
/// `context` is the one that compiled code was given, and nobody else looks at what it leads to.
pub(super) unsafe extern "C" fn load_linked(context: *mut Context, address: u64, width: u64) -> u64 {
    // SAFETY: as the caller promises.
    let context = unsafe { &mut *context };
    // SAFETY: `run` borrowed both exclusively for as long as compiled code runs.
    let (memory, reservation) = unsafe { (&mut *context.memory, &mut *context.reservation) };
    let width = self::width(width);
    let value = width.select(address, memory.read_word(address), true);
    *reservation = Reservation { status: LlStatus::of(width), address, owner: context.owner };
    memory.set_reserved(Some(address));
    value
}

/// `sc` and `scd`: answers whether the value was stored, 0 or 1, or [`REFUSED`].
///
/// # Safety
/// As of [`load_linked`].
pub(super) unsafe extern "C" fn store_conditional(
    context: *mut Context,
    address: u64,
    value: u64,
    width: u64,
) -> u64 {
    // SAFETY: as the caller promises.
    let context = unsafe { &mut *context };
    // SAFETY: as in `load_linked`.
    let (memory, reservation) = unsafe { (&mut *context.memory, &mut *context.reservation) };
    let width = self::width(width);
    if *reservation != (Reservation { status: LlStatus::of(width), address, owner: context.owner }) {
        return 0;
    }
    let place = address & WORD_MASK;
    if !memory.is_plain_store(place) {
        return REFUSED;
    }
    let word = width.insert(address, memory.read_word(place), value);
    if memory.write_word(place, word).is_err() {
        return REFUSED;
    }
    *reservation = Reservation::default();
    memory.set_reserved(None);
    1
}

const fn width(bytes: u64) -> Width {
    match bytes {
        4 => Width::Word,
        _ => Width::Double,
    }
}
