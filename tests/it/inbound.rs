//! Mail that comes in, over a real LMTP conversation: replies as receipts, notices of delivery, and everything else.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use ceptoar_portal::features::access::Role;
use ceptoar_portal::features::advisories::receipts::replies::intake::ReplyDesk;
use ceptoar_portal::features::mailbox::reply::{Answer, Kind, Original, answer};
use ceptoar_portal::kernel::ids::{AccountId, DeliveryId};
use ceptoar_portal::platform::db::pool;
use ceptoar_portal::platform::lmtp::LmtpAddress;
use ceptoar_portal::platform::mail::inbound::handover::hand_over;
use ceptoar_portal::platform::mail::inbound::intake::Intake;
use ceptoar_portal::platform::mail::inbound::listener::Listener;
use ceptoar_portal::platform::mail::return_path::{Purpose, ReturnPaths};
use sqlx::{AssertSqlSafe, PgPool};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use uuid::Uuid;

use crate::support::factory::{self, NewAdvisory};
use crate::support::{Client, TestApp};

const PORTAL: &str = "portal@ceptoar.example";

/// Two banks and a gas firm, their desk, the centre; and the listener to which a mail server hands over.
struct Cast {
    app: TestApp,
    bank1: Uuid,
    bank2: Uuid,
    window1: Uuid,
    paths: ReturnPaths,
    inbound: LmtpAddress,
    pool: PgPool,
}

async fn listen(app: &TestApp, paths: &ReturnPaths, at: &LmtpAddress) -> (LmtpAddress, PgPool) {
    let pool = pool(app.database.connections.worker.clone(), 2);
    let listener = Listener::open(at).await.unwrap();
    let address = listener.address().clone();
    let intake = Intake {
        paths: paths.clone(),
        sandbox: app.state.sandbox.clone(),
        pool: pool.clone(),
        clock: app.state.clock.clone(),
        replies: ReplyDesk { pool: pool.clone() },
    };
    tokio::spawn(listener.serve(Arc::new(intake)));
    (address, pool)
}

fn free_port() -> LmtpAddress {
    LmtpAddress::Tcp(([127, 0, 0, 1], 0).into())
}

async fn cast() -> Cast {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    let bank1 = factory::member(&mut db, "banks", "あかね架空銀行").await;
    let bank2 = factory::member(&mut db, "banks", "いちご架空銀行").await;
    let window1 = factory::window(&mut db, bank1, Some("banks"), "soc@bank1.example").await;
    factory::window(&mut db, bank2, Some("banks"), "soc@bank2.example").await;
    let desk = factory::secretariat_of(&mut db, "banks").await;
    factory::window(&mut db, desk, Some("banks"), "desk@banks.example").await;
    let gas_desk = factory::secretariat_of(&mut db, "gas").await;
    let fsa = factory::organisation(&mut db, "fsa").await;
    let nisc = factory::organisation(&mut db, "nisc").await;
    for (name, role, organisation, ceptoar, contact) in [
        ("handler", Role::MemberPoc, bank1, Some("banks"), Some(window1)),
        ("other-bank", Role::MemberPoc, bank2, Some("banks"), None),
        ("desk", Role::Secretariat, desk, Some("banks"), None),
        ("gas-desk", Role::Secretariat, gas_desk, Some("gas"), None),
        ("liaison", Role::MinistryLiaison, fsa, None, None),
        ("analyst", Role::NiscAnalyst, nisc, None, None),
        ("auditor", Role::Auditor, nisc, None, None),
    ] {
        factory::person(&app, name, role, organisation, ceptoar, contact).await;
    }
    factory::case_team(&app).await;
    let paths = ReturnPaths::new(app.state.secret_key.clone(), PORTAL).unwrap();
    let (inbound, pool) = listen(&app, &paths, &free_port()).await;
    Cast { app, bank1, bank2, window1, paths, inbound, pool }
}

