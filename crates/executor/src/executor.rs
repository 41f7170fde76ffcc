//! Builds blocks.

use alloc::{sync::Arc, vec::Vec};

use alloy_consensus::{Header, Sealable, Sealed};
use alloy_primitives::{Address, Bytes, address};
use alloy_rlp::{Encodable, length_of_length};
use op_alloy_rpc_types_engine::OpPayloadAttributes;
use tracing::debug_span;
use tribunal_mpt::ordered;
use tribunal_rollup::{RollupConfig, output_root::OutputRoot};

use crate::{
    ExecutionProvider, ExecutorError, InvalidBlock, PrecompileOracle,
    block_state::{BlockState, Changes},
    canyon, footprint, header,
    receipts::{Outcome, Receipts},
    state::State,
    transaction::Transaction,
    vm::Vm,
};

/// The contract that records withdrawals.
const MESSAGE_PASSER: Address = address!("4200000000000000000000000000000000000016");
/// Most bytes that EIP-7934 allows in a block's RLP, from Karst.
const MAX_BLOCK_SIZE: usize = 8 << 20;

/// Builds L2 blocks from attributes, one on top of the other.
///
/// State is fetched from `P` when execution reads it. The tries stay in memory from block to block, so that nothing is
/// fetched twice in a row. Nodes that blocks have changed stay; nodes that were only read are dropped from time to time,
/// so that memory grows with the changes only.
#[derive(Debug)]
pub struct Executor<P, O> {
    config: Arc<RollupConfig>,
    parent: Sealed<Header>,
    state: State<P>,
    precompiles: Arc<O>,
    half_updated: bool,
}

impl<P: Clone, O> Clone for Executor<P, O> {
    fn clone(&self) -> Self {
        Self {
            config: Arc::clone(&self.config),
            parent: self.parent.clone(),
            state: self.state.clone(),
            precompiles: Arc::clone(&self.precompiles),
            half_updated: self.half_updated,
        }
    }
}

/// A block that was built.
#[derive(Debug, Clone)]
pub struct BuiltBlock {
    /// The header with its hash.
    pub header: Sealed<Header>,
    /// The number of transactions, deposits included.
    pub transactions: usize,
    /// The receipts, in the encoding that the receipts root commits to (EIP-2718).
    pub receipts: Vec<Bytes>,
}

/// The result of the transactions.
struct Execution {
    receipts: Receipts,
    changes: Changes,
}

impl<P: ExecutionProvider, O: PrecompileOracle> Executor<P, O> {
    /// An executor that builds its first block on top of `parent`.
    pub fn new(config: Arc<RollupConfig>, provider: P, precompiles: O, parent: Sealed<Header>) -> Self {
        let state = State::new(provider, &parent);
        Self { config, parent, state, precompiles: Arc::new(precompiles), half_updated: false }
    }

    /// Sets how many bytes of trie nodes are fetched before those that no block has changed are dropped; the default is
    /// 32 MiB. They are fetched again when they are needed.
    #[must_use]
    pub fn with_node_budget(mut self, bytes: usize) -> Self {
        self.state.node_budget = bytes;
        self
    }

    /// The parent of the next block.
    pub const fn parent(&self) -> &Sealed<Header> {
        &self.parent
    }

    /// Builds the block of the attributes, with exactly their transactions, and makes it the parent of the next.
    ///
    /// # Errors
    /// [`ExecutorError::InvalidBlock`] if the attributes do not make a valid block; then nothing has changed, and other
    /// attributes can be tried on the same parent. With all other errors the block is undecided. If a trie node is missing
    /// while the changes of the block are applied to the tries, the executor is unusable: every later call fails with
    /// [`ExecutorError::HalfUpdated`].
    pub fn build_block(&mut self, attributes: OpPayloadAttributes) -> Result<BuiltBlock, ExecutorError> {
        if self.half_updated {
            return Err(ExecutorError::HalfUpdated);
        }
        let mut header = header::begin(&self.config, &self.parent, &attributes)?;
        let raw = attributes.transactions.unwrap_or_default();
        let transactions = debug_span!("recover").in_scope(|| decode(&raw))?;
        self.check_l1_info(&transactions)?;
        if self.config.is_jovian_active(header.timestamp) {
            let footprint = footprint::data_footprint(&transactions)?;
            if footprint > header.gas_limit {
                return Err(InvalidBlock::DataFootprint { footprint, gas_limit: header.gas_limit }.into());
            }
            header.blob_gas_used = Some(footprint);
        }
        let Execution { receipts, changes } =
            debug_span!("execute").in_scope(|| self.execute(&header, transactions))?;
        header.gas_used = receipts.gas_used;
        header.logs_bloom = receipts.bloom;
        header.receipts_root = ordered::root(&receipts.encoded);
        self.check_size(&header, &raw)?;
        debug_span!("trie").in_scope(|| self.seal_state(&mut header, changes))?;

        let header = header.seal_slow();
        self.state.ancestors.push(&header);
        self.parent = header.clone();
        Ok(BuiltBlock { header, transactions: raw.len(), receipts: receipts.encoded })
    }

