//! `tribunal vm`: the real binary with small programs, all flags and all formats.

mod common;

use common::{
    Ran,
    machine::{Place, Program},
    program,
};
use flate2::read::GzDecoder;
use serde_json::Value;
use std::{
    fs,
    io::Read,
    os::unix::fs::{PermissionsExt, symlink},
    process::Command,
};
use tribunal_vm::read_state;

/// Eight steps: prints, then exits with 7.
fn hello() -> Program {
    Program::new().write(1, b"hello\n").exit(7)
}

fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut whole).unwrap();
    whole
}

fn witness(place: &Place, name: &str) -> Value {
    place.vm(["witness", "--input", name]).expect(0, &[]).json()
}

#[test]
fn a_program_runs_to_its_end() {
    let place = Place::with(&hello());
    let ran = place.run([]).expect(
        0,
        &[
            "level=INFO msg=\"Loaded input state\" module=vm version=multithreaded64-5\n",
            "level=INFO msg=processing module=vm step=0 pc=00001000 insn=64040001 ips=0 pages=2 mem=\"8.0 KiB\" \
             name=!unknown\n",
            "level=INFO msg=\"\" module=guest stream=stdout text=\"hello\\n\"\n",
            "level=INFO msg=\"Execution stopped\" module=vm exited=true code=7\n",
        ],
    );
    assert_eq!(ran.out, "");
    let state = read_state(&mut &place.read("out.bin")[..], 1024).unwrap();
    assert_eq!((state.step(), state.exited(), state.exit_code()), (8, true, 7));
    assert_eq!(fs::metadata(place.file("out.bin")).unwrap().permissions().mode() & 0o777, 0o755);
    // A state that has exited stays as it is.
    fs::rename(place.file("out.bin"), place.file("state.bin")).unwrap();
    let before = place.read("state.bin");
    place.run([]).expect(0, &["exited=true code=7"]);
    assert_eq!(place.read("out.bin"), before);
}

#[test]
fn defaults_are_cannons() {
    let place = Place::new();
    place.write("program.elf", hello().elf());
    let version = ["load-elf", "--type", "multithreaded64-5", "--path", "program.elf"];
    place.vm(version).expect(0, &[]);
    assert_eq!(place.files(), ["meta.json", "program.elf", "state.bin.gz"]);
    place.vm(["run", "--input", "state.bin.gz", "--proof-at", "=2", "--snapshot-at", "=3"]).expect(0, &[]);
    assert_eq!(
        place.files(),
        ["meta.json", "out.bin.gz", "program.elf", "proof-2.json", "state-3.bin.gz", "state.bin.gz"]
    );
    assert_eq!(witness(&place, "state-3.bin.gz")["step"], 3);
    assert_eq!(witness(&place, "out.bin.gz")["exitCode"], 7);
}

#[test]
fn flags_in_all_their_forms() {
    let stopped_at = |args: &[&str]| {
        let place = Place::with(&hello());
        place.vm(args.iter().copied()).expect(0, &[]);
        witness(&place, "out.bin")["step"].clone()
    };
    let forms: [&[&str]; 7] = [
        &["run", "--input", "state.bin", "--output", "out.bin", "--stop-at", "=5"],
        &["run", "-input", "state.bin", "-output", "out.bin", "-stop-at", "=5"],
        &["run", "--input=state.bin", "--output=out.bin", "--stop-at==5"],
        &["run", "-input=state.bin", "-output=out.bin", "-stop-at==0x5"],
        &[
            "run",
            "--stop-at",
            "=1",
            "--input",
            "state.bin",
            "--output",
            "out.bin",
            "--stop-at",
            "%5",
            "--stop-at",
            "=5",
        ],
        &[
            "run",
            "--input",
            "state.bin",
            "--output",
            "out.bin",
            "--stop-at",
            "=5",
            "--meta",
            "",
            "--pprof.cpu=true",
            "--debug=false",
        ],
        &["run", "--input", "state.bin", "--output", "out.bin", "--stop-at", "=5", "--", ""],
    ];
    for form in forms {
        assert_eq!(stopped_at(form), 5, "{form:?}");
    }
}

