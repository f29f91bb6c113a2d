//! The patterns of classes over time, and the groups in which they are listed: by pattern, with the runtime's own classes
//! and small changes apart.

/// A growth pattern of a class.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Pattern {
    /// Grows in every step, like a leak.
    EveryStep,
    /// Grows in several steps, but not in all, and never shrinks.
    SomeSteps,
    /// Grows in one step and then stays, like a cache that fills or code that is loaded.
    Once,
    /// Sometimes grows, sometimes shrinks: work in progress.
    ComesAndGoes,
    /// Shrinks and never grows.
    Shrinks,
    Steady,
}

/// Changes of less than this part of the whole range of a class do not count as steps. For [`Pattern::EveryStep`] each
/// object counts; otherwise the growth while a program starts would hide a slow leak.
const STEP_PART: u64 = 20;

impl Pattern {
    pub const ALL: [Self; 6] =
        [Self::EveryStep, Self::SomeSteps, Self::Once, Self::ComesAndGoes, Self::Shrinks, Self::Steady];

    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::EveryStep => "Grows in every step",
            Self::SomeSteps => "Grows in some steps",
            Self::Once => "Grew once and stayed",
            Self::ComesAndGoes => "Comes and goes",
            Self::Shrinks => "Shrinks",
            Self::Steady => "Steady",
        }
    }

    /// Returns the usual meaning of the pattern.
    #[must_use]
    pub fn hint(self) -> &'static str {
        match self {
            Self::EveryStep => "More in every step: likely a leak",
            Self::SomeSteps => "More in several steps and never fewer: a slow leak, or several caches",
            Self::Once => "A cache that filled, or code that was loaded",
            Self::ComesAndGoes => "Work in progress, or objects that await garbage collection",
            Self::Shrinks => "Fewer than before",
            Self::Steady => "No significant change",
        }
    }

    /// Returns the pattern of a series of points.
    #[must_use]
    pub fn of(points: &[Point]) -> Self {
        let by_size = points.windows(2).all(|pair| pair[0].count == pair[1].count);
        let amounts: Vec<u64> =
            points.iter().map(|point| if by_size { point.shallow_size } else { point.count }).collect();
        let grows = |pair: &[Point]| (pair[1].count, pair[1].shallow_size) > (pair[0].count, pair[0].shallow_size);
        if points.windows(2).all(grows) {
            return Self::EveryStep;
        }
        let (least, most) = (amounts.iter().min().copied(), amounts.iter().max().copied());
        let range = most.unwrap_or(0) - least.unwrap_or(0);
        let is_step = |pair: &&[u64]| range > 0 && pair[0].abs_diff(pair[1]) > range / STEP_PART;
        let ups = amounts.windows(2).filter(is_step).filter(|pair| pair[1] > pair[0]).count();
        let downs = amounts.windows(2).filter(is_step).filter(|pair| pair[1] < pair[0]).count();
        match (ups, downs) {
            // The range consists of small steps only.
            (0, 0) if amounts.last() > amounts.first() => Self::SomeSteps,
            (0, 0) if amounts.last() < amounts.first() => Self::Shrinks,
            (0, 0) if range == 0 => Self::Steady,
            (1, 0) => Self::Once,
            (_, 0) if ups > 0 => Self::SomeSteps,
            (0, downs) if downs > 0 => Self::Shrinks,
            _ => Self::ComesAndGoes,
        }
    }
}

/// A class, or a whole snapshot, at one time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Point {
    /// The objects that have a size.
    pub count: u64,
    /// The shallow size of these objects in bytes.
    pub shallow_size: u64,
    /// The bytes that would be freed with them.
    pub retained_size: u64,
}

/// A group of classes in the list of growth.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum GrowthGroup {
    /// Classes of the program and of the language, by pattern.
    Pattern(Pattern),
    /// Growth below the thresholds of `check`.
    Small,
    /// Classes of V8 and Node.js, which grow while code runs for the first time.
    Runtime,
}

/// A class grows in a step if it gains this many objects or bytes, and 1/`LEAST_PART` of its size at first.
const STEP_OBJECTS: u64 = 10;
const STEP_BYTES: u64 = 10_000;
const LEAST_PART: u64 = 100;

/// Classes in parentheses that hold data of a program.
const DATA: [&str; 7] =
    ["(string)", "(concatenated string)", "(sliced string)", "(array)", "(number)", "(regexp)", "(closure)"];

impl GrowthGroup {
    pub const ALL: [Self; 8] = [
        Self::Pattern(Pattern::EveryStep),
        Self::Pattern(Pattern::SomeSteps),
        Self::Pattern(Pattern::Once),
        Self::Small,
        Self::Runtime,
        Self::Pattern(Pattern::ComesAndGoes),
        Self::Pattern(Pattern::Shrinks),
        Self::Pattern(Pattern::Steady),
    ];

    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Pattern(pattern) => pattern.label(),
            Self::Small => "Grows a little",
            Self::Runtime => "V8 and Node.js",
        }
    }

    /// Returns the usual meaning of the group.
    #[must_use]
    pub fn hint(self) -> &'static str {
        match self {
            Self::Pattern(pattern) => pattern.hint(),
            Self::Small => {
                "Growth of fewer than 10 objects and less than 10 kB of retained size, or less than 1%, in some step"
            }
            Self::Runtime => {
                "Classes of V8 and Node.js. They grow when code runs for the first time, and with the objects that a program creates"
            }
        }
    }

    /// Returns the group of a class, whose script has a URL if it is known.
    pub(super) fn of(name: &str, url: Option<&str>, points: &[Point]) -> Self {
        if is_of_runtime(name, url) {
            return Self::Runtime;
        }
        let pattern = Pattern::of(points);
        let is_growth = matches!(pattern, Pattern::EveryStep | Pattern::SomeSteps | Pattern::Once);
        if is_growth && !is_significant(pattern, points) { Self::Small } else { Self::Pattern(pattern) }
    }

    /// Returns the position in [`Self::ALL`].
    #[must_use]
    pub(super) fn index(self) -> usize {
        Self::ALL.iter().position(|&group| group == self).unwrap_or(0)
    }
}

