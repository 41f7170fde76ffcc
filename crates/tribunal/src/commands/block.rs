//! `tribunal block`: execute the block of an `l2-blocks` fixture and compare its hash.

use alloy_consensus::{Header, Sealed};
use alloy_primitives::B256;
use anyhow::{Context, bail};
use op_alloy_rpc_types_engine::OpPayloadAttributes;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};
use tribunal_executor::{BuiltBlock, Executor};
use tribunal_host::{
    BootValues, ChainConfigs, Checks, Host, LocalInputs, LocalKeyFlavour, Verified, fixture, store,
};
use tribunal_proof::{CachingOracle, OracleStateProvider};
use tribunal_rollup::RollupConfig;

use crate::{
    exit::Status,
    inputs,
    output::{self, OutputError},
    printable::printable,
};

/// Execute one L2 block and compare its hash with the expected one.
///
/// Exit status: 0 if the hash is as expected, 1 if it is not, 2 if the block could not be executed, 141 if the reader of
/// standard output has gone.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folders with a block each: `fixture.json` has its inputs and its hash, `preimages.bin.zst` the state it reads.
    #[arg(required = true, value_name = "DIR")]
    dirs: Vec<PathBuf>,
}

/// The file with a block's inputs.
const FIXTURE: &str = "fixture.json";

/// What that file holds.
#[derive(Debug, Deserialize)]
struct BlockFixture {
    rollup_config: Box<RawValue>,
    parent_header: Header,
    executing_payload: OpPayloadAttributes,
    expected_block_hash: B256,
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<Status> {
    let mut status = Status::True;
    for dir in &args.dirs {
        let start = Instant::now();
        let executed = execute(dir);
        status = status.and(print(dir, &executed, start.elapsed())?);
    }
    Ok(status)
}

/// An executed block, and the hash it must have.
struct Executed {
    header: Sealed<Header>,
    expected: B256,
}

fn print(dir: &Path, executed: &anyhow::Result<Executed>, time: Duration) -> Result<Status, OutputError> {
    let dir = printable(dir.display());
    let Executed { header, expected } = match executed {
        Ok(executed) => executed,
        Err(error) => {
            output::line(format_args!("{dir}: UNDECIDED\n  {}", crate::with_causes(error)))?;
            return Ok(Status::Undecided);
        }
    };
    let (hash, gas) = (header.seal(), header.gas_used);
    let is_right = hash == *expected;
    output::line(format_args!("{dir}: {} ({time:.1?})", if is_right { "TRUE" } else { "FALSE" }))?;
    output::line(format_args!("  block     {} {hash}", header.number))?;
    if !is_right {
        output::line(format_args!("  expected  {expected}"))?;
    }
    output::line(format_args!("  gas       {gas}"))?;
    Ok(if is_right { Status::True } else { Status::False })
}

fn execute(dir: &Path) -> anyhow::Result<Executed> {
    inputs::require_folder(dir, FIXTURE)?;
    let path = dir.join(FIXTURE);
    let has_claims = || ["claims.json", "claim.json"].iter().any(|name| dir.join(name).exists());
    if !path.exists() && has_claims() {
        bail!("{} has claims and no {FIXTURE}: use `tribunal check`", dir.display());
    }
    let json = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let fixture: BlockFixture = serde_json::from_slice(&json)
        .with_context(|| format!("{} is not a block fixture", path.display()))?;
    let config = RollupConfig::from_json(fixture.rollup_config.get().as_bytes())
        .with_context(|| format!("{}: rollup_config", path.display()))?;
    let store = store::open(&dir.join(fixture::PREIMAGES))?;
    let no_claim = LocalInputs::new(
        BootValues {
            l1_head: B256::ZERO,
            agreed_output_root: B256::ZERO,
            claimed_output_root: B256::ZERO,
            claimed_block_number: 0,
            chain_id: 0,
        },
        ChainConfigs::default(),
        LocalKeyFlavour::Kona,
    );
    let host = Host::new(Arc::new(Verified::new(store)), no_claim, Checks::BeforeServing)?;
    let block = build(&host, config, fixture.parent_header, fixture.executing_payload)?;
    host.settle()?;
    Ok(Executed { header: block.header, expected: fixture.expected_block_hash })
}

fn build(
    host: &Host,
    config: RollupConfig,
    parent: Header,
    attributes: OpPayloadAttributes,
) -> anyhow::Result<BuiltBlock> {
    let oracle = std::rc::Rc::new(CachingOracle::new(host));
    let mut executor = Executor::new(
        Arc::new(config),
        OracleStateProvider::new(oracle),
        LocalPrecompiles,
        Sealed::new(parent),
    );
    Ok(executor.build_block(attributes)?)
}

/// The fixtures have no precompile results: calls run in this process.
#[derive(Debug, Clone, Copy)]
struct LocalPrecompiles;

impl tribunal_executor::PrecompileOracle for LocalPrecompiles {
    fn call(
        &self,
        _: &alloy_primitives::Address,
        _: u64,
        _: &[u8],
    ) -> Result<Option<(bool, alloy_primitives::Bytes)>, tribunal_mpt::ProviderError> {
        Ok(None)
    }
}
