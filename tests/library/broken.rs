//! Broken files: each opens or gives one message with what is wrong and where; nothing panics.

use crate::common;
use crate::questions;

use std::fmt::Write as _;

use heapglass::Snapshot;
use heapglass::test_support::model::{CancelToken, Progress};

/// The message for each kind of damage. Byte offsets are those of the files in the archive.
const MESSAGES: [(&str, &str); 14] = [
    ("empty", "document, byte 0: the file ends here, expected the opening `{` of a heap snapshot (the file is empty)"),
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
    ("meta-missing", "section `snapshot`, byte "),
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
fn an_index_out_of_range_is_reported_at_the_byte_of_the_number() {
    let files = common::archive("broken.tar.zst");
    let names = [
        "to-node-out-of-range",
        "edge-name-out-of-range",
        "node-name-out-of-range",
        "to-node-not-multiple",
        "to-node-2pow32",
    ];
    for name in names {
        let bytes = files[&format!("{name}.heapsnapshot")].clone();
        let message = common::open_bytes(name, bytes.clone()).unwrap_err().to_string();
        let offset: usize = message
            .split("byte ")
            .nth(1)
            .unwrap()
            .split(' ')
            .next()
            .unwrap()
            .trim_end_matches(':')
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
fn a_real_file_truncated_or_changed_anywhere_never_crashes() {
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

/// Returns the messages for a file, opened strictly and with recovery.
fn answer(name: &str, bytes: &[u8]) -> String {
    let mut text = format!("{name}\n");
    match common::open_bytes(name, bytes.to_vec()) {
        Ok(snapshot) => {
            let (nodes, edges) = (snapshot.graph().node_count(), snapshot.graph().edge_count());
            let _ = writeln!(text, "    opens: {nodes} nodes, {edges} edges");
        }
        Err(error) => {
            let _ = writeln!(text, "    error: {error}");
            match Snapshot::open_recovering(questions::source(bytes), &Progress::new(), &CancelToken::new()) {
                Ok(snapshot) => {
                    let (nodes, edges) = (snapshot.graph().node_count(), snapshot.graph().edge_count());
                    let _ = writeln!(text, "    recovery: {nodes} nodes, {edges} edges");
                    let recovery = snapshot.recovery().unwrap_or_else(|| panic!("{name}: something is missing"));
                    for loss in recovery.lines() {
                        let _ = writeln!(text, "        {loss}");
                    }
                    for advice in recovery.advice() {
                        let _ = writeln!(text, "        → {advice}");
                    }
                }
                Err(_) => text += "    recovery: nothing\n",
            }
        }
    }
    text
}

/// `tests/data/broken-messages.txt` has the answer to every file of the archive; `UPDATE_GOLDEN=1` writes it anew.
#[test]
fn every_broken_file_reports_the_expected_message() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/broken-messages.txt");
    let files = common::archive("broken.tar.zst");
    let got: String = files.iter().map(|(name, bytes)| answer(name, bytes)).collect();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &got).unwrap();
    }
    let wanted = std::fs::read_to_string(&path).unwrap();
    for (got, wanted) in got.lines().zip(wanted.lines()) {
        assert_eq!(got, wanted, "tests/data/broken-messages.txt has another answer");
    }
    assert_eq!(got.lines().count(), wanted.lines().count());
}

#[test]
fn every_file_that_opens_answers_every_question() {
    for bytes in common::archive("broken.tar.zst").values().filter(|bytes| bytes.len() < 300_000) {
        questions::open_and_ask(bytes);
    }
}

#[test]
fn recovering_valid_corpus_files_changes_nothing() {
    for case in common::cases().into_iter().filter(|case| case.name != "deep-chain.heapsnapshot") {
        let bytes = case.bytes();
        let strict = case.open();
        let lenient = Snapshot::open_recovering(questions::source(&bytes), &Progress::new(), &CancelToken::new());
        let lenient = lenient.unwrap_or_else(|error| panic!("{}: {error}", case.name));
        assert_eq!(lenient.recovery(), None, "{}", case.name);
        let (one, other) = (strict.graph(), lenient.graph());
        assert_eq!(one.node_count(), other.node_count(), "{}", case.name);
        assert_eq!(strict.retained_sizes().iter().sum::<u64>(), lenient.retained_sizes().iter().sum::<u64>());
        assert_eq!(strict.distances(), lenient.distances(), "{}", case.name);
        for node in one.nodes() {
            assert_eq!(
                (one.kind(node), one.name_id(node), one.id(node)),
                (other.kind(node), other.name_id(node), other.id(node))
            );
            assert_eq!((one.edge_range(node), one.trace_node(node)), (other.edge_range(node), other.trace_node(node)));
            assert_eq!(strict.location(node), lenient.location(node), "{}", case.name);
        }
        for id in one.strings().ids() {
            assert_eq!(one.strings().raw(id), other.strings().raw(id), "{}", case.name);
        }
        assert_eq!(one.samples(), other.samples(), "{}", case.name);
        assert_eq!(one.allocation_trace().tree.fields, other.allocation_trace().tree.fields);
        assert_eq!(one.scopes().uses, other.scopes().uses);
    }
}

#[test]
fn the_recovery_check_agrees_with_recovery() {
    // A string section before the nodes, with a quote in it that nobody escaped: who passes over it by counting quotes takes
    // the rest of the file for a string.
    let base = common::archive("broken.tar.zst")["ok-base.heapsnapshot"].clone();
    let base = String::from_utf8(base).unwrap();
    let (before, strings) = base.split_once("\"strings\":").unwrap();
    let strings = strings.trim_end().trim_end_matches('}').replace("\"Foo\"", "\"Fo\"o\"");
    let (header, tables) = before.split_once("\"nodes\":").unwrap();
    let tables = tables.trim_end().trim_end_matches(',');
    let text = format!("{header}\"strings\":{strings},\n\"nodes\":{tables}}}");
    assert!(common::open_bytes("quoted", text.clone().into_bytes()).is_err());
    assert!(heapglass::test_support::format::can_recover(questions::source(text.as_bytes()), &CancelToken::new()));
    questions::open_and_ask(text.as_bytes());
}

#[test]
fn an_invalid_edge_count_is_derived_from_the_others() {
    let base = String::from_utf8(common::archive("broken.tar.zst")["ok-base.heapsnapshot"].clone()).unwrap();
    let whole = common::open_bytes("whole", base.clone().into_bytes()).unwrap();
    for wrong in ["4000000000", "x", "-2"] {
        let text = base.replacen("3,3,7,16,1,0,0", &format!("3,3,7,16,{wrong},0,0"), 1);
        assert_ne!(text, base);
        let source = questions::source(text.as_bytes());
        let mended = Snapshot::open_recovering(source, &Progress::new(), &CancelToken::new()).unwrap();
        assert!(mended.recovery().unwrap().lines().iter().any(|line| line.contains("row 3")), "{wrong}");
        for node in whole.graph().nodes() {
            assert_eq!(mended.graph().edge_range(node), whole.graph().edge_range(node), "{wrong}");
            assert_eq!(mended.retained_size(node), whole.retained_size(node), "{wrong}");
        }
    }
}

#[test]
fn a_block_of_zeros_loses_only_the_rows_in_it() {
    let whole = common::case("small-1");
    let bytes = whole.bytes();
    let strict = whole.open();
    let find = |text: &[u8]| bytes.windows(text.len()).position(|window| window == text).unwrap();
    for (section, at) in [("nodes", find(b"\"nodes\":[") + 200_000), ("edges", find(b"\"edges\":[") + 300_000)] {
        let mut damaged = bytes.clone();
        damaged[at..at + 4096].fill(0);
        let source = questions::source(&damaged);
        let mended = Snapshot::open_recovering(source, &Progress::new(), &CancelToken::new()).unwrap();
        let lines = mended.recovery().unwrap().lines().join("\n");
        assert!(lines.contains(&format!("section `{section}` is damaged from byte ")), "{lines}");
        let (one, other) = (strict.graph(), mended.graph());
        assert_eq!(one.node_count(), other.node_count(), "{section}");
        let same = one.nodes().filter(|&node| {
            let edges = |graph: &heapglass::test_support::graph::HeapGraph| -> Vec<_> {
                graph.edges(node).map(|edge| (graph.edge_kind(edge), graph.edge_target(edge))).collect()
            };
            one.id(node) == other.id(node) && one.name_id(node) == other.name_id(node) && edges(one) == edges(other)
        });
        // A row takes some fifteen bytes of text at least.
        let changed = one.node_count() - same.count();
        assert!((1..500).contains(&changed), "{section}: {changed} nodes differ");
        questions::ask(&mended);
    }
}

#[test]
fn data_after_a_hole_is_not_read_as_more_objects() {
    let whole = common::case("node24-1");
    let (bytes, count) = (whole.bytes(), whole.open().graph().node_count());
    let edges = bytes.windows(9).position(|text| text == b"\"edges\":[").unwrap();
    let mut damaged = bytes.clone();
    // A disk block that was never written.
    damaged[edges - 2000..edges + 2096].fill(0);
    let recovered =
        Snapshot::open_recovering(questions::source(&damaged), &Progress::new(), &CancelToken::new()).unwrap();
    assert!(recovered.graph().node_count() <= count, "{} of {count}", recovered.graph().node_count());
    let doubts = recovered.recovery().unwrap().doubts();
    assert!(doubts.contains(&heapglass::test_support::format::Doubt::Objects), "{doubts:?}");
    assert!(doubts.contains(&heapglass::test_support::format::Doubt::References), "{doubts:?}");
}

#[test]
fn a_list_of_a_hundred_thousand_records_is_refused_at_once() {
    let records: Vec<String> = (0..100_000).map(|id| format!("{{\"id\": {id}, \"name\": \"n\"}}")).collect();
    let bytes = format!("[{}]", records.join(",")).into_bytes();
    // With the names of all records remembered this took minutes.
    assert!(!heapglass::test_support::format::can_recover(questions::source(&bytes), &CancelToken::new()));
}

#[test]
fn only_json_white_space_is_accepted_between_strings() {
    let text = |gap: &str| {
        let meta = r#"{"node_fields":["type","name","id","self_size","edge_count"],"node_types":[["synthetic"]],"edge_fields":["type","name_or_index","to_node"],"edge_types":[["element"]]}"#;
        format!(
            r#"{{"snapshot":{{"meta":{meta},"node_count":1,"edge_count":0}},"nodes":[0,1,1,0,0],"edges":[],"strings":[""{gap}"root"]}}"#
        )
    };
    let open = |gap: &str| {
        Snapshot::open(questions::source(text(gap).as_bytes()), &Progress::new(), &CancelToken::new()).is_ok()
    };
    assert!([",", " ,\n", "\r\n,\t"].iter().all(|gap| open(gap)));
    // Found by fuzzing: a form feed passed as white space.
    assert!(["", " ", ",,", ",\u{c}", ";"].iter().all(|gap| !open(gap)));
}

#[test]
fn white_space_that_only_recovery_accepts_is_reported() {
    // Found by fuzzing: form feeds between numbers were skipped silently.
    let text = String::from_utf8(common::case("node24-1").bytes()).unwrap().replacen(
        "\"edges\":[",
        "\"edges\":[\u{c}\u{c}",
        1,
    );
    let open = Snapshot::open_recovering(questions::source(text.as_bytes()), &Progress::new(), &CancelToken::new());
    assert!(open.unwrap().recovery().is_some_and(|recovery| !recovery.losses.is_empty()));
}

fn recovered(bytes: &[u8]) -> Snapshot {
    Snapshot::open_recovering(questions::source(bytes), &Progress::new(), &CancelToken::new()).unwrap()
}

#[test]
fn sections_lost_by_truncation_are_reported() {
    let text = String::from_utf8(common::case("chromium-leak-1").bytes()).unwrap();
    let cut = text.find("\"scopes\":").unwrap();
    let snapshot = recovered(&text.as_bytes()[..cut]);
    let recovery = snapshot.recovery().unwrap();
    let lines = recovery.lines().join("\n");
    assert!(lines.contains("sections `scopes`, `scope_context_vars`, `scope_uses` are declared"), "{lines}");
    assert!(!lines.contains("`locations`"), "{lines}");
    assert!(recovery.doubts().contains(&heapglass::test_support::format::Doubt::Extras));
    // A whole file that never had them lacks nothing.
    let without = format!("{}{}", &text[..cut], &text[text.find("\"strings\":").unwrap()..]);
    assert!(common::open_bytes("without", without.clone().into_bytes()).is_ok());
    assert_eq!(recovered(without.as_bytes()).recovery(), None);
}

#[test]
fn unreadable_names_and_types_are_reported() {
    let base = String::from_utf8(common::archive("broken.tar.zst")["ok-base.heapsnapshot"].clone()).unwrap();
    for (damaged, line) in [("3,x,7,16,", "1 name could not be read"), ("x,3,7,16,", "the type of 1 node could not")] {
        let text = base.replacen("3,3,7,16,", damaged, 1);
        assert_ne!(text, base);
        let snapshot = recovered(text.as_bytes());
        let recovery = snapshot.recovery().unwrap();
        assert!(recovery.lines().iter().any(|text| text.contains(line)), "{:?}", recovery.lines());
        assert!(recovery.doubts().contains(&heapglass::test_support::format::Doubt::Names), "{:?}", recovery.doubts());
    }
}

#[test]
fn double_compression_and_trailing_data_are_reported() {
    use std::io::Write as _;
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let base = common::archive("broken.tar.zst")["ok-base.heapsnapshot"].clone();
    let error = common::open_bytes("twice", gzip(&gzip(&base))).unwrap_err().to_string();
    assert!(error.contains("compressed twice"), "{error}");
    let mut followed = gzip(&base);
    followed.extend(b"something else");
    let snapshot = recovered(&followed);
    let lines = snapshot.recovery().unwrap().lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("ignored trailing data after byte "), "{lines:?}");
    // A checksum that is wrong says that something before it is.
    let mut wrong = gzip(&base);
    let sum = wrong.len() - 8;
    wrong[sum] ^= 1;
    let snapshot = recovered(&wrong);
    let recovery = snapshot.recovery().unwrap();
    assert!(recovery.lines()[0].contains("damaged"), "{:?}", recovery.lines());
    assert!(recovery.doubts().contains(&heapglass::test_support::format::Doubt::References), "{:?}", recovery.doubts());
}

