//! What the author sees before submitting and the approver before publishing: who will receive it
//! and who will not, each with the deciding rule, and the mail itself.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::features::advisories::content::Addressees;
use crate::features::advisories::mail::{self, About, Sender};
use crate::features::advisories::outlook::shown::{self as outlook, Comparison};
use crate::features::advisories::parts::part::open_files;
use crate::features::advisories::parts::web::shown::PartsPreview;
use crate::features::advisories::store::Unpublished;
use crate::features::advisories::versions::step::Step;
use crate::features::advisories::words::PreviewWords;
use crate::features::directory::outline::{self, CeptoarOutline, SectorOutline};
use crate::features::directory::routes::agreement::time;
use crate::features::sharing;
use crate::features::sharing::store::{Count, Deciding, Hours, PreviewRow};
use crate::features::sharing::verdict::Verdict;
use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::thousands;
use crate::kernel::stage::{Desk, Stage};
use crate::platform::mail::letter::Letter;
use crate::platform::web::error::WebError;
use crate::platform::web::state::AppState;

const ROWS: i64 = 200;

/// Which part of the preview is asked for.
#[derive(Debug, Default, serde::Deserialize)]
pub struct PreviewQuery {
    /// One CEPTOAR, window by window.
    #[serde(default)]
    pub ceptoar: String,
    /// Which page of its windows, from 0.
    #[serde(default)]
    pub page: u16,
    /// What was just done.
    #[serde(default)]
    pub done: String,
}

/// What of the recipients is shown, and where.
#[derive(Debug)]
pub struct Asked<'a> {
    /// One CEPTOAR, window by window; none where empty.
    pub ceptoar: &'a str,
    /// Which page of its windows, from 0.
    pub page: u16,
    /// By what was, is or will be registered then.
    pub at: DateTime<Utc>,
    /// The address of this page.
    pub here: String,
}

/// The recipients, counted, and one CEPTOAR's windows where asked for.
#[derive(Debug)]
pub struct Preview {
    /// Windows that receive it.
    pub due: i64,
    /// Stands for which windows, with which verdicts.
    pub audience: String,
    /// How many receive it, for people.
    pub due_text: String,
    /// Windows that do not, for people.
    pub not_due_text: String,
    /// Windows or organisations to be telephoned, for people.
    pub telephone_text: String,
    /// The columns of the table: what each hop's number counts.
    pub hops: Vec<String>,
    /// Whether a partner body receives it.
    pub partners: bool,
    /// A table per addressed CEPTOAR.
    pub ceptoars: Vec<CeptoarPart>,
    /// Names of the CEPTOARs that are not addressed.
    pub not_addressed: Vec<String>,
    /// One CEPTOAR's windows.
    pub detail: Option<Detail>,
    /// What to know of addressed groups that are not there; empty where all are.
    pub over: String,
    /// Names of the CEPTOARs that are addressed, and to whose members no road leads.
    pub no_road: Vec<String>,
    /// Names of every CEPTOAR, by its id.
    pub names: BTreeMap<String, String>,
    /// For which hours the addresses are.
    pub hours: String,
    /// What differs from the last item of the kind; none where it is not asked for.
    pub comparison: Option<Comparison>,
    /// What the numbers rest on.
    pub help: &'static str,
    /// The address of this page.
    pub here: String,
    /// Files and limited sections of what is to be published; none where there are none.
    pub parts: Option<PartsPreview>,
}

impl Preview {
    /// Whether some of the mails wait for a desk's decision.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.ceptoars.iter().any(|part| !part.decides.is_empty())
    }
}

impl Preview {
    /// The address of this page, for more to follow.
    #[must_use]
    pub fn further(&self) -> String {
        let joint = if self.here.contains('?') { '&' } else { '?' };
        format!("{}{joint}", self.here)
    }
}

