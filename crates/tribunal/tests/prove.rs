//! `tribunal prove`, `verify` and `program-id`.

mod common;

use common::{
    Ran,
    machine::{Place, Program},
    program,
};
use std::{
    fs,
    hash::{BuildHasher, Hasher, RandomState},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use tribunal_zkvm::{RunProof, stark::Parameters};

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
    run(&["verify", "--security", "fast", &proof, "--program-id", &id])
        .expect(0, &["VALID", &id, "exit code 3", "59 proven"]);
    let json = run(&["verify", "--security", "fast", &proof, "--json"]).expect(0, &[]).json();
    assert_eq!((&json["valid"], &json["exit_code"]), (&true.into(), &3.into()));
    let other = format!("0x{}", "00".repeat(32));
    run(&["verify", "--security", "fast", &proof, "--program-id", &other])
        .expect(1, &["INVALID", "another program"]);

    // What is proven of it is too little, unless that is asked for.
    run(&["verify", &proof]).expect(1, &["INVALID", "--security fast"]);

    // Changed, cut and lengthened proofs.
    let bytes = fs::read(&proof).unwrap();
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = bytes.clone();
        change(&mut bytes);
        place.write("changed.bin", bytes);
        run(&["verify", "--security", "fast", place.file("changed.bin").to_str().unwrap()]).code
    };
    for place in (40..bytes.len()).step_by(bytes.len() / 3) {
        let code = changed(&|bytes| bytes[place] ^= 1);
        assert!(code == Some(1) || code == Some(2), "byte {place}: {code:?}");
    }
    assert_eq!(changed(&|bytes| bytes.truncate(bytes.len() - 1)), Some(2));
    assert_eq!(changed(&|bytes| bytes.push(0)), Some(2));
    assert_eq!(changed(&|bytes| bytes[0] ^= 1), Some(2));
    run(&["verify", "--security", "fast", &elf]).expect(2, &["is not a proof"]);
    run(&["verify", "--security", "fast", place.file("missing").to_str().unwrap()])
        .expect(2, &["cannot read"]);
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
    run(&["verify", "--security", "fast", &proof])
        .expect(0, &["VALID", "exit code 4", &format!("local key 9: {value}")]);
    let local = run(&["verify", "--security", "fast", &proof, "--json"]).expect(0, &[]).json()["local_keys"]
        [0]
    .clone();
    let key = format!("0x01{}09", "00".repeat(30));
    assert_eq!((&local["key"], &local["number"], &local["value"]), (&key.into(), &9.into(), &value.into()));
    assert!(local["name"].is_null());
}

#[test]
fn a_run_with_inputs_is_proven() {
    let place = Place::new();
    let mut key = alloy_primitives::keccak256(b"by its hash").0;
    key[0] = 2;
    place.write("program.elf", Program::new().read_local_keys(&[1, 2]).read_preimage(key, 1).exit(5).elf());
    place.write("input", [7; 8]);
    let [elf, proof, input] =
        ["program.elf", "proof.bin", "input"].map(|name| place.file(name).to_str().unwrap().to_owned());
    let prove = |inputs: &[&str]| {
        run(&[&["prove", "--elf", &elf, "--out", &proof, "--security", "fast"][..], inputs].concat())
    };
    prove(&["--input", &input]).expect(2, &["1 input:", "local key 2"]);
    let both = ["--input", &input, "--input", "0x0102030405060708"];
    prove(&both).expect(2, &["without a pre-image server"]);
    place.write("preimage", b"by its hash");
    let preimage = place.file("preimage");
    prove(&[&both[..], &["--preimage", preimage.to_str().unwrap()]].concat()).expect(0, &["exit code  5"]);
    run(&["verify", "--security", "fast", &proof])
        .expect(0, &["VALID", "local key 1: 0x0707070707070707", "local key 2: 0x0102030405060708"]);
    for flag in ["--input", "--preimage"] {
        run(&["prove", "folder", flag, "0x00"]).expect(2, &["cannot be used with", flag]);
    }
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
    run(&["verify", "--security", "fast", &proof, "--program-id", &id])
        .expect(0, &names)
        .expect(0, &["exit code 1", "L2 chain id: "]);
    let locals =
        run(&["verify", "--security", "fast", &proof, "--json"]).expect(0, &[]).json()["local_keys"].clone();
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
    let verified =
        run(&["verify", "--security", "fast", &proof, "--program-id", &id, "--json"]).expect(0, &[]).json();
    assert_eq!(
        (&verified["exit_code"], &verified["local_keys"][6]["name"]),
        (&0.into(), &"L1 chain config".into())
    );
    let root = |place: usize| verified["local_keys"][place]["value"].clone();
    assert_eq!(root(1), root(2));
}

