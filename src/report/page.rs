//! A page of HTML that is written element by element.
//!
//! Invariant: names of elements and attributes are constants of the program, and every other text is escaped, so text from
//! a heap cannot become markup. The page is also well-formed XML.

use crate::model::human;

/// The maximum number of characters of one text.
const TEXT_LIMIT: usize = 20_000;
/// A page of this many bytes gets only the beginnings of further texts. Only a heap with names made for it gets there.
const ENOUGH: usize = 350_000;
const SHORT_LIMIT: usize = 16;

/// Names and values of attributes.
pub(super) type Attributes<'a> = &'a [(&'static str, &'a str)];

/// A page that is being written.
#[derive(Debug, Default)]
pub(super) struct Page {
    text: String,
}

impl Page {
    /// Writes the declaration of the document.
    pub(super) fn new() -> Self {
        Self { text: "<!DOCTYPE html>\n".to_owned() }
    }

    /// Writes an element with its content.
    pub(super) fn element(&mut self, name: &'static str, attributes: Attributes<'_>, content: impl FnOnce(&mut Self)) {
        self.open(name, attributes);
        self.text.push('>');
        content(self);
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push('>');
        if is_block(name) {
            self.text.push('\n');
        }
    }

    /// Writes an element that contains only text.
    pub(super) fn leaf(&mut self, name: &'static str, attributes: Attributes<'_>, text: &str) {
        self.element(name, attributes, |page| page.text(text));
    }

    /// Writes an element without content. In HTML, only void elements and those of SVG may end this way.
    pub(super) fn void(&mut self, name: &'static str, attributes: Attributes<'_>) {
        self.open(name, attributes);
        self.text.push_str("/>");
    }

    /// Writes text.
    pub(super) fn text(&mut self, text: &str) {
        let limit = if self.text.len() < ENOUGH { TEXT_LIMIT } else { SHORT_LIMIT };
        push_escaped(&mut self.text, &human::visible(text, limit));
    }

    /// Writes text with its line breaks.
    pub(super) fn lines(&mut self, text: &str) {
        push_escaped(&mut self.text, &human::visible_lines(&human::cut(text, TEXT_LIMIT)));
    }

    /// Writes a style sheet of the program.
    pub(super) fn style(&mut self, sheet: &'static str) {
        self.text.push_str("<style>\n");
        self.text.push_str(sheet);
        self.text.push_str("</style>\n");
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    fn open(&mut self, name: &'static str, attributes: Attributes<'_>) {
        self.text.push('<');
        self.text.push_str(name);
        for (name, value) in attributes {
            self.text.push(' ');
            self.text.push_str(name);
            self.text.push_str("=\"");
            self.text(value);
            self.text.push('"');
        }
    }
}

/// Returns true if a line may end after an element without a visible change.
fn is_block(name: &str) -> bool {
    !matches!(name, "span" | "code" | "a" | "td" | "th" | "title" | "text" | "strong" | "b" | "svg" | "circle" | "rect")
}

/// Makes text of a heap harmless within elements and attributes.
#[must_use]
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    push_escaped(&mut escaped, &human::visible(text, super::LINE_LIMIT));
    escaped
}

/// Appends text whose hidden characters are visible already.
fn push_escaped(escaped: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // Characters that are none, which neither HTML nor XML allows.
            none if u32::from(none) & 0xfffe == 0xfffe || ('\u{fdd0}'..='\u{fdef}').contains(&none) => {
                escaped.push('\u{fffd}');
            }
            other => escaped.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_of_a_heap_cannot_be_markup() {
        assert_eq!(escape("<img src=x onerror='a'>&\"\u{1b}"), "&lt;img src=x onerror=&#39;a&#39;&gt;&amp;&quot;␛");
        assert_eq!(escape("a\u{202e}b\u{ffff}"), "a\\u{202e}b\u{fffd}");
    }

    /// Returns text made of what is special in HTML, XML, CSS and SVG, and of any characters.
    fn hostile() -> impl Strategy<Value = String> {
        let special = prop_oneof![
            Just("<script>alert(1)</script>".to_owned()),
            Just("</style><style>".to_owned()),
            Just("--><!--".to_owned()),
            Just("]]>".to_owned()),
            Just("\" onload=\"x".to_owned()),
            Just("' x='".to_owned()),
            Just("&lt;b&#62;&amp".to_owned()),
            Just("\u{202e}\u{2066}\0\u{1b}[2J\r\n".to_owned()),
            any::<String>(),
        ];
        prop::collection::vec(special, 0..6).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn no_text_adds_an_element_an_attribute_or_a_hidden_character(texts in prop::collection::vec(hostile(), 4)) {
            let mut page = Page::new();
            page.element("p", &[("title", &texts[0])], |page| {
                page.text(&texts[1]);
                page.leaf("code", &[("class", &texts[2])], &texts[3]);
                page.lines(&texts[1]);
            });
            let written = page.finish();
            let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
            let document = roxmltree::Document::parse_with_options(&written, options).expect("well-formed");
            let elements: Vec<_> = document.descendants().filter(roxmltree::Node::is_element).collect();
            prop_assert_eq!(elements.iter().map(|of| of.tag_name().name()).collect::<Vec<_>>(), ["p", "code"]);
            for element in &elements {
                prop_assert_eq!(element.attributes().len(), 1);
            }
            prop_assert!(!document.descendants().any(|node| node.is_comment() || node.is_pi()));
            // The text is that of the heap with its hidden characters visible.
            let text = elements[1].text().unwrap_or_default();
            let shown = human::visible(&texts[3], TEXT_LIMIT);
            prop_assert_eq!(text.chars().count(), shown.chars().count());
            prop_assert!(!written.contains(|of: char| human::is_hidden(of) && of != '\n' && of != '\t'));
        }
    }
}
