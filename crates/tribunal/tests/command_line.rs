//! Flags that every command reads alike: colour, logs, hashes and numbers.

mod common;

use common::{Ran, machine::Place, program, tribunal};

fn ran(line: &str) -> Ran {
    tribunal(line.split(' '))
}

fn is_colored(ran: &Ran) -> bool {
    ran.out.contains('\x1b') || ran.err.contains('\x1b')
}

#[test]
fn colour_is_for_terminals_unless_it_is_asked_for() {
    // Help, a usage error, and a log line.
    for line in ["--help", "vm run --help", "judge", "check nowhere --jobs 0", "--log info vm list"] {
        assert!(!is_colored(&ran(line)), "{line}");
        assert!(!is_colored(&ran(&format!("--color never {line}"))), "{line}");
        assert!(!is_colored(&Ran::of(program().env("NO_COLOR", "1").args(line.split(' ')))), "{line}");
    }
    for line in ["--color always --help", "--color=always vm run --help", "judge --color always"] {
        assert!(is_colored(&ran(line)), "{line}");
        // A flag counts for more than the environment.
        assert!(is_colored(&Ran::of(program().env("NO_COLOR", "1").args(line.split(' ')))), "{line}");
    }
    ran("--color pink check nowhere").expect(2, &["pink", "auto"]);
}

#[test]
fn the_log_is_coloured_only_when_asked() {
    let place = Place::new();
    let devnet = place.devnet();
    let devnet = devnet.to_str().unwrap();
    let log = |color| tribunal(["check", devnet, "--expect", "--log", "info", "--color", color]);
    let colored = log("always").expect(0, &["derived block"]);
    assert!(colored.err.contains('\x1b') && !colored.out.contains('\x1b'));
    for color in ["auto", "never"] {
        assert!(!is_colored(&log(color).expect(0, &["derived block"])));
    }
}

