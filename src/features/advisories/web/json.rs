//! One advisory for programs.

use crate::features::advisories::reading::store::Found;
use crate::features::advisories::relays::relay::Supplement;
use crate::features::advisories::versions::history::History;
use crate::features::advisories::versions::web::shown;

/// The same item for programs. The envelope alone where that is all there is for the viewer.
#[must_use]
pub fn as_json(found: &Found, supplements: &[Supplement], history: &History) -> serde_json::Value {
    let e = &found.envelope;
    let mut item = serde_json::json!({
        "id": e.advisory_id, "number": e.number, "level": e.level.code(), "drill": e.drill,
        "state": e.state.code(), "published_at": e.published_at,
    });
    if let Some(item) = item.as_object_mut() {
        item.extend(shown::as_json(history));
    }
    if let (Some(item), Some(text)) = (item.as_object_mut(), &found.text) {
        let content = serde_json::json!({
            "handler_scope": e.handler_scope.code(), "answer_due": e.answer_due, "measures_due": e.measures_due, "valid_until": e.valid_until,
            "kind": text.kind.code(), "title": text.title, "summary": text.summary, "impact": text.impact,
            "countermeasure": text.countermeasure, "purpose": text.purpose.code(), "links": text.links,
            "cves": text.cves, "products": text.products,
            "origin": { "source": text.origin.source.code(), "name": text.origin.name, "conditions": text.origin.conditions },
            "supplements": supplements.iter().map(|s| serde_json::json!({ "by": s.by[0], "at": s.at, "text": s.text }))
                .collect::<Vec<_>>(),
            "issuer": found.issuer.as_ref().map(|(ja, _)| ja),
        });
        if let serde_json::Value::Object(content) = content {
            item.extend(content);
        }
    }
    item
}
