//! Missing data in a damaged file that was partially recovered, described for users.

use std::fmt;

use super::Section;
use crate::model::StringId;
use crate::model::human::{count, quantity, visible};

/// Missing or damaged data in a file, and its replacement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Loss {
    /// The file ends inside a section, or between two.
    EndsEarly {
        section: Section,
        offset: u64,
    },
    /// Reading or decompressing failed; the data before that was kept.
    Unreadable {
        offset: u64,
        error: String,
    },
    /// Data before the snapshot was skipped.
    Before {
        bytes: u64,
    },
    /// Data after the snapshot was ignored.
    Behind {
        offset: u64,
        hint: &'static str,
    },
    /// Data outside all sections was skipped.
    Passed {
        offset: u64,
    },
    MissingSection {
        name: &'static str,
    },
    /// Optional sections that the header declares and the file does not have.
    MissingExtras {
        names: Vec<&'static str>,
    },
    /// A repeated section was ignored.
    Repeated {
        section: Section,
        offset: u64,
    },
    /// A section has no closing bracket.
    Unclosed {
        section: Section,
        offset: u64,
    },
    /// A damaged optional section was skipped.
    Dropped {
        section: Section,
        offset: u64,
    },
    /// Values that are not numbers.
    BadNumbers {
        section: Section,
        count: u64,
        offset: u64,
    },
    /// Rows lost in a damaged area; the rows after it keep their numbers.
    LostRows {
        section: Section,
        row: u64,
        rows: u64,
        offset: u64,
    },
    /// Nodes in a damaged area: all their edges are assigned to the first of them.
    SharedEdges {
        from: u64,
        to: u64,
    },
    /// Numbers above the maximum for their position.
    TooLarge {
        section: Section,
        count: u64,
        row: u64,
    },
    /// A missing or extra comma.
    Comma {
        offset: u64,
    },
    /// Values with a fraction, an exponent or in quotes.
    Rounded {
        section: Section,
        count: u64,
        offset: u64,
    },
    /// The last row has too few numbers.
    ShortRow {
        section: Section,
        row: u64,
    },
    /// Strings with invalid characters, or values that are not strings.
    BadStrings {
        count: u64,
        offset: u64,
    },
    /// The header declares more rows than the file has.
    FewerRows {
        section: Section,
        found: u64,
        declared: u64,
    },
    /// A damaged table has more rows than the header declares. The surplus was dropped.
    MoreRows {
        section: Section,
        found: u64,
        declared: u64,
    },
    /// Names that refer to missing strings.
    MissingStrings {
        names: u64,
        strings: u64,
        first: u32,
        found: u64,
    },
    /// Names whose string index cannot be read.
    UnreadableNames {
        count: u64,
    },
    /// Nodes whose type cannot be read, and the row of the first.
    UnreadableTypes {
        count: u64,
        row: u64,
    },
    /// Edges without a valid target.
    LostEdges {
        count: u64,
        row: u64,
    },
    /// Edges that the nodes declare and the file does not have.
    MissingEdges {
        count: u64,
        declared: u64,
    },
    /// Edges that belong to no node.
    SurplusEdges {
        count: u64,
        found: u64,
    },
    /// Both tables are complete, but the nodes' edge counts do not add up to the number of edges.
    EdgeCounts {
        declared: u64,
        found: u64,
    },
    /// The edge count of one node was wrong, and was computed from all the others.
    EdgeCount {
        row: u64,
    },
    /// Nodes whose edge count could not be read; `from` and all nodes after it may have the edges of other nodes.
    UnknownEdgeCounts {
        nodes: u64,
        from: u64,
    },
    Root {
        root_index: u64,
    },
}

/// The kind of data that missing data makes unreliable.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Doubt {
    /// Objects are missing.
    Objects,
    /// References are missing or misplaced.
    References,
    /// Names are missing or may be wrong.
    Names,
    /// Single values are zero instead of their original values.
    Values,
    /// Parts that nothing else depends on: source positions, samples, allocation stacks, scopes.
    Extras,
}

