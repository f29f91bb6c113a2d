//! Collects a report from snapshots and their findings.

use super::bounds::{NAME, PLACE, SENTENCE, cut, sampled};
use super::finding::finding_part;
use super::record::{
    CategoryLine, Chart, ClassLine, ClassesPart, Figure, FileLine, GrownLine, GrowthPart, Judgment, Report, StringLine,
    StringsPart, Unit,
};
use crate::Snapshot;
use crate::analysis::{Location, Program};
use crate::capture::Record;
use crate::findings::{Findings, Kind, Verdict};
use crate::model::{CancelToken, Cancelled, ClassId, convert, human};
use crate::query::{
    Filter, GroupSort, GrownClass, GrowthGroup, GrowthSort, Lens, ListSpec, Pattern, Scripts, Sort, duplicate_groups,
    duplicate_strings, grown_classes, growth, order, scripts,
};

/// The maximum number of characters of the text of the person who wrote the report.
const REMARKS: usize = 20_000;
/// The maximum number of characters of a string.
const STRING: usize = 100;
/// The maximum number of rows of the tables.
const CLASSES: usize = 25;
const GROWN: usize = 15;
const STRINGS: usize = 15;
const FILES: usize = 40;
const NOTES: usize = 20;
/// Duplicate strings that waste less than this part of the heap are not listed.
const RELEVANT_WASTE: f64 = 0.01;

/// A snapshot of a report.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) name: &'a str,
    /// The record of its capture, if there is one beside the file.
    pub(crate) captured: Option<&'a Record>,
}

/// All that a report is made of.
#[derive(Clone, Debug)]
pub(crate) struct Input<'a> {
    /// The oldest first.
    pub(crate) subjects: &'a [Subject<'a>],
    pub(crate) found: &'a Findings,
    /// Findings that are described; others are counted.
    pub(crate) limit: usize,
    pub(crate) notes: &'a [String],
    /// Text of the person who writes the report.
    pub(crate) remarks: Option<&'a str>,
    pub(crate) with_source_lines: bool,
    /// The options with which the files were opened, for the reader.
    pub(crate) options: Vec<(&'static str, String)>,
}

/// Collects a report of at least one snapshot.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub(crate) fn report(input: &Input<'_>, cancel: &CancelToken) -> Result<Option<Report>, Cancelled> {
    let snapshots: Vec<&Snapshot> = input.subjects.iter().map(|subject| subject.snapshot).collect();
    let (Some(&first), Some(&last)) = (snapshots.first(), snapshots.last()) else { return Ok(None) };
    let found = input.found;
    let total = Chart {
        title: "Heap size",
        unit: Unit::Bytes,
        values: sampled(snapshots.iter().map(|snapshot| snapshot.total_size())),
    };
    let described = found.findings.iter().take(input.limit);
    let findings: Vec<_> = described.map(|of| finding_part(of, last, input.with_source_lines)).collect();
    let notes = input.notes.iter().take(NOTES).map(|note| cut(note, SENTENCE)).collect();
    Ok(Some(Report {
        judgment: judgment(found),
        summary: cut(&found.summary, SENTENCE),
        remarks: input.remarks.map(|text| cut(text.trim(), REMARKS)).filter(|text| !text.is_empty()),
        notes,
        figures: figures(first, last, &snapshots, found),
        more_findings: found.findings.len() - findings.len(),
        findings,
        growth: if snapshots.len() > 1 { Some(growth_part(&snapshots, cancel)?) } else { None },
        classes: classes(last, cancel)?,
        categories: categories(first, last),
        strings: strings(last, cancel)?,
        files: input.subjects.iter().take(FILES).map(file).collect(),
        more_files: snapshots.len().saturating_sub(FILES),
        options: input.options.iter().map(|(label, value)| (*label, cut(value, SENTENCE))).collect(),
        total,
    }))
}

/// Returns `app.js:12`, as written if a source map has it, with the end of a long URL.
fn place(location: Option<Location>, scripts: &Scripts) -> Option<String> {
    let place = scripts.place(location?);
    Some(human::visible_ends(&format!("{}:{}", place.url?, place.line.saturating_add(1)), PLACE).into_owned())
}

