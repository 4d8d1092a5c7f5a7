//! Letters about proposals, in both languages: to whom they go is known where the addresses are. What is proposed and
//! why stays in the portal; a merger is nobody's business before its day.

use super::paths;
use super::store::Proposal;
use crate::kernel::language::{Language, fill};
use crate::platform::mail::letter::{Letter, LetterError, Letters};

crate::words! {
    /// Words of the letters. Lines of at most 35 full-width characters.
    pub struct LetterWords {
        desk: "{ceptoar}事務局 ご担当者様" / "To the secretariat of {ceptoar}",
        firm: "{firm}\nご担当者様" / "To {firm}",
        from: "セプター情報共有ポータルからのお知らせです。" / "This is the CEPTOAR information-sharing portal.",
        made_subject: "【要確認】構成員の登録の変更申請" / "[Please check] A member proposes a change",
        made: "次の構成員から、名簿の登録の変更申請が\nありました。内容を確認し、承認するか、\n理由を付けて差し戻してください。\n構成員: {firm}" / "This member proposes a change of its entry in the\ndirectory. Please accept it, or return it with a\nreason.\nMember: {firm}",
        accepted_subject: "【お知らせ】登録の変更申請が承認されました" / "[Portal] Your proposal was accepted",
        accepted: "名簿の登録の変更申請が承認されました。\n適用日から、新しい内容になります。" / "Your proposal to change your entry in the directory\nwas accepted. It holds from its day on.",
        returned_subject: "【要確認】登録の変更申請が差し戻されました" / "[Please check] Your proposal was returned",
        returned: "名簿の登録の変更申請が差し戻されました。\n理由を確認し、必要なら申請し直してください。" / "Your proposal to change your entry in the directory\nwas returned. Please read why, and propose again\nif you need to.",
        link: "変更申請(サインインが必要です)\n{link}" / "The proposal (sign in to see it)\n{link}",
        end: "以上" / "--",
    }
}

/// Why a letter is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// To the desk: something was proposed.
    Made,
    /// To the firm: it was accepted.
    Accepted,
    /// To the firm: it was returned.
    Returned,
}

/// What a letter is about.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The proposal.
    pub proposal: &'a Proposal,
    /// The CEPTOAR's name in Japanese and English.
    pub ceptoar: &'a [String; 2],
    /// The firm's name in Japanese and English, as it is today.
    pub firm: &'a [String; 2],
    /// Where the portal is.
    pub base_url: &'a str,
}

/// The letter in both languages.
///
/// # Errors
/// [`LetterError`] when a name cannot stand in a mail.
pub fn letters(about: About<'_>, reason: Reason) -> Result<Letters, LetterError> {
    Letters::of(|language| letter(about, reason, language))
}

fn letter(about: About<'_>, reason: Reason, language: Language) -> Result<Letter, LetterError> {
    let w = LetterWords::of(language);
    let (subject, to, text) = match reason {
        Reason::Made => (w.made_subject, w.desk, w.made),
        Reason::Accepted => (w.accepted_subject, w.firm, w.accepted),
        Reason::Returned => (w.returned_subject, w.firm, w.returned),
    };
    // Names that are empty in one language stand in the other.
    let name = |names: &[String; 2]| {
        let name = language.pick(&names[0], &names[1]);
        if name.is_empty() { names[0].clone() } else { name.clone() }
    };
    let names = [("ceptoar", name(about.ceptoar)), ("firm", name(about.firm))];
    let names = names.each_ref().map(|(key, name)| (*key, name.as_str()));
    let page = paths::of_proposal(paths::PROPOSAL, &about.proposal.ceptoar_id, about.proposal.proposal_id);
    let link = format!("{}{page}", about.base_url);
    let parts =
        [fill(to, &names), w.from.to_owned(), fill(text, &names), fill(w.link, &[("link", &link)]), w.end.to_owned()];
    Letter::new(language, subject, &parts.join("\n\n"), false)
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use uuid::Uuid;

    use super::*;
    use crate::features::directory::proposals::proposal::{State, Wanted};
    use crate::kernel::ids::{AccountId, OrganisationId};
    use crate::kernel::text;

    #[test]
    fn every_letter_has_short_lines_one_link_and_nothing_of_what_is_proposed() {
        let proposal = Proposal {
            proposal_id: Uuid::new_v4(),
            ceptoar_id: "telecom".into(),
            organisation_id: OrganisationId::random(),
            effective_on: NaiveDate::from_ymd_opt(2027, 4, 1).unwrap(),
            reason: "合併のため".into(),
            wanted: Wanted { ja: Some("秘密の新社名".into()), ..Wanted::default() },
            before: Vec::new(),
            after: Vec::new(),
            state: State::Open,
            made_by: AccountId::random(),
            made_at: chrono::DateTime::UNIX_EPOCH,
            decided_at: None,
            answer: "返した理由".into(),
            looked_at: None,
        };
        let ceptoar = ["損害保険CEPTOAR".to_owned(), "Non-Life Insurance CEPTOAR".to_owned()];
        let firm = ["架空電気通信(架空)".to_owned(), String::new()];
        let about = About { proposal: &proposal, ceptoar: &ceptoar, firm: &firm, base_url: "https://portal.example" };
        for reason in [Reason::Made, Reason::Accepted, Reason::Returned] {
            let letters = letters(about, reason).unwrap();
            for (subject, body) in letters.subjects.iter().zip(&letters.bodies) {
                assert_eq!(body.matches("https://portal.example/directory/telecom/proposals/").count(), 1);
                assert!(body.contains("架空電気通信"), "{body}");
                // The link is one word, and as long as it is.
                assert!(body.lines().all(|line| line.starts_with("https://") || text::width(line) <= 70), "{body}");
                for secret in ["秘密", "合併", "返した"] {
                    assert!(!body.contains(secret) && !subject.contains(secret));
                }
                assert!(!subject.contains("架空") && text::width(subject) <= 80);
            }
        }
    }
}
