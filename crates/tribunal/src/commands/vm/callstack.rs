//! The guest's call stack, read from its memory for samples of a profile.
//!
//! Guests keep no frame pointers, and following every call would slow them down. So this searches the stack for return
//! addresses: words that point behind a call of the function found before.

use tribunal_vm::{Metadata, State};

/// The most frames of a call stack.
const MAX_FRAMES: usize = 128;
/// The words of a stack that are searched.
const MAX_WORDS: u64 = 1 << 14;
/// The registers of the stack pointer and of the return address.
const SP: usize = 29;
const RA: usize = 31;

/// The program counter of the running thread, then the calls that led there, innermost first.
pub(crate) fn walk(state: &State, functions: &Functions) -> Vec<u64> {
    let Some(thread) = state.current_thread() else { return Vec::new() };
    let registers = &thread.cpu.registers;
    let mut places = vec![thread.cpu.pc];
    let mut callee = functions.find(thread.cpu.pc);
    // A function that calls no other has its return address in the register. In others the register is stale.
    if let Call::Sure(site) = call_before(state, registers[RA], callee, functions)
        && functions.find(site) != callee
    {
        callee = functions.find(site);
        places.push(site);
    }
    let words = |from: u64| {
        (from..MAX_WORDS).map(|at| (at, state.memory().read_word((registers[SP] & !7).wrapping_add(8 * at))))
    };
    let mut next = 0;
    while places.len() < MAX_FRAMES {
        let mut found = None;
        for (at, word) in words(next) {
            match call_before(state, word, callee, functions) {
                Call::Sure(site) => {
                    found = Some((at, site));
                    break;
                }
                // The called function may have ended in a jump to this one (a tail call).
                Call::Other(site) => found = found.or(Some((at, site))),
                Call::None => {}
            }
        }
        let Some((at, site)) = found else { break };
        next = at + 1;
        callee = functions.find(site);
        places.push(site);
    }
    places
}

/// The instruction before a possible return address.
enum Call {
    /// Not a call.
    None,
    /// A call of a function other than the expected one.
    Other(u64),
    /// A call of the expected function, or through a register.
    Sure(u64),
}

fn call_before(state: &State, address: u64, callee: Option<usize>, functions: &Functions) -> Call {
    let site = address.wrapping_sub(8);
    if !address.is_multiple_of(4) || !functions.cover(site) {
        return Call::None;
    }
    let word = state.memory().read_instruction(site);
    let behind_it = site.wrapping_add(4);
    let target = match word >> 26 {
        // jal
        3 => (behind_it & !0x0fff_ffff) | u64::from(word & 0x03ff_ffff) << 2,
        // bal
        1 if word >> 16 == 0x0411 => behind_it.wrapping_add_signed(i64::from(word as i16) << 2),
        // jalr
        0 if word & 0x3f == 9 => return Call::Sure(site),
        _ => return Call::None,
    };
    if functions.find(target) == callee { Call::Sure(site) } else { Call::Other(site) }
}

/// The functions of a program, by address.
#[derive(Debug)]
pub(crate) struct Functions {
    /// Start, end, name.
    all: Vec<(u64, u64, String)>,
}

impl Functions {
    /// The functions of the metadata, with demangled names.
    pub(crate) fn of(metadata: &Metadata) -> Self {
        let named = metadata.symbols().iter().filter(|symbol| symbol.size > 0 && !symbol.name.is_empty());
        let all = named
            .map(|symbol| {
                let end = symbol.start.saturating_add(symbol.size);
                (symbol.start, end, format!("{:#}", rustc_demangle::demangle(&symbol.name)))
            })
            .collect();
        Self { all }
    }

    /// The index of the function that contains an address.
    pub(crate) fn find(&self, address: u64) -> Option<usize> {
        let at = self.all.partition_point(|(start, ..)| *start <= address).checked_sub(1)?;
        self.all.get(at).filter(|(_, end, _)| address < *end).map(|_| at)
    }

    /// A function's name; `?` for none.
    pub(crate) fn name(&self, index: Option<usize>) -> &str {
        index.and_then(|index| self.all.get(index)).map_or("?", |(.., name)| name)
    }

    /// Whether an address is between the start of the first function and the end of the last.
    fn cover(&self, address: u64) -> bool {
        match (self.all.first(), self.all.last()) {
            (Some((start, ..)), Some((_, end, _))) => (*start..*end).contains(&address),
            _ => false,
        }
    }
}
