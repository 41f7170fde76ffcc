//! Tests, in the VM, the parts of the guest SDK that are in assembly or for guests only: moving memory, the heap,
//! Keccak-256 and the recovery of keys. Exits with 0 if all tests pass, and prints those that fail.
#![cfg_attr(target_os = "none", no_std, no_main)]

extern crate alloc;

use alloc::{format, string::String, vec, vec::Vec};
use core::{cmp::Ordering, hint::black_box};
use tribunal_crypto::{Recoverer, keccak256};
use tribunal_fpvm::client_entry;

/// Longer than four words and some bytes, at any alignment.
const LONGEST: usize = 44;

#[client_entry(heap = 64 << 20)]
fn main() -> Result<(), String> {
    copies()?;
    fills()?;
    comparisons()?;
    heap()?;
    hashes()?;
    keys()
}

fn check(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

/// Bytes of which no two close ones are equal.
fn pattern() -> Vec<u8> {
    (0..128u32).map(|i| (i * 37 + 11) as u8).collect()
}

/// `memcpy` and `memmove`, from everywhere to everywhere within a few words, against copying byte by byte.
fn copies() -> Result<(), String> {
    let pattern = pattern();
    for len in 0..=LONGEST {
        for from in (0..8).chain([40, 57]) {
            for to in 0..60 {
                let mut expected = pattern.clone();
                for i in 0..len {
                    expected[to + i] = black_box(pattern[from + i]);
                }
                let mut moved = pattern.clone();
                moved.copy_within(black_box(from)..black_box(from + len), black_box(to));
                check(moved == expected, || format!("memmove of {len} bytes from {from} to {to}"))?;
                let mut copied = pattern.clone();
                copied[to..to + len].copy_from_slice(&pattern[black_box(from)..black_box(from + len)]);
                check(copied == expected, || format!("memcpy of {len} bytes from {from} to {to}"))?;
            }
        }
    }
    Ok(())
}

fn fills() -> Result<(), String> {
    for (len, start) in (0..=LONGEST).flat_map(|len| (0..8).map(move |start| (len, start))) {
        for value in [0, 1, 0xa5, 0xff] {
            let mut bytes = pattern();
            bytes[black_box(start)..black_box(start + len)].fill(black_box(value));
            let same =
                pattern().iter().zip(&bytes).enumerate().all(|(i, (old, new))| {
                    *new == if (start..start + len).contains(&i) { value } else { *old }
                });
            check(same, || format!("memset of {len} bytes at {start} to {value}"))?;
        }
    }
    Ok(())
}

fn comparisons() -> Result<(), String> {
    let pattern = pattern();
    for (len, start) in (0..=LONGEST).flat_map(|len| (0..8).map(move |start| (len, start))) {
        let mut other = [0; 128];
        let shift = (start * 3) % 8;
        other[shift..shift + len].copy_from_slice(&pattern[start..start + len]);
        let left = &pattern[black_box(start)..black_box(start + len)];
        let compare = |other: &[u8]| (left.cmp(other), left == other);
        let right = &other[black_box(shift)..black_box(shift + len)];
        check(compare(right) == (Ordering::Equal, true), || format!("memcmp of {len} equal bytes"))?;
        for differing in 0..len {
            for change in [1, 0x80] {
                let mut right = right.to_vec();
                right[differing] ^= change;
                let order = black_box(left[differing]).cmp(&right[differing]);
                let as_expected = compare(black_box(&right)) == (order, false);
                check(as_expected, || format!("memcmp of {len} bytes that differ at {differing}"))?;
            }
        }
    }
    Ok(())
}

/// Blocks of many sizes keep their contents when they grow, shrink and are used again.
fn heap() -> Result<(), String> {
    let mut blocks: Vec<Vec<u8>> = Vec::new();
    for round in 0..200usize {
        let size = (round * 7919) % 5000 + 1;
        blocks.push(vec![round as u8; size]);
        let index = (round * 31) % blocks.len();
        let fill = blocks[index][0];
        blocks[index].resize(size, fill);
        blocks[index].shrink_to_fit();
        if round % 3 == 0 {
            blocks.swap_remove(index);
        }
        let zeros: Vec<u8> = vec![0; black_box(size)];
        check(zeros.iter().all(|byte| *byte == 0), || format!("{size} zeroed bytes are not zero"))?;
    }
    let kept = blocks.iter().all(|block| block.iter().all(|byte| *byte == block[0]));
    check(kept, || "a block of the heap was written over".into())
}

fn hashes() -> Result<(), String> {
    // The hash of the hashes of 0 to 300 bytes.
    let bytes: Vec<u8> = (0..300u32).map(|i| i as u8).collect();
    let all: Vec<u8> = (0..=300).flat_map(|len| keccak256(black_box(&bytes[..len]))).collect();
    check(keccak256(&all) == HASH_OF_HASHES, || "keccak256".into())
}

/// As another implementation has it.
const HASH_OF_HASHES: [u8; 32] = [
    0xe1, 0x04, 0x69, 0x57, 0x36, 0x5a, 0x9c, 0xea, 0x62, 0x1e, 0x0c, 0x18, 0x0e, 0xb1, 0x87, 0x49, 0xf2,
    0x45, 0x8b, 0x9b, 0x6d, 0x49, 0x7a, 0x6b, 0xad, 0xa2, 0x30, 0xe0, 0xf2, 0x0d, 0xe6, 0xc4,
];

/// The example of a signed transaction in [EIP-155](https://eips.ethereum.org/EIPS/eip-155), signed with the private key
/// 0x4646…46, whose address is 0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f.
fn keys() -> Result<(), String> {
    let hash = number("daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53");
    let r = number("28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276");
    let s = number("67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83");
    let key = Recoverer::new().recover(&hash, &r, &s, false).ok_or("no key was recovered")?;
    let address = &keccak256(&key)[12..];
    check(
        address == &number("0000000000000000000000009d8a62f656a8d1615c1294fd71e9cfb3e4855a4f")[12..],
        || format!("the recovered key has the address {address:02x?}"),
    )
}

/// Thirty-two bytes from hexadecimal digits.
fn number(digits: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (i, digit) in digits.chars().enumerate() {
        bytes[i / 2] = bytes[i / 2] << 4 | digit.to_digit(16).unwrap_or(0) as u8;
    }
    bytes
}
