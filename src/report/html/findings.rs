//! Findings on a page.

use super::badge;
use super::table::{Head, labeled, name_cell, number_cell, table};
use crate::model::human;
use crate::report::chart::line_chart;
use crate::report::page::Page;
use crate::report::record::{FindingPart, Judgment, Report, Unit, over_time};

/// A list of this many findings begins with an overview.
const LONG: usize = 3;

pub(super) fn findings(page: &mut Page, report: &Report) {
    if report.findings.len() >= LONG {
        overview(page, report);
    }
    for (at, finding) in report.findings.iter().enumerate() {
        let title = format!("finding-{}", at + 1);
        page.element("article", &[("aria-labelledby", &title)], |page| {
            page.element("h3", &[("id", &title)], |page| {
                badge(page, Judgment::Found(finding.verdict));
                page.text(" ");
                page.text(&finding.title);
            });
            finding_body(page, finding);
        });
    }
    if report.more_findings > 0 {
        let more = human::quantity(report.more_findings as u64, "more finding is", "more findings are");
        page.leaf("p", &[("class", "more")], &format!("{more} not listed"));
    }
}

/// Writes a row for each finding, with a link to it.
fn overview(page: &mut Page, report: &Report) {
    let heads = [Head::Name("Verdict"), Head::Name("Finding"), Head::Number("Retained"), Head::Number("Growth")];
    page.element("div", &[("class", "overview")], |page| {
        table(page, "Findings, the most important first", &heads, |page| {
            for (at, finding) in report.findings.iter().enumerate() {
                let target = format!("#finding-{}", at + 1);
                let retained = finding.bytes.values.last().map_or_else(String::new, |&bytes| human::bytes(bytes));
                let growth = finding.bytes.growth().map_or_else(String::new, |growth| Unit::Bytes.signed(growth));
                page.element("tr", &[], |page| {
                    page.element("td", &[], |page| badge(page, Judgment::Found(finding.verdict)));
                    page.element("th", &[("scope", "row")], |page| {
                        page.leaf("a", &[("href", &target)], &finding.title);
                    });
                    number_cell(page, &retained);
                    number_cell(page, &growth);
                });
            }
        });
    });
}

fn finding_body(page: &mut Page, finding: &FindingPart) {
    if !finding.explanation.is_empty() {
        page.leaf("p", &[], &finding.explanation);
    }
    if let Some(advice) = &finding.advice {
        page.element("p", &[("class", "advice")], |page| {
            page.leaf("strong", &[], "What to do: ");
            page.text(advice);
        });
    }
    charts(page, finding);
    path(page, finding);
    if finding.classes.len() > 1 || finding.classes.iter().any(|class| class.place.is_some()) {
        classes(page, finding);
    }
    if !finding.sites.is_empty() {
        sites(page, finding);
    }
    facts(page, finding);
}

/// Writes a chart for each number that changes, and the others as text.
fn charts(page: &mut Page, finding: &FindingPart) {
    page.element("div", &[("class", "charts")], |page| {
        for chart in [&finding.members, &finding.bytes] {
            page.element("figure", &[], |page| {
                page.element("figcaption", &[], |page| {
                    page.leaf("span", &[("class", "label")], chart.title);
                    page.text(" ");
                    page.leaf("span", &[("class", "value")], &chart.over_time());
                    if let Some(growth) = chart.growth().filter(|&growth| growth != 0) {
                        let class = if growth > 0 { "value grown" } else { "value shrunk" };
                        page.text(" ");
                        page.leaf("span", &[("class", class)], &chart.unit.signed(growth));
                    }
                });
                if chart.values.len() > 1 {
                    line_chart(page, chart);
                }
            });
        }
    });
}

