//! Precompiled contracts, the expensive ones by way of the oracle.

use alloc::{boxed::Box, string::String};

use alloy_primitives::Address;
use op_revm::{
    OpSpecId,
    precompiles::{OpPrecompiles, bls12_381 as bls_limits, bn254_pair as bn_limits},
};
use revm::{
    context::Cfg,
    context_interface::ContextTr,
    handler::{PrecompileProvider, precompile_output_to_interpreter_result},
    interpreter::{CallInputs, InterpreterResult},
    precompile::{
        PrecompileHalt, PrecompileOutput, Precompiles as Table, bls12_381_const as bls,
        bls12_381_utils::msm_required_gas, bn254::pair as bn, u64_to_address,
    },
};
use tribunal_mpt::ProviderError;

use crate::PrecompileOracle;

const ECRECOVER: Address = u64_to_address(1);
const ECRECOVER_GAS: u64 = 3_000;
/// Bytes of its input that ecrecover looks at.
const ECRECOVER_INPUT: usize = 128;
const BN_PAIR_LEN: usize = 192;
/// Input limit of the BN254 pairing from Karst on (`protocol/karst/exec-engine.md`).
const KARST_BN_MAX: usize = 57_600;
const POINT_EVALUATION: Address = u64_to_address(0x0a);
const POINT_EVALUATION_GAS: u64 = 50_000;
const POINT_EVALUATION_LEN: usize = 192;

/// The precompiled contracts of one fork.
pub(crate) struct Precompiles<'a, O> {
    table: &'static Table,
    spec: OpSpecId,
    oracle: &'a O,
    /// Why the oracle failed. The machine can carry no more than a text out of a failed call.
    failure: Option<(Address, ProviderError)>,
}

impl<'a, O: PrecompileOracle> Precompiles<'a, O> {
    pub(crate) fn new(spec: OpSpecId, oracle: &'a O) -> Self {
        let table = OpPrecompiles::new_with_spec(spec).precompiles();
        Self { table, spec, oracle, failure: None }
    }

    /// Takes the failure of the oracle that stopped the machine.
    pub(crate) fn take_failure(&mut self) -> Option<(Address, ProviderError)> {
        self.failure.take()
    }

    /// Runs the contract at `address`; `None` when there is none.
    fn call(
        &mut self,
        address: &Address,
        input: &[u8],
        gas: u64,
    ) -> Result<Option<PrecompileOutput>, String> {
        let Some(contract) = self.table.get(address) else { return Ok(None) };
        if *address == bn::ADDRESS && input.len() > KARST_BN_MAX && self.spec.is_enabled_in(OpSpecId::KARST) {
            return Ok(Some(PrecompileOutput::halt(PrecompileHalt::Bn254PairLength, 0)));
        }
        if let Some((required, input)) = accelerated(self.spec, address, input) {
            if required > gas {
                return Ok(Some(PrecompileOutput::halt(PrecompileHalt::OutOfGas, 0)));
            }
            match self.oracle.call(address, required, input) {
                Ok(Some((true, output))) => return Ok(Some(PrecompileOutput::new(required, output, 0))),
                // ecrecover never fails: it returns nothing where nothing is recovered.
                Ok(Some((false, _))) if *address == ECRECOVER => {
                    return Ok(Some(PrecompileOutput::new(required, Default::default(), 0)));
                }
                Ok(Some((false, _))) => {
                    let refused = PrecompileHalt::Other("refused".into());
                    return Ok(Some(PrecompileOutput::halt(refused, 0)));
                }
                Ok(None) => {}
                Err(failure) => {
                    self.failure = Some((*address, failure));
                    return Err("the precompile oracle failed".into());
                }
            }
        }
        contract.execute(input, gas, 0).map(Some).map_err(|error| alloc::format!("{error}"))
    }
}

