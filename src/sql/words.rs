//! Words of a query: for colors, for completion, and to see where a statement ends.
//!
//! SQLite itself parses queries. This only needs to be right about most of them.

use std::ops::Range;

use super::schema::{FUNCTIONS, TableInfo, tables};

/// The kind of a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum WordKind {
    Keyword,
    Table,
    Column,
    Function,
    Number,
    Text,
    Comment,
    /// A name of the query itself.
    Name,
    /// Operators and parentheses.
    Sign,
}

/// A word with its position in bytes. White space is between words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Word {
    pub(crate) range: Range<usize>,
    pub(crate) kind: WordKind,
}

/// SQL's words, in the order in which completion proposes them.
const KEYWORDS: [&str; 58] = [
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP",
    "BY",
    "ORDER",
    "LIMIT",
    "AS",
    "JOIN",
    "ON",
    "USING",
    "AND",
    "OR",
    "NOT",
    "IN",
    "LIKE",
    "IS",
    "NULL",
    "DESC",
    "ASC",
    "HAVING",
    "WITH",
    "RECURSIVE",
    "UNION",
    "ALL",
    "DISTINCT",
    "BETWEEN",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "LEFT",
    "EXISTS",
    "OFFSET",
    "VALUES",
    "CAST",
    "REGEXP",
    "GLOB",
    "INNER",
    "OUTER",
    "CROSS",
    "NATURAL",
    "EXCEPT",
    "INTERSECT",
    "COLLATE",
    "NOCASE",
    "OVER",
    "PARTITION",
    "FILTER",
    "ROWS",
    "RANGE",
    "EXPLAIN",
    "QUERY",
    "PLAN",
    "INTEGER",
    "TEXT",
    "MATERIALIZED",
];

/// Functions of SQLite that are often used.
const COMMON_FUNCTIONS: [&str; 24] = [
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "total",
    "group_concat",
    "length",
    "substr",
    "instr",
    "lower",
    "upper",
    "replace",
    "coalesce",
    "ifnull",
    "iif",
    "round",
    "abs",
    "printf",
    "hex",
    "trim",
    "json_extract",
    "row_number",
    "rank",
];

fn is_keyword(word: &str) -> bool {
    KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(word))
}

/// Returns the names of the functions of [`FUNCTIONS`].
fn own_functions() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().filter_map(|(form, _)| form.split('(').next())
}

/// Splits a query into its words.
pub(crate) fn words(query: &str) -> Vec<Word> {
    let tables = tables();
    raw_words(query)
        .map(|Word { range, kind }| {
            let kind = if kind == WordKind::Name { kind_of(query, &range, &tables) } else { kind };
            Word { range, kind }
        })
        .collect()
}

fn kind_of(query: &str, range: &Range<usize>, tables: &[TableInfo]) -> WordKind {
    let word = &query[range.clone()];
    let is_call = query[range.end..].trim_start().starts_with('(');
    let is_function = |name: &str| name.eq_ignore_ascii_case(word);
    if is_call && (own_functions().any(is_function) || COMMON_FUNCTIONS.iter().any(|name| is_function(name))) {
        WordKind::Function
    } else if query[..range.start].ends_with('.') {
        WordKind::Column
    } else if is_keyword(word) {
        WordKind::Keyword
    } else if tables.iter().any(|table| table.name.eq_ignore_ascii_case(word)) {
        WordKind::Table
    } else if tables.iter().flat_map(|table| &table.columns).any(|column| column.name.eq_ignore_ascii_case(word)) {
        WordKind::Column
    } else {
        WordKind::Name
    }
}

