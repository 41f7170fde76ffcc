//! Recovery of keys against another implementation.

use k256::ecdsa::{RecoveryId, Signature, SigningKey, VerifyingKey};
use proptest::prelude::*;
use tribunal_crypto::Recoverer;

/// Recovery by k256, which accepts a low `s` only: a high `s` is negated first.
fn reference(hash: &[u8; 32], r: &[u8; 32], s: &[u8; 32], odd: bool) -> Option<[u8; 64]> {
    let signature = Signature::from_scalars(*r, *s).ok()?;
    let (signature, odd) = match signature.normalize_s() {
        Some(low) => (low, !odd),
        None => (signature, odd),
    };
    let key = VerifyingKey::recover_from_prehash(hash, &signature, RecoveryId::new(odd, false)).ok()?;
    key.to_encoded_point(false).as_bytes()[1..].try_into().ok()
}

/// The number, less by `less`, of big-endian bytes.
fn below(mut bytes: [u8; 32], less: u8) -> [u8; 32] {
    bytes[31] -= less;
    bytes
}

const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xba,
    0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
];

fn small(value: u8) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[31] = value;
    bytes
}

#[test]
fn numbers_at_the_edges() {
    let recoverer = Recoverer::new();
    let mut values: Vec<[u8; 32]> = (0..12).map(small).collect();
    values.extend((0..12).map(|less| below(ORDER, less)));
    values.extend([[0xff; 32], [0x7f; 32], [1; 32]]);
    let mut recovered = 0;
    for hash in [small(0), small(1), ORDER, [0xff; 32]] {
        for (r, s) in values.iter().flat_map(|r| values.iter().map(move |s| (r, s))) {
            for odd in [false, true] {
                let key = recoverer.recover(&hash, r, s, odd);
                assert_eq!(key, reference(&hash, r, s, odd), "{hash:x?} {r:x?} {s:x?} {odd}");
                recovered += u32::from(key.is_some());
            }
        }
    }
    assert!(recovered > 1000, "{recovered}");
}

/// A signature that recovers to the neutral point: with R = k G, s = hash / k. Its r is that of k = 1, the generator's x.
#[test]
fn the_neutral_point_is_no_key() {
    let generator = SigningKey::from_slice(&small(1)).unwrap();
    let point = generator.verifying_key().to_encoded_point(false);
    let (r, odd) = (point.x().unwrap().as_slice().try_into().unwrap(), point.y().unwrap()[31] & 1 == 1);
    assert_eq!(Recoverer::new().recover(&[5; 32], r, &[5; 32], odd), None);
    // The sum of a point and itself: s R = -hash G.
    let key = Recoverer::new().recover(&below(ORDER, 5), r, &small(5), odd);
    assert_eq!(key, reference(&below(ORDER, 5), r, &small(5), odd));
    assert!(key.is_some());
}

proptest! {
    #[test]
    fn the_key_that_signed_is_recovered(secret in any::<[u8; 32]>(), hash in any::<[u8; 32]>()) {
        let Ok(secret) = SigningKey::from_slice(&secret) else { return Ok(()) };
        let (signature, id) = secret.sign_prehash_recoverable(&hash).unwrap();
        let (r, s) = signature.split_bytes();
        let key = Recoverer::new().recover(&hash, &r.into(), &s.into(), id.is_y_odd());
        let expected = secret.verifying_key().to_encoded_point(false);
        prop_assert_eq!(key.as_ref().map(|key| &key[..]), Some(&expected.as_bytes()[1..]));
    }

    #[test]
    fn what_is_no_signature_is_treated_alike(hash: [u8; 32], r: [u8; 32], s: [u8; 32], odd: bool) {
        prop_assert_eq!(Recoverer::new().recover(&hash, &r, &s, odd), reference(&hash, &r, &s, odd));
    }
}
