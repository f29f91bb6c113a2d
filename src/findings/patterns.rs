//! Structures that are recognized by what a path looks like, told in the words of the field with the usual fix.
//!
//! Each pattern is a function in [`ALL`]; the first one that recognizes a holder names it. What no pattern recognizes is
//! told as a holder and its members.

use super::finding::{Part, PathStep, SourcePlace};
use super::naming::Names;
use super::ways::is_context;
use crate::model::{NodeOrdinal, human};
use crate::query::short_script;

/// What patterns know about a holder.
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
}

/// A recognized structure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Told {
    pub(super) pattern: &'static str,
    /// The start of the title: what gathers. The numbers follow.
    pub(super) title: String,
    /// A sentence about the structure, without numbers.
    pub(super) explanation: String,
    pub(super) advice: &'static str,
    /// A function that was registered, if the structure has one.
    pub(super) registered: Option<SourcePlace>,
}

type Recognize = fn(&Subject<'_>) -> Option<Told>;

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
pub(super) fn recognize(subject: &Subject<'_>) -> Option<Told> {
    ALL.iter().find_map(|recognize| recognize(subject))
}

impl Subject<'_> {
    fn has_class(&self, wanted: &str) -> bool {
        self.near().any(|step| step.class == wanted)
    }

    fn has_edge(&self, wanted: &str) -> bool {
        self.near().any(|step| step.name == wanted)
    }

    /// Returns the steps close to the member: the holder, two steps above it, and everything below.
    fn near(&self) -> impl Iterator<Item = &PathStep> {
        let holder = self.path.iter().position(|step| step.node == self.container).unwrap_or(0);
        self.path[holder.saturating_sub(2).min(self.path.len())..].iter()
    }

    fn container_class(&self) -> String {
        self.names.class(self.container)
    }

    /// Returns the first function at or below the member.
    fn callback(&self) -> Option<&PathStep> {
        self.path.iter().find(|step| {
            matches!(step.part, Part::Member | Part::Inside)
                && self.names.side.snapshot.kind(step.node) == crate::model::NodeKind::CLOSURE
        })
    }

    fn callback_text(&self) -> String {
        match self.callback() {
            Some(step) => match &step.location {
                Some(place) => {
                    format!(" The function is {} ({}:{}).", step.label, short_script(&place.url), place.line)
                }
                None => format!(" The function is {}.", step.label),
            },
            None => String::new(),
        }
    }

    fn registered(&self) -> Option<SourcePlace> {
        self.callback().and_then(|step| step.location.clone())
    }

    fn told(&self, pattern: &'static str, title: String, explanation: String, advice: &'static str) -> Told {
        let registered =
            self.registered().filter(|_| pattern.contains("listener") || pattern == "timer" || pattern == "callback");
        Told { pattern, title, explanation, advice, registered }
    }

    /// Returns ` holding Foo objects` if members of the runtime hold objects of the program.
    fn holding(&self) -> String {
        match self.inside {
            Some(step) if step.class != self.member_class => format!(", each with {}", article(&step.label)),
            _ => String::new(),
        }
    }
}

fn article(label: &str) -> String {
    let vowel = label.starts_with(['A', 'E', 'I', 'O', 'a', 'e', 'i', 'o']);
    format!("{} {label}", if vowel { "an" } else { "a" })
}

fn timer(subject: &Subject<'_>) -> Option<Told> {
    let is_timer = matches!(subject.member_class, "Timeout" | "Immediate" | "Timer");
    if !is_timer && !subject.has_class("TimersList") {
        return None;
    }
    let snapshot = subject.names.side.snapshot;
    let list = subject.path.iter().find(|step| step.class == "TimersList");
    let delay = list.and_then(|step| step.edge).map(|edge| snapshot.edge_name(edge).into_owned());
    let delay = delay.and_then(|delay| delay.parse::<u64>().ok());
    let delay = delay.map_or(String::new(), |delay| format!(" of {} ms ({delay})", human::count(delay)));
    Some(subject.told(
        "timer",
        format!("Active timers{delay} are never cleared"),
        format!(
            "setTimeout or setInterval{delay} was called, and the timers are still active{}.{}",
            subject.holding(),
            subject.callback_text()
        ),
        "Keep the value that setTimeout or setInterval returns and pass it to clearTimeout or clearInterval when the work ends.",
    ))
}

