//! Turns a holder into a finding: the path to a sample, the names, the numbers, and the sentences.

use std::collections::{BTreeMap, HashSet};

use super::candidate::Candidate;
use super::finding::{Finding, HolderFacts, Kind, MemberClass, Part, PathStep, Verdict};
use super::holders::{Gathered, Holder, Series};
use super::naming::{Names, is_generic};
use super::path::folded;
use super::patterns::{Recognized, Subject, plural, recognize};
use super::relations::also_held_by;
use super::sites::{Draft, owner, positions};
use super::sought::sought;
use super::totals::Totals;
use crate::model::{EdgeKind, NodeKind, NodeOrdinal, difference, human};
use crate::query::{Scripts, map_key};
use crate::sources::is_program_url;

/// The explanation of growth that ended.
const OVER: &str = "It grew, and then the growth ended or slowed down: it may be a cache that is full now.";
/// The maximum number of classes and keys that a finding lists.
const CLASSES: usize = 16;
const KEYS: usize = 8;
/// The maximum number of characters of a key.
const KEY_LIMIT: usize = 80;
/// The number of references between a member and the object of the program that it leads to.
const INSIDE: usize = 24;

/// Describes a candidate of a series.
pub(super) fn describe(
    series: &Series<'_>,
    scripts: &Scripts,
    candidate: &Candidate,
    totals: &Totals,
) -> Option<Draft> {
    let names = Names { side: series.sides.last()?, scripts };
    let holder = &series.holders[candidate.holders[0]];
    let (member, inside) = sample(series, names, candidate, holder)?;
    let (container, path) = path_of(names, member, inside);
    let classes = classes(series, names, candidate);
    let members = if candidate.is_members { totals.members.clone() } else { counts(holder, candidate.class) };
    let facts = Facts {
        kind: Kind::Growth,
        verdict: candidate.verdict,
        is_one_member: !candidate.is_members,
        is_over: candidate.is_slowing && totals.members.len() > 2,
        members,
        bytes: totals.bytes.clone(),
        share: Some(candidate.share),
        freed: totals.freed,
        samples: new_members(names, holder, member),
        classes,
        evidence: evidence(series, candidate, totals),
    };
    Some(compose(names, facts, (container, member), path))
}

/// The facts of a finding that sentences are made of.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) kind: Kind,
    pub(super) verdict: Verdict,
    pub(super) is_one_member: bool,
    /// True if the growth has ended.
    pub(super) is_over: bool,
    pub(super) members: Vec<u64>,
    pub(super) bytes: Vec<u64>,
    pub(super) share: Option<f64>,
    pub(super) freed: u64,
    pub(super) samples: Vec<NodeOrdinal>,
    pub(super) classes: Vec<MemberClass>,
    pub(super) evidence: Vec<String>,
}

/// Returns the object that holds a member, and the folded path.
pub(super) fn path_of(
    names: Names<'_>,
    member: NodeOrdinal,
    inside: Option<NodeOrdinal>,
) -> (NodeOrdinal, Vec<PathStep>) {
    let container = names.side.field_edge(member).map_or(member, |edge| names.side.snapshot.graph().edge_source(edge));
    (container, folded(names, container, member, inside))
}

/// Writes the sentences of a finding.
pub(super) fn compose(
    names: Names<'_>,
    facts: Facts,
    (container, member): (NodeOrdinal, NodeOrdinal),
    path: Vec<PathStep>,
) -> Draft {
    let side = names.side;
    let label = names.holder(container, side.field_edge(member));
    let is_native = matches!(side.snapshot.kind(member), NodeKind::SYNTHETIC | NodeKind::NATIVE);
    let member_class = if is_native { names.label(member) } else { names.class(member) };
    let keys = keys(names, &facts.samples);
    let inside = path.iter().rev().find(|step| step.part == Part::Inside && has_program_place(step));
    let subject = Subject {
        names,
        path: &path,
        container,
        label: &label,
        member_class: &member_class,
        inside,
        is_one_member: facts.is_one_member,
        grows: facts.kind == Kind::Growth,
    };
    let mut recognized = recognize(&subject).unwrap_or_else(|| plain(&subject));
    if facts.is_over {
        recognized.explanation = OVER.into();
        recognized.advice = "";
    }
    let also_held_by = also_held_by(names, &facts.samples, container);
    let mut explanation = recognized.explanation.clone();
    explanation = sentences(&[&explanation, &retained_text(&facts)]);
    if let Some(others) = list(&also_held_by) {
        explanation = sentences(&[&explanation, &format!("Also held by {others}.")]);
    }
    let title = format!("{}: {}", recognized.title, over_time(&facts.members));
    let owner = owner(names, container);
    let sites = positions(names, &path, owner, &recognized);
    let sought = sought(&subject, member, recognized.pattern, &facts.classes);
    let signature = signature(&label, &member_class, recognized.pattern);
    let finding = Finding {
        signature,
        kind: facts.kind,
        pattern: (!recognized.pattern.is_empty()).then_some(recognized.pattern),
        verdict: facts.verdict,
        title,
        explanation,
        advice: (!recognized.advice.is_empty()).then(|| recognized.advice.to_owned()),
        evidence: facts.evidence,
        holder: HolderFacts {
            label,
            node: container,
            name: names.label(container),
            class: names.class(container),
            location: owner.and_then(|node| names.location(node)),
        },
        member_class,
        members: facts.members,
        bytes: facts.bytes,
        share_of_growth: facts.share,
        classes: facts.classes,
        path,
        sites,
        keys,
        samples: facts.samples,
        freed_if_emptied: facts.freed,
        also_held_by,
        companions: Vec::new(),
    };
    Draft { finding, sought }
}

