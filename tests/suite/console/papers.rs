//! Papers as PDF: what can be copied out of them, how many pages they have, that the same paper is the same file; and what is
//! said where there is no font.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use serde_json::json;

use super::browser::Browser;
use crate::support::city::{City, FIRM, rules, text};
use crate::support::service::Service;
use crate::support::tools::not_checked;

const FONTS: [&str; 3] = [
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
];

/// Whether the machine has a font; without one the test says what it did not check.
fn has_font() -> bool {
    let found = FONTS.iter().any(|font| Path::new(font).exists());
    if !found {
        not_checked("a font with Chinese", "apt-get install fonts-wqy-microhei");
    }
    found
}

/// The streams of a file, unpacked.
fn streams(file: &[u8]) -> Vec<Vec<u8>> {
    let find = |from: usize, mark: &[u8]| {
        let rest = file.get(from..)?;
        rest.windows(mark.len()).position(|window| window == mark).map(|at| from + at)
    };
    let (mut streams, mut from) = (Vec::new(), 0);
    while let Some(at) = find(from, b"stream\n") {
        let begin = at + b"stream\n".len();
        let Some(end) = find(begin, b"endstream") else { break };
        let mut bytes = Vec::new();
        let packed = &file[begin..end];
        if flate2::read::ZlibDecoder::new(packed).read_to_end(&mut bytes).is_err() {
            bytes = packed.to_vec();
        }
        streams.push(bytes);
        from = end + b"endstream".len();
    }
    streams
}

/// Which letters glyphs stand for, as the font's ToUnicode map says.
fn letters(map: &str) -> BTreeMap<u16, String> {
    let hex = |text: &str| u16::from_str_radix(text, 16).expect("hexadecimal");
    let letters = |text: &str| {
        let units: Vec<u16> =
            text.as_bytes().chunks(4).map(|four| hex(std::str::from_utf8(four).unwrap())).collect();
        String::from_utf16(&units).expect("UTF-16")
    };
    let mut known = BTreeMap::new();
    let mut words = map.split(['<', '>', '\n', ' ']).filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        if word != "beginbfchar" {
            continue;
        }
        while let Some(glyph) = words.next().filter(|word| *word != "endbfchar") {
            known.insert(hex(glyph), letters(words.next().expect("a letter")));
        }
    }
    known
}

/// The glyphs that a page shows, from its strings.
fn glyphs(content: &[u8]) -> Vec<u16> {
    let (mut codes, mut bytes) = (Vec::new(), content.iter().copied().peekable());
    while let Some(byte) = bytes.next() {
        let mut string = Vec::new();
        match byte {
            b'<' if bytes.peek() != Some(&b'<') => {
                let digits: Vec<u8> = bytes.by_ref().take_while(|byte| *byte != b'>').collect();
                string = hex::decode(digits).unwrap_or_default();
            }
            b'(' => {
                let mut depth = 1;
                while let Some(byte) = bytes.next() {
                    match byte {
                        b'\\' => {
                            let escaped = bytes.next().expect("an escape");
                            string.push(match escaped {
                                b'n' => b'\n',
                                b'r' => b'\r',
                                b't' => b'\t',
                                b'b' => 8,
                                b'f' => 12,
                                b'0'..=b'7' => {
                                    let mut number = escaped - b'0';
                                    // three digits at most: a digit after them is a letter of its own
                                    for _ in 0..2 {
                                        let Some(digit) = bytes.next_if(|byte| (b'0'..=b'7').contains(byte))
                                        else {
                                            break;
                                        };
                                        number = number.wrapping_mul(8).wrapping_add(digit - b'0');
                                    }
                                    number
                                }
                                other => other,
                            });
                        }
                        b'(' => {
                            depth += 1;
                            string.push(byte);
                        }
                        b')' if depth == 1 => break,
                        b')' => {
                            depth -= 1;
                            string.push(byte);
                        }
                        other => string.push(other),
                    }
                }
            }
            _ => continue,
        }
        codes.extend(string.chunks_exact(2).map(|two| u16::from_be_bytes([two[0], two[1]])));
    }
    codes
}

