//! Broken files: each gets an answer or one message that says what is wrong and where, and nothing falls over.
#![allow(clippy::unwrap_used, reason = "test data is part of the repository")]

mod common;

/// What each kind of damage is answered with. Byte offsets are those of the files in the archive.
const MESSAGES: [(&str, &str); 14] = [
    ("empty", "document, byte 0: the file ends here, expected the `{` that starts a heap snapshot (the file is empty)"),
    ("html", "document, byte 0: found `<!doctype ht…`"),
    ("utf16le", "this is UTF-16 text"),
    ("trunc-in-edges", "section `edges`, byte 1038: the file ends here"),
    ("trunc-strings-open", "section `strings`, byte 1183: the file ends here"),
    ("strings-bad-escape", "section `strings`, byte 1232: found `\\x`, expected a JSON escape"),
    ("to-node-out-of-range", "section `edges`, byte "),
    ("edge-name-out-of-range", "section `edges`, byte "),
    ("node-name-out-of-range", "section `nodes`, byte "),
    ("to-node-not-multiple", "an edge whose `to_node` is a multiple of"),
    ("missing-edges", "the file has no section `edges`"),
    ("meta-missing", "section `snapshot`: "),
    ("floats-in-nodes", "section `nodes`, byte "),
    ("cpuprofile-as", "this looks like a CPU profile"),
];

#[test]
fn damage_is_named_with_section_and_byte() {
    let files = common::archive("broken.tar.zst");
    for (name, expected) in MESSAGES {
        let bytes = files[&format!("{name}.heapsnapshot")].clone();
        match common::open_bytes(name, bytes) {
            Ok(_) => panic!("{name} was opened"),
            Err(error) => assert!(error.to_string().contains(expected), "{name}: {error}"),
        }
    }
}

#[test]
fn the_byte_of_a_wrong_index_is_where_the_number_stands() {
    let files = common::archive("broken.tar.zst");
    for name in ["to-node-out-of-range", "edge-name-out-of-range", "node-name-out-of-range"] {
        let bytes = files[&format!("{name}.heapsnapshot")].clone();
        let message = common::open_bytes(name, bytes.clone()).unwrap_err().to_string();
        let offset: usize = message
            .split("byte ")
            .nth(1)
            .unwrap()
            .split(' ')
            .next()
            .unwrap()
            .parse()
            .unwrap_or_else(|_| panic!("{message}"));
        assert!(bytes[offset].is_ascii_digit(), "{name}: {message}");
        assert!(matches!(bytes[offset - 1], b',' | b'[' | b'\n'), "{name}: {message}");
    }
}

#[test]
fn every_broken_file_is_answered() {
    for (name, bytes) in common::archive("broken.tar.zst") {
        match common::open_bytes(&name, bytes) {
            Ok(snapshot) => assert!(snapshot.graph().node_count() > 0, "{name}"),
            Err(error) => {
                let message = error.to_string();
                assert!(!message.is_empty() && !message.contains('\n') && message.len() < 600, "{name}: {message}");
            }
        }
    }
}

#[test]
fn a_real_file_cut_or_changed_anywhere_never_makes_the_program_fall_over() {
    let whole = common::archive("broken.tar.zst")["ok-base.heapsnapshot"].clone();
    assert!(common::open_bytes("whole", whole.clone()).is_ok());
    for end in 0..whole.len() {
        let _ = common::open_bytes("cut", whole[..end].to_vec());
    }
    for at in 0..whole.len() {
        for byte in [b'9', b',', b']', b'"', 0xff] {
            let mut changed = whole.clone();
            changed[at] = byte;
            let _ = common::open_bytes("changed", changed);
        }
    }
}
