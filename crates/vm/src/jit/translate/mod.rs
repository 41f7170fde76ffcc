//! Translation of a region to a function of Cranelift's intermediate representation.
//!
//! Inside a block, guest registers are SSA values. They are written back to memory at the end of each block: the
//! single-pass register allocator would spill them there anyway.
//!
//! A *side exit* returns to the interpreter, because compiled code does not handle an instruction or because the budget
//! is too small. If the block has stored nothing yet, the interpreter continues at the head of the block, where all
//! registers are in memory. Otherwise, it continues at the instruction, or at the branch if the instruction is in a
//! delay slot.
//!
//! Steps are counted exactly: each block subtracts its steps from the budget at its end, and a side exit subtracts the
//! steps that the block has made before it.
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
    flow::FlowAnalysis,
    groups::{Access, Groups, Inheritance},
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

/// The Cranelift flags of all loads and stores. They promise that the address is mapped and aligned.
pub(super) const fn flags() -> MemFlagsData {
    MemFlagsData::trusted()
}

/// The type of a compiled region. Its parameters are the [`Cpu`], budget, context and program counter. A region ignores
/// the last of these; only [`stubs::miss`] needs it. The results are the budget that is left, and the program counter
/// at which the interpreter continues.
pub(super) fn region_signature() -> Signature {
    let mut signature = Signature::new(stubs::CONVENTION);
    signature.params = vec![AbiParam::new(I64); 4];
    signature.returns = vec![AbiParam::new(I64); 2];
    signature
}

/// Translates `region` to `function`. `link_table` is the host address of the link table, see [`super::links`].
pub(super) fn translate(
    region: &Region,
    link_table: usize,
    isa: &dyn TargetIsa,
    scratch: &mut FunctionBuilderContext,
    function: &mut Function,
) {
    function.signature = region_signature();
    let flow = FlowAnalysis::of(region);
    let mut builder = FunctionBuilder::new(function, scratch);
    let entry = builder.create_block();
    let blocks = region.blocks.iter().map(|_| builder.create_block()).collect();
    let budget = builder.declare_var(I64);
    builder.append_block_params_for_function_params(entry);
    builder.switch_to_block(entry);
    builder.seal_block(entry);
    let parameters = builder.block_params(entry);
    let (cpu, budget_at_entry, context) = (parameters[0], parameters[1], parameters[2]);
    builder.def_var(budget, budget_at_entry);
    let segment_table = builder.ins().load(I64, flags(), context, context::SEGMENT_TABLE);
    let signatures = Signatures::import(&mut builder, isa);
    let mut translator = Translator {
        builder,
        flow: &flow,
        budget,
        blocks,
        cpu,
        context,
        segment_table,
        sparse: region.sparse,
        link_table,
        signatures,
        passed_on: Vec::with_capacity(region.blocks.len()),
        register_values: [None; REGISTERS],
        changed: RegisterSet::EMPTY,
        head: 0,
        budget_at_head: budget_at_entry,
        side_exits: Vec::new(),
        head_exit: None,
        stored: false,
        groups: Groups::none(),
        pointers: Vec::new(),
    };
    translator.enter();
    for (index, block) in region.blocks.iter().enumerate() {
        translator.block(index, block);
    }
    translator.builder.seal_all_blocks();
    translator.builder.finalize(isa.frontend_config());
}

/// The types of the functions that compiled code calls: other regions, and the helpers in [`context`] that have the
/// names of the other fields.
struct Signatures {
    region: ir::SigRef,
    load_linked: ir::SigRef,
    store_conditional: ir::SigRef,
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

/// A region under translation, and the state of the block that is being translated.
struct Translator<'a> {
    builder: FunctionBuilder<'a>,
    flow: &'a FlowAnalysis,
    /// The budget that is left at a block boundary.
    budget: Variable,
    /// The Cranelift block in which each block of the region begins.
    blocks: Vec<ir::Block>,
    /// The host address of the [`Cpu`].
    cpu: Value,
    /// The host address of the [`context::VmContext`].
    context: Value,
    /// The host address of the segment table.
    segment_table: Value,
    /// Whether a segment may be sparse. If so, loads have to test for it.
    sparse: bool,
    /// The host address of the link table.
    link_table: usize,
    signatures: Signatures,
    /// For each block translated so far: the checks that it passes on to its successors.
    passed_on: Vec<Inheritance<grouped::BasePointer>>,

