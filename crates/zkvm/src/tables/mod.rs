//! The tables. Each has a folder: its columns, its constraints and messages, and how its rows are made.

mod absorb;
mod add;
mod add_immediate;
mod advice_key;
mod branch_equal;
mod branch_link;
mod branch_zero;
pub(crate) mod byte;
mod cells;
mod clock;
mod clone;
mod code;
mod compare;
mod conditional_move;
mod constant;
mod count;
mod divide;
mod exit;
mod file;
mod getrandom;
mod hash;
mod hashed_key;
mod jump;
mod keccak;
mod linked;
mod load_double;
mod load_narrow;
mod local_key;
mod logic;
mod logic_immediate;
mod long_gap;
mod memory_boundary;
mod mmap;
mod moved;
mod moves;
mod multiply;
pub(crate) mod node;
mod nop;
pub(crate) mod opcode;
mod oracle_boundary;
mod oracle_leaf;
mod oracle_segment;
mod oracle_write;
pub(crate) mod power;
mod product;
pub(crate) mod range;
mod read_preimage;
pub(crate) mod region;
pub(crate) mod result;
mod segment;
mod sha256;
mod sha256_block;
mod sha256_key;
mod shift;
pub(crate) mod signs;
mod store_double;
mod store_narrow;
mod stream;
mod switch;
mod syscall;
mod unaligned;
mod value;
pub(crate) mod word_part;
mod write_key;
mod yields;

#[cfg(doc)]
use crate::statement::public;
use crate::{
    bus::Buses,
    row::{Row, rows},
    stark::Val,
};
use core::marker::PhantomData;
use p3_matrix::dense::RowMajorMatrix;

