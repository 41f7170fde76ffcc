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
    made.expect(0, &[&id, "exit code  3", "segments   "]);
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
