//! How a region is left.

use super::{Out, Resume, Target, Translator, flags, offset};
use crate::jit::links::{TABLE_MASK, TableEntry};
use cranelift_codegen::ir::{self, InstBuilder, Value, condcodes::IntCC, types::I64};
use std::mem::offset_of;

impl Translator<'_> {
    /// Leaves at the head of a block if fewer than `longest` steps may still be made, or `wrong` is not zero.
    pub(super) fn leave_at_head(&mut self, longest: Option<u64>, wrong: Option<Value>) {
        let condition = match (longest, wrong) {
            (None, None) => return,
            (None, Some(wrong)) => wrong,
            (Some(longest), None) => {
                self.builder.ins().icmp_imm_s(IntCC::SignedLessThan, self.left, longest as i64)
            }
            (Some(longest), Some(wrong)) => {
                let rest = self.builder.ins().iadd_imm_s(self.left, -(longest as i64));
                let sign = self.builder.ins().ushr_imm_s(rest, 63);
                self.builder.ins().bor(wrong, sign)
            }
        };
        let out = self.restart();
        self.leave_to(condition, out);
    }

    /// Leaves to the interpreter if `condition` holds. While the block has stored nothing it is enough to begin it anew.
    pub(super) fn leave_if(&mut self, condition: Value, resume: Resume) {
        let out = self.out(resume);
        self.leave_to(condition, out);
    }

    fn leave_to(&mut self, condition: Value, out: ir::Block) {
        let on = self.builder.create_block();
        self.builder.ins().brif(condition, out, &[], on, &[]);
        self.builder.seal_block(on);
        self.builder.switch_to_block(on);
    }

    /// A block that leaves to the interpreter, to be branched to from where the translation stands. It is filled when the
    /// block is done.
    pub(super) fn out(&mut self, resume: Resume) -> ir::Block {
        if !self.stored {
            return self.restart();
        }
        let block = self.builder.create_block();
        self.builder.set_cold_block(block);
        let values = resume.changed.iter().filter_map(|register| {
            let value = match resume.linked {
                Some((linked, before)) if linked == register => Some(before),
                _ => self.known[usize::from(register)],
            };
            Some((register, value?))
        });
        let out = Out { block, pc: resume.pc, steps: resume.steps, values: values.collect() };
        self.outs.push(out);
        block
    }

    /// As [`Self::out`], from the block's beginning on, with nothing done.
    fn restart(&mut self) -> ir::Block {
        if let Some(block) = self.restart {
            return block;
        }
        let block = self.builder.create_block();
        self.builder.set_cold_block(block);
        self.outs.push(Out { block, pc: self.head, steps: 0, values: Vec::new() });
        self.restart = Some(block);
        block
    }

    /// Fills the blocks that leave.
    pub(super) fn fill_outs(&mut self) {
        for out in std::mem::take(&mut self.outs) {
            self.builder.seal_block(out.block);
            self.builder.switch_to_block(out.block);
            self.leave(&out);
        }
    }

    /// Leaves to the interpreter.
    fn leave(&mut self, out: &Out) {
        for &(register, value) in &out.values {
            self.builder.ins().store(flags(), value, self.cpu, offset(register));
        }
        self.count_far_fetches(out.steps);
        self.leave_at(out.pc, out.steps);
    }

    /// Leaves to the interpreter, with all registers stored, after `steps` of the block.
    pub(super) fn leave_at(&mut self, pc: u64, steps: u64) {
        let left = self.budget_after(steps);
        let pc = self.builder.ins().iconst(I64, pc as i64);
        self.builder.ins().return_(&[left, pc]);
    }

    /// What is left of the budget after `steps` of the block that is being translated.
    pub(super) fn budget_after(&mut self, steps: u64) -> Value {
        self.plus(self.left, -(steps as i64))
    }

    /// The block ends, and goes on at `target`.
    pub(super) fn go(&mut self, target: Target) {
        match target {
            Target::Block(place) => {
                let block = self.blocks[place];
                self.builder.ins().jump(block, &[]);
            }
            Target::Outside { pc, cell } => self.go_outside(pc, cell),
        }
    }

    /// The block ends with a branch.
    pub(super) fn fork(&mut self, taken: Value, yes: Target, no: Target) {
        let yes_block = self.edge(yes);
        let no_block = self.edge(no);
        self.builder.ins().brif(taken, yes_block, &[], no_block, &[]);
        for (target, block) in [(yes, yes_block), (no, no_block)] {
            if let Target::Outside { pc, cell } = target {
                self.builder.seal_block(block);
                self.builder.switch_to_block(block);
                self.go_outside(pc, cell);
            }
        }
    }

    fn edge(&mut self, target: Target) -> ir::Block {
        match target {
            Target::Block(place) => self.blocks[place],
            Target::Outside { .. } => self.builder.create_block(),
        }
    }

    /// Goes on with the code whose address stands in `cell`.
    fn go_outside(&mut self, pc: u64, cell: usize) {
        let cell = self.builder.ins().iconst(I64, cell as i64);
        let code = self.builder.ins().load(I64, flags(), cell, 0);
        let pc = self.builder.ins().iconst(I64, pc as i64);
        self.tail(code, pc);
    }

    /// The block ends with a jump to the address `pc`.
    pub(super) fn go_to_register(&mut self, pc: Value) {
        // Entries are as large as four instructions: `pc` has only to be cut to be an offset.
        const { assert!(size_of::<TableEntry>() == 16) };
        let offset = self.builder.ins().band_imm_s(pc, (TABLE_MASK << 2) as i64);
        let offset = self.builder.ins().ishl_imm_s(offset, 2);
        let table = self.builder.ins().iconst(I64, self.table as i64);
        let entry = self.builder.ins().iadd(table, offset);
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
        self.tail(code, pc);
        self.builder.switch_to_block(miss);
        let left = self.builder.use_var(self.budget);
        self.builder.ins().return_(&[left, pc]);
    }

    fn tail(&mut self, code: Value, pc: Value) {
        let left = self.builder.use_var(self.budget);
        self.builder.ins().return_call_indirect(
            self.signatures.region,
            code,
            &[self.cpu, left, self.context, pc],
        );
    }
}
