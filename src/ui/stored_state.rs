//! A copy of the file in which eframe keeps settings.
//!
//! eframe writes the file in place: a program that is killed meanwhile leaves the half of it, which the next start could not
//! read, and choices and recent files would be gone. So each start keeps what it finds whole, and puts it back where it is not.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use crate::inputs::read_small;

/// What eframe calls its file.
const STATE: &str = "app.ron";
const COPY: &str = "app.whole.ron";
/// More bytes than settings ever have.
const LONGEST: u64 = 16 << 20;
/// Settings are a few kilobytes: a write that is not done after this time was broken off.
const WRITING: Duration = Duration::from_millis(80);

/// To be called before eframe reads its file.
pub(super) fn keep_or_restore(app_id: &str) {
    if let Some(folder) = eframe::storage_dir(app_id) {
        // Without a copy the settings are as safe as eframe leaves them.
        let _ = keep_or_restore_in(&folder);
    }
}

fn keep_or_restore_in(folder: &Path) -> io::Result<()> {
    let (state, copy) = (folder.join(STATE), folder.join(COPY));
    let (text, to) = match read_whole(&state) {
        Ok(Some(text)) => (text, &copy),
        Ok(None) => {
            // Another window may just be writing it.
            std::thread::sleep(WRITING);
            match (read_whole(&state)?, read_whole(&copy)?) {
                (None, Some(text)) => (text, &state),
                _ => return Ok(()),
            }
        }
        // Who removed it wants to start anew; what cannot be read is left alone.
        Err(_) => return Ok(()),
    };
    let unfinished = folder.join(format!("{COPY}.{}", std::process::id()));
    fs::write(&unfinished, text)?;
    // The disk has it before its name changes.
    fs::File::open(&unfinished)?.sync_all()?;
    fs::rename(&unfinished, to)
}

/// The text, `None` if it is no whole one.
fn read_whole(file: &Path) -> io::Result<Option<String>> {
    let text = String::from_utf8(read_small(file, LONGEST)?);
    Ok(text.ok().filter(|text| is_whole(text)))
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
        for end in (0..whole.len()).step_by(7) {
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
