//! `tribunal vm run` with pre-image servers that work, fail and misbehave.

mod common;

use common::{
    Ran,
    machine::{Place, Program},
};
use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

const KEY: [u8; 32] = [2; 32];
/// Takes a key and answers with 16 bytes.
const ANSWER: &str = r"head -c 32 <&5 >key; printf '\0\0\0\0\0\0\0\020abcdefghijklmnop' >&6";

fn reader() -> Program {
    Program::new().read_preimage(KEY, 2).exit(0)
}

fn hinter() -> Program {
    Program::new().hint(b"l1-block-header 0x00").exit(0)
}

/// Runs a program with a server that fails. Requires exit code 2, no process of the server, and no files.
#[track_caller]
fn fails(program: &Program, more: &[&str], script: &str, texts: &[&str]) -> Ran {
    fails_with(2, program, more, script, texts)
}

/// The same with another exit code.
#[track_caller]
fn fails_with(code: i32, program: &Program, more: &[&str], script: &str, texts: &[&str]) -> Ran {
    let place = Place::with(program);
    let start = Instant::now();
    // The script's first line leaves the number of its process in a file.
    let ran = place.run_with_server(more, &format!("echo $$ >server; {script}")).expect(code, texts);
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    assert!(!place.files().contains(&"out.bin".to_owned()), "{:?}", place.files());
    assert!(place.files().iter().all(|name| !name.starts_with(".tribunal")), "{:?}", place.files());
    if let Ok(id) = fs::read_to_string(place.file("server")) {
        assert!(!Path::new("/proc").join(id.trim()).exists(), "the server is left behind");
    }
    ran
}

#[test]
fn a_good_server() {
    let place = Place::with(&reader());
    let ran = place.run_with_server(&[], ANSWER).expect(0, &["exited=true code=0"]);
    assert_eq!(ran.out, "");
    assert_eq!(place.read("key"), KEY);
    // The proof of a step that reads a pre-image contains it.
    place.run_with_server(&["--proof-at", "always"], ANSWER).expect(0, &[]);
    let reads: Vec<(u64, u64)> = (0..80)
        .filter_map(|step| {
            let json = fs::read(place.file(&format!("proof-{step}.json"))).ok()?;
            let proof: serde_json::Value = serde_json::from_slice(&json).unwrap();
            let key = proof.get("oracle-key")?;
            assert_eq!(*key, alloy_primitives::hex::encode_prefixed(KEY));
            let value = "0x00000000000000106162636465666768696a6b6c6d6e6f70";
            assert_eq!(proof["oracle-value"], value);
            Some((step, proof.get("oracle-offset").map_or(0, |offset| offset.as_u64().unwrap())))
        })
        .collect();
    let offsets: Vec<u64> = reads.iter().map(|(_, offset)| *offset).collect();
    assert_eq!(offsets, [0, 8, 16]);
    let [first, second, _] = reads[..] else { panic!("{reads:?}") };
    // The run stops directly after the step that reads.
    let stopped_at = |args: &[&str]| {
        place.run_with_server(args, ANSWER).expect(0, &["Stopping at preimage read"]);
        place.vm(["witness", "--input", "out.bin"]).json()["step"].as_u64().unwrap()
    };
    assert_eq!(stopped_at(&["--stop-at-preimage-type", "any"]), first.0 + 1);
    assert_eq!(stopped_at(&["--stop-at-preimage-type", "keccak"]), first.0 + 1);
    assert_eq!(stopped_at(&["--stop-at-preimage", "0x0202@8"]), second.0 + 1);
    assert_eq!(stopped_at(&["--stop-at-preimage-larger-than", "23"]), first.0 + 1);
    // As in Cannon, a negative size stops at every read, of any offset, and with a type at every read of that type.
    assert_eq!(stopped_at(&["--stop-at-preimage-larger-than", "-1"]), first.0 + 1);
    assert_eq!(
        stopped_at(&["--stop-at-preimage-larger-than", "-0x1", "--stop-at-preimage-type", "keccak"]),
        first.0 + 1
    );
    place
        .run_with_server(
            &["--stop-at-preimage-larger-than", "-1", "--stop-at-preimage-type", "local"],
            ANSWER,
        )
        .expect(0, &["exited=true"]);
    place.run_with_server(&["--stop-at-preimage-type", "local"], ANSWER).expect(0, &["exited=true"]);
    place.run_with_server(&["--stop-at-preimage-larger-than", "24"], ANSWER).expect(0, &["exited=true"]);
    place.run_with_server(&["--debug-info", "d.json"], ANSWER).expect(0, &[]);
    let debug: serde_json::Value = serde_json::from_slice(&place.read("d.json")).unwrap();
    assert_eq!((&debug["num_preimage_requests"], &debug["total_preimage_size"]), (&1.into(), &16.into()));
}

