//! What the demonstration's invented desks have on record, so that visitors find totals with something behind them.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{Connection, PgConnection};

use super::activity::Content;
use super::kind::Kind;
use super::store;
use crate::kernel::clock::{fiscal_year, japan_day};

/// Desk, years back, month and day, kinds, title, what was done, numbers received, passed on and left out.
type Told = (&'static str, i32, (u32, u32), &'static [Kind], &'static str, &'static str, Option<[i32; 3]>);

const TOLD: [Told; 6] = [
    (
        "desk-banks",
        0,
        (4, 20),
        &[Kind::Sharing],
        "提供情報の共有(デモ)",
        "NISCから提供された情報を構成員と共有した。2件は関係機関から既に届いていたため、展開を見送った。",
        Some([3, 1, 2]),
    ),
    (
        "desk-banks",
        0,
        (5, 15),
        &[Kind::Analysis, Kind::Meeting],
        "障害事例の検討会(デモ)",
        "構成員から集めた障害の事例を持ち寄り、原因と対応を検討した。",
        None,
    ),
    (
        "desk-banks",
        1,
        (9, 10),
        &[Kind::Drill],
        "セプター訓練(デモ)",
        "情報が全構成員に届くまでの時間を確かめた。",
        None,
    ),
    (
        "desk-water",
        0,
        (6, 2),
        &[Kind::RouteCheck],
        "連絡網の確認(デモ)",
        "連絡拠点を通じて、会員までの連絡が保たれていることを電話で確かめた。",
        None,
    ),
    (
        "desk-power",
        0,
        (6, 18),
        &[Kind::Seminar],
        "サイバー演習セミナーへの参加(デモ)",
        "他のセプターが開いたセミナーを案内し、構成員が参加した。",
        None,
    ),
    (
        "desk-power",
        1,
        (12, 3),
        &[Kind::CrossSectorExercise],
        "分野横断的演習(デモ)",
        "大規模な通信障害を想定した演習に参加した。",
        None,
    ),
];

/// Writes it down in the names of those desks that there are, where nobody has written anything.
///
/// # Errors
/// When the database fails.
pub async fn record(owner: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<()> {
    if store::is_any(owner).await? {
        return Ok(());
    }
    let today = japan_day(now);
    let mut tx = owner.begin().await?;
    for (desk, back, (month, day), kinds, title, done, items) in TOLD {
        let on = NaiveDate::from_ymd_opt(fiscal_year(today) - back, month, day).filter(|on| *on <= today);
        let (Some(on), Some(ceptoar)) = (on, store::look_as_desk(&mut tx, desk, now).await?) else { continue };
        let content = Content {
            title: title.to_owned(),
            title_en: String::new(),
            from_on: on,
            to_on: on,
            kinds: kinds.to_vec(),
            done: done.to_owned(),
            organiser: String::new(),
            joined: None,
            received: items.map(|items| items[0]),
            passed_on: items.map(|items| items[1]),
            withheld: items.map(|items| items[2]),
            link: String::new(),
        };
        store::record(&mut tx, &ceptoar, &content).await?;
    }
    tx.commit().await
}
