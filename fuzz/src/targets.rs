//! What is tried, and what has to be true of every answer.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderValue};
use ceptoar_portal::features::accounts::sign_in;
use ceptoar_portal::features::advisories::content::{self, Form};
use ceptoar_portal::features::advisories::reading::filter::{Cursor, Filter};
use ceptoar_portal::features::advisories::receipts::replies::reply::{self as replies, Facts, Outcome};
use ceptoar_portal::features::mailbox::letter;
use ceptoar_portal::kernel::email_address::EmailAddress;
use ceptoar_portal::kernel::language::Language;
use ceptoar_portal::kernel::text;
use ceptoar_portal::platform::files::{DisplayName, package, policy};
use ceptoar_portal::platform::mail::inbound::{reading, report};
use ceptoar_portal::platform::mail::pipelined::answers::{Answers, Garbled};
use ceptoar_portal::platform::mail::pipelined::transaction::{Course, Envelope, Heard};
use ceptoar_portal::platform::mail::reply::{Reply, Stage};
use ceptoar_portal::platform::mail::smtp_url::SmtpUrl;
use ceptoar_portal::platform::sandbox::parser::{pack, unpack};
use ceptoar_portal::platform::tables::{self, Encoding, Table};
use ceptoar_portal::platform::web::extract::client_address;
use ceptoar_portal::platform::web::language::local_path;
use ceptoar_portal::platform::web::markdown;

use uuid::Uuid;

use crate::conversation;

type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const ALL: [Target; 17] = [
    ("letter", letter),
    ("inbound", inbound),
    ("delivery_report", delivery_report),
    ("markdown", markdown),
    ("draft", draft),
    ("cursor", cursor),
    ("search", search),
    ("email_address", email_address),
    ("smtp_reply", smtp_reply),
    ("smtp_answers", smtp_answers),
    ("smtp_commands", conversation::commands),
    ("sign_in_name", sign_in_name),
    ("file", file),
    ("package", package),
    ("table_file", table_file),
    ("headers", headers),
    ("table", table),
];

fn lossy(input: &[u8]) -> String {
    String::from_utf8_lossy(input).into_owned()
}

fn letter(input: &[u8]) {
    let (headers, body) = input.split_at(input.len() / 2);
    let read = letter::read(input, b"");
    drop(letter::read(headers, body));
    drop(letter::headers(input));
    let pieces = letter::pieces(&read.text, "https://portal.example");
    assert_eq!(pieces.iter().map(|piece| piece.text.as_str()).collect::<String>(), read.text);
    assert!(pieces.iter().filter_map(|piece| piece.href.as_deref()).all(|href| local_path(href) == href));
    drop(unpack(input));
    assert_eq!(unpack(&pack(&[headers, body])), Ok(vec![headers, body]));
}

fn inbound(input: &[u8]) {
    let read = reading::read(input);
    assert!(read.opening.len() <= 5 && read.opening.iter().all(|line| line.chars().count() <= 200));
    assert!(read.from.is_empty() || read.from.len() <= 320);
    assert!(read.reports.is_empty() || read.automatic, "a notice is no person's mail");
    let facts = Facts {
        advisory_id: Uuid::nil(),
        organisation_id: Uuid::nil(),
        ceptoar_id: "banks".into(),
        number: "2026-0042".into(),
        confidential: false,
        superseded: false,
        withdrawn: false,
        subject: "2026-0042".into(),
        address: "soc@bank1.example".into(),
    };
    let outcome = replies::judge(&facts, &read, false);
    assert!(outcome != Outcome::Received || !read.automatic && read.from.eq_ignore_ascii_case(&facts.address));
    assert_ne!(replies::judge(&facts, &read, true), Outcome::Received);
}

fn delivery_report(input: &[u8]) {
    for told in report::parse(&lossy(input)) {
        let stored = told.reply().to_string();
        assert_eq!(Reply::parse(&stored), Some(told.reply()), "{stored}");
        assert!(!Reply::explain(&stored, Language::Ja).is_empty());
    }
}

/// Elements by their beginnings; anything else that opens a bracket is a leak.
const ELEMENTS: [&str; 25] = [
    "<p>", "<br>", "<ul>", "<ol>", "<ol start=\"", "<li>", "<strong>", "<code>", "<pre>", "<h3>", "<h4>", "<h5>", "<h6>",
    "<blockquote>", "<hr>", "<table>", "<thead>", "<tbody>", "<tr>", "<th>", "<th align=\"", "<td>", "<td align=\"",
    "<a href=\"https://", "<a href=\"mailto:",
];

fn markdown(input: &[u8]) {
    let html = markdown::render(&lossy(input)).to_string();
    for (at, _) in html.match_indices('<') {
        let rest = &html[at..];
        // A link whose target the last cleaning took away.
        let ours = rest.starts_with("</") || rest.starts_with("<a rel=") || ELEMENTS.iter().any(|e| rest.starts_with(e));
        assert!(ours, "{rest}");
    }
}

fn draft(input: &[u8]) {
    let pairs = url::form_urlencoded::parse(input).into_owned().collect();
    if let Ok(draft) = content::parse(&Form::new(pairs), Language::Ja) {
        let again = content::parse(&content::form_of(&draft), Language::En);
        assert_eq!(again.as_ref(), Ok(&draft));
    }
}

fn cursor(input: &[u8]) {
    if let Some(cursor) = Cursor::from_code(&lossy(input)) {
        assert_eq!(Cursor::from_code(&cursor.code()), Some(cursor));
    }
}

