//! Observers. An observer is told what each exact step (see [`super::step`]) does, as it happens.

use crate::{
    memory::MemoryView,
    state::{Reservation, Thread},
};
use alloy_primitives::B256;
use tribunal_mips::{Cpu, Instruction};

/// Receives what a step does, in the order of events. See [`Machine::step_observed`](crate::Machine::step_observed).
///
/// `()` ignores every call and costs nothing. [`Both`] passes each call on to two observers, `Option` to its observer
/// if it has one, and `&mut O` to `O`.
///
/// There are three kinds of steps:
///
/// - A step that executes an instruction calls [`begin`](Self::begin), then [`fetch`](Self::fetch), then the methods
///   for what the instruction reads and changes, then [`retire`](Self::retire). If a system call has switched threads,
///   [`switch`](Self::switch) follows.
/// - A step that only switches threads calls [`begin`](Self::begin), then [`switch`](Self::switch).
/// - After the program has exited, a step does nothing and makes no call.
///
/// A step that fails ends early, without [`retire`](Self::retire). When the guest prints or sends a hint, the loads of
/// the printed or sent bytes are not reported, because the state's witness does not depend on them.
///
/// # What an observer can reproduce
///
/// Each field of a state's witness changes only as follows. So an observer that knows one state can follow all changes:
///
/// | field | changes |
/// |---|---|
/// | memory | [`store`](Self::store) |
/// | general registers, HI and LO of the running thread | [`write_register`](Self::write_register) |
/// | program counters of the running thread | [`retire`](Self::retire) |
/// | pre-image key and offset | [`preimage_cursor`](Self::preimage_cursor) |
/// | heap | [`heap`](Self::heap) |
/// | reservation | [`reservation`](Self::reservation) |
/// | exited and exit code, of the program or a thread | [`exit`](Self::exit), [`thread_exit`](Self::thread_exit) |
/// | steps | 1 more at each [`begin`](Self::begin) |
/// | steps since the last switch | 0 at each [`switch`](Self::switch), and 1 more at each [`fetch`](Self::fetch) |
/// | the stacks of threads and their direction | [`switch`](Self::switch), see [`Switch`] |
/// | id of the next thread | 1 more at a [`switch`](Self::switch) for [`Switch::Cloned`] |
pub trait Observer {
    /// A step begins. The program has made `step` steps before it.
    #[inline]
    fn begin(&mut self, step: u64) {
        let _ = step;
    }

    /// An instruction was fetched and is executed next. `cpu` holds the registers before it. The instruction's encoding
    /// is `memory.read_instruction(cpu.pc)`.
    #[inline]
    fn fetch(&mut self, memory: &mut MemoryView<'_>, cpu: &Cpu, instruction: Instruction) {
        let _ = (memory, cpu, instruction);
    }

    /// The instruction reads a register. `register` is the number of a general register, [`HI`](tribunal_mips::HI) or
    /// [`LO`](tribunal_mips::LO).
    #[inline]
    fn read_register(&mut self, register: u8, value: u64) {
        let _ = (register, value);
    }

    /// The instruction has written a register, which held `old` before.
    #[inline]
    fn write_register(&mut self, register: u8, old: u64, new: u64) {
        let _ = (register, old, new);
    }

    /// The 8-byte word at `address`, which is a multiple of 8, is loaded next.
    #[inline]
    fn load(&mut self, memory: &mut MemoryView<'_>, address: u64) {
        let _ = (memory, address);
    }

    /// The 8-byte word at `address`, which is a multiple of 8, is replaced by `new` next. `memory` still holds the old
    /// word.
    #[inline]
    fn store(&mut self, memory: &mut MemoryView<'_>, address: u64, new: u64) {
        let _ = (memory, address, new);
    }

    /// The reservation has changed from `old` to `new`: a load-linked has made it, or a store or store-conditional has
    /// cleared it. `old` and `new` may be equal. This call comes before [`store_conditional`](Self::store_conditional)
    /// and [`reservation_lost`](Self::reservation_lost).
    #[inline]
    fn reservation(&mut self, old: &Reservation, new: &Reservation) {
        let _ = (old, new);
    }

    /// The thread with the id `thread`, which is the running one, has executed a store-conditional to `address`.
    /// `stored` says whether it stored.
    #[inline]
    fn store_conditional(&mut self, thread: u64, address: u64, stored: bool) {
        let _ = (thread, address, stored);
    }

    /// A store to the reserved word, other than a store-conditional, has cleared `reservation`. As in Cannon, a store
    /// to the word at address 0 is also reported if nothing is reserved.
    #[inline]
    fn reservation_lost(&mut self, reservation: &Reservation) {
        let _ = reservation;
    }

    /// A system call begins, with its number and its first three arguments.
    #[inline]
    fn syscall(&mut self, number: u64, arguments: [u64; 3]) {
        let _ = (number, arguments);
    }

    /// A system call has read `length` bytes of a pre-image. `preimage` holds the length of the pre-image as a
    /// big-endian word, then all its bytes. `offset` is where the read began, counted from the start of that word.
    #[inline]
    fn preimage(&mut self, key: &B256, preimage: &[u8], offset: u64, length: usize) {
        let _ = (key, preimage, offset, length);
    }

