//! Addresses of this feature.

use uuid::Uuid;

use super::survey::Step;
use crate::kernel::ids::OrganisationId;

/// The surveys of a desk, and those that ask a firm.
pub const INDEX: &str = "/surveys";
/// Who named a product.
pub const PRODUCTS: &str = "/surveys/products";
/// Route of making one.
pub const NEW: &str = "/surveys/of/{ceptoar}/new";
/// Route of a survey.
pub const SURVEY: &str = "/surveys/{survey}";
/// Route of what it is called, whom it asks and until when, while it is a draft.
pub const SETTINGS: &str = "/surveys/{survey}/settings";
/// Route of a new question.
pub const NEW_QUESTION: &str = "/surveys/{survey}/questions/new";
/// Route of a question.
pub const QUESTION: &str = "/surveys/{survey}/questions/{question}";
/// Route of moving a question.
pub const PLACE: &str = "/surveys/{survey}/questions/{question}/place";
/// Route of taking a question out.
pub const REMOVAL: &str = "/surveys/{survey}/questions/{question}/removal";
/// Route of a step: opening, extending, closing, cancelling, releasing.
pub const STEP: &str = "/surveys/{survey}/steps/{step}";
/// Route of writing to those who have not answered.
pub const REMINDER: &str = "/surveys/{survey}/reminder";
/// Route of making this year's.
pub const NEXT: &str = "/surveys/{survey}/next";
/// Route of what came of it.
pub const RESULTS: &str = "/surveys/{survey}/results";
/// Route of the same as a file.
pub const EXPORT: &str = "/surveys/{survey}/export";
/// Route of what a firm answered, for a desk with names.
pub const FIRM: &str = "/surveys/{survey}/firms/{organisation}";
/// Route of answering.
pub const ANSWER: &str = "/surveys/{survey}/firms/{organisation}/answer";

/// Making one for a CEPTOAR.
#[must_use]
pub fn new(ceptoar: &str) -> String {
    NEW.replace("{ceptoar}", ceptoar)
}

/// Something of a survey.
#[must_use]
pub fn of_survey(route: &str, survey: Uuid) -> String {
    route.replace("{survey}", &survey.to_string())
}

/// Something of a question.
#[must_use]
pub fn of_question(route: &str, survey: Uuid, question: Uuid) -> String {
    of_survey(route, survey).replace("{question}", &question.to_string())
}

/// Something of a firm in a survey.
#[must_use]
pub fn of_firm(route: &str, survey: Uuid, organisation: OrganisationId) -> String {
    of_survey(route, survey).replace("{organisation}", &organisation.to_string())
}

/// A step of a survey.
#[must_use]
pub fn step(survey: Uuid, step: Step) -> String {
    of_survey(STEP, survey).replace("{step}", step.code())
}
