//! What each instruction does: one small function for each, by family, and the table that names them all.
//!
//! Everything here works on the registers of one thread and a [`Bus`]; load-linked and store-conditional, which need to
//! know the thread, and system calls are seen to where threads are known.

mod arithmetic;
mod branch;
mod logic;
mod multiply;
mod shift;
mod subword;
mod unaligned;

pub(crate) use subword::{Width, insert, select};

use crate::{
    decode::{Instruction, Op},
    error::Fault,
    memory::WORD_MASK,
    state::Cpu,
};

/// What instructions see of memory: words, at addresses that are multiples of 8.
pub trait Bus {
    /// The word at `address`.
    ///
    /// # Errors
    /// Whatever keeps the word from being had.
    fn load(&mut self, address: u64) -> Result<u64, Fault>;

    /// Stores the word at `address`.
    ///
    /// # Errors
    /// Whatever keeps the word from being stored.
    fn store(&mut self, address: u64, word: u64) -> Result<(), Fault>;
}

/// Executes one instruction that is neither a system call nor load-linked nor store-conditional.
///
/// # Errors
/// [`Fault::InvalidInstruction`] (also for those three), [`Fault::BranchInDelaySlot`], [`Fault::DivisionByZero`], and the
/// bus's.
#[inline]
pub fn execute(instruction: Instruction, cpu: &mut Cpu, bus: &mut impl Bus) -> Result<(), Fault> {
    if instruction.is_branch_or_jump() {
        return go(instruction, cpu);
    }
    let result = operate(instruction, cpu, bus)?;
    cpu.set(instruction.rd, result);
    cpu.advance();
    Ok(())
}

/// Executes a branch or jump, which leads to its delay slot.
#[inline(always)]
pub(crate) fn go(instruction: Instruction, cpu: &mut Cpu) -> Result<(), Fault> {
    let Instruction { op, rs, rt, rd, imm } = instruction;
    let s = cpu.get(rs);
    let constant = imm as i64 as u64;
    match op {
        Op::Jr | Op::Jalr => branch::jump(cpu, s, rd),
        Op::J | Op::Jal => branch::jump(cpu, branch::region(cpu.next_pc, imm), rd),
        Op::Beq => branch::branch(cpu, s == cpu.get(rt), constant, 0),
        Op::Bne => branch::branch(cpu, s != cpu.get(rt), constant, 0),
        Op::Blez => branch::branch(cpu, s as i64 <= 0, constant, 0),
        Op::Bgtz => branch::branch(cpu, s as i64 > 0, constant, 0),
        Op::Bltz | Op::Bltzal => branch::branch(cpu, (s as i64) < 0, constant, rd),
        Op::Bgez | Op::Bgezal => branch::branch(cpu, s as i64 >= 0, constant, rd),
        // `BranchNever`.
        _ => branch::branch(cpu, false, constant, 0),
    }
}

