//! The window.
/// x
pub fn run(_f: Vec<std::path::PathBuf>) -> anyhow::Result<()> {
    Ok(())
}
