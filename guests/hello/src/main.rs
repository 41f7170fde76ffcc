//! The smallest guest: it greets, and all is well.
#![cfg_attr(target_os = "none", no_std, no_main)]

use tribunal_fpvm::{client_entry, io};

#[client_entry]
fn main() {
    io::print("hello from a guest\n");
}
