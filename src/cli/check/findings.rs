//! The classes that exceed a limit of growth.

use serde::Serialize;

use super::counts;
use super::example::Example;
use super::holders::Judged;
use super::ignore::{Names, matches};
use super::outcome::{Limit, Measured, Report};
use crate::Snapshot;
use crate::cli::args::check::{ClassPattern, GrowthLimit};
use crate::export::Position;
use crate::model::{CancelToken, Cancelled, convert, human};
use crate::query::{GrownClass, Growth, OPTIONS_DIFFER, PathGrowth, Pattern, Point, Scripts, scripts, short_script};

/// The maximum number of classes listed if the whole heap grew too much.
const CONTRIBUTORS: usize = 5;
/// Such a class accounts for at least 1/`LEAST_PART` of the growth.
const LEAST_PART: i64 = 20;
/// The part of the growth of which leaks are the explanation.
const EXPLAINED: f64 = 0.5;
/// Classes of the runtime's own objects. They grow when code runs for the first time.
const OF_THE_RUNTIME: [&str; 4] = ["(compiled code)", "(system)", "(object shape)", "(synthetic)"];

/// The limits.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    pub(super) are_defaults: bool,
    pub(super) total: Option<GrowthLimit>,
    pub(super) classes: Vec<(String, u64)>,
    pub(super) every_step: bool,
    /// The maximum number of objects in the last snapshot, by class.
    pub(super) counts: Vec<(ClassPattern, u64)>,
    pub(super) step_objects: u64,
    pub(super) step_size: u64,
    pub(super) ignored: Names,
    /// True if the snapshots were given in a different order and have been sorted by age.
    pub(super) is_reordered: bool,
}

/// A class that grew too much.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    /// The rules that it breaks, as in [`Limit::rule`].
    pub(super) rules: Vec<String>,
    pub(super) class: String,
    pub(super) location: Option<Position>,
    pub(super) pattern: &'static str,
    pub(super) snapshots: Vec<ClassPoint>,
    pub(super) new_count: u64,
    pub(super) survivor_count: u64,
    pub(super) example: Option<Example>,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct ClassPoint {
    pub(super) count: u64,
    pub(super) shallow_size: u64,
    pub(super) retained_size: u64,
}

impl Finding {
    pub(super) fn first_and_last(&self) -> (ClassPoint, ClassPoint) {
        (self.snapshots.first().copied().unwrap_or_default(), self.snapshots.last().copied().unwrap_or_default())
    }

    /// Returns a title such as `ShoppingCart (script 99, line 5)`. Lines count from 1.
    pub(super) fn title(&self) -> String {
        let name = human::visible(&self.class, 120);
        match &self.location {
            Some(Position { url: Some(url), line, .. }) => format!("{name} ({}:{})", short_script(url), line + 1),
            Some(at) => format!("{name} (script {}, line {})", at.script_id, at.line + 1),
            None => name.into_owned(),
        }
    }

    /// Formats a value of each snapshot, as in `20 → 1,020 → 2,020 objects`.
    pub(super) fn over_time(&self, of: impl Fn(&ClassPoint) -> String) -> String {
        self.snapshots.iter().map(of).collect::<Vec<_>>().join(" → ")
    }
}

