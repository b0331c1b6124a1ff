//! Amounts and times as people read them. Amounts stay texts: nothing is computed here.

use chrono::{DateTime, FixedOffset};

/// China has one time zone, and no summer time.
const CHINA_SECONDS: i32 = 8 * 3600;

/// `1234567.89` with separators: `1,234,567.89`. What is no number stays as it is.
pub fn amount(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let (whole, part) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    if whole.is_empty() || !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.to_owned();
    }
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    match part {
        Some(part) => format!("{sign}{grouped}.{part}"),
        None => format!("{sign}{grouped}"),
    }
}

/// An instant to the minute, as a clock in China shows it.
pub fn time(text: &str) -> String {
    let read = DateTime::parse_from_rfc3339(text).ok().zip(FixedOffset::east_opt(CHINA_SECONDS));
    match read {
        Some((at, zone)) => at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string(),
        None => text.to_owned(),
    }
}

const DIGITS: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];

/// An amount in the characters that cannot be forged by a stroke (大写金额): 壹佰零贰万元整. Empty for what is no amount.
pub fn in_words(text: &str) -> String {
    let (whole, part) = text.split_once('.').unwrap_or((text, "00"));
    let digits: Option<Vec<u32>> = whole.chars().map(|c| c.to_digit(10)).collect();
    let (Some(digits), Ok(fen)) = (digits, part.parse::<usize>()) else { return String::new() };
    if digits.is_empty() || digits.len() > 16 || part.len() != 2 {
        return String::new();
    }
    let mut words = integer(&digits);
    if !words.is_empty() {
        words.push('元');
    }
    let digit = |value: usize| DIGITS.get(value).copied().unwrap_or('零');
    match (fen / 10, fen % 10) {
        (0, 0) if words.is_empty() => words.push_str("零元整"),
        (0, 0) => words.push('整'),
        (0, fen) => {
            if !words.is_empty() {
                words.push('零');
            }
            words.extend([digit(fen), '分']);
        }
        (jiao, 0) => words.extend([digit(jiao), '角', '整']),
        (jiao, fen) => words.extend([digit(jiao), '角', digit(fen), '分']),
    }
    words
}

/// A whole number of 元, four digits at a time; a run of zeros between digits is said once.
fn integer(digits: &[u32]) -> String {
    let (mut words, mut zero, mut in_group) = (String::new(), false, false);
    for (place, digit) in digits.iter().enumerate() {
        let left = digits.len() - 1 - place;
        if *digit == 0 {
            zero = true;
        } else {
            if zero && !words.is_empty() {
                words.push('零');
            }
            zero = false;
            in_group = true;
            words.extend(usize::try_from(*digit).ok().and_then(|digit| DIGITS.get(digit)));
            words.push_str(["", "拾", "佰", "仟"].get(left % 4).copied().unwrap_or_default());
        }
        if left.is_multiple_of(4) && in_group {
            words.push_str(["", "万", "亿", "万亿"].get(left / 4).copied().unwrap_or_default());
            in_group = false;
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_separators_and_what_is_no_amount_stays() {
        for (text, shown) in [
            ("0.00", "0.00"),
            ("999.99", "999.99"),
            ("1000.00", "1,000.00"),
            ("-1234567.89", "-1,234,567.89"),
            ("1000000", "1,000,000"),
            ("", ""),
            ("-", "-"),
            ("2025-06-30", "2025-06-30"),
        ] {
            assert_eq!(amount(text), shown);
        }
    }

    #[test]
    fn amounts_in_words_are_as_banks_write_them() {
        for (text, words) in [
            ("0.00", "零元整"),
            ("0.05", "伍分"),
            ("0.50", "伍角整"),
            ("10.05", "壹拾元零伍分"),
            ("1024691.36", "壹佰零贰万肆仟陆佰玖拾壹元叁角陆分"),
            ("16400.53", "壹万陆仟肆佰元伍角叁分"),
            ("100000001.00", "壹亿零壹元整"),
            ("10000000.00", "壹仟万元整"),
            ("1000000000000.00", "壹万亿元整"),
            ("360000.00", "叁拾陆万元整"),
            ("", ""),
            ("-1.00", ""),
        ] {
            assert_eq!(in_words(text), words, "{text}");
        }
    }

    #[test]
    fn an_instant_is_shown_as_in_china() {
        assert_eq!(time("2026-11-29T17:49:27.486653Z"), "2026-11-30 01:49");
    }
}
