//! `tribunal vm` with damaged files and wrong flags: a clear error, the right exit code, and no partial file.

mod common;

use common::{
    Random,
    machine::{Place, Program},
};
use flate2::{Compression, write::GzEncoder};
use std::{fs, io::Write};

fn hello() -> Program {
    Program::new().write(1, b"hello\n").exit(7)
}

#[test]
fn truncated_and_random_states() {
    let whole = hello().state_file();
    let place = Place::with(&hello());
    let mut random = Random(1);
    let lengths = [0, 1, 2, 8, 9, 20, 4096, whole.len() / 2, whole.len() - 400, whole.len() - 1];
    for length in lengths {
        place.write("state.bin", &whole[..length]);
        place.run([]).expect(1, &["state.bin", "cannot load the state"]);
        place.vm(["witness", "--input", "state.bin", "--output", "witness"]).expect(1, &["state.bin"]);
    }
    for _ in 0..20 {
        let bytes: Vec<u8> = (0..random.below(20_000)).map(|_| random.next() as u8).collect();
        place.write("state.bin", bytes);
        place.run([]).expect(1, &["state.bin"]);
    }
    assert_eq!(place.files(), ["state.bin"]);
    // Not packed at all, and packed but cut off.
    place.write("state.bin.gz", &whole);
    place.vm(["run", "--input", "state.bin.gz"]).expect(1, &["state.bin.gz"]);
    assert_eq!(place.files(), ["state.bin", "state.bin.gz"]);
}

