//! The book's chapter on a guest of one's own: its commands do what it says.

mod common;

use common::{Ran, machine::Place, tribunal};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The chapter.
const CHAPTER: &str = include_str!("../../../docs/src/own-guest.md");
/// Stands between the outputs of two commands.
const BORDER: &str = "=== next command ===";

/// A command of the chapter, and what it should print.
#[derive(Debug, PartialEq, Eq)]
struct Shown<'a> {
    command: &'a str,
    output: Vec<&'a str>,
}

/// The commands of the blocks of a chapter that show a terminal.
fn commands(chapter: &str) -> Vec<Shown<'_>> {
    let mut commands: Vec<Shown<'_>> = Vec::new();
    let mut in_block = false;
    for line in chapter.lines() {
        match line.strip_prefix("$ ") {
            _ if line.starts_with("```") => in_block = line == "```console",
            _ if !in_block => {}
            Some(command) => commands.push(Shown { command, output: Vec::new() }),
            None => commands.last_mut().unwrap().output.push(line),
        }
    }
    commands
}

/// Whether text is as the chapter shows it: `…` stands for any text in a line, and alone for any lines.
fn is_as_shown(output: &[&str], shown: &[&str]) -> bool {
    match shown {
        [] => output.is_empty(),
        ["…", rest @ ..] => (0..=output.len()).any(|at| is_as_shown(&output[at..], rest)),
        [first, rest @ ..] => {
            output.first().is_some_and(|line| line_is_as_shown(line, first))
                && is_as_shown(&output[1..], rest)
        }
    }
}

fn line_is_as_shown(line: &str, shown: &str) -> bool {
    let Some((start, rest)) = shown.split_once('…') else { return line == shown };
    let Some(line) = line.strip_prefix(start) else { return false };
    // At least one character.
    line.char_indices()
        .skip(1)
        .map(|(at, _)| at)
        .chain([line.len()])
        .any(|at| line_is_as_shown(&line[at..], rest))
        && !line.is_empty()
}

#[test]
fn output_is_compared_with_what_is_shown() {
    let chapter =
        "text\n```console\n$ one\na … c\n$ two\n```\n```sh\n$ three\n```\n```console\n$ four\n…\nend\n```\n";
    let found = commands(chapter);
    let expected = [("one", vec!["a … c"]), ("two", vec![]), ("four", vec!["…", "end"])];
    assert_eq!(found, expected.map(|(command, output)| Shown { command, output }));
    for (output, shown, same) in [
        ("a b c", "a … c", true),
        ("a  c", "a … c", false),
        ("a b d", "a … c", false),
        ("a b", "…", true),
        ("", "…", true),
        ("a\nb\nend", "…\nend", true),
        ("end\na", "…\nend", false),
        ("a\nb", "a", false),
        ("a", "a\nb", false),
        ("0x", "0x…", false),
        ("0x12", "0x…", true),
    ] {
        let lines = |text: &'static str| text.lines().collect::<Vec<_>>();
        assert_eq!(is_as_shown(&lines(output), &lines(shown)), same, "{output:?} {shown:?}");
    }
}

/// Why guests cannot be built here, if they cannot.
fn missing() -> Option<&'static str> {
    let sources = |rustc: &Path| {
        let asked = Command::new(rustc).arg("--print=sysroot").output().ok()?;
        let sysroot = PathBuf::from(String::from_utf8(asked.stdout).ok()?.trim_end());
        Some(sysroot.join("lib/rustlib/src/rust/library/Cargo.lock").is_file())
    };
    let linker = env::split_paths(&env::var_os("PATH")?)
        .any(|folder| folder.join("mips64-linux-gnuabi64-ld").is_file());
    if !["/usr/bin/rustc", "rustc"].iter().any(|rustc| sources(rustc.as_ref()) == Some(true)) {
        return Some("no Rust with sources (scripts/setup guest)");
    }
    (!linker).then_some("no linker for MIPS64 (scripts/setup guest)")
}

/// What came of a command: its output and its exit status.
#[derive(Debug, Default)]
struct Done<'a> {
    output: Vec<&'a str>,
    code: &'a str,
}

