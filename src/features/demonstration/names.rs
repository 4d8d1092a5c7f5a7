//! Invented names that read like those of the sector and are marked as invented in each language.

/// A word in Japanese, in hiragana and in English or Roman letters.
type Word = [&'static str; 3];

/// First halves of place names.
const FIRST: [Word; 48] = [
    ["星", "ほし", "hoshi"],
    ["虹", "にじ", "niji"],
    ["霞", "かすみ", "kasumi"],
    ["雪", "ゆき", "yuki"],
    ["風", "かぜ", "kaze"],
    ["雲", "くも", "kumo"],
    ["夢", "ゆめ", "yume"],
    ["暁", "あかつき", "akatsuki"],
    ["曙", "あけぼの", "akebono"],
    ["宵", "よい", "yoi"],
    ["凪", "なぎ", "nagi"],
    ["渚", "なぎさ", "nagisa"],
    ["汐", "しお", "shio"],
    ["澪", "みお", "mio"],
    ["霜", "しも", "shimo"],
    ["霰", "あられ", "arare"],
    ["露", "つゆ", "tsuyu"],
    ["響", "ひびき", "hibiki"],
    ["奏", "かなで", "kanade"],
    ["詠", "うた", "uta"],
    ["紬", "つむぎ", "tsumugi"],
    ["錫", "すず", "suzu"],
    ["絹", "きぬ", "kinu"],
    ["鐘", "かね", "kane"],
    ["鈴音", "すずね", "suzune"],
    ["笛", "ふえ", "fue"],
    ["雁", "かり", "kari"],
    ["鴎", "かもめ", "kamome"],
    ["蛍", "ほたる", "hotaru"],
    ["蝶", "ちょう", "cho"],
    ["楓", "かえで", "kaede"],
    ["梢", "こずえ", "kozue"],
    ["翠", "みどり", "midori"],
    ["碧", "あお", "ao"],
    ["茜", "あかね", "akane"],
    ["橙", "だいだい", "daidai"],
    ["紺", "こん", "kon"],
    ["紫", "むらさき", "murasaki"],
    ["瑠璃", "るり", "ruri"],
    ["琥珀", "こはく", "kohaku"],
    ["珊瑚", "さんご", "sango"],
    ["翡翠", "ひすい", "hisui"],
    ["銀河", "ぎんが", "ginga"],
    ["彗星", "すいせい", "suisei"],
    ["陽炎", "かげろう", "kagero"],
    ["極光", "きょっこう", "kyokko"],
    ["若葉", "わかば", "wakaba"],
    ["花霞", "はながすみ", "hanagasumi"],
];

/// Second halves of place names.
const SECOND: [Word; 40] = [
    ["見", "み", "mi"],
    ["原", "はら", "hara"],
    ["野", "の", "no"],
    ["沢", "さわ", "sawa"],
    ["浦", "うら", "ura"],
    ["島", "しま", "shima"],
    ["崎", "さき", "saki"],
    ["岬", "みさき", "misaki"],
    ["浜", "はま", "hama"],
    ["津", "つ", "tsu"],
    ["瀬", "せ", "se"],
    ["川", "かわ", "kawa"],
    ["谷", "たに", "tani"],
    ["峰", "みね", "mine"],
    ["岳", "たけ", "take"],
    ["丘", "おか", "oka"],
    ["坂", "さか", "saka"],
    ["橋", "はし", "hashi"],
    ["里", "さと", "sato"],
    ["郷", "ごう", "go"],
    ["宮", "みや", "miya"],
    ["城", "しろ", "shiro"],
    ["台", "だい", "dai"],
    ["平", "だいら", "daira"],
    ["森", "もり", "mori"],
    ["林", "ばやし", "bayashi"],
    ["泉", "いずみ", "izumi"],
    ["池", "いけ", "ike"],
    ["滝", "たき", "taki"],
    ["潟", "がた", "gata"],
    ["江", "え", "e"],
    ["戸", "と", "to"],
    ["門", "かど", "kado"],
    ["倉", "くら", "kura"],
    ["田", "た", "ta"],
    ["畑", "はた", "hata"],
    ["園", "その", "sono"],
    ["道", "みち", "michi"],
    ["尾", "お", "o"],
    ["根", "ね", "ne"],
];

/// Walks over all places without a visible pattern: no common factor with their number.
const STRIDE: usize = 1117;

/// An invented organisation's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InventedName {
    /// Japanese, ending in (架空).
    pub ja: String,
    /// English, ending in (invented).
    pub en: String,
    /// Hiragana, for sorting.
    pub reading: String,
}

