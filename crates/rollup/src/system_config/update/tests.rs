//! Updates of every kind, well-formed and not.

use alloc::{vec, vec::Vec};

use alloy_consensus::{Eip658Value, Receipt, ReceiptEnvelope, ReceiptWithBloom};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{B256, LogData, U256, b256};
use proptest::prelude::*;

use super::*;
use crate::{EcotoneScalars, registry};

fn config() -> RollupConfig {
    registry::rollup_config(10).unwrap()
}

/// L1 timestamps before and after Ecotone.
const BEDROCK: u64 = 0;
const ECOTONE: u64 = u64::MAX;

fn word(number: u64) -> [u8; 32] {
    U256::from(number).to_be_bytes()
}

/// Data of an update whose content is these words.
fn data(content: &[[u8; 32]]) -> Vec<u8> {
    [&[word(32), word(32 * content.len() as u64)], content].concat().concat()
}

fn update(kind: u64, data: Vec<u8>) -> alloy_primitives::Log {
    let topics = vec![CONFIG_UPDATE_TOPIC, B256::ZERO, B256::from(word(kind))];
    alloy_primitives::Log {
        address: config().l1_system_config_address,
        data: LogData::new_unchecked(topics, data.into()),
    }
}

fn receipt(status: bool, logs: Vec<alloy_primitives::Log>) -> Bytes {
    let receipt = Receipt { status: Eip658Value::Eip658(status), cumulative_gas_used: 21_000, logs };
    ReceiptEnvelope::Eip1559(ReceiptWithBloom::from(receipt)).encoded_2718().into()
}

fn before() -> SystemConfig {
    SystemConfig { gas_limit: 1, scalar: U256::from(5), overhead: U256::from(6), ..SystemConfig::default() }
}

/// The configuration after a block at `l1_time` with these logs in one successful transaction.
fn after(logs: Vec<alloy_primitives::Log>, l1_time: u64) -> SystemConfig {
    let mut system_config = before();
    system_config.update_with_receipts(&[receipt(true, logs)], &config(), l1_time).unwrap();
    system_config
}

#[test]
fn every_kind() {
    let batcher = Address::repeat_byte(0xba);
    let mut params = word(0);
    params[..24].fill(0xff);
    params[24..].copy_from_slice(&[0, 0, 0, 250, 0, 0, 0, 6]);
    let mut fee = [0xff; 32];
    fee[20..].copy_from_slice(&[0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 4]);
    let logs = vec![
        update(0, data(&[B256::left_padding_from(batcher.as_slice()).0])),
        update(1, data(&[word(9), word(8)])),
        update(2, data(&[word(77)])),
        update(3, vec![1, 2, 3]),
        update(4, data(&[params])),
        update(5, data(&[fee])),
        update(6, data(&[word(u64::MAX)])),
        update(7, data(&[word(u16::MAX.into())])),
    ];
    let expected = SystemConfig {
        batcher_address: batcher,
        overhead: U256::from(9),
        scalar: U256::from(8),
        gas_limit: 77,
        eip1559_denominator: 250,
        eip1559_elasticity: 6,
        operator_fee_scalar: 3,
        operator_fee_constant: 4,
        min_base_fee: u64::MAX,
        da_footprint_gas_scalar: u16::MAX,
    };
    assert_eq!(after(logs.clone(), BEDROCK), expected);
    assert_eq!(after(logs, ECOTONE), SystemConfig { overhead: U256::ZERO, ..expected });
}

#[test]
fn malformed_updates_are_skipped_one_by_one() {
    let mut wrong_version = update(2, data(&[word(10)]));
    wrong_version.data = LogData::new_unchecked(
        vec![CONFIG_UPDATE_TOPIC, B256::from(word(1)), B256::from(word(2))],
        wrong_version.data.data,
    );
    let mut two_topics = update(2, data(&[word(10)]));
    two_topics.data.set_topics_truncating(vec![CONFIG_UPDATE_TOPIC, B256::ZERO]);
    let mut elsewhere = update(2, data(&[word(10)]));
    elsewhere.address = Address::ZERO;
    let mut other_event = update(2, data(&[word(10)]));
    other_event.data.topics_mut_unchecked()[0] = B256::ZERO;
    let mut dirty_address = [0; 32];
    dirty_address[11] = 1;
    let bad = [
        wrong_version,
        two_topics,
        elsewhere,
        other_event,
        update(8, data(&[word(10)])),
        update(256, data(&[word(10)])),
        update(2, data(&[])),
        update(2, data(&[word(10), word(10)])),
        update(2, [data(&[word(10)]), vec![0]].concat()),
        update(2, [word(64), word(32), word(10)].concat()),
        update(2, [word(32), word(31), word(10)].concat()),
        update(2, data(&[U256::MAX.to_be_bytes()])),
        update(2, data(&[(U256::ONE << 64usize).to_be_bytes()])),
        update(2, vec![]),
        update(0, data(&[dirty_address])),
        update(1, data(&[word(10)])),
        update(4, data(&[word(6)])),
        update(4, data(&[word(250 << 32)])),
        update(6, data(&[(U256::ONE << 64usize).to_be_bytes()])),
        update(7, data(&[word(1 << 16)])),
    ];
    for log in bad {
        let good = update(2, data(&[word(99)]));
        assert_eq!(after(vec![log.clone()], ECOTONE), before(), "{log:?}");
        assert_eq!(after(vec![good.clone(), log.clone()], BEDROCK).gas_limit, 99, "{log:?}");
        assert_eq!(after(vec![log, good], BEDROCK).gas_limit, 99);
    }
}