/// One CEPTOAR's share.
#[derive(Debug)]
pub struct CeptoarPart {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Why its members are in the audience.
    pub rules: Vec<&'static str>,
    /// That its desk decides first, and in what time; empty where it does not.
    pub decides: String,
    /// When its members may be expected to have it; empty where nothing is known.
    pub expected: String,
    /// Windows that receive it, all in all.
    pub windows: i64,
    /// Windows that receive it, by hop.
    pub due: Vec<(String, String)>,
    /// Windows that do not, by reason: reason, how many.
    pub not_due: Vec<(&'static str, String)>,
}

/// One CEPTOAR, window by window.
#[derive(Debug)]
pub struct Detail {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// The windows.
    pub rows: Vec<DetailRow>,
    /// The page before, if any.
    pub previous: Option<u16>,
    /// The page after, if any.
    pub next: Option<u16>,
}

/// One window.
#[derive(Debug)]
pub struct DetailRow {
    /// The hop.
    pub stage: &'static str,
    /// Whose it is.
    pub organisation: String,
    /// Which of theirs.
    pub window: String,
    /// Whether it receives the item.
    pub due: bool,
    /// What the rules say.
    pub verdict: &'static str,
    /// Why the organisation is in the audience.
    pub rule: &'static str,
}

/// Who the mail comes from today.
pub async fn sender(tx: &mut PgConnection, state: &AppState) -> sqlx::Result<Sender> {
    let centre = outline::store::centre_name(tx).await?;
    Ok(Sender {
        centre,
        telephone: state.config.duty_telephone().map(ToOwned::to_owned),
        base_url: state.config.base_url(),
        takes_replies: state.config.takes_mail(),
    })
}

/// The preview of what is to be published, with what to know of the groups it is addressed to.
pub async fn of_draft(
    tx: &mut PgConnection,
    item: &Unpublished,
    asked: Asked<'_>,
    language: Language,
) -> sqlx::Result<Preview> {
    let (addressees, asked_at) = (&item.draft.addressees, asked.at);
    let mut preview = load(tx, item.envelope.advisory_id, asked, addressees, language).await?;
    expect(tx, item, &mut preview, asked_at, language).await?;
    let parts = Some(PartsPreview::of(tx, item, asked_at, language).await?).filter(|parts| !parts.view.is_empty());
    Ok(Preview { over: addressees.over(language).unwrap_or_default(), parts, ..preview })
}

/// Adds what earlier items let expect.
async fn expect(
    tx: &mut PgConnection,
    item: &Unpublished,
    preview: &mut Preview,
    at: DateTime<Utc>,
    language: Language,
) -> sqlx::Result<()> {
    let deciding: Vec<(String, bool)> =
        preview.ceptoars.iter().map(|part| (part.id.clone(), !part.decides.is_empty())).collect();
    let mut expected = outlook::expected(tx, item.draft.text.kind, &deciding, at, language).await?;
    for part in &mut preview.ceptoars {
        part.expected = expected.remove(&part.id).unwrap_or_default();
    }
    // A later version is compared with the one before it.
    if item.envelope.version.step == Step::First {
        let now: Vec<_> =
            preview.ceptoars.iter().map(|part| (part.id.clone(), part.name.clone(), part.windows)).collect();
        preview.comparison = Some(Comparison::read(tx, &item.draft, &now, &preview.names, language).await?);
    }
    Ok(())
}

/// Works the preview out, by the same function that the publication stores.
pub async fn load(
    tx: &mut PgConnection,
    id: AdvisoryId,
    asked: Asked<'_>,
    meant: &Addressees,
    language: Language,
) -> sqlx::Result<Preview> {
    let at = asked.at;
    let counts = sharing::store::preview_counts(tx, id, at).await?;
    let outline = outline::store::load(tx).await?;
    let all: Vec<&CeptoarOutline> = outline.iter().flat_map(|s| &s.ceptoars).collect();
    let name = |c: &CeptoarOutline| language.pick(&c.ja, &c.en).clone();
    let addressed = |c: &&&CeptoarOutline| counts.iter().any(|count| count.ceptoar_id == c.ceptoar_id);
    let is_meant = |c: &CeptoarOutline| {
        let sector = |s: &SectorOutline| {
            meant.sectors.contains(&s.sector_id) && s.ceptoars.iter().any(|o| o.ceptoar_id == c.ceptoar_id)
        };
        meant.ceptoars.contains(&c.ceptoar_id) || outline.iter().any(sector)
    };
    let has_members = |c: &CeptoarOutline| {
        counts.iter().any(|count| count.ceptoar_id == c.ceptoar_id && count.stage == Stage::Member)
    };
    let detail = match all.iter().find(|c| c.ceptoar_id == asked.ceptoar) {
        Some(ceptoar) => Some(detail(tx, id, at, ceptoar, asked.page, language).await?),
        None => None,
    };
    let sum = |wanted: fn(Verdict) -> bool| counts.iter().filter(|c| wanted(c.verdict)).map(|c| c.windows).sum::<i64>();
    let due = sum(|verdict| verdict == Verdict::Due);
    let audience = sharing::store::audience(tx, id, at).await?;
    let hours = hours(&sharing::store::hours(tx, at).await?, language);
    let deciding = sharing::store::deciding(tx, id, at).await?;
    let hops: Vec<Stage> =
        Stage::ALL.into_iter().filter(|stage| stage.has_to_be() || counts.iter().any(|c| c.stage == *stage)).collect();
    let part = |c: &&CeptoarOutline| {
        let own: Vec<&Count> = counts.iter().filter(|count| count.ceptoar_id == c.ceptoar_id).collect();
        let first = deciding.iter().find(|first| first.ceptoar_id == c.ceptoar_id);
        CeptoarPart {
            decides: first.map_or_else(String::new, |first| decides(first, language)),
            ..share(c.ceptoar_id.clone(), name(c), (&hops, &own), language)
        }
    };
    Ok(Preview {
        due,
        audience: audience.digest,
        partners: audience.partners,
        due_text: thousands(due),
        not_due_text: thousands(sum(|verdict| verdict != Verdict::Due)),
        telephone_text: thousands(sum(Verdict::needs_telephone)),
        ceptoars: all.iter().filter(addressed).map(part).collect(),
        hops: hops.iter().map(|stage| receive(*stage, language)).collect(),
        not_addressed: all.iter().filter(|c| !addressed(c) && !is_meant(c)).map(|c| name(c)).collect(),
        no_road: all.iter().filter(|c| (addressed(c) || is_meant(c)) && !has_members(c)).map(|c| name(c)).collect(),
        detail,
        over: String::new(),
        hours,
        comparison: None,
        names: all.iter().map(|c| (c.ceptoar_id.clone(), name(c))).collect(),
        help: PreviewWords::of(language).who_help,
        here: asked.here,
        parts: None,
    })
}

fn decides(first: &Deciding, language: Language) -> String {
    let w = PreviewWords::of(language);
    let words = match (first.desk, first.then) {
        (Desk::Secretariat, _) => w.decides,
        (Desk::Ministry, None) => w.decides_ministry,
        (Desk::Ministry, Some(_)) => w.decides_both,
    };
    let then = first.then.map_or_else(String::new, |minutes| time(minutes, language));
    fill(words, &[("time", &time(first.minutes, language)), ("then", &then)])
}

fn hours(hours: &Hours, language: Language) -> String {
    let w = PreviewWords::of(language);
    match &hours.holiday {
        Some([ja, en]) => fill(w.holiday, &[("name", language.pick(ja, en))]),
        None if hours.off => w.off_hours.to_owned(),
        None => w.office_hours.to_owned(),
    }
}

/// The mail that goes out.
pub async fn letter(
    tx: &mut PgConnection,
    state: &AppState,
    item: &Unpublished,
    preview: &Preview,
    language: Language,
) -> Result<Letter, WebError> {
    let sender = sender(tx, state).await?;
    let version = item.envelope.version;
    let version = (version.step != Step::First).then_some(version);
    let about = About { partners: preview.partners, decides: false, version, files: open_files(&item.parts) };
    mail::published(item.envelope.advisory_id, &item.envelope.number, &item.draft, &sender, about, language)
        .map_err(|error| WebError::Internal(error.into()))
}

/// What is counted at a hop.
fn receive(stage: Stage, language: Language) -> String {
    fill(PreviewWords::of(language).to_hop, &[("hop", stage.label(language))])
}

fn share(id: String, name: String, (hops, counts): (&[Stage], &[&Count]), language: Language) -> CeptoarPart {
    let due = |stage: &Stage| {
        let here = counts.iter().filter(|c| c.stage == *stage && c.verdict == Verdict::Due);
        (receive(*stage, language), thousands(here.map(|c| c.windows).sum()))
    };
    let due = hops.iter().map(due).collect();
    let mut rules: Vec<&str> =
        counts.iter().filter(|c| c.stage == Stage::Member).map(|c| c.rule.label(language)).collect();
    rules.dedup();
    let mut not_due: Vec<(&'static str, i64)> = Vec::new();
    for verdict in Verdict::ALL.into_iter().filter(|verdict| *verdict != Verdict::Due) {
        for count in counts.iter().filter(|c| c.verdict == verdict) {
            let reason = verdict.reason_at(count.stage, language);
            match not_due.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, windows)) => *windows += count.windows,
                None => not_due.push((reason, count.windows)),
            }
        }
    }
    let not_due = not_due.into_iter().map(|(reason, windows)| (reason, thousands(windows))).collect();
    let windows = counts.iter().filter(|c| c.verdict == Verdict::Due).map(|c| c.windows).sum();
    CeptoarPart { id, name, rules, decides: String::new(), expected: String::new(), windows, due, not_due }
}

