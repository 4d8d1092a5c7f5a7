use mail_parser::MessageParser;
use proptest::prelude::*;

use super::*;
use crate::platform::mail::letter::Letter;
use crate::platform::security::secret_key::SecretKey;

const HEADERS: [&str; 12] = [
    "Date",
    "From",
    "Subject",
    "MIME-Version",
    "Content-Type",
    "Content-Language",
    "Auto-Submitted",
    "List-Id",
    "X-Portal-Drill",
    "Content-Transfer-Encoding",
    "Message-ID",
    "To",
];

fn postmark() -> Postmark {
    Postmark::new("portal@ceptoar.example", "https://portal.ceptoar.example").expect("a postmark")
}

fn mail(subject: &str, body: &str, drill: bool) -> MailText {
    let letter = Letter::new(Language::Ja, subject, body, drill).expect("a letter");
    MailText {
        language: letter.language(),
        subject: letter.subject().to_owned(),
        body: letter.body().to_owned(),
        drill,
        created_at: "2026-11-21T12:10:00Z".parse().expect("an instant"),
        replies: RepliesTo::Item,
    }
}

fn copy(mail: &MailText, to: &str, addressee: &str) -> AddressedCopy {
    let id = DeliveryId("3f0d8f2e-6a0e-4f53-9f0c-111111111111".parse().expect("an id"));
    Sheet::prepare(&postmark(), mail).expect("a sheet").address(id, None, to, addressee).expect("a message")
}

#[test]
fn each_copy_comes_back_under_an_address_of_its_own() {
    let key = SecretKey::parse(&SecretKey::generate().expect("a key")).expect("a key");
    let paths = ReturnPaths::new(key, "portal@ceptoar.example").expect("addresses");
    let id = DeliveryId("3f0d8f2e-6a0e-4f53-9f0c-111111111111".parse().expect("an id"));
    let made = |replies, follows| {
        let text = MailText { replies, ..mail("s", "b", false) };
        let sheet = Sheet::prepare(&postmark().with_returns(Some(paths.clone())), &text).expect("a sheet");
        sheet.address(id, follows, "poc@bank.example", "").expect("a message")
    };
    for (replies, follows, asked) in [
        (RepliesTo::Item, None, true),
        (RepliesTo::Followed, Some(id), true),
        (RepliesTo::Followed, None, false),
        (RepliesTo::Nothing, Some(id), false),
    ] {
        let copy = made(replies, follows);
        assert_eq!(paths.read(copy.from.as_ref()), Some((Purpose::Bounce, id)));
        let text = copy.text();
        let parsed = MessageParser::new().parse(text.as_bytes()).expect("a message");
        let to = parsed.reply_to().and_then(|list| list.first()).and_then(|place| place.address());
        assert_eq!(to.and_then(|to| paths.read(to)), asked.then_some((Purpose::Reply, id)), "{text}");
        assert_eq!(parsed.from().and_then(|f| f.first()).and_then(|f| f.address()), Some("portal@ceptoar.example"));
        assert!(text.lines().all(|line| line.len() < 998));
    }
    let without = copy(&mail("s", "b", false), "poc@bank.example", "");
    assert_eq!(without.from.to_string(), "portal@ceptoar.example");
    assert!(!without.text().contains("Reply-To"), "without incoming mail everything is as before");
}

