//! Allocation stacks: the nested `trace_tree` as flat columns, of any depth.

use rayon::prelude::*;

use crate::memory::{OutOfMemory, growth};
use crate::model::stored::stored;

/// Functions and call tree of recorded allocations; empty if the file has none.
#[derive(Debug, Default)]
pub struct AllocationTrace {
    /// The rows of `trace_function_infos`, back to back, in the order of the fields in the header.
    pub function_infos: Vec<u64>,
    pub tree: TraceTree,
}

stored!(AllocationTrace { function_infos, tree });

impl TraceTree {
    /// Returns whether every node has all fields and a caller before it.
    #[must_use]
    pub(crate) fn fits(&self) -> bool {
        let is_before = |(node, &parent): (usize, &u32)| parent == u32::MAX || (parent as usize) < node;
        self.parents.len().checked_mul(self.field_count) == Some(self.fields.len())
            && u32::try_from(self.parents.len()).is_ok()
            && self.parents.par_iter().enumerate().all(is_before)
    }
}

impl AllocationTrace {
    /// Returns the bytes held on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        (self.function_infos.capacity() + self.tree.fields.capacity()) * 8 + self.tree.parents.capacity() * 4
    }
}

/// The call tree, with one entry per node in each column, parents before their children.
#[derive(Debug, Default)]
pub struct TraceTree {
    /// The scalar fields of each node, back to back: all fields in the header except `children`.
    pub fields: Vec<u64>,
    pub field_count: usize,
    /// Position of the caller's node; `u32::MAX` for a root.
    pub parents: Vec<u32>,
}

stored!(TraceTree { fields, field_count, parents });

/// Builds a [`TraceTree`] from text that arrives in windows.
#[derive(Debug, Default)]
pub(super) struct TraceTreeReader {
    tree: TraceTree,
    /// The stack of open nodes, outermost first.
    stack: Vec<u32>,
    pending: usize,
    depth: usize,
    is_out_of_memory: bool,
}

impl TraceTreeReader {
    /// Starts after the opening bracket. A node has `fields` fields, the last of which are its children.
    pub(super) fn start(&mut self, fields: usize) {
        self.tree.field_count = fields.max(2) - 1;
        self.depth = 1;
    }

    /// Returns whether the maximum number of nodes is reached.
    pub(super) fn is_full(&self) -> bool {
        u32::try_from(self.tree.parents.len()).is_err()
    }

    /// Returns whether reading failed for lack of memory.
    pub(super) fn is_out_of_memory(&self) -> bool {
        self.is_out_of_memory
    }

    /// Returns the bytes of memory used so far.
    pub(super) fn peak_bytes(&self) -> usize {
        self.tree.fields.len() * 8 + (self.tree.parents.len() + self.stack.len()) * 4
    }

    pub(super) fn finish(self) -> TraceTree {
        self.tree
    }

    fn push_node(&mut self, node: u32) -> Result<(), OutOfMemory> {
        growth::push(&mut self.tree.parents, self.stack.last().copied().unwrap_or(u32::MAX))?;
        growth::push(&mut self.stack, node)
    }

    /// Reads on. Returns the number of consumed bytes, and whether the tree ended with them. The error is a position in
    /// `text`.
    pub(super) fn read(&mut self, text: &[u8]) -> Result<(usize, bool), usize> {
        let mut at = 0;
        while let Some(&byte) = text.get(at) {
            match byte {
                b' ' | b'\n' | b'\r' | b'\t' | b',' => at += 1,
                b'[' => {
                    if self.pending != self.tree.field_count {
                        return Err(at);
                    }
                    let node = u32::try_from(self.tree.parents.len()).map_err(|_| at)?;
                    self.is_out_of_memory = self.push_node(node).is_err();
                    if self.is_out_of_memory {
                        return Err(at);
                    }
                    self.pending = 0;
                    self.depth += 1;
                    at += 1;
                }
                b']' => {
                    if self.pending != 0 {
                        return Err(at);
                    }
                    self.depth -= 1;
                    at += 1;
                    if self.depth == 0 {
                        return Ok((at, true));
                    }
                    self.stack.pop();
                }
                b'0'..=b'9' => {
                    let digits = text[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                    if at + digits == text.len() {
                        return Ok((at, false));
                    }
                    if self.pending == self.tree.field_count {
                        return Err(at);
                    }
                    let value = std::str::from_utf8(&text[at..at + digits]).ok().and_then(|digits| digits.parse().ok());
                    self.is_out_of_memory = growth::push(&mut self.tree.fields, value.ok_or(at)?).is_err();
                    if self.is_out_of_memory {
                        return Err(at);
                    }
                    self.pending += 1;
                    at += digits;
                }
                _ => return Err(at),
            }
        }
        Ok((at, false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_split_at_any_byte_reads_the_same() {
        let text = b"1,0,0,0,[2,1,3,40,[],3,2,1,8,[4,5,6,7,[]]]]";
        for cut in 0..text.len() {
            let mut reader = TraceTreeReader::default();
            reader.start(5);
            let (taken, ended) = reader.read(&text[..cut]).expect("valid");
            assert!(!ended);
            assert_eq!(reader.read(&text[taken..]), Ok((text.len() - taken, true)));
            let tree = reader.finish();
            assert_eq!(tree.parents, [u32::MAX, 0, 0, 2]);
            assert_eq!(tree.fields, [1, 0, 0, 0, 2, 1, 3, 40, 3, 2, 1, 8, 4, 5, 6, 7]);
        }
    }
}
