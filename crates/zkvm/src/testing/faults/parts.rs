//! The parts of a state, to change what no step changes.

use crate::testing::Reserved;
use tribunal_vm::{State, Thread, read_state, write_state};

/// The bytes of a page.
const PAGE: usize = 1 << 12;

/// The parts of a state.
#[derive(Debug, Clone)]
pub(super) struct Parts {
    /// The version and the pages, as a state file has them.
    memory: Vec<u8>,
    pub(super) key: [u8; 32],
    pub(super) offset: u64,
    pub(super) heap: u64,
    pub(super) reserved: Reserved,
    /// The exit code, if the program has exited.
    pub(super) exited: Option<u8>,
    pub(super) step: u64,
    pub(super) since: u64,
    pub(super) right: bool,
    pub(super) next: u64,
    /// The left stack and the right one.
    pub(super) stacks: [Vec<Thread>; 2],
}

impl Parts {
    pub(super) fn of(state: &State) -> Self {
        let mut memory = Vec::new();
        write_state(state, &mut memory).unwrap();
        memory.truncate(9 + state.memory().page_count() * (8 + PAGE));
        let (key, offset) = state.preimage_cursor();
        let reservation = state.reservation();
        let mut stacks = [state.active_stack(), state.waiting_stack()].map(<[Thread]>::to_vec);
        if state.traverse_right() {
            stacks.reverse();
        }
        Self {
            memory,
            key: key.0,
            offset,
            heap: state.heap(),
            reserved: Reserved {
                status: reservation.status as u64,
                address: reservation.address,
                owner: reservation.owner,
            },
            exited: state.exited().then_some(state.exit_code()),
            step: state.step(),
            since: state.steps_since_switch(),
            right: state.traverse_right(),
            next: state.next_thread_id(),
            stacks,
        }
    }

    pub(super) fn state(&self) -> State {
        let mut file = self.memory.clone();
        file.extend(self.key);
        file.extend([self.offset, self.heap].map(u64::to_be_bytes).concat());
        file.push(self.reserved.status as u8);
        file.extend([self.reserved.address, self.reserved.owner].map(u64::to_be_bytes).concat());
        file.extend([self.exited.unwrap_or_default(), self.exited.is_some().into()]);
        file.extend([self.step, self.since].map(u64::to_be_bytes).concat());
        file.push(self.right.into());
        file.extend(self.next.to_be_bytes());
        for stack in &self.stacks {
            file.extend((stack.len() as u64).to_be_bytes());
            stack.iter().for_each(|thread| file.extend(thread.encode()));
        }
        file.extend([0; 4]);
        read_state(&mut file.as_slice(), 1000).unwrap()
    }

    /// The running thread.
    pub(super) fn thread(&mut self) -> &mut Thread {
        self.stacks[usize::from(self.right)].last_mut().unwrap()
    }

    /// The thread with this number.
    pub(super) fn thread_of(&mut self, id: u64) -> Option<&mut Thread> {
        self.stacks.iter_mut().flatten().find(|thread| thread.id == id)
    }

    /// Adds the page around an address, which must be the first one of all.
    pub(super) fn add_page(&mut self, address: u64) {
        let pages = u64::from_be_bytes(self.memory[1..9].try_into().unwrap());
        let mut page = (address / PAGE as u64).to_be_bytes().to_vec();
        page.resize(8 + PAGE, 0);
        self.memory[1..9].copy_from_slice(&(pages + 1).to_be_bytes());
        drop(self.memory.splice(9..9, page));
    }

    /// The 8 bytes of memory at an address, if their page is there.
    pub(super) fn word(&mut self, address: u64) -> Option<&mut [u8; 8]> {
        let pages = self.memory[9..].chunks_exact_mut(8 + PAGE);
        let mut pages = pages.map(|page| page.split_at_mut(8));
        let (_, page) = pages.find(|(index, _)| **index == (address / PAGE as u64).to_be_bytes())?;
        page[(address % PAGE as u64) as usize..].first_chunk_mut()
    }
}
