//! What came of a survey, question by question, beside the years before in which the same was asked.

pub mod store;

use uuid::Uuid;

use super::question::{Question, QuestionKind};
use store::{Cell, Year};

/// A count of firms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// So many.
    Firms(i64),
    /// Fewer than three, or such a count would follow from it.
    Withheld,
    /// Nobody could choose it then.
    NotAsked,
}

/// A choice, or what else is counted.
#[derive(Debug, Clone)]
pub struct Line {
    /// What; empty where a question as a whole is counted.
    pub label: Label,
    /// How many firms, year by year as in [`Results::years`]; the survey itself comes last.
    pub counts: Vec<Count>,
    /// The mean of a number, year by year.
    pub means: Vec<Option<String>>,
}

/// What a line counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Label {
    /// A choice or a product.
    Text(String),
    /// Firms that said nothing.
    Unanswered,
    /// Firms that answered.
    Answered,
}

/// What came of a question.
#[derive(Debug, Clone)]
pub struct QuestionResult {
    /// The question.
    pub question: Question,
    /// What is counted of it.
    pub lines: Vec<Line>,
}

/// What came of a survey.
#[derive(Debug, Clone)]
pub struct Results {
    /// The years, the survey's own last.
    pub years: Vec<Year>,
    /// How many firms answered, year by year; `None`: too few to say.
    pub answering: Vec<Option<i64>>,
    /// Question by question.
    pub questions: Vec<QuestionResult>,
}

/// The same question in a year.
#[derive(Debug, Clone, Copy)]
struct Same {
    question: Option<Uuid>,
    exact: bool,
}

/// The results of the last of these years, beside those of the others.
#[must_use]
pub fn results(years: Vec<Year>, questions: &[(Uuid, Question)], cells: &[Cell]) -> Results {
    let own = years.last().map(|year| year.survey_id);
    let asked = questions.iter().filter(|(survey, _)| Some(*survey) == own).map(|(_, question)| question);
    let questions = asked.map(|question| {
        // The same question of each year, where it was asked.
        let same: Vec<Same> = years
            .iter()
            .map(|year| {
                let mut of_year = questions.iter().filter(|(survey, _)| *survey == year.survey_id);
                let found =
                    of_year.find(|(_, q)| q.lineage == question.lineage && q.content.kind == question.content.kind);
                Same { question: found.map(|(_, q)| q.question_id), exact: year.exact }
            })
            .collect();
        QuestionResult { lines: lines(question, &same, cells), question: question.clone() }
    });
    let questions = questions.collect();
    let total = |year: &Year| cells.iter().find(|cell| cell.survey_id == year.survey_id).map(|cell| cell.answering);
    let answering = years.iter().map(total).collect();
    Results { years, answering, questions }
}

fn lines(question: &Question, same: &[Same], cells: &[Cell]) -> Vec<Line> {
    let labels: Vec<Label> = match question.content.kind {
        QuestionKind::One | QuestionKind::Several => {
            let choices = question.content.choices.iter().cloned().map(Label::Text);
            let silent = question.content.kind == QuestionKind::One && !question.content.required;
            choices.chain(silent.then_some(Label::Unanswered)).collect()
        }
        QuestionKind::Number | QuestionKind::Words => vec![Label::Answered],
        QuestionKind::Products => {
            let own = same.last().and_then(|same| same.question);
            cells
                .iter()
                .filter(|cell| Some(cell.question_id) == own)
                .map(|cell| Label::Text(cell.label.clone()))
                .collect()
        }
    };
    labels.into_iter().map(|label| line(label, question.content.kind, same, cells)).collect()
}

fn line(label: Label, kind: QuestionKind, same: &[Same], cells: &[Cell]) -> Line {
    let fits = |cell: &&Cell| match &label {
        Label::Text(text) => cell.cell > 0 && cell.label.to_lowercase() == text.to_lowercase(),
        Label::Unanswered => cell.cell == 0,
        Label::Answered => true,
    };
    let found = same.iter().map(|s| (s, cells.iter().filter(|cell| Some(cell.question_id) == s.question).find(fits)));
    let found: Vec<_> = found.collect();
    let count = |(same, cell): &(&Same, Option<&Cell>)| match (same.question, cell) {
        (None, _) => Count::NotAsked,
        (Some(_), Some(cell)) => cell.firms.map_or(Count::Withheld, Count::Firms),
        // Of products that few have there is no row; so there is none of a survey with too few answers.
        (Some(id), None) if kind == QuestionKind::Products || !cells.iter().any(|c| c.question_id == id) => {
            if same.exact { Count::Firms(0) } else { Count::Withheld }
        }
        (Some(_), None) => Count::NotAsked,
    };
    Line {
        counts: found.iter().map(count).collect(),
        means: found.iter().map(|(_, cell)| cell.and_then(|cell| cell.mean.clone())).collect(),
        label,
    }
}
