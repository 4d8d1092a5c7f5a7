//! Import files from hell, through the door: each is answered within five seconds with the reason, and nothing changes.

#[path = "../../import/books.rs"]
mod books;
#[path = "../../import/case.rs"]
mod case;
#[path = "../../import/texts.rs"]
mod texts;

use std::time::{Duration, Instant};

use case::{Case, Fate};

use super::imports::{EXCHANGE, settled};
use super::roster::world;

#[tokio::test(flavor = "multi_thread")]
async fn every_file_is_answered_in_time_and_changes_nothing() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let before = w.everything().await;
    let today = [("from_year", "2026"), ("from_month", "11"), ("from_day", "21")];
    let cases: Vec<fn() -> Vec<Case>> =
        vec![texts::ordinary, texts::strange, books::ordinary, books::strange, books::bombs];
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for Case { name, content, fate } in cases.into_iter().flat_map(|make| make()) {
        tried += 1;
        let begun = Instant::now();
        let reply = desk.upload(EXCHANGE, &today, ("名簿.xlsx", &content)).await;
        let took = begun.elapsed();
        let said = reply.texts(".error-summary").concat();
        let answered = match (&fate, reply.status) {
            // Rows of nobody's: asked for their columns, refused row by row, or nothing below the heads.
            (Fate::Read(..), 303) => {
                settled(&mut desk, reply.location()).await;
                true
            }
            (Fate::Read(rows, _), 422) => *rows == 1,
            (Fate::Refused(_) | Fate::RefusedSomehow, 413) => true,
            (Fate::Refused(_) | Fate::RefusedSomehow, 422) => !said.is_empty(),
            (Fate::Read(..) | Fate::Refused(_) | Fate::RefusedSomehow, _) => false,
        };
        if !answered {
            let expected = match &fate {
                Fate::Read(rows, cell) => format!("{rows} rows, with {cell}"),
                Fate::Refused(problem) => format!("{problem:?}"),
                Fate::RefusedSomehow => "a refusal".to_owned(),
            };
            wrong.push(format!("{name}: {} {said}; expected was {expected}", reply.status));
        }
        if took > Duration::from_secs(5) {
            wrong.push(format!("{name}: {took:?}"));
        }
    }
    assert!(tried >= 40, "{tried} files");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(w.everything().await, before);
    assert_eq!(w.number("select count(*) from directory_imports where state = 'applied'").await, 0);
}