#[test]
fn a_link_named_cannon_is_the_vm() {
    let place = Place::with(&hello());
    let link = place.file("cannon");
    symlink(env!("CARGO_BIN_EXE_tribunal"), &link).unwrap();
    let cannon =
        |args: &[&str]| Ran::of(Command::new(&link).env_clear().current_dir(place.path()).args(args));
    cannon(&["run", "--input", "state.bin", "--output", "out.bin"]).expect(0, &["code=7"]);
    let printed = cannon(&["witness", "--input", "out.bin"]).expect(0, &[]);
    assert_eq!(printed.json()["exitCode"], 7);
    cannon(&["run"]).expect(1, &["--input", "Usage: cannon run "]);
    cannon(&["run", "--input", "state.bin", "--no-such-flag"])
        .expect(1, &["--no-such-flag", "Usage: cannon run "]);
    cannon(&["run", "--stop-at", "5"]).expect(1, &["invalid value '5'", "Usage: cannon run "]);
    cannon(&["no-such-command"]).expect(1, &["no-such-command", "Usage: cannon "]);
    cannon(&["run", "--help"]).expect(0, &["--stop-at-preimage", "Usage: cannon run "]);
    cannon(&["help", "run"]).expect(0, &["--stop-at-preimage", "Usage: cannon run "]);
    cannon(&["--help"]).expect(0, &["fault-proof VM", "Usage: cannon "]);
    cannon(&["--log", "info", "list"]).expect(0, &["filename: cannon-8\tversion: multithreaded64-5 (8)\n"]);
}

#[test]
fn proofs() {
    let place = Place::with(&hello());
    place.run(["--proof-at", "%3", "--proof-fmt", "p%d.json"]).expect(0, &[]);
    assert_eq!(place.files(), ["out.bin", "p0.json", "p3.json", "p6.json", "state.bin"]);
    let text = String::from_utf8(place.read("p3.json")).unwrap();
    assert!(text.starts_with("{\n  \"step\": 3,\n  \"pre\": \"0x") && text.ends_with("\"\n}\n\n"), "{text}");
    let proof: Value = serde_json::from_str(&text).unwrap();
    let fields: Vec<&String> = proof.as_object().unwrap().keys().collect();
    assert_eq!(fields.len(), 5, "{fields:?}");
    let length = |name: &str| (proof[name].as_str().unwrap().len() - 2) / 2;
    assert_eq!((length("state-data"), length("proof-data")), (188, 330 + 3 * 1920));
    // The states around it are the ones of a run without proofs.
    let hashes = place.run(["--witness-at", "always"]).expect(0, &[]).out;
    let hash = |step: usize| hashes.lines().nth(step).unwrap().split_once(' ').unwrap().1.to_owned();
    assert_eq!(proof["pre"], hash(3));
    assert_eq!(proof["post"], hash(4));
    // Under names in Go's notation.
    place.run(["--proof-at", "=3", "--proof-fmt", "%08d-%[1]x.json"]).expect(0, &[]);
    assert_eq!(place.read("00000003-3.json"), text.as_bytes());
    // Compressed, and on standard output.
    place.run(["--proof-at", "=3", "--proof-fmt", "%d.json.gz"]).expect(0, &[]);
    assert_eq!(unpacked(&place.read("3.json.gz")), text.as_bytes());
    let out = place.run(["--proof-at", "=3", "--proof-fmt", "-"]).expect(0, &[]).out;
    assert_eq!(out, text);
}

#[test]
fn a_link_keeps_its_place_and_its_target_is_replaced() {
    let place = Place::with(&hello());
    fs::create_dir(place.file("elsewhere")).unwrap();
    place.write("elsewhere/state.bin", "old");
    symlink("elsewhere/state.bin", place.file("out.bin")).unwrap();
    place.run([]).expect(0, &[]);
    assert!(place.file("out.bin").is_symlink());
    assert_eq!(witness(&place, "elsewhere/state.bin")["exitCode"], 7);
    // A link that leads nowhere is replaced.
    fs::remove_dir_all(place.file("elsewhere")).unwrap();
    place.run([]).expect(0, &[]);
    assert!(!place.file("out.bin").is_symlink());
    assert_eq!(witness(&place, "out.bin")["exitCode"], 7);
}

