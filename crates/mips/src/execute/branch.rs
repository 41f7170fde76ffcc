//! Branches and jumps. They take effect after the instruction that follows them, their delay slot.

use super::Outcome;
use crate::{Condition, Cpu, Exception, Instruction};

/// A branch that is taken if `condition` holds. It links in either case.
#[inline(always)]
pub(super) const fn branch(
    instruction: Instruction,
    cpu: &mut Cpu,
    condition: Condition,
) -> Result<Outcome, Exception> {
    let taken = condition.holds(cpu.get(instruction.rs), cpu.get(instruction.rt));
    // A branch that was not taken has no delay slot: the instruction behind it may branch again.
    let target = if taken { instruction.branch_target(cpu.next_pc) } else { cpu.next_pc.wrapping_add(4) };
    jump(instruction, cpu, target)
}

/// `j`, `jal`.
#[inline(always)]
pub(super) const fn jump_region(instruction: Instruction, cpu: &mut Cpu) -> Result<Outcome, Exception> {
    jump(instruction, cpu, instruction.region_target(cpu.next_pc))
}

/// `jr`, `jalr`.
#[inline(always)]
pub(super) const fn jump_register(instruction: Instruction, cpu: &mut Cpu) -> Result<Outcome, Exception> {
    jump(instruction, cpu, cpu.get(instruction.rs))
}

/// Goes to `target` after the delay slot. The destination register, if there is one, gets the address to return to.
#[inline(always)]
const fn jump(instruction: Instruction, cpu: &mut Cpu, target: u64) -> Result<Outcome, Exception> {
    if cpu.in_delay_slot() {
        return Err(Exception::BranchInDelaySlot);
    }
    cpu.set(instruction.rd, cpu.pc.wrapping_add(8));
    cpu.pc = cpu.next_pc;
    cpu.next_pc = target;
    Ok(Outcome::Jump)
}
