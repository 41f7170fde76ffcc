//! Both programs' forms of the config, and what is refused.

use alloc::{format, string::String, vec::Vec};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::UnknownFork;

/// A small config in op-node's form.
fn op_node() -> Value {
    json!({
        "genesis": {
            "l1": {"hash": format!("0x{:064x}", 1), "number": 3},
            "l2": {"hash": format!("0x{:064x}", 2), "number": 0},
            "l2_time": 100,
            "system_config": {
                "batcherAddr": format!("0x{:040x}", 3),
                "overhead": format!("0x{:064x}", 0),
                "scalar": format!("0x{:064x}", 4),
                "gasLimit": 30_000_000,
                "eip1559Params": "0x000000fa00000006",
                "operatorFeeParams": format!("0x{:048x}{:016x}", 5, 6),
                "minBaseFee": 7,
                "daFootprintGasScalar": 8
            }
        },
        "block_time": 2,
        "max_sequencer_drift": 600,
        "seq_window_size": 3600,
        "channel_timeout": 300,
        "l1_chain_id": 900,
        "l2_chain_id": 901,
        "regolith_time": 0,
        "canyon_time": 10,
        "batch_inbox_address": format!("0x{:040x}", 9),
        "deposit_contract_address": format!("0x{:040x}", 10),
        "l1_system_config_address": format!("0x{:040x}", 11),
        "chain_op_config": {"eip1559Elasticity": 6, "eip1559Denominator": 50, "eip1559DenominatorCanyon": 250}
    })
}

fn parse(value: &Value) -> Result<RollupConfig, RollupError> {
    RollupConfig::from_json(&serde_json::to_vec(value).unwrap())
}

/// The config after `value` has replaced what is at `pointer`.
fn with(pointer: &str, value: Value) -> Result<RollupConfig, RollupError> {
    let mut config = op_node();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    config.pointer_mut(parent).unwrap()[name] = value;
    parse(&config)
}

#[test]
fn reads_op_node_form() {
    let config = parse(&op_node()).unwrap();
    assert_eq!(config.genesis.l1.number, 3);
    assert_eq!(config.genesis.l2.hash, B256::with_last_byte(2));
    assert_eq!(config.genesis.system_config.eip1559_denominator, 250);
    assert_eq!(config.genesis.system_config.eip1559_elasticity, 6);
    assert_eq!(config.genesis.system_config.operator_fee_scalar, 5);
    assert_eq!(config.genesis.system_config.operator_fee_constant, 6);
    assert_eq!(config.genesis.system_config.min_base_fee, 7);
    assert_eq!(config.genesis.system_config.da_footprint_gas_scalar, 8);
    assert_eq!(config.forks, ForkTimes::BEDROCK.with(Fork::Regolith, 0).with(Fork::Canyon, 10));
    assert_eq!(config.granite_channel_timeout, 50);
    assert_eq!(config.alt_da, None);
}

#[test]
fn reads_kona_form() {
    let mut value = op_node();
    value["genesis"]["system_config"] = json!({
        "batcherAddress": format!("0x{:040x}", 3), "overhead": "0xbc", "scalar": "0xa6fe0", "gasLimit": 30_000_000,
        "baseFeeScalar": null, "blobBaseFeeScalar": null, "eip1559Denominator": 250, "eip1559Elasticity": 6,
        "operatorFeeScalar": 1, "operatorFeeConstant": 2
    });
    value["l2_chain_id"] = json!("optimism");
    value["granite_channel_timeout"] = json!(40);
    value["interop_message_expiry_window"] = json!(3600);
    value["alt_da"] = Value::Null;
    value["chain_op_config"] =
        json!({"eip1559Elasticity": "0x6", "eip1559Denominator": "0x32", "eip1559DenominatorCanyon": "0xfa"});
    let config = parse(&value).unwrap();
    assert_eq!(config.l2_chain_id, 10);
    assert_eq!(config.granite_channel_timeout, 40);
    assert_eq!(config.genesis.system_config.overhead, U256::from(0xbc));
    assert_eq!(config.genesis.system_config.eip1559_params(), [0, 0, 0, 250, 0, 0, 0, 6]);
    assert_eq!(config.genesis.system_config.operator_fee_constant, 2);
    assert_eq!(config.chain_op_config, BaseFeeConfig::OPTIMISM);
}

#[test]
fn base_fee_parameters_fall_back() {
    let mut value = op_node();
    value.as_object_mut().unwrap().remove("chain_op_config");
    assert_eq!(parse(&value).unwrap().chain_op_config, BaseFeeConfig::OPTIMISM);
    value["l2_chain_id"] = json!(84532);
    assert_eq!(parse(&value).unwrap().chain_op_config.elasticity, 10);
    value["base_fee_params"] = json!({"max_change_denominator": "0x32", "elasticity_multiplier": "0x7"});
    value["canyon_base_fee_params"] =
        json!({"max_change_denominator": "0xfb", "elasticity_multiplier": "0x7"});
    let expected = BaseFeeConfig { elasticity: 7, denominator: 50, denominator_canyon: 251 };
    assert_eq!(parse(&value).unwrap().chain_op_config, expected);
}

