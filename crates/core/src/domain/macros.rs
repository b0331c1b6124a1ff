//! One way in and out of JSON for every value that is a string on the wire.

/// Implements serde for a type with `parse(&str) -> Result<Self, E>` and `Display`.
///
/// A value of another JSON type and a string that does not parse are refused alike; the error's text
/// begins with the stable code, so that the edge can answer with it.
macro_rules! string_value {
    ($type:ty, $code:expr) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = $crate::domain::text::raw_string(deserializer, $code)?;
                <$type>::parse(&text).map_err(|_| serde::de::Error::custom($code))
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::domain::text::Malformed;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                <$type>::parse(text)
            }
        }
    };
}

pub(crate) use string_value;
