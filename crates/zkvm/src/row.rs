//! Rows of tables as structs with a name for each cell.

use core::{mem, slice};

/// A struct that is one row of a table.
///
/// # Safety
/// The struct is `repr(C)`, and each of its fields is a `T`, an array of `T`, or a struct or array of structs of that
/// kind. So it has the layout of an array of `T`.
pub(crate) unsafe trait Row<T: Copy>: Copy {
    /// The number of cells.
    const WIDTH: usize = mem::size_of::<Self>() / mem::size_of::<T>();

    /// Names the cells of a row.
    ///
    /// # Panics
    /// If `cells` has another length than [`Self::WIDTH`].
    fn of(cells: &[T]) -> &Self {
        assert_eq!(cells.len(), Self::WIDTH, "a row has as many cells as its table has columns");
        // SAFETY: by the trait's contract, the struct has the layout of an array of `WIDTH` times `T`.
        unsafe { &*cells.as_ptr().cast::<Self>() }
    }

    /// The cells in their order.
    fn cells(&self) -> &[T] {
        // SAFETY: by the trait's contract, the struct has the layout of an array of `WIDTH` times `T`.
        unsafe { slice::from_raw_parts(core::ptr::from_ref(self).cast::<T>(), Self::WIDTH) }
    }
}

/// Declares that structs with one type parameter, the type of their cells, are rows.
macro_rules! rows {
    ($($name:ident),*) => {
        $(
            // SAFETY: the struct is `repr(C)` and consists of cells only.
            unsafe impl<T: Copy> $crate::row::Row<T> for $name<T> {}
        )*
    };
}
pub(crate) use rows;