async fn detail(
    tx: &mut PgConnection,
    id: AdvisoryId,
    at: DateTime<Utc>,
    ceptoar: &CeptoarOutline,
    page: u16,
    language: Language,
) -> sqlx::Result<Detail> {
    let offset = i64::from(page) * ROWS;
    // One more than shown tells whether there is a next page.
    let mut rows = sharing::store::preview_rows(tx, id, at, &ceptoar.ceptoar_id, language, offset, ROWS + 1).await?;
    let more = rows.len() > usize::try_from(ROWS).unwrap_or(usize::MAX);
    rows.truncate(usize::try_from(ROWS).unwrap_or(usize::MAX));
    Ok(Detail {
        name: language.pick(&ceptoar.ja, &ceptoar.en).clone(),
        id: ceptoar.ceptoar_id.clone(),
        rows: rows.into_iter().map(|row| detail_row(row, language)).collect(),
        previous: page.checked_sub(1),
        next: more.then_some(page.saturating_add(1)),
    })
}

fn detail_row(row: PreviewRow, language: Language) -> DetailRow {
    DetailRow {
        stage: row.stage.label(language),
        organisation: row.organisation,
        window: window(row.position, language),
        due: row.verdict == Verdict::Due,
        verdict: row.verdict.label_at(row.stage, language),
        rule: row.rule.label(language),
    }
}

/// 主担当, 副1 …: which of an organisation's windows, without naming anybody.
#[must_use]
pub fn window(position: Option<i16>, language: Language) -> String {
    let w = PreviewWords::of(language);
    match position {
        None => w.none.to_owned(),
        Some(n) if n <= 1 => w.primary.to_owned(),
        Some(n) => fill(w.deputy, &[("n", &(n - 1).to_string())]),
    }
}
