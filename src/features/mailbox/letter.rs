//! A mail as a mail program reads it: headers decoded, the text found, our own links to click.
//! The reading happens in a box (`platform::sandbox`); what is here are the plain functions that it runs.

use mail_parser::{Address, MessageParser};
use serde::{Deserialize, Serialize};

use crate::platform::sandbox::parser::{answer, unpack};
use crate::platform::sandbox::{Kind, Parser, Unreadable};
use crate::platform::web::language::local_path;

/// Reads one mail whole: its headers, then its body.
pub const LETTER: Kind<Whole> = Kind::new("mailbox-letter");

/// Reads the subjects of several mails, given their headers.
pub const SUBJECTS: Kind<Vec<String>> = Kind::new("mailbox-subjects");

/// What [`LETTER`] runs.
pub const LETTER_PARSER: Parser = Parser {
    kind: LETTER.name,
    parse: |input| match unpack(input)?[..] {
        [lines, body] => answer(&Whole { letter: read(lines, body), headers: headers(lines) }),
        _ => Err(Unreadable("not headers and a body")),
    },
};

/// What [`SUBJECTS`] runs.
pub const SUBJECTS_PARSER: Parser = Parser {
    kind: SUBJECTS.name,
    parse: |input| answer(&unpack(input)?.into_iter().map(|lines| read(lines, b"").subject).collect::<Vec<_>>()),
};

/// A mail as read, with its headers by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whole {
    /// The mail.
    pub letter: Letter,
    /// Its headers, in their order.
    pub headers: Vec<(String, String)>,
}

/// A mail as read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Subject, decoded.
    pub subject: String,
    /// From, with its name.
    pub from: String,
    /// To, with its name.
    pub to: String,
    /// The text, decoded.
    pub text: String,
}

/// Reads a mail; what cannot be read stays empty.
#[must_use]
pub fn read(headers: &[u8], body: &[u8]) -> Letter {
    let whole = [headers, body].concat();
    let Some(mail) = MessageParser::new().parse(&whole) else { return Letter::default() };
    Letter {
        subject: mail.subject().unwrap_or_default().to_owned(),
        from: first(mail.from()),
        to: first(mail.to()),
        text: mail.body_text(0).unwrap_or_default().into_owned(),
    }
}

fn first(addresses: Option<&Address<'_>>) -> String {
    let Some(first) = addresses.and_then(Address::first) else { return String::new() };
    let address = first.address().unwrap_or_default();
    first.name().map_or_else(|| address.to_owned(), |name| format!("{name} <{address}>"))
}

/// The headers by name, unfolded, encoded words decoded, in the order of the mail.
#[must_use]
pub fn headers(headers: &[u8]) -> Vec<(String, String)> {
    let Some(mail) = MessageParser::new().parse(headers) else { return Vec::new() };
    mail.headers()
        .iter()
        .map(|header| {
            let name = header.name().to_owned();
            let raw = mail.header_raw(header.name().to_owned()).unwrap_or_default();
            let unfolded = raw.split_whitespace().collect::<Vec<_>>().join(" ");
            let value = match name.to_ascii_lowercase().as_str() {
                "subject" => mail.subject().unwrap_or_default().to_owned(),
                "from" => first(mail.from()),
                "to" => first(mail.to()),
                _ => unfolded,
            };
            (name, value)
        })
        .collect()
}

/// A piece of text; with an address where it is a link of this portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// Where it leads, below the portal's own address.
    pub href: Option<String>,
}

/// Cuts a text so that links to the portal itself, and no others, can be clicked.
#[must_use]
pub fn pieces(text: &str, base_url: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let start = format!("{base_url}/");
    while let Some(at) = rest.find(&start) {
        let (before, from) = rest.split_at(at);
        // An address ends where something stands that no address of the portal holds.
        let end = from.find(|c: char| !(c.is_ascii_alphanumeric() || "-._~/?=&%:".contains(c))).unwrap_or(from.len());
        let (link, after) = from.split_at(end);
        if !before.is_empty() {
            pieces.push(Piece { text: before.to_owned(), href: None });
        }
        // `//` after the host would lead to another site from a page of ours.
        let path = &link[base_url.len()..];
        let href = (local_path(path) == path).then(|| path.to_owned());
        pieces.push(Piece { text: link.to_owned(), href });
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece { text: rest.to_owned(), href: None });
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &str = "From: =?utf-8?B?44Od44O844K/44Or?= <portal@ceptoar.example>\r\n\
        To: soc@bank1.example\r\n\
        Subject: =?utf-8?B?44CQ5rOo5oSP5Zaa6LW344CR?=\r\n =?utf-8?B?VlBO6KOF572u?=\r\n\
        Auto-Submitted: auto-generated\r\n\
        Content-Type: text/plain; charset=utf-8\r\n\
        Content-Transfer-Encoding: base64\r\n\r\n";

    #[test]
    fn a_mail_is_read_as_people_read_it() {
        let letter = read(MAIL.as_bytes(), b"5qaC6KaB44Gn44GZ44CC\r\n");
        assert_eq!(letter.subject, "【注意喚起】VPN装置");
        assert_eq!(letter.from, "ポータル <portal@ceptoar.example>");
        assert_eq!(letter.to, "soc@bank1.example");
        assert_eq!(letter.text, "概要です。");
        let headers = headers(MAIL.as_bytes());
        assert_eq!(headers.len(), 6);
        assert_eq!(headers[3], ("Auto-Submitted".to_owned(), "auto-generated".to_owned()));
    }

    #[test]
    fn nonsense_is_read_without_harm() {
        for bytes in [&b""[..], b"\0\xff\xfe", b"Subject: =?utf-8?B?%%%?=\r\n\r\n", b"To: <<<>>>\r\n\r\n"] {
            let _ = read(bytes, b"x");
            let _ = headers(bytes);
        }
    }

    #[test]
    fn only_links_of_the_portal_can_be_clicked() {
        let text = "前 http://127.0.0.1:8080/advisories/1。 http://evil.example/ http://127.0.0.1:8080.evil.example/x";
        let links: Vec<_> = pieces(text, "http://127.0.0.1:8080").into_iter().filter_map(|p| p.href).collect();
        assert_eq!(links, ["/advisories/1"]);
        let whole: String = pieces(text, "http://127.0.0.1:8080").into_iter().map(|p| p.text).collect();
        assert_eq!(whole, text);
    }
}
