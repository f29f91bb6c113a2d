//! Tables and lists of a page.

use crate::report::page::Page;

/// The header of a column.
#[derive(Clone, Copy, Debug)]
pub(super) enum Head {
    Name(&'static str),
    Number(&'static str),
}

/// Writes a table. Its caption is for screen readers.
pub(super) fn table(page: &mut Page, caption: &str, heads: &[Head], rows: impl FnOnce(&mut Page)) {
    page.element("table", &[], |page| {
        page.leaf("caption", &[], caption);
        page.element("thead", &[], |page| {
            page.element("tr", &[], |page| {
                for head in heads {
                    match head {
                        Head::Name(label) => page.leaf("th", &[("scope", "col")], label),
                        Head::Number(label) => page.leaf("th", &[("scope", "col"), ("class", "number")], label),
                    }
                }
            });
        });
        page.element("tbody", &[], rows);
    });
}

/// Writes the cell that names the row, with a position in the source below it.
pub(super) fn name_cell(page: &mut Page, name: &str, place: Option<&str>) {
    page.element("th", &[("scope", "row")], |page| {
        page.leaf("code", &[], name);
        if let Some(place) = place {
            page.text(" ");
            page.leaf("span", &[("class", "place")], place);
        }
    });
}

pub(super) fn number_cell(page: &mut Page, text: &str) {
    page.leaf("td", &[("class", "number")], text);
}

/// Writes a percentage with a bar. Small ones are blank, since they mean nothing to a reader.
pub(super) fn share_cell(page: &mut Page, percent: f64) {
    if percent < 1.0 {
        return number_cell(page, "");
    }
    let bar = format!("--share: {:.1}%", percent.min(100.0));
    page.leaf("td", &[("class", "number share"), ("style", &bar)], &format!("{percent:.1}%"));
}

/// Writes texts in lines below a label.
pub(super) fn labeled(page: &mut Page, label: &'static str, texts: &[String]) {
    if texts.is_empty() {
        return;
    }
    page.leaf("dt", &[], label);
    for text in texts {
        page.leaf("dd", &[], text);
    }
}
