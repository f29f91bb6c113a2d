//! Glossary: what puzzles people in a heap snapshot, in a sentence for a hover and in some more to read.
//!
//! One table of texts is clearer than several short files, so this one is long.

use crate::model::EdgeKind;

/// What sort of thing is explained.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Category {
    Idea,
    Column,
    /// A class, or a group of things that have none.
    Group,
    NodeKind,
    EdgeKind,
    /// A group of roots.
    Root,
}

/// An explanation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    pub term: &'static str,
    pub category: Category,
    /// One sentence.
    pub short: &'static str,
    /// What it is, why one sees it, and what to do about it.
    pub long: &'static str,
}

/// All explanations, by category.
#[must_use]
pub fn entries() -> &'static [Entry] {
    ENTRIES
}

fn find(category: Category, term: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.category == category && entry.term == term)
}

/// The explanation of a class by its name; names with an origin behind them, as `system / Context / https://…`, count as
/// those without.
#[must_use]
pub fn for_class(name: &str) -> Option<&'static Entry> {
    find(Group, name).or_else(|| {
        let (start, _) = name.strip_prefix("system / ")?.split_once(" / ")?;
        find(Group, &format!("system / {start}"))
    })
}

/// The explanation of a kind of reference.
#[must_use]
pub fn for_edge_kind(kind: EdgeKind) -> Option<&'static Entry> {
    let term = match kind {
        EdgeKind::PROPERTY => "Property",
        EdgeKind::ELEMENT => "Element",
        EdgeKind::CONTEXT => "Variable",
        EdgeKind::INTERNAL => "Internal reference",
        EdgeKind::HIDDEN => "Hidden reference",
        EdgeKind::SHORTCUT => "Shortcut",
        EdgeKind::WEAK => "Weak reference",
        _ => return None,
    };
    find(Reference, term)
}

/// The explanation of a kind of node by its name in the file.
#[must_use]
pub fn for_node_kind(name: &str) -> Option<&'static Entry> {
    find(Kind, name)
}

/// The explanation of a group of roots by its name.
#[must_use]
pub fn for_root(name: &str) -> Option<&'static Entry> {
    find(Root, name)
}

const fn entry(category: Category, term: &'static str, short: &'static str, long: &'static str) -> Entry {
    Entry { term, category, short, long }
}

use Category::{Column, EdgeKind as Reference, Group, Idea, NodeKind as Kind, Root};