fn path(page: &mut Page, finding: &FindingPart) {
    page.leaf("h4", &[], "Retaining path");
    page.element("ol", &[("class", "path")], |page| {
        for chip in &finding.chips {
            page.element("li", &[], |page| page.leaf("code", &[], chip));
        }
    });
    page.element("details", &[], |page| {
        let count = finding.path.len() + finding.skipped;
        page.leaf("summary", &[], &format!("All {} from the root", human::quantity(count as u64, "step", "steps")));
        let heads = [Head::Name("Reference"), Head::Name("Object"), Head::Name("Role"), Head::Number("Id")];
        table(page, "Retaining path from the root", &heads, |page| steps(page, finding));
    });
}

fn steps(page: &mut Page, finding: &FindingPart) {
    let middle = if finding.skipped > 0 { finding.path.len() / 2 } else { usize::MAX };
    for (at, step) in finding.path.iter().enumerate() {
        if at == middle {
            let text = format!("{} left out", human::quantity(finding.skipped as u64, "step is", "steps are"));
            page.element("tr", &[], |page| page.leaf("td", &[("colspan", "4"), ("class", "weak")], &text));
        }
        page.element("tr", &[], |page| {
            page.element("td", &[], |page| page.leaf("code", &[("class", "property")], &step.reference));
            name_cell(page, &step.object, step.place.as_deref());
            let repeated = format!("×{}", human::count(step.repeated.into()));
            let role = if step.repeated > 1 { repeated.as_str() } else { step.role };
            page.leaf("td", &[("class", "weak")], role);
            number_cell(page, &format!("@{}", step.id));
        });
    }
}

fn classes(page: &mut Page, finding: &FindingPart) {
    page.leaf("h4", &[], "Members by class");
    let heads = [Head::Name("Class"), Head::Number("Objects"), Head::Number("Shallow size")];
    table(page, "Members by class", &heads, |page| {
        for class in &finding.classes {
            page.element("tr", &[], |page| {
                name_cell(page, &class.name, class.place.as_deref());
                number_cell(page, &over_time(&class.counts, Unit::Objects));
                number_cell(page, &over_time(&class.sizes, Unit::Bytes));
            });
        }
    });
}

fn sites(page: &mut Page, finding: &FindingPart) {
    page.leaf("h4", &[], "In the source");
    page.element("ul", &[("class", "sites")], |page| {
        for site in &finding.sites {
            page.element("li", &[], |page| {
                page.leaf("span", &[("class", "label")], site.what);
                page.text(" ");
                page.leaf("code", &[], &site.place);
                if let Some(function) = &site.function {
                    page.text(" in ");
                    page.leaf("code", &[], function);
                }
                if let Some(text) = &site.text {
                    page.element("pre", &[], |page| page.leaf("code", &[], text));
                }
            });
        }
    });
}

fn facts(page: &mut Page, finding: &FindingPart) {
    page.element("dl", &[("class", "facts")], |page| {
        page.leaf("dt", &[], "Holder");
        page.element("dd", &[], |page| {
            page.leaf("code", &[], &finding.holder);
            page.text(&format!(" @{}", finding.holder_id));
            if let Some(place) = &finding.holder_place {
                page.text(" ");
                page.leaf("span", &[("class", "place")], place);
            }
        });
        labeled(page, "Evidence", &finding.evidence);
        if finding.freed_if_emptied > 0 {
            let freed = format!("{} if the holder is emptied", human::bytes(finding.freed_if_emptied));
            labeled(page, "Frees", &[freed]);
        }
        let codes = |page: &mut Page, label: &'static str, texts: &[String]| {
            if texts.is_empty() {
                return;
            }
            page.leaf("dt", &[], label);
            page.element("dd", &[], |page| {
                for text in texts {
                    page.leaf("code", &[], text);
                    page.text(" ");
                }
            });
        };
        codes(page, "Keys", &finding.keys);
        let samples: Vec<String> = finding.samples.iter().map(|id| format!("@{id}")).collect();
        codes(page, "Examples", &samples);
        labeled(page, "Also held by", &finding.also_held_by);
        labeled(page, "Grows with it", &finding.companions);
    });
}
