//! SQL of results. `survey_cells` decides what may be read and withholds what would betray a firm.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// How many years stand beside each other.
const YEARS: i32 = 5;

/// A survey of a line of them.
#[derive(Debug, Clone)]
pub struct Year {
    /// Which.
    pub survey_id: Uuid,
    /// When it opened.
    pub opened_at: DateTime<Utc>,
    /// Whether nothing is withheld of its numbers.
    pub exact: bool,
}

/// A survey and those before it that it goes on from, the oldest first; those that the viewer may know of. Exact
/// numbers are for a desk with names.
pub async fn years(tx: &mut PgConnection, survey: Uuid, exact: bool) -> sqlx::Result<Vec<Year>> {
    sqlx::query_as!(
        Year,
        r#"with recursive line as (
             select s.survey_id, s.follows, s.opened_at, s.state, s.visibility, 1 as place from surveys s where s.survey_id = $1
             union all
             select s.survey_id, s.follows, s.opened_at, s.state, s.visibility, l.place + 1
             from line l join surveys s on s.survey_id = l.follows where l.place < $2)
           select survey_id as "survey_id!", opened_at as "opened_at!", ($3 and visibility = 'named') as "exact!" from line
           where opened_at is not null and (state = 'closed' or place = 1) order by place desc"#,
        survey,
        YEARS,
        exact
    )
    .fetch_all(tx)
    .await
}

/// A number.
#[derive(Debug, Clone)]
pub struct Cell {
    /// Of which survey.
    pub survey_id: Uuid,
    /// Of which question.
    pub question_id: Uuid,
    /// How many firms answered the survey.
    pub answering: i64,
    /// Which choice, from 1; 0: no answer.
    pub cell: i32,
    /// The choice or product.
    pub label: String,
    /// How many firms; `None`: withheld.
    pub firms: Option<i64>,
    /// The mean of a number.
    pub mean: Option<String>,
}

/// The numbers of some surveys, as far as the viewer may read them.
pub async fn cells(tx: &mut PgConnection, surveys: &[Uuid], exact: bool) -> sqlx::Result<Vec<Cell>> {
    sqlx::query_as!(
        Cell,
        r#"select survey_id as "survey_id!", question_id as "question_id!", answering as "answering!", cell as "cell!",
                  label as "label!", firms, trim_scale(mean)::text as mean
           from survey_cells($1, $2) order by survey_id, question_id, cell"#,
        surveys,
        exact
    )
    .fetch_all(tx)
    .await
}
