//! Evaluates the constraints and messages of one row, with numbers. The trace generator counts messages with it, and the
//! tests check rows with it.

use crate::{air::AnyTable, stark::Val};
use alloc::vec::Vec;
use p3_air::{Air, AirBuilder, RowWindow};
use p3_field::PrimeCharacteristicRing;
use p3_lookup::{Count, InteractionBuilder};

/// A message that a row sends (`count` is 1, or how often it is used) or receives (`count` is -1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Message<'a> {
    pub(crate) bus: &'a str,
    pub(crate) fields: &'a [Val],
    pub(crate) count: Val,
}

/// What a row says.
pub(crate) struct OneRow<'a, M> {
    main: RowWindow<'a, Val>,
    fixed: RowWindow<'a, Val>,
    public: &'a [Val],
    /// Whether it is the first row, and whether there is one after it. Only a table that looks at the next row asks.
    selectors: Option<[Val; 2]>,
    constraints: usize,
    failed: Option<usize>,
    fields: Vec<Val>,
    on_message: M,
}

/// Evaluates a row. Calls `on_message` for each message that is sent or received at all. Returns the number of the first
/// constraint that does not hold.
pub(crate) fn evaluate(
    table: AnyTable,
    cells: &[Val],
    fixed: &[Val],
    public: &[Val],
    on_message: impl FnMut(Message<'_>),
) -> Option<usize> {
    evaluate_between(table, [cells, cells], None, fixed, public, on_message)
}

/// Evaluates a row as [`evaluate`] does, with the row after it. `selectors` are 1 if it is the first row, and if it is not
/// the last one.
pub(crate) fn evaluate_between(
    table: AnyTable,
    [cells, next]: [&[Val]; 2],
    selectors: Option<[Val; 2]>,
    fixed: &[Val],
    public: &[Val],
    on_message: impl FnMut(Message<'_>),
) -> Option<usize> {
    let mut row = OneRow {
        main: RowWindow::from_two_rows(cells, next),
        fixed: RowWindow::from_two_rows(fixed, fixed),
        public,
        selectors,
        constraints: 0,
        failed: None,
        fields: Vec::new(),
        on_message,
    };
    table.eval(&mut row);
    row.failed
}

impl<'a, M> AirBuilder for OneRow<'a, M> {
    type F = Val;
    type Expr = Val;
    type Var = Val;
    type PreprocessedWindow = RowWindow<'a, Val>;
    type MainWindow = RowWindow<'a, Val>;
    type PublicVar = Val;
    type PeriodicVar = Val;

    fn main(&self) -> Self::MainWindow {
        self.main
    }

    fn preprocessed(&self) -> &Self::PreprocessedWindow {
        &self.fixed
    }

    fn is_first_row(&self) -> Val {
        match self.selectors {
            Some([first, _]) => first,
            None => {
                unreachable!("a table that looks at one row does not look at the selector of the first row")
            }
        }
    }

    fn is_last_row(&self) -> Val {
        unreachable!("no table looks at its last row")
    }

    fn is_transition(&self) -> Val {
        match self.selectors {
            Some([_, transition]) => transition,
            None => unreachable!("a table that looks at one row does not look at the next row"),
        }
    }

    fn public_values(&self) -> &[Val] {
        self.public
    }

    fn assert_zero<I: Into<Val>>(&mut self, value: I) {
        if value.into() != Val::ZERO && self.failed.is_none() {
            self.failed = Some(self.constraints);
        }
        self.constraints += 1;
    }
}

impl<M: FnMut(Message<'_>)> InteractionBuilder for OneRow<'_, M> {
    fn push_interaction<E: Into<Val>>(
        &mut self,
        bus: &str,
        fields: impl IntoIterator<Item = E>,
        count: impl Into<Count<Val>>,
    ) {
        let (count, _) = count.into().into_parts();
        if count == Val::ZERO {
            return;
        }
        self.fields.clear();
        self.fields.extend(fields.into_iter().map(Into::into));
        (self.on_message)(Message { bus, fields: &self.fields, count });
    }

    fn push_local_interaction(&mut self, _: impl IntoIterator<Item = (Vec<Val>, Count<Val>)>) {
        unreachable!("no table has a bus of its own");
    }
}
