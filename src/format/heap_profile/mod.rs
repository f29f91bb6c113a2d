//! A sampling heap profile (`.heapprofile`): a tree of call frames with the live bytes allocated in each.
//!
//! The tree nests as deep as the calls did, so it is read with an explicit stack. Members may occur in any order. Up to
//! Node 11, nodes have no `id` and there is no list of samples. If the complete answer of the inspector was saved, the
//! profile is inside `profile`, which is read too.

mod text;

use std::collections::HashMap;
use std::io::Read;

use super::error::{FormatError, Section};
use super::scanner::known_file;
use super::source::{Change, OpenSource, Source};
use crate::memory::growth;
use crate::model::{CallFunction, CallTree, CancelToken, Phase, Progress};
use text::Text;

/// Bytes of memory per node, sample and function while the tree is built, without texts.
const NODE_BYTES: u64 = 100;
const SAMPLE_BYTES: u64 = 24;
const FUNCTION_BYTES: u64 = 250;

/// The parts of a profile as columns. Nodes are in preorder, as in the file.
#[derive(Debug, Default)]
pub(crate) struct RawProfile {
    /// All functions without duplicates, in the order of their first calls.
    pub functions: Vec<CallFunction>,
    /// By node: the caller ([`CallTree::NONE`] for the first), the function, the bytes allocated in it, and the id that
    /// samples refer to (0 if it has none).
    pub parents: Vec<u32>,
    pub node_functions: Vec<u32>,
    pub self_sizes: Vec<u64>,
    pub node_ids: Vec<u64>,
    /// In the order of the file, which differs from the order of their ordinals.
    pub samples: Vec<ProfileSample>,
    /// Bytes of the source before decompression.
    pub size_bytes: u64,
    /// A change of the file while it was being read.
    pub change: Option<Change>,
}

/// Allocations of one size in one node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProfileSample {
    pub size: u64,
    pub node_id: u64,
    /// Increases with the time of allocation.
    pub ordinal: u64,
}

/// Reads a profile to its end.
///
/// # Errors
/// Returns a [`FormatError`] that describes the problem and its position, or that the read failed or was cancelled.
pub(crate) fn read_profile(
    source: Source,
    progress: &Progress,
    cancel: &CancelToken,
) -> Result<RawProfile, FormatError> {
    progress.start(Phase::Reading, 0);
    let mut source = OpenSource::open(source, progress, cancel)?;
    let change = source.take_watch();
    progress.set_total(source.size_bytes.unwrap_or(0));
    let declared = source.size_bytes;
    let is_finite = source.text_bytes().is_some();
    let mut text = Text::new(source.reader, is_finite, cancel);
    let mut reader = ProfileReader::default();
    reader.document(&mut text).map_err(|error| error.stopping(cancel))?;
    let mut profile = reader.profile;
    profile.size_bytes = declared.unwrap_or_else(|| progress.read().done);
    profile.change = change();
    Ok(profile)
}

/// Returns whether a source starts like a sampling heap profile, whatever its name.
#[must_use]
pub fn looks_like_profile(source: Source, cancel: &CancelToken) -> bool {
    let mut start = Vec::new();
    let Ok(source) = OpenSource::open(source, &Progress::new(), cancel) else { return false };
    // A log is read up to its first chunk, and always contains a snapshot.
    if source.events.is_some() || source.reader.take(1 << 10).read_to_end(&mut start).is_err() {
        return false;
    }
    let mut text = String::from_utf8_lossy(&start).into_owned();
    text.retain(|character| !character.is_whitespace() && character != '\u{feff}');
    ["{\"head\":{", "{\"profile\":{\"head\":{"].iter().any(|beginning| text.starts_with(beginning))
}

/// The parts read so far.
#[derive(Default)]
struct ProfileReader {
    profile: RawProfile,
    functions: HashMap<(String, u64, i64, i64), u32>,
}

/// The members of a node that were read so far.
#[derive(Clone, Copy, Default)]
struct OpenNode {
    node: u32,
    has_frame: bool,
    has_size: bool,
}

