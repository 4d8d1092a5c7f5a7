//! The anchor: a file outside the database that remembers how far the chain was, and with which hash. It is
//! only ever appended to. Copies of it belong on another machine.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use chrono::{DateTime, SecondsFormat, Utc};

use super::chain::Hash;

/// Longer than any line of ours: how much of a file's end is read to find its last line.
const TAIL: u64 = 512;

/// One line: at that time the chain ended there, with that hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// When it was written.
    pub at: DateTime<Utc>,
    /// The last position then.
    pub position: i64,
    /// Its hash.
    pub hash: Hash,
}

impl Mark {
    /// The line in the file, without its end.
    #[must_use]
    pub fn line(&self) -> String {
        let at = self.at.to_rfc3339_opts(SecondsFormat::Secs, true);
        format!("{at} {} {}", self.position, hex::encode(self.hash))
    }

    /// The mark of a line.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let (at, position, hash) = (words.next()?, words.next()?, words.next()?);
        let at = DateTime::parse_from_rfc3339(at).ok()?.with_timezone(&Utc);
        let hash = hex::decode(hash).ok()?.try_into().ok()?;
        let mark = Self { at, position: position.parse().ok()?, hash };
        // Written in one way only: a line that was touched by hand does not pass as one of ours.
        (words.next().is_none() && mark.position > 0 && mark.line() == line).then_some(mark)
    }
}

/// Appends a mark and makes sure that the disk has it.
///
/// # Errors
/// When the file cannot be written.
pub fn append(path: &Path, mark: &Mark) -> anyhow::Result<()> {
    let named = || format!("the anchor {} cannot be written", path.display());
    let fresh = !path.exists();
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path).with_context(named)?;
    file.write_all(format!("{}\n", mark.line()).as_bytes()).with_context(named)?;
    file.sync_all().with_context(named)?;
    if fresh && let Some(directory) = path.parent().filter(|d| !d.as_os_str().is_empty()) {
        // A file that a power cut takes away with its directory entry was not written.
        File::open(directory).and_then(|d| d.sync_all()).with_context(named)?;
    }
    Ok(())
}

/// The last mark; `None` where there is no file yet or nothing in it.
///
/// # Errors
/// When the file cannot be read or ends in something else than a mark.
pub fn last(path: &Path) -> anyhow::Result<Option<Mark>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("the anchor {} cannot be read", path.display())),
    };
    let length = file.metadata()?.len();
    if length == 0 {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let tail = String::from_utf8_lossy(&tail);
    let line = tail.trim_end_matches('\n').rsplit('\n').next().unwrap_or_default();
    ensure!(tail.ends_with('\n'), "the anchor {} ends in half a line", path.display());
    match Mark::parse(line) {
        Some(mark) => Ok(Some(mark)),
        None => bail!("the anchor {} does not end in a line of ours", path.display()),
    }
}

/// Marks of a file one after the other, in constant memory.
#[derive(Debug)]
pub struct Marks {
    name: String,
    lines: std::io::Lines<BufReader<File>>,
    number: usize,
    before: i64,
}

impl Marks {
    /// Opens a file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let name = path.display().to_string();
        let file = File::open(path).with_context(|| format!("the anchor {name} cannot be read"))?;
        Ok(Self { name, lines: BufReader::new(file).lines(), number: 0, before: 0 })
    }

    /// What the file is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The next mark.
    ///
    /// # Errors
    /// The number of the line that is none of ours, or whose position does not lie behind the one before.
    pub fn take(&mut self) -> Result<Option<Mark>, usize> {
        let Some(line) = self.lines.next() else { return Ok(None) };
        self.number += 1;
        let mark = line.ok().and_then(|line| Mark::parse(&line)).filter(|mark| mark.position > self.before);
        let mark = mark.ok_or(self.number)?;
        self.before = mark.position;
        Ok(Some(mark))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn mark(position: i64) -> Mark {
        Mark { at: DateTime::UNIX_EPOCH, position, hash: [0xab; 32] }
    }

    #[test]
    fn lines_come_back_and_nobody_else_may_read_them() {
        let directory = std::env::temp_dir().join(format!("anchor-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&directory).expect("a directory");
        let path = directory.join("anchor");
        assert_eq!(last(&path).expect("no file"), None);
        append(&path, &mark(3)).expect("written");
        append(&path, &mark(9)).expect("written");
        assert_eq!(last(&path).expect("a file"), Some(mark(9)));
        assert_eq!(std::fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
        let mut marks = Marks::open(&path).expect("a file");
        assert_eq!(marks.take(), Ok(Some(mark(3))));
        assert_eq!(marks.take(), Ok(Some(mark(9))));
        assert_eq!(marks.take(), Ok(None));
        append(&path, &mark(8)).expect("written");
        let mut marks = Marks::open(&path).expect("a file");
        assert!(marks.take().is_ok() && marks.take().is_ok());
        assert_eq!(marks.take(), Err(3), "a head never goes back");
        std::fs::remove_dir_all(directory).expect("removed");
    }

    #[test]
    fn a_touched_line_is_none_of_ours() {
        let line = mark(12).line();
        assert_eq!(Mark::parse(&line), Some(mark(12)));
        for touched in [line.replace(" 12 ", " 012 "), line.to_uppercase(), format!("{line} "), line[1..].to_owned()] {
            assert_eq!(Mark::parse(&touched), None, "{touched}");
        }
    }
}