#[test]
fn zero_eip1559_parameters_reset() {
    let logs = vec![update(4, data(&[word(250 << 32 | 6)])), update(4, data(&[word(0)]))];
    assert_eq!(after(logs, ECOTONE), before());
}

#[test]
fn ecotone_refuses_scalars_it_cannot_read() {
    let scalars = EcotoneScalars { base_fee_scalar: 7, blob_base_fee_scalar: 9 };
    let set = |scalar: U256| after(vec![update(1, data(&[word(3), scalar.to_be_bytes()]))], ECOTONE);
    assert_eq!(set(scalars.encode()).ecotone_scalars(), Some(scalars));
    assert_eq!(set(U256::from(1 << 20)).overhead, U256::ZERO);
    for bad in [U256::ONE << 32usize, scalars.encode() | U256::ONE << 64usize, U256::from(2) << 248usize] {
        assert_eq!(set(bad), before());
        assert_eq!(after(vec![update(1, data(&[word(3), bad.to_be_bytes()]))], BEDROCK).scalar, bad);
    }
}

#[test]
fn bedrock_scalars_too_large_for_ecotone_saturate() {
    let config = |scalar| SystemConfig { scalar, ..SystemConfig::default() };
    let saturated = EcotoneScalars { base_fee_scalar: u32::MAX, blob_base_fee_scalar: 0 };
    assert_eq!(config(U256::ONE << 32usize).ecotone_scalars(), Some(saturated));
    assert_eq!(config(U256::from(2) << 248usize).ecotone_scalars(), None);
}

#[test]
fn failed_transactions_do_not_count() {
    let mut system_config = before();
    let receipts = [receipt(false, vec![update(2, data(&[word(9)]))])];
    system_config.update_with_receipts(&receipts, &config(), ECOTONE).unwrap();
    assert_eq!(system_config, before());
}

#[test]
fn malformed_receipt_changes_nothing() {
    let mut system_config = before();
    let receipts = [receipt(true, vec![update(2, data(&[word(9)]))]), Bytes::from_static(&[2, 0xc0])];
    let error = system_config.update_with_receipts(&receipts, &config(), ECOTONE);
    assert_eq!(error, Err(RollupError::Receipt { index: 1, reason: "no status" }));
    assert_eq!(system_config, before());
}

#[test]
fn contract_event_of_op_mainnet() {
    // The data of the gas limit update in the System Config specification's layout, as the contract emits it.
    let topic = b256!("1d2b0bda21d56b8bd12d4f94ebacffdfb35f5e226f84b461103bb8beab6353be");
    assert_eq!(topic, CONFIG_UPDATE_TOPIC);
    assert_eq!(after(vec![update(2, data(&[word(60_000_000)]))], ECOTONE).gas_limit, 60_000_000);
}

proptest! {
    #[test]
    fn any_log_is_survived(
        kind in 0u64..10,
        mut data in prop::collection::vec(any::<u8>(), 0..200),
        abi in any::<bool>(),
        ecotone in any::<bool>(),
    ) {
        if abi && data.len() >= 64 {
            let content = (data.len() - 64) as u64;
            data[..32].copy_from_slice(&word(32));
            data[32..64].copy_from_slice(&word(content));
        }
        after(vec![update(kind, data)], if ecotone { ECOTONE } else { BEDROCK });
    }

    #[test]
    fn words_round_trip(fee: u64, scalar: u16, params: [u32; 2], operator: (u32, u64)) {
        let mut expected = SystemConfig {
            min_base_fee: fee,
            da_footprint_gas_scalar: scalar,
            operator_fee_scalar: operator.0,
            operator_fee_constant: operator.1,
            ..before()
        };
        if (params[0] == 0) == (params[1] == 0) {
            [expected.eip1559_denominator, expected.eip1559_elasticity] = params;
        }
        let packed = u64::from(params[0]) << 32 | u64::from(params[1]);
        let logs = vec![
            update(4, data(&[word(packed)])),
            update(5, data(&[expected.operator_fee_params().0])),
            update(6, data(&[word(fee)])),
            update(7, data(&[word(scalar.into())])),
        ];
        prop_assert_eq!(after(logs, ECOTONE), expected);
    }
}
