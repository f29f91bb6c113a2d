//! Glossary entries: kinds of nodes and references, and roots.

use super::{Entry, Kind, Reference, Root, entry};

pub(super) const NODE_KINDS: &[Entry] = &[
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
];

pub(super) const EDGE_KINDS: &[Entry] = &[
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
];

pub(super) const ROOTS: &[Entry] = &[
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
        "Built-in constants, prototypes and caches; not a source of leaks.",
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
        "Native code keeps objects alive that only these handles reference. In Node.js, typical causes are open sockets, timers and streams, or an addon that does not release its references.",
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
        "Objects that only these variables reference are freed when the function returns.",
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
        "They are ignored for retainers, distances and sizes.",
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
