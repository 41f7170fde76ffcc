//! System calls. Compiled code makes a few of them, see [`crate::machine::PreimageCalls`], and leaves the others to
//! exact steps.

use super::{ExitState, Translator};
use crate::jit::context;
use cranelift_codegen::ir::{InstBuilder, condcodes::IntCC, types::I64};

impl Translator<'_> {
    /// Translates a system call: calls [`context::system_call`], which reads and writes the registers in memory. They
    /// are up to date there, because a system call is the only instruction of its block.
    pub(super) fn system_call(&mut self, exit: ExitState) {
        debug_assert!(self.changed.is_empty() && exit.steps == 0);
        let helper = self.builder.ins().iconst(I64, context::system_call as *const () as usize as i64);
        let budget_left = self.budget_after(exit.steps_before_instruction);
        let arguments = [self.context, self.cpu, budget_left];
        let call = self.builder.ins().call_indirect(self.signatures.system_call, helper, &arguments);
        let made = self.builder.inst_results(call)[0];
        let refused = self.builder.ins().icmp_imm_s(IntCC::Equal, made, 0);
        self.side_exit_if(refused, exit);
    }
}
