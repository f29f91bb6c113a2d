//! Tests of the allocator, its pool and its blocks in files.
#![expect(unsafe_code, reason = "the tests call an allocator")]

use super::*;

#[test]
fn reused_blocks_are_zeroed() {
    let layout = |size| Layout::from_size_align(size, 8).expect("a small layout");
    let _reuse = super::super::Reuse::begin();
    // SAFETY: each block is used with its own layout, within its size, and freed once.
    unsafe {
        let large = HugePages.alloc(layout(4 * LARGE));
        large.write_bytes(7, 4 * LARGE);
        HugePages.dealloc(large, layout(4 * LARGE));
        let (one, other) = (HugePages.alloc_zeroed(layout(LARGE + 1)), HugePages.alloc_zeroed(layout(2 * LARGE)));
        assert!((0..=LARGE).all(|at| one.add(at).read() == 0));
        assert!((0..2 * LARGE).all(|at| other.add(at).read() == 0));
        one.write_bytes(1, LARGE + 1);
        assert_eq!(other.read(), 0);
        HugePages.dealloc(one, layout(LARGE + 1));
        HugePages.dealloc(other, layout(2 * LARGE));
    }
}

#[test]
fn a_block_larger_than_each_spare_one_is_put_together() {
    let layout = |size| Layout::from_size_align(size, 8).expect("a small layout");
    let _reuse = super::super::Reuse::begin();
    // SAFETY: each block is used with its own layout, within its size, and freed once.
    unsafe {
        for _ in 0..2 {
            let blocks = [LARGE, 3 * LARGE].map(|size| (HugePages.alloc(layout(size)), size));
            for (block, size) in blocks {
                block.write_bytes(7, size);
            }
            for (block, size) in blocks {
                HugePages.dealloc(block, layout(size));
            }
            let mut whole = HugePages.alloc_zeroed(layout(6 * LARGE));
            assert!((0..6 * LARGE).all(|at| whole.add(at).read() == 0));
            whole.write_bytes(1, 6 * LARGE);
            whole = HugePages.realloc(whole, layout(6 * LARGE), 9 * LARGE);
            assert!((0..6 * LARGE).all(|at| whole.add(at).read() == 1));
            HugePages.dealloc(whole, layout(9 * LARGE));
        }
    }
}

#[test]
fn a_block_that_grew_twice_is_a_single_mapping() {
    let layout = |size| Layout::from_size_align(size, 8).expect("a small layout");
    // SAFETY: the block is used with its own layout, within its size, and freed once.
    unsafe {
        let mut block = HugePages.alloc(layout(LARGE));
        block.write_bytes(1, LARGE);
        block = HugePages.realloc(block, layout(LARGE), 2 * LARGE);
        block.write_bytes(1, 2 * LARGE);
        block = HugePages.realloc(block, layout(2 * LARGE), 4 * LARGE);
        block.write_bytes(1, 4 * LARGE);
        let maps = std::fs::read_to_string("/proc/self/maps").expect("this is Linux");
        let bounds = |line: &str| {
            let (start, rest) = line.split_once('-')?;
            let number = |text| usize::from_str_radix(text, 16).ok();
            Some((number(start)?, number(rest.split(' ').next()?)?))
        };
        let is_whole = |(start, end)| start <= block.addr() && block.addr() + 4 * LARGE <= end;
        assert!(maps.lines().filter_map(bounds).any(is_whole), "{maps}");
        HugePages.dealloc(block, layout(4 * LARGE));
    }
}

#[test]
fn a_block_keeps_its_bytes_while_it_grows_and_shrinks_across_the_limit() {
    let layout = |size| Layout::from_size_align(size, 8).expect("a small layout");
    let sizes = [100, LARGE - 1, LARGE, LARGE + 1, 3 * LARGE + 5, 20 * LARGE, 2 * LARGE, LARGE, 4096];
    // SAFETY: each block is used with its own layout, within its size, and freed once.
    unsafe {
        let mut block = HugePages.alloc_zeroed(layout(sizes[0]));
        for (at, pair) in sizes.windows(2).enumerate() {
            block.write(u8::try_from(at).unwrap_or(0));
            block.add(pair[0] - 1).write(7);
            block = HugePages.realloc(block, layout(pair[0]), pair[1]);
            assert_eq!(usize::from(block.read()), at);
            assert!(pair[1] < pair[0] || block.add(pair[0] - 1).read() == 7);
            assert!(pair[1] < LARGE || block.addr().is_multiple_of(HUGE_PAGE));
            block.add(pair[1] - 1).write(9);
        }
        HugePages.dealloc(block, layout(sizes[sizes.len() - 1]));
    }
}