fn judgment(found: &Findings) -> Judgment {
    let is_growth = |kind: Kind| kind == Kind::Growth;
    let growing = found.findings.iter().filter(|finding| is_growth(finding.kind)).map(|finding| finding.verdict).min();
    match (found.ids_match, growing) {
        (Some(true), Some(verdict)) => Judgment::Found(verdict),
        (Some(true), None) => Judgment::Healthy,
        (None, _) if !found.findings.is_empty() => Judgment::Found(Verdict::Watch),
        _ => Judgment::NotJudged,
    }
}

fn figures(first: &Snapshot, last: &Snapshot, snapshots: &[&Snapshot], found: &Findings) -> Vec<Figure> {
    let is_series = snapshots.len() > 1;
    let since = |before: String| if is_series { format!("from {before}") } else { String::new() };
    let objects = |snapshot: &Snapshot| human::count(snapshot.graph().node_count() as u64);
    let steps = human::quantity(snapshots.len().saturating_sub(1) as u64, "step", "steps");
    let mut figures = vec![
        Figure {
            label: "Snapshots",
            value: human::count(snapshots.len() as u64),
            detail: if is_series { steps } else { "growth is not known".to_owned() },
        },
        Figure {
            label: "Heap size",
            value: human::bytes(last.total_size()),
            detail: since(human::bytes(first.total_size())),
        },
        Figure { label: "Objects", value: objects(last), detail: since(objects(first)) },
    ];
    if is_series {
        let grown = crate::model::difference(last.total_size(), first.total_size());
        let percent = 100.0 * convert::share(grown.unsigned_abs(), first.total_size());
        let sign = if grown < 0 { "−" } else { "+" };
        figures.push(Figure {
            label: "Growth",
            value: human::Units::Decimal.signed(grown),
            detail: format!("{sign}{percent:.1}%"),
        });
    }
    let counts = [Verdict::Leak, Verdict::Likely, Verdict::Watch].map(|verdict| (verdict, found.count(verdict)));
    let named = counts.iter().filter(|(_, count)| *count > 0).map(|(verdict, count)| match verdict {
        Verdict::Leak => human::quantity(*count as u64, "leak", "leaks"),
        Verdict::Likely => format!("{count} likely"),
        Verdict::Watch => format!("{count} to watch"),
    });
    figures.push(Figure {
        label: "Findings",
        value: human::count(found.findings.len() as u64),
        detail: named.collect::<Vec<_>>().join(", "),
    });
    figures
}

fn growth_part(snapshots: &[&Snapshot], cancel: &CancelToken) -> Result<GrowthPart, Cancelled> {
    let grown = growth(snapshots, cancel)?;
    let groups = [Pattern::EveryStep, Pattern::SomeSteps, Pattern::Once];
    let (mut rows, mut more) = (Vec::new(), 0);
    for pattern in groups {
        let classes = grown_classes(&grown, GrowthGroup::Pattern(pattern), GrowthSort::BY_RETAINED_GROWTH, "");
        let listed = classes.len().min(GROWN.saturating_sub(rows.len()));
        more += (classes.len() - listed) as u64;
        for &row in &classes[..listed] {
            let class = &grown.classes[row as usize];
            let points = grown.points(row as usize);
            rows.push(GrownLine {
                name: cut(&class.name, NAME),
                pattern: pattern.label(),
                counts: sampled(points.iter().map(|point| point.count)),
                new_count: class.new_count,
                retained_growth: GrownClass::grown(points, |point| point.retained_size),
            });
        }
    }
    Ok(GrowthPart { rows, more, ids_match: grown.ids_match })
}

