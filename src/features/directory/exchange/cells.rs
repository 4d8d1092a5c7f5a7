//! What people write into cells, read with forbearance and kept in one form.

use chrono::NaiveDate;

use super::refusal::Reason;
use crate::features::directory::roster::sheet::{ChannelKind, MemberKind};
use crate::features::directory::roster::spelling;
use crate::kernel::email_address::EmailAddress;
use crate::kernel::text::{self, TextProblem, folded, half_width};

/// One line of text.
///
/// # Errors
/// What is wrong with it.
pub fn line(cell: &str, longest: usize) -> Result<String, Reason> {
    text::line(cell, longest).map_err(|problem| match problem {
        TextProblem::Empty => Reason::Missing,
        TextProblem::TooLong { .. } => Reason::TooLong,
        TextProblem::ControlCharacter | TextProblem::DirectionMark => Reason::Character,
    })
}

/// The ways of one kind in a cell, several behind one another.
///
/// # Errors
/// What is wrong with the first that cannot be read.
pub fn ways(kind: ChannelKind, cell: &str) -> Result<Vec<String>, Reason> {
    let separates = |c: char| match kind {
        ChannelKind::Web | ChannelKind::Mail => c.is_whitespace() || matches!(c, ';' | '；' | '、'),
        ChannelKind::Phone | ChannelKind::Mobile | ChannelKind::Satellite | ChannelKind::Fax => {
            matches!(c, '\n' | ';' | '；' | '、' | ',' | '，')
        }
    };
    let pieces = cell.split(separates).map(str::trim).filter(|piece| !piece.is_empty());
    let mut ways = Vec::new();
    for piece in pieces {
        let way = way(kind, piece)?;
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
    Ok(ways)
}

fn way(kind: ChannelKind, piece: &str) -> Result<String, Reason> {
    match kind {
        ChannelKind::Mail => EmailAddress::parse(&half_width_sign(piece))
            .map(|address| address.as_str().to_owned())
            .map_err(|_| Reason::Mail),
        ChannelKind::Phone | ChannelKind::Mobile | ChannelKind::Satellite | ChannelKind::Fax => phone(piece),
        ChannelKind::Web => spelling::web_address(piece).ok_or(Reason::Web),
    }
}

/// Only the sign that Japanese keyboards write wide by themselves; wide letters may be a trick.
fn half_width_sign(piece: &str) -> String {
    piece.replace('＠', "@")
}

/// A telephone number: digits of any width, hyphens of any kind, brackets as hyphens.
fn phone(piece: &str) -> Result<String, Reason> {
    let mut number = String::new();
    for c in half_width(piece).chars() {
        match c {
            '0'..='9' => number.push(c),
            '+' if number.is_empty() => number.push(c),
            '-' | '(' | ')' | '\u{2043}' | '\u{FE63}' | '\u{30FB}' | '\u{2500}' | '.' => {
                if !number.is_empty() && !number.ends_with(['-', '+']) {
                    number.push('-');
                }
            }
            ' ' | '\u{2212}' => {}
            // What else the forms take: an extension, for example.
            _ => return spelling::telephone(piece).ok_or(Reason::Phone),
        }
    }
    let number = number.trim_end_matches('-');
    let digits = digits(number);
    if !number.starts_with(['0', '+']) && matches!(digits.len(), 9 | 10) {
        return Err(Reason::LostZero);
    }
    if (5..=16).contains(&digits.len()) { Ok(number.to_owned()) } else { Err(Reason::Phone) }
}

fn digits(number: &str) -> String {
    number.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect()
}

/// What has to be equal for two ways to be the same: a number may be grouped otherwise.
#[must_use]
pub fn essence(kind: ChannelKind, way: &str) -> String {
    match kind {
        ChannelKind::Mail => EmailAddress::parse(way).map_or_else(|_| way.to_owned(), |a| a.as_str().to_owned()),
        ChannelKind::Phone | ChannelKind::Mobile | ChannelKind::Satellite | ChannelKind::Fax => {
            // An extension is not part of the digits: two behind one number are two ways.
            phone(way).ok().filter(|number| number.is_ascii()).map_or_else(|| half_width(way), |number| digits(&number))
        }
        ChannelKind::Web => way.trim().to_owned(),
    }
}

/// A day: 2026-04-01, 2026/4/1, 2026.4.1, 2026年4月1日, 令和8年4月1日, R8.4.1.
///
/// # Errors
/// When it is none.
pub fn day(cell: &str) -> Result<NaiveDate, Reason> {
    let text = half_width(cell).replace('元', "1");
    let text = text.strip_suffix(" 00:00").unwrap_or(&text).to_lowercase();
    let (base, rest) = match ERAS.iter().find(|(name, _)| text.starts_with(name)) {
        Some((name, base)) => (*base, text.get(name.len()..).unwrap_or_default()),
        None => (0, text.as_str()),
    };
    let rest = rest.trim_end_matches('日');
    let parts: Vec<&str> = rest.split(['-', '/', '.', '年', '月']).map(str::trim).collect();
    let [year, month, day] = parts[..] else { return Err(Reason::Day) };
    let number = |text: &str| -> Option<u32> {
        (text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
    };
    let year = number(year).and_then(|year| i32::try_from(year).ok()).map(|year| year + base);
    let found = year.zip(number(month)).zip(number(day));
    found
        .and_then(|((year, month), day)| NaiveDate::from_ymd_opt(year, month, day))
        .filter(|day| (1900..2200).contains(&chrono::Datelike::year(day)))
        .ok_or(Reason::Day)
}

const ERAS: [(&str, i32); 6] = [("令和", 2018), ("平成", 1988), ("昭和", 1925), ("r", 2018), ("h", 1988), ("s", 1925)];

/// Yes or no; nothing means no.
///
/// # Errors
/// When it is neither.
pub fn yes(cell: &str) -> Result<bool, Reason> {
    match folded(&half_width(cell)).as_str() {
        "はい" | "yes" | "y" | "1" | "true" | "有" | "あり" | "○" | "〇" | "◯" | "該当" => Ok(true),
        "" | "いいえ" | "no" | "n" | "0" | "false" | "無" | "なし" | "×" | "-" | "非該当" => Ok(false),
        _ => Err(Reason::YesNo),
    }
}

/// As what a body belongs to the CEPTOAR; nothing means of full right.
///
/// # Errors
/// When it is neither.
pub fn member_kind(cell: &str) -> Result<MemberKind, Reason> {
    let wanted = folded(&half_width(cell));
    let is = |names: &[&str]| names.iter().any(|name| folded(&half_width(name)) == wanted);
    if is(&["", "正会員", "会員", "構成員", "Full", "Full member", "Member"]) {
        return Ok(MemberKind::Full);
    }
    if is(&["オブザーバー", "オブザーバ", "Observer"]) {
        Ok(MemberKind::Observer)
    } else {
        Err(Reason::Kind)
    }
}

/// A place in the order.
///
/// # Errors
/// When it is none.
pub fn order(cell: &str) -> Result<i16, Reason> {
    half_width(cell).parse().ok().filter(|order| (1..=99).contains(order)).ok_or(Reason::Order)
}

/// The language of a window, as its code.
///
/// # Errors
/// When it is none of the portal's.
pub fn language(cell: &str) -> Result<&'static str, Reason> {
    match folded(&half_width(cell)).as_str() {
        "" | "日本語" | "ja" | "japanese" | "日" | "和文" => Ok("ja"),
        "英語" | "en" | "english" | "英" | "英文" => Ok("en"),
        _ => Err(Reason::Language),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::language::{Label, Language};

    #[test]
    fn days_are_read_as_offices_write_them() {
        let april = NaiveDate::from_ymd_opt(2026, 4, 1).expect("a day");
        for written in [
            "2026-04-01",
            "2026/4/1",
            "２０２６／４／１",
            "2026年4月1日",
            "令和8年4月1日",
            "R8.4.1",
            "2026-04-01 00:00",
        ] {
            assert_eq!(day(written), Ok(april), "{written}");
        }
        assert_eq!(day("令和元年5月1日"), Ok(NaiveDate::from_ymd_opt(2019, 5, 1).expect("a day")));
        for wrong in ["", "2026", "46113", "2026-13-01", "2026-02-30", "来月", "1/2/3/4", "9999-01-01", "-1-1-1"] {
            assert_eq!(day(wrong), Err(Reason::Day), "{wrong}");
        }
    }

    #[test]
    fn numbers_and_addresses_are_read_in_one_form() {
        let phones = |cell| ways(ChannelKind::Phone, cell);
        assert_eq!(phones("０３－１２３４ー５６７８"), Ok(vec!["03-1234-5678".into()]));
        assert_eq!(phones("(03)1234‐5678"), Ok(vec!["03-1234-5678".into()]));
        assert_eq!(phones("+81-3-1234-5678; 0312345678"), Ok(vec!["+81-3-1234-5678".into(), "0312345678".into()]));
        assert_eq!(phones("312345678"), Err(Reason::LostZero));
        assert_eq!(phones("内線5"), Err(Reason::Phone));
        assert_eq!(phones("03-1234-5678 内線 12"), Ok(vec!["03-1234-5678 内線 12".into()]));
        assert_eq!(essence(ChannelKind::Fax, "03-1234-5678"), essence(ChannelKind::Fax, "0312345678"));
        assert_eq!(ways(ChannelKind::Mail, "a＠Bank.example"), Ok(vec!["a@bank.example".into()]));
        assert_eq!(ways(ChannelKind::Mail, "ａ@bank.example"), Err(Reason::Mail));
        assert_eq!(ways(ChannelKind::Web, "javascript:alert(1)"), Err(Reason::Web));
        assert_eq!((yes("○"), yes("いいえ"), yes("たぶん")), (Ok(true), Ok(false), Err(Reason::YesNo)));
        for kind in MemberKind::ALL {
            for language in Language::ALL {
                assert_eq!(member_kind(kind.label(language)), Ok(kind), "as the portal writes it");
            }
        }
        assert_eq!((member_kind("ｵﾌﾞｻﾞｰﾊﾞ"), member_kind("賛助会員")), (Ok(MemberKind::Observer), Err(Reason::Kind)));
        assert_eq!((order("１"), order("0"), order("一")), (Ok(1), Err(Reason::Order), Err(Reason::Order)));
    }
}