fn search(input: &[u8]) {
    let words = text::search_words(&lossy(input));
    assert!(words.chars().count() <= 100 && !words.contains(char::is_control));
    let patterns = Filter { words, ..Filter::default() }.patterns().unwrap_or_default();
    assert!(patterns.len() <= 8);
    let typed = lossy(input);
    drop((text::line(&typed, 40), text::paragraph(&typed, 400), text::width(&typed), text::folded(&typed)));
}

fn email_address(input: &[u8]) {
    if let Ok(address) = EmailAddress::parse(&lossy(input)) {
        let text = address.as_str();
        assert!(text.is_ascii() && !text.contains(|c: char| c.is_control() || c == ' ' || c == '<' || c == '>'));
        assert_eq!(EmailAddress::parse(text).as_ref().map(EmailAddress::as_str), Ok(text));
    }
}

fn smtp_reply(input: &[u8]) {
    let text = lossy(input);
    if let Some(reply) = Reply::parse(&text) {
        assert!(!Reply::explain(&text, Language::Ja).is_empty());
        let again = Reply::answered(reply.stage, reply.code, &text);
        assert_eq!(again.code, reply.code);
    }
    drop(Reply::explain(&text, Language::En));
    drop(SmtpUrl::parse(&text));
}

/// The answers of a relay, in packets of the size that the first byte says: what comes out is the same as in one.
fn smtp_answers(input: &[u8]) {
    let Some((size, text)) = input.split_first() else { return };
    let cut = |size: usize| {
        let (mut answers, mut codes, mut envelope) = (Answers::default(), Vec::new(), Envelope::default());
        for packet in text.chunks(size.max(1)) {
            answers.hear(packet);
            loop {
                match answers.take() {
                    Ok(Some(answer)) => {
                        assert!((200..600).contains(&answer.code) && answer.text().is_ascii());
                        codes.push(answer.code);
                        envelope.hear(Heard::of(envelope.next().unwrap_or(Stage::Content), &answer));
                    }
                    Ok(None) => break,
                    Err(Garbled) => return (codes, envelope, true),
                }
            }
        }
        (codes, envelope, false)
    };
    let (codes, envelope, garbled) = cut(usize::from(*size));
    assert_eq!((codes.clone(), envelope, garbled), cut(text.len()));
    let yes = matches!(codes.as_slice(), [200..300, 200..300, 300..400, ..]);
    assert_eq!(envelope.course() == Course::Text, yes, "a text follows three yeses and nothing else");
}

fn sign_in_name(input: &[u8]) {
    let once = sign_in::canonical(&lossy(input));
    assert_eq!(sign_in::canonical(&once), once, "a throttle that counts a name twice counts it half");
}

fn file(input: &[u8]) {
    let at = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (name, content) = input.split_at(at);
    let Ok(name) = DisplayName::parse(&lossy(name)) else { return };
    assert_eq!(DisplayName::parse(name.as_str()).as_ref(), Ok(&name));
    assert!(!name.as_str().contains(['/', '\\', '\r', '\n', '\0']));
    let header = name.content_disposition();
    let header = header.to_str().expect("ASCII");
    assert!(header.starts_with("attachment; filename=\"") && header.matches('"').count() == 2);
    let _ = policy::recognise(name.as_str(), content);
}

fn package(input: &[u8]) {
    let bounds = package::Bounds { parts: 50, unpacked: 1 << 20, ratio: 100, always_fine: 1 << 18 };
    if let Ok(package) = package::look(input, bounds) {
        assert!(package.parts <= bounds.parts && package.unpacked <= bounds.unpacked);
    }
}

fn table_file(input: &[u8]) {
    let text = lossy(input);
    let cells: Vec<String> = text.split('\u{1F}').map(tables::harmless).collect();
    for cell in &cells {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']));
    }
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(&cells).expect("written");
    let written = String::from_utf8(writer.into_inner().expect("written")).expect("UTF-8");
    let file = tables::encode(&written, Encoding::Utf8);
    let read = file.bytes.strip_prefix("\u{FEFF}".as_bytes()).expect("a mark");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(read);
    let again: Vec<String> = match reader.records().next() {
        Some(record) => record.expect("readable").iter().map(str::to_owned).collect(),
        None => vec![String::new()],
    };
    assert_eq!(again, cells, "what is written is read back");
    let older = tables::encode(&text, Encoding::Cp932);
    assert!(!older.replaced.iter().any(char::is_ascii));
}

fn table(input: &[u8]) {
    if let Ok(table) = tables::read(input) {
        let mut last = 0;
        for row in table.rows() {
            assert!(row.number > last && row.number as usize <= tables::MOST_ROWS);
            last = row.number;
            assert!(row.cells().count() <= tables::MOST_COLUMNS);
            assert!(row.cells().all(|cell| cell.chars().count() <= tables::LONGEST_CELL && !cell.contains('\0')));
        }
        let again = Table::from_parts(table.sheet().map(str::to_owned), table.text().to_owned());
        assert_eq!(again.rows().count(), table.rows().count(), "what travels is read back");
    }
}

fn headers(input: &[u8]) {
    let peer: IpAddr = [127, 0, 0, 1].into();
    let mut headers = HeaderMap::new();
    for line in input.split(|byte| *byte == b'\n') {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append("x-forwarded-for", value);
        }
    }
    assert_eq!(client_address(peer, &headers, &[]), peer, "a stranger is not believed");
    let _ = client_address(peer, &headers, &[peer]);
    let path = lossy(input);
    let local = local_path(&path);
    assert!(local.starts_with('/') && !local.starts_with("//") && !local.contains(['\\', '\r', '\n']));
}
