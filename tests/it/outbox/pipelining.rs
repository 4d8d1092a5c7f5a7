//! What is particular to telling a relay much at once: commands that went out before their answers came.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ceptoar_portal::kernel::ids::DeliveryId;
use ceptoar_portal::kernel::language::Language;
use ceptoar_portal::platform::config::Transport;
use ceptoar_portal::platform::mail::pipelined::relay::{PipelinedConnection, PipelinedRelay};
use ceptoar_portal::platform::mail::relay::{Connection, Relay, SendResult, StillOurs};
use ceptoar_portal::platform::mail::reply::{Reply, Stage};
use ceptoar_portal::platform::mail::sheet::{AddressedCopy, MailText, Postmark, RepliesTo, Sheet};
use ceptoar_portal::platform::mail::smtp_relay::SmtpRelay;
use ceptoar_portal::platform::mail::smtp_server::{Moment, Verdict};
use ceptoar_portal::platform::mail::smtp_url::{SmtpUrl, Tls};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::{Outbox, many};
use crate::support::sink::Sink;

/// The lease of a copy holds.
const OURS: StillOurs<'static> = &|| true;

/// A relay that follows no rules but a script's: what it answers to each line, where an empty answer hangs up and
/// `None` says nothing.
struct Raw {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
    server: tokio::task::JoinHandle<()>,
}