fn classes(snapshot: &Snapshot, cancel: &CancelToken) -> Result<ClassesPart, Cancelled> {
    let scripts = scripts(snapshot, cancel)?;
    let list = ListSpec::Classes;
    let rows = order(snapshot, list, Sort::BY_RETAINED_SIZE, &Filter::default(), Lens::default(), cancel)?.rows;
    let line = |&row: &u32| {
        let class = snapshot.classes().get(ClassId(row));
        ClassLine {
            name: cut(&class.name, NAME),
            place: place(class.key.location, &scripts),
            count: class.count,
            distance: class.distance.to_string(),
            shallow_size: class.shallow_size,
            retained_size: class.retained_size,
            percent: convert::percent(class.retained_size, snapshot.total_size()),
        }
    };
    Ok(ClassesPart { rows: rows.iter().take(CLASSES).map(line).collect(), class_count: rows.len() })
}

fn categories(first: &Snapshot, last: &Snapshot) -> Vec<CategoryLine> {
    if last.producer().program == Program::Julia {
        // Its kinds are the types of the language.
        return Vec::new();
    }
    let of = |snapshot: &Snapshot| {
        let sums = snapshot.statistics();
        [
            ("Code", sums.code),
            ("Strings", sums.strings),
            ("JavaScript arrays", sums.js_arrays),
            ("Typed arrays", sums.typed_arrays),
            ("Other native memory", sums.native_total.saturating_sub(sums.typed_arrays)),
            ("Other JavaScript objects", sums.other_js_objects()),
            ("System", sums.system),
        ]
    };
    of(first).into_iter().zip(of(last)).map(|((label, first), (_, last))| CategoryLine { label, first, last }).collect()
}

fn strings(snapshot: &Snapshot, cancel: &CancelToken) -> Result<Option<StringsPart>, Cancelled> {
    let found = duplicate_strings(snapshot, cancel)?;
    let share = convert::share(found.wasted_bytes, snapshot.total_size());
    if share < RELEVANT_WASTE {
        return Ok(None);
    }
    let rows = duplicate_groups(&found, snapshot, GroupSort::BY_WASTED_SIZE, "", cancel)?;
    let line = |&row: &u32| {
        let group = &found.groups[row as usize];
        // Four bytes per character at most, and one more character shows that there is more.
        let (text, _) = snapshot.string_value(group.first, 4 * (STRING + 1));
        StringLine { text: cut(&text, STRING), copies: group.count, wasted_bytes: group.wasted_bytes }
    };
    Ok(Some(StringsPart {
        rows: rows.iter().take(STRINGS).map(line).collect(),
        group_count: rows.len(),
        string_count: found.string_count,
        wasted_bytes: found.wasted_bytes,
        percent: 100.0 * share,
    }))
}

fn file(subject: &Subject<'_>) -> FileLine {
    let (snapshot, source) = (subject.snapshot, subject.snapshot.source());
    let captured = subject.captured;
    let changed = || {
        let time = jiff::Timestamp::try_from(source.modified?).ok()?;
        Some(format!("file of {}", time.strftime("%Y-%m-%d %H:%M:%S UTC")))
    };
    let mut facts = Vec::new();
    if let Some(captured) = captured {
        let usage = captured.memory_usage.map(|usage| format!(", process {}", human::bytes(usage.rss)));
        let process = usage.unwrap_or_default();
        let garbage = if captured.collected_garbage { ", after a garbage collection" } else { "" };
        let position =
            if captured.of > 1 { format!(", {} of {}", captured.position, captured.of) } else { String::new() };
        let took = human::duration(std::time::Duration::from_millis(captured.took_ms));
        facts.push(cut(
            &format!("{} at {}: took {took}{position}{garbage}{process}", captured.target, captured.address),
            SENTENCE,
        ));
    }
    facts.extend(source.note.as_deref().map(|note| cut(note, SENTENCE)));
    facts.extend(snapshot.recovery().map(|_| "damaged: only what could be read of it is in this report".to_owned()));
    FileLine {
        name: human::visible_ends(subject.name, PLACE).into_owned(),
        file_size: source.size_bytes,
        objects: snapshot.graph().node_count() as u64,
        references: snapshot.graph().edge_count() as u64,
        total_size: snapshot.total_size(),
        written_by: cut(&snapshot.producer().label(), NAME),
        time: captured.map(|of| of.began.clone()).filter(|time| !time.is_empty()).or_else(changed),
        facts,
    }
}