/// What can be copied out of a file, page by page.
fn pages(file: &[u8]) -> Vec<String> {
    let streams = streams(file);
    let texts: Vec<String> =
        streams.iter().map(|stream| String::from_utf8_lossy(stream).into_owned()).collect();
    let map = texts.iter().find(|text| text.contains("beginbfchar")).expect("a map to letters");
    let known = letters(map);
    let shown = streams.iter().zip(&texts).filter(|(_, text)| text.contains("BT\n") || text.contains("BT "));
    let page = |(stream, _): (&Vec<u8>, &String)| -> String {
        glyphs(stream).iter().filter_map(|glyph| known.get(glyph)).map(String::as_str).collect()
    };
    shown.map(page).collect()
}

#[test]
fn papers_that_are_sent_are_pdf_files_whose_text_can_be_copied() {
    if !has_font() {
        return;
    }
    let city = City::open("papers", &rules(json!({})), "1000000");
    let voucher = city.voucher("80000");
    let claim = city.approved(&voucher, "50000", false);
    let batch = city.paid(&[&claim], "2025-01-02");
    let recovery = city.recovery(&claim, "100.00", &json!({"reason": "第一条多付\r\n第二条\t退回"}));
    let mut officer = Browser::with_token(&city.base, &city.lin);
    let number = text(&city.get(&format!("/v1/vouchers/{voucher}"), &city.lin), "/number");
    for (paper, says) in [
        (format!("/vouchers/{voucher}/paper"), vec![number.as_str(), "16,000.00", "壹万陆仟元整", "算力券"]),
        (format!("/payment-batches/{batch}/list"), vec!["10,000.00", "壹万元整", "拨付清单", "批准："]),
        (
            format!("/recoveries/{recovery}/decision"),
            vec!["追1", "100.00", "壹佰元整", "追回决定书", "（盖章）", "第一条多付", "第二条 退回"],
        ),
        (format!("/claims/{claim}/receipt"), vec!["10,000.00", "壹万元整", "受理回执"]),
        (
            format!("/claims/{claim}/sheet"),
            vec!["10,000.00", "壹万元整", "计算单", "50,000.00 × 20%", "核定金额"],
        ),
        (format!("/organisations/{FIRM}/statement"), vec!["对账单", FIRM, "10,000.00", number.as_str()]),
    ] {
        let address = format!("{paper}?format=pdf");
        assert!(officer.get(&paper).links().contains(&address), "{paper}");
        let file = officer.get(&address);
        assert_eq!((file.status, file.kind.as_str()), (200, "application/pdf"), "{}", file.html);
        assert!(file.bytes.starts_with(b"%PDF-1.7"), "{paper}");
        let says_it =
            streams(&file.bytes).iter().any(|part| String::from_utf8_lossy(part).contains("pdfaid:part"));
        assert!(says_it, "{paper} says that it is PDF/A");
        let pages = pages(&file.bytes);
        assert_eq!(pages.len(), 1, "{paper}: {pages:?}");
        // a statement is of a day, and no document that could be verified
        let code = if paper.contains("organisations") { None } else { Some("/verify?agency=papers") };
        for said in says.into_iter().chain(["第 1 页，共 1 页"]).chain(code) {
            assert!(pages[0].contains(said), "{paper} lacks {said}: {}", pages[0]);
        }
        assert!(officer.get(&address).bytes == file.bytes, "the same paper is the same file: {paper}");
        if std::env::var_os("CONSOLE_PICTURES").is_some() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/console");
            std::fs::create_dir_all(&folder).expect("a folder");
            let name = paper.split('/').next_back().expect("a name");
            std::fs::write(folder.join(format!("{name}.pdf")), &file.bytes).expect("a file");
        }
    }
    // whoever may not read the document gets no paper of it
    let mut other = Browser::with_token(&city.base, &city.other);
    let foreign = [
        format!("/vouchers/{voucher}/paper"),
        format!("/claims/{claim}/receipt"),
        format!("/claims/{claim}/sheet"),
        format!("/recoveries/{recovery}/decision"),
    ];
    for paper in foreign {
        let refused = other.get(&format!("{paper}?format=pdf"));
        assert!([403, 404].contains(&refused.status), "{paper}: {}", refused.html);
    }
    let statement = other.get(&format!("/organisations/{FIRM}/statement?format=pdf"));
    assert!([403, 404].contains(&statement.status), "{}", statement.html);
    let mut firm = Browser::with_token(&city.base, &city.firm);
    assert_eq!(firm.get(&format!("/payment-batches/{batch}/list?format=pdf")).status, 403);
    // in English too
    firm.get("/me?lang=en");
    let english = firm.get(&format!("/vouchers/{voucher}/paper?format=pdf"));
    assert!(pages(&english.bytes)[0].contains("page 1 of 1"), "{:?}", pages(&english.bytes));
}