/// Names a structure that no pattern recognizes.
pub(super) fn plain(subject: &Subject<'_>) -> Recognized {
    Recognized {
        pattern: "",
        title: format!("{} {} {}", subject.label, subject.gathers(), plural(subject.member_class)),
        explanation: String::new(),
        advice: "",
        registered: None,
    }
}

fn sentences(parts: &[&str]) -> String {
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ")
}

/// Returns `Retained size: 641 kB, 224 kB more than in the first snapshot (98% of all growth).`
fn retained_text(facts: &Facts) -> String {
    let (Some(&first), Some(&last @ 1..)) = (facts.bytes.first(), facts.bytes.last()) else { return String::new() };
    if facts.bytes.len() == 1 || last <= first {
        return format!("Retained size: {}.", human::bytes(last));
    }
    let share = match facts.share.map(|share| share * 100.0) {
        Some(percent @ 1.0..) => format!(" ({percent:.0}% of all growth)"),
        Some(_) => " (less than 1% of all growth)".to_owned(),
        None => String::new(),
    };
    let (now, grown) = (human::bytes(last), human::bytes(last - first));
    format!("Retained size: {now}, {grown} more than in the first snapshot{share}.")
}

/// Returns `a`, `a and b` or `a, b and c`.
pub(super) fn list(names: &[String]) -> Option<String> {
    let (last, before) = names.split_last()?;
    if before.is_empty() { Some(last.clone()) } else { Some(format!("{} and {last}", before.join(", "))) }
}

/// Formats counts as `1,500 → 1,900 → 2,300`.
#[must_use]
pub(crate) fn over_time(counts: &[u64]) -> String {
    counts.iter().map(|&count| human::count(count)).collect::<Vec<_>>().join(" → ")
}

/// Returns text that is the same for the same cause in another run. Numbers within names are left out.
pub(super) fn signature(label: &str, member_class: &str, pattern: &str) -> String {
    let stable = |text: &str| -> String {
        let mut stable = String::new();
        for character in text.chars() {
            let next = if character.is_ascii_digit() { '#' } else { character };
            if next != '#' || !stable.ends_with('#') {
                stable.push(next);
            }
        }
        stable
    };
    let pattern = if pattern.is_empty() { "holder" } else { pattern };
    format!("{pattern}: {} -> {}", stable(label), stable(member_class))
}

fn has_program_place(step: &PathStep) -> bool {
    step.location.as_ref().is_some_and(|place| is_program_url(&place.url))
}

/// Returns the keys under which members are held.
fn keys(names: Names<'_>, samples: &[NodeOrdinal]) -> Vec<String> {
    let side = names.side;
    let graph = side.snapshot.graph();
    let mut keys: Vec<String> = Vec::new();
    for &sample in samples {
        let Some((edge, parent)) = side.tree.parent(sample) else { continue };
        let key = if side.is_plumbing(parent) {
            map_key(side.snapshot, edge).map(|key| names.label(key))
        } else {
            let is_property = graph.edge_kind(edge) == EdgeKind::PROPERTY;
            (is_property && side.is_keyed(edge, side.class(sample)))
                .then(|| human::visible(&side.snapshot.edge_name(edge), KEY_LIMIT).into_owned())
        };
        let Some(key) = key.filter(|key| !keys.contains(key)) else { continue };
        keys.push(key);
        if keys.len() == KEYS {
            break;
        }
    }
    keys
}

