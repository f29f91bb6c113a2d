//! The uses of every string of a file, as a few bits, and what follows from them: what is replaced, what stays, and what
//! needs a second entry in the table of strings since it has uses of both kinds.

use crate::model::{BitSet, EdgeKind, NodeKind, convert};

/// The uses of a string, and what is known of its text.
pub(super) mod flags {
    pub(crate) const TEXT: u16 = 1;
    pub(crate) const NUMBER: u16 = 1 << 1;
    pub(crate) const REGEXP: u16 = 1 << 2;
    pub(crate) const SYMBOL: u16 = 1 << 3;
    pub(crate) const BIGINT: u16 = 1 << 4;
    /// The name of a node of an unknown kind.
    pub(crate) const UNKNOWN: u16 = 1 << 5;
    /// The name of a property or of an edge of an unknown kind.
    pub(crate) const PROPERTY: u16 = 1 << 6;
    pub(crate) const CLASS: u16 = 1 << 7;
    pub(crate) const FUNCTION: u16 = 1 << 8;
    /// The name of a script, or of a part of its code.
    pub(crate) const CODE: u16 = 1 << 9;
    pub(crate) const SYSTEM: u16 = 1 << 10;
    pub(crate) const VARIABLE: u16 = 1 << 11;
    /// The text looks like a name in a program.
    pub(crate) const IDENTIFIER: u16 = 1 << 12;
    /// The code refers to the text as a constant.
    pub(crate) const IN_CODE: u16 = 1 << 13;
    /// The text stays wherever it occurs: V8 wrote it, or a pattern matches it.
    pub(crate) const KEPT_TEXT: u16 = 1 << 14;
    pub(crate) const SYSTEM_NAME: u16 = 1 << 15;
}
use flags::{
    BIGINT, CLASS, CODE, FUNCTION, IDENTIFIER, IN_CODE, KEPT_TEXT, NUMBER, PROPERTY, REGEXP, SYMBOL, SYSTEM,
    SYSTEM_NAME, TEXT, UNKNOWN, VARIABLE,
};

const SECRET: u16 = TEXT | NUMBER | REGEXP | SYMBOL | BIGINT;
const KEPT: u16 = CLASS | FUNCTION | CODE | SYSTEM | VARIABLE;
/// A node of an unknown kind keeps its name if that is V8's, or if a class has the same name.
const NAMES_OF_UNKNOWN: u16 = SYSTEM_NAME | CLASS;
/// The number of objects with a fast property after which its name is that of a shape.
pub(super) const SHAPE_OBJECTS: u8 = 20;
/// Strings per entry of the directory that finds the second entries.
const DIRECTORY_STEP: usize = 512;

/// A kind of text that is counted in the summary.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Role {
    Text,
    Number,
    RegExp,
    Symbol,
    BigInt,
    Key,
    Unknown,
    Unused,
    Class,
    Function,
    Code,
    Property,
    Variable,
    System,
    /// Texts that V8 writes in place of values, and those that a pattern matches.
    Exempt,
}

impl Role {
    /// The kinds of texts that are replaced.
    pub const REPLACED: [Self; 8] =
        [Self::Text, Self::Key, Self::Number, Self::RegExp, Self::Symbol, Self::BigInt, Self::Unknown, Self::Unused];
    /// The kinds of texts that stay.
    pub const KEPT: [Self; 7] =
        [Self::Class, Self::Function, Self::Code, Self::Property, Self::Variable, Self::System, Self::Exempt];

