//! The guest's call stack, as far as its stack tells.
//!
//! Guests keep no frame pointers, and following every call would slow them down. So return addresses are looked for on
//! the stack: words that point behind a call, and that to the function found before.

use tribunal_vm::{Metadata, State};

/// The most frames that are followed.
const MOST_FRAMES: usize = 128;
/// The most of a stack that is looked at, in words: frames of programs are small, and so is their depth.
const MOST_WORDS: u64 = 1 << 14;
/// The registers of the stack pointer and of the return address.
const SP: usize = 29;
const RA: usize = 31;

/// Where the running thread is: its program counter, then the calls that led there, innermost first.
pub(crate) fn walk(state: &State, functions: &Functions) -> Vec<u64> {
    let Some(thread) = state.current_thread() else { return Vec::new() };
    let registers = &thread.cpu.registers;
    let mut places = vec![thread.cpu.pc];
    let mut callee = functions.find(thread.cpu.pc);
    // A function that calls none keeps its return address in the register; in others, what is there is old.
    if let Call::Sure(site) = call_before(state, registers[RA], callee, functions)
        && functions.find(site) != callee
    {
        callee = functions.find(site);
        places.push(site);
    }
    let words = |from: u64| {
        (from..MOST_WORDS).map(|at| (at, state.memory.read_word((registers[SP] & !7).wrapping_add(8 * at))))
    };
    let mut next = 0;
    while places.len() < MOST_FRAMES {
        let mut found = None;
        for (at, word) in words(next) {
            match call_before(state, word, callee, functions) {
                Call::Sure(site) => {
                    found = Some((at, site));
                    break;
                }
                // The function that was called may have ended in a jump to this one.
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

/// What stands before a possible return address.
enum Call {
    /// No call.
    None,
    /// A call of another function than the one asked about.
    Other(u64),
    /// A call of it, or through a register.
    Sure(u64),
}

fn call_before(state: &State, address: u64, callee: Option<usize>, functions: &Functions) -> Call {
    let site = address.wrapping_sub(8);
    if !address.is_multiple_of(4) || !functions.cover(site) {
        return Call::None;
    }
    let word = state.memory.read_instruction(site);
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
    /// Those that metadata names, with their names as people write them.
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

    /// The index of the function at an address.
    pub(crate) fn find(&self, address: u64) -> Option<usize> {
        let at = self.all.partition_point(|(start, ..)| *start <= address).checked_sub(1)?;
        self.all.get(at).filter(|(_, end, _)| address < *end).map(|_| at)
    }

    /// A function's name.
    pub(crate) fn name(&self, index: Option<usize>) -> &str {
        index.and_then(|index| self.all.get(index)).map_or("?", |(.., name)| name)
    }

    /// Its first address.
    fn start(&self, index: Option<usize>) -> Option<u64> {
        index.and_then(|index| self.all.get(index)).map(|(start, ..)| *start)
    }

    /// Whether an address is between the first and the last of them.
    fn cover(&self, address: u64) -> bool {
        match (self.all.first(), self.all.last()) {
            (Some((start, ..)), Some((_, end, _))) => (*start..*end).contains(&address),
            _ => false,
        }
    }
}

/// Prints the call stack, innermost first, in the form of Cannon's.
pub(crate) fn print_traceback(state: &State, metadata: &Metadata) {
    let functions = Functions::of(metadata);
    let places = walk(state, &functions);
    let pc = places.first().copied().unwrap_or_default();
    println!("traceback at pc={pc:x}. step={}", state.step);
    for (depth, pair) in places.windows(2).enumerate() {
        let [callee, site] = pair else { continue };
        let callee = functions.find(*callee);
        let start = functions.start(callee).unwrap_or_default();
        println!("\t{depth} {start:x} in {} caller={site:08x}", functions.name(callee));
    }
}