/// Splits the output of the script that [`script`] makes.
fn split(output: &str) -> Vec<Done<'_>> {
    let mut done = Vec::new();
    let mut now = Done::default();
    for line in output.lines() {
        match line.strip_prefix(BORDER) {
            Some(code) => {
                now.code = code.trim();
                done.push(std::mem::take(&mut now));
            }
            None => now.output.push(line),
        }
    }
    done
}

/// All commands in one shell, so that each finds what those before it left: files, folder and exit status.
fn script(commands: &[Shown<'_>]) -> String {
    let commands = commands.iter().map(|shown| shown.command);
    commands.map(|command| format!("{command}\ncode=$?\necho '{BORDER}' $code\n(exit $code)\n")).collect()
}

/// Runs a script in a folder, with this program in `PATH`.
fn run(script: &str, place: &Place) -> Ran {
    let program = Path::new(env!("CARGO_BIN_EXE_tribunal")).parent().unwrap();
    let path = env::var_os("PATH").unwrap();
    let folders = [program.to_owned()].into_iter().chain(env::split_paths(&path));
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).current_dir(place.path()).env("LC_ALL", "C");
    shell.env("PATH", env::join_paths(folders).unwrap());
    // What the next run of the test can use again. Programs are still put into the project's folder.
    shell.env("CARGO_BUILD_BUILD_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("own-guest"));
    for variable in ["RUSTC", "LD_LIBRARY_PATH", "CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"] {
        shell.env_remove(variable);
    }
    Ran::of(&mut shell)
}

#[test]
fn the_chapter_is_true() {
    if !cfg!(feature = "prover") {
        return tribunal_fixtures::skip("a build without the prover");
    }
    if let Some(missing) = missing() {
        return tribunal_fixtures::skip(missing);
    }
    let commands = commands(CHAPTER);
    for step in ["guest new", "guest build", "guest run", "prove", "verify"] {
        let step = format!("tribunal {step}");
        assert!(commands.iter().any(|shown| shown.command.starts_with(&step)), "{step}");
    }

    let place = Place::new();
    let ran = run(&script(&commands), &place);
    let done = split(&ran.out);
    assert_eq!(done.len(), commands.len(), "{ran:#?}");
    let next = commands.iter().skip(1).map(|shown| shown.command).chain([""]);
    for ((shown, done), next) in commands.iter().zip(&done).zip(next) {
        assert!(is_as_shown(&done.output, &shown.output), "{shown:#?} came to {done:#?}\n{}", ran.err);
        // Another exit status than 0 is shown by the next command.
        assert!(done.code == "0" || next == "echo $?", "{shown:#?} came to {done:#?}\n{}", ran.err);
    }
    assert!(!ran.err.contains("warning: "), "{}", ran.err);

    // What `guest build` prints is what the other commands say of the program.
    let elf = place.file("sum/target/sum.elf");
    let load = ["load-elf", "--type", "multithreaded64-5", "--out", "state.bin", "--meta", "", "--path"];
    place.vm(load.into_iter().chain(elf.to_str())).expect(0, &[]);
    let prestate = place.vm(["witness", "--input", "state.bin"]).expect(0, &[]).json()["witnessHash"].clone();
    let id = tribunal(["program-id".as_ref(), elf.as_os_str()]).expect(0, &[]).out;
    for line in [format!("prestate  {}", prestate.as_str().unwrap()), format!("program   {}", id.trim())] {
        assert!(done.iter().any(|done| done.output.contains(&line.as_str())), "{line}: {done:#?}");
    }

    // The program that the chapter shows is the one that was made, and nothing of this machine is in its file.
    let source = fs::read_to_string(place.file("sum/src/main.rs")).unwrap();
    assert!(CHAPTER.contains(&format!("```rust,ignore\n{source}```\n")));
    // Its dependencies are the workspace's.
    let versions = fs::read_to_string(place.file("sum/Cargo.lock")).unwrap();
    let known = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock")).unwrap();
    let mut checksums = versions.lines().filter(|line| line.starts_with("checksum")).peekable();
    assert!(checksums.peek().is_some() && checksums.all(|checksum| known.contains(checksum)), "{versions}");
    let elf = place.read("sum/target/sum.elf");
    for path in [place.path(), Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()] {
        let path = path.to_str().unwrap().as_bytes();
        assert!(!elf.windows(path.len()).any(|window| window == path));
    }
}
