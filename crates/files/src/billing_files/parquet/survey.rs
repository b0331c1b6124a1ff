//! What a Parquet file says of its sizes, looked at before anything is made room for: its footer before it is decoded,
//! and the header of every page that is to be read. A file that says more than the limits is refused; of one that
//! passes, no page, dictionary or row group takes more memory than they let it.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use flate2::read::MultiGzDecoder;
use parquet::basic::Compression;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};

use super::Hostile;
use super::compact::{Compact, Kind};
use crate::billing_files::limits::Limit;

/// Bytes of a page's header.
const HEADER_BYTES_MAX: u64 = 1 << 16;
/// What a value of a dictionary takes beside its bytes.
const DICTIONARY_VALUE_BYTES: u64 = 40;
/// What ends a file.
const MAGIC: [u8; 4] = *b"PAR1";

/// The footer, before it is decoded.
pub(super) fn footer(file: &mut File) -> Result<(), Hostile> {
    let malformed = |_| Hostile::Malformed;
    let length = file.seek(SeekFrom::End(0)).map_err(malformed)?;
    let end = length.checked_sub(8).ok_or(Hostile::Malformed)?;
    file.seek(SeekFrom::Start(end)).map_err(malformed)?;
    let (mut size, mut magic) = ([0; 4], [0; 4]);
    file.read_exact(&mut size).map_err(malformed)?;
    file.read_exact(&mut magic).map_err(malformed)?;
    let size = u64::from(u32::from_le_bytes(size));
    let begins = end.checked_sub(size).ok_or(Hostile::Malformed)?;
    if magic != MAGIC {
        return Err(Hostile::Malformed);
    }
    if size > Limit::Footer.most() {
        return Err(Hostile::Beyond(Limit::Footer));
    }
    file.seek(SeekFrom::Start(begins)).map_err(malformed)?;
    let mut compact = Compact::new(BufReader::new(&mut *file), size);
    let mut last = 0;
    while let Some((number, kind)) = compact.member(&mut last)? {
        match (number, kind) {
            (2, Kind::List) => schema(&mut compact)?,
            (_, kind) => compact.skip(kind)?,
        }
    }
    Ok(())
}

/// Every group is as deep as the groups that it stands in, and has as many children as there are.
fn schema<R: Read>(compact: &mut Compact<R>) -> Result<(), Hostile> {
    let (kind, size) = compact.list()?;
    if size > Limit::Schema.most() {
        return Err(Hostile::Beyond(Limit::Schema));
    }
    // how many children each open group still waits for
    let mut open: Vec<u64> = Vec::new();
    for _ in 0..size {
        if kind != Kind::Struct {
            return Err(Hostile::Malformed);
        }
        let (mut last, mut children) = (0, 0);
        while let Some((number, kind)) = compact.member(&mut last)? {
            match (number, kind) {
                (5, Kind::Int) => children = compact.int()?,
                (_, kind) => compact.skip(kind)?,
            }
        }
        while open.last() == Some(&0) {
            open.pop();
        }
        if let Some(left) = open.last_mut() {
            *left = left.saturating_sub(1);
        }
        let children = u64::try_from(children).map_err(|_| Hostile::Malformed)?;
        if children > size {
            return Err(Hostile::Malformed);
        }
        if children > 0 {
            open.push(children);
        }
        if u64::try_from(open.len()).is_ok_and(|depth| depth > Limit::Depth.most()) {
            return Err(Hostile::Beyond(Limit::Depth));
        }
    }
    Ok(())
}

/// The headers of all pages of these columns. `rows_max` is the most rows of a file.
pub(super) fn pages(
    file: &mut File,
    metadata: &ParquetMetaData,
    read: impl Fn(&ColumnChunkMetaData) -> bool,
    rows_max: u64,
) -> Result<(), Hostile> {
    let length = file.seek(SeekFrom::End(0)).map_err(|_| Hostile::Malformed)?;
    let mut rows = 0_u64;
    for group in metadata.row_groups() {
        let own = u64::try_from(group.num_rows()).map_err(|_| Hostile::Malformed)?;
        rows = rows.saturating_add(own);
        if rows > rows_max {
            return Err(Hostile::TooManyRows);
        }
        row_group(file, group, (own, length), &read)?;
    }
    Ok(())
}

fn row_group(
    file: &mut File,
    group: &RowGroupMetaData,
    (rows, length): (u64, u64),
    read: &impl Fn(&ColumnChunkMetaData) -> bool,
) -> Result<(), Hostile> {
    let mut together = 0_u64;
    for column in group.columns().iter().filter(|column| read(column)) {
        together = together.saturating_add(chunk(file, column, (rows, length))?);
        if together > Limit::RowGroup.most() {
            return Err(Hostile::Beyond(Limit::RowGroup));
        }
    }
    Ok(())
}

