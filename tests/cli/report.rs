//! `heapglass report`: what is in it, that it is one well-formed page without scripts, small, and the same every time.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use proptest::prelude::*;
use roxmltree::{Document, Node, ParsingOptions};

use crate::common;
use crate::generated;
use crate::hostile_files::{POISON, is_dangerous, poisoned};

/// The maximum size of a report in bytes.
const LARGEST: usize = 500_000;

fn run(arguments: &[&str], files: &[PathBuf]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapglass"));
    command.env("HEAPGLASS_INDEX", "off").arg("report").args(files).args(arguments).output().unwrap()
}

fn report(arguments: &[&str], files: &[PathBuf]) -> String {
    let output = run(arguments, files);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn parse(page: &str) -> Document<'_> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(page, options).unwrap_or_else(|error| panic!("{error}"))
}

fn text_of(node: Node<'_, '_>) -> String {
    node.descendants().filter(Node::is_text).filter_map(|node| node.text()).collect()
}

fn by_id<'a, 'd>(document: &'a Document<'d>, id: &str) -> Node<'a, 'd> {
    let found = document.descendants().find(|node| node.attribute("id") == Some(id));
    found.unwrap_or_else(|| panic!("no element {id}"))
}

/// The elements that a page may have.
const ELEMENTS: &[&str] = &[
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "header",
    "nav",
    "main",
    "section",
    "article",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "p",
    "a",
    "span",
    "strong",
    "code",
    "pre",
    "div",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "figure",
    "figcaption",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "details",
    "summary",
    "svg",
    "line",
    "polyline",
    "circle",
    "rect",
    "text",
];
const ATTRIBUTES: &[&str] = &[
    "lang",
    "charset",
    "name",
    "content",
    "http-equiv",
    "id",
    "class",
    "style",
    "href",
    "scope",
    "colspan",
    "role",
    "aria-label",
    "aria-labelledby",
    "viewBox",
    "preserveAspectRatio",
    "width",
    "height",
    "x",
    "y",
    "x1",
    "y1",
    "x2",
    "y2",
    "cx",
    "cy",
    "r",
    "points",
    "text-anchor",
];

/// Checks what holds for every page, whatever the heap contains.
fn check_page(page: &str) {
    assert!(page.len() <= LARGEST, "{} bytes", page.len());
    assert!(page.starts_with("<!DOCTYPE html>\n"));
    assert!(!page.chars().any(|of| is_dangerous(of) && of != '\n'), "hidden characters");
    let document = parse(page);
    let mut ids = Vec::new();
    for node in document.descendants() {
        assert!(!node.is_comment() && !node.is_pi());
        if !node.is_element() {
            continue;
        }
        let name = node.tag_name().name();
        assert!(ELEMENTS.contains(&name), "<{name}>");
        for attribute in node.attributes() {
            assert!(ATTRIBUTES.contains(&attribute.name()), "<{name} {}>", attribute.name());
            // Nothing is loaded: links stay within the page, and no value names an address.
            match attribute.name() {
                "href" => assert!(attribute.value().starts_with('#'), "{}", attribute.value()),
                "style" => assert!(attribute.value().starts_with("--share: "), "{}", attribute.value()),
                "id" => ids.push(attribute.value()),
                _ => {}
            }
        }
        if name == "style" {
            let sheet = text_of(node);
            assert!(!sheet.contains("url(") && !sheet.contains("@import"), "the style sheet loads something");
        }
        if name == "svg" {
            assert_eq!(node.first_element_child().map(|of| of.tag_name().name()), Some("title"));
            assert!(node.attribute("aria-label").is_some_and(|label| !label.is_empty()));
        }
        if name == "table" {
            assert!(node.children().any(|of| of.has_tag_name("caption")), "a table without a caption");
            let columns = node.descendants().find(|of| of.has_tag_name("tr")).unwrap();
            let columns = columns.children().filter(Node::is_element).count();
            for row in node.descendants().filter(|of| of.has_tag_name("tr")) {
                let cells = row.children().filter(Node::is_element);
                let width: usize =
                    cells.map(|of| of.attribute("colspan").map_or(1, |span| span.parse::<usize>().unwrap())).sum();
                assert_eq!(width, columns, "{}", text_of(row));
            }
        }
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "ids are not unique");
    for link in document.descendants().filter_map(|node| node.attribute("href")) {
        assert!(ids.contains(&&link[1..]), "{link} leads nowhere");
    }
    assert_eq!(document.descendants().filter(|node| node.has_tag_name("h1")).count(), 1);
}

