//! Shell completions and manual pages.

use std::process::{Command, Output, Stdio};

fn generate(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_heapglass")).arg("generate").args(arguments).output().unwrap()
}

fn generated(arguments: &[&str]) -> String {
    let output = generate(arguments);
    assert!(output.status.success() && output.stderr.is_empty(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn completions_of_every_shell_have_the_subcommands_and_their_options() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = generated(&["completions", shell]);
        for word in ["dead-variables", "join-reloaded", "max-class-growth", "recover"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
        assert!(!script.contains("\\u00"), "{shell}: the output is escaped");
    }
}

#[test]
fn bash_accepts_its_completions() {
    let Ok(mut bash) = Command::new("bash").arg("-n").stdin(Stdio::piped()).spawn() else { return };
    let script = generated(&["completions", "bash"]);
    std::io::Write::write_all(&mut bash.stdin.take().unwrap(), script.as_bytes()).unwrap();
    assert!(bash.wait().unwrap().success());
}

#[test]
fn the_manual_lists_the_subcommands_and_has_a_page_for_each() {
    let page = generated(&["man"]);
    assert!(page.contains(".TH heapglass 1") && page.contains("heapglass\\-summary(1)"), "{page:.2000}");
    assert!(!page.contains("generate"), "hidden subcommands are not listed");
    let page = generated(&["man", "check"]);
    assert!(page.contains(".TH heapglass\\-check 1") || page.contains(".TH heapglass-check 1"), "{page:.300}");
    assert!(page.contains("max\\-total\\-growth") && page.contains("max\\-memory"), "{page:.2000}");
}

#[test]
fn an_unknown_shell_or_subcommand_is_a_usage_error() {
    for arguments in [&["completions", "csh"][..], &["man", "none"], &[]] {
        let output = generate(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{arguments:?}");
    }
}
