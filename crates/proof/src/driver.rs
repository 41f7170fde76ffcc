//! The driver: derives and executes L2 from the agreed block until the claim is decided.

use alloc::{rc::Rc, sync::Arc, vec::Vec};
use alloy_consensus::{Header, Sealed};
use alloy_primitives::{B256, Bytes};
use op_alloy_rpc_types_engine::OpPayloadAttributes;
use tribunal_derive::{AttributesWithParent, DerivationPipeline, Step, deposits_only};
use tribunal_executor::{BuiltBlock, Executor};
use tribunal_preimage::{CommsClient, HintType, PreimageKey, local_key::AGREED_OUTPUT_ROOT};
use tribunal_rollup::{BlockInfo, L2BlockInfo, OutputRoot, RollupConfig};

use crate::{
    blob::OracleBlobProvider,
    boot::{BootInfo, require_hash},
    caching::CachingOracle,
    error::ProofError,
    l1::OracleL1ChainProvider,
    l2::OracleL2ChainProvider,
    precompile::OraclePrecompiles,
    state::OracleStateProvider,
    verdict::{Outcome, Verdict},
};

/// Receives the driver's progress, for progress bars and statistics.
pub trait BlockProgress {
    /// A block was derived and executed on top of the pending safe head.
    fn block(&mut self, block: &BlockReport) {
        let _ = block;
    }
}

/// Ignores all progress.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl BlockProgress for Silent {}

/// One derived block.
#[derive(Debug, Clone)]
pub struct BlockReport {
    /// Number of the block.
    pub number: u64,
    /// Hash of the block.
    pub hash: B256,
    /// The L1 block whose data completed it.
    pub derived_from: BlockInfo,
    /// Number of transactions, deposits included.
    pub transactions: usize,
    /// Gas used.
    pub gas_used: u64,
    /// Whether the block was built with its deposits only, because it was invalid with its batch (Holocene).
    pub replaced: bool,
}

type StateExecutor<O> = Executor<OracleStateProvider<O>, OraclePrecompiles<O>>;
type Pipeline<O> =
    DerivationPipeline<SharedL1<O>, OracleBlobProvider<O>, crate::shared::Shared<OracleL2ChainProvider<O>>>;
type SharedL1<O> = crate::shared::Shared<OracleL1ChainProvider<O>>;

/// Derives and executes L2 blocks until the claim of `boot` is decided.
///
/// Derivation starts at the agreed block. It ends when the claimed block is safe, or when the L1 data ends. In the
/// second case the last block that can be derived stands for the claimed one (OP specs, `fault-proof/index.md`,
/// epilogue).
///
/// # Errors
/// Why the claim is undecided: see [`ProofError`].
pub fn derive_verdict<O: CommsClient>(
    oracle: O,
    boot: BootInfo,
    progress: &mut dyn BlockProgress,
) -> Result<Verdict, ProofError> {
    let oracle = Rc::new(CachingOracle::new(oracle));
    let agreed = agreed_output(&oracle, boot.agreed_output_root)?;
    let mut l2 =
        OracleL2ChainProvider::new(Rc::clone(&oracle), Arc::clone(&boot.rollup_config), agreed.block_hash)?;
    let parent = l2.head_header()?;
    check_agreed(&boot, &agreed, &parent)?;
    boot.rollup_config.require_l2_block(&block_info(&parent)).map_err(ProofError::Config)?;
    boot.require_known_forks(parent.timestamp)?;

    let outcome = |block: &Sealed<Header>, output_root, gas_used, l1_blocks| Outcome {
        number: block.number,
        hash: block.seal(),
        output_root,
        gas_used,
        l1_blocks,
        l2_blocks: block.number - parent.number,
    };
    if boot.claimed_block_number <= parent.number {
        // At the agreed block only its own root can be true (trace extension). Before it, no root can.
        let same = boot.claimed_block_number == parent.number;
        let computed = outcome(&parent, boot.agreed_output_root, 0, 0);
        return Ok(if same {
            Verdict::compare(&boot, computed)
        } else {
            Verdict::before_agreed(&boot, computed)
        });
    }

    let safe_head = l2.block_info(parent.number)?;
    boot.rollup_config.require_l1_origin(&safe_head).map_err(ProofError::Config)?;
    let mut driver = Driver::new(oracle, &boot, l2, parent.clone(), safe_head)?;
    driver.run(boot.claimed_block_number, progress)?;
    let (block, output_root) = driver.decisive(boot.claimed_block_number, boot.agreed_output_root)?;
    let l1_blocks = driver.l1.borrow().walked();
    Ok(Verdict::compare(&boot, outcome(&block, output_root, driver.gas_used, l1_blocks)))
}