impl ProfileReader {
    fn document(&mut self, text: &mut Text<'_>) -> Result<(), FormatError> {
        if text.buffer.len() >= 3 && text.peek()? == Some(0xef) && text.buffer.starts_with(b"\xef\xbb\xbf") {
            text.at = 3;
        }
        text.next_token()?;
        let hint = known_file(&text.buffer[text.at..text.end]);
        text.expect(b'{', "the opening `{` of a sampling heap profile").map_err(|error| error.with_hint(hint))?;
        let mut depth = 1;
        let (mut has_head, mut has_samples) = (false, false);
        let mut hint = None;
        let mut first = true;
        while depth > 0 {
            let goes_on = if std::mem::take(&mut first) {
                !text.takes(b'}')?
            } else {
                text.goes_on(b'}', "`,` and the next member, or the closing `}`")?
            };
            if !goes_on {
                depth -= 1;
                continue;
            }
            let key = text.key()?;
            let offset = text.offset();
            match key.as_slice() {
                b"head" | b"samples" => {
                    let is_head = key == b"head";
                    text.section = Section::named(if is_head { "head" } else { "samples" });
                    let seen = if is_head { &mut has_head } else { &mut has_samples };
                    if std::mem::replace(seen, true) {
                        return Err(FormatError::DuplicateSection(text.section.clone(), offset));
                    }
                    if is_head {
                        self.head(text)?;
                    } else {
                        self.samples(text)?;
                    }
                    text.section = Section::Document;
                }
                b"profile" if text.next_token()? == Some(b'{') => {
                    text.at += 1;
                    depth += 1;
                    first = true;
                }
                other => {
                    hint = hint.or(match other {
                        b"snapshot" => Some("this looks like a heap snapshot"),
                        b"nodes" | b"timeDeltas" => Some("this looks like a CPU profile"),
                        b"traceEvents" => Some("this looks like a performance trace"),
                        _ => None,
                    });
                    if let (Some(_), false) = (hint, has_head) {
                        // The section `samples` of a snapshot, which may come first, is a different one.
                        return Err(FormatError::MissingSection { name: "head", hint });
                    }
                    text.skip_value()?;
                }
            }
        }
        if text.next_token()?.is_some() {
            return text.unexpected("the end of the file");
        }
        if has_head { Ok(()) } else { Err(FormatError::MissingSection { name: "head", hint }) }
    }

    fn head(&mut self, text: &mut Text<'_>) -> Result<(), FormatError> {
        let mut stack: Vec<OpenNode> = Vec::new();
        self.open(text, &mut stack)?;
        let mut first = true;
        while let Some(mut node) = stack.last().copied() {
            let is_first = std::mem::take(&mut first);
            let goes_on = if is_first {
                !text.takes(b'}')?
            } else {
                text.goes_on(b'}', "`,` and the next member of the node, or its closing `}`")?
            };
            if !goes_on {
                self.close(text, node)?;
                stack.pop();
                if !stack.is_empty()
                    && text.goes_on(b']', "`,` and the next node, or the closing `]` of the children")?
                {
                    self.open(text, &mut stack)?;
                    first = true;
                }
                continue;
            }
            match text.key()?.as_slice() {
                b"callFrame" => {
                    let function = self.call_frame(text)?;
                    self.profile.node_functions[node.node as usize] = function;
                    node.has_frame = true;
                }
                b"selfSize" => {
                    self.profile.self_sizes[node.node as usize] = text.count("a size in bytes")?;
                    node.has_size = true;
                }
                b"id" => self.profile.node_ids[node.node as usize] = text.count("a node id")?,
                b"children" => {
                    text.expect(b'[', "the opening `[` of the children")?;
                    if !text.takes(b']')? {
                        self.open(text, &mut stack)?;
                        first = true;
                    }
                }
                _ => text.skip_value()?,
            }
            if let Some(open) = stack.iter_mut().rev().find(|open| open.node == node.node) {
                *open = node;
            }
        }
        Ok(())
    }

