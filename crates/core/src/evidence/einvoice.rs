//! Fully digital invoices 数电票 as the tax authority's XML has them, and those before them 电子发票 (GB/T 36609), read from
//! files that anybody may have made.
//!
//! A document of another shape is another dialect and says nothing. What is refused: what [`xml`] refuses, and a known field
//! that stands there twice, because two readers could then read two invoices.

use super::EvidenceError;
use crate::domain::InvoiceNumber;
use crate::xml::{self, Element, Limits, Visitor, XmlError};

/// The root of an older invoice.
const OLDER: &str = "eInvoice";
/// The most bytes of XML that are read.
pub const XML_BYTES_MAX: usize = 1_048_576;
const DEPTH_MAX: usize = 32;
const ELEMENTS_MAX: usize = 20_000;
/// The most characters of a field.
const FIELD_CHARS_MAX: usize = 300;

/// What an invoice says of itself, as written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Einvoice {
    /// 发票代码, of an older one.
    pub code: Option<String>,
    /// 发票号码
    pub number: Option<String>,
    /// 价税合计
    pub amount: Option<String>,
    /// 合计税额
    pub tax: Option<String>,
    /// 购买方统一社会信用代码
    pub buyer: Option<String>,
    /// 购买方名称
    pub buyer_name: Option<String>,
    /// 销售方统一社会信用代码
    pub seller: Option<String>,
    /// 销售方名称
    pub seller_name: Option<String>,
    /// 开票日期
    pub issued_on: Option<String>,
    /// 被红冲蓝字发票号码, of a red invoice.
    pub original: Option<InvoiceNumber>,
    /// 备注, in which a red invoice names its original.
    remark: Option<String>,
    /// 申请开票时间, where the day of issue is not said.
    requested_on: Option<String>,
}

impl Einvoice {
    /// The field that an element holds, by its name and its parent's.
    fn field(&mut self, parent: &str, name: &str) -> Option<&mut Option<String>> {
        Some(match (parent, name) {
            ("TaxSupervisionInfo", "InvoiceNumber") => &mut self.number,
            ("TaxSupervisionInfo", "IssueTime") => &mut self.issued_on,
            ("BasicInformation", "TotalTax-includedAmount") => &mut self.amount,
            ("BasicInformation", "TotalTaxAm") => &mut self.tax,
            ("BasicInformation", "RequestTime") => &mut self.requested_on,
            ("BuyerInformation", "BuyerIdNum") => &mut self.buyer,
            ("BuyerInformation", "BuyerName") => &mut self.buyer_name,
            ("SellerInformation", "SellerIdNum") => &mut self.seller,
            ("SellerInformation", "SellerName") => &mut self.seller_name,
            ("AdditionalInformation", "Remark") | (OLDER, "Note") => &mut self.remark,
            (OLDER, "InvoiceCode") => &mut self.code,
            (OLDER, "InvoiceNo") => &mut self.number,
            (OLDER, "IssueDate") => &mut self.issued_on,
            (OLDER, "TaxInclusiveTotalAmount") => &mut self.amount,
            (OLDER, "TaxTotalAmount") => &mut self.tax,
            ("Buyer", "BuyerTaxID") => &mut self.buyer,
            ("Buyer", "BuyerName") => &mut self.buyer_name,
            ("Seller", "SellerTaxID") => &mut self.seller,
            ("Seller", "SellerName") => &mut self.seller_name,
            _ => return None,
        })
    }
}

impl From<XmlError> for EvidenceError {
    fn from(XmlError(reason): XmlError) -> Self {
        Self::MalformedXml { reason: reason.to_owned() }
    }
}

/// What a document says; none where it is of another dialect. Error: `malformed_xml`.
pub fn read(bytes: &[u8]) -> Result<Option<Einvoice>, EvidenceError> {
    let limits = Limits { depth: DEPTH_MAX, elements: ELEMENTS_MAX, chars: FIELD_CHARS_MAX };
    let mut fields = Fields::default();
    xml::read(bytes, limits, &mut fields)?;
    Ok(fields.finish())
}

/// What was found of a document.
#[derive(Debug, Default)]
struct Fields {
    found: Einvoice,
    root: Option<String>,
}

impl Visitor for Fields {
    fn begins(&mut self, _: &[Element], element: &Element) {
        self.root.get_or_insert_with(|| element.name.clone());
    }