/// Returns the known new members of the class of a member.
fn new_members(names: Names<'_>, holder: &Holder, member: NodeOrdinal) -> Vec<NodeOrdinal> {
    let is_alike = |node: &NodeOrdinal| names.side.class(*node) == names.side.class(member);
    let alike: Vec<NodeOrdinal> = holder.samples.iter().copied().filter(is_alike).collect();
    if alike.is_empty() { vec![member] } else { alike }
}

fn counts(holder: &Holder, class: u32) -> Vec<u64> {
    holder.classes.iter().find(|(of, _)| *of == class).map(|(_, gathered)| gathered.counts.clone()).unwrap_or_default()
}

/// Returns a member that shows the cause, and an object of the program that it leads to if its own class says nothing.
fn sample(
    series: &Series<'_>,
    names: Names<'_>,
    candidate: &Candidate,
    holder: &Holder,
) -> Option<(NodeOrdinal, Option<NodeOrdinal>)> {
    let of_class: Vec<NodeOrdinal> =
        holder.samples.iter().copied().filter(|&node| names.side.class(node) == candidate.class).collect();
    let samples = if of_class.is_empty() { &holder.samples } else { &of_class };
    let middle = samples.get(samples.len() / 2).copied()?;
    let newest = if candidate.is_members { middle } else { part(series, names, candidate, samples).unwrap_or(middle) };
    if names.is_of_program(newest) && names.side.snapshot.kind(newest) != NodeKind::CLOSURE {
        return Some((newest, None));
    }
    // Asked for each object above each object of a class.
    let known: HashSet<NodeOrdinal> = samples.iter().copied().collect();
    let inside = |is_wanted: &dyn Fn(NodeOrdinal) -> bool| {
        let all = names.side.snapshot.graph().nodes();
        all.filter(|&node| is_wanted(node)).find_map(|node| Some((above(names, node, &known)?, Some(node))))
    };
    let is_native = matches!(names.side.snapshot.kind(newest), NodeKind::SYNTHETIC | NodeKind::NATIVE);
    let wanted = program_class(series, names, candidate, is_native);
    let by_class = wanted.and_then(|class| inside(&|node| names.side.class(node) == class));
    if by_class.is_some() || names.is_of_program(newest) {
        return Some(by_class.unwrap_or((newest, None)));
    }
    let is_function = |node| names.side.snapshot.kind(node) == NodeKind::CLOSURE && names.is_of_program(node);
    Some(inside(&is_function).unwrap_or((newest, None)))
}

/// The number of references above a part of a member that are followed to the member.
const PART_DEPTH: usize = 4096;
/// The number of parts that are looked at.
const PARTS: usize = 64;

/// Returns a new object of the class that is part of one of the members, from the middle of all.
fn part(series: &Series<'_>, names: Names<'_>, candidate: &Candidate, samples: &[NodeOrdinal]) -> Option<NodeOrdinal> {
    let shared = series.shared.last()?;
    let is_new = |node: &NodeOrdinal| names.side.class(*node) == candidate.class && !shared.all.contains(node.index());
    let all = names.side.tree.order().iter().map(|&node| NodeOrdinal(node)).filter(is_new);
    let samples: HashSet<NodeOrdinal> = samples.iter().copied().collect();
    let is_part = |mut node: NodeOrdinal| {
        for _ in 0..PART_DEPTH {
            if samples.contains(&node) {
                return true;
            }
            let Some((_, parent)) = names.side.tree.parent(node) else { break };
            node = parent;
        }
        false
    };
    let parts: Vec<NodeOrdinal> = all.take(PARTS * 8).filter(|&node| is_part(node)).take(PARTS).collect();
    parts.get(parts.len() / 2).copied()
}

/// Returns the sample that an object is part of.
fn above(names: Names<'_>, node: NodeOrdinal, samples: &HashSet<NodeOrdinal>) -> Option<NodeOrdinal> {
    let mut at = node;
    for _ in 0..INSIDE {
        at = names.side.tree.parent(at)?.1;
        if samples.contains(&at) {
            return Some(at);
        }
    }
    None
}

