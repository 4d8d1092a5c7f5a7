//! What is shown of a review on the approver's page, in the author's form and on the pages of its own.

use chrono::{DateTime, Utc};

use super::words::ReviewWords;
use crate::features::access::action::AdvisoryAction;
use crate::features::access::{Viewer, can};
use crate::features::advisories::advisory::State;
use crate::features::advisories::content::Draft;
use crate::features::advisories::reading;
use crate::features::advisories::review::comment::{self, Comment, Taken};
use crate::features::advisories::review::difference::{self, Change, Row};
use crate::features::advisories::review::place::{self, Anchor, Attached, Field, Names, Part};
use crate::features::advisories::review::{paths, store};
use crate::features::advisories::store::{self as advisories, Unpublished};
use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::long_time;
use crate::platform::db::Tx;

/// A step at a comment.
#[derive(Debug)]
pub struct StepView {
    /// 返信, 対応済み.
    pub label: &'static str,
    /// By whom.
    pub by: String,
    /// When.
    pub time: String,
    /// What was said.
    pub body: String,
}

/// A comment.
#[derive(Debug)]
pub struct CommentView {
    /// Where it leads.
    pub href: String,
    /// 概要 3行目.
    pub place: String,
    /// The words that it was made at.
    pub quoted: String,
    /// They are not there any more.
    pub gone: bool,
    /// What it says.
    pub body: String,
    /// By whom.
    pub by: String,
    /// When.
    pub time: String,
    /// What followed.
    pub steps: Vec<StepView>,
    /// Nobody has dealt with it.
    pub open: bool,
}

/// 概要 3行目.
#[must_use]
pub fn place_words(field: Field, line: Option<usize>, language: Language) -> String {
    let label = field.label(language);
    match line.filter(|_| field.has_lines()) {
        Some(line) => fill(ReviewWords::of(language).place_line, &[("field", label), ("line", &line.to_string())]),
        None => label.to_owned(),
    }
}

impl CommentView {
    /// The comment as it stands now; where an item is over, as it was made.
    #[must_use]
    pub fn of(comment: &Comment, anchor: Option<Anchor>, language: Language) -> Self {
        let line = match anchor {
            Some(Anchor::Line(line)) => Some(line),
            Some(Anchor::Field | Anchor::Gone) | None => comment.line,
        };
        let step = |taken: &Taken| StepView {
            label: taken.step.label(language),
            by: taken.by.clone(),
            time: long_time(taken.at, language),
            body: taken.body.clone(),
        };
        Self {
            href: paths::comment(comment.comment_id),
            place: place_words(comment.field, line, language),
            quoted: comment.quoted.clone(),
            gone: anchor == Some(Anchor::Gone),
            body: comment.body.clone(),
            by: comment.by.clone(),
            time: long_time(comment.at, language),
            steps: comment.steps.iter().map(step).collect(),
            open: comment.is_open(),
        }
    }
}

/// A line with what was said at it.
#[derive(Debug)]
pub struct LineView {
    /// Its number.
    pub number: usize,
    /// What it says.
    pub text: String,
    /// Where one says something about it, and in which words.
    pub say: Option<(String, String)>,
    /// What was said.
    pub comments: Vec<CommentView>,
}

/// A field with its lines.
#[derive(Debug)]
pub struct FieldView {
    /// Its name in the form.
    pub code: &'static str,
    /// What it is called.
    pub label: &'static str,
    /// Its lines have numbers.
    pub numbered: bool,
    /// Its lines.
    pub lines: Vec<LineView>,
    /// Where one says something about the whole of it.
    pub say: Option<String>,
    /// What was said about the whole of it, or at lines that are not there any more.
    pub comments: Vec<CommentView>,
}

/// A field that is different.
#[derive(Debug)]
pub struct DifferenceView {
    /// What it is called.
    pub label: &'static str,
    /// Its lines.
    pub rows: Vec<Row>,
}

/// Differences with a heading.
#[derive(Debug)]
pub struct Differences {
    /// What is compared.
    pub title: &'static str,
    /// With which state.
    pub text: String,
    /// The fields.
    pub fields: Vec<DifferenceView>,
}

