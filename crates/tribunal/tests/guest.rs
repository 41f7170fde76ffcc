//! `tribunal guest`, as far as it needs no compiler for guests.

mod common;

use common::{
    Ran,
    machine::{Place, Program},
    program,
};
use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    process::{Command, Stdio},
};

/// Runs `tribunal guest` in a folder.
fn guest(place: &Place, args: &[&str]) -> Ran {
    let mut command = program();
    command.env("PATH", "/usr/local/bin:/usr/bin:/bin").current_dir(place.path());
    Ran::of(command.arg("guest").args(args))
}

/// Writes a script. Another process does, so that no child of this one has the file open, which then could not be executed.
fn write_script(place: &Place, name: &str, text: &str) {
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"printf %s "$1" >"$0" && chmod +x "$0""#]).arg(place.file(name)).arg(text);
    assert!(shell.status().unwrap().success());
}

#[test]
fn a_new_project_has_all_that_a_build_needs() {
    let place = Place::new();
    guest(&place, &["new", "sum"]).expect(0, &["made sum", "SDK  /", "next: cd sum"]);
    let read = |name: &str| fs::read_to_string(place.file("sum").join(name)).unwrap();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    assert_eq!(
        read("mips64-unknown-none.json"),
        fs::read_to_string(repository.join("targets/mips64-unknown-none.json")).unwrap()
    );
    assert_eq!(read("Cargo.lock"), fs::read_to_string(repository.join("Cargo.lock")).unwrap());
    let manifest = read("Cargo.toml");
    assert!(manifest.contains("name = \"sum\"") && manifest.contains("/crates/fpvm\""), "{manifest}");
    assert!(read("README.md").contains("target/sum.elf") && read("src/main.rs").contains("#[client_entry]"));
    assert!(read(".gitignore").contains("/target"));
    assert!(["Cargo.toml", "README.md", "src/main.rs"].iter().all(|name| !read(name).contains("{{")));

    // A relative path stays relative. A version needs no checkout, and has no versions of dependencies.
    symlink(repository.canonicalize().unwrap(), place.file("checkout")).unwrap();
    guest(&place, &["new", "near", "--sdk-path", "checkout"]).expect(0, &["made near"]);
    let manifest = String::from_utf8(place.read("near/Cargo.toml")).unwrap();
    assert!(manifest.contains("path = \"../checkout/crates/preimage\""), "{manifest}");
    guest(&place, &["new", "far", "--sdk-version", "0.1.0"]).expect(0, &["SDK  version 0.1.0"]);
    let manifest = String::from_utf8(place.read("far/Cargo.toml")).unwrap();
    assert!(manifest.contains("tribunal-fpvm = \"0.1.0\""), "{manifest}");
    assert!(!place.file("far/Cargo.lock").exists());
}

#[test]
fn a_new_project_takes_no_name_or_folder_that_will_not_do() {
    let place = Place::new();
    for (name, why) in [
        ("", "at least one"),
        ("a/b", "'/'"),
        ("../up", "'.'"),
        ("2nd", "letter"),
        ("fn", "keyword"),
        ("core", "another"),
    ] {
        guest(&place, &["new", name]).expect(2, &[why]);
    }
    fs::create_dir(place.file("folder")).unwrap();
    place.write("file", "");
    symlink("nowhere", place.file("link")).unwrap();
    for name in ["folder", "file", "link"] {
        guest(&place, &["new", name]).expect(2, &[&format!("there is a {name} already")]);
    }
    guest(&place, &["new", "sum", "--sdk-path", "nowhere"]).expect(2, &["nowhere", "checkout of Tribunal"]);
    guest(&place, &["new", "sum", "--sdk-version", "1\"\n[patch]"]).expect(2, &["is not a version"]);
    guest(&place, &["new", "sum", "--sdk-version", "1", "--sdk-path", "."])
        .expect(2, &["cannot be used with"]);
    // A program that is in no checkout does not guess.
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_tribunal")).arg(place.path()).status();
    assert!(copied.unwrap().success());
    let mut elsewhere = Command::new(place.file("tribunal"));
    Ran::of(elsewhere.current_dir(place.path()).args(["guest", "new", "sum"]))
        .expect(2, &["--sdk-path", "--sdk-version"]);
    assert_eq!(place.files(), ["file", "folder", "link", "tribunal"]);
}