#[cfg(feature = "record")]
pub(crate) use absorb::BLOCK;
pub(crate) use absorb::{Absorb, AbsorbRow};
pub(crate) use add::{Add, AddRow};
pub(crate) use add_immediate::{AddImmediate, AddImmediateRow};
#[cfg(feature = "record")]
pub(crate) use advice_key::{ADVICE, INDEX_BITS};
pub(crate) use advice_key::{AdviceKey, AdviceKeyRow};
pub(crate) use branch_equal::{BranchEqual, BranchEqualRow};
pub(crate) use branch_link::{BranchLink, BranchLinkRow};
pub(crate) use branch_zero::{BranchZero, BranchZeroRow};
pub(crate) use byte::Byte;
pub(crate) use cells::{CellsRow, Registers, System};
pub(crate) use clock::{Clock, ClockRow};
pub(crate) use clone::{CloneThread, CloneThreadRow};
pub(crate) use code::{Code, CodeRow};
pub(crate) use compare::{Compare, CompareRow};
pub(crate) use conditional_move::{ConditionalMove, ConditionalMoveRow};
pub(crate) use constant::{LoadConstant, LoadConstantRow};
pub(crate) use count::{Count, CountRow};
pub(crate) use divide::{Divide, DivideRow};
pub(crate) use exit::{Exit, ExitRow};
pub(crate) use file::{File, FileRow};
pub(crate) use getrandom::{GetRandom, GetRandomRow};
pub(crate) use hash::{Hash, HashRow};
pub(crate) use hashed_key::{HashedKey, HashedKeyRow};
pub(crate) use jump::{Jump, JumpRow};
pub(crate) use keccak::Keccak;
#[cfg(feature = "record")]
pub(crate) use keccak::permutations;
pub(crate) use linked::{Linked, LinkedRow};
pub(crate) use load_double::{LoadDouble, LoadDoubleRow};
pub(crate) use load_narrow::{LoadNarrow, LoadNarrowRow};
#[cfg(feature = "record")]
pub(crate) use local_key::STREAM_START;
pub(crate) use local_key::{LocalKey, LocalKeyRow};
pub(crate) use logic::{Logic, LogicRow};
pub(crate) use logic_immediate::{LogicImmediate, LogicImmediateRow};
#[cfg(feature = "record")]
pub(crate) use long_gap::GapCell;
pub(crate) use long_gap::{LongGap, LongGapRow};
pub(crate) use memory_boundary::{LeafCells, MemoryBoundary, MemoryBoundaryRow};
pub(crate) use mmap::{Mmap, MmapRow};
pub(crate) use moved::{Moved, MovedRow};
#[cfg(feature = "record")]
pub(crate) use moved::{MovedRegister, REGISTERS};
pub(crate) use moves::{Move, MoveRow};
pub(crate) use multiply::{Multiply, MultiplyRow};
pub(crate) use node::{Node, NodeRow, SPACE_LEVELS};
pub(crate) use nop::{Nop, NopRow};
pub(crate) use opcode::{Meaning, Opcode};
pub(crate) use oracle_boundary::{OracleBoundary, OracleBoundaryRow};
pub(crate) use oracle_segment::{OracleSegment, OracleSegmentRow};
pub(crate) use oracle_write::{OracleWrite, OracleWriteRow};
pub(crate) use power::PowerOfTwo;
pub(crate) use product::{Product, ProductRow};
pub(crate) use range::Range;
#[cfg(feature = "record")]
pub(crate) use read_preimage::PreimageRead;
pub(crate) use read_preimage::{ReadPreimage, ReadPreimageRow};
pub(crate) use result::CallResult;
#[cfg(feature = "record")]
pub(crate) use segment::{Border, LastReservation};
pub(crate) use segment::{FIRST_TIME, QUANTUM, SWITCH_OFFSET, Segment, SegmentRow};
pub(crate) use sha256::{Sha256, Sha256Row};
pub(crate) use sha256_block::{Sha256Block, Sha256BlockRow};
pub(crate) use sha256_key::{Sha256Key, Sha256KeyRow};
pub(crate) use shift::{Shift, ShiftRow, ShiftVariable, ShiftVariableRow};
pub(crate) use store_double::{StoreDouble, StoreDoubleRow};
pub(crate) use store_narrow::{StoreNarrow, StoreNarrowRow};
pub(crate) use stream::{Stream, StreamRow};
#[cfg(feature = "record")]
pub(crate) use switch::{Moves, Switched};
pub(crate) use switch::{Switch, SwitchRow};
pub(crate) use syscall::{Syscall, SyscallRow};
pub(crate) use unaligned::{Unaligned, UnalignedRow};
pub(crate) use value::{Value, ValueRow};
pub(crate) use write_key::{WriteKey, WriteKeyRow};
pub(crate) use yields::{Yields, YieldsRow};

/// The fixed cells of a table.
pub(crate) type Fixed = RowMajorMatrix<Val>;

/// The fixed cells of a table that has none.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct NotFixed<T>(PhantomData<T>);

rows!(NotFixed);

/// A table. Constraints and messages concern one row at a time, but for [`Keccak`], which looks at the next row too.
pub(crate) trait Table {
    /// What the table is called, in reports.
    const NAME: &'static str;

    /// How many of the segment's public values it needs: the first ones in the order of [`public`].
    const PUBLIC: usize = 0;

    /// The binary logarithm of its height, if it has fixed cells.
    const FIXED_LOG_ROWS: Option<usize> = None;

    /// The cells of a row that the prover fills.
    type Row<T: Copy>: Row<T>;

    /// The cells of a row that are the same in every proof.
    type Fixed<T: Copy>: Row<T>;

    /// Asserts that a row is right, and sends and receives its messages. A row of zeros is right, has no message, and
    /// fills the table, but for [`Hash`], [`Keccak`] and [`Sha256`]: they are filled with rows that are not used.
    fn eval<B: Buses>(row: &Self::Row<B::Var>, fixed: &Self::Fixed<B::Var>, builder: &mut B);

    /// All fixed cells, if there are any. The table then has as many rows.
    fn fixed() -> Option<Fixed> {
        None
    }
}
