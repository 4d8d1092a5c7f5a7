//! The files of `data/reference` that the directory needs, as they are written.

use std::borrow::Cow;
use std::collections::BTreeMap;

use anyhow::Context;
use chrono::NaiveDate;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use sha2::{Digest, Sha256};

/// One file: where it is, and what is in it.
#[derive(Debug, Clone)]
pub struct Source {
    /// Path from the root of the project, for error messages.
    pub path: &'static str,
    /// Its text.
    pub text: Cow<'static, str>,
}

macro_rules! embed {
    ($path:literal) => {
        Source { path: $path, text: Cow::Borrowed(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $path))) }
    };
}

/// The texts, not yet understood.
#[derive(Debug, Clone)]
pub struct Sources {
    /// Editions, oldest first.
    pub editions: Vec<Source>,
    /// Ministries and their sectors.
    pub ministries: Source,
    /// Secretariats and the centre.
    pub organisations: Source,
    /// English by Japanese string.
    pub english: Source,
    /// Readings by Japanese string.
    pub readings: Source,
    /// The Council.
    pub council: Source,
    /// National holidays.
    pub holidays: Source,
}

impl Sources {
    /// What this program was built with.
    pub fn embedded() -> Self {
        Self {
            editions: vec![
                embed!("data/reference/editions/2007-03-31.toml"),
                embed!("data/reference/editions/2011-03-31.toml"),
                embed!("data/reference/editions/2018-04-24.toml"),
            ],
            ministries: embed!("data/reference/ministries.toml"),
            organisations: embed!("data/reference/organisations.toml"),
            english: embed!("data/reference/english.toml"),
            readings: embed!("data/reference/readings.toml"),
            council: embed!("data/reference/council.toml"),
            holidays: embed!("data/reference/holidays.toml"),
        }
    }

    /// One value for exactly these texts, read by exactly these rules.
    pub fn fingerprint(&self) -> String {
        /// Raised when the same texts are to be read otherwise.
        const RULES: &[u8] = b"2";
        let mut hash = Sha256::new_with_prefix(RULES);
        let others =
            [&self.ministries, &self.organisations, &self.english, &self.readings, &self.council, &self.holidays];
        for source in self.editions.iter().chain(others) {
            hash.update(source.text.len().to_be_bytes());
            hash.update(source.text.as_bytes());
        }
        hex::encode(hash.finalize())
    }

    /// Understands the texts.
    pub fn parse(&self) -> anyhow::Result<Files> {
        Ok(Files {
            editions: self.editions.iter().map(|s| Ok((s.path, parse(s)?))).collect::<anyhow::Result<_>>()?,
            ministries: parse(&self.ministries)?,
            organisations: parse::<Organisations>(&self.organisations)?.organisation,
            english: Dictionary { path: self.english.path, words: parse(&self.english)? },
            readings: Dictionary { path: self.readings.path, words: parse(&self.readings)? },
            council: parse(&self.council)?,
            holidays: parse::<Holidays>(&self.holidays)?.holiday,
        })
    }
}

fn parse<T: DeserializeOwned>(source: &Source) -> anyhow::Result<T> {
    toml::from_str(&source.text).with_context(|| format!("{} is not as expected", source.path))
}

