//! What stands on the pages of a version that is not published yet: which one it is, why, and how its level changes.

use crate::features::advisories::paths;
use crate::features::advisories::store::Unpublished;
use crate::features::advisories::versions::step::{Step, nth};
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::sharing_level::HandlerScope;

crate::words! {
    /// Words about a version that is not published yet.
    pub struct UnpublishedWords {
        which: "{number} の{nth}({step})です。" / "{nth} of {number} ({step}).",
        told: "前の版を受け取った組織には、宛先にかかわらず届きます。前の版の受領確認は引き継がれません。初めて受け取る方のメールと画面には、前の版があったことは出ません。" / "Whoever had the version before gets it, whatever it is addressed to. Acknowledgements do not carry over. Mail and page tell those who get it for the first time nothing of earlier versions.",
        told_red: "RED の続きは、この版で指名した方だけに届きます。前の版の方には、旧版になったことだけが分かります。" / "A RED version reaches the persons named in it alone. Whoever had the version before sees only that theirs is old.",
        told_withdrawal: "どれかの版を受け取ったすべての組織に届きます。宛先とレベルは、いちばん広い版に合わせてあり、変えられません。前の版の内容を書かないでください。" / "It goes to everybody who had any version. Level and addressees are those of the widest and cannot be changed. Do not repeat what earlier versions said.",
        told_lowering: "新しく読めるようになる方がいます。その方に見せてよい内容だけが残っているか、確かめてください。" / "There are people who may read it from now on. Make sure that it says only what they may know.",
        reason: "理由" / "Reason",
        level: "情報共有レベル" / "Sharing level",
        scope: "取扱担当者の範囲" / "Who may handle it",
        change: "{before} → {after}" / "{before} → {after}",
        same: "{before}(変更なし)" / "{before} (unchanged)",
        before: "前の版を開く" / "Open the version before",
    }
}

/// Which version it is, and what it changes.
#[derive(Debug)]
pub struct DraftVersion {
    /// Words.
    pub w: &'static UnpublishedWords,
    /// Which one.
    pub which: String,
    /// Who gets it.
    pub told: Vec<&'static str>,
    /// Why.
    pub reason: String,
    /// AMBER → GREEN.
    pub level: String,
    /// 取扱担当者のみ → 組織内.
    pub scope: String,
    /// It may be read by more people than the one before.
    pub lowers: bool,
    /// Nobody chooses its level and addressees.
    pub fixed: bool,
    /// The version before.
    pub before: String,
}

impl DraftVersion {
    /// None for a first version.
    #[must_use]
    pub fn of(item: &Unpublished, language: Language) -> Option<Self> {
        let before = item.before?;
        let w = UnpublishedWords::of(language);
        let version = item.envelope.version;
        let change = |was: &str, is: &str| {
            let text = if was == is { w.same } else { w.change };
            fill(text, &[("before", was), ("after", is)])
        };
        let told = match version.step {
            Step::First => Vec::new(),
            Step::Withdrawal => vec![w.told_withdrawal],
            Step::Lowering => vec![w.told, w.told_lowering],
            Step::FollowUp | Step::Correction if item.draft.handler_scope == HandlerScope::Named => vec![w.told_red],
            Step::FollowUp | Step::Correction => vec![w.told],
        };
        let nth = nth(version.number, language);
        let parts = [("number", item.envelope.number.as_str()), ("nth", &nth), ("step", version.step.label(language))];
        Some(Self {
            w,
            which: fill(w.which, &parts),
            told,
            reason: item.reason.clone(),
            level: change(before.level.tlp(), item.draft.level.tlp()),
            scope: change(before.handler_scope.label(language), item.draft.handler_scope.label(language)),
            lowers: version.step == Step::Lowering,
            fixed: version.step == Step::Withdrawal,
            before: paths::show(before.advisory_id),
        })
    }
}
