//! The groups of classes over time: by pattern, with the runtime's own classes and small changes apart.

use super::growth::{Pattern, Point};

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
            Self::Small => "Growth of fewer than 10 objects and less than 10 kB, or less than 1%, in some step",
            Self::Runtime => "Classes of V8 and Node.js: they grow when code runs for the first time",
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
        let bytes = to.shallow_size.saturating_sub(from.shallow_size);
        objects >= STEP_OBJECTS.max(first.count / LEAST_PART)
            || bytes >= STEP_BYTES.max(first.shallow_size / LEAST_PART)
    };
    match pattern {
        Pattern::EveryStep => points.windows(2).all(|pair| is_step(&pair[0], &pair[1])),
        _ => is_step(first, last),
    }
}

fn is_of_runtime(name: &str, url: Option<&str>) -> bool {
    let is_internal = url.is_some_and(|url| url.starts_with("node:") || url.starts_with("internal/"));
    is_internal
        || (name.starts_with('(') && name.ends_with(')') && !DATA.contains(&name) && name != "()")
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
        assert_eq!(group("system / Context", None, &[10, 40, 80]), GrowthGroup::Runtime);
        assert_eq!(group("Timeout", Some("node:internal/timers"), &[10, 40, 80]), GrowthGroup::Runtime);
        assert_eq!(group("()", None, &[10, 40, 80]), leak, "a closure without a name");
        assert_eq!(group("Job", None, &[40, 10, 40]), GrowthGroup::Pattern(Pattern::ComesAndGoes));
    }
}
