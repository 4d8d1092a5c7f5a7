//! SQL of how well windows are proven, and which need somebody.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::features::directory::verification::round::{FRESH_DAYS, PAUSE, Way};
use crate::kernel::ids::{ContactId, OrganisationId};

/// What is known of an address or number of a window.
#[derive(Debug, Clone, Default)]
pub struct Proof {
    /// In which way it was proven last, if it ever was.
    pub way: Option<Way>,
    /// What its window said against it since; it may have said no more than that it is wrong.
    pub doubt: Option<String>,
}

/// A group whose members' windows can be asked.
#[derive(Debug, Clone)]
pub struct GroupToAsk {
    /// Which.
    pub group_id: String,
    /// What it is called.
    pub code: String,
    /// For whom it is.
    pub scope: String,
    /// Windows of its members.
    pub windows: i64,
    /// … that get a letter.
    pub letters: i64,
}

/// What is known of each address or number of an organisation's windows: in which way it was proven last, and what its
/// window says against a number.
pub async fn proofs(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    organisation: OrganisationId,
) -> sqlx::Result<HashMap<(ContactId, String), Proof>> {
    let rows = sqlx::query!(
        r#"select distinct on (p.contact_id, p.value) p.contact_id as "contact_id: ContactId", p.value, p.way as "way: Way"
           from window_proofs p
           where p.contact_id in (select k.contact_id from contacts k where k.organisation_id = $1 and k.ceptoar_id = $2)
           order by p.contact_id, p.value, p.proven_at desc"#,
        organisation.0,
        ceptoar_id
    );
    let rows = rows.fetch_all(&mut *tx).await?.into_iter();
    let mut proofs: HashMap<_, _> =
        rows.map(|r| ((r.contact_id, r.value), Proof { way: Some(r.way), doubt: None })).collect();
    let doubted = sqlx::query!(
        r#"select n.contact_id as "contact_id!: ContactId", n.value as "value!", n.doubt as "doubt!"
           from window_numbers(viewer_today()) n
           where n.doubt is not null
             and n.contact_id in (select k.contact_id from contacts k where k.organisation_id = $1 and k.ceptoar_id = $2)"#,
        organisation.0,
        ceptoar_id
    );
    for row in doubted.fetch_all(tx).await? {
        proofs.entry((row.contact_id, row.value)).or_default().doubt = Some(row.doubt);
    }
    Ok(proofs)
}

/// How well a CEPTOAR's windows are proven.
#[derive(Debug, Clone, Copy, Default)]
pub struct Health {
    /// Open windows.
    pub windows: i64,
    /// … with a fresh proof.
    pub proven: i64,
    /// … without any mail address.
    pub without_mail: i64,
    /// … without fresh proof, with a mail address.
    pub unproven_with_mail: i64,
    /// … that were asked by mail just now, and how many of them have no fresh proof.
    pub asked_lately: [i64; 2],
    /// Telephone and FAX numbers that nobody has proven for a year, or that their window calls wrong.
    pub unproven_numbers: i64,
}

/// The present state of a CEPTOAR's windows.
pub async fn health(tx: &mut PgConnection, ceptoar_id: &str, now: DateTime<Utc>) -> sqlx::Result<Health> {
    let row = sqlx::query!(
        r#"select count(*) as "windows!", count(*) filter (where w.fresh) as "proven!",
                  count(*) filter (where not w.mail) as "without_mail!",
                  count(*) filter (where w.mail and not w.fresh) as "unproven_with_mail!",
                  count(*) filter (where w.mail and w.lately) as "lately!",
                  count(*) filter (where w.mail and w.lately and not w.fresh) as "unproven_lately!",
                  coalesce(sum(w.numbers), 0)::bigint as "numbers!"
           from (
             select coalesce(bool_or(c.last_verified_on > viewer_today() - $2::integer), false) as fresh,
                    coalesce(bool_or(c.kind = 'mail'), false) as mail,
                    exists (select from verification_requests q where q.contact_id = k.contact_id
                            and q.asked_value is not null and q.asked_at >= $3) as lately,
                    (select count(*) from window_numbers(viewer_today()) u
                     where u.contact_id = k.contact_id and u.unproven) as numbers
             from contacts k
             left join contact_channels c on c.contact_id = k.contact_id and c.valid @> viewer_today()
             where k.ceptoar_id = $1 and k.valid @> viewer_today()
               and k.organisation_id in (
                 select b.organisation_id from bodies_on_the_road b where b.ceptoar_id = $1 and b.valid @> viewer_today())
             group by k.contact_id) w"#,
        ceptoar_id,
        i32::try_from(FRESH_DAYS).unwrap_or(i32::MAX),
        now - PAUSE
    )
    .fetch_one(tx)
    .await?;
    Ok(Health {
        windows: row.windows,
        proven: row.proven,
        without_mail: row.without_mail,
        unproven_with_mail: row.unproven_with_mail,
        asked_lately: [row.lately, row.unproven_lately],
        unproven_numbers: row.numbers,
    })
}

