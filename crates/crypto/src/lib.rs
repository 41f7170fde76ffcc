//! Keccak-256 and the recovery of secp256k1 keys, for guests of a fault-proof VM. Each instruction of a guest is a step that
//! may have to be proven, and these two are most of what a fault-proof program computes. The code is written for a machine
//! with 64-bit registers and a multiplication with a 128-bit result, without rotations, a carry flag or vectors.
//!
//! ```
//! let hash = tribunal_crypto::keccak256(b"");
//! assert_eq!(hash[..4], [0xc5, 0xd2, 0x46, 0x01]);
//! ```
//!
//! Nothing here runs in constant time: do not use it with secrets.
//!
//! Keccak-256 cannot fail. [`Recoverer::recover`] is `None` if no key can be recovered from the signature.

#![no_std]
// Guests for MIPS64 build the standard library from source, which allows unstable features. This is the only one.
#![cfg_attr(target_arch = "mips64", feature(asm_experimental_arch))]

extern crate alloc;

mod keccak;
mod secp256k1;

pub use keccak::keccak256;
pub use secp256k1::Recoverer;