/// Returns the largest class of the program that grows with the members; with `of_any` one of the runtime will do.
fn program_class(series: &Series<'_>, names: Names<'_>, candidate: &Candidate, of_any: bool) -> Option<u32> {
    let of_holders = candidate.holders.iter().flat_map(|&holder| &series.holders[holder].classes);
    let growth = |counts: &[u64]| match (counts.first(), counts.last()) {
        (Some(&first), Some(&last)) => last.saturating_sub(first),
        _ => 0,
    };
    let holder = &series.holders[candidate.holders[0]];
    let least = growth(&counts(holder, candidate.class)).div_ceil(4).max(1);
    let grows = |gathered: &Gathered| growth(&gathered.counts) >= least;
    let mut classes: Vec<(u64, u32)> = of_holders
        .filter(|(class, gathered)| {
            let example = series.examples.get(*class as usize).copied().flatten();
            *class != candidate.class
                && grows(gathered)
                && example.is_some_and(|node| {
                    names.side.snapshot.kind(node) != NodeKind::CLOSURE
                        && (names.is_of_program(node) || (of_any && names.location(node).is_some()))
                })
        })
        .map(|(class, gathered)| (gathered.sizes.last().copied().unwrap_or(0), *class))
        .collect();
    classes.sort_unstable();
    classes.last().map(|&(_, class)| class)
}

/// Returns the classes that grow, those of the program first, then by growth.
fn classes(series: &Series<'_>, names: Names<'_>, candidate: &Candidate) -> Vec<MemberClass> {
    let mut joined: BTreeMap<u32, Gathered> = BTreeMap::new();
    for &holder in &candidate.holders {
        for (class, gathered) in &series.holders[holder].classes {
            let sum = joined.entry(*class).or_insert_with(|| Gathered {
                counts: vec![0; gathered.counts.len()],
                sizes: vec![0; gathered.counts.len()],
                members: vec![0; gathered.counts.len()],
            });
            for (into, from) in [(&mut sum.counts, &gathered.counts), (&mut sum.sizes, &gathered.sizes)] {
                into.iter_mut().zip(from).for_each(|(into, from)| *into = into.saturating_add(*from));
            }
        }
    }
    let mut classes: Vec<(u8, u64, MemberClass)> = joined
        .into_iter()
        .filter(|(_, gathered)| gathered.counts.last() > gathered.counts.first())
        .filter_map(|(class, gathered)| {
            let node = series.examples.get(class as usize).copied().flatten()?;
            let location = names.side.snapshot.class(node).key.location.and_then(|at| names.place(at));
            let class_name = names.side.snapshot.class(node).name.clone();
            let is_native = matches!(names.side.snapshot.kind(node), NodeKind::SYNTHETIC | NodeKind::NATIVE);
            let name = if is_native { names.label(node) } else { class_name };
            let grown = gathered.sizes.last()?.saturating_sub(*gathered.sizes.first()?);
            if name == "(synthetic)" {
                return None;
            }
            let is_text = names.side.snapshot.kind(node).is_string() || name.starts_with('(');
            let rank = if class == candidate.class { 0 } else { 1 + u8::from(is_generic(&name)) + u8::from(is_text) };
            let generated_name = names.side.snapshot.class(node).generated_name.as_deref().map(str::to_owned);
            let (counts, sizes) = (gathered.counts, gathered.sizes);
            Some((rank, grown, MemberClass { name, generated_name, location, counts, sizes }))
        })
        .collect();
    classes.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)).then_with(|| a.2.name.cmp(&b.2.name)));
    classes.into_iter().take(CLASSES).map(|(_, _, class)| class).collect()
}

fn evidence(series: &Series<'_>, candidate: &Candidate, totals: &Totals) -> Vec<String> {
    let mut evidence = Vec::new();
    let counts = if candidate.is_members {
        totals.members.clone()
    } else {
        counts(&series.holders[candidate.holders[0]], candidate.class)
    };
    let steps: Vec<String> = counts.windows(2).map(|pair| human::signed_count(difference(pair[1], pair[0]))).collect();
    evidence.push(format!("{} ({})", over_time(&counts), steps.join(", ")));
    // V8 gives native objects other ids in each snapshot.
    let example = series.examples.get(candidate.class as usize).copied().flatten();
    let side = series.sides.last();
    let is_native = side.zip(example).is_some_and(|(side, node)| side.snapshot.id(node).0 % 2 == 0);
    let gone: u64 = candidate.holders.iter().map(|&holder| series.holders[holder].gone.iter().sum::<u64>()).sum();
    evidence.push(match gone {
        _ if is_native => "native objects, whose removal cannot be tracked".to_owned(),
        0 => "none removed".to_owned(),
        gone => format!("{} removed between snapshots", human::count(gone)),
    });
    evidence.push(match (candidate.verdict, candidate.is_slowing, counts.len()) {
        (Verdict::Leak, ..) => "grows in every step".to_owned(),
        (_, true, _) => "the growth has slowed down or ended: run longer to see whether it continues".to_owned(),
        (_, _, 2) => {
            "two snapshots show only one step: take a third one after the same work to see whether the growth continues"
                .to_owned()
        }
        _ => "many objects come and go: take more snapshots to see whether the growth is bounded".to_owned(),
    });
    evidence
}
