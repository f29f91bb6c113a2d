//! Structures that are recognized by their retaining path, described in the standard terms, with the usual fix.
//!
//! Each pattern is a function in [`ALL`]; the first one that recognizes a holder names it. A holder that no
//! pattern recognizes is described by its name and its members.

mod asynchronous;
mod binary;
mod collections;
mod dom;
mod errors;
mod finalization;
mod handles;
mod listeners;
mod modules;
mod streams;
mod strings;
mod timers;

use super::finding::{Part, PathStep};
use super::naming::Names;
use crate::model::NodeOrdinal;
use crate::query::short_script;

use asynchronous::{async_local_storage, promise, suspended_function};
use binary::binary_data;
use collections::{collection, linked_list, variable, weak_collection};
use dom::detached_dom;
use errors::kept_error;
use finalization::finalization_registry;
use handles::{console, open_handle};
use listeners::{abort_listener, callback_list, emitter_listener, event_target_listener};
use modules::module_copy;
use streams::stream_buffer;
use strings::{growing_string, sliced_string};
use timers::timer;

/// A holder as patterns see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'a> {
    pub(super) names: Names<'a>,
    pub(super) path: &'a [PathStep],
    pub(super) container: NodeOrdinal,
    /// `SessionCache.byId`
    pub(super) label: &'a str,
    /// The class of members.
    pub(super) member_class: &'a str,
    /// The first object of a class or function of the program that a member leads to.
    pub(super) inside: Option<&'a PathStep>,
    /// True if the objects are parts of one member.
    pub(super) is_one_member: bool,
    /// True if it is seen to grow. One snapshot shows only how many members there are.
    pub(super) grows: bool,
}

/// A recognized structure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Recognized {
    pub(super) pattern: &'static str,
    /// The start of the title: what gathers. The numbers follow.
    pub(super) title: String,
    /// A sentence about the structure, without numbers.
    pub(super) explanation: String,
    pub(super) advice: &'static str,
    /// A function that was registered, if the structure has one.
    pub(super) registered: Option<NodeOrdinal>,
}

type Recognize = fn(&Subject<'_>) -> Option<Recognized>;

/// The patterns, the most specific first.
const ALL: [Recognize; 22] = [
    finalization_registry,
    timer,
    abort_listener,
    event_target_listener,
    emitter_listener,
    async_local_storage,
    stream_buffer,
    promise,
    suspended_function,
    open_handle,
    detached_dom,
    console,
    module_copy,
    kept_error,
    sliced_string,
    growing_string,
    binary_data,
    weak_collection,
    linked_list,
    callback_list,
    collection,
    variable,
];

/// Recognizes the structure of a holder.
pub(super) fn recognize(subject: &Subject<'_>) -> Option<Recognized> {
    ALL.iter().find_map(|recognize| recognize(subject))
}

impl Subject<'_> {
    /// Returns a claim that only growth proves, such as ` are never removed`.
    fn claim(&self, text: &'static str) -> &'static str {
        if self.grows { text } else { "" }
    }

    /// Returns the verb of the title.
    pub(super) fn gathers(&self) -> &'static str {
        if self.grows { "accumulates" } else { "has" }
    }

    fn has_class(&self, wanted: &str) -> bool {
        self.near().any(|step| step.class == wanted)
    }

    fn has_edge(&self, wanted: &str) -> bool {
        self.near().any(|step| step.name == wanted)
    }

    /// Returns the steps close to the member: the holder, two steps above it, and everything below.
    fn near(&self) -> impl Iterator<Item = &PathStep> {
        self.path[self.holder().saturating_sub(2).min(self.path.len())..].iter()
    }

    /// Returns the position of the holder on the path.
    fn holder(&self) -> usize {
        self.path.iter().position(|step| step.node == self.container).unwrap_or(0)
    }

    /// Returns the last of some steps above the member that fits: what the holder belongs to.
    fn above(&self, steps: usize, is_wanted: impl Fn(&PathStep) -> bool) -> Option<&PathStep> {
        let holder = self.holder();
        let end = (holder + 1).min(self.path.len());
        self.path[holder.saturating_sub(steps).min(end)..end].iter().rev().find(|step| is_wanted(step))
    }

    fn container_class(&self) -> String {
        self.names.class(self.container)
    }

    /// Returns the first function at or below the member.
    pub(super) fn callback(&self) -> Option<&PathStep> {
        self.path.iter().find(|step| {
            matches!(step.part, Part::Member | Part::Inside)
                && self.names.side.snapshot.kind(step.node) == crate::model::NodeKind::CLOSURE
        })
    }

    fn callback_text(&self) -> String {
        let Some(step) = self.callback() else { return String::new() };
        let name = if step.label == "()" { "The function".to_owned() } else { format!("The function {}", step.label) };
        match &step.location {
            Some(place) => format!(" {name} is defined in {}:{}.", short_script(&place.url), place.line),
            None if step.label == "()" => String::new(),
            None => format!(" The function is {}.", step.label),
        }
    }

    fn registered(&self) -> Option<NodeOrdinal> {
        self.callback().filter(|step| step.location.is_some()).map(|step| step.node)
    }

    fn recognized(
        &self,
        pattern: &'static str,
        title: String,
        explanation: String,
        advice: &'static str,
    ) -> Recognized {
        let registered = self.registered().filter(|_| pattern.contains("listener") || pattern == "timer");
        Recognized { pattern, title, explanation, advice, registered }
    }

    /// Returns `. Each leads to a Foo` if members of the runtime hold objects of the program.
    fn holding(&self) -> String {
        match self.inside {
            Some(step) if step.class != self.member_class && !step.label.ends_with("()") => {
                format!(". Each leads to {}", article(&step.label))
            }
            _ => String::new(),
        }
    }
}

fn article(label: &str) -> String {
    let vowel = label.starts_with(['A', 'E', 'I', 'O', 'a', 'e', 'i', 'o']);
    format!("{} {label}", if vowel { "an" } else { "a" })
}

/// Returns ` objects` after the name of a class.
pub(super) fn plural(class: &str) -> String {
    match class {
        "(string)" => "strings".to_owned(),
        "(concatenated string)" => "concatenated strings".to_owned(),
        "(sliced string)" => "sliced strings".to_owned(),
        "(number)" => "numbers".to_owned(),
        "Function" => "functions".to_owned(),
        "Array" => "arrays".to_owned(),
        "system / Context" => "scopes of functions".to_owned(),
        _ => format!("{class} objects"),
    }
}

pub(super) fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
