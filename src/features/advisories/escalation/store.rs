//! SQL of escalation. What the worker does is in functions that do it as one; what is read passes row security.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::errand::{Copies, Errand, Line, Reader};
use super::ladder::{Basis, Ladder, NewLadder, Rung, Step, Urgency};
use super::letters::LetterColumns;
use super::reached::{About, Coming, Reached, Taken, Told};
use crate::features::advisories::advisory::Kind;
use crate::kernel::ids::{AdvisoryId, OrganisationId};
use crate::kernel::sharing_level::SharingLevel;
use crate::platform::db;

/// Whether something is due. Costs next to nothing where it is not.
///
/// # Errors
/// The database's own.
pub async fn is_due(tx: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select escalation_is_due($1) as "due!""#, now).fetch_one(tx).await
}

/// Takes what is due, at most so many rungs, writes down about whom something is done, and answers the letters.
///
/// # Errors
/// The database's own.
pub async fn take(tx: &mut PgConnection, now: DateTime<Utc>, rungs: i32) -> sqlx::Result<Vec<Errand>> {
    let rows = sqlx::query!(
        r#"select errand_id as "errand_id!", advisory_id as "advisory_id!", number as "number!", level as "level!: SharingLevel",
                  kind as "kind!: Kind", drill as "drill!", answer_due, published_at, reader as "reader!: Reader",
                  recipients as "recipients!", ceptoars as "ceptoars!", ceptoars_ja as "ja!", ceptoars_en as "en!",
                  members as "members!", unreachable as "unreachable!", desks as "desks!", ministries as "ministries!",
                  contacts as "contacts!", organisations as "organisations!", of_ceptoars as "of_ceptoars!", places as "places!",
                  languages as "languages!", addresses as "addresses!", addressees as "addressees!",
                  follows as "follows!: Vec<Option<Uuid>>"
           from escalation_take($1, $2)"#,
        now,
        rungs
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let errand = rows.map(|r| Errand {
        errand_id: r.errand_id,
        advisory_id: AdvisoryId(r.advisory_id),
        number: r.number,
        level: r.level,
        kind: r.kind,
        drill: r.drill,
        answer_due: r.answer_due,
        published_at: r.published_at,
        reader: r.reader,
        recipients: r.recipients,
        lines: lines([r.ceptoars, r.ja, r.en], [r.members, r.unreachable], [r.desks, r.ministries]),
        copies: Copies {
            contacts: r.contacts,
            organisations: r.organisations,
            ceptoars: r.of_ceptoars,
            places: r.places,
            languages: r.languages,
            addresses: r.addresses,
            addressees: r.addressees,
            follows: r.follows,
        },
    });
    Ok(errand.collect())
}

/// Columns into lines.
fn lines(names: [Vec<String>; 3], counts: [Vec<i64>; 2], silent: [Vec<bool>; 2]) -> Vec<Line> {
    let [ids, ja, en] = names;
    let [members, unreachable] = counts;
    let [desks, ministries] = silent;
    let names = ids.into_iter().zip(ja.into_iter().zip(en));
    let counts = members.into_iter().zip(unreachable);
    let silent = desks.into_iter().zip(ministries);
    let line =
        names.zip(counts).zip(silent).map(|(((ceptoar_id, (ja, en)), (members, unreachable)), (desk, ministry))| {
            Line { ceptoar_id, ceptoar: [ja, en], members, unreachable, desk, ministry }
        });
    line.collect()
}

/// Queues letters and their copies; answers how many copies.
///
/// # Errors
/// The database's own.
pub async fn send(
    tx: &mut PgConnection,
    letters: &LetterColumns,
    errands: &[&Errand],
    now: DateTime<Utc>,
) -> sqlx::Result<i64> {
    let mut of = Vec::new();
    let (mut personal, mut priorities, mut all) = (Vec::new(), Vec::new(), Copies::default());
    for errand in errands {
        let copies = &errand.copies;
        let count = copies.contacts.len();
        of.extend(std::iter::repeat_n(errand.errand_id, count));
        personal.extend(std::iter::repeat_n(errand.reader.is_personal(), count));
        priorities.extend(std::iter::repeat_n(errand.kind.priority(errand.drill), count));
        all.contacts.extend_from_slice(&copies.contacts);
        all.organisations.extend_from_slice(&copies.organisations);
        all.ceptoars.extend_from_slice(&copies.ceptoars);
        all.places.extend_from_slice(&copies.places);
        all.languages.extend_from_slice(&copies.languages);
        all.addresses.extend_from_slice(&copies.addresses);
        all.addressees.extend_from_slice(&copies.addressees);
        all.follows.extend_from_slice(&copies.follows);
    }
    sqlx::query_scalar!(
        r#"select escalation_send($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) as "queued!""#,
        &letters.errands,
        &letters.languages,
        &letters.subjects,
        &letters.bodies,
        &letters.hashes,
        &letters.drills,
        &of,
        &personal,
        &all.contacts,
        &all.organisations,
        &all.ceptoars,
        &all.places,
        &all.languages,
        &all.addresses,
        &all.addressees,
        &all.follows as &[Option<Uuid>],
        &priorities,
        now
    )
    .fetch_one(tx)
    .await
}

/// How far silence has got, CEPTOAR by CEPTOAR, in the government's sector order, as far as the viewer may know.
///
/// # Errors
/// The database's own.
pub async fn board(tx: &mut PgConnection, id: AdvisoryId) -> sqlx::Result<Vec<Reached>> {
    let rows = sqlx::query!(
        r#"select b.ceptoar_id as "ceptoar_id!", b.step as "step!: Step", b.planned as "planned!",
                  b.organisations as "organisations!", b.at as "at!",
                  coalesce(n.ja, b.ceptoar_id) as "ja!", coalesce(n.en, b.ceptoar_id) as "en!"
           from escalation_board($1) b
           join ceptoars c on c.ceptoar_id = b.ceptoar_id join sectors s on s.sector_id = c.sector_id
           left join ceptoar_names n on n.ceptoar_id = b.ceptoar_id and n.valid @> viewer_today()
           order by s.position, c.position, b.ceptoar_id, b.planned,
                    array_position(array['again', 'desk', 'next_up'], b.step)"#,
        id.0
    );
    let mut reached: Vec<Reached> = Vec::new();
    for r in rows.fetch_all(tx).await? {
        if reached.last().is_none_or(|last| last.ceptoar_id != r.ceptoar_id) {
            let ceptoar = [r.ja, r.en];
            reached.push(Reached { ceptoar_id: r.ceptoar_id, ceptoar, taken: Vec::new(), coming: None });
        }
        let Some(last) = reached.last_mut() else { continue };
        match r.planned {
            true => last.coming = Some(Coming { step: r.step, at: r.at }),
            false => last.taken.push(Taken { step: r.step, organisations: r.organisations, at: r.at }),
        }
    }
    Ok(reached)
}

/// What was done about some organisations in a CEPTOAR, or in all, the oldest first.
///
/// # Errors
/// The database's own.
pub async fn about(
    tx: &mut PgConnection,
    id: AdvisoryId,
    ceptoar: Option<&str>,
    organisations: &[OrganisationId],
) -> sqlx::Result<Vec<About>> {
    let organisations: Vec<Uuid> = organisations.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select organisation_id, step as "step: Step", max(reached_at) as "at!", bool_or(unreachable) as "unreachable!"
           from escalations
           where advisory_id = $1 and ($2::text is null or ceptoar_id = $2) and organisation_id = any ($3)
           group by 1, 2 order by 3, array_position(array['again', 'desk', 'next_up'], step)"#,
        id.0,
        ceptoar,
        &organisations
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let about = rows.map(|r| About {
        organisation_id: OrganisationId(r.organisation_id),
        step: r.step,
        at: r.at,
        unreachable: r.unreachable,
    });
    Ok(about.collect())
}

/// What comes next for some organisations, where the item goes on being theirs to acknowledge: the first of it.
///
/// # Errors
/// The database's own.
pub async fn coming(
    tx: &mut PgConnection,
    id: AdvisoryId,
    ceptoar: Option<&str>,
    organisations: Option<&[OrganisationId]>,
) -> sqlx::Result<Option<Coming>> {
    let organisations: Option<Vec<Uuid>> = organisations.map(|ids| ids.iter().map(|id| id.0).collect());
    let row = sqlx::query!(
        r#"select p.step as "step: Step", p.at
           from escalation_plan p join advisories a on a.advisory_id = p.advisory_id
           where p.advisory_id = $1 and p.taken_at is null and p.step <> 'look'
             and ($2::text is null or p.ceptoar_id = $2) and (a.valid_until is null or a.valid_until >= viewer_today())
             and exists (select from advisory_audience au
                         where au.advisory_id = p.advisory_id and au.ceptoar_id = p.ceptoar_id
                           and ($3::uuid[] is null or au.organisation_id = any ($3))
                           and coalesce(au.went_on_at, a.published_at) = p.began_at and not au.held
                           and au.superseded_at is null and (p.step <> 'desk' or au.stage = 'member'))
           order by p.at, p.rung limit 1"#,
        id.0,
        ceptoar,
        organisations.as_deref()
    );
    Ok(row.fetch_optional(tx).await?.map(|r| Coming { step: r.step, at: r.at }))
}

/// Silent members about whom the viewer's desks were told since a time, the oldest first.
///
/// # Errors
/// The database's own.
pub async fn told(tx: &mut PgConnection, since: DateTime<Utc>) -> sqlx::Result<Vec<Told>> {
    let rows = sqlx::query!(
        r#"select advisory_id as "advisory_id!", number as "number!", drill as "drill!", ceptoar_id as "ceptoar_id!",
                  members as "members!" from escalation_tasks($1)"#,
        since
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let told = rows.map(|r| Told {
        advisory_id: AdvisoryId(r.advisory_id),
        number: r.number,
        drill: r.drill,
        ceptoar_id: r.ceptoar_id,
        members: r.members,
    });
    Ok(told.collect())
}

/// All ladders, the newest first.
///
/// # Errors
/// The database's own.
pub async fn ladders(tx: &mut PgConnection) -> sqlx::Result<Vec<Ladder>> {
    let rows = sqlx::query!(
        r#"select l.ladder_id, l.urgency as "urgency: Urgency", l.office_hours, l.reason, nullif(l.recorded_at, '-infinity') as since,
                  r.step as "step: Step", r.basis as "basis: Basis", r.minutes
           from escalation_ladders l join escalation_rungs r using (ladder_id)
           order by l.recorded_at desc, l.ladder_id desc, r.rung"#
    );
    let mut ladders: Vec<Ladder> = Vec::new();
    for r in rows.fetch_all(tx).await? {
        let rung = Rung { step: r.step, basis: r.basis, minutes: r.minutes };
        match ladders.last_mut().filter(|ladder| ladder.ladder_id == r.ladder_id) {
            Some(ladder) => ladder.rungs.push(rung),
            None => ladders.push(Ladder {
                ladder_id: r.ladder_id,
                urgency: r.urgency,
                office_hours: r.office_hours,
                rungs: vec![rung],
                reason: r.reason,
                since: r.since,
            }),
        }
    }
    Ok(ladders)
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It is made.
    Done,
    /// A colleague was faster.
    Overtaken,
    /// Not for this viewer.
    Refused,
}

/// Puts a new ladder in the place of the one that was seen, for items published from now on.
///
/// # Errors
/// The database's own.
pub async fn change(tx: &mut PgConnection, seen: &Ladder, new: &NewLadder) -> sqlx::Result<Changed> {
    let steps: Vec<String> = new.rungs.iter().map(|rung| rung.step.code().to_owned()).collect();
    let bases: Vec<String> = new.rungs.iter().map(|rung| rung.basis.code().to_owned()).collect();
    let minutes: Vec<i16> = new.rungs.iter().map(|rung| rung.minutes).collect();
    let made = sqlx::query_scalar!(
        "select escalation_change($1, $2, $3, $4, $5, $6, $7)",
        seen.urgency.code(),
        seen.ladder_id,
        new.office_hours,
        new.reason,
        &steps,
        &bases,
        &minutes
    )
    .fetch_one(tx)
    .await;
    match made {
        Ok(Some(_)) => Ok(Changed::Done),
        Ok(None) => Ok(Changed::Overtaken),
        Err(error) if db::is_forbidden(&error) => Ok(Changed::Refused),
        Err(error) => Err(error),
    }
}
