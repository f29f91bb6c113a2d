//! A report as one page of HTML: no scripts, no requests, colors for light, dark and print.

mod findings;
mod parts;
mod table;

use super::page::Page;
use super::record::{Judgment, Report};
use crate::model::human;

const STYLE: &str = include_str!("style.css");
/// Nothing but the style sheet of the page is allowed, even if escaping failed.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// A section of the page.
#[derive(Clone, Copy)]
struct Section {
    id: &'static str,
    title: &'static str,
    write: fn(&mut Page, &Report),
}

/// Returns the sections that a report has, in their order.
fn sections(report: &Report) -> Vec<Section> {
    let all = [
        (report.remarks.is_some(), "remarks", "Notes", parts::remarks as fn(&mut Page, &Report)),
        (!report.findings.is_empty(), "findings", "Findings", findings::findings),
        (report.growth.is_some(), "growth", "Growth", parts::growth),
        (!report.categories.is_empty(), "statistics", "Statistics", parts::statistics),
        (true, "classes", "Classes", parts::classes),
        (report.strings.is_some(), "strings", "Duplicate strings", parts::strings),
        (true, "files", "How this was captured", parts::files),
    ];
    all.into_iter()
        .filter(|(is_shown, ..)| *is_shown)
        .map(|(_, id, title, write)| Section { id, title, write })
        .collect()
}

/// Returns a report as a page.
pub(super) fn page(report: &Report) -> String {
    let mut page = Page::new();
    let sections = sections(report);
    page.element("html", &[("lang", "en")], |page| {
        page.element("head", &[], |page| head(page, report));
        page.element("body", &[], |page| {
            page.element("header", &[], |page| header(page, report));
            page.element("nav", &[("aria-label", "Contents")], |page| contents(page, &sections));
            page.element("main", &[], |page| {
                for section in &sections {
                    let title = format!("{}-title", section.id);
                    page.element("section", &[("id", section.id), ("aria-labelledby", &title)], |page| {
                        page.leaf("h2", &[("id", &title)], section.title);
                        (section.write)(page, report);
                    });
                }
            });
            page.element("footer", &[], footer);
        });
    });
    page.finish()
}

fn head(page: &mut Page, report: &Report) {
    page.void("meta", &[("charset", "utf-8")]);
    page.void("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]);
    page.void("meta", &[("http-equiv", "Content-Security-Policy"), ("content", POLICY)]);
    page.void("meta", &[("name", "color-scheme"), ("content", "light dark")]);
    let files = human::quantity(report.snapshot_count() as u64, "snapshot", "snapshots");
    page.leaf("title", &[], &format!("Heap report: {}, {files}", report.judgment.label()));
    page.style(STYLE);
}

fn header(page: &mut Page, report: &Report) {
    page.leaf("p", &[("class", "brand")], "Heapglass heap report");
    page.element("h1", &[], |page| {
        badge(page, report.judgment);
        page.text(" ");
        page.text(&report.summary);
    });
    page.element("dl", &[("class", "figures")], |page| {
        for figure in &report.figures {
            page.element("div", &[], |page| {
                page.leaf("dt", &[], figure.label);
                page.leaf("dd", &[("class", "value")], &figure.value);
                if !figure.detail.is_empty() {
                    page.leaf("dd", &[], &figure.detail);
                }
            });
        }
    });
    if !report.notes.is_empty() {
        page.element("ul", &[("class", "notes")], |page| {
            report.notes.iter().for_each(|note| page.leaf("li", &[], note));
        });
    }
}

/// Writes the word of a verdict in its color.
fn badge(page: &mut Page, judgment: Judgment) {
    let class = format!("badge {}", judgment.name());
    page.leaf("span", &[("class", &class)], judgment.label());
}

fn contents(page: &mut Page, sections: &[Section]) {
    for section in sections {
        let target = format!("#{}", section.id);
        page.leaf("a", &[("href", &target)], section.title);
        page.text(" ");
    }
}

fn footer(page: &mut Page) {
    let text = format!(
        "Written by Heapglass {}. Sizes are those of Chrome DevTools: 1 kB is 1000 bytes. The shallow size of an object is \
         its own; its retained size is what would be freed with it. The report contains names, paths of files and \
         beginnings of strings from the heap.",
        env!("CARGO_PKG_VERSION")
    );
    page.leaf("p", &[], &text);
}
