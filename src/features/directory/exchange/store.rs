//! SQL of looking at all members of a CEPTOAR at once, windows and all.

use std::collections::{BTreeMap, HashMap};

use sqlx::PgConnection;
use uuid::Uuid;

use crate::features::access::directory::Standing;
use crate::features::directory::roster::sheet::{
    Channel, ChannelKind, Dated, Hours, MemberKind, Membership, Name, Period, Sheet, Window, WindowFacts,
};
use crate::kernel::ids::{ContactId, OrganisationId};
use crate::kernel::language::Language;

/// Everything about every member, past and to come: what `roster::store::sheet` says of one.
pub async fn sheets(tx: &mut PgConnection, ceptoar_id: &str) -> sqlx::Result<Vec<Sheet>> {
    let mut sheets: BTreeMap<Uuid, Sheet> = BTreeMap::new();
    let memberships = sqlx::query!(
        r#"select organisation_id as "organisation_id: OrganisationId", fact_id,
                  kind as "kind: MemberKind", unit, subgroup_id, hub,
                  lower(valid) as since, upper(valid) as until
           from memberships where ceptoar_id = $1 order by lower(valid) nulls first"#,
        ceptoar_id
    );
    for r in memberships.fetch_all(&mut *tx).await? {
        let value = Membership { kind: r.kind, unit: r.unit, subgroup: r.subgroup_id, hub: r.hub };
        let sheet = sheets.entry(r.organisation_id.0).or_insert_with(|| Sheet {
            standing: Standing::Member,
            organisation_id: r.organisation_id,
            ceptoar_id: ceptoar_id.to_owned(),
            names: Vec::new(),
            memberships: Vec::new(),
            windows: Vec::new(),
        });
        sheet.memberships.push(Dated { fact_id: r.fact_id, valid: Period { from: r.since, until: r.until }, value });
    }
    let names = sqlx::query!(
        "select organisation_id, fact_id, ja, en, reading, lower(valid) as since, upper(valid) as until
         from organisation_names
         where organisation_id in (select m.organisation_id from memberships m where m.ceptoar_id = $1)
         order by lower(valid) nulls first",
        ceptoar_id
    );
    for r in names.fetch_all(&mut *tx).await? {
        let value = Name { ja: r.ja, en: r.en, reading: r.reading };
        let fact = Dated { fact_id: r.fact_id, valid: Period { from: r.since, until: r.until }, value };
        sheets.entry(r.organisation_id).and_modify(|sheet| sheet.names.push(fact));
    }
    let ways = ways(tx, ceptoar_id).await?;
    windows(tx, ceptoar_id, &mut sheets, ways).await?;
    Ok(sheets.into_values().collect())
}

async fn ways(tx: &mut PgConnection, ceptoar_id: &str) -> sqlx::Result<HashMap<Uuid, Vec<Dated<Channel>>>> {
    let channels = sqlx::query!(
        "select c.contact_id, c.fact_id, c.kind, c.value, c.hours, c.last_verified_on,
                lower(c.valid) as since, upper(c.valid) as until
         from contact_channels c
         where c.contact_id in (select k.contact_id from contacts k where k.ceptoar_id = $1)
         order by c.position, lower(c.valid) nulls first",
        ceptoar_id
    );
    let mut ways: HashMap<Uuid, Vec<Dated<Channel>>> = HashMap::new();
    for r in channels.fetch_all(tx).await? {
        // The table's own checks admit no other values.
        let (Some(kind), Some(hours)) = (ChannelKind::from_code(&r.kind), Hours::from_code(&r.hours)) else { continue };
        let value = Channel { kind, value: r.value, hours, verified_on: r.last_verified_on };
        let valid = Period { from: r.since, until: r.until };
        ways.entry(r.contact_id).or_default().push(Dated { fact_id: r.fact_id, valid, value });
    }
    Ok(ways)
}

async fn windows(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    sheets: &mut BTreeMap<Uuid, Sheet>,
    mut ways: HashMap<Uuid, Vec<Dated<Channel>>>,
) -> sqlx::Result<()> {
    let facts = sqlx::query!(
        r#"select organisation_id, contact_id as "contact_id: ContactId", fact_id, position, label, handler, language,
                  lower(valid) as since, upper(valid) as until
           from contacts where ceptoar_id = $1 order by organisation_id, contact_id, lower(valid) nulls first"#,
        ceptoar_id
    );
    for r in facts.fetch_all(tx).await? {
        let Some(sheet) = sheets.get_mut(&r.organisation_id) else { continue };
        let language = Language::from_code(&r.language);
        let value = WindowFacts { position: r.position, label: r.label, handler: r.handler, language };
        let fact = Dated { fact_id: r.fact_id, valid: Period { from: r.since, until: r.until }, value };
        // Rows of one window come behind one another.
        match sheet.windows.last_mut().filter(|window| window.contact_id == r.contact_id) {
            Some(window) => window.facts.push(fact),
            None => sheet.windows.push(Window {
                contact_id: r.contact_id,
                facts: vec![fact],
                channels: ways.remove(&r.contact_id.0).unwrap_or_default(),
            }),
        }
    }
    Ok(())
}
