//! The columns.

use crate::{bus::Replaced, row::rows, word::Word};

/// One switch.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct SwitchRow<T> {
    /// When the step begins.
    pub(super) time: T,
    /// Where the thread goes on that ran until now: the address of its next instruction, and of the one after it, in words of
    /// 4 bytes from the start of the code window. Of a thread that has exited: what stands for that, and its exit code.
    pub(super) counters: [T; 2],
    /// 1 for what happens to the thread.
    pub(super) preempted: T,
    pub(super) yields: T,
    pub(super) clones: T,
    pub(super) dropped: T,
    /// 1 if the active stack is empty then, so that the stacks change roles.
    pub(super) turns: T,
    /// 1 if the thread moves to the other stack and another one runs.
    pub(super) rotates: T,
    /// 1 if the right stack is the active one, before the step and after it.
    pub(super) right: T,
    pub(super) new_right: T,
    /// The threads on the active stack and on the other one, before the step.
    pub(super) active: T,
    pub(super) waiting: T,
    /// The times of the accesses before this one: to these numbers of threads, to the direction, and to the last switch.
    pub(super) active_before: T,
    pub(super) waiting_before: T,
    pub(super) direction_before: T,
    pub(super) switch_before: T,
    /// The first step after the last switch, as the row of the segment has it, in two limbs, before the step and after it.
    pub(super) switch: [T; 2],
    pub(super) new_switch: [T; 2],
    /// The counters of the thread that ran as addresses: the lowest limb divided by 4, and the next limb.
    pub(super) address: [[T; 2]; 2],
    /// The counters of the thread that runs from now on, and the same as addresses if they come from a record.
    pub(super) new_counters: [T; 2],
    pub(super) new_address: [[T; 2]; 2],
    /// The number of the running thread, before the step and after it. The row of the table `clone` sets that of a new thread.
    pub(super) thread: Replaced<T>,
    pub(super) new_thread: Word<T>,
    /// The depth of the thread that runs from now on, if it comes from a record.
    pub(super) depth: T,
    /// The first cell of the record that the thread moves to, and of that from which the other one comes.
    pub(super) to: T,
    pub(super) from: T,
    /// The times of the accesses before this one to these cells of both: the program counters, and the thread's number.
    pub(super) to_before: [T; 3],
    pub(super) from_before: [T; 3],
}

rows!(SwitchRow);