impl Doubt {
    /// Returns a sentence that says which numbers are unreliable.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::Objects => "Objects are missing: counts and sizes are lower bounds.",
            Self::References => {
                "References are missing or misplaced: retained sizes can be too large or too small, distances too long, \
                 and objects may have more retainers than shown."
            }
            Self::Names => "Names are missing or wrong: classes, properties and duplicate strings are incomplete.",
            Self::Values => "Some values are rounded, or 0 if they could not be read.",
            Self::Extras => {
                "Source positions, samples, allocation stacks or scopes are missing; nothing else depends on them."
            }
        }
    }
}

impl Loss {
    /// Returns the kinds of data that this makes unreliable.
    #[must_use]
    pub fn doubts(&self) -> &'static [Doubt] {
        match self {
            Self::EndsEarly { section, .. } | Self::Unclosed { section, .. } if is_extra(section) => &[Doubt::Extras],
            // If reading failed, earlier data may be wrong too: a checksum is verified only at the end.
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

/// Returns whether nothing else depends on the section.
fn is_extra(section: &Section) -> bool {
    !["snapshot", "nodes", "edges", "strings"].iter().any(|name| section.is(name)) && *section != Section::Document
}

impl fmt::Display for Loss {
    #[expect(clippy::too_many_lines, reason = "one sentence per variant")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EndsEarly { section: Section::Document, offset } => {
                write!(f, "the file ends at byte {offset}, between two sections")
            }
            Self::EndsEarly { section, offset } => write!(f, "the file ends at byte {offset}, inside {section}"),
            Self::Unreadable { offset, error } => {
                write!(f, "reading failed at byte {offset}: {}", visible(error, 200))
            }
            Self::Before { bytes } => {
                write!(f, "skipped {} before the snapshot", quantity(*bytes, "byte", "bytes"))
            }
            Self::Behind { offset, hint } => {
                write!(f, "ignored trailing data after byte {offset}{hint}")
            }
            Self::Passed { offset } => {
                write!(f, "skipped data outside all sections at byte {offset}")
            }
            Self::MissingSection { name } => write!(f, "the file has no section `{name}`"),
            Self::MissingExtras { names } => {
                let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                let (noun, verb) = if names.len() == 1 { ("section", "is") } else { ("sections", "are") };
                write!(f, "{noun} {} {verb} declared in the header but missing", names.join(", "))
            }
            Self::Repeated { section, offset } => {
                write!(f, "{section} appears a second time at byte {offset}; only the first was read")
            }
            Self::Unclosed { section, offset } => {
                write!(f, "{section} has no closing bracket; it was assumed to end at byte {offset}")
            }
            Self::Dropped { section, offset } => {
                write!(f, "{section} is damaged at byte {offset} and was skipped")
            }
            Self::BadNumbers { section, count: number, offset } => write!(
                f,
                "{section}: {} not be read (the first at byte {offset}); treated as missing",
                quantity(*number, "value could", "values could")
            ),
            Self::Rounded { section, count: number, offset } => write!(
                f,
                "{section}: {} rounded down to a whole number (the first at byte {offset})",
                quantity(*number, "value was", "values were")
            ),
            Self::TooLarge { section, count: number, row } => write!(
                f,
                "{section}: {} too large (the first in row {row}); treated as missing",
                quantity(*number, "value is", "values are")
            ),
            Self::LostRows { section, row, rows, offset } => write!(
                f,
                "{section} is damaged from byte {offset} on: row {} cannot be read; later rows keep their numbers",
                if *rows == 1 { row.to_string() } else { format!("{row} and the {} after it", count(rows - 1)) }
            ),
            Self::SharedEdges { from, to } => write!(
                f,
                "section `edges`: cannot tell which edges belong to which of the nodes in rows {from} to {to}; all are \
                 assigned to the first of them"
            ),
            Self::Comma { offset } => {
                write!(f, "missing or extra comma at byte {offset}; no data is missing")
            }
            Self::ShortRow { section, row } => write!(
                f,
                "{section}: the numbers do not form whole rows; at least one is missing before row {row}, and the rows \
                 after it are shifted"
            ),
            Self::BadStrings { count: number, offset } => write!(
                f,
                "section `strings`: {} damaged (the first at byte {offset}); later names may be mixed up",
                quantity(*number, "string is", "strings are")
            ),
            Self::FewerRows { section, found, declared } => {
                write!(f, "{section}: {} missing", last_of(declared.saturating_sub(*found), *declared, "rows"))
            }
            Self::MoreRows { section, found, declared } => write!(
                f,
                "{section}: found {}, but the header declares {}; the extra rows were ignored",
                quantity(*found, "row", "rows"),
                count(*declared)
            ),
            Self::MissingStrings { names, strings, first, found } => write!(
                f,
                "section `strings`: found {}; {} to {}, shown as `{}` and so on",
                if *found == 0 {
                    "no strings".to_owned()
                } else {
                    format!("only {}", quantity(*found, "string", "strings"))
                },
                quantity(*names, "name refers", "names refer"),
                quantity(*strings, "missing string", "missing strings"),
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
                "section `nodes`: the type of {} not be read (the first in row {row}); shown as unknown",
                quantity(*number, "node could", "nodes could")
            ),
            Self::LostEdges { count: number, row } => write!(
                f,
                "section `edges`: skipped {} without a valid target (the first in row {row})",
                quantity(*number, "edge", "edges")
            ),
            Self::MissingEdges { count: number, declared } if number == declared => {
                write!(f, "section `edges`: all {} are missing", quantity(*declared, "edge", "edges"))
            }
            Self::MissingEdges { count: number, declared } => {
                write!(f, "section `edges`: {} missing", last_of(*number, *declared, "edges"))
            }
            Self::SurplusEdges { count: 1, found } => write!(
                f,
                "section `edges`: the last of {} edges starts at a missing node and was skipped",
                count(*found)
            ),
            Self::SurplusEdges { count: number, found } => write!(
                f,
                "section `edges`: the last {} of {} edges start at missing nodes and were skipped",
                count(*number),
                count(*found)
            ),
            Self::EdgeCounts { declared, found } => write!(
                f,
                "the nodes declare {}, but section `edges` has {}; edges may be assigned to the wrong objects",
                quantity(*declared, "edge", "edges"),
                count(*found)
            ),
            Self::EdgeCount { row } => write!(
                f,
                "section `nodes`: the edge count in row {row} is invalid; it was replaced by the count implied by the other rows"
            ),
            Self::UnknownEdgeCounts { nodes, from } => write!(
                f,
                "section `nodes`: the edge count of {} could not be read; edges from row {from} on may be assigned \
                 to the wrong objects",
                quantity(*nodes, "node", "nodes")
            ),
            Self::Root { root_index } => {
                write!(f, "`root_index` is {root_index}, which is not a node; the first node was used as the root")
            }
        }
    }
}