    fn ends(&mut self, around: &[Element], element: &Element, said: &str) -> Result<(), XmlError> {
        let Some(parent) = around.last().filter(|_| !said.is_empty()) else { return Ok(()) };
        let Some(field) = self.found.field(&parent.name, &element.name) else { return Ok(()) };
        if field.is_some() {
            return Err(XmlError("field_twice"));
        }
        *field = Some(said.chars().take(FIELD_CHARS_MAX).collect());
        Ok(())
    }
}

impl Fields {
    fn finish(mut self) -> Option<Einvoice> {
        if !matches!(self.root.as_deref(), Some("EInvoice" | OLDER)) {
            return None;
        }
        let requested_on = self.found.requested_on.take();
        self.found.issued_on = self.found.issued_on.or(requested_on);
        self.found.original = self.found.remark.take().as_deref().and_then(taken_back);
        Some(self.found)
    }
}

/// The invoice that a red one's remark names: a fully digital one by its number alone, 被红冲蓝字数电发票号码：24…, an older one
/// by code and number, 被红冲蓝字发票代码:0500… 号码:9999… or 对应正数发票代码:0500…号码:9999…. The words around 代码 and 号码
/// and the signs between differ from issuer to issuer.
fn taken_back(remark: &str) -> Option<InvoiceNumber> {
    let said = ["被红冲蓝字", "对应正数"].iter().find_map(|words| remark.split_once(words))?.1;
    let Some((before, after)) = said.split_once("号码") else {
        let from = said.trim_start_matches(|letter: char| !letter.is_ascii_digit());
        return InvoiceNumber::parse(None, &digits(from)).ok();
    };
    let code = before.split_once("代码").map(|(_, code)| digits(code));
    InvoiceNumber::parse(code.as_deref(), &digits(after)).ok()
}

/// The digits that a text begins with, after the signs that stand before them.
fn digits(text: &str) -> String {
    let signs =
        |letter: char| letter.is_whitespace() || matches!(letter, ':' | '：' | '“' | '"' | '【' | '(' | '（');
    text.trim_start_matches(signs).chars().take_while(char::is_ascii_digit).collect()
}

#[cfg(test)]
pub mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    /// An invoice as the tax authority writes it.
    pub const WHOLE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<EInvoice>
  <Header><EIid>24312000000012345678</EIid><EInvoiceTag>SWEI3200</EInvoiceTag><Version>0.2</Version></Header>
  <EInvoiceData>
    <SellerInformation><SellerIdNum>91440300MA5F00011B</SellerIdNum><SellerName>丁云 &amp; 算力</SellerName></SellerInformation>
    <BuyerInformation><BuyerIdNum>91310000MA1FL0000N</BuyerIdNum><BuyerName>甲</BuyerName></BuyerInformation>
    <BasicInformation>
      <TotalAmWithoutTax>1000000.00</TotalAmWithoutTax><TotalTaxAm>60000.00</TotalTaxAm>
      <TotalTax-includedAmount>1060000.00</TotalTax-includedAmount>
      <RequestTime>2025-02-01 09:30:00</RequestTime>
    </BasicInformation>
    <IssuItemInformation><ItemName>*信息技术服务*算力</ItemName><Amount>1000000.00</Amount></IssuItemInformation>
  </EInvoiceData>
  <TaxSupervisionInfo><InvoiceNumber>24312000000012345678</InvoiceNumber><IssueTime>2025-02-01</IssueTime></TaxSupervisionInfo>
