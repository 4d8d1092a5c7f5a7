//! How facts are written, whether they are typed into a form or come in a table.

use super::sheet::ChannelKind;
use crate::kernel::text;

/// Characters of a name.
pub const LONGEST_NAME: usize = 120;
/// Characters of a window's name.
pub const LONGEST_LABEL: usize = 60;
/// Characters of a number.
const LONGEST_NUMBER: usize = 40;
/// Ways to reach one window.
pub const MOST_WAYS: usize = 6;

/// How a name is read, in hiragana; `None` where it is not.
#[must_use]
pub fn reading(line: &str) -> Option<String> {
    let reading: String = line.chars().map(hiragana).collect();
    reading
        .chars()
        .all(|c| matches!(c, 'ぁ'..='ゖ' | 'ー' | '・' | ' ' | '　') || c.is_ascii_alphanumeric())
        .then_some(reading)
}

fn hiragana(c: char) -> char {
    match c {
        'ァ'..='ヶ' => char::from_u32(u32::from(c) - 0x60).unwrap_or(c),
        c => c,
    }
}

/// A telephone number in half-width digits; extensions may follow.
#[must_use]
pub fn telephone(typed: &str) -> Option<String> {
    let number = text::half_width(typed);
    let plain = number.replace("内線", "").replace("代表", "");
    let digits = plain.chars().filter(char::is_ascii_digit).count();
    let allowed = plain.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '(' | ')' | ' ' | '#' | ','));
    (allowed && digits >= 5 && number.chars().count() <= LONGEST_NUMBER).then_some(number)
}

/// What a telephone dials for a number as it is written, as a link; `None` where nothing is to be called. An extension
/// is asked for by whoever answers.
#[must_use]
pub fn dialled(kind: ChannelKind, number: &str) -> Option<String> {
    match kind {
        ChannelKind::Phone | ChannelKind::Mobile | ChannelKind::Satellite => {}
        ChannelKind::Mail | ChannelKind::Fax | ChannelKind::Web => return None,
    }
    let written = text::half_width(number).replace("(0)", "");
    let main = written.split(['内', '代', '#', ',']).find(|part| part.contains(|c: char| c.is_ascii_digit()))?;
    let digits: String = main.chars().filter(char::is_ascii_digit).collect();
    let plus = if main.trim_start().starts_with('+') { "+" } else { "" };
    (digits.len() >= 5).then(|| format!("tel:{plus}{digits}"))
}

/// The address of a page.
#[must_use]
pub fn web_address(typed: &str) -> Option<String> {
    let url = url::Url::parse(typed.trim()).ok()?;
    (url.scheme() == "https" && url.host_str().is_some() && typed.trim().chars().count() <= 200)
        .then(|| url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telephone_numbers_are_read_as_people_write_them() {
        assert_eq!(telephone(" ０３－００００－１２３４ "), Some("03-0000-1234".to_owned()));
        assert_eq!(telephone("03ー0000ー1234 内線 12"), Some("03-0000-1234 内線 12".to_owned()));
        assert_eq!(telephone("+81 3 0000 1234"), Some("+81 3 0000 1234".to_owned()));
        for wrong in ["", "1234", "office", "03-0000-1234<script>", "tel:03-0000-1234", "0".repeat(41).as_str()] {
            assert_eq!(telephone(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_link_dials_the_number_without_its_extension() {
        for (number, link) in [
            ("03-0000-1234", Some("tel:0300001234")),
            ("03-0000-1234 内線 12", Some("tel:0300001234")),
            ("代表 03(0000)1234", Some("tel:0300001234")),
            ("+81 (0)3 0000 1234", Some("tel:+81300001234")),
            ("12", None),
            ("内線", None),
        ] {
            assert_eq!(dialled(ChannelKind::Phone, number).as_deref(), link, "{number}");
        }
        assert_eq!(dialled(ChannelKind::Fax, "03-0000-1234"), None);
    }

    #[test]
    fn readings_are_written_in_hiragana() {
        assert_eq!(reading("ホシミギンコウ"), Some("ほしみぎんこう".to_owned()));
        assert_eq!(reading("星見"), None);
    }
}
