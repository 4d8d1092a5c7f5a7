//! The data file, parsed.

use std::collections::BTreeSet;

/// What a role gets of an object by a road.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// The answer of a random id.
    Refused,
    /// Refused in plain words: the thing is known, this cannot be done with it.
    ToldNo,
    /// Done.
    Done,
    /// Answered, with these groups of canaries in it and no others.
    Shown(BTreeSet<char>),
}

/// One row.
#[derive(Debug, Clone)]
pub struct Row {
    pub object: String,
    pub operation: String,
    pub method: String,
    pub path: String,
    pub marks: Vec<Mark>,
    /// What the database alone would show besides.
    pub within_firm: Vec<BTreeSet<char>>,
    pub basis: String,
}

/// The whole file.
#[derive(Debug)]
pub struct Table {
    pub roles: Vec<String>,
    pub rows: Vec<Row>,
}

const FILE: &str = include_str!("../../leak_matrix.txt");

impl Mark {
    fn parse(text: &str) -> Self {
        match text {
            "-" => Self::Refused,
            "!" => Self::ToldNo,
            "+" => Self::Done,
            "." => Self::Shown(BTreeSet::new()),
            groups => {
                assert!(groups.chars().all(|c| "ECOWwP".contains(c)), "unknown mark {groups}");
                Self::Shown(groups.chars().collect())
            }
        }
    }

    /// What somebody with both hats gets: each of them, and no more.
    pub fn union(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Refused, mark) | (mark, Self::Refused) => mark.clone(),
            (Self::ToldNo, mark) | (mark, Self::ToldNo) => mark.clone(),
            (Self::Done, _) | (_, Self::Done) => Self::Done,
            (Self::Shown(a), Self::Shown(b)) => Self::Shown(a | b),
        }
    }
}

impl Table {
    pub fn load() -> Self {
        let header = FILE.lines().find(|l| l.starts_with("# object")).expect("a header");
        let cells = |line: &str| line.split('|').map(|c| c.trim().to_owned()).collect::<Vec<_>>();
        let header = cells(header);
        let roles = header[3..header.len() - 1].to_vec();
        let rows = FILE.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty()).map(|line| {
            let cells = cells(line);
            assert_eq!(cells.len(), header.len(), "{line}");
            let marks = &cells[3..cells.len() - 1];
            let (method, path) = cells[2].split_once(' ').expect("a request");
            Row {
                object: cells[0].clone(),
                operation: cells[1].clone(),
                method: method.to_owned(),
                path: path.to_owned(),
                marks: marks.iter().map(|c| Mark::parse(c.split('~').next().unwrap_or_default())).collect(),
                within_firm: marks.iter().map(|c| c.split_once('~').map_or("", |c| c.1).chars().collect()).collect(),
                basis: cells[cells.len() - 1].clone(),
            }
        });
        Self { rows: rows.collect(), roles }
    }

    pub fn mark(&self, row: &Row, role: &str) -> Mark {
        row.marks[self.column(role)].clone()
    }

    /// What the database alone would show to somebody of the same firm with a duty in another CEPTOAR.
    pub fn within_firm(&self, row: &Row, role: &str) -> BTreeSet<char> {
        row.within_firm[self.column(role)].clone()
    }

    fn column(&self, role: &str) -> usize {
        self.roles.iter().position(|r| r == role).expect("a role")
    }
}
