//! A sampling heap profile (`.heapprofile`): a tree of call frames with the bytes that were allocated there and live.
//!
//! The tree nests as deep as the calls did, so it is read with a stack of its own. Members may stand in any order; up to
//! Node 11 nodes have no `id` and there are no `samples`. Whoever saved the whole answer of the inspector has it all
//! within `profile`, which is read too.

use std::collections::HashMap;
use std::io::Read;

use super::error::{FormatError, Section};
use super::scanner::{MOST_IDLE_BYTES, known_file};
use super::source::{Change, OpenSource, Source};
use super::strings::decode_text;
use crate::memory::growth;
use crate::model::{CallFunction, CallTree, CancelToken, Phase, Progress};

/// Bytes that are read at once.
const BUFFER_BYTES: usize = 1 << 18;
/// Bytes of memory that a node, a sample and a function take at most, while the tree is put together, without texts.
const NODE_BYTES: u64 = 100;
const SAMPLE_BYTES: u64 = 24;
const FUNCTION_BYTES: u64 = 250;
/// Bytes that are ahead of every position but those at the file's end: more than the longest number and what errors show.
const AHEAD_BYTES: usize = 32;

/// The parts of a profile as columns; nodes stand in preorder, as they do in the file.
#[derive(Debug, Default)]
pub struct RawProfile {
    /// Each function once, in the order of their first calls.
    pub functions: Vec<CallFunction>,
    /// By node: the caller ([`CallTree::NONE`] for the first), the function, bytes allocated in it, and the id that
    /// samples name it by (0 if it has none).
    pub parents: Vec<u32>,
    pub node_functions: Vec<u32>,
    pub self_sizes: Vec<u64>,
    pub node_ids: Vec<u64>,
    /// In the order of the file, which is not that of their ordinals.
    pub samples: Vec<ProfileSample>,
    /// Bytes of the source as it lies there, before decompression.
    pub size_bytes: u64,
    /// What happened to the file while it was being read.
    pub change: Option<Change>,
}

/// Allocations of one size in one node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProfileSample {
    pub size: u64,
    pub node_id: u64,
    /// Counts up with the time of allocation.
    pub ordinal: u64,
}

/// Reads a profile to its end.
///
/// # Errors
/// [`FormatError`] says what is wrong and where, or that the read failed or was cancelled.
pub fn read_profile(source: Source, progress: &Progress, cancel: &CancelToken) -> Result<RawProfile, FormatError> {
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

/// Whether a source begins as sampling heap profiles do, whatever it is called.
#[must_use]
pub fn looks_like_profile(source: Source, cancel: &CancelToken) -> bool {
    let mut start = Vec::new();
    let Ok(source) = OpenSource::open(source, &Progress::new(), cancel) else { return false };
    // A log is read through to its first chunk, and is one of a snapshot.
    if source.events.is_some() || source.reader.take(1 << 10).read_to_end(&mut start).is_err() {
        return false;
    }
    let mut text = String::from_utf8_lossy(&start).into_owned();
    text.retain(|character| !character.is_whitespace() && character != '\u{feff}');
    ["{\"head\":{", "{\"profile\":{\"head\":{"].iter().any(|beginning| text.starts_with(beginning))
}

/// Text that is read as it is needed, with its position in the file.
struct Text<'a> {
    reader: Box<dyn Read + Send>,
    cancel: &'a CancelToken,
    buffer: Vec<u8>,
    at: usize,
    end: usize,
    /// Position of the buffer in the file.
    base: u64,
    section: Section,
    /// Bytes of memory that what was read takes.
    kept_bytes: u64,
    /// Whether the length of the text is known, so that it ends.
    is_finite: bool,
    /// Position of the buffer in the file, and `kept_bytes`, when something was last added to the profile.
    useful: (u64, u64),
}

impl<'a> Text<'a> {
    fn new(reader: Box<dyn Read + Send>, is_finite: bool, cancel: &'a CancelToken) -> Self {
        let buffer = vec![0; BUFFER_BYTES];
        let section = Section::Document;
        Self { reader, cancel, buffer, at: 0, end: 0, base: 0, section, kept_bytes: 0, is_finite, useful: (0, 0) }
    }

    /// Gives up an input of unknown length that may never end: compressed, or from a pipe.
    fn check_idle(&mut self) -> Result<(), FormatError> {
        if self.kept_bytes != self.useful.1 {
            self.useful = (self.base, self.kept_bytes);
        }
        if self.is_finite || self.base - self.useful.0 <= MOST_IDLE_BYTES {
            return Ok(());
        }
        let what = "the number of bytes that belong to no part of a profile";
        Err(FormatError::Limit { section: self.section.clone(), what, limit: MOST_IDLE_BYTES })
    }

