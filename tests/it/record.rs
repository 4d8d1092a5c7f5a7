//! The record of an item as a file: it says what the delivery page says to the same person, and no address.

use std::io::Cursor;

use calamine::{Data, DataType, Reader, Xlsx};
use chrono::TimeDelta;
use lopdf::Document;
use uuid::Uuid;

use crate::deliveries::{Cast, cast, settle};
use crate::support::factory::{self, NewAdvisory};
use crate::support::{Client, Reply};

const KINDS: [&str; 4] = ["pdf", "xlsx", "csv", "csv_cp932"];

async fn save(client: &mut Client, id: Uuid, kind: &str) -> Reply {
    client.post(&format!("/advisories/{id}/record"), &[("format", kind)]).await
}

async fn item(cast: &Cast) -> Uuid {
    let new = NewAdvisory { scope: "organisation", ceptoars: &["banks", "gas"], ..NewAdvisory::default() };
    factory::published_advisory(&cast.app, new).await
}

#[tokio::test]
async fn who_sees_the_board_saves_it_and_nobody_else() {
    let cast = cast().await;
    let id = item(&cast).await;
    for (name, may) in [
        ("analyst", [200; 4]),
        ("case-author", [200; 4]),
        ("desk", [200; 4]),
        ("gas-desk", [200; 4]),
        // A ministry sees numbers and nobody's name.
        ("liaison", [200, 200, 409, 409]),
        ("handler", [404; 4]),
        ("reader", [404; 4]),
        ("gas", [404; 4]),
        ("auditor", [404; 4]),
    ] {
        let mut client = cast.app.signed_in(name).await;
        for (kind, status) in KINDS.into_iter().zip(may) {
            assert_eq!(save(&mut client, id, kind).await.status, status, "{name} {kind}");
        }
        assert_eq!(save(&mut client, Uuid::new_v4(), "pdf").await.status, 404, "{name}");
    }
    let mut analyst = cast.app.signed_in("analyst").await;
    assert_eq!(save(&mut analyst, id, "exe").await.status, 409);
    let saved: i64 =
        sqlx::query_scalar("select count(*) from audit_events where action = 'advisory.record' and outcome = 'done'")
            .fetch_one(&mut cast.app.database.owner().await)
            .await
            .unwrap();
    assert_eq!(saved, 4 * 4 + 2, "each in the trail");
}

#[tokio::test]
async fn the_totals_of_a_file_are_those_of_the_screen() {
    let cast = cast().await;
    let id = item(&cast).await;
    cast.app.state.clock.advance(TimeDelta::minutes(3));
    for address in ["soc@bank1.example", "night@bank1.example", "desk@banks.example"] {
        settle(&cast.app, address, "sent", "250").await;
    }
    settle(&cast.app, "soc@bank2.example", "refused", "550 5.1.1 <soc@bank2.example> unknown").await;
    cast.app.state.clock.advance(TimeDelta::minutes(9));
    let acknowledged =
        cast.app.signed_in("handler").await.post(&format!("/advisories/{id}/acknowledgement"), &[]).await;
    assert_eq!(acknowledged.status, 303);

    let mut desk = cast.app.signed_in("desk").await;
    let page = desk.get(&format!("/advisories/{id}/deliveries")).await;
    let road = page.texts("[data-road] > li");
    assert!(
        road.iter().any(|hop| hop.starts_with("構成員") && hop.contains("3分") && hop.contains("12分")),
        "{road:?}"
    );
    let screen: Vec<String> = page.texts("#progress-table tbody td").iter().map(|t| t.trim().to_owned()).collect();
    let file = save(&mut desk, id, "csv_cp932").await;
    let (text, _, broken) = encoding_rs::SHIFT_JIS.decode(&file.bytes);
    assert!(!broken, "every character has its place in CP932");
    assert!(!text.contains('@'), "no address leaves: {text}");
    assert!(!text.contains("架空ガス"), "another desk's member");
    assert!(text.contains("550 5.1.1") && !text.contains("unknown"));
    let rows = |state: &str| text.lines().filter(|line| line.contains(state)).count().to_string();
    // Columns of the board: queued, sending, sent, refused.
    assert_eq!([rows("送信済"), rows(",不達,")], [screen[2].clone(), screen[3].clone()], "{text}");

    let book = save(&mut desk, id, "xlsx").await;
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(book.bytes)).unwrap();
    assert_eq!(book.sheet_names(), ["概要", "段階", "セプター別", "宛先"]);
    let sheet = book.worksheet_range("セプター別").unwrap();
    let banks: Vec<String> = sheet.rows().nth(1).unwrap().iter().map(Data::to_string).collect();
    assert_eq!([&banks[3], &banks[4]], [&screen[2], &screen[3]], "{banks:?}");
    let stages = book.worksheet_range("段階").unwrap();
    let members = stages.rows().find(|row| row[0].as_string().as_deref() == Some("構成員")).unwrap();
    assert_eq!(members[6].to_string(), "3分");

    let paper = save(&mut desk, id, "pdf").await;
    let paper = Document::load_mem(&paper.bytes).unwrap();
    assert_eq!(paper.get_pages().len(), 1);
    let words: String = paper.extract_text(&[1]).unwrap().split_whitespace().collect();
    assert!(words.contains("TLP:AMBER") && words.contains("構成員") && words.contains("最後12分"), "{words}");
    assert!(!words.contains('@'));
}

#[tokio::test]
async fn of_what_is_confidential_the_envelope_alone_leaves() {
    let cast = cast().await;
    let new = NewAdvisory {
        level: "RED",
        scope: "named",
        named: &[cast.named_window],
        ceptoars: &[],
        title: "秘密の題名",
        ..NewAdvisory::default()
    };
    let id = factory::published_advisory(&cast.app, new).await;
    let mut desk = cast.app.signed_in("desk").await.in_english();
    let paper = Document::load_mem(&save(&mut desk, id, "pdf").await.bytes).unwrap();
    let words: String = paper.extract_text(&[1]).unwrap().split_whitespace().collect();
    assert!(words.contains("TLP:RED") && !words.contains("秘密"), "{words}");
    let mut analyst = cast.app.signed_in("analyst").await;
    assert_eq!(save(&mut analyst, id, "pdf").await.status, 404, "not of the case team");
    let mut author = cast.app.signed_in("case-author").await;
    let table = save(&mut author, id, "csv").await;
    assert_eq!(table.status, 200);
    assert!(!String::from_utf8_lossy(&table.bytes).contains('@'));
}
