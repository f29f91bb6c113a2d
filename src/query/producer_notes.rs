//! Notes on snapshots of a specific program: its terminology and missing data.

use crate::analysis::Program;
use crate::snapshot::Snapshot;

/// A note for the user.
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
    "This file has no user roots: the root itself references neither a global object nor a document. Distances count from \
     the root of the snapshot instead, and shallow sizes are unchanged from the file. This applies to all files from \
     Chromium 156 and later, of Deno, and of Node.js with exposed internals.",
);
const USER_ROOTS: Note = note(
    "Distances",
    "Distances count references from the objects below the root, such as the global object. − means that only the \
     runtime's own roots reach an object, or that it is unreachable.",
);
const V8_STRINGS: Note =
    note("Texts", "By default V8 writes only the first 1,024 characters of a string. Sizes include the whole string.");
const BUN: [Note; 4] = [
    note(
        "Object ids",
        "JavaScriptCore assigns new object ids in every snapshot, so objects of two snapshots cannot be matched by id. A \
         comparison shows the growth of each class, but not which objects are new.",
    ),
    note(
        "Missing references",
        "JavaScriptCore does not write the contents of Maps, Sets and some other objects. Objects that only these keep alive \
         seem to be unreachable. Look for large Maps and Sets: their own sizes include their tables.",
    ),
    note(
        "Roots",
        "A single group contains everything that the collector starts from, without the reason. The shortest path to it \
         shows what holds an object, but rarely why.",
    ),
    note(
        "Kinds",
        "(object shape) is a Structure of JavaScriptCore, (compiled code) its executables and code blocks, and \
         system / JSLexicalEnvironment contains the variables of closures, like a context in V8. The file does not contain \
         the source positions of objects.",
    ),
];
const HERMES: [Note; 3] = [
    note(
        "Roots",
        "Roots are grouped: (Registers) is the stack of running functions, (GCScopes) handles of native code, \
         (IdentifierTable) and (SymbolRegistry) names, (Builtins) and (Prototypes) the engine's own objects, (Jobs) pending \
         promise callbacks. (WeakRefSlots) keeps nothing alive.",
    ),
    note(
        "Kinds",
        "Hermes uses V8's terms: closure is a JSFunction with its Environment (V8 calls it a context), hidden and object \
         shape are HiddenClass, native is memory outside the heap such as the storage of weak references. Numbers and \
         undefined are single nodes that all objects share.",
    ),
    note(
        "Counts",
        "The header declares 0 nodes and 0 edges, because Hermes writes it before it has counted them. The counts shown here \
         are those of the tables.",
    ),
];
const JULIA: [Note; 4] = [
    note(
        "Kinds",
        "The kind of a node is its Julia type: String, jl_array_t, jl_svec_t (SimpleVector), jl_sym_t (Symbol), \
         jl_module_t, jl_datatype_t, jl_task_t, or the name of the type, such as Base.Dict{…}. Each kind is also a class.",
    ),
    note(
        "Object ids",
        "An id is the address of the object. It is stable while the object lives. After the object is freed, another one may reuse the id.",
    ),
    note("Sizes", "Each object includes 8 bytes for its type tag. A frame of a task's stack is a node of 1 byte."),
    note(
        "Distances",
        "Distances count from the modules, tasks and constants that the root holds. − means that an object is reached only \
         through GC roots or the list of finalizers, or that it is unreachable: Julia does not write all references by which \
         its collector keeps objects, so most of a heap may seem unreachable.",
    ),
];

/// Returns the notes that apply to the snapshot.
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
