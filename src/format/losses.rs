//! What is missing of a damaged file that was opened all the same, in the words of who opened it.

use std::fmt;

use super::Section;
use crate::model::StringId;
use crate::model::human::{count, quantity, visible};

/// Something that a damaged file lacks, and what stands in its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Loss {
    /// The file ends inside a section, or between two.
    EndsEarly {
        section: Section,
        offset: u64,
    },
    /// Reading or decompressing broke off; what came before is there.
    Unreadable {
        offset: u64,
        error: String,
    },
    /// What stands before the snapshot was passed over.
    Before {
        bytes: u64,
    },
    /// What stands behind the snapshot was not read.
    Behind {
        offset: u64,
        hint: &'static str,
    },
    /// Bytes that belong to no section were passed over.
    Passed {
        offset: u64,
    },
    MissingSection {
        name: &'static str,
    },
    /// Sections that can be done without: the header speaks of them, and they are not there.
    MissingExtras {
        names: Vec<&'static str>,
    },
    /// A section that stands there once more was not read.
    Repeated {
        section: Section,
        offset: u64,
    },
    /// A section has no closing bracket.
    Unclosed {
        section: Section,
        offset: u64,
    },
    /// A section that can be done without could not be read.
    Dropped {
        section: Section,
        offset: u64,
    },
    /// Values that are no numbers.
    BadNumbers {
        section: Section,
        count: u64,
        offset: u64,
    },
    /// Rows that a damaged place swallowed; those behind it keep their numbers.
    LostRows {
        section: Section,
        row: u64,
        rows: u64,
        offset: u64,
    },
    /// Nodes of a damaged place: all their edges are at the first of them.
    SharedEdges {
        from: u64,
        to: u64,
    },
    /// Numbers that are larger than anything that can stand there.
    TooLarge {
        section: Section,
        count: u64,
        row: u64,
    },
    /// A comma is missing or too many.
    Comma {
        offset: u64,
    },
    /// Values with a fraction, an exponent or in quotes.
    Rounded {
        section: Section,
        count: u64,
        offset: u64,
    },
    /// The row at the end has too few numbers.
    ShortRow {
        section: Section,
        row: u64,
    },
    /// Strings with characters that may not stand in one, or values that are none.
    BadStrings {
        count: u64,
        offset: u64,
    },
    /// The header declares more rows than there are.
    FewerRows {
        section: Section,
        found: u64,
        declared: u64,
    },
    /// A damaged table has more rows than the header declares: those were dropped.
    MoreRows {
        section: Section,
        found: u64,
        declared: u64,
    },
    /// Names that refer to strings which are not there.
    MissingStrings {
        names: u64,
        strings: u64,
        first: u32,
        found: u64,
    },
    /// Names of which not even the string's index can be read.
    UnreadableNames {
        count: u64,
    },
    /// Nodes whose type cannot be read, and the row of the first.
    UnreadableTypes {
        count: u64,
        row: u64,
    },
    /// Edges whose target is no node.
    LostEdges {
        count: u64,
        row: u64,
    },
    /// Edges that the nodes declare and that are not there.
    MissingEdges {
        count: u64,
        declared: u64,
    },
    /// Edges that belong to no node.
    SurplusEdges {
        count: u64,
        found: u64,
    },
    /// Both tables are whole, but the nodes' counts do not add up to the number of edges.
    EdgeCounts {
        declared: u64,
        found: u64,
    },
    /// The number of edges of one node was wrong, and found out from all the others.
    EdgeCount {
        row: u64,
    },
    /// A node whose number of edges could not be read; `from` and all behind it may have another's edges.
    UnknownEdgeCounts {
        nodes: u64,
        from: u64,
    },
    Root {
        root_index: u64,
    },
}

/// What a loss casts doubt on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Doubt {
    /// Objects are missing.
    Objects,
    /// References are missing, or may belong to another object.
    References,
    /// Names are missing or may be wrong.
    Names,
    /// Single values are zero instead of what they were.
    Values,
    /// Parts that no other number hangs on: source positions, samples, allocation stacks, scopes.
    Extras,
}

impl Doubt {
    /// Which numbers cannot be trusted, as a sentence.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::Objects => "Objects are missing: counts and sizes are lower bounds.",
            Self::References => {
                "References are missing or misplaced: retained sizes can be too large or too small, distances too long, \
                 and an object may be held by more than its retainers show."
            }
            Self::Names => "Names are missing or wrong: classes, properties and equal strings are incomplete.",
            Self::Values => "Some values are rounded or, where they could not be read, count as 0.",
            Self::Extras => {
                "Source positions, samples, allocation stacks or scopes are missing; nothing else hangs on them."
            }
        }
    }
}

