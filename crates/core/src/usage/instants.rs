//! Dates and times as clouds write them. FOCUS has one form, `2026-05-01T00:00:00Z`; whatever else can mean one instant
//! only is read, and told by what is other than that form.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::CellError;

/// Reads an instant: with it, how it is written where that is not as the specification has it. Error: what it is instead.
pub fn read(text: &str) -> Result<(DateTime<Utc>, Option<CellError>), CellError> {
    let refused = || {
        let day: Vec<&str> =
            text.split([' ', 'T']).next().unwrap_or_default().split(['/', '-', '.']).collect();
        let numbers = day.len() == 3 && day.iter().all(|part| part.parse::<u16>().is_ok());
        // of what begins with a year the rest can be told apart
        let ambiguous = numbers && day.first().is_some_and(|part| part.len() < 3);
        if ambiguous { CellError::DatetimeAmbiguous } else { CellError::InvalidDatetime }
    };
    let (at, odd) = parse(text).ok_or_else(refused)?;
    let years = DateTime::from_timestamp(946_684_800, 0)..DateTime::from_timestamp(4_102_444_800, 0);
    if years.contains(&Some(at)) { Ok((at, odd)) } else { Err(CellError::InvalidDatetime) }
}

/// A text that is taken from the left.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    /// Exactly so many digits.
    fn number(&mut self, digits: usize) -> Option<u32> {
        let (head, tail) = self.0.split_at_checked(digits)?;
        let number = head.iter().try_fold(0_u32, |sum, byte| {
            byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte.saturating_sub(b'0')))
        })?;
        self.0 = tail;
        Some(number)
    }

    /// One digit or two.
    fn short(&mut self) -> Option<u32> {
        let two = self.0.get(1).is_some_and(u8::is_ascii_digit);
        self.number(if two { 2 } else { 1 })
    }

    /// Whether this byte comes next, which is taken then.
    fn take(&mut self, byte: u8) -> bool {
        match self.0.split_first() {
            Some((first, tail)) if *first == byte => {
                self.0 = tail;
                true
            }
            Some(_) | None => false,
        }
    }
}

fn parse(text: &str) -> Option<(DateTime<Utc>, Option<CellError>)> {
    let mut rest = Rest(text.as_bytes());
    let (date, plain) = date(&mut rest)?;
    if rest.0.is_empty() {
        return Some((date.and_hms_opt(0, 0, 0)?.and_utc(), Some(CellError::DatetimeDateOnly)));
    }
    let blank = !rest.take(b'T');
    if blank && !rest.take(b' ') {
        return None;
    }
    // spreadsheets write 8:00
    let hour = if blank { rest.short()? } else { rest.number(2)? };
    let minute = rest.take(b':').then(|| rest.number(2)).flatten()?;
    let second = if rest.take(b':') { Some(rest.number(2)?) } else { None };
    let local = date.and_hms_opt(hour, minute, second.unwrap_or(0))?;
    let fraction = if second.is_some() && (rest.take(b'.') || rest.take(b',')) {
        Some(fraction(&mut rest)?)
    } else {
        None
    };
    let (offset, zone) = zone(rest)?;
    let nearest = TimeDelta::seconds(i64::from(fraction == Some(true)));
    let at = local.and_utc().checked_sub_signed(TimeDelta::minutes(offset))?.checked_add_signed(nearest)?;
    let odd = match (fraction, second) {
        (Some(_), _) => Some(CellError::DatetimeFraction),
        (None, None) => Some(CellError::DatetimeNoSeconds),
        (None, Some(_)) => zone.or((blank || !plain).then_some(CellError::DatetimeWords)),
    };
    Some((at, odd))
}

/// A date that begins with its year, and whether it is written with hyphens and two digits each.
fn date(rest: &mut Rest<'_>) -> Option<(NaiveDate, bool)> {
    let year = i32::try_from(rest.number(4)?).ok()?;
    let before = rest.0.len();
    let (month, day, hyphens) = if rest.take(b'-') {
        let month = rest.short()?;
        (month, rest.take(b'-').then(|| rest.short()).flatten()?, true)
    } else if rest.take(b'/') {
        let month = rest.short()?;
        (month, rest.take(b'/').then(|| rest.short()).flatten()?, false)
    } else {
        (rest.number(2)?, rest.number(2)?, false)
    };
    let digits = before.saturating_sub(rest.0.len());
    Some((NaiveDate::from_ymd_opt(year, month, day)?, hyphens && digits == "-05-01".len()))
}

/// Digits after the point of a second: whether they are half of one or more.
fn fraction(rest: &mut Rest<'_>) -> Option<bool> {
    let first = rest.number(1)?;
    while rest.0.first().is_some_and(u8::is_ascii_digit) {
        rest.number(1)?;
    }
    Some(first >= 5)
}

