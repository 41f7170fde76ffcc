//! Threads: `clone`, `exit`, `exit_group`, `futex`.

use super::{Arguments, Returned, errno, register};
use crate::{
    error::Fault,
    machine::{Observer, Step},
    state::{MAX_THREADS, Thread, VmStatus},
};
use tribunal_mips::{Cpu, Width};

/// The only flags that `clone` accepts. Go creates threads with them: CLONE_VM, CLONE_FS, CLONE_FILES,
/// CLONE_SIGHAND, CLONE_THREAD, CLONE_SYSVSEM.
const CLONE_FLAGS: u64 = 0x100 | 0x200 | 0x400 | 0x800 | 0x1_0000 | 0x4_0000;
const FUTEX_WAIT_PRIVATE: u64 = 128;
const FUTEX_WAKE_PRIVATE: u64 = 129;

impl<O: Observer> Step<'_, O> {
    /// `clone`: creates a thread that continues after the call with the stack pointer `a1`. It runs next, and its
    /// parent later. If the flags `a0` are not [`CLONE_FLAGS`], the program exits with [`VmStatus::Panic`].
    ///
    /// # Errors
    /// [`Fault::ThreadLimit`] if there are [`MAX_THREADS`] threads already. Cannon has no limit, and would run out of
    /// memory.
    pub(super) fn clone_thread(&mut self, arguments: Arguments) -> Result<(), Fault> {
        if arguments.a0 != CLONE_FLAGS {
            self.exit_program(VmStatus::Panic as u8);
            return self.retire();
        }
        if self.core.state.thread_count() >= MAX_THREADS {
            return Err(Fault::ThreadLimit { limit: MAX_THREADS });
        }
        let id = self.core.state.next_thread_id;
        let parent = &self.thread()?.cpu;
        let mut cpu = Cpu { pc: parent.next_pc, next_pc: parent.next_pc.wrapping_add(4), ..parent.clone() };
        cpu.set(register::SP, arguments.a1);
        cpu.set(register::V0, 0);
        cpu.set(register::A3, 0);
        self.core.state.next_thread_id = id.wrapping_add(1);
        self.return_from_call(Returned::ok(id))?;
        self.push_thread(Thread::new(id, cpu));
        Ok(())
    }

    /// `exit_group`: ends the program with the exit code `a0`.
    pub(super) fn exit_group(&mut self, arguments: Arguments) -> Result<(), Fault> {
        self.exit_program(arguments.a0 as u8);
        self.retire()
    }

    /// `exit`: ends the running thread with the exit code `a0`. If it is the last thread, the program ends, too.
    pub(super) fn exit_thread(&mut self, arguments: Arguments) -> Result<(), Fault> {
        let code = arguments.a0 as u8;
        let thread = self.thread()?;
        thread.exited = true;
        thread.exit_code = code;
        let id = thread.id;
        self.observer.thread_exit(id, code);
        if self.core.state.thread_count() == 1 {
            self.exit_program(code);
        }
        self.retire()
    }

    fn exit_program(&mut self, code: u8) {
        self.core.state.exited = true;
        self.core.state.exit_code = code;
        self.observer.exit(code);
    }

    /// `futex`: a wait yields if the 4-byte word at `a0` equals `a2`, and otherwise fails. A wake always yields: it has
    /// no thread to wake, because a waiting thread runs again in its turn. Returns `None` if the thread yields.
    pub(super) fn futex(&mut self, arguments: Arguments) -> Result<Option<Returned>, Fault> {
        match arguments.a1 {
            FUTEX_WAIT_PRIVATE => {
                let word = self.load(arguments.a0)?;
                let value = Width::Word.select(arguments.a0, word, false);
                let is_expected = value == u64::from(arguments.a2 as u32);
                Ok(if is_expected { None } else { Some(Returned::failed(errno::EAGAIN)) })
            }
            FUTEX_WAKE_PRIVATE => Ok(None),
            _ => Ok(Some(Returned::failed(errno::EINVAL))),
        }
    }
}
