//! `tribunal check` on one claim, and on input that is not one.

mod common;

use common::{
    Copied, REAL_CLAIM, REAL_HASH, REAL_ROOT, Ran, check, program, spoil_hash, tribunal, true_claim,
};
use serde_json::{Value, json};
use std::fs;
use tempfile::TempDir;
use tribunal_fixtures::{devnet, fixture};

const CLAIMED: &str = "claimed_l2_output_root";

#[test]
fn the_real_claim_is_true() {
    let Some(folder) = fixture(REAL_CLAIM) else { return };
    let ran = check(&folder, &[]).expect(0, &["claim 0: TRUE", "block     16491249", REAL_HASH]);
    assert!(ran.out.contains(&format!("claimed   {REAL_ROOT}")), "{ran:#?}");
    assert!(ran.out.contains(&format!("computed  {REAL_ROOT}")), "{ran:#?}");
    assert!(ran.out.contains("1 L2 block, 4068300 gas"), "{ran:#?}");
    assert_eq!(ran.err, "");
    let configs = ["config    rollup chain 11155420: built-in", "config    L1 chain 11155111: built-in"];
    assert!(!ran.out.contains("config "), "{ran:#?}");
    check(&folder, &["-v"]).expect(0, &configs);
}

/// The variables are those of kona-host, which an operator may have set.
#[test]
fn the_environment_names_no_nodes_for_a_folder() {
    let Some(folder) = fixture(REAL_CLAIM) else { return };
    let mut command = program();
    command.arg("check").arg(&folder).env("L1_NODE_ADDRESS", "http://127.0.0.1:1");
    Ran::of(&mut command).expect(0, &["claim 0: TRUE"]);
}

#[test]
fn one_byte_of_the_claimed_root_makes_it_false() {
    let Some(folder) = true_claim() else { return };
    let right = folder.read_json("claim.json")[CLAIMED].as_str().unwrap().to_owned();
    folder.edit("claim.json", |claim| spoil_hash(&mut claim[CLAIMED]));
    check(folder.path(), &[]).expect(1, &["claim 0: FALSE", &format!("computed  {right}")]);
    // The file still expects the claim to be true.
    check(folder.path(), &["--expect"]).expect(1, &["FALSE", "UNEXPECTED", "1 claim, 0 as expected"]);
}

/// A pre-image key leaves out the first byte of a hash. So everything is found with another first byte, too.
#[test]
fn a_hash_with_another_first_byte_is_refused() {
    let Some(folder) = fixture(REAL_CLAIM) else { return };
    for field in ["l1_head", "agreed_l2_output_root"] {
        let copy = Copied::of(&folder);
        copy.edit("claim.json", |claim| {
            let hash = claim[field].as_str().unwrap().replacen("0x", "0xf", 1);
            claim[field] = json!(format!("{}{}", &hash[..3], &hash[4..]));
        });
        check(copy.path(), &[]).expect(2, &["UNDECIDED", "has the hash"]);
    }
}