/// Splits a query into words, of which all names have the kind [`WordKind::Name`].
fn raw_words(query: &str) -> impl Iterator<Item = Word> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        at += query[at..].len() - query[at..].trim_start().len();
        let rest = &query[at..];
        let first = rest.chars().next()?;
        let end_of = |is_part: fn(char) -> bool| rest.find(|of: char| !is_part(of)).unwrap_or(rest.len());
        let (kind, length) = match first {
            '-' if rest.starts_with("--") => (WordKind::Comment, rest.find('\n').unwrap_or(rest.len())),
            '/' if rest.starts_with("/*") => (WordKind::Comment, rest.find("*/").map_or(rest.len(), |end| end + 2)),
            '\'' => (WordKind::Text, quoted(rest, '\'')),
            '"' | '`' => (WordKind::Column, quoted(rest, first)),
            '[' => (WordKind::Column, rest.find(']').map_or(rest.len(), |end| end + 1)),
            digit if digit.is_ascii_digit() => (WordKind::Number, end_of(|of| of.is_ascii_alphanumeric() || of == '.')),
            letter if letter.is_alphabetic() || letter == '_' => (WordKind::Name, end_of(is_name_part)),
            other => (WordKind::Sign, other.len_utf8()),
        };
        let range = at..at + length;
        at = range.end;
        Some(Word { range, kind })
    })
}

fn is_name_part(of: char) -> bool {
    of.is_alphanumeric() || of == '_' || of == '$'
}

/// Returns the length of a quoted text with its quotes, which are doubled within it.
fn quoted(text: &str, quote: char) -> usize {
    let mut inner = text.char_indices().skip(1).peekable();
    while let Some((at, of)) = inner.next() {
        if of == quote {
            if inner.peek().is_some_and(|&(_, next)| next == quote) {
                inner.next();
            } else {
                return at + 1;
            }
        }
    }
    text.len()
}

/// Returns true if a text ends with a semicolon that ends a statement.
pub(crate) fn is_complete(query: &str) -> bool {
    let last = raw_words(query).filter(|word| word.kind != WordKind::Comment).last();
    last.is_some_and(|word| &query[word.range] == ";")
}

/// A proposal for the word at the cursor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Completion {
    pub(crate) text: String,
    pub(crate) kind: WordKind,
    /// The meaning, or the table of a column.
    pub(crate) about: String,
}

/// Returns the start of the word before the cursor, and what can complete it, the best first.
pub(crate) fn completions(query: &str, cursor: usize) -> (usize, Vec<Completion>) {
    let before = query.get(..cursor).unwrap_or(query);
    let all: Vec<Word> = raw_words(before).collect();
    let is_inside = |word: &Word| word.range.end == before.len();
    let last = all.last().filter(|word| is_inside(word));
    if last.is_some_and(|word| matches!(word.kind, WordKind::Text | WordKind::Comment | WordKind::Number)) {
        return (before.len(), Vec::new());
    }
    let start = last.filter(|word| word.kind == WordKind::Name).map_or(before.len(), |word| word.range.start);
    let tables = tables();
    let wanted = before[start..].to_lowercase();
    let mut found: Vec<Completion> = Vec::new();
    for (text, kind, about) in proposals(query, &before[..start], &tables, wanted.is_empty()) {
        if text.to_lowercase().starts_with(&wanted) && found.iter().all(|known| known.text != text) {
            found.push(Completion { text: text.to_owned(), kind, about: about.to_owned() });
        }
    }
    (start, found)
}

type Proposal = (&'static str, WordKind, &'static str);

