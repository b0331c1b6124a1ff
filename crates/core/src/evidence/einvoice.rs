//! Fully digital invoices 数电票 as the tax authority's XML has them, read from files that anybody may have made.
//!
//! Namespaces do not matter; a document of another shape is another dialect and says nothing. What is refused: what is
//! not well formed, any DTD (so no entity of its own), references to anything but characters, deep nesting, masses of
//! elements, and a known field that stands there twice, because two readers could then read two invoices.

use std::borrow::Cow;

use quick_xml::escape::{resolve_predefined_entity, unescape};
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::EvidenceError;
use crate::domain::InvoiceNumber;

/// The most bytes of XML that are read.
pub const XML_BYTES_MAX: usize = 1_048_576;
const DEPTH_MAX: usize = 32;
const ELEMENTS_MAX: usize = 20_000;
/// The most characters of a field.
const FIELD_CHARS_MAX: usize = 300;

/// What an invoice says of itself, as written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Einvoice {
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
            ("AdditionalInformation", "Remark") => &mut self.remark,
            _ => return None,
        })
    }
}

fn malformed(reason: &str) -> EvidenceError {
    EvidenceError::MalformedXml { reason: reason.to_owned() }
}

/// The characters of a document: UTF-8, or what it says itself where that is a Chinese encoding.
fn characters(bytes: &[u8]) -> Result<Cow<'_, str>, EvidenceError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let declaration = bytes.split(|byte| *byte == b'>').next().unwrap_or_default();
    let declaration = String::from_utf8_lossy(declaration.get(..200).unwrap_or(declaration)).to_lowercase();
    let chinese = declaration.starts_with("<?xml")
        && ["gbk", "gb2312", "gb18030"].iter().any(|name| declaration.contains(name));
    if chinese {
        let text = encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(bytes);
        return text.ok_or_else(|| malformed("encoding"));
    }
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| malformed("encoding"))
}

/// What a document says; none where it is of another dialect. Error: `malformed_xml`.
pub fn read(bytes: &[u8]) -> Result<Option<Einvoice>, EvidenceError> {
    let text = characters(bytes)?;
    let mut reader = Reader::from_str(&text);
    reader.config_mut().expand_empty_elements = true;
    reader.config_mut().check_comments = true;
    let mut walk = Walk::default();
    loop {
        match reader.read_event().map_err(|_| malformed("not_well_formed"))? {
            Event::Start(start) => walk.begins(&start)?,
            Event::End(_) => walk.ends()?,
            Event::Text(text) => walk.says(&text.decode().map_err(|_| malformed("encoding"))?)?,
            Event::CData(text) => {
                walk.inside()?;
                walk.says(&text.decode().map_err(|_| malformed("encoding"))?)?;
            }
            Event::GeneralRef(reference) => {
                walk.inside()?;
                let character = reference.resolve_char_ref().map_err(|_| malformed("reference"))?;
                let name = reference.decode().map_err(|_| malformed("encoding"))?;
                match (character, resolve_predefined_entity(&name)) {
                    (Some(character), _) => walk.says(&character.to_string())?,
                    (None, Some(text)) => walk.says(text)?,
                    (None, None) => return Err(malformed("entity")),
                }
            }
            Event::DocType(_) => return Err(malformed("doctype")),
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) | Event::Empty(_) => {}
            Event::Eof => return walk.finish(),
        }
    }
}

/// Where in a document a reader is, and what it found.
#[derive(Debug, Default)]
struct Walk {
    /// The elements that are open, outermost first.
    open: Vec<String>,
    elements: usize,
    /// What the innermost one says so far, where somebody wants to know.
    text: String,
    found: Einvoice,
    root: Option<String>,
}

impl Walk {
    fn begins(&mut self, start: &BytesStart<'_>) -> Result<(), EvidenceError> {
        self.elements += 1;
        if self.open.len() >= DEPTH_MAX {
            return Err(malformed("depth"));
        }
        if self.elements > ELEMENTS_MAX {
            return Err(malformed("elements"));
        }
        if self.open.is_empty() && self.root.is_some() {
            return Err(malformed("two_roots"));
        }
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| malformed("attribute"))?;
            let value = std::str::from_utf8(&attribute.value).map_err(|_| malformed("encoding"))?;
            if value.contains('<') || unescape(value).is_err() {
                return Err(malformed("attribute"));
            }
        }
        let name = std::str::from_utf8(start.local_name().into_inner()).map_err(|_| malformed("encoding"))?;
        let begins_well = name.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
        if !begins_well || name.contains(['<', '&', '"', '\'']) {
            return Err(malformed("name"));
        }
        self.root.get_or_insert_with(|| name.to_owned());
        self.open.push(name.to_owned());
        self.text.clear();
        Ok(())
    }

    fn inside(&self) -> Result<(), EvidenceError> {
        if self.open.is_empty() { Err(malformed("text_outside")) } else { Ok(()) }
    }

    fn says(&mut self, text: &str) -> Result<(), EvidenceError> {
        if !text.trim().is_empty() {
            self.inside()?;
        }
        let room = (4 * FIELD_CHARS_MAX).saturating_sub(self.text.len());
        self.text.extend(text.chars().take(room));
        Ok(())
    }

    fn ends(&mut self) -> Result<(), EvidenceError> {
        let text = std::mem::take(&mut self.text);
        let name = self.open.pop().ok_or_else(|| malformed("not_well_formed"))?;
        let said = text.trim();
        let Some(parent) = self.open.last().filter(|_| !said.is_empty()) else { return Ok(()) };
        let Some(field) = self.found.field(parent, &name) else { return Ok(()) };
        if field.is_some() {
            return Err(malformed("field_twice"));
        }
        *field = Some(said.chars().take(FIELD_CHARS_MAX).collect());
        Ok(())
    }

    fn finish(mut self) -> Result<Option<Einvoice>, EvidenceError> {
        if !self.open.is_empty() || self.root.is_none() {
            return Err(malformed("not_well_formed"));
        }
        if self.root.as_deref() != Some("EInvoice") {
            return Ok(None);
        }
        let requested_on = self.found.requested_on.take();
        self.found.issued_on = self.found.issued_on.or(requested_on);
        self.found.original = self.found.remark.take().as_deref().and_then(taken_back);
        Ok(Some(self.found))
    }
}

/// The number that a red invoice's remark names: 被红冲蓝字数电发票号码：24….
fn taken_back(remark: &str) -> Option<InvoiceNumber> {
    let (_, rest) = remark.split_once("被红冲蓝字")?;
    let digits = rest.trim_start_matches(|letter: char| !letter.is_ascii_digit());
    let number: String = digits.chars().take_while(char::is_ascii_digit).collect();
    InvoiceNumber::parse(None, &number).ok()
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
        let silent = WHOLE
            .replace("</EInvoiceData>", "<A><Remark>合同 24312000000000000001</Remark></A></EInvoiceData>");
        assert_eq!(read(silent.as_bytes()).unwrap().unwrap().original, None);
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
