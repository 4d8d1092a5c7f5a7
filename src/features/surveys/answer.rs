//! A firm's answers: what was typed, and what it says.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::question::{MOST_PRODUCTS, Number, Question, QuestionKind};
use crate::kernel::language::{Language, fill};
use crate::kernel::text::{self, folded};
use crate::platform::web::form::{text_problem, value_of};

const LONGEST_WORDS: usize = 2000;
const LONGEST_NAME: usize = 100;
const LONGEST_RELEASE: usize = 50;
/// Empty rows below the products of a form.
const SPARE_ROWS: usize = 3;

crate::words! {
    /// Messages at answers.
    pub struct AnswerWords {
        missing: "質問{n}: 回答してください。" / "Question {n}: please answer.",
        no_choice: "質問{n}: 選択肢から選び直してください。" / "Question {n}: please choose again.",
        number_wrong: "質問{n}: 数字で入力してください(小数は2桁まで)。" / "Question {n}: a number, please, with two decimals at most.",
        out_of_bounds: "質問{n}: {least}から{most}までの数を入力してください。" / "Question {n}: a number from {least} to {most}, please.",
        no_product: "質問{n}の{row}行目: 製品名を入力してください。" / "Question {n}, row {row}: please enter the product.",
        too_many: "質問{n}: 製品は{most}件までです。" / "Question {n}: at most {most} products.",
        same: "質問{n}の{row}行目: 同じ製品・版が上の行にもあります。どちらかを消してください。" / "Question {n}, row {row}: this product stands above already. Please remove one of them.",
        at: "質問{n}: {problem}" / "Question {n}: {problem}",
    }
}

/// A product that a firm uses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Product {
    /// Who makes it.
    pub vendor: String,
    /// What it is called.
    pub product: String,
    /// Which version.
    pub release: String,
}

impl Product {
    /// The form in which it is counted and found.
    #[must_use]
    pub fn folded(&self) -> String {
        folded(format!("{} {}", self.vendor, self.product).trim())
    }

    /// As people read it.
    #[must_use]
    pub fn shown(&self) -> String {
        [&self.vendor, &self.product, &self.release]
            .into_iter()
            .filter(|part| !part.is_empty())
            .cloned()
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// What a question was answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Places of choices, from 1.
    Choices(Vec<i16>),
    /// A number.
    Number(Number),
    /// Words.
    Words(String),
    /// Products.
    Products(Vec<Product>),
}

impl Value {
    /// As people read it, a line for each part.
    #[must_use]
    pub fn shown(&self, question: &Question) -> Vec<String> {
        let content = &question.content;
        match self {
            Self::Choices(places) => {
                let choice = |place: &i16| content.choices.get(usize::try_from(*place).ok()?.checked_sub(1)?).cloned();
                places.iter().filter_map(choice).collect()
            }
            Self::Number(number) => vec![format!("{number}{}", content.unit)],
            Self::Words(words) => vec![words.clone()],
            Self::Products(products) => products.iter().map(Product::shown).collect(),
        }
    }
}

/// An answer to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// To which.
    pub question_id: Uuid,
    /// What.
    pub value: Value,
}

/// What is wrong at a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The field that the message leads to.
    pub field: String,
    /// The message.
    pub message: String,
}

/// The name of the field of a question; of a list of products that of a part of one row.
#[must_use]
pub fn field(question: &Question) -> String {
    format!("answer_{}", question.position)
}

/// The name of the field of a part of a product.
#[must_use]
pub fn product_field(part: &str, question: &Question, row: usize) -> String {
    format!("{part}_{}_{row}", question.position)
}

/// What was typed: names and values, of fields that there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed(pub Vec<(String, String)>);

