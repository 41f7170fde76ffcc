//! Where segments end.
//!
//! A table has a power of two rows, so a segment that ends just after a large table doubled wastes much of it. The planner
//! counts the rows that steps make, and ends a segment before a table doubles if the segment is not expected to get cheaper
//! for a step later on. Its counts need not be exact: they decide what a proof costs, and not what it says.

use super::{
    Space,
    paths::Paths,
    room::{LOOK_EVERY, full},
};
use crate::{air::AnyTable, machine::LEAST_LOG_ROWS, statement::MOST_STEPS};

/// How many steps a table must be from its doubling, at a look, to be left alone until the next one.
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

    /// What a segment costs that has so many rows in each table.
    fn of(&self, rows: impl Fn(usize) -> u32) -> u64 {
        let table = |(table, &cost): (usize, &u32)| u64::from(height(rows(table))) * u64::from(cost);
        self.segment + self.row.iter().enumerate().map(table).sum::<u64>()
    }
}

/// The height of a table with so many rows.
fn height(rows: u32) -> u32 {
    rows.next_power_of_two().max(1 << LEAST_LOG_ROWS)
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
        let doubles = |table: usize| {
            let soon = self.at(table, self.most.min(self.steps + SOON));
            self.costs.row[table] != 0 && height(soon) > height(self.rows[table])
        };
        (0..self.rows.len()).any(doubles) && !self.gets_cheaper()
    }

    /// The rows that a table is expected to have after so many steps.
    fn at(&self, table: usize, steps: u32) -> u32 {
        let (earlier, then) = &self.earlier[0];
        let grown = f64::from(self.rows[table] - then[table]) / f64::from(self.steps - earlier);
        self.rows[table] + (grown * f64::from(steps - self.steps)).ceil() as u32
    }

    /// Whether the segment is expected to cost less for a step later on.
    fn gets_cheaper(&self) -> bool {
        let for_a_step = |cost: u64, steps: u32| cost as f64 / f64::from(steps);
        let now = for_a_step(self.costs.of(|table| self.rows[table]), self.steps);
        let then = |steps: u32| for_a_step(self.costs.of(|table| self.at(table, steps)), steps);
        let (earlier, past) = &self.earlier[0];
        let doublings = (0..self.rows.len()).filter(|table| self.costs.row[*table] != 0).flat_map(|table| {
            let grown = f64::from(self.rows[table] - past[table]) / f64::from(self.steps - earlier);
            let full = (0..).map(move |times| u64::from(height(self.rows[table])) << times);
            full.map_while(move |full| {
                let more = (full as f64 - f64::from(self.rows[table])) / grown;
                (more < f64::from(self.most)).then(|| (more as u32).saturating_sub(1) + self.steps)
            })
        });
        doublings
            .filter(|steps| (self.steps + SOON..self.most).contains(steps))
            .chain([self.most])
            .any(|steps| then(steps) < now)
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
        let one = [(AnyTable::Add, 100, 0.75)];
        let segments = planned(&one, 0, 15_000, 100_000);
        assert!(
            segments.len() >= 9 && segments.iter().all(|steps| (10_240..=10_923).contains(steps)),
            "{segments:?}"
        );
        // If segments are dear, it pays to waste rows.
        assert_eq!(planned(&one, 1 << 24, 15_000, 100_000), [15_000; 6]);
        // The dearest table decides, of two.
        let two = [(AnyTable::Add, 100, 0.75), (AnyTable::Logic, 5, 0.6)];
        let segments = planned(&two, 0, 15_000, 100_000);
        assert!(segments.iter().all(|steps| (10_240..=10_923).contains(steps)), "{segments:?}");
    }

    /// The table doubles four times at 64, 128 and so on, and once more before the segment has the most steps.
    #[test]
    fn a_segment_goes_on_if_it_gets_cheaper() {
        let table = [(AnyTable::Add, 100, 0.01)];
        let segments = planned(&table, 50_000, 13_000, 60_000);
        assert!(segments.iter().all(|steps| (12_032..=12_800).contains(steps)), "{segments:?}");
        assert_eq!(planned(&table, 0, 6_300, 12_600), [6_300; 2]);
        // A segment is dear, so a few rows that are wasted are cheap.
        for most in [257, 300, 511, 600, 2000] {
            assert_eq!(planned(&[(AnyTable::Add, 100, 0.75)], 1 << 24, most, 2 * most), [most; 2], "{most}");
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