/// True, false and undecided claims side by side.
#[test]
fn the_worst_claim_decides_the_exit_status() {
    let Some(folder) = fixture(REAL_CLAIM) else { return };
    let folder = Copied::of(&folder);
    let good = folder.read_json("claim.json");
    let mut bad = good.clone();
    spoil_hash(&mut bad[CLAIMED]);
    let mut unknown = good.clone();
    spoil_hash(&mut unknown["l1_head"]);
    let l1_head = unknown["l1_head"].as_str().unwrap().to_owned();
    let key = format!("0x02{}", &l1_head[4..]);
    folder.remove("claim.json");
    folder.write("claims.json", json!([good, bad, unknown]).to_string());

    let ran = check(folder.path(), &["--json", "--stats", "--jobs", "2"]).expect(2, &[]);
    let reports = ran.json();
    let verdicts: Vec<&Value> = reports.as_array().unwrap().iter().map(|report| &report["verdict"]).collect();
    assert_eq!(verdicts, ["true", "false", "undecided"]);
    for (index, report) in reports.as_array().unwrap().iter().enumerate() {
        assert_eq!(report["claim"], index);
        assert!(report["seconds"].as_f64().unwrap() > 0.0);
        assert!(report["note"].as_str().unwrap().starts_with("OP Sepolia, L2 block 16491249"));
        assert_eq!(report["expected"], true);
    }
    for index in [0, 1] {
        let report = &reports[index];
        assert_eq!(report["block_number"], 16_491_249);
        assert_eq!(report["claimed_block_number"], 16_491_249);
        assert_eq!(report["block_hash"], REAL_HASH);
        assert_eq!(report["computed_output_root"], REAL_ROOT);
        assert_eq!(report["claimed_output_root"], [&good, &bad][index][CLAIMED]);
        assert_eq!(report["gas_used"], 4_068_300);
        assert_eq!(report["l2_blocks"], 1);
        assert!(report["l1_blocks"].as_u64().unwrap() > 1);
        // Nothing is asked for twice, and no blob that the derivation does not read.
        let preimages = &report["stats"]["preimages"];
        assert_eq!(preimages["blob"]["number"], 6 * 4096);
        assert_eq!(preimages["blob"]["bytes"], 6 * 4096 * 32);
        assert_eq!(preimages["sha256"]["number"], 6);
        assert_eq!(preimages["local"]["number"], 5);
        assert!(preimages["keccak256"]["number"].as_u64().unwrap() > 100);
        assert_eq!(report["stats"]["hints"]["l1-blob"], 6);
    }
    assert_eq!(reports[2]["key"], key);
    assert!(reports[2]["error"].as_str().unwrap().contains(&key));
    assert_eq!(reports[2].get("block_hash"), None);

    check(folder.path(), &["--claim", "2"]).expect(2, &["claim 2: UNDECIDED", &key]);
    check(folder.path(), &["--claim", "3"])
        .expect(2, &["there is no claim 3: ", "claims.json has claims 0 to 2"]);
}

#[test]
fn what_is_not_there_is_named() {
    let nowhere = TempDir::new().unwrap();
    check(&nowhere.path().join("folder"), &[]).expect(2, &["folder"]);
    check(nowhere.path(), &[]).expect(2, &["claims.json"]);

    let Some(folder) = true_claim() else { return };
    check(folder.path(), &["--store", "/no/such/store"]).expect(2, &["/no/such/store"]);
    check(folder.path(), &["--rollup-config", "/no/such/file"]).expect(2, &["/no/such/file"]);
    folder.remove("preimages.bin.zst");
    check(folder.path(), &[]).expect(2, &["preimages.bin.zst", "not found"]);
    folder.write("preimages.bin.zst", "these are no pre-images");
    check(folder.path(), &[]).expect(2, &["preimages.bin.zst"]);
}

#[test]
fn a_claim_file_that_is_wrong_is_named_with_its_field() {
    let Some(folder) = fixture(REAL_CLAIM) else { return };
    let folder = Copied::of(&folder);
    let good = folder.read_json("claim.json");
    let short = json!(&REAL_ROOT[..65]);
    let wrong = [
        ("l1_head", vec![json!(1), json!(null), short.clone(), json!([]), json!("0x")]),
        ("agreed_l2_output_root", vec![json!(true), json!(null), short.clone(), json!(&REAL_ROOT[3..])]),
        (CLAIMED, vec![json!({}), json!(null), short.clone(), json!(REAL_ROOT.replace('4', "g"))]),
        ("claimed_l2_block_number", vec![json!("16491249a"), json!(null), json!(-1), json!(1.5)]),
        ("l2_chain_id", vec![json!("0x"), json!("0x10000000000000000"), json!(null), json!([1])]),
        ("agreed_l2_head_hash", vec![json!(7), short.clone()]),
        ("l1_chain_id", vec![json!("+1"), json!(-1)]),
        ("valid", vec![json!("true"), json!(1)]),
        ("note", vec![json!(1), json!({})]),
        ("description", vec![json!([])]),
        ("expected", vec![json!({ "l2_block_hash": 5 }), json!({ "l2_block_hash": short })]),
    ];
    for (field, values) in wrong {
        for value in values {
            let mut claim = good.clone();
            claim[field] = value.clone();
            folder.write("claim.json", claim.to_string());
            let ran = check(folder.path(), &[]).expect(2, &["claim.json: ", field]);
            assert_eq!(ran.out, "", "{field}: {value}");
        }
    }
    for (text, named) in [("", "JSON"), ("{", "JSON"), ("[]", "has no claims"), ("{}", "l1_head")] {
        folder.write("claim.json", text);
        check(folder.path(), &[]).expect(2, &["claim.json", named]);
    }
    let mut second = good.clone();
    second["l1_head"] = json!("head");
    folder.write("claims.json", json!([good, second]).to_string());
    check(folder.path(), &[]).expect(2, &["claims.json", "[1].l1_head", "head"]);
}

