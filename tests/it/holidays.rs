//! Holidays: which address a window is reached at.

use crate::directory::roster::{World, world};
use crate::support::factory::{self, NewAdvisory};

/// Where the bank's window with two addresses would be reached at an hour in Japan.
async fn reached(w: &mut World, item: uuid::Uuid, hour: &str) -> String {
    let address = "select address from sharing_windows";
    let bank = w.bank;
    let of = format!("where organisation_id = '{bank}' and stage = 'member' and address like '%two-addresses%'");
    w.texts(&format!("{address}('{item}', '{hour}+09') {of}")).await.concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn nights_holidays_and_the_turn_of_the_year_take_their_own_address() {
    let mut w = world().await;
    let window = w.window;
    let channels = format!(
        "with gone as (delete from contact_channels where contact_id = '{window}')
         insert into contact_channels (contact_id, position, kind, value, hours) values
           ('{window}', 11, 'mail', 'day@two-addresses.example', 'business'),
           ('{window}', 12, 'mail', 'night@two-addresses.example', 'off_hours') returning value"
    );
    w.texts(&channels).await;
    let green = NewAdvisory { level: "GREEN", scope: "organisation", ..NewAdvisory::default() };
    let item = factory::draft_advisory(&w.app, green).await;
    for (hour, expected) in [
        ("2026-11-20 09:00", "day"),
        ("2026-11-20 08:59", "night"),
        ("2026-11-20 18:01", "night"),
        ("2026-11-21 12:00", "night"), // a Saturday
        ("2026-11-23 12:00", "night"), // 勤労感謝の日, a Monday
        ("2026-11-24 12:00", "day"),
        ("2026-05-06 12:00", "night"), // 振替休日, a Wednesday
        ("2026-09-22 12:00", "night"), // 国民の休日, a Tuesday
        ("2026-12-28 12:00", "day"),
        ("2026-12-29 12:00", "night"),
        ("2026-12-31 12:00", "night"),
        ("2027-01-03 12:00", "night"),
        ("2027-01-04 12:00", "day"),
    ] {
        assert_eq!(reached(&mut w, item, hour).await, format!("{expected}@two-addresses.example"), "{hour}");
    }

    // The preview says so before anything goes out.
    let mut analyst = w.app.signed_in("case-author").await;
    let preview = format!("/advisories/{item}/submission");
    assert!(analyst.get(&preview).await.body.contains("夜間・休日の宛先がある窓口"), "a Saturday evening");
    w.app.state.clock.advance(chrono::TimeDelta::hours(40));
    let mut analyst = w.app.signed_in("case-author").await;
    assert!(analyst.get(&preview).await.body.contains("祝日・休日(勤労感謝の日)"), "Monday noon");
    w.app.state.clock.advance(chrono::TimeDelta::hours(24));
    let mut analyst = w.app.signed_in("case-author").await;
    assert!(analyst.get(&preview).await.body.contains("平日の昼間の宛先に送ります"), "Tuesday noon");
}