/// Returns a folder on a disk: folders for temporary files may be in memory.
fn disk_folder() -> tempfile::TempDir {
    let target = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    std::fs::create_dir_all(&target).and_then(|()| tempfile::tempdir_in(target)).expect("a folder")
}

#[test]
fn spilled_blocks_keep_their_bytes_while_they_grow_and_shrink() {
    let layout = |size| Layout::from_size_align(size, 8).expect("a small layout");
    let folder = disk_folder();
    // SAFETY: each block is used with its own layout, within its size, and freed once.
    unsafe {
        let mut memory = HugePages.alloc(layout(LARGE));
        memory.write_bytes(3, LARGE);
        let spill = Spill::begin_in(folder.path()).expect("a disk");
        let mut block = HugePages.alloc_zeroed(layout(LARGE));
        assert!(file_blocks::contains(block) && !file_blocks::contains(memory));
        assert!((0..LARGE).all(|at| block.add(at).read() == 0));
        block.write_bytes(1, LARGE);
        block = HugePages.realloc(block, layout(LARGE), 5 * LARGE);
        assert!(file_blocks::contains(block));
        block.add(LARGE).write_bytes(2, 4 * LARGE);
        assert!((0..5 * LARGE).all(|at| block.add(at).read() == if at < LARGE { 1 } else { 2 }));
        memory = HugePages.realloc(memory, layout(LARGE), 2 * LARGE);
        assert!(file_blocks::contains(memory), "a block that grows is spilled, too");
        assert!((0..LARGE).all(|at| memory.add(at).read() == 3));
        drop(spill);
        block = HugePages.realloc(block, layout(5 * LARGE), 2 * LARGE);
        block = HugePages.realloc(block, layout(2 * LARGE), 3 * LARGE);
        assert!((0..2 * LARGE).all(|at| block.add(at).read() == if at < LARGE { 1 } else { 2 }));
        let new = HugePages.alloc(layout(LARGE));
        assert!(!file_blocks::contains(new));
        for (block, size) in [(new, LARGE), (block, 3 * LARGE), (memory, 2 * LARGE)] {
            HugePages.dealloc(block, layout(size));
            assert!(!file_blocks::contains(block));
        }
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "the files have no names");
}

#[test]
fn a_mapped_part_of_a_file_equals_the_part_that_is_read() {
    use std::io::Write as _;
    let layout = Layout::from_size_align(LARGE + 5, 8).expect("a small layout");
    let folder = disk_folder();
    let path = folder.path().join("file");
    let bytes: Vec<u8> = (0..=250).cycle().take(3 * LARGE).collect();
    std::fs::File::create(&path).and_then(|mut file| file.write_all(&bytes)).expect("a file");
    let file = std::fs::File::open(&path).expect("a file");
    // SAFETY: the block is used with its own layout, within its size, and freed once.
    unsafe {
        let block = HugePages.alloc_zeroed(layout);
        let buffer = std::slice::from_raw_parts_mut(block, LARGE + 5);
        assert!(!map_file(buffer, &file, 1), "only whole pages can be mapped");
        assert!(buffer.iter().all(|&byte| byte == 0));
        assert!(map_file(buffer, &file, 1 << 16));
        prepare_pages(&buffer[7..5000]);
        assert!(*buffer == bytes[1 << 16..][..LARGE + 5]);
        // Changes stay private, and so does growth.
        buffer[0] ^= 0xff;
        let grown = HugePages.realloc(block, layout, 2 * LARGE);
        assert_eq!(grown.read(), bytes[1 << 16] ^ 0xff);
        assert_eq!(grown.add(LARGE).read(), bytes[(1 << 16) + LARGE]);
        HugePages.dealloc(grown, Layout::from_size_align(2 * LARGE, 8).expect("a small layout"));
    }
    assert!(std::fs::read(&path).expect("a file") == bytes);
    // A block of another allocator is not touched.
    let mut other = vec![0; LARGE];
    assert!(!map_file(&mut other, &file, 0));
}
