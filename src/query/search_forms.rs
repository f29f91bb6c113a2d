//! Query forms: those of this grammar, as the window and the command line list them, and those of other tools. Each of
//! the latter is an error that names the right form.
//!
//! Only forms that are surely mistakes are errors: in quotes and after `=`, any text can be searched for.

use std::ops::Range;

use super::search_words::{MEASURES, PREFIXES, QueryError};

/// Examples of each form, with their meanings.
pub(super) const HELP: [(&str, &str); 20] = [
    ("cart item", "words in the name, ignoring case"),
    ("\"a b\" \"c\"", "both texts, in any order; quotes turn off special characters"),
    ("case:Cart", "text in the name, case-sensitive"),
    ("name:=Cart", "exactly this name"),
    ("/^Cart[0-9]+$/", "a regular expression for the name; /…/i ignores case"),
    ("@1234", "the object with this id"),
    ("class:Map", "text in the class name, ignoring case"),
    ("class:=Map", "exactly this class"),
    ("class:/^(Map|Set)$/", "a regular expression for the class name"),
    ("prop:items", "name of a property, variable or element; also prop:it* and prop:/…/"),
    ("kind:closure", "object, string, array, closure, code, native, hidden, number …"),
    ("size>1kB", "shallow size; also < <= >= =, and B kB MB GB KiB MiB GiB"),
    ("retained>=2MB", "retained size"),
    ("distance<5", "references from a user root"),
    ("distance=none", "not reached by any user root"),
    ("distance=system", "reached only by the runtime's own roots"),
    ("is:unreachable", "no path of references leads from a root to it"),
    ("detached", "detached from its document"),
    ("-class:Map", "not matching this term"),
    ("class:Cart retained>1kB", "matching all of these terms"),
];

/// Prefixes of other tools.
const OTHER_PREFIXES: [(&str, &str); 20] = [
    ("type", "kind"),
    ("nodetype", "kind"),
    ("node_type", "kind"),
    ("constructor", "class"),
    ("ctor", "class"),
    ("classname", "class"),
    ("class_name", "class"),
    ("property", "prop"),
    ("properties", "prop"),
    ("props", "prop"),
    ("field", "prop"),
    ("key", "prop"),
    ("edge", "prop"),
    ("var", "prop"),
    ("variable", "prop"),
    ("text", "name"),
    ("string", "name"),
    ("contains", "name"),
    ("nodeid", "id"),
    ("objectid", "id"),
];

/// Measures of other tools.
const OTHER_MEASURES: [(&str, &str); 10] = [
    ("self", "size"),
    ("selfsize", "size"),
    ("self_size", "size"),
    ("shallowsize", "size"),
    ("shallow_size", "size"),
    ("retainedsize", "retained"),
    ("retained_size", "retained"),
    ("dist", "distance"),
    ("depth", "distance"),
    ("hops", "distance"),
];

/// Rejects words that combine terms in other grammars.
pub(super) fn connective_error(text: &str, at: Range<usize>) -> Option<QueryError> {
    let word = &text[at.clone()];
    let instead = match word {
        "AND" | "&&" => "all terms must match anyway, so leave it out",
        "OR" | "||" => "use a regular expression for one of several, such as class:/Map|Set/",
        "NOT" => "put `-` before a term, such as -class:Map",
        _ => return None,
    };
    Some(QueryError {
        at,
        message: format!("`{word}` does not combine terms; {instead} (or quote it to search for it)"),
    })
}

/// Rejects a comparison with spaces, such as `size > 1kB`.
pub(super) fn spaced_comparison(text: &str, at: Range<usize>) -> Option<QueryError> {
    let is_operator = |character: char| matches!(character, '<' | '>' | '=');
    let word = text[at.clone()].trim_start_matches('-');
    let rest = text[at.end..].trim_start();
    let name = word.trim_end_matches(is_operator);
    let is_spaced = if name.len() < word.len() { !rest.is_empty() } else { rest.starts_with(is_operator) };
    if !MEASURES.contains(&name) || !is_spaced {
        return None;
    }
    let operator: String = word[name.len()..].chars().chain(rest.chars()).take_while(|c| is_operator(*c)).collect();
    let value = rest.trim_start_matches(is_operator).split_whitespace().next().unwrap_or("1kB");
    let message = format!("write {name}{operator}{value} without spaces (or quote the text to search for it)");
    Some(QueryError { at, message })
}

