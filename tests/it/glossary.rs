//! The words that the screens use for code values stand in docs/glossary.md, in both languages, and no others do.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::iter::successors;
use std::path::Path;

use ceptoar_portal::features::access::Role;
use ceptoar_portal::features::advisories::advisory::{Kind, Purpose, State};
use ceptoar_portal::features::advisories::origin::Source;
use ceptoar_portal::features::advisories::reading::deliveries::recipient::CopyState;
use ceptoar_portal::features::advisories::reading::standing::Standing;
use ceptoar_portal::features::advisories::receipts::calls::attempt::Outcome;
use ceptoar_portal::features::advisories::receipts::receipt::Channel as ReceiptChannel;
use ceptoar_portal::features::advisories::versions::step::Step;
use ceptoar_portal::features::directory::activities::kind::Kind as ActivityKind;
use ceptoar_portal::features::directory::federations::federation::Part;
use ceptoar_portal::features::directory::groups::group::Kind as GroupKind;
use ceptoar_portal::features::directory::partners::partner::{Kind as PartnerKind, PartnerRole};
use ceptoar_portal::features::directory::proposals::proposal::State as ProposalState;
use ceptoar_portal::features::directory::roster::sheet::MemberKind;
use ceptoar_portal::features::directory::setup::fact::Subject;
use ceptoar_portal::features::feature_map::vocabulary::{Channel, Confidence};
use ceptoar_portal::features::follow_up::state::State as SheetState;
use ceptoar_portal::features::people::person::{AccountState, Decision, DutyTime, RequestPurpose, Strength};
use ceptoar_portal::features::sharing::verdict::{Rule, Verdict};
use ceptoar_portal::features::surveys::question::QuestionKind;
use ceptoar_portal::features::surveys::survey::{Kind as SurveyKind, Participation, State as SurveyState, Visibility};
use ceptoar_portal::kernel::language::{Label, Language};
use ceptoar_portal::kernel::sharing_level::{HandlerScope, SharingLevel};
use ceptoar_portal::kernel::stage::Stage;

/// The row of each value: Japanese, English, code.
fn rows<T: Label + Copy + Debug>(name: &str, values: impl IntoIterator<Item = T>) -> Vec<String> {
    let row =
        |value: T| format!("| {} | {} | `{name}::{value:?}` |", value.label(Language::Ja), value.label(Language::En));
    values.into_iter().map(row).collect()
}

/// Written so that a state without a row here does not compile.
fn states() -> impl Iterator<Item = State> {
    successors(Some(State::Draft), |state| match state {
        State::Draft => Some(State::Review),
        State::Review => Some(State::Approved),
        State::Approved => Some(State::Published),
        State::Published => None,
    })
}

/// The same for the states of a copy.
fn copy_states() -> impl Iterator<Item = CopyState> {
    successors(Some(CopyState::Held), |state| match state {
        CopyState::Held => Some(CopyState::Queued),
        CopyState::Queued => Some(CopyState::Sending),
        CopyState::Sending => Some(CopyState::Sent),
        CopyState::Sent => Some(CopyState::Refused),
        CopyState::Refused => Some(CopyState::Expired),
        CopyState::Expired => Some(CopyState::Cancelled),
        CopyState::Cancelled => None,
    })
}

/// The same for standings.
fn standings() -> impl Iterator<Item = Standing> {
    successors(Some(Standing::Waiting), |standing| match standing {
        Standing::Waiting => Some(Standing::Overdue),
        Standing::Overdue => Some(Standing::ToldDesk),
        Standing::ToldDesk => Some(Standing::Replied),
        Standing::Replied => Some(Standing::Acknowledged),
        Standing::Acknowledged => None,
    })
}

/// The same for confidences.
fn confidences() -> impl Iterator<Item = Confidence> {
    successors(Some(Confidence::Certain), |confidence| match confidence {
        Confidence::Certain => Some(Confidence::Likely),
        Confidence::Likely => Some(Confidence::Unsure),
        Confidence::Unsure => None,
    })
}

/// The same for rules.
fn rules() -> impl Iterator<Item = Rule> {
    successors(Some(Rule::AddressedCeptoar), |rule| match rule {
        Rule::AddressedCeptoar => Some(Rule::AddressedSector),
        Rule::AddressedSector => Some(Rule::AddressedSubgroup),
        Rule::AddressedSubgroup => Some(Rule::NamedPerson),
        Rule::NamedPerson => Some(Rule::RouteSecretariat),
        Rule::RouteSecretariat => Some(Rule::RouteMinistry),
        Rule::RouteMinistry => Some(Rule::RouteRegional),
        Rule::RouteRegional => Some(Rule::RoutePartner),
        Rule::RoutePartner => Some(Rule::HadEarlier),
        Rule::HadEarlier => None,
    })
}

/// `Role` of a row whose third cell is `` `Role::NiscAnalyst` ``.
fn type_of(row: &str) -> Option<&str> {
    Some(row.split('|').nth(3)?.trim().strip_prefix('`')?.split_once("::")?.0)
}

#[test]
fn the_glossary_has_the_labels_of_the_code_and_no_others() {
    let spoken: BTreeSet<String> = [
        rows("Role", Role::ALL),
        rows("Kind", Kind::ALL),
        rows("State", states()),
        rows("SharingLevel", SharingLevel::ALL),
        rows("HandlerScope", HandlerScope::ALL),
        rows("Purpose", Purpose::ALL),
        rows("Source", Source::ALL),
        rows("Verdict", Verdict::ALL),
        rows("Rule", rules()),
        rows("Stage", Stage::ALL),
        rows("CopyState", copy_states()),
        rows("Standing", standings()),
        rows("Confidence", confidences()),
        rows("Channel", Channel::OF_MAPS),
        rows("AccountState", AccountState::ALL),
        rows("Strength", Strength::ALL),
        rows("DutyTime", DutyTime::ALL),
        rows("RequestPurpose", RequestPurpose::ALL),
        rows("Decision", Decision::ALL),
        rows("follow_up::State", SheetState::ALL),
        rows("proposals::State", ProposalState::ALL),
        rows("activities::Kind", ActivityKind::ALL),
        rows("surveys::Kind", SurveyKind::ALL),
        rows("surveys::Participation", Participation::ALL),
        rows("surveys::Visibility", Visibility::ALL),
        rows("surveys::State", SurveyState::ALL),
        rows("surveys::QuestionKind", QuestionKind::ALL),
        rows("setup::Subject", Subject::ALL),
        rows("partners::Kind", PartnerKind::ALL),
        rows("PartnerRole", PartnerRole::ALL),
        rows("MemberKind", MemberKind::ALL),
        rows("groups::Kind", GroupKind::ALL),
        rows("federations::Part", Part::ALL),
        rows("receipts::Channel", ReceiptChannel::ALL),
        rows("calls::Outcome", Outcome::ALL),
        rows("versions::Step", Step::NEXT),
    ]
    .concat()
    .into_iter()
    .collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/glossary.md");
    let glossary = std::fs::read_to_string(path).expect("docs/glossary.md");
    let types: BTreeSet<&str> = spoken.iter().filter_map(|row| type_of(row)).collect();
    let written: BTreeSet<String> = glossary
        .lines()
        .map(|line| line.split_inclusive('|').take(4).collect::<String>())
        .filter(|row| type_of(row).is_some_and(|name| types.contains(name)))
        .collect();
    let missing: Vec<_> = spoken.difference(&written).collect();
    let stale: Vec<_> = written.difference(&spoken).collect();
    assert!(missing.is_empty() && stale.is_empty(), "docs/glossary.md lacks {missing:#?} and has {stale:#?}");
}
