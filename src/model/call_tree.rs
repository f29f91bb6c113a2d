//! A call tree: the callers of allocating functions, for sampling profiles and allocation stacks.

use std::ops::Range;

/// A function that calls or allocates.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct CallFunction {
    /// Empty for functions without a name.
    pub name: String,
    /// The script's URL; empty for the runtime's own functions.
    pub url: String,
    pub script_id: u64,
    /// The start of the function, counted from 0; `None` if it is not in a script.
    pub line: Option<u32>,
    pub column: Option<u32>,
}

impl CallFunction {
    /// Returns the function's display name.
    #[must_use]
    pub fn label(&self) -> &str {
        if self.name.is_empty() { "(anonymous)" } else { &self.name }
    }

    /// Returns script, line and column, counted from 1; empty for the runtime's own functions.
    #[must_use]
    pub fn place(&self) -> String {
        let script = if self.url.is_empty() && self.script_id != 0 {
            format!("script {}", self.script_id)
        } else {
            self.url.clone()
        };
        match (self.line, self.column) {
            (Some(line), Some(column)) if !script.is_empty() => {
                format!("{script}:{}:{}", u64::from(line) + 1, u64::from(column) + 1)
            }
            _ => script,
        }
    }

    /// Returns the script's file name with line and column: short enough to show next to the function's name.
    #[must_use]
    pub fn short_place(&self) -> String {
        let place = self.place();
        let start = place.rfind(['/', '\\']).map_or(0, |slash| slash + 1);
        if start < place.len() { place[start..].to_owned() } else { place }
    }

    /// Returns the bytes held on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.name.capacity() + self.url.capacity()
    }
}

/// The tree, with one entry per node in each column, in preorder: each caller is followed by the subtrees of its
/// callees.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CallTree {
    parents: Vec<u32>,
    functions: Vec<u32>,
    depths: Vec<u32>,
    /// The end of each node's subtree.
    ends: Vec<u32>,
}

impl CallTree {
    /// The parent of a node without a caller.
    pub const NONE: u32 = u32::MAX;

    /// Creates a tree. `parents` and `functions` have one entry per node. A parent comes before its children, and the
    /// nodes of a subtree are contiguous.
    #[must_use]
    pub fn new(parents: Vec<u32>, functions: Vec<u32>) -> Self {
        debug_assert_eq!(parents.len(), functions.len());
        let count = u32::try_from(parents.len()).unwrap_or(u32::MAX);
        let mut depths = vec![0; parents.len()];
        for (node, &parent) in parents.iter().enumerate() {
            if let Some(&above) = depths.get(parent as usize) {
                depths[node] = above + 1;
            }
        }
        let mut ends: Vec<u32> = (1..=count).collect();
        for node in (0..parents.len()).rev() {
            let end = ends[node];
            if let Some(above) = ends.get_mut(parents[node] as usize) {
                *above = end.max(*above);
            }
        }
        Self { parents, functions, depths, ends }
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.parents.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parents.is_empty()
    }

    /// Returns the caller, if any.
    #[inline]
    #[must_use]
    pub fn parent(&self, node: u32) -> Option<u32> {
        self.parents.get(node as usize).copied().filter(|&parent| parent != Self::NONE)
    }

    /// Returns the caller of each node.
    #[must_use]
    pub fn parents(&self) -> &[u32] {
        &self.parents
    }

    /// Returns the index of the function of each node.
    #[must_use]
    pub fn functions(&self) -> &[u32] {
        &self.functions
    }

    /// Returns the depth of each node.
    #[must_use]
    pub fn depths(&self) -> &[u32] {
        &self.depths
    }

    /// Returns the range of the node's subtree.
    #[inline]
    #[must_use]
    pub fn subtree(&self, node: u32) -> Range<u32> {
        node..self.ends.get(node as usize).copied().unwrap_or(node)
    }

    /// Returns the callees of a node, or the nodes without a caller.
    pub fn children(&self, node: Option<u32>) -> impl Iterator<Item = u32> + '_ {
        let Range { start, end } = match node {
            Some(node) => self.subtree(node).start.saturating_add(1)..self.subtree(node).end,
            None => 0..self.ends.len().try_into().unwrap_or(u32::MAX),
        };
        std::iter::successors((start < end).then_some(start), move |&child| {
            let next = self.subtree(child).end;
            (next < end).then_some(next)
        })
    }

    /// Returns the nodes on the path to the root, starting with the node itself.
    pub fn way_up(&self, node: u32) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors(Some(node), |&node| self.parent(node))
    }

    /// Returns the sum of `own` over each node's subtree.
    #[must_use]
    pub fn totals(&self, own: &[u64]) -> Vec<u64> {
        let mut totals = own.to_vec();
        for node in (0..self.parents.len().min(own.len())).rev() {
            let total = totals[node];
            if let Some(above) = totals.get_mut(self.parents[node] as usize) {
                *above = above.saturating_add(total);
            }
        }
        totals
    }

    /// Returns the bytes held on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        (self.parents.capacity() + self.functions.capacity() + self.depths.capacity() + self.ends.capacity()) * 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_totals_and_paths_to_the_root_follow_from_preorder() {
        let none = CallTree::NONE;
        //      0 ─┬─ 1 ── 2
        //         └─ 3 ─┬─ 4
        //               └─ 5     6 is separate
        let tree = CallTree::new(vec![none, 0, 1, 0, 3, 3, none], vec![0; 7]);
        let children = |node| tree.children(node).collect::<Vec<_>>();
        assert_eq!(children(None), [0, 6]);
        assert_eq!(children(Some(0)), [1, 3]);
        assert_eq!(children(Some(3)), [4, 5]);
        assert_eq!(children(Some(5)), [] as [u32; 0]);
        assert_eq!(tree.totals(&[0, 1, 2, 4, 8, 16, 32]), [31, 3, 2, 28, 8, 16, 32]);
        assert_eq!(tree.way_up(5).collect::<Vec<_>>(), [5, 3, 0]);
        assert_eq!(tree.depths(), [0, 1, 2, 1, 2, 2, 0]);
    }

    #[test]
    fn positions_count_from_one_and_are_empty_for_the_runtime() {
        let function = CallFunction {
            name: String::new(),
            url: "/srv/app/cart.js".to_owned(),
            script_id: 7,
            line: Some(9),
            column: Some(0),
        };
        assert_eq!(function.place(), "/srv/app/cart.js:10:1");
        assert_eq!(function.short_place(), "cart.js:10:1");
        assert_eq!(function.label(), "(anonymous)");
        assert_eq!(CallFunction { name: "(root)".to_owned(), ..CallFunction::default() }.place(), "");
    }
}
