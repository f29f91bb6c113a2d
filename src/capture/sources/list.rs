//! The scripts that the inspector reports.

use std::borrow::Cow;

use serde::Deserialize;

use super::super::CaptureError;
use super::LeftOut;
use crate::script_store::{LONGEST_URL, MOST_URL_BYTES};

/// The maximum number of events while the scripts are listed. Programs have some thousand scripts.
const MOST_EVENTS: u32 = 200_000;
/// The starts of URLs of scripts that belong to the runtime or to a browser.
const NOT_OWN: [&str; 7] = ["node:", "internal/", "ext:", "chrome-extension:", "devtools:", "wasm:", "electron/js2c/"];

/// A script of the program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Listed {
    pub(super) id: u32,
    pub(super) url: String,
    /// The URL of its source map, unless the script contains the map.
    pub(super) map: Option<String>,
    /// The length of its text in UTF-16 units.
    pub(super) units: u64,
    /// The line and column of its first character in its file.
    pub(super) first: (u32, u32),
}

/// The scripts of an isolate, as they are reported.
#[derive(Debug)]
pub(super) struct List {
    /// In the order of arrival.
    pub(super) scripts: Vec<Listed>,
    pub(super) left_out: LeftOut,
    most: usize,
    events: u32,
    url_bytes: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parsed<'a> {
    #[serde(borrow)]
    script_id: Cow<'a, str>,
    #[serde(borrow)]
    url: Cow<'a, str>,
    #[serde(default, rename = "sourceMapURL")]
    map: Option<Cow<'a, str>>,
    #[serde(default)]
    script_language: Option<Cow<'a, str>>,
    length: u64,
    #[serde(default)]
    start_line: u32,
    #[serde(default)]
    start_column: u32,
}

impl List {
    pub(super) fn new(most: usize) -> Self {
        Self { scripts: Vec::new(), left_out: LeftOut::default(), most, events: 0, url_bytes: 0 }
    }

    /// Takes an event. Returns true if it reports a script. Malformed events are ignored.
    ///
    /// # Errors
    /// Returns an error if there are too many events, or if the program was stopped.
    pub(super) fn take(&mut self, method: &str, params: &str) -> Result<bool, CaptureError> {
        match method {
            "Debugger.scriptParsed" => {}
            "Debugger.scriptFailedToParse" => return self.count().map(|()| true),
            // Ending the debugging resumes it.
            "Debugger.paused" => return Err(CaptureError::Odd("the program stopped in the debugger".to_owned())),
            _ => return Ok(false),
        }
        self.count()?;
        if let Ok(parsed) = serde_json::from_str::<Parsed<'_>>(params)
            && let Ok(id) = parsed.script_id.parse()
        {
            self.add(id, &parsed);
        }
        Ok(true)
    }

    fn count(&mut self) -> Result<(), CaptureError> {
        self.events += 1;
        if self.events > MOST_EVENTS {
            return Err(CaptureError::Odd(format!("more than {MOST_EVENTS} scripts")));
        }
        Ok(())
    }

    fn add(&mut self, id: u32, parsed: &Parsed<'_>) {
        if !is_own(&parsed.url) || parsed.script_language.as_deref() == Some("WebAssembly") {
            return;
        }
        let is_kept = |url: &&str| !url.is_empty() && !is_data(url) && url.len() <= LONGEST_URL;
        let map = parsed.map.as_deref().filter(is_kept);
        let url_bytes = parsed.url.len() + map.map_or(0, str::len);
        if parsed.url.len() > LONGEST_URL || self.url_bytes + url_bytes > MOST_URL_BYTES {
            self.left_out.long_urls += 1;
        } else if self.scripts.len() >= self.most {
            self.left_out.over_count += 1;
        } else {
            self.url_bytes += url_bytes;
            self.scripts.push(Listed {
                id,
                url: parsed.url.as_ref().to_owned(),
                map: map.map(str::to_owned),
                units: parsed.length,
                first: (parsed.start_line, parsed.start_column),
            });
        }
    }
}

fn is_data(url: &str) -> bool {
    url.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("data:"))
}

/// Returns true for the URL of a script of the program. Scripts without one, such as those of `new Function`, are left
/// out.
fn is_own(url: &str) -> bool {
    !url.is_empty() && !NOT_OWN.iter().any(|start| url.starts_with(start))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn take(list: &mut List, params: &serde_json::Value) {
        assert!(list.take("Debugger.scriptParsed", &params.to_string()).unwrap());
    }

    #[test]
    fn only_scripts_of_the_program_are_listed() {
        let mut list = List::new(100);
        let own = ["file:///a.js", "evalmachine.<anonymous>", "[eval]", "http://host/a.js", "a\n\0../b.js", "nodes.js"];
        let others = ["", "node:fs", "internal/a.js", "ext:core/a.js", "chrome-extension://a/b.js", "devtools://a"];
        for (at, url) in own.iter().chain(&others).enumerate() {
            take(&mut list, &json!({"scriptId": at.to_string(), "url": url, "length": 3}));
        }
        let wasm = json!({"scriptId": "50", "url": "file:///a.wasm", "length": 3, "scriptLanguage": "WebAssembly"});
        take(&mut list, &wasm);
        let urls: Vec<&str> = list.scripts.iter().map(|script| script.url.as_str()).collect();
        assert_eq!((urls, list.left_out), (own.to_vec(), LeftOut::default()));
    }

    #[test]
    fn a_map_inside_the_script_is_not_listed() {
        let mut list = List::new(100);
        for (at, map) in ["a.js.map", "", "data:,{}", "DATA:,{}", "é", &"x".repeat(3000)].iter().enumerate() {
            take(&mut list, &json!({"scriptId": at.to_string(), "url": "a.js", "length": 3, "sourceMapURL": map}));
        }
        let maps: Vec<Option<&str>> = list.scripts.iter().map(|script| script.map.as_deref()).collect();
        assert_eq!(maps, [Some("a.js.map"), None, None, None, Some("é"), None]);
    }

    #[test]
    fn malformed_events_are_ignored_and_a_flood_of_them_is_an_error() {
        let mut list = List::new(2);
        for junk in ["", "5", "{}", "{\"scriptId\":1}", "{\"scriptId\":\"x\",\"url\":\"a\",\"length\":1}"] {
            assert!(list.take("Debugger.scriptParsed", junk).unwrap());
        }
        assert!(!list.take("Runtime.consoleAPICalled", "{}").unwrap());
        assert!(list.take("Debugger.paused", "{}").is_err());
        for at in 0..10 {
            let url = if at == 0 { "u".repeat(LONGEST_URL + 1) } else { "u".to_owned() };
            take(&mut list, &json!({"scriptId": at.to_string(), "url": url, "length": 1, "startLine": 4}));
        }
        assert_eq!((list.left_out.long_urls, list.left_out.over_count, list.scripts.len()), (1, 7, 2));
        assert_eq!(list.scripts[0].first, (4, 0));
        let error = (0..MOST_EVENTS).find_map(|_| list.take("Debugger.scriptParsed", "{}").err()).unwrap();
        assert!(error.to_string().contains("more than 200000 scripts"), "{error}");
    }
}