/// Checks the limits and returns the report.
///
/// # Errors
/// Returns an error if a query is cancelled, which does not happen here: no token is ever cancelled.
pub(super) fn findings(
    snapshots: &[&Snapshot],
    names: Vec<String>,
    growth: &Growth,
    (rules, judged): (&Rules, Option<Judged>),
) -> Result<Report, Cancelled> {
    let notes = notes(snapshots, &names, growth, rules);
    let measured = names.into_iter().zip(&growth.totals).map(|(file, total)| Measured {
        file,
        objects: total.count,
        total_size: total.retained_size,
    });
    let scripts: Vec<Scripts> =
        snapshots.iter().map(|snapshot| scripts(snapshot, &CancelToken::new())).collect::<Result<_, Cancelled>>()?;
    let mut report = Report {
        passed: true,
        ids_match: growth.ids_match,
        options_differ: growth.options_differ,
        notes,
        limits: Vec::new(),
        snapshots: measured.collect(),
        total_growth: GrownClass::grown(&growth.totals, |total| total.retained_size),
        ignored_growth: 0,
        findings: Vec::new(),
        leaks: Vec::new(),
        violations: Vec::new(),
        baseline: None,
        against: None,
    };
    let (mut leak_limit, mut explained) = (None, 0.0);
    if let Some(judged) = judged {
        explained = judged.explained();
        (report.leaks, report.baseline, report.against) = (judged.leaks, judged.known, judged.compared);
        leak_limit = Some(judged.limit);
    }
    // Classes and the rules that they break. A class may break several.
    let mut found: Vec<(Vec<usize>, Vec<String>)> = Vec::new();
    let mut add = |classes: Vec<usize>, rule: &str| match found.iter_mut().find(|(of, _)| *of == classes) {
        Some((_, broken)) => broken.push(rule.to_owned()),
        None => found.push((classes, vec![rule.to_owned()])),
    };
    if rules.every_step {
        let limit = every_step(growth, rules, &mut add);
        report.limits.push(limit);
    }
    for (pattern, most) in &rules.classes {
        let limit = class_limit(growth, rules, (pattern, *most), &mut add);
        report.limits.push(limit);
    }
    if let Some(limit) = rules.total {
        // Leaks that explain the growth are its causes; a list of classes would only repeat them.
        let (limit, ignored) = if explained >= EXPLAINED {
            total_limit(growth, rules, limit, &mut |_, _| {})
        } else {
            total_limit(growth, rules, limit, &mut add)
        };
        report.ignored_growth = ignored;
        report.limits.insert(0, limit);
    }
    let at = usize::from(rules.total.is_some());
    if let Some(limit) = leak_limit {
        report.limits.insert(at, limit);
    }
    if let Some(&last) = snapshots.last() {
        for (pattern, most) in &rules.counts {
            let (limit, violation) = counts::check(last, pattern, *most)?;
            report.limits.push(limit);
            report.violations.extend(violation);
        }
    }
    if snapshots.iter().any(|snapshot| snapshot.recovery().is_some()) {
        // The missing data may have grown, so no limit is known to hold.
        report.limits.iter_mut().for_each(|limit| limit.passed = false);
    }
    report.passed = report.limits.iter().all(|limit| limit.passed);
    if !found.is_empty() {
        let mut paths = PathGrowth::new(snapshots, &scripts, growth.ids_match, &CancelToken::new())?;
        for (classes, broken) in found {
            let finding = finding(snapshots, &scripts, (growth, &mut paths), &classes, (broken, rules))?;
            report.findings.push(finding);
        }
    }
    // The program's own classes come before arrays and strings; then the largest growth in retained size comes first.
    report.findings.sort_by_cached_key(|finding| {
        let (first, last) = finding.first_and_last();
        let retained = last.retained_size.saturating_sub(first.retained_size);
        (finding.location.is_none(), std::cmp::Reverse(retained), finding.class.clone())
    });
    Ok(report)
}

fn notes(snapshots: &[&Snapshot], names: &[String], growth: &Growth, rules: &Rules) -> Vec<String> {
    let mut notes = Vec::new();
    for (snapshot, file) in snapshots.iter().zip(names) {
        if let Some(recovery) = snapshot.recovery() {
            let advice = recovery.advice().join(" ");
            notes.push(format!("{file} is damaged, so all limits fail: {}. {advice}", recovery.lines().join("; ")));
        }
    }
    if rules.are_defaults {
        notes.push("no limits given, using the defaults; see heapglass check --help".to_owned());
    }
    if !growth.ids_match {
        let text = "the snapshots are from different processes: numbers are totals, and examples may be old objects";
        notes.push(text.to_owned());
    } else if rules.is_reordered {
        let text = "the snapshots have been sorted by age";
        notes.push(text.to_owned());
    }
    if growth.options_differ {
        notes.push(OPTIONS_DIFFER.to_owned());
    }
    if snapshots.len() == 2 && rules.every_step {
        notes.push(
            "two snapshots are only one step, so any growth is growth in every step; take three or more".to_owned(),
        );
    }
    // A class that no longer exists is within any limit, but so is a misspelled name.
    let has_class = |is_match: &dyn Fn(&str) -> bool| growth.classes.iter().any(|class| is_match(&class.name));
    let mut missing = |pattern: &str, is_known: bool| {
        if !is_known {
            notes.push(format!("no snapshot has a class that matches {}", human::visible(pattern, 120)));
        }
    };
    for (pattern, _) in &rules.classes {
        missing(pattern, has_class(&|name| matches(pattern, name)));
    }
    for (pattern, _) in &rules.counts {
        missing(&pattern.to_string(), has_class(&|name| pattern.is_match(name)));
    }
    notes
}

