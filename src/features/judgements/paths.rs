//! Addresses of this feature.

use uuid::Uuid;

/// Route of the list: a desk's own, or what is proposed to the centre.
pub const INDEX: &str = "/judgements";
/// Route of a CEPTOAR's situation, where its coordinator writes.
pub const SITUATION: &str = "/judgements/ceptoars/{ceptoar}";
/// Route of one judgement.
pub const JUDGEMENT: &str = "/judgements/{id}";
/// Route of the centre's answer.
pub const ANSWER: &str = "/judgements/{id}/answer";
/// Route of taking one back.
pub const WITHDRAWAL: &str = "/judgements/{id}/withdrawal";

/// The situation of a CEPTOAR.
#[must_use]
pub fn situation(ceptoar: &str) -> String {
    SITUATION.replace("{ceptoar}", ceptoar)
}

/// Something of a judgement.
#[must_use]
pub fn of(route: &str, id: Uuid) -> String {
    route.replace("{id}", &id.to_string())
}
