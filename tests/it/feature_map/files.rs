//! Totals, JSON and table files.

use std::collections::BTreeMap;

use serde_json::Value;
use toml::{Table, Value as Fact};

use super::facts::{EDITIONS, PageOf, Tongue, counts, facts, list, secretariats, text};
use crate::support::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn totals_are_those_of_the_check_tables_and_units_are_kept_apart() {
    let app = TestApp::start().await;
    for (id, toml) in EDITIONS {
        let facts = facts(toml);
        let check = facts["check"].as_table().unwrap();
        let number = |keys: &[&str]| keys.iter().find_map(|k| check.get(*k)).and_then(Fact::as_integer);
        let page = PageOf::new(&app.visitor().get(&format!("/map/{id}")).await);
        let totals = app.visitor().get(&format!("/map/{id}.json")).await.json()["totals"].clone();
        for (key, names) in [
            ("sectors", &["sectors"][..]),
            ("ceptoars", &["ceptoars", "ceptoars_established"]),
            ("ceptoars_planned", &["ceptoars_planned"]),
            ("liaison_councils", &["liaison_councils"]),
        ] {
            let wanted = number(names).unwrap_or_default();
            assert_eq!(totals[key].as_i64(), Some(wanted), "{id} {key}");
            let shown = page.all(&format!("[data-total={}] b", key.trim_start_matches("ceptoars_")));
            assert_eq!(shown.first().map_or(0, |n| n.parse().unwrap()), wanted, "{id} {key}");
        }
        let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
        for count in list(&facts, "ceptoar").into_iter().flat_map(counts) {
            *sums.entry(text(count, "unit").unwrap()).or_default() += count["value"].as_integer().unwrap();
        }
        let units = [("sum_sha", "社"), ("sum_sha_dantai", "社・団体"), ("sum_dantai", "団体"), ("sum_kikan", "機関")];
        for (key, unit) in units {
            assert!(number(&[key]).is_none_or(|sum| sums[unit] == sum), "the facts contradict themselves");
        }
        assert_eq!(totals["member_counts"], serde_json::json!(sums));
        for (unit, sum) in sums {
            let shown = page.one(&format!("[data-unit='{unit}'] b")).replace(',', "");
            assert_eq!(shown, sum.to_string());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_json_has_every_fact_cell_by_cell() {
    let app = TestApp::start().await;
    for (id, toml) in EDITIONS {
        let facts = facts(toml);
        let reply = app.visitor().get(&format!("/map/{id}.json")).await;
        assert_eq!(reply.headers["content-type"], "application/json; charset=utf-8");
        let json = reply.json();
        assert_eq!((json["edition"].as_str(), json["as_of"].as_str()), (Some(id), Some(id)));
        let entries = json["ceptoars"].as_array().unwrap();
        assert_eq!(entries.len(), list(&facts, "ceptoar").len());
        for c in list(&facts, "ceptoar") {
            let entry = entries.iter().find(|e| e["id"].as_str() == text(c, "id")).unwrap();
            for key in ["sector", "scope", "name", "name_printed_in_map"] {
                assert_eq!(entry[key].as_str(), text(c, key), "{key} of {}", entry["id"]);
            }
            assert_eq!(entry["status"].as_str(), text(c, "status").or(Some("established")));
            let named = entry["secretariats"].as_array().unwrap().iter();
            let named: Vec<_> = named.map(|s| (s["organisation"].as_str().unwrap(), s["unit"].as_str())).collect();
            assert_eq!(named, secretariats(c));
            let told = entry["member_counts"].as_array().unwrap().iter();
            let told: Vec<_> =
                told.map(|n| (n["unit"].as_str(), n["value"].as_i64(), n["includes_observers"].as_i64())).collect();
            let wanted = counts(c).into_iter();
            let wanted: Vec<_> = wanted
                .map(|n| {
                    (text(n, "unit"), n["value"].as_integer(), n.get("includes_observers").and_then(Fact::as_integer))
                })
                .collect();
            assert_eq!(told, wanted);
            assert_eq!(entry["member_counts_display"].as_str(), text(c, "count_display"));
            let part = |part: &str, key: &str| c.get(part).and_then(|p| p.get(key)).and_then(Fact::as_str);
            assert_eq!(entry["info_handled"].as_str(), part("info", "handled"));
            let channels: Vec<_> = entry["channels"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
            let wanted = c.get("info").and_then(|i| i["channels"].as_array()).into_iter().flatten();
            assert_eq!(channels, wanted.map(|c| c.as_str().unwrap()).collect::<Vec<_>>());
            assert_eq!(entry["contact_operation_start"].as_str(), part("poc", "operation_start"));
            assert_eq!(entry["rule_established"].as_str(), part("rule", "established"));
            confidence_agrees(c, entry);
        }
    }
}

/// The confidence of each reconstructed cell, and evidence of the same strength.
fn confidence_agrees(c: &Table, entry: &Value) {
    let part = |part: &str| c.get(part).and_then(|p| p.get("confidence")).and_then(Fact::as_str);
    let first = |key: &str| list(c, key).first().and_then(|t| text(t, "confidence"));
    let wanted = [
        ("secretariats", first("secretariat")),
        ("member_counts", first("count")),
        ("reach", first("reach")),
        ("info_handled", part("info")),
        ("channels", part("info")),
        ("contact_operation_start", part("poc")),
        ("rule_established", part("rule")),
    ];
    for (key, confidence) in wanted {
        assert_eq!(entry["confidence"][key].as_str(), confidence, "{key} of {}", entry["id"]);
        assert_eq!(entry["evidence"][key]["confidence"].as_str(), confidence);
        for language in ["ja", "en"] {
            assert_eq!(entry["evidence"][key]["text"][language].as_str().is_some(), confidence.is_some());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn table_files_come_back_as_they_went_in_both_encodings_and_languages() {
    let app = TestApp::start().await;
    for (id, toml) in EDITIONS {
        let facts = facts(toml);
        for tongue in Tongue::both() {
            let utf8 = tongue.visitor(&app).get(&format!("/map/{id}.csv")).await;
            let cp932 = tongue.visitor(&app).get(&format!("/map/{id}.csv?encoding=cp932")).await;
            assert!(utf8.bytes.starts_with(b"\xEF\xBB\xBF"));
            let name = utf8.headers["content-disposition"].to_str().unwrap();
            assert_eq!(name, format!("attachment; filename=\"ceptoar-feature-map-{id}.csv\""));
            let (old, _, broken) = encoding_rs::SHIFT_JIS.decode(&cp932.bytes);
            assert!(!broken);
            assert!(!old.contains('〓') || cp932.headers.contains_key("x-replaced-characters"));
            for text in [utf8.body.trim_start_matches('\u{FEFF}'), &old] {
                assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
                compare_table(text, &facts, &tongue);
            }
        }
    }
}

fn compare_table(csv: &str, facts: &Table, tongue: &Tongue) {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let heads = reader.headers().unwrap().clone();
    let at = |ja: &str, en: &str| heads.iter().position(|h| h == tongue.pick(ja, en)).unwrap();
    let (id, unit, value) =
        (at("セプターID", "CEPTOAR ID"), at("構成員の単位", "Unit of members"), at("構成員の数", "Number of members"));
    let (sure, rule) = (
        at("情報と連絡手段の確度", "Confidence: information and means of contact"),
        at("情報の取扱いルールの制定", "Rules established"),
    );
    let (name, phone) = (at("名称", "Name"), at("連絡手段:電話", "Contact by: Phone"));
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
    let lines = list(facts, "ceptoar").iter().map(|c| counts(c).len().max(1)).sum::<usize>();
    assert_eq!(rows.len(), lines);
    for c in list(facts, "ceptoar") {
        let own: Vec<_> = rows.iter().filter(|r| Some(&r[id]) == text(c, "id")).collect();
        let told: Vec<_> =
            own.iter().filter(|r| !r[unit].is_empty()).map(|r| (r[unit].to_owned(), r[value].to_owned())).collect();
        let wanted = counts(c).into_iter();
        let wanted = wanted.map(|n| (tongue.say("count_unit", text(n, "unit").unwrap()), n["value"].to_string()));
        assert_eq!(told, wanted.collect::<Vec<_>>());
        assert_eq!(own[0][name], text(c, "name").map(|n| tongue.say("ceptoar", n)).unwrap_or_default());
        let handled = c.get("info").and_then(Fact::as_table);
        assert_eq!(
            own[0][sure],
            handled.and_then(|i| text(i, "confidence")).map(|s| tongue.confidence(s)).unwrap_or_default()
        );
        let by_phone = handled.map(|i| i["channels"].as_array().unwrap().iter().any(|c| c.as_str() == Some("phone")));
        assert_eq!(own[0][phone], by_phone.map(|by| i32::from(by).to_string()).unwrap_or_default());
        let established = c.get("rule").and_then(|r| r["established"].as_str());
        assert_eq!(&own[0][rule], established.unwrap_or_default());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_published_names_a_person() {
    let app = TestApp::start().await;
    for (id, _) in EDITIONS {
        let json = app.visitor().get(&format!("/map/{id}.json")).await.json();
        for c in json["ceptoars"].as_array().unwrap() {
            let Some(representative) = c["representative"].as_object() else { continue };
            let fields: Vec<_> = representative.keys().map(String::as_str).collect();
            assert_eq!(fields, ["affiliation", "title"]);
        }
        let text = json.to_string();
        for honorific in ["氏名", "氏は", "氏が", "殿", "さん", "Mr ", "Ms ", "Mr.", "Ms."] {
            assert!(!text.contains(honorific), "{honorific} in {id}");
        }
    }
}
