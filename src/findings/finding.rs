//! The records of findings: facts about one cause and the sentences that explain it.

use crate::analysis::Location;
use crate::model::{EdgeIndex, HeapBytes, NodeOrdinal};
use crate::sources::ScriptPosition;

/// The judgment of a finding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Verdict {
    /// Grows in each of at least two steps and is not slowing down.
    Leak,
    /// Grows, but the snapshots cannot exclude that growth ends.
    Likely,
    /// Large, or has grown; nothing shows that it goes on.
    Watch,
}

impl Verdict {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Leak => "leak",
            Self::Likely => "likely",
            Self::Watch => "watch",
        }
    }

    /// Returns the word for cards and headings.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Leak => "Leak",
            Self::Likely => "Likely a leak",
            Self::Watch => "Watch",
        }
    }
}

/// The evidence that a finding is made of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// A holder that gathers members over a series of snapshots.
    Growth,
    /// Much memory in one place of a single snapshot.
    Accumulation,
}

impl Kind {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Growth => "growth",
            Self::Accumulation => "accumulation",
        }
    }
}

/// A position in a source file. Lines and columns count from 1.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SourcePlace {
    pub url: String,
    pub line: u32,
    pub column: u32,
}

/// The object and the field that gather members.
#[derive(Clone, Debug)]
pub struct HolderFacts {
    /// `SessionCache.byId`
    pub label: String,
    /// The object with the field in the last snapshot, such as the Map.
    pub node: NodeOrdinal,
    pub name: String,
    pub class: String,
    pub location: Option<SourcePlace>,
}

/// A class of gathered objects.
#[derive(Clone, Debug)]
pub struct MemberClass {
    pub name: String,
    /// The name in the script that runs, if a source map changed it.
    pub(crate) generated_name: Option<String>,
    pub location: Option<SourcePlace>,
    /// Objects in each snapshot that are not in all of them, and their shallow sizes in bytes.
    pub counts: Vec<u64>,
    pub sizes: Vec<u64>,
}

/// The part that a step has on the path from the root to a member.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// Objects of the runtime above the first object of the program.
    Runtime,
    /// Objects of the program above the holder.
    Above,
    Holder,
    /// Objects between the holder and the member, such as earlier nodes of a list.
    Link,
    Member,
    /// Objects within a member, down to the first one of a class of the program.
    Inside,
}

/// A step of a folded path.
#[derive(Clone, Debug)]
pub struct PathStep {
    /// The reference from the step above; `None` for a root.
    pub edge: Option<EdgeIndex>,
    /// The name of the reference; `[*]` for elements and entries.
    pub name: String,
    pub kind: String,
    pub node: NodeOrdinal,
    pub class: String,
    pub label: String,
    pub location: Option<SourcePlace>,
    /// The number of objects of a chain that are folded into the step; 1 if there is no chain.
    pub repeated: u32,
    pub part: Part,
}

/// A line of source that has to do with a finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Site {
    /// `holder`, `creates`, `registers` or `adds`
    pub what: &'static str,
    pub place: SourcePlace,
    pub function: Option<String>,
    /// The line, if the text of the script is at hand.
    pub text: Option<String>,
    pub(crate) at: ScriptPosition,
}

impl Site {
    /// Returns the position in the snapshot.
    pub(crate) fn location(&self) -> Location {
        Location { script_id: self.at.script_id, line: self.at.at.line, column: self.at.at.column }
    }
}

/// One cause of growth, or one accumulation.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Text without ids and numbers that is equal for the same cause in another run.
    pub signature: String,
    pub kind: Kind,
    /// The name of the recognized structure, such as `timer`.
    pub pattern: Option<&'static str>,
    pub verdict: Verdict,
    pub title: String,
    pub explanation: String,
    pub advice: Option<String>,
    /// The reasons for the verdict, and what would change it.
    pub evidence: Vec<String>,
    pub holder: HolderFacts,
    /// The name of the class of members.
    pub member_class: String,
    /// Members in each snapshot.
    pub members: Vec<u64>,
    /// The bytes that members retain in each snapshot.
    pub bytes: Vec<u64>,
    /// The part of all growth, from 0 to 1.
    pub share_of_growth: Option<f64>,
    pub classes: Vec<MemberClass>,
    /// Root first, through the holder to a sample.
    pub path: Vec<PathStep>,
    pub sites: Vec<Site>,
    /// Keys of members, if the holder has keys.
    pub keys: Vec<String>,
    /// Members of the last snapshot, new ones if there are any.
    pub samples: Vec<NodeOrdinal>,
    /// The bytes that would be freed if the holder were emptied.
    pub freed_if_emptied: u64,
    /// Others that hold the members, too.
    pub also_held_by: Vec<String>,
    /// Holders that grow with this one because of the same cause.
    pub companions: Vec<Companion>,
}

/// A holder that is folded into a finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Companion {
    /// As [`Finding::signature`].
    pub signature: String,
    /// The holder, the class of its members and their numbers.
    pub text: String,
}

impl Finding {
    /// Returns the signatures of the finding and of its companions.
    pub fn signatures(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.signature.as_str()).chain(self.companions.iter().map(|of| of.signature.as_str()))
    }
}

/// All findings of some snapshots, the most important first.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// The answer in a sentence or two.
    pub summary: String,
    /// True if ids refer to the same objects in all snapshots; `None` for a single one.
    pub ids_match: Option<bool>,
    pub notes: Vec<String>,
    pub findings: Vec<Finding>,
}

impl Findings {
    /// Returns the summary without the title of the first finding, which is below it in the window.
    #[must_use]
    pub fn headline(&self) -> String {
        let first = self.findings.first();
        let rest = first.and_then(|first| Some((first, self.summary.strip_suffix(&first.title)?.trim_end())));
        let Some((first, rest)) = rest else { return self.summary.clone() };
        let Some(rest) = rest.strip_suffix('.') else { return format!("{}.", rest.trim_end_matches(':')) };
        let which = if self.findings.len() == 1 { "" } else { "the first: " };
        match first.share_of_growth {
            Some(share) if share >= 0.01 => format!("{rest}, {which}{:.0}% of all growth.", share * 100.0),
            _ => format!("{rest}."),
        }
    }

    /// Returns the number of findings with a verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.findings.iter().filter(|finding| finding.verdict == verdict).count()
    }
}

impl HeapBytes for Findings {
    fn heap_bytes(&self) -> usize {
        let of = |finding: &Finding| {
            let classes: usize = finding.classes.iter().map(|class| class.name.len() + 16 * class.counts.len()).sum();
            let path: usize = finding.path.iter().map(|step| step.label.len() + step.class.len() + 128).sum();
            classes + path + finding.explanation.len() + finding.title.len() + size_of::<Finding>()
        };
        self.summary.len() + self.findings.iter().map(of).sum::<usize>()
    }
}