impl Loss {
    /// What can no longer be trusted because of it.
    #[must_use]
    pub fn doubts(&self) -> &'static [Doubt] {
        match self {
            Self::EndsEarly { section, .. } | Self::Unclosed { section, .. } if is_extra(section) => &[Doubt::Extras],
            // What cannot be read to its end may be wrong before it: a checksum says so only at the end.
            Self::Unreadable { .. } => &[Doubt::References, Doubt::Names, Doubt::Values],
            Self::Dropped { .. } | Self::MissingExtras { .. } => &[Doubt::Extras],
            Self::BadNumbers { section, .. } if section.is("edges") => &[Doubt::References],
            Self::TooLarge { section, .. } | Self::ShortRow { section, .. } if is_extra(section) => &[Doubt::Extras],
            Self::BadNumbers { .. } | Self::Rounded { .. } | Self::TooLarge { .. } => &[Doubt::Values],
            Self::EndsEarly { section, .. } | Self::Unclosed { section, .. } if section.is("strings") => {
                &[Doubt::Names]
            }
            Self::EndsEarly { section, .. } | Self::Unclosed { section, .. } if section.is("edges") => {
                &[Doubt::References]
            }
            Self::EndsEarly { section, .. } | Self::Unclosed { section, .. } if section.is("nodes") => {
                &[Doubt::Objects, Doubt::References]
            }
            Self::ShortRow { section, .. }
            | Self::FewerRows { section, .. }
            | Self::MoreRows { section, .. }
            | Self::LostRows { section, .. } => {
                if section.is("nodes") {
                    &[Doubt::Objects, Doubt::References]
                } else {
                    &[Doubt::References]
                }
            }
            Self::MissingSection { name: "nodes" } => &[Doubt::Objects, Doubt::References],
            Self::MissingSection { name: "strings" }
            | Self::BadStrings { .. }
            | Self::MissingStrings { .. }
            | Self::UnreadableNames { .. }
            | Self::UnreadableTypes { .. } => &[Doubt::Names],
            Self::MissingSection { .. }
            | Self::LostEdges { .. }
            | Self::MissingEdges { .. }
            | Self::SurplusEdges { .. }
            | Self::EdgeCounts { .. }
            | Self::UnknownEdgeCounts { .. }
            | Self::SharedEdges { .. }
            | Self::Root { .. } => &[Doubt::References],
            Self::EndsEarly { .. }
            | Self::Before { .. }
            | Self::Behind { .. }
            | Self::Passed { .. }
            | Self::EdgeCount { .. }
            | Self::Comma { .. }
            | Self::Repeated { .. }
            | Self::Unclosed { .. } => &[],
        }
    }
}

/// Whether nothing else hangs on the section.
fn is_extra(section: &Section) -> bool {
    !["snapshot", "nodes", "edges", "strings"].iter().any(|name| section.is(name)) && *section != Section::Document
}

