//! The parts of a page below the findings.

use super::table::{Head, labeled, name_cell, number_cell, share_cell, table};
use crate::model::{convert, difference, human};
use crate::report::chart::{BarPart, bar, line_chart, spark};
use crate::report::page::Page;
use crate::report::record::{Report, Unit, over_time};

/// The classes of the style sheet that have the colors of the categories.
const CATEGORIES: [&str; 7] = ["c0", "c1", "c2", "c3", "c4", "c5", "c6"];

pub(super) fn remarks(page: &mut Page, report: &Report) {
    let Some(remarks) = &report.remarks else { return };
    page.element("div", &[("class", "remarks")], |page| page.lines(remarks));
}

pub(super) fn growth(page: &mut Page, report: &Report) {
    let Some(growth) = &report.growth else { return };
    page.element("figure", &[], |page| {
        page.element("figcaption", &[], |page| {
            page.leaf("span", &[("class", "label")], report.total.title);
            page.text(" ");
            page.leaf("span", &[("class", "value")], &report.total.over_time());
        });
        line_chart(page, &report.total);
    });
    if growth.rows.is_empty() {
        return page.leaf("p", &[], "No class of the program grows.");
    }
    let mut heads = vec![Head::Name("Class"), Head::Name("Pattern"), Head::Name("Trend"), Head::Number("Objects")];
    if growth.ids_match {
        heads.push(Head::Number("New"));
    }
    heads.push(Head::Number("Retained growth"));
    table(page, "Classes that grow, largest growth of a pattern first", &heads, |page| {
        for row in &growth.rows {
            page.element("tr", &[], |page| {
                name_cell(page, &row.name, None);
                page.leaf("td", &[], row.pattern);
                page.element("td", &[], |page| spark(page, &row.counts, Unit::Objects));
                number_cell(page, &over_time(&row.counts, Unit::Objects));
                if growth.ids_match {
                    number_cell(page, &human::count(row.new_count));
                }
                number_cell(page, &Unit::Bytes.signed(row.retained_growth));
            });
        }
    });
    if growth.more > 0 {
        let more = human::quantity(growth.more, "more class grows", "more classes grow");
        page.leaf("p", &[("class", "more")], &more);
    }
}

pub(super) fn statistics(page: &mut Page, report: &Report) {
    let is_series = report.snapshot_count() > 1;
    let parts = report.categories.iter().zip(CATEGORIES);
    let parts: Vec<BarPart> = parts.map(|(of, class)| BarPart { label: of.label, size: of.last, class }).collect();
    bar(page, &parts, Unit::Bytes);
    let total: u64 = parts.iter().fold(0, |sum, part| sum.saturating_add(part.size));
    let mut heads = vec![Head::Name("Category")];
    if is_series {
        heads.extend([Head::Number("First"), Head::Number("Last"), Head::Number("Change")]);
    } else {
        heads.push(Head::Number("Size"));
    }
    heads.push(Head::Number("Share"));
    table(page, "Heap by category", &heads, |page| {
        for (category, class) in report.categories.iter().zip(CATEGORIES) {
            page.element("tr", &[], |page| {
                page.element("th", &[("scope", "row")], |page| {
                    let swatch = format!("swatch {class}");
                    page.leaf("span", &[("class", &swatch)], "");
                    page.text(category.label);
                });
                if is_series {
                    number_cell(page, &human::bytes(category.first));
                }
                number_cell(page, &human::bytes(category.last));
                if is_series {
                    number_cell(page, &Unit::Bytes.signed(difference(category.last, category.first)));
                }
                share_cell(page, convert::percent(category.last, total.max(1)));
            });
        }
    });
}

pub(super) fn classes(page: &mut Page, report: &Report) {
    let classes = &report.classes;
    let heads = [
        Head::Name("Class"),
        Head::Number("Distance"),
        Head::Number("Objects"),
        Head::Number("Shallow"),
        Head::Number("Retained"),
        Head::Number("Share"),
    ];
    table(page, "Classes by retained size", &heads, |page| {
        for class in &classes.rows {
            page.element("tr", &[], |page| {
                name_cell(page, &class.name, class.place.as_deref());
                number_cell(page, &class.distance);
                number_cell(page, &human::count(class.count));
                number_cell(page, &human::bytes(class.shallow_size));
                number_cell(page, &human::bytes(class.retained_size));
                share_cell(page, class.percent);
            });
        }
    });
    let more = classes.class_count - classes.rows.len();
    if more > 0 {
        page.leaf("p", &[("class", "more")], &human::quantity(more as u64, "smaller class", "smaller classes"));
    }
}

pub(super) fn strings(page: &mut Page, report: &Report) {
    let Some(strings) = &report.strings else { return };
    let text = format!(
        "{} have a text that another one has, too. Removing duplicates would save {} ({:.1}% of the heap).",
        human::quantity(strings.string_count, "string", "strings"),
        human::bytes(strings.wasted_bytes),
        strings.percent
    );
    page.leaf("p", &[], &text);
    let heads = [Head::Name("Text"), Head::Number("Copies"), Head::Number("Wasted")];
    table(page, "Duplicate strings by wasted bytes", &heads, |page| {
        for string in &strings.rows {
            page.element("tr", &[], |page| {
                page.element("th", &[("scope", "row")], |page| page.leaf("code", &[("class", "string")], &string.text));
                number_cell(page, &human::count(string.copies));
                number_cell(page, &human::bytes(string.wasted_bytes));
            });
        }
    });
    let more = strings.group_count - strings.rows.len();
    if more > 0 {
        page.leaf("p", &[("class", "more")], &human::quantity(more as u64, "more text", "more texts"));
    }
}

pub(super) fn files(page: &mut Page, report: &Report) {
    let heads = [
        Head::Number("#"),
        Head::Name("File"),
        Head::Number("File size"),
        Head::Number("Objects"),
        Head::Number("References"),
        Head::Number("Heap size"),
    ];
    table(page, "Snapshots, the oldest first", &heads, |page| {
        for (at, file) in report.files.iter().enumerate() {
            page.element("tr", &[], |page| {
                number_cell(page, &human::count(at as u64 + 1));
                page.element("th", &[("scope", "row")], |page| {
                    page.leaf("code", &[], &file.name);
                    let written = [Some(&file.written_by), file.time.as_ref()];
                    let written = written.into_iter().flatten().chain(&file.facts);
                    written.for_each(|fact| page.leaf("span", &[("class", "fact")], fact));
                });
                number_cell(page, &human::bytes(file.file_size));
                number_cell(page, &human::count(file.objects));
                number_cell(page, &human::count(file.references));
                number_cell(page, &human::bytes(file.total_size));
            });
        }
    });
    if report.more_files > 0 {
        page.leaf("p", &[("class", "more")], &human::quantity(report.more_files as u64, "more file", "more files"));
    }
    page.element("dl", &[("class", "facts")], |page| {
        for (label, value) in &report.options {
            labeled(page, label, std::slice::from_ref(value));
        }
    });
}