#[test]
fn names_of_sections_may_be_long_and_have_no_control_characters() {
    let base = String::from_utf8(common::archive("broken.tar.zst")["ok-base.heapsnapshot"].clone()).unwrap();
    let with = |name: &str| base.replacen("\"edges\":", &format!("\"{name}\":[1,2],\n\"edges\":"), 1);
    for name in ["x".repeat(300), "x".repeat(60_000), "a\\\"b".to_owned()] {
        let text = with(&name);
        assert!(common::open_bytes("long", text.clone().into_bytes()).is_ok(), "{}", name.len());
        assert_eq!(recovered(text.as_bytes()).recovery(), None, "{}", name.len());
    }
    // Found by fuzzing: a name that swallowed rows passed as an unknown section.
    for name in ["x".repeat(70_000), "scop,1,2\n,3".to_owned(), "a\u{6}".to_owned(), "a\\\nb".to_owned()] {
        let text = with(&name);
        assert!(common::open_bytes("wrong", text.clone().into_bytes()).is_err(), "{}", name.len());
        questions::open_and_ask(text.as_bytes());
    }
}

#[test]
fn an_incomplete_row_is_refused_at_the_end_of_the_table() {
    let base = String::from_utf8(common::archive("broken.tar.zst")["ok-base.heapsnapshot"].clone()).unwrap();
    let start = base.find("\"locations\":[").unwrap();
    let end = start + base[start..].find(']').unwrap();
    let text = format!("{},7{}", &base[..end], &base[end..]);
    let error = common::open_bytes("short", text.clone().into_bytes()).unwrap_err().to_string();
    let expected = format!("section `locations`, byte {}: found `]`, expected 3 more numbers, as a row has 4", end + 2);
    assert_eq!(error, expected);
    let snapshot = recovered(text.as_bytes());
    let recovery = snapshot.recovery().unwrap();
    assert!(
        recovery.lines()[0].contains("section `locations`: the numbers do not form whole rows"),
        "{:?}",
        recovery.lines()
    );
    assert_eq!(recovery.doubts(), [heapglass::test_support::format::Doubt::Extras]);
}