#[test]
fn a_report_says_what_leaks_with_charts_the_path_and_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let page = report(&[], &generated::leak_files(folder.path(), true));
    check_page(&page);
    let document = parse(&page);
    let heading = text_of(document.descendants().find(|node| node.has_tag_name("h1")).unwrap());
    assert!(heading.starts_with("Leak 3 snapshots: 2 leaks."), "{heading}");
    let finding = document.descendants().find(|node| node.has_tag_name("article")).unwrap();
    let text = text_of(finding);
    for part in ["SessionRegistry.sessions accumulates Session objects", "What to do: ", "Session", "Retaining path"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let charts: Vec<_> = finding.descendants().filter(|node| node.has_tag_name("svg")).collect();
    assert_eq!(charts.len(), 2);
    for chart in charts {
        let points = chart.descendants().filter(|node| node.has_tag_name("circle")).count();
        assert_eq!(points, 3, "one point per snapshot");
    }
    for id in ["findings", "growth", "statistics", "classes", "files"] {
        assert!(!text_of(by_id(&document, id)).is_empty(), "{id}");
    }
    let growth = text_of(by_id(&document, "growth"));
    assert!(growth.contains("Session") && growth.contains("Grows in every step"), "{growth}");
    let files = text_of(by_id(&document, "files"));
    assert!(files.contains("checkout-1.heapsnapshot") && files.contains("checkout-3.heapsnapshot"), "{files}");
}

#[test]
fn a_healthy_series_and_a_single_snapshot_are_not_called_a_leak() {
    let folder = tempfile::tempdir().unwrap();
    let files = generated::leak_files(folder.path(), false);
    let healthy = report(&[], &files);
    check_page(&healthy);
    assert!(healthy.contains("<span class=\"badge healthy\">Healthy</span>"), "{healthy:.3000}");
    let single = report(&[], &files[..1]);
    check_page(&single);
    assert!(!single.contains("badge leak") && !single.contains("id=\"growth\""));
    // Different processes: nothing is said about growth.
    let strangers =
        [common::bundled("snapshots/small-1.heapsnapshot.zst"), common::bundled("snapshots/node24-1.heapsnapshot.zst")];
    let page = report(&[], &strangers);
    check_page(&page);
    assert!(
        page.contains("badge unknown") && page.contains("from different processes do not show growth"),
        "{page:.3000}"
    );
    assert!(!page.contains("One snapshot cannot show growth"), "{page:.3000}");
}

#[test]
fn notes_are_at_the_top_with_their_lines_and_without_markup() {
    let folder = tempfile::tempdir().unwrap();
    let files = generated::leak_files(folder.path(), true);
    let notes = "After the release of 2 pm.\n<b>See</b> ticket #7 & \"graphs\"";
    let page = report(&["--notes", notes], &files);
    check_page(&page);
    let document = parse(&page);
    assert_eq!(text_of(by_id(&document, "remarks")).trim(), format!("Notes\n{notes}"));
    let mut sections = document.descendants().filter(|node| node.has_tag_name("section"));
    assert_eq!(sections.find_map(|node| node.attribute("id")), Some("remarks"));
    let markdown = report(&["--notes", notes, "--format", "markdown"], &files);
    assert!(markdown.contains("## Notes\n\nAfter the release of 2 pm.\n"), "{markdown}");
}

#[test]
fn source_lines_are_included_only_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let (files, _) = generated::leak_files_with_script(folder.path());
    for format in ["html", "markdown"] {
        let without = report(&["--format", format], &files);
        let with = report(&["--format", format, "--source-lines"], &files);
        assert!(!without.contains("sessions.push("), "{without}");
        assert!(with.contains("sessions.push("), "{with}");
        assert!(without.contains("registry.mjs:"), "{without}");
    }
}

#[test]
fn the_same_files_make_the_same_report() {
    let folder = tempfile::tempdir().unwrap();
    let files = generated::leak_files(folder.path(), true);
    for format in ["html", "markdown"] {
        let first = report(&["--format", format], &files);
        assert_eq!(first, report(&["--format", format], &files));
        let mut reversed = files.clone();
        reversed.reverse();
        let sorted = report(&["--format", format], &reversed);
        assert!(sorted.contains("sorted by age"), "{sorted:.2000}");
    }
}

