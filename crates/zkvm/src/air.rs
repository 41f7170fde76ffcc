//! The tables as Plonky3 takes them.

use crate::{
    row::Row,
    stark::Val,
    tables::{
        Add, AddImmediate, BranchEqual, BranchLink, BranchZero, Byte, CallResult, Clock, Code, Compare,
        ConditionalMove, Count, Divide, Exit, File, Hash, Jump, Linked, LoadConstant, LoadDouble, LoadNarrow,
        Logic, LogicImmediate, LongGap, MemoryBoundary, Mmap, Move, Multiply, Node, Nop, Opcode, PowerOfTwo,
        Product, Range, Registers, Segment, Shift, Stay, StoreDouble, StoreNarrow, Syscall, System, Table,
        Unaligned, WriteKey,
    },
};
use alloc::vec::Vec;
use p3_air::{Air, BaseAir, WindowAccess};
use p3_lookup::InteractionBuilder;
use p3_matrix::{Matrix, dense::RowMajorMatrix};

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

            /// The binary logarithm of its height, if that is fixed.
            pub(crate) fn fixed_height(self) -> Option<usize> {
                let fixed = match self {
                    $(Self::$table => $table::fixed(),)*
                };
                fixed.map(|fixed| fixed.height().ilog2() as usize)
            }

            /// Whether its rows make steps.
            pub(crate) const fn makes_steps(self) -> bool {
                !matches!(
                    self,
                    Self::Segment | Self::Code | Self::LongGap | Self::MemoryBoundary | Self::Registers | Self::System
                        | Self::Node | Self::Hash | Self::Opcode | Self::Byte | Self::Range | Self::Exit | Self::File
                        | Self::CallResult | Self::Mmap | Self::WriteKey | Self::Clock
                )
            }

            /// How many public values it has.
            pub(crate) const fn public(self) -> usize {
                match self {
                    $(Self::$table => $table::PUBLIC,)*
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
                self.public()
            }
        }

        impl<B: InteractionBuilder<F = Val>> Air<B> for AnyTable {
            fn eval(&self, builder: &mut B) {
                let main = builder.main();
                let fixed = builder.preprocessed().clone();
                let row = main.current_slice();
                // Plonky3's symbolic builder has no window of no columns.
                let fixed = if self.preprocessed_width() == 0 { &[] } else { fixed.current_slice() };
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
    Segment,
    Nop,
    Move,
    LoadConstant,
    ConditionalMove,
    AddImmediate,
    Add,
    LogicImmediate,
    Logic,
    Compare,
    Shift,
    Count,
    BranchZero,
    BranchEqual,
    BranchLink,
    Jump,
    Code,
    LongGap,
    MemoryBoundary,
    Registers,
    System,
    Node,
    Hash,
    Opcode,
    LoadDouble,
    StoreDouble,
    LoadNarrow,
    StoreNarrow,
    Unaligned,
    Multiply,
    Divide,
    Linked,
    Stay,
    Product,
    Syscall,
    Exit,
    File,
    Mmap,
    WriteKey,
    Clock,
    CallResult,
    Byte,
    PowerOfTwo,
    Range,
}
