//! What somebody has to do beside reading: with a due date where there is one, the most pressing first.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::store::{self, OpenConsent, OpenRound, UnaskedDesk};
use super::words::TaskWords;
use crate::features::access::action::{
    AdvisoryAction, DirectoryAction, FollowUpAction, JudgementAction, MemberReportAction, ReceiptAction, RelayAction,
    RequestAction,
};
use crate::features::access::directory::{RosterFacts, Standing};
use crate::features::access::{Role, Viewer, can, could};
use crate::features::advisories::escalation::reached::Told;
use crate::features::advisories::onward::report::Unreported;
use crate::features::advisories::relays::relay::{BypassAsked, OpenRelay};
use crate::features::advisories::relays::web::words::BypassWords;
use crate::features::advisories::review::comment::Returned;
use crate::features::advisories::review::web::words::ReviewWords;
use crate::features::advisories::{escalation, measures, onward, paths as advisories, relays, release, review};
use crate::features::directory::offices::office::Unreached;
use crate::features::directory::roster::paths as roster_paths;
use crate::features::directory::roster::store as roster;
use crate::features::directory::rules::paths as rules;
use crate::features::directory::verification::paths as verification;
use crate::features::directory::verification::proven::store::{self as proven, OwnWindow, Show, TroubledDesk};
use crate::features::directory::{offices, proposals};
use crate::features::follow_up;
use crate::features::follow_up::sheets::store::open;
pub use crate::features::follow_up::tasks::Task;
use crate::features::judgements;
use crate::features::people::paths as people;
use crate::features::people::store::{Wanted, requests};
use crate::features::surveys;
use crate::kernel::clock::japan_day;
use crate::kernel::ids::OrganisationId;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::thousands;
use crate::platform::db::Tx;

/// What a hub passed on is asked for this long.
const UNREPORTED: TimeDelta = TimeDelta::days(14);

/// What members do about an item is asked for this long.
const MEASURES: TimeDelta = TimeDelta::days(180);

/// Members that stay silent are a task of their desk for this long.
const TOLD: TimeDelta = TimeDelta::days(30);

/// All tasks of a viewer: what is due within hours, what is due on a day, the rest.
pub async fn tasks(tx: &mut Tx, viewer: &Viewer, now: DateTime<Utc>, language: Language) -> sqlx::Result<Vec<Task>> {
    let (w, today) = (TaskWords::of(language), japan_day(now));
    let mut tasks = Vec::new();
    // What has an hour comes before whatever has a day, also a day that has passed.
    let mut decisions = Vec::new();
    let waiting = requests_to_confirm(tx, viewer).await?;
    if waiting > 0 {
        let text = fill(w.requests, &[("count", &waiting.to_string())]);
        tasks.push(Task { text, due: None, href: people::REQUESTS.to_owned() });
    }
    let desks = desks(viewer);
    if !desks.is_empty() {
        tasks.extend(store::open_rounds(tx, &desks).await?.iter().map(|round| round_task(round, language)));
        let troubled = proven::troubled_desks(tx, &desks).await?;
        tasks.extend(troubled.iter().flat_map(|desk| troubled_tasks(desk, language)));
        tasks.extend(store::unasked(tx, &desks).await?.iter().map(|desk| unasked_task(desk, language)));
    }
    tasks.extend(own_windows(tx, viewer).await?.iter().map(|window| own_task(window, language)));
    let unreached = offices::store::unreached(tx, &desks, &ministries(viewer)).await?;
    tasks.extend(unreached.iter().map(|office| unreached_task(office, language)));
    let decide: Vec<String> = viewer.desks().into_iter().map(str::to_owned).collect();
    if could(viewer, RelayAction::Decide.into()) {
        decisions = relays::store::open(tx, &decide).await?.iter().map(|relay| relay_task(relay, language)).collect();
    }
    if could(viewer, RelayAction::SettleBypass.into()) {
        let asked = relays::store::bypass_asked(tx, None).await?;
        let task = |asked: &BypassAsked| Task {
            text: BypassWords::of(language).task.to_owned(),
            due: None,
            href: relays::paths::relay(asked.advisory_id, &asked.ceptoar_id),
        };
        decisions.extend(asked.iter().filter(|asked| !asked.own).map(task));
    }
    if could(viewer, AdvisoryAction::StopRelease.into()) {
        let waiting = release::tasks::tasks(tx, now, language).await?;
        decisions.extend(waiting.into_iter().map(|(text, href)| Task { text, due: None, href }));
    }
    if could(viewer, ReceiptAction::Call.into()) {
        let told = escalation::store::told(tx, now - TOLD).await?;
        decisions.extend(told.iter().map(|told| told_task(told, language)));
    }
    if could(viewer, MemberReportAction::Onward.into()) {
        tasks.extend(unreported(tx, viewer, now).await?.iter().map(|item| onward_task(item, language)));
    }
    if could(viewer, MemberReportAction::Measures.into()) {
        let own: Vec<OrganisationId> = viewer.affiliations.iter().map(|a| a.organisation_id).collect();
        let open = measures::store::open(tx, &own, now - MEASURES).await?;
        tasks.extend(open.iter().map(|item| {
            let (text, href) = measures::web::shown::task(item, language);
            Task { text, due: Some(japan_day(item.due)), href }
        }));
    }
    if could(viewer, AdvisoryAction::Write.into()) {
        let returned = review::store::returned(tx, viewer.account_id).await?;
        tasks.extend(returned.iter().map(|item| returned_task(item, language)));
    }
    for consent in consents(tx, viewer).await? {
        tasks.push(consent_task(&consent, language));
    }
    let proposed = proposals::tasks::tasks(tx, viewer, language).await?;
    tasks.extend(proposed.into_iter().map(|task| Task { text: task.text, due: None, href: task.href }));
    if could(viewer, JudgementAction::Answer.into()) {
        let waiting = judgements::store::waiting(tx).await?;
        let text = fill(w.proposals, &[("count", &thousands(waiting))]);
        tasks.extend((waiting > 0).then(|| Task { text, due: None, href: judgements::paths::INDEX.to_owned() }));
    }
    let asked = surveys::tasks::tasks(tx, viewer, today, language).await?;
    tasks.extend(asked.into_iter().map(|task| Task { text: task.text, due: Some(task.due), href: task.href }));
    if could(viewer, FollowUpAction::See.into()) {
        tasks.extend(follow_up::tasks::tasks(viewer, &open(tx).await?, language));
    }
    tasks.sort_by_key(|task| task.due.unwrap_or(NaiveDate::MAX));
    decisions.extend(tasks);
    Ok(decisions)
}

