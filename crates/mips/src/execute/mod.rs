//! What each instruction does: one small function for each, by family, and the table that names them all.

mod arithmetic;
mod branch;
mod compare;
mod count;
mod divide;
mod logic;
mod memory;
mod moves;
mod multiply;
mod shift;
#[cfg(test)]
mod tests;
mod unaligned;

use crate::{Bus, Condition, Cpu, Exception, Instruction, Op, Trap, Width};

/// Executes one instruction.
///
/// # Errors
/// [`Trap`]; the instruction has then changed no register. It has changed no memory either, unless the bus failed in the
/// middle of a store.
#[inline(always)]
pub fn execute<B: Bus>(instruction: Instruction, cpu: &mut Cpu, bus: &mut B) -> Result<(), Trap<B::Error>> {
    match operate(instruction, cpu, bus)? {
        Outcome::Result(value) => {
            cpu.set(instruction.rd, value);
            cpu.advance();
        }
        Outcome::Jump => {}
    }
    Ok(())
}

/// What the caller of [`operate`] has to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Set the instruction's `rd` to this value (0 if the instruction has no destination), and advance the program
    /// counter.
    Result(u64),
    /// Nothing: a branch or jump has set the program counter.
    Jump,
}

/// Executes one instruction, but leaves its destination register and the program counter to the caller. This lets a
/// caller that executes instructions in a row set the program counter once.
///
/// # Errors
/// As [`execute`].
#[inline(always)]
pub fn operate<B: Bus>(
    instruction: Instruction,
    cpu: &mut Cpu,
    bus: &mut B,
) -> Result<Outcome, Trap<B::Error>> {
    let Instruction { op, rs, rt, rd, imm } = instruction;
    let s = cpu.get(rs);
    let t = cpu.get(rt);
    let constant = imm as i64 as u64;
    let address = s.wrapping_add(constant);
    let result = match op {
        Op::Sll => shift::sll(t, constant),
        Op::Srl => shift::srl(t, constant),
        Op::Sra => shift::sra(t, constant),
        Op::Sllv => shift::sll(t, s),
        Op::Srlv => shift::srl(t, s),
        Op::Srav => shift::sra(t, s),
        Op::Dsll => shift::dsll(t, constant),
        Op::Dsrl => shift::dsrl(t, constant),
        Op::Dsra => shift::dsra(t, constant),
        Op::Dsllv => shift::dsll(t, s),
        Op::Dsrlv => shift::dsrl(t, s),
        Op::Dsrav => shift::dsra(t, s),

        Op::Movz => moves::movz(s, t, cpu.get(rd)),
        Op::Movn => moves::movn(s, t, cpu.get(rd)),
        Op::Sync => moves::sync(s),
        Op::Mfhi => moves::mfhi(cpu),
        Op::Mflo => moves::mflo(cpu),
        Op::Mthi => moves::mthi(cpu, s),
        Op::Mtlo => moves::mtlo(cpu, s),

        Op::Mul => multiply::mul(s, t),
        Op::Mult => multiply::mult(cpu, s, t),
        Op::Multu => multiply::multu(cpu, s, t),
        Op::Dmult => multiply::dmult(cpu, s, t),
        Op::Dmultu => multiply::dmultu(cpu, s, t),
        Op::Div => divide::div(cpu, s, t)?,
        Op::Divu => divide::divu(cpu, s, t)?,
        Op::Ddiv => divide::ddiv(cpu, s, t)?,
        Op::Ddivu => divide::ddivu(cpu, s, t)?,

        Op::Addu => arithmetic::addu(s, t),
        Op::Addiu => arithmetic::addu(s, constant),
        Op::Subu => arithmetic::subu(s, t),
        Op::Daddu => arithmetic::daddu(s, t),
        Op::Daddiu => arithmetic::daddu(s, constant),
        Op::Dsubu => arithmetic::dsubu(s, t),

        Op::Slt => compare::slt(s, t),
        Op::Slti => compare::slt(s, constant),
        Op::Sltu => compare::sltu(s, t),
        Op::Sltiu => compare::sltu(s, constant),

        Op::Clz => count::clz(s),
        Op::Clo => count::clo(s),
        Op::Dclz => count::dclz(s),
        Op::Dclo => count::dclo(s),

        Op::And => logic::and(s, t),
        Op::Andi => logic::and(s, constant),
        Op::Or => logic::or(s, t),
        Op::Ori => logic::or(s, constant),
        Op::Xor => logic::xor(s, t),
        Op::Xori => logic::xor(s, constant),
        Op::Nor => logic::nor(s, t),
        Op::Lui => logic::lui(constant),

        Op::Lb => memory::load(bus, address, Width::Byte, true).map_err(Trap::Bus)?,
        Op::Lbu => memory::load(bus, address, Width::Byte, false).map_err(Trap::Bus)?,
        Op::Lh => memory::load(bus, address, Width::Half, true).map_err(Trap::Bus)?,
        Op::Lhu => memory::load(bus, address, Width::Half, false).map_err(Trap::Bus)?,
        Op::Lw => memory::load(bus, address, Width::Word, true).map_err(Trap::Bus)?,
        Op::Lwu => memory::load(bus, address, Width::Word, false).map_err(Trap::Bus)?,
        Op::Ld => memory::load(bus, address, Width::Double, false).map_err(Trap::Bus)?,
        Op::Ll => memory::load_linked(bus, address, Width::Word).map_err(Trap::Bus)?,
        Op::Lld => memory::load_linked(bus, address, Width::Double).map_err(Trap::Bus)?,
        Op::Sb => memory::store(bus, address, Width::Byte, t).map_err(Trap::Bus)?,
        Op::Sh => memory::store(bus, address, Width::Half, t).map_err(Trap::Bus)?,
        Op::Sw => memory::store(bus, address, Width::Word, t).map_err(Trap::Bus)?,
        Op::Sd => memory::store(bus, address, Width::Double, t).map_err(Trap::Bus)?,
        Op::Sc => memory::store_conditional(bus, address, Width::Word, t).map_err(Trap::Bus)?,
        Op::Scd => memory::store_conditional(bus, address, Width::Double, t).map_err(Trap::Bus)?,

        Op::Lwl => {
            unaligned::load(bus, address, |word| unaligned::lwl(address, word, t)).map_err(Trap::Bus)?
        }
        Op::Lwr => {
            unaligned::load(bus, address, |word| unaligned::lwr(address, word, t)).map_err(Trap::Bus)?
        }
        Op::Ldl => {
            unaligned::load(bus, address, |word| unaligned::ldl(address, word, t)).map_err(Trap::Bus)?
        }
        Op::Ldr => {
            unaligned::load(bus, address, |word| unaligned::ldr(address, word, t)).map_err(Trap::Bus)?
        }
        Op::Swl => {
            unaligned::store(bus, address, |word| unaligned::swl(address, word, t)).map_err(Trap::Bus)?
        }
        Op::Swr => {
            unaligned::store(bus, address, |word| unaligned::swr(address, word, t)).map_err(Trap::Bus)?
        }
        Op::Sdl => {
            unaligned::store(bus, address, |word| unaligned::sdl(address, word, t)).map_err(Trap::Bus)?
        }
        Op::Sdr => {
            unaligned::store(bus, address, |word| unaligned::sdr(address, word, t)).map_err(Trap::Bus)?
        }

        Op::Beq => return Ok(branch::branch(instruction, cpu, Condition::Equal)?),
        Op::Bne => return Ok(branch::branch(instruction, cpu, Condition::NotEqual)?),
        Op::Blez => return Ok(branch::branch(instruction, cpu, Condition::NotPositive)?),
        Op::Bgtz => return Ok(branch::branch(instruction, cpu, Condition::Positive)?),
        Op::Bltz | Op::Bltzal => return Ok(branch::branch(instruction, cpu, Condition::Negative)?),
        Op::Bgez | Op::Bgezal => {
            return Ok(branch::branch(instruction, cpu, Condition::NotNegative)?);
        }
        Op::BranchNever => return Ok(branch::branch(instruction, cpu, Condition::Never)?),
        Op::J | Op::Jal => return Ok(branch::jump_region(instruction, cpu)?),
        Op::Jr | Op::Jalr => return Ok(branch::jump_register(instruction, cpu)?),

        Op::Syscall => return Err(Trap::Syscall),
        Op::Invalid => return Err(Exception::InvalidInstruction { word: imm as u32 }.into()),
    };
    Ok(Outcome::Result(result))
}

/// The sign-extended lower half, which is how a register holds a 32-bit result.
const fn extend(word: u32) -> u64 {
    word as i32 as i64 as u64
}
