//! Where segments end.
//!
//! A table has a power of two rows, so a segment that ends just after a large table grew wastes much of it. The planner counts
//! the rows that steps make, and ends a segment before it gets dearer for a step, if it is not expected to get cheaper later
//! on. Its counts need not be exact: they decide what a proof costs, and not what it says.

use super::{
    Space,
    paths::Paths,
    room::{LOOK_EVERY, full},
    tables::{height, heights},
};
use crate::{air::AnyTable, statement::MOST_STEPS};
use core::iter;

/// How far a look sees: twice as many steps as come before the next one.
const SOON: u32 = 2 * LOOK_EVERY;

/// The rows of each table.
type Rows = [u32; AnyTable::COUNT];

/// What a segment costs: cells.
#[derive(Debug, Clone)]
pub(crate) struct Costs {
    /// Of a row of each table of an execution segment.
    row: [u32; AnyTable::COUNT],
    /// Of what all segments have: the tables of a fixed height, and what a verifier does for a segment.
    segment: u64,
}

/// The cells that a segment costs a verifier that is proven itself. An estimate.
const VERIFIED_AS_CELLS: u64 = 1 << 24;

impl Costs {
    /// What rows cost. `cells` are those of a row of each table.
    pub(crate) fn new(cells: impl Iterator<Item = (AnyTable, usize)>) -> Self {
        let mut costs = Self { row: [0; AnyTable::COUNT], segment: VERIFIED_AS_CELLS };
        for (table, cells) in cells {
            match table.fixed_log_rows() {
                Some(log_rows) => costs.segment += (cells as u64) << log_rows,
                None => costs.row[table as usize] = cells as u32,
            }
        }
        costs
    }

    /// What a step costs in a segment of so many steps, which has so many rows in each table.
    fn of_a_step(&self, steps: u32, rows: impl Fn(AnyTable) -> u32) -> f64 {
        let cells = self.tables().map(|(table, cost)| heights(table, rows(table) as usize) as u64 * cost);
        (self.segment + cells.sum::<u64>()) as f64 / f64::from(steps)
    }

    /// The tables of which rows cost something, and what a row costs.
    fn tables(&self) -> impl Iterator<Item = (AnyTable, u64)> {
        let cost = |&table: &AnyTable| (table, self.row[table as usize].into());
        AnyTable::ALL.iter().map(cost).filter(|(_, cost)| *cost != 0)
    }
}

/// Counts the rows of a segment, and says when it ends.
#[derive(Debug)]
pub(super) struct Planner {
    costs: Costs,
    most: u32,
    steps: u32,
    rows: Rows,
    /// The rows after an earlier step, which tell how fast the tables grow.
    earlier: [(u32, Rows); 2],
    touched: Paths,
    changed: Paths,
}

impl Planner {
    /// Plans segments of at most so many steps.
    pub(super) fn new(costs: Costs, most: u32) -> Self {
        let none = [0; AnyTable::COUNT];
        Self {
            costs,
            most: most.clamp(1, MOST_STEPS),
            steps: 0,
            rows: none,
            earlier: [(0, none); 2],
            touched: Paths::default(),
            changed: Paths::default(),
        }
    }

    /// A segment begins.
    pub(super) fn begin(&mut self) {
        let costs = self.costs.clone();
        *self = Self::new(costs, self.most);
    }

    /// The rows of a table become more.
    #[inline]
    pub(super) fn add(&mut self, table: AnyTable, rows: u32) {
        self.rows[table as usize] += rows;
    }

    /// A leaf of memory is touched for the first time.
    pub(super) fn touch(&mut self, leaf: u64) {
        self.add(AnyTable::MemoryBoundary, 1);
        self.touched.touch(Space::Memory, leaf);
    }

    /// A leaf of memory is stored to for the first time.
    pub(super) fn change(&mut self, leaf: u64) {
        self.changed.touch(Space::Memory, leaf);
    }

    /// A step was made. Returns the steps of the segment if it ends here.
    #[inline]
    pub(super) fn step(&mut self) -> Option<u32> {
        self.steps += 1;
        let ends = self.steps == self.most || self.steps.is_multiple_of(LOOK_EVERY) && self.should_end();
        ends.then_some(self.steps)
    }

    fn should_end(&mut self) -> bool {
        let [touched, changed] = [&self.touched, &self.changed].map(|paths| paths.len() as u32);
        self.rows[AnyTable::Node as usize] = touched;
        // Each node is hashed before the segment, and after it if it is another one then.
        self.rows[AnyTable::Hash as usize] = touched + changed;
        if full(|table| self.rows[table as usize] as usize, touched as usize) {
            return true;
        }
        let [_, later] = &self.earlier;
        if self.steps >= 2 * later.0.max(LOOK_EVERY) {
            self.earlier = [*later, (self.steps, self.rows)];
        }
        let now = self.costs.of_a_step(self.steps, |table| self.rows[table as usize]);
        let expected = |steps: u32| self.costs.of_a_step(steps, |table| self.at(table, steps));
        let soon = self.steps + SOON;
        let gets_cheaper = || {
            let full = self.fill_up().filter(|steps| (soon..self.most).contains(steps));
            full.chain([self.most]).any(|steps| expected(steps) < now)
        };
        expected(self.most.min(soon)) > now && !gets_cheaper()
    }