fn abort_listener(subject: &Subject<'_>) -> Option<Told> {
    let is_signal = subject.near().any(|step| step.class == "AbortSignal" || step.label.contains("AbortSignal"));
    if !is_signal {
        return None;
    }
    Some(subject.told(
        "abort_listener",
        format!("Listeners of a long-lived AbortSignal ({}) are never removed", subject.label),
        format!("An AbortSignal that is never aborted keeps every listener{}.{}", subject.holding(), subject.callback_text()),
        "Remove the listener when the operation ends: removeEventListener, { once: true } with { signal }, or a signal of its own per operation.",
    ))
}

fn event_target_listener(subject: &Subject<'_>) -> Option<Told> {
    if subject.member_class != "Listener" && !subject.has_class("Listener") {
        return None;
    }
    Some(subject.told(
        "event_target_listener",
        format!("Event listeners of {} are never removed", subject.label),
        format!("An EventTarget that lives on keeps every listener{}.{}", subject.holding(), subject.callback_text()),
        "Call removeEventListener with the same function when the listening object is no longer used, or pass { once: true } or { signal }.",
    ))
}

fn emitter_listener(subject: &Subject<'_>) -> Option<Told> {
    let at = subject
        .path
        .iter()
        .rposition(|step| step.name == "_events" && step.part != Part::Inside && step.part != Part::Runtime)?;
    let emitter = subject.path.get(at.checked_sub(1)?)?;
    let event = subject.path.get(at + 1).map(|step| step.name.clone()).filter(|name| name != "[*]");
    let is_close =
        subject.path.iter().position(|step| step.part == Part::Member).is_some_and(|member| member <= at + 3);
    if !is_close {
        return None;
    }
    let event = event.map_or(String::new(), |event| format!(" of '{event}'"));
    Some(subject.told(
        "listener",
        format!("Listeners{event} on {} are never removed", emitter.class),
        format!("The emitter lives on and keeps every listener{}.{}", subject.holding(), subject.callback_text()),
        "Call off (removeListener) with the same function when the listening object is no longer used, or use once.",
    ))
}

fn finalization_registry(subject: &Subject<'_>) -> Option<Told> {
    if subject.container_class() != "FinalizationRegistry" {
        return None;
    }
    Some(subject.told(
        "finalization_registry",
        format!("Values held by a FinalizationRegistry ({}) are never released", subject.label),
        format!("The held value of register(target, heldValue) lives as long as its target, and here it leads to the target{}.", subject.holding()),
        "Pass a held value that does not reference the target, and call unregister when the work ends.",
    ))
}

fn async_local_storage(subject: &Subject<'_>) -> Option<Told> {
    let is_store = |step: &PathStep| {
        step.name.contains("kResourceStore") || step.class == "AsyncContextFrame" || step.class == "AsyncLocalStorage"
    };
    let step = subject.near().find(|step| is_store(step))?;
    Some(subject.told(
        "async_local_storage",
        format!("Stores of AsyncLocalStorage stay alive ({})", subject.label),
        format!("A store lives as long as any timer, promise or resource that was made within run(); {} holds one.", step.label),
        "End or clear what was started within run(), or make the store small and clear its fields when the request ends.",
    ))
}

fn stream_buffer(subject: &Subject<'_>) -> Option<Told> {
    let is_stream = |step: &PathStep| matches!(step.class.as_str(), "ReadableState" | "WritableState" | "BufferList");
    let stream = subject.near().find(|step| is_stream(step))?;
    if subject.member_class.contains("Socket") || subject.member_class.contains("TCP") {
        return None;
    }
    let is_written = stream.class == "WritableState";
    Some(subject.told(
        "stream_buffer",
        format!("Chunks pile up in the buffer of a stream ({})", subject.label),
        format!("Chunks that are {} stay in the stream's buffer.", if is_written { "written but never flushed" } else { "pushed but never read" }),
        "Consume the stream (for await, pipe, resume), stop writing when write() returns false, and destroy streams that nobody reads.",
    ))
}

