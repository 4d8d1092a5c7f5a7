//! Addresses of this feature.

use uuid::Uuid;

/// Route of the page where a table is taken out and brought in.
pub const EXCHANGE: &str = "/directory/{ceptoar}/exchange";
/// Route of the table.
pub const EXPORT: &str = "/directory/{ceptoar}/exchange/export";
/// Route of the empty workbook.
pub const TEMPLATE_XLSX: &str = "/directory/{ceptoar}/exchange/template.xlsx";
/// Route of the empty text table.
pub const TEMPLATE_CSV: &str = "/directory/{ceptoar}/exchange/template.csv";
/// Route of one import.
pub const IMPORT: &str = "/directory/{ceptoar}/imports/{import}";
/// Route of its dry run.
pub const CHECK: &str = "/directory/{ceptoar}/imports/{import}/check";
/// Route of applying it.
pub const APPLY: &str = "/directory/{ceptoar}/imports/{import}/apply";
/// Route of giving it up.
pub const DROP: &str = "/directory/{ceptoar}/imports/{import}/drop";

/// Where files come in: larger than any other form.
pub const UPLOADS: [&str; 1] = [EXCHANGE];

/// Something of a CEPTOAR.
#[must_use]
pub fn of_ceptoar(route: &str, ceptoar: &str) -> String {
    route.replace("{ceptoar}", ceptoar)
}

/// Something of an import.
#[must_use]
pub fn of_import(route: &str, ceptoar: &str, import: Uuid) -> String {
    of_ceptoar(route, ceptoar).replace("{import}", &import.to_string())
}
