//! Exact steps, the interpreter and compiled code, on programs made of arbitrary bytes: every state is the same.
#![no_main]

#[path = "../../crates/vm/tests/tiers/compare.rs"]
mod compare;
#[path = "../../crates/vm/tests/tiers/program.rs"]
mod program;

libfuzzer_sys::fuzz_target!(|input: ([u16; 6], &[u8])| compare::compare(
    || program::state(input.1),
    &input.0
));
