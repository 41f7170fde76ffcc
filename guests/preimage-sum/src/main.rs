//! A claim about a pre-image: the local key 1 is a keccak256 hash, the local key 2 a u64, and the claim is that the bytes
//! of the hash's pre-image add up to that number.
#![cfg_attr(target_os = "none", no_std, no_main)]

use tribunal_fpvm::{client_entry, oracle};
use tribunal_preimage::{PreimageKey, PreimageOracleClient, PreimageOracleError};

#[client_entry]
fn main() -> Result<u8, PreimageOracleError> {
    let oracle = oracle();
    let (mut hash, mut claimed) = ([0; 32], [0; 8]);
    oracle.get_exact(PreimageKey::new_local(1), &mut hash)?;
    oracle.get_exact(PreimageKey::new_local(2), &mut claimed)?;
    let preimage = oracle.get(PreimageKey::new_keccak256(hash))?;
    let sum: u64 = preimage.iter().copied().map(u64::from).sum();
    Ok(u8::from(sum != u64::from_be_bytes(claimed)))
}