/// The lines on standard error, each of which is JSON.
fn lines(ran: &Ran) -> Vec<serde_json::Value> {
    ran.err.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{ran:#?}"))).collect()
}

#[test]
fn with_json_every_line_on_standard_error_is_an_object() {
    let place = Place::new();
    let devnet = place.devnet();
    let devnet = devnet.to_str().unwrap();
    let args = ["check", devnet, "--expect", "--log", "info", "--log-format", "json", "--color", "always"];
    let logged = tribunal(args).expect(0, &[]);
    assert!(lines(&logged).iter().any(|line| line["fields"]["message"] == "derived block"));
    assert!(!is_colored(&logged));
    for (line, message) in [
        ("--log-format json check nowhere", "there is no folder nowhere"),
        ("--log-format=json vm witness --input nowhere", "nowhere"),
        ("vm --log-format json run --input nowhere", "nowhere"),
    ] {
        let ran = ran(line);
        let lines = lines(&ran);
        let last = lines.last().unwrap();
        assert_eq!((&last["level"], &last["target"]), (&"ERROR".into(), &"tribunal".into()), "{ran:#?}");
        let text = last["fields"]["message"].as_str().unwrap();
        assert!(text.contains(message) && !text.starts_with("error"), "{ran:#?}");
        assert_eq!(ran.out, "");
    }
    ran("check nowhere --log-format yaml").expect(2, &["yaml", "text, json", "Usage:"]);
}

#[test]
fn help_describes_each_command_and_ends_with_the_global_options() {
    for (line, text) in [
        ("check --help", "The folder holds `claim.json` or `claims.json`"),
        ("check --help", "141 if the reader"),
        ("bench --help", "0 if the claim was decided, also if it is false"),
        ("block --help", "Exit status: 0 if the hash is as expected"),
        ("preimages import --help", "appears when it is complete"),
        ("host single --help", "hints from file descriptor 3"),
        ("devnet --help", "The same options give the same files."),
        ("vm run --help", "PATTERN of steps is"),
        ("vm step-check --help", "1 if a proof is invalid"),
        ("guest new --help", "in whose folder"),
        ("guest build --help", "This needs Rust with the sources"),
        ("guest run --help", "the program's exit code"),
        ("bench --help", "keeps nothing of earlier runs"),
    ] {
        let help = ran(line).expect(0, &[text]).out;
        let (own, global) = help.split_once("\nGlobal options:\n").unwrap();
        assert!(
            !own.contains("--log <") && global.contains("--log <") && global.contains("--color <"),
            "{help}"
        );
    }
}

#[test]
fn values_that_make_no_sense_are_usage_errors() {
    for (line, text) in [
        ("check nowhere --jobs 0", "at least 1"),
        ("check nowhere --jobs many", "not a number"),
        ("check nowhere --claim=-1", "not a number"),
        ("check nowhere --claim -1", "not a number"),
        ("preimages import --lock-timeout -1 nowhere --store there", "not a number"),
        ("check nowhere --client program.elf", "add --vm fpvm"),
        ("bench nowhere --runs 0", "at least 1"),
        ("devnet --out nowhere --seed 1.5", "not a number"),
        ("--log nonsense= check nowhere", "not a level"),
        ("--log inof check nowhere", "not a level"),
    ] {
        ran(line).expect(2, &[text, "Usage:"]);
    }
    for line in ["help --help", "vm help --help", "vm help run -h"] {
        ran(line).expect(0, &["Usage: tribunal "]);
    }
    // Cannon's exit code for a usage error.
    ran("--log nonsense= vm list").expect(1, &["not a level"]);
}

#[test]
fn hashes_and_numbers_are_read_alike() {
    let place = Place::new();
    let folder = |name: &str| place.file(name).to_str().unwrap().to_owned();
    for (name, seed) in [("decimal", "26"), ("hexadecimal", "0x1A")] {
        tribunal(["devnet", "--blocks", "0x7", "--seed", seed, "--out", &folder(name)])
            .expect(0, &["7 blocks"]);
    }
    let claims = |name: &str| std::fs::read(place.file(name).join("claims.json")).unwrap();
    assert!(claims("decimal") == claims("hexadecimal"));
    let claims: serde_json::Value = serde_json::from_slice(&claims("decimal")).unwrap();
    let claim = claims.as_array().unwrap().iter().find(|claim| claim["valid"] == true).unwrap();
    let hash = |name: &str| claim[name].as_str().unwrap().trim_start_matches("0x").to_owned();
    let number = claim["claimed_l2_block_number"].as_u64().unwrap();
    let native = |prefix: &str, number: &str| {
        let [rollup, l1] =
            ["rollup.json", "l1-genesis-config.json"].map(|name| folder(&format!("decimal/{name}")));
        ran(&format!(
            "host single --native --data-dir {} --rollup-config-path {rollup} --l1-config-path {l1} --l1-head \
             {prefix}{} --agreed-l2-output-root {prefix}{} --claimed-l2-output-root {prefix}{} \
             --claimed-l2-block-number {number}",
            folder("decimal"),
            hash("l1_head"),
            hash("agreed_l2_output_root"),
            hash("claimed_l2_output_root"),
        ))
    };
    native("0x", &number.to_string()).expect(0, &["TRUE"]);
    native("", &format!("{number:#x}")).expect(0, &["TRUE"]);
    native("0x0", "7").expect(2, &["64 hexadecimal digits"]);
}

#[test]
fn errors_name_the_file_at_fault() {
    let place = Place::new();
    let dir = place.path().to_str().unwrap();
    tribunal(["check", dir]).expect(2, &["claims.json: is missing, and so is claim.json"]);
    tribunal(["block", dir]).expect(2, &["cannot read ", "fixture.json: No such file"]);
    place.write("fixture.json", "{}");
    tribunal(["block", dir]).expect(2, &["fixture.json is not a block fixture: missing field"]);
    let header = serde_json::to_value(alloy_consensus::Header::default()).unwrap();
    let attributes = serde_json::json!({
        "timestamp": "0x0",
        "prevRandao": header["mixHash"],
        "suggestedFeeRecipient": header["miner"],
        "withdrawals": null,
        "parentBeaconBlockRoot": null,
    });
    let fixture = serde_json::json!({
        "rollup_config": {},
        "parent_header": header,
        "executing_payload": attributes,
        "expected_block_hash": header["parentHash"],
    });
    place.write("fixture.json", fixture.to_string());
    tribunal(["block", dir]).expect(2, &["fixture.json: rollup_config: ", "is missing"]);
}

#[test]
fn a_claim_that_cannot_be_started_has_no_time() {
    let place = Place::new();
    let devnet = place.devnet();
    let devnet = devnet.to_str().unwrap();
    std::fs::remove_file(place.file("devnet/rollup.json")).unwrap();
    tribunal(["check", devnet, "--claim", "0"]).expect(2, &["claim 0: UNDECIDED\n  "]);
    let other = tribunal(["check", devnet, "--claim", "99"]);
    let none = ["there is no claim 99: ", "claims.json has claims 0 to "];
    other.expect(2, &none);
    tribunal(["bench", devnet, "--claim", "99"]).expect(2, &none);
}

#[test]
fn a_file_where_a_folder_is_wanted_is_named() {
    let place = Place::new();
    place.write("claims.json", "[]");
    place.write("notes", "");
    for (command, wanted) in [
        ("check", "claim.json or claims.json"),
        ("bench", "claim.json or claims.json"),
        ("block", "fixture.json"),
    ] {
        let run = |name: &str| tribunal([command, place.file(name).to_str().unwrap()]);
        run("claims.json")
            .expect(2, &["claims.json is a file; name its folder: ", place.path().to_str().unwrap()]);
        run("notes").expect(2, &["notes is a file; name a folder with ", wanted]);
        run("missing").expect(2, &["there is no folder ", "missing"]);
    }
    // A folder of another kind, too.
    let dir = place.path().to_str().unwrap();
    tribunal(["block", dir]).expect(2, &["has claims and no fixture.json: use `tribunal check`"]);
}
