//! Writes and reads state files, and hashes states.

use super::*;
use crate::testing::state;
use proptest::prelude::*;

const MAX_PAGES: usize = 1 << 12;

/// The state file of a state.
fn written(state: &State) -> Vec<u8> {
    let mut file = Vec::new();
    write_state(state, &mut file).unwrap();
    file
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_written_state_is_read_back((mut state, hint) in state(), version in 0_usize..2) {
        state.version = StateVersion::SUPPORTED[version];
        state.unfinished_hint = hint.into();
        let file = written(&state);
        let mut back = read_state(&mut &file[..], MAX_PAGES).unwrap();
        prop_assert_eq!(back.version, state.version);
        prop_assert_eq!(&back.unfinished_hint, &state.unfinished_hint);
        prop_assert_eq!((&back.left, &back.right), (&state.left, &state.right));
        prop_assert_eq!(back.witness(), state.witness());
        prop_assert_eq!(written(&back), file);
    }

    #[test]
    fn a_file_that_ends_early_is_refused((state, _) in state(), end: prop::sample::Index) {
        let file = written(&state);
        let end = end.index(file.len());
        let refused = matches!(read_state(&mut &file[..end], MAX_PAGES), Err(StateFileError::Read { .. }));
        prop_assert!(refused);
    }

    #[test]
    fn no_file_makes_the_reader_panic(
        (state, _) in state(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut file = written(&state);
        // Half of the changes are in the last 3000 bytes: the rest of a file is mostly pages, whose bytes are not
        // checked.
        for (at, byte) in changes {
            let length = file.len();
            let end = length.saturating_sub(3000);
            let at = at.index(2 * length);
            let at = if at < length { at } else { end + at % (length - end) };
            file[at] = byte;
        }
        let _ = read_state(&mut &file[..], MAX_PAGES);
    }
}

#[test]
fn lengths_are_not_trusted() {
    let header = |pages: u64| [&[8], &pages.to_be_bytes()[..]].concat();
    let page = |index: u64| [&index.to_be_bytes()[..], &[0; 4096]].concat();
    let read = |file: Vec<u8>| read_state(&mut &file[..], 1).unwrap_err();
    assert!(matches!(read(header(u64::MAX)), StateFileError::Read { field: "page index", .. }));
    let twice = [header(2), page(1), page(1)].concat();
    assert!(matches!(read(twice), StateFileError::Field { field: "page index", value: 1 }));
    assert!(matches!(
        read([header(1), page(1 << 52)].concat()),
        StateFileError::Field { value: 0x10_0000_0000_0000, .. }
    ));
    assert!(matches!(read([header(2), page(1), page(2)].concat()), StateFileError::Memory(_)));
    // No pages, zeros for the fields up to the stacks, and a left stack with as many threads as 64 bits can count.
    let mut left_stack = [header(0), vec![0; 32 + 8 + 8 + 17 + 2 + 8 + 8 + 1 + 8]].concat();
    left_stack.extend([255; 8]);
    assert!(matches!(read(left_stack), StateFileError::Field { field: "left stack", value: u64::MAX }));
    assert!(matches!(read(vec![6]), StateFileError::Version(_)));
}

#[test]
fn register_0_is_always_0() {
    let memory = crate::memory::Memory::new(1).unwrap();
    let mut state = State::new(StateVersion::MultiThreaded64V5, memory, 0, 0);
    state.current_cpu_mut().unwrap().registers[0] = 5;
    let refused = read_state(&mut &written(&state)[..], 1).unwrap_err();
    assert_eq!(refused.to_string(), "invalid register 0 in state: 5");
    let machine = crate::Machine::new(state, Box::new(crate::NoOracle), Box::new(|_, _| {}));
    assert_eq!(machine.state().current_thread().unwrap().cpu.get(0), 0);
}

#[test]
fn the_status_is_the_first_byte_of_the_hash() {
    let memory = crate::memory::Memory::new(1).unwrap();
    let mut state = State::new(StateVersion::MultiThreaded64V5, memory, 0, 0);
    let mut status = |exited, code| {
        (state.exited, state.exit_code) = (exited, code);
        state.witness().hash()[0]
    };
    assert_eq!(
        [status(false, 0), status(true, 0), status(true, 1), status(true, 2), status(true, 255)],
        [3, 0, 1, 2, 2]
    );
}
