//! Parquet files that mean harm: what they say of their sizes is believed by nobody, no memory is made room for on their
//! word, and no byte of them makes the reader fall.
//!
//! The seed is printed; `SUBSIDY_LEDGER_SEED=N` repeats a run. `make torture` does many more rounds.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::Arc;
use std::time::Instant;

use hyper::body::Bytes;
use parquet::basic::{BrotliLevel, Compression, Encoding, GzipLevel, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::file::metadata::{
    ColumnChunkMetaData, ColumnChunkMetaDataBuilder, ParquetMetaDataReader, ParquetMetaDataWriter,
};
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnPath;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use subsidy_core::usage::Mode;
use subsidy_core::usage::focus::Column;
use subsidy_core::usage::header::HeaderError;
use subsidy_files::billing_files::error::FileError;
use subsidy_files::billing_files::file::Billing;

use crate::support::seed::seed;

/// Columns and what stands in them; `{}` is the row's number.
const COLUMNS: [(&str, &str); 13] = [
    ("BilledCost", "{}.000000000000000001"),
    ("BillingAccountId", "acct"),
    ("BillingCurrency", "CNY"),
    ("BillingPeriodStart", "2024-09-01T00:00:00Z"),
    ("BillingPeriodEnd", "2024-10-01T00:00:00Z"),
    ("ChargeCategory", "Usage"),
    ("ChargeClass", ""),
    ("ChargePeriodStart", "2024-09-10T00:00:00Z"),
    ("ChargePeriodEnd", "2024-09-10T01:00:00Z"),
    ("ServiceProviderName", "丁云"),
    ("ServiceCategory", "Compute"),
    ("ServiceName", "GPU"),
    ("ResourceId", "gpu-{}"),
];
const ROWS: usize = 300;

fn form(
    codec: Compression,
    dictionary: bool,
    version: WriterVersion,
    encoding: Option<Encoding>,
) -> WriterProperties {
    let properties = WriterProperties::builder()
        .set_compression(codec)
        .set_dictionary_enabled(dictionary)
        .set_writer_version(version)
        .set_data_page_row_count_limit(100)
        .set_write_batch_size(50);
    match encoding {
        Some(encoding) => properties.set_encoding(encoding).build(),
        None => properties.build(),
    }
}

/// Every way that writers write in.
fn forms() -> Vec<WriterProperties> {
    use WriterVersion::{PARQUET_1_0, PARQUET_2_0};
    let gzip = Compression::GZIP(GzipLevel::default());
    let zstd = Compression::ZSTD(ZstdLevel::default());
    let mut forms = Vec::new();
    for codec in [Compression::UNCOMPRESSED, Compression::SNAPPY, gzip, zstd, Compression::LZ4_RAW] {
        for version in [PARQUET_1_0, PARQUET_2_0] {
            forms.push(form(codec, true, version, None));
            forms.push(form(codec, false, version, Some(Encoding::PLAIN)));
        }
    }
    for encoding in [Encoding::DELTA_LENGTH_BYTE_ARRAY, Encoding::DELTA_BYTE_ARRAY] {
        forms.push(form(zstd, false, PARQUET_2_0, Some(encoding)));
        forms.push(form(Compression::UNCOMPRESSED, false, PARQUET_1_0, Some(encoding)));
    }
    forms
}

/// A billing file of these rows; `ChargeClass` may be absent and is.
fn billing(properties: WriterProperties) -> Vec<u8> {
    let columns: String = COLUMNS
        .iter()
        .map(|(name, text)| {
            let repetition = if text.is_empty() { "optional" } else { "required" };
            format!("{repetition} binary {name} (STRING); ")
        })
        .collect();
    let schema = Arc::new(parse_message_type(&format!("message focus {{ {columns} }}")).unwrap());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties)).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for (_, text) in COLUMNS {
        let mut column = group.next_column().unwrap().unwrap();
        let typed = column.typed::<ByteArrayType>();
        if text.is_empty() {
            typed.write_batch(&[], Some(&vec![0; ROWS]), None).unwrap();
        } else {
            let value = |row: usize| ByteArray::from(text.replace("{}", &row.to_string()).into_bytes());
            typed.write_batch(&(0..ROWS).map(value).collect::<Vec<_>>(), None, None).unwrap();
        }
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
    bytes
}

