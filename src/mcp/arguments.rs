//! The arguments of tools: their declarations, from which the JSON schemas follow, and the values of a call.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use xxhash_rust::xxh3::xxh3_64;

use super::failure::Failure;
use super::text::quoted;

/// The budget of an answer in tokens: the default and the limits.
pub(super) const BUDGET: u64 = 1500;
pub(super) const LEAST_BUDGET: u64 = 300;
pub(super) const MOST_BUDGET: u64 = 20_000;
/// The maximum number of characters of a text, and of values of a list.
const LONGEST_TEXT: usize = 2000;
const LONGEST_LIST: usize = 64;

/// An argument of a tool.
#[derive(Debug)]
pub(super) struct Argument {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) description: &'static str,
}

/// The kind of an argument, with its default.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// An integer in a range. Without a default it may be left out.
    Number {
        least: u64,
        most: u64,
        default: Option<u64>,
    },
    /// An object id, such as `@123`.
    Id {
        is_required: bool,
    },
    Text {
        is_required: bool,
    },
    /// One of these words; the first one is the default.
    Choice(&'static [&'static str]),
    Flag,
    /// A list of integers; may be left out.
    Numbers,
    /// A list of texts; may be left out.
    Texts,
}

/// The number of an open snapshot.
pub(super) const SNAPSHOT: Argument = Argument {
    name: "snapshot",
    kind: Kind::Number { least: 1, most: u32::MAX as u64, default: None },
    description: "Number of an open snapshot, from open. Default: the one opened last",
};

/// The numbers of several open snapshots.
pub(super) const SNAPSHOTS: Argument = Argument {
    name: "snapshots",
    kind: Kind::Numbers,
    description: "Numbers of open snapshots of one process, the oldest first. Default: all open ones",
};

pub(super) const ID: Argument =
    Argument { name: "id", kind: Kind::Id { is_required: true }, description: "Object id such as @123" };

pub(super) const CLASS_PART: Argument = Argument {
    name: "class",
    kind: Kind::Text { is_required: false },
    description: "Only classes whose name contains this",
};

/// The arguments of all tools.
pub(super) const COMMON: [Argument; 2] = [
    Argument {
        name: "max_tokens",
        kind: Kind::Number { least: LEAST_BUDGET, most: MOST_BUDGET, default: Some(BUDGET) },
        description: "Budget of the answer in tokens, never exceeded; the rest follows with cursor",
    },
    Argument {
        name: "cursor",
        kind: Kind::Text { is_required: false },
        description: "Continues an answer: the cursor that it ended with, with the same other arguments",
    },
];

impl Argument {
    pub(super) fn is_required(&self) -> bool {
        matches!(self.kind, Kind::Id { is_required: true } | Kind::Text { is_required: true })
    }

    /// Returns the JSON schema of a value.
    fn schema(&self) -> Value {
        let mut schema = match self.kind {
            Kind::Number { least, most, default } => {
                let mut schema = json!({"type": "integer", "minimum": least, "maximum": most});
                if let Some(default) = default {
                    schema["default"] = json!(default);
                }
                schema
            }
            Kind::Id { .. } => json!({"type": "string", "pattern": "^@?[0-9]+$"}),
            Kind::Text { .. } => json!({"type": "string", "maxLength": LONGEST_TEXT}),
            Kind::Choice(words) => json!({"type": "string", "enum": words, "default": words.first()}),
            Kind::Flag => json!({"type": "boolean", "default": false}),
            Kind::Numbers => {
                json!({"type": "array", "items": {"type": "integer", "minimum": 1}, "maxItems": LONGEST_LIST})
            }
            Kind::Texts => json!({"type": "array", "items": {"type": "string"}, "maxItems": LONGEST_LIST}),
        };
        schema["description"] = json!(self.description);
        schema
    }

    /// Returns the expected value as words.
    pub(super) fn expected(&self) -> String {
        match self.kind {
            Kind::Number { least, most, .. } if most >= u64::from(u32::MAX) => format!("an integer from {least}"),
            Kind::Number { least, most, .. } => format!("an integer from {least} to {most}"),
            Kind::Id { .. } => "an object id such as \"@123\"".to_owned(),
            Kind::Text { .. } => format!("a text of up to {LONGEST_TEXT} characters"),
            Kind::Choice(words) => format!("one of {}", words.join(", ")),
            Kind::Flag => "true or false".to_owned(),
            Kind::Numbers => "a list of integers such as [1, 2]".to_owned(),
            Kind::Texts => "a list of texts such as [\"a.heapsnapshot\"]".to_owned(),
        }
    }

    /// Reads a value. Models often write numbers as text and single values instead of lists.
    fn read(&self, value: &Value) -> Option<Read> {
        let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
        let text =
            |value: &Value| value.as_str().filter(|text| text.chars().count() <= LONGEST_TEXT).map(str::to_owned);
        let list = |value: &Value| match value {
            Value::Array(values) if values.len() <= LONGEST_LIST => Some(values.clone()),
            Value::Array(_) => None,
            one => Some(vec![one.clone()]),
        };
        Some(match self.kind {
            Kind::Number { least, most, .. } => Read::Number(number(value).filter(|at| (least..=most).contains(at))?),
            Kind::Id { .. } => Read::Number(match value {
                Value::String(text) => text.trim().trim_start_matches('@').parse().ok()?,
                other => other.as_u64()?,
            }),
            Kind::Text { .. } => Read::Text(text(value)?),
            Kind::Choice(words) => Read::Text(text(value).filter(|word| words.contains(&word.as_str()))?),
            Kind::Flag => Read::Flag(value.as_bool()?),
            Kind::Numbers => Read::Numbers(list(value)?.iter().map(number).collect::<Option<_>>()?),
            Kind::Texts => Read::Texts(list(value)?.iter().map(text).collect::<Option<_>>()?),
        })
    }
}