</EInvoice>
"#;

    fn reason(text: &str) -> String {
        match read(text.as_bytes()) {
            Err(EvidenceError::MalformedXml { reason }) => reason,
            other => panic!("{other:?}: {text}"),
        }
    }

    fn whole() -> Einvoice {
        let text = |text: &str| Some(text.to_owned());
        Einvoice {
            code: None,
            number: text("24312000000012345678"),
            amount: text("1060000.00"),
            tax: text("60000.00"),
            buyer: text("91310000MA1FL0000N"),
            buyer_name: text("甲"),
            seller: text("91440300MA5F00011B"),
            seller_name: text("丁云 & 算力"),
            issued_on: text("2025-02-01"),
            original: None,
            remark: None,
            requested_on: None,
        }
    }

    #[test]
    fn a_red_invoice_names_its_original_in_the_remark() {
        let remark = "<AdditionalInformation><Remark>被红冲蓝字数电发票号码：24312000000000000001 红字确认单编号：31</Remark></AdditionalInformation></EInvoiceData>";
        let red = WHOLE.replace("</EInvoiceData>", remark);
        let found = read(red.as_bytes()).unwrap().unwrap();
        assert_eq!(found.original.unwrap().number(), "24312000000000000001");
        let original = |remark: &str| taken_back(remark).map(|number| number.to_string());
        let (digital, older) = ("24312000000000000001", "050001700111-99999950");
        for (remark, named) in [
            ("被红冲蓝字数电发票号码:24312000000000000001", digital),
            ("被红冲蓝字数电票号码： 24312000000000000001", digital),
            ("合同 HT-7；被红冲蓝字发票号码：24312000000000000001，红字确认单编号：31", digital),
            ("被红冲蓝字发票代码:050001700111 号码:99999950", older),
            ("被红冲蓝字发票代码：050001700111 发票号码：99999950 红字发票信息确认单编号：50012503", older),
            ("被红冲蓝字数电票代码：050001700111，号码：99999950", older),
            ("被红冲蓝字增值税电子普通发票代码：050001700111号码：99999950", older),
            ("对应正数发票代码:050001700111号码:99999950", older),
            ("对应正数发票代码：050001700111 号码：99999950", older),
        ] {
            assert_eq!(original(remark).as_deref(), Some(named), "{remark}");
        }
        assert_eq!(original("被红冲蓝字发票：24312000000000000001").as_deref(), Some(digital));
        for silent in [
            "被红冲蓝字发票",
            "被红冲蓝字发票代码:050001700111",
            "被红冲蓝字发票号码：见附件 24312000000000000001",
        ] {
            assert_eq!(original(silent), None, "{silent}");
        }
        let silent = WHOLE
            .replace("</EInvoiceData>", "<A><Remark>合同 24312000000000000001</Remark></A></EInvoiceData>");
        assert_eq!(read(silent.as_bytes()).unwrap().unwrap().original, None);
    }

    #[test]
    fn an_older_one_has_a_code_and_names_what_it_takes_back_by_code_and_number() {
        let older = include_str!("../../../../tests/fixtures/invoices/ofdrw-v4signed-original_invoice.xml");
        let found = read(older.as_bytes()).unwrap().unwrap();
        let said =
            [&found.code, &found.number, &found.amount, &found.tax, &found.issued_on, &found.buyer_name];
        let expected = ["050001700111", "99999951", "318.00", "18.00", "2020年10月10日", "科游迈利有限公司"];
        assert_eq!(said.map(|text| text.clone().unwrap()), expected);
        assert_eq!((found.seller.unwrap().as_str(), found.original), ("91500106MA2CE71F65", None));
        let remark = "<fp:Note>对应正数发票代码:050001700111号码:99999950</fp:Note>";
        let red = read(older.replace("<fp:Note></fp:Note>", remark).as_bytes()).unwrap().unwrap();
        assert_eq!(red.original.unwrap().to_string(), "050001700111-99999950");
        let bytes: Vec<u8> = WHOLE.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(read(&bytes), Ok(Some(whole())));
        assert_eq!(read(&[&[0xfe, 0xff][..], &bytes].concat()), Ok(Some(whole())));
    }

    #[test]
    fn an_invoice_says_who_owes_what_to_whom() {
        assert_eq!(read(WHOLE.as_bytes()), Ok(Some(whole())));
    }

    #[test]
    fn a_namespace_a_byte_order_mark_and_cdata_do_not_matter() {
        let prefixed = WHOLE.replace("</", "</e:").replace("<EI", "<e:EI").replace("<Ta", "<e:Ta");
        let prefixed = ["Se", "Bu", "Ba", "To", "Is", "In", "He", "Ve", "Re", "It", "Am"]
            .iter()
            .fold(prefixed, |text, begin| text.replace(&format!("<{begin}"), &format!("<e:{begin}")));
        let prefixed = prefixed.replace("<e:EInvoice>", "<e:EInvoice xmlns:e=\"urn:x\">");
        assert_eq!(read(prefixed.as_bytes()), Ok(Some(whole())));
        let marked = format!("\u{feff}{}", WHOLE.replace(">甲<", "><![CDATA[甲]]><"));
        assert_eq!(read(marked.as_bytes()), Ok(Some(whole())));
    }

    #[test]
    fn one_in_gbk_says_so_and_is_read_so() {
        let declared = WHOLE.replace("UTF-8", "GBK");
        let (bytes, _, _) = encoding_rs::GBK.encode(&declared);
        assert_eq!(read(&bytes), Ok(Some(whole())));
        let (undeclared, _, _) = encoding_rs::GBK.encode(WHOLE);
        assert!(matches!(read(&undeclared), Err(EvidenceError::MalformedXml { .. })));
        assert!(matches!(read("<?xml encoding=\"gbk\"?><a>\u{fffd}x</a>".as_bytes()), Ok(None) | Err(_)));
    }

    #[test]
    fn another_dialect_says_nothing_and_is_no_error() {
        assert_eq!(read(b"<Invoice><InvoiceNumber>1</InvoiceNumber></Invoice>"), Ok(None));
        let bare = read(b"<EInvoice><InvoiceNumber>1</InvoiceNumber></EInvoice>").unwrap().unwrap();
        assert_eq!(bare, Einvoice::default());
        let late = WHOLE.replace("<IssueTime>2025-02-01</IssueTime>", "<IssueTime/>");
        assert_eq!(read(late.as_bytes()).unwrap().unwrap().issued_on.unwrap(), "2025-02-01 09:30:00");
    }

    #[test]
    fn a_doctype_is_refused_whatever_it_declares() {
        let laughs = "<!DOCTYPE a [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">]><a>&b;</a>";
        assert_eq!(reason(laughs), "doctype");
        assert_eq!(reason("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>"), "doctype");
        assert_eq!(reason("<!DOCTYPE html><html></html>"), "doctype");
        assert_eq!(reason("<a>&xxe;</a>"), "entity");
        assert_eq!(reason("<a b=\"&xxe;\"/>"), "attribute");
    }

    #[test]
    fn nesting_masses_and_repetitions_have_limits() {
        let nested = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
        assert_eq!(read(nested(DEPTH_MAX).as_bytes()), Ok(None));
        assert_eq!(reason(&nested(DEPTH_MAX + 1)), "depth");
        assert_eq!(reason(&nested(100_000)), "depth");
        let many = |count: usize| format!("<a>{}</a>", "<b/>".repeat(count));
        assert_eq!(read(many(ELEMENTS_MAX - 1).as_bytes()), Ok(None));
        assert_eq!(reason(&many(ELEMENTS_MAX)), "elements");
        let twice =
            WHOLE.replace("</TaxSupervisionInfo>", "<InvoiceNumber>2</InvoiceNumber></TaxSupervisionInfo>");
        assert_eq!(reason(&twice), "field_twice");
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for text in [
            "",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "<a/>text",
            "text<a/>",
            "<a b=c/>",
            "<a b=\"1\" b=\"2\"/>",
            "<a><b></a></b>",
            "<a>&#0;</a>",
            "<a",
            "<a><![CDATA[x</a>",
            "<a><!-- -- --></a>",
            "<1/>",
            "&amp;<a/>",
        ] {
            assert!(!reason(text).is_empty());
        }
        for end in (0..WHOLE.trim_end().len()).filter(|end| WHOLE.is_char_boundary(*end)) {
            assert!(!reason(WHOLE.get(..end).unwrap()).is_empty(), "cut at {end}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_fall(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _read = read(&bytes);
        }

        #[test]
        fn no_markup_makes_it_fall(
            parts in proptest::collection::vec(
                prop_oneof![
                    Just("<a>"), Just("</a>"), Just("<EInvoice>"), Just("</EInvoice>"), Just("<![CDATA["), Just("]]>"),
                    Just("<!--"), Just("-->"), Just("&amp;"), Just("&#x10FFFF;"), Just("&x;"), Just("<?x"), Just("?>"),
                    Just("<!DOCTYPE"), Just("[<!ENTITY"), Just("\""), Just("甲"), Just("<a b='"), Just("'/>"), Just("\0"),
                ],
                0..40,
            ),
        ) {
            let _read = read(parts.concat().as_bytes());
        }

        #[test]
        fn no_changed_byte_makes_it_fall(at in 0usize..2_000, byte: u8) {
            let mut bytes = WHOLE.as_bytes().to_vec();
            let place = at % bytes.len();
            bytes[place] = byte;
            let _read = read(&bytes);
        }
    }
}
