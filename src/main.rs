//! `heapglass`: the window, or one of the subcommands.

fn main() {}