#[test]
fn a_drill_mail_reads_as_it_was_written() {
    let text = copy(
        &mail("【訓練】[TLP:AMBER] 訓練用のお知らせ", "これは訓練です\n.\n.先頭の点\n以上", true),
        "poc@bank.example",
        "架空銀行",
    )
    .text();
    let parsed = MessageParser::new().parse(text.as_bytes()).expect("a message");
    assert_eq!(parsed.subject(), Some("【訓練】[TLP:AMBER] 訓練用のお知らせ"));
    assert_eq!(parsed.body_text(0).as_deref(), Some("これは訓練です\r\n.\r\n.先頭の点\r\n以上\r\n"));
    assert_eq!(parsed.message_id(), Some("3f0d8f2e-6a0e-4f53-9f0c-111111111111@portal.ceptoar.example"));
    for line in [
        "X-Portal-Drill: yes\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "List-Id: <advisories.portal.ceptoar.example>\r\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
    assert!(text.contains("Date: Sat, 21 Nov 2026 12:10:00 +0000\r\n"), "{text}");
    assert!(!text.contains("\r\n."), "no line begins with a dot");
}

#[test]
fn a_later_version_stands_below_the_first_in_a_mail_program() {
    let sheet = Sheet::prepare(&postmark(), &mail("件名", "本文", false)).expect("a sheet");
    let first = DeliveryId::random();
    let text = sheet.address(DeliveryId::random(), Some(first), "poc@bank.example", "").expect("a message").text();
    let id = format!("<{first}@portal.ceptoar.example>");
    assert!(text.contains(&format!("In-Reply-To: {id}\r\n")), "{text}");
    assert!(text.contains(&format!("References: {id}\r\n")), "{text}");
}

#[test]
fn a_real_mail_is_never_marked_as_a_drill() {
    assert!(!copy(&mail("件名", "本文", false), "poc@bank.example", "").text().contains("Drill"));
}

#[test]
fn the_envelope_comes_from_the_row_even_where_lettre_would_not_parse_it() {
    let copy = copy(&mail("件名", "本文", false), "\"b.\"@docomo.ne.jp", "夜間");
    assert_eq!(copy.to.to_string(), "\"b.\"@docomo.ne.jp");
    assert!(copy.text().contains("<\"b.\"@docomo.ne.jp>"));
}

#[test]
fn a_poisoned_name_or_address_hurts_nobody() {
    for name in ["a\r\nBcc: x@y.example", "a\0b", "\r", "\u{2028}", "\"<>;:,@\\", "=?utf-8?b?Zm9v?="] {
        let text = copy(&mail("件名", "本文", false), "poc@bank.example", name).text();
        assert!(!text.contains("\r\nBcc"), "{text}");
    }
    let sheet = Sheet::prepare(&postmark(), &mail("件名", "本文", false)).expect("a sheet");
    for to in ["", "a", "a@b", "a@b.example\r\nRCPT TO:<c@d.example>", "a@b.example>", "ａ@b.example"] {
        let made = sheet.address(DeliveryId::random(), None, to, "");
        assert_eq!(made.map(|m| m.text()), Err(CopyError::Address), "{to:?}");
    }
}

#[test]
fn a_text_that_was_changed_behind_our_back_is_refused() {
    let mut mail = mail("件名", "本文", false);
    mail.body = "a\nb".into();
    assert_eq!(Sheet::prepare(&postmark(), &mail).map(|_| ()), Err(CopyError::BareLineEnd));
}

#[test]
fn bare_line_ends_are_found_wherever_they_stand() {
    for bad in ["\r", "\n", "a\n", "a\r", "\r\r\n", "\r\n\n", "a\rb", "\r\n\r"] {
        assert!(has_bare_line_end(bad), "{bad:?}");
    }
    for good in ["", "a", "\r\n", "a\r\nb\r\n\r\n"] {
        assert!(!has_bare_line_end(good), "{good:?}");
    }
}

proptest! {
    #[test]
    fn every_copy_is_one_strict_message(
        subject in "\\PC{1,90}", body in "(\\PC|\n|\t){0,600}", name in "[\\s\\S]{0,60}", drill: bool,
    ) {
        prop_assume!(!subject.trim().is_empty() && Letter::new(Language::Ja, &subject, &body, drill).is_ok());
        let mail = mail(&subject, &body, drill);
        let text = copy(&mail, "poc@bank.example", &name).text();
        prop_assert!(text.is_ascii() && !has_bare_line_end(&text) && !text.contains("\r\n."));
        prop_assert!(text.lines().all(|line| line.len() <= 998));
        let parsed = MessageParser::new().parse(text.as_bytes()).expect("a message");
        for header in parsed.headers() {
            prop_assert!(HEADERS.iter().any(|h| h.eq_ignore_ascii_case(header.name())), "{}", header.name());
        }
        prop_assert_eq!(parsed.headers().len(), HEADERS.len() - usize::from(!drill));
        let to = parsed.to().expect("a To").clone().into_list();
        prop_assert_eq!(to.len(), 1);
        prop_assert_eq!(to[0].address(), Some("poc@bank.example"));
        let read = parsed.body_text(0);
        prop_assert_eq!(read.as_deref(), Some(mail.body.as_str()));
    }
}
