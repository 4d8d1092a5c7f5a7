//! Which ministry was responsible for a sector on a day. No edition prints it throughout, so it comes from the
//! reference data of the directory.

use anyhow::Context;
use chrono::NaiveDate;
use serde::Deserialize;
use toml::value::Datetime;

use super::vocabulary::Bilingual;

const FILE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/reference/ministries.toml"));

/// The responsibilities of all ministries, with their periods.
#[derive(Debug, Clone, Default)]
pub struct Ministries(pub Vec<Responsibility>);

/// A ministry's responsibility for a sector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Responsibility {
    /// Id of the sector.
    pub sector: String,
    /// The ministry, and its part of the sector where that is shared.
    pub ministry: Bilingual,
    /// First day.
    pub from: NaiveDate,
    /// First day after; none while it lasts.
    pub until: Option<NaiveDate>,
}

#[derive(Deserialize)]
struct File {
    ministry: Vec<Named>,
    sector_ministry: Vec<Row>,
}

#[derive(Deserialize)]
struct Named {
    code: String,
    ja: String,
    en: String,
}

#[derive(Deserialize)]
struct Row {
    sector: String,
    ministry: String,
    from: Datetime,
    to: Option<Datetime>,
    part: Option<Bilingual>,
}

impl Ministries {
    /// What the reference data says.
    ///
    /// # Errors
    /// When the file contradicts itself.
    pub fn of_reference() -> anyhow::Result<Self> {
        let file: File = toml::from_str(FILE).context("ministries.toml")?;
        let day = |day: &Datetime| day.to_string().parse::<NaiveDate>();
        let rows = file.sector_ministry.iter().map(|row| {
            let named = file.ministry.iter().find(|m| m.code == row.ministry);
            let named = named.with_context(|| format!("ministries.toml: no ministry has the code {}", row.ministry))?;
            let ministry = match &row.part {
                Some(part) => {
                    Bilingual { ja: format!("{}({})", named.ja, part.ja), en: format!("{} ({})", named.en, part.en) }
                }
                None => Bilingual { ja: named.ja.clone(), en: named.en.clone() },
            };
            let until = row.to.as_ref().map(day).transpose()?;
            Ok(Responsibility { sector: row.sector.clone(), ministry, from: day(&row.from)?, until })
        });
        Ok(Self(rows.collect::<anyhow::Result<_>>()?))
    }

    /// The ministries of a sector on a day.
    #[must_use]
    pub fn of(&self, sector: &str, day: NaiveDate) -> Vec<Bilingual> {
        let held = |r: &&Responsibility| r.from <= day && r.until.is_none_or(|until| day < until);
        self.0.iter().filter(|r| r.sector == sector).filter(held).map(|r| r.ministry.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn water_moved_from_one_ministry_to_two() {
        let ministries = Ministries::of_reference().unwrap();
        let on = |day: &str| ministries.of("water", day.parse().unwrap()).into_iter().map(|m| m.ja).collect::<Vec<_>>();
        assert_eq!(on("2024-03-31"), ["厚生労働省"]);
        assert_eq!(on("2024-04-01"), ["国土交通省(施設)", "環境省(水質)"]);
        assert!(ministries.of("chemical", "2011-03-31".parse().unwrap()).is_empty(), "not yet a sector");
    }
}
