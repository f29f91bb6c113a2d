//! `summary` and `class`: the classes of a snapshot, and the objects of one.

use serde_json::json;

use super::super::answer::{Answer, arguments};
use super::super::arguments::{Argument, CLASS_PART, Kind, SNAPSHOT};
use super::super::failure::Failure;
use super::super::labels::{NAME, distance, object, script_position, sizes};
use super::super::text::quoted;
use super::super::tool::{Call, Tool};
use super::super::workspace::OpenSnapshot;
use crate::findings::{FoldedPathOf, chips};
use crate::model::{ClassId, NodeOrdinal, convert, human};
use crate::query::{Filter, ListSpec, OrderKey, Scripts, ScriptsOf, Sort, SortKey, class_totals, unreachable_note};

pub(in crate::mcp) static SUMMARY: Tool = Tool {
    name: "summary",
    title: "Classes of a snapshot",
    description: "Totals of a snapshot, its bytes by category, and its classes with their number of objects, shallow and \
                  retained size, largest first. Retained is what would be freed with all objects of the class. Numbers are \
                  those of Chrome DevTools.",
    arguments: &[
        SNAPSHOT,
        Argument {
            name: "sort",
            kind: Kind::Choice(&["retained", "shallow", "count", "distance", "name"]),
            description: "Order of the classes: sizes and counts largest first",
        },
        CLASS_PART,
    ],
    limits: "what grows (findings, growth); what holds the objects of a class (class, retainers); sizes of classes overlap",
    is_read_only: true,
    run: summary,
};

pub(in crate::mcp) static CLASS: Tool = Tool {
    name: "class",
    title: "Objects of a class",
    description: "One class: its totals, where its constructor is, how the largest object is held, and its objects, those \
                  that retain most first. If several classes have the name, it lists them.",
    arguments: &[
        SNAPSHOT,
        Argument {
            name: "class",
            kind: Kind::Text { is_required: true },
            description: "Name of the class, or its id such as #12 from summary, growth or compare",
        },
        Argument {
            name: "sort",
            kind: Kind::Choice(&["retained", "shallow", "distance"]),
            description: "Order of the objects: sizes largest first, distances smallest first",
        },
    ],
    limits: "objects without a size of their own; whether the class grows (growth)",
    is_read_only: true,
    run: class,
};

pub(super) fn sort(word: &str) -> Sort {
    let (key, descending) = match word {
        "shallow" => (SortKey::ShallowSize, true),
        "count" => (SortKey::Count, true),
        "distance" => (SortKey::Distance, false),
        "name" => (SortKey::Name, false),
        _ => (SortKey::RetainedSize, true),
    };
    Sort { key, descending }
}

fn summary(call: &Call<'_>) -> Result<Answer, Failure> {
    let mut answer = call.answer()?;
    let open = call.snapshot()?;
    let (snapshot, number) = (&open.snapshot, open.number());
    let filter = Filter { class_name: call.arguments.text("class").to_owned(), ..Filter::default() };
    let sort = sort(call.arguments.text("sort"));
    let list = OrderKey { snapshot: open.id, list: ListSpec::Classes, sort, filter };
    let rows = call.workspace.ask(&list, call.cancel)?;
    let rows = &rows.rows;
    let scripts = call.workspace.ask(&ScriptsOf(open.id), call.cancel)?;
    let graph = snapshot.graph();
    answer.heading(format!(
        "snapshot {number}: {} in {} and {}; {}",
        human::bytes(snapshot.total_size()),
        human::quantity(graph.node_count() as u64, "object", "objects"),
        human::quantity(graph.edge_count() as u64, "reference", "references"),
        human::quantity(rows.len() as u64, "class", "classes"),
    ));
    let sums = snapshot.statistics();
    answer.heading(format!(
        "code {}, strings {}, JS arrays {}, system {}, other objects {}, native {} (typed arrays {})",
        human::bytes(sums.code),
        human::bytes(sums.strings),
        human::bytes(sums.js_arrays),
        human::bytes(sums.system),
        human::bytes(sums.other_js_objects()),
        human::bytes(sums.native_total),
        human::bytes(sums.typed_arrays),
    ));
    if let Some(note) = unreachable_note(snapshot, call.cancel)? {
        answer.heading(format!("note: {note}"));
    }
    if let Some(&first) = rows.first() {
        let of = arguments([("snapshot", json!(number)), ("class", json!(format!("#{first}")))]);
        answer.next("class", of, "objects of the first class");
    }
    answer.next("dominators", arguments([("snapshot", json!(number))]), "single objects that retain most");
    answer.rows(rows.len(), |at| Ok::<_, Failure>(class_row(&open, ClassId(rows[at]), &scripts)))?;
    Ok(answer)
}

