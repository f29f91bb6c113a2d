//! `growth` and `compare`: classes over a series, and between two snapshots.

use serde_json::json;

use super::super::answer::{Answer, arguments};
use super::super::arguments::{Argument, CLASS_PART, Kind, SNAPSHOTS};
use super::super::failure::{Failure, nothing_open};
use super::super::labels::{NAME, ascii, growth_of_bytes, series};
use super::super::text::quoted;
use super::super::tool::{Call, Tool};
use super::series::Given;
use crate::model::human;
use crate::query::{
    ComparedClass, ComparisonKey, ComparisonOf, ComparisonSort, GrowthGroup, GrowthOf, GrowthSort, OPTIONS_DIFFER,
    Pattern, compared_classes, grown_classes,
};

/// The groups of classes, by their words.
const GROUPS: [&str; 9] =
    ["growing", "every_step", "some_steps", "once", "small", "runtime", "comes_and_goes", "shrinks", "all"];

pub(in crate::mcp) static GROWTH: Tool = Tool {
    name: "growth",
    title: "Classes that grow",
    description: "Lists classes over a series of at least two snapshots of one process: the number of objects in each \
                  snapshot, and the growth of their retained size. Use it when findings has no answer, or to see all that \
                  grows. Classes are symptoms; findings names the holders.",
    arguments: &[
        SNAPSHOTS,
        Argument {
            name: "group",
            kind: Kind::Choice(&GROUPS),
            description: "Classes by their pattern: growing (in every step, in some, or once), small growth, classes of the \
                          runtime, classes that come and go, or shrink",
        },
        CLASS_PART,
    ],
    limits: "what holds the objects (findings, retainers); objects that were allocated and freed between two snapshots",
    is_read_only: true,
    run: growth,
};

pub(in crate::mcp) static COMPARE: Tool = Tool {
    name: "compare",
    title: "Compare two snapshots",
    description: "Compares two snapshots of one process by class: objects allocated and freed in between, and the growth of \
                  the retained size, with ids of new objects. The numbers are those of Chrome DevTools' comparison.",
    arguments: &[
        Argument {
            name: "base",
            kind: Kind::Number { least: 1, most: u32::MAX as u64, default: None },
            description: "Number of the earlier snapshot. Default: the first open one",
        },
        Argument {
            name: "current",
            kind: Kind::Number { least: 1, most: u32::MAX as u64, default: None },
            description: "Number of the later snapshot. Default: the one opened last",
        },
        Argument {
            name: "sort",
            kind: Kind::Choice(&["allocated", "freed", "size", "retained", "new", "deleted", "name"]),
            description: "Order: bytes allocated, freed or both, growth of the retained size, number of new or deleted objects",
        },
        CLASS_PART,
    ],
    limits: "objects that were allocated and freed in between; new objects if the snapshots are of different processes",
    is_read_only: true,
    run: compare,
};

fn groups(word: &str) -> Vec<GrowthGroup> {
    let is_wanted = |group: &GrowthGroup| match (word, group) {
        ("growing", GrowthGroup::Pattern(pattern)) => {
            matches!(pattern, Pattern::EveryStep | Pattern::SomeSteps | Pattern::Once)
        }
        ("every_step", GrowthGroup::Pattern(pattern)) => *pattern == Pattern::EveryStep,
        ("some_steps", GrowthGroup::Pattern(pattern)) => *pattern == Pattern::SomeSteps,
        ("once", GrowthGroup::Pattern(pattern)) => *pattern == Pattern::Once,
        ("comes_and_goes", GrowthGroup::Pattern(pattern)) => *pattern == Pattern::ComesAndGoes,
        ("shrinks", GrowthGroup::Pattern(pattern)) => *pattern == Pattern::Shrinks,
        ("all", _) | ("small", GrowthGroup::Small) | ("runtime", GrowthGroup::Runtime) => true,
        _ => false,
    };
    GrowthGroup::ALL.into_iter().filter(is_wanted).collect()
}

