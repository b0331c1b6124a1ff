//! The language of the person at the terminal, and texts in it. Names and codes that programs read (`--json`) and the log
//! are the same in both.

use subsidy_http::language::Language;

/// Chinese where the locale is, else English.
pub fn language() -> Language {
    let named = |name| std::env::var(name).ok().filter(|locale| !locale.is_empty());
    match ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(named) {
        Some(locale) if locale.starts_with("zh") => Language::Chinese,
        Some(_) | None => Language::English,
    }
}

/// A text for the person at the terminal: what `format!` makes of the Chinese or of the English form.
macro_rules! say {
    ($chinese:literal, $english:literal $(, $($argument:tt)+)?) => {
        match $crate::cli::language::language() {
            ::subsidy_http::language::Language::Chinese => format!($chinese $(, $($argument)+)?),
            ::subsidy_http::language::Language::English => format!($english $(, $($argument)+)?),
        }
    };
}
pub(crate) use say;
