//! `tribunal host single`: in one process, and as a server at the other end of real pipes.

mod common;

use common::{Copied, REAL_CLAIM, REAL_HASH, REAL_ROOT, Ran, program, spoil_hash};
use serde_json::Value;
use std::{
    io::{PipeReader, PipeWriter, pipe},
    os::fd::{AsRawFd, OwnedFd, RawFd},
    os::unix::{fs::symlink, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;
use tribunal_fixtures::{devnet, fixture};
use tribunal_preimage::{
    FdChannel, HintWriter, HintWriterClient, OracleReader, PreimageKey, PreimageOracleClient,
    PreimageOracleResult,
};
use tribunal_proof::Silent;

/// Flags of the host for the claim of a folder, with kona-host's names.
fn flags(folder: &Path) -> Vec<String> {
    let claim: Value = serde_json::from_slice(&std::fs::read(folder.join("claim.json")).unwrap()).unwrap();
    let flags = [
        ("--l1-head", "l1_head"),
        ("--agreed-l2-head-hash", "agreed_l2_head_hash"),
        ("--agreed-l2-output-root", "agreed_l2_output_root"),
        ("--claimed-l2-output-root", "claimed_l2_output_root"),
        ("--claimed-l2-block-number", "claimed_l2_block_number"),
        ("--l2-chain-id", "l2_chain_id"),
    ];
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut args: Vec<String> =
        flags.into_iter().flat_map(|(flag, field)| [flag.to_owned(), text(&claim[field])]).collect();
    args.extend(["--data-dir".to_owned(), folder.to_str().unwrap().to_owned()]);
    args
}

fn host(folder: &Path, more: &[&str]) -> Ran {
    Ran::of(program().args(["host", "single"]).args(flags(folder)).args(more))
}

#[test]
fn native() {
    let Some(original) = fixture(REAL_CLAIM) else { return };
    let folder = Copied::of(&original);
    host(folder.path(), &["--native"]).expect(0, &["TRUE", REAL_HASH]);
    folder.edit("claim.json", |claim| spoil_hash(&mut claim["claimed_l2_output_root"]));
    host(folder.path(), &["--native"]).expect(1, &["FALSE", REAL_ROOT]);
    folder.edit("claim.json", |claim| spoil_hash(&mut claim["l1_head"]));
    let l1_head = folder.read_json("claim.json")["l1_head"].as_str().unwrap().to_owned();
    host(folder.path(), &["--native"])
        .expect(2, &["UNDECIDED", &format!("0x02{}", &l1_head[4..]), "missing"]);
}

#[test]
fn usage_names_the_link() {
    let place = TempDir::new().unwrap();
    let link = place.path().join("kona-host");
    symlink(env!("CARGO_BIN_EXE_tribunal"), &link).unwrap();
    let kona_host = |args: &[&str]| Ran::of(Command::new(&link).env_clear().args(args));
    kona_host(&["single", "--native"]).expect(2, &["--l1-head", "Usage: kona-host single "]);
    kona_host(&["single", "--l1-head", "0x12"]).expect(2, &["--l1-head", "Usage: kona-host single "]);
    kona_host(&["--help"]).expect(0, &["Usage: kona-host "]);
}

#[test]
fn a_link_named_kona_host_is_the_host() {
    let Some(folder) = fixture(REAL_CLAIM) else { return };
    let place = TempDir::new().unwrap();
    let link = place.path().join("kona-host");
    symlink(env!("CARGO_BIN_EXE_tribunal"), &link).unwrap();
    let kona_host = || {
        let mut command = Command::new(&link);
        command.env_clear();
        command
    };
    Ran::of(kona_host().arg("single").args(flags(&folder)).arg("--native")).expect(0, &["TRUE", REAL_HASH]);
    // Everything but the mode from the environment.
    let mut command = kona_host();
    for pair in flags(&folder).chunks(2) {
        command.env(pair[0].trim_start_matches("--").to_uppercase().replace('-', "_"), &pair[1]);
    }
    Ran::of(command.args(["single", "--native"])).expect(0, &["TRUE", REAL_HASH]);
}

#[test]
fn what_cannot_be_is_refused() {
    let Some(original) = fixture(REAL_CLAIM) else { return };
    let folder = Copied::of(&original);
    for flag in ["--l1-node-address", "--l1-beacon-address", "--l2-node-address"] {
        host(folder.path(), &["--native", flag, "http://localhost:1"]).expect(2, &["-address is missing"]);
        // An empty variable names no node.
        host(folder.path(), &["--native", flag, ""]).expect(0, &["TRUE"]);
    }
    host(folder.path(), &["--native", "--enable-experimental-witness-endpoint"]).expect(0, &["TRUE"]);
    host(folder.path(), &["--native", "--local-keys", "op-program"])
        .expect(2, &["--local-keys op-program needs --server"]);
    host(folder.path(), &["--native", "--rollup-config-path", "rollup.json"])
        .expect(2, &["cannot be used with"]);
    host(folder.path(), &[]).expect(2, &["<--native|--server>"]);
    host(folder.path(), &["--native", "--server"]).expect(2, &["--server"]);
    let all = flags(folder.path());
    let run_without = |flag: &str| {
        let kept = all.chunks(2).filter(|pair| pair[0] != flag).flatten();
        Ran::of(program().args(["host", "single", "--native"]).args(kept))
    };
    for flag in ["--l1-head", "--agreed-l2-output-root", "--claimed-l2-block-number", "--data-dir"] {
        run_without(flag).expect(2, &[flag]);
    }
    run_without("--l2-chain-id").expect(2, &["--l2-chain-id", "--rollup-config-path"]);
    // It follows from the agreed root.
    run_without("--agreed-l2-head-hash").expect(0, &["TRUE"]);
    folder.edit("claim.json", |claim| spoil_hash(&mut claim["agreed_l2_head_hash"]));
    host(folder.path(), &["--native"]).expect(2, &["--agreed-l2-head-hash"]);
    host(folder.path(), &["--server"]).expect(2, &["--agreed-l2-head-hash"]);
    let closed = host(&original, &["--server"]);
    closed.expect(2, &["file descriptor 3 is not open"]);
    // What it opens to ask nodes does not pass for the descriptors.
    let nowhere = "http://127.0.0.1:1";
    let nodes = ["--l1-node-address", "--l1-beacon-address", "--l2-node-address"].map(|flag| [flag, nowhere]);
    let kept = all.chunks(2).filter(|pair| pair[0] != "--data-dir").flatten();
    let mut asking = program();
    asking.args(["host", "single", "--server", "--metrics-addr", "127.0.0.1:0"]).args(kept);
    Ran::of(asking.args(nodes.as_flattened())).expect(2, &["file descriptor 3 is not open"]);
}

#[test]
fn log_lines_have_the_format_that_is_asked_for() {
    let Some(original) = fixture(REAL_CLAIM) else { return };
    let said = |format: &str| host(&original, &["--native", "-vvv", "--logs.stdout.format", format]);
    let json = said("json").expect(0, &["derived block"]);
    let derived = json.err.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let derived = derived.filter(|line| line["fields"]["message"] == "derived block").collect::<Vec<_>>();
    assert_eq!(derived.len(), 1, "{json:#?}");
    assert_eq!((&derived[0]["level"], &derived[0]["target"]), (&"INFO".into(), &"tribunal::progress".into()));
    assert_eq!(derived[0]["fields"]["number"], 16_491_249);
    assert!(derived[0]["timestamp"].as_str().unwrap().ends_with('Z'));
    let logfmt =
        said("logfmt").expect(0, &[" level=INFO target=tribunal::progress derived block number=16491249"]);
    assert!(logfmt.err.starts_with("time=\""), "{logfmt:#?}");
    said("compact").expect(0, &["INFO", "derived block number=16491249"]);
    said("full").expect(0, &["INFO tribunal::progress: derived block number=16491249"]);
    // op-challenger passes no such flags, but its environment.
    let mut command = program();
    command.args(["host", "single", "--native"]).args(flags(&original));
    command.env("KONA_LOG_LEVEL", "3").env("KONA_LOG_STDOUT_FORMAT", "json");
    Ran::of(&mut command).expect(0, &["\"message\":\"derived block\""]);
    // kona-host's flag counts for more than the general one.
    let both = host(&original, &["--native", "-vvv", "--logs.stdout.format", "full", "--log-format", "json"]);
    assert!(!both.expect(0, &["INFO"]).err.contains('{'));
}

#[test]
fn flags_of_kona_host_are_accepted_or_refused_by_name() {
    let Some(folder) = fixture(REAL_CLAIM) else { return };
    for accepted in [
        &["--data-format", "directory"][..],
        &["--data-format", "redb"],
        &["--enable-experimental-witness-endpoint"],
        &["-vv"],
        &["-q"],
        &["--logs.stdout.quiet", "--logs.stdout.format", "full"],
        &["--logs.stdout.format", "pretty"],
        &["--logs.stdout.format", ""],
        &["--lock-timeout", "1"],
    ] {
        host(&folder, &[&["--native"], accepted].concat()).expect(0, &["TRUE", REAL_HASH]);
    }
    for (refused, words) in [
        (&["--data-format", "rocksdb"][..], "use the format `directory`"),
        (&["--data-format", "pebble"], "directory"),
        (&["--logs.stdout.format", "yaml"], "use one of full, json, pretty, compact, logfmt"),
        (&["--logs.file.directory", "x"], "redirect standard error"),
        (&["--logs.file.format", "json"], "redirect standard error"),
        (&["--logs.file.rotation", "daily"], "redirect standard error"),
    ] {
        host(&folder, &[&["--native"], refused].concat()).expect(2, &[refused[0], words]);
    }
    Ran::of(
        program().args(["host", "single", "--native"]).args(flags(&folder)).env("DATA_FORMAT", "rocksdb"),
    )
    .expect(2, &["use the format `directory`"]);
    Ran::of(program().args(["host", "super", "--native", "--l1-head", "0x00"]))
        .expect(2, &["interoperating chains are not supported"]);
}

#[test]
fn a_store_of_kona_host_is_read_and_a_rocksdb_refused() {
    let Some(folder) = fixture(REAL_CLAIM) else { return };
    let place = TempDir::new().unwrap();
    let run = |store: &Path| {
        let kept = flags(&folder);
        let kept = kept.chunks(2).filter(|pair| pair[0] != "--data-dir").flatten();
        let mut command = program();
        Ran::of(command.args(["host", "single", "--native", "--data-dir"]).arg(store).args(kept))
    };
    // As kona-host writes it.
    std::fs::write(place.path().join("kvformat"), "directory").unwrap();
    run(place.path()).expect(2, &["is missing"]);
    std::fs::write(place.path().join("kvformat"), "rocksdb").unwrap();
    run(place.path()).expect(2, &["RocksDB is not supported", "directory"]);
}

#[test]
fn a_chain_of_its_own() {
    let Some(folder) = devnet("deposits-1") else { return };
    let single = Copied::of(&folder);
    let claim = single.read_json("claims.json")[0].clone();
    single.write("claim.json", claim.to_string());
    let configs = ["--rollup-config-path", "rollup.json", "--l1-config-path", "l1-genesis-config.json"];
    let mut args = flags(single.path());
    let chain_id = args.iter().position(|flag| flag == "--l2-chain-id").unwrap();
    args.drain(chain_id..chain_id + 2);
    let mut command = program();
    command.current_dir(single.path()).args(["host", "single", "--native"]).args(args).args(configs);
    Ran::of(&mut command).expect(0, &["TRUE"]);
}

/// The four pipes between a program and a server.
struct Wires {
    /// On descriptors 3 to 6 of the program: acknowledgements, hints, pre-images, keys.
    program: [OwnedFd; 4],
    /// On descriptors 3 to 6 of the server: hints, acknowledgements, keys, pre-images.
    server: [OwnedFd; 4],
}

impl Wires {
    fn new() -> Self {
        let pipes: [(PipeReader, PipeWriter); 4] = std::array::from_fn(|_| pipe().unwrap());
        let [acknowledgements, hints, preimages, keys] = pipes;
        Self {
            program: [acknowledgements.0.into(), hints.1.into(), preimages.0.into(), keys.1.into()],
            server: [hints.0.into(), acknowledgements.1.into(), keys.0.into(), preimages.1.into()],
        }
    }
}

/// Starts a command with `ends` on its descriptors 3 to 6; they are closed in this process.
fn spawn(command: &mut Command, ends: [OwnedFd; 4]) -> Child {
    let numbers: [RawFd; 4] = std::array::from_fn(|i| ends[i].as_raw_fd());
    // SAFETY: between fork and exec only fcntl and dup2 are called, which are async-signal-safe.
    unsafe {
        command.pre_exec(move || {
            // Out of the way first: some may lie between 3 and 6 themselves.
            let mut high = [0; 4];
            for (high, number) in high.iter_mut().zip(numbers) {
                *high = libc::fcntl(number, libc::F_DUPFD_CLOEXEC, 16);
                if *high < 0 {
                    return Err(std::io::Error::last_os_error());
                }
            }
            for (target, high) in (3..).zip(high) {
                if libc::dup2(high, target) < 0 {
                    return Err(std::io::Error::last_os_error());
                }
            }
            Ok(())
        });
    }
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(ends);
    child
}

fn server(folder: &Path) -> Command {
    let mut command = program();
    command.args(["host", "single", "--server"]).args(flags(folder));
    command
}

#[track_caller]
fn finish(child: Child, code: i32, texts: &[&str]) {
    let output = child.wait_with_output().unwrap();
    let ran = Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    };
    ran.expect(code, texts);
}

/// The program's ends in this process.
struct Client {
    hints: HintWriter<FdChannel>,
    preimages: OracleReader<FdChannel>,
}

impl Client {
    fn new([acknowledgements, hints, preimages, keys]: [OwnedFd; 4]) -> Self {
        Self {
            hints: HintWriter::new(FdChannel::new(acknowledgements, hints)),
            preimages: OracleReader::new(FdChannel::new(preimages, keys)),
        }
    }
}

impl PreimageOracleClient for Client {
    fn get(&self, key: PreimageKey) -> PreimageOracleResult<Vec<u8>> {
        self.preimages.get(key)
    }

    fn get_exact(&self, key: PreimageKey, buf: &mut [u8]) -> PreimageOracleResult<()> {
        self.preimages.get_exact(key, buf)
    }
}

impl HintWriterClient for Client {
    fn write(&self, hint: &[u8]) -> PreimageOracleResult<()> {
        self.hints.write(hint)
    }
}

#[test]
fn a_client_is_served_over_pipes() {
    let Some(folder) = fixture(REAL_CLAIM) else { return };
    let wires = Wires::new();
    let server = spawn(&mut server(&folder), wires.server);
    let client = Client::new(wires.program);
    let verdict = tribunal_client::run(&client, &mut Silent).unwrap();
    assert!(verdict.valid);
    assert_eq!(verdict.outcome.hash.to_string(), REAL_HASH);
    drop(client);
    finish(server, 0, &[]);
}

#[test]
fn a_server_without_the_preimage_says_which() {
    let Some(folder) = fixture(REAL_CLAIM) else { return };
    let folder = Copied::of(&folder);
    folder.edit("claim.json", |claim| spoil_hash(&mut claim["l1_head"]));
    let l1_head = folder.read_json("claim.json")["l1_head"].as_str().unwrap().to_owned();
    let wires = Wires::new();
    let server = spawn(&mut server(folder.path()), wires.server);
    let client = Client::new(wires.program);
    let error = tribunal_client::run(&client, &mut Silent).unwrap_err();
    assert!(error.oracle_error().is_some(), "{error}");
    drop(client);
    finish(server, 2, &[&format!("0x02{}", &l1_head[4..]), "missing"]);
}

/// The native client, when the whole workspace is tested: then it was built beside this program.
fn native_client() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_BIN_EXE_tribunal")).with_file_name("tribunal-client");
    if path.is_file() {
        return Some(path);
    }
    tribunal_fixtures::skip("no native client (cargo test --workspace builds it)");
    None
}

#[test]
fn the_native_client_is_served_over_pipes() {
    let (Some(folder), Some(client)) = (fixture(REAL_CLAIM), native_client()) else { return };
    let copy = Copied::of(&folder);
    for (code, said) in [(0, ""), (1, REAL_ROOT), (2, "could not be decided")] {
        let wires = Wires::new();
        let server = spawn(&mut server(copy.path()), wires.server);
        let client = spawn(Command::new(&client).env_clear(), wires.program);
        finish(client, code, &[said]);
        finish(server, if code == 2 { 2 } else { 0 }, &[]);
        let spoil = if code == 0 { "claimed_l2_output_root" } else { "l1_head" };
        copy.edit("claim.json", |claim| spoil_hash(&mut claim[spoil]));
    }
}