/// Returns the right form of `name:value`.
pub(super) fn unknown_prefix(name: &str, value: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let own = PREFIXES.iter().copied().find(|prefix| *prefix == lower).or_else(|| other_name(&OTHER_PREFIXES, name));
    let measure =
        MEASURES.iter().copied().find(|measure| *measure == lower).or_else(|| other_name(&OTHER_MEASURES, name));
    let instead = if own == Some("kind") && value.starts_with('/') {
        "use kind: with one kind, such as kind:closure".to_owned()
    } else if let Some(own) = own {
        format!("use {own}:{value}")
    } else if let Some(measure) = measure {
        let number = value.trim_start_matches(['<', '>', '=']);
        let operator = Some(&value[..value.len() - number.len()]).filter(|operator| !operator.is_empty());
        format!("use {measure}{}{number}", operator.unwrap_or(">"))
    } else if matches!(lower.as_str(), "regex" | "regexp" | "re") {
        format!("use /{}/", value.trim_matches('/'))
    } else if lower == "detached" {
        format!("use {}", flag_term("detached", is_no(value)))
    } else {
        let known: Vec<String> = PREFIXES.iter().map(|prefix| format!("{prefix}:")).collect();
        format!("known prefixes: {}", known.join(" "))
    };
    format!(
        "unknown prefix `{name}:`; {instead}, or quote it to search for the text: \"{name}:{}\"",
        value.replace('"', "")
    )
}

/// Fails if `name` followed by an operator is a comparison or a term in the form of another tool.
pub(super) fn unknown_measure(name: &str, rest: &str) -> Result<(), String> {
    let value = rest.trim_start_matches(['<', '>', '=']);
    let quote = or_quoted(&format!("{name}{rest}"));
    let (name, is_negated) = name.strip_suffix('!').map_or((name, false), |name| (name, true));
    let dash = if is_negated { "-" } else { "" };
    if is_negated && MEASURES.contains(&name) {
        return Err(format!("`!=` is not supported; use -{name}={value}, {quote}"));
    }
    let starts_with_digit = value.starts_with(|first: char| first.is_ascii_digit());
    if let Some(measure) = other_name(&OTHER_MEASURES, name).filter(|_| starts_with_digit) {
        return Err(format!("unknown measure `{name}`; use {dash}{measure}{rest}, {quote}"));
    }
    if matches!(name, "detached" | "unreachable") && rest.starts_with('=') && (is_no(value) || is_yes(value)) {
        return Err(format!("`{name}` takes no value; use {}, {quote}", flag_term(name, is_no(value) != is_negated)));
    }
    // `class="x"` is HTML, which is searched as text.
    let own = PREFIXES.iter().copied().find(|prefix| *prefix == name).or_else(|| other_name(&OTHER_PREFIXES, name));
    if let Some(own) = own
        && rest.starts_with('=')
        && value.starts_with(|first: char| first.is_alphanumeric())
    {
        return Err(format!("`{name}` takes a colon; use {dash}{own}:{value}, {quote}"));
    }
    Ok(())
}

/// A regular expression without its end. After `class:` everything that starts with a slash is meant as one; other names may be
/// paths, so there it takes characters that paths do not have.
pub(super) fn open_regular_expression(name: &str, value: &str) -> Option<String> {
    let body = value.strip_prefix('/').filter(|body| !body.is_empty())?;
    let is_meant = body.starts_with('^')
        || (!name.is_empty()
            && (name == "class"
                || body.ends_with('$')
                || [".*", ".+", "\\", "|"].iter().any(|sign| body.contains(sign))));
    let prefix = if name.is_empty() { String::new() } else { format!("{name}:") };
    let closed = body.trim_end_matches('/');
    is_meant.then(|| format!("a regular expression ends with `/`: use {prefix}/{closed}/, {}", or_exactly(name, value)))
}

/// `!` in front of a value.
pub(super) fn negated_value(name: &str, value: &str) -> Option<String> {
    let rest = value.strip_prefix('!').filter(|rest| rest.starts_with(|first: char| first.is_alphanumeric()))?;
    // Texts may start with it, such as `!important`.
    let is_meant = !matches!(name, "name" | "case");
    is_meant.then(|| format!("`!` does not negate; use -{name}:{rest}, {}", or_exactly(name, value)))
}

/// Several values of one prefix: `a|b`, `a,b` or `a,`.
pub(super) fn several_values(name: &str, value: &str) -> Option<String> {
    let is_word = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || "_$#-.".contains(c));
    let is_list = |separator: char| {
        let listed = value.trim_end_matches(separator);
        value.contains(separator) && listed.split(separator).all(is_word)
    };
    // Texts have commas, and so have names with brackets such as `{a,b}` and `Map<K,V>`, which are no words.
    let separator = if is_list('|') {
        '|'
    } else if matches!(name, "class" | "prop") && is_list(',') {
        ','
    } else {
        return None;
    };
    let parts: Vec<&str> = value.split(separator).filter(|part| !part.is_empty()).collect();
    let instead = match parts[..] {
        [one] => format!("use {name}:{one}"),
        // As other properties, they are compared as a whole.
        _ if name == "prop" => format!("use prop:/^({})$/ for one of several", escaped(&parts)),
        _ => format!("use {name}:/{}/ for one of several", escaped(&parts)),
    };
    Some(format!("`{separator}` does not separate values; {instead}, {}", or_exactly(name, value)))
}

