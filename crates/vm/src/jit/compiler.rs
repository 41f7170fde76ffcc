//! Cranelift, set up for this host: from a region to bytes of machine code.

use super::{region::Region, stubs, translate};
use cranelift_codegen::{
    Context,
    control::ControlPlane,
    ir::Function,
    isa::OwnedTargetIsa,
    settings::{self, Configurable},
};
use cranelift_frontend::FunctionBuilderContext;

/// A compiler. It knows nothing of the machine that it compiles for.
pub(super) struct Compiler {
    isa: OwnedTargetIsa,
    context: Context,
    scratch: FunctionBuilderContext,
}

impl Compiler {
    /// None if the host is not one that code can be made for.
    pub(super) fn new() -> Option<Self> {
        let mut flags = settings::builder();
        for (name, value) in [
            // Regions are translated so that little is left to optimise, and code that comes late is worth little.
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
        Some(Self { isa, context: Context::new(), scratch: FunctionBuilderContext::new() })
    }

    /// The code by which Rust enters compiled code, see [`stubs::enter`].
    pub(super) fn enter(&mut self) -> Option<Vec<u8>> {
        let function = stubs::enter(&*self.isa, &mut self.scratch);
        self.emit(function)
    }

    /// The code by which compiled code returns, see [`stubs::miss`].
    pub(super) fn miss(&mut self) -> Option<Vec<u8>> {
        let function = stubs::miss(&*self.isa, &mut self.scratch);
        self.emit(function)
    }

    /// A region's code, that finds other code in the table at `table`. None if Cranelift refuses, which leaves the
    /// region to the interpreter.
    pub(super) fn region(&mut self, region: &Region, table: usize) -> Option<Vec<u8>> {
        self.context.clear();
        translate::translate(region, table, &*self.isa, &mut self.scratch, &mut self.context.func);
        self.compile()
    }

    fn emit(&mut self, function: Function) -> Option<Vec<u8>> {
        self.context.clear();
        self.context.func = function;
        self.compile()
    }

    /// Compiles what the context holds.
    fn compile(&mut self) -> Option<Vec<u8>> {
        let compiled = self.context.compile(&*self.isa, &mut ControlPlane::default()).ok()?;
        // Everything outside is called by an address in a register, so that code can lie anywhere.
        compiled.buffer.relocs().is_empty().then(|| compiled.code_buffer().to_vec())
    }
}
