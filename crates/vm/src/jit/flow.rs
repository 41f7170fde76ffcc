//! Control flow in a region: which blocks check the step budget, and which have a single predecessor, whose checks they can
//! rely on.
//!
//! Memory safety of compiled code rests on this file: if a block inherits a check from a predecessor that did not run,
//! it accesses memory unchecked.

use super::region::Region;

/// Facts about the blocks of a region.
pub(super) struct Flow {
    /// For each block that checks the budget, the most steps that can follow before the next check.
    pub(super) checks: Vec<Option<u64>>,
    /// For each block, its only predecessor, if that is translated before it.
    pub(super) single_predecessor: Vec<Option<usize>>,
}

impl Flow {
    pub(super) fn of(region: &Region) -> Self {
        Self { checks: checks(region), single_predecessor: single_predecessor(region) }
    }
}

fn single_predecessor(region: &Region) -> Vec<Option<usize>> {
    let mut predecessors = vec![Vec::new(); region.blocks.len()];
    for (place, block) in region.blocks.iter().enumerate() {
        block.successors().for_each(|next| predecessors[next].push(place));
    }
    // The first block is also entered from outside.
    let single = |(place, predecessors): (usize, Vec<usize>)| match predecessors[..] {
        [predecessor] if place > 0 && predecessor < place => Some(predecessor),
        _ => None,
    };
    predecessors.into_iter().enumerate().map(single).collect()
}

/// The entry of the region and each loop head check the budget. Between two checks there is no loop, so the number of
/// steps until the next check is bounded.
fn checks(region: &Region) -> Vec<Option<u64>> {
    let mut search =
        Search { region, state: vec![Progress::New; region.blocks.len()], order: Vec::new(), heads: vec![] };
    search.heads.push(0);
    search.visit(0);
    let is_head = |place: usize| search.heads.contains(&place);
    // In postorder, successors come first, except for the heads of loops.
    let mut longest = vec![0; region.blocks.len()];
    for &place in &search.order {
        let block = &region.blocks[place];
        let rest = block.successors().filter(|&next| !is_head(next)).map(|next| longest[next]).max();
        longest[place] = block.code.len() as u64 + rest.unwrap_or(0);
    }
    (0..region.blocks.len()).map(|place| is_head(place).then_some(longest[place])).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    New,
    Open,
    Done,
}

/// A depth-first search for back edges. Its depth is at most the number of blocks.
struct Search<'a> {
    region: &'a Region,
    state: Vec<Progress>,
    order: Vec<usize>,
    heads: Vec<usize>,
}

impl Search<'_> {
    fn visit(&mut self, place: usize) {
        self.state[place] = Progress::Open;
        for next in self.region.blocks[place].successors() {
            match self.state[next] {
                Progress::New => self.visit(next),
                Progress::Open => self.heads.push(next),
                Progress::Done => {}
            }
        }
        self.state[place] = Progress::Done;
        self.order.push(place);
    }
}