/// Items of the last two weeks that the viewer's organisations pass on, and on which they have not reported.
async fn unreported(tx: &mut Tx, viewer: &Viewer, now: DateTime<Utc>) -> sqlx::Result<Vec<Unreported>> {
    let own: Vec<OrganisationId> = viewer.affiliations.iter().map(|a| a.organisation_id).collect();
    onward::store::unreported(tx, &own, now - UNREPORTED).await
}

fn onward_task(item: &Unreported, language: Language) -> Task {
    let (text, href) = onward::web::shown::task(item, language);
    Task { text, due: None, href }
}

/// A draft that an approver sent back.
fn returned_task(item: &Returned, language: Language) -> Task {
    let parts = [("number", item.number.as_str()), ("count", &thousands(item.open))];
    Task { text: fill(ReviewWords::of(language).task, &parts), due: None, href: advisories::draft(item.advisory_id) }
}

/// Requests about people that wait for this viewer as the second person.
async fn requests_to_confirm(tx: &mut Tx, viewer: &Viewer) -> sqlx::Result<usize> {
    if !viewer.keeps_staff() {
        return Ok(0);
    }
    let waiting = requests(tx, Wanted::Waiting).await?;
    Ok(waiting.iter().filter(|request| can(viewer, RequestAction::Confirm, &request.facts)).count())
}

/// The CEPTOARs whose windows the viewer keeps.
fn desks(viewer: &Viewer) -> Vec<String> {
    let keeps = |desk: &&str| can(viewer, DirectoryAction::KeepWindow, &RosterFacts::whole(desk));
    viewer.desks().into_iter().filter(keeps).map(str::to_owned).collect()
}

/// The ministries whose windows the viewer keeps.
fn ministries(viewer: &Viewer) -> Vec<OrganisationId> {
    let own = viewer.affiliations.iter().filter(|a| a.role == Role::MinistryLiaison);
    own.map(|a| a.organisation_id).collect()
}

fn unreached_task(office: &Unreached, language: Language) -> Task {
    let ceptoar = language.pick(&office.ceptoar[0], &office.ceptoar[1]);
    let name = language.pick(&office.name[0], &office.name[1]);
    Task {
        text: fill(TaskWords::of(language).unreached, &[("ceptoar", ceptoar), ("office", name)]),
        due: None,
        href: roster_paths::of_member(roster_paths::NEW_WINDOW, &office.ceptoar_id, office.organisation_id),
    }
}

/// Handling rules that the viewer may agree to for a firm, which has not.
async fn consents(tx: &mut Tx, viewer: &Viewer) -> sqlx::Result<Vec<OpenConsent>> {
    if !could(viewer, DirectoryAction::KeepWindow.into()) {
        return Ok(Vec::new());
    }
    let firms: Vec<OrganisationId> = viewer.affiliations.iter().map(|a| a.organisation_id).collect();
    let mut open = Vec::new();
    for consent in store::open_consents(tx, &firms).await? {
        // Nobody has more than a few.
        let facts = roster::facts(tx, viewer, &consent.ceptoar_id, consent.organisation).await?;
        if facts.is_some_and(|facts| can(viewer, DirectoryAction::KeepWindow, &facts)) {
            open.push(consent);
        }
    }
    Ok(open)
}

