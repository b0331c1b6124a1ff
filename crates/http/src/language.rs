//! The language of titles and details: Chinese unless the caller would rather have English (RFC 9110, 12.5.4).

/// A language that every error is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    #[default]
    Chinese,
    English,
}

impl Language {
    /// As `Content-Language` names it.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    /// The language that an `Accept-Language` asks for first; of several alike the earlier.
    pub fn accepted(header: Option<&str>) -> Self {
        let mut best = (0_u16, Self::default());
        for range in header.unwrap_or_default().split(',') {
            let (tag, weight) = range.split_once(';').unwrap_or((range, ""));
            let (Some(language), Some(weight)) = (Self::of_tag(tag.trim()), thousandths(weight.trim()))
            else {
                continue;
            };
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }

    fn of_tag(tag: &str) -> Option<Self> {
        match tag.split('-').next()?.to_ascii_lowercase().as_str() {
            "zh" | "*" => Some(Self::Chinese),
            "en" => Some(Self::English),
            _ => None,
        }
    }
}

/// `q=0.8` in thousandths; nothing is 1.
fn thousandths(weight: &str) -> Option<u16> {
    if weight.is_empty() {
        return Some(1_000);
    }
    let value = weight.strip_prefix("q=").or_else(|| weight.strip_prefix("Q="))?;
    let (whole, part) = value.split_once('.').unwrap_or((value, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if !matches!(whole, "0" | "1") || part.len() > 3 || !digits(part) {
        return None;
    }
    let whole: u16 = whole.parse().ok()?;
    let part: u16 = format!("{part:0<3}").parse().ok()?;
    Some((whole * 1_000 + part).min(1_000))
}

#[cfg(test)]
mod tests {
    use super::Language::{self, Chinese, English};

    #[test]
    fn the_language_with_the_greatest_weight_is_spoken() {
        for (header, spoken) in [
            (None, Chinese),
            (Some(""), Chinese),
            (Some("en"), English),
            (Some("en-GB,zh;q=0.5"), English),
            (Some("en;q=0.4, zh-CN;q=0.9"), Chinese),
            (Some("fr, en;q=0.1"), English),
            (Some("en;q=0"), Chinese),
            (Some("*, en;q=0.5"), Chinese),
            (Some("EN-us;q=1.000"), English),
            (Some("en;q=2"), Chinese),
            (Some("en;level=1"), Chinese),
        ] {
            assert_eq!(Language::accepted(header), spoken, "{header:?}");
        }
    }
}
