//! `tribunal prove`, `verify` and `program-id`.

mod common;

use common::{
    Ran,
    machine::{Place, Program},
    program,
};
use std::fs;

/// Runs the program with these arguments.
fn run(args: &[&str]) -> Ran {
    Ran::of(program().args(args))
}

#[test]
fn a_proof_says_how_a_program_exits() {
    let place = Place::new();
    place.write("program.elf", Program::new().write(1, b"hello\n").exit(3).elf());
    let [elf, proof] = ["program.elf", "proof.bin"].map(|name| place.file(name).to_str().unwrap().to_owned());

    let id = run(&["program-id", &elf]).expect(0, &["0x"]).out.trim().to_owned();
    assert_eq!(id.len(), 66);
    let made = run(&["prove", "--elf", &elf, "--out", &proof, "--segment-steps", "5", "--security", "fast"]);
    made.expect(0, &[&id, "exit code  3", "segments   "])
        .expect(0, &["run ", "record ", "trace ", "commit ", "LogUp ", "quotient ", "openings ", "other "]);
    run(&["verify", &proof, "--program-id", &id]).expect(0, &["VALID", &id, "exit code 3", "59 proven"]);
    let json = run(&["verify", &proof, "--json"]).expect(0, &[]).json();
    assert_eq!((&json["valid"], &json["exit_code"]), (&true.into(), &3.into()));
    let other = format!("0x{}", "00".repeat(32));
    run(&["verify", &proof, "--program-id", &other]).expect(1, &["INVALID", "another program"]);

    // Changed, cut and lengthened proofs.
    let bytes = fs::read(&proof).unwrap();
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = bytes.clone();
        change(&mut bytes);
        place.write("changed.bin", bytes);
        run(&["verify", place.file("changed.bin").to_str().unwrap()]).code
    };
    for place in (40..bytes.len()).step_by(bytes.len() / 3) {
        let code = changed(&|bytes| bytes[place] ^= 1);
        assert!(code == Some(1) || code == Some(2), "byte {place}: {code:?}");
    }
    assert_eq!(changed(&|bytes| bytes.truncate(bytes.len() - 1)), Some(2));
    assert_eq!(changed(&|bytes| bytes.push(0)), Some(2));
    assert_eq!(changed(&|bytes| bytes[0] ^= 1), Some(2));
    run(&["verify", &elf]).expect(2, &["is not a proof"]);
    run(&["verify", place.file("missing").to_str().unwrap()]).expect(2, &["cannot read"]);
}

#[test]
fn proofs_are_measured() {
    let args = ["bench", "prove", "--security", "fast", "--steps", "500", "--tables", "3"];
    let report = run(&[&args[..], &["--program", "arithmetic"]].concat());
    let report = report.expect(0, &["arithmetic", "kHz", "LogUp", "of its speed", "all tables", "range"]);
    report.expect(0, &["504 steps, 1 segment and 1 oracle segment", "bytes of proof, verified in"]);
    run(&["bench", "prove", "--steps", "0"]).expect(2, &["at least 1"]);
    run(&["bench", "prove", "--number", "1"]).expect(2, &["--claim"]);
    run(&["bench", "prove", "--claim", "/nowhere"]).expect(2, &["there is no folder"]);
    run(&["bench", "prove", "--elf", "/nowhere"]).expect(2, &["/nowhere"]);
}

#[test]
fn what_cannot_be_proven_is_an_error_before_any_proof() {
    let place = Place::new();
    place.write("program.elf", Program::new().word(0x7800_0000).exit(0).elf());
    let [elf, proof] = ["program.elf", "proof.bin"].map(|name| place.file(name).to_str().unwrap().to_owned());
    run(&["prove", "--elf", &elf, "--out", &proof]).expect(2, &["0x78000000"]);
    assert!(!place.file("proof.bin").exists());
    run(&["prove", "--elf", &elf, "--out", "/proc/none/proof.bin"]).expect(2, &["cannot write"]);
    run(&["prove", "--out", &proof]).expect(2, &["--elf"]);
    run(&["prove", "--elf", &elf, "--segment-steps", "0"]).expect(2, &["--segment-steps"]);
}

/// Takes a key and answers with 16 bytes.
const ANSWER: &str = r"head -c 32 <&5 >key; printf '\0\0\0\0\0\0\0\020abcdefghijklmnop' >&6";

