//! Notices of delivery, machine-readable part (RFC 3464): what became of a copy behind the relay.

use serde::{Deserialize, Serialize};

use crate::platform::mail::reply::{Reply, Stage};

/// Recipients of whom one notice may speak; ours speak of one.
const MOST: usize = 50;
const LONGEST: usize = 1000;

/// What happened to a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// It will not be delivered.
    Failed,
    /// It is still being tried.
    Delayed,
    /// It was delivered, or went where nothing is told of it any more.
    Delivered,
}

/// What a notice says of one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Whom it was to be delivered to in the end.
    pub recipient: String,
    /// Whom it was sent to, where the notice says so.
    pub original: String,
    /// What happened.
    pub action: Action,
    /// Status (RFC 3463), as in 5.1.1.
    pub status: Option<[u16; 3]>,
    /// The answer of the server that would not have it, 0 where none is named.
    pub code: u16,
}

impl Report {
    /// Whether it speaks of this address.
    #[must_use]
    pub fn is_about(&self, address: &str) -> bool {
        [&self.recipient, &self.original].iter().any(|named| !named.is_empty() && named.eq_ignore_ascii_case(address))
    }

    /// Whether the copy has come to nothing. A notice that says at once failed and success is odd, and says nothing.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        self.action == Action::Failed && self.status.is_none_or(|status| status[0] != 2)
    }

    /// The same as it is stored: codes, and no word of a stranger.
    #[must_use]
    pub fn reply(&self) -> Reply {
        Reply { stage: Stage::Bounced, code: self.code, enhanced: self.status }
    }
}

