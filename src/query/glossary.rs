//! Glossary of heap snapshot terms: one sentence for a tooltip, and a longer explanation.
//!
//! One table of texts is clearer than several short files, so this file is long.

use crate::model::EdgeKind;

/// The category of a term.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Category {
    Idea,
    Column,
    /// A class, or a group of objects without one.
    Group,
    NodeKind,
    EdgeKind,
    /// A group of roots.
    Root,
}

/// A glossary entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    pub term: &'static str,
    pub category: Category,
    /// One sentence.
    pub short: &'static str,
    /// The meaning, the reason why it appears, and what to do about it.
    pub long: &'static str,
}

/// Returns all entries, by category.
#[must_use]
pub fn entries() -> &'static [Entry] {
    ENTRIES
}

fn find(category: Category, term: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.category == category && entry.term == term)
}

/// Returns the entry of a class by its name. A name with an origin, such as `system / Context / https://…`, has the
/// entry of the name without it.
#[must_use]
pub fn for_class(name: &str) -> Option<&'static Entry> {
    find(Group, name).or_else(|| {
        let (start, _) = name.strip_prefix("system / ")?.split_once(" / ")?;
        find(Group, &format!("system / {start}"))
    })
}

/// Returns the entry of a kind of reference.
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

/// Returns the entry of a kind of node by its name in the file.
#[must_use]
pub fn for_node_kind(name: &str) -> Option<&'static Entry> {
    find(Kind, name)
}

