//! Rows of random trees say what the tree says, and no cell of them can be changed.

use super::NodeRow;
use crate::{
    air::AnyTable,
    hash::hash_leaf,
    row::Row,
    stark::Val,
    testing::tree::{facts, judge_node, mutate, said},
    trace::{Space, SpaceTree, TouchedNode},
};
use p3_field::PrimeCharacteristicRing;
use proptest::prelude::*;

/// The nodes on the paths to some leaves that are set twice.
fn nodes() -> impl Strategy<Value = Vec<TouchedNode>> {
    prop::collection::btree_map(0_u64..1 << 59, any::<[u16; 2]>(), 1..6).prop_map(|leaves| {
        let mut tree = SpaceTree::default();
        let digests = |which: usize| {
            let digest = |(index, values): (&u64, &[u16; 2])| {
                let mut limbs = [Val::ZERO; 16];
                limbs[0] = Val::from_u16(values[which]);
                (*index, hash_leaf(&limbs))
            };
            leaves.iter().map(digest).collect::<Vec<_>>()
        };
        tree.update(Space::Memory, &digests(0));
        tree.update(Space::Memory, &digests(1))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn each_cell_of_a_row_counts(nodes in nodes(), which in any::<prop::sample::Index>()) {
        let node = nodes[which.index(nodes.len())];
        let row = NodeRow::new(&node);
        let facts = facts([[node.left.old, node.right.old], [node.left.new, node.right.new]]);
        let honest = said(AnyTable::Node, row.cells()).expect("the row is right");
        prop_assert_eq!(honest.len(), 1 + usize::from(node.left.touched) + usize::from(node.right.touched));
        prop_assert_eq!(judge_node(&honest, &facts), Ok(()));
        mutate(AnyTable::Node, row.cells(), |said| judge_node(said, &facts))?;
    }

    #[test]
    fn the_paths_of_a_tree_close(nodes in nodes()) {
        // Each node but the root is received once, and sent once.
        let mut balance = std::collections::HashMap::new();
        for node in &nodes {
            let row = NodeRow::new(node);
            for (_, fields, count) in said(AnyTable::Node, row.cells()).expect("the row is right") {
                *balance.entry(fields).or_insert(Val::ZERO) += count;
            }
        }
        let open = balance.iter().filter(|(_, count)| **count != Val::ZERO);
        // The root that is received, and the leaves that are sent.
        let leaves = nodes.iter().filter(|node| node.section == 2 && node.level == 29);
        let leaves: usize = leaves.map(|node| usize::from(node.left.touched) + usize::from(node.right.touched)).sum();
        prop_assert_eq!(open.count(), 1 + leaves);
    }
}
