// SPDX-License-Identifier: Apache-2.0
//! Where reading goes on after a restart.
//!
//! A file is replaced as a whole (written beside it, then renamed), so that whoever reads it
//! finds the old one or the new one, also after `kill -9`. It is not flushed to the disk: what
//! ends the page cache ends the kernel's log as well, and the journal is read from an older place
//! then. Without a file the place is remembered for as long as the process lives, so that a
//! receiver that is opened again reports nothing twice.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::twins::Hash;

/// The first line of a file: the format's name and version.
const TITLE: &str = "tracecore kernelevents 1";

/// A place in the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// Which start of the machine the number below belongs to.
    pub(super) boot: String,
    /// The number of the last record of the device that was handed on.
    pub(super) sequence: Option<u64>,
    /// Where the last record of the journal stands that was handed on.
    pub(super) cursor: Option<String>,
    /// Records that came through one of two sources so far.
    pub(super) unmatched: Vec<(u64, i32)>,
}

impl Place {
    /// Makes it what it is now, in the same buffers.
    pub(super) fn set(&mut self, sequence: Option<u64>, cursor: Option<&str>) {
        self.sequence = sequence;
        match (&mut self.cursor, cursor) {
            (Some(mine), Some(cursor)) => cursor.clone_into(mine),
            (mine, cursor) => *mine = cursor.map(str::to_owned),
        }
    }

    fn render(&self, device: &Path, text: &mut String) {
        text.clear();
        let _ = writeln!(text, "{TITLE}\ndevice {}\nboot {}", device.display(), self.boot);
        if let Some(sequence) = self.sequence {
            let _ = writeln!(text, "sequence {sequence}");
        }
        if let Some(cursor) = &self.cursor {
            let _ = writeln!(text, "cursor {cursor}");
        }
        for (key, ahead) in &self.unmatched {
            let _ = writeln!(text, "unmatched {key:016x} {ahead}");
        }
        let mut hash = Hash::new();
        hash.add(text.as_bytes());
        let _ = writeln!(text, "end {:016x}", hash.end());
    }

    /// Reads what `render` wrote for this device; why not, if it did not.
    fn parse(text: &str, device: &Path) -> Result<Self, &'static str> {
        const CUT: &str = "it is cut off";
        let (content, end) = text.rsplit_once("end ").ok_or(CUT)?;
        if content.lines().next() != Some(TITLE) {
            return Err("it does not begin with the title of its format");
        }
        let mut hash = Hash::new();
        hash.add(content.as_bytes());
        if end != format!("{:016x}\n", hash.end()) {
            return Err("its checksum is wrong");
        }
        let mut place = Self::default();
        for line in content.lines().skip(1) {
            let (what, value) = line.split_once(' ').ok_or(CUT)?;
            match what {
                "device" if value != device.display().to_string() => {
                    return Err("it belongs to another device");
                }
                "device" => {}
                "boot" => value.clone_into(&mut place.boot),
                "sequence" => place.sequence = Some(value.parse().map_err(|_| "its sequence is no number")?),
                "cursor" => place.cursor = Some(value.to_owned()),
                "unmatched" => {
                    let (key, ahead) = value.split_once(' ').ok_or(CUT)?;
                    let key = u64::from_str_radix(key, 16).map_err(|_| "a key is no number")?;
                    place.unmatched.push((key, ahead.parse().map_err(|_| "a balance is no number")?));
                }
                _ => return Err("it has a line that this version does not know"),
            }
        }
        Ok(place)
    }
}

/// What receivers without a file remember, by their component and what they read.
static REMEMBERED: Mutex<BTreeMap<String, Place>> = Mutex::new(BTreeMap::new());

/// Keeps a place.
#[derive(Debug)]
pub(super) struct Store {
    file: Option<(PathBuf, PathBuf)>,
    device: PathBuf,
    owner: String,
    text: String,
    kept: String,
}

/// What a store had.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Loaded {
    /// A place to go on from.
    Place(Place),
    /// Nothing was kept yet.
    Nothing,
    /// Something that is of no use, and why.
    Unusable(String),
}

impl Store {
    /// Keeps the place of this owner in this file, or in memory.
    pub(super) fn new(file: Option<&Path>, owner: &str, device: &Path, journalctl: &Path) -> Self {
        let file = file.map(|file| {
            let mut beside = file.as_os_str().to_owned();
            beside.push(".new");
            (file.to_owned(), PathBuf::from(beside))
        });
        let owner = format!("{owner} {} {}", device.display(), journalctl.display());
        Self { file, device: device.to_owned(), owner, text: String::new(), kept: String::new() }
    }