    // The fields below concern the current block.
    /// The current values of the registers that the block has read or written.
    register_values: [Option<Value>; REGISTERS],
    /// The registers that the block has written.
    changed: RegisterSet,
    /// The guest address of the block's first instruction.
    head: u64,
    /// The budget that is left at the head of the block.
    budget_at_head: Value,
    /// The block's side exits, which are emitted after it.
    side_exits: Vec<SideExit>,
    /// The side exit at the head of the block, if there is one.
    head_exit: Option<ir::Block>,
    /// Whether the block may have stored something. If so, the interpreter must not execute the block again from its
    /// head.
    stored: bool,
    /// The groups of the block's loads and stores.
    groups: Groups<grouped::BasePointer>,
    /// For each group: its base pointer if the group is checked already.
    pointers: Vec<Option<grouped::BasePointer>>,
}

/// The state that a side exit at an instruction leaves to the interpreter.
#[derive(Clone, Copy)]
struct ExitState {
    /// The guest address at which the interpreter continues: the instruction, or the branch if the instruction is in
    /// its delay slot.
    pc: u64,
    /// The steps of the block before `pc`.
    steps: u64,
    /// The steps of the block before the instruction. In a delay slot, this is one more than `steps`.
    steps_before_instruction: u64,
    /// The registers that the block has written before `pc`.
    changed: RegisterSet,
    /// In the delay slot of a branch with a link register: that register, and its value before the branch.
    link_before_branch: Option<(u8, Value)>,
}

/// A side exit to be emitted.
struct SideExit {
    block: ir::Block,
    /// The guest address at which the interpreter continues.
    pc: u64,
    /// The steps of the block before `pc`.
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

    /// Translates a block of the region.
    fn block(&mut self, block_index: usize, block: &Block) {
        let inheritance = self.begin_block(block_index, block);
        let failed = self.check_groups_at_head();
        self.check_head(self.flow.budget_checks[block_index], failed);
        let length = block.instructions.len();
        // The number of instructions, not counting a branch or jump at the end and its delay slot.
        let before_branch = match block.end {
            Terminator::Next(_) | Terminator::Interpret => length,
            Terminator::Branch { .. } | Terminator::Jump(_) | Terminator::JumpRegister => length - 2,
        };
        for (index, &instruction) in block.instructions[..before_branch].iter().enumerate() {
            let steps = index as u64;
            let exit = ExitState {
                pc: block.pc.wrapping_add(4 * steps),
                steps,
                steps_before_instruction: steps,
                changed: self.changed,
                link_before_branch: None,
            };
            self.instruction(instruction, self.groups.accesses[index], exit);
        }
        let pc = block.pc.wrapping_add(4 * before_branch as u64);
        let steps = length as u64;
        match block.end {
            Terminator::Next(target) => {
                self.finish_block(steps);
                self.jump_to(target);
            }
            Terminator::Interpret => {
                self.finish_block(steps);
                self.return_at(pc, steps);
            }
            Terminator::Branch { .. } | Terminator::Jump(_) | Terminator::JumpRegister => {
                self.branch(block, pc);
            }
        }
        self.emit_side_exits();
        self.passed_on.push(self.groups.pass_on(&inheritance, |group| self.pointers[group]));
    }

    /// Begins the translation of a block, and returns the checks that it inherits.
    fn begin_block(&mut self, block_index: usize, block: &Block) -> Inheritance<grouped::BasePointer> {
        self.builder.switch_to_block(self.blocks[block_index]);
        self.register_values = [None; REGISTERS];
        self.changed = RegisterSet::EMPTY;
        self.head = block.pc;
        self.budget_at_head = self.builder.use_var(self.budget);
        self.head_exit = None;
        self.stored = false;
        let inheritance = match self.flow.single_predecessor[block_index] {
            Some(predecessor) => self.passed_on[predecessor],
            None => [None; 32],
        };
        self.groups = Groups::of(block, &inheritance);
        self.pointers = self.groups.inherited.iter().map(|check| Some(check.as_ref()?.pointer)).collect();
        inheritance
    }

    /// Translates the branch or jump at `pc`, which ends the block, and its delay slot.
    fn branch(&mut self, block: &Block, pc: u64) {
        let length = block.instructions.len();
        let steps = length as u64;
        let [branch, slot] = [block.instructions[length - 2], block.instructions[length - 1]];
        let mut exit = ExitState {
            pc,
            steps: steps - 2,
            steps_before_instruction: steps - 1,
            changed: self.changed,
            link_before_branch: None,
        };
        // A branch reads its registers before the delay slot is executed, because the delay slot may change them.
        let condition_or_target = match block.end {
            Terminator::Branch { condition, .. } => self.condition(condition, branch),
            _ => self.get(branch.rs),
        };
        if branch.rd != 0 {
            exit.link_before_branch = Some((branch.rd, self.get(branch.rd)));
            let link = self.builder.ins().iconst(I64, pc.wrapping_add(8) as i64);
            self.set(branch.rd, link);
        }
        self.instruction(slot, self.groups.accesses[length - 1], exit);
        self.finish_block(steps);
        match block.end {
            Terminator::Branch { taken, next, .. } => self.branch_to(condition_or_target, taken, next),
            Terminator::Jump(target) => self.jump_to(target),
            _ => self.jump_to_register(condition_or_target),
        }
    }