#[test]
fn a_report_replaces_a_file_but_never_a_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let files = generated::leak_files(folder.path(), true);
    let page = folder.path().join("report.html");
    fs::write(&page, "old").unwrap();
    let output = run(&["-o", page.to_str().unwrap()], &files);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0));
    check_page(&fs::read_to_string(&page).unwrap());
    let markdown = folder.path().join("report.MD");
    assert_eq!(run(&["-o", markdown.to_str().unwrap()], &files).status.code(), Some(0));
    assert!(fs::read_to_string(&markdown).unwrap().starts_with("# Leak: 3 snapshots: 2 leaks."));
    let before = fs::read(&files[0]).unwrap();
    let refused = run(&["-o", files[0].to_str().unwrap()], &files);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("is a snapshot"));
    assert_eq!(fs::read(&files[0]).unwrap(), before);
    assert_eq!(run(&["-o", folder.path().to_str().unwrap()], &files).status.code(), Some(2));
    let text = folder.path().join("report.txt");
    let unknown = run(&["-o", text.to_str().unwrap()], &files);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("use .html or .md, or pass --format") && !text.exists());
    assert_eq!(run(&["-o", text.to_str().unwrap(), "--format", "html"], &files).status.code(), Some(0));
    assert_eq!(run(&["--limit", "13"], &files).status.code(), Some(2));
    let nowhere = run(&["-o", folder.path().join("missing/report.html").to_str().unwrap()], &files);
    assert_eq!(nowhere.status.code(), Some(1));
    // No partial file is left.
    let left = fs::read_dir(folder.path())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains("partial"));
    assert_eq!(left.count(), 0);
}

/// Returns snapshots in which a class, its fields and its texts have a hostile name.
fn renamed(folder: &Path, name: &str) -> Vec<PathBuf> {
    let quoted = serde_json::to_string(name).unwrap();
    let inner = &quoted[1..quoted.len() - 1];
    let files = generated::leak_files(folder, true);
    for file in &files {
        let text = fs::read_to_string(file).unwrap();
        let renamed = text.replace("\"Session\"", &quoted).replace("sessions", inner).replace("SessionRegistry", inner);
        assert_ne!(renamed, text);
        fs::write(file, renamed).unwrap();
    }
    files
}

/// Checks that Markdown contains no element, link, mention or broken table outside of code.
fn check_markdown(text: &str) {
    assert!(text.len() <= LARGEST, "{} bytes", text.len());
    assert!(!text.chars().any(|of| is_dangerous(of) && of != '\n'), "hidden characters");
    let mut columns = 0;
    let mut fence: Option<String> = None;
    for line in text.lines() {
        if let Some(open) = &fence {
            if line.trim_end() == open {
                fence = None;
            }
            continue;
        }
        let ticks: String = line.chars().take_while(|of| *of == '`').collect();
        if ticks.len() >= 3 && !line[ticks.len()..].contains('`') {
            fence = Some(ticks);
            continue;
        }
        let plain = without_code(line);
        for bad in ["<", "](", "@", "http", "www.", "&"] {
            assert!(!plain.contains(bad), "{bad}: {line}");
        }
        if line.starts_with('|') {
            // A bar ends a cell even in code.
            let count = line.matches('|').count();
            assert!(columns == 0 || columns == count, "{line}");
            columns = count;
        } else {
            columns = 0;
        }
    }
    assert_eq!(fence, None, "an open block of code");
}

