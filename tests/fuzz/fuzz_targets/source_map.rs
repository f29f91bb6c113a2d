//! Any bytes as the source map of a script: an error or positions, never a panic.
#![no_main]

use heapglass::test_support::sources::exercise_script;
use libfuzzer_sys::fuzz_target;

const SCRIPT: &str = include_str!("../../data/shop/dist/shop.js");

fuzz_target!(|map: &[u8]| {
    exercise_script(SCRIPT, true, map, &[0, 40, 200, 400, 700]);
    exercise_script("", false, map, &[0]);
});