#[test]
fn a_build_says_what_is_missing() {
    let place = Place::new();
    guest(&place, &["build"]).expect(2, &["there is no Cargo.toml in .", "guest new"]);
    guest(&place, &["build", "--path", "nowhere"]).expect(2, &["nowhere"]);
    guest(&place, &["run"]).expect(2, &["there is no Cargo.toml in ."]);
    guest(&place, &["build", "--profile", "a'b"]).expect(2, &["is not the name of a profile"]);
    guest(&place, &["build", "--out", "none/x.elf"]).expect(2, &["cannot write none/x.elf"]);

    guest(&place, &["new", "sum"]).expect(0, &[]);
    let build = |rustc: &str, path: &str| {
        let mut command = program();
        command.env("PATH", path).env("RUSTC", rustc).current_dir(place.path());
        Ran::of(command.args(["guest", "build", "--path", "sum"]))
    };
    build("/nowhere/rustc", "/bin").expect(2, &["RUSTC names /nowhere/rustc"]);
    let rustc = place.file("rustc");
    let rustc = rustc.to_str().unwrap();
    write_script(&place, "rustc", "#!/bin/sh\necho rustc 1.60.0\n");
    build(rustc, "/bin").expect(2, &["is version 1.60.0", "1.95", "rustup.rs", "rustc-web"]);
    write_script(&place, "rustc", "#!/bin/sh\necho rustc 1.999.0\n");
    build(rustc, "/bin").expect(2, &["rustup component add rust-src", "rust-web-src"]);
    // A compiler with sources, a cargo that knows only the project, and no linker.
    let sources = place.file("sysroot/lib/rustlib/src/rust/library");
    fs::create_dir_all(&sources).unwrap();
    fs::write(sources.join("Cargo.lock"), "").unwrap();
    let sysroot = place.file("sysroot");
    let answers = "#!/bin/sh\n[ \"$1\" = --version ] && echo rustc 1.999.0 || echo";
    write_script(&place, "rustc", &format!("{answers} {}\n", sysroot.display()));
    build(rustc, "/nowhere").expect(2, &["there is no cargo for", "cargo-web"]);
    let metadata = format!("{{\"target_directory\":\"{}\"}}", place.file("sum/target").display());
    write_script(&place, "cargo", &format!("#!/bin/sh\necho '{metadata}'\n"));
    build(rustc, "/nowhere")
        .expect(2, &["no linker mips64-linux-gnuabi64-ld", "binutils-mips64-linux-gnuabi64"]);
    place.write("sum/mips64-unknown-none.json", r#"{"arch":"x86_64","linker":"ld"}"#);
    build(rustc, "/nowhere").expect(2, &["describes the machine \"x86_64\""]);
    place.write("sum/mips64-unknown-none.json", "{");
    build(rustc, "/nowhere").expect(2, &["does not describe a machine"]);
}

#[test]
fn a_run_prints_output_exit_code_and_steps() {
    let place = Place::new();
    let hello = Program::new().write(1, b"hello \x1b[2J").write(2, b"a word\n").exit(3);
    place.write("program.elf", hello.elf());
    let ran = guest(&place, &["run", "--elf", "program.elf"]).expect(3, &[]);
    assert_eq!(ran.out, "hello \\u{1b}[2J\nexit code  3\nsteps      13\n");
    assert_eq!(ran.err, "a word\n");

    // The output has no reader.
    let mut command = program();
    command
        .args(["guest", "run", "--elf"])
        .arg(place.file("program.elf"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(141));

    place.write("program.elf", "no program");
    guest(&place, &["run", "--elf", "program.elf"]).expect(2, &["cannot load program.elf"]);
    guest(&place, &["run", "--elf", "missing.elf"]).expect(2, &["cannot open missing.elf"]);
    guest(&place, &["run", "--elf", "a", "--path", "b"]).expect(2, &["cannot be used with"]);
    place.write("program.elf", Program::new().word(0x7800_0000).exit(0).elf());
    guest(&place, &["run", "--elf", "program.elf"]).expect(2, &["0x78000000"]);
}

#[test]
fn inputs_are_local_keys_and_a_server_has_the_rest() {
    let place = Place::new();
    place.write("program.elf", Program::new().read_local_keys(&[1, 2]).exit(0).elf());
    place.write("input", [7; 8]);
    let run = |args: &[&str]| guest(&place, &[&["run", "--elf", "program.elf"][..], args].concat());
    let eight = "0x0102030405060708";
    run(&["--input", eight, "--input", "input"]).expect(0, &["exit code  0"]);
    run(&["--input", eight]).expect(2, &["without a pre-image server", "1 input:", "local key 2"]);
    run(&[]).expect(2, &["0 inputs:", "local key 1"]);
    run(&["--input", "missing"]).expect(2, &["cannot read input 1", "cannot open missing"]);
    run(&["--input", "."]).expect(2, &["cannot read input 1"]);
    run(&["--preimage", "missing"]).expect(2, &["cannot open missing"]);
    run(&["--input", "0x123"]).expect(2, &["odd"]);
    run(&["--input", "0xzz"]).expect(2, &["hexadecimal"]);
    let answer = r"head -c 32 <&5 >key; printf '\0\0\0\0\0\0\0\020abcdefghijklmnop' >&6";
    run(&["--input", eight, "--", "/bin/sh", "-c", answer]).expect(0, &["exit code  0"]);
    assert_eq!(place.read("key")[31], 2);
}