#[test]
fn numbers_and_hashes_are_read_alike() {
    let Some(folder) = fixture(REAL_CLAIM) else { return };
    let folder = Copied::of(&folder);
    folder.edit("claim.json", |claim| {
        claim[CLAIMED] = json!(&REAL_ROOT[2..].to_uppercase());
        claim["claimed_l2_block_number"] = json!("0xfba2f1");
        claim["l2_chain_id"] = json!("11155420");
    });
    check(folder.path(), &[]).expect(0, &["claim 0: TRUE", REAL_HASH]);
}

#[test]
fn a_config_that_is_wrong_is_named() {
    let Some(folder) = devnet("deposits-1") else { return };
    let folder = Copied::of(&folder);
    check(folder.path(), &["--claim", "0"]).expect(0, &["TRUE"]);
    for name in ["rollup.json", "l1-genesis-config.json"] {
        let good = fs::read(folder.file(name)).unwrap();
        folder.write(name, "{ not JSON");
        check(folder.path(), &["--claim", "0"]).expect(2, &[name, "JSON"]);
        folder.write(name, "{}");
        check(folder.path(), &["--claim", "0"]).expect(2, &["UNDECIDED", name, "is missing"]);
        // What the command line names counts for more than what the folder has.
        let elsewhere = folder.file("elsewhere");
        fs::write(&elsewhere, &good).unwrap();
        let flag = if name == "rollup.json" { "--rollup-config" } else { "--l1-config" };
        check(folder.path(), &["--claim", "0", flag, elsewhere.to_str().unwrap()]).expect(0, &["TRUE"]);
        folder.write(name, good);
    }
    folder.remove("rollup.json");
    check(folder.path(), &["--claim", "0"])
        .expect(2, &["UNDECIDED", "put rollup.json into ", " or pass --rollup-config"]);
}

#[test]
fn a_flipped_flag_is_not_as_expected() {
    let Some(folder) = devnet("deposits-1") else { return };
    let folder = Copied::of(&folder);
    folder.edit("claims.json", |claims| {
        let claims = claims.as_array_mut().unwrap();
        claims.truncate(4);
        claims[2]["valid"] = json!(!claims[2]["valid"].as_bool().unwrap());
    });
    let ran = check(folder.path(), &["--expect"]).expect(1, &["4 claims, 3 as expected", "UNEXPECTED"]);
    assert!(ran.out.contains("claim 2:") && !ran.out.contains("claim 1:"), "{ran:#?}");
    folder.edit("claims.json", |claims| {
        claims[2].as_object_mut().unwrap().remove("valid");
    });
    check(folder.path(), &["--expect"]).expect(2, &["4 claims, 3 as expected"]);
}

#[test]
fn help_and_usage() {
    tribunal(["--help"]).expect(0, &["check", "preimages", "devnet", "0 if all claims are true"]);
    tribunal(["--version"]).expect(0, &[env!("CARGO_PKG_VERSION")]);
    tribunal(["check"]).expect(2, &["<DIR>"]);
    tribunal(["judge"]).expect(2, &["judge"]);
    let log = common::Ran::of(program().args(["--log", "not[a filter", "check", "nowhere"]));
    log.expect(2, &["--log"]);
}
