//! Query forms of other tools that this grammar does not have: each is an error that names the right form.

use std::ops::Range;

use super::search_grammar::{MEASURES, PREFIXES, QueryError};

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
        "AND" | "&&" => "all terms must match anyway: leave it out",
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
        "use detached".to_owned()
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
    let quote = format!("or quote it to search for the text: \"{name}{}\"", rest.replace('"', ""));
    if let Some(measure) = name.strip_suffix('!').filter(|measure| MEASURES.contains(measure)) {
        return Err(format!("`!=` is not supported; use -{measure}={value}, {quote}"));
    }
    let starts_with_digit = value.starts_with(|first: char| first.is_ascii_digit());
    if let Some(measure) = other_name(&OTHER_MEASURES, name).filter(|_| starts_with_digit) {
        return Err(format!("unknown measure `{name}`; use {measure}{rest}, {quote}"));
    }
    // `class="x"` is HTML, which is searched as text.
    let own = PREFIXES.iter().copied().find(|prefix| *prefix == name).or_else(|| other_name(&OTHER_PREFIXES, name));
    if let Some(own) = own
        && rest.starts_with('=')
        && value.starts_with(|first: char| first.is_alphanumeric())
    {
        return Err(format!("`{name}` takes a colon; use {own}:{value}, {quote}"));
    }
    Ok(())
}

fn other_name<'a>(names: &[(&str, &'a str)], name: &str) -> Option<&'a str> {
    let name = name.to_ascii_lowercase();
    names.iter().find(|(other, _)| *other == name).map(|(_, own)| *own)
}
