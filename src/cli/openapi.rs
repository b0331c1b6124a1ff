//! `openapi`: the document that `/openapi.json` serves.

use super::{Failure, output};

pub fn run() -> Result<(), Failure> {
    output::line(super::web::openapi())
}
