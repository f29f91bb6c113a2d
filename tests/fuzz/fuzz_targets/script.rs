//! Any text as a script, and any positions in it: statements, names and tokens, never a panic.
#![no_main]

use heapglass::test_support::sources::exercise_script;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (bool, [u16; 3], &str)| {
    let (is_cut, offsets, text) = input;
    exercise_script(text, is_cut, b"{}", &offsets.map(usize::from));
});