    /// Starts a child of the current node.
    fn open(&mut self, text: &mut Text<'_>, stack: &mut Vec<OpenNode>) -> Result<(), FormatError> {
        text.expect(b'{', "the opening `{` of a node")?;
        let profile = &mut self.profile;
        let node = u32::try_from(profile.parents.len()).ok().filter(|&node| node != CallTree::NONE);
        let limit = u64::from(u32::MAX);
        let Some(node) = node else {
            return Err(FormatError::Limit { section: text.section.clone(), what: "the number of nodes", limit });
        };
        growth::push(&mut profile.parents, stack.last().map_or(CallTree::NONE, |above| above.node))?;
        growth::push(&mut profile.node_functions, 0)?;
        growth::push(&mut profile.self_sizes, 0)?;
        growth::push(&mut profile.node_ids, 0)?;
        text.kept_bytes += NODE_BYTES;
        growth::push(stack, OpenNode { node, ..OpenNode::default() })?;
        Ok(())
    }

    /// Checks that a node has all required members.
    #[expect(clippy::unused_self, reason = "symmetric with its counterpart")]
    fn close(&self, text: &mut Text<'_>, node: OpenNode) -> Result<(), FormatError> {
        let missing = match node {
            OpenNode { has_frame: false, .. } => "`callFrame`",
            OpenNode { has_size: false, .. } => "`selfSize`",
            _ => return Ok(()),
        };
        text.at = text.at.saturating_sub(1);
        text.unexpected(&format!("the node's {missing} before its end"))
    }

    /// Parses the function of a node. Functions with equal name, script and position are stored once.
    fn call_frame(&mut self, text: &mut Text<'_>) -> Result<u32, FormatError> {
        text.expect(b'{', "the opening `{` of a call frame")?;
        let (mut name, mut url) = (String::new(), String::new());
        let (mut script_id, mut line, mut column) = (0, -1, -1);
        let mut goes_on = !text.takes(b'}')?;
        while goes_on {
            match text.key()?.as_slice() {
                b"functionName" => name = text.string("a function name in double quotes")?,
                b"url" => url = text.string("a script URL in double quotes")?,
                b"scriptId" => script_id = text.count("a script id")?,
                b"lineNumber" => line = text.integer("a line number")?,
                b"columnNumber" => column = text.integer("a column number")?,
                _ => text.skip_value()?,
            }
            goes_on = text.goes_on(b'}', "`,` and the next member of the call frame, or its closing `}`")?;
        }
        let functions = &mut self.profile.functions;
        let next = u32::try_from(functions.len()).unwrap_or(u32::MAX);
        let index = *self.functions.entry((name.clone(), script_id, line, column)).or_insert(next);
        if index == next {
            let (line, column) = (u32::try_from(line).ok(), u32::try_from(column).ok());
            text.kept_bytes += FUNCTION_BYTES + (2 * name.len() + url.len()) as u64;
            growth::push(functions, CallFunction { name, url, script_id, line, column })?;
        }
        Ok(index)
    }