/// What a page says of itself.
#[derive(Debug, Default)]
struct Header {
    unpacked: i64,
    packed: i64,
    dictionary: Option<i64>,
    values: Option<i64>,
    /// Bytes before what is packed, of a page of the second form; and whether the rest is packed.
    plain: i64,
    is_packed: bool,
}

impl Header {
    fn read<R: Read>(compact: &mut Compact<R>) -> Result<Self, Hostile> {
        let (mut header, mut last) = (Self { is_packed: true, ..Self::default() }, 0);
        while let Some((number, kind)) = compact.member(&mut last)? {
            match (number, kind) {
                (2, Kind::Int) => header.unpacked = compact.int()?,
                (3, Kind::Int) => header.packed = compact.int()?,
                (5, Kind::Struct) => header.values = Some(header.counts(compact, false)?),
                (7, Kind::Struct) => header.dictionary = Some(header.counts(compact, false)?),
                (8, Kind::Struct) => header.values = Some(header.counts(compact, true)?),
                (_, kind) => compact.skip(kind)?,
            }
        }
        Ok(header)
    }

    /// How many values; of the second form also where what is packed begins.
    fn counts<R: Read>(&mut self, compact: &mut Compact<R>, second: bool) -> Result<i64, Hostile> {
        let (mut values, mut last) = (0, 0);
        while let Some((number, kind)) = compact.member(&mut last)? {
            match (number, kind) {
                (1, Kind::Int) => values = compact.int()?,
                (5 | 6, Kind::Int) if second => self.plain = self.plain.saturating_add(compact.int()?.max(0)),
                (7, Kind::False) if second => self.is_packed = false,
                (_, kind) => compact.skip(kind)?,
            }
        }
        Ok(values)
    }
}

/// The pages of a column in a row group. Answers with the bytes that it takes at once: its dictionary, and its largest
/// page packed and unpacked.
fn chunk(file: &mut File, column: &ColumnChunkMetaData, (rows, length): (u64, u64)) -> Result<u64, Hostile> {
    let positive = |number: i64| u64::try_from(number).map_err(|_| Hostile::Malformed);
    let codec = column.compression();
    let mut at = positive(column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset()))?;
    let mut left = positive(column.compressed_size())?;
    if at.checked_add(left).is_none_or(|end| end > length) {
        return Err(Hostile::Malformed);
    }
    let (mut dictionary, mut largest, mut values) = (0_u64, 0_u64, 0_u64);
    while left > 0 && values < rows {
        file.seek(SeekFrom::Start(at)).map_err(|_| Hostile::Malformed)?;
        let mut compact = Compact::new(BufReader::with_capacity(256, &mut *file), left.min(HEADER_BYTES_MAX));
        let header = Header::read(&mut compact)?;
        let head = compact.read();
        let (packed, unpacked) = (positive(header.packed)?, positive(header.unpacked)?);
        let body = at.saturating_add(head);
        left = left.checked_sub(head.saturating_add(packed)).ok_or(Hostile::Malformed)?;
        if unpacked > Limit::Page.most() || packed > Limit::Page.most() {
            return Err(Hostile::Beyond(Limit::Page));
        }
        if matches!(codec, Compression::GZIP(_)) && header.is_packed {
            unpacks(file, body, &header, (packed, unpacked))?;
        }
        if let Some(count) = header.dictionary {
            let count = positive(count)?;
            // a value takes a byte at least
            if count > unpacked || count > Limit::Dictionary.most() {
                return Err(Hostile::Beyond(Limit::Dictionary));
            }
            dictionary = unpacked.saturating_add(count.saturating_mul(DICTIONARY_VALUE_BYTES));
        }
        values = values.saturating_add(header.values.map(positive).transpose()?.unwrap_or_default());
        if values > rows {
            return Err(Hostile::Malformed);
        }
        largest = largest.max(packed.saturating_add(unpacked));
        at = body.saturating_add(packed);
    }
    Ok(dictionary.saturating_add(largest))
}

/// This codec unpacks whatever it is given: what it comes to is counted first.
fn unpacks(
    file: &mut File,
    body: u64,
    header: &Header,
    (packed, unpacked): (u64, u64),
) -> Result<(), Hostile> {
    let plain = u64::try_from(header.plain).map_err(|_| Hostile::Malformed)?;
    let (packed, unpacked) = (packed.checked_sub(plain), unpacked.checked_sub(plain));
    let (packed, unpacked) = packed.zip(unpacked).ok_or(Hostile::Malformed)?;
    if unpacked == 0 {
        return Ok(());
    }
    file.seek(SeekFrom::Start(body.saturating_add(plain))).map_err(|_| Hostile::Malformed)?;
    let bytes = MultiGzDecoder::new(BufReader::new((&mut *file).take(packed)));
    let come_to = std::io::copy(&mut bytes.take(unpacked.saturating_add(1)), &mut std::io::sink());
    if come_to.map_err(|_| Hostile::Malformed)? == unpacked { Ok(()) } else { Err(Hostile::Malformed) }
}
