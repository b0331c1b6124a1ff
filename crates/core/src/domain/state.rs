//! In which state a document has to be.

use serde::Serialize;

/// A document is in a state in which that cannot be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[error("it is {status}")]
pub struct WrongState {
    /// The state that it is in.
    pub status: &'static str,
    /// Those in which it can be done; none where more than the state decides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<&'static str>,
}

impl WrongState {
    /// Where more than the state decides.
    pub const fn is(status: &'static str) -> Self {
        Self { status, allowed: Vec::new() }
    }

    pub fn not<S: Copy + Into<&'static str>>(status: &'static str, allowed: &[S]) -> Self {
        Self { status, allowed: allowed.iter().map(|state| (*state).into()).collect() }
    }

    /// Error: the state is none of these.
    pub fn unless<S: Copy + PartialEq + Into<&'static str>>(status: S, allowed: &[S]) -> Result<(), Self> {
        if allowed.contains(&status) { Ok(()) } else { Err(Self::not(status.into(), allowed)) }
    }
}