/// The verdict of a claim is proven, and a proof that it is false does not become one that it is true.
#[test]
fn a_false_claim_is_not_presented_as_true() {
    let place = Place::new();
    let folder = place.devnet().to_str().unwrap().to_owned();
    // Two clients: one says of each claim that it is false, the other that it is true.
    let [refuted, confirmed] = [1, 0].map(|verdict| {
        let name = |ending: &str| place.file(&format!("{verdict}.{ending}")).to_str().unwrap().to_owned();
        place.write(&format!("{verdict}.elf"), Program::new().read_claim().exit(verdict).elf());
        let (client, proof) = (name("elf"), name("bin"));
        let args = ["--claim", "5", "--client", &client, "--out", &proof, "--security", "fast"];
        let exit_code = format!("exit code  {verdict}");
        run(&[&["prove", &folder][..], &args].concat()).expect(0, &[&exit_code]);
        let id = run(&["program-id", &client]).expect(0, &[]).out.trim().to_owned();
        (fs::read(&proof).unwrap(), id)
    });
    let verify = |proof: &RunProof, id: &str| {
        place.write("forged.bin", proof.to_bytes(&Parameters::FAST));
        let forged = place.file("forged.bin").to_str().unwrap().to_owned();
        run(&["verify", "--security", "fast", &forged, "--program-id", id, "--json"])
    };
    let read = |bytes: &[u8]| RunProof::from_bytes(bytes).unwrap().0;
    let honest = verify(&read(&refuted.0), &refuted.1).expect(0, &[]).json();
    assert_eq!((&honest["exit_code"], &honest["local_keys"][2]["number"]), (&1.into(), &3.into()));

    let other = read(&confirmed.0);
    let forgeries: [&dyn Fn(&mut RunProof); 8] = [
        // The exit code, where the last segment has it.
        &|proof| proof.segments.last_mut().unwrap().0.after.next_pc = 0,
        // The claim, the block and the agreed output root.
        &|proof| proof.locals[2].value[0] ^= 1,
        &|proof| proof.locals[3].value[7] ^= 1,
        &|proof| proof.locals[1].value = proof.locals[2].value.clone(),
        // The same with the digest that the oracle segment then claims, taken from another proof.
        &|proof| {
            proof.locals[2].value[31] ^= 1;
            proof.oracle[0].0.locals = other.oracle[0].0.locals;
        },
        // The run of the program that says so of each claim.
        &|proof| proof.program = other.program,
        &|proof| proof.segments = read(&confirmed.0).segments,
        &|proof| {
            proof.segments.last_mut().unwrap().0.after = other.segments.last().unwrap().0.after;
        },
    ];
    for (number, forge) in forgeries.iter().enumerate() {
        let mut proof = read(&refuted.0);
        forge(&mut proof);
        verify(&proof, &refuted.1).expect(1, &["\"valid\": false"]);
        println!("forgery {number} is refused");
    }
    // The other program's proof is valid, but for the other program.
    verify(&other, &confirmed.1).expect(0, &["\"exit_code\": 0"]);
    verify(&other, &refuted.1).expect(1, &["another program"]);
}

/// A run of ten segments and a few steps.
fn long_run(more: u32) -> Program {
    Program::new().wait(160 + more).exit(6)
}

/// The command that proves it.
fn proves(place: &Place, program: &str, more: &[&str]) -> Command {
    let mut command = self::program();
    command.current_dir(place.path()).args(["prove", "--elf", program, "--security", "fast"]);
    command.args(["--segment-steps", "50", "--work-dir"]).args(more);
    command
}

