//! A row group whose pages are looked at once more when they are unpacked: an encoding that counts its own values makes
//! room for as many as it says, so that it may not say more than the page has.

use parquet::basic::Encoding;
use parquet::bloom_filter::Sbbf;
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::RowGroupReader;
use parquet::record::reader::RowIter;
use parquet::schema::types::Type;

/// A row group that is looked at.
pub(super) struct GuardedRowGroup<'a>(pub Box<dyn RowGroupReader + 'a>);

impl RowGroupReader for GuardedRowGroup<'_> {
    fn metadata(&self) -> &RowGroupMetaData {
        self.0.metadata()
    }

    fn num_columns(&self) -> usize {
        self.0.num_columns()
    }

    fn get_column_page_reader(&self, column: usize) -> Result<Box<dyn PageReader>> {
        let pages = self.0.get_column_page_reader(column)?;
        let known = self.0.metadata().columns().get(column);
        let optional = known.is_some_and(|column| column.column_descr().max_def_level() > 0);
        Ok(Box::new(Pages { pages, optional }))
    }

    fn get_column_bloom_filter(&self, column: usize) -> Option<&Sbbf> {
        self.0.get_column_bloom_filter(column)
    }

    fn get_row_iter(&self, projection: Option<Type>) -> Result<RowIter<'_>> {
        RowIter::from_row_group(projection, self)
    }
}

struct Pages {
    pages: Box<dyn PageReader>,
    /// Whether a page begins with which of its values are there.
    optional: bool,
}

impl Iterator for Pages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.pages.get_next_page()?;
        if let Some(page) = &page {
            counts(page, self.optional)
                .ok_or_else(|| ParquetError::General("values miscounted".to_owned()))?;
        }
        Ok(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.pages.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.pages.at_record_boundary()
    }
}

/// None where a page's values say that there are more of them than the page says, or are written as nobody does.
fn counts(page: &Page, optional: bool) -> Option<()> {
    let (buffer, values, encoding, before) = match page {
        Page::DictionaryPage { .. } => return Some(()),
        Page::DataPage { buf, num_values, encoding, def_level_encoding, .. } => {
            (buf, *num_values, *encoding, levels(buf, *num_values, *def_level_encoding, optional)?)
        }
        Page::DataPageV2 { buf, num_values, encoding, def_levels_byte_len, rep_levels_byte_len, .. } => {
            let levels = def_levels_byte_len.checked_add(*rep_levels_byte_len)?;
            (buf, *num_values, *encoding, usize::try_from(levels).ok()?)
        }
    };
    let most = u64::from(values);
    let rest = buffer.get(before..)?;
    match encoding {
        // of a page of which nothing is there, nothing follows
        _ if rest.is_empty() => Some(()),
        Encoding::PLAIN
        | Encoding::PLAIN_DICTIONARY
        | Encoding::RLE
        | Encoding::RLE_DICTIONARY
        | Encoding::BYTE_STREAM_SPLIT => Some(()),
        Encoding::DELTA_BINARY_PACKED | Encoding::DELTA_LENGTH_BYTE_ARRAY => packed(rest, most).map(|_| ()),
        Encoding::DELTA_BYTE_ARRAY => packed(rest.get(packed(rest, most)?..)?, most).map(|_| ()),
        _ => None,
    }
}

/// Where the values of a page of the first form begin.
fn levels(buffer: &[u8], values: u32, encoding: Encoding, optional: bool) -> Option<usize> {
    match (optional, encoding) {
        (false, _) => Some(0),
        (true, Encoding::RLE) => {
            let length = buffer.first_chunk::<4>()?;
            usize::try_from(u32::from_le_bytes(*length)).ok()?.checked_add(4)
        }
        // a bit a value
        (true, _) => usize::try_from(values.div_ceil(8)).ok(),
    }
}

/// Passes over numbers that are packed as differences; none where there are more than `most`, or not as many bytes as
/// they take. Answers where they end.
fn packed(bytes: &[u8], most: u64) -> Option<usize> {
    let mut numbers = Numbers { bytes, at: 0 };
    let (block, minis) = (numbers.varint()?, numbers.varint()?);
    let count = numbers.varint()?;
    numbers.varint()?;
    let per_mini = block.checked_div(minis)?;
    if count > most || block == 0 || block > 1 << 20 || per_mini == 0 {
        return None;
    }
    let mut left = count.saturating_sub(1);
    while left > 0 {
        numbers.varint()?;
        let widths = numbers.pass(minis)?;
        for width in widths {
            if left == 0 {
                // what is not used of a block takes nothing
                break;
            }
            numbers.pass(u64::from(*width).checked_mul(per_mini)?.checked_div(8)?)?;
            left = left.saturating_sub(per_mini);
        }
    }
    Some(numbers.at)
}

struct Numbers<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Numbers<'a> {
    fn pass(&mut self, count: u64) -> Option<&'a [u8]> {
        let end = self.at.checked_add(usize::try_from(count).ok()?)?;
        let passed = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(passed)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.pass(1)?.first()?;
            value |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
}