/// Returns a class with its totals: `#12 "Session": 400 objects, retained 1.2 MB (5.3%), shallow 12 kB, distance 5`.
fn class_row(open: &OpenSnapshot, class: ClassId, scripts: &Scripts) -> String {
    let snapshot = &open.snapshot;
    let totals = class_totals(snapshot, None, class);
    let of = snapshot.classes().get(class);
    let share = convert::percent(totals.retained_size, snapshot.total_size());
    let at = of.key.location.map(|at| format!(", at {}", script_position(scripts, at))).unwrap_or_default();
    format!(
        "#{} {}: {}, retained {} ({share:.1}%), shallow {}, distance {}{at}",
        class.0,
        quoted(&of.name, NAME),
        human::quantity(totals.count, "object", "objects"),
        human::bytes(totals.retained_size),
        human::bytes(totals.shallow_size),
        totals.distance.user().map_or_else(|| "-".to_owned(), |hops| hops.to_string()),
    )
}

/// Returns the classes that a text names: by id, by the whole name, or by a part of it.
fn named(open: &OpenSnapshot, text: &str) -> Result<Vec<ClassId>, Failure> {
    let table = open.snapshot.classes().all();
    let ids = || (0_u32..).zip(table).filter(|(_, class)| class.count > 0);
    if let Some(number) = text.strip_prefix('#') {
        let id = number.parse::<u32>().ok().filter(|&id| (id as usize) < table.len());
        let id =
            id.ok_or_else(|| Failure::expected("class: no class has this id in this snapshot; summary lists them"))?;
        return Ok(vec![ClassId(id)]);
    }
    let exact: Vec<ClassId> = ids().filter(|(_, class)| class.name == text).map(|(id, _)| ClassId(id)).collect();
    if !exact.is_empty() {
        return Ok(exact);
    }
    let wanted = text.to_lowercase();
    let similar: Vec<ClassId> =
        ids().filter(|(_, class)| class.name.to_lowercase().contains(&wanted)).map(|(id, _)| ClassId(id)).collect();
    if similar.is_empty() {
        return Err(Failure::expected(
            "class: no class has this name or a name that contains it; summary lists all classes",
        ));
    }
    Ok(similar)
}

fn class(call: &Call<'_>) -> Result<Answer, Failure> {
    let mut answer = call.answer()?;
    let open = call.snapshot()?;
    let (snapshot, number) = (&open.snapshot, open.number());
    let mut found = named(&open, call.arguments.text("class"))?;
    let scripts = call.workspace.ask(&ScriptsOf(open.id), call.cancel)?;
    let &[class] = found.as_slice() else {
        let size = |class: &ClassId| class_totals(snapshot, None, *class).retained_size;
        found.sort_by_key(|class| (std::cmp::Reverse(size(class)), class.0));
        answer
            .heading(format!("{} match; pass one of the ids", human::quantity(found.len() as u64, "class", "classes")));
        let of = arguments([("snapshot", json!(number)), ("class", json!(format!("#{}", found[0].0)))]);
        answer.next("class", of, "the one that retains most");
        answer.rows(found.len(), |at| Ok::<_, Failure>(class_row(&open, found[at], &scripts)))?;
        return Ok(answer);
    };
    let (list, sort) = (ListSpec::Members(class), sort(call.arguments.text("sort")));
    let rows =
        call.workspace.ask(&OrderKey { snapshot: open.id, list, sort, filter: Filter::default() }, call.cancel)?;
    let rows = &rows.rows;
    answer.heading(class_row(&open, class, &scripts));
    if let Some(&first) = rows.first() {
        let node = NodeOrdinal(first);
        if answer.is_first_page() {
            let path = call.workspace.ask(&FoldedPathOf { snapshot: open.id, node }, call.cancel)?;
            answer.heading(format!("the first is held by {}", quoted(&chips(&path.0).join(" → "), 400)));
        }
        let of = || arguments([("snapshot", json!(number)), ("id", json!(snapshot.id(node).to_string()))]);
        answer.next("retainers", of(), "what keeps the first object alive");
        answer.next("source", of(), "the constructor, and the lines that add such objects");
    }
    answer.rows(rows.len(), |at| {
        let node = NodeOrdinal(rows[at]);
        let (label, sizes, distance) = (object(snapshot, node), sizes(snapshot, node), distance(snapshot, node));
        Ok::<_, Failure>(format!("{label} {sizes}, {distance}"))
    })?;
    Ok(answer)
}
