//! The fault-proof program, in a fault-proof VM or as a native process. It reads from a host over the file descriptors 3 to
//! 6, and exits with 0 if the claim is true, 1 if it is false, and 2 if it could not be decided.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod signatures;

use core::fmt::Write;
use tribunal_client::ExitCode;
use tribunal_fpvm::{FileDescriptor, client_entry, io::Printer, oracle};
use tribunal_proof::Silent;

#[client_entry]
fn main() -> u8 {
    #[cfg(target_os = "none")]
    signatures::install();
    let result = tribunal_client::run(oracle(), &mut Silent);
    let mut messages = Printer(FileDescriptor::StdErr);
    // A message that cannot be written does not change the verdict.
    let _ = match &result {
        Ok(verdict) if verdict.valid => Ok(()),
        Ok(verdict) => writeln!(
            messages,
            "the claim is false: block {} has output root {}, claimed was {}",
            verdict.outcome.number, verdict.outcome.output_root, verdict.claimed_root
        ),
        Err(error) => writeln!(messages, "the claim could not be decided: {error}"),
    };
    ExitCode::of(&result) as u8
}
