//! The language of the source, by the rules that the documentation of Node.js and of Rust's standard library follow: doc
//! comments say what a thing is or does, and words that hide the meaning are left out.

use crate::source::{doc_comments, files, strings};

/// Words and phrases that are out in every text: each has a plain replacement (is, after, contains, says, exists, …).
const OUT: [&str; 25] = [
    "stands",
    "stand for",
    "stand in",
    "stand in front",
    "standing",
    "stood",
    "lies",
    "lies open",
    "lie open",
    "speaks of",
    "speak of",
    "tells of",
    "tell of",
    "is there",
    "are there",
    "is called so",
    "still well",
    "in truth",
    "one of each would do",
    "all the same",
    "as it is",
    "whoever",
    "what of it",
    "came and went",
    "not there yet",
];

/// Doc comments begin with a verb or with a noun phrase, not with one of these.
const BEGINNINGS: [&str; 9] = ["What ", "That ", "Whether ", "Where ", "Who ", "How ", "Why ", "When ", "Whoever "];

fn words(text: &str) -> String {
    let plain: String = text.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    format!(" {} ", plain.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn has_out(text: &str) -> Option<&'static str> {
    let text = words(text);
    OUT.into_iter().find(|out| text.contains(&format!(" {out} ")))
}

#[test]
fn no_text_of_the_program_has_a_word_that_hides_the_meaning() {
    let mut found = Vec::new();
    for file in files() {
        for text in strings(&file) {
            if let Some(out) = has_out(&text.text) {
                found.push(format!("{}:{}: “{out}” in {:?}", file.name(), text.line, text.text));
            }
        }
    }
    assert!(found.is_empty(), "{} texts:\n{}", found.len(), found.join("\n"));
}

#[test]
fn doc_comments_begin_with_a_verb_or_a_noun() {
    let mut found = Vec::new();
    for file in files() {
        for comment in doc_comments(&file) {
            if BEGINNINGS.iter().any(|beginning| comment.text.starts_with(beginning)) {
                found.push(format!("{}:{}: {}", file.name(), comment.line, comment.text));
            }
        }
    }
    assert!(found.is_empty(), "{} comments:\n{}", found.len(), found.join("\n"));
}

#[test]
fn no_comment_has_a_word_that_hides_the_meaning() {
    let mut found = Vec::new();
    for file in files() {
        for (at, line) in file.text.lines().enumerate() {
            let Some(comment) = line.trim_start().strip_prefix("//") else { continue };
            if let Some(out) = has_out(comment) {
                found.push(format!("{}:{}: “{out}” in {comment}", file.name(), at + 1));
            }
        }
    }
    assert!(found.is_empty(), "{} comments:\n{}", found.len(), found.join("\n"));
}
