//! From a region to a function of machine code.
//!
//! Inside a block, guest registers are values of the function. They are written back at block boundaries: the single-pass
//! register allocator would spill them anyway. Each block subtracts its steps from the budget at its end, and a side exit
//! subtracts what the block has done, so that the count is exact at every exit. A side exit hands an instruction to
//! the interpreter, with the state before it (before the branch, if the instruction is in a delay slot).
//!
//! Memory safety rests on this module: it emits loads and stores without bounds checks.

mod exits;
mod grouped;
mod memory;
mod multiply;
mod operation;
mod system_call;

use super::{
    context,
    flow::Flow,
    groups::{Access, Carry, Groups},
    region::{Block, Region, Target, Terminator},
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

/// The flags of all loads and stores: the address is mapped and aligned.
pub(super) const fn flags() -> MemFlagsData {
    MemFlagsData::trusted()
}

/// The type of compiled code. Parameters: registers, budget, context, program counter. Results: budget, program counter.
pub(super) fn region_signature() -> Signature {
    let mut signature = Signature::new(stubs::CONVENTION);
    signature.params = vec![AbiParam::new(I64); 4];
    signature.returns = vec![AbiParam::new(I64); 2];
    signature
}

/// Translates a region. `table` is the host address of the table of compiled code.
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
        sparse: region.sparse,
        table,
        signatures,
        known: [None; REGISTERS],
        changed: RegisterSet::EMPTY,
        head: 0,
        left,
        side_exits: Vec::new(),
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

/// The types of the functions that compiled code calls.
struct Signatures {
    region: ir::SigRef,
    /// Of [`context::load_linked`].
    load_linked: ir::SigRef,
    /// Of [`context::store_conditional`].
    store_conditional: ir::SigRef,
    /// Of [`context::system_call`].
    system_call: ir::SigRef,
}

impl Signatures {
    fn import(builder: &mut FunctionBuilder<'_>, isa: &dyn TargetIsa) -> Self {
        let mut helper = |parameters| {
            let mut signature = Signature::new(isa.default_call_conv());
            signature.params = vec![AbiParam::new(I64); parameters];
            signature.returns = vec![AbiParam::new(I64)];
            builder.import_signature(signature)
        };
        Self {
            load_linked: helper(4),
            store_conditional: helper(5),
            system_call: helper(3),
            region: builder.import_signature(region_signature()),
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
    /// Whether a segment may be sparse, so that loads have to test for it.
    sparse: bool,
    table: usize,
    signatures: Signatures,
    /// The values of the registers that the block has read or written.
    known: [Option<Value>; REGISTERS],
    /// The registers that the block has written.
    changed: RegisterSet,
    /// The address of the block's first instruction.
    head: u64,
    /// The budget at the head of the block.
    left: Value,
    /// The block's side exits, emitted after it.
    side_exits: Vec<SideExit>,
    /// The side exit at the head of the block, if there is one.
    restart: Option<ir::Block>,
    /// Whether the block may have stored something. Then the interpreter must not execute it from its head again.
    stored: bool,
    /// The groups of the block's loads and stores.
    groups: Groups<grouped::BasePointer>,
    /// For each group, its base pointer, once it is checked.
    pointers: Vec<Option<grouped::BasePointer>>,
    /// For each translated block, what it passes on to its successors.
    carries: Vec<Carry<grouped::BasePointer>>,
}

/// The state that a side exit leaves to the interpreter.
#[derive(Clone, Copy)]
struct ExitState {
    /// The instruction that the interpreter executes next: in a delay slot, the branch.
    pc: u64,
    /// Steps of the block before it.
    steps: u64,
    /// Steps of the block before the instruction that exits: one more than `steps` in a delay slot.
    made: u64,
    /// The registers to write back.
    changed: RegisterSet,
    /// In a delay slot, the link register of the branch, and its value before the branch.
    linked: Option<(u8, Value)>,
}

/// A side exit to be emitted.
struct SideExit {
    block: ir::Block,
    /// The instruction that the interpreter executes next.
    pc: u64,
    /// Steps of the block before it.
    steps: u64,
    /// The registers to write back, and their values.
    values: Vec<(u8, Value)>,
}

impl Translator<'_> {
    /// Jumps from the function's entry to the first block.
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
        let carry = match self.flow.single_predecessor[place] {
            Some(predecessor) => self.carries[predecessor],
            None => [None; 32],
        };
        self.groups = Groups::of(block, &carry);
        self.pointers =
            self.groups.inherited.iter().map(|carried| carried.map(|carried| carried.pointer)).collect();
        let failed = self.groups_at_head();
        self.check_head(self.flow.checks[place], failed);
        let plain = match block.end {
            Terminator::Next(_) | Terminator::Interpret => block.code.len(),
            _ => block.code.len() - 2,
        };
        let mut pc = block.pc;
        for (steps, &instruction) in block.code[..plain].iter().enumerate() {
            let changed = self.changed;
            let access = self.groups.accesses[steps];
            let steps = steps as u64;
            self.instruction(
                instruction,
                access,
                ExitState { pc, steps, made: steps, changed, linked: None },
            );
            pc = pc.wrapping_add(4);
        }
        let steps = block.code.len() as u64;
        match block.end {
            Terminator::Next(target) => {
                self.finish(steps);
                self.jump_to(target);
            }
            Terminator::Interpret => {
                self.finish(steps);
                self.return_at(pc, steps);
            }
            Terminator::Branch { .. } | Terminator::Jump(_) | Terminator::JumpRegister => {
                self.branch(block, pc);
            }
        }
        self.emit_side_exits();
        self.carries.push(self.groups.carry(&carry, |group| self.pointers[group]));
    }

    /// Translates the branch or jump at `pc`, which ends the block, and its delay slot.
    fn branch(&mut self, block: &Block, pc: u64) {
        let steps = block.code.len() as u64;
        let [branch, slot] = [block.code[block.code.len() - 2], block.code[block.code.len() - 1]];
        let mut exit =
            ExitState { pc, steps: steps - 2, made: steps - 1, changed: self.changed, linked: None };
        let decision = match block.end {
            Terminator::Branch { condition, .. } => self.condition(condition, branch),
            _ => self.get(branch.rs),
        };
        if branch.rd != 0 {
            exit.linked = Some((branch.rd, self.get(branch.rd)));
            let link = self.builder.ins().iconst(I64, pc.wrapping_add(8) as i64);
            self.set(branch.rd, link);
        }
        let access = self.groups.accesses[block.code.len() - 1];
        self.instruction(slot, access, exit);
        self.finish(steps);
        match block.end {
            Terminator::Branch { taken, next, .. } => self.branch_to(decision, taken, next),
            Terminator::Jump(target) => self.jump_to(target),
            _ => self.jump_to_register(decision),
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
            // Not reached: region selection makes a jump of such a branch.
            Condition::Never => return self.builder.ins().iconst(I8, 0),
        };
        self.builder.ins().icmp_imm_s(compare, s, 0)
    }

    fn compare_registers(&mut self, condition: IntCC, branch: Instruction) -> Value {
        let (s, t) = (self.get(branch.rs), self.get(branch.rt));
        self.builder.ins().icmp(condition, s, t)
    }

    /// Writes registers back, and subtracts the block's steps from the budget.
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

    /// Counts the far fetches among the block's first `steps` instructions.
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

    /// Translates an instruction that is not a branch or jump.
    fn instruction(&mut self, instruction: Instruction, access: Option<Access>, exit: ExitState) {
        if let Some(access) = access {
            return self.access(instruction, access, exit);
        }
        if has_other_effects(instruction) || !instruction.writes().is_empty() {
            self.operation(instruction, exit);
        }
    }
}

/// Whether the instruction does more than write registers. Loads never fail.
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

/// The offset of a register in a [`Cpu`].
fn offset(register: u8) -> i32 {
    let offset = match register {
        HI => offset_of!(Cpu, hi),
        LO => offset_of!(Cpu, lo),
        general => offset_of!(Cpu, registers) + 8 * usize::from(general),
    };
    offset as i32
}