/// The groups of a CEPTOAR today that have windows.
pub async fn groups(tx: &mut PgConnection, ceptoar_id: &str, now: DateTime<Utc>) -> sqlx::Result<Vec<GroupToAsk>> {
    sqlx::query_as!(
        GroupToAsk,
        r#"select s.subgroup_id as group_id, s.code, s.scope, count(*) as "windows!",
                  count(*) filter (where w.mail and not w.lately) as "letters!"
           from subgroups s
           join (select m.subgroup_id, m.organisation_id from memberships m
                 where m.ceptoar_id = $1 and m.subgroup_id is not null and m.valid @> viewer_today()
                 union select g.subgroup_id, g.organisation_id from group_members g
                 where g.ceptoar_id = $1 and g.valid @> viewer_today()) p using (subgroup_id)
           join (select k.organisation_id,
                        exists (select from contact_channels c where c.contact_id = k.contact_id and c.kind = 'mail'
                                and c.valid @> viewer_today()) as mail,
                        exists (select from verification_requests q where q.contact_id = k.contact_id
                                and q.asked_value is not null and q.asked_at >= $2) as lately
                 from contacts k where k.ceptoar_id = $1 and k.valid @> viewer_today()) w using (organisation_id)
           where s.ceptoar_id = $1 and s.valid @> viewer_today()
           group by s.subgroup_id, s.code, s.scope, s.kind order by s.kind desc, s.code"#,
        ceptoar_id,
        now - PAUSE
    )
    .fetch_all(tx)
    .await
}

/// Why windows are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// Every one.
    All,
    /// No address or number of it was proven lately.
    Unproven,
    /// Its mail came back, it moved, or it calls a number wrong.
    Broken,
    /// A number of it is unproven.
    Numbers,
}

impl Show {
    /// All, in the order of the page.
    pub const ALL: [Self; 4] = [Self::All, Self::Unproven, Self::Broken, Self::Numbers];

    /// The value in addresses.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Unproven => "unproven",
            Self::Broken => "broken",
            Self::Numbers => "numbers",
        }
    }

    /// Why of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|show| show.code() == code)
    }
}

/// Which windows a page lists.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Why.
    pub show: Show,
    /// Of the members in this group alone.
    pub group: Option<&'a str>,
    /// Whose names match this pattern.
    pub pattern: Option<&'a str>,
    /// This one alone.
    pub window: Option<ContactId>,
    /// How many are passed over.
    pub skip: i64,
    /// How many at most.
    pub limit: i64,
}

/// What is the matter with a window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trouble {
    /// Its newest letter came back.
    pub came_back: bool,
    /// It said that something is to be changed.
    pub moved: bool,
    /// It has not answered the round that runs.
    pub silent: bool,
    /// Numbers that it calls wrong.
    pub wrong: i64,
    /// Further numbers that are unproven.
    pub unproven: i64,
}

