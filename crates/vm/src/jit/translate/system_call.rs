//! System calls. Compiled code makes two kinds of them itself: reads of a cached pre-image, and writes of a pre-image's
//! key, see [`crate::machine::PreimageCalls`]. For all others, it takes a side exit. Then the step function of the VM
//! makes the call, in an *exact step*.

use super::{ExitState, Translator};
use crate::jit::context;
use cranelift_codegen::ir::{InstBuilder, condcodes::IntCC, types::I64};

impl Translator<'_> {
    /// Translates a system call: calls [`context::system_call`]. This helper reads and writes the registers in the
    /// [`Cpu`](tribunal_mips::Cpu), not the translator's values. The registers in the `Cpu` are up to date, because a
    /// system call is the only instruction of its block, and never in a delay slot.
    pub(super) fn system_call(&mut self, exit: ExitState) {
        debug_assert!(self.changed.is_empty() && exit.steps_before_instruction == 0);
        let helper = self.builder.ins().iconst(I64, context::system_call as *const () as usize as i64);
        let arguments = [self.context, self.cpu, self.budget_at_head];
        let call = self.builder.ins().call_indirect(self.signatures.system_call, helper, &arguments);
        let made = self.builder.inst_results(call)[0];
        let refused = self.builder.ins().icmp_imm_s(IntCC::Equal, made, 0);
        self.side_exit_if(refused, exit);
    }
}
