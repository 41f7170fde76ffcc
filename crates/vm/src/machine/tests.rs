//! Many steps at once against as many exact ones.

use super::*;
use crate::testing::{machine, state};
use proptest::prelude::*;

/// What there is to compare of a machine.
fn seen(machine: &mut Machine) -> (crate::Witness, Vec<crate::Thread>, Vec<u64>) {
    let threads = machine.state.left.iter().chain(&machine.state.right).cloned().collect();
    (machine.state.witness(), threads, machine.state.memory.page_indices())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn running_is_stepping((start, preimage) in state(), lengths in prop::collection::vec(1_u64..200, 1..4)) {
        let mut file = Vec::new();
        crate::write_state(&start, &mut file).unwrap();
        let copy = crate::read_state(&mut &file[..], 1 << 12).unwrap();
        let mut fast = machine((start, preimage.clone()));
        let mut exact = machine((copy, preimage));
        for length in lengths {
            let until = fast.state.step + length;
            let ran = fast.run(until, false);
            let stepped = (0..length).try_for_each(|_| exact.step());
            match (ran, stepped) {
                (Ok(_), Ok(())) => prop_assert_eq!(seen(&mut fast), seen(&mut exact)),
                (Err(fast), Err(exact)) => {
                    prop_assert_eq!(fast.to_string(), exact.to_string());
                    break;
                }
                (fast, exact) => prop_assert!(false, "{fast:?} {exact:?}"),
            }
        }
    }

    #[test]
    fn a_read_of_a_preimage_stops_the_run(start in state(), length in 1_u64..200) {
        let mut machine = machine(start);
        let until = machine.state.step + length;
        if let Ok(stop) = machine.run(until, true) {
            prop_assert_eq!(stop == Stop::PreimageRead, machine.last_preimage_read().is_some());
        }
    }
}
