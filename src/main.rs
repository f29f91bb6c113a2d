//! `heapglass`: the window, or one of the subcommands.

use std::process::ExitCode;

use heapglass::{Arguments, Command, Files, HugePages, Indexes, OrExit, complain};

#[global_allocator]
static ALLOCATOR: OrExit<HugePages> = OrExit(HugePages);

fn main() -> ExitCode {
    heapglass::survive_file_size_limit();
    let arguments = match heapglass::arguments() {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    let indexes = if arguments.no_index { Indexes::off() } else { Indexes::from_environment() };
    match &arguments.command {
        Some(Command::Open(opened)) => {
            let opened = opened.clone();
            window(Arguments { files: opened.files, ..arguments }, (opened.at, opened.view), indexes)
        }
        Some(command) => {
            let (memory_limit, sources) = (arguments.max_memory, &arguments.sources);
            heapglass::run_command(command, &Files::new(arguments.recovery, indexes, memory_limit, sources))
        }
        None => window(arguments, (None, None), indexes),
    }
}

#[cfg(feature = "gui")]
fn window(arguments: Arguments, (at, view): (Option<u64>, Option<String>), indexes: Indexes) -> ExitCode {
    let sources = arguments.sources.paths();
    let start = match heapglass::Start::from_arguments(at, view) {
        Ok(start) => start,
        Err(message) => {
            complain(&format!("heapglass: {message}"));
            return ExitCode::from(2);
        }
    };
    match heapglass::run_window(arguments.files, start, indexes, arguments.max_memory, sources) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("heapglass: cannot open the window: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(feature = "gui"))]
fn window(_arguments: Arguments, _start: (Option<u64>, Option<String>), _indexes: Indexes) -> ExitCode {
    complain("heapglass: built without the window; see `heapglass --help` for the subcommands");
    ExitCode::from(2)
}
