//! The attribute [`client_entry`], which `tribunal-fpvm` re-exports: it makes a function the entry point of a guest.
//!
//! ```
//! use tribunal_fpvm::{client_entry, io};
//!
//! #[client_entry]
//! fn main() {
//!     io::print("hello\n");
//! }
//! ```
//!
//! It is a compile error if the function has arguments or is generic, or if the option is unknown.

use proc_macro::TokenStream;
use quote::{format_ident, quote};
use syn::{Expr, Ident, ItemFn, Token, parse::Parse, parse::ParseStream, parse_macro_input};

/// Makes a function without arguments, `async` or not, the entry point of a guest program: `_start` on a fault-proof VM,
/// `main` natively. The program exits with the exit code of its result (`tribunal_fpvm::ExitStatus`).
///
/// `#[client_entry(heap = 1 << 30)]` limits the heap to that many bytes; by default it grows until the VM refuses. The limit
/// has no effect natively, where the standard library allocates.
#[proc_macro_attribute]
pub fn client_entry(options: TokenStream, item: TokenStream) -> TokenStream {
    let Options { heap } = parse_macro_input!(options as Options);
    let function = parse_macro_input!(item as ItemFn);
    expand(heap, function).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// The argument of the attribute.
struct Options {
    heap: Option<Expr>,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.is_empty() {
            return Ok(Self { heap: None });
        }
        let name: Ident = input.parse()?;
        if name != "heap" {
            return Err(syn::Error::new(name.span(), "the only option is `heap = BYTES`"));
        }
        input.parse::<Token![=]>()?;
        Ok(Self { heap: Some(input.parse()?) })
    }
}

fn expand(heap: Option<Expr>, mut function: ItemFn) -> syn::Result<proc_macro2::TokenStream> {
    let signature = &function.sig;
    if !signature.inputs.is_empty() || !signature.generics.params.is_empty() {
        let problem = "an entry point takes no arguments and is not generic";
        return Err(syn::Error::new_spanned(signature, problem));
    }
    let program = format_ident!("client_entry_{}", signature.ident, span = signature.ident.span());
    let call = match signature.asyncness {
        Some(_) => quote!(::tribunal_fpvm::block_on(#program())),
        None => quote!(#program()),
    };
    let limit = heap.map(|bytes| quote!(::tribunal_fpvm::limit_heap(#bytes);));
    function.sig.ident = program;
    Ok(quote! {
        #function

        #[cfg(target_os = "none")]
        #[unsafe(no_mangle)]
        extern "C" fn _start() -> ! {
            #limit
            ::tribunal_fpvm::io::exit(::tribunal_fpvm::ExitStatus::code(#call))
        }

        #[cfg(not(target_os = "none"))]
        fn main() {
            ::tribunal_fpvm::io::exit(::tribunal_fpvm::ExitStatus::code(#call))
        }
    })
}