#[test]
fn what_a_server_prints_is_logged() {
    let place = Place::with(&Program::new().exit(0));
    let ran =
        place.run_with_server(&[], r#"echo "colour: $NO_COLOR"; echo oh >&2; printf '\377'"#).expect(0, &[]);
    assert_eq!(
        ran.out,
        "level=INFO msg=\"\" module=host text=\"colour: 1\\n\"\nlevel=INFO msg=\"\" module=host data=0xff\n"
    );
    assert!(ran.err.contains("level=INFO msg=\"\" module=host text=\"oh\\n\"\n"), "{ran:#?}");
    // Standard output is for data if any goes there.
    let ran = place.run_with_server(&["--witness-at", "=0"], "echo hi").expect(0, &["text=\"hi\\n\""]);
    assert!(!ran.out.contains("hi") && ran.out.starts_with("0 0x"), "{ran:#?}");
}

#[test]
fn descriptors_that_are_in_use_elsewhere_do_not_matter() {
    let place = Place::with(&reader());
    let mut command = std::process::Command::new("/bin/sh");
    let script = format!(
        "exec {} vm run --input state.bin --output out.bin -- /bin/sh -c \"$0\" 3</dev/null 4</dev/null 6>&2 9>&2",
        env!("CARGO_BIN_EXE_tribunal")
    );
    command.current_dir(place.path()).args(["-c", &script, ANSWER]);
    Ran::of(&mut command).expect(0, &["exited=true"]);
    let script = format!(
        "exec {} vm run --input state.bin --output out.bin -- /bin/sh -c \"$0\" 0<&- 5<&-",
        env!("CARGO_BIN_EXE_tribunal")
    );
    let mut command = std::process::Command::new("/bin/sh");
    command.current_dir(place.path()).args(["-c", &script, ANSWER]);
    Ran::of(&mut command).expect(0, &["exited=true"]);
}

#[test]
fn any_single_byte_acknowledges() {
    let place = Place::with(&hinter());
    for byte in [r"\0", r"\1", r"\377"] {
        let script = format!(r"head -c 24 <&3 >hint; printf '{byte}' >&4");
        place.run_with_server(&[], &script).expect(0, &["exited=true"]);
        assert_eq!(place.read("hint"), b"\0\0\0\x14l1-block-header 0x00");
    }
}

#[test]
fn servers_that_die() {
    let key = alloy_primitives::hex::encode(KEY);
    // Exit code 1, as Cannon's, if the server has ended without reading any request.
    let gone = "before it read any request";
    fails_with(1, &reader(), &[], "exit 3", &["failed at step", &key, "ended (exit status: 3)", gone]);
    fails_with(1, &hinter(), &[], "exit 6", &["l1-block-header", "ended (exit status: 6)", gone]);
    // A process that the server has started holds its pipes.
    fails_with(1, &reader(), &[], "sleep 20 & exit 8", &[&key, "ended (exit status: 8)", gone]);
    fails(&reader(), &[], "head -c 32 <&5 >/dev/null; exit 4", &[&key, "ended (exit status: 4)"]);
    let partial = r"head -c 32 <&5 >/dev/null; printf '\0\0\0\0\0\0\0\100abc' >&6; kill -9 $$";
    fails(&reader(), &[], partial, &[&key, "ended (signal: 9"]);
    let in_the_length = r"head -c 32 <&5 >/dev/null; printf '\0\0\0' >&6; exit 5";
    fails(&reader(), &[], in_the_length, &[&key, "ended (exit status: 5)"]);
    fails(
        &hinter(),
        &[],
        "head -c 24 <&3 >/dev/null; exit 7",
        &["l1-block-header", "ended (exit status: 7)"],
    );
    let after_a_hint = Program::new().hint(b"l1-block-header 0x00").read_preimage(KEY, 2).exit(0);
    fails(
        &after_a_hint,
        &[],
        r"head -c 24 <&3 >/dev/null; printf '\0' >&4; exit 9",
        &[&key, "ended (exit status: 9)"],
    );
}

#[test]
fn servers_that_close_a_descriptor() {
    let key = alloy_primitives::hex::encode(KEY);
    fails(&reader(), &[], "exec 6>&-; cat <&5 >/dev/null", &[&key, "closed its end"]);
    fails(&reader(), &[], "exec 5<&-; cat <&3 >/dev/null", &[&key, "closed its end"]);
    fails(&hinter(), &[], "exec 4>&-; cat <&3 >/dev/null", &["l1-block-header", "closed its end"]);
    fails(&hinter(), &[], "exec 3<&-; cat <&5 >/dev/null", &["l1-block-header", "closed its end"]);
}

#[test]
fn servers_that_stall() {
    let key = alloy_primitives::hex::encode(KEY);
    let soon = ["--oracle-timeout", "1"];
    fails(&reader(), &soon, "exec sleep 30", &[&key, "made no progress for 1s"]);
    let in_the_middle = r"head -c 32 <&5 >/dev/null; printf '\0\0\0\0\0\0\0\100abc' >&6; exec sleep 30";
    fails(&reader(), &soon, in_the_middle, &[&key, "made no progress for 1s"]);
    fails(&hinter(), &soon, "exec sleep 30", &["l1-block-header", "made no progress for 1s"]);
    fails(&reader(), &soon, "trap '' TERM; exec sleep 30", &[&key, "made no progress for 1s"]);
}

#[test]
fn servers_that_say_the_wrong_thing() {
    let key = alloy_primitives::hex::encode(KEY);
    let absurd =
        r"head -c 32 <&5 >/dev/null; printf '\377\377\377\377\377\377\377\377' >&6; cat <&5 >/dev/null";
    fails(&reader(), &[], absurd, &[&key, "announces 18446744073709551615 bytes"]);
    let a_terabyte = r"head -c 32 <&5 >/dev/null; printf '\0\0\1\0\0\0\0\0' >&6; cat <&5 >/dev/null";
    fails(&reader(), &[], a_terabyte, &[&key, "announces 1099511627776 bytes"]);
    let too_much = r"head -c 32 <&5 >/dev/null; printf '\0\0\0\0\0\0\0\002abcde' >&6; cat <&5 >/dev/null";
    fails(&reader(), &[], too_much, &[&key, "more than it was asked for"]);
    fails(
        &hinter(),
        &[],
        r"printf '\0\0' >&4; cat <&3 >/dev/null",
        &["l1-block-header", "more than it was asked for"],
    );
    // The guest is told that the pre-image is empty. If it reads on, the fault is its own.
    let nothing = r"head -c 32 <&5 >/dev/null; printf '\0\0\0\0\0\0\0\0' >&6; cat <&5 >/dev/null";
    fails(&reader(), &[], nothing, &["offset 8"]);
}

#[test]
fn an_interrupt_ends_the_run_in_good_order() {
    let place = Place::with(&reader());
    let mut command = common::program();
    command.current_dir(place.path()).args([
        "vm",
        "run",
        "--input",
        "state.bin",
        "--output",
        "out.bin",
        "--",
    ]);
    command.args(["/bin/sh", "-c", "echo ready >ready; PATH=/usr/bin:/bin exec sleep 30"]);
    let mut child = command.stderr(std::process::Stdio::null()).spawn().unwrap();
    while !place.file("ready").exists() {
        assert_eq!(child.try_wait().unwrap(), None, "it ended too early");
        std::thread::sleep(Duration::from_millis(10));
    }
    // SAFETY: a signal to a child that has not been waited for.
    unsafe { libc::kill(child.id() as i32, libc::SIGINT) };
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(place.files(), ["ready", "state.bin"]);
}
