//! Limits of the texts and lists of a report, so that it stays small whatever a heap contains.

use crate::model::human;

/// The maximum number of characters of a name, of the position in a script, and of a sentence.
pub(super) const NAME: usize = 120;
pub(super) const PLACE: usize = 160;
pub(super) const SENTENCE: usize = 800;
/// The maximum number of values of a chart.
const POINTS: usize = 48;

pub(super) fn cut(text: &str, limit: usize) -> String {
    human::cut(text, limit).into_owned()
}

/// Keeps the first, the last and evenly spaced values of a long series.
pub(super) fn sampled(values: impl ExactSizeIterator<Item = u64>) -> Vec<u64> {
    let count = values.len();
    if count <= POINTS {
        return values.collect();
    }
    let all: Vec<u64> = values.collect();
    (0..POINTS).map(|at| all[at * (count - 1) / (POINTS - 1)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_series_keeps_its_ends() {
        let values = sampled((0..1000_u64).collect::<Vec<_>>().into_iter());
        assert_eq!((values.len(), values.first(), values.last()), (POINTS, Some(&0), Some(&999)));
        assert!(values.is_sorted());
        assert_eq!(sampled([7, 8].into_iter()), [7, 8]);
    }
}
