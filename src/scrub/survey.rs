//! The passes that find out how each string of a file is used, before anything is written.
//!
//! 1. The header, and of each string whether its text is exempt, looks like a name, or is one of V8's that the next pass
//!    needs.
//! 2. Nodes and edges: the uses. Objects are told from dictionaries by the array that has their properties.
//! 3. Nodes once more, for the texts of the strings that code refers to, and of the names of scripts.
//!
//! In memory are three bytes per string and two per node.

use super::names::{is_constant, is_identifier, is_system_name};
use super::tables::{Counter, Fields, Known, Linker, Marker, Names, Nodes};
use super::uses::flags::{CODE, FUNCTION, IDENTIFIER, KEPT_TEXT, SYSTEM_NAME, VARIABLE};
use super::uses::{Second, Uses};
use super::{Options, ScrubError};
use crate::format::{Change, FormatError, Header, Sections, Source, text_of};
use crate::model::{BitSet, CancelToken, Progress};

/// Longer strings are never kept by a pattern, and their text is not looked at.
pub(super) const LONG: usize = 1 << 20;

/// The facts about a file that are needed before it is copied.
#[derive(Debug)]
pub(super) struct Survey {
    pub(super) header: Header,
    pub(super) uses: Uses,
    pub(super) second: Second,
    /// The texts that are names of scripts, by string. They stay in every string of the heap, so that equal texts stay
    /// equal.
    pub(super) script_names: BitSet,
    pub(super) node_count: u64,
    pub(super) edge_count: u64,
}

/// Opens a source that can be read again.
pub(super) fn sections(source: &Source, progress: &Progress, cancel: &CancelToken) -> Result<Sections, ScrubError> {
    // Opening a folder or a file that is not there fails with the reason.
    let is_pipe =
        |source: &Source| source.path().is_some_and(|path| path.exists() && !path.is_file() && !path.is_dir());
    let again = source.twin().filter(|source| !is_pipe(source)).ok_or(ScrubError::Once)?;
    Ok(Sections::open(again, progress, cancel)?)
}

pub(super) fn survey(
    source: &Source,
    options: &Options,
    progress: &Progress,
    cancel: &CancelToken,
) -> Result<Survey, ScrubError> {
    let mut uses = Uses::default();
    let mut known = Known::default();
    let first = first_pass(source, options, (&mut uses, &mut known), progress, cancel)?;
    let header = first.header;
    let mut nodes = Nodes::default();
    let mut counter = Counter {
        header: &header,
        fields: Fields::of_nodes(&header),
        known: &known,
        uses: &mut uses,
        nodes: &mut nodes,
    };
    if first.has_edges_first {
        // Edges are read by their nodes, so those must be known.
        each_section(source, &["nodes"], progress, cancel, |_, sections| {
            sections.rows(header.node_fields.len(), &mut counter)
        })?;
    }
    let mut edge_count = 0;
    let nodes_known = first.has_edges_first;
    each_section(
        source,
        &["nodes", "edges", "trace_function_infos", "scope_context_vars"],
        progress,
        cancel,
        |name, sections| match name {
            "nodes" if nodes_known => sections.value(|_| Ok(())),
            "nodes" => sections.rows(header.node_fields.len(), &mut counter),
            "edges" => {
                counter.nodes.in_code = BitSet::new(counter.nodes.tags.len());
                counter.nodes.script_names = BitSet::new(counter.nodes.tags.len());
                let mut linker = Linker::new(&header, &known, counter.uses, counter.nodes);
                sections.rows(header.edge_fields.len(), &mut linker)?;
                edge_count = linker.finish()?;
                Ok(())
            }
            "trace_function_infos" => {
                let uses = [("name", FUNCTION), ("script_name", CODE)];
                let fields = &header.trace_function_info_fields;
                sections.rows(fields.len().max(1), &mut Names::new(fields, &uses, counter.uses))
            }
            _ => {
                let fields = &header.scope_context_var_fields;
                sections.rows(fields.len().max(1), &mut Names::new(fields, &[("name", VARIABLE)], counter.uses))
            }
        },
    )?;
    let node_count = nodes.tags.len() as u64;
    let script_names = BitSet::new(uses.len());
    let name = Fields::of_nodes(&header).name;
    let mut marker = Marker { name, at: 0, nodes: &nodes, uses: &mut uses, script_names };
    each_section(source, &["nodes"], progress, cancel, |_, sections| {
        sections.rows(header.node_fields.len(), &mut marker)
    })?;
    let script_names = marker.script_names;
    let second = Second::new(&uses);
    Ok(Survey { header, uses, second, script_names, node_count, edge_count })
}