impl Raw {
    async fn start(greeting: &'static str, script: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (record, script) = (heard.clone(), Arc::new(script));
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (record, script) = (record.clone(), script.clone());
                tokio::spawn(async move {
                    let mut stream = BufReader::new(stream);
                    let _ = stream.get_mut().write_all(greeting.as_bytes()).await;
                    let mut line = Vec::new();
                    while stream.read_until(b'\n', &mut line).await.is_ok_and(|n| n > 0) {
                        let said = String::from_utf8_lossy(&line).trim_end().to_owned();
                        line.clear();
                        let answer = script(&said);
                        record.lock().expect("the record").push(said);
                        match answer.as_deref() {
                            Some("") => break,
                            Some(answer) => drop(stream.get_mut().write_all(answer.as_bytes()).await),
                            None => {}
                        }
                    }
                    record.lock().expect("the record").push("(closed)".to_owned());
                });
            }
        });
        Self { port, heard, server }
    }

    /// Offers PIPELINING and takes everything, but for what `change` says.
    async fn pipelining(change: impl Fn(&str) -> Option<&'static str> + Send + Sync + 'static) -> Self {
        Self::start("220 raw\r\n", move |line| {
            let usual = match line.split(' ').next().unwrap_or_default() {
                "EHLO" => Some("250-raw\r\n250 PIPELINING\r\n"),
                "DATA" => Some("354 go\r\n"),
                "MAIL" | "RCPT" | "RSET" | "." => Some("250 2.0.0 ok\r\n"),
                "QUIT" => Some("221 bye\r\n"),
                _ => None,
            };
            change(line).or(usual).map(ToOwned::to_owned)
        })
        .await
    }

    fn url(&self) -> SmtpUrl {
        SmtpUrl { host: "127.0.0.1".into(), port: self.port, tls: Tls::None, credentials: None }
    }

    async fn open(&self, credentials: Option<(&str, &str)>) -> Result<PipelinedConnection, (Reply, bool)> {
        let credentials = credentials.map(|(name, password)| (name.to_owned(), password.to_owned().into()));
        let relay = PipelinedRelay::new(SmtpUrl { credentials, ..self.url() }, "portal.example").expect("a relay");
        relay.connect().await.map_err(|e| (e.reply, e.ours))
    }

    /// The commands of a conversation, each only by its verb; what is text is left out.
    fn verbs(&self) -> Vec<String> {
        let known = ["EHLO", "MAIL", "RCPT", "DATA", "RSET", "QUIT", "AUTH", ".", "(closed)"];
        let heard = self.heard.lock().expect("the record");
        let verbs = heard.iter().filter_map(|line| known.iter().find(|v| line.split(' ').next() == Some(**v)));
        verbs.map(|v| (*v).to_owned()).collect()
    }

    async fn until_closed(&self) {
        for _ in 0..200 {
            if self.verbs().last().is_some_and(|v| v == "(closed)") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("still open: {:?}", self.verbs());
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn copy(to: &str) -> AddressedCopy {
    let text = MailText {
        language: Language::Ja,
        subject: "件名".to_owned(),
        body: "本文\r\n".to_owned(),
        drill: false,
        created_at: "2026-11-21T12:10:00Z".parse().expect("an instant"),
        replies: RepliesTo::Nothing,
    };
    let postmark = Postmark::new("portal@ceptoar.example", "https://portal.example").expect("a postmark");
    let sheet = Sheet::prepare(&postmark, &text).expect("a sheet");
    sheet.address(DeliveryId::random(), None, to, "架空").expect("a copy")
}

fn is_sent(result: SendResult) -> bool {
    matches!(result, SendResult::Sent(_))
}

#[tokio::test]
async fn an_envelope_goes_out_with_the_end_of_the_text_before_it() {
    // The answer to a text is held back until the next envelope has come.
    let held = Mutex::new(false);
    let raw = Raw::start("220 raw\r\n", move |line| {
        let answer = match line.split(' ').next().unwrap_or_default() {
            "EHLO" => "250-raw\r\n250 PIPELINING\r\n",
            "MAIL" if line.contains("portal@") && std::mem::take(&mut *held.lock().expect("a mark")) => {
                "250 2.0.0 kept\r\n250 ok\r\n"
            }
            "." => {
                *held.lock().expect("a mark") = true;
                return None;
            }
            "DATA" => "354 go\r\n",
            "MAIL" | "RCPT" => "250 ok\r\n",
            _ => return None,
        };
        Some(answer.to_owned())
    })
    .await;
    let mut line = raw.open(None).await.expect("a line");
    assert!(line.looks_ahead());
    let copies = ["a@bank.example", "b@bank.example", "c@bank.example"].map(copy);
    for (n, this) in copies.iter().enumerate().take(2) {
        let sending = line.send(this, copies.get(n + 1), OURS);
        assert!(is_sent(tokio::time::timeout(Duration::from_secs(5), sending).await.expect("no waiting")));
    }
    // The third envelope went ahead and its text does not come: the line is cut, and no dot ends an empty mail.
    line.close().await;
    raw.until_closed().await;
    let one = ["MAIL", "RCPT", "DATA", "."];
    let expected = [&["EHLO"][..], &one, &one, &one[..3], &["(closed)"]].concat();
    assert_eq!(raw.verbs(), expected);
}

#[tokio::test]
async fn a_copy_that_does_not_follow_its_envelope_ends_the_conversation() {
    let raw = Raw::pipelining(|_| None).await;
    let mut line = raw.open(None).await.expect("a line");
    let copies = ["a@bank.example", "withdrawn@bank.example", "c@bank.example"].map(copy);
    assert!(is_sent(line.send(&copies[0], Some(&copies[1]), OURS).await));
    assert!(line.usable());
    // Instead of the one that was announced, another.
    assert_eq!(line.send(&copies[2], None, OURS).await, SendResult::TryLater(Reply::at(Stage::Sender)));
    assert!(!line.usable());
    drop(line);
    raw.until_closed().await;
    assert_eq!(raw.verbs(), ["EHLO", "MAIL", "RCPT", "DATA", ".", "MAIL", "RCPT", "DATA", "(closed)"]);
}

#[tokio::test]
async fn a_lease_that_ran_out_during_the_envelope_keeps_the_text_back() {
    for by in [Transport::Pipelined, Transport::Stepwise] {
        let raw = Raw::pipelining(|_| None).await;
        let mut line =
            SmtpRelay::new(raw.url(), "portal.example", by).expect("a relay").connect().await.expect("a line");
        assert_eq!(
            (line.send(&copy("a@bank.example"), None, &|| false).await, line.usable()),
            (SendResult::Lapsed, false)
        );
        line.close().await;
        raw.until_closed().await;
        // Neither a text nor the dot that would end an empty one.
        assert_eq!(raw.verbs(), ["EHLO", "MAIL", "RCPT", "DATA", "(closed)"], "{by:?}");
    }
}

#[tokio::test]
async fn a_refused_recipient_gets_an_empty_text_from_nobody() {
    // This relay wants a text though it refused the only recipient (RFC 2920, 3.1), and is content with a dot.
    let raw =
        Raw::pipelining(|line| if line.starts_with("RCPT TO:<dead@") { Some("550 5.1.1 unknown\r\n") } else { None })
            .await;
    let mut line = raw.open(None).await.expect("a line");
    let copies = ["a@bank.example", "dead@bank.example", "c@bank.example"].map(copy);
    assert!(is_sent(line.send(&copies[0], Some(&copies[1]), OURS).await));
    let refused = Reply::answered(Stage::Recipient, 550, "5.1.1");
    assert_eq!(line.send(&copies[1], Some(&copies[2]), OURS).await, SendResult::Refused(refused));
    assert!(line.usable());
    assert!(is_sent(line.send(&copies[2], None, OURS).await));
    line.close().await;
    let one = ["MAIL", "RCPT", "DATA", "."];
    raw.until_closed().await;
    assert_eq!(raw.verbs(), [&["EHLO"][..], &one, &one, &["RSET"], &one, &["QUIT", "(closed)"]].concat());
}

#[tokio::test]
async fn a_refused_sender_with_a_recipient_never_gets_a_dot() {
    let raw = Raw::pipelining(|line| if line.starts_with("MAIL") { Some("550 5.7.1 no\r\n") } else { None }).await;
    let mut line = raw.open(None).await.expect("a line");
    let ours = SendResult::OursBroken(Reply::answered(Stage::Sender, 550, "5.7.1"));
    assert_eq!((line.send(&copy("a@bank.example"), None, OURS).await, line.usable()), (ours, false));
    line.close().await;
    raw.until_closed().await;
    assert_eq!(raw.verbs(), ["EHLO", "MAIL", "RCPT", "DATA", "(closed)"]);
}

#[tokio::test]
async fn without_the_offer_every_command_waits_for_its_answer() {
    // Whatever comes while an answer is being made is a fault of ours.
    let early = Arc::new(Mutex::new(0));
    let counted = early.clone();
    let sink = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let port = sink.local_addr().expect("an address").port();
    tokio::spawn(async move {
        let (stream, _) = sink.accept().await.expect("a line");
        let mut stream = BufReader::new(stream);
        stream.get_mut().write_all(b"220 old\r\n").await.expect("room");
        let (mut line, mut text) = (String::new(), false);
        while stream.read_line(&mut line).await.is_ok_and(|n| n > 0) {
            let answer = match line.split([' ', '\r']).next().unwrap_or_default() {
                "." => "250 kept\r\n",
                _ if text => "",
                "DATA" => "354 go\r\n",
                _ => "250 old\r\n",
            };
            text = (text || answer.starts_with("354")) && line != ".\r\n";
            line.clear();
            if !answer.is_empty() {
                tokio::time::sleep(Duration::from_millis(20)).await;
                *counted.lock().expect("a count") += usize::from(!stream.buffer().is_empty());
                stream.get_mut().write_all(answer.as_bytes()).await.expect("room");
            }
        }
    });
    let url = SmtpUrl { host: "127.0.0.1".into(), port, tls: Tls::None, credentials: None };
    let mut line = PipelinedRelay::new(url, "portal.example").expect("a relay").connect().await.expect("a line");
    assert!(!line.looks_ahead());
    let copies = ["a@bank.example", "b@bank.example"].map(copy);
    assert!(is_sent(line.send(&copies[0], Some(&copies[1]), OURS).await));
    assert!(is_sent(line.send(&copies[1], None, OURS).await));
    assert_eq!(*early.lock().expect("a count"), 0);
}

#[tokio::test]
async fn odd_answers_are_unknown_and_never_a_success() {
    let long: &'static str = Box::leak(format!("250 {}\r\n", "x".repeat(60_000)).into_boxed_str());
    let endless: &'static str = Box::leak("250-more\r\n".repeat(20_000).into_boxed_str());
    for (odd, verb, expected) in [
        (long, ".", None),
        ("250-2.0.0 one\r\n250 \u{3042}\r\n", ".", None),
        ("251 2.0.0 fine too\r\n", ".", None),
        (endless, ".", Some(Stage::Content)),
        ("\u{306f}い\r\n", ".", Some(Stage::Content)),
        ("250\n", ".", Some(Stage::Content)),
        ("250-one\r\n550 two\r\n", ".", Some(Stage::Content)),
        ("354 more\r\n", ".", Some(Stage::Content)),
        ("", ".", Some(Stage::Content)),
        ("hm\r\n", "MAIL", Some(Stage::Sender)),
        ("354 go\r\n", "RCPT", Some(Stage::Recipient)),
        ("", "RCPT", Some(Stage::Recipient)),
        ("250 go\r\n", "DATA", Some(Stage::Data)),
        ("99999 go\r\n", "DATA", Some(Stage::Data)),
    ] {
        let raw = Raw::pipelining(move |line| line.split(' ').next().filter(|v| *v == verb).map(|_| odd)).await;
        let mut line = raw.open(None).await.expect("a line");
        let result = line.send(&copy("a@bank.example"), None, OURS).await;
        match expected {
            None => assert!(is_sent(result) && line.usable(), "{result:?}"),
            Some(stage) => {
                assert_eq!(
                    (result, line.usable()),
                    (SendResult::TryLater(Reply::at(stage)), false),
                    "{odd:.20} {verb}"
                );
            }
        }
    }
}

#[tokio::test]
async fn signing_in_goes_by_what_is_offered() {
    let offer = |words: &'static str| move |line: &str| line.starts_with("EHLO").then_some(words);
    let (name, word) = ("portal", "p\u{e4}ss");
    // AUTH PLAIN in one step; AUTH LOGIN in three.
    let raw = Raw::pipelining(move |line| match line {
        "AUTH PLAIN AHBvcnRhbABww6Rzcw==" => Some("235 2.7.0 in\r\n"),
        _ => offer("250-raw\r\n250 AUTH LOGIN PLAIN\r\n")(line),
    })
    .await;
    assert!(raw.open(Some((name, word))).await.is_ok());
    let raw = Raw::pipelining(move |line| match line {
        "AUTH LOGIN" => Some("334 VXNlcm5hbWU6\r\n"),
        "cG9ydGFs" => Some("334 UGFzc3dvcmQ6\r\n"),
        "cMOkc3M=" => Some("235 2.7.0 in\r\n"),
        _ => offer("250-raw\r\n250 AUTH LOGIN\r\n")(line),
    })
    .await;
    assert!(raw.open(Some((name, word))).await.is_ok());
    // Whose fault it is when it does not work.
    for (words, answer, code, ours) in [
        ("250-raw\r\n250 AUTH PLAIN\r\n", "535 5.7.8 no\r\n", 535, true),
        ("250-raw\r\n250 AUTH PLAIN\r\n", "454 4.7.0 later\r\n", 454, false),
        ("250-raw\r\n250 AUTH PLAIN\r\n", "", 0, false),
        ("250-raw\r\n250 AUTH PLAIN\r\n", "334 \r\n", 0, true),
        ("250-raw\r\n250 AUTH CRAM-MD5\r\n", "", 0, true),
    ] {
        let raw =
            Raw::pipelining(
                move |line| {
                    if line.starts_with("AUTH") || line == "=" { Some(answer) } else { offer(words)(line) }
                },
            )
            .await;
        let failed = raw.open(Some((name, word))).await.err().expect("no line");
        assert_eq!((failed.0.stage, failed.0.code, failed.1), (Stage::SignIn, code, ours), "{words} {answer}");
    }
}

#[tokio::test]
async fn a_relay_that_greets_badly_gets_no_mail() {
    for (greeting, code, ours) in
        [("421 4.3.2 later\r\n", 421, false), ("554 5.7.1 go away\r\n", 554, true), ("hello\r\n", 0, false)]
    {
        let raw = Raw::start(greeting, |_| None).await;
        let failed = raw.open(None).await.err().expect("no line");
        assert_eq!((failed.0.stage, failed.0.code, failed.1), (Stage::Greeting, code, ours));
        assert!(raw.verbs().is_empty(), "not even EHLO");
    }
}

#[tokio::test]
async fn a_relay_that_counts_mails_per_conversation_gets_them_all_once() {
    let outbox = many(Transport::Pipelined, 60).await;
    let begun = Mutex::new(0);
    let sink = Sink::scripted(move |moment, _| {
        let mut begun = begun.lock().expect("a count");
        *begun += usize::from(moment == Moment::Sender);
        if moment == Moment::Sender && (*begun).is_multiple_of(7) {
            Verdict::Say(421, "4.7.0 enough")
        } else {
            Verdict::Accept
        }
    })
    .await;
    let worker = outbox.work(sink.url());
    outbox.until("all sent or later", |n| n("sent") + n("queued") == 60 && n("sending") == 0).await;
    outbox.run("update deliveries set due_at = now() where state = 'queued'").await;
    outbox.until("all sent", |n| n("sent") == 60).await;
    worker.stop().await;
    assert_eq!(sink.kept().len(), 60);
}

#[tokio::test]
async fn a_copy_behind_a_slow_one_goes_another_way() {
    let outbox = Outbox::with(Transport::Pipelined, &[]).await;
    let sink = Sink::slow(|moment, mail| {
        let slow = moment == Moment::End && mail.to == ["slow@bank.example"];
        (Duration::from_secs(if slow { 6 } else { 0 }), Verdict::Accept)
    })
    .await;
    for n in 0..20 {
        outbox.add(&format!("w{n}@bank.example"), "").await;
        if n == 10 {
            outbox.add("slow@bank.example", "").await;
        }
    }
    let worker = outbox.work_over(outbox.relay(sink.url()), |s| s.connections = 2);
    let begin = Instant::now();
    outbox.until("all but the slow one", |n| n("sent") == 20).await;
    assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());
    outbox.until("the slow one", |n| n("sent") == 21).await;
    worker.stop().await;
    assert_eq!(sink.kept().len(), 21, "each once");
}

#[tokio::test]
async fn a_lease_that_is_lost_between_envelope_and_text_sends_nothing() {
    let outbox = many(Transport::Pipelined, 12).await;
    // Each text takes a while, so that a next envelope waits behind it; then all leases are taken away.
    let sink =
        Sink::slow(|moment, _| (Duration::from_millis(if moment == Moment::End { 300 } else { 0 }), Verdict::Accept))
            .await;
    let worker = outbox.work_over(outbox.relay(sink.url()), |s| {
        s.connections = 2;
        s.lease = Duration::from_millis(600);
    });
    outbox.until("begun", |n| n("sent") >= 2).await;
    let taken = "update deliveries set lease_token = gen_random_uuid(), lease_until = now() + interval '1 hour'
                 where state = 'sending'";
    outbox.run(taken).await;
    let before = sink.kept().len();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    worker.stop().await;
    // What was being handed over, and what began before the worker learned of it (a third of a lease).
    let after = sink.kept();
    assert!(after.len() <= before + 4, "{} copies after the leases were lost", after.len() - before);
    assert!(after.iter().all(|mail| !mail.content.is_empty()), "an envelope without its text leaves nothing behind");
}