fn escaped(parts: &[&str]) -> String {
    parts.iter().map(|part| regex::escape(part)).collect::<Vec<_>>().join("|")
}

/// `*` in the text of a name, where it has no meaning: at an end, between two words, and anywhere in the name of a class.
pub(super) fn star_in_text(name: &str, value: &str) -> Option<String> {
    let literal = value.trim_matches('*');
    if literal.is_empty() {
        return value
            .contains('*')
            .then(|| format!("`*` is not supported here: leave out {name}:{value}, {}", or_exactly(name, value)));
    }
    if let Some(inner) = inner_star(literal, name == "class") {
        return Some(format!("`*` is not supported here: use {name}:/{inner}/, {}", or_exactly(name, value)));
    }
    (literal.len() < value.len()).then(|| {
        format!(
            "`*` is not supported here: {name}:{literal} finds the text anywhere in the name, {name}:/^{}/ at its start, {}",
            regex::escape(literal),
            or_exactly(name, value)
        )
    })
}

/// `*` in the name of a property elsewhere than at its end.
pub(super) fn star_in_property(value: &str) -> Option<String> {
    let literal = value.trim_matches('*');
    let instead = if literal.is_empty() {
        value.contains('*').then(|| "use prop:/./ for any property".to_owned())?
    } else if let Some(inner) = inner_star(literal, true) {
        let (start, end) = (if value.starts_with('*') { "" } else { "^" }, if value.ends_with('*') { "" } else { "$" });
        format!("use prop:/{start}{inner}{end}/")
    } else if value.starts_with('*') {
        let end = if value.ends_with('*') { "" } else { "$" };
        format!("use prop:/{}{end}/", regex::escape(literal))
    } else {
        return None;
    };
    Some(format!("`*` is only supported at the end: {instead}, {}", or_exactly("prop", value)))
}

/// Returns the regular expression of a text with stars in it; if not `anywhere`, only of one with stars between words.
fn inner_star(literal: &str, anywhere: bool) -> Option<String> {
    let parts: Vec<&str> = literal.split('*').collect();
    let is_between =
        |pair: &[&str]| pair[0].ends_with(char::is_alphanumeric) && pair[1].starts_with(char::is_alphanumeric);
    let is_meant = parts.len() > 1 && (anywhere || parts.windows(2).all(is_between));
    is_meant.then(|| parts.iter().map(|part| regex::escape(part)).collect::<Vec<_>>().join(".*"))
}

/// A term in parentheses, or with `!` in front of it.
pub(super) fn grouped_term(word: &str) -> Option<String> {
    let inner = word.trim_start_matches(['(', '!', '-']);
    let opening = &word[..word.len() - inner.len()];
    let is_prefix = inner.split_once(':').is_some_and(|(name, value)| PREFIXES.contains(&name) && !value.is_empty());
    let is_measure = || {
        let at = inner.find(['<', '>', '=']);
        at.is_some_and(|at| MEASURES.contains(&&inner[..at]))
    };
    if !opening.contains(['(', '!']) || !(is_prefix || is_measure()) {
        return None;
    }
    let is_group = opening.contains('(');
    let term = if is_group { inner.strip_suffix(')').unwrap_or(inner) } else { inner };
    let dash = if opening.contains(['!', '-']) { "-" } else { "" };
    let wrong = if is_group { "parentheses do not group terms" } else { "`!` does not negate" };
    Some(format!("{wrong}; use {dash}{term}, {}", or_quoted(word)))
}

fn is_yes(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "true" | "yes" | "1")
}

fn is_no(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "false" | "no" | "0")
}

/// Returns the term for objects that are or are not detached or unreachable.
fn flag_term(name: &str, is_negated: bool) -> String {
    let dash = if is_negated { "-" } else { "" };
    if name == "detached" { format!("{dash}detached") } else { format!("{dash}is:{name}") }
}

fn or_quoted(text: &str) -> String {
    format!("or quote it to search for the text: \"{}\"", text.replace('"', ""))
}

/// Says how to search for a value literally.
fn or_exactly(name: &str, value: &str) -> String {
    let value = value.replace('"', "");
    if name.is_empty() {
        return or_quoted(&value);
    }
    format!("or quote it to search for the text: {name}:\"{value}\"")
}

fn other_name<'a>(names: &[(&str, &'a str)], name: &str) -> Option<&'a str> {
    let name = name.to_ascii_lowercase();
    names.iter().find(|(other, _)| *other == name).map(|(_, own)| *own)
}
