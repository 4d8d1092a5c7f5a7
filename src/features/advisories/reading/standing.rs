//! How a viewer's organisations stand to an item: whether they owe an acknowledgement.

use chrono::{DateTime, Utc};

use crate::features::access::advisory::Hat;
use crate::kernel::ids::{ContactId, OrganisationId};
use crate::kernel::language::{Label, Language};
use crate::kernel::stage::Stage;

/// Where an item stands for the viewer's organisations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Acknowledgement is due.
    Waiting,
    /// It is late.
    Overdue,
    /// A desk entered that it was told; nobody of the firm has acknowledged yet.
    ToldDesk,
    /// Somebody replied to the mail; nobody has acknowledged in the portal yet.
    Replied,
    /// All of them acknowledged.
    Acknowledged,
}

impl Standing {
    /// The badge's code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Overdue => "overdue",
            Self::ToldDesk => "told_desk",
            Self::Replied => "replied",
            Self::Acknowledged => "acknowledged",
        }
    }
}

impl Label for Standing {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Waiting => language.pick("要受領確認", "To acknowledge"),
            Self::Overdue => language.pick("期限超過", "Overdue"),
            Self::ToldDesk => language.pick("事務局が受領を記録", "Entered by the desk"),
            Self::Replied => language.pick("返信メールで受領", "Received, by a reply"),
            Self::Acknowledged => language.pick("受領確認済", "Acknowledged"),
        }
    }
}

/// How an organisation said without the button that it has an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// To its desk, which entered it.
    Desk,
    /// By a reply to the mail.
    Reply,
}

/// The organisations that an acknowledgement is asked of, each once, with the window answered for.
#[must_use]
pub fn duties(hats: &[Hat]) -> Vec<(OrganisationId, Option<ContactId>)> {
    let mut duties: Vec<(OrganisationId, Option<ContactId>)> = Vec::new();
    for hat in hats.iter().filter(|hat| hat.acknowledges()) {
        if !duties.iter().any(|(organisation, _)| *organisation == hat.organisation_id) {
            duties.push((hat.organisation_id, hat.contact_id));
        }
    }
    duties
}

/// The standing; `None` where nothing is asked of the viewer. Two hats: both must have answered. What a desk was told
/// or a reply says counts for the hat that it looks after, and is no acknowledgement: a wrong tick must not hide an item from the firm.
pub fn standing(
    hats: &[Hat],
    answered: impl Fn(OrganisationId) -> bool,
    told: impl Fn(&Hat) -> Option<Told>,
    answer_due: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Option<Standing> {
    let duties = duties(hats);
    if duties.is_empty() {
        return None;
    }
    if duties.iter().all(|(organisation, _)| answered(*organisation)) {
        return Some(Standing::Acknowledged);
    }
    let open: Vec<&Hat> = hats.iter().filter(|hat| hat.acknowledges() && !answered(hat.organisation_id)).collect();
    let heard = |hat: &Hat| told(hat).filter(|told| hat.stage == Stage::Member || *told == Told::Reply);
    if open.iter().all(|hat| heard(hat).is_some()) {
        let replied = open.iter().all(|hat| heard(hat) == Some(Told::Reply));
        return Some(if replied { Standing::Replied } else { Standing::ToldDesk });
    }
    Some(if answer_due.is_some_and(|due| due < now) { Standing::Overdue } else { Standing::Waiting })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::access::Role;

    fn hat(role: Role, stage: Stage, organisation: OrganisationId, sealed: bool) -> Hat {
        Hat {
            ceptoar_id: "banks".into(),
            stage,
            organisation_id: organisation,
            role,
            contact_id: None,
            sealed,
            handlers_only: false,
            superseded: false,
            withdrawn: false,
        }
    }

    #[test]
    fn readers_the_centre_and_sealed_hats_owe_nothing() {
        let (a, b) = (OrganisationId::random(), OrganisationId::random());
        let hats =
            [hat(Role::MemberReader, Stage::Member, a, false), hat(Role::Secretariat, Stage::Secretariat, b, true)];
        assert!(duties(&hats).is_empty());
        assert_eq!(standing(&hats, |_| false, |_| None, None, DateTime::UNIX_EPOCH), None);
    }

    #[test]
    fn two_hats_owe_two_answers_and_one_organisation_owes_one() {
        let (a, b) = (OrganisationId::random(), OrganisationId::random());
        let now = DateTime::UNIX_EPOCH + chrono::TimeDelta::days(2);
        let hats = [
            hat(Role::MemberPoc, Stage::Member, a, false),
            hat(Role::Secretariat, Stage::Secretariat, a, false),
            hat(Role::MinistryLiaison, Stage::Ministry, b, false),
        ];
        assert_eq!(duties(&hats).len(), 2);
        let untold = |_: &Hat| None;
        assert_eq!(standing(&hats, |o| o == a, untold, None, now), Some(Standing::Waiting));
        assert_eq!(standing(&hats, |o| o == a, untold, Some(DateTime::UNIX_EPOCH), now), Some(Standing::Overdue));
        assert_eq!(standing(&hats, |_| true, untold, Some(DateTime::UNIX_EPOCH), now), Some(Standing::Acknowledged));
    }

    #[test]
    fn what_a_desk_was_told_is_no_acknowledgement_and_counts_for_its_own_hop() {
        let (a, b) = (OrganisationId::random(), OrganisationId::random());
        let hats = [hat(Role::MemberPoc, Stage::Member, a, false)];
        let due = Some(DateTime::UNIX_EPOCH);
        let now = DateTime::UNIX_EPOCH + chrono::TimeDelta::days(2);
        assert_eq!(standing(&hats, |_| false, |_| Some(Told::Desk), due, now), Some(Standing::ToldDesk));
        assert_eq!(standing(&hats, |_| false, |_| Some(Told::Reply), due, now), Some(Standing::Replied));
        assert_eq!(standing(&hats, |_| true, |_| Some(Told::Desk), due, now), Some(Standing::Acknowledged));
        let desk = [hats[0].clone(), hat(Role::Secretariat, Stage::Secretariat, b, false)];
        assert_eq!(standing(&desk, |_| false, |_| Some(Told::Desk), due, now), Some(Standing::Overdue));
        assert_eq!(standing(&desk, |o| o == b, |_| Some(Told::Desk), due, now), Some(Standing::ToldDesk));
        assert_eq!(standing(&desk, |_| false, |_| Some(Told::Reply), due, now), Some(Standing::Replied));
    }
}
