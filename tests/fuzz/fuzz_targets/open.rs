//! Any bytes: an error or a snapshot whose questions are all answered, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../common/questions.rs"]
mod questions;

fuzz_target!(|bytes: &[u8]| questions::open_and_ask(bytes));
