//! From a region to a function of machine code.
//!
//! Inside a block the guest's registers are values of the function; between blocks they are where the interpreter has
//! them, since values that live on from block to block take longest to compile and are kept in memory all the same by the
//! register allocation that is used. The steps made are counted at the end of each block, and whoever leaves inside a
//! block counts what it has made of it, so that the count is exact at every exit. An instruction that cannot be done here
//! is left to the interpreter, with the state as it was before it (before the branch, if it is in a delay slot).

mod exits;
mod grouped;
mod memory;
mod multiply;
mod operation;

use super::{
    context,
    flow::Flow,
    groups::{Access, Carry, Groups},
    region::{Block, End, Region, Target},
    stubs,
};
use crate::machine::FarFetches;
use cranelift_codegen::ir::{
    self, AbiParam, Function, InstBuilder, MemFlagsData, Signature, Value,
    condcodes::IntCC,
    types::{I8, I64},
};
use cranelift_codegen::isa::TargetIsa;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext, Variable};
use std::mem::offset_of;
use tribunal_mips::{self as mips, Condition, Cpu, Family, HI, Instruction, LO, REGISTERS, RegisterSet};

/// How memory is accessed: always mapped, and aligned.
pub(super) const fn flags() -> MemFlagsData {
    MemFlagsData::trusted()
}

/// The type of compiled code: registers, budget, context and program counter in, budget and program counter out.
pub(super) fn region_signature() -> Signature {
    let mut signature = Signature::new(stubs::CONVENTION);
    signature.params = vec![AbiParam::new(I64); 4];
    signature.returns = vec![AbiParam::new(I64); 2];
    signature
}

/// Translates a region. `table` is where the table of compiled code lies.
pub(super) fn translate(
    region: &Region,
    table: usize,
    isa: &dyn TargetIsa,
    scratch: &mut FunctionBuilderContext,
    function: &mut Function,
) {
    function.signature = region_signature();
    let flow = Flow::of(region);
    let mut builder = FunctionBuilder::new(function, scratch);
    let entry = builder.create_block();
    let blocks = region.blocks.iter().map(|_| builder.create_block()).collect();
    let budget = builder.declare_var(I64);
    builder.append_block_params_for_function_params(entry);
    builder.switch_to_block(entry);
    builder.seal_block(entry);
    let parameters = builder.block_params(entry);
    let (cpu, left, context) = (parameters[0], parameters[1], parameters[2]);
    builder.def_var(budget, left);
    let segments = builder.ins().load(I64, flags(), context, context::TABLE);
    let signatures = Signatures::import(&mut builder, isa);
    let mut translator = Translator {
        builder,
        flow: &flow,
        budget,
        blocks,
        cpu,
        context,
        segments,
        table,
        signatures,
        known: [None; REGISTERS],
        changed: RegisterSet::EMPTY,
        head: 0,
        left,
        outs: Vec::new(),
        restart: None,
        stored: false,
        groups: Groups::none(),
        pointers: Vec::new(),
        carries: Vec::with_capacity(region.blocks.len()),
    };
    translator.enter();
    for (place, block) in region.blocks.iter().enumerate() {
        translator.block(place, block);
    }
    translator.builder.seal_all_blocks();
    translator.builder.finalize(isa.frontend_config());
}

/// The types of what compiled code calls.
struct Signatures {
    region: ir::SigRef,
    /// Of [`context::load_linked`].
    load_linked: ir::SigRef,
    /// Of [`context::store_conditional`].
    store_conditional: ir::SigRef,
}

impl Signatures {
    fn import(builder: &mut FunctionBuilder<'_>, isa: &dyn TargetIsa) -> Self {
        let mut helper = Signature::new(isa.default_call_conv());
        helper.params = vec![AbiParam::new(I64); 4];
        helper.returns = vec![AbiParam::new(I64)];
        let load_linked = builder.import_signature(helper.clone());
        helper.params.push(AbiParam::new(I64));
        Self {
            region: builder.import_signature(region_signature()),
            load_linked,
            store_conditional: builder.import_signature(helper),
        }
    }
}

