//! The JSON of a rollup's and of an L1's config: what parses can be validated and asked about any time.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tribunal_rollup::{L1ChainConfig, RollupConfig, upgrade_transactions};

fuzz_target!(|json: &[u8]| {
    if let Ok(config) = RollupConfig::from_json(json) {
        let _ = config.validate();
        for time in [0, config.genesis.l2_time, u64::MAX] {
            config.channel_timeout(time);
            config.block_number_at(time);
            upgrade_transactions(&config, time).expect("the tables are part of the program");
        }
    }
    if let Ok(config) = L1ChainConfig::from_json(json) {
        for time in [0, u64::MAX] {
            if let Some(params) = config.blob_params(time) {
                params.base_fee(u64::MAX);
            }
        }
    }
});
