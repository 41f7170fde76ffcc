//! The chains of the reference implementations: every claim gets its verdict, every real block its hash.

mod common;

use common::{check, program};
use tribunal_fixtures::{fixture, folders};

macro_rules! devnets {
    ($($test:ident: $name:literal, $claims:literal;)*) => {$(
        #[test]
        fn $test() {
            let Some(folder) = fixture(concat!("devnets/", $name)) else { return };
            let verdicts = concat!($claims, " claims, ", $claims, " as expected");
            let ran = check(&folder, &["--expect"]).expect(0, &[]);
            // Claims that come out otherwise are listed before the summary.
            assert_eq!(ran.out.trim_end(), verdicts);
        }
    )*};
}

// 267 claims.
devnets! {
    deposits: "deposits-1", 25;
    early: "early-1", 27;
    ecotone: "ecotone-1", 22;
    expiry: "expiry-1", 25;
    fjord_and_granite: "fjord-granite-1", 31;
    holocene_and_isthmus: "holocene-isthmus-1", 31;
    hostile: "hostile-1", 25;
    jovian: "jovian-1", 28;
    karst: "karst-1", 28;
    transactions: "transactions-1", 25;
}

#[test]
fn real_blocks() {
    let Some(folder) = fixture("l2-blocks") else { return };
    let blocks = folders(&folder);
    assert_eq!(blocks.len(), 24);
    let ran = common::Ran::of(program().arg("block").args(&blocks)).expect(0, &[]);
    assert_eq!(ran.out.matches(": TRUE (").count(), 24, "{ran:#?}");
}

#[test]
fn a_block_with_another_hash_is_false() {
    let Some(folder) = fixture("l2-blocks") else { return };
    let folder = common::Copied::of(&folders(&folder)[0]);
    let before = folder.read_json("fixture.json");
    folder.edit("fixture.json", |json| common::spoil_hash(&mut json["expected_block_hash"]));
    let right = before["expected_block_hash"].as_str().unwrap();
    let run = || common::Ran::of(program().arg("block").arg(folder.path()));
    run().expect(1, &["FALSE", right]);
    folder.edit("fixture.json", |json| {
        json["executing_payload"]["gasLimit"] = "many".into();
    });
    run().expect(2, &["UNDECIDED", "fixture.json"]);
    folder.write("fixture.json", before.to_string());
    folder.remove("preimages.bin.zst");
    run().expect(2, &["UNDECIDED", "preimages.bin.zst"]);
}
