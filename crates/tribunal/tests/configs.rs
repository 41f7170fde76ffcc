//! Configs that decide a verdict are used or refused, and never ignored.

mod common;

use common::{Copied, REAL_CLAIM, check};
use serde_json::json;
use std::path::Path;
use tribunal_fixtures::fixture;

/// Claim 0 of a devnet of the reference, with options; `None` without the fixtures.
fn devnet_with(name: &str, options: &[&str]) -> Option<common::Ran> {
    let folder = fixture(&format!("devnets/{name}"))?;
    Some(check(&folder, &[&["--claim", "0"], options].concat()))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The L1 has Sepolia's chain id and a schedule of its own. op-program, which made the claims, reads that.
#[test]
fn an_l1_config_is_used_where_its_chain_is_built_in() {
    let Some(folder) = fixture("faults/l1-config-ignored") else { return };
    let warning = "differs from the built-in L1 config of chain 11155111";
    check(&folder, &["--expect"]).expect(0, &["31 claims, 31 as expected", warning]);

    let l1_config = folder.join("l1-genesis-config.json");
    let ran =
        check(&folder, &["--claim", "0", "--json", "--l1-config", text(&l1_config)]).expect(0, &[warning]);
    let report = &ran.json()[0];
    assert_eq!(report["configs"]["l1"]["source"], text(&l1_config));
    assert_eq!(report["configs"]["l1"]["differs_from_built_in"], true);
    assert_eq!(report["configs"]["rollup"]["chain_id"], 42_931_595);
    assert_eq!(report["configs"]["rollup"]["differs_from_built_in"], false);
}

#[test]
fn garbage_is_refused_where_its_chain_is_built_in() {
    let Some(folder) = fixture(REAL_CLAIM) else { return };
    let copy = Copied::of(&folder);
    for garbage in ["{", "[]", "{}", "\u{0}"] {
        copy.write("garbage", garbage);
        let path = copy.file("garbage");
        for flag in ["--l1-config", "--rollup-config"] {
            check(copy.path(), &[flag, text(&path)]).expect(2, &["garbage"]);
        }
    }
}

#[test]
fn built_in_configs_are_named() {
    let Some(folder) = fixture(REAL_CLAIM) else { return };
    let ran = check(&folder, &["--json"]).expect(0, &[]);
    let configs = &ran.json()[0]["configs"];
    assert_eq!(configs["rollup"]["source"], "built-in, as of optimism v1.19.6 (2026-09-04)");
    assert_eq!(configs["rollup"]["predates_claim"], false);
    assert_eq!(configs["l1"]["chain_id"], 11_155_111);
    check(&folder, &["--log", "info"]).expect(0, &["rollup config of chain 11155420: built-in"]);
}

#[test]
fn configs_of_two_chains_are_refused_with_both_ids() {
    let Some(karst) = fixture("devnets/karst-1") else { return };
    let l1_config = karst.join("l1-genesis-config.json");
    let Some(ran) = devnet_with("jovian-1", &["--l1-config", text(&l1_config)]) else { return };
    ran.expect(2, &["UNDECIDED", "3190965 in the rollup config", "3190324 in the L1 config"])
        .expect(2, &["jovian-1/rollup.json", text(&l1_config)]);

    let Some(faults) = fixture("faults/configs-of-two-chains") else { return };
    let rollup_config = faults.join("rollup-other-chain-id.json");
    let Some(ran) = devnet_with("jovian-1", &["--rollup-config", text(&rollup_config)]) else { return };
    ran.expect(2, &["UNDECIDED", "42983865 in the claim", "10 in the rollup config"]);

    let copy = Copied::of(&karst);
    copy.edit("claims.json", |claims| claims[0]["l1_chain_id"] = json!(5));
    let ids = ["UNDECIDED", "5 in the claim", "3190324 in the rollup config"];
    check(copy.path(), &["--claim", "0"]).expect(2, &ids);
}

#[test]
fn an_l1_config_without_a_blob_schedule_is_refused() {
    let Some(faults) = fixture("faults/l1-config-without-schedule") else { return };
    for name in ["jovian-1", "karst-1"] {
        let path = faults.join(format!("{name}-without-blobSchedule.json"));
        let Some(ran) = devnet_with(name, &["--l1-config", text(&path)]) else { return };
        ran.expect(2, &["UNDECIDED", text(&path), "blobSchedule.cancun"]);
    }
}

#[test]
fn an_unknown_fork_leaves_claims_undecided_once_it_is_active() {
    let Some(faults) = fixture("faults/unknown-fork") else { return };
    let path = faults.join("rollup-with-zeus_time-0.json");
    let Some(ran) = devnet_with("jovian-1", &["--rollup-config", text(&path)]) else { return };
    ran.expect(2, &["UNDECIDED", "`zeus_time`: 0", "does not know"]);

    let Some(folder) = fixture("devnets/jovian-1") else { return };
    let copy = Copied::of(&folder);
    copy.edit("l1-genesis-config.json", |config| config["amsterdamTime"] = json!(0));
    check(copy.path(), &[]).expect(2, &["UNDECIDED", "`amsterdamTime`: 0"]);
    copy.edit("l1-genesis-config.json", |config| config["amsterdamTime"] = json!(u64::MAX));
    check(copy.path(), &["--claim", "0"]).expect(0, &["TRUE", "does not use: amsterdamTime"]);

    // Between the first block of the claim and the last.
    let genesis = copy.read_json("rollup.json")["genesis"]["l2_time"].as_u64().unwrap();
    copy.edit("rollup.json", |config| config["zeus_time"] = json!(genesis + 20));
    check(copy.path(), &["--claim", "0"]).expect(2, &["UNDECIDED", "`zeus_time`"]);
}

/// The agreed block contradicts each of these; the answer says which file is wrong.
#[test]
fn a_wrong_genesis_leaves_claims_undecided() {
    let Some(folder) = fixture("devnets/jovian-1") else { return };
    let copy = Copied::of(&folder);
    let right = copy.read_json("rollup.json");
    for (pointer, field) in [
        ("/genesis/l2/number", "genesis.l2.number"),
        ("/genesis/l1/number", "genesis.l1.number"),
        ("/genesis/l2_time", "genesis.l2_time"),
    ] {
        copy.edit("rollup.json", |config| {
            *config = right.clone();
            let value = config.pointer_mut(pointer).unwrap();
            *value = json!(value.as_u64().unwrap() + 100_000);
        });
        check(copy.path(), &["--claim", "0"])
            .expect(2, &["UNDECIDED", field, "rollup chain 42983865: ", "rollup.json"]);
    }
}

#[test]
fn a_config_that_contradicts_itself_is_refused() {
    let Some(folder) = fixture("devnets/jovian-1") else { return };
    let copy = Copied::of(&folder);
    let right = copy.read_json("rollup.json").to_string();
    copy.write("rollup.json", right.replacen('{', r#"{"block_time":1,"#, 1));
    check(copy.path(), &["--claim", "0"])
        .expect(2, &["UNDECIDED", "rollup.json", "`block_time`: is there twice"]);
    copy.write("rollup.json", right.replacen('{', r#"{"lagoon_time":7,"interop_time":8,"#, 1));
    check(copy.path(), &["--claim", "0"])
        .expect(2, &["UNDECIDED", "rollup.json", "`lagoon_time` and `interop_time`"]);
}

/// Claims of one folder may be about several chains.
#[test]
fn every_config_is_logged_once() {
    let Some(folder) = fixture(REAL_CLAIM) else { return };
    let copy = Copied::of(&folder);
    let claim = copy.read_json("claim.json");
    let mut of_op_mainnet = claim.clone();
    of_op_mainnet["l2_chain_id"] = json!(10);
    of_op_mainnet["l1_chain_id"] = json!(1);
    copy.write("claims.json", json!([claim, of_op_mainnet, claim, of_op_mainnet]).to_string());
    let logged = check(copy.path(), &["--log", "info"]).err;
    for chain in ["rollup config of chain 11155420:", "rollup config of chain 10:"] {
        assert_eq!(logged.matches(chain).count(), 1, "{logged}");
    }
}

#[test]
fn an_unknown_chain_is_named_with_the_config_that_it_needs() {
    let Some(faults) = fixture("faults/unknown-chain") else { return };
    check(&faults, &[])
        .expect(2, &["UNDECIDED", "L2 chain id 999999 is not in the registry: put rollup.json into "]);

    let Some(folder) = fixture("devnets/jovian-1") else { return };
    let copy = Copied::of(&folder);
    copy.remove("l1-genesis-config.json");
    check(copy.path(), &["--claim", "0"])
        .expect(2, &["UNDECIDED", "L1 chain id 3190965 is not built in: put l1-genesis-config.json into "]);
}