#[test]
fn steps_are_checked_from_their_proofs_alone() {
    let place = Place::with(&hello());
    place.run(["--proof-at", "always", "--proof-fmt", "p%d.json"]).expect(0, &[]);
    let proofs: Vec<String> = (0..8).map(|step| format!("p{step}.json")).collect();
    // Nothing but the proofs is left.
    fs::remove_file(place.file("state.bin")).unwrap();
    let all = ["step-check"].into_iter().chain(proofs.iter().map(String::as_str));
    let ran = place.vm(all).expect(0, &["p0.json: step 0 leads to 0x", "p7.json: step 7 leads to 0x02"]);
    assert_eq!(ran.out.lines().count(), 8);
    let text = String::from_utf8(place.read("p3.json")).unwrap();
    let post = text.split("\"post\": \"0x").nth(1).unwrap()[..8].to_owned();
    place.write("p3.json", text.replace(&post, "00000000"));
    place.write("p4.json", "{}");
    place.vm(["step-check", "p2.json", "p3.json"]).expect(1, &["p2.json: step 2", "p3.json: INVALID: "]);
    // What is no proof is neither valid nor invalid.
    for (file, text) in
        [("p4.json", "p4.json is not a step proof"), ("nowhere.json", "cannot open nowhere.json")]
    {
        let ran = place.vm(["step-check", "p3.json", file, "p2.json"]);
        let ran = ran.expect(2, &["p3.json: INVALID: ", text, "p2.json: step 2"]);
        assert!(!ran.out.contains(file), "{ran:#?}");
    }
    place.vm(["step-check"]).expect(2, &["PROOF.json"]);
}

#[test]
fn snapshots_go_on_as_if_nothing_had_happened() {
    let place = Place::with(&hello());
    place.run(["--snapshot-at", "always", "--snapshot-fmt", "s%d.bin"]).expect(0, &[]);
    let end = place.read("out.bin");
    for step in 0..8 {
        let name = format!("s{step}.bin");
        assert_eq!(witness(&place, &name)["step"], step);
        place.vm(["run", "--input", &name, "--output", "again.bin"]).expect(0, &[]);
        assert_eq!(place.read("again.bin"), end, "{name}");
    }
}

#[test]
fn stops() {
    let place = Place::with(&hello());
    place.run(["--stop-at", "=5", "--proof-at", "=5"]).expect(0, &["Reached stop at", "exited=false"]);
    assert_eq!(place.files(), ["out.bin", "state.bin"], "the stop comes before the proof");
    assert_eq!(witness(&place, "out.bin")["step"], 5);
    place.run(["--stop-at", "always"]).expect(0, &[]);
    assert_eq!(witness(&place, "out.bin")["step"], 0);
    place.run(["--stop-at", "=1000"]).expect(0, &["exited=true"]);
}

#[test]
fn hashes_on_the_way() {
    let place = Place::with(&hello());
    let lines = place.run(["--witness-at", "%3"]).expect(0, &[]).out;
    let steps: Vec<&str> = lines.lines().map(|line| line.split_once(" 0x").unwrap().0).collect();
    assert_eq!(steps, ["0", "3", "6", "8"]);
    place.run(["--witness-at", "%3", "--witness-out", "hashes"]).expect(0, &[]);
    assert_eq!(place.read("hashes"), lines.as_bytes());
    let last = lines.lines().last().unwrap().split_once(' ').unwrap().1;
    assert_eq!(witness(&place, "out.bin")["witnessHash"], last);
    let interpreted = place.run(["--witness-at", "%3", "--interpreter"]).expect(0, &[]).out;
    assert_eq!(interpreted, lines);
}

#[test]
fn witnesses() {
    let place = Place::with(&hello());
    let ran = place.vm(["witness", "--input", "state.bin", "--output", "witness"]).expect(0, &[]);
    assert!(ran.out.starts_with("{\n  \"stateVersion\": 8,\n  \"witnessHash\": \"0x"), "{}", ran.out);
    assert!(
        ran.out.ends_with("\",\n  \"step\": 0,\n  \"exited\": false,\n  \"exitCode\": 0\n}\n\n"),
        "{}",
        ran.out
    );
    let bytes = place.read("witness");
    let json = ran.json();
    assert_eq!(bytes.len(), 188);
    assert_eq!(json["witness"], alloy_primitives::hex::encode_prefixed(bytes));
    // Running, and not yet valid or invalid: unfinished.
    assert!(json["witnessHash"].as_str().unwrap().starts_with("0x03"));
}

