//! The prover of Plonky3 and this one make the same proofs, byte by byte.

use super::faults::{honest_segments, some_preimages};
use crate::{
    Setup,
    air::AnyTable,
    machine::{Shape, public_values},
    prove::{batch::prove, fill},
    stark::{Parameters, Val},
    trace::{Recorded, RecordedOracle, Tables, record_oracle},
};
use p3_batch_stark::{StarkInstance, prove_batch};

/// Few queries, and no proof of work, because threads may find different ones.
const PARAMETERS: Parameters = Parameters { queries: 3, query_grinding: 0, ..Parameters::FAST };

fn assert_same(tables: Tables, kind: &[AnyTable], public: &[Val], shape: &Shape, setup: &Setup) {
    let traces = fill(tables, kind, public).matrices;
    let public = public_values(shape.tables, public);
    let (data, plans) = shape.prover_data(&setup.config);
    let ours = prove(shape.tables, &traces, &public, &setup.config, data, plans).unwrap();
    let borrowed: Vec<_> = traces.iter().collect();
    let instances = StarkInstance::new_multiple(shape.tables, &borrowed, &public);
    let theirs = prove_batch(&setup.config, &instances, data).unwrap();
    let bytes = [ours, theirs].map(|proof| postcard::to_allocvec(&proof).unwrap());
    assert!(bytes[0] == bytes[1], "{} and {} bytes", bytes[0].len(), bytes[1].len());
}

#[test]
fn proofs_of_execution_segments_are_those_of_plonky3() {
    let setup = Setup::new(&PARAMETERS);
    honest_segments(2, |Recorded { statement, tables }| {
        assert_same(tables, AnyTable::EXECUTION, &statement.public_values(), &setup.execution, &setup);
    });
}

#[test]
fn proofs_of_oracle_segments_are_those_of_plonky3() {
    let setup = Setup::new(&PARAMETERS);
    for RecordedOracle { kind, statement, tables } in record_oracle(&some_preimages(), [usize::MAX; 2]) {
        let shape = &setup.oracle[kind as usize];
        assert_same(tables, kind.tables(), &statement.public_values(), shape, &setup);
    }
}