    /// The rows that a table is expected to have after so many steps.
    fn at(&self, table: AnyTable, steps: u32) -> u32 {
        self.rows[table as usize] + (self.growth(table) * f64::from(steps - self.steps)).ceil() as u32
    }

    /// How many rows a step adds to a table.
    fn growth(&self, table: AnyTable) -> f64 {
        let (steps, rows) = &self.earlier[0];
        f64::from(self.rows[table as usize] - rows[table as usize]) / f64::from(self.steps - steps)
    }

    /// The steps after which a table is expected to be full: the segment is cheapest for a step then.
    fn fill_up(&self) -> impl Iterator<Item = u32> {
        self.costs.tables().flat_map(|(table, _)| {
            let (rows, growth) = (f64::from(self.rows[table as usize]), self.growth(table));
            let next = height(self.rows[table as usize] as usize) as f64;
            // Two tables are also full if the second one is half as high as the first one, or a quarter, and so on. The half is
            // the only one of these that is tried.
            let sizes: &[f64] = if table.is_twice() { &[0.75, 1.0] } else { &[1.0] };
            let most = f64::from(self.most);
            let after = move |size: f64| (size - rows) / growth;
            let times = iter::successors(Some(next), |full| Some(2.0 * full));
            let times = times.take_while(move |full| after(0.75 * full) < most);
            let full = times.flat_map(move |full| sizes.iter().map(move |size| after(size * full)));
            full.filter(move |more| (1.0..most).contains(more)).map(|more| more as u32 - 1 + self.steps)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lengths of the segments of a run with so many steps, each of which adds a row to these tables with these chances.
    fn planned(tables: &[(AnyTable, usize, f64)], segment: u64, most: u32, run: u32) -> Vec<u32> {
        let mut costs = Costs::new(tables.iter().map(|&(table, cells, _)| (table, cells)));
        costs.segment = segment;
        let mut planner = Planner::new(costs, most);
        let (mut segments, mut due) = (Vec::new(), vec![0.0; tables.len()]);
        for _ in 0..run {
            for (due, &(table, _, chance)) in due.iter_mut().zip(tables) {
                *due += chance;
                if *due >= 1.0 {
                    *due -= 1.0;
                    planner.add(table, 1);
                }
            }
            if let Some(steps) = planner.step() {
                segments.push(steps);
                planner.begin();
            }
        }
        segments
    }

    #[test]
    fn a_segment_ends_before_a_table_doubles() {
        // A table that has 2^13 rows after 10923 steps.
        let one = [(AnyTable::Multiply, 100, 0.75)];
        let segments = planned(&one, 0, 15_000, 100_000);
        assert!(
            segments.len() >= 9 && segments.iter().all(|steps| (10_240..=10_923).contains(steps)),
            "{segments:?}"
        );
        // If segments are dear, it pays to waste rows.
        assert_eq!(planned(&one, 1 << 24, 15_000, 100_000), [15_000; 6]);
        // The dearest table decides, of two.
        let two = [(AnyTable::Multiply, 100, 0.75), (AnyTable::Divide, 5, 0.6)];
        let segments = planned(&two, 0, 15_000, 100_000);
        assert!(segments.iter().all(|steps| (10_240..=10_923).contains(steps)), "{segments:?}");
    }

    /// Two tables are full if the second one is as high as the first one or half as high.
    #[test]
    fn a_segment_ends_before_one_of_two_tables_doubles() {
        // A table that has 6144 rows after 8192 steps, and 8192 after 10923. A few rows more cost little.
        let one = [(AnyTable::Add, 100, 0.75)];
        for (most, ends) in [(15_000, 10_240..=11_264), (9_000, 7_680..=8_448)] {
            let segments = planned(&one, 10_000, most, 100_000);
            assert!(
                segments.len() >= 9 && segments.iter().all(|steps| ends.contains(steps)),
                "{most}: {segments:?}"
            );
        }
        assert_eq!(planned(&one, 1 << 24, 15_000, 100_000), [15_000; 6]);
    }

    /// The table doubles four times at 64, 128 and so on, and once more before the segment has the most steps.
    #[test]
    fn a_segment_goes_on_if_it_gets_cheaper() {
        let table = [(AnyTable::Multiply, 100, 0.01)];
        let segments = planned(&table, 50_000, 13_000, 60_000);
        assert!(segments.iter().all(|steps| (12_032..=12_800).contains(steps)), "{segments:?}");
        assert_eq!(planned(&table, 0, 6_300, 12_600), [6_300; 2]);
        // A segment is dear, so a few rows that are wasted are cheap.
        for most in [257, 300, 511, 600, 2000] {
            assert_eq!(
                planned(&[(AnyTable::Multiply, 100, 0.75)], 1 << 24, most, 2 * most),
                [most; 2],
                "{most}"
            );
        }
    }

    #[test]
    fn a_table_that_is_nearly_full_ends_a_segment() {
        let mut planner = Planner::new(Costs::new([].into_iter()), 1 << 20);
        for step in 1..1 << 20 {
            planner.add(AnyTable::Moved, 34);
            if let Some(steps) = planner.step() {
                assert!(steps == step && (100_000..1 << 17).contains(&step), "{step}");
                return;
            }
        }
        panic!("no end");
    }
}
