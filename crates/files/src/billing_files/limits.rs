//! How much of a billing file is made room for.

/// The most rows of a file.
pub const ROWS_MAX: u32 = 16_000_000;
/// The most bytes that a packed file may unpack to.
pub const UNPACKED_BYTES_MAX: u64 = 4 << 30;
/// The most bytes that each byte of a packed file may unpack to: no bill repeats itself so often.
pub const UNPACKED_RATIO_MAX: u64 = 500;
/// What any packed file may unpack to, however small it is.
pub const UNPACKED_BYTES_ALWAYS: u64 = 1 << 20;
/// The most bytes of a row: a quote that is never closed would take the rest of the file for one cell.
pub const ROW_BYTES_MAX: u64 = 8 << 20;
/// Errors that are kept of a file; what is beyond is only counted.
pub const ERRORS_KEPT_MAX: usize = 100_000;
/// Rows of a statement.
pub const CHUNK: usize = 2_000;

/// What is limited of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Bytes of its footer.
    Footer,
    Schema,
    /// How deep its columns stand.
    Depth,
    /// Bytes of a page, packed or unpacked.
    Page,
    Dictionary,
    /// Bytes that the columns of a row group take at once.
    RowGroup,
    /// Bytes that a packed file of text unpacks to.
    Unpacked,
    /// How many times its own bytes a packed file of text unpacks to.
    Ratio,
    /// Files that a ZIP holds.
    Members,
    /// Bytes of a row of text.
    Row,
}

impl Limit {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Footer => "footer_bytes",
            Self::Schema => "schema_columns",
            Self::Depth => "schema_depth",
            Self::Page => "page_bytes",
            Self::Dictionary => "dictionary_values",
            Self::RowGroup => "row_group_bytes",
            Self::Unpacked => "unpacked_bytes",
            Self::Ratio => "unpacked_ratio",
            Self::Members => "zip_members",
            Self::Row => "row_bytes",
        }
    }

    pub const fn most(self) -> u64 {
        match self {
            Self::Footer => 8 << 20,
            Self::Schema => 10_000,
            Self::Depth => 32,
            Self::Page => 32 << 20,
            Self::Dictionary => 1 << 20,
            Self::RowGroup => 256 << 20,
            Self::Unpacked => UNPACKED_BYTES_MAX,
            Self::Ratio => UNPACKED_RATIO_MAX,
            Self::Members => 1_000,
            Self::Row => ROW_BYTES_MAX,
        }
    }
}