#[test]
fn an_invalid_json_header_reports_the_byte_offset() {
    let base = String::from_utf8(common::archive("broken.tar.zst")["ok-base.heapsnapshot"].clone()).unwrap();
    let at = base.find("\"edge_fields\"").unwrap();
    let text = format!("{}\n{}", &base[..at], base[at..].replacen("\"edge_fields\"", "edge_fields\"", 1));
    let error = common::open_bytes("json", text.into_bytes()).unwrap_err().to_string();
    assert!(error.starts_with(&format!("section `snapshot`, byte {}: not valid JSON: ", at + 1)), "{error}");
}

#[test]
fn a_hundred_thousand_kinds_are_read_as_quickly_as_one() {
    // Each looked for among all before it took half a minute.
    let kinds: Vec<String> = (0..100_000).map(|kind| format!("\"k{kind}\"")).collect();
    let text = format!(
        r#"{{"snapshot":{{"meta":{{"node_fields":["type","name","id","self_size","edge_count"],"node_types":[[{}]],"edge_fields":["type","name_or_index","to_node"],"edge_types":[["element"]]}},"node_count":1,"edge_count":0}},"nodes":[99999,0,1,0,0],"edges":[],"strings":["root"]}}"#,
        kinds.join(",")
    );
    // No header is a megabyte long.
    let error = common::open_bytes("kinds", text.replace("\"k", "\"kkkkkk").into_bytes());
    let error = error.err().map_or_else(String::new, |error| error.to_string());
    assert!(error.contains("exceeds the limit of 1048576"), "{error}");
    assert_eq!(common::open_bytes("kinds", text.into_bytes()).unwrap().graph().node_count(), 1);
}