#[test]
fn a_state_file_ends_with_its_state() {
    let whole = hello().state_file();
    let packed = gzip(&whole);
    let place = Place::with(&hello());
    let read = |name: &str, bytes: &[u8], code: i32, text: &str| {
        place.write(name, bytes);
        place.vm(["witness", "--input", name]).expect(code, &[text]);
        place.vm(["run", "--input", name, "--output="]).expect(code, &[text]);
    };
    read("state.bin.gz", &packed, 0, "");
    // Go's reader takes several members for one stream too.
    let (start, end) = whole.split_at(1000);
    read("state.bin.gz", &[gzip(start), gzip(end)].concat(), 0, "");
    // The checksum, then the length, stand in the last eight bytes.
    for at in [packed.len() - 8, packed.len() - 1] {
        let mut bad = packed.clone();
        bad[at] ^= 1;
        read("state.bin.gz", &bad, 1, "cannot load the state state.bin.gz: the file is damaged");
    }
    read("state.bin.gz", &packed[..packed.len() - 1], 1, "the file is damaged");
    read("state.bin.gz", &[&packed[..], b"more"].concat(), 1, "the file is damaged");
    let longer = [&whole[..], &[0]].concat();
    read("state.bin", &longer, 1, "state.bin: the file goes on after the end of the state");
    read("state.bin.gz", &gzip(&longer), 1, "the file goes on after the end of the state");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn states_with_any_byte_changed_never_crash() {
    let whole = hello().state_file();
    let place = Place::with(&hello());
    let mut random = Random(2);
    for _ in 0..40 {
        let mut bytes = whole.clone();
        // Rather in what stands around the pages than in them.
        let at = if random.below(2) == 0 { random.below(20) } else { bytes.len() - 1 - random.below(800) };
        bytes[at] ^= 1 << random.below(8);
        place.write("state.bin", bytes);
        let ran = place.run(["--stop-at", "=1000"]);
        assert!(matches!(ran.code, Some(0..=2)), "{ran:#?}");
        assert!(!ran.err.contains("panicked"), "{ran:#?}");
    }
}

#[test]
fn other_versions_are_refused_by_name() {
    let mut bytes = hello().state_file();
    let place = Place::with(&hello());
    let names = [
        "singlethreaded",
        "multithreaded",
        "singlethreaded-2",
        "multithreaded64",
        "multithreaded64-2",
        "multithreaded-2",
        "multithreaded64-3",
    ];
    for (version, name) in names.into_iter().enumerate() {
        bytes[0] = version as u8;
        place.write("state.bin", &bytes);
        place.run([]).expect(1, &[&format!("{name} ({version})"), "multithreaded64-5"]);
        place.write("program.elf", hello().elf());
        place.vm(["load-elf", "--type", name, "--path", "program.elf"]).expect(1, &[name]);
    }
    for version in [9, 255] {
        bytes[0] = version;
        place.write("state.bin", &bytes);
        place.run([]).expect(1, &[&format!("state version {version} is not known")]);
    }
    place.vm(["load-elf", "--type", "asterisc", "--path", "program.elf"]).expect(1, &["asterisc"]);
    for version in [7, 8] {
        bytes[0] = version;
        place.write("state.bin", &bytes);
        place.run([]).expect(0, &[&format!("version=multithreaded64-{}", version - 3)]);
    }
}

#[test]
fn truncated_and_random_programs() {
    let whole = hello().elf();
    let place = Place::new();
    let load = || place.vm(["load-elf", "--type", "multithreaded64-5", "--path", "program.elf"]);
    let mut random = Random(3);
    let mut files: Vec<Vec<u8>> = [0, 1, 4, 16, 52, 63, 64, 100, 119, 121, whole.len() - 1]
        .map(|length| whole[..length].to_vec())
        .into();
    files.extend((0..10).map(|_| (0..random.below(500)).map(|_| random.next() as u8).collect()));
    // For another machine, for a small machine, little-endian.
    for (at, byte) in [(19, 62), (4, 1), (5, 1)] {
        let mut bytes = whole.clone();
        bytes[at] = byte;
        files.push(bytes);
    }
    // A segment of 2^60 bytes in memory.
    let mut bytes = whole.clone();
    bytes[64 + 40] = 0x10;
    files.push(bytes);
    for file in files {
        place.write("program.elf", file);
        load().expect(1, &["error: cannot load program.elf"]);
        assert_eq!(place.files(), ["program.elf"]);
    }
    for _ in 0..40 {
        let mut bytes = whole.clone();
        let at = random.below(120);
        bytes[at] ^= 1 << random.below(8);
        place.write("program.elf", bytes);
        let ran = load();
        assert!(matches!(ran.code, Some(0 | 1)) && !ran.err.contains("panicked"), "{ran:#?}");
    }
}

#[test]
fn invalid_steps() {
    let ends_with = |program: Program, text: &str| {
        let place = Place::with(&program);
        place.run([]).expect(2, &["failed at step", text]);
        assert_eq!(place.files(), ["state.bin"]);
    };
    ends_with(Program::new().word(0x7800_0000), "invalid instruction 0x78000000");
    ends_with(
        Program::new().write(6, &[2; 8]).read_preimage([2; 32], 0),
        "without a pre-image server: give its command line after --",
    );
}

#[test]
fn mistakes_on_the_command_line() {
    let place = Place::with(&hello());
    let files = place.files();
    let cases: [(&[&str], &str); 24] = [
        (&["--stop-at", "5"], "a pattern is"),
        (&["--info-at", "%0"], "the interval is 0"),
        (&["--stop-at", "=-1"], "=-1"),
        (&["--output", "out.json"], "invalid --output file format"),
        (&["--output", "out"], "invalid --output file format"),
        (&["--snapshot-fmt", "s-%d.json"], "invalid --snapshot-fmt file format"),
        (&["--snapshot-fmt", "-"], "--snapshot-fmt"),
        (&["--snapshot-fmt", "%q.bin"], "--snapshot-fmt"),
        // Every snapshot would overwrite the one before. Cannon refuses these too.
        (&["--snapshot-fmt", "state.bin"], "every snapshot would have this name"),
        (&["--snapshot-fmt", "%%d.bin"], "every snapshot would have this name"),
        (&["--snapshot-fmt", "%d"], "invalid --snapshot-fmt file format"),
        (&["--proof-fmt", "%s"], "--proof-fmt"),
        (&["--proof-fmt", "%*d"], "--proof-fmt"),
        (&["--proof-fmt", "%1000d"], "width 1000 is more than 255"),
        (
            &["--stop-at-preimage", "xyz"],
            "--stop-at-preimage \"xyz\" is not of the form KEYPREFIX[@OFFSET[@STEP]]",
        ),
        (&["--stop-at-preimage", "02@1@2@3"], "--stop-at-preimage"),
        (&["--stop-at-preimage-type", "bytes"], "--stop-at-preimage-type \"bytes\" is not a type: use local"),
        (&["--stop-at-preimage-larger-than", "-"], "--stop-at-preimage-larger-than"),
        (&["--stop-at-preimage-larger-than", "9223372036854775808"], "9223372036854775808"),
        (&["--oracle-timeout", "soon"], "\"soon\" is not a number: use decimal digits"),
        (&["--memory-limit", "8 bits"], "bits"),
        (&["--profile-every", "0"], "--profile-every"),
        (&["--unknown"], "--unknown"),
        (&["--debug=maybe"], "--debug"),
    ];
    for (args, text) in cases {
        place.run(args.iter().copied()).expect(1, &[text]);
        assert_eq!(place.files(), files, "{args:?}");
    }
    // A flag that is not known, or has a wrong or no value, is answered with the usage.
    for args in [&["--unknown"][..], &["--stop-at", "5"], &["--proof-fmt", "%s"], &["--meta"]] {
        place.run(args.iter().copied()).expect(1, &["error: ", "Usage: tribunal vm run "]);
    }
    place.vm(["run", "--input", "nothing.bin"]).expect(1, &["nothing.bin"]);
    place.vm(["run", "--input", "state.json"]).expect(1, &["state.json", "JSON states"]);
    place.vm(["load-elf", "--path", "x"]).expect(1, &["--type"]);
    place.vm(["witness"]).expect(1, &["--input"]);
    place.vm(["no-such-command"]).expect(1, &["no-such-command"]);
    place.run(["--", "/no/such/server"]).expect(1, &["/no/such/server"]);
    place
        .run(["--memory-limit", "4KiB"])
        .expect(1, &["its limit of 1 pages", "raise --memory-limit, which is 4.0 KiB"]);
    assert_eq!(place.files(), files);
}

#[test]
fn files_that_cannot_be_written() {
    let place = Place::with(&hello());
    // Before anything is run, and without the temporary name.
    let missing = "cannot create a file in no/folder: No such file or directory";
    for flags in [
        &["--output", "no/folder/out.bin"][..],
        &["--debug-info", "no/folder/info"],
        &["--profile", "no/folder/profile", "--meta", "meta.json"],
        &["--witness-at", "=3", "--witness-out", "no/folder/hashes"],
        &["--proof-at", "=3", "--proof-fmt", "no/folder/%d.json"],
        &["--snapshot-at", "=3", "--snapshot-fmt", "no/folder/%d.bin"],
    ] {
        let ran = place.run(flags.iter().copied()).expect(1, &["cannot write no/folder/", missing]);
        assert!(!ran.err.contains("hello") && !ran.err.contains(".tribunal-"), "{ran:#?}");
    }
    // Flags about files that are not written do not matter, and a folder may be there in time for its step.
    place
        .run(["--proof-fmt", "no/folder/%d.json", "--witness-out", "no/folder/hashes"])
        .expect(0, &["hello"]);
    place
        .run(["--proof-at", "=3", "--proof-fmt", "no/%d/proof"])
        .expect(1, &["processing", "cannot write no/3/proof"]);
    fs::remove_file(place.file("out.bin")).unwrap();
    fs::create_dir(place.file("out.bin")).unwrap();
    let ran = place.run([]).expect(1, &["cannot write out.bin: is a directory"]);
    assert!(!ran.err.contains("hello"), "{ran:#?}");
    place.write("program.elf", hello().elf());
    place
        .vm(["load-elf", "--type", "multithreaded64-5", "--path", "program.elf", "--out", "no/state.bin"])
        .expect(1, &["cannot write no/state.bin"]);
    fs::remove_file(place.file("program.elf")).unwrap();
    assert_eq!(place.files(), ["out.bin", "state.bin"]);
    // What is no file is written to, not replaced.
    place.vm(["witness", "--input", "state.bin", "--output", "/dev/null"]).expect(0, &[]);
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}