    /// The output of the last block, which its output root commits to.
    ///
    /// # Errors
    /// If the account of the message passer cannot be read. From Isthmus it is not read: the header has its storage root.
    pub fn output_root(&mut self) -> Result<OutputRoot, ExecutorError> {
        let withdrawals_storage_root = match self.parent.withdrawals_root {
            Some(root) if self.config.is_isthmus_active(self.parent.timestamp) => root,
            _ if self.half_updated => return Err(ExecutorError::HalfUpdated),
            _ => self.state.storage_root(MESSAGE_PASSER)?,
        };
        Ok(OutputRoot {
            state_root: self.parent.state_root,
            withdrawals_storage_root,
            block_hash: self.parent.seal(),
        })
    }

    /// Every block after Jovian's first starts with an L1 attributes deposit of Jovian's format.
    fn check_l1_info(&self, transactions: &[Transaction]) -> Result<(), InvalidBlock> {
        if !self.config.is_jovian_active(self.parent.timestamp) {
            return Ok(());
        }
        match transactions.first() {
            Some(first) if first.is_deposit() => footprint::gas_scalar(first.input()).map(drop),
            _ => Err(InvalidBlock::Attributes("the first transaction is no L1-info deposit")),
        }
    }

    /// EIP-7934. Roots have a fixed length, so the size is known before the roots are.
    fn check_size(&self, header: &Header, raw: &[Bytes]) -> Result<(), InvalidBlock> {
        if !self.config.is_karst_active(header.timestamp) {
            return Ok(());
        }
        // In the list of transactions, a legacy transaction is a list and any other is a string.
        let transactions =
            raw.iter().map(|tx| if tx.first() < Some(&0xc0) { tx.length() } else { tx.len() }).sum();
        let empty_lists = 2; // ommers and withdrawals
        let size = list_size(header.length() + list_size(transactions) + empty_lists);
        if size > MAX_BLOCK_SIZE { Err(InvalidBlock::Size(size)) } else { Ok(()) }
    }

    fn execute(
        &mut self,
        header: &Header,
        transactions: Vec<Transaction>,
    ) -> Result<Execution, ExecutorError> {
        let config = &*self.config;
        let mut vm = Vm::new(config, header, BlockState::new(&mut self.state), &*self.precompiles);
        vm.pre_block_calls(config, header)?;
        canyon::deploy_create2_deployer(config, header.timestamp, vm.state())?;
        let regolith = config.is_regolith_active(header.timestamp);
        let canyon = config.is_canyon_active(header.timestamp);
        let mut receipts = Receipts::with_capacity(transactions.len());
        for (index, tx) in transactions.into_iter().enumerate() {
            let system = tx.is_deposit() && tx.is_system();
            if system && regolith {
                return Err(InvalidBlock::SystemTransaction { index }.into());
            }
            let available = header.gas_limit.saturating_sub(receipts.gas_used);
            if tx.gas_limit() > available && !system {
                let gas_limit = tx.gas_limit();
                return Err(InvalidBlock::GasPool { index, gas_limit, available }.into());
            }
            let deposit_nonce =
                if tx.is_deposit() && canyon { Some(vm.state().nonce(tx.caller())?) } else { None };
            let ty = tx.ty();
            let result = vm.transact(index, tx)?;
            receipts.push(Outcome {
                ty,
                success: result.is_success(),
                gas_used: result.tx_gas_used(),
                logs: result.into_logs(),
                deposit_nonce,
            });
        }
        Ok(Execution { receipts, changes: vm.into_state().into_changes() })
    }

    /// Applies the changes to the tries, and sets the roots of the header.
    fn seal_state(&mut self, header: &mut Header, changes: Changes) -> Result<(), ExecutorError> {
        self.half_updated = true;
        header.state_root = self.state.apply(changes)?;
        if self.config.is_isthmus_active(header.timestamp) {
            header.withdrawals_root = Some(self.state.storage_root(MESSAGE_PASSER)?);
        }
        self.half_updated = false;
        Ok(())
    }
}

/// Bytes of an RLP list with a payload of this length.
const fn list_size(payload: usize) -> usize {
    payload + length_of_length(payload)
}

fn decode(raw: &[Bytes]) -> Result<Vec<Transaction>, InvalidBlock> {
    raw.iter().enumerate().map(|(index, tx)| Transaction::decode(index, tx)).collect()
}
