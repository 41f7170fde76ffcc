//! Output that cannot be written: no command panics, and none of them passes silence off as a verdict.

mod common;

use common::{
    Copied, Ran, check,
    machine::{Place, Program},
    program,
};
use std::{
    fs::File,
    io::pipe,
    process::{Command, Stdio},
};

/// The exit code of a command whose reader has gone, which is what a shell shows for one that SIGPIPE ended.
const CLOSED: i32 = 141;

/// A folder with a devnet and a state of the VM, and commands that print something about them: each with its exit code
/// when all goes well, and with the one when standard output is full.
struct Commands {
    place: Place,
    all: Vec<(Vec<String>, i32, i32)>,
}

impl Commands {
    fn new() -> Self {
        let place = Place::with(&Program::new().write(1, b"hello\n").exit(0));
        place.run(["--output=", "--proof-at", "=1", "--proof-fmt", "p%d.json"]).expect(0, &[]);
        let devnet = place.devnet();
        let claims = std::fs::read(devnet.join("claims.json")).unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
        let claim = &claims[0];
        let text = |name: &str| claim[name].to_string().replace('"', "");
        let native = format!(
            "host single --native --data-dir devnet --rollup-config-path devnet/rollup.json --l1-config-path \
             devnet/l1-genesis-config.json --l1-head {} --agreed-l2-output-root {} --claimed-l2-output-root {} \
             --claimed-l2-block-number {}",
            text("l1_head"),
            text("agreed_l2_output_root"),
            text("claimed_l2_output_root"),
            text("claimed_l2_block_number"),
        );
        let verdict = i32::from(claim["valid"] == false);
        // The VM has Cannon's exit codes: 1 is an error there.
        let all = [
            ("--help", 0, 2),
            ("--version", 0, 2),
            ("check --help", 0, 2),
            ("help host single", 0, 2),
            ("vm run --help", 0, 1),
            ("check devnet", 1, 2),
            ("check devnet --expect", 0, 2),
            ("check devnet --json --stats", 1, 2),
            ("check devnet --claim 0", verdict, 2),
            (&native, verdict, 2),
            ("block devnet", 2, 2),
            ("preimages stats devnet", 0, 2),
            ("preimages stats devnet --json", 0, 2),
            ("preimages verify devnet", 0, 2),
            ("preimages import devnet --store copy.pack --verify", 0, 2),
            ("preimages export devnet --out copy.zst", 0, 2),
            ("devnet --out other --blocks 7", 0, 2),
            ("bench devnet --runs 1", 0, 2),
            ("vm list", 0, 1),
            ("vm witness --input state.bin", 0, 1),
            ("vm step-check p1.json", 0, 2),
            ("vm run --input state.bin --output -", 0, 1),
            ("vm run --input state.bin --output= --witness-at always", 0, 1),
            ("vm run --input state.bin --output= --proof-at =1 --proof-fmt -", 0, 1),
            ("vm run --input state.bin --output= --debug-info -", 0, 1),
        ];
        let words = |line: &str| line.split_whitespace().map(String::from).collect();
        let all = all.map(|(line, good, full)| (words(line), good, full)).into();
        Self { place, all }
    }

    /// Runs each command with its streams as `redirect` sets them, and checks what `expect` says about it.
    fn each(&self, redirect: impl Fn(&mut Command), expect: impl Fn(&Ran, i32, i32)) {
        for (args, good, full) in &self.all {
            let mut command = program();
            command.current_dir(self.place.path()).args(args);
            redirect(&mut command);
            let ran = Ran::of(&mut command);
            assert!(!ran.err.contains("panicked"), "{args:?}: {ran:?}");
            expect(&ran, *good, *full);
        }
    }
}

/// The end of a pipe that nothing reads.
fn closed_pipe() -> Stdio {
    let (_, writer) = pipe().unwrap();
    writer.into()
}

fn full_disk() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

