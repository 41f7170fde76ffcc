//! How control leaves a block: to another block, to another region, or by a side exit to the interpreter.

use super::{ExitState, SideExit, Target, Translator, flags, offset};
use crate::jit::links::{TABLE_MASK, TableEntry};
use cranelift_codegen::ir::{self, InstBuilder, Value, condcodes::IntCC, types::I64};
use std::mem::offset_of;

impl Translator<'_> {
    /// Takes the side exit at the head of the block if the budget that is left is less than `min_budget` steps, or if
    /// `failed` is not zero.
    pub(super) fn check_head(&mut self, min_budget: Option<u64>, failed: Option<Value>) {
        let condition = match (min_budget, failed) {
            (None, None) => return,
            (None, Some(failed)) => failed,
            (Some(min_budget), None) => {
                self.builder.ins().icmp_imm_s(IntCC::SignedLessThan, self.budget_at_head, min_budget as i64)
            }
            (Some(min_budget), Some(failed)) => {
                // If the budget is too small, the difference is negative, and its sign bit is 1.
                let rest = self.builder.ins().iadd_imm_s(self.budget_at_head, -(min_budget as i64));
                let sign = self.builder.ins().ushr_imm_s(rest, 63);
                self.builder.ins().bor(failed, sign)
            }
        };
        let exit = self.head_exit();
        self.branch_if(condition, exit);
    }

    /// Takes a side exit from the current instruction if `condition` is not zero.
    pub(super) fn side_exit_if(&mut self, condition: Value, state: ExitState) {
        let exit = self.side_exit(state);
        self.branch_if(condition, exit);
    }

    /// Branches to `exit` if `condition` is not zero. Otherwise, branches to a new Cranelift block. The translation
    /// continues in the new block.
    fn branch_if(&mut self, condition: Value, exit: ir::Block) {
        let rest = self.builder.create_block();
        self.builder.ins().brif(condition, exit, &[], rest, &[]);
        self.builder.seal_block(rest);
        self.builder.switch_to_block(rest);
    }

    /// The Cranelift block of a side exit from the current instruction. If the current block has stored nothing yet,
    /// this is the side exit at the block's head: the interpreter executes the block again.
    fn side_exit(&mut self, state: ExitState) -> ir::Block {
        if !self.stored {
            return self.head_exit();
        }
        let values = state.changed.iter().filter_map(|register| {
            let value = match state.link_before_branch {
                Some((link_register, before)) if link_register == register => Some(before),
                _ => self.register_values[usize::from(register)],
            };
            Some((register, value?))
        });
        let values = values.collect();
        self.add_side_exit(state.pc, state.steps, values)
    }

    /// The Cranelift block of the side exit at the head of the current block.
    fn head_exit(&mut self) -> ir::Block {
        if let Some(block) = self.head_exit {
            return block;
        }
        let block = self.add_side_exit(self.head, 0, Vec::new());
        self.head_exit = Some(block);
        block
    }

    /// A new Cranelift block for a side exit, to be emitted after the current block.
    fn add_side_exit(&mut self, pc: u64, steps: u64, values: Vec<(u8, Value)>) -> ir::Block {
        let block = self.builder.create_block();
        self.builder.set_cold_block(block);
        self.side_exits.push(SideExit { block, pc, steps, values });
        block
    }

    /// Emits the side exits of the current block.
    pub(super) fn emit_side_exits(&mut self) {
        for exit in std::mem::take(&mut self.side_exits) {
            self.builder.seal_block(exit.block);
            self.builder.switch_to_block(exit.block);
            for &(register, value) in &exit.values {
                self.builder.ins().store(flags(), value, self.cpu, offset(register));
            }
            self.count_far_fetches(exit.steps);
            self.return_at(exit.pc, exit.steps);
        }
    }

    /// Returns to the interpreter, which continues at `pc`. The block has made `steps` steps, and its registers are
    /// written back.
    pub(super) fn return_at(&mut self, pc: u64, steps: u64) {
        let budget_left = self.budget_after(steps);
        let pc = self.builder.ins().iconst(I64, pc as i64);
        self.builder.ins().return_(&[budget_left, pc]);
    }

    /// The budget that is left after the first `steps` steps of the current block.
    pub(super) fn budget_after(&mut self, steps: u64) -> Value {
        self.plus(self.budget_at_head, -(steps as i64))
    }

    /// Ends the block with a jump.
    pub(super) fn jump_to(&mut self, target: Target) {
        match target {
            Target::Block(place) => {
                let block = self.blocks[place];
                self.builder.ins().jump(block, &[]);
            }
            Target::Outside { pc, slot } => self.jump_outside(pc, slot),
        }
    }

    /// Ends the block with a branch: to `yes` if `taken` is not zero, otherwise to `no`.
    pub(super) fn branch_to(&mut self, taken: Value, yes: Target, no: Target) {
        let yes_block = self.edge(yes);
        let no_block = self.edge(no);
        self.builder.ins().brif(taken, yes_block, &[], no_block, &[]);
        for (target, block) in [(yes, yes_block), (no, no_block)] {
            if let Target::Outside { pc, slot } = target {
                self.builder.seal_block(block);
                self.builder.switch_to_block(block);
                self.jump_outside(pc, slot);
            }
        }
    }

    /// The Cranelift block to branch to for `target`.
    fn edge(&mut self, target: Target) -> ir::Block {
        match target {
            Target::Block(place) => self.blocks[place],
            Target::Outside { .. } => self.builder.create_block(),
        }
    }

    /// Continues with the code whose host address is in the link slot of the guest address `pc`.
    fn jump_outside(&mut self, pc: u64, slot: usize) {
        let slot = self.builder.ins().iconst(I64, slot as i64);
        let code = self.builder.ins().load(I64, flags(), slot, 0);
        let pc = self.builder.ins().iconst(I64, pc as i64);
        self.tail_call(code, pc);
    }

    /// Ends the block with a jump to the guest address `pc`, which is looked up in the link table.
    pub(super) fn jump_to_register(&mut self, pc: Value) {
        // An entry has 16 bytes and an instruction 4, so the masked `pc` times four is the entry's offset.
        const { assert!(size_of::<TableEntry>() == 16) };
        let offset = self.builder.ins().band_imm_s(pc, (TABLE_MASK << 2) as i64);
        let offset = self.builder.ins().ishl_imm_s(offset, 2);
        let link_table = self.builder.ins().iconst(I64, self.link_table as i64);
        let entry = self.builder.ins().iadd(link_table, offset);
        let found = self.builder.ins().load(I64, flags(), entry, offset_of!(TableEntry, pc) as i32);
        let hit = self.builder.create_block();
        let miss = self.builder.create_block();
        self.builder.set_cold_block(miss);
        let same = self.builder.ins().icmp(IntCC::Equal, found, pc);
        self.builder.ins().brif(same, hit, &[], miss, &[]);
        self.builder.seal_block(hit);
        self.builder.seal_block(miss);
        self.builder.switch_to_block(hit);
        let code = self.builder.ins().load(I64, flags(), entry, offset_of!(TableEntry, code) as i32);
        self.tail_call(code, pc);
        self.builder.switch_to_block(miss);
        let budget_left = self.builder.use_var(self.budget);
        self.builder.ins().return_(&[budget_left, pc]);
    }

    /// Continues with the code at the host address `code`: the code for the guest address `pc`, or the miss stub.
    fn tail_call(&mut self, code: Value, pc: Value) {
        let budget_left = self.builder.use_var(self.budget);
        self.builder.ins().return_call_indirect(
            self.signatures.region,
            code,
            &[self.cpu, budget_left, self.context, pc],
        );
    }
}
