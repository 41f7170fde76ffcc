//! Cranelift, configured for this host: it compiles a region to machine code.

use super::{region::Region, stubs, translate};
use cranelift_codegen::{
    Context,
    control::ControlPlane,
    ir::Function,
    isa::OwnedTargetIsa,
    settings::{self, Configurable},
};
use cranelift_frontend::FunctionBuilderContext;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A compiler. It is independent of the machine that it compiles for.
pub(super) struct Compiler {
    isa: OwnedTargetIsa,
    context: Context,
    scratch: FunctionBuilderContext,
    /// Whether a region made the compiler panic.
    panicked: bool,
}

impl Compiler {
    /// `None` if Cranelift does not support the host.
    pub(super) fn new() -> Option<Self> {
        let mut flags = settings::builder();
        for (name, value) in [
            // The translation leaves little to optimise, and code has to be ready soon.
            ("opt_level", "none"),
            ("regalloc_algorithm", "single_pass"),
            ("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" }),
            ("unwind_info", "false"),
            ("enable_probestack", "false"),
            // Tail calls need them.
            ("preserve_frame_pointers", "true"),
        ] {
            flags.set(name, value).ok()?;
        }
        let isa = cranelift_native::builder().ok()?.finish(settings::Flags::new(flags)).ok()?;
        Some(Self { isa, context: Context::new(), scratch: FunctionBuilderContext::new(), panicked: false })
    }

    /// The stub through which Rust enters compiled code, see [`stubs::enter`].
    pub(super) fn enter(&mut self) -> Option<Vec<u8>> {
        let function = stubs::enter(&*self.isa, &mut self.scratch);
        self.emit(function)
    }

    /// The stub through which compiled code returns, see [`stubs::miss`].
    pub(super) fn miss(&mut self) -> Option<Vec<u8>> {
        let function = stubs::miss(&*self.isa, &mut self.scratch);
        self.emit(function)
    }

    /// The code of a region. `table` is the address of the table of [`super::links::Links`]. `None` if Cranelift refuses or
    /// panics; then the region is interpreted.
    pub(super) fn region(&mut self, region: &Region, table: usize) -> Option<Vec<u8>> {
        let compile = || {
            self.context.clear();
            translate::translate(region, table, &*self.isa, &mut self.scratch, &mut self.context.func);
            self.compile()
        };
        // A panic may leave the context half-built, so the context is replaced.
        catch_unwind(AssertUnwindSafe(compile)).unwrap_or_else(|_| {
            self.context = Context::new();
            self.scratch = FunctionBuilderContext::new();
            self.warn_of_panic(region);
            None
        })
    }

    /// Logs the first panic.
    fn warn_of_panic(&mut self, region: &Region) {
        if std::mem::replace(&mut self.panicked, true) {
            return;
        }
        let head = region.blocks.first().map_or(0, |block| block.pc);
        tracing::warn!(
            "JIT: the compiler panicked on the code at {head:#x}: interpreting that code, which is slower; \
             later panics are not logged"
        );
    }

    fn emit(&mut self, function: Function) -> Option<Vec<u8>> {
        self.context.clear();
        self.context.func = function;
        self.compile()
    }

    /// Compiles the function in the context.
    fn compile(&mut self) -> Option<Vec<u8>> {
        let compiled = self.context.compile(&*self.isa, &mut ControlPlane::default()).ok()?;
        // Code without relocations runs at any address: it calls helpers by an address in a register.
        compiled.buffer.relocs().is_empty().then(|| compiled.code_buffer().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jit::region::{Block, Terminator};
    use tribunal_mips::Instruction;

    #[test]
    fn a_panic_costs_one_region_and_no_more() {
        let mut compiler = Compiler::new().unwrap();
        let nop = Block { pc: 0x1000, code: vec![Instruction::decode(0)], end: Terminator::Interpret };
        let sound = Region { blocks: vec![nop], sparse: false };
        // A region always has a first block: without one, its translation panics.
        let broken = Region { blocks: Vec::new(), sparse: false };
        let code = compiler.region(&sound, 0);
        assert!(code.is_some() && !compiler.panicked);
        for _ in 0..2 {
            assert_eq!(compiler.region(&broken, 0), None);
            assert!(compiler.panicked);
        }
        assert_eq!(compiler.region(&sound, 0), code);
    }
}