/// The config with more fields at the top (`""`) or in the object `place`.
fn with_all(place: &str, fields: Value) -> Result<RollupConfig, RollupError> {
    let mut config = op_node();
    let object = config.pointer_mut(place).unwrap().as_object_mut().unwrap();
    object.extend(fields.as_object().unwrap().clone());
    parse(&config)
}

#[test]
fn two_names_of_one_setting_may_not_differ() {
    let system = "/genesis/system_config";
    let address = |byte: u8| format!("0x{byte:040x}");
    let old_base_fee =
        |denominator: u64| json!({"elasticity_multiplier": 6, "max_change_denominator": denominator});
    let operator_fee = format!("0x{:048x}{:016x}", 5, 6);
    // A place, fields that agree with each other, a field that makes them differ, and the names of the two.
    let cases = [
        (
            "",
            json!({"lagoon_time": 70, "interop_time": 70}),
            json!({"interop_time": 71}),
            ["lagoon_time", "interop_time"],
        ),
        (
            system,
            json!({"batcherAddress": address(3)}),
            json!({"batcherAddress": address(4)}),
            ["batcherAddr", "batcherAddress"],
        ),
        (
            system,
            json!({"eip1559Denominator": 250, "eip1559Elasticity": 6}),
            json!({"eip1559Elasticity": 7}),
            ["eip1559Params", "eip1559Denominator"],
        ),
        (
            system,
            json!({"operatorFeeParams": operator_fee, "operatorFeeScalar": 5, "operatorFeeConstant": 6}),
            json!({"operatorFeeConstant": 7}),
            ["operatorFeeParams", "operatorFeeScalar"],
        ),
        (system, json!({"baseFeeScalar": 4}), json!({"baseFeeScalar": 5}), ["scalar", "baseFeeScalar"]),
        (
            "",
            json!({"base_fee_params": old_base_fee(50), "canyon_base_fee_params": old_base_fee(250)}),
            json!({"base_fee_params": old_base_fee(51)}),
            ["chain_op_config", "base_fee_params"],
        ),
        (
            "",
            json!({"use_plasma": true, "use_alt_da": true}),
            json!({"use_alt_da": false}),
            ["use_plasma", "use_alt_da"],
        ),
        (
            "",
            json!({"alt_da": {"da_challenge_contract_address": address(7)}, "da_challenge_address": address(7)}),
            json!({"use_plasma": false}),
            ["alt_da", "use_plasma"],
        ),
        (
            "",
            json!({"use_plasma": true, "da_challenge_address": address(7)}),
            json!({"use_plasma": false}),
            ["da_challenge_address", "use_plasma"],
        ),
    ];
    for (place, agreeing, change, [first, second]) in cases {
        assert!(with_all(place, agreeing.clone()).is_ok(), "{agreeing}");
        let mut differing = agreeing;
        differing.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let path = |name| format!("{}{name}", if place.is_empty() { "" } else { "genesis.system_config." });
        let error = RollupError::Contradiction { first: path(first), second: path(second) };
        assert_eq!(with_all(place, differing.clone()), Err(error), "{differing}");
    }
}

/// What op-node called plasma is data outside L1, also without a contract for challenges.
#[test]
fn the_old_flag_alone_means_data_outside_l1() {
    assert!(with("/use_plasma", json!(true)).unwrap().alt_da.is_some());
    assert_eq!(with("/use_plasma", json!(false)).unwrap().alt_da, None);
}

