//! Units in which members are counted (社, 団体 …), in both languages. Never summed across.

use super::language::Language;

/// The units of the maps (S0, S1, S2), in the order in which they are offered.
pub const UNITS: [(&str, &str); 9] = [
    ("社", "companies"),
    ("社・団体", "companies and associations"),
    ("団体", "associations"),
    ("機関", "institutions"),
    ("グループ", "groups"),
    ("都道府県", "prefectures"),
    ("市区町村", "municipalities"),
    ("水道事業者", "water supply operators"),
    ("水道事業体", "water utilities"),
];

/// A unit in a language; one that no map knows stays as it is.
#[must_use]
pub fn told(unit: &str, language: Language) -> &str {
    let known = UNITS.iter().find(|(ja, _)| *ja == unit);
    language.pick(unit, known.map_or(unit, |(_, en)| en))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_of_the_maps_has_an_english_name_and_another_keeps_its_own() {
        assert_eq!(told("社・団体", Language::En), "companies and associations");
        assert_eq!(told("社・団体", Language::Ja), "社・団体");
        assert_eq!(told("人", Language::En), "人");
    }
}
