//! Control-flow analysis of a region. It finds the blocks that check the step budget. It also finds the blocks with a
//! single predecessor: these need not repeat the memory checks that the predecessor has made (see [`super::groups`]).
//!
//! Memory safety of compiled code rests on this file: a block that relied on the checks of a block that has not run
//! before it would access memory unchecked.

use super::region::Region;

/// Facts about the blocks of a region. The index of a block is its index in [`Region::blocks`].
pub(super) struct FlowAnalysis {
    /// For each block that checks the budget: the most steps that can be made before the next check. `None` for the
    /// other blocks.
    pub(super) budget_checks: Vec<Option<u64>>,
    /// For each block: the index of its predecessor, if a single edge leads to the block, and its predecessor is
    /// translated before it.
    pub(super) single_predecessor: Vec<Option<usize>>,
}

impl FlowAnalysis {
    pub(super) fn of(region: &Region) -> Self {
        Self { budget_checks: budget_checks(region), single_predecessor: single_predecessor(region) }
    }
}

fn single_predecessor(region: &Region) -> Vec<Option<usize>> {
    let mut predecessors = vec![Vec::new(); region.blocks.len()];
    for (index, block) in region.blocks.iter().enumerate() {
        block.successors().for_each(|next| predecessors[next].push(index));
    }
    // Blocks are translated in the order of their indices. The first block is also entered from outside.
    let single = |(index, predecessors): (usize, Vec<usize>)| match predecessors[..] {
        [predecessor] if index > 0 && predecessor < index => Some(predecessor),
        _ => None,
    };
    predecessors.into_iter().enumerate().map(single).collect()
}

/// The first block of the region and each loop head check the budget. There is no loop between two checks, so the
/// number of steps until the next check is at most the length of the longest path.
fn budget_checks(region: &Region) -> Vec<Option<u64>> {
    let search = DepthFirstSearch::of(region);
    let checks = |index: usize| index == 0 || search.loop_heads.contains(&index);
    let mut longest = vec![0; region.blocks.len()];
    // In postorder, a block comes after all its successors that are not loop heads.
    for &index in &search.postorder {
        let block = &region.blocks[index];
        let rest = block.successors().filter(|&next| !checks(next)).map(|next| longest[next]).max();
        longest[index] = block.instructions.len() as u64 + rest.unwrap_or(0);
    }
    (0..region.blocks.len()).map(|index| checks(index).then_some(longest[index])).collect()
}

/// The state of a block in the search.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    NotBegun,
    /// The block is on the path from the first block to the current one.
    OnPath,
    Finished,
}

/// A depth-first search from the first block. Its depth is at most the number of blocks.
struct DepthFirstSearch<'a> {
    region: &'a Region,
    /// The state of each block.
    visits: Vec<Visit>,
    /// The blocks in the order in which their visits were finished.
    postorder: Vec<usize>,
    /// The targets of back edges.
    loop_heads: Vec<usize>,
}

impl<'a> DepthFirstSearch<'a> {
    fn of(region: &'a Region) -> Self {
        let visits = vec![Visit::NotBegun; region.blocks.len()];
        let mut search = Self { region, visits, postorder: Vec::new(), loop_heads: Vec::new() };
        search.visit(0);
        search
    }

    fn visit(&mut self, index: usize) {
        self.visits[index] = Visit::OnPath;
        for next in self.region.blocks[index].successors() {
            match self.visits[next] {
                Visit::NotBegun => self.visit(next),
                Visit::OnPath => self.loop_heads.push(next),
                Visit::Finished => {}
            }
        }
        self.visits[index] = Visit::Finished;
        self.postorder.push(index);
    }
}
