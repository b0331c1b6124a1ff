//! What is no FOCUS file: providers' own exports, the other datasets of FOCUS, and files of other formats, by what they
//! begin with.

/// What a file is that is no cost and usage in FOCUS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Foreign {
    /// What it looks like, in words that `an` can stand before.
    pub looks_like: &'static str,
    /// What to export instead, and where.
    pub instead: &'static str,
}

const AZURE: &str = "Cost Management > Exports > Cost and usage details (FOCUS)";
const AWS: &str = "Billing and Cost Management > Data Exports > FOCUS with AWS columns";
const GOOGLE: &str = "the FOCUS view of the detailed export to BigQuery, as CSV or Parquet";
const ORACLE: &str = "Billing & Cost Management > Cost and Usage Reports > FOCUS reports";
const CHINESE: &str =
    "FOCUS 账单 (the bill in FOCUS), from the console's bill exports or the provider's support";
const DATASET: &str = "the dataset CostAndUsage of FOCUS";
const FILE: &str = "CSV or Parquet; CSV also packed as gzip or ZIP";

/// What providers call their own exports, what they offer instead, and the columns by which each is known, in whatever
/// case: cost and usage in FOCUS has none of them.
const NATIVE: &[(&str, &str, &[&str])] = &[
    (
        "Azure MCA export",
        AZURE,
        &["costInBillingCurrency", "meterCategory", "billingProfileId", "pricingCurrency"],
    ),
    ("Azure EA export", AZURE, &["CostInBillingCurrency", "MeterCategory"]),
    ("Azure EA export", AZURE, &["ExtendedCost", "MeterCategory"]),
    ("Azure EA export", AZURE, &["PreTaxCost", "MeterCategory"]),
    ("Azure EA export", AZURE, &["ExtendedCost", "Meter Category"]),
    ("Azure price sheet", AZURE, &["MeterId", "UnitPrice", "OfferId"]),
    ("AWS Cost and Usage Report", AWS, &["lineItem/UsageAccountId"]),
    ("AWS Cost and Usage Report", AWS, &["lineItem/LineItemType"]),
    ("AWS Cost and Usage Report", AWS, &["line_item_usage_account_id"]),
    ("AWS Cost and Usage Report", AWS, &["line_item_line_item_type"]),
    ("AWS detailed billing report", AWS, &["LinkedAccountId", "RecordType"]),
    ("AWS cost allocation report", AWS, &["PayerAccountId", "UsageType"]),
    ("export of Google Cloud billing", GOOGLE, &["billing_account_id", "usage_start_time"]),
    ("export of Google Cloud billing", GOOGLE, &["billing_account_id", "cost"]),
    ("export of Google Cloud billing (cost table)", GOOGLE, &["Billing account ID", "SKU ID"]),
    (
        "export of Google Cloud billing (report)",
        GOOGLE,
        &["Billing account name", "Project ID", "SKU description"],
    ),
    ("Oracle cost report", ORACLE, &["lineItem/referenceNo"]),
    ("Oracle cost report", ORACLE, &["lineItem/intervalUsageStart"]),
    ("Alibaba Cloud bill (阿里云账单)", CHINESE, &["产品Code", "应付金额"]),
    ("Alibaba Cloud bill (阿里云账单)", CHINESE, &["产品代码", "应付金额"]),
    ("Alibaba Cloud bill (阿里云账单)", CHINESE, &["产品", "应付金额", "计费项"]),
    ("Alibaba Cloud bill (阿里云账单)", CHINESE, &["ProductCode", "PretaxAmount"]),
    ("export of Tencent Cloud (腾讯云账单)", CHINESE, &["产品名称", "优惠后总价"]),
    ("export of Tencent Cloud (腾讯云账单)", CHINESE, &["BusinessCodeName", "RealTotalCost"]),
    ("export of Huawei Cloud (华为云账单)", CHINESE, &["云服务类型名称", "应付金额"]),
    ("export of Huawei Cloud (华为云账单)", CHINESE, &["产品类型", "应付金额", "账期"]),
    ("export of Huawei Cloud (华为云账单)", CHINESE, &["cloud_service_type", "official_amount"]),
    ("export of Volcengine (火山引擎账单)", CHINESE, &["计费项", "优惠后价格"]),
    ("export of Baidu Cloud (百度智能云账单)", CHINESE, &["productName", "financePrice"]),
    ("export of the dataset InvoiceDetail of FOCUS", DATASET, &["InvoiceDetailGrain"]),
    ("export of the dataset BillingPeriod of FOCUS", DATASET, &["BillingPeriodStatus"]),
    ("export of the dataset ContractCommitment of FOCUS", DATASET, &["ContractCommitmentId"]),
];

/// Whose export it is, by its columns.
pub(super) fn native(names: &[&str]) -> Option<Foreign> {
    let has = |id: &&str| names.iter().any(|name| name.trim().eq_ignore_ascii_case(id));
    let (looks_like, instead, _) = NATIVE.iter().find(|(_, _, columns)| columns.iter().all(has))?;
    Some(Foreign { looks_like, instead })
}

