//! What all forms about groups have in common: whose desk it is, which group, and the way back.

use axum::response::Response;
use chrono::NaiveDate;

use super::forms::{self, FormWords, What};
use super::index::IndexWords;
use crate::features::access::Viewer;
use crate::features::directory::groups::group::{Group, Kind, Member};
use crate::features::directory::groups::{paths, store};
use crate::features::directory::roster::changes::{self, Change};
use crate::features::directory::roster::line::Line;
use crate::features::directory::roster::paths as roster;
use crate::features::directory::roster::sheet::Dated;
use crate::features::directory::roster::web::fields::{Field, Typed};
use crate::features::directory::roster::web::plain_form::{PlainForm, kept};
use crate::kernel::language::fill;
use crate::kernel::period::thousands;
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::form::FieldErrors;
use crate::platform::web::frame::Frame;

/// What everything on the way needs.
pub struct Desk<'a> {
    /// What is done.
    pub what: What,
    /// The page's frame.
    pub frame: &'a Frame,
    /// The CEPTOAR.
    pub ceptoar_id: &'a str,
    /// Its name.
    pub ceptoar: String,
    /// The group; none where it is a new one.
    pub group: Option<&'a Group>,
    /// Whose part ends.
    pub part: Option<&'a Dated<Member>>,
    /// Members to choose from.
    pub found: Vec<Member>,
    /// The present day.
    pub today: NaiveDate,
}

/// The name of a CEPTOAR whose desk the viewer keeps. Groups of a CEPTOAR are changed one after the other, and none while a
/// member's entry is: a member leaves its groups with the CEPTOAR.
pub async fn waited(tx: &mut Tx, viewer: &Viewer, frame: &Frame, ceptoar_id: &str) -> Result<String, WebError> {
    let ceptoar = kept(tx, viewer, frame, ceptoar_id).await?;
    changes::wait_for_all(tx, ceptoar_id).await?;
    Ok(ceptoar)
}

/// A group that the desk keeps; what the files brought is not among them.
pub async fn of_desk(tx: &mut Tx, ceptoar_id: &str, group: &str, today: NaiveDate) -> Result<Group, WebError> {
    let found = store::load(tx, ceptoar_id, today, Some(group), None).await?.pop();
    found.filter(|group| group.of_desk).ok_or(WebError::NotFound)
}

/// A group in which members are entered one by one.
pub async fn cross_cutting(tx: &mut Tx, ceptoar_id: &str, group: &str, today: NaiveDate) -> Result<Group, WebError> {
    let found = of_desk(tx, ceptoar_id, group, today).await?;
    match found.kind {
        Kind::CrossCutting => Ok(found),
        Kind::Subgroup => Err(WebError::NotFound),
    }
}

/// A change in words.
pub fn change(on: NaiveDate, reason: String, before: Vec<Line>, after: Vec<Line>) -> Change {
    Change { on, correction: false, reason, before, after, proposal: None }
}

impl<'a> Desk<'a> {
    /// For something that is done in a CEPTOAR.
    pub fn new(what: What, frame: &'a Frame, (ceptoar_id, ceptoar): (&'a str, String), today: NaiveDate) -> Self {
        Self { what, frame, ceptoar_id, ceptoar, group: None, part: None, found: Vec::new(), today }
    }

    /// With one of its groups.
    pub fn with(self, group: &'a Group) -> Self {
        Self { group: Some(group), ..self }
    }

    /// The fields of the form.
    pub fn fields(&self, typed: &Typed) -> Vec<Field> {
        forms::fields(self.what, &self.found, typed, self.frame.language)
    }

    /// The form in its place.
    pub fn form(&self) -> PlainForm<'_> {
        let language = self.frame.language;
        let (title, lead) = self.what.words(language);
        let w = IndexWords::of(language);
        let index = paths::of_ceptoar(paths::INDEX, self.ceptoar_id);
        let (home, home_label) = self.frame.home();
        let member = self.part.map(|part| language.pick(&part.value.name[0], &part.value.name[1]).as_str());
        let group = self.group.map(|group| group.words.code.as_str());
        let subject = [member, group, Some(self.ceptoar.as_str())];
        PlainForm {
            frame: self.frame,
            title,
            lead,
            subject: subject.into_iter().flatten().collect::<Vec<_>>().join(" / "),
            action: self.action(),
            way: vec![
                (home.to_owned(), home_label.to_owned()),
                (roster::INDEX.to_owned(), w.directory.to_owned()),
                (index.clone(), fill(w.title, &[("ceptoar", &self.ceptoar)])),
            ],
            back: index,
            seen: self.seen(),
            current: self.group.map(|group| self.current(group)).unwrap_or_default(),
            ending: self.what.is_ending(),
        }
    }

    fn action(&self) -> String {
        let of = |route| {
            let group = self.group.map(|group| group.group_id.as_str()).unwrap_or_default();
            paths::of_group(route, self.ceptoar_id, group)
        };
        match (self.what, self.group.zip(self.part)) {
            (What::New, _) => of(paths::NEW),
            (What::Correct, _) => of(paths::CORRECT),
            (What::End, _) => of(paths::END),
            (What::GoingOn, _) => of(paths::GOING_ON),
            (What::Joining, _) | (What::Leaving, None) => of(paths::JOINING),
            (What::Leaving, Some((group, part))) => paths::leaving(self.ceptoar_id, &group.group_id, part.fact_id),
        }
    }

    fn current(&self, group: &Group) -> Vec<(String, String)> {
        let language = self.frame.language;
        let w = FormWords::of(language);
        let count = fill(IndexWords::of(language).count, &[("count", &thousands(group.counted))]);
        vec![
            (w.code.to_owned(), group.words.code.clone()),
            (w.scope.to_owned(), group.scope(language).to_owned()),
            (IndexWords::of(language).members.to_owned(), count),
        ]
    }

    /// What the form rests on. Colleagues who add members, or take others out, are not in each other's way.
    fn seen(&self) -> String {
        let part = self.part.map(|part| part.valid);
        let digest = |group: &Group| match self.what {
            What::End => group.digest(&(group.listed, group.members_at)),
            What::New | What::Correct | What::GoingOn | What::Joining | What::Leaving => group.digest(&part),
        };
        self.group.map(digest).unwrap_or_default()
    }

    /// Whether somebody changed that after the form was opened: the form with what is registered now.
    pub fn overtaken(&self, typed: &Typed) -> Option<Response> {
        let message = FormWords::of(self.frame.language).overtaken;
        (typed.get("seen") != self.seen()).then(|| self.form().overtaken(self.fields(typed), message, None))
    }

    /// No end is registered (any more) that could be taken back.
    pub fn nothing_ends(&self) -> Response {
        self.form().done("no_end")
    }

    /// The form, or the confirmation, that comes before anything is written.
    pub fn not_yet(&self, typed: &Typed, change: &Change) -> Option<Response> {
        self.form().not_yet(self.fields(typed), typed, &change.into())
    }

    /// The form with what is wrong with it.
    pub fn wrong(&self, typed: &Typed, errors: FieldErrors) -> Response {
        self.form().wrong(self.fields(typed), typed, errors)
    }

    /// The form with a message at one of its fields.
    pub fn said_at(&self, typed: &Typed, field: &'static str, message: &str) -> Response {
        self.form().said_at(self.fields(typed), typed, field, message)
    }
}