/// Returns the JSON schema of the arguments of a tool.
pub(super) fn schema(arguments: &[Argument]) -> Map<String, Value> {
    let all = || arguments.iter().chain(&COMMON);
    let properties: Map<String, Value> = all().map(|argument| (argument.name.to_owned(), argument.schema())).collect();
    let required: Vec<&str> = all().filter(|argument| argument.is_required()).map(|argument| argument.name).collect();
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), Value::Object(properties));
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    schema.insert("additionalProperties".to_owned(), json!(false));
    schema
}

/// A value of a call.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Read {
    Number(u64),
    Text(String),
    Flag(bool),
    Numbers(Vec<u64>),
    Texts(Vec<String>),
}

/// The arguments of a call, checked against their declarations.
#[derive(Clone, Debug)]
pub(super) struct Arguments {
    values: BTreeMap<&'static str, Read>,
    /// The defaults of those that are left out.
    defaults: BTreeMap<&'static str, Read>,
    /// Identifies the call without its budget and cursor.
    fingerprint: u64,
}

impl Arguments {
    /// Checks the arguments of a call.
    ///
    /// # Errors
    /// Returns what was expected for the first wrong, unknown or missing argument.
    pub(super) fn read((tool, arguments): (&str, &[Argument]), given: &Map<String, Value>) -> Result<Self, Failure> {
        let all = || arguments.iter().chain(&COMMON);
        let mut values = BTreeMap::new();
        for (name, value) in given {
            let Some(argument) = all().find(|argument| argument.name == name) else {
                let known: Vec<&str> = all().map(|argument| argument.name).collect();
                let name = quoted(name, 40);
                return Err(Failure::expected(format!("unknown argument {name}; {} has: {}", tool, known.join(", "))));
            };
            if value.is_null() {
                continue;
            }
            let wrong = || Failure::expected(format!("{}: expected {}", argument.name, argument.expected()));
            values.insert(argument.name, argument.read(value).ok_or_else(wrong)?);
        }
        if let Some(missing) = all().find(|argument| argument.is_required() && !values.contains_key(argument.name)) {
            let expected = missing.expected();
            return Err(Failure::expected(format!("{}: missing; expected {expected}", missing.name)));
        }
        let default = |argument: &Argument| match argument.kind {
            Kind::Number { default: Some(default), .. } => Some((argument.name, Read::Number(default))),
            Kind::Choice(words) => Some((argument.name, Read::Text((*words.first()?).to_owned()))),
            _ => None,
        };
        let is_common = |name: &str| COMMON.iter().any(|argument| argument.name == name);
        let own: Vec<_> = values.iter().filter(|(name, _)| !is_common(name)).collect();
        let fingerprint = xxh3_64(format!("{tool} {own:?}").as_bytes());
        Ok(Self { values, defaults: all().filter_map(default).collect(), fingerprint })
    }

    fn get(&self, name: &str) -> Option<&Read> {
        self.values.get(name).or_else(|| self.defaults.get(name))
    }

    pub(super) fn number(&self, name: &str) -> Option<u64> {
        if let Read::Number(number) = self.get(name)? { Some(*number) } else { None }
    }

    /// Returns a number that has a default as a count.
    pub(super) fn count(&self, name: &str) -> usize {
        self.number(name).and_then(|number| usize::try_from(number).ok()).unwrap_or_default()
    }

    pub(super) fn id(&self, name: &str) -> Option<u64> {
        self.number(name)
    }

    /// Returns a text; empty if it is left out.
    pub(super) fn text(&self, name: &str) -> &str {
        if let Some(Read::Text(text)) = self.get(name) { text } else { "" }
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.get(name) == Some(&Read::Flag(true))
    }

    /// Returns a list of numbers; empty if it is left out.
    pub(super) fn numbers(&self, name: &str) -> &[u64] {
        if let Some(Read::Numbers(numbers)) = self.get(name) { numbers } else { &[] }
    }

    /// Returns a list of texts; empty if it is left out.
    pub(super) fn texts(&self, name: &str) -> &[String] {
        if let Some(Read::Texts(texts)) = self.get(name) { texts } else { &[] }
    }

    pub(super) fn budget(&self) -> usize {
        self.count("max_tokens")
    }

    /// Returns the number of the first row, from the cursor.
    ///
    /// # Errors
    /// Returns an error for a cursor of another call.
    pub(super) fn start(&self) -> Result<usize, Failure> {
        let cursor = self.text("cursor");
        let parsed =
            cursor.split_once('-').and_then(|(at, of)| Some((at.parse().ok()?, u64::from_str_radix(of, 16).ok()?)));
        match parsed {
            _ if cursor.is_empty() => Ok(0),
            Some((at, of)) if of == self.tag() => Ok(at),
            _ => Err(Failure::expected(
                "cursor: expected the cursor that the answer to a call with the same other arguments ended with",
            )),
        }
    }

    /// Returns the cursor for a row.
    pub(super) fn cursor(&self, row: usize) -> String {
        format!("{row}-{:x}", self.tag())
    }

    fn tag(&self) -> u64 {
        self.fingerprint & 0xffff_ffff
    }
}