/// The files, understood.
#[derive(Debug)]
pub struct Files {
    /// Path and content, oldest first.
    pub editions: Vec<(&'static str, Edition)>,
    /// Ministries and their sectors.
    pub ministries: Ministries,
    /// Secretariats and the centre.
    pub organisations: Vec<Organisation>,
    /// English.
    pub english: Dictionary,
    /// Readings.
    pub readings: Dictionary,
    /// The Council.
    pub council: Council,
    /// National holidays.
    pub holidays: Vec<Holiday>,
}

/// Words by table and Japanese string. Only tables of plain strings are looked into.
#[derive(Debug)]
pub struct Dictionary {
    path: &'static str,
    words: BTreeMap<String, BTreeMap<String, toml::Value>>,
}

impl Dictionary {
    /// The word for `key` in a table; a missing word is a mistake in the file.
    pub fn word(&self, table: &str, key: &str) -> anyhow::Result<String> {
        let word = self.words.get(table).and_then(|words| words.get(key)).and_then(toml::Value::as_str);
        word.map(ToOwned::to_owned).with_context(|| format!("{}: [{table}] has no {key:?}", self.path))
    }
}

/// One edition.
#[derive(Debug, Deserialize)]
pub struct Edition {
    /// Its dates.
    pub edition: Head,
    /// Sectors in the government's order.
    #[serde(rename = "sector")]
    pub sectors: Vec<Sector>,
    /// CEPTOARs in the printed order.
    #[serde(rename = "ceptoar")]
    pub ceptoars: Vec<Ceptoar>,
    /// Federations of CEPTOARs.
    #[serde(default, rename = "liaison_council")]
    pub federations: Vec<Federation>,
}

/// A federation of CEPTOARs in an edition.
#[derive(Debug, Deserialize)]
pub struct Federation {
    /// Stable id.
    pub id: String,
    /// Printed name.
    pub name: String,
    /// Its sector.
    pub sector: String,
    /// Who makes it up, by id.
    pub member_ceptoars: Vec<String>,
    #[serde(default)]
    secretariat: Vec<Secretariat>,
}

impl Federation {
    /// Printed name and unit of its secretariat; none where a dash is printed.
    pub fn secretariat(&self) -> Option<(&str, Option<&str>)> {
        self.secretariat.first().map(|s| (s.org.as_str(), s.unit.as_deref()))
    }
}

/// Dates of an edition.
#[derive(Debug, Deserialize)]
pub struct Head {
    /// The day it speaks of.
    #[serde(deserialize_with = "day")]
    pub as_of: NaiveDate,
    /// The day of its counts, where that is another.
    #[serde(default, deserialize_with = "some_day")]
    pub counts_as_of: Option<NaiveDate>,
}

/// A sector in an edition.
#[derive(Debug, Deserialize)]
pub struct Sector {
    /// Stable id.
    pub id: String,
    /// Place in the government's order.
    pub order: i16,
    /// Printed name.
    pub name: String,
}

/// A CEPTOAR in an edition.
#[derive(Debug, Deserialize)]
pub struct Ceptoar {
    /// Stable id.
    pub id: String,
    /// Its sector.
    pub sector: String,
    /// 事業の範囲.
    pub scope: Option<String>,
    /// Printed name; absent while planned.
    pub name: Option<String>,
    /// `planned` or `established`; the roster of 2018 lists established ones only.
    pub status: Option<String>,
    #[serde(default, rename = "secretariat")]
    secretariat_tables: Vec<Secretariat>,
    #[serde(default, rename = "secretariats")]
    secretariat_names: Vec<String>,
    /// First month of this edition's secretariat, where it is known.
    pub secretariat_since: Option<String>,
    #[serde(default, rename = "count")]
    count_tables: Vec<Count>,
    #[serde(default, rename = "counts")]
    count_list: Vec<Count>,
    /// How items go down.
    pub route_pattern: Option<String>,
    /// Sub-groups.
    #[serde(default, rename = "subgroup")]
    pub subgroups: Vec<Subgroup>,
}

impl Ceptoar {
    /// Whether it works already.
    pub fn is_established(&self) -> bool {
        self.status.as_deref() != Some("planned")
    }

    /// Printed names and units of its secretariats. The roster of 2018 prints names alone.
    pub fn secretariats(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let tables = self.secretariat_tables.iter().map(|s| (s.org.as_str(), s.unit.as_deref()));
        tables.chain(self.secretariat_names.iter().map(|name| (name.as_str(), None)))
    }