/// Reads the text of a `message/delivery-status` part; what is no field is passed over.
#[must_use]
pub fn parse(text: &str) -> Vec<Report> {
    let mut reports = Vec::new();
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in text.lines().chain([""]) {
        let line = line.trim_end();
        if line.is_empty() {
            reports.extend(report(&fields));
            fields.clear();
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut().filter(|(_, value)| value.len() < LONGEST) {
                value.push(' ');
                value.push_str(line.trim_start());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
        if reports.len() >= MOST || fields.len() > MOST {
            break;
        }
    }
    reports
}

/// One group of fields; none where it is the group about the whole message, or says nothing that we know.
fn report(fields: &[(String, String)]) -> Option<Report> {
    let field = |name| fields.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    let recipient = address(field("final-recipient")?)?;
    let original = field("original-recipient").and_then(address).unwrap_or_default();
    let action = match word(field("action")?).to_ascii_lowercase().as_str() {
        "failed" => Action::Failed,
        "delayed" => Action::Delayed,
        "delivered" | "relayed" | "expanded" => Action::Delivered,
        _ => return None,
    };
    let (code, told) = field("diagnostic-code").map_or((0, None), diagnostic);
    let status = field("status").and_then(|value| status(word(value)));
    // "Other, undefined" says less than the answer itself.
    let status = match status {
        Some([_, 0, 0]) | None => told.or(status),
        Some(_) => status,
    };
    Some(Report { recipient, original, action, status, code })
}

/// The first word; what follows in brackets is a remark.
fn word(value: &str) -> &str {
    value.split([' ', '\t', '(', ';']).next().unwrap_or_default()
}

/// `rfc822; soc@bank1.example`, in angle brackets or not, with `+2B` for a plus sign (RFC 3461).
fn address(value: &str) -> Option<String> {
    let (kind, address) = value.split_once(';')?;
    if !matches!(kind.trim().to_ascii_lowercase().as_str(), "rfc822" | "utf-8") {
        return None;
    }
    let address = address.trim().trim_start_matches('<').trim_end_matches('>').trim();
    let fits = address.len() <= 320 && address.contains('@') && !address.chars().any(char::is_control);
    fits.then(|| unescaped(address))
}

/// Undoes the escapes of characters that xtext cannot hold; a plus sign with anything else behind it is a plus sign.
fn unescaped(address: &str) -> String {
    let mut plain = String::with_capacity(address.len());
    let mut rest = address;
    while let Some((before, after)) = rest.split_once('+') {
        plain.push_str(before);
        let escaped = after.get(..2).filter(|hex| hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F')));
        match escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|byte| matches!(byte, b'+' | b'=')) {
            Some(byte) => {
                plain.push(char::from(byte));
                rest = &after[2..];
            }
            None => {
                plain.push('+');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn status(word: &str) -> Option<[u16; 3]> {
    let mut parts = word.split('.');
    let mut next = || parts.next().filter(|p| (1..=3).contains(&p.len())).and_then(|p| p.parse::<u16>().ok());
    let status = [next()?, next()?, next()?];
    (parts.next().is_none() && matches!(status[0], 2 | 4 | 5)).then_some(status)
}

/// `smtp; 550 5.1.1 <soc@bank1.example>: no such user`: the codes alone.
fn diagnostic(value: &str) -> (u16, Option<[u16; 3]>) {
    let said = value.split_once(';').filter(|(kind, _)| kind.trim().eq_ignore_ascii_case("smtp"));
    let Some((_, said)) = said else { return (0, None) };
    let mut words = said.trim().splitn(3, [' ', '-']);
    let code = words.next().filter(|w| w.len() == 3).and_then(|w| w.parse().ok()).unwrap_or(0);
    if !(400..600).contains(&code) {
        return (0, None);
    }
    (code, words.next().and_then(status))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const POSTFIX: &str = "Reporting-MTA: dns; mail.go.example\r\n\
        X-Postfix-Queue-ID: 4F2A\r\nArrival-Date: Sat, 21 Nov 2026 21:10:00 +0900 (JST)\r\n\r\n\
        Final-Recipient: rfc822; soc@bank1.example\r\n\
        Original-Recipient: rfc822;soc@bank1.example\r\n\
        Action: failed\r\nStatus: 5.1.1\r\nRemote-MTA: dns; mx.bank1.example\r\n\
        Diagnostic-Code: smtp; 550 5.1.1 <soc@bank1.example>: Recipient\r\n    address rejected\r\n";

    #[test]
    fn a_notice_is_read_as_servers_write_it() {
        let [report] = &parse(POSTFIX)[..] else { panic!("one recipient") };
        assert!(report.is_failure() && report.is_about("SOC@bank1.example") && !report.is_about("soc@bank2.example"));
        assert_eq!(report.reply().to_string(), "550 5.1.1 bounced");
        let delayed = POSTFIX.replace("failed", "delayed").replace("5.1.1", "4.4.1");
        assert!(!parse(&delayed)[0].is_failure());
        assert!(!parse(&POSTFIX.replace("Status: 5", "Status: 2"))[0].is_failure(), "failed with success");
    }

    #[test]
    fn the_answer_says_more_than_a_general_status() {
        let general = POSTFIX.replace("Status: 5.1.1", "Status: 5.0.0");
        assert_eq!(parse(&general)[0].reply().to_string(), "550 5.1.1 bounced");
        let bare = "Final-Recipient: RFC822; <a+b@c.example>\nAction: Failed (permanent)\nStatus: 5.2.2 (full)\n";
        let [report] = &parse(bare)[..] else { panic!("one recipient") };
        assert!(report.is_about("a+b@c.example"));
        assert_eq!(report.reply().to_string(), "5.2.2 bounced");
        let coded =
            "Final-Recipient: rfc822; x@y.example\nOriginal-Recipient: rfc822; a+2Bb@c.example\nAction: failed\n";
        assert!(parse(coded)[0].is_about("a+b@c.example"));
    }

    proptest! {
        #[test]
        fn nothing_breaks_it(text in "\\PC{0,400}", tail in "(Final-Recipient|Action|Status|Diagnostic-Code): \\PC{0,40}\\r\\n") {
            for report in parse(&format!("{POSTFIX}\r\n{text}\r\n{tail}")) {
                let stored = report.reply().to_string();
                prop_assert!(stored.ends_with("bounced"));
                prop_assert_eq!(Reply::parse(&stored), Some(report.reply()));
            }
        }

        #[test]
        fn the_codes_survive(
            class in prop::sample::select(vec![4_u16, 5]), subject in 0..8_u16, detail in 0..100_u16, code in 400..600_u16
        ) {
            let text = format!("Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: {class}.{subject}.{detail}\r\n\
                Diagnostic-Code: smtp; {code} {class}.{subject}.{detail} no\r\n");
            let report = &parse(&text)[0];
            prop_assert_eq!((report.code, report.status), (code, Some([class, subject, detail])));
        }

        #[test]
        fn many_recipients_are_bounded(count in 0..200_usize) {
            let text = "Final-Recipient: rfc822; a@b.example\nAction: failed\n\n".repeat(count);
            prop_assert_eq!(parse(&text).len(), count.min(MOST));
        }
    }
}