impl Cast {
    /// Publishes an item, and lets the relay take all of it.
    async fn published(&self, level: &str) -> Uuid {
        let named = if level == "RED" { vec![self.window1] } else { Vec::new() };
        let scope = if level == "RED" { "named" } else { "handlers" };
        let ceptoars: &[&str] = if level == "RED" { &[] } else { &["banks"] };
        let new = NewAdvisory { level, scope, named: &named, ceptoars, due_in_hours: -1, ..Default::default() };
        let id = factory::published_advisory(&self.app, new).await;
        self.run(&format!(
            "update mails set subject = '【注意喚起】[TLP:{level}] 新しい情報提供があります ' || a.number
             from advisories a where a.advisory_id = mails.item_id and mails.item_id = '{id}'"
        ))
        .await;
        self.run(&format!(
            "update deliveries set state = 'sent', settled_at = now(), reply = '250 content' where item_id = '{id}'"
        ))
        .await;
        id
    }

    async fn run(&self, statement: &str) {
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut self.app.database.owner().await).await.unwrap();
    }

    async fn texts(&self, query: &str) -> Vec<String> {
        sqlx::query_scalar(AssertSqlSafe(query.to_owned()))
            .fetch_all(&mut self.app.database.owner().await)
            .await
            .unwrap()
    }

    /// The copy of an item that went to an address, as its recipient has it.
    async fn copy(&self, item: Uuid, address: &str) -> Original {
        let (delivery, subject): (Uuid, String) = sqlx::query_as(
            "select d.delivery_id, m.subject from deliveries d join mails m using (mail_id)
             join delivery_addresses a using (delivery_id) where d.item_id = $1 and a.address = $2",
        )
        .bind(item)
        .bind(address)
        .fetch_one(&mut self.app.database.owner().await)
        .await
        .unwrap();
        let place = |purpose| self.paths.address(purpose, DeliveryId(delivery));
        Original {
            sender: place(Purpose::Bounce),
            recipient: address.to_owned(),
            subject,
            message_id: format!("<{delivery}@portal.example>"),
            reply_to: place(Purpose::Reply),
        }
    }

    async fn bring(&self, mail: &Answer) -> u16 {
        hand_over(&self.inbound, &mail.from, &mail.to, &mail.content).await.unwrap()
    }

    async fn bring_as(&self, kind: Kind, original: &Original) -> u16 {
        self.bring(&answer(kind, original, "受領しました。").unwrap()).await
    }

    async fn outcomes(&self) -> Vec<String> {
        self.texts("select outcome from mail_replies order by 1").await
    }

    async fn state(&self, original: &Original) -> String {
        let query = format!(
            "select concat_ws(' ', state, reply) from deliveries join delivery_addresses using (delivery_id)
             where address = '{}' order by settled_at desc limit 1",
            original.recipient
        );
        self.texts(&query).await.concat()
    }

    /// How many members acknowledged, as the board counts for somebody.
    async fn board(&self, name: &str, id: Uuid) -> i64 {
        let account = self.texts(&format!("select account_id::text from accounts where sign_in_name = '{name}'")).await;
        let viewer = AccountId(account.concat().parse().unwrap());
        let mut tx = self.app.state.db.begin(Some(viewer), self.app.state.clock.now()).await.unwrap();
        sqlx::query_scalar(
            "select coalesce(sum(acknowledged), 0)::bigint from delivery_board($1) where stage = 'member'",
        )
        .bind(id)
        .fetch_one(&mut *tx)
        .await
        .unwrap()
    }

    fn page(&self, id: Uuid) -> String {
        format!("/advisories/{id}/receipts/banks/{}", self.bank1)
    }
}

async fn standing(client: &mut Client) -> String {
    client.get("/advisories.json").await.json()["advisories"][0]["standing"].as_str().unwrap_or_default().to_owned()
}