/// Returns the text shown in place of a missing string.
pub(super) fn placeholder(string: u32) -> String {
    if string == u32::MAX { "(unreadable name)".to_owned() } else { format!("(missing string {string})") }
}

/// Returns the subject for missing rows at the end of a list: `the last 3 of 10 rows are`.
fn last_of(number: u64, all: u64, what: &str) -> String {
    match number {
        1 => format!("the last of {} {what} is", count(all)),
        _ => format!("the last {} of {} {what} are", count(number), count(all)),
    }
}

/// All missing data of a partially recovered snapshot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recovery {
    pub losses: Vec<Loss>,
    /// The first placeholder: strings from this one on replace missing ones.
    pub first_placeholder: StringId,
}

impl Recovery {
    /// Returns sentences that say which numbers are unreliable, without duplicates.
    #[must_use]
    pub fn advice(&self) -> Vec<&'static str> {
        self.doubts().into_iter().map(Doubt::advice).collect()
    }

    /// Returns the kinds of unreliable data, without duplicates.
    #[must_use]
    pub fn doubts(&self) -> Vec<Doubt> {
        let doubts: std::collections::BTreeSet<Doubt> = self.losses.iter().flat_map(Loss::doubts).copied().collect();
        doubts.into_iter().collect()
    }

    /// Returns one line of text per item of missing data.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.losses.iter().map(ToString::to_string).collect()
    }
}