impl Typed {
    /// What came with a form, without what is no field of these questions; `None` where there is something else, or more
    /// rows than a firm may list.
    #[must_use]
    pub fn of(pairs: Vec<(String, String)>, questions: &[Question]) -> Option<Self> {
        let mut names = BTreeSet::new();
        for question in questions {
            match question.content.kind {
                QuestionKind::Products => {
                    names.extend((1..=MOST_PRODUCTS + SPARE_ROWS).flat_map(|row| {
                        ["vendor", "product", "release"].map(|part| product_field(part, question, row))
                    }))
                }
                QuestionKind::One | QuestionKind::Several | QuestionKind::Number | QuestionKind::Words => {
                    names.insert(field(question));
                }
            }
        }
        let known = |name: &str| names.contains(name);
        let of_page = ["version", "act", "form_token"];
        let (mine, others): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(name, _)| known(name));
        others.iter().all(|(name, _)| of_page.contains(&name.as_str())).then_some(Self(mine))
    }

    /// What a form begins with that goes on from what was sent.
    #[must_use]
    pub fn from_answers(answers: &[Answer], questions: &[Question]) -> Self {
        let mut pairs = Vec::new();
        for answer in answers {
            let Some(question) = questions.iter().find(|q| q.question_id == answer.question_id) else { continue };
            match &answer.value {
                Value::Choices(places) => pairs.extend(places.iter().map(|p| (field(question), p.to_string()))),
                Value::Number(number) => pairs.push((field(question), number.to_string())),
                Value::Words(words) => pairs.push((field(question), words.clone())),
                Value::Products(products) => {
                    for (row, product) in (1..).zip(products) {
                        let parts =
                            [("vendor", &product.vendor), ("product", &product.product), ("release", &product.release)];
                        pairs.extend(parts.map(|(part, value)| (product_field(part, question, row), value.clone())));
                    }
                }
            }
        }
        Self(pairs)
    }

    /// The first value of a field.
    #[must_use]
    pub fn at(&self, name: &str) -> &str {
        value_of(&self.0, name)
    }

    /// Every value of a field.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The rows of a list of products that say something, with the empty ones between them left out.
    #[must_use]
    pub fn products(&self, question: &Question) -> Vec<Product> {
        let row = |row| {
            let part = |part| self.at(&product_field(part, question, row)).to_owned();
            Product { vendor: part("vendor"), product: part("product"), release: part("release") }
        };
        let typed = (1..=MOST_PRODUCTS + SPARE_ROWS).map(row);
        typed.filter(|product| !product.shown().trim().is_empty()).collect()
    }

    /// The same where a list of products has no empty rows between: as it is saved and shown again.
    #[must_use]
    pub fn tidy(&self, questions: &[Question]) -> Self {
        let lists = questions.iter().filter(|question| question.content.kind == QuestionKind::Products);
        let is_part = |name: &str| ["vendor_", "product_", "release_"].iter().any(|part| name.starts_with(part));
        let mut pairs: Vec<_> = self.0.iter().filter(|(name, _)| !is_part(name)).cloned().collect();
        for question in lists {
            for (row, product) in (1..).zip(self.products(question)) {
                let parts = [("vendor", product.vendor), ("product", product.product), ("release", product.release)];
                pairs.extend(parts.map(|(part, value)| (product_field(part, question, row), value)));
            }
        }
        Self(pairs)
    }

    /// The answers, or what is wrong. While it is a draft, nothing has to be there.
    pub fn read(&self, questions: &[Question], draft: bool, language: Language) -> Result<Vec<Answer>, Vec<Wrong>> {
        let (mut answers, mut wrong) = (Vec::new(), Vec::new());
        for question in questions {
            match self.value(question, language) {
                Ok(Some(value)) => answers.push(Answer { question_id: question.question_id, value }),
                Ok(None) if question.content.required && !draft => {
                    let field = first_field(question);
                    wrong.push(Wrong { field, message: said(AnswerWords::of(language).missing, question, &[]) });
                }
                Ok(None) => {}
                Err(more) => wrong.extend(more),
            }
        }
        if wrong.is_empty() { Ok(answers) } else { Err(wrong) }
    }

    fn value(&self, question: &Question, language: Language) -> Result<Option<Value>, Vec<Wrong>> {
        let w = AnswerWords::of(language);
        let name = field(question);
        let typed = self.at(&name);
        let wrong = |message: String| vec![Wrong { field: name.clone(), message }];
        match question.content.kind {
            QuestionKind::One | QuestionKind::Several => {
                self.choices(question, &name).ok_or_else(|| wrong(said(w.no_choice, question, &[])))
            }
            QuestionKind::Number if typed.trim().is_empty() => Ok(None),
            QuestionKind::Number => {
                let number = Number::parse(typed).ok_or_else(|| wrong(said(w.number_wrong, question, &[])))?;
                let [least, most] = question.content.bounds.unwrap_or([Number(0), Number::LARGEST]);
                if number < least || number > most {
                    let bounds = [("least", least.to_string()), ("most", most.to_string())];
                    return Err(wrong(said(w.out_of_bounds, question, &bounds)));
                }
                Ok(Some(Value::Number(number)))
            }
            QuestionKind::Words => match text::paragraph(typed, LONGEST_WORDS) {
                Ok(words) => Ok((!words.is_empty()).then_some(Value::Words(words))),
                Err(problem) => Err(wrong(said(w.at, question, &[("problem", text_problem(problem, language))]))),
            },
            QuestionKind::Products => self.list(question, language),
        }
    }

    /// The places chosen; `None` where something else came.
    fn choices(&self, question: &Question, name: &str) -> Option<Option<Value>> {
        let most = i16::try_from(question.content.choices.len()).ok()?;
        let mut places = BTreeSet::new();
        for typed in self.all(name) {
            places.insert(typed.parse::<i16>().ok().filter(|place| (1..=most).contains(place))?);
        }
        if question.content.kind == QuestionKind::One && places.len() > 1 {
            return None;
        }
        Some((!places.is_empty()).then(|| Value::Choices(places.into_iter().collect())))
    }

    fn list(&self, question: &Question, language: Language) -> Result<Option<Value>, Vec<Wrong>> {
        let w = AnswerWords::of(language);
        let (mut products, mut wrong, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
        for (row, typed) in (1..).zip(self.products(question)) {
            let mut take = |part: &str, typed: &str, limit| {
                text::line(typed, limit).unwrap_or_else(|problem| {
                    let problem = [("problem", text_problem(problem, language))];
                    wrong.push(Wrong {
                        field: product_field(part, question, row),
                        message: said(w.at, question, &problem),
                    });
                    String::new()
                })
            };
            let product = Product {
                vendor: take("vendor", &typed.vendor, LONGEST_NAME),
                product: take("product", &typed.product, LONGEST_NAME),
                release: take("release", &typed.release, LONGEST_RELEASE),
            };
            let place = [("row", row.to_string())];
            if typed.product.trim().is_empty() {
                wrong.push(Wrong {
                    field: product_field("product", question, row),
                    message: said(w.no_product, question, &place),
                });
            } else if !product.product.is_empty() && !seen.insert((product.folded(), folded(&product.release))) {
                wrong.push(Wrong {
                    field: product_field("product", question, row),
                    message: said(w.same, question, &place),
                });
            }
            products.push(product);
        }
        if products.len() > MOST_PRODUCTS {
            let most = [("most", MOST_PRODUCTS.to_string())];
            wrong.push(Wrong { field: first_field(question), message: said(w.too_many, question, &most) });
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok((!products.is_empty()).then_some(Value::Products(products)))
    }
}

/// The field that a message about a whole question leads to.
fn first_field(question: &Question) -> String {
    match question.content.kind {
        QuestionKind::Products => product_field("vendor", question, 1),
        QuestionKind::One | QuestionKind::Several | QuestionKind::Number | QuestionKind::Words => field(question),
    }
}

fn said(text: &str, question: &Question, values: &[(&str, String)]) -> String {
    let number = question.position.to_string();
    let mut all = vec![("n", number.as_str())];
    all.extend(values.iter().map(|(name, value)| (*name, value.as_str())));
    fill(text, &all)
}

/// How many rows a form shows for a list of products; `more` adds ten.
#[must_use]
pub fn rows(filled: usize, more: bool) -> usize {
    (filled + if more { 10 } else { SPARE_ROWS }).min(MOST_PRODUCTS)
}
