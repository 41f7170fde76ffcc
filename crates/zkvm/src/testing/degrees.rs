//! The degrees of all tables, and what a row costs.

use crate::{air::AnyTable, one_row::evaluate, stark::Val};
use p3_air::{BaseAir, symbolic::AirLayout};
use p3_field::PrimeCharacteristicRing;
use p3_lookup::InteractionSymbolicBuilder;
use std::collections::BTreeMap;

/// The highest degree of a constraint with which a proof needs no more than two pieces of the quotient.
const HIGHEST: usize = 3;

#[test]
fn constraints_have_degree_3_and_messages_are_linear() {
    for table in AnyTable::ALL.iter().chain(AnyTable::ORACLE).chain(AnyTable::ORACLE_SHA256) {
        let symbolic: InteractionSymbolicBuilder<Val> =
            InteractionSymbolicBuilder::from_air(table, AirLayout::from_air(table));
        for (number, constraint) in symbolic.base_constraints().iter().enumerate() {
            let degree = constraint.degree_multiple();
            assert!(
                degree <= HIGHEST,
                "constraint {number} of the table {} has degree {degree}",
                table.name()
            );
        }
        let messages = symbolic.global_interactions();
        for message in messages {
            let linear =
                message.fields.iter().chain([&message.count]).all(|part| part.degree_multiple() <= 1);
            assert!(linear, "a message of {} of the table {} is not linear", message.bus_name, table.name());
        }
        println!("{}: {} columns, {} messages", table.name(), table.width(), messages.len());
    }
}

/// Two messages of a bus that share a fraction save the cells of one. A second part of the quotient costs as many, and the
/// constraints are evaluated at twice as many points. A table whose own constraints have degree 3 has it anyway.
#[test]
fn messages_share_fractions_where_it_pays() {
    for table in AnyTable::ALL.iter().chain(AnyTable::ORACLE).chain(AnyTable::ORACLE_SHA256) {
        let symbolic: InteractionSymbolicBuilder<Val> =
            InteractionSymbolicBuilder::from_air(table, AirLayout::from_air(table));
        let own = symbolic.base_constraints().iter().map(|constraint| constraint.degree_multiple()).max();
        let mut buses = BTreeMap::<&str, usize>::new();
        for message in symbolic.global_interactions() {
            *buses.entry(&message.bus_name).or_default() += 1;
        }
        let pairs: usize = buses.values().map(|messages| messages / 2).sum();
        let shares = table.max_constraint_degree() == Some(HIGHEST);
        if own.unwrap_or(0) < HIGHEST {
            assert_eq!(shares, pairs > 2, "{}: {pairs} pairs", table.name());
        } else {
            assert!(shares, "{}: its quotient has two parts anyway", table.name());
        }
    }
}

#[test]
fn a_row_that_fills_a_table_is_right_and_says_nothing() {
    for &table in AnyTable::ALL.iter().chain(AnyTable::ORACLE).chain(AnyTable::ORACLE_SHA256) {
        if matches!(table, AnyTable::Hash | AnyTable::Keccak | AnyTable::Sha256) {
            continue;
        }
        let row = vec![Val::ZERO; table.width()];
        let fixed = vec![Val::ZERO; table.preprocessed_width()];
        let public = vec![Val::ZERO; table.public()];
        let failed = evaluate(table, &row, &fixed, &public, |message| {
            panic!("a row that fills the table {} says {message:?}", table.name());
        });
        assert_eq!(failed, None, "a row that fills the table {} breaks a constraint", table.name());
    }
}
