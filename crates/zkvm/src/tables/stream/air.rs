//! The constraints.

use super::StreamRow;
use crate::{
    bus::Buses,
    stark::Val,
    tables::{
        NotFixed, Table,
        region::{FIRST_DATA, big_endian},
    },
};
use p3_field::PrimeCharacteristicRing;

/// The table of words that are hashed.
pub(crate) struct Stream;

impl Table for Stream {
    const NAME: &'static str = "stream";
    type Row<T: Copy> = StreamRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &StreamRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let real: B::Expr = row.real.into();
        builder.assert_bool(row.real);
        builder.assert_bools(row.given);
        // Each byte is sent once, and each word is received once. So no two rows are about one word, and its row takes all
        // bytes that it has.
        for (place, (byte, given)) in row.bytes.into_iter().zip(row.given).enumerate() {
            builder.assert_zero(given * (B::Expr::ONE - real.clone()));
            builder.assert_zero(byte * (B::Expr::ONE - given.into()));
            let position = row.word * Val::from_u8(8) + Val::from_usize(place);
            builder.receive("stream", [position, byte.into()], &given.into());
        }
        let [a, b, c, d] = big_endian(row.bytes.map(Into::into));
        let number = row.word + Val::from_usize(FIRST_DATA);
        builder.send("region", [B::Expr::ZERO, number, a, b, c, d], &real);
    }
}