/// Proves a program that has a server.
fn with_server(place: &Place, more: &[&str]) -> Ran {
    let mut command = program();
    command.env("PATH", "/usr/local/bin:/usr/bin:/bin").current_dir(place.path());
    command.args(["prove", "--elf", "program.elf", "--security", "fast"]).args(more);
    Ran::of(command.args(["--", "/bin/sh", "-c", ANSWER]))
}

#[test]
fn a_run_with_a_server_is_proven() {
    let place = Place::new();
    place.write("program.elf", Program::new().read_local_keys(&[9]).exit(4).elf());
    with_server(&place, &[]).expect(0, &["exit code  4"]);
    let proof = place.file("proof.bin").to_str().unwrap().to_owned();
    let value = "0x6162636465666768696a6b6c6d6e6f70";
    run(&["verify", &proof]).expect(0, &["VALID", "exit code 4", &format!("local key 9: {value}")]);
    let local = run(&["verify", &proof, "--json"]).expect(0, &[]).json()["local_keys"][0].clone();
    let key = format!("0x01{}09", "00".repeat(30));
    assert_eq!((&local["key"], &local["number"], &local["value"]), (&key.into(), &9.into(), &value.into()));
    assert!(local["name"].is_null());
}

#[test]
fn preimages_that_cannot_be_proven_are_an_error() {
    let place = Place::new();
    for (kind, why) in [(2, "another hash"), (5, "type 5"), (6, "type 6")] {
        place.write("program.elf", Program::new().read_preimage([kind; 32], 1).exit(0).elf());
        with_server(&place, &[]).expect(2, &["not provable: step ", why]);
    }
    assert!(!place.file("proof.bin").exists());
    place.write("program.elf", Program::new().read_local_keys(&[9]).exit(0).elf());
    run(&["prove", "--elf", place.file("program.elf").to_str().unwrap()])
        .expect(2, &["without a pre-image server"]);
    run(&["prove", "--elf", "program.elf", "--claim", "0"]).expect(2, &["--claim"]);
    run(&["prove", "folder", "--", "server"]).expect(2, &["SERVER"]);
    run(&["prove", "/nowhere"]).expect(2, &["there is no folder"]);
}

/// A client that says that each claim is false.
#[test]
fn a_claim_is_proven() {
    let place = Place::new();
    let folder = place.devnet().to_str().unwrap().to_owned();
    place.write("client.elf", Program::new().read_claim().exit(1).elf());
    let [client, proof] =
        ["client.elf", "proof.bin"].map(|name| place.file(name).to_str().unwrap().to_owned());
    let prove = |claim: &str| {
        run(&["prove", &folder, "--claim", claim, "--client", &client, "--out", &proof, "--security", "fast"])
    };
    prove("1000").expect(2, &["there is no claim 1000"]);
    let id = run(&["program-id", &client]).expect(0, &[]).out.trim().to_owned();
    prove("0").expect(0, &["exit code  1"]);
    let names =
        ["L1 head: 0x", "agreed output root: 0x", "claimed output root: 0x", "claimed block number: "];
    run(&["verify", &proof, "--program-id", &id])
        .expect(0, &names)
        .expect(0, &["exit code 1", "L2 chain id: "]);
    let locals = run(&["verify", &proof, "--json"]).expect(0, &[]).json()["local_keys"].clone();
    assert_eq!(
        (locals.as_array().map(Vec::len), &locals[3]["name"]),
        (Some(5), &"claimed block number".into())
    );
    assert!(locals[3]["decoded"].as_u64().is_some_and(|number| number > 0));
}

/// The claim that the agreed block has the agreed root: the client has no blobs to read for it.
#[test]
fn the_client_is_proven() {
    let client = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/guest/tribunal-client.elf");
    if fs::metadata(client).is_err() {
        return tribunal_fixtures::skip("no guests (make guest)");
    }
    let place = Place::new();
    let folder = place.devnet().to_str().unwrap().to_owned();
    let proof = place.file("proof.bin").to_str().unwrap().to_owned();
    let args = ["--claim", "3", "--client", client, "--out", &proof, "--security", "fast"];
    run(&[&["prove", &folder][..], &args].concat()).expect(0, &["exit code  0"]);
    let id = run(&["program-id", client]).expect(0, &[]).out.trim().to_owned();
    let verified = run(&["verify", &proof, "--program-id", &id, "--json"]).expect(0, &[]).json();
    assert_eq!(
        (&verified["exit_code"], &verified["local_keys"][6]["name"]),
        (&0.into(), &"L1 chain config".into())
    );
    let root = |place: usize| verified["local_keys"][place]["value"].clone();
    assert_eq!(root(1), root(2));
}