/// A region under translation.
struct Translator<'a> {
    builder: FunctionBuilder<'a>,
    flow: &'a Flow,
    budget: Variable,
    blocks: Vec<ir::Block>,
    cpu: Value,
    context: Value,
    segments: Value,
    table: usize,
    signatures: Signatures,
    /// The values of registers, as far as the block that is being translated has read or written them.
    known: [Option<Value>; REGISTERS],
    /// The registers that the block has written.
    changed: RegisterSet,
    /// The address of the block's first instruction.
    head: u64,
    /// What was left of the budget before the block.
    left: Value,
    /// Where the block is left, to be filled when it is done.
    outs: Vec<Out>,
    /// The one of these where nothing of the block has been done.
    restart: Option<ir::Block>,
    /// Whether the block may have stored something, so that it must not be begun anew.
    stored: bool,
    /// How the block's loads and stores belong together.
    groups: Groups<grouped::Pointer>,
    /// What has been found out about the groups' pointers.
    pointers: Vec<Option<grouped::Pointer>>,
    /// For each block translated, what has been found out about registers.
    carries: Vec<Carry<grouped::Pointer>>,
}

/// Where the interpreter takes over, if it has to: before which instruction, and how many of the block were made.
#[derive(Clone, Copy)]
struct Resume {
    pc: u64,
    steps: u64,
    /// How many of the block were made before the instruction itself. It differs from `steps` in a delay slot.
    made: u64,
    /// The registers that have to be stored.
    changed: RegisterSet,
    /// The register that the branch has linked to, whose delay slot this is, and its value before.
    linked: Option<(u8, Value)>,
}

/// A block that leaves to the interpreter.
struct Out {
    block: ir::Block,
    pc: u64,
    steps: u64,
    /// The registers to store, and their values.
    values: Vec<(u8, Value)>,
}