/// Whether a call goes to the oracle: the gas it costs and the input that counts.
///
/// Not so when the length of the input makes the contract fail at once.
fn accelerated<'i>(spec: OpSpecId, address: &Address, input: &'i [u8]) -> Option<(u64, &'i [u8])> {
    let items =
        |size: usize| (!input.is_empty() && input.len().is_multiple_of(size)).then_some(input.len() / size);
    let exact = |len: usize, gas: u64| (input.len() == len).then_some(gas);
    let at_most = |before: usize, jovian: usize| {
        input.len() <= if spec.is_enabled_in(OpSpecId::JOVIAN) { jovian } else { before }
    };
    let gas = match *address {
        ECRECOVER => return Some((ECRECOVER_GAS, &input[..input.len().min(ECRECOVER_INPUT)])),
        bn::ADDRESS => {
            let limited = spec.is_enabled_in(OpSpecId::GRANITE);
            let fits =
                !limited || at_most(bn_limits::GRANITE_MAX_INPUT_SIZE, bn_limits::JOVIAN_MAX_INPUT_SIZE);
            let pairs = (input.len() / BN_PAIR_LEN) as u64;
            (fits && input.len().is_multiple_of(BN_PAIR_LEN))
                .then_some(pairs * bn::ISTANBUL_PAIR_PER_POINT + bn::ISTANBUL_PAIR_BASE)
        }
        POINT_EVALUATION => exact(POINT_EVALUATION_LEN, POINT_EVALUATION_GAS),
        bls::G1_ADD_ADDRESS => exact(bls::G1_ADD_INPUT_LENGTH, bls::G1_ADD_BASE_GAS_FEE),
        bls::G2_ADD_ADDRESS => exact(bls::G2_ADD_INPUT_LENGTH, bls::G2_ADD_BASE_GAS_FEE),
        bls::MAP_FP_TO_G1_ADDRESS => exact(bls::PADDED_FP_LENGTH, bls::MAP_FP_TO_G1_BASE_GAS_FEE),
        bls::MAP_FP2_TO_G2_ADDRESS => exact(bls::PADDED_FP2_LENGTH, bls::MAP_FP2_TO_G2_BASE_GAS_FEE),
        bls::G1_MSM_ADDRESS => items(bls::G1_MSM_INPUT_LENGTH)
            .filter(|_| {
                at_most(bls_limits::ISTHMUS_G1_MSM_MAX_INPUT_SIZE, bls_limits::JOVIAN_G1_MSM_MAX_INPUT_SIZE)
            })
            .map(|k| msm_required_gas(k, &bls::DISCOUNT_TABLE_G1_MSM, bls::G1_MSM_BASE_GAS_FEE)),
        bls::G2_MSM_ADDRESS => items(bls::G2_MSM_INPUT_LENGTH)
            .filter(|_| {
                at_most(bls_limits::ISTHMUS_G2_MSM_MAX_INPUT_SIZE, bls_limits::JOVIAN_G2_MSM_MAX_INPUT_SIZE)
            })
            .map(|k| msm_required_gas(k, &bls::DISCOUNT_TABLE_G2_MSM, bls::G2_MSM_BASE_GAS_FEE)),
        bls::PAIRING_ADDRESS => items(bls::PAIRING_INPUT_LENGTH)
            .filter(|_| {
                at_most(bls_limits::ISTHMUS_PAIRING_MAX_INPUT_SIZE, bls_limits::JOVIAN_PAIRING_MAX_INPUT_SIZE)
            })
            .map(|k| k as u64 * bls::PAIRING_MULTIPLIER_BASE + bls::PAIRING_OFFSET_BASE),
        _ => None,
    };
    gas.map(|gas| (gas, input))
}

impl<C, O> PrecompileProvider<C> for Precompiles<'_, O>
where
    C: ContextTr<Cfg: Cfg<Spec = OpSpecId>>,
    O: PrecompileOracle,
{
    type Output = InterpreterResult;

    /// The fork does not change within a block.
    fn set_spec(&mut self, _: OpSpecId) -> bool {
        false
    }

    fn run(&mut self, context: &mut C, inputs: &CallInputs) -> Result<Option<InterpreterResult>, String> {
        let input = inputs.input.as_bytes(context);
        let output = self.call(&inputs.bytecode_address, &input, inputs.gas_limit)?;
        Ok(output.map(|output| precompile_output_to_interpreter_result(output, inputs.gas_limit)))
    }

    fn warm_addresses(&self) -> Box<impl Iterator<Item = Address>> {
        Box::new(self.table.addresses().copied())
    }

    fn contains(&self, address: &Address) -> bool {
        self.table.contains(address)
    }
}