#[test]
fn a_damaged_trace_tree_does_not_report_a_missing_comma() {
    let base = String::from_utf8(common::archive("broken.tar.zst")["ok-base.heapsnapshot"].clone()).unwrap();
    let text = base.replacen("\"trace_tree\":[]", "\"trace_tree\":[1,x]", 1);
    assert_ne!(text, base);
    let lines = recovered(text.as_bytes()).recovery().unwrap().lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("section `trace_tree` is damaged"), "{lines:?}");
}

#[test]
fn data_between_sections_is_reported_as_skipped() {
    // Found by fuzzing: such data was skipped silently after a skipped section.
    let base = String::from_utf8(common::archive("broken.tar.zst")["ok-base.heapsnapshot"].clone()).unwrap();
    for section in ["nodes", "edges", "strings", "locations"] {
        let text = base.replacen(&format!(",\n\"{section}\""), &format!("\0\0\u{7},\n\"{section}\""), 1);
        assert_ne!(text, base);
        questions::open_and_ask(text.as_bytes());
        let lines = recovered(text.as_bytes()).recovery().unwrap().lines();
        assert!(lines[0].contains("skipped data outside all sections"), "{section}: {lines:?}");
    }
}

#[test]
fn unknown_sections_must_contain_valid_values() {
    let base = String::from_utf8(common::archive("broken.tar.zst")["ok-base.heapsnapshot"].clone()).unwrap();
    let with = |value: &str| base.replacen("\"edges\":", &format!("\"foo\":{value},\n\"edges\":"), 1);
    for value in ["1", "-1.5e3", "true ", "null", "\"a\\\"b\"", "[[{\"a\":[1]}],2]", "{}", " \n {\"x\":\"]\"}"] {
        let text = with(value);
        assert!(common::open_bytes("foo", text.clone().into_bytes()).is_ok(), "{value}");
        assert_eq!(recovered(text.as_bytes()).recovery(), None, "{value}");
    }
    // Found by fuzzing and by review: invalid values were accepted.
    for value in ["", "nonsense here ]]]", "01", "tru", "1 2", "\"a\" x,s\"b\"pq", "]", "[1] x", &"1".repeat(80)] {
        let text = with(value);
        assert!(common::open_bytes("foo", text.clone().into_bytes()).is_err(), "{value}");
        questions::open_and_ask(text.as_bytes());
    }
}