#[test]
fn a_field_that_is_there_twice_is_refused() {
    let json = op_node().to_string();
    for (twice, field) in [
        (json.replacen('{', r#"{"block_time":2,"#, 1), "block_time"),
        (json.replace(r#""l2_time":"#, r#""L2_Time":100,"l2_time":"#), "genesis.l2_time"),
    ] {
        let error = RollupError::Field { field: field.into(), reason: "is there twice".into() };
        assert_eq!(RollupConfig::from_json(twice.as_bytes()), Err(error.clone()));
        let through_serde = serde_json::from_str::<RollupConfig>(&twice).unwrap_err().to_string();
        assert!(through_serde.contains(&error.to_string()), "{through_serde}");
    }
}

/// op-node reads this field as `zeus_time`.
#[test]
fn an_unknown_fork_in_another_letter_case_counts() {
    let config = with("/Zeus_Time", json!(5)).unwrap();
    assert_eq!(
        config.forks.unknown,
        [UnknownFork { field: "Zeus_Time".into(), time: 5 }].into_iter().collect()
    );
}

#[test]
fn later_forks_imply_earlier_ones() {
    let mut value = op_node();
    value.as_object_mut().unwrap().remove("regolith_time");
    value["ecotone_time"] = json!(20);
    let forks = parse(&value).unwrap().forks;
    assert_eq!(forks.get(Fork::Regolith), Some(0));
    assert_eq!(forks.get(Fork::Delta), Some(20));
    assert_eq!(forks.get(Fork::Fjord), None);
}

#[test]
fn unsupported_features_are_read_and_refused_in_use() {
    let config = with("/alt_da", json!({"da_commitment_type": "GenericCommitment"})).unwrap();
    assert!(matches!(config.require_supported(0), Err(RollupError::Unsupported(_))));
    let config = with("/da_challenge_address", json!(format!("0x{:040x}", 0))).unwrap();
    assert_eq!(config.require_supported(u64::MAX), Ok(()));
    let config = with("/interop_time", json!(30)).unwrap();
    assert_eq!(config.require_supported(29), Ok(()));
    assert!(matches!(config.require_supported(30), Err(RollupError::Unsupported(_))));
}

#[test]
fn numbers_and_hashes_are_read_alike() {
    let plain = parse(&op_node()).unwrap();
    for (pointer, value) in [
        ("/block_time", json!("0x2")),
        ("/block_time", json!("2")),
        ("/l1_chain_id", json!("0X384")),
        ("/canyon_time", json!("0xa")),
        ("/genesis/l1/hash", json!(format!("{:064x}", 1))),
        ("/genesis/system_config/scalar", json!(4)),
        ("/batch_inbox_address", json!(format!("{:040X}", 9))),
    ] {
        assert_eq!(with(pointer, value.clone()).as_ref(), Ok(&plain), "{pointer}: {value}");
    }
}

#[test]
fn unknown_forks_are_kept_and_refused_in_use() {
    let config = with("/zeus_time", json!("0x1e")).unwrap();
    assert_eq!(config.require_supported(29), Ok(()));
    let fork = UnknownFork { field: "zeus_time".into(), time: 30 };
    let refused = RollupError::UnknownFork { config: "rollup config", fork, timestamp: 31 };
    assert_eq!(config.require_supported(31), Err(refused.clone()));
    assert_eq!(
        refused.to_string(),
        "the rollup config has `zeus_time`: 30, a fork that this program does not know and that would be active at 31: use a \
         newer Tribunal, or remove the field if it is no fork"
    );
    let again = RollupConfig::from_json(&serde_json::to_vec(&config).unwrap());
    assert_eq!(again.as_ref(), Ok(&config));
    assert_eq!(with("/zeus_time", Value::Null), parse(&op_node()));
    let error = with("/zeus_time", json!("soon")).unwrap_err();
    assert!(error.to_string().contains("`zeus_time`: \"soon\" is not an unsigned number"), "{error}");
}

#[test]
fn forks_against_their_order_are_both_named() {
    let error = with("/delta_time", json!(9)).unwrap_err();
    let (earlier, later) = ("canyon_time", "delta_time");
    assert_eq!(error, RollupError::ForkOrder { earlier, earlier_time: Some(10), later, later_time: 9 });
    assert_eq!(
        error.to_string(),
        "fork delta_time is scheduled for 9, but canyon_time, which must not be later, is scheduled for 10"
    );
    let mut config = parse(&op_node()).unwrap();
    config.forks.set(Fork::Ecotone, Some(20));
    let error = config.validate().unwrap_err();
    assert!(error.to_string().contains("delta_time, which must not be later, is not scheduled"), "{error}");
}

#[test]
fn a_fork_that_is_left_out_is_not_blamed() {
    let text = |changes: &[(&str, Value)]| {
        let mut value = op_node();
        value["jovian_time"] = json!(30);
        value["karst_time"] = Value::Null;
        for (field, time) in changes {
            value[*field] = time.clone();
        }
        parse(&value).unwrap_err().to_string()
    };
    let implied = |field: &str| {
        format!(
            "{field} (29) also schedules karst_time, which is left out, but jovian_time, which must not be later, is \
             scheduled for 30"
        )
    };
    assert_eq!(text(&[("interop_time", json!(29))]), implied("interop_time"));
    assert_eq!(text(&[("lagoon_time", json!(29))]), implied("lagoon_time"));
    let both = text(&[("karst_time", json!(29)), ("interop_time", json!(29))]);
    assert!(both.starts_with("fork karst_time is scheduled for 29"), "{both}");
}

#[test]
fn json_of_another_kind_is_named() {
    for (json, kind) in [("[1]", "a JSON array"), ("7", "a JSON number"), ("null", "JSON's null")] {
        let error = RollupConfig::from_json(json.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), format!("configuration is {kind}, not an object"));
    }
}

#[test]
fn a_long_value_is_cut_off() {
    let error = with("/block_time", json!("é".repeat(1 << 20))).unwrap_err().to_string();
    assert!(error.len() < 300 && error.contains("é… is not an unsigned number"), "{error}");
}

#[test]
fn errors_name_the_field() {
    let cases = [
        ("/block_time", json!(-1), "`block_time`: -1 is not an unsigned number"),
        ("/block_time", json!(2.5), "`block_time`: 2.5 is not an unsigned number"),
        ("/block_time", json!("0x10000000000000000"), "`block_time`: 18446744073709551616 is too large"),
        ("/block_time", Value::Null, "`block_time`: is missing"),
        ("/genesis", json!([]), "`genesis`: [] is not an object"),
        ("/genesis/l2_time", json!(true), "`genesis.l2_time`"),
        (
            "/genesis/l1/hash",
            json!("0x00"),
            "`genesis.l1.hash`: \"0x00\" is not a string of 64 hexadecimal digits",
        ),
        ("/genesis/system_config/gasLimit", json!("ten"), "`genesis.system_config.gasLimit`"),
        (
            "/genesis/system_config/daFootprintGasScalar",
            json!(65536),
            "`genesis.system_config.daFootprintGasScalar`",
        ),
        ("/l2_chain_id", json!("nowhere"), "`l2_chain_id`"),
        ("/keep_karst_upgrade_gas", json!(1), "`keep_karst_upgrade_gas`"),
        ("/jovian_time", json!({}), "`jovian_time`"),
        ("/batch_inbox_address", json!(7), "`batch_inbox_address`"),
    ];
    for (pointer, value, expected) in cases {
        let error = format!("{}", with(pointer, value).unwrap_err());
        assert!(error.contains(expected), "{pointer}: {error}");
    }
}

#[test]
fn meaningless_configurations_are_refused() {
    let cases = [
        ("/block_time", json!(0)),
        ("/seq_window_size", json!(1)),
        ("/channel_timeout", json!(0)),
        ("/granite_channel_timeout", json!(0)),
        ("/max_sequencer_drift", json!(0)),
        ("/genesis/l2_time", json!(0)),
        ("/genesis/l1/hash", json!(format!("0x{:064x}", 2))),
        ("/genesis/system_config/gasLimit", json!(0)),
        ("/genesis/system_config/scalar", json!("0x0")),
        ("/l2_chain_id", json!(900)),
        ("/deposit_contract_address", json!(format!("0x{:040x}", 0))),
        ("/chain_op_config/eip1559Denominator", json!(0)),
    ];
    for (pointer, value) in cases {
        assert!(matches!(with(pointer, value), Err(RollupError::Config(_))), "{pointer}");
    }
    // Nothing reads the configured drift when Fjord is active from the start.
    let mut value = op_node();
    value["max_sequencer_drift"] = json!(0);
    for fork in ["canyon", "delta", "ecotone", "fjord"] {
        value[format!("{fork}_time")] = json!(0);
    }
    assert!(parse(&value).is_ok());
}

#[test]
fn registered_configurations_survive_a_round_trip() {
    for (id, name) in registry::rollups() {
        let config = registry::rollup_config(id).unwrap();
        let json = serde_json::to_vec(&config).unwrap();
        assert_eq!(RollupConfig::from_json(&json).as_ref(), Ok(&config), "{name}");
        assert_eq!(serde_json::from_slice::<RollupConfig>(&json).unwrap(), config, "{name}");
    }
}

/// Any JSON value of moderate size.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "0x[0-9a-f]{0,70}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let names =
            prop_oneof!["[a-z]{1,3}", Just("l1".into()), Just("hash".into()), Just("gasLimit".into())];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names, inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Every place in the configuration, as a JSON pointer.
fn pointers(value: &Value, at: String, all: &mut Vec<String>) {
    if let Value::Object(fields) = value {
        for (name, inner) in fields {
            let at = format!("{at}/{name}");
            all.push(at.clone());
            pointers(inner, at, all);
        }
    }
}

proptest! {
    #[test]
    fn damaged_configurations_are_survived(place: prop::sample::Index, value in any_json()) {
        let mut all = Vec::new();
        pointers(&op_node(), String::new(), &mut all);
        if let Ok(config) = with(&all[place.index(all.len())], value) {
            prop_assert_eq!(config.validate(), Ok(()));
            let again = RollupConfig::from_json(&serde_json::to_vec(&config).unwrap());
            prop_assert_eq!(again.map(|again| again.genesis), Ok(config.genesis));
        }
    }

    #[test]
    fn garbage_is_survived(json in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = RollupConfig::from_json(&json);
        let _ = crate::L1ChainConfig::from_json(&json);
    }
}