    /// Returns the name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "strings",
            Self::Number => "numbers",
            Self::RegExp => "regular_expressions",
            Self::Symbol => "symbols",
            Self::BigInt => "bigints",
            Self::Key => "keys",
            Self::Unknown => "unknown_kinds",
            Self::Unused => "unused",
            Self::Class => "classes",
            Self::Function => "functions",
            Self::Code => "code_and_scripts",
            Self::Property => "properties",
            Self::Variable => "variables",
            Self::System => "internal_names",
            Self::Exempt => "exempt",
        }
    }

    /// Returns the name for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Text => "texts of strings",
            Self::Number => "numbers",
            Self::RegExp => "regular expressions",
            Self::Symbol => "descriptions of symbols",
            Self::BigInt => "bigints",
            Self::Key => "keys and other property names",
            Self::Unknown => "names of nodes of unknown kinds",
            Self::Unused => "strings without a use",
            Self::Class => "names of classes",
            Self::Function => "names of functions",
            Self::Code => "names of scripts and code",
            Self::Property => "names of properties",
            Self::Variable => "names of variables",
            Self::System => "internal names",
            Self::Exempt => "constants, and texts that match a pattern",
        }
    }

    fn bit(self) -> u16 {
        match self {
            Self::Text => TEXT,
            Self::Number => NUMBER,
            Self::RegExp => REGEXP,
            Self::Symbol => SYMBOL,
            Self::BigInt => BIGINT,
            Self::Unknown => UNKNOWN,
            Self::Key | Self::Property => PROPERTY,
            Self::Class => CLASS,
            Self::Function => FUNCTION,
            Self::Code => CODE,
            Self::System => SYSTEM,
            Self::Variable => VARIABLE,
            Self::Unused | Self::Exempt => 0,
        }
    }
}

/// Returns the use of a string as the name of a node.
pub(super) fn use_of_node(kind: NodeKind) -> u16 {
    match kind {
        NodeKind::STRING | NodeKind::CONCATENATED_STRING | NodeKind::SLICED_STRING => TEXT,
        NodeKind::NUMBER => NUMBER,
        NodeKind::REGEXP => REGEXP,
        NodeKind::SYMBOL => SYMBOL,
        NodeKind::BIGINT => BIGINT,
        NodeKind::OBJECT | NodeKind::NATIVE => CLASS,
        NodeKind::CLOSURE => FUNCTION,
        NodeKind::CODE => CODE,
        NodeKind::HIDDEN | NodeKind::ARRAY | NodeKind::SYNTHETIC | NodeKind::OBJECT_SHAPE => SYSTEM,
        _ => UNKNOWN,
    }
}

/// Returns the use of a string as the name of an edge.
pub(super) fn use_of_edge(kind: EdgeKind) -> u16 {
    match kind {
        EdgeKind::CONTEXT => VARIABLE,
        EdgeKind::INTERNAL | EdgeKind::SHORTCUT | EdgeKind::WEAK | EdgeKind::INVISIBLE => SYSTEM,
        _ => PROPERTY,
    }
}

/// The uses of all strings, by index.
#[derive(Debug, Default)]
pub(super) struct Uses {
    pub(super) bits: Vec<u16>,
    /// The number of objects that have the string as a fast property, up to [`SHAPE_OBJECTS`].
    pub(super) objects: Vec<u8>,
}

impl Uses {
    pub(super) fn len(&self) -> usize {
        self.bits.len()
    }

    /// Returns whether the string as the name of a property is one of a shape or class rather than a key.
    ///
    /// The text must look like a name, and there must be evidence that the program has it: functions, classes or
    /// variables have it as well, the code refers to it and some object has it as a fast property, or many objects do.
    /// The keys of dictionaries are no evidence.
    pub(super) fn is_property(&self, string: usize) -> bool {
        let (bits, objects) = (self.bits[string], self.objects[string]);
        let is_known = bits & (FUNCTION | CLASS | VARIABLE) != 0
            || (bits & IN_CODE != 0 && objects > 0)
            || objects >= SHAPE_OBJECTS;
        bits & KEPT_TEXT != 0 || (bits & IDENTIFIER != 0 && is_known)
    }

    /// Returns whether some use of the string is kept.
    pub(super) fn is_kept(&self, string: usize) -> bool {
        let bits = self.bits[string];
        bits & (KEPT | KEPT_TEXT) != 0
            || (bits & PROPERTY != 0 && self.is_property(string))
            || (bits & UNKNOWN != 0 && bits & NAMES_OF_UNKNOWN != 0)
    }

    /// Returns whether some use of the string is replaced.
    pub(super) fn is_secret(&self, string: usize) -> bool {
        let bits = self.bits[string];
        bits & KEPT_TEXT == 0
            && (bits & SECRET != 0
                || (bits & PROPERTY != 0 && !self.is_property(string))
                || (bits & UNKNOWN != 0 && bits & NAMES_OF_UNKNOWN == 0)
                || bits & (KEPT | PROPERTY | UNKNOWN) == 0)
    }

