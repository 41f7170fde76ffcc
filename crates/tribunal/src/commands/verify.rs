//! `tribunal verify`: verify a proof.

use alloy_primitives::hex;
use anyhow::Context;
use serde::Serialize;
use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};
use tribunal_preimage::local_key::{
    AGREED_OUTPUT_ROOT, CLAIMED_BLOCK_NUMBER, CLAIMED_OUTPUT_ROOT, L1_HEAD, L2_CHAIN_ID,
    kona::{L1_CONFIG, ROLLUP_CONFIG},
};
use tribunal_zkvm::{LocalInput, RunProof, RunStatement, Setup, Unreadable, stark::Parameters};

use crate::{commands::security::Security, exit::Status, output};

/// Verify a proof that `tribunal prove` made, and print what it says.
///
/// Exit status: 0 if the proof is valid, 1 if it is not, 2 if the file is not a proof or cannot be read, 141 if the reader
/// of standard output has gone.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The proof.
    #[arg(value_name = "PROOF")]
    proof: PathBuf,
    /// The program that the proof must be about, as `tribunal program-id` prints it.
    #[arg(long, value_name = "ID")]
    program_id: Option<String>,
    /// The least security that is accepted: `proven`, 100 bits, or `fast`, 100 bits under a conjecture, of which 59 are proven.
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = Security::Proven, hide_possible_values = true)]
    security: Security,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

/// What the command prints as JSON.
#[derive(Serialize)]
struct Report {
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    program_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<u64>,
    segments: usize,
    security: &'static str,
    /// The local keys and values that the program could read; of a valid proof only.
    #[serde(skip_serializing_if = "Option::is_none")]
    local_keys: Option<Vec<Local>>,
}

/// A local key and its value.
#[derive(Serialize)]
struct Local {
    key: String,
    /// The number that the last eight bytes of the key are, if the others are zeros.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u64>,
    /// What the fault-proof program calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'static str>,
    value: String,
    /// The value as a number, if the fault-proof program takes it for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    decoded: Option<u64>,
}

/// The local keys of the fault-proof program: number, name, and length of the value if that is fixed.
const CLAIM: [(u64, &str, Option<usize>); 7] = [
    (L1_HEAD, "L1 head", Some(32)),
    (AGREED_OUTPUT_ROOT, "agreed output root", Some(32)),
    (CLAIMED_OUTPUT_ROOT, "claimed output root", Some(32)),
    (CLAIMED_BLOCK_NUMBER, "claimed block number", Some(8)),
    (L2_CHAIN_ID, "L2 chain id", Some(8)),
    (ROLLUP_CONFIG, "rollup config", None),
    (L1_CONFIG, "L1 chain config", None),
];

/// The number of a local key.
fn number(input: &LocalInput) -> Option<u64> {
    let (zeros, number) = input.key[1..].split_last_chunk()?;
    zeros.iter().all(|byte| *byte == 0).then(|| u64::from_be_bytes(*number))
}

/// The local keys as they are printed. Another program may use the same numbers for something else, so they have names only
/// if all those are there that state a claim, with values as long as the fault-proof program's.
fn decode(inputs: &[LocalInput]) -> Vec<Local> {
    let is =
        |input: &LocalInput, length: usize, of: u64| number(input) == Some(of) && input.value.len() == length;
    let is_claim = CLAIM
        .iter()
        .all(|(of, _, length)| length.is_none_or(|length| inputs.iter().any(|input| is(input, length, *of))));
    let local = |input: &LocalInput| {
        let number = number(input);
        let known = CLAIM.iter().find(|known| is_claim && Some(known.0) == number);
        let value = <[u8; 8]>::try_from(&input.value[..]).ok().filter(|_| known.is_some());
        Local {
            key: hex::encode_prefixed(input.key),
            number,
            name: known.map(|known| known.1),
            value: hex::encode_prefixed(&input.value),
            decoded: value.map(u64::from_be_bytes),
        }
    };
    inputs.iter().map(local).collect()
}

/// Reads a file, or only its beginning if that is not how a proof begins: the file may be endless.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let (mut file, mut bytes) = (File::open(path)?, Vec::new());
    (&mut file).take(64).read_to_end(&mut bytes)?;
    if !matches!(RunProof::from_bytes(&bytes), Err(Unreadable::Header)) {
        file.read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<Status> {
    let path = args.proof.display();
    let not_proof = || format!("{path} is not a proof");
    let bytes = read(&args.proof).with_context(|| format!("cannot read {path}"))?;
    let (proof, parameters) = RunProof::from_bytes(&bytes).with_context(not_proof)?;
    let judged = judge(&proof, &parameters, args);
    let report = Report {
        valid: judged.is_ok(),
        reason: judged.as_ref().err().cloned(),
        program_id: proof.program.id().to_string(),
        exit_code: judged.as_ref().ok().map(|statement| statement.exit_code),
        steps: judged.as_ref().ok().map(|statement| statement.steps),
        segments: proof.segments.len(),
        security: Security::of(&parameters).description(),
        local_keys: judged.as_ref().ok().map(|statement| decode(&statement.locals)),
    };
    if args.json {
        output::line(serde_json::to_string_pretty(&report)?)?;
    } else {
        print(&report)?;
    }
    Ok(if report.valid { Status::True } else { Status::False })
}

fn judge(proof: &RunProof, parameters: &Parameters, args: &Args) -> Result<RunStatement, String> {
    if Security::of(parameters) < args.security {
        return Err("it was made with `--security fast`, and `verify --security fast` accepts it".to_owned());
    }
    let id = proof.program.id().to_string();
    if let Some(expected) = &args.program_id
        && !expected.eq_ignore_ascii_case(&id)
    {
        return Err(format!("it is about another program than {expected}"));
    }
    proof.verify(&Setup::new(parameters)).map_err(|invalid| invalid.to_string())
}

fn print(report: &Report) -> anyhow::Result<()> {
    match &report.reason {
        None => output::line("VALID")?,
        Some(reason) => output::line(format_args!("INVALID: {reason}"))?,
    }
    output::line(format_args!("  program   {}", report.program_id))?;
    if let (Some(exit_code), Some(steps)) = (report.exit_code, report.steps) {
        output::line(format_args!("  exit code {exit_code}"))?;
        output::line(format_args!("  steps     {steps}"))?;
    }
    for local in report.local_keys.iter().flatten() {
        print_local(local)?;
    }
    output::line(format_args!("  segments  {}", report.segments))?;
    output::line(format_args!("  security  {}", report.security))?;
    Ok(())
}

/// The digits of a value that is printed in full. Configs are longer.
const MOST_DIGITS: usize = 2 + 2 * 64;

fn print_local(local: &Local) -> anyhow::Result<()> {
    let name = match (local.name, local.number) {
        (Some(name), _) => name.to_owned(),
        (None, Some(number)) => format!("local key {number}"),
        (None, None) => format!("local key {}", local.key),
    };
    let value = match local.decoded {
        Some(number) => number.to_string(),
        None if local.value.len() <= MOST_DIGITS => local.value.clone(),
        None => format!("{} bytes", local.value.len() / 2 - 1),
    };
    Ok(output::line(format_args!("  {name}: {value}"))?)
}