#[test]
fn a_list_of_many_payments_has_pages_and_a_letter_that_the_font_lacks_is_told() {
    if !has_font() {
        return;
    }
    let city = City::open("long_papers", &rules(json!({})), "100000000");
    let claims: Vec<String> = (0..60)
        .map(|_| {
            let voucher = city.voucher("8000");
            city.approved(&voucher, "500", false)
        })
        .collect();
    let ids: Vec<&str> = claims.iter().map(String::as_str).collect();
    let batch = text(&city.batch(&ids), "/id");
    let mut officer = Browser::with_token(&city.base, &city.lin);
    let file = officer.get(&format!("/payment-batches/{batch}/list?format=pdf"));
    let pages = pages(&file.bytes);
    assert!(pages.len() > 1, "{} pages", pages.len());
    let last = format!("第 {0} 页，共 {0} 页", pages.len());
    assert!(pages.last().is_some_and(|page| page.contains(&last)), "{pages:?}");
    for claim in &claims {
        let end = claim[claim.len() - 8..].to_uppercase();
        assert_eq!(pages.iter().filter(|page| page.contains(&end)).count(), 1, "{end} stands on one page");
    }
    // a decision for a reason with a letter of ancient Egypt
    let claim = &claims[0];
    city.result(&batch, claim, "paid", "2025-01-02").expect(200);
    let body = json!({"claim_id": claim, "amount": "1.00", "decision_no": "追2", "reason": "多付\u{13000}"});
    let recovery = city.create("/v1/recoveries", &city.lin, &body);
    let refused = officer.get(&format!("/recoveries/{recovery}/decision?format=pdf"));
    assert!(refused.status == 503 && refused.html.contains("字体缺字"), "{}", refused.html);
    assert!(refused.html.contains("fonts-noto-cjk"), "{}", refused.html);
}

#[test]
fn without_a_font_a_paper_is_refused_with_what_to_install() {
    let service = std::sync::Arc::new(Service::start_with(&[("SUBSIDY_LEDGER_FONT", "/nowhere/none.ttf")]));
    let city = City::found(&service, "no_font", &rules(json!({})), "1000000");
    let voucher = city.voucher("80000");
    let mut officer = Browser::with_token(&city.base, &city.lin);
    let paper = format!("/vouchers/{voucher}/paper");
    assert_eq!(officer.get(&paper).status, 200, "it can be printed");
    let refused = officer.get(&format!("{paper}?format=pdf"));
    assert_eq!(refused.status, 503, "{}", refused.html);
    assert!(
        refused.html.contains("缺少中文字体") && refused.html.contains("fonts-wqy-microhei"),
        "{}",
        refused.html
    );
}