fn growth(call: &Call<'_>) -> Result<Answer, Failure> {
    let mut answer = call.answer()?;
    let mut given = Given::of(call)?;
    if given.snapshots.len() < 2 {
        return Err(Failure::expected("snapshots: expected at least two different open snapshots of one process"));
    }
    let mut growth = call.workspace.ask(&GrowthOf(given.ids()), call.cancel)?;
    if growth.ids_match && given.sort_by_age() {
        growth = call.workspace.ask(&GrowthOf(given.ids()), call.cancel)?;
    }
    let last = given.snapshots.last().ok_or_else(nothing_open)?;
    let part = call.arguments.text("class");
    let rows: Vec<u32> = groups(call.arguments.text("group"))
        .into_iter()
        .flat_map(|group| grown_classes(&growth, group, GrowthSort::BY_RETAINED_GROWTH, part))
        .collect();
    answer.heading(format!("{}; {}", given.heading(), human::quantity(rows.len() as u64, "class", "classes")));
    given.notes.iter().for_each(|note| answer.heading(note.clone()));
    if !growth.ids_match {
        answer.heading("note: the snapshots are from different processes; only totals are compared");
    }
    if let Some(class) = rows.first().and_then(|&row| growth.classes[row as usize].last_class) {
        let of = arguments([("snapshot", json!(last.number())), ("class", json!(format!("#{}", class.0)))]);
        answer.next("class", of, "objects of the first class and what holds them");
    }
    answer.next("findings", arguments([("snapshots", json!(given.numbers()))]), "the holders that gather objects");
    answer.rows(rows.len(), |at| {
        let class = &growth.classes[rows[at] as usize];
        let points = growth.points(rows[at] as usize);
        let (first, newest) = (points.first().copied().unwrap_or_default(), points.last().copied().unwrap_or_default());
        let id = class.last_class.map(|class| format!("#{} ", class.0)).unwrap_or_default();
        Ok::<_, Failure>(format!(
            "{id}{}: {} objects, retained {} ({}); {}",
            quoted(&class.name, NAME),
            series(points.iter().map(|point| point.count.to_string())),
            human::bytes(newest.retained_size),
            growth_of_bytes(newest.retained_size, first.retained_size),
            class.group.label().to_lowercase(),
        ))
    })?;
    Ok(answer)
}

fn compare(call: &Call<'_>) -> Result<Answer, Failure> {
    let mut answer = call.answer()?;
    let all = call.workspace.all();
    let one = |name: &str, default: Option<&std::sync::Arc<super::super::workspace::OpenSnapshot>>| {
        call.arguments
            .number(name)
            .map_or_else(|| default.cloned().ok_or_else(nothing_open), |number| call.workspace.get(number))
    };
    let (base, current) = (one("base", all.first())?, one("current", all.last())?);
    if base.id == current.id {
        return Err(Failure::expected("base and current: expected two different open snapshots"));
    }
    let of = ComparisonOf { base: base.id, current: current.id, joined: false };
    let comparison = call.workspace.ask(&of, call.cancel)?;
    let key = match call.arguments.text("sort") {
        "freed" => ComparisonKey::FreedSize,
        "size" => ComparisonKey::SizeDelta,
        "retained" => ComparisonKey::RetainedDelta,
        "new" => ComparisonKey::New,
        "deleted" => ComparisonKey::Deleted,
        "name" => ComparisonKey::Name,
        _ => ComparisonKey::AllocatedSize,
    };
    let sort = ComparisonSort { key, descending: key != ComparisonKey::Name };
    let rows = compared_classes(&comparison, sort, call.arguments.text("class"));
    let count = human::quantity(rows.len() as u64, "class differs", "classes differ");
    answer.heading(format!("base {}, current {}: {count}", base.number(), current.number()));
    if !comparison.ids_match {
        answer.heading("note: the snapshots are from different processes; classes are compared by their totals");
    } else if comparison.options_differ {
        answer.heading(format!("note: {OPTIONS_DIFFER}"));
    } else if current.snapshot.max_object_id() < base.snapshot.max_object_id() {
        answer.heading("note: base is newer than current, so new and deleted are exchanged");
    }
    let new = |row: u32| comparison.new_objects(row as usize).iter().map(|&node| crate::model::NodeOrdinal(node));
    if let Some(node) = rows.first().and_then(|&row| new(row).next()) {
        let id = json!(current.snapshot.id(node).to_string());
        answer.next(
            "retainers",
            arguments([("snapshot", json!(current.number())), ("id", id)]),
            "what holds a new object",
        );
    }
    answer.next(
        "findings",
        arguments([("snapshots", json!([base.number(), current.number()]))]),
        "the holders that grow",
    );
    answer.rows(rows.len(), |at| {
        let class = &comparison.classes[rows[at] as usize];
        let examples: Vec<String> = new(rows[at]).take(2).map(|node| current.snapshot.id(node).to_string()).collect();
        Ok::<_, Failure>(compared(class, &examples))
    })?;
    Ok(answer)
}

fn compared(class: &ComparedClass, examples: &[String]) -> String {
    let id = class.current_class.map(|class| format!("#{} ", class.0)).unwrap_or_default();
    let new = if examples.is_empty() { String::new() } else { format!(", new: {}", examples.join(" ")) };
    format!(
        "{id}{}: +{} -{}, allocated {}, freed {}, retained {}{new}",
        quoted(&class.name, NAME),
        class.new_count,
        class.deleted_count,
        human::bytes(class.allocated_size),
        human::bytes(class.freed_size),
        ascii(&human::Units::Decimal.signed(class.retained_delta())),
    )
}
