//! The surveys that a demonstration begins with: two past years and one that is open, so that there is a trend to see. They
//! take the same road as any other, in the name of the invented desk.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, Utc};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::answer::{Answer, Product, Value};
use super::question::{Number, Question, QuestionContent, QuestionKind};
use super::replies::store::{self as replies, Held as HeldReply};
use super::store::{self, Held};
use super::survey::{Content, Kind, Participation, Step, Visibility};
use crate::features::directory::activities::store::look_as_desk;
use crate::kernel::clock::{fiscal_year, in_japan, japan_day};

/// Whose.
const DESK: &str = "desk-power";
/// How long the invented firms have.
const DAYS: u64 = 21;
/// Of so many firms one has not answered the open survey.
const SILENT: usize = 3;

/// Opens and closes them, where there was never one.
///
/// # Errors
/// When the database fails.
pub async fn record(owner: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<()> {
    if store::is_any(owner).await? {
        return Ok(());
    }
    let this = fiscal_year(japan_day(now));
    let mut tx = owner.begin().await?;
    let mut before = None;
    for back in [2, 1, 0] {
        let first = NaiveDate::from_ymd_opt(this - back, 6, 10).and_then(|day| in_japan(day, NaiveTime::MIN));
        let at = if back == 0 { Some(now) } else { first };
        let Some(at) = at.filter(|at| *at <= now) else { continue };
        let Some(ceptoar) = look_as_desk(&mut tx, DESK, at).await? else { return Ok(()) };
        let survey = one(&mut tx, &ceptoar, (at, before), back).await?;
        before = Some(survey);
    }
    tx.commit().await
}

async fn one(
    tx: &mut PgConnection,
    ceptoar: &str,
    (at, before): (DateTime<Utc>, Option<Uuid>),
    back: i32,
) -> sqlx::Result<Uuid> {
    let (id, day) = (Uuid::new_v4(), japan_day(at));
    let content = Content {
        kind: Kind::Measures,
        title: format!("{}年度 対策状況チェック(デモ)", fiscal_year(day)),
        title_en: format!("State of measures, FY{} (demonstration)", fiscal_year(day)),
        introduction: "毎年、同じ質問で対策の状況をお尋ねしています。回答は、分科会の資料に使います。".to_owned(),
        group_id: None,
        participation: Participation::Required,
        visibility: Visibility::Named,
        due_on: day.checked_add_days(Days::new(DAYS)).unwrap_or(day),
        remind_days: 3,
    };
    store::insert(tx, (id, ceptoar), &content, before).await?;
    match before {
        Some(before) => store::copy_questions(tx, before, id).await?,
        None => {
            for (position, content) in (1..).zip(asked()) {
                let question = Uuid::new_v4();
                store::add_question(tx, id, &Question { question_id: question, position, lineage: question, content })
                    .await?;
            }
        }
    }
    store::step(tx, Held { survey_id: id, version: 1 }, Step::Open, None).await?;
    let questions = store::questions(tx, id).await?;
    for (at, firm) in store::standing(tx, id).await?.into_iter().enumerate() {
        if back == 0 && at % SILENT == 0 {
            continue;
        }
        let held = HeldReply { survey_id: id, organisation: firm.organisation_id, version: 0 };
        let answers = said(&questions, at, day.year());
        let typed = super::answer::Typed::from_answers(&answers, &questions);
        replies::save(tx, held, &typed.0, true).await?;
        replies::send(tx, held, &answers).await?;
    }
    if back > 0 {
        store::step(tx, Held { survey_id: id, version: 2 }, Step::Close, None).await?;
        store::step(tx, Held { survey_id: id, version: 3 }, Step::Release, None).await?;
    }
    Ok(id)
}

fn asked() -> [QuestionContent; 4] {
    let question = |kind, wording: &str, choices: &[&str]| QuestionContent {
        kind,
        wording: wording.to_owned(),
        required: true,
        choices: choices.iter().map(|choice| (*choice).to_owned()).collect(),
        unit: String::new(),
        bounds: None,
    };
    [
        question(
            QuestionKind::One,
            "社外から社内のネットワークに接続するとき、多要素認証を求めていますか。",
            &["すべての接続で求めている", "一部の接続で求めている", "求めていない"],
        ),
        question(
            QuestionKind::Several,
            "この1年に行った訓練を選んでください。",
            &["標的型メールの訓練", "バックアップからの復旧", "連絡網の確認", "行っていない"],
        ),
        QuestionContent {
            unit: "%".to_owned(),
            bounds: Some([Number(0), Number(10_000)]),
            ..question(QuestionKind::Number, "重大な脆弱性を30日以内に修正した機器の割合", &[])
        },
        question(QuestionKind::Products, "社外との接続に使っているVPN装置", &[]),
    ]
}

/// What an invented firm says: a little better every year.
fn said(questions: &[Question], firm: usize, year: i32) -> Vec<Answer> {
    let year = usize::try_from(year.rem_euclid(100)).unwrap_or(0);
    let better = (firm + year) % 4;
    let products = [
        ("架空ネットワークス", "セキュアゲート 3000"),
        ("見本通信機器", "Remote Box"),
        ("架空ネットワークス", "セキュアゲート 500"),
    ];
    let (vendor, product) = products[firm % products.len()];
    let value = |question: &Question| match question.content.kind {
        QuestionKind::One => Value::Choices(vec![if better >= 2 { 1 } else { 2 + i16::from(firm.is_multiple_of(5)) }]),
        QuestionKind::Several => {
            Value::Choices(if better == 0 { vec![4] } else { vec![1, 3][..1 + better % 2].to_vec() })
        }
        QuestionKind::Number => {
            Value::Number(Number(i64::try_from(40 + (firm * 7) % 40 + (year % 10) * 2).unwrap_or(50) * 100))
        }
        QuestionKind::Words => Value::Words("(デモ)".to_owned()),
        QuestionKind::Products => Value::Products(vec![Product {
            vendor: vendor.to_owned(),
            product: product.to_owned(),
            release: format!("{}.{}", year % 10, firm % 3),
        }]),
    };
    questions.iter().map(|question| Answer { question_id: question.question_id, value: value(question) }).collect()
}