/// What became of a file: how many rows were good, or why none was read.
fn read(bytes: &[u8]) -> Result<usize, FileError> {
    let path = std::env::temp_dir().join(format!("billing-{}.parquet", uuid::Uuid::now_v7().simple()));
    let mut file = File::options().read(true).write(true).create_new(true).open(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    file.write_all(bytes).unwrap();
    file.seek(SeekFrom::Start(0)).unwrap();
    let mut good = 0;
    Billing::of(file).unwrap().read(Mode::Lenient, |row| {
        good += usize::from(row.is_ok());
        true
    })?;
    Ok(good)
}

/// The most memory that this program ever had, MiB.
fn memory_max() -> u64 {
    let mut status = String::new();
    File::open("/proc/self/status").unwrap().read_to_string(&mut status).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

/// The file with its first column's chunk elsewhere: these bytes, described so.
fn with_chunk(
    file: &[u8],
    chunk: &[u8],
    describe: impl FnOnce(ColumnChunkMetaDataBuilder, i64) -> ColumnChunkMetaDataBuilder,
) -> Vec<u8> {
    let metadata = ParquetMetaDataReader::new().parse_and_finish(&Bytes::copy_from_slice(file)).unwrap();
    let footer = u32::from_le_bytes(file[file.len() - 8..file.len() - 4].try_into().unwrap());
    let mut bytes = file[..file.len() - 8 - footer as usize].to_vec();
    let at = i64::try_from(bytes.len()).unwrap();
    bytes.extend(chunk);
    let group = metadata.row_group(0).clone();
    let mut columns: Vec<ColumnChunkMetaData> = group.columns().to_vec();
    let first = columns[0].clone().into_builder();
    let first = first.set_data_page_offset(at).set_dictionary_page_offset(None);
    let first = first.set_total_compressed_size(i64::try_from(chunk.len()).unwrap());
    columns[0] = describe(first, at).build().unwrap();
    let group = group.into_builder().set_column_metadata(columns).build().unwrap();
    let metadata = metadata.into_builder().set_row_groups(vec![group]).build();
    ParquetMetaDataWriter::new(&mut bytes, &metadata).finish().unwrap();
    bytes
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn zigzag(value: i64) -> Vec<u8> {
    varint(((value << 1) ^ (value >> 63)) as u64)
}

/// A page's header: its kind, what it says it unpacks to and is packed as, and how many values of which encoding.
fn header(kind: i64, unpacked: i64, packed: i64, values: i64, encoding: i64) -> Vec<u8> {
    let mut bytes = Vec::new();
    for number in [kind, unpacked, packed] {
        bytes.push(0x15);
        bytes.extend(zigzag(number));
    }
    // member 5, or of a dictionary 7
    bytes.push(if kind == 2 { 0x4c } else { 0x2c });
    let levels: &[i64] = if kind == 2 { &[] } else { &[3, 3] };
    for number in [values, encoding].iter().chain(levels) {
        bytes.push(0x15);
        bytes.extend(zigzag(*number));
    }
    bytes.extend([0, 0]);
    bytes
}

fn page(kind: i64, unpacked: i64, values: i64, encoding: i64, body: &[u8]) -> Vec<u8> {
    let mut bytes = header(kind, unpacked, i64::try_from(body.len()).unwrap(), values, encoding);
    bytes.extend(body);
    bytes
}

/// So many MiB of zeros, packed a thousandfold.
fn gzipped(mebibytes: usize) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![0; 1 << 20];
    (0..mebibytes).for_each(|_| packed.write_all(&zeros).unwrap());
    packed.finish().unwrap()
}

/// A footer that is nothing but a schema of these children's counts.
fn schema_alone(elements: usize, children: impl Fn(usize) -> i64) -> Vec<u8> {
    let mut footer = vec![0x15, 2, 0x19, 0xfc];
    footer.extend(varint(elements as u64));
    for element in 0..elements {
        footer.extend([0x35, 0, 0x18, 1, b'x', 0x15]);
        footer.extend(zigzag(children(element)));
        footer.push(0);
    }
    footer.extend([0x16, 0, 0x19, 0x0c, 0]);
    let mut bytes = b"PAR1".to_vec();
    bytes.extend(&footer);
    bytes.extend((footer.len() as u32).to_le_bytes());
    bytes.extend(b"PAR1");
    bytes
}

fn beyond(bytes: &[u8], part: &str) {
    match read(bytes) {
        Err(FileError::Beyond(limit)) => assert_eq!(limit.as_str(), part),
        other => panic!("{part}: {other:?}"),
    }
}

fn malformed(bytes: &[u8], what: &str) {
    let answer = read(bytes);
    assert!(matches!(answer, Err(FileError::Malformed(_))), "{what}: {answer:?}");
}

#[test]
fn every_form_that_writers_write_is_read() {
    for (place, properties) in forms().into_iter().enumerate() {
        assert_eq!(read(&billing(properties)).expect("read"), ROWS, "form {place}");
    }
}

#[test]
fn what_a_file_says_of_its_sizes_makes_no_room() {
    let plain = billing(form(Compression::UNCOMPRESSED, false, WriterVersion::PARQUET_1_0, None));
    let same = |chunk: ColumnChunkMetaDataBuilder, _: i64| chunk;
    let gzip = |chunk: ColumnChunkMetaDataBuilder, _: i64| {
        chunk.set_compression(Compression::GZIP(GzipLevel::default()))
    };
    let rows = ROWS as i64;
    let before = memory_max();
    // 400 MiB in 400 KiB, said to be 100 bytes; and said as it is
    let bomb = gzipped(400);
    malformed(
        &with_chunk(&plain, &page(0, 100, rows, 0, &bomb), gzip),
        "a page that unpacks to more than it says",
    );
    beyond(&with_chunk(&plain, &page(0, 400 << 20, rows, 0, &bomb), gzip), "page_bytes");
    beyond(&with_chunk(&plain, &page(0, i64::from(i32::MAX), rows, 0, &[0; 64]), gzip), "page_bytes");
    // dictionaries of more values than they have bytes, and of very many
    let dictionary = |unpacked: i64, values: i64, body: &[u8]| {
        let first = page(2, unpacked, values, 0, body);
        let at_dictionary =
            |chunk: ColumnChunkMetaDataBuilder, at: i64| chunk.set_dictionary_page_offset(Some(at));
        with_chunk(&plain, &first, at_dictionary)
    };
    beyond(&dictionary(64, 1 << 30, &[0; 64]), "dictionary_values");
    beyond(&dictionary(8 << 20, 2 << 20, &vec![0; 8 << 20]), "dictionary_values");
    malformed(&dictionary(64, -1, &[0; 64]), "a dictionary of less than nothing");
    // lengths that say that there are 2^40 of them, and 2^31 in a page of 300
    for count in [1_u64 << 40, 1 << 31, 301] {
        let body: Vec<u8> = [varint(128), varint(4), varint(count), zigzag(0), vec![0; 64]].concat();
        for encoding in [6, 7] {
            let chunk = page(0, body.len() as i64, rows, encoding, &body);
            malformed(&with_chunk(&plain, &chunk, same), "lengths without end");
        }
    }
    malformed(
        &with_chunk(&plain, &page(0, 64, i64::from(i32::MAX), 0, &[0; 64]), same),
        "more values than rows",
    );
    malformed(&with_chunk(&plain, &header(0, 64, -1, rows, 0), same), "a page of less than nothing");
    malformed(&with_chunk(&plain, &header(0, 64, 1 << 30, rows, 0), same), "a page beyond its column");
    let offset = |chunk: ColumnChunkMetaDataBuilder, _: i64| chunk.set_data_page_offset(-5);
    malformed(&with_chunk(&plain, &[0; 8], offset), "a page before the file");
    let length = |chunk: ColumnChunkMetaDataBuilder, _: i64| chunk.set_total_compressed_size(1 << 61);
    malformed(&with_chunk(&plain, &[0; 8], length), "a column beyond the file");
    for (codec, why) in [
        (Compression::LZ4, "packed as LZ4 (the older form)"),
        (Compression::LZO, "packed as LZO"),
        (Compression::BROTLI(BrotliLevel::default()), "packed as Brotli"),
    ] {
        let packed = |chunk: ColumnChunkMetaDataBuilder, _: i64| chunk.set_compression(codec);
        let unreadable = HeaderError::Unreadable(Column::BilledCost, why.to_owned());
        match read(&with_chunk(&plain, &page(0, 64, rows, 0, &[0; 64]), packed)) {
            Err(FileError::Header(errors)) => assert_eq!(errors, [unreadable]),
            other => panic!("{why}: {other:?}"),
        }
    }
    assert!(memory_max() < before + 256, "{} MiB after {before}", memory_max());
}

#[test]
fn what_a_footer_says_makes_no_room_and_is_as_deep_as_people_write() {
    let before = memory_max();
    // every group within another: nobody's stack is as deep
    beyond(&schema_alone(9_000, |_| 1), "schema_depth");
    beyond(&schema_alone(20_000, |at| if at == 0 { 19_999 } else { 0 }), "schema_columns");
    malformed(&schema_alone(3, |_| i64::from(i32::MAX)), "more children than there are");
    malformed(&schema_alone(3, |_| -1), "less children than none");
    // structures in structures, of a member that nobody knows
    let mut deep = b"PAR1".to_vec();
    let nested = vec![0x9c_u8; 1_000_000];
    deep.extend(&nested);
    deep.extend((nested.len() as u32).to_le_bytes());
    deep.extend(b"PAR1");
    beyond(&deep, "schema_depth");
    let with_length = |length: u32| {
        let mut bytes = b"PAR1".to_vec();
        bytes.extend(vec![0; 9 << 20]);
        bytes.extend(length.to_le_bytes());
        bytes.extend(b"PAR1");
        bytes
    };
    malformed(&with_length(u32::MAX), "a footer longer than its file");
    beyond(&with_length(9 << 20), "footer_bytes");
    malformed(b"PAR1PAR1", "nothing");
    malformed(b"PAR1", "less than nothing");
    let file = billing(form(Compression::UNCOMPRESSED, true, WriterVersion::PARQUET_1_0, None));
    let footer = ParquetMetaDataReader::new().parse_and_finish(&Bytes::from(file.clone())).unwrap();
    for rows in [i64::MAX, -1, 17_000_000] {
        let group = footer.row_group(0).clone().into_builder().set_num_rows(rows).build().unwrap();
        let changed = footer.clone().into_builder().set_row_groups(vec![group]).build();
        let mut bytes = file.clone();
        ParquetMetaDataWriter::new(&mut bytes, &changed).finish().unwrap();
        let answer = read(&bytes);
        assert!(
            matches!(answer, Err(FileError::Malformed(_) | FileError::TooManyRows)),
            "{rows}: {answer:?}"
        );
    }
    // the column that everything is paid by, as many times as one likes
    let repeated = "message focus { repeated binary BilledCost (STRING); }";
    let column = ColumnPath::from("BilledCost");
    let schema = parse_message_type(repeated).unwrap();
    assert_eq!(schema.get_fields()[0].name(), column.string());
    let mut bytes = Vec::new();
    let writer = SerializedFileWriter::new(&mut bytes, Arc::new(schema), Arc::default()).unwrap();
    writer.close().unwrap();
    assert!(matches!(read(&bytes), Err(FileError::Header(_))));
    assert!(memory_max() < before + 200, "{} MiB after {before}", memory_max());
}

/// What is wrong with the header of a file that has no rows, of which one column is of another type.
fn header_errors(changed: &str, own: &str) -> Vec<HeaderError> {
    let column = |(name, _): &(&str, &str)| match *name == changed {
        true => own.to_owned(),
        false => format!("required binary {name} (STRING);"),
    };
    let columns: String = COLUMNS.iter().map(column).collect();
    let schema = Arc::new(parse_message_type(&format!("message focus {{ {columns} }}")).unwrap());
    let mut bytes = Vec::new();
    SerializedFileWriter::new(&mut bytes, schema, Arc::default()).unwrap().close().unwrap();
    match read(&bytes) {
        Err(FileError::Header(errors)) => errors,
        Ok(_) => Vec::new(),
        other => panic!("{own}: {other:?}"),
    }
}

#[test]
fn types_that_cells_are_not_of_are_named_with_their_column() {
    for (column, name, own, why) in [
        (Column::BilledCost, "BilledCost", "required int64 BilledCost (TIME(MICROS,true));", "INT64 (TIME)"),
        (
            Column::ServiceName,
            "ServiceName",
            "required group ServiceName { required binary name (STRING); }",
            "a structure (nested columns)",
        ),
        (
            Column::ResourceId,
            "ResourceId",
            "optional group ResourceId (LIST) { repeated group list { optional binary element (STRING); } }",
            "a list",
        ),
        (Column::BilledCost, "BilledCost", "repeated binary BilledCost (STRING);", "a list"),
    ] {
        assert_eq!(header_errors(name, own), [HeaderError::Unreadable(column, why.to_owned())], "{own}");
    }
    let warehouse =
        header_errors("BilledCost", "required fixed_len_byte_array(32) BILLED_COST (DECIMAL(76,38));");
    assert_eq!(warehouse, [], "a name in other letters, a decimal of 32 bytes");
    let own = "required double cost; required binary billing_account_id (STRING); required group sku { required binary id (STRING); }";
    let native = header_errors("BilledCost", own);
    let [HeaderError::Native(foreign)] = native.as_slice() else { panic!("{native:?}") };
    assert_eq!(foreign.looks_like, "export of Google Cloud billing");
}

/// Flips, overwrites, cuts and doubles bytes of files of every form, mostly where they say what they are.
fn fuzz(rounds: usize) {
    let seed = seed();
    // the reader of the format panics over some of them: what it would print is of no interest here
    std::panic::set_hook(Box::new(|_| ()));
    let mut rng = StdRng::seed_from_u64(seed);
    let files: Vec<Vec<u8>> = forms().into_iter().map(billing).collect();
    let (before, begun) = (memory_max(), Instant::now());
    let mut answers = [0_usize; 3];
    for _ in 0..rounds {
        let mut file = files[rng.gen_range(0..files.len())].clone();
        let tail = file.len() - file.len().min(2_500);
        for _ in 0..rng.gen_range(1..4) {
            let from = if rng.gen_range(0..2) == 0 { tail } else { 0 };
            let at = rng.gen_range(from..file.len());
            match rng.gen_range(0..5) {
                0 => file[at] ^= 1 << rng.gen_range(0..8),
                1 => file[at] = [0, 0x7f, 0x80, 0xff][rng.gen_range(0..4)],
                2 => file[at] = rng.r#gen(),
                3 => file.insert(at, [0xff, 0x15, 0x00][rng.gen_range(0..3)]),
                _ => drop(file.remove(at)),
            }
        }
        let answer = std::panic::catch_unwind(|| read(&file));
        let place = match answer.unwrap_or_else(|_| panic!("seed {seed}: the reader fell")) {
            Ok(_) => 0,
            Err(FileError::Malformed(_)) => 1,
            Err(_) => 2,
        };
        answers[place] += 1;
    }
    let _hook = std::panic::take_hook();
    eprintln!("{answers:?} in {:?}, {} MiB", begun.elapsed(), memory_max());
    assert!(answers.iter().take(2).all(|count| *count > rounds / 20), "{answers:?}");
    assert!(memory_max() < before + 512, "seed {seed}: {} MiB after {before}", memory_max());
}

#[test]
fn no_byte_of_a_file_makes_the_reader_fall() {
    fuzz(3_000);
}

#[test]
#[ignore = "minutes: make torture"]
fn many_bytes_of_many_files_do_not_either() {
    fuzz(100_000);
}
