//! The constraints.

use super::{NodeRow, columns::ChildCells};
use crate::{
    bus::{Buses, NodeMessage},
    stark::Val,
    tables::{NotFixed, Table},
};
use core::array;
use p3_field::PrimeCharacteristicRing;

/// The levels of each section.
pub(crate) const SECTIONS: [u32; 3] = [2, 29, 30];

/// The levels of a space's tree, and the bits of the index of a leaf.
pub(crate) const SPACE_LEVELS: u32 = SECTIONS[1] + SECTIONS[2];

/// The number of the section that the leaves are in: one after the last.
pub(crate) const LEAVES: u32 = 3;

/// The table of nodes.
pub(crate) struct Node;

impl Table for Node {
    const NAME: &'static str = "node";
    type Row<T: Copy> = NodeRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &NodeRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        builder.assert_bools(row.section);
        let real: B::Expr = row.section.into_iter().map(Into::into).sum();
        builder.assert_bool(real.clone());

        // How many levels of the section are below this one.
        let levels: B::Expr = row
            .section
            .into_iter()
            .zip(SECTIONS)
            .map(|(section, levels)| section * Val::from_u32(levels))
            .sum();
        let below = levels - real.clone() - row.level.into();
        builder.assert_bool(row.last);
        builder.assert_zero((B::Expr::ONE - real.clone()) * row.last.into());
        builder.assert_zero(row.last * below.clone());
        builder.assert_zero(below * row.inverse.into() - real.clone() + row.last.into());

        // The children are one level lower, or on the first level of the next section.
        builder.assert_zero(
            row.next_level - (real.clone() - row.last.into()) * (row.level.into() + B::Expr::ONE),
        );
        // In the part of the index that the section is about, they follow the bits so far.
        for ((section, index), next) in row.section.into_iter().zip(row.index).zip(row.next_index) {
            builder.assert_zero(next - index.into() - section * index.into());
        }

        let section: B::Expr = row.section[1] + row.section[2].into().double();
        let digests = row.permuted.map(|permuted| permuted.map(Into::into));
        let [old, new]: [[B::Expr; 8]; 2] = digests;
        let node = NodeMessage {
            section: section.clone(),
            level: row.level.into(),
            index: row.index.map(Into::into),
            // The digest of a node feeds its left child forward.
            old: array::from_fn(|element| old[element].clone() + row.left.old[element].into()),
            new: array::from_fn(|element| new[element].clone() + row.left.new[element].into()),
        };
        builder.receive_many("node", node.fields(), &real);

        for (side, child) in [(0, &row.left), (1, &row.right)] {
            let bit = Val::from_u32(side);
            touch(builder, child, &real);
            let message = NodeMessage {
                section: section.clone() + row.last.into(),
                level: row.next_level.into(),
                index: array::from_fn(|part| row.next_index[part] + row.section[part] * bit),
                old: child.old.map(Into::into),
                new: child.new.map(Into::into),
            };
            builder.send_many("node", message.fields(), &child.touched.into());
        }

        for (children, permuted) in
            [[row.left.old, row.right.old], [row.left.new, row.right.new]].into_iter().zip(row.permuted)
        {
            let message = children.into_iter().flatten().chain(permuted).map(Into::into);
            builder.receive_many("hash", message, &real);
        }
    }
}

/// Asserts that a child that is not touched has not changed.
fn touch<B: Buses>(builder: &mut B, child: &ChildCells<B::Var>, real: &B::Expr) {
    builder.assert_bool(child.touched);
    builder.assert_zero((B::Expr::ONE - real.clone()) * child.touched.into());
    for (old, new) in child.old.into_iter().zip(child.new) {
        builder.assert_zero((B::Expr::ONE - child.touched.into()) * (old - new.into()));
    }
}
