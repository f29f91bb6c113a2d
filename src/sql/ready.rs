//! Ready queries for common questions.

/// A ready query.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ready {
    /// The question in a few words.
    pub title: &'static str,
    pub query: &'static str,
    /// True if the query compares snapshots and needs at least two.
    pub is_about_several: bool,
}

const fn ready(title: &'static str, query: &'static str) -> Ready {
    Ready { title, query, is_about_several: false }
}

/// The ready queries.
pub const READY: [Ready; 14] = [
    ready(
        "Classes by size",
        "SELECT class, count(*) AS objects, sum(shallow_size) AS bytes\nFROM nodes\nGROUP BY class\nORDER BY bytes DESC\nLIMIT 100",
    ),
    ready(
        "Largest objects",
        "SELECT id, class, name, retained_size\nFROM nodes\nORDER BY retained_size DESC\nLIMIT 100",
    ),
    ready(
        "Large objects near the roots",
        "SELECT id, class, name, distance, retained_size\nFROM nodes\nWHERE retained_size > 1000000 AND distance <= 5\nORDER BY distance, retained_size DESC",
    ),
    ready(
        "Objects with most references to them",
        "SELECT id, class, name, retainer_count, retained_size\nFROM nodes\nORDER BY retainer_count DESC\nLIMIT 100",
    ),
    ready(
        "Duplicate strings",
        "SELECT id, copies, wasted_bytes, text\nFROM strings\nWHERE copies > 1\nORDER BY wasted_bytes DESC\nLIMIT 100",
    ),
    ready(
        "Longest strings with their paths",
        "SELECT id, shallow_size, substr(name, 1, 60) AS start, path(id, snapshot) AS held_by\nFROM nodes\nWHERE kind = 'string'\nORDER BY shallow_size DESC\nLIMIT 20",
    ),
    ready(
        "Largest Maps and Sets",
        "SELECT owner_id, kind, count(*) AS entries, min(key) AS a_key\nFROM entries\nGROUP BY owner_id, kind\nORDER BY entries DESC\nLIMIT 100",
    ),
    ready(
        "Names of properties by use",
        "SELECT name, count(*) AS uses\nFROM edges\nWHERE kind = 'property'\nGROUP BY name\nORDER BY uses DESC\nLIMIT 100",
    ),
    ready(
        "Detached DOM nodes with their paths",
        "SELECT id, name, retained_size, path(id, snapshot) AS held_by\nFROM nodes\nWHERE detachedness = 2\nORDER BY retained_size DESC\nLIMIT 50",
    ),
    ready(
        "Closures by script",
        "SELECT url, count(*) AS closures, sum(shallow_size) AS bytes\nFROM nodes\nWHERE kind = 'closure'\nGROUP BY url\nORDER BY bytes DESC\nLIMIT 100",
    ),
    ready(
        "Chain of dominators of the largest string",
        "WITH RECURSIVE\n  start(id) AS (SELECT id FROM nodes WHERE kind = 'string' ORDER BY shallow_size DESC LIMIT 1),\n  chain(step, id) AS (\n    SELECT 0, id FROM start\n    UNION ALL\n    SELECT step + 1, dominator_id FROM chain JOIN nodes USING (id)\n    WHERE dominator_id <> id AND step < 1000\n  )\nSELECT step, id, class, name, retained_size\nFROM chain JOIN nodes USING (id)\nORDER BY step",
    ),
    ready("Findings", "SELECT rank, verdict, title, holder, holder_id, members, bytes\nFROM findings\nORDER BY rank"),
    Ready {
        title: "Growth by class",
        query: "SELECT class,\n  sum(snapshot = 1) AS first,\n  sum(snapshot = (SELECT max(snapshot) FROM snapshots)) AS last\nFROM nodes\nGROUP BY class\nHAVING last > first\nORDER BY last - first DESC\nLIMIT 100",
        is_about_several: true,
    },
    Ready {
        title: "Objects that grew",
        query: "SELECT id, b.class, a.retained_size AS before, b.retained_size AS after\nFROM nodes AS b JOIN nodes AS a USING (id)\nWHERE a.snapshot = 1 AND b.snapshot = 2\n  AND b.retained_size > 1000000 AND b.retained_size > a.retained_size\nORDER BY after - before DESC\nLIMIT 100",
        is_about_several: true,
    },
];
