//! How a region is left.

use super::{Resume, Target, Translator, flags, offset};
use crate::{
    jit::{
        links::{TABLE_MASK, TableEntry},
        registers::RegisterSet,
    },
    state::Cpu,
};
use cranelift_codegen::ir::{self, InstBuilder, Value, condcodes::IntCC, types::I64};
use std::mem::offset_of;

impl Translator<'_> {
    /// Leaves at the head of a block if fewer than `longest` steps may still be made.
    pub(super) fn check_budget(&mut self, resume: Resume, longest: u64) {
        let left = self.builder.use_var(self.budget);
        let short = self.builder.ins().icmp_imm_s(IntCC::SignedLessThan, left, longest as i64);
        self.leave_if(short, resume);
    }

    /// Leaves to the interpreter if `condition` holds.
    pub(super) fn leave_if(&mut self, condition: Value, resume: Resume) {
        let out = self.builder.create_block();
        let on = self.builder.create_block();
        self.builder.set_cold_block(out);
        self.builder.ins().brif(condition, out, &[], on, &[]);
        self.builder.seal_block(out);
        self.builder.seal_block(on);
        self.builder.switch_to_block(out);
        self.leave(resume);
        self.builder.switch_to_block(on);
    }

    /// Leaves to the interpreter.
    pub(super) fn leave(&mut self, resume: Resume) {
        for register in resume.changed.iter() {
            let value = match resume.linked {
                Some((linked, before)) if linked == register => before,
                _ => self.peek(register),
            };
            self.builder.ins().store(flags(), value, self.cpu, offset(register));
        }
        let left = self.budget_after(resume.steps);
        let pc = self.builder.ins().iconst(I64, resume.pc as i64);
        let next = self.builder.ins().iconst(I64, resume.pc.wrapping_add(4) as i64);
        self.builder.ins().store(flags(), pc, self.cpu, offset_of!(Cpu, pc) as i32);
        self.builder.ins().store(flags(), next, self.cpu, offset_of!(Cpu, next_pc) as i32);
        self.builder.ins().return_(&[left]);
    }

    /// A register's value, without taking note of it: where it is looked up may not be where the block goes on.
    fn peek(&mut self, register: u8) -> Value {
        match self.known[usize::from(register)] {
            Some(value) => value,
            None => self.builder.use_var(self.variables[usize::from(register)]),
        }
    }

    /// What is left of the budget after `steps` of the block that is being translated.
    pub(super) fn budget_after(&mut self, steps: u64) -> Value {
        let left = self.builder.use_var(self.budget);
        self.builder.ins().iadd_imm_s(left, -(steps as i64))
    }

    /// The block ends, and goes on at `target`.
    pub(super) fn go(&mut self, target: Target, before: RegisterSet) {
        match target {
            Target::Block(place) => {
                let block = self.blocks[place];
                self.builder.ins().jump(block, &[]);
            }
            Target::Outside { pc, cell } => self.go_outside(pc, cell, before),
        }
    }

    /// The block ends with a branch.
    pub(super) fn fork(&mut self, taken: Value, yes: Target, no: Target, before: RegisterSet) {
        let yes_block = self.edge(yes);
        let no_block = self.edge(no);
        self.builder.ins().brif(taken, yes_block, &[], no_block, &[]);
        for (target, block) in [(yes, yes_block), (no, no_block)] {
            if let Target::Outside { pc, cell } = target {
                self.builder.seal_block(block);
                self.builder.switch_to_block(block);
                self.go_outside(pc, cell, before);
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
    fn go_outside(&mut self, pc: u64, cell: usize, before: RegisterSet) {
        self.store_registers(before);
        let cell = self.builder.ins().iconst(I64, cell as i64);
        let code = self.builder.ins().load(I64, flags(), cell, 0);
        let pc = self.builder.ins().iconst(I64, pc as i64);
        self.tail(code, pc);
    }

    /// The block ends with a jump to the address `pc`.
    pub(super) fn go_to_register(&mut self, pc: Value, before: RegisterSet) {
        self.store_registers(before);
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
        let next = self.builder.ins().iadd_imm_s(pc, 4);
        self.builder.ins().store(flags(), pc, self.cpu, offset_of!(Cpu, pc) as i32);
        self.builder.ins().store(flags(), next, self.cpu, offset_of!(Cpu, next_pc) as i32);
        let left = self.builder.use_var(self.budget);
        self.builder.ins().return_(&[left]);
    }

    /// Stores what the region may have changed.
    fn store_registers(&mut self, before: RegisterSet) {
        for register in before.union(self.changed).iter() {
            let value = self.peek(register);
            self.builder.ins().store(flags(), value, self.cpu, offset(register));
        }
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
