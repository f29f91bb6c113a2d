//! The picture of the dominator tree: sizes as areas, nothing beside itself, and never more than can be seen.
#![allow(clippy::cast_precision_loss, clippy::cast_possible_wrap, reason = "small numbers")]

use crate::common;

use heapglass::model::CancelToken;
use heapglass::query::{Tile, dominator_map};

fn inside(outer: &Tile, inner: &Tile) -> bool {
    let slack = 0.5;
    inner.area.x >= outer.area.x - slack
        && inner.area.y >= outer.area.y - slack
        && inner.area.x + inner.area.width <= outer.area.x + outer.area.width + slack
        && inner.area.y + inner.area.height <= outer.area.y + outer.area.height + slack
}

fn overlap(a: &Tile, b: &Tile) -> f32 {
    let width = (a.area.x + a.area.width).min(b.area.x + b.area.width) - a.area.x.max(b.area.x);
    let height = (a.area.y + a.area.height).min(b.area.y + b.area.height) - a.area.y.max(b.area.y);
    width.max(0.0) * height.max(0.0)
}

#[test]
fn corpus_tiles_are_as_large_as_retained_sizes_and_do_not_overlap() {
    for case in common::cases() {
        let snapshot = case.open();
        let map = dominator_map(&snapshot, snapshot.root(), (1000.0, 600.0), &CancelToken::new()).unwrap();
        assert!(map.tiles.len() <= 5000, "{}: {} tiles", case.name, map.tiles.len());
        for tile in &map.tiles[1..] {
            let node = tile.node.or_else(|| map.tiles.iter().find(|outer| outer.is_open).and_then(|outer| outer.node));
            assert!(node.is_some());
            let outer = map.tiles.iter().find(|outer| outer.depth + 1 == tile.depth && inside(outer, tile));
            assert!(outer.is_some(), "{}: {tile:?} lies in no other", case.name);
        }
        for depth in 1..4 {
            let level: Vec<&Tile> = map.tiles.iter().filter(|tile| tile.depth == depth).take(300).collect();
            for (at, a) in level.iter().enumerate() {
                for b in &level[at + 1..] {
                    let shared = overlap(a, b);
                    assert!(shared < 2.0, "{}: {a:?} and {b:?} share {shared}", case.name);
                }
            }
        }
        // Of one parent, twice the bytes are twice the area.
        let first: Vec<&Tile> = map.tiles.iter().filter(|tile| tile.depth == 1).collect();
        if let Some(largest) = first.first() {
            let density = largest.area.width * largest.area.height / largest.retained_size as f32;
            for tile in &first {
                let area = tile.area.width * tile.area.height;
                let expected = tile.retained_size as f32 * density;
                assert!((area - expected).abs() <= expected * 0.02 + 1.0, "{}: {tile:?}, not {expected}", case.name);
            }
        }
    }
}

#[test]
fn two_hundred_thousand_children_make_few_tiles() {
    let snapshot = common::case("wide-star").open();
    let map = dominator_map(&snapshot, snapshot.root(), (1000.0, 600.0), &CancelToken::new()).unwrap();
    assert!(map.tiles.len() < 5000, "{} tiles", map.tiles.len());
    let stands_for: u64 = map.tiles.iter().filter(|tile| tile.node.is_none()).map(|tile| tile.count).sum();
    assert!(stands_for > 100_000, "one tile stands for the small ones: {stands_for}");
}
