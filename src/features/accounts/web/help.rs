//! What a passkey is and what an app is, with pictures, for people who meet them for the first time.

use askama::Template;
use axum::response::{IntoResponse, Response};

use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;

/// One step with its picture.
struct Step {
    picture: &'static str,
    text: &'static str,
}

#[derive(Template)]
#[template(path = "accounts/help.html")]
struct HelpPage {
    chrome: Chrome,
    lead: &'static str,
    steps: Vec<Step>,
    questions: Vec<(&'static str, &'static str)>,
    questions_heading: &'static str,
}

fn page(
    frame: &Frame,
    title: &'static str,
    lead: &'static str,
    steps: &[(&'static str, &'static str)],
    questions: &[(&'static str, &'static str)],
) -> Response {
    let page = HelpPage {
        chrome: frame.chrome(title, &[frame.home()]),
        lead,
        steps: steps.iter().map(|(picture, text)| Step { picture, text }).collect(),
        questions: questions.to_vec(),
        questions_heading: frame.language.pick("よくある質問", "Common questions"),
    };
    Page(page).into_response()
}

/// Passkeys.
pub async fn passkeys(frame: Frame) -> Response {
    let pick = |ja, en| frame.language.pick(ja, en);
    page(
        &frame,
        pick("パスキーとは", "What is a passkey?"),
        pick(
            "パスキーは、パソコンやスマートフォン、USBのセキュリティキーの中に保管される「鍵」です。覚える必要がなく、偽のサイトに渡すこともできません。",
            "A passkey is a key kept inside your computer, telephone or USB security key. There is nothing to remember, and it cannot be given to a false site.",
        ),
        &[
            (
                "img/help-device.svg",
                pick(
                    "登録の画面で「パスキーを登録する」を押します。",
                    "On the registration page, press \"Register the passkey\".",
                ),
            ),
            (
                "img/help-finger.svg",
                pick(
                    "端末の案内にしたがい、指紋・顔・暗証番号のどれかで確認します。指紋などの情報は端末の外に出ません。",
                    "Your device asks for your fingerprint, face or PIN. These never leave the device.",
                ),
            ),
            (
                "img/help-done.svg",
                pick(
                    "次からは、サインインの画面で「パスキーでサインインする」を押すだけです。",
                    "From then on, press \"Sign in with a passkey\" on the sign-in page. That is all.",
                ),
            ),
        ],
        &[
            (
                pick("端末をなくしたときは?", "What if I lose the device?"),
                pick(
                    "別の端末のパスキーを2つ以上登録しておくと安心です。すべて使えなくなったときは、管理担当者または事務局に電話で再登録を依頼してください。",
                    "Register passkeys on two devices or more. If all are lost, telephone your administrator or secretariat for a link to register anew.",
                ),
            ),
            (
                pick("共用のパソコンでは?", "What about a shared computer?"),
                pick(
                    "共用のパソコンには登録せず、ご自分のスマートフォンかUSBのセキュリティキーをお使いください。",
                    "Do not register there; use your own telephone or a USB security key.",
                ),
            ),
        ],
    )
}

/// Apps.
pub async fn app(frame: Frame) -> Response {
    let pick = |ja, en| frame.language.pick(ja, en);
    page(
        &frame,
        pick("認証アプリとは", "What is an authenticator app?"),
        pick(
            "認証アプリは、30秒ごとに変わる6桁の数字を表示するスマートフォンなどのアプリです。パスワードを知られても、この数字がなければサインインできません。",
            "An authenticator app shows six digits that change every 30 seconds. Whoever learns your password still cannot sign in without them.",
        ),
        &[
            (
                "img/help-device.svg",
                pick(
                    "勤務先で認められた認証アプリを端末に入れます。時刻は自動で合わせる設定にします。",
                    "Install an app that your workplace allows. Let the device set its clock by itself.",
                ),
            ),
            (
                "img/help-scan.svg",
                pick(
                    "登録の画面の図をアプリで読み取ります。",
                    "Scan the picture on the registration page with the app.",
                ),
            ),
            (
                "img/help-digits.svg",
                pick("アプリに表示された6桁の数字を入力します。", "Type the six digits that the app shows."),
            ),
            (
                "img/help-paper.svg",
                pick(
                    "表示される予備コードを印刷し、鍵のかかる場所に保管します。",
                    "Print the recovery codes and lock them away.",
                ),
            ),
        ],
        &[
            (
                pick("数字を入れても通らないときは?", "What if the digits are refused?"),
                pick(
                    "同じ数字は1回しか使えません。次の数字を待って入力してください。続くときは、端末の時計を確かめてください。",
                    "Each code works once: wait for the next one. If it happens again, check the clock of the device.",
                ),
            ),
            (
                pick("端末をなくしたときは?", "What if I lose the device?"),
                pick(
                    "予備コードを1つ使ってサインインし、利用者情報から新しい端末を登録してください。予備コードもないときは、管理担当者または事務局に電話で依頼してください。",
                    "Sign in with a recovery code and register the new device under “Your account”. Without codes, telephone your administrator or secretariat.",
                ),
            ),
        ],
    )
}
