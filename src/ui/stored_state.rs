//! A copy of the file in which eframe keeps settings.
//!
//! eframe writes the file in place: a program that is killed meanwhile leaves the half of it, which the next start could not
//! read, and choices and recent files would be gone. So each start keeps what it finds whole, and puts it back where it is not.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;

/// What eframe calls its file.
const STATE: &str = "app.ron";
const COPY: &str = "app.whole.ron";
const UNFINISHED: &str = "app.whole.ron.part";

/// To be called before eframe reads its file.
pub(super) fn keep_or_restore(app_id: &str) {
    if let Some(folder) = eframe::storage_dir(app_id) {
        // Without a copy the settings are as safe as eframe leaves them.
        let _ = keep_or_restore_in(&folder);
    }
}

fn keep_or_restore_in(folder: &Path) -> io::Result<()> {
    let (state, copy, unfinished) = (folder.join(STATE), folder.join(COPY), folder.join(UNFINISHED));
    let text = match fs::read_to_string(&state) {
        // Who removed it wants to start anew.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        text => text.ok(),
    };
    let (from, to) = if text.is_some_and(|text| is_whole(&text)) { (&state, &copy) } else { (&copy, &state) };
    fs::copy(from, &unfinished)?;
    // The disk has it before its name changes.
    fs::File::open(&unfinished)?.sync_all()?;
    fs::rename(&unfinished, to)
}

fn is_whole(text: &str) -> bool {
    ron::from_str::<HashMap<String, String>>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_cut_anywhere_is_what_it_was_at_the_last_start() {
        let folder = tempfile::tempdir().expect("a folder");
        let state = folder.path().join(STATE);
        let read = || fs::read_to_string(&state).expect("it is there");
        let whole = "{\n    \"heapglass\": \"(theme:Dark,recent:[\\\"/a}\\\"])\",\n    \"egui\": \"{}\",\n}";
        fs::write(&state, whole).expect("a file");
        keep_or_restore_in(folder.path()).expect("kept");
        for end in 0..whole.len() {
            fs::write(&state, &whole[..end]).expect("a file");
            keep_or_restore_in(folder.path()).expect("put back");
            assert_eq!(read(), whole, "cut at {end}");
        }
        fs::write(&state, b"\xff\xfe").expect("a file");
        keep_or_restore_in(folder.path()).expect("put back");
        assert_eq!(read(), whole);
        // A newer one that is whole takes the place of the copy.
        fs::write(&state, "{}").expect("a file");
        keep_or_restore_in(folder.path()).expect("kept");
        fs::write(&state, "{").expect("a file");
        keep_or_restore_in(folder.path()).expect("put back");
        assert_eq!(read(), "{}");
        // And who removes it starts anew.
        fs::remove_file(&state).expect("removed");
        keep_or_restore_in(folder.path()).expect("nothing to do");
        assert!(!state.exists());
    }
}
