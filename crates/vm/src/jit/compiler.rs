//! Cranelift, configured for this host. It compiles a region to machine code.

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

/// A Cranelift compiler, and the buffers that it reuses for each function.
pub(super) struct Compiler {
    isa: OwnedTargetIsa,
    /// The function that is being compiled.
    context: Context,
    scratch: FunctionBuilderContext,
    /// Whether the compiler has panicked before.
    panicked: bool,
}

impl Compiler {
    /// `None` if Cranelift does not support the host.
    pub(super) fn new() -> Option<Self> {
        let mut flags = settings::builder();
        for (name, value) in [
            // The translation leaves little to optimise, and a short compile time matters more.
            ("opt_level", "none"),
            ("regalloc_algorithm", "single_pass"),
            ("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" }),
            ("unwind_info", "false"),
            ("enable_probestack", "false"),
            // Cranelift's tail calls need frame pointers.
            ("preserve_frame_pointers", "true"),
        ] {
            flags.set(name, value).ok()?;
        }
        let isa = cranelift_native::builder().ok()?.finish(settings::Flags::new(flags)).ok()?;
        Some(Self { isa, context: Context::new(), scratch: FunctionBuilderContext::new(), panicked: false })
    }

    /// The code of the stub [`stubs::enter`]. `None` if Cranelift refuses.
    pub(super) fn compile_enter_stub(&mut self) -> Option<Vec<u8>> {
        let function = stubs::enter(&*self.isa, &mut self.scratch);
        self.compile(function)
    }

    /// The code of the stub [`stubs::miss`]. `None` if Cranelift refuses.
    pub(super) fn compile_miss_stub(&mut self) -> Option<Vec<u8>> {
        let function = stubs::miss(&*self.isa, &mut self.scratch);
        self.compile(function)
    }

    /// The code of a region. `None` if Cranelift refuses or panics; the region is then interpreted. `link_table` is the
    /// host address of the link table, see [`super::links`].
    pub(super) fn compile_region(&mut self, region: &Region, link_table: usize) -> Option<Vec<u8>> {
        let compile = || {
            self.context.clear();
            translate::translate(region, link_table, &*self.isa, &mut self.scratch, &mut self.context.func);
            self.compile_context()
        };
        // A panic may leave the buffers in an inconsistent state, so they are replaced.
        catch_unwind(AssertUnwindSafe(compile)).unwrap_or_else(|_| {
            self.context = Context::new();
            self.scratch = FunctionBuilderContext::new();
            self.warn_of_panic(region);
            None
        })
    }

    /// Logs a panic, if it is the first of this compiler.
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

    fn compile(&mut self, function: Function) -> Option<Vec<u8>> {
        self.context.clear();
        self.context.func = function;
        self.compile_context()
    }

    /// The code of the function in the context. `None` if Cranelift refuses, or the code depends on its address.
    fn compile_context(&mut self) -> Option<Vec<u8>> {
        let compiled = self.context.compile(&*self.isa, &mut ControlPlane::default()).ok()?;
        // Code without relocations runs at any address. The code should need none, because all its calls go through a
        // register.
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
        let nop =
            Block { pc: 0x1000, instructions: vec![Instruction::decode(0)], end: Terminator::Interpret };
        let sound = Region { blocks: vec![nop], sparse: false };
        // The translation panics if a region has no block. `Region::select` returns no such region.
        let broken = Region { blocks: Vec::new(), sparse: false };
        let code = compiler.compile_region(&sound, 0);
        assert!(code.is_some() && !compiler.panicked);
        for _ in 0..2 {
            assert_eq!(compiler.compile_region(&broken, 0), None);
            assert!(compiler.panicked);
        }
        assert_eq!(compiler.compile_region(&sound, 0), code);
    }
}
