//! The hash function that `alloy-primitives` calls in a guest, through its feature `native-keccak`.

use core::slice;

/// Writes the hash of `len` bytes to 32 bytes at `output`.
///
/// # Safety
/// `bytes` must be readable for `len` bytes, and `output` writable for 32.
#[unsafe(no_mangle)]
unsafe extern "C" fn native_keccak256(bytes: *const u8, len: usize, output: *mut u8) {
    // SAFETY: the caller ensures it.
    unsafe {
        let hash = tribunal_crypto::keccak256(slice::from_raw_parts(bytes, len));
        output.cast::<[u8; 32]>().write_unaligned(hash);
    }
}