#[test]
fn output_that_cannot_be_written_is_no_verdict() {
    let commands = Commands::new();
    commands.each(|_| {}, |ran, good, _| assert_eq!(ran.code, Some(good)));
    commands.each(
        |command| {
            command.stdout(closed_pipe());
        },
        |ran, _, _| assert_eq!((ran.code, without_log(ran)), (Some(CLOSED), String::new())),
    );
    commands.each(
        |command| {
            command.stdout(full_disk());
        },
        |ran, _, full| {
            assert_eq!(ran.code, Some(full));
            assert!(ran.err.contains("standard output: No space left on device"));
        },
    );
}

/// What the program said apart from the VM's log.
fn without_log(ran: &Ran) -> String {
    ran.err.lines().filter(|line| !line.starts_with("level=")).collect()
}

#[test]
fn messages_that_cannot_be_written_change_nothing() {
    let commands = Commands::new();
    let good = |ran: &Ran, good, _| assert_eq!(ran.code, Some(good));
    for stderr in [closed_pipe, full_disk] {
        commands.each(
            |command| {
                command.stderr(stderr());
            },
            good,
        );
        let with_log = "check devnet --expect --log trace";
        for (line, code) in [(with_log, 0), ("check nowhere", 2), ("judge", 2), ("vm judge", 1)] {
            let mut command = program();
            command.current_dir(commands.place.path()).args(line.split(' ')).stderr(stderr());
            Ran::of(&mut command).expect(code, &[]);
        }
    }
}

#[test]
fn streams_that_are_not_open_are_not_missed() {
    let commands = Commands::new();
    for streams in [">&-", "<&- >&- 2>&-"] {
        for (args, good, _) in &commands.all {
            let mut shell = Command::new("/bin/sh");
            shell.env_clear().current_dir(commands.place.path());
            shell.args(["-c", &format!("exec \"$0\" \"$@\" {streams}"), env!("CARGO_BIN_EXE_tribunal")]);
            let ran = Ran::of(shell.args(args));
            assert_eq!(ran.code, Some(*good), "{streams} {args:?}: {ran:?}");
        }
    }
}

/// Text in files that a stranger made can neither begin a line of its own nor control the terminal.
#[test]
fn foreign_text_is_escaped() {
    const FORGED: &str = "x\r\n\u{1b}[2Kclaim 99: TRUE\u{9b}8m\u{202e}";
    const ESCAPED: &str = r"x\r\n\u{1b}[2Kclaim 99: TRUE\u{9b}8m\u{202e}";
    let place = Place::new();
    let devnet = place.devnet();
    let expect = |folder: &std::path::Path, args: &[&str], code, texts: &[&str]| {
        let ran = check(folder, args).expect(code, texts);
        for text in [&ran.out, &ran.err] {
            assert!(text.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{ran:?}");
            assert!(!text.lines().any(|line| line.starts_with("claim 99")), "{ran:?}");
        }
    };
    let folder = Copied::of(&devnet);
    folder.edit("claims.json", |claims| claims[0]["note"] = FORGED.into());
    folder.edit("rollup.json", |config| config[FORGED] = 1.into());
    let note = format!("note      {ESCAPED}");
    let field = format!("does not use: {ESCAPED}");
    for log in ["warn", "trace"] {
        expect(folder.path(), &["--verbose", "--log", log], 1, &[&note, &field]);
    }
    // JSON has its own escapes, and the text itself.
    expect(folder.path(), &["--json"], 1, &[r"\u009b8m\u202e"]);
    let json = check(folder.path(), &["--json"]).expect(1, &[]).json();
    assert_eq!(json[0]["note"], FORGED);
    // An undecided claim, an error, and the name of the folder.
    folder.edit("rollup.json", |config| config["l1_chain_id"] = FORGED.into());
    expect(folder.path(), &[], 2, &[r"\u{9b}8m"]);
    folder.edit("claims.json", |claims| claims[0]["l1_head"] = FORGED.into());
    expect(folder.path(), &[], 2, &["l1_head", "[2Kclaim 99"]);
    expect(&place.file(FORGED), &[], 2, &[ESCAPED]);
}
