//! One erratum, and how it is shown.

use chrono::NaiveDate;

use crate::features::feature_map::edition::Bilingual;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::long_date;

crate::words! {
    /// Words of errata.
    pub struct ErrataWords {
        heading: "正誤表" / "Errata",
        lead: "公表したあとに見つかった誤りです。版そのものは、公表したときのままです。" / "Mistakes found after publication. The edition itself stands as it was published.",
        date: "日付" / "Date",
        place: "箇所" / "Where",
        wrong: "誤" / "Printed",
        right: "正" / "Correct",
        line: "{day} {place} 誤「{wrong}」 正「{right}」" / "{day} {place}: for “{wrong}” read “{right}”",
        record: "正誤表に記録する" / "Record an erratum",
    }
}

/// A correction beside an edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erratum {
    /// Which edition.
    pub edition_id: String,
    /// Whose cell; none for the edition as a whole.
    pub ceptoar_id: Option<String>,
    /// When it was recorded.
    pub dated_on: NaiveDate,
    /// Where the mistake stands.
    pub place: Bilingual,
    /// What is printed.
    pub wrong: Bilingual,
    /// What is right.
    pub right: Bilingual,
}

/// Errata in one line each, for paper.
#[must_use]
pub fn lines(errata: &[Erratum], language: Language) -> Vec<String> {
    let w = ErrataWords::of(language);
    let line = |erratum: &Erratum| {
        let texts = [&erratum.place, &erratum.wrong, &erratum.right].map(|text| text.pick(language));
        let day = long_date(erratum.dated_on, language);
        fill(w.line, &[("day", &day), ("place", texts[0]), ("wrong", texts[1]), ("right", texts[2])])
    };
    errata.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_when_where_and_what() {
        let text = |ja: &str, en: &str| Bilingual { ja: ja.into(), en: en.into() };
        let erratum = Erratum {
            edition_id: "2027-03-31".into(),
            ceptoar_id: None,
            dated_on: NaiveDate::from_ymd_opt(2027, 4, 12).unwrap(),
            place: text("放送CEPTOARの構成員", "Members of Broadcasting"),
            wrong: text("197社・団体", "197"),
            right: text("198社・団体", "198"),
        };
        let line = "2027年4月12日(月) 放送CEPTOARの構成員 誤「197社・団体」 正「198社・団体」";
        assert_eq!(lines(std::slice::from_ref(&erratum), Language::Ja), [line]);
        assert!(lines(&[erratum], Language::En)[0].contains("for “197” read “198”"));
    }
}
