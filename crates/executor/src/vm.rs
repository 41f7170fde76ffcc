//! The EVM of one block.

use alloc::{boxed::Box, string::ToString};

use alloy_consensus::Header;
use alloy_eips::{eip2935::HISTORY_STORAGE_ADDRESS, eip4788::BEACON_ROOTS_ADDRESS};
use alloy_primitives::{Address, B256, Bytes};
use op_revm::{L1BlockInfo, OpEvm, OpHaltReason, OpSpecId, OpTransaction, OpTransactionError};
use revm::{
    Context, Journal,
    context::{
        BlockEnv, CfgEnv, ContextSetters, Evm, FrameStack, TxEnv,
        result::{EVMError, ExecutionResult},
    },
    context_interface::{ContextTr, JournalTr},
    handler::{EthFrame, Handler, SYSTEM_ADDRESS, SystemCallTx, instructions::EthInstructions},
    interpreter::interpreter::EthInterpreter,
};
use tribunal_rollup::RollupConfig;

use crate::{
    ExecutionProvider, ExecutorError, InvalidBlock, PrecompileOracle, StateError, block_state::BlockState,
    environment, handler::BlockHandler, precompiles::Precompiles, transaction::Transaction,
};

type Ctx<'a, P> = Context<
    BlockEnv,
    OpTransaction<TxEnv>,
    CfgEnv<OpSpecId>,
    BlockState<'a, P>,
    Journal<BlockState<'a, P>>,
    L1BlockInfo,
>;
type Error = EVMError<StateError, OpTransactionError>;
type Instructions<'a, P> = EthInstructions<EthInterpreter, Ctx<'a, P>>;

/// Executes the transactions of one block in order, on one state.
pub(crate) struct Vm<'a, P: ExecutionProvider, O: PrecompileOracle> {
    evm: OpEvm<Ctx<'a, P>, (), Instructions<'a, P>, Precompiles<'a, O>>,
}

impl<'a, P: ExecutionProvider, O: PrecompileOracle> Vm<'a, P, O> {
    /// An EVM for the block with this header, of which the fields that are known before execution are set.
    pub(crate) fn new(
        config: &RollupConfig,
        header: &Header,
        state: BlockState<'a, P>,
        oracle: &'a O,
    ) -> Self {
        let spec = environment::spec(config, header.timestamp);
        let ctx = Context::<BlockEnv, TxEnv, CfgEnv<OpSpecId>, _, Journal<_>, ()>::new(state, spec)
            .with_tx(OpTransaction::default())
            .with_chain(L1BlockInfo::default())
            .with_block(environment::block(header))
            .with_cfg(environment::configuration(config, spec));
        let evm = Evm {
            ctx,
            inspector: (),
            instruction: EthInstructions::new_mainnet_with_spec(spec.into()),
            precompiles: Precompiles::new(spec, oracle),
            frame_stack: FrameStack::new_prealloc(8),
        };
        Self { evm: OpEvm(evm) }
    }

    /// Stores the parent beacon root (EIP-4788, from Ecotone on) and the parent hash (EIP-2935, from Isthmus on).
    pub(crate) fn pre_block_calls(
        &mut self,
        config: &RollupConfig,
        header: &Header,
    ) -> Result<(), ExecutorError> {
        if let Some(root) = header.parent_beacon_block_root {
            self.system_call(BEACON_ROOTS_ADDRESS, root)?;
        }
        if config.is_isthmus_active(header.timestamp) {
            self.system_call(HISTORY_STORAGE_ADDRESS, header.parent_hash)?;
        }
        Ok(())
    }

    /// Calls a system contract. Its output and its failure do not affect the block.
    fn system_call(&mut self, contract: Address, data: B256) -> Result<(), ExecutorError> {
        let tx = OpTransaction::new_system_tx_with_caller(SYSTEM_ADDRESS, contract, Bytes::from(data));
        self.evm.0.ctx.set_tx(tx);
        let result = BlockHandler::<_, Error, EthFrame>::new().run_system_call(&mut self.evm);
        match result {
            Ok(_) => {
                self.commit();
                Ok(())
            }
            Err(EVMError::Transaction(error)) => Err(ExecutorError::Machine(error.to_string())),
            Err(error) => Err(self.undecided(error)),
        }
    }

    /// Executes transaction `index` of the block and applies its changes.
    pub(crate) fn transact(
        &mut self,
        index: usize,
        tx: Transaction,
    ) -> Result<ExecutionResult<OpHaltReason>, ExecutorError> {
        self.evm.0.ctx.set_tx(tx.into_env());
        match BlockHandler::<_, Error, EthFrame>::new().run(&mut self.evm) {
            Ok(result) => {
                self.commit();
                Ok(result)
            }
            Err(EVMError::Transaction(reason)) => {
                Err(InvalidBlock::Transaction { index, reason: Box::new(reason) }.into())
            }
            Err(error) => Err(self.undecided(error)),
        }
    }

    fn commit(&mut self) {
        let ctx = &mut self.evm.0.ctx;
        let changes = ctx.journal_mut().finalize();
        ctx.db_mut().commit(changes);
    }

    /// An error of the state or of the oracle, which does not make the transaction invalid.
    fn undecided(&mut self, error: Error) -> ExecutorError {
        if let Some((address, source)) = self.evm.0.precompiles.take_failure() {
            return ExecutorError::Precompile { address, source };
        }
        match error {
            EVMError::Database(error) => error.into(),
            other => ExecutorError::Machine(other.to_string()),
        }
    }

    /// The state of the block so far.
    pub(crate) fn state(&mut self) -> &mut BlockState<'a, P> {
        self.evm.0.ctx.db_mut()
    }

    /// The state after the transactions so far.
    pub(crate) fn into_state(self) -> BlockState<'a, P> {
        self.evm.0.ctx.journaled_state.database
    }
}
