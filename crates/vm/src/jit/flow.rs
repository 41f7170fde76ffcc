//! What has to be known of a region before it is translated: where it has to look at what is left of its budget, and
//! which blocks can rely on what one before them has found out.

use super::region::Region;

/// Facts about the blocks of a region.
pub(super) struct Flow {
    /// For each block that has to look at the budget, the most steps until the next look.
    pub(super) checks: Vec<Option<u64>>,
    /// For each block, the block that always comes before it, and lies before it in the region.
    pub(super) only_before: Vec<Option<usize>>,
}

impl Flow {
    pub(super) fn of(region: &Region) -> Self {
        Self { checks: checks(region), only_before: only_before(region) }
    }
}

fn only_before(region: &Region) -> Vec<Option<usize>> {
    let mut befores = vec![Vec::new(); region.blocks.len()];
    for (place, block) in region.blocks.iter().enumerate() {
        block.successors().for_each(|next| befores[next].push(place));
    }
    // The first block is also reached from outside.
    let only = |(place, befores): (usize, Vec<usize>)| match befores[..] {
        [before] if place > 0 && before < place => Some(before),
        _ => None,
    };
    befores.into_iter().enumerate().map(only).collect()
}

/// The entry and every block that closes a loop look at the budget; between two looks there is no loop, so the steps
/// until the next one are bounded.
fn checks(region: &Region) -> Vec<Option<u64>> {
    let mut search =
        Search { region, state: vec![Visit::New; region.blocks.len()], order: Vec::new(), heads: vec![] };
    search.heads.push(0);
    search.visit(0);
    let is_head = |place: usize| search.heads.contains(&place);
    // In the order in which the search left the blocks, successors come first, but for the heads of loops.
    let mut longest = vec![0; region.blocks.len()];
    for &place in &search.order {
        let block = &region.blocks[place];
        let rest = block.successors().filter(|&next| !is_head(next)).map(|next| longest[next]).max();
        longest[place] = block.code.len() as u64 + rest.unwrap_or(0);
    }
    (0..region.blocks.len()).map(|place| is_head(place).then_some(longest[place])).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    New,
    Open,
    Done,
}

/// A depth-first search. Its depth is at most the number of blocks.
struct Search<'a> {
    region: &'a Region,
    state: Vec<Visit>,
    order: Vec<usize>,
    heads: Vec<usize>,
}

impl Search<'_> {
    fn visit(&mut self, place: usize) {
        self.state[place] = Visit::Open;
        for next in self.region.blocks[place].successors() {
            match self.state[next] {
                Visit::New => self.visit(next),
                Visit::Open => self.heads.push(next),
                Visit::Done => {}
            }
        }
        self.state[place] = Visit::Done;
        self.order.push(place);
    }
}