fn promise(subject: &Subject<'_>) -> Option<Told> {
    let class = subject.container_class();
    let is_reaction = subject.has_edge("reactions_or_result") && !subject.has_edge("[*]");
    if class != "Promise" && !is_reaction {
        return None;
    }
    Some(subject.told(
        "promise",
        format!("A promise that never settles ({}) gathers reactions", subject.label),
        format!("Every await and then() on the pending promise adds a reaction, and each keeps its function suspended{}.", subject.holding()),
        "Settle the promise, or give each operation its own promise with a timeout; Promise.race with a long-lived promise adds a reaction each time.",
    ))
}

fn suspended_function(subject: &Subject<'_>) -> Option<Told> {
    let is_suspended = matches!(subject.member_class, "Generator" | "AsyncGenerator" | "AsyncFunction");
    if !is_suspended {
        return None;
    }
    Some(subject.told(
        "suspended_function",
        format!("Suspended functions are never resumed ({})", subject.label),
        format!(
            "Async functions or generators wait for something that does not happen; each keeps its variables{}.",
            subject.holding()
        ),
        "Settle what they await, or end generators with return().",
    ))
}

fn open_handle(subject: &Subject<'_>) -> Option<Told> {
    let is_handle = |step: &PathStep| step.label.starts_with("Node / ") && step.part != Part::Inside;
    let is_root = subject.names.side.snapshot.kind(subject.container) == crate::model::NodeKind::SYNTHETIC;
    let handle = subject.path.iter().find(|step| is_handle(step));
    if !is_root || handle.is_none() && !subject.member_class.starts_with("Node / ") {
        return None;
    }
    let class = handle.map_or(subject.member_class, |step| step.label.as_str());
    let class = class.trim_start_matches("Node / ");
    Some(subject.told(
        "open_handle",
        format!("Open handles ({class}) are never closed"),
        format!("An open socket, server, port or file is a root of its own: {class} stays until it is closed{}.", subject.holding()),
        "Close or destroy what was opened (socket.destroy, server.close, agent.destroy, port.close), and share one agent among requests.",
    ))
}

fn detached_dom(subject: &Subject<'_>) -> Option<Told> {
    let node = subject.member_class.strip_prefix("Detached ").filter(|class| !class.starts_with("Node / "))?;
    Some(subject.told(
        "detached_dom",
        format!("Detached DOM nodes ({node}) are held by {}", subject.label),
        "The nodes are no longer in a document, but JavaScript references keep them and their whole trees.".to_owned(),
        "Drop references to removed elements: variables, arrays, closures and listeners of other objects.",
    ))
}

fn console(subject: &Subject<'_>) -> Option<Told> {
    let is_console = |step: &PathStep| {
        step.label.contains("DevTools console")
            || step.name.contains("DevTools console")
            || step.label.contains("V8InspectorSession")
    };
    subject.path.iter().find(|step| is_console(step))?;
    Some(subject.told(
        "console",
        "Objects are held by the console or an inspector".to_owned(),
        "Logged objects and results of evaluations stay alive while a debugger is attached.".to_owned(),
        "Take snapshots without an open console, or clear it first; this is no leak of the program.",
    ))
}

fn module_copy(subject: &Subject<'_>) -> Option<Told> {
    if subject.member_class != "Module" && subject.member_class != "ModuleWrap" {
        return None;
    }
    Some(subject.told(
        "module_copy",
        format!("Copies of modules are kept ({})", subject.label),
        "The same module is loaded again and again; each copy has its own state, functions and code.".to_owned(),
        "Load the module once, or remove it from the children of the module that requires it as well as from the cache.",
    ))
}

fn kept_error(subject: &Subject<'_>) -> Option<Told> {
    if !subject.member_class.ends_with("Error") {
        return None;
    }
    Some(subject.told(
        "error",
        format!("Errors are kept by {}", subject.label),
        "An error keeps its stack, and what its frames reference until the stack is read.".to_owned(),
        "Keep the message and the text of the stack instead of the error, and limit how many are kept.",
    ))
}

fn sliced_string(subject: &Subject<'_>) -> Option<Told> {
    if subject.member_class != "(sliced string)" {
        return None;
    }
    Some(subject.told(
        "sliced_string",
        format!("Slices in {} keep the strings that they were cut from", subject.label),
        "slice, substring, split and regular expressions return views of the whole string, which stays in memory.".to_owned(),
        "Copy short slices of long strings before they are kept, for example with Buffer.from(text).toString() or structuredClone.",
    ))
}

