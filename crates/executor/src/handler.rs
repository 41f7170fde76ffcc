//! Executes a transaction as op-revm does, except where op-revm deviates from the protocol or reads too much state.

use alloy_primitives::U256;
use op_revm::{
    OpHaltReason, OpSpecId, OpTransactionError,
    api::exec::OpContextTr,
    constants::{BASE_FEE_RECIPIENT, L1_FEE_RECIPIENT, OPERATOR_FEE_RECIPIENT},
    handler::{IsTxError, OpHandler},
    transaction::{OpTxTr, deposit::DEPOSIT_TRANSACTION_TYPE},
};
use revm::{
    context_interface::{
        Block, Cfg, ContextTr, JournalTr, Transaction,
        journaled_state::account::JournaledAccountTr,
        result::{ExecutionResult, FromStringError, InvalidTransaction, ResultGas},
    },
    handler::{EvmTr, EvmTrError, FrameResult, FrameTr, Handler},
    interpreter::{InitialAndFloorGas, interpreter_action::FrameInit},
};

use crate::l1_fees;

/// [`OpHandler`] with these changes:
///
/// - a fee vault that earns nothing is not loaded: the witness of another client may lack it;
/// - the fees of the block that activates Ecotone are Bedrock's, even if later forks activate with it ([`l1_fees`]);
/// - the code of a deposit's sender is not loaded, because deposits do not need it;
/// - the limit of init code (EIP-3860) applies to a deposit that creates a contract, as to all transactions.
pub(crate) struct BlockHandler<EVM, ERROR, FRAME> {
    op: OpHandler<EVM, ERROR, FRAME>,
}

impl<EVM, ERROR, FRAME> BlockHandler<EVM, ERROR, FRAME> {
    pub(crate) fn new() -> Self {
        Self { op: OpHandler::new() }
    }
}

impl<EVM, ERROR, FRAME> Handler for BlockHandler<EVM, ERROR, FRAME>
where
    EVM: EvmTr<Context: OpContextTr, Frame = FRAME>,
    ERROR: EvmTrError<EVM> + From<OpTransactionError> + FromStringError + IsTxError,
    FRAME: FrameTr<FrameResult = FrameResult, FrameInit = FrameInit>,
{
    type Evm = EVM;
    type Error = ERROR;
    type HaltReason = OpHaltReason;

    fn validate_env(&self, evm: &mut EVM) -> Result<(), ERROR> {
        let (tx, cfg) = (evm.ctx_ref().tx(), evm.ctx_ref().cfg());
        let limited = cfg.spec().is_enabled_in(OpSpecId::CANYON);
        if is_deposit(tx) && tx.kind().is_create() && limited && tx.input().len() > cfg.max_initcode_size() {
            return Err(InvalidTransaction::CreateInitCodeSizeLimit.into());
        }
        self.op.validate_env(evm)
    }

    fn validate_against_state_and_deduct_caller(
        &self,
        evm: &mut EVM,
        gas: &mut InitialAndFloorGas,
    ) -> Result<(), ERROR> {
        let (block, tx, cfg, journal, l1, _) = evm.ctx().all_mut();
        if !is_deposit(tx) {
            if l1.l2_block != Some(block.number()) {
                *l1 = l1_fees::fetch(journal.db_mut(), block.number(), cfg.spec())?;
            }
            if l1.empty_ecotone_scalars
                && let Some(encoded) = tx.enveloped_tx()
            {
                // Kept until the transaction ends.
                l1.calculate_tx_l1_cost(encoded, OpSpecId::ECOTONE);
            }
            return self.op.validate_against_state_and_deduct_caller(evm, gas);
        }
        let mint = U256::from(tx.mint().unwrap_or_default());
        let is_call = tx.kind().is_call();
        let mut caller = journal.load_account_mut(tx.caller())?.data;
        let balance = caller.balance().saturating_add(mint);
        caller.set_balance(balance);
        if is_call {
            caller.bump_nonce();
        }
        Ok(())
    }

    fn last_frame_result(&mut self, evm: &mut EVM, result: &mut FrameResult) -> Result<(), ERROR> {
        self.op.last_frame_result(evm, result)
    }

    fn reimburse_caller(&self, evm: &mut EVM, result: &mut FrameResult) -> Result<(), ERROR> {
        self.op.reimburse_caller(evm, result)
    }

    fn refund(&self, evm: &mut EVM, result: &mut FrameResult, eip7702_refund: i64) {
        self.op.refund(evm, result, eip7702_refund);
    }

    /// Pays the tip, the base fee, the data fee and, from Isthmus, the operator fee to their vaults.
    fn reward_beneficiary(&self, evm: &mut EVM, result: &mut FrameResult) -> Result<(), ERROR> {
        let (block, tx, cfg, journal, l1, _) = evm.ctx().all_mut();
        if is_deposit(tx) {
            return Ok(());
        }
        let Some(encoded) = tx.enveloped_tx() else {
            return Err(OpTransactionError::MissingEnvelopedTx.into());
        };
        let spec = cfg.spec();
        let gas_used = U256::from(result.gas().used());
        let base_fee = u128::from(block.basefee());
        let tip = tx.effective_gas_price(base_fee).saturating_sub(base_fee);
        let operator_fee = if spec.is_enabled_in(OpSpecId::ISTHMUS) {
            l1.operator_fee_charge(encoded, gas_used, spec)
        } else {
            U256::ZERO
        };
        let payments = [
            (block.beneficiary(), U256::from(tip).saturating_mul(gas_used)),
            (BASE_FEE_RECIPIENT, U256::from(base_fee).saturating_mul(gas_used)),
            (L1_FEE_RECIPIENT, l1.calculate_tx_l1_cost(encoded, spec)),
            (OPERATOR_FEE_RECIPIENT, operator_fee),
        ];
        for (vault, amount) in payments.into_iter().filter(|(_, amount)| !amount.is_zero()) {
            journal.balance_incr(vault, amount)?;
        }
        Ok(())
    }

    fn execution_result(
        &mut self,
        evm: &mut EVM,
        result: FrameResult,
        gas: ResultGas,
    ) -> Result<ExecutionResult<OpHaltReason>, ERROR> {
        self.op.execution_result(evm, result, gas)
    }

    fn catch_error(&self, evm: &mut EVM, error: ERROR) -> Result<ExecutionResult<OpHaltReason>, ERROR> {
        self.op.catch_error(evm, error)
    }
}

fn is_deposit(tx: impl Transaction) -> bool {
    tx.tx_type() == DEPOSIT_TRANSACTION_TYPE
}