impl Differences {
    /// Between two states of an item.
    #[must_use]
    pub fn between(
        (title, text): (&'static str, String),
        (before, attached): (&Draft, &[Attached]),
        after: &[Part],
        names: &Names,
        language: Language,
    ) -> Self {
        let found = difference::between(&place::parts(before, attached, names, language), after);
        let view = |f: difference::FieldDifference| DifferenceView { label: f.field.label(language), rows: f.rows };
        Self { title, text, fields: found.into_iter().map(view).collect() }
    }
}

impl Row {
    /// The mark before the line, and its word.
    #[must_use]
    pub fn mark(&self, w: &ReviewWords) -> (&'static str, &'static str) {
        match self.change {
            Change::Same => ("", ""),
            Change::Added => ("+", w.added),
            Change::Removed => ("−", w.removed),
        }
    }
}

/// What the approver's page shows.
#[derive(Debug)]
pub struct ReviewView {
    /// Words.
    pub w: &'static ReviewWords,
    /// The content, field by field.
    pub fields: Vec<FieldView>,
    /// What is different from what the viewer knows.
    pub differences: Option<Differences>,
    /// 未対応 of all comments, and where they are.
    pub all: Option<(String, String)>,
    /// How many are open.
    pub open: usize,
    /// The same in words.
    pub open_text: String,
    /// The box that is ticked to publish with open comments.
    pub publish_open: String,
    /// What is said where it was not ticked.
    pub publish_error: &'static str,
    /// The form that sends it back.
    pub back: ReturnView,
    /// Whether the viewer may say something.
    pub may_say: bool,
}

/// What the form says that sends an item back.
#[derive(Debug)]
pub struct ReturnView {
    /// Where it goes.
    pub action: String,
    /// What was typed.
    pub remark: String,
    /// How many comments are open.
    pub open: String,
    /// What is wrong.
    pub error: String,
}

impl ReturnView {
    /// The form, empty.
    #[must_use]
    pub fn of(id: AdvisoryId, open: usize, language: Language) -> Self {
        let w = ReviewWords::of(language);
        let text =
            if open > 0 { fill(w.return_open, &[("count", &open.to_string())]) } else { w.return_none.to_owned() };
        Self {
            action: format!("{}/return", crate::features::advisories::paths::show(id)),
            remark: String::new(),
            open: text,
            error: String::new(),
        }
    }
}

impl ReviewView {
    /// Reads what there is to show an approver, and remembers that they looked.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn read(
        tx: &mut Tx,
        viewer: &Viewer,
        item: &Unpublished,
        now: DateTime<Utc>,
        language: Language,
    ) -> sqlx::Result<Self> {
        let (w, id, e) = (ReviewWords::of(language), item.envelope.advisory_id, &item.envelope);
        let comments = store::comments(tx, id).await?;
        let names = store::names(tx, id, &item.draft).await?;
        let may_say = can(viewer, AdvisoryAction::Comment, &item.facts()) && store::was_submitted(tx, id).await?;
        let parts = place::parts(&item.draft, &Attached::of(&item.parts), &names, language);
        let differences = Self::differences(tx, viewer, item, (&parts, &names), language).await?;
        if e.state == State::Review && can(viewer, AdvisoryAction::Approve, &item.facts()) {
            store::look(tx, id, viewer.account_id, e.edits, now).await?;
        }
        let open = comment::open(&comments);
        let counted = |text| fill(text, &[("count", &open.to_string())]);
        let all = (!comments.is_empty()).then(|| {
            let count = comments.len().to_string();
            (paths::review(id), fill(w.all, &[("count", &count), ("open", &open.to_string())]))
        });
        Ok(Self {
            w,
            fields: fields(item, &parts, (&names, &comments), may_say, language),
            differences,
            all,
            open,
            open_text: if open > 0 { counted(w.count_open) } else { String::new() },
            publish_open: counted(w.publish_open),
            publish_error: "",
            back: ReturnView::of(id, open, language),
            may_say,
        })
    }

    /// What is different from what the viewer looked at last or, at the first look, from the version before.
    async fn differences(
        tx: &mut Tx,
        viewer: &Viewer,
        item: &Unpublished,
        (parts, names): (&[Part], &Names),
        language: Language,
    ) -> sqlx::Result<Option<Differences>> {
        let (w, id, edits) = (ReviewWords::of(language), item.envelope.advisory_id, item.envelope.edits);
        if let Some(((before, attached), at)) = store::seen_before(tx, id, viewer.account_id, edits).await? {
            let at = long_time(at, language);
            let mut found =
                Differences::between((w.difference, String::new()), (&before, &attached), parts, names, language);
            let text = if found.fields.is_empty() { w.no_difference } else { w.difference_since };
            found.text = fill(text, &[("time", &at)]);
            return Ok(Some(found));
        }
        let Some(before) = item.before else { return Ok(None) };
        let Some(found) = reading::store::find(tx, viewer, before.advisory_id).await? else { return Ok(None) };
        let Some(text) = found.text else { return Ok(None) };
        let addressees = advisories::addressees(tx, before.advisory_id).await?;
        let attached = Attached::of(&found.parts);
        let e = found.envelope;
        let before = Draft {
            text,
            level: e.level,
            handler_scope: e.handler_scope,
            drill: e.drill,
            addressees,
            answer_due: e.answer_due,
            measures_due: e.measures_due,
            valid_until: e.valid_until,
        };
        let title = (w.version_difference, w.version_help.to_owned());
        let found = Differences::between(title, (&before, &attached), parts, names, language);
        Ok((!found.fields.is_empty()).then_some(found))
    }

