//! What to know when one reads a snapshot of a certain program: what its words mean, and what it does not have.

use crate::analysis::Program;
use crate::snapshot::Snapshot;

/// A remark for people.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Note {
    pub title: &'static str,
    pub text: &'static str,
}

const fn note(title: &'static str, text: &'static str) -> Note {
    Note { title, text }
}

const NO_USER_ROOTS: Note = note(
    "Distances",
    "This file has no user roots: neither a global object nor a document hangs on the root itself. Distances count from \
     the snapshot's root instead, and shallow sizes are as the file has them. The same holds for every file of Chromium \
     since 156, of Deno, and of Node.js with exposed internals.",
);
const USER_ROOTS: Note = note(
    "Distances",
    "They count references from what hangs on the root itself, such as the global object. − means that only the \
     runtime's own roots reach an object, or that it is unreachable.",
);
const V8_STRINGS: Note = note(
    "Texts",
    "V8 writes the first 1,024 characters of a string, unless the program was told otherwise. Sizes count the whole.",
);
const BUN: [Note; 4] = [
    note(
        "Object ids",
        "JavaScriptCore numbers objects anew in every snapshot, so objects of two snapshots cannot be told apart by their \
         ids. A comparison shows how much more or less of each class there is; which objects are new it cannot say.",
    ),
    note(
        "Missing references",
        "JavaScriptCore does not write what Maps, Sets and some other objects hold. What only they keep alive seems to be held \
         by nothing, though it lives. Look at the Maps and Sets that are large themselves: their own sizes count their tables.",
    ),
    note(
        "Roots",
        "One group holds all that the collector starts from, without saying why. The shortest path to it tells who holds \
         an object, rarely what for.",
    ),
    note(
        "Kinds",
        "(object shape) is what JavaScriptCore calls a Structure, (compiled code) its executables and code blocks, and \
         system / JSLexicalEnvironment has the variables of closures, as a context of V8. Nothing says where in the source \
         an object was made.",
    ),
];
const HERMES: [Note; 3] = [
    note(
        "Roots",
        "They are in groups: (Registers) is the stack of running functions, (GCScopes) handles of native code, \
         (IdentifierTable) and (SymbolRegistry) names, (Builtins) and (Prototypes) the engine's own, (Jobs) pending \
         promise callbacks, (WeakRefSlots) holds nothing alive.",
    ),
    note(
        "Kinds",
        "Hermes uses V8's words: closure is a JSFunction with its Environment (what V8 calls a context), hidden and object \
         shape are HiddenClass, native is memory outside the heap such as the storage of weak references, numbers and \
         undefined are nodes that all share.",
    ),
    note(
        "Counts",
        "The header says 0 nodes and 0 edges: Hermes writes while it counts. The tables themselves are what is shown here.",
    ),
];
const JULIA: [Note; 4] = [
    note(
        "Kinds",
        "A node's kind is its Julia type: String, jl_array_t, jl_svec_t (SimpleVector), jl_sym_t (Symbol), jl_module_t, \
         jl_datatype_t, jl_task_t, or the type's own name as Base.Dict{…}. Each kind is a class of its own here.",
    ),
    note(
        "Object ids",
        "An id is the object's address. It stays while the object lives, but another object may get it afterwards.",
    ),
    note("Sizes", "Each object counts 8 bytes for its type tag. A frame of a task's stack is a node of 1 byte."),
    note(
        "Distances",
        "They count from the modules, tasks and constants that the root holds. − means that an object is reached through \
         GC roots or the list of finalizers only, or that it is unreachable: Julia does not write all references by which its \
         collector keeps objects, so most of a heap may be.",
    ),
];

/// The remarks that fit the snapshot.
#[must_use]
pub fn producer_notes(snapshot: &Snapshot) -> Vec<Note> {
    let producer = snapshot.producer();
    let distances = if producer.has_user_roots { USER_ROOTS } else { NO_USER_ROOTS };
    match producer.program {
        Program::Bun | Program::JavaScriptCore => BUN.into_iter().chain([distances]).collect(),
        Program::Hermes => HERMES.into_iter().chain([distances]).collect(),
        Program::Julia => JULIA.to_vec(),
        Program::Unknown => vec![distances],
        _ => vec![distances, V8_STRINGS],
    }
}
