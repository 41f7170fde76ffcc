//! A state of the VM as a tree, and the cells of the machine's own state.

use super::{
    Preimages, TouchedLeaf, TouchedNode,
    touched::leaf_limbs,
    tree::{Child, Space, SpaceTree},
};
use crate::{
    hash::{Digest, hash_leaf, hash_node},
    statement::{Position, SystemCell, record},
};
use rayon::prelude::*;
use tribunal_mips::{HI, LO};
use tribunal_vm::{State, Thread};

/// The leaves that hold the registers of the running thread.
pub(crate) const REGISTER_LEAVES: usize = 9;
/// The leaves that hold the machine's own state, without the threads that do not run.
pub(crate) const SYSTEM_LEAVES: usize = 5;

/// A state of the machine as a tree.
#[derive(Debug, Clone, Default)]
pub(crate) struct StateTree {
    spaces: [SpaceTree; 4],
}

impl StateTree {
    /// The tree of a state.
    pub(crate) fn of(state: &State) -> Self {
        let mut tree = Self::default();
        let memory = state.memory();
        let leaves: Vec<(u64, Digest)> = memory
            .page_indices()
            .par_iter()
            .filter_map(|&index| Some((index, memory.page(index)?)))
            .flat_map_iter(|(index, page)| {
                page.chunks_exact(4).enumerate().filter_map(move |(place, words)| {
                    let words: [u64; 4] = words.try_into().ok()?;
                    let leaf = || (index << 7 | place as u64, hash_leaf(&leaf_limbs(words)));
                    (words != [0; 4]).then(leaf)
                })
            })
            .collect();
        tree.spaces[Space::Memory as usize].update(Space::Memory, &leaves);
        for (space, words) in [(Space::Registers, &registers(state)[..]), (Space::System, &system(state)[..])]
        {
            let leaves: Vec<(u64, Digest)> = (0..)
                .zip(words.chunks_exact(4))
                .map(|(index, words)| {
                    (index, hash_leaf(&leaf_limbs([words[0], words[1], words[2], words[3]])))
                })
                .collect();
            tree.spaces[space as usize].update(space, &leaves);
        }
        tree.spaces[Space::System as usize].update(Space::System, &records(state));
        tree
    }

    /// Puts the pre-images of a run into the space of the oracle, which must be empty.
    pub(crate) fn set_preimages(&mut self, preimages: &Preimages) {
        self.spaces[Space::Oracle as usize] = preimages.tree();
    }

    /// The roots of the spaces, in their order.
    pub(crate) fn roots(&self) -> [Digest; 4] {
        self.spaces.each_ref().map(SpaceTree::root)
    }

    /// The root.
    pub(crate) fn root(&self) -> Digest {
        let [memory, registers, system, oracle] = self.roots();
        hash_node(&hash_node(&memory, &registers), &hash_node(&system, &oracle))
    }

    /// Sets the touched leaves of each space, given in ascending order. Returns all nodes on their paths.
    pub(crate) fn update(&mut self, touched: [Vec<(u64, Digest)>; 4]) -> Vec<TouchedNode> {
        let mut nodes = Vec::new();
        let mut roots = Vec::new();
        for (space, leaves) in
            [Space::Memory, Space::Registers, Space::System, Space::Oracle].into_iter().zip(touched)
        {
            let tree = &mut self.spaces[space as usize];
            let old = tree.root();
            nodes.extend(tree.update(space, &leaves));
            roots.push(Child { touched: !leaves.is_empty(), old, new: tree.root() });
        }
        if let Ok(roots) = roots.try_into() {
            nodes.extend(TouchedNode::above(roots));
        }
        nodes
    }
}

