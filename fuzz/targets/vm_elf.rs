//! ELF files: none makes the loader panic or take more memory than it was granted, and what it loads can be run.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tribunal_vm::{Machine, NoOracle, StateVersion, load_elf};

const PAGES: usize = 256;
const STEPS: u64 = 2_000;

fuzz_target!(|file: &[u8]| {
    let Ok((state, metadata)) = load_elf(file, StateVersion::MultiThreaded64V5, PAGES) else { return };
    assert!(state.memory().page_count() <= PAGES);
    for symbol in metadata.symbols() {
        let _ = metadata.lookup(symbol.start);
    }
    let mut machine = Machine::new(state, Box::new(NoOracle), Box::new(|_, _| {}));
    let _ = machine.run(STEPS, false);
});
