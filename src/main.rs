//! `heapglass`: the window, or one of the subcommands.

use std::process::ExitCode;

use heapglass::{Files, HugePages, Indexes, MemoryLimit, OrExit, complain};

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
            heapglass::run_command(command, &Files::new(arguments.recovery, indexes, arguments.max_memory))
        }
        None => window(arguments.files, indexes, arguments.max_memory),
    }
}

#[cfg(feature = "gui")]
fn window(files: Vec<std::path::PathBuf>, indexes: Indexes, memory_limit: MemoryLimit) -> ExitCode {
    match heapglass::run_window(files, indexes, memory_limit) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("heapglass: cannot open the window: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(feature = "gui"))]
fn window(_files: Vec<std::path::PathBuf>, _indexes: Indexes, _memory_limit: MemoryLimit) -> ExitCode {
    complain("heapglass: built without the window; see `heapglass --help` for the subcommands");
    ExitCode::from(2)
}
