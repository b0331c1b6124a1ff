//! Why a command ends without having done what it was asked, and the exit code that says so.

use std::error::Error;
use std::fmt::Write;

/// Why a command ends early.
#[derive(Debug)]
pub enum Failure {
    /// It was asked in a way that cannot be meant: exit code 2.
    Usage(String),
    /// The ledger does not verify: exit code 3.
    Unverified(String),
    /// It did not work: exit code 1.
    Failed(Box<dyn Error + Send + Sync>),
}

/// What was being done, and why it did not work.
#[derive(Debug, thiserror::Error)]
#[error("{doing}")]
struct While {
    doing: String,
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

impl Failure {
    /// It did not work, in words of our own.
    pub fn new(message: impl Into<String>) -> Self {
        Self::Failed(message.into().into())
    }

    /// For `map_err`: what was being done.
    pub fn doing<E: Into<Box<dyn Error + Send + Sync>>>(doing: impl Into<String>) -> impl FnOnce(E) -> Self {
        let doing = doing.into();
        move |source| Self::Failed(Box::new(While { doing, source: source.into() }))
    }

    /// What the process ends with.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Failed(_) => 1,
            Self::Usage(_) => 2,
            Self::Unverified(_) => 3,
        }
    }

    /// One line: the message and the chain of its causes.
    pub fn line(&self) -> String {
        let error = match self {
            Self::Usage(message) | Self::Unverified(message) => return one_line(message),
            Self::Failed(error) => error,
        };
        let (mut line, mut last) = (error.to_string(), error.to_string());
        let mut cause = error.source();
        while let Some(error) = cause {
            let message = error.to_string();
            if message != last && !message.is_empty() {
                write!(line, ": {message}").ok();
            }
            last = message;
            cause = error.source();
        }
        one_line(&line)
    }

    /// Whether whoever reads our output went away: nothing to complain about.
    pub fn is_broken_pipe(&self) -> bool {
        let Self::Failed(error) = self else { return false };
        error.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Failed(Box::new(error))
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_one_line_with_its_causes_and_says_none_twice() {
        let inner: Box<dyn Error + Send + Sync> = "the disk\nis full".into();
        let failure =
            Failure::doing("cannot write x")(While { doing: "the disk is full".into(), source: inner });
        assert_eq!(failure.line(), "cannot write x: the disk is full: the disk is full");
        assert_eq!(Failure::new("away").line(), "away");
    }

    #[test]
    fn each_kind_has_its_exit_code() {
        let codes = [Failure::new(""), Failure::Usage(String::new()), Failure::Unverified(String::new())];
        assert_eq!(codes.map(|failure| failure.exit_code()), [1, 2, 3]);
    }
}
