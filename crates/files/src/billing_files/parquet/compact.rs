//! Thrift's compact protocol, as far as it takes to look at a Parquet footer or page header before the reader of the
//! whole does: nothing is kept, nothing is believed, and what is nested or listed beyond the limits is refused.

use std::io::Read;

use super::Hostile;
use crate::billing_files::limits::Limit;

/// How deep structures may stand in one another.
const DEPTH_MAX: u8 = 16;
/// Elements of all lists together.
const ELEMENTS_MAX: u64 = 2_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    True,
    False,
    Byte,
    Int,
    Double,
    Binary,
    List,
    Map,
    Struct,
    Uuid,
}

impl Kind {
    const fn of(bits: u8) -> Option<Self> {
        Some(match bits {
            1 => Self::True,
            2 => Self::False,
            3 => Self::Byte,
            4..=6 => Self::Int,
            7 => Self::Double,
            8 => Self::Binary,
            9 | 10 => Self::List,
            11 => Self::Map,
            12 => Self::Struct,
            13 => Self::Uuid,
            _ => return None,
        })
    }
}

/// Bytes that are read once, and how many there may be.
pub(super) struct Compact<R> {
    bytes: R,
    left: u64,
    read: u64,
    elements: u64,
}

impl<R: Read> Compact<R> {
    /// At most so many bytes.
    pub(super) const fn new(bytes: R, left: u64) -> Self {
        Self { bytes, left, read: 0, elements: 0 }
    }

    pub(super) const fn read(&self) -> u64 {
        self.read
    }

    fn take(&mut self, count: u64) -> Result<(), Hostile> {
        self.left = self.left.checked_sub(count).ok_or(Hostile::Malformed)?;
        self.read = self.read.saturating_add(count);
        Ok(())
    }

    fn byte(&mut self) -> Result<u8, Hostile> {
        self.take(1)?;
        let mut byte = [0];
        self.bytes.read_exact(&mut byte).map_err(|_| Hostile::Malformed)?;
        let [byte] = byte;
        Ok(byte)
    }

    fn varint(&mut self) -> Result<u64, Hostile> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or_default();
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Hostile::Malformed)
    }

    /// A signed number, zigzag.
    pub(super) fn int(&mut self) -> Result<i64, Hostile> {
        let bits = self.varint()?;
        let half = i64::try_from(bits >> 1).map_err(|_| Hostile::Malformed)?;
        Ok(if bits & 1 == 0 { half } else { -half - 1 })
    }

    /// The next member of a structure: its number and what it is; none at the end.
    pub(super) fn member(&mut self, last: &mut i64) -> Result<Option<(i64, Kind)>, Hostile> {
        let head = self.byte()?;
        if head == 0 {
            return Ok(None);
        }
        let kind = Kind::of(head & 0x0f).ok_or(Hostile::Malformed)?;
        *last = match head >> 4 {
            0 => self.int()?,
            more => last.saturating_add(i64::from(more)),
        };
        Ok(Some((*last, kind)))
    }

    /// What a list holds, and how much.
    pub(super) fn list(&mut self) -> Result<(Kind, u64), Hostile> {
        let head = self.byte()?;
        let kind = Kind::of(head & 0x0f).ok_or(Hostile::Malformed)?;
        let size = match head >> 4 {
            15 => self.varint()?,
            size => u64::from(size),
        };
        self.listed(size)?;
        Ok((kind, size))
    }

    /// Every element takes a byte at least.
    fn listed(&mut self, size: u64) -> Result<(), Hostile> {
        if size > self.left {
            return Err(Hostile::Malformed);
        }
        self.elements = self.elements.saturating_add(size);
        if self.elements > ELEMENTS_MAX { Err(Hostile::Beyond(Limit::Footer)) } else { Ok(()) }
    }

    /// Passes over a member's value.
    pub(super) fn skip(&mut self, kind: Kind) -> Result<(), Hostile> {
        self.skip_within(kind, DEPTH_MAX)
    }

    fn skip_within(&mut self, kind: Kind, depth: u8) -> Result<(), Hostile> {
        let depth = depth.checked_sub(1).ok_or(Hostile::Beyond(Limit::Depth))?;
        match kind {
            Kind::True | Kind::False => Ok(()),
            Kind::Byte => self.byte().map(|_| ()),
            Kind::Int => self.varint().map(|_| ()),
            Kind::Double => self.pass(8),
            Kind::Uuid => self.pass(16),
            Kind::Binary => {
                let length = self.varint()?;
                self.pass(length)
            }
            Kind::List => {
                let (kind, size) = self.list()?;
                (0..size).try_for_each(|_| self.element(kind, depth))
            }
            Kind::Map => {
                let size = self.varint()?;
                if size == 0 {
                    return Ok(());
                }
                let kinds = self.byte()?;
                let (key, value) =
                    Kind::of(kinds >> 4).zip(Kind::of(kinds & 0x0f)).ok_or(Hostile::Malformed)?;
                self.listed(size)?;
                (0..size).try_for_each(|_| self.element(key, depth).and_then(|()| self.element(value, depth)))
            }
            Kind::Struct => {
                let mut last = 0;
                while let Some((_, kind)) = self.member(&mut last)? {
                    self.skip_within(kind, depth)?;
                }
                Ok(())
            }
        }
    }

    /// In a list, unlike in a structure, a truth value takes a byte.
    fn element(&mut self, kind: Kind, depth: u8) -> Result<(), Hostile> {
        match kind {
            Kind::True | Kind::False => self.byte().map(|_| ()),
            other => self.skip_within(other, depth),
        }
    }

    fn pass(&mut self, count: u64) -> Result<(), Hostile> {
        self.take(count)?;
        let passed = std::io::copy(&mut self.bytes.by_ref().take(count), &mut std::io::sink());
        if passed.map_err(|_| Hostile::Malformed)? == count { Ok(()) } else { Err(Hostile::Malformed) }
    }
}
