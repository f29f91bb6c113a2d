//! Findings as a page of HTML without scripts or external resources.

use std::io::{self, Write};

use super::Report;
use crate::findings::{Finding, chips, over_time};
use crate::model::human;
use crate::report::escape_html as escape;

const HEAD: &str = "<!doctype html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">
<title>Heapglass findings</title>
<style>
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
article { border: 1px solid #8886; border-radius: 6px; margin: 1rem 0; padding: 0.5rem 1rem; }
h2 { font-size: 1.1rem; margin: 0.5rem 0; }
code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere; }
td, th { padding: 0.1rem 0.8rem 0.1rem 0; text-align: left; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.leak { color: #c22; } .likely { color: #b60; } .watch { color: #777; }
</style>
</head>
<body>
";

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{HEAD}<h1>{}</h1>\n<table>\n", escape(&report.found.summary))?;
    writeln!(out, "<tr><th>Snapshot</th><th>Objects</th><th>Size</th></tr>")?;
    for &(snapshot, name) in &report.snapshots {
        let (objects, size) = (human::count(snapshot.graph().node_count() as u64), human::bytes(snapshot.total_size()));
        writeln!(
            out,
            "<tr><td>{}</td><td class=\"number\">{objects}</td><td class=\"number\">{size}</td></tr>",
            escape(name)
        )?;
    }
    writeln!(out, "</table>")?;
    for note in &report.notes {
        writeln!(out, "<p>{}</p>", escape(note))?;
    }
    for finding in &report.found.findings {
        article(finding, out)?;
    }
    writeln!(out, "</body>\n</html>")
}

fn article(finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let (name, label) = (finding.verdict.name(), finding.verdict.label());
    writeln!(out, "<article>\n<h2><span class=\"{name}\">{label}</span> {}</h2>", escape(&finding.title))?;
    writeln!(out, "<p>{}</p>", escape(&finding.explanation))?;
    let path: Vec<String> = chips(&finding.path).iter().map(|chip| format!("<code>{}</code>", escape(chip))).collect();
    writeln!(out, "<p>{}</p>", path.join(" → "))?;
    writeln!(out, "<table>\n<tr><th>Class</th><th>Objects</th></tr>")?;
    for class in &finding.classes {
        writeln!(out, "<tr><td><code>{}</code></td><td>{}</td></tr>", escape(&class.name), over_time(&class.counts))?;
    }
    writeln!(out, "</table>")?;
    for site in &finding.sites {
        let place = format!("{}:{}:{}", site.place.url, site.place.line, site.place.column);
        writeln!(out, "<p>{} <code>{}</code></p>", site.what, escape(&place))?;
        if let Some(text) = &site.text {
            writeln!(out, "<pre>{}</pre>", escape(text))?;
        }
    }
    if let Some(advice) = &finding.advice {
        writeln!(out, "<p><b>{}</b></p>", escape(advice))?;
    }
    writeln!(out, "</article>")
}
