//! Limits on the number of objects of a class in the last snapshot, which need no series.

use serde::Serialize;

use super::example::Example;
use super::outcome::Limit;
use crate::Snapshot;
use crate::cli::args::check::ClassPattern;
use crate::model::{Cancelled, ClassId, NodeOrdinal, human};

/// The maximum number of objects that are listed with their paths.
const SHOWN: usize = 5;

/// A class with too many objects.
#[derive(Debug, Serialize)]
pub(super) struct Violation {
    /// As in [`Limit::rule`].
    pub(super) rule: String,
    pub(super) count: u64,
    pub(super) allowed: u64,
    /// Some of the objects, the largest retained size first, each with its path.
    pub(super) objects: Vec<Example>,
}

impl Violation {
    /// Returns the violation as a heading.
    pub(super) fn title(&self) -> String {
        let objects = human::quantity(self.count, "object", "objects");
        format!("{}: {objects}, {} allowed", self.rule, human::count(self.allowed))
    }
}

/// Counts the objects of the classes that match, and returns the limit with its result.
pub(super) fn check(
    last: &Snapshot,
    pattern: &ClassPattern,
    most: u64,
) -> Result<(Limit, Option<Violation>), Cancelled> {
    let matching: Vec<bool> = last.classes().all().iter().map(|class| pattern.is_match(&class.name)).collect();
    let is_counted = |&node: &NodeOrdinal| {
        let ClassId(class) = last.class_id(node);
        matching.get(class as usize).copied().unwrap_or(false)
    };
    let mut nodes: Vec<NodeOrdinal> = last.graph().nodes().filter(is_counted).collect();
    let count = nodes.len() as u64;
    let rule = format!("number of {}", human::visible(&pattern.to_string(), 120));
    let limit = Limit {
        rule: rule.clone(),
        allowed: human::quantity(most, "object", "objects"),
        passed: count <= most,
        measured: human::quantity(count, "object", "objects"),
        is_said: false,
    };
    if count <= most {
        return Ok((limit, None));
    }
    nodes.sort_by_key(|&node| (std::cmp::Reverse(last.retained_size(node)), node));
    let objects = nodes.iter().take(SHOWN).map(|&node| Example::of(last, node)).collect::<Result<_, Cancelled>>()?;
    Ok((limit, Some(Violation { rule, count, allowed: most, objects })))
}