#[test]
fn both_readers_agree_on_trace_trees_without_fields_and_on_long_white_space() {
    let base = String::from_utf8(common::archive("broken.tar.zst")["ok-base.heapsnapshot"].clone()).unwrap();
    let start = base.find(",\"trace_node_fields\"").unwrap();
    let end = start + base[start..].find(']').unwrap() + 1;
    let without = format!("{}{}", &base[..start], &base[end..]);
    let tree = |value: &str| without.replacen("\"trace_tree\":[]", &format!("\"trace_tree\":{value}"), 1);
    for value in ["[]", "null", "[1,2,[3]]", "[\"x\"]"] {
        questions::open_and_ask(tree(value).as_bytes());
        assert!(common::open_bytes("tree", tree(value).into_bytes()).is_ok(), "{value}");
    }
    for text in [tree("[],\"trace_tree\":[]"), tree("nonsense")] {
        assert!(common::open_bytes("tree", text.clone().into_bytes()).is_err());
        questions::open_and_ask(text.as_bytes());
    }
    let before = without.replacen("{\"snapshot\"", "{\"trace_tree\":[\"x\"],\"snapshot\"", 1);
    questions::open_and_ask(before.replacen(",\n\"trace_tree\":[]", "", 1).as_bytes());
    for blank in [60_000, 70_000, 300_000] {
        let text = base.replacen("\"edges\":", &format!("\"foo\"{}:1,\n\"edges\":", " ".repeat(blank)), 1);
        assert_eq!(common::open_bytes("blank", text.clone().into_bytes()).is_ok(), blank < 65_536);
        questions::open_and_ask(text.as_bytes());
    }
}

#[test]
fn numbers_separated_only_by_white_space_are_refused() {
    // Found by fuzzing: data after 64 bytes of white space was dropped silently.
    let base = String::from_utf8(common::archive("broken.tar.zst")["ok-base.heapsnapshot"].clone()).unwrap();
    for blanks in [10, 62, 63, 64, 100, 5000] {
        for section in ["nodes", "edges", "locations"] {
            let start = base.find(&format!("\"{section}\":[")).unwrap() + section.len() + 4;
            let comma = start + base[start..].find(',').unwrap();
            let text = format!("{}{}{}", &base[..comma], "\r".repeat(blanks), &base[comma + 1..]);
            assert!(common::open_bytes("apart", text.clone().into_bytes()).is_err());
            questions::open_and_ask(text.as_bytes());
        }
    }
}
