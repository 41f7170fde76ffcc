//! The constraints.

use super::{MemoryBoundaryRow, columns::LeafCells};
use crate::{
    bus::{Buses, NodeMessage},
    stark::Val,
    tables::{NotFixed, Table, node::LEAVES},
};
use core::array;
use p3_field::PrimeCharacteristicRing;

/// The table of touched leaves of memory.
pub(crate) struct MemoryBoundary;

impl Table for MemoryBoundary {
    const NAME: &'static str = "memory-boundary";
    type Row<T: Copy> = MemoryBoundaryRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &MemoryBoundaryRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let real: B::Expr = row.real.into();
        builder.assert_bool(row.real);
        for (part, bits) in
            [(row.first, 11), (row.second, 16), (row.third_low, 3), (row.third_high, 13), (row.fourth, 16)]
        {
            builder.range(part.into(), bits, &real);
        }
        let third = row.third_low + row.third_high * Val::from_u8(8);
        let upper = [row.second.into(), third.clone(), row.fourth.into()];

        for word in 0..4 {
            let [second, third, fourth] = upper.clone();
            let first = row.first * Val::from_u8(32) + Val::from_usize(8 * word);
            let [a, b, c, d] = row.leaf.word(0, word);
            let begin =
                [first, second, third, fourth, a, b, c, d, row.leaf.first[word].into(), B::Expr::ZERO];
            builder.send("mem", begin, &real);
            let [second, third, fourth] = upper.clone();
            let first = row.first * Val::from_u8(32) + Val::from_usize(8 * word);
            let [a, b, c, d] = row.leaf.word(1, word);
            let end = [first, second, third, fourth, a, b, c, d];
            let times = [row.leaf.last[word], row.stored[word]].map(Into::into);
            builder.receive_many("mem", end.into_iter().chain(times), &real);
            // No store in this segment: what is executed is what was there before it.
            builder.assert_zero(row.code_uses * row.stored[word].into());
        }

        builder.assert_zero((B::Expr::ONE - real.clone()) * row.code_uses.into());
        let code = [row.first.into()].into_iter().chain(upper.clone());
        builder.provide_many("leaf", code.chain(row.leaf.old.map(Into::into)), row.code_uses.into());

        // The index of the leaf: the address without its lowest 5 bits, the lowest 30 bits of that and the others.
        let lower = row.first + row.second * Val::from_u32(1 << 11) + row.third_low * Val::from_u32(1 << 27);
        let higher = row.third_high + row.fourth * Val::from_u32(1 << 13);
        row.leaf.in_tree(builder, [B::Expr::ZERO, higher, lower], &real);
    }
}

impl<T: Copy> LeafCells<T> {
    /// A word before the segment (`when` is 0) or after it.
    pub(crate) fn word<E: From<T>>(&self, when: usize, word: usize) -> [E; 4] {
        let limbs = if when == 0 { &self.old } else { &self.new };
        array::from_fn(|limb| E::from(limbs[4 * word + limb]))
    }

    /// Receives the leaf's digests from the node above it. `index` is its space, and the halves of its index.
    pub(crate) fn in_tree<B: Buses<Var = T>>(&self, builder: &mut B, index: [B::Expr; 3], real: &B::Expr)
    where
        T: Into<B::Expr>,
    {
        for (limbs, permuted) in [self.old, self.new].into_iter().zip(self.permuted) {
            builder.receive_many("hash", limbs.into_iter().chain(permuted).map(Into::into), real);
        }
        let digest = |limbs: [T; 16], permuted: [T; 8]| -> [B::Expr; 8] {
            array::from_fn(|element| Into::<B::Expr>::into(permuted[element]) + limbs[element].into())
        };
        let message = NodeMessage {
            section: B::Expr::from_u32(LEAVES),
            level: B::Expr::ZERO,
            index,
            old: digest(self.old, self.permuted[0]),
            new: digest(self.new, self.permuted[1]),
        };
        builder.receive_many("node", message.fields(), real);
    }
}
