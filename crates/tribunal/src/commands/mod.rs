//! One file per subcommand: its arguments, and what it does.

pub(crate) mod bench;
pub(crate) mod block;
pub(crate) mod check;
pub(crate) mod devnet;
pub(crate) mod fetch;
pub(crate) mod guest;
pub(crate) mod host;
pub(crate) mod package_files;
pub(crate) mod preimages;
#[cfg(feature = "prover")]
pub(crate) mod program_id;
#[cfg(feature = "prover")]
pub(crate) mod prove;
#[cfg(feature = "prover")]
pub(crate) mod security;
#[cfg(feature = "prover")]
pub(crate) mod verify;
pub(crate) mod vm;
