//! Claims of devnets with real nodes, as command lines.

// Each test file uses a part of this.
#![allow(dead_code)]

use crate::{real::RealDevnet, runs::program};
use std::process::Command;
use tribunal_host::Claim;

/// The addresses of nodes by kind, the preferred ones first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Addresses {
    pub(crate) l1: Vec<String>,
    pub(crate) beacon: Vec<String>,
    pub(crate) l2: Vec<String>,
}

impl Addresses {
    /// The flags that name them.
    pub(crate) fn flags(&self) -> [String; 6] {
        let [l1, beacon, l2] = [&self.l1, &self.beacon, &self.l2].map(|urls| urls.join(","));
        ["--l1-node-address".into(), l1, "--l1-beacon-address".into(), beacon, "--l2-node-address".into(), l2]
    }
}

/// `tribunal host single --native` about a claim.
pub(crate) fn deciding(devnet: &RealDevnet, claim: &Claim) -> Command {
    let boot = &claim.boot;
    let mut command = program();
    command.args(["host", "single", "--native"]);
    command.args(["--l1-head", &boot.l1_head.to_string()]);
    command.args(["--agreed-l2-head-hash", &claim.agreed_l2_head_hash.unwrap().to_string()]);
    command.args(["--agreed-l2-output-root", &boot.agreed_output_root.to_string()]);
    command.args(["--claimed-l2-output-root", &boot.claimed_output_root.to_string()]);
    command.args(["--claimed-l2-block-number", &boot.claimed_block_number.to_string()]);
    command.arg("--rollup-config-path").arg(devnet.file("rollup.json"));
    command.arg("--l1-config-path").arg(devnet.file("l1-genesis-config.json"));
    command
}

/// The exit code of a run with the right verdict.
pub(crate) fn right_code(claim: &Claim) -> i32 {
    match claim.valid.unwrap() {
        true => 0,
        false => 1,
    }
}