/// Derivation and execution above the agreed block.
struct Driver<O> {
    config: Arc<RollupConfig>,
    pipeline: Pipeline<O>,
    executor: StateExecutor<O>,
    l1: SharedL1<O>,
    l2: crate::shared::Shared<OracleL2ChainProvider<O>>,
    /// The safe head.
    safe: L2BlockInfo,
    /// The pending safe head: the last executed block. It is ahead of `safe` within a span batch before Holocene.
    pending: L2BlockInfo,
    /// The state at `safe` while `pending` is ahead of it.
    checkpoint: Option<StateExecutor<O>>,
    /// Output root of the claimed block once it is executed, or of the last block.
    claimed_root: Option<(u64, B256)>,
    gas_used: u64,
}

impl<O: CommsClient> Driver<O> {
    fn new(
        oracle: Rc<CachingOracle<O>>,
        boot: &BootInfo,
        l2: OracleL2ChainProvider<O>,
        parent: Sealed<Header>,
        safe: L2BlockInfo,
    ) -> Result<Self, ProofError> {
        let l1 = crate::shared::Shared::new(OracleL1ChainProvider::new(Rc::clone(&oracle), boot.l1_head)?);
        let l2 = crate::shared::Shared::new(l2);
        let pipeline = DerivationPipeline::new(
            Arc::clone(&boot.rollup_config),
            Arc::clone(&boot.l1_config),
            l1.clone(),
            OracleBlobProvider::new(Rc::clone(&oracle)),
            l2.clone(),
            safe,
        );
        let executor = Executor::new(
            Arc::clone(&boot.rollup_config),
            OracleStateProvider::new(Rc::clone(&oracle)),
            OraclePrecompiles::new(oracle),
            parent,
        );
        Ok(Self {
            config: Arc::clone(&boot.rollup_config),
            pipeline,
            executor,
            l1,
            l2,
            safe,
            pending: safe,
            checkpoint: None,
            claimed_root: None,
            gas_used: 0,
        })
    }

    /// Derives until block `target` is safe or the L1 data ends.
    fn run(&mut self, target: u64, progress: &mut dyn BlockProgress) -> Result<(), ProofError> {
        while self.safe.block_info.number < target {
            let step =
                tracing::debug_span!("derive").in_scope(|| self.pipeline.next_attributes(&self.pending));
            let attributes = match step.map_err(ProofError::Derive)? {
                Step::Attributes(attributes) => attributes,
                Step::Exhausted => return self.revert(),
            };
            if let Some(report) = self.execute(*attributes, target)? {
                progress.block(&report);
            }
        }
        Ok(())
    }

    /// Executes derived attributes on top of the pending head. `None` if the block was dropped (before Holocene).
    fn execute(
        &mut self,
        derived: AttributesWithParent,
        target: u64,
    ) -> Result<Option<BlockReport>, ProofError> {
        let number = self.pending.block_info.number + 1;
        if !derived.is_last_in_span && self.checkpoint.is_none() {
            self.checkpoint = Some(self.executor.clone());
        }
        match self.executor.build_block(derived.attributes.clone()) {
            Ok(block) => self.extend(
                derived.attributes,
                &derived.derived_from,
                derived.is_last_in_span,
                block,
                target,
                false,
            ),
            Err(error) if !error.is_invalid_block() => Err(ProofError::Execution { number, source: error }),
            Err(error) if self.config.is_holocene_active(derived.derived_from.timestamp) => {
                tracing::info!(number, %error, "invalid block: replaced by its deposits");
                self.pipeline.invalid_payload();
                let attributes = deposits_only(derived.attributes);
                let block = self
                    .executor
                    .build_block(attributes.clone())
                    .map_err(|source| ProofError::DepositsOnly { number, source })?;
                self.extend(attributes, &derived.derived_from, derived.is_last_in_span, block, target, true)
            }
            Err(source) if is_deposits_only(&derived.attributes) => {
                Err(ProofError::DepositsOnly { number, source })
            }
            Err(error) => {
                tracing::info!(number, %error, "invalid block: dropped");
                self.revert()?;
                Ok(None)
            }
        }
    }

