//! A report as Markdown, for an issue or a wiki. Texts from a heap are written as code where they could be markup.

use super::markup::{backticks, escape, escape_words};
use super::record::{FindingPart, Report, Unit, over_time};
use crate::model::{difference, human};

/// A document that is written line by line.
#[derive(Default)]
struct Document {
    text: String,
}

impl Document {
    /// Writes a line. No text can contain another one, since line breaks are visible characters after escaping.
    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn heading(&mut self, level: usize, text: &str) {
        self.line("");
        self.line(&format!("{} {text}", "#".repeat(level)));
        self.line("");
    }

    /// Writes the head of a table. The names of columns of numbers begin with `>`.
    fn head(&mut self, columns: &[&str]) {
        let names: Vec<&str> = columns.iter().map(|name| name.trim_start_matches('>')).collect();
        self.row(&names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
        let rule: Vec<&str> = columns.iter().map(|name| if name.starts_with('>') { "--:" } else { "---" }).collect();
        self.line(&format!("|{}|", rule.join("|")));
    }

    fn row(&mut self, cells: &[String]) {
        self.line(&format!("| {} |", cells.join(" | ")));
    }

    fn item(&mut self, label: &str, text: &str) {
        self.line(&format!("- {label}: {text}"));
    }

    /// Writes lines as a block of code.
    fn block(&mut self, lines: &[String]) {
        let lines: Vec<String> =
            lines.iter().map(|line| human::visible(line, super::LINE_LIMIT).into_owned()).collect();
        let fence = backticks(&lines.join("\n"), 3);
        self.line(&format!("{fence}text"));
        for line in lines {
            self.line(&line);
        }
        self.line(&fence);
    }
}

/// Returns a report as Markdown.
pub(super) fn text(report: &Report) -> String {
    let mut document = Document::default();
    document.line(&format!("# {}: {}", report.judgment.label(), escape_words(&report.summary)));
    document.line("");
    document.head(&["", ">Last snapshot", ""]);
    for figure in &report.figures {
        document.row(&[figure.label.to_owned(), figure.value.clone(), figure.detail.clone()]);
    }
    for note in &report.notes {
        document.line("");
        document.line(&format!("> {}", escape_words(note)));
    }
    if let Some(remarks) = &report.remarks {
        document.heading(2, "Notes");
        // The text of the person who writes the report, not of the heap.
        document.line(&human::visible_lines(remarks));
    }
    if !report.findings.is_empty() {
        document.heading(2, "Findings");
        report.findings.iter().for_each(|of| finding(of, &mut document));
        more(report.more_findings as u64, "more finding", "more findings", &mut document);
    }
    growth(report, &mut document);
    statistics(report, &mut document);
    classes(report, &mut document);
    strings(report, &mut document);
    files(report, &mut document);
    document.text
}

fn more(count: u64, one: &str, many: &str, document: &mut Document) {
    if count > 0 {
        document.line("");
        document.line(&format!("… and {}", human::quantity(count, one, many)));
    }
}

fn finding(finding: &FindingPart, document: &mut Document) {
    document.heading(3, &format!("{}: {}", finding.verdict.label(), escape_words(&finding.title)));
    if !finding.explanation.is_empty() {
        document.line(&escape_words(&finding.explanation));
        document.line("");
    }
    if let Some(advice) = &finding.advice {
        document.line(&format!("**What to do:** {}", escape_words(advice)));
        document.line("");
    }
    document.item("Members", &finding.members.over_time());
    document.item("Retained by members", &finding.bytes.over_time());
    let path: Vec<String> = finding.chips.iter().map(|chip| escape(chip)).collect();
    document.item("Path", &path.join(" → "));
    let place = finding.holder_place.as_deref().map(|place| format!(" {}", escape(place))).unwrap_or_default();
    document.item("Holder", &format!("{} `@{}`{place}", escape(&finding.holder), finding.holder_id));
    finding.evidence.iter().for_each(|text| document.item("Evidence", &escape_words(text)));
    for class in &finding.classes {
        let place = class.place.as_deref().map(|place| format!(" {}", escape(place))).unwrap_or_default();
        document.item("Class", &format!("{}{place}: {}", escape(&class.name), over_time(&class.counts, Unit::Objects)));
    }
    if finding.freed_if_emptied > 0 {
        document.item("Frees", &format!("{} if the holder is emptied", human::bytes(finding.freed_if_emptied)));
    }
    let list = |texts: &[String]| texts.iter().map(|text| escape(text)).collect::<Vec<_>>().join(", ");
    if !finding.keys.is_empty() {
        document.item("Keys", &list(&finding.keys));
    }
    for (label, texts) in [("Also held by", &finding.also_held_by), ("Grows with it", &finding.companions)] {
        for text in texts {
            document.item(label, &escape_words(text));
        }
    }
    for site in &finding.sites {
        let function = site.function.as_deref().map(|name| format!(" in {}", escape(name))).unwrap_or_default();
        document.item(site.what, &format!("{}{function}", escape(&site.place)));
    }
    let lines: Vec<String> = finding.sites.iter().filter_map(|site| site.text.clone()).collect();
    if !lines.is_empty() {
        document.line("");
        document.block(&lines);
    }
}

fn growth(report: &Report, document: &mut Document) {
    let Some(growth) = &report.growth else { return };
    document.heading(2, "Growth");
    document.line(&format!("{}: {}", report.total.title, report.total.over_time()));
    document.line("");
    if growth.rows.is_empty() {
        return document.line("No class of the program grows.");
    }
    document.head(&["Class", "Pattern", ">Objects", ">New", ">Retained growth"]);
    for row in &growth.rows {
        let new = if growth.ids_match { human::count(row.new_count) } else { String::new() };
        let retained = Unit::Bytes.signed(row.retained_growth);
        let counts = over_time(&row.counts, Unit::Objects);
        document.row(&[escape(&row.name), row.pattern.to_owned(), counts, new, retained]);
    }
    more(growth.more, "more class", "more classes", document);
}

fn statistics(report: &Report, document: &mut Document) {
    if report.categories.is_empty() {
        return;
    }
    document.heading(2, "Statistics");
    document.head(&["Category", ">First", ">Last", ">Change"]);
    for category in &report.categories {
        let change = Unit::Bytes.signed(difference(category.last, category.first));
        let [first, last] = [category.first, category.last].map(human::bytes);
        document.row(&[category.label.to_owned(), first, last, change]);
    }
}

fn classes(report: &Report, document: &mut Document) {
    document.heading(2, "Classes");
    document.head(&["Class", ">Distance", ">Objects", ">Shallow", ">Retained"]);
    for class in &report.classes.rows {
        let [shallow, retained] = [class.shallow_size, class.retained_size].map(human::bytes);
        document.row(&[escape(&class.name), class.distance.clone(), human::count(class.count), shallow, retained]);
    }
    let rest = report.classes.class_count - report.classes.rows.len();
    more(rest as u64, "smaller class", "smaller classes", document);
}

fn strings(report: &Report, document: &mut Document) {
    let Some(strings) = &report.strings else { return };
    document.heading(2, "Duplicate strings");
    let saved = human::bytes(strings.wasted_bytes);
    document.line(&format!("Removing duplicates would save {saved} ({:.1}% of the heap).", strings.percent));
    document.line("");
    document.head(&["Text", ">Copies", ">Wasted"]);
    for string in &strings.rows {
        document.row(&[escape(&string.text), human::count(string.copies), human::bytes(string.wasted_bytes)]);
    }
    let rest = strings.group_count - strings.rows.len();
    more(rest as u64, "more text", "more texts", document);
}

fn files(report: &Report, document: &mut Document) {
    document.heading(2, "How this was captured");
    document.head(&[">#", "File", "Written by", ">File size", ">Objects", ">References", ">Heap size"]);
    for (at, file) in report.files.iter().enumerate() {
        let [file_size, total] = [file.file_size, file.total_size].map(human::bytes);
        let [at, objects, references] = [at as u64 + 1, file.objects, file.references].map(human::count);
        document.row(&[at, escape(&file.name), escape(&file.written_by), file_size, objects, references, total]);
    }
    more(report.more_files as u64, "more file", "more files", document);
    document.line("");
    for (at, file) in report.files.iter().enumerate() {
        for fact in file.time.iter().chain(&file.facts) {
            document.item(&format!("Snapshot {}", at + 1), &escape_words(fact));
        }
    }
    report.options.iter().for_each(|(label, value)| document.item(label, &escape_words(value)));
    document.item("Written by", &format!("Heapglass {}", env!("CARGO_PKG_VERSION")));
}
