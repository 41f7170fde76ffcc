//! Branches and jumps: they decide where to go after the instruction that follows them, their delay slot.

use crate::{error::Fault, state::Cpu};

/// Where `j` and `jal` go: the lowest 28 bits from the instruction, the others from the delay slot's address.
#[inline]
pub(super) const fn region(next_pc: u64, target: i32) -> u64 {
    next_pc & 0xffff_ffff_f000_0000 | target as u64
}

/// A jump to `target`, that leaves in the register `link` (0 for none) where to return to.
#[inline]
pub(super) fn jump(cpu: &mut Cpu, target: u64, link: u8) -> Result<(), Fault> {
    not_in_delay_slot(cpu)?;
    cpu.set(link, cpu.pc.wrapping_add(8));
    cpu.pc = cpu.next_pc;
    cpu.next_pc = target;
    Ok(())
}

/// A branch by `offset` bytes from its delay slot if `taken`; `link` is set in any case.
#[inline]
pub(super) fn branch(cpu: &mut Cpu, taken: bool, offset: u64, link: u8) -> Result<(), Fault> {
    not_in_delay_slot(cpu)?;
    cpu.set(link, cpu.pc.wrapping_add(8));
    let delay_slot = cpu.next_pc;
    cpu.pc = delay_slot;
    cpu.next_pc = delay_slot.wrapping_add(if taken { offset } else { 4 });
    Ok(())
}

/// A branch that was not taken leaves no delay slot behind: what follows it may branch again.
#[inline]
fn not_in_delay_slot(cpu: &Cpu) -> Result<(), Fault> {
    if cpu.next_pc == cpu.pc.wrapping_add(4) { Ok(()) } else { Err(Fault::BranchInDelaySlot) }
}
