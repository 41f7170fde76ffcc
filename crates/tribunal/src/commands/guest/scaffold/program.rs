//! The claim that the bytes of the first input add up to the number in the second, which has 8 bytes, big-endian.
#![cfg_attr(target_os = "none", no_std, no_main)]

use core::fmt::Write;
use tribunal_fpvm::{FileDescriptor, client_entry, io::Printer, oracle};
use tribunal_preimage::{PreimageKey, PreimageOracleClient, PreimageOracleError};

/// Exits with 0 if the claim is true, with 1 if it is false, and with 2 on an error.
#[client_entry]
fn main() -> Result<u8, PreimageOracleError> {
    // Input N of the command line is the pre-image of local key N.
    let oracle = oracle();
    let bytes = oracle.get(PreimageKey::new_local(1))?;
    let mut claimed = [0; 8];
    oracle.get_exact(PreimageKey::new_local(2), &mut claimed)?;

    let sum: u64 = bytes.iter().copied().map(u64::from).sum();
    // Output without a reader is no error.
    let _ = writeln!(Printer(FileDescriptor::StdOut), "the bytes add up to {sum}");
    Ok(u8::from(sum != u64::from_be_bytes(claimed)))
}
