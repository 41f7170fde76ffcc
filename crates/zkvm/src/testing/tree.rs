//! Judges rows of the state tree, by what they say and not by their cells.

use crate::{
    air::AnyTable,
    hash::{Digest, hash_leaf, hash_node, permute},
    one_row::evaluate,
    stark::Val,
    tables::{
        node::{LEAVES, SECTIONS},
        range,
    },
};
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use proptest::{prelude::*, test_runner::TestCaseResult};

/// What a row says: bus, fields and count of each message.
pub(crate) type Said = Vec<(String, Vec<Val>, Val)>;

/// What a row says. `None` if a constraint or a table of facts refuses it: small values, permutations.
pub(crate) fn said(table: AnyTable, row: &[Val]) -> Option<Said> {
    let mut messages = Vec::new();
    let mut refused = false;
    let failed = evaluate(table, row, &[], &[], |message| {
        let number = |field: usize| message.fields[field].as_canonical_u32();
        let fact = match message.bus {
            "range" => number(1) <= range::MOST_BITS as u32 && number(0) < 1 << number(1),
            "hash" if table != AnyTable::Hash => is_permutation(message.fields),
            bus => {
                messages.push((bus.to_owned(), message.fields.to_vec(), message.count));
                return;
            }
        };
        refused |= !fact || message.count != Val::NEG_ONE;
    });
    (failed.is_none() && !refused).then_some(messages)
}

/// Whether the last 8 fields are the first half of the permutation of the first 16.
pub(crate) fn is_permutation(fields: &[Val]) -> bool {
    let input: [Val; 16] = fields[..16].try_into().expect("16 fields");
    permute(input, &mut ())[..8] == fields[16..]
}

/// Changes each cell of a row, alone and with each other one, and has `judge` look at what is not refused.
pub(crate) fn mutate(
    table: AnyTable,
    row: &[Val],
    judge: impl Fn(&Said) -> Result<(), String>,
) -> TestCaseResult {
    let look = |forged: &[Val], cells: &[usize]| match said(table, forged).map(|said| judge(&said)) {
        Some(Err(why)) => Err(TestCaseError::fail(format!("cells {cells:?} of {}: {why}", table.name()))),
        _ => Ok(()),
    };
    let mut forged = row.to_vec();
    for cell in 0..row.len() {
        for change in [1, -1, 2, -2, 1 << 16, -(1 << 16), 0x1234_5678].map(Val::from_i32) {
            forged[cell] = row[cell] + change;
            look(&forged, &[cell])?;
        }
        for other in cell + 1..row.len() {
            for (one, two) in [(1, 1), (1, -1), (-1, 1)] {
                forged[cell] = row[cell] + Val::from_i32(one);
                forged[other] = row[other] + Val::from_i32(two);
                look(&forged, &[cell, other])?;
            }
            forged[other] = row[other];
        }
        forged[cell] = row[cell];
    }
    Ok(())
}

/// A message of the bus `node`.
pub(crate) struct NodeSaid {
    section: u32,
    level: u32,
    index: [u32; 3],
    old: Digest,
    new: Digest,
}

impl NodeSaid {
    pub(crate) fn of(fields: &[Val]) -> Self {
        let number = |field: usize| fields[field].as_canonical_u32();
        let digest = |from: usize| fields[from..from + 8].try_into().expect("8 fields");
        Self {
            section: number(0),
            level: number(1),
            index: [number(2), number(3), number(4)],
            old: digest(5),
            new: digest(13),
        }
    }

    /// Whether the tree has such a node. No other row receives or sends one that it does not have.
    fn exists(&self) -> bool {
        let bits = |section: usize| match (section as u32).cmp(&self.section) {
            core::cmp::Ordering::Less => SECTIONS[section],
            core::cmp::Ordering::Equal => self.level,
            core::cmp::Ordering::Greater => 0,
        };
        let level_exists = match SECTIONS.get(self.section as usize) {
            Some(levels) => self.level < *levels,
            None => self.section == LEAVES && self.level == 0,
        };
        level_exists && (0..3).all(|part| u64::from(self.index[part]) < 1 << bits(part))
    }

    /// The place of the child on that side.
    fn child(&self, side: u32) -> (u32, u32, [u32; 3]) {
        let mut index = self.index;
        let part = self.section as usize;
        index[part] = 2 * index[part] + side;
        if self.level + 1 == SECTIONS[part] {
            (self.section + 1, 0, index)
        } else {
            (self.section, self.level + 1, index)
        }
    }
}

/// Judges what a row of the table `node` says, if its node exists and has these children at least as facts: the
/// permutations are checked already, so a digest fixes its children.
pub(crate) fn judge_node(said: &Said, facts: &[(Digest, [Digest; 2])]) -> Result<(), String> {
    if said.is_empty() {
        return Ok(());
    }
    let [(bus, fields, count), children @ ..] = &said[..] else { return Err("no message".into()) };
    if bus != "node" || *count != Val::NEG_ONE {
        return Err(format!("does not receive its node: {bus} {count}"));
    }
    let node = NodeSaid::of(fields);
    if !node.exists() {
        return Ok(());
    }
    let of = |digest: &Digest| facts.iter().find(|(known, _)| known == digest).map(|(_, children)| *children);
    let (Some(old), Some(new)) = (of(&node.old), of(&node.new)) else {
        // Another node, with children that hash to it.
        return Ok(());
    };
    let mut seen = [false; 2];
    for (bus, fields, count) in children {
        let child = NodeSaid::of(fields);
        let place = (child.section, child.level, child.index);
        let side = (0..2).find(|side| node.child(*side) == place);
        let Some(side) = side.filter(|_| bus == "node" && *count == Val::ONE) else {
            return Err(format!("sends what is no child: {place:?} of {:?}", node.index));
        };
        if core::mem::replace(&mut seen[side as usize], true) {
            return Err("sends a child twice".into());
        }
        if child.old != old[side as usize] || child.new != new[side as usize] {
            return Err("sends another child".into());
        }
    }
    for side in 0..2 {
        if !seen[side] && old[side] != new[side] {
            return Err("a child that is not touched changes".into());
        }
    }
    Ok(())
}

/// The facts about the nodes of a row: each digest, and the children that it has.
pub(crate) fn facts(children: [[Digest; 2]; 2]) -> [(Digest, [Digest; 2]); 2] {
    children.map(|[left, right]| (hash_node(&left, &right), [left, right]))
}

/// Whether a leaf message is right for these limbs and this place.
pub(crate) fn judge_leaf(fields: &[Val], index: [u32; 3], limbs: [[Val; 16]; 2]) -> Result<(), String> {
    let leaf = NodeSaid::of(fields);
    if (leaf.section, leaf.level, leaf.index) != (LEAVES, 0, index) {
        return Err(format!("a leaf at another place: {:?} instead of {index:?}", leaf.index));
    }
    if leaf.old != hash_leaf(&limbs[0]) || leaf.new != hash_leaf(&limbs[1]) {
        return Err("a leaf with another digest".into());
    }
    Ok(())
}