/// A window on the list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Which.
    pub contact_id: ContactId,
    /// Whose.
    pub organisation_id: OrganisationId,
    /// Its organisation's name in Japanese and English.
    pub organisation: [String; 2],
    /// What it is called.
    pub label: String,
    /// Whether a letter can reach it.
    pub mail: bool,
    /// When an address or number of it was proven last.
    pub proven_on: Option<NaiveDate>,
    /// Whether it was asked just now.
    pub lately: bool,
    /// What is the matter.
    pub trouble: Trouble,
}

/// What is the matter with the windows of a CEPTOAR; those with which nothing is are left out.
async fn troubles(tx: &mut PgConnection, ceptoar_id: &str) -> sqlx::Result<HashMap<ContactId, Trouble>> {
    let rows = sqlx::query!(
        r#"select t.contact_id as "contact_id!: ContactId", t.came_back as "came_back!", t.moved as "moved!",
                  t.silent as "silent!", t.wrong as "wrong!", t.unproven as "unproven!"
           from troubled_windows($1) t"#,
        ceptoar_id
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let trouble = rows.map(|r| {
        let trouble =
            Trouble { came_back: r.came_back, moved: r.moved, silent: r.silent, wrong: r.wrong, unproven: r.unproven };
        (r.contact_id, trouble)
    });
    Ok(trouble.collect())
}

/// The open windows of a CEPTOAR that are wanted.
pub async fn list(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    wanted: Wanted<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<Listed>> {
    let troubles = troubles(tx, ceptoar_id).await?;
    let fits = |trouble: &Trouble| match wanted.show {
        Show::All | Show::Unproven => true,
        Show::Broken => trouble.came_back || trouble.moved || trouble.wrong > 0,
        Show::Numbers => trouble.wrong > 0 || trouble.unproven > 0,
    };
    let among: Option<Vec<Uuid>> = match wanted.show {
        Show::All | Show::Unproven => None,
        Show::Broken | Show::Numbers => Some(troubles.iter().filter(|(_, t)| fits(t)).map(|(id, _)| id.0).collect()),
    };
    let rows = sqlx::query!(
        r#"select k.contact_id as "contact_id: ContactId", k.organisation_id as "organisation_id: OrganisationId", k.label,
                  coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!", coalesce(ch.mail, false) as "mail!", ch.proven_on,
                  exists (select from verification_requests q where q.contact_id = k.contact_id
                          and q.asked_value is not null and q.asked_at >= $8) as "lately!"
           from contacts k
           left join organisation_names n on n.organisation_id = k.organisation_id and n.valid @> viewer_today()
           left join lateral (
             select bool_or(c.kind = 'mail') as mail, max(c.last_verified_on) as proven_on
             from contact_channels c where c.contact_id = k.contact_id and c.valid @> viewer_today()) ch on true
           where k.ceptoar_id = $1 and k.valid @> viewer_today()
             and k.organisation_id in (
               select b.organisation_id from bodies_on_the_road b where b.ceptoar_id = $1 and b.valid @> viewer_today())
             and ($2 <> 'unproven' or ch.proven_on is null or ch.proven_on <= viewer_today() - $3::integer)
             and ($4::text is null or k.organisation_id in (
               select m.organisation_id from memberships m
               where m.ceptoar_id = $1 and m.subgroup_id = $4 and m.valid @> viewer_today()
               union all select g.organisation_id from group_members g
               where g.ceptoar_id = $1 and g.subgroup_id = $4 and g.valid @> viewer_today()))
             and ($5::text is null or folded_name(n.ja, n.reading, n.en) like $5 or k.folded like $5)
             and ($9::uuid is null or k.contact_id = $9)
             and ($10::uuid[] is null or k.contact_id = any ($10))
           order by n.reading, k.organisation_id, k.position limit $6 offset $7"#,
        ceptoar_id,
        wanted.show.code(),
        i32::try_from(FRESH_DAYS).unwrap_or(i32::MAX),
        wanted.group,
        wanted.pattern,
        wanted.limit,
        wanted.skip,
        now - PAUSE,
        wanted.window.map(|window| window.0),
        among.as_deref()
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let listed = rows.map(|r| Listed {
        trouble: troubles.get(&r.contact_id).copied().unwrap_or_default(),
        contact_id: r.contact_id,
        organisation_id: r.organisation_id,
        organisation: [r.ja, r.en],
        label: r.label,
        mail: r.mail,
        proven_on: r.proven_on,
        lately: r.lately,
    });
    Ok(listed.collect())
}

/// How many windows of a CEPTOAR need a change.
#[derive(Debug, Clone)]
pub struct TroubledDesk {
    /// Which.
    pub ceptoar_id: String,
    /// Its name in Japanese and English.
    pub ceptoar: [String; 2],
    /// Windows whose mail came back, that moved, or that call a number wrong.
    pub broken: i64,
    /// Further numbers that are unproven.
    pub numbers: i64,
    /// Until when the round asks that runs.
    pub due_on: Option<NaiveDate>,
}

/// The CEPTOARs of some desks in which a window needs somebody, whether a round runs or not.
pub async fn troubled_desks(tx: &mut PgConnection, desks: &[String]) -> sqlx::Result<Vec<TroubledDesk>> {
    let rows = sqlx::query!(
        r#"select t.ceptoar_id as "ceptoar_id!", coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!",
                  count(*) filter (where t.came_back or t.moved or t.wrong > 0) as "broken!",
                  coalesce(sum(t.unproven), 0)::bigint as "numbers!", max(t.due_on) as due_on
           from troubled_windows() t
           left join ceptoar_names n on n.ceptoar_id = t.ceptoar_id and n.valid @> viewer_today()
           where t.ceptoar_id = any ($1)
           group by t.ceptoar_id, n.ja, n.en order by t.ceptoar_id"#,
        desks
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let desks = rows.map(|r| TroubledDesk {
        ceptoar_id: r.ceptoar_id,
        ceptoar: [r.ja, r.en],
        broken: r.broken,
        numbers: r.numbers,
        due_on: r.due_on,
    });
    Ok(desks.collect())
}

/// A window of a firm's or ministry's own that needs somebody.
#[derive(Debug, Clone)]
pub struct OwnWindow {
    /// Which.
    pub contact_id: ContactId,
    /// Whose.
    pub organisation_id: OrganisationId,
    /// For which CEPTOAR.
    pub ceptoar_id: String,
    /// The CEPTOAR's name in Japanese and English.
    pub ceptoar: [String; 2],
    /// What the window is called.
    pub label: String,
    /// What is the matter.
    pub trouble: Trouble,
    /// Until when the round asks that runs.
    pub due_on: Option<NaiveDate>,
}

/// The windows of some organisations that need somebody, as far as the viewer keeps them.
pub async fn own_troubled(tx: &mut PgConnection, organisations: &[OrganisationId]) -> sqlx::Result<Vec<OwnWindow>> {
    let organisations: Vec<Uuid> = organisations.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select t.contact_id as "contact_id!: ContactId", t.organisation_id as "organisation_id!: OrganisationId",
                  t.ceptoar_id as "ceptoar_id!", coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!", k.label,
                  t.came_back as "came_back!", t.moved as "moved!", t.silent as "silent!", t.wrong as "wrong!",
                  t.unproven as "unproven!", t.due_on
           from troubled_windows() t
           join contacts k on k.contact_id = t.contact_id and k.valid @> viewer_today()
           left join ceptoar_names n on n.ceptoar_id = t.ceptoar_id and n.valid @> viewer_today()
           where t.organisation_id = any ($1)
           order by t.ceptoar_id, t.organisation_id, k.position, t.contact_id"#,
        &organisations
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let windows = rows.map(|r| OwnWindow {
        contact_id: r.contact_id,
        organisation_id: r.organisation_id,
        ceptoar_id: r.ceptoar_id,
        ceptoar: [r.ja, r.en],
        label: r.label,
        trouble: Trouble {
            came_back: r.came_back,
            moved: r.moved,
            silent: r.silent,
            wrong: r.wrong,
            unproven: r.unproven,
        },
        due_on: r.due_on,
    });
    Ok(windows.collect())
}