/// The name of the n-th member (1 = first) of a CEPTOAR, counted in `unit`. `salt` keeps the
/// CEPTOARs from walking through the places in step. Unique up to 1,920 members of a CEPTOAR.
pub fn invent(ceptoar: &str, unit: &str, n: usize, salt: usize) -> InventedName {
    let place = (n * STRIDE + salt * 101) % (FIRST.len() * SECOND.len());
    let (first, second) = (FIRST[place / SECOND.len()], SECOND[place % SECOND.len()]);
    let kinds = kinds(ceptoar, unit);
    let kind = kinds[n.saturating_sub(1) % kinds.len()];
    let roman = format!("{}{}", first[2], second[2]);
    InventedName {
        ja: format!("{}{}{}(架空)", first[0], second[0], kind[0]),
        en: format!("{} {} (invented)", capitalised(&roman), kind[2]),
        reading: format!("{}{}{}", first[1], second[1], kind[1]),
    }
}

/// What members of a unit are; they take turns. A CEPTOAR that is not known here gets a general word.
fn kinds(ceptoar: &str, unit: &str) -> &'static [Word] {
    match (ceptoar, unit) {
        ("t-ceptoar", "社") => &[
            ["電気通信", "でんきつうしん", "Telecommunications"],
            ["テレコム", "てれこむ", "Telecom"],
            ["ネット", "ねっと", "Net"],
            ["モバイル", "もばいる", "Mobile"],
        ],
        ("t-ceptoar", _) => &[["通信事業者協会", "つうしんじぎょうしゃきょうかい", "Association of Carriers"]],
        ("catv", "社") => &[["ケーブルテレビ", "けーぶるてれび", "Cable Television"]],
        ("catv", _) => &[["有線放送協会", "ゆうせんほうそうきょうかい", "Cable Broadcasters Association"]],
        ("broadcast", _) => {
            &[["放送", "ほうそう", "Broadcasting"], ["テレビ", "てれび", "Television"], ["ラジオ", "らじお", "Radio"]]
        }
        ("banks", _) => &[
            ["銀行", "ぎんこう", "Bank"],
            ["銀行", "ぎんこう", "Bank"],
            ["信用金庫", "しんようきんこ", "Shinkin Bank"],
            ["信用組合", "しんようくみあい", "Credit Cooperative"],
            ["農業協同組合", "のうぎょうきょうどうくみあい", "Agricultural Cooperative"],
            ["労働金庫", "ろうどうきんこ", "Labour Bank"],
        ],
        ("securities", "社") => &[["証券", "しょうけん", "Securities"]],
        ("securities", _) => &[["証券取引所", "しょうけんとりひきじょ", "Securities Exchange"]],
        ("life", _) => &[["生命保険", "せいめいほけん", "Life Insurance"]],
        ("nonlife", _) => &[["損害保険", "そんがいほけん", "Non-Life Insurance"]],
        ("aviation", "社") => &[["航空", "こうくう", "Airlines"]],
        ("aviation", _) => &[["航空協会", "こうくうきょうかい", "Aviation Association"]],
        ("rail", "社") => &[["鉄道", "てつどう", "Railway"]],
        ("rail", _) => &[["鉄道協会", "てつどうきょうかい", "Railway Association"]],
        ("power", "社") => &[["電力", "でんりょく", "Electric Power"]],
        ("power", _) => &[["電力研究所", "でんりょくけんきゅうじょ", "Electric Power Institute"]],
        ("gas", _) => &[["ガス", "がす", "Gas"]],
        ("local-gov", "都道府県") => &[["県", "けん", "Prefecture"]],
        ("local-gov", _) => &[
            ["市", "し", "City"],
            ["町", "ちょう", "Town"],
            ["市", "し", "City"],
            ["町", "ちょう", "Town"],
            ["村", "むら", "Village"],
            ["市", "し", "City"],
            ["区", "く", "Ward"],
        ],
        ("medical", "グループ") => &[["医療グループ", "いりょうぐるーぷ", "Medical Group"]],
        ("medical", _) => &[["病院", "びょういん", "Hospital"]],
        ("water", _) => &[["市水道局", "しすいどうきょく", "City Waterworks"]],
        ("logistics", "社") => &[["物流", "ぶつりゅう", "Logistics"], ["倉庫", "そうこ", "Warehousing"]],
        ("logistics", _) => &[["運送事業者協会", "うんそうじぎょうしゃきょうかい", "Association of Hauliers"]],
        ("chemical", _) => &[["化学工業", "かがくこうぎょう", "Chemical Industries"]],
        ("credit", _) => &[["クレジット", "くれじっと", "Credit"]],
        ("oil", _) => &[["石油", "せきゆ", "Petroleum"]],
        (_, _) => &[["事業者", "じぎょうしゃ", "Operator"]],
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_two_of_the_largest_ceptoar_are_called_alike() {
        let names: Vec<_> = (1..=1788).map(|n| invent("local-gov", "市区町村", n, 3)).collect();
        for of in [|n: &InventedName| n.ja.clone(), |n: &InventedName| n.en.clone()] {
            assert_eq!(names.iter().map(of).collect::<HashSet<_>>().len(), names.len());
        }
    }

    #[test]
    fn a_name_says_that_it_is_invented() {
        let name = invent("banks", "社", 1, 0);
        assert!(name.ja.ends_with("銀行(架空)") && name.en.ends_with("Bank (invented)"), "{name:?}");
        assert!(name.reading.ends_with("ぎんこう"));
    }
}
