//! `heapglass`: the window, or one of the subcommands.

use std::process::ExitCode;

use heapglass::{Arguments, Files, HugePages, Indexes, OrExit, complain};

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
        Some(command) => {
            let (memory_limit, sources) = (arguments.max_memory, &arguments.sources);
            heapglass::run_command(command, &Files::new(arguments.recovery, indexes, memory_limit, sources))
        }
        None => window(arguments, indexes),
    }
}

#[cfg(feature = "gui")]
fn window(arguments: Arguments, indexes: Indexes) -> ExitCode {
    let sources = arguments.sources.paths();
    match heapglass::run_window(arguments.files, indexes, arguments.max_memory, sources) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("heapglass: cannot open the window: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(feature = "gui"))]
fn window(_arguments: Arguments, _indexes: Indexes) -> ExitCode {
    complain("heapglass: built without the window; see `heapglass --help` for the subcommands");
    ExitCode::from(2)
}