/// Removes the code of a line as `CommonMark` reads it: from backticks to the next run of the same length.
fn without_code(line: &str) -> String {
    let (mut plain, mut rest) = (String::new(), line);
    while let Some(start) = rest.find('`') {
        plain.push_str(&rest[..start]);
        let ticks = rest[start..].chars().take_while(|of| *of == '`').count();
        let inside = &rest[start + ticks..];
        let mut at = 0;
        let end = loop {
            let Some(found) = inside[at..].find('`').map(|found| at + found) else { break None };
            let run = inside[found..].chars().take_while(|of| *of == '`').count();
            if run == ticks {
                break Some(found + run);
            }
            at = found + run;
        };
        if let Some(end) = end {
            rest = &inside[end..];
        } else {
            plain.push_str(&rest[start..start + ticks]);
            rest = inside;
        }
    }
    plain + rest
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn no_name_of_a_heap_becomes_markup(parts in prop::collection::vec(
        prop::sample::select(vec![
            "<script>alert(1)</script>", "</code>", "\" onclick=\"x", "'", "&amp;", "`", "```", "|", "\\", "[a](javascript:b)",
            "@octocat", "\n# x", "]]>", "<!--", "\u{202e}", "\0", "\u{1b}[2J", "\u{ffff}", "é", "表", "x", " ", "https://evil.example",
        ]), 1..8)
    ) {
        let folder = tempfile::tempdir().unwrap();
        let name = format!("N{}", parts.concat());
        let files = renamed(folder.path(), &name);
        check_page(&report(&["--source-lines"], &files));
        check_markdown(&report(&["--format", "markdown", "--source-lines"], &files));
    }
}

#[test]
fn a_heap_of_long_hostile_names_makes_a_small_report() {
    let folder = tempfile::tempdir().unwrap();
    let files = renamed(folder.path(), &"\"<\u{202e}&".repeat(200_000));
    check_page(&report(&[], &files));
    check_markdown(&report(&["--format", "markdown"], &files));
    let file = folder.path().join("poison.heapsnapshot");
    fs::write(&file, poisoned(POISON)).unwrap();
    check_page(&report(&["--notes", POISON.replace('\0', "").as_str()], std::slice::from_ref(&file)));
}

#[test]
fn corpus_reports_are_small_well_formed_and_without_markup_of_the_heap() {
    for case in common::cases() {
        let page = report(&[], std::slice::from_ref(&case.file));
        check_page(&page);
        check_markdown(&report(&["--format", "markdown"], std::slice::from_ref(&case.file)));
    }
}

#[test]
fn a_page_meets_the_rules_of_html() {
    let folder = tempfile::tempdir().unwrap();
    let page = report(&["--notes", "x"], &generated::leak_files(folder.path(), true));
    let document = parse(&page);
    // An element that ends with a slash is closed only in SVG, or if it is void.
    for node in document.descendants().filter(|node| node.is_element() && !node.has_children()) {
        let written = &page[node.range()];
        let is_void = ["meta"].contains(&node.tag_name().name());
        let in_svg = node.ancestors().any(|of| of.has_tag_name("svg"));
        assert!(!written.ends_with("/>") || is_void || in_svg, "{written}");
    }
    // Paragraphs and headings contain only text and phrases.
    for node in document.descendants().filter(|node| ["p", "h1", "h2", "h3", "h4"].contains(&node.tag_name().name())) {
        for inner in node.descendants().skip(1).filter(Node::is_element) {
            assert!(["span", "code", "strong", "a"].contains(&inner.tag_name().name()), "{inner:?}");
        }
    }
    // Lists contain only what they may.
    for node in document.descendants().filter(|node| ["ul", "ol"].contains(&node.tag_name().name())) {
        assert!(node.children().filter(Node::is_element).all(|of| of.has_tag_name("li")));
    }
    let levels: Vec<u32> = document
        .descendants()
        .filter_map(|node| node.tag_name().name().strip_prefix('h').and_then(|level| level.parse().ok()))
        .collect();
    assert_eq!(levels.first(), Some(&1));
    assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
}

/// Returns the path of a Chromium, if there is one.
fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let usual = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];
    let folders = std::env::var_os("PATH").map_or_else(Vec::new, |path| std::env::split_paths(&path).collect());
    named.or_else(|| folders.iter().flat_map(|folder| usual.map(|name| folder.join(name))).find(|file| file.is_file()))
}

/// Runs a browser on a page and returns the file that it writes.
fn browse(browser: &Path, page: &Path, out: &Path, arguments: &[&str]) -> Vec<u8> {
    let profile = tempfile::tempdir().unwrap();
    let mut command = Command::new(browser);
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-pdf-header-footer"]);
    command.arg(format!("--user-data-dir={}", profile.path().display())).args(arguments);
    let output = command.arg(format!("file://{}", page.display())).output().unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    // Chromium reports blocked content and errors of the page there.
    assert!(!log.contains("Content Security Policy") && !log.contains("CONSOLE"), "{log}");
    fs::read(out).unwrap_or_else(|error| panic!("{error}: {log}"))
}