/// Returns the entry of a group of roots by its name.
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
        "Memory that keeps growing because objects that are no longer needed are still referenced.",
        "JavaScript frees unreachable objects automatically, so a leak is a forgotten reference: a list that is never emptied, a listener that is never removed, a cache without a limit. Compare two snapshots to see what grew, select one of the new objects, and follow its retainers up to the first one that should have released it.",
    ),
    entry(
        Idea,
        "Garbage collection",
        "The runtime frees objects that cannot be reached from a root.",
        "V8 follows references from the roots and frees everything it does not reach. It takes a snapshot right after a full collection, so nearly every object in a snapshot is held by something. The question is by what, and whether that is intended.",
    ),
    entry(
        Idea,
        "Dominator",
        "An object that is on every path from the roots to another object.",
        "If a dominator is freed, everything it dominates is freed with it. Each object has one immediate dominator, which makes a tree: the Dominators view. An object that two independent holders share is dominated by neither of them, but by an object that dominates both.",
    ),
    entry(
        Idea,
        "Retainer",
        "An object that holds a reference to another one.",
        "An object stays in memory as long as one of its retainers is reachable. The Retainers pane lists those of the selected object, the nearest to a root first. Following the first retainer at each level gives the shortest path to a root.",
    ),
    entry(
        Idea,
        "Retaining path",
        "A chain of references from a root to an object: the reason why it is in memory.",
        "If there is only one path, removing one of its references frees the object. If there are several, each of them must be cut. The Paths pane shows the shortest distinct paths, and for many objects all paths merged into one tree.",
    ),
    entry(
        Idea,
        "Detached",
        "A DOM node that was removed from its document but is still referenced.",
        "A detached node keeps its whole detached tree alive, and often listeners and closures as well. Typical holders are variables, caches of elements, closures of event handlers and framework state. Filter the Summary by “Held only by detached DOM nodes” to see what would be freed.",
    ),
    entry(
        Idea,
        "Ephemeron",
        "An entry of a WeakMap: its value lives only as long as both its key and the map.",
        "V8 writes such an entry as two references with a long name, one from the key and one from the map's table. Neither of them alone keeps the value alive. The value counts toward the retained size of the key, since the lifetime of the key usually decides.",
    ),
    entry(
        Idea,
        "Native context",
        "A realm: one global object with its own built-ins, such as a window, a frame or a vm context.",
        "Every object is created in a realm. A realm that outlives its page or sandbox is a common and large leak; the Contexts view shows which objects belong to each realm. Objects that several realms can reach are shared.",
    ),
    entry(
        Idea,
        "User root",
        "An object that the program can reach directly, such as the global object of a window or a document.",
        "Distances count from user roots. Chromium 156 and later, Deno, and Node.js with exposed internals do not write user roots; distances then count from the root of the snapshot, and shallow sizes are unchanged from the file.",
    ),
    entry(
        Idea,
        "Ignored retainer",
        "A retainer that is treated as if it held nothing, to find out what else keeps an object alive.",
        "Ignore an expected holder, such as the cache that is supposed to hold its entries: distances and paths are computed again without it. The remaining paths would keep the object alive even if the holder released it. The chips above the retainers list the ignored objects and restore them.",
    ),
    entry(
        Idea,
        "Duplicate string",
        "A text that is in memory more than once.",
        "V8 shares strings from source code, but every string that is parsed, concatenated or received is a separate copy. Interning such strings in a Map, or storing numbers instead, can save a lot of memory.",
    ),
    entry(
        Idea,
        "Dead variable",
        "A variable that no live function can read, kept because another function shares its context.",
        "All functions created in one call share one context, which holds every variable that any of them uses. As long as one of the functions lives, all of these variables stay alive, even those that only an already freed function used. Set such a variable to null after its last use, or move the long-lived function out of the scope. Dead variables can be found only if the file says which scope uses which variable, as in Chromium 156 and later.",
    ),
    entry(
        Idea,
        "Internals",
        "Objects of the runtime that JavaScript code cannot see.",
        "Maps, feedback, scope infos, compiled code and the like. They matter when they grow: functions created in a loop add closures and contexts; eval and new Function add code.",
    ),
    entry(
        Column,
        "Shallow size",
        "The size of the object itself, without the objects it references.",
        "As in Chrome DevTools, this includes the arrays of elements and properties and the hidden parts that belong to this object alone. Large shallow sizes are typical of strings, arrays and typed arrays. Most other objects are small themselves but can retain a lot.",
    ),
    entry(
        Column,
        "Retained size",
        "The bytes that would be freed if the object were freed, including everything that only it keeps alive.",
        "The sum of the shallow sizes of all objects that the object dominates. For a class, the bytes that would be freed if all of its objects were freed together. Retained sizes of different objects overlap, so do not add them up.",
    ),
    entry(
        Column,
        "Distance",
        "The number of references on the shortest path from a user root.",
        "If an object has a much larger distance than others of its class, or if distances grow from snapshot to snapshot, a list or chain may be growing. A dash means that no user root reaches the object.",
    ),
    entry(
        Column,
        "Distance −",
        "No user root reaches the object: only the runtime's own roots do, or nothing does.",
        "The runtime's roots hold objects through handles of native code, the compilation cache, the stack and the like; the tooltip shows the number of references from them. An object without any distance is unreachable, or it is reached only through references of the runtime that distances ignore, such as those from tables of property descriptors. Search for distance=system or is:unreachable to find either kind.",
    ),
    entry(
        Column,
        "Unreachable",
        "No path of references leads from a root to the object.",
        "It is garbage that was not collected yet, or the program that wrote the snapshot left out the references that hold it: JavaScriptCore does not write the contents of Maps and Sets, and Julia does not write everything that its collector marks. V8 collects garbage first, so its snapshots have almost none. Statistics shows how many bytes are unreachable; the filter of the Summary shows which objects.",
    ),
    entry(
        Column,
        "# New",
        "Objects that are in the current snapshot but not in the base.",
        "Objects are matched by id, which V8 never reuses within a process. A class with many new and few deleted objects after a repeated action is a likely leak.",
    ),
    entry(
        Column,
        "# Deleted",
        "Objects that are in the base but not in the current snapshot.",
        "If about as many objects are freed as allocated, the class is busy but does not leak.",
    ),
    entry(
        Column,
        "# Delta",
        "New minus deleted objects.",
        "Repeat the suspected action a distinctive number of times, such as 7. A delta that is a multiple of 7 is then no coincidence.",
    ),
    entry(
        Column,
        "Size delta",
        "Allocated minus freed bytes, as shallow sizes.",
        "The growth of the objects of this class themselves. The last columns show the growth of what they retain.",
    ),
    entry(
        Column,
        "Constructor",
        "The function that created an object, or a group of objects without one.",
        "Object literals have no constructor of their own and are grouped by their properties, such as {id, name}. Names in parentheses are groups of internal objects and primitives, such as (string).",
    ),
    entry(
        Column,
        "Wasted",
        "The bytes that would be saved if equal strings were one.",
        "The retained size of all copies except the one with the largest. Memory shared by several copies is not included, since it would stay.",
    ),
    entry(
        Group,
        "(array)",
        "Internal arrays: elements of arrays, properties of objects, tables of maps.",
        "These are not JavaScript arrays, which are listed under Array, but the arrays that store their elements, and the tables inside Map, Set and objects with many properties. A large one belongs to a large collection: look at its retainers.",
    ),
    entry(
        Group,
        "(string)",
        "Flat strings: the whole text is stored in one block of memory.",
        "The Strings view finds texts that occur many times. Sort by size to find huge strings: responses, templates, source texts, base64 data.",
    ),
    entry(
        Group,
        "(concatenated string)",
        "The result of concatenating strings, stored as references to the two parts until it is first read.",
        "V8 joins the parts when the text is first read. If such a string is built in a loop, it keeps every part and every intermediate result alive. Reading it, or building it with array.join, makes it one flat string.",
    ),
    entry(
        Group,
        "(sliced string)",
        "A part of another string, which it keeps alive as a whole.",
        "substring, slice and match on long texts return a view of the original: 20 characters can keep megabytes alive. If the part is long-lived, copy it, for example by concatenating it with another string and reading the result.",
    ),
    entry(
        Group,
        "(number)",
        "Numbers stored as objects: fractions and large integers outside typed arrays.",
        "Small integers are stored in the reference itself. Many of these objects suggest fields that alternate between integers and fractions.",
    ),
    entry(Group, "(bigint)", "BigInt values.", "Each is an object; its size depends on the number of digits."),
    entry(Group, "(symbol)", "Symbols.", "They are small; well-known and registered symbols are shared."),
    entry(
        Group,
        "(regexp)",
        "Regular expressions with their compiled code.",
        "Each evaluation of a literal or of new RegExp creates an object; those of one literal share their code.",
    ),
    entry(
        Group,
        "RegExp",
        "Regular expressions with their compiled code.",
        "Each evaluation of a literal or of new RegExp creates an object; those of one literal share their code.",
    ),
    entry(
        Group,
        "(compiled code)",
        "Machine code, bytecode and the compiler's feedback about functions.",
        "Its size grows with the amount of source code that has run. If it never stops growing, code is created at run time: eval, new Function, templates compiled for every request, or modules that are loaded again and again.",
    ),
    entry(
        Group,
        "(system)",
        "Internal objects without a group of their own.",
        "Mostly metadata about scripts, functions and objects. It grows with the amount of code and with the number of different object layouts.",
    ),
    entry(
        Group,
        "(object shape)",
        "Descriptions of object layouts; V8 calls them maps or hidden classes.",
        "Objects that get the same properties in the same order share one shape. Many shapes are a sign of objects used as dictionaries, or of properties added in varying order: use a Map.",
    ),
    entry(
        Group,
        "(object elements)",
        "Arrays that store the numbered elements of objects and arrays.",
        "Each belongs to the array or object that retains it.",
    ),
    entry(
        Group,
        "(object properties)",
        "Tables that store the named properties of objects with many properties.",
        "Each object that is used as a dictionary has one.",
    ),
    entry(
        Group,
        "Function",
        "Closures: functions together with the variables of the scopes around them.",
        "Each evaluation of a function expression creates a closure. It holds its context: all variables of the surrounding scopes that any inner function uses, even if this one does not. Many closures from the same place in the source are listeners, timers or promise callbacks that pile up.",
    ),
    entry(Group, "(closure)", "Functions together with the variables of the scopes around them.", "See Function."),
    entry(
        Group,
        "Object",
        "Objects from literals and new Object that have no distinctive set of properties.",
        "Expand the class and look at the property names. Many objects with the same properties get a class of their own, such as {id, name}.",
    ),
    entry(
        Group,
        "Array",
        "JavaScript arrays.",
        "The array object is small; its elements are in an internal array that counts toward it. Sort the objects by retained size: one that keeps growing is a queue or a log that is never emptied.",
    ),
    entry(
        Group,
        "Map",
        "JavaScript Map objects.",
        "The entries are in an internal table. A Map used as a cache without a limit is the most common leak of all.",
    ),
    entry(Group, "Set", "JavaScript Set objects.", "The entries are in an internal table."),
    entry(
        Group,
        "WeakMap",
        "Maps whose entries do not keep their keys alive.",
        "A value lives as long as its key. If the keys are never freed, find out what holds them.",
    ),
    entry(
        Group,
        "WeakRef",
        "A reference that does not keep its target alive.",
        "The target is in the snapshot only because something else holds it; it can be freed at any time.",
    ),
    entry(
        Group,
        "FinalizationRegistry",
        "Calls a function after a registered object is freed.",
        "The held value is kept until then, so it must not reference the object itself.",
    ),
    entry(
        Group,
        "Promise",
        "Promises, with their callbacks until they are settled.",
        "A promise that is never settled keeps its callbacks and everything they close over. Many pending promises are a sign of a request, lock or event that never completes.",
    ),
    entry(
        Group,
        "Generator",
        "Suspended generator and async functions, with their local variables.",
        "An async function that waits forever keeps all its variables alive. Its retainers show what it is waiting for.",
    ),
    entry(
        Group,
        "Timeout",
        "A timer of Node.js.",
        "A running interval keeps its callback and everything it closes over until it is cleared.",
    ),
    entry(
        Group,
        "EventEmitter",
        "Objects that call listeners.",
        "Listeners are kept in _events. A long-lived emitter, such as process or a shared connection, keeps everything alive that its listeners close over. Remove listeners when their owner is disposed of.",
    ),
    entry(
        Group,
        "system / Context",
        "The variables of a scope that closures share.",
        "All functions created in one call share one context, which holds every variable that any of them uses. A small callback can therefore keep a large variable alive that only another function needed.",
    ),
    entry(
        Group,
        "system / NativeContext",
        "A realm: one global object with its built-ins.",
        "If there are more realms than windows, frames and vm contexts in use, some of them leak, each with its whole object graph.",
    ),
    entry(
        Group,
        "system / Map",
        "The description of an object layout, also called a hidden class.",
        "This is not a JavaScript Map. See (object shape).",
    ),
    entry(
        Group,
        "system / JSArrayBufferData",
        "The bytes of an ArrayBuffer, Buffer or typed array.",
        "They are stored outside V8's heap but counted here. A small view can keep a large buffer alive: Buffer.from(slice) copies the part.",
    ),
    entry(
        Group,
        "system / ExternalStringData",
        "The bytes of a string that is stored outside V8's heap.",
        "Browsers store the source texts of scripts this way.",
    ),
    entry(
        Group,
        "system / AllocationSite",
        "Feedback about the arrays and objects created at one place in the source.",
        "A part of type feedback; it is freed with the function's code.",
    ),
    entry(
        Group,
        "system / FeedbackCell",
        "Links a closure to the type feedback that it shares with other closures of the same source.",
        "A part of type feedback; it is freed with the function's code.",
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
        "Its retainers lead to the promise; its fields lead to the function that will run.",
    ),
    entry(
        Group,
        "V8EventListener",
        "The link between a DOM node and the function that handles its events.",
        "It keeps the function, and everything the function closes over, as long as the event target lives.",
    ),
    entry(
        Group,
        "Window",
        "The global object of a page or frame.",
        "If there are more of them than open pages and frames, a closed one is still referenced.",
    ),
    entry(
        Group,
        "HTMLDocument",
        "A document.",
        "If there are more of them than open pages and frames, an old document is still referenced, with its whole tree.",
    ),
    entry(
        Group,
        "InternalNode",
        "A native object of Blink without a JavaScript counterpart.",
        "Shown so that paths through native memory are complete.",
    ),
    entry(
        Group,
        "Detached InternalNode",
        "A native object of Blink that belongs to a detached tree.",
        "Its tree was removed from the document but is still referenced.",
    ),
    entry(
        Group,
        "HiddenClass",
        "Hermes' description of an object layout, like (object shape) in V8.",
        "Objects that get the same properties in the same order share one. Many of them are a sign of objects used as dictionaries.",
    ),
    entry(
        Group,
        "Environment",
        "Hermes' name for the variables of a scope that closures share; V8 calls it a context.",
        "It holds every variable that any inner function uses, so a small callback can keep a large variable alive.",
    ),
    entry(
        Group,
        "system / JSLexicalEnvironment",
        "JavaScriptCore's name for the variables of a scope that closures share; V8 calls it a context.",
        "It holds every variable that any inner function uses, so a small callback can keep a large variable alive.",
    ),
    entry(Group, "(String)", "Julia strings.", "The name is the complete text, unless it was redacted."),
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
        "The array object is small; its elements are in a Memory{…} object, which its field ref.mem references.",
    ),
    entry(
        Group,
        "(jl_module_t)",
        "Julia modules.",
        "The bindings of a module hold its global variables, which are never freed automatically.",
    ),
    entry(Group, "(jl_datatype_t)", "Julia types.", "Types and their methods live as long as the process."),
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
        "Written by other engines or newer versions of V8.",
    ),
    entry(Group, "(synthetic)", "Nodes that group roots and are not objects.", "They have no size of their own."),
    entry(Kind, "hidden", "An internal object without a more specific kind.", "Its class is (system)."),
    entry(
        Kind,
        "native",
        "An object outside V8's heap: DOM, C++ objects of Node.js, bytes of buffers.",
        "Its size is the one that the embedder reports; the actual memory use may be larger.",
    ),
    entry(Kind, "synthetic", "A node that V8 adds to group roots; not an object.", "See the groups of roots below."),
    entry(Kind, "code", "Compiled code and its metadata.", "See (compiled code)."),
    entry(Kind, "closure", "A function together with the variables of the scopes around it.", "See Function."),
    entry(Reference, "Property", "A named property of an object.", "For example object.name."),
    entry(Reference, "Element", "A numbered element, as in an array.", "For example array[0]."),
    entry(
        Reference,
        "Variable",
        "A variable in the context of a closure.",
        "The context holds it for all functions created in the same scope.",
    ),
    entry(
        Reference,
        "Internal reference",
        "A field of the runtime that JavaScript code cannot see.",
        "For example the map of an object, the context of a closure or the table of a Map. It keeps its target alive like any other reference.",
    ),
    entry(
        Reference,
        "Hidden reference",
        "A reference of the runtime without a name.",
        "It keeps its target alive. The number is a position without a meaning in JavaScript.",
    ),
    entry(
        Reference,
        "Shortcut",
        "A reference that V8 adds for convenience and that does not exist in memory.",
        "For example from a bound function to its parts, or from the root to the global object.",
    ),
    entry(
        Reference,
        "Weak reference",
        "A reference that does not keep its target alive.",
        "Weak references are ignored for retainers, distances and sizes.",
    ),
    entry(
        Root,
        "(GC roots)",
        "Everything that the garbage collector starts from, in groups.",
        "It contains the runtime's own roots. Objects that only these reach have the distance −, as do unreachable objects.",
    ),
    entry(
        Root,
        "(Strong roots)",
        "Objects that V8 itself always keeps.",
        "Built-in constants, prototypes and caches; programs do not leak here.",
    ),
    entry(
        Root,
        "(Handle scope)",
        "References that native code holds on its stack at the moment.",
        "They are released when the native call returns. A snapshot taken within a call contains some.",
    ),
    entry(
        Root,
        "(Global handles)",
        "Persistent references of native code: the embedder, an addon or the debugger.",
        "C++ code keeps objects that are held only from here. In Node.js these are open sockets, timers and streams, or an addon that does not release its references.",
    ),
    entry(
        Root,
        "(Traced handles)",
        "References from the embedder's objects, such as the DOM, to JavaScript objects.",
        "They last as long as the embedder's object.",
    ),
    entry(
        Root,
        "(Stack roots)",
        "Variables of functions that are running right now.",
        "Objects held only from here are freed when the function returns.",
    ),
    entry(Root, "(Eternal handles)", "References that native code keeps forever.", "Created once at startup."),
    entry(
        Root,
        "(Internalized strings)",
        "The table of unique strings, such as property names.",
        "It does not keep strings alive by itself.",
    ),
    entry(
        Root,
        "(External strings)",
        "The table of strings that are stored outside V8's heap.",
        "It does not keep strings alive by itself.",
    ),
    entry(Root, "(Builtins)", "Functions that are part of V8.", "Always present."),
    entry(Root, "(Bootstrapper)", "Objects that V8 needs while it sets up a context.", "Always present."),
    entry(
        Root,
        "(Compilation cache)",
        "Compiled code of recent scripts and regular expressions.",
        "Entries are removed as they age.",
    ),
    entry(
        Root,
        "(Debugger)",
        "Objects held by the debugger or an open DevTools window.",
        "For example breakpoints, and objects that were logged to the console or inspected.",
    ),
    entry(
        Root,
        "(Isolate)",
        "Objects held by the isolate itself.",
        "For example pending exceptions, microtasks and the list of native contexts.",
    ),
    entry(Root, "(Thread manager)", "Stacks of other threads that use the isolate.", "Usually empty."),
    entry(Root, "(Micro tasks)", "Callbacks of promises that are waiting to run.", "They run before the next event."),
    entry(
        Root,
        "(Weak roots)",
        "References of the runtime that do not keep their targets alive.",
        "They do not count for anything.",
    ),
    entry(Root, "(Startup object cache)", "Objects of the startup snapshot.", "Always present."),
    entry(Root, "(Read-only roots)", "Immutable objects of V8, shared by all isolates.", "Always present."),
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
        "JavaScript references at least one node of each.",
    ),
    entry(
        Root,
        "C++ roots",
        "References that the embedder's C++ objects hold from their stacks and globals.",
        "In Node.js: handles of libuv, environments, async resources.",
    ),
    entry(Root, "C++ cross-thread roots", "References held by C++ objects of other threads.", "Usually empty."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_term_has_one_entry_with_a_short_sentence() {
        for (at, entry) in ENTRIES.iter().enumerate() {
            let is_double =
                ENTRIES[..at].iter().any(|other| (other.category, other.term) == (entry.category, entry.term));
            assert!(!is_double, "{} has two entries", entry.term);
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
