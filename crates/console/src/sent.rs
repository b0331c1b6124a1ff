//! What a browser sends with a form: its fields, and the file after them.

use actix_multipart::{Field, Multipart};
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::{HttpRequest, web};
use futures_util::{StreamExt, stream};
use subsidy_core::domain::Code;

use super::form::Fields;
use subsidy_http::extract::header_text;
use subsidy_http::in_process::FileBytes;
use subsidy_http::problem::Problem;

/// Most bytes of a form without its file.
pub const FORM_BYTES_MAX: usize = 262_144;

#[derive(Debug)]
pub struct FormPost {
    pub fields: Fields,
    pub file: Option<SentFile>,
}

/// A file that is not read yet.
pub struct SentFile {
    pub media_type: String,
    pub bytes: FileBytes,
}

impl std::fmt::Debug for SentFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.media_type)
    }
}

fn unreadable() -> Problem {
    Problem::new(Code::UnreadableBody)
}

/// Errors: `unreadable_body`, `too_large`.
pub async fn read(request: &HttpRequest, payload: web::Payload) -> Result<FormPost, Problem> {
    let media_type = header_text(request.headers(), &header::CONTENT_TYPE).unwrap_or_default();
    if media_type.starts_with("multipart/form-data") {
        return parts(Multipart::new(request.headers(), payload)).await;
    }
    let mut bytes = Vec::new();
    let mut payload = payload.into_inner();
    while let Some(chunk) = payload.next().await {
        add(&mut bytes, &chunk.map_err(|_| unreadable())?)?;
    }
    Ok(FormPost { fields: Fields::parse(&bytes).ok_or_else(unreadable)?, file: None })
}

fn add(bytes: &mut Vec<u8>, chunk: &[u8]) -> Result<(), Problem> {
    if bytes.len() + chunk.len() > FORM_BYTES_MAX {
        return Err(Problem::too_large(FORM_BYTES_MAX, "bytes"));
    }
    bytes.extend_from_slice(chunk);
    Ok(())
}

async fn parts(mut form: Multipart) -> Result<FormPost, Problem> {
    let (mut pairs, mut bytes) = (Vec::new(), 0);
    while let Some(part) = form.next().await {
        let mut part = part.map_err(|_| unreadable())?;
        let name = part.name().unwrap_or_default().to_owned();
        if name == "file" {
            return Ok(FormPost { fields: Fields::of(pairs), file: Some(file(form, part)) });
        }
        let mut value = Vec::new();
        while let Some(chunk) = part.next().await {
            add(&mut value, &chunk.map_err(|_| unreadable())?)?;
        }
        bytes += value.len() + name.len();
        if bytes > FORM_BYTES_MAX {
            return Err(Problem::too_large(FORM_BYTES_MAX, "bytes"));
        }
        pairs.push((name, String::from_utf8(value).map_err(|_| unreadable())?));
    }
    Ok(FormPost { fields: Fields::of(pairs), file: None })
}

/// The form lives as long as its last part is read.
fn file(form: Multipart, part: Field) -> SentFile {
    let media_type = part.content_type().map(|declared| declared.essence_str().to_owned());
    let bytes = stream::unfold((form, part), |(form, mut part)| async move {
        let chunk = part.next().await?;
        Some((chunk.map_err(|_| PayloadError::Incomplete(None)), (form, part)))
    });
    SentFile { media_type: media_type.unwrap_or_default(), bytes: Box::pin(bytes) }
}
