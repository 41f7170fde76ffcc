//! Stubs: small functions of machine code between Rust and compiled code. Rust enters compiled code through [`enter`].
//! Compiled code returns through [`miss`] if it jumps to a constant address whose link slot leads to no compiled code.

use super::translate::{flags, region_signature};
use cranelift_codegen::{
    ir::{AbiParam, Function, InstBuilder, Signature, types::I64},
    isa::{CallConv, TargetIsa},
};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use std::mem::offset_of;
use tribunal_mips::Cpu;

/// `extern "C" fn(cpu, budget, context, code) -> budget`: calls the compiled code at the host address `code`, then
/// stores both program counters in `cpu`. Compiled code never returns at a delay slot, so `next_pc` is `pc` plus 4.
pub(super) fn enter(isa: &dyn TargetIsa, scratch: &mut FunctionBuilderContext) -> Function {
    let mut signature = Signature::new(isa.default_call_conv());
    signature.params = vec![AbiParam::new(I64); 4];
    signature.returns = vec![AbiParam::new(I64)];
    let mut function = Function::with_name_signature(Default::default(), signature);
    let mut builder = FunctionBuilder::new(&mut function, scratch);
    let block = builder.create_block();
    builder.append_block_params_for_function_params(block);
    builder.switch_to_block(block);
    builder.seal_block(block);
    let [cpu, budget, context, code] = [0, 1, 2, 3].map(|at| builder.block_params(block)[at]);
    let signature = builder.import_signature(region_signature());
    // A region ignores its last parameter, the program counter, so any value does.
    let call = builder.ins().call_indirect(signature, code, &[cpu, budget, context, code]);
    let [left, pc] = [0, 1].map(|at| builder.inst_results(call)[at]);
    let next = builder.ins().iadd_imm_s(pc, 4);
    builder.ins().store(flags(), pc, cpu, offset_of!(Cpu, pc) as i32);
    builder.ins().store(flags(), next, cpu, offset_of!(Cpu, next_pc) as i32);
    builder.ins().return_(&[left]);
    builder.finalize(isa.frontend_config());
    function
}

/// The stub that a link slot leads to as long as it does not lead to compiled code. The stub returns to Rust.
pub(super) fn miss(isa: &dyn TargetIsa, scratch: &mut FunctionBuilderContext) -> Function {
    let mut function = Function::with_name_signature(Default::default(), region_signature());
    let mut builder = FunctionBuilder::new(&mut function, scratch);
    let block = builder.create_block();
    builder.append_block_params_for_function_params(block);
    builder.switch_to_block(block);
    builder.seal_block(block);
    let [budget, pc] = [1, 3].map(|at| builder.block_params(block)[at]);
    builder.ins().return_(&[budget, pc]);
    builder.finalize(isa.frontend_config());
    function
}

/// The calling convention of regions. It supports tail calls. A region continues with the next one by a tail call.
pub(super) const CONVENTION: CallConv = CallConv::Tail;
