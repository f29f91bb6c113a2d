//! Inspectors of programs on this machine: those on the usual ports and, on Linux, those of the user's own processes.

use std::collections::HashSet;
use std::time::Duration;

use super::discovery::{Target, targets_within};
use super::processes::{Endpoint, LocalSearch, endpoints};
use super::{Address, CaptureError, Remote};
use crate::model::CancelToken;

/// The time limit for the answer of a port. Inspectors on this machine answer within milliseconds.
const PATIENCE: Duration = Duration::from_millis(300);
/// The maximum number of ports to ask at once.
const MOST_PORTS: usize = 64;

/// A target of a program on this machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LocalTarget {
    pub target: Target,
    /// The process that listens, if known.
    pub pid: Option<u32>,
}

/// Looks for inspectors on this machine.
#[derive(Debug, Default)]
pub(crate) struct LocalInspectors {
    /// Ports that are not inspectors' and are not asked again: a program logs each request.
    others: HashSet<Endpoint>,
}

impl LocalInspectors {
    /// Returns the targets of all inspectors, by port. It takes a fraction of a second.
    pub(crate) fn find(&mut self, search: &LocalSearch, cancel: &CancelToken) -> Vec<LocalTarget> {
        let mut endpoints = endpoints(search);
        endpoints.retain(|endpoint| !self.others.contains(endpoint));
        endpoints.truncate(MOST_PORTS);
        let answers: Vec<_> = std::thread::scope(|scope| {
            let ask = |endpoint: Endpoint| {
                let address = Address { host: endpoint.host.to_string(), port: endpoint.port, path: None };
                std::thread::Builder::new()
                    .spawn_scoped(scope, move || targets_within(&address, Remote::Refused, PATIENCE, cancel))
            };
            let asked: Vec<_> = endpoints.iter().map(|endpoint| (*endpoint, ask(*endpoint))).collect();
            asked.into_iter().filter_map(|(endpoint, thread)| Some((endpoint, thread.ok()?.join().ok()?))).collect()
        });
        let mut found = Vec::new();
        for (endpoint, answer) in answers {
            match answer {
                Ok(targets) => {
                    found.extend(targets.into_iter().map(|target| LocalTarget { target, pid: endpoint.pid }));
                }
                // Without a process, another program may listen on the port later.
                Err(CaptureError::NotAnInspector { .. }) if endpoint.pid.is_some() => {
                    self.others.insert(endpoint);
                }
                Err(_) => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    /// Starts a server that answers every request with this text; returns its port.
    fn server(answer: &'static str) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let _ = stream.read(&mut [0; 1024]);
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        port
    }

    #[test]
    fn inspectors_on_given_ports_are_listed_and_other_servers_are_not() {
        let list = "HTTP/1.0 200 OK\r\nContent-Length: 77\r\n\r\n\
                    [{\"title\":\"a.js\",\"type\":\"node\",\"webSocketDebuggerUrl\":\"ws://127.0.0.1:1/id\"}] ";
        let ports = vec![server("HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n"), server(list)];
        let search = LocalSearch { ports: ports.clone(), asks_processes: false };
        let found = LocalInspectors::default().find(&search, &CancelToken::new());
        let names: Vec<_> = found.iter().map(|of| (of.target.title.as_str(), of.target.address.port)).collect();
        assert_eq!(names, [("a.js", ports[1])]);
        assert_eq!(found[0].target.address.path.as_deref(), Some("/id"));
    }
}
