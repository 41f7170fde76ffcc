//! The constraints.
//!
//! A table of all pairs of bytes gives the bits that are set in both. The other operations follow from it:
//! a or b = a + b - (a and b), a xor b = a + b - 2 (a and b), a nor b = 255 - (a or b).

use super::LogicRow;
use crate::{
    bus::{Buses, Operands, Slot},
    stark::Val,
    tables::{NotFixed, Table},
    word::pairs,
};
use core::array;
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

/// The table of `and`, `or`, `xor` and `nor`.
pub(crate) struct Logic;

impl Table for Logic {
    const NAME: &'static str = "logic";
    type Row<T: Copy> = LogicRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &LogicRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let (op, real) =
            builder.one_of([(row.and, Op::And), (row.or, Op::Or), (row.xor, Op::Xor), (row.nor, Op::Nor)]);
        let operands = Operands {
            rd: row.rd.register.into(),
            rs: row.rs.register.into(),
            rt: row.rt.register.into(),
            ..Operands::of(op)
        };
        builder.fetch(row.step.pc, operands, &real);
        builder.step_on(&row.step, &real);
        builder.read_bytes(&row.step, Slot::Rs, &row.rs, &real);
        builder.read_bytes(&row.step, Slot::Rt, &row.rt, &real);

        let bytes: [B::Expr; 8] = array::from_fn(|byte| {
            let (a, b, both) = (row.rs.bytes[byte], row.rt.bytes[byte], row.both[byte]);
            builder.byte(a.into(), b.into(), both.into(), &real);
            let either = a + b - both.into();
            (row.or - row.nor) * either.clone()
                + row.and * both
                + row.xor * (either - both.into())
                + row.nor * Val::from_u8(u8::MAX)
        });
        for (limb, [low, high]) in row.result.into_iter().zip(pairs(bytes)) {
            builder.assert_eq(limb, low + high * Val::from_u16(1 << 8));
        }
        builder.write(&row.step, Slot::Rd, &row.rd, row.result.map(Into::into), &real);
    }
}
