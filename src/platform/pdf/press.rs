//! Setting and printing a paper.

use anyhow::Context;
use axum::body::Bytes;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::cache::{Recipe, Tray};
#[cfg(feature = "typesetting")]
use super::typesetter::press;

/// Setting a large sheet takes much memory for a moment: two at a time, the others wait.
static TURNS: Semaphore = Semaphore::const_new(2);
static TRAY: Tray = Tray::new();

/// A template: our own text, built into the program.
#[derive(Debug, Clone, Copy)]
pub struct Template {
    /// Its file name, for error reports.
    pub name: &'static str,
    /// The text. What it shows comes from `sys.inputs`.
    pub text: &'static str,
}

/// Width and height of each sheet, in millimetres.
pub type Sheets = Vec<(f64, f64)>;

/// A printed paper. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Paper {
    /// The PDF file.
    pub bytes: Bytes,
    /// Its sheets.
    pub sheets: Sheets,
}

/// Prints a paper, or hands out the one printed before of the same values.
///
/// # Errors
/// When the template does not fit the values.
pub async fn print(template: Template, inputs: &impl Serialize) -> anyhow::Result<Paper> {
    let json = serde_json::to_value(inputs)?;
    let recipe = recipe(template, &json)?;
    if let Some(paper) = TRAY.take(&recipe) {
        return Ok(paper);
    }
    let turn = TURNS.acquire().await?;
    // Somebody else may have printed it while we waited.
    if let Some(paper) = TRAY.take(&recipe) {
        return Ok(paper);
    }
    tokio::task::spawn_blocking(move || {
        // The turn lasts as long as the work, also when nobody waits for it any longer.
        let _turn = turn;
        let paper = press(template, json)?;
        TRAY.put(recipe, paper.clone());
        Ok(paper)
    })
    .await?
}

/// Prints a paper here and now, without the tray: for benchmarks and tests.
///
/// # Errors
/// When the template does not fit the values.
pub fn set(template: Template, inputs: &impl Serialize) -> anyhow::Result<Paper> {
    press(template, serde_json::to_value(inputs)?)
}

/// A build that prints nothing: the fuzzing program is spared the typesetter, which takes longer to build than the rest.
#[cfg(not(feature = "typesetting"))]
fn press(template: Template, _inputs: serde_json::Value) -> anyhow::Result<Paper> {
    anyhow::bail!("{}: built without the feature typesetting", template.name)
}

fn recipe(template: Template, json: &serde_json::Value) -> anyhow::Result<Recipe> {
    let values = serde_json::to_vec(json).context("values of a paper")?;
    Ok(Sha256::new().chain_update(template.text).chain_update([0]).chain_update(values).finalize().into())
}

#[cfg(test)]
#[cfg(feature = "typesetting")]
mod tests {
    use serde_json::json;

    use super::*;

    const PLAIN: Template = Template { name: "plain.typ", text: "#sys.inputs.name" };

    fn text_of(paper: &Paper) -> String {
        lopdf::Document::load_mem(&paper.bytes).unwrap().extract_text(&[1]).unwrap()
    }

    #[test]
    fn foreign_text_is_shown_and_never_run() {
        let template = Template { name: "t.typ", text: "#set text(font: \"BIZ UDPGothic\")\n#sys.inputs.name" };
        for name in ["#eval(\"1+1\")", "*x*", "$ x^2 $", "= Heading", "#read(\"/etc/passwd\")", "<a>@a", "\\u{61}"] {
            let paper = set(template, &json!({ "name": name })).unwrap();
            let folded = |text: &str| text.split_whitespace().collect::<String>();
            assert_eq!(folded(&text_of(&paper)), folded(name));
        }
    }

    #[test]
    fn a_template_reads_neither_files_nor_packages_nor_the_clock() {
        for text in
            ["#read(\"Cargo.toml\")", "#import \"@preview/cetz:0.3.0\"", "#datetime.today()", "#include \"other.typ\""]
        {
            assert!(set(Template { name: "t.typ", text }, &json!({})).is_err(), "{text}");
        }
    }

    #[test]
    fn values_that_are_missing_are_an_error_and_not_a_blank() {
        let error = set(PLAIN, &json!({})).unwrap_err().to_string();
        assert!(error.starts_with("plain.typ: ") && error.contains("name"), "{error}");
    }

    #[tokio::test]
    async fn the_same_values_give_the_same_paper_from_the_tray() {
        let values = json!({ "name": "tray" });
        let (first, second) = (print(PLAIN, &values).await.unwrap(), print(PLAIN, &values).await.unwrap());
        assert_eq!(first.bytes.as_ptr(), second.bytes.as_ptr());
        let other = print(PLAIN, &json!({ "name": "another" })).await.unwrap();
        assert_ne!(first.bytes, other.bytes);
    }
}