    /// Makes `block` the pending head, and also the safe head if it is the last of its span batch.
    fn extend(
        &mut self,
        attributes: OpPayloadAttributes,
        derived_from: &BlockInfo,
        concluding: bool,
        block: BuiltBlock,
        target: u64,
        replaced: bool,
    ) -> Result<Option<BlockReport>, ProofError> {
        let transactions: Vec<Bytes> = attributes.transactions.unwrap_or_default();
        let report = BlockReport {
            number: block.header.number,
            hash: block.header.seal(),
            derived_from: *derived_from,
            transactions: transactions.len(),
            gas_used: block.header.gas_used,
            replaced,
        };
        self.gas_used = self.gas_used.saturating_add(block.header.gas_used);
        self.l2.borrow_mut().push(block.header, transactions);
        self.pending = self.l2.borrow_mut().block_info(report.number)?;
        if report.number == target {
            self.claimed_root = Some((target, self.output_root()?));
        }
        if concluding {
            self.safe = self.pending;
            self.checkpoint = None;
        }
        Ok(Some(report))
    }

    /// Drops the blocks that are pending and not safe.
    fn revert(&mut self) -> Result<(), ProofError> {
        if let Some(executor) = self.checkpoint.take() {
            self.executor = executor;
        }
        self.pending = self.safe;
        self.l2.borrow_mut().truncate(self.safe.block_info.number);
        if self.claimed_root.is_some_and(|(number, _)| number > self.safe.block_info.number) {
            self.claimed_root = None;
        }
        Ok(())
    }

    /// The block that decides the claim, and its output root.
    fn decisive(&mut self, target: u64, agreed_root: B256) -> Result<(Sealed<Header>, B256), ProofError> {
        let number = target.min(self.safe.block_info.number);
        let header = self.l2.borrow_mut().header_by_number(number)?;
        let root = match self.claimed_root {
            Some((at, root)) if at == number => root,
            _ if self.l2.borrow().is_agreed(number) => agreed_root,
            // The last block that could be derived is the executor's parent.
            _ => self.output_root()?,
        };
        Ok((header, root))
    }

    fn output_root(&mut self) -> Result<B256, ProofError> {
        let number = self.pending.block_info.number;
        let output =
            self.executor.output_root().map_err(|source| ProofError::Execution { number, source })?;
        Ok(output.hash())
    }
}

/// Whether the block holds deposits only.
fn is_deposits_only(attributes: &OpPayloadAttributes) -> bool {
    attributes.transactions.iter().flatten().all(|tx| tx.first() == Some(&0x7e))
}

/// Reads the pre-image of the agreed output root.
fn agreed_output<O: CommsClient>(oracle: &CachingOracle<O>, root: B256) -> Result<OutputRoot, ProofError> {
    let bytes =
        oracle.get_hinted(PreimageKey::new_keccak256(root.0), HintType::L2Output, &[root.as_slice()])?;
    let output = OutputRoot::parse(&bytes).map_err(|error| ProofError::Malformed {
        what: "output root",
        hash: root,
        reason: alloc::string::ToString::to_string(&error),
    })?;
    require_hash("agreed output root", AGREED_OUTPUT_ROOT, root, output.hash())?;
    Ok(output)
}

fn block_info(block: &Sealed<Header>) -> BlockInfo {
    BlockInfo {
        hash: block.seal(),
        number: block.number,
        parent_hash: block.parent_hash,
        timestamp: block.timestamp,
    }
}

/// Checks that the agreed output describes the block that it names.
fn check_agreed(boot: &BootInfo, agreed: &OutputRoot, block: &Sealed<Header>) -> Result<(), ProofError> {
    let fail = |reason: &str| ProofError::AgreedOutput {
        output_root: boot.agreed_output_root,
        block: block.seal(),
        reason: reason.into(),
    };
    if block.state_root != agreed.state_root {
        return Err(fail("another state root"));
    }
    let in_header =
        boot.rollup_config.is_isthmus_active(block.timestamp).then_some(block.withdrawals_root).flatten();
    match in_header {
        Some(root) if root != agreed.withdrawals_storage_root => {
            Err(fail("another withdrawals storage root"))
        }
        _ => Ok(()),
    }
}