    /// A value that is not zero if the branch is taken.
    fn condition(&mut self, condition: Condition, branch: Instruction) -> Value {
        let s = self.get(branch.rs);
        let compare = match condition {
            Condition::Equal => return self.compare_registers(IntCC::Equal, branch),
            Condition::NotEqual => return self.compare_registers(IntCC::NotEqual, branch),
            Condition::NotPositive => IntCC::SignedLessThanOrEqual,
            Condition::Positive => IntCC::SignedGreaterThan,
            Condition::Negative => IntCC::SignedLessThan,
            Condition::NotNegative => IntCC::SignedGreaterThanOrEqual,
            // Not reached: region selection turns such a branch into a jump.
            Condition::Never => return self.builder.ins().iconst(I8, 0),
        };
        self.builder.ins().icmp_imm_s(compare, s, 0)
    }

    fn compare_registers(&mut self, condition: IntCC, branch: Instruction) -> Value {
        let (s, t) = (self.get(branch.rs), self.get(branch.rt));
        self.builder.ins().icmp(condition, s, t)
    }

    /// Writes the changed registers back, and subtracts the `steps` of the whole block from the budget.
    fn finish_block(&mut self, steps: u64) {
        for register in self.changed.iter() {
            if let Some(value) = self.register_values[usize::from(register)] {
                self.builder.ins().store(flags(), value, self.cpu, offset(register));
            }
        }
        let budget_left = self.budget_after(steps);
        self.builder.def_var(self.budget, budget_left);
        self.count_far_fetches(steps);
    }

    /// Counts the far fetches (see [`FarFetches`]) among the block's first `steps` instructions.
    fn count_far_fetches(&mut self, steps: u64) {
        let far = FarFetches::of(self.head, steps);
        if far.count == 0 {
            return;
        }
        let count = self.builder.ins().load(I64, flags(), self.context, context::FAR_COUNT);
        let count = self.builder.ins().iadd_imm_s(count, far.count as i64);
        self.builder.ins().store(flags(), count, self.context, context::FAR_COUNT);
        let old = self.builder.ins().load(I64, flags(), self.context, context::FAR_HIGHEST);
        let new = self.builder.ins().iconst(I64, far.highest as i64);
        let highest = self.builder.ins().umax(old, new);
        self.builder.ins().store(flags(), highest, self.context, context::FAR_HIGHEST);
    }

    /// A register's current value. Loads it at its first use in the block.
    fn get(&mut self, register: u8) -> Value {
        if register == 0 {
            return self.builder.ins().iconst(I64, 0);
        }
        if let Some(value) = self.register_values[usize::from(register)] {
            return value;
        }
        let value = self.builder.ins().load(I64, flags(), self.cpu, offset(register));
        self.register_values[usize::from(register)] = Some(value);
        value
    }

    /// The sum of a value and a constant.
    fn plus(&mut self, value: Value, constant: i64) -> Value {
        if constant == 0 { value } else { self.builder.ins().iadd_imm_s(value, constant) }
    }

    /// Sets a register's current value, unless it is register 0.
    fn set(&mut self, register: u8, value: Value) {
        if register != 0 {
            self.register_values[usize::from(register)] = Some(value);
            self.changed = self.changed.with(register);
        }
    }

    /// Translates an instruction that is not a branch or jump. `access` is its memory access if that is in a group.
    fn instruction(&mut self, instruction: Instruction, access: Option<Access>, exit: ExitState) {
        if let Some(access) = access {
            return self.grouped_access(instruction, access, exit);
        }
        // An instruction without effect, such as a `nop`, needs no code.
        if has_other_effects(instruction) || !instruction.writes().is_empty() {
            self.operation(instruction, exit);
        }
    }
}

/// Whether the instruction may do anything but write registers. A load does not, because it never fails.
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

/// The offset in bytes of a register in a [`Cpu`].
fn offset(register: u8) -> i32 {
    let offset = match register {
        HI => offset_of!(Cpu, hi),
        LO => offset_of!(Cpu, lo),
        general => offset_of!(Cpu, registers) + 8 * usize::from(general),
    };
    offset as i32
}
