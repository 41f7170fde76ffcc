//! The tables as Plonky3 takes them.

use crate::{
    row::Row,
    stark::Val,
    tables::{
        Add, AddImmediate, BranchEqual, BranchZero, Byte, Compare, Divide, Jump, Logic, LogicImmediate, Move,
        Multiply, Nop, Product, Range, Table,
    },
};
use alloc::vec::Vec;
use p3_air::{Air, BaseAir, WindowAccess};
use p3_lookup::InteractionBuilder;
use p3_matrix::dense::RowMajorMatrix;

/// Defines [`AnyTable`].
macro_rules! any_table {
    ($($table:ident),* $(,)?) => {
        /// One of the tables.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum AnyTable {
            $($table,)*
        }

        impl AnyTable {
            /// All tables, in the order in which a proof has them.
            pub(crate) const ALL: &[Self] = &[$(Self::$table,)*];

            /// What it is called, in reports.
            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Self::$table => $table::NAME,)*
                }
            }

            const fn needs_window(self) -> bool {
                match self {
                    $(Self::$table => $table::NEEDS_WINDOW,)*
                }
            }
        }

        impl BaseAir<Val> for AnyTable {
            fn width(&self) -> usize {
                match self {
                    $(Self::$table => <<$table as Table>::Row<Val> as Row<Val>>::WIDTH,)*
                }
            }

            fn preprocessed_trace(&self) -> Option<RowMajorMatrix<Val>> {
                match self {
                    $(Self::$table => $table::fixed(),)*
                }
            }

            fn preprocessed_width(&self) -> usize {
                match self {
                    $(Self::$table => <<$table as Table>::Fixed<Val> as Row<Val>>::WIDTH,)*
                }
            }

            fn main_next_row_columns(&self) -> Vec<usize> {
                Vec::new()
            }

            fn preprocessed_next_row_columns(&self) -> Vec<usize> {
                Vec::new()
            }

            fn num_public_values(&self) -> usize {
                if self.needs_window() { 2 } else { 0 }
            }
        }

        impl<B: InteractionBuilder<F = Val>> Air<B> for AnyTable {
            fn eval(&self, builder: &mut B) {
                let main = builder.main();
                let fixed = builder.preprocessed().clone();
                let (row, fixed) = (main.current_slice(), fixed.current_slice());
                match self {
                    $(Self::$table => $table::eval(
                        <<$table as Table>::Row<B::Var> as Row<B::Var>>::of(row),
                        <<$table as Table>::Fixed<B::Var> as Row<B::Var>>::of(fixed),
                        builder,
                    ),)*
                }
            }
        }
    };
}

any_table! {
    Nop,
    Move,
    AddImmediate,
    Add,
    LogicImmediate,
    Logic,
    Compare,
    BranchZero,
    BranchEqual,
    Jump,
    Multiply,
    Divide,
    Product,
    Byte,
    Range,
}