    /// Returns whether a use of the string is replaced.
    pub(super) fn is_secret_use(&self, string: usize, used_as: u16) -> bool {
        let bits = self.bits[string];
        bits & KEPT_TEXT == 0
            && match used_as {
                PROPERTY => !self.is_property(string),
                UNKNOWN => bits & NAMES_OF_UNKNOWN == 0,
                _ => used_as & SECRET != 0,
            }
    }

    /// Returns whether the string has the role in the copy.
    pub(super) fn has_role(&self, string: usize, role: Role) -> bool {
        let bits = self.bits[string];
        match role {
            Role::Exempt => bits & KEPT_TEXT != 0,
            _ if bits & KEPT_TEXT != 0 => false,
            Role::Unused => bits & (KEPT | SECRET | PROPERTY | UNKNOWN) == 0,
            Role::Property => bits & PROPERTY != 0 && self.is_property(string),
            Role::Key => bits & PROPERTY != 0 && !self.is_property(string),
            _ => bits & role.bit() != 0,
        }
    }
}

/// The strings with uses of both kinds, and the index of their second entries, which follow all others.
#[derive(Debug)]
pub(super) struct Second {
    strings: BitSet,
    /// The number of such strings before every [`DIRECTORY_STEP`] strings.
    directory: Vec<u32>,
    first: u64,
}

impl Second {
    pub(super) fn new(uses: &Uses) -> Self {
        let mut strings = BitSet::new(uses.len());
        for string in (0..uses.len()).filter(|&string| uses.is_kept(string) && uses.is_secret(string)) {
            strings.insert(string);
        }
        let mut before = 0;
        let directory = strings.words().chunks(DIRECTORY_STEP / 64).map(|words| {
            let here = before;
            before += convert::ordinal(BitSet::count_in(words));
            here
        });
        let directory = directory.collect();
        Self { strings, directory, first: uses.len() as u64 }
    }

    pub(super) fn contains(&self, string: usize) -> bool {
        self.strings.contains(string)
    }

    pub(super) fn count(&self) -> usize {
        self.strings.count()
    }

    /// Returns the index of the second entry of a string, which must have one.
    pub(super) fn index(&self, string: usize) -> u64 {
        let step = string / DIRECTORY_STEP;
        let words = &self.strings.words()[step * (DIRECTORY_STEP / 64)..=string / 64];
        let within = BitSet::count_in(words);
        let after = self.strings.words()[string / 64] >> (string % 64);
        let rank = u64::from(self.directory[step]) + within as u64 - u64::from(after.count_ones());
        self.first + rank
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(bits: &[(u16, u8)]) -> Uses {
        Uses { bits: bits.iter().map(|it| it.0).collect(), objects: bits.iter().map(|it| it.1).collect() }
    }

    #[test]
    fn a_property_name_stays_only_with_evidence_that_the_program_has_it() {
        let cases = [
            (PROPERTY, 255, false),
            (PROPERTY | IDENTIFIER, 1, false),
            (PROPERTY | IDENTIFIER, SHAPE_OBJECTS, true),
            (PROPERTY | IDENTIFIER | IN_CODE, 0, false),
            (PROPERTY | IDENTIFIER | IN_CODE, 1, true),
            (PROPERTY | IN_CODE, 1, false),
            (PROPERTY | IDENTIFIER | FUNCTION, 0, true),
            (PROPERTY | KEPT_TEXT, 0, true),
        ];
        for (bits, objects, is_kept) in cases {
            let uses = uses(&[(bits, objects)]);
            assert_eq!((uses.is_property(0), uses.is_kept(0)), (is_kept, is_kept), "{bits:b} {objects}");
            assert_eq!(uses.is_secret(0), !is_kept);
        }
    }

    #[test]
    fn strings_with_uses_of_both_kinds_get_second_entries_in_order() {
        let both = (TEXT | CLASS, 0);
        let all: Vec<(u16, u8)> = (0..3000).map(|at| if at % 7 == 3 { both } else { (TEXT, 0) }).collect();
        let uses = uses(&all);
        let second = Second::new(&uses);
        let found: Vec<u64> = (0..3000).filter(|&at| second.contains(at)).map(|at| second.index(at)).collect();
        assert_eq!(found, (3000..3000 + second.count() as u64).collect::<Vec<_>>());
        assert_eq!(found.len(), (3000_usize - 3).div_ceil(7));
    }
}
