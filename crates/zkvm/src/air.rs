//! The tables as Plonky3 takes them.

use crate::{
    row::Row,
    stark::Val,
    tables::{
        Absorb, Add, AddImmediate, AdviceKey, BranchEqual, BranchLink, BranchZero, Byte, CallResult, Clock,
        CloneThread, Code, Compare, ConditionalMove, Count, Divide, Exit, File, GetRandom, Hash, HashedKey,
        Jump, Keccak, Linked, LoadConstant, LoadDouble, LoadNarrow, LocalKey, Logic, LogicImmediate, LongGap,
        MemoryBoundary, Mmap, Move, Moved, Multiply, Node, Nop, Opcode, OracleBoundary, OracleSegment,
        OracleWrite, PowerOfTwo, Product, Range, ReadPreimage, Registers, Segment, Sha256, Sha256Block,
        Sha256Key, Shift, ShiftVariable, StoreDouble, StoreNarrow, Stream, Switch, Syscall, System, Table,
        Unaligned, Value, WriteKey, Yields,
    },
};
use alloc::vec::Vec;
use p3_air::{Air, BaseAir, WindowAccess};
use p3_lookup::InteractionBuilder;
use p3_matrix::dense::RowMajorMatrix;

/// Defines [`AnyTable`].
macro_rules! any_table {
    (execution: $($execution:ident),*; twice: $($twice:ident),*; only_oracle: $($oracle:ident),* $(,)?) => {
        any_table!(@define $($execution,)* $($oracle,)*);

        impl AnyTable {
            /// The tables of an execution segment, each once.
            pub(crate) const ALL: &[Self] = &[$(Self::$execution,)*];

            /// The tables of an execution segment, in the order in which its proof has them: all, and then the largest ones
            /// again. With a second, smaller one, a table with a few rows more than a power of two need not double.
            pub(crate) const EXECUTION: &[Self] = &[$(Self::$execution,)* $(Self::$twice,)*];

            /// Whether an execution segment has it twice.
            #[cfg(feature = "record")]
            pub(crate) const fn is_twice(self) -> bool {
                matches!(self, $(Self::$twice)|*)
            }

            /// The number of tables of all kinds of segments.
            pub(crate) const COUNT: usize = [$(Self::$execution,)* $(Self::$oracle,)*].len();
        }
    };
    (@define $($table:ident,)*) => {
        /// One of the tables of any kind of segment.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum AnyTable {
            $($table,)*
        }

        impl AnyTable {
            /// What it is called, in reports.
            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Self::$table => $table::NAME,)*
                }
            }

            /// The binary logarithm of its height, if that is fixed.
            pub(crate) const fn fixed_log_rows(self) -> Option<usize> {
                match self {
                    $(Self::$table => $table::FIXED_LOG_ROWS,)*
                }
            }

            /// Whether its rows make steps.
            pub(crate) const fn makes_steps(self) -> bool {
                !matches!(
                    self,
                    Self::Segment | Self::Code | Self::LongGap | Self::MemoryBoundary | Self::Registers | Self::System
                        | Self::Node | Self::Hash | Self::Opcode | Self::Byte | Self::Range | Self::Exit | Self::File
                        | Self::CallResult | Self::Mmap | Self::WriteKey | Self::ReadPreimage | Self::Clock | Self::GetRandom
                        | Self::OracleBoundary | Self::Moved | Self::Yields | Self::CloneThread
                        | Self::Product | Self::PowerOfTwo
                        | Self::OracleSegment | Self::OracleWrite | Self::HashedKey | Self::LocalKey | Self::AdviceKey
                        | Self::Value | Self::Stream | Self::Absorb | Self::Keccak | Self::Sha256Key | Self::Sha256Block
                        | Self::Sha256
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
                if *self == Self::Keccak { (0..self.width()).collect() } else { Vec::new() }
            }

            fn preprocessed_next_row_columns(&self) -> Vec<usize> {
                Vec::new()
            }

            fn num_public_values(&self) -> usize {
                self.public()
            }

            /// Two messages of a bus share a fraction if constraints may have degree 3. The quotient has two parts then. It is
            /// worth that for all tables but those with few messages.
            fn max_constraint_degree(&self) -> Option<usize> {
                let few = matches!(
                    self,
                    Self::Nop | Self::LoadConstant | Self::Node | Self::Opcode | Self::CallResult | Self::Byte
                        | Self::PowerOfTwo | Self::Range | Self::OracleSegment
                );
                (!few).then_some(3)
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
    execution:
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
    ShiftVariable,
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
    OracleBoundary,
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
    Switch,
    Moved,
    Product,
    Syscall,
    Exit,
    File,
    Mmap,
    WriteKey,
    ReadPreimage,
    Clock,
    Yields,
    CloneThread,
    GetRandom,
    CallResult,
    Byte,
    PowerOfTwo,
    Range;
    twice:
    Move,
    AddImmediate,
    Add,
    LogicImmediate,
    Logic,
    Compare,
    Shift,
    BranchZero,
    BranchEqual,
    Jump,
    LoadDouble,
    StoreDouble,
    LoadNarrow,
    StoreNarrow,
    MemoryBoundary,
    Node,
    Hash;
    only_oracle:
    OracleSegment,
    OracleWrite,
    HashedKey,
    LocalKey,
    AdviceKey,
    Value,
    Stream,
    Absorb,
    Keccak,
    Sha256Key,
    Sha256Block,
    Sha256,
}

// The row of a segment, for one, must be there once only.
const _: () = {
    let mut place = AnyTable::ALL.len();
    while place < AnyTable::EXECUTION.len() {
        assert!(
            AnyTable::EXECUTION[place].fixed_log_rows().is_none(),
            "a table with fixed cells comes twice"
        );
        place += 1;
    }
};

impl AnyTable {
    /// The tables of an oracle segment with keys of other types than 4, in the order in which its proof has them.
    pub(crate) const ORACLE: &[Self] = &[
        Self::OracleSegment,
        Self::OracleWrite,
        Self::HashedKey,
        Self::LocalKey,
        Self::AdviceKey,
        Self::Value,
        Self::Stream,
        Self::Absorb,
        Self::Keccak,
        Self::Node,
        Self::Hash,
        Self::Byte,
        Self::Range,
    ];

    /// The tables of an oracle segment with keys of type 4. It is a kind of its own because the rows of Keccak and SHA-256 are
    /// both very wide.
    pub(crate) const ORACLE_SHA256: &[Self] = &[
        Self::OracleSegment,
        Self::OracleWrite,
        Self::Sha256Key,
        Self::Sha256Block,
        Self::Sha256,
        Self::Node,
        Self::Hash,
        Self::Byte,
        Self::Range,
    ];
}