const ENTRIES: &[Entry] = &[
    entry(
        Idea,
        "Leak",
        "Memory that grows because something still refers to objects that nobody needs.",
        "JavaScript has no forgotten memory, only forgotten references: a list that is never emptied, a listener never removed, a cache without bound. Compare two snapshots to see what grew, pick one of the new objects, and read its retainers up to the first one whose job it was to let go.",
    ),
    entry(
        Idea,
        "Garbage collection",
        "The runtime frees what cannot be reached from a root.",
        "V8 follows references from the roots and frees what it does not meet. A snapshot is taken right after a full collection, so nearly everything in it is held by something; the question is by what, and whether that is meant.",
    ),
    entry(
        Idea,
        "Dominator",
        "An object that every way from the roots to another one leads through.",
        "If the dominator goes, what it dominates goes with it. Each object has one immediate dominator, which makes a tree: the Dominators view. What two holders share is dominated by neither, but by whatever holds both.",
    ),
    entry(
        Idea,
        "Retainer",
        "An object that holds a reference to another one.",
        "An object stays in memory as long as one of its retainers can be reached. The Retainers pane lists those of the selected object, the nearest to a root first; following the first one of each leads up the shortest way to a root.",
    ),
    entry(
        Idea,
        "Retaining path",
        "A chain of references from a root to an object: the reason why it is in memory.",
        "Cutting one reference of the only path frees the object. With several paths all of them must be cut; the Paths pane shows the shortest ones that differ, and for many objects the paths merged into one tree.",
    ),
    entry(
        Idea,
        "Detached",
        "A DOM node that is no longer in its document while something still refers to it.",
        "A detached node keeps its whole detached tree alive, and often listeners and closures with it. Usual holders are variables, caches of elements, closures of event handlers and framework state. Filter the Summary by “Held only by detached DOM nodes” to see what would go.",
    ),
    entry(
        Idea,
        "Ephemeron",
        "An entry of a WeakMap: its value lives only as long as both its key and the map.",
        "V8 writes such an entry as two references with a long name, one from the key and one from the map's table. Neither alone keeps the value. The value counts to the key's retained size, for it is usually the key whose life is in question.",
    ),
    entry(
        Idea,
        "Native context",
        "A realm: one global object with its own built-ins, as a window, a frame or a vm context has.",
        "Every object is made in a realm. Realms that outlive their page or sandbox are a common and large leak; the Contexts view shows what belongs to each. What several realms lead to is shared.",
    ),
    entry(
        Idea,
        "User root",
        "What the program can reach directly, such as a window's global object or a document.",
        "Distances count from these. Chromium since version 156, Deno, and Node.js with exposed internals write no user roots; there distances count from the snapshot's root, and shallow sizes are as the file has them.",
    ),
    entry(
        Idea,
        "Ignored retainer",
        "An object that is treated as if it held nothing, to see what else keeps another one alive.",
        "Ignoring an expected holder, such as the cache that is meant to hold entries, recomputes distances and paths without it. What remains is what would still keep the object if the holder let go. The chips above the retainers list what is ignored and bring it back.",
    ),
    entry(
        Idea,
        "Duplicated string",
        "A text that stands in memory more than once.",
        "V8 shares strings that come from source code, but not those that are parsed, concatenated or received: each is a copy of its own. Interning them in a Map, or keeping numbers instead, can save much.",
    ),
    entry(
        Idea,
        "Dead variable",
        "A variable that no function alive can read, kept because another function shares its context.",
        "All functions made in one call share one context with every variable that any of them uses. As long as one of them lives, all these variables do, even those that only a function which is long gone has read. Set such a variable to null when it has served, or move the long-lived function out of the scope. Only files that say which scope uses which variable can tell, as those of Chromium since version 156.",
    ),
    entry(
        Idea,
        "Internals",
        "Objects of the runtime that JavaScript code cannot see.",
        "Maps, feedback, scope infos, compiled code and the like. They matter when they grow: functions made in a loop bring closures and contexts, eval and new Function bring code.",
    ),
    entry(
        Column,
        "Shallow size",
        "Bytes of the object itself, without what it refers to.",
        "The arrays of elements and properties and the hidden parts that one object alone owns are counted to it, as Chrome DevTools does. A large shallow size is typical for strings, arrays and typed arrays; everything else is small by itself and large by what it retains.",
    ),
    entry(
        Column,
        "Retained size",
        "Bytes that would be freed if the object were gone, with everything only it keeps alive.",
        "The sum of shallow sizes of all that the object dominates. For a class, it is what would be freed if all its objects were gone at once. Retained sizes of different objects overlap and must not be added up.",
    ),
    entry(
        Column,
        "Distance",
        "The number of references on the shortest way from a user root.",
        "Objects of one class with a much larger distance than the others, or growing distances from one snapshot to the next, hint at a list or a chain that grows. A dash means that no user root reaches the object.",
    ),
    entry(
        Column,
        "Distance −",
        "No user root reaches the object: only the runtime's own roots do, or nothing does.",
        "What the runtime's roots reach is held by handles of native code, by the compilation cache, by the stack and the like; the hover text says how many references from there. An object without any distance is unreachable, or it is reached only through references of the runtime that distances leave out, such as those from tables of property descriptors. Search for distance=system or is:unreachable to see the one or the other.",
    ),
    entry(
        Column,
        "Unreachable",
        "No path of references from a root leads to the object.",
        "It is garbage that was not collected yet, or the program that wrote the snapshot left out the references that hold it: JavaScriptCore does not write what Maps and Sets hold, and Julia not all that its collector marks. V8 collects garbage first, so its snapshots have nearly none. Statistics says how many bytes are unreachable; the filter of the summary shows which.",
    ),
    entry(
        Column,
        "# New",
        "Objects that are in the current snapshot and not in the base.",
        "Told apart by object ids, which V8 never gives twice in one process. A class with many new and few deleted objects after repeating one action is where a leak shows.",
    ),
    entry(
        Column,
        "# Deleted",
        "Objects of the base that are gone.",
        "If about as many go as come, the class is busy but does not leak.",
    ),
    entry(
        Column,
        "# Delta",
        "New less deleted objects.",
        "Repeat the suspected action a telling number of times, say 7: a delta that is a multiple of it is no accident.",
    ),
    entry(
        Column,
        "Size delta",
        "Allocated less freed bytes, of shallow sizes.",
        "What the objects of this class themselves take more than before. What they retain beyond that is in the last columns.",
    ),
    entry(
        Column,
        "Constructor",
        "The function that made an object, or what stands in for it.",
        "Plain objects made by literals have no telling constructor and are grouped by their properties, as {id, name}. Names in parentheses are groups of things that have none, such as (string).",
    ),
    entry(
        Column,
        "Wasted",
        "Bytes that would be saved if equal strings were one.",
        "What all copies retain, without the one that retains the most. Memory that several copies share is not in it: it would stay.",
    ),
    entry(
        Group,
        "(array)",
        "Arrays of the runtime: elements of arrays, properties of objects, tables of maps.",
        "Not JavaScript arrays, which are under Array, but what holds their elements, and the tables inside Map, Set and objects with many properties. A large one belongs to a large collection: look at its retainers.",
    ),
    entry(
        Group,
        "(string)",
        "All strings that stand in memory in one piece.",
        "Look into the Strings view for those that are there many times, and sort by size for huge ones: responses, templates, source texts, base64 data.",
    ),
    entry(
        Group,
        "(concatenated string)",
        "The result of + on strings that nobody has read yet: two references to its parts.",
        "V8 joins the parts when the text is first read through. Built in a loop, such strings keep every part and every step between alive. Reading or joining them (array.join) makes one string of them.",
    ),
    entry(
        Group,
        "(sliced string)",
        "A part of another string, which it keeps alive as a whole.",
        "substring, slice and match on long texts give a view into the original: 20 characters can keep megabytes. Copy the piece if it is to live on, for example by concatenating and reading it.",
    ),
    entry(
        Group,
        "(number)",
        "Numbers that take an object: fractions and large integers outside typed arrays.",
        "Small integers are stored in the reference itself. Many of these hint at fields that change between integers and fractions.",
    ),
    entry(Group, "(bigint)", "BigInt values.", "Each is an object with as many digits as the value needs."),
    entry(Group, "(symbol)", "Symbols.", "They are small; names of well-known and registered ones are shared."),
    entry(
        Group,
        "(regexp)",
        "Regular expressions with their compiled code.",
        "Made in a loop, each has its own object; those of literals share their code.",
    ),
    entry(
        Group,
        "RegExp",
        "Regular expressions with their compiled code.",
        "Made in a loop, each has its own object; those of literals share their code.",
    ),
    entry(
        Group,
        "(compiled code)",
        "Machine code, bytecode and what the compiler has learned about functions.",
        "It grows with the amount of source that has run. If it grows forever, code is made at run time: eval, new Function, templates compiled again for every request, or modules loaded anew.",
    ),
    entry(
        Group,
        "(system)",
        "Objects of the runtime without a group of their own.",
        "Mostly metadata about scripts, functions and objects. It grows along with code and with the number of different object layouts.",
    ),
    entry(
        Group,
        "(object shape)",
        "Descriptions of how objects are laid out; V8 calls them maps or hidden classes.",
        "Objects that get the same properties in the same order share one. Many shapes mean objects used as dictionaries, or properties that are added in ever different order: use a Map.",
    ),
    entry(
        Group,
        "(object elements)",
        "Arrays that hold the numbered elements of objects and arrays.",
        "They belong to the array or object above them in the retainers.",
    ),
    entry(
        Group,
        "(object properties)",
        "Tables that hold the named properties of objects with many of them.",
        "Objects that serve as dictionaries have one each.",
    ),
    entry(
        Group,
        "Function",
        "Closures: functions together with the variables around them.",
        "Each time a function expression runs, a new closure is made, and each holds its context: all variables of the surrounding scopes that any inner function uses, whether this one does or not. Many closures at one place in the source are listeners, timers or promise callbacks that pile up.",
    ),
    entry(Group, "(closure)", "Functions together with the variables around them.", "See Function."),
    entry(
        Group,
        "Object",
        "Objects from literals and new Object that share no telling set of properties.",
        "Expand the class and look at the property names; many objects with the same ones get a class of their own, as {id, name}.",
    ),
    entry(
        Group,
        "Array",
        "JavaScript arrays.",
        "The array itself is small, its elements are in an internal array that counts to it. Sort its members by retained size: one that grows is a queue or a log nobody empties.",
    ),
    entry(
        Group,
        "Map",
        "JavaScript Map objects.",
        "The entries are in an internal table. A Map used as a cache without a bound is the most common leak of all.",
    ),
    entry(Group, "Set", "JavaScript Set objects.", "The entries are in an internal table."),
    entry(
        Group,
        "WeakMap",
        "Maps whose entries do not keep their keys alive.",
        "A value lives while its key does. If keys never go, look for who holds the keys.",
    ),
    entry(
        Group,
        "WeakRef",
        "A reference that does not keep its target alive.",
        "The target may be gone at any time; here it is shown as long as something else holds it.",
    ),
    entry(
        Group,
        "FinalizationRegistry",
        "Calls back after registered objects are gone.",
        "The held value is kept until then, and must not refer to the object itself.",
    ),
    entry(
        Group,
        "Promise",
        "Promises, with their callbacks until they are settled.",
        "A promise that is never settled keeps its callbacks and everything these close over. Many pending ones point to a request, lock or event that never answers.",
    ),
    entry(
        Group,
        "Generator",
        "Suspended generator and async functions, with their local variables.",
        "An async function that waits forever keeps all its variables. The retainers tell what it waits for.",
    ),
    entry(
        Group,
        "Timeout",
        "A timer of Node.js.",
        "A running interval keeps its callback and all it closes over until it is cleared.",
    ),
    entry(
        Group,
        "EventEmitter",
        "Objects that call listeners.",
        "Listeners are kept in _events. An emitter that lives long, such as process or a shared connection, keeps everything its listeners close over: remove listeners when their owner goes.",
    ),
    entry(
        Group,
        "system / Context",
        "The variables of a scope that closures share.",
        "All functions made in one call share one context, with every variable that any of them uses. A small callback can therefore keep a large variable that only another function needed.",
    ),
    entry(
        Group,
        "system / NativeContext",
        "A realm: one global object with its built-ins.",
        "More of them than windows, frames and vm contexts in use means that some are leaked, each with its whole world.",
    ),
    entry(
        Group,
        "system / Map",
        "The description of how objects are laid out, also called hidden class.",
        "Not a JavaScript Map. See (object shape).",
    ),
    entry(
        Group,
        "system / JSArrayBufferData",
        "The bytes behind an ArrayBuffer, Buffer or typed array.",
        "They are outside V8's heap but counted here. A small view can keep a large buffer: Buffer.from(slice) copies a piece.",
    ),
    entry(
        Group,
        "system / ExternalStringData",
        "The bytes of a string that lives outside V8's heap.",
        "Source texts of scripts are held so in browsers.",
    ),
    entry(
        Group,
        "system / AllocationSite",
        "What V8 has learned about arrays and objects made at one place of the source.",
        "Part of type feedback; it goes with the function's code.",
    ),
    entry(
        Group,
        "system / FeedbackCell",
        "Links a closure to the type feedback that it shares with others from the same source.",
        "Part of type feedback; it goes with the function's code.",
    ),
    entry(
        Group,
        "system / WeakCell",
        "An entry of a WeakRef or FinalizationRegistry.",
        "It does not keep its target alive.",
    ),
    entry(
        Group,
        "system / PromiseReaction",
        "A callback that waits for a promise.",
        "Its retainers lead to the promise, its fields to the function that would run.",
    ),
    entry(
        Group,
        "V8EventListener",
        "The link between a DOM node and the function that handles its events.",
        "It keeps the function, and so everything the function closes over, as long as the node or target lives.",
    ),
    entry(
        Group,
        "Window",
        "The global object of a page or frame.",
        "More than one per open page or frame means a closed one is still referred to.",
    ),
    entry(
        Group,
        "HTMLDocument",
        "A document.",
        "More than one per open page or frame means an old one is still referred to, with its whole tree.",
    ),
    entry(
        Group,
        "InternalNode",
        "A native object of Blink that has no counterpart in JavaScript.",
        "Shown so that ways through native memory are complete.",
    ),
    entry(
        Group,
        "Detached InternalNode",
        "A native object of Blink that belongs to a detached tree.",
        "Its tree is out of the document but still referred to.",
    ),
    entry(
        Group,
        "HiddenClass",
        "Hermes' description of how objects are laid out, as (object shape) is in V8.",
        "Objects that get the same properties in the same order share one. Many of them mean objects used as dictionaries.",
    ),
    entry(
        Group,
        "Environment",
        "Hermes' word for the variables of a scope that closures share; V8 calls it a context.",
        "Every variable that any inner function uses is in it, so a small callback can keep a large variable.",
    ),
    entry(
        Group,
        "system / JSLexicalEnvironment",
        "JavaScriptCore's word for the variables of a scope that closures share; V8 calls it a context.",
        "Every variable that any inner function uses is in it, so a small callback can keep a large variable.",
    ),
    entry(Group, "(String)", "Julia strings.", "The name is the text, which is whole unless it was redacted."),
    entry(Group, "(jl_sym_t)", "Julia symbols.", "They are never freed."),
    entry(
        Group,
        "(jl_svec_t)",
        "Julia's simple vectors: tuples of the runtime.",
        "Parameters of types, lists of methods and bindings.",
    ),
    entry(
        Group,
        "(jl_array_t)",
        "Julia arrays.",
        "The array itself is small; its elements are in the Memory{…} that its field ref.mem leads to.",
    ),
    entry(
        Group,
        "(jl_module_t)",
        "Julia modules.",
        "Global variables of a module hang on its bindings: what they hold is never freed by itself.",
    ),
    entry(Group, "(jl_datatype_t)", "Julia types.", "Types and their methods stay for the life of the process."),
    entry(
        Group,
        "(jl_task_t)",
        "Julia tasks.",
        "A task that has not ended keeps its stack, and with it all its local variables.",
    ),
    entry(
        Group,
        "(undefined)",
        "Nodes of a kind that the file does not name.",
        "Written by other engines or future versions of V8.",
    ),
    entry(
        Group,
        "(synthetic)",
        "Nodes that stand for groups of roots, not for objects.",
        "They have no size of their own.",
    ),
    entry(Kind, "hidden", "An object of the runtime that has no kind of its own.", "Its class is (system)."),
    entry(
        Kind,
        "native",
        "An object outside V8's heap: DOM, C++ objects of Node.js, bytes of buffers.",
        "Its size is what the embedder reports; real memory behind it may be larger.",
    ),
    entry(Kind, "synthetic", "A node that V8 adds to group roots; no object.", "See the roots below."),
    entry(Kind, "code", "Compiled code and what belongs to it.", "See (compiled code)."),
    entry(Kind, "closure", "A function together with the variables around it.", "See Function."),
    entry(Reference, "Property", "A named property of an object.", "As in object.name."),
    entry(Reference, "Element", "A numbered element, as of an array.", "As in array[0]."),
    entry(
        Reference,
        "Variable",
        "A variable in the context of a closure.",
        "The context holds it for every function that was made in the same scope.",
    ),
    entry(
        Reference,
        "Internal reference",
        "A field of the runtime's own that JavaScript code cannot see.",
        "Such as the map of an object, the context of a closure, the table of a Map. It keeps its target alive like any other.",
    ),
    entry(
        Reference,
        "Hidden reference",
        "A reference of the runtime without a name.",
        "It keeps its target alive. Numbers are positions and mean nothing to a program.",
    ),
    entry(
        Reference,
        "Shortcut",
        "A reference that is not in memory but saves steps when reading.",
        "As from a bound function to its parts, or from the root to the global object.",
    ),
    entry(
        Reference,
        "Weak reference",
        "A reference that does not keep its target alive.",
        "Left out of retainers, distances and sizes.",
    ),
    entry(
        Root,
        "(GC roots)",
        "All that the garbage collector starts from, in groups.",
        "Below it are the runtime's own roots. What only these reach has the distance −, as has what is unreachable.",
    ),
    entry(
        Root,
        "(Strong roots)",
        "Objects that V8 itself always keeps.",
        "Built-in constants, prototypes and caches; not where a program leaks.",
    ),
    entry(
        Root,
        "(Handle scope)",
        "References that native code holds at the moment on its stack.",
        "They go when the native call returns. A snapshot taken from within a call shows some.",
    ),
    entry(
        Root,
        "(Global handles)",
        "Persistent references of native code: the embedder's, an addon's, the debugger's.",
        "Objects held only from here are kept by C++ code. In Node.js these are sockets, timers and streams in use, or an addon that forgets to release.",
    ),
    entry(
        Root,
        "(Traced handles)",
        "References from the embedder's objects, such as the DOM, to JavaScript objects.",
        "Kept as long as the object on the other side is.",
    ),
    entry(
        Root,
        "(Stack roots)",
        "Variables of functions that are running right now.",
        "Objects held only from here go when the function ends.",
    ),
    entry(Root, "(Eternal handles)", "References that native code keeps forever.", "Set up once at start."),
    entry(
        Root,
        "(Internalized strings)",
        "The table of unique strings, such as property names.",
        "It does not keep strings alive by itself.",
    ),
    entry(
        Root,
        "(External strings)",
        "The table of strings that live outside V8's heap.",
        "It does not keep strings alive by itself.",
    ),
    entry(Root, "(Builtins)", "Functions that are part of V8.", "Always there."),
    entry(Root, "(Bootstrapper)", "What V8 needs while it sets up a context.", "Always there."),
    entry(
        Root,
        "(Compilation cache)",
        "Compiled code of recent scripts and regular expressions.",
        "It is emptied as it ages.",
    ),
    entry(
        Root,
        "(Debugger)",
        "What the debugger or an open DevTools holds.",
        "Breakpoints, and objects logged to the console or looked at.",
    ),
    entry(
        Root,
        "(Isolate)",
        "What the isolate itself holds.",
        "Such as pending exceptions, microtasks and the list of native contexts.",
    ),
    entry(Root, "(Thread manager)", "Stacks of other threads that use the isolate.", "Rarely anything."),
    entry(Root, "(Micro tasks)", "Callbacks of promises that wait for their turn.", "They run before the next event."),
    entry(
        Root,
        "(Weak roots)",
        "References of the runtime that do not keep their targets alive.",
        "They are counted for nothing.",
    ),
    entry(Root, "(Startup object cache)", "Objects of the start-up snapshot.", "Always there."),
    entry(Root, "(Read-only roots)", "Objects of V8 that never change, shared by all isolates.", "Always there."),
    entry(
        Root,
        "(Document DOM trees)",
        "Documents and the trees of their nodes.",
        "Nodes below it are in a page, not detached.",
    ),
    entry(
        Root,
        "(Detached DOM trees)",
        "Trees of DOM nodes that are in no document.",
        "Something in JavaScript refers to at least one node of each.",
    ),
    entry(
        Root,
        "C++ roots",
        "References that the embedder's C++ objects hold from their stacks and globals.",
        "In Node.js: handles of libuv, environments, async resources.",
    ),
    entry(Root, "C++ cross-thread roots", "References that C++ objects of other threads hold.", "Rarely anything."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_term_is_explained_once_and_shortly() {
        for (at, entry) in ENTRIES.iter().enumerate() {
            let is_double =
                ENTRIES[..at].iter().any(|other| (other.category, other.term) == (entry.category, entry.term));
            assert!(!is_double, "{} is there twice", entry.term);
            assert!(entry.short.chars().count() <= 140, "{}", entry.term);
            assert!(entry.short.ends_with('.') && entry.long.ends_with('.'), "{}", entry.term);
        }
    }

    #[test]
    fn classes_are_found_with_and_without_an_origin() {
        let context = for_class("system / Context").map(|entry| entry.term);
        assert_eq!(context, Some("system / Context"));
        assert_eq!(for_class("system / Context / https://example.org").map(|entry| entry.term), context);
        assert_eq!(for_class("ShoppingCart"), None);
        assert_eq!(for_edge_kind(EdgeKind::WEAK).map(|entry| entry.term), Some("Weak reference"));
        assert_eq!(for_root("(Global handles)").map(|entry| entry.category), Some(Root));
        assert!(for_node_kind("native").is_some());
    }
}
