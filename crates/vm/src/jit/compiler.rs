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

/// A compiler. It is independent of the machine that it compiles for.
pub(super) struct Compiler {
    isa: OwnedTargetIsa,
    context: Context,
    scratch: FunctionBuilderContext,
}

impl Compiler {
    /// `None` if Cranelift does not support the host.
    pub(super) fn new() -> Option<Self> {
        let mut flags = settings::builder();
        for (name, value) in [
            // The translation leaves little to optimise, and code that is ready late is worth little.
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

    /// The code of a region. `table` is the address of the table of [`super::links::Links`]. `None` if Cranelift refuses;
    /// then the region is interpreted.
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

    /// Compiles the function in the context.
    fn compile(&mut self) -> Option<Vec<u8>> {
        let compiled = self.context.compile(&*self.isa, &mut ControlPlane::default()).ok()?;
        // Code without relocations runs at any address: it calls helpers by an address in a register.
        compiled.buffer.relocs().is_empty().then(|| compiled.code_buffer().to_vec())
    }
}