fn relay_task(open: &OpenRelay, language: Language) -> Task {
    let (text, href) = relays::web::shown::task(open, language);
    Task { text, due: Some(japan_day(open.due_at)), href }
}

fn told_task(told: &Told, language: Language) -> Task {
    let (text, href) = escalation::web::shown::task(told, language);
    Task { text, due: None, href }
}

fn round_task(round: &OpenRound, language: Language) -> Task {
    let w = TaskWords::of(language);
    let ceptoar = language.pick(&round.ceptoar[0], &round.ceptoar[1]);
    let numbers = [("silent", thousands(round.silent)), ("calls", thousands(round.calls))];
    let [silent, calls] = numbers.each_ref().map(|(name, value)| (*name, value.as_str()));
    Task {
        text: fill(if round.calls > 0 { w.round_calls } else { w.round }, &[("ceptoar", ceptoar), silent, calls]),
        due: Some(round.due_on),
        href: verification::board(&round.ceptoar_id),
    }
}

/// What a desk mends, whether a round runs or not.
fn troubled_tasks(desk: &TroubledDesk, language: Language) -> Vec<Task> {
    let w = TaskWords::of(language);
    let ceptoar = language.pick(&desk.ceptoar[0], &desk.ceptoar[1]);
    let found = [(w.broken, desk.broken, Show::Broken), (w.numbers, desk.numbers, Show::Numbers)];
    let task = |(words, count, show): (&str, i64, Show)| Task {
        text: fill(words, &[("ceptoar", ceptoar), ("count", &thousands(count))]),
        // A number need not be of the round that runs.
        due: desk.due_on.filter(|_| show == Show::Broken),
        href: verification::windows(&desk.ceptoar_id, show),
    };
    found.into_iter().filter(|(_, count, _)| *count > 0).map(task).collect()
}

/// Windows that need somebody, of the firm or ministry whose windows the viewer keeps as its own; a desk has its board.
async fn own_windows(tx: &mut Tx, viewer: &Viewer) -> sqlx::Result<Vec<OwnWindow>> {
    if !could(viewer, DirectoryAction::KeepWindow.into()) {
        return Ok(Vec::new());
    }
    let own: Vec<OrganisationId> = viewer.affiliations.iter().map(|a| a.organisation_id).collect();
    let mut windows = proven::own_troubled(tx, &own).await?;
    // A desk keeps no window of a ministry, and a handler is no keeper: what is left is one's own.
    windows.retain(|window| {
        let facts = RosterFacts::of(&window.ceptoar_id, window.organisation_id, Standing::Ministry);
        can(viewer, DirectoryAction::KeepWindow, &facts)
    });
    Ok(windows)
}

fn own_task(window: &OwnWindow, language: Language) -> Task {
    let w = TaskWords::of(language);
    let trouble = window.trouble;
    let count = |words, count: i64| fill(words, &[("count", &thousands(count))]);
    let what = [
        (trouble.came_back, w.own_came_back.to_owned()),
        (trouble.moved, w.own_moved.to_owned()),
        (trouble.wrong > 0, count(w.own_wrong, trouble.wrong)),
        (trouble.silent, w.own_silent.to_owned()),
        (trouble.unproven > 0, count(w.own_unproven, trouble.unproven)),
    ];
    let what: Vec<String> = what.into_iter().filter(|(is, _)| *is).map(|(_, text)| text).collect();
    let what = what.join(language.pick("、", ", "));
    let ceptoar = language.pick(&window.ceptoar[0], &window.ceptoar[1]);
    Task {
        text: fill(w.own, &[("window", &window.label), ("ceptoar", ceptoar), ("what", &what)]),
        due: window.due_on,
        href: roster_paths::of_window(
            roster_paths::WINDOW,
            &window.ceptoar_id,
            window.organisation_id,
            window.contact_id,
        ),
    }
}

fn unasked_task(desk: &UnaskedDesk, language: Language) -> Task {
    let ceptoar = language.pick(&desk.ceptoar[0], &desk.ceptoar[1]);
    Task {
        text: fill(TaskWords::of(language).unasked, &[("ceptoar", ceptoar)]),
        due: Some(desk.due_on),
        href: verification::board(&desk.ceptoar_id),
    }
}

fn consent_task(consent: &OpenConsent, language: Language) -> Task {
    let w = TaskWords::of(language);
    let ceptoar = language.pick(&consent.ceptoar[0], &consent.ceptoar[1]);
    Task {
        text: fill(w.consent, &[("ceptoar", ceptoar), ("edition", &consent.edition)]),
        due: None,
        href: rules::of_ceptoar(rules::RULES, &consent.ceptoar_id),
    }
}