/// Reads the wanted sections of a file, each of them at most once, and stops after the last one.
pub(super) fn each_section(
    source: &Source,
    wanted: &[&str],
    progress: &Progress,
    cancel: &CancelToken,
    mut read: impl FnMut(&str, &mut Sections) -> Result<(), ScrubError>,
) -> Result<(), ScrubError> {
    let mut sections = sections(source, progress, cancel)?;
    let mut missing = wanted.len();
    while missing > 0 {
        let Some(name) = sections.next()? else { break };
        if wanted.contains(&name.as_str()) {
            read(&name, &mut sections)?;
            missing -= 1;
        } else {
            sections.value(|_| Ok::<(), ScrubError>(()))?;
        }
    }
    unchanged(&mut sections)
}

/// Returns an error if the file changed while it was read.
pub(super) fn unchanged(sections: &mut Sections) -> Result<(), ScrubError> {
    match sections.change() {
        None | Some(Change::Removed | Change::Replaced) => Ok(()),
        Some(change) => Err(FormatError::Unstable(change.text()).into()),
    }
}

struct First {
    header: Header,
    has_edges_first: bool,
}

fn first_pass(
    source: &Source,
    options: &Options,
    (uses, known): (&mut Uses, &mut Known),
    progress: &Progress,
    cancel: &CancelToken,
) -> Result<First, ScrubError> {
    let mut sections = sections(source, progress, cancel)?;
    progress.set_total(sections.size_bytes().unwrap_or(0) * 4);
    let mut header = None;
    let (mut has_nodes, mut has_edges, mut has_edges_first) = (false, false, false);
    let mut has_strings = false;
    let mut text = Vec::new();
    while let Some(name) = sections.next()? {
        match name.as_str() {
            "snapshot" => header = Some(sections.header()?.0),
            "strings" => {
                has_strings = true;
                sections.strings(|piece, is_end| {
                    let room = (LONG + 1).saturating_sub(text.len());
                    text.extend_from_slice(&piece[..piece.len().min(room)]);
                    if is_end {
                        if uses.bits.len().is_multiple_of(1 << 20) {
                            cancel.need_more(3 << 20).map_err(FormatError::from)?;
                        }
                        known.add(uses.bits.len() as u64, &text);
                        uses.bits.push(facts(&text, options));
                        uses.objects.push(0);
                        text.clear();
                    }
                    Ok::<(), ScrubError>(())
                })?;
            }
            other => {
                has_nodes |= other == "nodes";
                has_edges |= other == "edges";
                has_edges_first |= other == "edges" && !has_nodes;
                sections.value(|_| Ok::<(), ScrubError>(()))?;
            }
        }
    }
    for (name, has) in [("nodes", has_nodes), ("edges", has_edges), ("strings", has_strings)] {
        if !has {
            return Err(FormatError::MissingSection { name, hint: None }.into());
        }
    }
    unchanged(&mut sections)?;
    let missing = FormatError::MissingSection { name: "snapshot", hint: Some("this is not a heap snapshot") };
    Ok(First { header: header.ok_or(missing)?, has_edges_first })
}

/// Returns what is known of a text by itself.
fn facts(raw: &[u8], options: &Options) -> u16 {
    if raw.len() > LONG {
        return 0;
    }
    let is_kept = is_constant(raw) || (!options.keep.is_empty() && options.keep.is_match(&text_of(raw)));
    let bit = |is: bool, bit: u16| if is { bit } else { 0 };
    bit(is_kept, KEPT_TEXT) | bit(is_identifier(raw), IDENTIFIER) | bit(is_system_name(raw), SYSTEM_NAME)
}