type Add<'a> = &'a mut dyn FnMut(Vec<usize>, &str);

fn every_step(growth: &Growth, rules: &Rules, add: Add<'_>) -> Limit {
    const RULE: &str = "no class grows in every step";
    let (mut broken, mut exempt) = (0, 0);
    for (at, class) in growth.classes.iter().enumerate() {
        if !grows_in_every_step(growth.points(at), rules) {
            continue;
        }
        if OF_THE_RUNTIME.contains(&class.name.as_str()) || rules.ignored.has(&class.name) {
            exempt += 1;
        } else {
            broken += 1;
            add(vec![at], RULE);
        }
    }
    let objects = human::quantity(rules.step_objects, "object", "objects");
    let bytes = human::bytes(rules.step_size);
    let allowed = format!("{objects} or {bytes} per step, and 1% of the class in BASE");
    let verb = match broken {
        0 => "none grew by at least".to_owned(),
        1 => "1 class grew by at least".to_owned(),
        broken => format!("{broken} classes grew by at least"),
    };
    let aside = match exempt {
        0 => String::new(),
        exempt => {
            let exempt = human::quantity(exempt, "internal or ignored class", "internal or ignored classes");
            format!("; {exempt} not counted")
        }
    };
    let measured = format!("{verb} {allowed}{aside}");
    Limit { rule: RULE.to_owned(), allowed, passed: broken == 0, measured, is_said: true }
}

/// Returns true if each step adds more than noise.
fn grows_in_every_step(points: &[Point], rules: &Rules) -> bool {
    let Some(base) = points.first() else { return false };
    points.windows(2).all(|pair| {
        let more = |of: fn(&Point) -> u64| of(&pair[1]).saturating_sub(of(&pair[0]));
        let (objects, bytes) = (more(|point| point.count), more(|point| point.shallow_size));
        (objects >= least_step(rules, base.count)) || (bytes >= rules.step_size.max(base.shallow_size / 100).max(1))
    })
}

/// Returns the number of objects that a class with `base_count` objects in the base must gain per step to count.
fn least_step(rules: &Rules, base_count: u64) -> u64 {
    rules.step_objects.max(base_count / 100).max(1)
}

/// Checks all classes that match a name against a limit on the number of objects.
fn class_limit(growth: &Growth, rules: &Rules, (pattern, most): (&str, u64), add: Add<'_>) -> Limit {
    let rule = format!("growth of {pattern}");
    let mut by_name: Vec<(&str, Vec<usize>)> = Vec::new();
    for (at, class) in growth.classes.iter().enumerate() {
        // A limit on an exact name applies even to an ignored class; a pattern does not.
        if !matches(pattern, &class.name) || (pattern.contains('*') && rules.ignored.has(&class.name)) {
            continue;
        }
        match by_name.iter_mut().find(|(name, _)| *name == class.name) {
            Some((_, classes)) => classes.push(at),
            None => by_name.push((&class.name, vec![at])),
        }
    }
    let mut largest: Option<(i64, &str)> = None;
    for (name, classes) in by_name {
        let each = classes.iter().map(|&class| GrownClass::grown(growth.points(class), |point| point.count));
        let grown = each.fold(0, i64::saturating_add);
        if largest.is_none_or(|(most, _)| grown > most) {
            largest = Some((grown, name));
        }
        if is_above(grown, most) {
            add(classes, &rule);
        }
    }
    let (grown, name) = largest.unwrap_or((0, pattern));
    Limit {
        rule,
        allowed: human::quantity(most, "object", "objects"),
        passed: !is_above(grown, most),
        measured: format!("{} of {}", plain_signed(grown), human::visible(name, 120)),
        is_said: false,
    }
}

