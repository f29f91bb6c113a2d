//! A finding as lines of text, for logs and the clipboard.

use super::describe::over_time;
use super::finding::Finding;
use super::path::chips;
use crate::model::{difference, human};

/// The maximum number of classes, keys and characters of a path per line.
const CLASSES: usize = 5;
const LINE: usize = 110;
const KEYS: usize = 3;
const COMPANIONS: usize = 5;

/// Returns the lines of a finding: the title, the reasons, the path, positions in the source, and what to do.
#[must_use]
pub(crate) fn finding_lines(finding: &Finding) -> Vec<String> {
    let mut lines = vec![format!("{}: {}", finding.verdict.label(), finding.title)];
    let mut add = |label: &str, text: &str| lines.push(format!("  {label:<10}{text}"));
    if !finding.explanation.is_empty() {
        add("", &finding.explanation);
    }
    let place = finding.holder.location.as_ref().map(|at| format!(" ({}:{})", at.url, at.line)).unwrap_or_default();
    add("holder", &format!("{}{place}", finding.holder.label));
    add("evidence", &finding.evidence.join("; "));
    for (at, line) in wrapped(&chips(&finding.path)).iter().enumerate() {
        add(if at == 0 { "path" } else { "" }, line);
    }
    for (at, class) in finding.classes.iter().take(CLASSES).enumerate() {
        let name = human::visible(&class.name, 80);
        let place = class.location.as_ref().map(|at| format!(" ({}:{})", at.url, at.line)).unwrap_or_default();
        let text = format!("{name}{place}: {}", added(&class.counts));
        add(if at == 0 { "members" } else { "" }, &text);
    }
    if !finding.keys.is_empty() {
        let more = if finding.keys.len() > KEYS { ", …" } else { "" };
        add("keys", &format!("{}{more}", finding.keys.iter().take(KEYS).cloned().collect::<Vec<_>>().join(", ")));
    }
    // The position of the holder is in its line.
    for site in finding.sites.iter().filter(|site| site.what != "holder") {
        let text = site.text.as_deref().map(|text| format!("  {text}")).unwrap_or_default();
        add(site.what, &format!("{}:{}:{}{text}", site.place.url, site.place.line, site.place.column));
    }
    for companion in finding.companions.iter().take(COMPANIONS) {
        add("also", &companion.text);
    }
    if finding.companions.len() > COMPANIONS {
        add("", &format!("… and {} more", finding.companions.len() - COMPANIONS));
    }
    if finding.freed_if_emptied > 0 {
        add("frees", &format!("{} if it is emptied", human::bytes(finding.freed_if_emptied)));
    }
    if let Some(advice) = &finding.advice {
        add("advice", advice);
    }
    lines
}

/// Returns `+400, +800 since the first snapshot`; the number itself if there is only one.
fn added(counts: &[u64]) -> String {
    let (Some(&first), true) = (counts.first(), counts.len() > 1) else { return over_time(counts) };
    let added = counts.iter().skip(1).map(|&count| human::signed_count(difference(count, first)));
    format!("{} since the first snapshot", added.collect::<Vec<_>>().join(", "))
}

/// Joins the steps of a path to lines.
fn wrapped(chips: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for (at, chip) in chips.iter().enumerate() {
        let arrow = if at == 0 { "" } else { " → " };
        let is_full = lines.last().is_some_and(|line| !line.is_empty() && line.len() + chip.len() > LINE);
        if is_full {
            lines.push(format!("→ {chip}"));
        } else if let Some(line) = lines.last_mut() {
            line.push_str(arrow);
            line.push_str(chip);
        }
    }
    lines
}
