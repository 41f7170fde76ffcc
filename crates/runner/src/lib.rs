//! Decides a claim: runs the client program against a host in the same process, natively or in the fault-proof VM, and
//! reports the verdict with its evidence.
//!
//! [`decide`] is the one entry point. It takes a [`Runner`], which is the way to run the program: [`Native`], [`Fpvm`],
//! or one of the caller's own.
//!
//! ```
//! use std::sync::Arc;
//! use tribunal_host::{Checks, FixtureFolder, Host, LocalInputs, LocalKeyFlavour, Verified};
//! use tribunal_runner::{Cancellation, Native, Silent, decide};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let options = tribunal_testkit::Options { seed: 1, blocks: 7, ..Default::default() };
//! # tribunal_testkit::Devnet::generate(&options, &mut |_| {})?.write(folder.path())?;
//! # let folder = folder.path();
//! let folder = FixtureFolder::read(folder)?;
//! let store = Arc::new(Verified::new(folder.open_store()?));
//! let local = LocalInputs::new(folder.claims[0].boot, folder.configs.clone(), LocalKeyFlavour::Kona);
//! let host = Arc::new(Host::new(store, local, Checks::Meanwhile)?);
//!
//! let run = decide(&Native, &host, &mut Silent, &Cancellation::new());
//! match run.result {
//!     Ok(decision) => println!("{}: block {}", decision.valid, decision.evidence.outcome.number),
//!     Err(error) => println!("undecided: {error}"),
//! }
//! println!("{} pre-images in {:?}", run.stats.total().0, run.elapsed);
//! # assert_eq!(run.stats.preimages[0].number, 7);
//! # Ok(())
//! # }
//! ```
//!
//! # Failure
//! A claim that cannot be decided is never called false: the result is [`Undecided`], which names the pre-image at fault
//! if there is one. A run that was cancelled is undecided too.

mod agreed_head;
mod cancellation;
mod claim_keys;
mod client_program;
mod decide;
mod fpvm;
mod in_order;
mod native;
mod progress;

pub use agreed_head::{AgreedHeadError, check_agreed_head};
pub use cancellation::Cancellation;
pub use claim_keys::ClaimKeys;
pub use client_program::{ClientProgram, ClientProgramError};
pub use decide::{Decision, Run, Runner, Undecided, decide};
pub use fpvm::{FinalState, Fpvm, HostOracle};
pub use in_order::in_order;
pub use native::Native;
pub use progress::{BlockProgress, BlockReport, Progress, Silent, Work};