impl Translator<'_> {
    /// From the function's entry to the first block.
    fn enter(&mut self) {
        let first = self.blocks[0];
        self.builder.ins().jump(first, &[]);
    }

    fn block(&mut self, place: usize, block: &Block) {
        self.builder.switch_to_block(self.blocks[place]);
        self.known = [None; REGISTERS];
        self.changed = RegisterSet::EMPTY;
        self.head = block.pc;
        self.left = self.builder.use_var(self.budget);
        self.restart = None;
        self.stored = false;
        let carry = match self.flow.only_before[place] {
            Some(before) => self.carries[before],
            None => [None; 32],
        };
        self.groups = Groups::of(block, &carry);
        self.pointers =
            self.groups.inherited.iter().map(|carried| carried.map(|carried| carried.pointer)).collect();
        let wrong = self.groups_at_head();
        self.leave_at_head(self.flow.checks[place], wrong);
        let plain = match block.end {
            End::Next(_) | End::Interpret => block.code.len(),
            _ => block.code.len() - 2,
        };
        let mut pc = block.pc;
        for (steps, &instruction) in block.code[..plain].iter().enumerate() {
            let changed = self.changed;
            let access = self.groups.accesses[steps];
            let steps = steps as u64;
            self.instruction(instruction, access, Resume { pc, steps, made: steps, changed, linked: None });
            pc = pc.wrapping_add(4);
        }
        let steps = block.code.len() as u64;
        match block.end {
            End::Next(target) => {
                self.finish(steps);
                self.go(target);
            }
            End::Interpret => {
                self.finish(steps);
                self.leave_at(pc, steps);
            }
            End::Branch { .. } | End::Jump(_) | End::JumpRegister => {
                self.branch(block, pc);
            }
        }
        self.fill_outs();
        self.carries.push(self.groups.carry(&carry, |group| self.pointers[group]));
    }

    /// The branch or jump at `pc`, which ends the block, and its delay slot.
    fn branch(&mut self, block: &Block, pc: u64) {
        let steps = block.code.len() as u64;
        let [branch, slot] = [block.code[block.code.len() - 2], block.code[block.code.len() - 1]];
        let mut resume =
            Resume { pc, steps: steps - 2, made: steps - 1, changed: self.changed, linked: None };
        let decision = match block.end {
            End::Branch { condition, .. } => self.condition(condition, branch),
            _ => self.get(branch.rs),
        };
        if branch.rd != 0 {
            resume.linked = Some((branch.rd, self.get(branch.rd)));
            let link = self.builder.ins().iconst(I64, pc.wrapping_add(8) as i64);
            self.set(branch.rd, link);
        }
        let access = self.groups.accesses[block.code.len() - 1];
        self.instruction(slot, access, resume);
        self.finish(steps);
        match block.end {
            End::Branch { taken, next, .. } => self.fork(decision, taken, next),
            End::Jump(target) => self.go(target),
            _ => self.go_to_register(decision),
        }
    }

    /// Whether a branch is taken.
    fn condition(&mut self, condition: Condition, branch: Instruction) -> Value {
        let s = self.get(branch.rs);
        let compare = match condition {
            Condition::Equal => return self.compare_registers(IntCC::Equal, branch),
            Condition::NotEqual => return self.compare_registers(IntCC::NotEqual, branch),
            Condition::NotPositive => IntCC::SignedLessThanOrEqual,
            Condition::Positive => IntCC::SignedGreaterThan,
            Condition::Negative => IntCC::SignedLessThan,
            Condition::NotNegative => IntCC::SignedGreaterThanOrEqual,
            // Never, where such a branch ends a block: region selection makes a jump of it.
            Condition::Never => return self.builder.ins().iconst(I8, 0),
        };
        self.builder.ins().icmp_imm_s(compare, s, 0)
    }

    fn compare_registers(&mut self, condition: IntCC, branch: Instruction) -> Value {
        let (s, t) = (self.get(branch.rs), self.get(branch.rt));
        self.builder.ins().icmp(condition, s, t)
    }

    /// What the block has written is stored and becomes what others read, and its steps are counted.
    fn finish(&mut self, steps: u64) {
        for register in self.changed.iter() {
            if let Some(value) = self.known[usize::from(register)] {
                self.builder.ins().store(flags(), value, self.cpu, offset(register));
            }
        }
        let left = self.budget_after(steps);
        self.builder.def_var(self.budget, left);
        self.count_far_fetches(steps);
    }

    /// Counts the fetches of the block's first `steps` instructions, if they are far ones.
    fn count_far_fetches(&mut self, steps: u64) {
        let far = FarFetches::of(self.head, steps);
        if far.count == 0 {
            return;
        }
        let count = self.builder.ins().load(I64, flags(), self.context, context::FAR_COUNT);
        let count = self.builder.ins().iadd_imm_s(count, far.count as i64);
        self.builder.ins().store(flags(), count, self.context, context::FAR_COUNT);
        let before = self.builder.ins().load(I64, flags(), self.context, context::FAR_HIGHEST);
        let highest = self.builder.ins().iconst(I64, far.highest as i64);
        let highest = self.builder.ins().umax(before, highest);
        self.builder.ins().store(flags(), highest, self.context, context::FAR_HIGHEST);
    }

    /// A register's value.
    fn get(&mut self, register: u8) -> Value {
        if register == 0 {
            return self.builder.ins().iconst(I64, 0);
        }
        if let Some(value) = self.known[usize::from(register)] {
            return value;
        }
        let value = self.builder.ins().load(I64, flags(), self.cpu, offset(register));
        self.known[usize::from(register)] = Some(value);
        value
    }

    /// The sum of a value and a constant.
    fn plus(&mut self, value: Value, constant: i64) -> Value {
        if constant == 0 { value } else { self.builder.ins().iadd_imm_s(value, constant) }
    }

    /// Sets a register, unless it is number 0.
    fn set(&mut self, register: u8, value: Value) {
        if register != 0 {
            self.known[usize::from(register)] = Some(value);
            self.changed = self.changed.with(register);
        }
    }

    /// One instruction of a block that is no branch.
    fn instruction(&mut self, instruction: Instruction, access: Option<Access>, resume: Resume) {
        if let Some(access) = access {
            return self.access(instruction, access, resume);
        }
        if has_other_effects(instruction) || !instruction.writes().is_empty() {
            self.operation(instruction, resume);
        }
    }
}

/// Whether the instruction does more than write registers. There is no load that fails.
const fn has_other_effects(instruction: Instruction) -> bool {
    match instruction.op.family() {
        Family::Memory(access) => match access {
            mips::Access::Load { .. } | mips::Access::LoadPart { .. } => false,
            mips::Access::Store { .. }
            | mips::Access::StorePart { .. }
            | mips::Access::LoadLinked { .. }
            | mips::Access::StoreConditional { .. } => true,
        },
        Family::Divide | Family::Branch(_) | Family::Jump(_) | Family::Syscall | Family::Invalid => true,
        Family::Arithmetic
        | Family::Compare
        | Family::Count
        | Family::Logic
        | Family::Shift
        | Family::Move
        | Family::Multiply => false,
    }
}

/// Where a register stands in a [`Cpu`].
fn offset(register: u8) -> i32 {
    let offset = match register {
        HI => offset_of!(Cpu, hi),
        LO => offset_of!(Cpu, lo),
        general => offset_of!(Cpu, registers) + 8 * usize::from(general),
    };
    offset as i32
}