/// Minutes east of UTC, and how that is written where it is not `Z`.
fn zone(mut rest: Rest<'_>) -> Option<(i64, Option<CellError>)> {
    match rest.0 {
        b"Z" => return Some((0, None)),
        b"" => return Some((0, Some(CellError::DatetimeNoZone))),
        b" UTC" | b"UTC" | b" GMT" | b"GMT" | b" Z" | b"z" => {
            return Some((0, Some(CellError::DatetimeWords)));
        }
        _ => {}
    }
    rest.take(b' ');
    let west = rest.take(b'-');
    if !west && !rest.take(b'+') {
        return None;
    }
    let hours = rest.number(2)?;
    let minutes = if rest.0.is_empty() {
        0
    } else {
        rest.take(b':');
        rest.number(2)?
    };
    // some libraries write `+0000 UTC`
    if !matches!(rest.0, b"" | b" UTC" | b" GMT") || hours > 14 || minutes > 59 {
        return None;
    }
    let east = i64::from(hours * 60 + minutes);
    Some((if west { -east } else { east }, Some(CellError::DatetimeOffset)))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed parse fails the test")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_form_that_means_one_instant_is_read() {
        for (text, odd) in [
            ("2026-05-01T00:00:00Z", None),
            ("2026-05-01T00:00:00.000Z", Some(CellError::DatetimeFraction)),
            ("2026-05-01 00:00:00.4999999", Some(CellError::DatetimeFraction)),
            ("2026-04-30T23:59:59.999Z", Some(CellError::DatetimeFraction)),
            ("2026-05-01T00:00Z", Some(CellError::DatetimeNoSeconds)),
            ("2026-05-01T00:00", Some(CellError::DatetimeNoSeconds)),
            ("2026-05-01T00:00:00", Some(CellError::DatetimeNoZone)),
            ("2026-05-01 00:00:00", Some(CellError::DatetimeNoZone)),
            ("2026-05-01 00:00:00 UTC", Some(CellError::DatetimeWords)),
            ("2026-05-01 00:00:00Z", Some(CellError::DatetimeWords)),
            ("2026-05-01T08:00:00+08:00", Some(CellError::DatetimeOffset)),
            ("2026-05-01T00:00:00+0000", Some(CellError::DatetimeOffset)),
            ("2026-04-30T19:00:00-05", Some(CellError::DatetimeOffset)),
            ("2026-05-01T00:00:00+00", Some(CellError::DatetimeOffset)),
            ("2026-05-01 00:00:00 +0000 UTC", Some(CellError::DatetimeOffset)),
            ("2026-05-01 08:00:00.123456789 +08:00", Some(CellError::DatetimeFraction)),
            ("2026-05-01T00:00:00,000Z", Some(CellError::DatetimeFraction)),
            ("2026-05-01 00:00:00.000 UTC", Some(CellError::DatetimeFraction)),
            ("2026-05-01T08:00+08:00", Some(CellError::DatetimeNoSeconds)),
            ("2026/5/1 0:00", Some(CellError::DatetimeNoSeconds)),
            ("2026/05/01 00:00:00", Some(CellError::DatetimeNoZone)),
            ("2026/05/01T00:00:00Z", Some(CellError::DatetimeWords)),
            ("2026-5-1T00:00:00Z", Some(CellError::DatetimeWords)),
            ("2026-05-01 00:00:00 GMT", Some(CellError::DatetimeWords)),
            ("2026-05-01", Some(CellError::DatetimeDateOnly)),
            ("2026/5/1", Some(CellError::DatetimeDateOnly)),
            ("20260501", Some(CellError::DatetimeDateOnly)),
        ] {
            let (at, found) = read(text).unwrap();
            assert_eq!((at.to_rfc3339().as_str(), found), ("2026-05-01T00:00:00+00:00", odd), "{text}");
        }
    }

    #[test]
    fn what_may_mean_several_or_nothing_is_refused() {
        for text in ["4/1/25", "04/01/2025", "1/4/25 00:00", "01-05-2026", "1.5.26", "05/01/2026T00:00:00Z"] {
            assert_eq!(read(text).unwrap_err(), CellError::DatetimeAmbiguous, "{text}");
        }
        for text in [
            "",
            "2026",
            "2026-13-01T00:00:00Z",
            "2026/13/01",
            "2026-5/1",
            "2026050",
            "202605011",
            "01-MAY-26",
            "1777593600000",
            "46143",
            "2026-02-30T00:00:00Z",
            "2026-05-01T24:00:00Z",
            "2026-05-01T00:00:60Z",
            "2026-05-01T00:00:00+8",
            "2026-05-01T00:00:00+99:00",
            "2026-05-01T00:00:00.Z",
            "2026-05-01T00:00:00Zx",
            "2026-05-01T0:00:00Z",
            "1999-12-31T23:59:59Z",
            "2100-01-02T00:00:00Z",
            "２０２６-05-01T00:00:00Z",
        ] {
            assert_eq!(read(text).unwrap_err(), CellError::InvalidDatetime, "{text}");
        }
    }

    proptest! {
        /// However an instant is written, it is that instant.
        #[test]
        fn an_instant_is_read_in_every_form(seconds in 946_684_800_i64..4_102_444_800, east in -840_i64..=840) {
            let at = DateTime::from_timestamp(seconds, 0).unwrap();
            let there = at.with_timezone(&chrono::FixedOffset::east_opt(i32::try_from(east * 60).unwrap()).unwrap());
            prop_assert_eq!(read(&at.format("%Y-%m-%dT%H:%M:%SZ").to_string()), Ok((at, None)));
            for form in [
                "%Y-%m-%dT%H:%M:%S.%3fZ", "%Y-%m-%d %H:%M:%S.%6f UTC", "%Y-%m-%d %H:%M:%S", "%Y/%-m/%-d %-H:%M:%S",
                "%Y-%m-%d %H:%M:%S +0000 UTC",
            ] {
                let text = at.format(form).to_string();
                let (found, odd) = read(&text).unwrap();
                prop_assert!(found == at && odd.is_some(), "{}", text);
            }
            for form in ["%Y-%m-%dT%H:%M:%S%:z", "%Y-%m-%d %H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%9f%:z"] {
                prop_assert_eq!(read(&there.format(form).to_string()).unwrap().0, at);
            }
        }

        #[test]
        fn no_text_makes_it_fall(text in "\\PC{0,30}") {
            let _read = read(&text).is_ok();
        }
    }
}
