//! `heapglass`: the window, or one of the subcommands.

use std::process::ExitCode;

use heapglass::cli::{self, Files};
use heapglass::index::Indexes;
use heapglass::memory::{HugePages, OrExit};
use heapglass::model::MemoryLimit;

#[global_allocator]
static ALLOCATOR: OrExit<HugePages> = OrExit(HugePages);

fn main() -> ExitCode {
    heapglass::inputs::survive_file_size_limit();
    let arguments = match cli::arguments() {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    let indexes = if arguments.no_index { Indexes::off() } else { Indexes::from_environment() };
    match &arguments.command {
        Some(command) => cli::run(command, &Files::new(arguments.salvage, indexes, arguments.max_memory)),
        None => window(arguments.files, indexes, arguments.max_memory),
    }
}

#[cfg(feature = "gui")]
fn window(files: Vec<std::path::PathBuf>, indexes: Indexes, memory_limit: MemoryLimit) -> ExitCode {
    match heapglass::ui::run(files, indexes, memory_limit) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            cli::complain(&format!("heapglass: cannot open the window: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(feature = "gui"))]
fn window(_files: Vec<std::path::PathBuf>, _indexes: Indexes, _memory_limit: MemoryLimit) -> ExitCode {
    cli::complain("heapglass: built without the window; see `heapglass --help` for the subcommands");
    ExitCode::from(2)
}
