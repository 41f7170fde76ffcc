//! A batcher can put any bytes in the place of transactions. The block is then valid or invalid: no panic, no other error.

#[path = "common/small.rs"]
#[allow(dead_code, reason = "each test uses a part")]
mod small;

use alloy_primitives::{Address, Bytes, TxKind, U256};
use op_alloy_consensus::TxDeposit;
use proptest::prelude::*;
use small::{Memory, attributes, config, deposit, jovian_l1_info, signed, transfer};
use tribunal_rollup::Fork;

/// Transactions to damage.
fn samples() -> Vec<Bytes> {
    let creation = TxDeposit {
        to: TxKind::Create,
        mint: 5,
        value: U256::from(3),
        gas_limit: 100_000,
        input: vec![0x60, 0, 0x60, 0, 0xf3].into(),
        ..TxDeposit::default()
    };
    vec![signed(transfer()).0, deposit(TxDeposit::default()), deposit(creation), jovian_l1_info(400)]
}

/// Bytes that look like a transaction at first.
fn lookalike() -> impl Strategy<Value = Bytes> {
    let first = prop::sample::select(vec![0u8, 1, 2, 3, 4, 0x7d, 0x7e, 0xc0, 0xf8, 0xf9, 0xff]);
    (first, prop::collection::vec(any::<u8>(), 0..80)).prop_map(|(first, mut rest)| {
        rest.insert(0, first);
        rest.into()
    })
}

/// A transaction with some bytes replaced, and perhaps cut off.
fn damaged() -> impl Strategy<Value = Bytes> {
    let hits = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4);
    (prop::sample::select(samples()), hits, any::<prop::sample::Index>(), any::<bool>()).prop_map(
        |(sample, hits, end, cut)| {
            let mut bytes = sample.to_vec();
            for (at, byte) in hits {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            if cut {
                bytes.truncate(end.index(bytes.len()) + 1);
            }
            bytes.into()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn never_panics(
        fork in prop::sample::select(vec![Fork::Regolith, Fork::Canyon, Fork::Holocene, Fork::Jovian, Fork::Karst]),
        transactions in prop::collection::vec(prop_oneof![lookalike(), damaged(), prop::sample::select(samples())], 0..4),
    ) {
        let config = config(fork);
        let mut all = vec![jovian_l1_info(400)];
        all.extend(transactions);
        let (_, sender) = signed(transfer());
        let memory = Memory::default().with(sender, 0, 1 << 60, &[]).with(Address::ZERO, 0, 1, &[]);
        if let Err(error) = memory.executor(&config).build_block(attributes(&config, all)) {
            prop_assert!(error.is_invalid_block(), "{}", error);
        }
    }
}