    /// A system call has set the key and the offset of the next read of a pre-image: the guest has written to the key,
    /// or has read from the pre-image.
    #[inline]
    fn preimage_cursor(&mut self, key: &B256, offset: u64) {
        let _ = (key, offset);
    }

    /// A system call has moved the address of the next anonymous mapping from `old` to `new`.
    #[inline]
    fn heap(&mut self, old: u64, new: u64) {
        let _ = (old, new);
    }

    /// The running thread, which has the id `thread`, has exited. A later step removes it from its stack, unless the
    /// program exits before.
    #[inline]
    fn thread_exit(&mut self, thread: u64, code: u8) {
        let _ = (thread, code);
    }

    /// The program has exited.
    #[inline]
    fn exit(&mut self, code: u8) {
        let _ = code;
    }

    /// The instruction is complete. `cpu` holds the registers after it.
    #[inline]
    fn retire(&mut self, cpu: &Cpu) {
        let _ = cpu;
    }

    /// The thread `from` has run until now, and `to` runs from now on. If there is only one thread, both are the same.
    #[inline]
    fn switch(&mut self, reason: Switch, from: &Thread, to: &Thread) {
        let _ = (reason, from, to);
    }
}

/// Why the running thread changes, and how that changes the stacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// The thread has used up its quantum of steps. It moves from the active stack to the other. If the active stack is
    /// empty then, the other becomes active.
    Preempted,
    /// The thread has yielded, slept, waited at a futex, or woken others there. It moves as for [`Switch::Preempted`].
    Yielded,
    /// The thread has created another. The new thread is pushed on the active stack and runs first.
    Cloned,
    /// The thread had exited and is removed from the active stack. If the active stack is empty then, the other becomes
    /// active.
    Exited,
}

impl Observer for () {}

/// Defines all methods of an [`Observer`] that passes each call on. `$tell` is a macro that passes one call on; it
/// takes `self` and the call.
macro_rules! pass_on {
    ($tell:ident) => {
        #[inline]
        fn begin(&mut self, step: u64) {
            $tell!(self, begin(step));
        }

        #[inline]
        fn fetch(&mut self, memory: &mut MemoryView<'_>, cpu: &Cpu, instruction: Instruction) {
            $tell!(self, fetch(memory, cpu, instruction));
        }

        #[inline]
        fn read_register(&mut self, register: u8, value: u64) {
            $tell!(self, read_register(register, value));
        }

        #[inline]
        fn write_register(&mut self, register: u8, old: u64, new: u64) {
            $tell!(self, write_register(register, old, new));
        }

        #[inline]
        fn load(&mut self, memory: &mut MemoryView<'_>, address: u64) {
            $tell!(self, load(memory, address));
        }

        #[inline]
        fn store(&mut self, memory: &mut MemoryView<'_>, address: u64, new: u64) {
            $tell!(self, store(memory, address, new));
        }

        #[inline]
        fn reservation(&mut self, old: &Reservation, new: &Reservation) {
            $tell!(self, reservation(old, new));
        }

        #[inline]
        fn store_conditional(&mut self, thread: u64, address: u64, stored: bool) {
            $tell!(self, store_conditional(thread, address, stored));
        }

        #[inline]
        fn reservation_lost(&mut self, reservation: &Reservation) {
            $tell!(self, reservation_lost(reservation));
        }

        #[inline]
        fn syscall(&mut self, number: u64, arguments: [u64; 3]) {
            $tell!(self, syscall(number, arguments));
        }

        #[inline]
        fn preimage(&mut self, key: &B256, preimage: &[u8], offset: u64, length: usize) {
            $tell!(self, preimage(key, preimage, offset, length));
        }

        #[inline]
        fn preimage_cursor(&mut self, key: &B256, offset: u64) {
            $tell!(self, preimage_cursor(key, offset));
        }

        #[inline]
        fn heap(&mut self, old: u64, new: u64) {
            $tell!(self, heap(old, new));
        }

        #[inline]
        fn thread_exit(&mut self, thread: u64, code: u8) {
            $tell!(self, thread_exit(thread, code));
        }

        #[inline]
        fn exit(&mut self, code: u8) {
            $tell!(self, exit(code));
        }

        #[inline]
        fn retire(&mut self, cpu: &Cpu) {
            $tell!(self, retire(cpu));
        }

        #[inline]
        fn switch(&mut self, reason: Switch, from: &Thread, to: &Thread) {
            $tell!(self, switch(reason, from, to));
        }
    };
}

/// Passes each call on to two observers, one after the other.
#[derive(Debug, Clone, Copy, Default)]
pub struct Both<A, B>(pub A, pub B);

macro_rules! tell_both {
    ($self:ident, $method:ident($($argument:expr),*)) => {{
        $self.0.$method($($argument),*);
        $self.1.$method($($argument),*);
    }};
}

impl<A: Observer, B: Observer> Observer for Both<A, B> {
    pass_on!(tell_both);
}

macro_rules! tell_if_some {
    ($self:ident, $method:ident($($argument:expr),*)) => {
        if let Some(observer) = $self {
            observer.$method($($argument),*);
        }
    };
}

impl<O: Observer> Observer for Option<O> {
    pass_on!(tell_if_some);
}

macro_rules! tell_target {
    ($self:ident, $method:ident($($argument:expr),*)) => {
        O::$method($self, $($argument),*)
    };
}

impl<O: Observer> Observer for &mut O {
    pass_on!(tell_target);
}
