//! The tables. Each has a folder: its columns, its constraints and messages, and how its rows are made.

mod add;
mod add_immediate;
mod branch_equal;
mod branch_zero;
pub(crate) mod byte;
mod compare;
mod divide;
mod jump;
mod logic;
mod logic_immediate;
mod moves;
mod multiply;
mod nop;
mod product;
pub(crate) mod range;
pub(crate) mod signs;

use crate::{
    bus::Buses,
    row::{Row, rows},
    stark::Val,
};
use core::marker::PhantomData;
use p3_matrix::dense::RowMajorMatrix;

pub(crate) use add::{Add, AddRow};
pub(crate) use add_immediate::{AddImmediate, AddImmediateRow};
pub(crate) use branch_equal::{BranchEqual, BranchEqualRow};
pub(crate) use branch_zero::{BranchZero, BranchZeroRow};
pub(crate) use byte::Byte;
pub(crate) use compare::{Compare, CompareRow};
pub(crate) use divide::{Divide, DivideRow};
pub(crate) use jump::{Jump, JumpRow};
pub(crate) use logic::{Logic, LogicRow};
pub(crate) use logic_immediate::{LogicImmediate, LogicImmediateRow};
pub(crate) use moves::{Move, MoveRow};
pub(crate) use multiply::{Multiply, MultiplyRow};
pub(crate) use nop::{Nop, NopRow};
pub(crate) use product::{Product, ProductRow};
pub(crate) use range::Range;

/// The fixed cells of a table.
pub(crate) type Fixed = RowMajorMatrix<Val>;

/// The fixed cells of a table that has none.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct NotFixed<T>(PhantomData<T>);

rows!(NotFixed);

/// A table whose constraints and messages concern one row at a time.
pub(crate) trait Table {
    /// What the table is called, in reports.
    const NAME: &'static str;

    /// Whether it needs the code window, the upper half of all code addresses, as public values.
    const NEEDS_WINDOW: bool = false;

    /// The cells of a row that the prover fills.
    type Row<T: Copy>: Row<T>;

    /// The cells of a row that are the same in every proof.
    type Fixed<T: Copy>: Row<T>;

    /// Asserts that a row is right, and sends and receives its messages. A row of zeros is right, has no message, and
    /// fills the table.
    fn eval<B: Buses>(row: &Self::Row<B::Var>, fixed: &Self::Fixed<B::Var>, builder: &mut B);

    /// All fixed cells, if there are any. The table then has as many rows.
    fn fixed() -> Option<Fixed> {
        None
    }
}