/// Returns everything that may come after a part of a query. Without any letter of it, only what is special about the
/// tables of the query is proposed.
fn proposals(query: &str, before: &str, tables: &[TableInfo], is_empty: bool) -> Vec<Proposal> {
    let columns = |table: &TableInfo| -> Vec<Proposal> {
        table.columns.iter().map(|column| (column.name, WordKind::Column, column.about)).collect()
    };
    let all_tables = || tables.iter().map(|table| (table.name, WordKind::Table, table.about));
    if let Some(qualifier) = before.strip_suffix('.') {
        let name = qualifier.rsplit(|of: char| !is_name_part(of)).next().unwrap_or_default();
        let is_meant = |table: &&TableInfo| names(query, table.name).iter().any(|of| of.eq_ignore_ascii_case(name));
        return tables.iter().filter(is_meant).flat_map(columns).collect();
    }
    let previous = raw_words(before).last().map(|word| before[word.range].to_uppercase());
    if previous.is_some_and(|word| matches!(word.as_str(), "FROM" | "JOIN")) {
        return all_tables().collect();
    }
    let used: Vec<&TableInfo> = tables.iter().filter(|table| !names(query, table.name).is_empty()).collect();
    let mut all: Vec<Proposal> = used.iter().flat_map(|table| columns(table)).collect();
    if !is_empty {
        let own = |(form, about): &(&'static str, &'static str)| {
            (form.split('(').next().unwrap_or(form), WordKind::Function, *about)
        };
        all.extend(FUNCTIONS.iter().map(own));
        all.extend(COMMON_FUNCTIONS.iter().map(|name| (*name, WordKind::Function, "")));
        all.extend(KEYWORDS.iter().map(|keyword| (*keyword, WordKind::Keyword, "")));
        all.extend(all_tables());
        if used.is_empty() {
            all.extend(tables.iter().flat_map(columns));
        }
    }
    all
}

/// Returns the names that a table has in a query: its own and those after it, as in `nodes AS n`.
fn names<'a>(query: &'a str, table: &str) -> Vec<&'a str> {
    let all: Vec<&str> =
        raw_words(query).filter(|word| word.kind == WordKind::Name).map(|word| &query[word.range]).collect();
    let mut names = Vec::new();
    for (at, name) in all.iter().enumerate().filter(|(_, name)| name.eq_ignore_ascii_case(table)) {
        names.push(*name);
        let after = all.get(at + 1).filter(|next| !next.eq_ignore_ascii_case("AS"));
        let alias = after.or_else(|| all.get(at + 2).filter(|_| all.len() > at + 1));
        names.extend(alias.filter(|alias| !is_keyword(alias)));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(query: &str, cursor: usize) -> Vec<String> {
        completions(query, cursor).1.into_iter().map(|of| of.text).collect()
    }

    #[test]
    fn words_have_kinds() {
        let query = "SELECT count(*), n.id, 'it''s' FROM nodes n -- all";
        let kinds: Vec<(&str, WordKind)> =
            words(query).into_iter().map(|word| (&query[word.range], word.kind)).collect();
        assert!(kinds.contains(&("count", WordKind::Function)));
        assert!(kinds.contains(&("id", WordKind::Column)));
        assert!(kinds.contains(&("'it''s'", WordKind::Text)));
        assert!(kinds.contains(&("nodes", WordKind::Table)));
        assert!(kinds.contains(&("-- all", WordKind::Comment)));
        assert!(kinds.contains(&("SELECT", WordKind::Keyword)));
    }

    #[test]
    fn completion_knows_tables_columns_and_aliases() {
        assert_eq!(texts("SELECT * FROM no", 16), ["nodes"]);
        assert_eq!(texts("SELECT reta FROM nodes", 11), ["retained_size", "retainer_count", "retains"]);
        assert_eq!(texts("SELECT e.fr FROM edges AS e", 11), ["from_id"]);
        assert_eq!(texts("SELECT 'no", 10), [""; 0]);
        assert_eq!(texts("sele", 4), ["SELECT"]);
    }

    #[test]
    fn a_semicolon_in_a_text_does_not_end_a_statement() {
        assert!(is_complete("SELECT 1; -- done"));
        for open in ["", "SELECT ';", "SELECT 1 -- ;", "SELECT 1 /* ; "] {
            assert!(!is_complete(open), "{open}");
        }
    }

    #[test]
    fn any_text_has_words() {
        for text in ["'", "\"é", "[", "/*", "é̈´", "1e", "--", "\u{0}\u{202e}", "a.b.c."] {
            let _ = (words(text), is_complete(text));
            (0..=text.len()).filter(|&at| text.is_char_boundary(at)).for_each(|at| drop(completions(text, at)));
        }
    }
}
