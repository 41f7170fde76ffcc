//! `tribunal check --vm fpvm`, with programs in the client's place and, where it has been built, with the client.

mod common;

use common::{
    Ran, check,
    machine::{Place, Program},
    program,
};
use std::path::PathBuf;
use tribunal_fixtures::devnet;

const DEVNET: &str = "transactions-1";

/// The client that `make guest` builds, unless it has not.
fn client() -> Option<PathBuf> {
    let built = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/guest/tribunal-client.elf"));
    let client = std::env::var_os("TRIBUNAL_CLIENT").map_or(built, PathBuf::from);
    if client.is_file() {
        return Some(client);
    }
    tribunal_fixtures::skip("no client for the VM (make guest)");
    None
}

#[test]
fn verdicts_are_exit_codes() {
    let Some(folder) = devnet(DEVNET) else { return };
    let place = Place::new();
    let run = |program: &Program, more: &[&str]| {
        place.write("client.elf", program.elf());
        let client = place.file("client.elf");
        let args = ["--claim", "8", "--vm", "fpvm", "--client", client.to_str().unwrap()];
        check(&folder, &[&args[..], more].concat())
    };
    let exits = |code| Program::new().read_claim().exit(code);
    let text = run(&exits(0), &[]).expect(0, &["claim 8: TRUE", "steps     "]);
    assert!(text.out.contains("  state     0x00"), "{text:#?}");
    run(&exits(1), &[]).expect(1, &["claim 8: FALSE", "  state     0x01"]);
    run(&exits(1), &["--expect"]).expect(1, &["UNEXPECTED"]);
    let gives_up = Program::new().write(2, b"no idea\n").exit(2);
    run(&gives_up, &[]).expect(2, &["claim 8: UNDECIDED", "the client exited with code 2: no idea"]);
    let json = run(&exits(0), &["--json", "--stats"]).expect(0, &[]).json();
    let claim = &json[0];
    assert_eq!((&claim["verdict"], &claim["exit_code"]), (&"true".into(), &0.into()));
    run(&exits(0), &["--stats"]).expect(0, &["local                          5"]);
    // Exit code 0 is no verdict of a program that never asked what is claimed.
    let ignorant = Program::new().read_local_keys(&[1, 2, 4, 5]).exit(0);
    run(&ignorant, &[])
        .expect(2, &["claim 8: UNDECIDED", "without reading the claimed output root (local key 3)"]);
    // A pre-image that is not there, and a step that cannot be made.
    let missing = run(&Program::new().read_preimage([2; 32], 1).exit(0), &["--json"]).expect(2, &[]).json();
    assert_eq!(missing[0]["verdict"], "undecided");
    assert_eq!(missing[0]["key"], format!("0x{}", "02".repeat(32)));
    run(&Program::new().word(0x7800_0000), &[]).expect(2, &["UNDECIDED", "invalid instruction 0x78000000"]);
}

#[test]
fn clients_that_are_none() {
    let Some(folder) = devnet(DEVNET) else { return };
    let place = Place::new();
    place.write("client.elf", b"no program");
    let client = place.file("client.elf");
    check(&folder, &["--vm", "fpvm", "--client", client.to_str().unwrap()]).expect(2, &["client.elf"]);
    let named = program()
        .env("TRIBUNAL_CLIENT", "no/client.elf")
        .arg("check")
        .arg(&folder)
        .args(["--vm", "fpvm"])
        .output();
    assert!(String::from_utf8(named.unwrap().stderr).unwrap().contains("no/client.elf"));
    // Nothing is named and nothing is built.
    let copy = place.file("tribunal");
    std::fs::copy(env!("CARGO_BIN_EXE_tribunal"), &copy).unwrap();
    let mut command = std::process::Command::new(copy);
    command.env_clear().current_dir(place.path()).arg("check").arg(folder).args(["--vm", "fpvm"]);
    Ran::of(&mut command).expect(2, &["make guest", "--client", "target/guest/tribunal-client.elf"]);
}

#[test]
fn the_client_decides_in_the_vm_as_it_does_natively() {
    let (Some(folder), Some(client)) = (devnet(DEVNET), client()) else { return };
    for claim in ["7", "8"] {
        let native = check(&folder, &["--claim", claim, "--json"]);
        let args = ["--claim", claim, "--json", "--vm", "fpvm", "--client", client.to_str().unwrap()];
        let ran = check(&folder, &args);
        assert_eq!(ran.code, native.code, "{ran:#?}");
        assert_eq!(ran.json()[0]["verdict"], native.json()[0]["verdict"]);
    }
}
