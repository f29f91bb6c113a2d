//! Parsing of scripts. A snapshot is not trusted, so its scripts may be anything: the depth of a text is bounded before it
//! is parsed, on a thread with a stack of its own, and a failure costs only that script.

use std::thread;

use oxc_allocator::Allocator;
use oxc_parser::{ParseOptions, Parser};
use oxc_semantic::{Semantic, SemanticBuilder};
use oxc_span::SourceType;

use super::tokens::{completed, nesting};

/// The bound of [`nesting`] above which a text is not parsed.
const DEEPEST: usize = 12_000;
/// The stack of a parser: it is only reserved, and a level takes up to 16 kB of it.
const STACK_BYTES: usize = 256 << 20;

/// The reason why a script was not parsed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NotParsed {
    TooDeep,
    Syntax,
    /// The system does not provide a thread, or the parser failed.
    Failed,
}

/// Parses a script and calls `read` with its syntax tree and scopes, which are freed when it returns.
///
/// Of a text that is cut, the statements that are complete are parsed.
///
/// # Errors
/// Returns the reason if the script cannot be parsed.
pub(super) fn parse<T: Send>(
    url: &str,
    text: &str,
    is_cut: bool,
    read: impl FnOnce(&Semantic<'_>) -> T + Send,
) -> Result<T, NotParsed> {
    let repaired;
    let text = if is_cut {
        repaired = completed(text);
        &repaired
    } else {
        text
    };
    if nesting(text) > DEEPEST {
        return Err(NotParsed::TooDeep);
    }
    let run = || {
        let mut read = Some(read);
        for kind in kinds(url) {
            let allocator = Allocator::default();
            let options = ParseOptions { allow_return_outside_function: true, ..ParseOptions::default() };
            let parsed = Parser::new(&allocator, text, kind).with_options(options).parse();
            if parsed.panicked || parsed.program.body.is_empty() {
                continue;
            }
            let built = SemanticBuilder::new().with_build_nodes(true).build(&parsed.program);
            if let Some(read) = read.take() {
                return Ok(read(&built.semantic));
            }
        }
        Err(NotParsed::Syntax)
    };
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, run);
        thread.map_err(|_| NotParsed::Failed)?.join().map_err(|_| NotParsed::Failed)?
    })
}

/// Returns the languages that a script may be in, the most likely first.
fn kinds(url: &str) -> [SourceType; 2] {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let is = |ending: &str| path.ends_with(ending);
    match () {
        () if is(".ts") || is(".mts") || is(".cts") => [SourceType::ts(), SourceType::tsx()],
        () if is(".tsx") => [SourceType::tsx(), SourceType::ts()],
        () => [SourceType::unambiguous().with_jsx(true), SourceType::script()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(url: &str, text: &str, is_cut: bool) -> Result<usize, NotParsed> {
        parse(url, text, is_cut, |semantic| semantic.nodes().program().body.len())
    }

    #[test]
    fn scripts_modules_and_typescript_are_parsed() {
        assert_eq!(count("a.js", "return require('x')", false), Ok(1));
        assert_eq!(count("a.js", "import x from 'x'; await x()", false), Ok(2));
        assert_eq!(count("a.js", "with (a) b()", false), Ok(1));
        assert_eq!(count("a.ts", "let a: number = <any>b", false), Ok(1));
        assert_eq!(count("a.tsx", "let a: T = <B/>", false), Ok(1));
        assert_eq!(count("a.js", "let a = ;", false), Err(NotParsed::Syntax));
        assert_eq!(count("a.js", "", false), Err(NotParsed::Syntax));
    }

    #[test]
    fn the_complete_statements_of_a_cut_text_are_parsed() {
        assert_eq!(count("a.js", "let a = 1; class B { c() { this.d(1); this.e", true), Ok(2));
    }

    #[test]
    fn texts_that_would_exhaust_the_stack_are_refused() {
        for text in ["[".repeat(100_000), "!".repeat(100_000), "a=>".repeat(100_000), "a?b:".repeat(100_000)] {
            assert_eq!(count("a.js", &text, false), Err(NotParsed::TooDeep));
        }
        // Just below the bound, the stack suffices.
        assert_eq!(count("a.js", &format!("{}a{}", "(".repeat(5_900), ")".repeat(5_900)), false), Ok(1));
        assert_eq!(count("a.js", &format!("a{}", "+a".repeat(5_900)), false), Ok(1));
        assert_eq!(count("a.js", &format!("{}1", "!".repeat(11_900)), false), Ok(1));
    }
}
