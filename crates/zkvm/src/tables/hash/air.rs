//! The constraints.

use super::HashRow;
use crate::{
    bus::Buses,
    hash::{FIRST, LAST, MIDDLE, WIDTH, mix, mix_partial},
    stark::Val,
    tables::{NotFixed, Table},
};
use p3_field::PrimeCharacteristicRing;

/// The table of permutations.
pub(crate) struct Hash;

impl Table for Hash {
    const NAME: &'static str = "hash";
    type Row<T: Copy> = HashRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &HashRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let mut state = row.input.map(Into::into);
        mix(&mut state);
        for (constants, after) in FIRST.iter().zip(&row.first) {
            full_round(&mut state, constants);
            for (element, after) in state.iter_mut().zip(after) {
                builder.assert_eq(element.clone(), *after);
                *element = (*after).into();
            }
        }
        for (constant, after) in MIDDLE.into_iter().zip(row.middle) {
            builder.assert_eq((state[0].clone() + constant).cube(), after);
            state[0] = after.into();
            mix_partial(&mut state);
        }
        for (constants, after) in LAST.iter().zip(&row.last) {
            full_round(&mut state, constants);
            for (element, after) in state.iter_mut().zip(after) {
                builder.assert_eq(element.clone(), *after);
                *element = (*after).into();
            }
        }
        full_round(&mut state, &LAST[LAST.len() - 1]);
        for (element, output) in state.into_iter().zip(row.output) {
            builder.assert_eq(element, output);
        }
        let message = row.input.into_iter().chain(row.output).map(Into::into);
        builder.provide_many("hash", message, row.uses.into());
    }
}

/// A full round, without the assertion that closes it.
fn full_round<E: PrimeCharacteristicRing + core::ops::Add<Val, Output = E>>(
    state: &mut [E; WIDTH],
    constants: &[Val; WIDTH],
) {
    for (element, constant) in state.iter_mut().zip(constants) {
        *element = (element.clone() + *constant).cube();
    }
    mix(state);
}
