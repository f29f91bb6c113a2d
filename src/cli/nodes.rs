//! `heapglass nodes`: writes one line per node, for tests and other tools.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::Write;

use serde::Serialize;

use super::args::{NodesArguments, NodesFormat};
use super::{Files, row_name, split_distance};
use crate::Snapshot;
use crate::model::NodeOrdinal;

#[derive(Serialize)]
struct Node<'a> {
    id: u64,
    kind: Cow<'a, str>,
    name: &'a str,
    class: Cow<'a, str>,
    shallow_size: u64,
    retained_size: u64,
    distance: Option<u32>,
    system_distance: Option<u32>,
    dominator_id: u64,
    detachedness: u8,
    edge_count: usize,
    retainer_count: usize,
}

pub(super) fn run(arguments: &NodesArguments, files: &Files, out: &mut dyn Write) -> anyhow::Result<()> {
    let snapshot = files.open(&arguments.file)?;
    snapshot.expect_many_names();
    let mut nodes: Vec<NodeOrdinal> = snapshot.graph().nodes().collect();
    // The sort is stable: nodes with equal ids keep the order of the file.
    nodes.sort_by_key(|&node| snapshot.id(node));
    match arguments.format {
        NodesFormat::Json => {
            let mut separator = "[\n";
            for node in nodes {
                out.write_all(separator.as_bytes())?;
                separator = ",\n";
                serde_json::to_writer(&mut *out, &record(&snapshot, node, &snapshot.display_name(node)))?;
            }
            writeln!(out, "\n]")?;
        }
        NodesFormat::Tsv => {
            writeln!(
                out,
                "id\tkind\tname\tclass\tshallow_size\tretained_size\tdistance\tsystem_distance\tdominator_id\t\
                 detachedness\tedge_count\tretainer_count"
            )?;
            let mut line = String::new();
            for node in nodes {
                line.clear();
                write_line(&snapshot, node, &mut line)?;
                out.write_all(line.as_bytes())?;
            }
        }
    }
    Ok(())
}

fn record<'a>(snapshot: &'a Snapshot, node: NodeOrdinal, name: &'a str) -> Node<'a> {
    let graph = snapshot.graph();
    let (distance, system_distance) = split_distance(snapshot.distance(node));
    Node {
        id: snapshot.id(node).0,
        kind: row_name(graph.kind_name(node)),
        name,
        class: row_name(&snapshot.class(node).name),
        shallow_size: snapshot.shallow_size(node),
        retained_size: snapshot.retained_size(node),
        distance,
        system_distance,
        dominator_id: snapshot.id(snapshot.dominators().dominator(node)).0,
        detachedness: snapshot.detachedness(node) as u8,
        edge_count: graph.edges(node).len(),
        retainer_count: graph.retainer_count(node),
    }
}

fn write_line(snapshot: &Snapshot, node: NodeOrdinal, line: &mut String) -> std::fmt::Result {
    let name = snapshot.display_name(node);
    let record = record(snapshot, node, &name);
    write!(line, "{}\t", record.id)?;
    escape(&record.kind, line)?;
    line.push('\t');
    escape(record.name, line)?;
    line.push('\t');
    escape(&record.class, line)?;
    write!(line, "\t{}\t{}\t", record.shallow_size, record.retained_size)?;
    if let Some(distance) = record.distance {
        write!(line, "{distance}")?;
    }
    line.push('\t');
    if let Some(distance) = record.system_distance {
        write!(line, "{distance}")?;
    }
    writeln!(
        line,
        "\t{}\t{}\t{}\t{}",
        record.dominator_id, record.detachedness, record.edge_count, record.retainer_count
    )
}

/// Appends text so that nothing in it can end a field or a line, or act as a terminal command.
fn escape(text: &str, line: &mut String) -> std::fmt::Result {
    for character in text.chars() {
        match character {
            '\t' => line.push_str("\\t"),
            '\n' => line.push_str("\\n"),
            '\\' => line.push_str("\\\\"),
            control if control.is_control() => write!(line, "\\x{:02X}", u32::from(control))?,
            other => line.push(other),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn a_name_cannot_break_a_line() {
        let mut line = String::new();
        escape("a\tb\nc\\d\r\u{1b}\0é", &mut line).expect("memory can be written");
        assert_eq!(line, "a\\tb\\nc\\\\d\\x0D\\x1B\\x00é");
    }
}
