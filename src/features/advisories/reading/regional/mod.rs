//! What a regional office sees of the members that it looks after: how they stand, in numbers and without names.

pub mod store;

use crate::features::access::advisory::Hat;
use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::thousands;
use crate::kernel::stage::Stage;
use crate::platform::db::Tx;

crate::words! {
    /// Words of the card.
    pub struct RegionalWords {
        title: "受け持ちの構成員({ceptoar})" / "Members that you look after ({ceptoar})",
        members: "届いた構成員" / "Members that have it",
        acknowledged: "受領を確認" / "Received",
        waiting: "事務局の判断を待っている構成員" / "Waiting for the decision of their secretariat",
        note: "発出した日に受け持っていた構成員の数です。どの構成員かは、事務局が把握しています。" / "Those that you looked after on the day of publication. Which ones is known to the secretariat.",
    }
}

/// The members of a CEPTOAR behind one of the viewer's offices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    /// The CEPTOAR's name in Japanese and English.
    pub ceptoar: [String; 2],
    /// How many members the item is for.
    pub members: i64,
    /// How many of them have received it.
    pub acknowledged: i64,
    /// How many do not have it yet, because their desk decides.
    pub waiting: i64,
}

/// The card on the page of an item.
#[derive(Debug)]
pub struct BehindView {
    /// What it is about.
    pub title: String,
    /// The numbers, and what they count.
    pub lines: Vec<(&'static str, String)>,
    /// Where they are from.
    pub note: &'static str,
}

impl BehindView {
    /// One for each CEPTOAR in which the viewer's office has the item.
    ///
    /// # Errors
    /// The database's own.
    pub async fn all(tx: &mut Tx, hats: &[Hat], id: AdvisoryId, language: Language) -> sqlx::Result<Vec<Self>> {
        if !hats.iter().any(|hat| hat.stage == Stage::Regional && !hat.sealed) {
            return Ok(Vec::new());
        }
        Ok(store::behind(tx, id).await?.iter().map(|behind| Self::of(behind, language)).collect())
    }

    fn of(behind: &Behind, language: Language) -> Self {
        let w = RegionalWords::of(language);
        let have = behind.members - behind.waiting;
        let mut lines = vec![
            (w.members, thousands(have)),
            (w.acknowledged, format!("{} / {}", thousands(behind.acknowledged), thousands(have))),
        ];
        lines.extend((behind.waiting > 0).then(|| (w.waiting, thousands(behind.waiting))));
        let ceptoar = language.pick(&behind.ceptoar[0], &behind.ceptoar[1]);
        Self { title: fill(w.title, &[("ceptoar", ceptoar)]), lines, note: w.note }
    }
}
