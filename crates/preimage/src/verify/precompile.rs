//! Running the precompiled contracts of L1 on the host, so that the program need not.

use crate::{PreimageOracleError, PreimageOracleResult};
use alloc::{format, vec, vec::Vec};
use alloy_primitives::Address;
use revm::precompile::Precompiles;

/// Whether the program may leave calls of the contract at `address` to the host: ecrecover, the pairing on BN254, the KZG
/// point evaluation, all of BLS12-381, and P256VERIFY.
#[must_use]
pub fn is_accelerated(address: &[u8; 20]) -> bool {
    let (zeros, number) = address.split_at(18);
    let number = number.iter().fold(0, |number, byte| number << 8 | u16::from(*byte));
    zeros.iter().all(|byte| *byte == 0) && matches!(number, 0x01 | 0x08 | 0x0a..=0x11 | 0x100)
}

/// The result of calling a precompiled contract, as a pre-image of type 6: the byte 1 and the output, or the single byte
/// 0 if the call fails.
///
/// The gas is not asked for. The program has charged its own price before it asks, prices differ between the chains and
/// the years, and the contract on L1 that stores these results lets the call have all the gas there is: the amount in the
/// key only says how much there must be at least.
///
/// # Errors
/// [`PreimageOracleError::UnknownPrecompile`] if no call of this address may be left to the host.
pub fn run_precompile(address: &[u8; 20], input: &[u8]) -> PreimageOracleResult<Vec<u8>> {
    let address = Address::new(*address);
    let precompile = Precompiles::latest()
        .get(&address)
        .filter(|_| is_accelerated(&address))
        .ok_or(PreimageOracleError::UnknownPrecompile(address))?;
    let result = precompile
        .execute(input, u64::MAX, 0)
        .map_err(|error| PreimageOracleError::Other(format!("precompile {address} cannot run: {error}")))?;
    if !result.is_success() {
        return Ok(vec![0]);
    }
    let mut value = Vec::with_capacity(1 + result.bytes.len());
    value.push(1);
    value.extend_from_slice(&result.bytes);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn address(number: u16) -> [u8; 20] {
        let mut address = [0; 20];
        address[18..].copy_from_slice(&number.to_be_bytes());
        address
    }

    #[test]
    fn the_accelerated_set_runs_and_nothing_else_does() {
        for number in 0..0x200 {
            let runs = run_precompile(&address(number), &[]).is_ok();
            assert_eq!(runs, is_accelerated(&address(number)), "{number:#x}");
            assert_eq!(runs, matches!(number, 1 | 8 | 10..=17 | 256), "{number:#x}");
        }
        let mut far = address(1);
        far[0] = 1;
        assert_eq!(run_precompile(&far, &[]), Err(PreimageOracleError::UnknownPrecompile(far.into())));
    }

    #[test]
    fn success_and_failure_have_their_byte() {
        // An empty product of pairings is one; 191 bytes are no pair.
        let mut one = vec![1; 1];
        one.extend([0; 31]);
        one.push(1);
        assert_eq!(run_precompile(&address(8), &[]).unwrap(), one);
        assert_eq!(run_precompile(&address(8), &[0; 191]).unwrap(), [0]);
        // A signature that recovers nothing is a success without output.
        assert_eq!(run_precompile(&address(1), &[0; 128]).unwrap(), [1]);
    }

    proptest! {
        #[test]
        fn any_input_has_a_result(number in 0u16..0x110, input in prop::collection::vec(any::<u8>(), 0..600)) {
            if let Ok(value) = run_precompile(&address(number), &input) {
                prop_assert!(value == [0] || value[0] == 1);
            }
        }
    }
}
