//! System configuration updates against op-node v1.19.6: the file holds random L1 blocks, many of their events damaged,
//! and the configuration after each.
//!
//! A line is `[L1 timestamp, [[success, [topics], data], ...], configuration]`, one receipt per entry of the list; Ecotone
//! activates at 1000.

use alloy_consensus::{Eip658Value, Receipt, ReceiptEnvelope, ReceiptWithBloom};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, Log, LogData, U256, hex};
use serde_json::Value;
use tribunal_rollup::{Fork, ForkTimes, RollupConfig, SystemConfig, registry};

fn receipt(entry: &Value, address: Address) -> Bytes {
    let topics =
        entry[1].as_array().unwrap().iter().map(|topic| topic.as_str().unwrap().parse::<B256>().unwrap());
    let data = hex::decode(entry[2].as_str().unwrap()).unwrap();
    let log = Log { address, data: LogData::new_unchecked(topics.collect(), data.into()) };
    let status = Eip658Value::Eip658(entry[0].as_bool().unwrap());
    let receipt = ReceiptWithBloom::from(Receipt { status, cumulative_gas_used: 1, logs: vec![log] });
    ReceiptEnvelope::Eip1559(receipt).encoded_2718().into()
}

#[test]
fn updates_are_those_of_the_reference() {
    let forks = ForkTimes::all_until(Fork::Delta).with(Fork::Ecotone, 1000);
    let config = RollupConfig { forks, ..registry::rollup_config(10).unwrap() };
    for (number, line) in include_str!("data/config_updates.jsonl").lines().enumerate() {
        let block: Value = serde_json::from_str(line).unwrap();
        let receipts: Vec<Bytes> = block[1]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| receipt(entry, config.l1_system_config_address))
            .collect();
        let mut system_config = SystemConfig {
            batcher_address: Address::right_padding_from(&[1]),
            overhead: U256::from(6),
            scalar: U256::from(5),
            gas_limit: 1,
            ..SystemConfig::default()
        };
        system_config.update_with_receipts(&receipts, &config, block[0].as_u64().unwrap()).unwrap();
        let mut found = serde_json::to_value(system_config).unwrap();
        let batcher = found["batcherAddr"].as_str().unwrap().to_lowercase();
        found["batcherAddr"] = batcher.into();
        assert_eq!(found, block[2], "block {number}");
    }
}
