//! The hash function that `alloy-primitives` calls in a guest, by way of its feature `native-keccak`.

use core::slice;

/// Writes the hash of `len` bytes to 32 bytes at `output`.
///
/// # Safety
/// Both places must be ours to read and to write.
#[unsafe(no_mangle)]
unsafe extern "C" fn native_keccak256(bytes: *const u8, len: usize, output: *mut u8) {
    // SAFETY: as the caller promises.
    unsafe {
        let hash = tribunal_crypto::keccak256(slice::from_raw_parts(bytes, len));
        output.cast::<[u8; 32]>().write_unaligned(hash);
    }
}
