//! The office's way to the server: JSON over the session's cookie, refusals as typed errors and words.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::i18n::{Key, t, ta};
use crate::office::model::Problem;
use crate::platform::json_fetch::{self, Answer, Body};

/// The media type of a workbook.
pub const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// The media type of a questionnaire's text source.
pub const MARKDOWN: &str = "text/markdown";
/// The media type of a workbook packed with its files.
pub const PACKAGE: &str = "application/zip";
const JSON: &str = "application/json";

/// Why a request did not do what was asked.
#[derive(Clone)]
pub enum ApiError {
    /// Nothing answered, or something else than the server did.
    Offline,
    /// The server said no, and why.
    Refused(Box<Refusal>),
}

#[derive(Clone)]
pub struct Refusal {
    pub status: u16,
    pub problem: Problem,
    /// Seconds to wait, when the server asked for it.
    pub retry_after: u32,
}

impl ApiError {
    /// The stable code of docs/API.md; blank when nothing answered.
    pub fn code(&self) -> &str {
        match self {
            Self::Offline => "",
            Self::Refused(refusal) => &refusal.problem.code,
        }
    }

    pub fn is_signed_out(&self) -> bool {
        self.code() == "not_signed_in"
    }

    /// What happened and what to do next, in the interface's language.
    pub fn words(&self) -> String {
        let Self::Refused(refusal) = self else { return t(Key::OfficeOffline) };
        match refusal.problem.code.as_str() {
            "login_wrong" => t(Key::SigninLoginWrong),
            "not_signed_in" => t(Key::SigninExpired),
            "too_many_tries" => {
                let minutes = refusal.retry_after.div_ceil(60).max(1).to_string();
                ta(Key::SigninTooMany, &[("minutes", &minutes)])
            }
            "not_allowed" => t(Key::ErrorNoRight),
            "not_found" => t(Key::RecordNotFound),
            "setup_link_unknown" => t(Key::SetupLinkUsed),
            "conflict" => t(Key::OfficeChangedFirst),
            "field_invalid" => ta(Key::OfficeFieldInvalid, &[("detail", &refusal.problem.detail)]),
            "" => ta(Key::OfficeServerFailed, &[("code", &refusal.status.to_string())]),
            code => ta(Key::OfficeServerFailed, &[("code", code)]),
        }
    }
}

/// `GET` of a JSON answer.
pub async fn get<T: DeserializeOwned>(path: &str) -> Result<T, ApiError> {
    read(&send("GET", path, None).await?)
}

/// `POST` of a JSON body.
pub async fn post<T: DeserializeOwned>(path: &str, body: &impl Serialize) -> Result<T, ApiError> {
    let bytes = serde_json::to_vec(body).map_err(|_| ApiError::Offline)?;
    read(&send("POST", path, Some(Body { media_type: JSON, bytes: &bytes })).await?)
}

/// `POST` of a JSON body whose answer has no content.
pub async fn tell(path: &str, body: &impl Serialize) -> Result<(), ApiError> {
    let bytes = serde_json::to_vec(body).map_err(|_| ApiError::Offline)?;
    send("POST", path, Some(Body { media_type: JSON, bytes: &bytes })).await.map(drop)
}

/// `DELETE`.
pub async fn delete(path: &str) -> Result<(), ApiError> {
    send("DELETE", path, Some(Body { media_type: JSON, bytes: b"{}" })).await.map(drop)
}

/// `POST` of a file.
pub async fn upload<T: DeserializeOwned>(
    path: &str,
    media_type: &str,
    bytes: &[u8],
) -> Result<T, ApiError> {
    read(&send("POST", path, Some(Body { media_type, bytes })).await?)
}

fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, ApiError> {
    serde_json::from_str(&answer.text).map_err(|_| {
        let problem = Problem { code: "answer_unreadable".into(), ..Problem::default() };
        ApiError::Refused(Box::new(Refusal { status: answer.status, problem, retry_after: 0 }))
    })
}

async fn send(method: &str, path: &str, body: Option<Body<'_>>) -> Result<Answer, ApiError> {
    let answer = json_fetch::ask(method, path, body).await.ok_or(ApiError::Offline)?;
    if (200..300).contains(&answer.status) {
        // A network that wants a sign-in first answers with a page.
        return if answer.json || answer.text.is_empty() {
            Ok(answer)
        } else {
            Err(ApiError::Offline)
        };
    }
    let problem = serde_json::from_str(&answer.text).unwrap_or_default();
    let refusal = Refusal { status: answer.status, problem, retry_after: answer.retry_after };
    Err(ApiError::Refused(Box::new(refusal)))
}