    /// Reads on until some bytes are ahead or the file ends.
    fn fill(&mut self) -> Result<(), FormatError> {
        self.cancel.need(self.kept_bytes, self.kept_bytes)?;
        self.buffer.copy_within(self.at..self.end, 0);
        self.base += self.at as u64;
        (self.at, self.end) = (0, self.end - self.at);
        self.check_idle()?;
        while self.end < AHEAD_BYTES {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(0) => break,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn peek(&mut self) -> Result<Option<u8>, FormatError> {
        if self.at + AHEAD_BYTES > self.end {
            self.fill()?;
        }
        Ok((self.at < self.end).then(|| self.buffer[self.at]))
    }

    fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    /// The next byte that is no white space, left where it is.
    fn next_token(&mut self) -> Result<Option<u8>, FormatError> {
        loop {
            match self.peek()? {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                other => return Ok(other),
            }
        }
    }

    /// That something else stands here than what was expected.
    fn unexpected<T>(&mut self, expected: &str) -> Result<T, FormatError> {
        let offset = self.offset();
        if self.peek()?.is_none() {
            let hint = Some("the process was probably killed, or the copy stopped, while the file was being written");
            let (section, expected) = (self.section.clone(), expected.to_owned());
            return Err(FormatError::Truncated { section, offset, expected, hint });
        }
        let found = &self.buffer[self.at..self.end.min(self.at + AHEAD_BYTES)];
        Err(FormatError::unexpected(&self.section, offset, found, expected))
    }

    /// Takes the byte if it comes next.
    fn takes(&mut self, byte: u8) -> Result<bool, FormatError> {
        let is_it = self.next_token()? == Some(byte);
        self.at += usize::from(is_it);
        Ok(is_it)
    }

    fn expect(&mut self, byte: u8, expected: &str) -> Result<(), FormatError> {
        if self.takes(byte)? { Ok(()) } else { self.unexpected(expected) }
    }

    /// After a member or an element: whether another follows, or `close` ends it.
    fn goes_on(&mut self, close: u8, expected: &str) -> Result<bool, FormatError> {
        if self.takes(b',')? {
            return Ok(true);
        }
        if self.takes(close)? { Ok(false) } else { self.unexpected(expected) }
    }

    /// The bytes of a string between its quotes, as the file has them.
    fn raw_string(&mut self, expected: &str) -> Result<Vec<u8>, FormatError> {
        self.expect(b'"', expected)?;
        let mut raw = Vec::new();
        loop {
            match self.peek()? {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(raw);
                }
                Some(b'\\') => {
                    let length = if self.buffer.get(self.at + 1) == Some(&b'u') { 6 } else { 2 };
                    let escape = &self.buffer[self.at..self.end.min(self.at + length)];
                    let is_valid = escape.len() == length
                        && (length == 2 && b"\"\\/bfnrt".contains(&escape[1])
                            || length == 6 && escape[2..].iter().all(u8::is_ascii_hexdigit));
                    if !is_valid {
                        return self.unexpected("a JSON escape such as `\\n` or `\\u0041`");
                    }
                    growth::extend(&mut raw, escape)?;
                    self.at += length;
                }
                Some(byte) => {
                    growth::push(&mut raw, byte)?;
                    self.at += 1;
                    if raw.len().is_multiple_of(BUFFER_BYTES) {
                        // Once as it stands there, once decoded.
                        let needed = self.kept_bytes.saturating_add(2 * raw.len() as u64);
                        self.cancel.need(needed, needed)?;
                    }
                }
                None => return self.unexpected("the `\"` that ends the string"),
            }
        }
    }

    fn string(&mut self, expected: &str) -> Result<String, FormatError> {
        Ok(decode_text(&self.raw_string(expected)?).into_owned())
    }

    /// A name of a member and its colon.
    fn key(&mut self) -> Result<Vec<u8>, FormatError> {
        let key = self.raw_string("the name of a member in quotes")?;
        self.expect(b':', "`:` behind the name of a member")?;
        Ok(key)
    }

    /// A whole number; one in quotes counts too, as scripts' ids are written.
    fn integer(&mut self, expected: &str) -> Result<i64, FormatError> {
        let is_quoted = self.takes(b'"')?;
        let is_negative = self.next_token()? == Some(b'-');
        let start = self.at + usize::from(is_negative);
        let digits = self.buffer[start..self.end].iter().take_while(|byte| byte.is_ascii_digit()).count();
        // Of more than some digits no number is made, so what is ahead is enough to see.
        let number = std::str::from_utf8(&self.buffer[self.at..start + digits]).ok().and_then(|text| text.parse().ok());
        let follows = self.buffer[..self.end].get(start + digits);
        match number {
            Some(number) if !matches!(follows, Some(b'.' | b'e' | b'E')) => {
                self.at = start + digits;
                if is_quoted {
                    self.expect(b'"', expected)?;
                }
                Ok(number)
            }
            _ => self.unexpected(expected),
        }
    }

    fn count(&mut self, expected: &str) -> Result<u64, FormatError> {
        if self.next_token()? == Some(b'-') {
            return self.unexpected(expected);
        }
        let number = self.integer(expected)?;
        u64::try_from(number).or_else(|_| self.unexpected(expected))
    }

    /// Passes over a value that nobody knows, of whatever depth.
    fn skip_value(&mut self) -> Result<(), FormatError> {
        let mut depth = 0_u64;
        loop {
            match self.next_token()? {
                Some(b'"') => {
                    self.raw_string("a string")?;
                }
                Some(b'[' | b'{') => {
                    depth += 1;
                    self.at += 1;
                }
                Some(b']' | b'}') if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                Some(b',' | b':') if depth > 0 => {
                    self.at += 1;
                    continue;
                }
                Some(b'-' | b'0'..=b'9' | b'a'..=b'z') => {
                    while let Some(b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'E') = self.peek()? {
                        self.at += 1;
                    }
                }
                _ => return self.unexpected("a value"),
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }
}

/// What has been read.
#[derive(Default)]
struct ProfileReader {
    profile: RawProfile,
    functions: HashMap<(String, u64, i64, i64), u32>,
}

/// What a node has had of its members.
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
        text.expect(b'{', "`{`, the start of a sampling heap profile").map_err(|error| error.with_hint(hint))?;
        let mut depth = 1;
        let (mut has_head, mut has_samples) = (false, false);
        let mut hint = None;
        let mut first = true;
        while depth > 0 {
            let goes_on = if std::mem::take(&mut first) {
                !text.takes(b'}')?
            } else {
                text.goes_on(b'}', "`,` and the next member, or the `}` that ends them")?
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
                        // The samples of a snapshot, which may come first, are others.
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
                text.goes_on(b'}', "`,` and the next member of the node, or the `}` that ends it")?
            };
            if !goes_on {
                self.close(text, node)?;
                stack.pop();
                if !stack.is_empty()
                    && text.goes_on(b']', "`,` and the next node, or the `]` that ends the children")?
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
                b"id" => self.profile.node_ids[node.node as usize] = text.count("the id of a node")?,
                b"children" => {
                    text.expect(b'[', "`[`, the start of the children")?;
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

    /// Starts a node below the one that is open.
    fn open(&mut self, text: &mut Text<'_>, stack: &mut Vec<OpenNode>) -> Result<(), FormatError> {
        text.expect(b'{', "`{`, the start of a node")?;
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

    /// Checks that a node had what it must have.
    #[expect(clippy::unused_self, reason = "it stands beside its counterpart")]
    fn close(&self, text: &mut Text<'_>, node: OpenNode) -> Result<(), FormatError> {
        let missing = match node {
            OpenNode { has_frame: false, .. } => "`callFrame`",
            OpenNode { has_size: false, .. } => "`selfSize`",
            _ => return Ok(()),
        };
        text.at = text.at.saturating_sub(1);
        text.unexpected(&format!("the node's {missing} before its end"))
    }

    /// The function of a node, each of name, script and position once.
    fn call_frame(&mut self, text: &mut Text<'_>) -> Result<u32, FormatError> {
        text.expect(b'{', "`{`, the start of a call frame")?;
        let (mut name, mut url) = (String::new(), String::new());
        let (mut script_id, mut line, mut column) = (0, -1, -1);
        let mut goes_on = !text.takes(b'}')?;
        while goes_on {
            match text.key()?.as_slice() {
                b"functionName" => name = text.string("the name of a function in quotes")?,
                b"url" => url = text.string("the address of a script in quotes")?,
                b"scriptId" => script_id = text.count("the id of a script")?,
                b"lineNumber" => line = text.integer("the number of a line")?,
                b"columnNumber" => column = text.integer("the number of a column")?,
                _ => text.skip_value()?,
            }
            goes_on = text.goes_on(b'}', "`,` and the next member of the call frame, or the `}` that ends it")?;
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
        text.expect(b'[', "`[`, the start of the samples")?;
        let mut goes_on = !text.takes(b']')?;
        while goes_on {
            text.expect(b'{', "`{`, the start of a sample")?;
            let mut sample = ProfileSample { size: 0, node_id: 0, ordinal: 0 };
            let mut more = !text.takes(b'}')?;
            while more {
                match text.key()?.as_slice() {
                    b"size" => sample.size = text.count("a size in bytes")?,
                    b"nodeId" => sample.node_id = text.count("the id of a node")?,
                    b"ordinal" => sample.ordinal = text.count("the ordinal of a sample")?,
                    _ => text.skip_value()?,
                }
                more = text.goes_on(b'}', "`,` and the next member of the sample, or the `}` that ends it")?;
            }
            growth::push(&mut self.profile.samples, sample)?;
            text.kept_bytes += SAMPLE_BYTES;
            goes_on = text.goes_on(b']', "`,` and the next sample, or the `]` that ends them")?;
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
    fn members_may_stand_in_any_order_and_unknown_ones_are_passed_over() {
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
        assert_eq!(read(&wrapped).expect("the inspector's whole answer").self_sizes, [4, 9, 1]);
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
    fn a_file_cut_anywhere_is_an_error_that_says_where() {
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
    fn what_is_wrong_is_said_with_its_byte() {
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