    /// Its counts.
    pub fn counts(&self) -> impl Iterator<Item = &Count> {
        self.count_tables.iter().chain(&self.count_list)
    }
}

#[derive(Debug, Deserialize)]
struct Secretariat {
    org: String,
    unit: Option<String>,
}

/// A count of members.
#[derive(Debug, Deserialize)]
pub struct Count {
    /// 社, 団体, …
    pub unit: String,
    /// How many.
    pub value: i32,
}

/// A sub-group of a CEPTOAR.
#[derive(Debug, Deserialize)]
pub struct Subgroup {
    /// SG1 …
    pub code: String,
    /// Who is in it.
    pub scope: String,
}

/// `ministries.toml`.
#[derive(Debug, Deserialize)]
pub struct Ministries {
    /// The ministries.
    pub ministry: Vec<Ministry>,
    /// What they are responsible for.
    pub sector_ministry: Vec<SectorMinistry>,
}

/// A ministry.
#[derive(Debug, Deserialize)]
pub struct Ministry {
    /// Stable handle.
    pub code: String,
    /// Name.
    pub ja: String,
    /// Name.
    pub en: String,
    /// Reading.
    pub kana: String,
}

/// A ministry's responsibility for a sector.
#[derive(Debug, Deserialize)]
pub struct SectorMinistry {
    /// Which sector.
    pub sector: String,
    /// Which ministry, by code.
    pub ministry: String,
    /// First day.
    #[serde(deserialize_with = "day")]
    pub from: NaiveDate,
    /// First day after.
    #[serde(default, deserialize_with = "some_day")]
    pub to: Option<NaiveDate>,
    /// `month` where the day is not known.
    pub precision: Option<crate::kernel::period::Precision>,
    /// Where the fact comes from.
    pub basis: String,
    /// Which part of the sector, where it is shared.
    pub part: Option<Part>,
}

/// A part of a sector.
#[derive(Debug, Deserialize)]
pub struct Part {
    /// In Japanese.
    pub ja: String,
    /// In English.
    pub en: String,
}

#[derive(Debug, Deserialize)]
struct Organisations {
    organisation: Vec<Organisation>,
}

/// `council.toml`: of all that it says of the Council, who belongs to it.
#[derive(Debug, Deserialize)]
pub struct Council {
    /// In no order.
    pub membership: Vec<CouncilMembership>,
}

/// Bodies that came to the Council, or changed their place in it, together.
#[derive(Debug, Deserialize)]
pub struct CouncilMembership {
    /// CEPTOARs among them, by id.
    #[serde(default)]
    pub ceptoars: Vec<String>,
    /// `observer` or `member`.
    pub status: String,
    /// The day.
    #[serde(default, deserialize_with = "some_day")]
    pub from: Option<NaiveDate>,
    /// Or else the fiscal year.
    pub from_fiscal_year: Option<i32>,
}

/// A secretariat or the centre.
#[derive(Debug, Deserialize)]
pub struct Organisation {
    /// Stable handle.
    pub code: String,
    /// `central` or `association`.
    pub kind: String,
    /// Names as editions print them.
    #[serde(default)]
    pub printed: Vec<String>,
    /// Names with dates of their own.
    #[serde(default, rename = "name")]
    pub names: Vec<DatedName>,
}

/// A name with its days.
#[derive(Debug, Deserialize)]
pub struct DatedName {
    /// Name.
    pub ja: String,
    /// Name.
    pub en: String,
    /// Reading.
    pub kana: String,
    /// First day.
    #[serde(deserialize_with = "day")]
    pub from: NaiveDate,
    /// First day after.
    #[serde(default, deserialize_with = "some_day")]
    pub to: Option<NaiveDate>,
}

#[derive(Debug, Deserialize)]
struct Holidays {
    holiday: Vec<Holiday>,
}

/// `holidays.toml`: a national holiday and its days.
#[derive(Debug, Deserialize)]
pub struct Holiday {
    /// Name.
    pub ja: String,
    /// Name.
    pub en: String,
    /// When.
    #[serde(deserialize_with = "days")]
    pub days: Vec<NaiveDate>,
}

fn days<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<NaiveDate>, D::Error> {
    let written = Vec::<toml::value::Datetime>::deserialize(deserializer)?;
    written.iter().map(|day| day.to_string().parse().map_err(D::Error::custom)).collect()
}

fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    let written = toml::value::Datetime::deserialize(deserializer)?;
    written.to_string().parse().map_err(D::Error::custom)
}

fn some_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
    day(deserializer).map(Some)
}