/// Which office document a ZIP is, by the names of what it holds.
pub fn office<'n>(members: impl IntoIterator<Item = &'n [u8]>) -> Option<Foreign> {
    members
        .into_iter()
        .find_map(|name| match name {
            b"xl/workbook.xml" | b"xl/workbook.bin" => Some("Excel workbook (.xlsx)"),
            b"META-INF/manifest.xml" => Some("OpenDocument spreadsheet (.ods)"),
            _ => None,
        })
        .map(|looks_like| Foreign { looks_like, instead: FILE })
}

/// Formats of files that are neither text nor Parquet, and what they begin with.
const FORMATS: &[(&str, &[u8])] = &[
    ("Excel workbook of before 2007 (.xls)", &[0xd0, 0xcf, 0x11, 0xe0]),
    ("encrypted Parquet file", b"PARE"),
    ("ORC file", b"ORC"),
    ("Avro file", b"Obj\x01"),
    ("Arrow file", b"ARROW1"),
    ("archive within an archive (gzip)", &[0x1f, 0x8b]),
    ("archive within an archive (ZIP)", b"PK\x03\x04"),
    ("archive packed as zstd", &[0x28, 0xb5, 0x2f, 0xfd]),
    ("archive packed as bzip2", b"BZh"),
    ("archive packed as xz", &[0xfd, b'7', b'z', b'X', b'Z']),
    ("archive packed as 7z", b"7z\xbc\xaf"),
    ("archive packed as RAR", b"Rar!"),
    ("Adobe PDF document", b"%PDF"),
    ("SQLite database", b"SQLite format 3"),
];

/// What a tape archive has 257 bytes after its beginning.
const TAR: &[u8] = b"ustar";

/// Which other format a file is in, by its first bytes; none where it may be text.
pub fn format(head: &[u8]) -> Option<Foreign> {
    named(head).map(|looks_like| Foreign { looks_like, instead: FILE })
}

fn named(head: &[u8]) -> Option<&'static str> {
    if let Some((format, _)) = FORMATS.iter().find(|(_, begins)| head.starts_with(begins)) {
        return Some(format);
    }
    if head.get(257..).is_some_and(|rest| rest.starts_with(TAR)) {
        return Some("archive packed as tar");
    }
    let bare = head.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(head).trim_ascii_start();
    match bare {
        [b'{', ..] | [b'[', ..] => Some("export as JSON"),
        [b'<', b'!' | b'?', ..] | [b'<', b'h' | b'H', b't' | b'T', ..] => Some("HTML page or XML document"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks_like(names: &[&str]) -> Option<&'static str> {
        native(names).map(|foreign| foreign.looks_like)
    }

    #[test]
    fn exports_are_known_by_their_columns_and_focus_is_none_of_them() {
        assert_eq!(
            looks_like(&["identity/LineItemId", "lineItem/UsageAccountId"]),
            Some("AWS Cost and Usage Report")
        );
        assert_eq!(looks_like(&["产品名称", "优惠后总价"]), Some("export of Tencent Cloud (腾讯云账单)"));
        let mca = ["billingProfileId", "meterCategory", "costInBillingCurrency", "pricingCurrency"];
        assert_eq!(looks_like(&mca), Some("Azure MCA export"));
        assert_eq!(looks_like(&mca[1..3]), Some("Azure EA export"));
        assert_eq!(looks_like(&["BilledCost", "InvoiceDetailId", "x_ProductCode"]), None);
        let names = NATIVE.iter().flat_map(|(_, _, columns)| *columns);
        assert!(names.into_iter().all(|name| !["BilledCost", "ServiceName"].contains(name)));
    }

    #[test]
    fn formats_are_known_by_their_first_bytes_and_text_is_none_of_them() {
        assert_eq!(named(b"\xef\xbb\xbf [{\"BilledCost\""), Some("export as JSON"));
        assert_eq!(named(b"<?xml version"), Some("HTML page or XML document"));
        assert_eq!(named(&[&[0; 257][..], b"ustar"].concat()), Some("archive packed as tar"));
        for text in [&b"BilledCost,ServiceName\n"[..], b"", b"\xff\xfeB\0", "产品".as_bytes(), b"<my-id>,1"]
        {
            assert_eq!(format(text), None);
        }
        let members = |name: &'static [u8]| office([&b"[Content_Types].xml"[..], name]).is_some();
        assert!(members(b"xl/workbook.xml") && !members(b"bill.csv"));
    }

    #[test]
    fn an_can_stand_before_what_everything_looks_like() {
        let names = NATIVE.iter().map(|(name, _, _)| *name).chain(FORMATS.iter().map(|(name, _)| *name));
        for name in names {
            let vowel = name.starts_with(['A', 'E', 'O', 'a', 'e', 'o']) || name.starts_with("SQL");
            assert!(vowel, "an {name}");
        }
    }
}