/// Returns true if a class grows by more than noise: in each step, or in total if it does not grow in each.
fn is_significant(pattern: Pattern, points: &[Point]) -> bool {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return false };
    let is_step = |from: &Point, to: &Point| {
        let objects = to.count.saturating_sub(from.count);
        let gains = |of: fn(&Point) -> u64| of(to).saturating_sub(of(from)) >= STEP_BYTES.max(of(first) / LEAST_PART);
        objects >= STEP_OBJECTS.max(first.count / LEAST_PART)
            || gains(|point| point.shallow_size)
            // A few objects can hold much.
            || objects > 0 && gains(|point| point.retained_size)
    };
    match pattern {
        Pattern::EveryStep => points.windows(2).all(|pair| is_step(&pair[0], &pair[1])),
        _ => is_step(first, last),
    }
}

fn is_of_runtime(name: &str, url: Option<&str>) -> bool {
    if let Some(url) = url {
        return url.starts_with("node:") || url.starts_with("internal/");
    }
    (name.starts_with('(') && name.ends_with(')') && !DATA.contains(&name) && name != "()")
        || ["system / ", "Node / ", "node::", "V8 ", "InternalNode", "Isolate"].iter().any(|of| name.starts_with(of))
        || name == "system"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str, url: Option<&str>, counts: &[u64]) -> GrowthGroup {
        let points: Vec<Point> =
            counts.iter().map(|&count| Point { count, shallow_size: count * 16, retained_size: 0 }).collect();
        GrowthGroup::of(name, url, &points)
    }

    #[test]
    fn classes_of_the_runtime_and_small_growth_are_separate() {
        let leak = GrowthGroup::Pattern(Pattern::EveryStep);
        assert_eq!(group("Session", Some("file:///app.js"), &[10, 40, 80]), leak);
        assert_eq!(group("(string)", None, &[10, 40, 80]), leak);
        assert_eq!(group("Session", None, &[10, 13, 16]), GrowthGroup::Small, "3 objects per step");
        assert_eq!(group("Session", None, &[10_000, 10_050, 10_100]), GrowthGroup::Small, "less than 1% per step");
        assert_eq!(group("(compiled code)", None, &[10, 40, 80]), GrowthGroup::Runtime);
        let jobs = [19, 27, 35].map(|count| Point { count, shallow_size: count * 16, retained_size: count * 200_000 });
        assert_eq!(GrowthGroup::of("ReportJob", None, &jobs), leak, "few objects that hold much");
        assert_eq!(group("system / Context", None, &[10, 40, 80]), GrowthGroup::Runtime);
        assert_eq!(group("Timeout", Some("node:internal/timers"), &[10, 40, 80]), GrowthGroup::Runtime);
        assert_eq!(group("()", None, &[10, 40, 80]), leak, "a closure without a name");
        assert_eq!(group("Job", None, &[40, 10, 40]), GrowthGroup::Pattern(Pattern::ComesAndGoes));
    }

    fn pattern(counts: &[u64]) -> Pattern {
        let points: Vec<Point> =
            counts.iter().map(|&count| Point { count, shallow_size: count * 16, retained_size: 0 }).collect();
        Pattern::of(&points)
    }

    #[test]
    fn patterns_distinguish_leaks_from_caches_and_from_temporary_objects() {
        assert_eq!(pattern(&[10, 20, 30, 40]), Pattern::EveryStep);
        assert_eq!(pattern(&[10, 500, 500, 500]), Pattern::Once);
        assert_eq!(pattern(&[10, 500, 498, 500]), Pattern::Once, "a few more or fewer are no step");
        assert_eq!(pattern(&[10, 20, 20, 30]), Pattern::SomeSteps);
        assert_eq!(pattern(&[10, 50, 12, 48]), Pattern::ComesAndGoes);
        assert_eq!(pattern(&[50, 40, 40, 10]), Pattern::Shrinks);
        assert_eq!(pattern(&[7, 7, 7]), Pattern::Steady);
        assert_eq!(pattern(&[1, 2]), Pattern::EveryStep);
        assert_eq!(pattern(&[2, 1]), Pattern::Shrinks);
    }

    #[test]
    fn growth_at_startup_does_not_hide_a_slow_leak() {
        assert_eq!(pattern(&[1000, 90_000, 90_100, 90_200]), Pattern::EveryStep);
    }

    #[test]
    fn a_growing_buffer_is_found_although_it_stays_one_object() {
        let sized = |sizes: &[u64]| -> Vec<Point> {
            sizes.iter().map(|&size| Point { count: 1, shallow_size: size, retained_size: size }).collect()
        };
        assert_eq!(Pattern::of(&sized(&[100, 200, 400])), Pattern::EveryStep);
        assert_eq!(Pattern::of(&sized(&[100, 400, 400])), Pattern::Once);
        assert_eq!(Pattern::of(&sized(&[100, 100, 100])), Pattern::Steady);
    }
}