#[test]
fn states_on_standard_output() {
    let place = Place::with(&hello());
    place.run([]).expect(0, &[]);
    let mut command = program();
    command.current_dir(place.path()).args(["vm", "run", "--input", "state.bin", "--output", "-"]);
    let output = command.output().unwrap();
    assert_eq!(output.stdout, place.read("out.bin"));
    place.vm(["run", "--input", "state.bin", "--output", ""]).expect(0, &[]);
    assert_eq!(place.files(), ["out.bin", "state.bin"]);
}

#[test]
fn counts_of_what_happened() {
    let place = Place::with(&hello());
    place.run(["--debug-info", "debug.json"]).expect(0, &[]);
    let text = String::from_utf8(place.read("debug.json")).unwrap();
    let expected = "{\n  \"pages\": 2,\n  \"memory_used\": \"0x2000\",\n  \"num_preimage_requests\": 0,\n  \
        \"total_preimage_size\": 0,\n  \"total_steps\": 8,\n  \"instruction_cache_miss_count\": 0,\n  \
        \"highest_icache_miss_pc\": \"0x0\",\n  \"rmw_success_count\": 0,\n  \"rmw_fail_count\": 0,\n  \
        \"max_steps_between_ll_and_sc\": 0,\n  \"reservation_invalidation_count\": 0,\n  \
        \"forced_preemption_count\": 0,\n  \"idle_step_count_thread_0\": 0\n}\n\n";
    assert_eq!(text, expected);
}

#[test]
fn names_of_functions() {
    let place = Place::with(&Program::new().wait(100_000).exit(0));
    place.write("meta.json", r#"{"symbols": [{"name": "_RNvC4main4loop", "start": 4096, "size": 64}]}"#);
    place.run([]).expect(0, &["name=_RNvC4main4loop"]);
    let traceback = place.run(["--debug", "--stop-at", "=4"]).expect(0, &[]).out;
    assert_eq!(traceback, "traceback at pc=1010. step=4\n");
    let traceback_of = |program: &Program, stop_at: &str| {
        let place = Place::with(program);
        place.write("meta.json", r#"{"symbols": [{"name": "f", "start": 4112, "size": 4}]}"#);
        place.run(["--debug", "--stop-at", stop_at]).expect(0, &[]).out
    };
    // jal f; nop; nop; nop; f: nop
    let call = Program::new().word(0x0c00_0404).word(0).word(0).word(0).word(0);
    assert_eq!(traceback_of(&call, "=2"), "traceback at pc=1010. step=2\n\t0 1010 in f caller=00001000\n");
    // A jr in f takes the frame off.
    let returned = call.word(0x03e0_0008);
    assert_eq!(traceback_of(&returned, "=4"), "traceback at pc=1018. step=4\n");
    // jr without a call.
    let underflow = Program::new().word(0x03e0_0008).word(0);
    assert_eq!(
        traceback_of(&underflow, "=2"),
        "ERROR: stack underflow at pc=1000. step=1\ntraceback at pc=0. step=2\n"
    );
    place.run(["--profile", "folded", "--profile-every", "1000"]).expect(0, &[]);
    assert_eq!(place.read("folded"), b"main::loop 301\n");
    // Every field may be missing.
    for empty in ["{}", "null", r#"{"symbols": null}"#] {
        place.write("empty.json", empty);
        place.run(["--meta", "empty.json"]).expect(0, &["name=!unknown"]);
    }
    place.write("partial.json", r#"{"symbols": [{"name": "all"}], "more": 1}"#);
    place.run(["--meta", "partial.json"]).expect(0, &["name=!gap"]);
    // A file that a flag names must exist; the default may be missing.
    place.run(["--meta", "nowhere.json"]).expect(1, &["nowhere.json"]);
    place.write("broken.json", "{");
    place.run(["--meta", "broken.json"]).expect(1, &["broken.json"]);
    place.run(["--meta", "", "--debug"]).expect(1, &["--meta"]);
}