async fn main(client: &mut Client, path: &str) -> String {
    let reply = client.get(path).await;
    assert_eq!(reply.status, 200, "{path}");
    reply.texts("main").concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_is_a_receipt_on_the_board_the_lists_and_the_pages_and_the_button_stays() {
    let cast = cast().await;
    let id = cast.published("AMBER").await;
    let copy = cast.copy(id, "soc@bank1.example").await;
    let [mut handler, mut desk] = [cast.app.signed_in("handler").await, cast.app.signed_in("desk").await];
    assert_eq!(standing(&mut handler).await, "overdue");
    assert_eq!(cast.bring_as(Kind::Person, &copy).await, 250);
    assert_eq!(cast.outcomes().await, ["received"]);
    for name in ["desk", "liaison", "analyst"] {
        assert_eq!(cast.board(name, id).await, 1, "{name}");
    }
    // The firm's own list keeps it, with the button, and does not call it late.
    assert_eq!(standing(&mut handler).await, "replied");
    assert!(main(&mut handler, "/advisories?state=waiting").await.contains("返信メールで受領"));
    let item = main(&mut handler, &format!("/advisories/{id}")).await;
    assert!(
        item.contains("返信メールで受領") && item.contains("受領を確認する") && item.contains("本文は保存していません"),
        "{item}"
    );
    assert!(
        !main(&mut cast.app.signed_in("other-bank").await, &format!("/advisories/{id}"))
            .await
            .contains("返信メールで受領")
    );
    let list = format!("/advisories/{id}/deliveries?ceptoar=banks");
    assert!(main(&mut desk, &list).await.contains("返信メールで受領"));
    assert!(main(&mut desk, &cast.page(id)).await.contains("受領として数えています"));
    let calls = main(&mut desk, &format!("/advisories/{id}/calls?ceptoar=banks")).await;
    assert!(!calls.contains("あかね架空銀行") && calls.contains("いちご架空銀行"), "{calls}");
    assert_eq!(cast.app.signed_in("gas-desk").await.get(&cast.page(id)).await.status, 404);
    // However often somebody writes.
    for _ in 0..2 {
        assert_eq!(cast.bring_as(Kind::Person, &copy).await, 250);
    }
    assert_eq!(cast.outcomes().await, ["received"]);
    let trail = cast.texts("select action || ' ' || coalesce(account_id::text, '-') from audit_events where action like 'receipt.%' or action like 'delivery.%'").await;
    assert_eq!(trail.iter().filter(|line| *line == "receipt.reply -").count(), 1, "{trail:?}");
    // The button weighs more.
    handler.post(&format!("/advisories/{id}/acknowledgement"), &[]).await;
    assert_eq!((standing(&mut handler).await.as_str(), cast.board("analyst", id).await), ("acknowledged", 1));
    // Nothing of what was written stands anywhere.
    let kept = cast
        .texts("select to_jsonb(r)::text from mail_replies r union all select detail::text from audit_events")
        .await;
    assert!(kept.iter().all(|row| !row.contains("受領しました") && !row.contains("soc@")), "{kept:?}");
    assert_eq!(
        cast.texts(
            "select count(*)::text from deliveries where item_id <> (select advisory_id from advisories limit 1)"
        )
        .await,
        ["0"],
        "no mail is ever answered"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_is_no_receipt_says_so_to_the_desk() {
    let cast = cast().await;
    let id = cast.published("AMBER").await;
    let copy = cast.copy(id, "soc@bank1.example").await;
    let mut desk = cast.app.signed_in("desk").await;
    let another = Original { subject: "2026-0999".into(), ..copy.clone() };
    let none = Original { subject: "届きました".into(), ..copy.clone() };
    let stranger = Original { recipient: "soc@bank2.example".into(), ..copy.clone() };
    for (kind, mail, outcome, words) in [
        (Kind::Person, &another, "other_number", "件名の番号がこの情報と違います。電話で確かめてください"),
        (Kind::Person, &none, "no_number", "番号が書かれていません"),
        (Kind::Person, &stranger, "other_sender", "送った先と違うアドレス"),
        (Kind::Automatic, &copy, "automatic", "自動返信がありました"),
    ] {
        cast.run("delete from mail_replies").await;
        assert_eq!(cast.bring_as(kind, mail).await, 250, "{outcome}");
        assert_eq!(cast.outcomes().await, [outcome]);
        assert!(main(&mut desk, &cast.page(id)).await.contains(words), "{outcome}");
        assert_eq!(cast.board("analyst", id).await, 0, "{outcome}");
    }
    // A notice about our copy that was sent to the address for replies.
    cast.run("delete from mail_replies").await;
    let notice = answer(Kind::Undeliverable, &copy, "").unwrap();
    assert_eq!(cast.bring(&Answer { to: copy.reply_to.clone(), ..notice }).await, 250);
    assert_eq!(cast.outcomes().await, ["automatic"]);
    assert_eq!(cast.state(&copy).await, "sent 250 content");
    for (change, outcome, words) in [
        ("superseded_at = now()", "superseded", "古い版への返信"),
        ("withdrawn = true", "withdrawn", "取り消した情報への返信"),
    ] {
        cast.run(&format!("delete from mail_replies; update advisory_audience set {change}")).await;
        assert_eq!(cast.bring_as(Kind::Person, &copy).await, 250, "{outcome}");
        assert_eq!(cast.outcomes().await, [outcome]);
        assert!(main(&mut desk, &cast.page(id)).await.contains(words), "{outcome}");
    }
    let red = cast.published("RED").await;
    cast.run("delete from mail_replies").await;
    assert_eq!(cast.bring_as(Kind::Person, &cast.copy(red, "soc@bank1.example").await).await, 250);
    assert_eq!(cast.outcomes().await, ["confidential"]);
    // The database's own wall: whatever the worker asks for.
    let confidential = cast.texts("select delivery_id::text from mail_replies").await.concat();
    let entered: bool = sqlx::query_scalar("select reply_enter($1::uuid, 'received', now())")
        .bind(Uuid::parse_str(&confidential).unwrap())
        .fetch_one(&cast.pool)
        .await
        .unwrap();
    assert!(!entered);
    let refused =
        sqlx::query("insert into mail_replies select * from mail_replies").execute(&cast.pool).await.unwrap_err();
    assert_eq!(refused.as_database_error().and_then(|e| e.code()).as_deref(), Some("42501"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_addresses_of_ours_are_written_to() {
    let cast = cast().await;
    let id = cast.published("AMBER").await;
    let copy = cast.copy(id, "soc@bank1.example").await;
    let other_key = ceptoar_portal::platform::security::secret_key::SecretKey::generate().unwrap();
    let other_key = ceptoar_portal::platform::security::secret_key::SecretKey::parse(&other_key).unwrap();
    let forged = ReturnPaths::new(other_key, PORTAL).unwrap();
    let reply = answer(Kind::Person, &copy, "受領しました。").unwrap();
    let delivery = cast.paths.read(&copy.reply_to).unwrap().1;
    for to in [
        PORTAL.to_owned(),
        "portal+r.x@ceptoar.example".to_owned(),
        forged.address(Purpose::Reply, delivery),
        copy.sender.replace("+b.", "+r."),
        copy.reply_to.replace("+r.", "+b."),
        copy.reply_to.replace("ceptoar.example", "elsewhere.example"),
    ] {
        assert_eq!(cast.bring(&Answer { to: to.clone(), ..reply.clone() }).await, 550, "{to}");
    }
    // A right address of a copy that does not exist.
    let nobody = cast.paths.address(Purpose::Reply, DeliveryId::random());
    assert_eq!(cast.bring(&Answer { to: nobody, ..reply.clone() }).await, 250);
    let nobody = cast.paths.address(Purpose::Bounce, DeliveryId::random());
    assert_eq!(cast.bring(&Answer { to: nobody, ..answer(Kind::Undeliverable, &copy, "").unwrap() }).await, 250);
    assert!(cast.outcomes().await.is_empty());
    // Letters about accounts ask for no reply.
    cast.run("update mails set item_kind = 'account'").await;
    assert_eq!(cast.bring(&reply).await, 250);
    assert!(cast.outcomes().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_came_back_is_seen_where_refused_ones_are_until_somebody_answers_a_later_one() {
    let cast = cast().await;
    let id = cast.published("AMBER").await;
    let copy = cast.copy(id, "soc@bank2.example").await;
    let mut desk = cast.app.signed_in("desk").await;
    assert!(!main(&mut desk, "/").await.contains("メール不達"));
    assert_eq!(cast.bring_as(Kind::Undeliverable, &copy).await, 250);
    assert_eq!(cast.state(&copy).await, "refused 550 5.1.1 bounced");
    let list = main(&mut desk, &format!("/advisories/{id}/deliveries?ceptoar=banks")).await;
    assert!(list.contains("宛先のアドレスが受け付けられませんでした (550 5.1.1)"), "{list}");
    // The list keeps the order of the moment at which it was opened, by the clock that stands still.
    cast.run("update deliveries set settled_at = '2026-11-21T12:00:00Z' where settled_at is not null").await;
    let calls = main(&mut desk, &format!("/advisories/{id}/calls?ceptoar=banks")).await;
    assert!(calls.find("いちご架空銀行") < calls.find("あかね架空銀行"), "not reached by mail comes first: {calls}");
    let lost = "select organisation_id::text from escalation_losses";
    assert_eq!(cast.texts(lost).await, [cast.bank2.to_string()], "its desk is told at once");
    assert!(main(&mut desk, "/").await.contains("メール不達"));
    // Once more changes nothing.
    assert_eq!(cast.bring_as(Kind::Undeliverable, &copy).await, 250);
    let events = "select count(*)::text from audit_events where action = 'delivery.bounce'";
    assert_eq!(cast.texts(events).await, ["1"]);

    // Nobody is blocked: the next item is sent there. That the relay takes it says nothing; an answer does.
    let next = cast.published("GREEN").await;
    cast.run(&format!("update deliveries set settled_at = now() + interval '1 minute' where item_id = '{next}'")).await;
    assert!(main(&mut desk, "/").await.contains("メール不達"));
    assert_eq!(cast.bring_as(Kind::Person, &cast.copy(next, "soc@bank2.example").await).await, 250);
    assert!(!main(&mut desk, "/").await.contains("メール不達"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_notice_about_the_copy_changes_nothing() {
    let cast = cast().await;
    let id = cast.published("AMBER").await;
    let copy = cast.copy(id, "soc@bank1.example").await;
    let notice = answer(Kind::Undeliverable, &copy, "").unwrap();
    let text = String::from_utf8(notice.content.clone()).unwrap();
    let person = answer(Kind::Person, &copy, "受領しました。").unwrap();
    let absence = answer(Kind::Automatic, &copy, "不在です。").unwrap();
    for content in [
        text.replace("Action: failed", "Action: delayed").replace("5.1.1", "4.4.1").into_bytes(),
        text.replace("soc@bank1.example", "soc@bank2.example").into_bytes(),
        text.replace("Action: failed", "Action: delivered").into_bytes(),
        text.replace("multipart/report", "multipart/mixed").into_bytes(),
        text.replace("rfc822;", "x400;").into_bytes(),
        person.content,
        absence.content,
        b"\x00\xff\xfe garbage".to_vec(),
        Vec::new(),
        // A notice about a notice of ours: there are none.
        format!("From: MAILER-DAEMON@x.example\r\nSubject: loop\r\n\r\n{text}").into_bytes(),
    ] {
        assert_eq!(cast.bring(&Answer { content, ..notice.clone() }).await, 250);
        assert_eq!(cast.state(&copy).await, "sent 250 content");
    }
    // Before the worker has written down that the relay took it: later.
    for state in ["sending", "queued"] {
        cast.run(&format!("update deliveries set state = '{state}', settled_at = null")).await;
        assert_eq!(cast.bring(&notice).await, 451, "{state}");
    }
    cast.run("update deliveries set state = 'cancelled', settled_at = now()").await;
    assert_eq!(cast.bring(&notice).await, 250);
    cast.run("update deliveries set state = 'sent'").await;
    assert_eq!(cast.bring(&notice).await, 250);
    assert!(cast.state(&copy).await.starts_with("refused"));
    assert_eq!(cast.texts("select count(distinct item_id)::text from deliveries").await, ["1"], "nothing is answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_away_the_mail_server_keeps_the_mail() {
    let cast = cast().await;
    let id = cast.published("AMBER").await;
    let copy = cast.copy(id, "soc@bank1.example").await;
    cast.pool.close().await;
    assert_eq!(cast.bring_as(Kind::Person, &copy).await, 451);
    assert_eq!(cast.bring_as(Kind::Undeliverable, &copy).await, 451);
    assert!(cast.outcomes().await.is_empty());
    let (again, _) = listen(&cast.app, &cast.paths, &free_port()).await;
    let reply = answer(Kind::Person, &copy, "受領しました。").unwrap();
    assert_eq!(hand_over(&again, &reply.from, &reply.to, &reply.content).await.unwrap(), 250);
    assert_eq!(cast.outcomes().await, ["received"]);
}

/// Says everything at once, and hears everything.
async fn talk(address: &LmtpAddress, said: &[u8]) -> String {
    let mut heard = Vec::new();
    match address {
        LmtpAddress::Tcp(place) => {
            let mut line = TcpStream::connect(place).await.unwrap();
            line.write_all(said).await.unwrap();
            line.read_to_end(&mut heard).await.unwrap();
        }
        LmtpAddress::Socket(path) => {
            let mut line = UnixStream::connect(path).await.unwrap();
            line.write_all(said).await.unwrap();
            line.read_to_end(&mut heard).await.unwrap();
        }
    }
    String::from_utf8(heard).unwrap()
}

fn codes(heard: &str) -> Vec<&str> {
    heard.lines().filter(|line| line.as_bytes().get(3) == Some(&b' ')).map(|line| &line[..3]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_listener_speaks_lmtp_and_answers_for_each_recipient() {
    let cast = cast().await;
    let id = cast.published("AMBER").await;
    let [one, two] = [cast.copy(id, "soc@bank1.example").await, cast.copy(id, "soc@bank2.example").await];
    let reply = answer(Kind::Person, &one, "受領しました。").unwrap();
    let head = format!(
        "LHLO mail\r\nMAIL FROM:<soc@bank1.example>\r\nRCPT TO:<{}>\r\nRCPT TO:<nobody@ceptoar.example>\r\nRCPT TO:<{}>\r\nDATA\r\n",
        one.reply_to, two.reply_to
    );
    let said = [head.as_bytes(), &reply.content, b"\r\n.\r\nQUIT\r\n"].concat();
    let socket = std::env::temp_dir().join(format!("portal-lmtp-{}", std::process::id()));
    let (unix, _) = listen(&cast.app, &cast.paths, &LmtpAddress::Socket(socket.clone())).await;
    let heard = talk(&unix, &said).await;
    assert_eq!(codes(&heard), ["220", "250", "250", "250", "550", "250", "354", "250", "250", "221"], "{heard}");
    assert_eq!(cast.outcomes().await, ["other_sender", "received"]);
    assert!(heard.contains("SIZE 1048576"));
    // Only owner and group reach it. A second process stands by, and takes over what a dead one left behind.
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o660);
    let busy = Listener::open(&LmtpAddress::Socket(socket.clone())).await.unwrap_err();
    assert_eq!(busy.kind(), std::io::ErrorKind::AddrInUse);
    assert_eq!(Listener::open(&cast.inbound).await.unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
    let left = socket.with_extension("left");
    drop(std::os::unix::net::UnixListener::bind(&left).unwrap());
    assert!(left.exists());
    drop(Listener::open(&LmtpAddress::Socket(left.clone())).await.unwrap());
    assert!(!left.exists());
    std::fs::remove_file(&socket).unwrap();

    // Huge: read to its end, refused for each recipient, and the conversation goes on.
    let huge = b"0123456789012345678901234567890123456789012345678901234567890123\r\n".repeat(20_000);
    let heard = talk(&cast.inbound, &[head.as_bytes(), &huge, b".\r\nNOOP\r\nQUIT\r\n"].concat()).await;
    assert_eq!(codes(&heard), ["220", "250", "250", "250", "550", "250", "354", "552", "552", "250", "221"], "{heard}");
    // Another protocol, and nonsense.
    assert_eq!(codes(&talk(&cast.inbound, b"EHLO mail\r\nHELO mail\r\nQUIT\r\n").await), ["220", "500", "500", "221"]);
    let heard = talk(&cast.inbound, &b"\x00\xff\r\n".repeat(30)).await;
    assert!(heard.ends_with("421 too many errors\r\n"), "{heard}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_s_mailbox_answers_mails() {
    let mut cast = cast().await;
    let id = cast.published("AMBER").await;
    let copy = cast.copy(id, "soc@bank1.example").await;
    let headers = format!(
        "From: {PORTAL}\r\nTo: soc@bank1.example\r\nReply-To: {}\r\nMessage-ID: {}\r\nSubject: 2026-0001\r\n\r\n",
        copy.reply_to, copy.message_id
    );
    let mut db = cast.app.database.owner().await;
    sqlx::query("insert into local_mail_bodies values ('h', 'x')").execute(&mut db).await.unwrap();
    let letter: i64 = sqlx::query_scalar(
        "insert into local_mails (received_at, sender, recipient, headers, body_hash)
         values (now(), $1, 'soc@bank1.example', $2, 'h') returning local_mail_id",
    )
    .bind(&copy.sender)
    .bind(headers.into_bytes())
    .fetch_one(&mut db)
    .await
    .unwrap();
    let page = format!("/mailbox/{letter}");
    let without = cast.app.signed_in("handler").await.get(&page).await;
    assert!(!without.body.contains("返信する"), "nowhere to hand it over to");
    cast.app.state.inbound = Some(cast.inbound.clone());
    cast.app.router = ceptoar_portal::app::router::router(cast.app.state.clone());
    let mut handler = cast.app.signed_in("handler").await;
    let shown = handler.get(&page).await;
    assert_eq!(shown.values("input[name=kind]"), ["person", "automatic", "undeliverable"]);
    assert_eq!(shown.texts("textarea[name=text]"), ["受領しました。"]);
    let form = "main form";
    let done = handler.press(&shown, form, &[("kind", "person")]).await;
    assert_eq!((done.status, done.location()), (303, format!("{page}?replied=taken").as_str()));
    assert!(handler.get(done.location()).await.body.contains("返信をポータルに渡しました"));
    assert_eq!(cast.outcomes().await, ["received"]);
    handler.press(&shown, form, &[("kind", "automatic")]).await;
    assert_eq!(cast.outcomes().await, ["automatic", "received"]);
    handler.press(&shown, form, &[("kind", "undeliverable")]).await;
    assert_eq!(cast.state(&copy).await, "refused 550 5.1.1 bounced");
    assert_eq!(handler.post(&format!("{page}/reply"), &[("kind", "pigeon")]).await.status, 404);
    assert_eq!(handler.post("/mailbox/999999/reply", &[("kind", "person")]).await.status, 404);
    cast.run("delete from mail_replies; update local_mails set headers = convert_to(replace(convert_from(headers, 'UTF8'), 'Reply-To', 'X-Other'), 'UTF8')").await;
    assert_eq!(handler.get(&page).await.values("input[name=kind]"), ["undeliverable"], "nobody asks for a reply");
}