/// What an instruction that is no branch leaves in its destination register; memory, HI and LO are seen to, the program
/// counter is not.
#[inline(always)]
pub(crate) fn operate(instruction: Instruction, cpu: &mut Cpu, bus: &mut impl Bus) -> Result<u64, Fault> {
    let Instruction { op, rs, rt, rd, imm } = instruction;
    let s = cpu.get(rs);
    let t = cpu.get(rt);
    let constant = imm as i64 as u64;
    let amount = imm as u32;
    let result = match op {
        Op::Sll => shift::sll(t, amount),
        Op::Srl => shift::srl(t, amount),
        Op::Sra => shift::sra(t, amount),
        Op::Sllv => shift::sll(t, s as u32 & 31),
        Op::Srlv => shift::srl(t, s as u32 & 31),
        Op::Srav => shift::sra(t, s as u32 & 31),
        Op::Dsllv => t << (s & 63),
        Op::Dsrlv => t >> (s & 63),
        Op::Dsrav => shift::dsra(t, s as u32 & 63),
        Op::Dsll => t << (amount & 63),
        Op::Dsrl => t >> (amount & 63),
        Op::Dsra => shift::dsra(t, amount & 63),

        Op::Movz if t != 0 => cpu.get(rd),
        Op::Movn if t == 0 => cpu.get(rd),
        Op::Movz | Op::Movn | Op::Sync => s,

        Op::Mfhi => cpu.hi,
        Op::Mflo => cpu.lo,
        Op::Mthi => multiply::set_hi(cpu, s),
        Op::Mtlo => multiply::set_lo(cpu, s),
        Op::Mult => multiply::mult(cpu, s, t),
        Op::Multu => multiply::multu(cpu, s, t),
        Op::Div => multiply::div(cpu, s, t)?,
        Op::Divu => multiply::divu(cpu, s, t)?,
        Op::Dmult => multiply::dmult(cpu, s, t),
        Op::Dmultu => multiply::dmultu(cpu, s, t),
        Op::Ddiv => multiply::ddiv(cpu, s, t)?,
        Op::Ddivu => multiply::ddivu(cpu, s, t)?,
        Op::Mul => multiply::mul(s, t),

        Op::Addu => arithmetic::addu(s, t),
        Op::Subu => arithmetic::subu(s, t),
        Op::Addiu => arithmetic::addu(s, constant),
        Op::Daddu => s.wrapping_add(t),
        Op::Dsubu => s.wrapping_sub(t),
        Op::Daddiu => s.wrapping_add(constant),
        Op::Slt => arithmetic::slt(s, t),
        Op::Sltu => arithmetic::sltu(s, t),
        Op::Slti => arithmetic::slt(s, constant),
        Op::Sltiu => arithmetic::sltu(s, constant),
        Op::Clz => arithmetic::clz(s),
        Op::Clo => arithmetic::clz(!s),
        Op::Dclz => s.leading_zeros().into(),
        Op::Dclo => s.leading_ones().into(),

        Op::And => s & t,
        Op::Or => s | t,
        Op::Xor => s ^ t,
        Op::Nor => logic::nor(s, t),
        Op::Andi => s & constant,
        Op::Ori => s | constant,
        Op::Xori => s ^ constant,
        Op::Lui => constant,

        Op::Lb => subword::load(bus, s.wrapping_add(constant), Width::Byte, true)?,
        Op::Lbu => subword::load(bus, s.wrapping_add(constant), Width::Byte, false)?,
        Op::Lh => subword::load(bus, s.wrapping_add(constant), Width::Half, true)?,
        Op::Lhu => subword::load(bus, s.wrapping_add(constant), Width::Half, false)?,
        Op::Lw => subword::load(bus, s.wrapping_add(constant), Width::Word, true)?,
        Op::Lwu => subword::load(bus, s.wrapping_add(constant), Width::Word, false)?,
        Op::Ld => bus.load(s.wrapping_add(constant) & WORD_MASK)?,
        Op::Lwl => {
            unaligned::load(bus, s.wrapping_add(constant), |address, word| unaligned::lwl(address, word, t))?
        }
        Op::Lwr => {
            unaligned::load(bus, s.wrapping_add(constant), |address, word| unaligned::lwr(address, word, t))?
        }
        Op::Ldl => {
            unaligned::load(bus, s.wrapping_add(constant), |address, word| unaligned::ldl(address, word, t))?
        }
        Op::Ldr => {
            unaligned::load(bus, s.wrapping_add(constant), |address, word| unaligned::ldr(address, word, t))?
        }

        Op::Sb => subword::store(bus, s.wrapping_add(constant), Width::Byte, t)?,
        Op::Sh => subword::store(bus, s.wrapping_add(constant), Width::Half, t)?,
        Op::Sw => subword::store(bus, s.wrapping_add(constant), Width::Word, t)?,
        Op::Sd => subword::store(bus, s.wrapping_add(constant), Width::Double, t)?,
        Op::Swl => {
            unaligned::store(bus, s.wrapping_add(constant), |address, word| unaligned::swl(address, word, t))?
        }
        Op::Swr => {
            unaligned::store(bus, s.wrapping_add(constant), |address, word| unaligned::swr(address, word, t))?
        }
        Op::Sdl => {
            unaligned::store(bus, s.wrapping_add(constant), |address, word| unaligned::sdl(address, word, t))?
        }
        Op::Sdr => {
            unaligned::store(bus, s.wrapping_add(constant), |address, word| unaligned::sdr(address, word, t))?
        }

        // System calls, atomics, branches, and what is no instruction.
        _ => return Err(Fault::InvalidInstruction { word: imm as u32 }),
    };
    Ok(result)
}
