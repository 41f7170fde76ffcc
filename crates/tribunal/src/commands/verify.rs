//! `tribunal verify`: verify a proof.

use anyhow::Context;
use serde::Serialize;
use std::{fs, path::PathBuf};
use tribunal_zkvm::{RunProof, RunStatement, Setup, stark::Parameters};

use crate::{exit::Status, output};

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
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<Status> {
    let path = args.proof.display();
    let bytes = fs::read(&args.proof).with_context(|| format!("cannot read {path}"))?;
    let (proof, parameters) =
        RunProof::from_bytes(&bytes).with_context(|| format!("{path} is not a proof"))?;
    let judged = judge(&proof, &parameters, args.program_id.as_deref());
    let report = Report {
        valid: judged.is_ok(),
        reason: judged.as_ref().err().cloned(),
        program_id: proof.program.id().to_string(),
        exit_code: judged.as_ref().ok().map(|statement| statement.exit_code),
        steps: judged.as_ref().ok().map(|statement| statement.steps),
        segments: proof.segments.len(),
        security: security(&parameters),
    };
    if args.json {
        output::line(serde_json::to_string_pretty(&report)?)?;
    } else {
        print(&report)?;
    }
    Ok(if report.valid { Status::True } else { Status::False })
}

fn judge(proof: &RunProof, parameters: &Parameters, expected: Option<&str>) -> Result<RunStatement, String> {
    let id = proof.program.id().to_string();
    if let Some(expected) = expected
        && !expected.eq_ignore_ascii_case(&id)
    {
        return Err(format!("it is about another program than {expected}"));
    }
    proof.verify(&Setup::new(parameters)).map_err(|invalid| invalid.to_string())
}

const fn security(parameters: &Parameters) -> &'static str {
    if parameters.queries == Parameters::PROVEN.queries {
        "100 bits, proven (FRI in the list-decoding regime)"
    } else {
        "100 bits under a conjecture, 59 proven"
    }
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
    output::line(format_args!("  segments  {}", report.segments))?;
    output::line(format_args!("  security  {}", report.security))?;
    Ok(())
}