/// Checks the growth of the whole heap. Also returns the growth of the ignored classes.
fn total_limit(growth: &Growth, rules: &Rules, limit: GrowthLimit, add: Add<'_>) -> (Limit, i64) {
    const RULE: &str = "total growth";
    let base = growth.totals.first().map_or(0, |total| total.retained_size);
    let grown_size = |class: usize| GrownClass::grown(growth.points(class), |point| point.shallow_size);
    let is_ignored = |class: usize| rules.ignored.has(&growth.classes[class].name);
    let ignored: i64 =
        (0..growth.classes.len()).filter(|&class| is_ignored(class)).map(grown_size).fold(0, i64::saturating_add);
    let grown = GrownClass::grown(&growth.totals, |total| total.retained_size).saturating_sub(ignored);
    let passed = !is_above(grown, limit.of(base));
    if !passed {
        let mut most: Vec<(i64, usize)> = (0..growth.classes.len())
            .filter(|&class| !is_ignored(class))
            .map(|class| (grown_size(class), class))
            .filter(|&(of_class, _)| of_class > 0 && of_class >= grown / LEAST_PART)
            .collect();
        most.sort_by_key(|&(grown, class)| (std::cmp::Reverse(grown), class));
        most.truncate(CONTRIBUTORS);
        for (_, class) in most {
            add(vec![class], RULE);
        }
    }
    let percent = convert::percent(grown.unsigned_abs(), base);
    let sign = if grown < 0 { "-" } else { "+" };
    let without = if ignored == 0 {
        String::new()
    } else {
        format!(", excluding {} of ignored classes", human::bytes(ignored.unsigned_abs()))
    };
    let measured = format!("{sign}{} ({sign}{percent:.1}%){without}", human::bytes(grown.unsigned_abs()));
    (Limit { rule: RULE.to_owned(), allowed: limit.to_string(), passed, measured, is_said: false }, ignored)
}

/// Returns true if the growth exceeds a limit, which may exceed `i64::MAX`.
fn is_above(grown: i64, most: u64) -> bool {
    u64::try_from(grown).is_ok_and(|grown| grown > most)
}

/// Formats a difference with ASCII characters only.
fn plain_signed(difference: i64) -> String {
    human::signed_count(difference).replace('−', "-")
}

/// Returns the finding for classes that are checked as one, with an example of their objects.
fn finding(
    snapshots: &[&Snapshot],
    scripts: &[Scripts],
    (growth, paths): (&Growth, &mut PathGrowth<'_>),
    classes: &[usize],
    (broken, rules): (Vec<String>, &Rules),
) -> Result<Finding, Cancelled> {
    let mut points = vec![ClassPoint::default(); snapshots.len()];
    let (mut new_count, mut survivor_count) = (0, 0);
    for &class in classes {
        for (sum, point) in points.iter_mut().zip(growth.points(class)) {
            sum.count += point.count;
            sum.shallow_size = sum.shallow_size.saturating_add(point.shallow_size);
            sum.retained_size = sum.retained_size.saturating_add(point.retained_size);
        }
        new_count += growth.classes[class].new_count;
        survivor_count += growth.classes[class].survivor_count;
    }
    // The example and the location come from the class that grew most.
    let chief = classes
        .iter()
        .copied()
        .max_by_key(|&class| (GrownClass::grown(growth.points(class), |point| point.count), std::cmp::Reverse(class)));
    let chief = chief.and_then(|class| growth.classes.get(class));
    let example = match snapshots.last() {
        // No new objects, so an existing one grew, such as a Map. The largest is the most likely one.
        Some(last) if growth.ids_match && new_count == 0 => {
            let class = chief.and_then(|class| class.last_class);
            let largest = class.and_then(|class| {
                let nodes = last.graph().nodes().filter(|&node| last.class_id(node) == class);
                nodes.max_by_key(|&node| (last.shallow_size(node), std::cmp::Reverse(node)))
            });
            largest.map(|node| Example::of(last, node)).transpose()?
        }
        Some(last) => {
            let base = points.first().map_or(0, |base| base.count);
            let most = paths.most(growth, classes, least_step(rules, base), &CancelToken::new())?;
            most.map(|held| Example::new(last, held))
        }
        None => None,
    };
    // One class keeps its own pattern; several get the pattern of their sums, as for the limit.
    let sums: Vec<Point> = points
        .iter()
        .map(|&ClassPoint { count, shallow_size, retained_size }| Point { count, shallow_size, retained_size })
        .collect();
    Ok(Finding {
        rules: broken,
        class: chief.map_or_else(String::new, |class| class.name.clone()),
        location: chief.and_then(|class| {
            let id = class.key.location?.script_id;
            // In one process any snapshot may name the script; the last one is asked first.
            let mut asked = scripts.iter().rev().take(if growth.ids_match { scripts.len() } else { 1 });
            let of = asked.find(|of| of.url(id).is_some()).or(scripts.last())?;
            Position::of_class(class.key.location, class.joined_count, of)
        }),
        pattern: Pattern::of(&sums).label(),
        snapshots: points,
        new_count,
        survivor_count,
        example,
    })
}
