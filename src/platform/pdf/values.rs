//! Values for templates. A text becomes a string, which a template shows letter by letter: it is never parsed.

use serde_json::Value as Json;
use typst::foundations::{Array, Dict, Str, Value};

/// What a template sees of `json` under its names.
pub(super) fn inputs(json: Json) -> Dict {
    match json {
        Json::Object(fields) => fields.into_iter().map(|(name, value)| (Str::from(name), one(value))).collect(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => Dict::default(),
    }
}

fn one(json: Json) -> Value {
    match json {
        Json::Null => Value::None,
        Json::Bool(yes) => Value::Bool(yes),
        Json::Number(number) => {
            number.as_i64().map_or_else(|| number.as_f64().map_or(Value::None, Value::Float), Value::Int)
        }
        Json::String(text) => Value::Str(text.into()),
        Json::Array(items) => Value::Array(items.into_iter().map(one).collect::<Array>()),
        Json::Object(_) => Value::Dict(inputs(json)),
    }
}
