//! The ports that programs on this machine listen on. Only Linux says which process listens on a port.

use std::net::{IpAddr, Ipv4Addr};

/// The places where inspectors are looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LocalSearch {
    /// Ports that are always asked.
    pub ports: Vec<u16>,
    /// True if the ports that the user's processes listen on are asked too.
    pub asks_processes: bool,
}

impl Default for LocalSearch {
    /// The ports that `--inspect` and `--remote-debugging-port` use by convention, and those of all processes.
    fn default() -> Self {
        Self { ports: (9222..=9239).collect(), asks_processes: true }
    }
}

/// A port on which something listens.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct Endpoint {
    pub(super) port: u16,
    pub(super) host: IpAddr,
    pub(super) pid: Option<u32>,
}

/// Returns the ports to ask, in order and each once.
pub(super) fn endpoints(search: &LocalSearch) -> Vec<Endpoint> {
    #[cfg(target_os = "linux")]
    if let Some(endpoints) = linux::endpoints(search) {
        return endpoints;
    }
    let host = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let mut endpoints: Vec<Endpoint> =
        search.ports.iter().map(|port| Endpoint { port: *port, host, pid: None }).collect();
    endpoints.sort();
    endpoints.dedup();
    endpoints
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::BTreeMap;
    use std::fs;
    use std::io::Read as _;
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
    use std::path::Path;

    use super::{Endpoint, LocalSearch};

    /// The maximum size of a table of sockets and of a command line that is read.
    const LONGEST_TABLE: u64 = 4 << 20;
    const LONGEST_COMMAND: u64 = 64 << 10;
    /// The maximum number of open files of a process that are looked at.
    const MOST_FILES: usize = 4096;
    /// The names of programs that may have an inspector.
    const PROGRAMS: [&str; 6] = ["node", "electron", "chrome", "chromium", "deno", "bun"];
    const OPTIONS: [&str; 2] = ["--inspect", "--remote-debugging-port"];

    /// A socket that listens on this machine.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    struct Listener {
        host: IpAddr,
        port: u16,
        inode: u64,
    }

    /// Returns the ports to ask, or `None` if the tables of sockets cannot be read.
    pub(super) fn endpoints(search: &LocalSearch) -> Option<Vec<Endpoint>> {
        let mut listeners = listeners(&text(Path::new("/proc/net/tcp"), LONGEST_TABLE)?);
        if let Some(table) = text(Path::new("/proc/net/tcp6"), LONGEST_TABLE) {
            listeners.extend(self::listeners(&table));
        }
        let owners = owners();
        let mut endpoints: Vec<Endpoint> = listeners
            .into_iter()
            .map(|socket| Endpoint { port: socket.port, host: socket.host, pid: owners.get(&socket.inode).copied() })
            .filter(|of| search.ports.contains(&of.port) || (search.asks_processes && of.pid.is_some()))
            .collect();
        endpoints.sort();
        endpoints.dedup_by_key(|endpoint| endpoint.port);
        Some(endpoints)
    }

    /// Parses a table of sockets: those that listen and can be reached by a loopback address.
    fn listeners(table: &str) -> Vec<Listener> {
        const LISTENING: &str = "0A";
        let parse = |line: &str| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            if *fields.get(3)? != LISTENING {
                return None;
            }
            let (address, port) = fields.get(1)?.split_once(':')?;
            let host = host(address)?;
            Some(Listener { host, port: u16::from_str_radix(port, 16).ok()?, inode: fields.get(9)?.parse().ok()? })
        };
        table.lines().skip(1).filter_map(parse).collect()
    }

    /// Returns the loopback address that reaches a listening address, which the kernel prints in words of its byte order.
    fn host(address: &str) -> Option<IpAddr> {
        let words: Vec<u32> = (0..address.len() / 8)
            .map(|at| u32::from_str_radix(address.get(at * 8..at * 8 + 8)?, 16).ok())
            .collect::<Option<_>>()?;
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let listening: IpAddr = match bytes[..] {
            [a, b, c, d] => IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
            _ => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)).to_canonical(),
        };
        match listening {
            _ if listening.is_unspecified() => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            _ if listening.is_loopback() => Some(listening),
            _ => None,
        }
    }

    /// Returns the processes that may have an inspector, by the sockets that they have open. Other users' processes are not
    /// listed, since their files cannot be read.
    fn owners() -> BTreeMap<u64, u32> {
        let mut owners = BTreeMap::new();
        let own = rustix::process::getuid().as_raw();
        let Ok(entries) = fs::read_dir("/proc") else { return owners };
        for entry in entries.filter_map(Result::ok) {
            use std::os::unix::fs::MetadataExt as _;
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
            let folder = entry.path();
            if entry.metadata().is_ok_and(|metadata| metadata.uid() == own) && may_have_inspector(&folder) {
                for inode in sockets(&folder) {
                    owners.entry(inode).or_insert(pid);
                }
            }
        }
        owners
    }

    fn may_have_inspector(process: &Path) -> bool {
        text(&process.join("cmdline"), LONGEST_COMMAND).is_some_and(|command| is_program(&command))
    }

    /// Returns whether a command line, whose parts end with NUL, is that of a program with an inspector.
    fn is_program(command: &str) -> bool {
        let mut parts = command.split('\0');
        let program = parts.next().and_then(|program| program.rsplit('/').next()).unwrap_or_default();
        let is_known = PROGRAMS.iter().any(|name| {
            program.strip_prefix(name).is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_alphabetic()))
        });
        is_known || parts.any(|part| OPTIONS.iter().any(|option| part.starts_with(option)))
    }

    /// Returns the inodes of the sockets that a process has open.
    fn sockets(process: &Path) -> Vec<u64> {
        let Ok(files) = fs::read_dir(process.join("fd")) else { return Vec::new() };
        let links = files.take(MOST_FILES).filter_map(|file| fs::read_link(file.ok()?.path()).ok());
        links.filter_map(|link| link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()).collect()
    }

    /// Returns the start of a file of the system.
    fn text(path: &Path, limit: u64) -> Option<String> {
        let mut bytes = Vec::new();
        fs::File::open(path).ok()?.take(limit).read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn programs_are_recognized_by_name_and_by_option() {
            assert!(is_program("/usr/bin/node\0server.js\0"));
            assert!(is_program("node22\0--inspect=0\0a.js\0"));
            assert!(is_program("/opt/app/my-app\0--remote-debugging-port=9222\0"));
            assert!(is_program("/usr/lib/chromium-browser/chromium-browser\0"));
            assert!(!is_program("nodemanager\0a\0"));
            assert!(!is_program("/usr/bin/python3\0server.py\0"));
            assert!(!is_program(""));
        }

        #[test]
        fn only_sockets_that_listen_for_this_machine_are_parsed() {
            let word = |bytes: [u8; 4]| format!("{:08X}", u32::from_ne_bytes(bytes));
            let line = |address: &str, state: &str, inode: u32| {
                format!("0: {address}:240D 00000000:0000 {state} 0:0 0:0 0 1000 0 {inode} 1 0 0\n")
            };
            let (local, other) = (word([127, 0, 0, 1]), word([192, 0, 2, 1]));
            let zero = "0".repeat(24);
            let table = format!(
                "head\n{}{}{}{}{}",
                line(&local, "0A", 1),
                line(&local, "01", 2),
                line(&other, "0A", 3),
                line("00000000", "0A", 4),
                line(&format!("{zero}{}", word([0, 0, 0, 1])), "0A", 5),
            );
            let found = listeners(&table);
            let v4 = IpAddr::V4(Ipv4Addr::LOCALHOST);
            let hosts: Vec<_> = found.iter().map(|of| (of.host, of.port, of.inode)).collect();
            assert_eq!(hosts, [(v4, 9229, 1), (v4, 9229, 4), (IpAddr::V6(Ipv6Addr::LOCALHOST), 9229, 5)]);
        }

        #[test]
        fn an_own_listening_port_is_among_the_endpoints() {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
            let port = listener.local_addr().expect("an address").port();
            let search = LocalSearch { ports: vec![port], asks_processes: false };
            let endpoints = endpoints(&search).expect("the table can be read");
            assert_eq!(endpoints.iter().map(|of| of.port).collect::<Vec<_>>(), [port]);
        }
    }
}