fn growing_string(subject: &Subject<'_>) -> Option<Told> {
    if !subject.is_one_member || !subject.member_class.contains("string") {
        return None;
    }
    Some(subject.told(
        "growing_string",
        format!("A string in {} grows with each addition", subject.label),
        "+= makes a tree of concatenated strings that is never flattened or emptied.".to_owned(),
        "Write the text out and start again, or keep only the latest part.",
    ))
}

fn binary_data(subject: &Subject<'_>) -> Option<Told> {
    const CLASSES: [&str; 6] = ["Buffer", "FastBuffer", "ArrayBuffer", "DataView", "Blob", "SharedArrayBuffer"];
    let class = subject.member_class;
    let is_typed = class.ends_with("Array") && class != "Array" && class.starts_with(['U', 'I', 'F', 'B']);
    if !CLASSES.contains(&class) && !is_typed {
        return None;
    }
    Some(subject.told(
        "binary_data",
        format!("Binary data ({class}) is gathered by {}", subject.label),
        "The bytes are outside of the JavaScript heap (arrayBuffers or external in process.memoryUsage()).".to_owned(),
        "Remove entries when they are used up. A small slice keeps its whole buffer: copy it with Buffer.from.",
    ))
}

fn weak_collection(subject: &Subject<'_>) -> Option<Told> {
    let class = subject.container_class();
    if class != "WeakMap" && class != "WeakSet" {
        return None;
    }
    Some(subject.told(
        "weak_map",
        format!("Values of a {class} ({}) stay alive with their keys", subject.label),
        "A value of a WeakMap lives as long as its key; something else holds the keys.".to_owned(),
        "Find what holds the keys and remove them there.",
    ))
}

fn linked_list(subject: &Subject<'_>) -> Option<Told> {
    let chain = subject.path.iter().find(|step| step.repeated >= 8 && step.part == Part::Member)?;
    Some(subject.told(
        "linked_list",
        format!("A linked list of {} ({}) grows", chain.class, subject.label),
        format!("Each {} references the next one, so the first keeps all of them.", chain.class),
        "Cut the list at a maximum length, or remove the reference to older elements.",
    ))
}

fn callback_list(subject: &Subject<'_>) -> Option<Told> {
    if subject.member_class != "Function" {
        return None;
    }
    Some(subject.told(
        "callback",
        format!("Functions are gathered by {}", subject.label),
        format!("Each function keeps the scope that it was made in{}.{}", subject.holding(), subject.callback_text()),
        "Remove a callback when its owner is done: return an unsubscribe function and call it.",
    ))
}

fn collection(subject: &Subject<'_>) -> Option<Told> {
    let class = subject.container_class();
    let (pattern, what, advice) = match class.as_str() {
        "Map" => (
            "map",
            "Map",
            "Delete entries that are no longer needed, or limit the Map: a maximum size (LRU), an age (TTL), or a WeakMap if keys are objects.",
        ),
        "Set" => ("set", "Set", "Delete entries when they are done, or use a WeakSet if they are objects."),
        "Array" => (
            "array",
            "array",
            "Remove entries that are done, or keep only the last ones (shift when the length exceeds a limit).",
        ),
        _ if subject
            .path
            .iter()
            .any(|step| step.part == Part::Member && step.name == "[*]" && step.kind == "property") =>
        {
            (
                "dictionary",
                "object that is used as a dictionary",
                "Delete keys that are no longer needed, or use a Map with a maximum size.",
            )
        }
        _ => return None,
    };
    Some(subject.told(
        pattern,
        format!("{} gathers {}", subject.label, plural(subject.member_class)),
        format!(
            "It is {} {what} without a limit: entries are added and never removed{}.",
            if what.starts_with(['a', 'o']) { "an" } else { "a" },
            subject.holding()
        ),
        advice,
    ))
}

fn variable(subject: &Subject<'_>) -> Option<Told> {
    if !is_context(&subject.container_class()) {
        return None;
    }
    Some(subject.told(
        "closure",
        format!("{} gathers {}", capitalized(subject.label), plural(subject.member_class)),
        "Functions share the scope that they were made in: a variable lives as long as any of them, even one that does not use it.".to_owned(),
        "Set the variable to null when it is no longer needed, or make the functions in a scope without it.",
    ))
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
        _ => format!("{class} objects"),
    }
}

pub(super) fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