/// Waits for a process for a while, and kills it then. Returns whether it was killed before it ended.
fn killed_after(mut child: Child, wait: Duration) -> bool {
    let end = Instant::now() + wait;
    while Instant::now() < end {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return false;
        }
        thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    !child.wait().unwrap().success()
}

/// A run is killed (`kill -9`) again and again while it is proven, and says the same in the end. 20 times with CONFORMANCE_ALL=1.
#[test]
fn a_run_that_is_killed_goes_on() {
    let kills = if std::env::var_os("CONFORMANCE_ALL").is_some() { 20 } else { 4 };
    let place = Place::new();
    place.write("program.elf", long_run(0).elf());
    let begin = Instant::now();
    Ran::of(&mut proves(&place, "program.elf", &["undisturbed", "--out", "whole.bin"]))
        .expect(0, &["exit code  6"]);
    let whole = begin.elapsed();

    let segments = || {
        let files = fs::read_dir(place.file("work")).into_iter().flatten();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("segment-") && !name.contains(".new")).collect::<Vec<_>>()
    };
    let random = |below: u128| {
        let number = RandomState::new().build_hasher().finish();
        (u128::from(number) % below) as u64
    };
    let (mut killed, mut seen) = (0, Vec::new());
    while killed < kills {
        let mut command = proves(&place, "program.elf", &["work", "--resume", "--out", "proof.bin"]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        if killed_after(child, Duration::from_millis(random(whole.as_millis() / 3 + 1))) {
            killed += 1;
        } else {
            // It got to its end, so some of the work is to be done again.
            segments()
                .iter()
                .step_by(3)
                .for_each(|name| fs::remove_file(place.file("work").join(name)).unwrap());
        }
        seen.push(segments().len());
    }
    println!("undisturbed in {whole:?}; killed {killed} times, with this many segments: {seen:?}");
    Ran::of(&mut proves(&place, "program.elf", &["work", "--resume", "--out", "proof.bin"]))
        .expect(0, &["exit code  6"]);
    let verified = ["whole.bin", "proof.bin"].map(|name| {
        run(&["verify", "--security", "fast", place.file(name).to_str().unwrap(), "--json"])
            .expect(0, &[])
            .json()
    });
    assert_eq!(verified[0], verified[1]);
    assert!(verified[0]["segments"].as_u64() > Some(9), "{verified:?}");
    foreign_files(&place);
}

/// Files of the work folder that do not belong there are refused by name.
fn foreign_files(place: &Place) {
    let prove = |program: &str, more: &[&str]| {
        Ran::of(&mut proves(place, program, &[&["work", "--out", "proof.bin"], more].concat()))
    };
    let file = |name: &str| place.file("work").join(name);
    prove("program.elf", &[]).expect(2, &["work has segments of a run already"]);
    place.write("other.elf", long_run(9).elf());
    prove("other.elf", &["--resume"]).expect(2, &["work has segments of another run"]);
    // The proof of another segment, one that is cut, one that is changed, and other bytes.
    let right = fs::read(file("segment-00003")).unwrap();
    let mut changed = right.clone();
    changed[right.len() / 2] ^= 1;
    let another = fs::read(file("segment-00004")).unwrap();
    for (bytes, why) in [
        (&another, "does not belong to this run"),
        (&right[..right.len() / 2].to_vec(), "is damaged"),
        (&changed, "segment-00003"),
        (&b"anything".to_vec(), "is damaged"),
        (&Vec::new(), "is damaged"),
    ] {
        fs::write(file("segment-00003"), bytes).unwrap();
        prove("program.elf", &["--resume"]).expect(2, &["segment-00003", why]);
    }
    // As it says: it is deleted, and proven again. A file that was not finished does no harm.
    fs::remove_file(file("segment-00003")).unwrap();
    fs::write(file("segment-00003.new"), b"unfinished").unwrap();
    prove("program.elf", &["--resume"]).expect(0, &["exit code  6"]);
    let run_file = fs::read(file("run")).unwrap();
    fs::write(file("run"), &run_file[..run_file.len() - 1]).unwrap();
    prove("program.elf", &["--resume"]).expect(2, &["run is damaged"]);
}