/// The leaves of the threads that do not run.
fn records(state: &State) -> Vec<(u64, Digest)> {
    let sides = [false, true].map(|right| {
        let runs = right == state.traverse_right();
        let stack = if runs { state.active_stack() } else { state.waiting_stack() };
        &stack[..stack.len() - usize::from(runs && !stack.is_empty())]
    });
    let mut leaves = Vec::new();
    for depth in 0..sides[0].len().max(sides[1].len()) {
        for (side, stack) in (0..).zip(sides) {
            let Some(thread) = stack.get(depth) else { continue };
            let first = u64::from(record::start(side, depth as u32) / 4);
            let words = record(thread);
            let words = words.as_chunks::<4>().0.iter().zip(first..);
            leaves.extend(words.map(|(words, leaf)| (leaf, hash_leaf(&leaf_limbs(*words)))));
        }
    }
    leaves
}

/// The cells of a thread that does not run.
///
/// A thread that cannot run on gets an address that no thread goes to: only a made-up state has one that has exited.
pub(crate) fn record(thread: &Thread) -> [u64; record::CELLS] {
    let mut words = [0; record::CELLS];
    words[..32].copy_from_slice(&thread.cpu.registers);
    words[HI as usize] = thread.cpu.hi;
    words[LO as usize] = thread.cpu.lo;
    words[record::PC as usize] = if thread.exited { u64::MAX } else { thread.cpu.pc };
    words[record::NEXT_PC as usize] = thread.cpu.next_pc;
    words[record::THREAD as usize] = thread.id;
    words
}

/// The program counters of a state, in words from the start of the code window, and what stands for them if the program or
/// the running thread has exited.
pub(crate) fn counters(state: &State) -> [u32; 2] {
    let words = |address: u64| address as u32 >> 2;
    match state.current_thread() {
        _ if state.exited() => [Position::EXITED, state.exit_code().into()],
        Some(thread) if thread.exited => [Position::DEAD, thread.exit_code.into()],
        Some(thread) => [thread.cpu.pc, thread.cpu.next_pc].map(words),
        None => [0; 2],
    }
}

/// The registers of the running thread, by number.
pub(crate) fn registers(state: &State) -> [u64; 4 * REGISTER_LEAVES] {
    let mut words = [0; 4 * REGISTER_LEAVES];
    if let Some(thread) = state.current_thread() {
        words[..32].copy_from_slice(&thread.cpu.registers);
        words[HI as usize] = thread.cpu.hi;
        words[LO as usize] = thread.cpu.lo;
    }
    words
}

/// The cells of the machine's own state, by number.
pub(crate) fn system(state: &State) -> [u64; 4 * SYSTEM_LEAVES] {
    let mut words = [0; 4 * SYSTEM_LEAVES];
    let mut set = |cell: SystemCell, values: &[u64]| {
        words[cell as usize..cell as usize + values.len()].copy_from_slice(values);
    };
    let (key, offset) = state.preimage_cursor();
    let key: Vec<u64> = key
        .chunks_exact(8)
        .map(|bytes| bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)))
        .collect();
    set(SystemCell::Key, &key);
    set(SystemCell::Offset, &[offset]);
    set(SystemCell::Heap, &[state.heap()]);
    let reservation = state.reservation();
    set(SystemCell::Reservation, &[reservation.status as u64, reservation.address, reservation.owner]);
    set(SystemCell::Thread, &[state.current_thread().map_or(0, |thread| thread.id)]);
    set(SystemCell::NextThread, &[state.next_thread_id()]);
    let (active, waiting) = (state.active_stack().len() as u64, state.waiting_stack().len() as u64);
    let stacks = if state.traverse_right() { [waiting, active] } else { [active, waiting] };
    set(SystemCell::Left, &stacks);
    set(SystemCell::Direction, &[u64::from(state.traverse_right())]);
    set(SystemCell::SinceSwitch, &[state.steps_since_switch()]);
    set(SystemCell::Version, &[u64::from(state.version().byte())]);
    words
}

impl TouchedLeaf {
    /// The leaves of these words, none of them accessed.
    pub(crate) fn all_of(words: &[u64]) -> Vec<Self> {
        words.chunks_exact(4).map(|words| Self::of([words[0], words[1], words[2], words[3]])).collect()
    }
}