impl fmt::Display for Loss {
    #[expect(clippy::too_many_lines, reason = "a sentence a loss")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EndsEarly { section: Section::Document, offset } => {
                write!(f, "the file ends at byte {offset}, between two sections")
            }
            Self::EndsEarly { section, offset } => write!(f, "the file ends at byte {offset}, inside {section}"),
            Self::Unreadable { offset, error } => {
                write!(f, "reading broke off at byte {offset}: {}", visible(error, 200))
            }
            Self::Before { bytes } => {
                write!(f, "{} before the snapshot were passed over", quantity(*bytes, "byte", "bytes"))
            }
            Self::Behind { offset, hint } => {
                write!(f, "what stands behind the snapshot, from byte {offset} on, was not read{hint}")
            }
            Self::Passed { offset } => {
                write!(f, "at byte {offset} stands something that belongs to no section; it was passed over")
            }
            Self::MissingSection { name } => write!(f, "the file has no section `{name}`"),
            Self::MissingExtras { names } => {
                let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                let word = if names.len() == 1 { "section" } else { "sections" };
                write!(f, "the file has no {word} {}, of which its header speaks", names.join(", "))
            }
            Self::Repeated { section, offset } => {
                write!(f, "{section} appears a second time at byte {offset}; only the first one was read")
            }
            Self::Unclosed { section, offset } => {
                write!(f, "{section} has no closing bracket; it was taken to end at byte {offset}")
            }
            Self::Dropped { section, offset } => {
                write!(f, "{section} is damaged at byte {offset} and was left out")
            }
            Self::BadNumbers { section, count: number, offset } => write!(
                f,
                "{section}: {} not be read (the first at byte {offset}); nothing stands in its place",
                quantity(*number, "value could", "values could")
            ),
            Self::Rounded { section, count: number, offset } => write!(
                f,
                "{section}: {} written as a whole number (the first at byte {offset}) and rounded down",
                quantity(*number, "value was not", "values were not")
            ),
            Self::TooLarge { section, count: number, row } => write!(
                f,
                "{section}: {} too large (the first in row {row}); nothing stands in its place",
                quantity(*number, "value is", "values are")
            ),
            Self::LostRows { section, row, rows, offset } => write!(
                f,
                "{section} is damaged from byte {offset} on: row {} cannot be read; what stands behind is in its place",
                if *rows == 1 { row.to_string() } else { format!("{row} and the {} behind it", count(rows - 1)) }
            ),
            Self::SharedEdges { from, to } => write!(
                f,
                "section `edges`: which edges belong to which of the nodes in rows {from} to {to} is lost; all are shown at \
                 the first of them"
            ),
            Self::Comma { offset } => {
                write!(f, "a comma is missing or too many at byte {offset}; nothing else is missing because of it")
            }
            Self::ShortRow { section, row } => write!(
                f,
                "{section}: the numbers are no whole rows; one or more are missing somewhere before row {row}, and the rows \
                 behind that place are shifted"
            ),
            Self::BadStrings { count: number, offset } => write!(
                f,
                "section `strings`: {} damaged (the first at byte {offset}); names behind it may be mixed up",
                quantity(*number, "string is", "strings are")
            ),
            Self::FewerRows { section, found, declared } => {
                write!(f, "{section}: {} missing", last_of(declared.saturating_sub(*found), *declared, "rows"))
            }
            Self::MoreRows { section, found, declared } => write!(
                f,
                "{section}: behind the damage {} read as its own, the header declares {}: those beyond were dropped",
                quantity(*found, "row was", "rows were"),
                count(*declared)
            ),
            Self::MissingStrings { names, strings, first, found } => write!(
                f,
                "section `strings`: {} there; {} to {}, shown as `{}` and so on",
                if *found == 0 { "none is".to_owned() } else { format!("only {}", quantity(*found, "is", "are")) },
                quantity(*names, "name refers", "names refer"),
                quantity(*strings, "other", "others"),
                placeholder(*first)
            ),
            Self::UnreadableNames { count: number } => write!(
                f,
                "{} not be read, shown as `{}`",
                quantity(*number, "name could", "names could"),
                placeholder(u32::MAX)
            ),
            Self::UnreadableTypes { count: number, row } => write!(
                f,
                "section `nodes`: the type of {} not be read (the first in row {row}); it is shown as unknown",
                quantity(*number, "node could", "nodes could")
            ),
            Self::LostEdges { count: number, row } => write!(
                f,
                "section `edges`: {} nowhere and {} left out (the first in row {row})",
                quantity(*number, "edge led", "edges led"),
                if *number == 1 { "was" } else { "were" }
            ),
            Self::MissingEdges { count: number, declared } if number == declared => {
                write!(f, "section `edges`: all {} are missing", quantity(*declared, "edge", "edges"))
            }
            Self::MissingEdges { count: number, declared } => {
                write!(f, "section `edges`: {} missing", last_of(*number, *declared, "edges"))
            }
            Self::SurplusEdges { count: 1, found } => write!(
                f,
                "section `edges`: the last of {} edges starts at a node that is missing and was left out",
                count(*found)
            ),
            Self::SurplusEdges { count: number, found } => write!(
                f,
                "section `edges`: the last {} of {} edges start at nodes that are missing and were left out",
                count(*number),
                count(*found)
            ),
            Self::EdgeCounts { declared, found } => write!(
                f,
                "the nodes declare {}, but section `edges` has {}: edges may be shown at the wrong object",
                quantity(*declared, "edge", "edges"),
                count(*found)
            ),
            Self::EdgeCount { row } => write!(
                f,
                "section `nodes`: the number of edges in row {row} cannot be right; what the other rows leave was taken"
            ),
            Self::UnknownEdgeCounts { nodes, from } => write!(
                f,
                "section `nodes`: the number of edges of {} could not be read: edges of row {from} and behind it may be \
                 shown at the wrong object",
                quantity(*nodes, "node", "nodes")
            ),
            Self::Root { root_index } => {
                write!(f, "`root_index` is {root_index}, which is no node: the first node was taken as the root")
            }
        }
    }
}

/// What a string that is not there is shown as.
pub(super) fn placeholder(string: u32) -> String {
    if string == u32::MAX { "(unreadable name)".to_owned() } else { format!("(missing string {string})") }
}

/// The end of a list of rows that is missing or wrong: `the last 3 of 10 rows are`.
fn last_of(number: u64, all: u64, what: &str) -> String {
    match number {
        1 => format!("the last of {} {what} is", count(all)),
        _ => format!("the last {} of {} {what} are", count(number), count(all)),
    }
}

/// All that is missing of a snapshot that was opened in spite of damage.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Salvage {
    pub losses: Vec<Loss>,
    /// The strings from this one on are not the file's: they stand for those that are missing.
    pub first_placeholder: StringId,
}

impl Salvage {
    /// Which numbers cannot be trusted, as sentences, each once.
    #[must_use]
    pub fn advice(&self) -> Vec<&'static str> {
        self.doubts().into_iter().map(Doubt::advice).collect()
    }

    /// What cannot be trusted, each once.
    #[must_use]
    pub fn doubts(&self) -> Vec<Doubt> {
        let mut doubts: Vec<Doubt> = self.losses.iter().flat_map(Loss::doubts).copied().collect();
        doubts.sort_unstable();
        doubts.dedup();
        doubts
    }

    /// The losses as lines of text.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.losses.iter().map(ToString::to_string).collect()
    }
}