/// Returns the width, the height and the pixels of a picture.
fn pixels(bytes: &[u8]) -> (u32, u32, Vec<[u8; 3]>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut buffer = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut buffer).unwrap();
    let samples = info.color_type.samples();
    (
        info.width,
        info.height,
        buffer[..info.buffer_size()].chunks_exact(samples).map(|of| [of[0], of[1], of[2]]).collect(),
    )
}

#[test]
fn a_browser_shows_a_report_in_light_and_dark_and_prints_it() {
    let Some(browser) = chromium() else {
        println!("skipped: no Chromium; set CHROMIUM to its path");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    // Links would change the name in the picture.
    let folder = folder.path().canonicalize().unwrap();
    let files = generated::leak_files(&folder, true);
    let page = folder.join("report.html");
    let notes = "checkout 4.2.1 on eu-3, after 400 logins each. Ticket SHOP-1187.";
    let output = Command::new(env!("CARGO_BIN_EXE_heapglass"))
        .env("HEAPGLASS_INDEX", "off")
        .current_dir(&folder)
        .args(["report", "--source-lines", "--notes", notes, "-o", "report.html"])
        .args(files.iter().map(|file| file.file_name().unwrap()))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    for (theme, scheme, is_dark) in [("light", 1, false), ("dark", 0, true)] {
        let out = folder.join(format!("report-{theme}.png"));
        let (shot, scheme) =
            (format!("--screenshot={}", out.display()), format!("--blink-settings=preferredColorScheme={scheme}"));
        let written = browse(&browser, &page, &out, &[&shot, &scheme, "--window-size=1000,1500"]);
        let (width, height, pixels) = pixels(&written);
        assert_eq!((width, height), (1000, 1500));
        let background = pixels[0].iter().all(|channel| *channel < 64);
        assert_eq!(background, is_dark, "{theme}: {:?}", pixels[0]);
        // The chart is on it: its color is that of no other element but links.
        let accent = if is_dark { [0x74, 0xb0, 0xff] } else { [0x14, 0x5f, 0xc4] };
        assert!(pixels.iter().filter(|pixel| **pixel == accent).count() > 200, "{theme}: no chart");
        if std::env::var_os("UPDATE_SCREENSHOTS").is_some() {
            fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("screenshots/report-{theme}.png")), written)
                .unwrap();
        }
    }
    let out = folder.join("report.pdf");
    let pdf = browse(&browser, &page, &out, &[&format!("--print-to-pdf={}", out.display())]);
    assert!(pdf.starts_with(b"%PDF-") && pdf.len() > 10_000, "{} bytes", pdf.len());
}

/// Returns the colors of the style sheet by name, as they are defined in a part of it.
fn colors(sheet: &str) -> std::collections::BTreeMap<&str, [f64; 3]> {
    let defined = sheet.split("--").filter_map(|part| part.split_once(": #"));
    let colors = defined.filter(|(name, _)| !name.contains(' ')).filter_map(|(name, rest)| {
        let channel = |at: usize| u8::from_str_radix(rest.get(at..at + 2)?, 16).ok().map(f64::from);
        Some((name, [channel(0)?, channel(2)?, channel(4)?]))
    });
    colors.collect()
}

/// Returns the contrast of two colors as WCAG 2 defines it.
fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let luminance = |color: [f64; 3]| {
        let [red, green, blue] = color.map(|value| {
            let value = value / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn text_of_a_report_can_be_read_on_every_background_in_light_and_dark() {
    let sheet = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/html/style.css")).unwrap();
    let (light, dark) = sheet.split_once("@media screen and (prefers-color-scheme: dark)").unwrap();
    for (theme, part) in [("light", light), ("dark", dark)] {
        let colors = colors(part);
        let pairs = [
            ("text", "background"),
            ("text", "surface"),
            ("text", "bar"),
            ("weak", "background"),
            ("weak", "surface"),
            ("accent", "background"),
            ("property", "background"),
            ("string", "background"),
            ("grown", "background"),
            ("shrunk", "background"),
            ("leak", "leak-surface"),
            ("likely", "likely-surface"),
            ("healthy", "healthy-surface"),
        ];
        for (text, background) in pairs {
            let contrast = contrast(colors[text], colors[background]);
            assert!(contrast >= 4.5, "{theme}: {text} on {background} has {contrast:.2}");
        }
    }
}
