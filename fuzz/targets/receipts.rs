//! Raw receipts of an L1 block: the scanner, and what is made of its logs.
#![no_main]

use alloy_primitives::{Address, B256, Bytes};
use libfuzzer_sys::fuzz_target;
use tribunal_rollup::{SystemConfig, deposits::user_deposits, receipts, registry};

fuzz_target!(|data: &[u8]| {
    // Up to four receipts, cut where the first bytes say.
    let Some((cuts, mut rest)) = data.split_at_checked(6) else { return };
    let mut raw = Vec::new();
    for cut in cuts.chunks(2) {
        let length = usize::from(u16::from_be_bytes([cut[0], cut[1]])).min(rest.len());
        let (receipt, tail) = rest.split_at(length);
        raw.push(Bytes::copy_from_slice(receipt));
        rest = tail;
    }
    raw.push(Bytes::copy_from_slice(rest));

    // The addresses are those that the receipts mention first, so that their logs are not passed over.
    let emitter = receipts::logs(&raw).flatten().next().map_or(Address::ZERO, |log| log.address);
    let _ = user_deposits(&raw, B256::ZERO, emitter);
    let Ok(mut config) = registry::rollup_config(10) else { return };
    config.l1_system_config_address = emitter;
    for time in [0, u64::MAX] {
        let before = SystemConfig::default();
        let mut after = before;
        if after.update_with_receipts(&raw, &config, time).is_err() {
            assert_eq!(before, after);
        }
    }
});
