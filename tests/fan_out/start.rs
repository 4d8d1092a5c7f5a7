//! What the program refuses to start with.

use std::process::{Command, Output};

use crate::field::Field;

fn run(envs: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ceptoar-portal"))
        .env_clear()
        .envs(envs.iter().copied())
        .args(["worker"])
        .output()
        .expect("the program")
}

fn complaint(output: &Output) -> String {
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn accounts_of_the_other_kind_are_refused() {
    let field = Field::prepare("start", "pipelined", 0).await;
    let url = field.url("portal_owner");
    let real: &[(&str, &str)] = &[
        ("DATABASE_URL", &url),
        ("SMTP_URL", "smtp://127.0.0.1:9"),
        ("PORTAL_BASE_URL", "https://portal.test"),
        ("PORTAL_MAIL_FROM", "portal@portal.test"),
    ];
    let add = |kind| {
        sqlx::AssertSqlSafe(format!(
            "delete from accounts; insert into accounts (sign_in_name, display_name, password_hash, demonstration, created_at)
             values ('a', 'a', 'x', {kind}, now())"
        ))
    };
    sqlx::raw_sql(add("true")).execute(&mut field.root().await).await.expect("an account");
    assert!(complaint(&run(real)).contains("filled for the demonstration"));
    sqlx::raw_sql(add("false")).execute(&mut field.root().await).await.expect("an account");
    assert!(complaint(&run(&[("DATABASE_URL", &url)])).contains("accounts of real people"));
}

#[test]
fn a_lone_worker_of_the_demonstration_is_refused() {
    assert!(complaint(&run(&[])).contains("DATABASE_URL"));
}
