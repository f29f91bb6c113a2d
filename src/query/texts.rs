//! Digests of texts: a few bytes that distinguish the texts of strings, however long they are.
//!
//! A digest is a polynomial over the UTF-16 units of a text, modulo a prime, with two bases (Karp and Rabin, “Efficient
//! randomized pattern-matching algorithms”, 1987). The digest of a concatenation follows from the digests of its parts,
//! so each string of the file is read once, and the cost of a concatenated string depends on its parts and not on its
//! length. The probability that any two of a hundred million different texts collide is below one in a billion. With
//! units instead of bytes, halves of a surrogate pair in two parts equal the whole character, as in JavaScript.

use rayon::prelude::*;

use crate::analysis::{CONCATENATED_LIMIT, string_parts};
use crate::model::{CancelToken, Cancelled, EdgeKind, NodeKind, NodeOrdinal, POLL_INTERVAL, StringId, convert};
use crate::snapshot::Snapshot;

/// The modulus, a Mersenne prime: a remainder takes shifts and additions.
const PRIME: u64 = (1 << 61) - 1;
/// Arbitrary large numbers.
const BASES: [u64; 2] = [0x0e3b_4c5d_8f21_9a67, 0x13c6_ef37_2fe9_4f81];
/// The number of precomputed powers; larger exponents are rare.
const READY_POWERS: usize = 1025;
/// The number of strings that one thread reads between two checks of the token.
const BLOCK: usize = 4096;
/// The number of steps through parts without a digest that counts as a cycle, and the maximum number of steps.
const CYCLE_STEPS: usize = 4096;
const MOST_STEPS: usize = 1 << 20;
/// The maximum length of a concatenated string's text, in units.
const LIMIT: u64 = CONCATENATED_LIMIT as u64;

/// The digest of a text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(super) struct Digest {
    hashes: [u64; 2],
    /// The length in UTF-16 units.
    units: u64,
}

impl Digest {
    pub(super) fn is_empty(self) -> bool {
        self.units == 0
    }

    /// Returns the digest as a key of 128 bits.
    pub(super) fn key(self) -> [u64; 2] {
        // Leading units of value zero change only the length.
        let [a, b] = self.hashes;
        [a.wrapping_add(self.units.wrapping_mul(0x9e37_79b9_7f4a_7c15)), b]
    }
}

/// The digests of all strings of a snapshot.
pub(super) struct Texts<'a> {
    snapshot: &'a Snapshot,
    powers: Powers,
    /// By string id.
    strings: Vec<Digest>,
    /// The ordinals of the concatenated strings, ascending; for each of them its parts, and its digest once known.
    concatenated: Vec<u32>,
    parts: Vec<[Part; 2]>,
    digests: Vec<Option<Digest>>,
    detached: Digest,
}

/// A part of a concatenated string.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// An ordinal.
    Piece(u32),
    /// An index of the concatenated strings.
    Concatenated(u32),
}

impl<'a> Texts<'a> {
    /// Reads every string once.
    pub(super) fn new(snapshot: &'a Snapshot, cancel: &CancelToken) -> Result<Self, Cancelled> {
        let powers = Powers::new();
        let table = snapshot.graph().strings();
        let mut strings = vec![Digest::default(); table.len()];
        strings.par_chunks_mut(BLOCK).enumerate().try_for_each(|(block, digests)| {
            cancel.check()?;
            for (at, digest) in digests.iter_mut().enumerate() {
                let id = StringId(u32::try_from(block * BLOCK + at).unwrap_or(u32::MAX));
                *digest = powers.digest(&table.identity(id));
            }
            Ok(())
        })?;
        let concatenated = concatenated(snapshot, cancel)?;
        let parts = parts(snapshot, &concatenated, cancel)?;
        let digests = vec![None; concatenated.len()];
        let detached = powers.digest(b"Detached ");
        let mut texts = Self { snapshot, powers, strings, concatenated, parts, digests, detached };
        texts.put_together(cancel)?;
        Ok(texts)
    }

    /// Returns the digest of the node's displayed name or, for a plain object, of its name in the file. A concatenated
    /// string ends like its name: with the part that reaches the maximum length.
    pub(super) fn of(&self, node: NodeOrdinal) -> Digest {
        if self.snapshot.kind(node) == NodeKind::CONCATENATED_STRING {
            let at = self.concatenated.binary_search(&node.0).ok();
            return at.and_then(|at| self.digests[at]).unwrap_or_default();
        }
        self.piece(node)
    }

    fn piece(&self, node: NodeOrdinal) -> Digest {
        let name = self.strings[self.snapshot.graph().name_id(node).0 as usize];
        if self.snapshot.is_renamed(node) { self.powers.append(self.detached, name) } else { name }
    }

