//! Precompiled contracts; the oracle answers calls of the expensive ones.

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
/// How many bytes of its input ecrecover reads.
const ECRECOVER_INPUT: usize = 128;
const BN_PAIR_LEN: usize = 192;
/// Input limit of the BN254 pairing in bytes, from Karst (`protocol/karst/exec-engine.md`).
const KARST_BN_MAX: usize = 57_600;
const POINT_EVALUATION: Address = u64_to_address(0x0a);
const POINT_EVALUATION_GAS: u64 = 50_000;
const POINT_EVALUATION_LEN: usize = 192;

/// The precompiled contracts of one fork.
pub(crate) struct Precompiles<'a, O> {
    table: &'static Table,
    spec: OpSpecId,
    oracle: &'a O,
    /// Why the oracle failed. The EVM passes on only a text from a failed call.
    failure: Option<(Address, ProviderError)>,
}

impl<'a, O: PrecompileOracle> Precompiles<'a, O> {
    pub(crate) fn new(spec: OpSpecId, oracle: &'a O) -> Self {
        let table = OpPrecompiles::new_with_spec(spec).precompiles();
        Self { table, spec, oracle, failure: None }
    }

    /// Takes the oracle's error that stopped the EVM.
    pub(crate) fn take_failure(&mut self) -> Option<(Address, ProviderError)> {
        self.failure.take()
    }

    /// Executes the contract at `address`; `None` if there is none.
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
                // ecrecover never fails: its output is empty if it recovers no address.
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

/// Cost in gas and input of a call that the oracle answers. `None` for other contracts, and if the contract fails for the
/// length of its input.
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

#[cfg(test)]
mod tests {
    use alloc::{vec, vec::Vec};
    use core::cell::RefCell;

    use alloy_primitives::Bytes;
    use revm::precompile::PrecompileStatus;

    use super::*;

    /// The contracts that take zeros, of the right length, for points at infinity.
    const POINTS: [(Address, usize); 8] = [
        (bn::ADDRESS, BN_PAIR_LEN),
        (bls::G1_ADD_ADDRESS, bls::G1_ADD_INPUT_LENGTH),
        (bls::G2_ADD_ADDRESS, bls::G2_ADD_INPUT_LENGTH),
        (bls::MAP_FP_TO_G1_ADDRESS, bls::PADDED_FP_LENGTH),
        (bls::MAP_FP2_TO_G2_ADDRESS, bls::PADDED_FP2_LENGTH),
        (bls::G1_MSM_ADDRESS, bls::G1_MSM_INPUT_LENGTH),
        (bls::G2_MSM_ADDRESS, bls::G2_MSM_INPUT_LENGTH),
        (bls::PAIRING_ADDRESS, bls::PAIRING_INPUT_LENGTH),
    ];

    #[derive(Default)]
    struct Scripted {
        asked: RefCell<Vec<(Address, u64, usize)>>,
        answer: Option<(bool, Bytes)>,
        fails: bool,
    }

    impl PrecompileOracle for Scripted {
        fn call(
            &self,
            address: &Address,
            gas: u64,
            input: &[u8],
        ) -> Result<Option<(bool, Bytes)>, ProviderError> {
            self.asked.borrow_mut().push((*address, gas, input.len()));
            if self.fails { Err("no answer".into()) } else { Ok(self.answer.clone()) }
        }
    }

    /// Calls that the oracle answers cost the same as in process, and calls that it does not answer fail.
    #[test]
    fn required_gas_is_that_of_the_contract() {
        let table = OpPrecompiles::new_with_spec(OpSpecId::KARST).precompiles();
        for (address, size) in POINTS {
            for len in [0, 1, size - 1, size, size + 1, 2 * size, 3 * size, 130 * size] {
                let input = vec![0; len];
                let output = table.get(&address).unwrap().execute(&input, u64::MAX, 0).unwrap();
                match accelerated(OpSpecId::KARST, &address, &input) {
                    Some((gas, _)) => {
                        assert_eq!(
                            (output.status, output.gas_used),
                            (PrecompileStatus::Success, gas),
                            "{address} {len}"
                        );
                    }
                    None => assert!(output.is_halt(), "{address} {len}"),
                }
            }
        }
    }

    #[test]
    fn input_limits_follow_the_forks() {
        let limits = [
            (bn::ADDRESS, OpSpecId::GRANITE, 112_687),
            (bn::ADDRESS, OpSpecId::JOVIAN, 81_984),
            (bn::ADDRESS, OpSpecId::KARST, 57_600),
            (bls::G1_MSM_ADDRESS, OpSpecId::ISTHMUS, 513_760),
            (bls::G1_MSM_ADDRESS, OpSpecId::JOVIAN, 288_960),
            (bls::G2_MSM_ADDRESS, OpSpecId::ISTHMUS, 488_448),
            (bls::G2_MSM_ADDRESS, OpSpecId::JOVIAN, 278_784),
            (bls::PAIRING_ADDRESS, OpSpecId::ISTHMUS, 235_008),
            (bls::PAIRING_ADDRESS, OpSpecId::JOVIAN, 156_672),
        ];
        let oracle = Scripted { answer: Some((true, Bytes::new())), ..Scripted::default() };
        for (address, spec, limit) in limits {
            let size = POINTS.iter().find(|(at, _)| *at == address).unwrap().1;
            let fits = limit / size * size;
            let mut precompiles = Precompiles::new(spec, &oracle);
            let mut call = |len| precompiles.call(&address, &vec![0; len], u64::MAX).unwrap().unwrap();
            assert!(call(fits).is_success(), "{address} {spec:?}");
            assert!(call(fits + size).is_halt(), "{address} {spec:?}");
        }
        let mut fjord = Precompiles::new(OpSpecId::FJORD, &oracle);
        assert!(fjord.call(&bn::ADDRESS, &vec![0; 192 * 1000], u64::MAX).unwrap().unwrap().is_success());
        assert!(fjord.call(&bls::G1_ADD_ADDRESS, &[0; 256], u64::MAX).unwrap().is_none());
    }

    #[test]
    fn answers_become_results() {
        let mut oracle = Scripted { answer: Some((true, Bytes::from_static(b"out"))), ..Scripted::default() };
        let output =
            Precompiles::new(OpSpecId::KARST, &oracle).call(&ECRECOVER, &[7; 200], 3_000).unwrap().unwrap();
        assert_eq!((output.gas_used, &output.bytes[..]), (3_000, &b"out"[..]));
        assert_eq!(oracle.asked.take(), [(ECRECOVER, 3_000, 128)]);

        let output =
            Precompiles::new(OpSpecId::KARST, &oracle).call(&ECRECOVER, &[], 2_999).unwrap().unwrap();
        assert!(output.is_halt());
        assert_eq!(oracle.asked.take(), [], "the oracle is not called without enough gas");

        oracle.answer = Some((false, Bytes::new()));
        let mut precompiles = Precompiles::new(OpSpecId::KARST, &oracle);
        assert!(precompiles.call(&ECRECOVER, &[], 3_000).unwrap().unwrap().is_success());
        assert!(precompiles.call(&POINT_EVALUATION, &[0; 192], 50_000).unwrap().unwrap().is_halt());

        oracle.fails = true;
        let mut precompiles = Precompiles::new(OpSpecId::KARST, &oracle);
        assert!(precompiles.call(&bn::ADDRESS, &[], 45_000).is_err());
        assert_eq!(precompiles.take_failure().unwrap().0, bn::ADDRESS);
    }
}
