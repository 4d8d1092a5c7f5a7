//! Papers that were printed lately, by what they were made of: the same values give the same bytes.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::press::Paper;

/// Together never more than this.
const BYTES: usize = 32 * 1024 * 1024;

/// What a paper is made of, as a hash.
pub(super) type Recipe = [u8; 32];

/// Papers, the one used last at the end.
pub(super) struct Tray(Mutex<VecDeque<(Recipe, Paper)>>);

impl Tray {
    pub const fn new() -> Self {
        Self(Mutex::new(VecDeque::new()))
    }

    pub fn take(&self, recipe: &Recipe) -> Option<Paper> {
        let mut papers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = papers.iter().position(|(known, _)| known == recipe)?;
        let found = papers.remove(place)?;
        let paper = found.1.clone();
        papers.push_back(found);
        Some(paper)
    }

    pub fn put(&self, recipe: Recipe, paper: Paper) {
        let mut papers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        papers.retain(|(known, _)| *known != recipe);
        papers.push_back((recipe, paper));
        let size = |papers: &VecDeque<(Recipe, Paper)>| papers.iter().map(|(_, p)| p.bytes.len()).sum::<usize>();
        while papers.len() > 1 && size(&papers) > BYTES {
            papers.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_used_least_lately_go_first_and_the_tray_stays_bounded() {
        let tray = Tray::new();
        let paper = |size: usize| Paper { bytes: vec![0; size].into(), sheets: Vec::new() };
        tray.put([1; 32], paper(BYTES / 2));
        tray.put([2; 32], paper(BYTES / 2));
        assert!(tray.take(&[1; 32]).is_some());
        tray.put([3; 32], paper(BYTES / 2));
        assert!(tray.take(&[2; 32]).is_none(), "the one not asked for since");
        assert!(tray.take(&[1; 32]).is_some() && tray.take(&[3; 32]).is_some());
        tray.put([4; 32], paper(2 * BYTES));
        assert!(tray.take(&[4; 32]).is_some() && tray.take(&[1; 32]).is_none());
    }
}