    /// Computes the digests of the concatenated strings, parts first: a text that grew by a million additions takes a
    /// million steps in total and not for each of them.
    fn put_together(&mut self, cancel: &CancelToken) -> Result<(), Cancelled> {
        let mut is_open = vec![false; self.parts.len()];
        let mut stack: Vec<u32> = Vec::new();
        let mut steps = 0;
        for start in 0..self.parts.len() {
            stack.push(u32::try_from(start).unwrap_or(u32::MAX));
            while let Some(&at) = stack.last() {
                cancel.check_every(steps)?;
                steps += 1;
                let at = at as usize;
                if self.digests[at].is_some() {
                    stack.pop();
                } else if is_open[at] {
                    self.digests[at] = Some(self.joined(at, &mut steps, cancel)?);
                    stack.pop();
                } else {
                    is_open[at] = true;
                    for part in self.parts[at].into_iter().rev() {
                        match part {
                            Part::Concatenated(part) if !is_open[part as usize] => stack.push(part),
                            _ => {}
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Returns the digest of a concatenated string from those of its parts. Parts without a digest are on a cycle.
    fn joined(&self, at: usize, steps: &mut usize, cancel: &CancelToken) -> Result<Digest, Cancelled> {
        let mut text = Digest::default();
        let [first, second] = self.parts[at];
        let mut stack = vec![second, first];
        let mut steps_left = MOST_STEPS;
        let mut cycle_steps_left = CYCLE_STEPS;
        while let Some(part) = stack.pop() {
            if text.units >= LIMIT || steps_left == 0 || cycle_steps_left == 0 {
                break;
            }
            steps_left -= 1;
            *steps += 1;
            cancel.check_every(*steps)?;
            let part = match part {
                Part::Piece(node) => {
                    text = self.powers.append(text, self.piece(NodeOrdinal(node)));
                    continue;
                }
                Part::Concatenated(part) => part as usize,
            };
            match self.digests[part] {
                // Nothing before it and nothing cut: the digest of the part is also the one here.
                Some(digest) if text.is_empty() || text.units + digest.units < LIMIT => {
                    text = self.powers.append(text, digest);
                    continue;
                }
                Some(_) => {}
                None => cycle_steps_left -= 1,
            }
            let [first, second] = self.parts[part];
            stack.push(second);
            stack.push(first);
        }
        Ok(text)
    }
}

/// Returns the ordinals of all concatenated strings, ascending.
fn concatenated(snapshot: &Snapshot, cancel: &CancelToken) -> Result<Vec<u32>, Cancelled> {
    let mut nodes = Vec::new();
    for node in snapshot.graph().nodes() {
        cancel.check_every(node.index())?;
        if snapshot.kind(node) == NodeKind::CONCATENATED_STRING {
            nodes.push(node.0);
        }
    }
    Ok(nodes)
}

fn parts(snapshot: &Snapshot, concatenated: &[u32], cancel: &CancelToken) -> Result<Vec<[Part; 2]>, Cancelled> {
    let part = |node: NodeOrdinal| {
        let at = (snapshot.kind(node) == NodeKind::CONCATENATED_STRING)
            .then(|| concatenated.binary_search(&node.0).ok().and_then(|at| u32::try_from(at).ok()));
        at.flatten().map_or(Part::Piece(node.0), Part::Concatenated)
    };
    let blocks: Vec<Vec<[Part; 2]>> = concatenated
        .par_chunks(POLL_INTERVAL)
        .map(|nodes| {
            cancel.check()?;
            let parts = |&node: &u32| string_parts(snapshot.graph(), snapshot.known(), NodeOrdinal(node)).map(part);
            Ok(nodes.iter().map(parts).collect())
        })
        .collect::<Result<_, Cancelled>>()?;
    Ok(blocks.concat())
}

impl Texts<'_> {
    /// Returns true if the node is a concatenated string with an empty part: V8 leaves such strings behind when it
    /// flattens them.
    pub(super) fn is_flat(&self, node: NodeOrdinal) -> bool {
        let (graph, known) = (self.snapshot.graph(), self.snapshot.known());
        graph.kind(node) == NodeKind::CONCATENATED_STRING
            && graph.edges(node).any(|edge| {
                let name = StringId(graph.edge_names[edge.index()]);
                graph.edge_kind(edge) == EdgeKind::INTERNAL
                    && (known.first.contains(name) || known.second.contains(name))
                    && self.of(graph.edge_target(edge)).is_empty()
            })
    }
}

/// The powers of both bases.
struct Powers(Vec<[u64; 2]>);

impl Powers {
    fn new() -> Self {
        let next = |last: &[u64; 2]| Some([times(last[0], BASES[0]), times(last[1], BASES[1])]);
        Self(std::iter::successors(Some([1, 1]), next).take(READY_POWERS).collect())
    }

    fn get(&self, exponent: u64) -> [u64; 2] {
        if let Some(&power) = usize::try_from(exponent).ok().and_then(|at| self.0.get(at)) {
            return power;
        }
        let [a, b] = self.get(exponent / 2);
        let [c, d] = self.get(exponent % 2);
        [times(times(a, a), c), times(times(b, b), d)]
    }

    /// Returns the digest of two concatenated texts.
    fn append(&self, first: Digest, second: Digest) -> Digest {
        if first.is_empty() {
            return second;
        }
        let power = self.get(second.units);
        let hash = |at: usize| {
            let product = u128::from(first.hashes[at]) * u128::from(power[at]);
            remainder(product + u128::from(second.hashes[at]))
        };
        Digest { hashes: [hash(0), hash(1)], units: first.units + second.units }
    }

    /// Returns the digest of a text in WTF-8: UTF-8 that also encodes lone surrogates.
    fn digest(&self, mut bytes: &[u8]) -> Digest {
        let mut digest = Digest::default();
        while let Some(&lead) = bytes.first() {
            if let Some((block, rest)) = bytes.split_first_chunk::<8>()
                && block.is_ascii()
            {
                // Eight at once: the products do not depend on each other.
                for (hash, at) in digest.hashes.iter_mut().zip(0..) {
                    let first = u128::from(*hash) * u128::from(self.0[8][at]);
                    let terms = block.iter().rev().zip(&self.0);
                    let sum: u128 = terms.map(|(&unit, power)| u128::from(unit) * u128::from(power[at])).sum();
                    *hash = remainder(first + sum);
                }
                digest.units += 8;
                bytes = rest;
                continue;
            }
            let length = match lead {
                ..0x80 => 1,
                0x80..0xe0 => 2,
                0xe0..0xf0 => 3,
                0xf0.. => 4,
            };
            let (character, rest) = bytes.split_at(length.min(bytes.len()));
            bytes = rest;
            let lead_bits = if length == 1 { 0x7f } else { 0x7f >> length };
            let code = character[1..]
                .iter()
                .fold(u32::from(lead & lead_bits), |code, &byte| code << 6 | u32::from(byte & 0x3f));
            match code.checked_sub(0x1_0000) {
                None => digest.push(code),
                Some(above) => {
                    digest.push(0xd800 + (above >> 10));
                    digest.push(0xdc00 + (above & 0x3ff));
                }
            }
        }
        digest
    }
}

impl Digest {
    fn push(&mut self, unit: u32) {
        for (hash, base) in self.hashes.iter_mut().zip(BASES) {
            *hash = remainder(u128::from(*hash) * u128::from(base) + u128::from(unit));
        }
        self.units += 1;
    }
}

fn times(a: u64, b: u64) -> u64 {
    remainder(u128::from(a) * u128::from(b))
}

/// Returns the remainder of a value below 2^124.
fn remainder(value: u128) -> u64 {
    let sum = (convert::low_u64(value) & PRIME) + convert::low_u64(value >> 61);
    let sum = (sum & PRIME) + (sum >> 61);
    if sum >= PRIME { sum - PRIME } else { sum }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_digest_however_it_is_split() {
        let powers = Powers::new();
        let long = "long ".repeat(1000);
        for text in ["", "a", "eight by", "nine byte", "a\0b", "é and 漢字 and 😀 and more", &long] {
            let whole = powers.digest(text.as_bytes());
            assert_eq!(whole.units, text.encode_utf16().count() as u64);
            let mut plain = Digest::default();
            text.encode_utf16().for_each(|unit| plain.push(u32::from(unit)));
            assert_eq!(whole, plain, "{text:.20}");
            for cut in (0..=text.len()).filter(|&cut| text.is_char_boundary(cut)) {
                let [a, b] = [&text[..cut], &text[cut..]].map(|part| powers.digest(part.as_bytes()));
                assert_eq!(powers.append(a, b), whole, "{text:.20} cut at {cut}");
            }
        }
    }

    #[test]
    fn two_halves_of_a_surrogate_pair_equal_the_character() {
        let powers = Powers::new();
        let [high, low] = [b"\xed\xa0\xbd", b"\xed\xb8\x80"].map(|half| powers.digest(half));
        assert_eq!(powers.append(high, low), powers.digest("😀".as_bytes()));
        assert_ne!(high, powers.digest("\u{fffd}".as_bytes()));
    }

    #[test]
    fn different_texts_have_different_keys() {
        let powers = Powers::new();
        let texts = ["", "\0", "\0\0", "a", "\0a", "ab", "ba", "abcdefgh", "abcdefgi", "babcdefg", "\0abcdefgh"];
        let mut keys: Vec<[u64; 2]> = texts.iter().map(|text| powers.digest(text.as_bytes()).key()).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), texts.len());
    }
}
