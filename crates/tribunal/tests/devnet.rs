//! `tribunal devnet`: its chains come out the same every time, and their claims get their verdicts.

mod common;

use common::{Ran, check, tribunal};
use std::{collections::BTreeMap, fs, path::Path, process::Command};
use tempfile::TempDir;

fn devnet(out: &Path, args: &[&str]) -> Ran {
    tribunal(["devnet", "--out", out.to_str().unwrap()].into_iter().chain(args.iter().copied()))
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())).collect()
}

#[test]
fn the_same_options_give_the_same_files() {
    let place = TempDir::new().unwrap();
    let [first, second, other] = ["first", "second/deeper", "other"].map(|name| place.path().join(name));
    devnet(&first, &["--seed", "7", "--blocks", "9"]).expect(0, &["9 blocks"]);
    devnet(&second, &["--seed", "7", "--blocks", "9"]).expect(0, &["9 blocks"]);
    devnet(&other, &["--seed", "8", "--blocks", "9"]).expect(0, &["9 blocks"]);
    let files = [&first, &second, &other].map(|folder| files(folder));
    let names: Vec<_> = files[0].keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["blocks.json", "claims.json", "l1-genesis-config.json", "preimages.bin.zst", "rollup.json"]
    );
    assert!(files[0] == files[1]);
    assert!(names.iter().all(|name| files[0][*name] != files[2][*name] || *name == "l1-genesis-config.json"));
    for folder in [first, other] {
        check(&folder, &["--expect"]).expect(0, &["as expected"]);
        let claims = fs::read_to_string(folder.join("claims.json")).unwrap();
        assert!(claims.contains("\"valid\": true") && claims.contains("\"valid\": false"));
    }
}

#[test]
fn without_expect_the_false_claims_show() {
    let place = TempDir::new().unwrap();
    devnet(place.path(), &["--blocks", "9"]).expect(0, &[]);
    check(place.path(), &[]).expect(1, &["TRUE", "FALSE"]);
    tribunal(["preimages", "verify", place.path().to_str().unwrap()]).expect(0, &[" good, 0 bad"]);
}

/// With batches in calldata no blob is read, and with batches in blobs some are.
#[test]
fn batches_go_where_they_are_told() {
    let place = TempDir::new().unwrap();
    for (how, reads_blobs) in [("calldata", false), ("blobs", true)] {
        let out = place.path().join(how);
        devnet(&out, &["--seed", "7", "--blocks", "7", "--batches", how]).expect(0, &[]);
        let decided = check(&out, &["--expect", "--stats"]).expect(0, &["as expected", "keccak256"]);
        let blobs = decided.out.lines().filter(|line| line.trim_start().starts_with("blob ")).count();
        assert_eq!(blobs > 0, reads_blobs, "{how}");
    }
    devnet(place.path(), &["--batches", "pigeon"]).expect(2, &["pigeon", "calldata"]);
}

macro_rules! forks {
    ($($test:ident: $blocks:literal, $($fork:literal),+;)*) => {$(
        #[test]
        fn $test() {
            let place = TempDir::new().unwrap();
            devnet(place.path(), &["--seed", "3", "--blocks", $blocks, "--fork", $($fork),+]).expect(0, &[]);
            check(place.path(), &["--expect"]).expect(0, &["as expected"]);
        }
    )*};
}

forks! {
    ecotone_on_the_way: "14", "ecotone";
    fjord_on_the_way: "14", "fjord";
    granite_on_the_way: "14", "granite";
    holocene_on_the_way: "14", "holocene";
    isthmus_on_the_way: "14", "isthmus";
    jovian_on_the_way: "14", "jovian";
    karst_on_the_way: "14", "karst";
    two_on_the_way: "24", "holocene", "isthmus";
    all_on_the_way: "63", "ecotone", "fjord", "granite", "holocene", "isthmus", "jovian", "karst";
}

#[test]
fn bad_options_are_refused() {
    let place = TempDir::new().unwrap();
    let out = place.path().join("devnet");
    devnet(&out, &["--blocks", "2"]).expect(2, &["from 7 to 100000, not 2"]);
    devnet(&out, &["--blocks", "18446744073709551615"]).expect(2, &["from 7 to 100000"]);
    devnet(&out, &["--blocks", "many"]).expect(2, &["--blocks", "many"]);
    for seed in [&["--seed=-1"][..], &["--seed", "-1"]] {
        devnet(&out, seed).expect(2, &["--seed", "\"-1\" is not a number"]);
    }
    devnet(&out, &["--fork", "bedrock"]).expect(2, &["bedrock", "not one of ecotone, fjord"]);
    devnet(&out, &["--blocks", "20", "--fork", "ecotone,fjord,granite"])
        .expect(2, &["3 forks need at least 28 blocks, not 20"]);
    devnet(&out, &["--fork", "ecotone,granite"]).expect(2, &["fjord is missing between ecotone and granite"]);
    tribunal(["devnet"]).expect(2, &["--out"]);
    assert!(!out.exists());
    fs::write(&out, "a file").unwrap();
    devnet(&out, &["--blocks", "8"]).expect(2, &["devnet is a file; name a folder"]);
    devnet(Path::new("/proc/devnet"), &["--blocks", "8"]).expect(2, &["cannot make a folder in /proc"]);
}

#[test]
fn a_devnet_that_cannot_be_written_leaves_nothing() {
    let place = TempDir::new().unwrap();
    let [fresh, there] = ["fresh", "there"].map(|name| place.path().join(name));
    devnet(&there, &["--blocks", "7"]).expect(0, &[]);
    let before = files(&there);
    // No file may be longer than a number of blocks of 512 bytes. Some files are longer, and others are written before them.
    for (blocks, text) in [("16", "cannot write"), ("64", "preimages.bin.zst: File too large")] {
        for out in [&fresh, &there] {
            let script = "trap '' XFSZ; ulimit -f $2; exec \"$0\" devnet --seed 2 --blocks 7 --out \"$1\"";
            let mut shell = Command::new("/bin/sh");
            shell.env_clear().args(["-c", script, env!("CARGO_BIN_EXE_tribunal")]).arg(out).arg(blocks);
            let ran = Ran::of(&mut shell).expect(2, &[text, "File too large"]);
            assert!(!ran.err.contains(".tribunal-"), "{ran:#?}");
        }
    }
    assert!(files(&there) == before);
    let left: Vec<_> = fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["there"]);
    // With room again, the files of the folder are replaced, and others stay.
    fs::write(there.join("notes"), "mine").unwrap();
    devnet(&there, &["--seed", "2", "--blocks", "7"]).expect(0, &[]);
    let after = files(&there);
    assert!(after["claims.json"] != before["claims.json"] && after["notes"] == b"mine");
}
