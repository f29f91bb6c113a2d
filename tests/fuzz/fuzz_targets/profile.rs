//! Any bytes as a sampling heap profile: an error or a profile whose questions are all answered, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../common/questions.rs"]
mod questions;

fuzz_target!(|bytes: &[u8]| questions::open_profile_and_ask(bytes));