    /// Puts the error of the page at the box that was not ticked, where that is what was wrong.
    pub fn refused(&mut self, error: &'static str) {
        if error == self.w.publish_open_error {
            self.publish_error = error;
        }
    }
}

/// Whether an item may be published as far as comments go: none is open, or the approver ticked how many are.
///
/// # Errors
/// When the database cannot be reached.
pub async fn is_settled(tx: &mut Tx, id: AdvisoryId, ticked: &str) -> sqlx::Result<bool> {
    let open = comment::open(&store::comments(tx, id).await?);
    Ok(open == 0 || ticked == open.to_string())
}

/// The content, field by field, with what was said at each place.
fn fields(
    item: &Unpublished,
    parts: &[Part],
    (names, comments): (&Names, &[Comment]),
    may_say: bool,
    language: Language,
) -> Vec<FieldView> {
    let (w, id) = (ReviewWords::of(language), item.envelope.advisory_id);
    // Words are kept in Japanese, whoever looks.
    let kept = place::parts(&item.draft, &Attached::of(&item.parts), names, Language::Ja);
    let anchored: Vec<(&Comment, Anchor)> = comments
        .iter()
        .map(|comment| (comment, place::anchor(comment.field, comment.line, &comment.quoted, &kept)))
        .collect();
    let at = |field: Field, wanted: &dyn Fn(Anchor) -> bool| -> Vec<CommentView> {
        let here = anchored.iter().filter(|(comment, anchor)| comment.field == field && wanted(*anchor));
        here.map(|(comment, anchor)| CommentView::of(comment, Some(*anchor), language)).collect()
    };
    let view = |part: &Part| {
        let (field, label) = (part.field, part.field.label(language));
        let line = |(place, text): (usize, &String)| {
            let number = place + 1;
            let say = (may_say && field.has_lines()).then(|| {
                let words = fill(w.say_line, &[("field", label), ("line", &number.to_string())]);
                (paths::new(id, field, Some(number)), words)
            });
            LineView { number, text: text.clone(), say, comments: at(field, &|anchor| anchor == Anchor::Line(number)) }
        };
        FieldView {
            code: field.code(),
            label,
            numbered: field.has_lines(),
            lines: part.lines.iter().enumerate().map(line).collect(),
            say: may_say.then(|| paths::new(id, field, None)),
            comments: at(field, &|anchor| matches!(anchor, Anchor::Field | Anchor::Gone)),
        }
    };
    parts.iter().map(view).collect()
}

/// What the author's form shows at its fields.
#[derive(Debug)]
pub struct Notes {
    /// Words.
    pub w: &'static ReviewWords,
    /// Who sent it back and when, and the remark.
    pub came_back: Option<(String, String)>,
    /// How many are open, and all comments.
    pub all: Option<(String, String)>,
    comments: Vec<(Field, CommentView)>,
}

impl Notes {
    /// Nothing was said.
    #[must_use]
    pub fn none(language: Language) -> Self {
        Self { w: ReviewWords::of(language), came_back: None, all: None, comments: Vec::new() }
    }

    /// What was said about a draft.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn read(tx: &mut Tx, item: Option<&Unpublished>, language: Language) -> sqlx::Result<Self> {
        let (w, mut notes) = (ReviewWords::of(language), Self::none(language));
        let Some(item) = item else { return Ok(notes) };
        let id = item.envelope.advisory_id;
        notes.came_back = store::sent_back(tx, id).await?.map(|back| {
            let time = long_time(back.at, language);
            (fill(w.came_back, &[("name", &back.by), ("time", &time)]), back.remark)
        });
        let comments = store::comments(tx, id).await?;
        if comments.is_empty() {
            return Ok(notes);
        }
        let (count, open) = (comments.len().to_string(), comment::open(&comments).to_string());
        notes.all = Some((paths::review(id), fill(w.all, &[("count", &count), ("open", &open)])));
        let names = store::names(tx, id, &item.draft).await?;
        let kept = place::parts(&item.draft, &Attached::of(&item.parts), &names, Language::Ja);
        let view = |comment: &Comment| {
            let anchor = place::anchor(comment.field, comment.line, &comment.quoted, &kept);
            (comment.field, CommentView::of(comment, Some(anchor), language))
        };
        notes.comments = comments.iter().map(view).collect();
        Ok(notes)
    }

    /// What was said at a field of the form.
    #[must_use]
    pub fn at(&self, code: &str) -> Vec<&CommentView> {
        self.comments.iter().filter(|(field, _)| field.code() == code).map(|(_, comment)| comment).collect()
    }

    /// How many are open.
    #[must_use]
    pub fn open(&self) -> usize {
        self.comments.iter().filter(|(_, comment)| comment.open).count()
    }
}
