//! Writes what packages install beside the program: shell completions and manual pages.

use std::io::Write;

use clap::{CommandFactory as _, Subcommand};
use clap_complete::Shell;
use clap_mangen::Man;

use super::{Arguments, BadUsage};

#[derive(Debug, Subcommand)]
pub enum Generated {
    /// Shell completions
    Completions { shell: Shell },
    /// The manual page of the program or of a subcommand
    Man { subcommand: Option<String> },
}

pub(super) fn run(generated: &Generated, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut command = Arguments::command();
    // Passes the global options on to the subcommands.
    command.build();
    match generated {
        Generated::Completions { shell } => {
            // The generator panics if it cannot write.
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut command, "heapglass", &mut script);
            out.write_all(&script)?;
        }
        Generated::Man { subcommand: None } => Man::new(command).render(out)?,
        Generated::Man { subcommand: Some(name) } => {
            let subcommand = command.find_subcommand(name);
            let subcommand = subcommand.ok_or_else(|| BadUsage::error(format!("unknown subcommand: {name}")))?;
            Man::new(subcommand.clone()).render(out)?;
        }
    }
    Ok(())
}