    fn samples(&mut self, text: &mut Text<'_>) -> Result<(), FormatError> {
        text.expect(b'[', "the opening `[` of the samples")?;
        let mut goes_on = !text.takes(b']')?;
        while goes_on {
            text.expect(b'{', "the opening `{` of a sample")?;
            let mut sample = ProfileSample { size: 0, node_id: 0, ordinal: 0 };
            let mut more = !text.takes(b'}')?;
            while more {
                match text.key()?.as_slice() {
                    b"size" => sample.size = text.count("a size in bytes")?,
                    b"nodeId" => sample.node_id = text.count("a node id")?,
                    b"ordinal" => sample.ordinal = text.count("a sample ordinal")?,
                    _ => text.skip_value()?,
                }
                more = text.goes_on(b'}', "`,` and the next member of the sample, or its closing `}`")?;
            }
            growth::push(&mut self.profile.samples, sample)?;
            text.kept_bytes += SAMPLE_BYTES;
            goes_on = text.goes_on(b']', "`,` and the next sample, or the closing `]` of the samples")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn read(json: &str) -> Result<RawProfile, FormatError> {
        let source = Source::Bytes { name: "p.heapprofile".to_owned(), bytes: Arc::from(json.as_bytes()) };
        read_profile(source, &Progress::new(), &CancelToken::new())
    }

    const FRAME: &str =
        r#""callFrame":{"functionName":"f","scriptId":"3","url":"a.js","lineNumber":1,"columnNumber":2}"#;

    #[test]
    fn members_are_read_in_any_order_and_unknown_ones_are_skipped() {
        let json = format!(
            "\u{feff} {{\"samples\":[{{\"ordinal\":2,\"size\":9,\"nodeId\":1,\"x\":null}}],\"head\":{{\"children\":\
             [{{{FRAME},\"selfSize\":9,\"new\":[{{}},\"]\"],\"children\":[]}},{{{FRAME},\"selfSize\":1}}],{FRAME},\
             \"selfSize\":4,\"id\":1}},\"more\":{{\"a\":[1,2.5e3,true]}}}}\n"
        );
        let profile = read(&json).expect("valid");
        assert_eq!(profile.parents, [CallTree::NONE, 0, 0]);
        assert_eq!(profile.self_sizes, [4, 9, 1]);
        assert_eq!(profile.node_functions, [0, 0, 0]);
        assert_eq!(profile.functions.len(), 1);
        assert_eq!((profile.functions[0].line, profile.functions[0].column), (Some(1), Some(2)));
        assert_eq!(profile.samples, [ProfileSample { size: 9, node_id: 1, ordinal: 2 }]);
        let wrapped = format!("{{\"profile\":{json}}}").replace('\u{feff}', "");
        assert_eq!(read(&wrapped).expect("the complete answer of the inspector").self_sizes, [4, 9, 1]);
    }

    #[test]
    fn a_tree_of_a_hundred_thousand_calls_is_read() {
        let depth = 100_000;
        let start = format!("{{{FRAME},\"selfSize\":1,\"children\":[");
        let json = format!("{{\"head\":{}{}}}", start.repeat(depth), "]}".repeat(depth));
        let profile = read(&json).expect("valid");
        assert_eq!(profile.parents.len(), depth);
        assert_eq!(CallTree::new(profile.parents, profile.node_functions).depths()[depth - 1], 99_999);
    }

    #[test]
    fn opening_a_truncated_file_reports_the_byte_offset() {
        let json = format!(
            "{{\"head\":{{{FRAME},\"selfSize\":12,\"children\":[{{{FRAME},\"selfSize\":9}}]}},\"samples\":[]}}"
        );
        assert!(read(&json).is_ok());
        for cut in 0..json.len() {
            let error = read(&json[..cut]).expect_err("cut").to_string();
            assert!(error.contains(&format!("byte {cut}: the file ends here")) || error.contains("found"), "{error}");
        }
    }

    #[test]
    fn errors_report_the_byte_offset() {
        let size = |size: &str| format!("{{\"head\":{{{FRAME},\"selfSize\":{size}}}}}");
        let at = size("").len() - 2;
        for bad in ["-4", "1.5", "null", "1e9", "99999999999999999999"] {
            let error = read(&size(bad)).expect_err(bad).to_string();
            assert!(error.starts_with(&format!("section `head`, byte {at}")), "{bad}: {error}");
        }
        let error = read("{\"head\":{\"selfSize\":1}}").expect_err("no frame").to_string();
        assert!(error.contains("byte 21: found `}}`, expected the node's `callFrame`"), "{error}");
        assert!(read("{\"samples\":[]}").expect_err("no head").to_string().contains("no section `head`"));
        let snapshot = read("{\"snapshot\":{\"meta\":{}},\"nodes\":[]}").expect_err("a snapshot").to_string();
        assert!(snapshot.contains("this looks like a heap snapshot"), "{snapshot}");
        assert!(read("{\"head\":{},\"head\":{}}").is_err());
    }
}
