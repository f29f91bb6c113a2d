//! The memory still available to this process: the minimum of the free memory of the machine, the limit of its
//! container, and limits such as `ulimit -v`.

/// Returns the bytes that this process can still use before the system kills it or another process; `None` if unknown.
///
/// The file cache counts as free, swap does not.
#[must_use]
pub(crate) fn available_bytes() -> Option<u64> {
    system::available_bytes()
}

#[cfg(target_os = "linux")]
mod system {
    use std::fs;
    use std::path::{Path, PathBuf};

    use rustix::process::{Resource, getrlimit};

    /// The address space that each thread may reserve for small blocks (the heaps of glibc's arenas).
    const ARENA_BYTES: u64 = 64 << 20;

    pub(super) fn available_bytes() -> Option<u64> {
        [free_of_machine(), free_of_groups(), free_of_limits()].into_iter().flatten().min()
    }

    /// Returns `MemAvailable`: free pages and droppable caches.
    fn free_of_machine() -> Option<u64> {
        let text = fs::read_to_string("/proc/meminfo").ok()?;
        field(&text, "MemAvailable:").map(|kilobytes| kilobytes.saturating_mul(1024))
    }

    fn field(text: &str, name: &str) -> Option<u64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_ascii_whitespace().next()?.parse().ok()
    }

    /// Returns the minimum left by the control groups of this process and their ancestors.
    fn free_of_groups() -> Option<u64> {
        let text = fs::read_to_string("/proc/self/cgroup").ok()?;
        free_of_groups_in(&text, Path::new("/sys/fs/cgroup"))
    }

    /// Parses `groups`, which has lines `number:controllers:path`; version 2 has the number 0 and no controllers.
    fn free_of_groups_in(groups: &str, mount: &Path) -> Option<u64> {
        let group = |line: &str| {
            let mut parts = line.splitn(3, ':');
            let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
            let path = path.trim_start_matches('/');
            if controllers.is_empty() {
                let roots = [mount.to_path_buf(), mount.join("unified")];
                roots.iter().filter_map(|root| least(root, path, free_of_group_v2)).min()
            } else if controllers.split(',').any(|controller| controller == "memory") {
                least(&mount.join("memory"), path, free_of_group_v1)
            } else {
                None
            }
        };
        groups.lines().filter_map(group).min()
    }

    /// Returns the minimum of a group and its ancestors. In a container, the path may be that on the host; then only
    /// the root is found.
    fn least(root: &Path, path: &str, free: fn(&Path) -> Option<u64>) -> Option<u64> {
        let mut folder: PathBuf = root.join(path);
        let mut least: Option<u64> = None;
        loop {
            least = [least, free(&folder)].into_iter().flatten().min();
            if folder == root || !folder.pop() {
                return least;
            }
        }
    }

    fn free_of_group_v2(folder: &Path) -> Option<u64> {
        let number = |name: &str| fs::read_to_string(folder.join(name)).ok()?.trim().parse::<u64>().ok();
        // `max` does not parse.
        let limit = number("memory.max")?;
        let cache = fs::read_to_string(folder.join("memory.stat")).map_or(0, |text| cache(&text, ""));
        Some(limit.saturating_sub(number("memory.current")?.saturating_sub(cache)))
    }

    fn free_of_group_v1(folder: &Path) -> Option<u64> {
        let number = |name: &str| fs::read_to_string(folder.join(name)).ok()?.trim().parse::<u64>().ok();
        let limit = number("memory.limit_in_bytes")?;
        let cache = fs::read_to_string(folder.join("memory.stat")).map_or(0, |text| cache(&text, "total_"));
        Some(limit.saturating_sub(number("memory.usage_in_bytes")?.saturating_sub(cache)))
    }

    /// Returns the bytes of cached files that the kernel drops if needed.
    fn cache(stat: &str, prefix: &str) -> u64 {
        let of = |name: &str| field(stat, &format!("{prefix}{name} ")).unwrap_or(0);
        of("inactive_file").saturating_add(of("active_file"))
    }

    /// Returns the bytes left by `ulimit -v` and `ulimit -d`. They count addresses, not pages: growing columns reserve
    /// more addresses than they fill, and so do threads.
    fn free_of_limits() -> Option<u64> {
        let text = fs::read_to_string("/proc/self/statm").ok()?;
        let pages: Vec<u64> = text.split_ascii_whitespace().filter_map(|number| number.parse().ok()).collect();
        let page = rustix::param::page_size() as u64;
        let free = |resource: Resource, taken: usize| {
            let limit = getrlimit(resource).current?;
            let left = limit.saturating_sub(pages.get(taken)?.saturating_mul(page));
            let threads = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
            let left = left.saturating_sub((threads * ARENA_BYTES).min(left / 2));
            Some(left / 3 * 2)
        };
        [free(Resource::As, 0), free(Resource::Data, 5)].into_iter().flatten().min()
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn the_tightest_cgroup_limit_applies_excluding_file_cache() {
            let mount = tempfile::tempdir().expect("a folder");
            let group = |path: &str, files: &[(&str, &str)]| {
                let folder = mount.path().join(path);
                fs::create_dir_all(&folder).expect("a folder");
                for (name, text) in files {
                    fs::write(folder.join(name), text).expect("a file");
                }
            };
            let none = "9223372036854771712\n";
            let limits = "memory.limit_in_bytes";
            group("memory", &[(limits, none), ("memory.usage_in_bytes", "1\n")]);
            group(
                "memory/outer",
                &[
                    (limits, "1000\n"),
                    ("memory.usage_in_bytes", "700\n"),
                    ("memory.stat", "cache 9\ninactive_file 1\ntotal_inactive_file 100\ntotal_active_file 50\n"),
                ],
            );
            group("memory/outer/inner", &[(limits, "5000\n"), ("memory.usage_in_bytes", "600\n")]);
            let groups = "5:cpu,memory:/outer/inner\n4:pids:/\n0::/\n";
            assert_eq!(free_of_groups_in(groups, mount.path()), Some(450));
            assert!(free_of_groups_in("5:memory:/elsewhere", mount.path()).is_some_and(|free| free > 1 << 60));

            group(
                "two",
                &[
                    ("memory.max", "1000\n"),
                    ("memory.current", "400\n"),
                    ("memory.stat", "anon 300\ninactive_file 100\n"),
                ],
            );
            group("two/inner", &[("memory.max", "max\n"), ("memory.current", "400\n")]);
            assert_eq!(free_of_groups_in("0::/two/inner", mount.path()), Some(700));
            assert_eq!(free_of_groups_in("0::/", mount.path()), None);
        }

        #[test]
        fn this_machine_reports_its_memory() {
            let free = available_bytes().expect("Linux reports it");
            assert!(free > 1 << 20 && free < 1 << 50, "{free}");
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use sysinfo::{MemoryRefreshKind, RefreshKind, System};

    pub(super) fn available_bytes() -> Option<u64> {
        let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
        // The value is 0 if it is unknown.
        Some(System::new_with_specifics(memory).available_memory()).filter(|&free| free > 0)
    }
}
