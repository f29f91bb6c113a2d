//! Files made to do harm: names that command a terminal or reorder text, and compressed snapshots of some kilobytes that
//! unpack to more than memory holds.
#![allow(unreachable_pub, reason = "a module of test binaries")]
#![allow(dead_code, reason = "each test binary uses a part of this module")]
#![allow(clippy::unwrap_used, reason = "writing to memory does not fail")]

use std::io::Write as _;

use serde_json::json;

/// Characters that control a terminal, or reorder or hide text.
pub fn is_dangerous(character: char) -> bool {
    matches!(character, '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{200e}' | '\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}' | '\u{feff}')
}

/// A name with a control character, a terminal escape, a spreadsheet formula or a mark of direction at every turn.
pub const POISON: &str = "=1+\u{1b}[2J\u{1b}]0;x\u{7}\r\t\u{8}\0\u{7f}\u{9b}31m\u{85}\u{ad}\u{61c}\u{202e}evil\u{2066}\u{2069}\u{200f}\n\u{feff}";

/// Returns a snapshot in which every name is hostile, kinds and edge kinds included.
pub fn poisoned(root_name: &str) -> Vec<u8> {
    let kind = format!("kind{POISON}");
    let snapshot = json!({
        "snapshot": {"meta": {
            "node_fields": ["type", "name", "id", "self_size", "edge_count"],
            "node_types": [["hidden", "object", "synthetic", "string", "closure", "native", kind], "string", "number", "number", "number"],
            "edge_fields": ["type", "name_or_index", "to_node"],
            "edge_types": [["property", "element", "internal", format!("edge{POISON}")], "string_or_number", "node"],
        }, "node_count": 6, "edge_count": 6},
        "nodes": [2, 0, 1, 0, 1, 1, 1, 3, 10, 5, 3, 1, 5, 10, 0, 4, 1, 7, 10, 0, 5, 1, 9, 10, 0, 6, 1, 11, 10, 0],
        "edges": [1, 0, 5, 0, 1, 10, 3, 1, 15, 0, 1, 20, 2, 1, 25, 0, 1, 5],
        "strings": [root_name, POISON],
    });
    snapshot.to_string().into_bytes()
}

/// The start of a snapshot that declares five nodes.
pub const HEADER: &str = r#"{"snapshot":{"meta":{"node_fields":["type","name","id","self_size","edge_count"],
"node_types":[["object"],"string","number","number","number"],"edge_fields":["type","name_or_index","to_node"],
"edge_types":[["property"],"string_or_number","node"],"trace_function_info_fields":["function_id"],
"trace_node_fields":["id","function_info_index","count","size","children"],"sample_fields":["timestamp_us","last_assigned_id"],
"location_fields":["object_index","script_id","line","column"]},"node_count":5,"edge_count":5,"trace_function_count":1},"#;

/// A compressed file of some kilobytes that unpacks to `count` times the same text.
fn bomb(start: &str, repeated: &str, count: usize) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(HEADER.as_bytes()).unwrap();
    packed.write_all(start.as_bytes()).unwrap();
    let block = repeated.repeat(1000);
    for _ in 0..count / 1000 {
        packed.write_all(block.as_bytes()).unwrap();
    }
    packed.finish().unwrap()
}

/// A compressed file of some kilobytes that is a snapshot with one string of 10 GB.
pub fn string_bomb() -> Vec<u8> {
    let start = format!("{HEADER}\"strings\":[\"");
    let frame = |text: &[u8]| zstd::encode_all(text, 1).unwrap();
    // Frames back to back are one file.
    let mut packed = frame(start.as_bytes());
    packed.extend(frame(&b"0123456789".repeat(2_000_000)).repeat(512));
    packed
}

/// One compressed file per section that can be filled without end, with a name for messages.
pub fn bombs() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    // Each text is longer than one read.
    let bombs = [
        ("nodes", "\"nodes\":[0,0,1,0,0", ",0,0,1,0,0", 2_000_000),
        ("edges", "\"nodes\":[0,0,1,0,5],\"edges\":[0,0,0", ",0,0,0", 3_000_000),
        ("strings", "\"strings\":[\"\"", ",\"\"", 6_000_000),
        ("one string", "\"strings\":[\"", "0123456789", 4_000_000),
        ("locations", "\"locations\":[0,0,0,0", ",0,0,0,0", 3_000_000),
        ("samples", "\"samples\":[0,0", ",0,0", 5_000_000),
        ("trace tree", "\"trace_tree\":[1,0,0,0,[", "1,0,0,0,[", 2_000_000),
    ];
    bombs.into_iter().map(|(what, start, repeated, count)| (what, bomb(start, repeated, count)))
}