    /// What was kept.
    pub(super) fn load(&self) -> Loaded {
        let Some((file, _)) = &self.file else {
            let remembered = REMEMBERED.lock().unwrap_or_else(PoisonError::into_inner);
            return remembered.get(&self.owner).cloned().map_or(Loaded::Nothing, Loaded::Place);
        };
        let unusable =
            |why: &str| Loaded::Unusable(format!("the state file {} is not used: {why}", file.display()));
        match std::fs::read(file) {
            Ok(bytes) => match Place::parse(&String::from_utf8_lossy(&bytes), &self.device) {
                Ok(place) => Loaded::Place(place),
                Err(why) => unusable(why),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Loaded::Nothing,
            Err(error) => unusable(&error.to_string()),
        }
    }

    /// Keeps this place, unless it is the one that is kept already.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub(super) fn keep(&mut self, place: &Place) -> io::Result<()> {
        let Some((file, beside)) = &self.file else {
            let mut remembered = REMEMBERED.lock().unwrap_or_else(PoisonError::into_inner);
            match remembered.get_mut(&self.owner) {
                Some(kept) if kept == place => {}
                Some(kept) => kept.clone_from(place),
                None => {
                    remembered.insert(self.owner.clone(), place.clone());
                }
            }
            return Ok(());
        };
        place.render(&self.device, &mut self.text);
        if self.text == self.kept {
            return Ok(());
        }
        std::fs::write(beside, &self.text)?;
        std::fs::rename(beside, file)?;
        std::mem::swap(&mut self.text, &mut self.kept);
        Ok(())
    }
}

/// Which start of the machine this is: 32 hexadecimal digits, as the journal writes it.
///
/// # Errors
///
/// The kernel does not say.
pub(super) fn boot_id() -> io::Result<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
    Ok(id.trim().replace('-', ""))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]

    use std::fs;
    use std::path::Path;

    use super::{Loaded, Place, Store};

    fn place() -> Place {
        Place {
            boot: "da495663dcbf41e488f8d1a332993316".to_owned(),
            sequence: Some(u64::MAX),
            cursor: Some("s=1;i=2 with a space;end b=3".to_owned()),
            unmatched: vec![(u64::MAX, -1), (0, 3)],
        }
    }

    fn store(file: &Path) -> Store {
        Store::new(Some(file), "kernelevents", Path::new("/dev/kmsg"), Path::new("journalctl"))
    }

    #[test]
    fn what_was_kept_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state");
        let mut first = store(&file);
        assert_eq!(first.load(), Loaded::Nothing);
        for place in [Place::default(), place()] {
            first.keep(&place).unwrap();
            assert_eq!(store(&file).load(), Loaded::Place(place));
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn no_damage_goes_unnoticed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state");
        store(&file).keep(&place()).unwrap();
        let whole = fs::read(&file).unwrap();
        let unusable = |bytes: &[u8]| {
            fs::write(&file, bytes).unwrap();
            matches!(store(&file).load(), Loaded::Unusable(why) if why.contains("state") && why.contains(" is not used: "))
        };
        for length in 0..whole.len() {
            assert!(unusable(&whole[..length]), "cut to {length}");
        }
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            assert!(unusable(&bytes), "bit 0 of byte {at}");
        }
        let other = Store::new(Some(&file), "kernelevents", Path::new("/tmp/kmsg"), Path::new("journalctl"));
        fs::write(&file, &whole).unwrap();
        assert!(matches!(other.load(), Loaded::Unusable(why) if why.contains("another device")));
        assert!(matches!(store(folder.path()).load(), Loaded::Unusable(_)), "a folder is no file");
    }

    #[test]
    fn a_place_that_cannot_be_written_is_an_error_and_the_old_one_stays() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state");
        let mut first = store(&file);
        first.keep(&place()).unwrap();
        // A folder where the new file is to be written.
        fs::create_dir(folder.path().join("state.new")).unwrap();
        assert!(first.keep(&Place::default()).is_err());
        assert_eq!(store(&file).load(), Loaded::Place(place()));
    }

    #[test]
    fn without_a_file_the_process_remembers() {
        let make = |owner: &str| Store::new(None, owner, Path::new("/dev/kmsg"), Path::new("j"));
        make("one of a test").keep(&place()).unwrap();
        assert_eq!(make("one of a test").load(), Loaded::Place(place()));
        assert_eq!(make("another of a test").load(), Loaded::Nothing);
    }
}
