//! Invoices as other systems hand them over: within an OFD or a ZIP, in the older dialect, in UTF-16; and hostile ones.

use serde_json::{Value, json};

use super::{XML, founded};
use crate::payments::answers::zipped;

const OFD: &[u8] = include_bytes!("../../fixtures/invoices/v4signed.ofd");
const WITHIN: &[u8] = include_bytes!("../../fixtures/invoices/ofdrw-v4signed-original_invoice.xml");
const TEMPLATE: &[u8] = include_bytes!("../../fixtures/invoices/fptpl.ofd");
const HELLO: &[u8] = include_bytes!("../../fixtures/invoices/helloworld.ofd");

#[test]
fn an_invoice_is_read_wherever_it_is_and_what_is_not_read_says_so() {
    let city = founded("dialects");
    let brought = |query: &str, bytes: &[u8]| city.bring(query, &city.firm, bytes).expect(201).json();
    for (bytes, media_type) in [(OFD, "application/ofd"), (WITHIN, "application/xml")] {
        let view = brought("kind=invoice", bytes);
        let invoice = &view["invoice"];
        assert_eq!((&view["media_type"], &view["unread"]), (&json!(media_type), &Value::Null), "{view}");
        let number = (&invoice["code"], &invoice["number"]);
        assert_eq!(number, (&json!("050001700111"), &json!("99999951")), "{view}");
        let said = (&invoice["amount"], &invoice["tax"], &invoice["issued_on"]);
        assert_eq!(said, (&json!("318.00"), &json!("18.00"), &json!("2020-10-10")));
    }
    city.bring("kind=invoice&amount=317.00", &city.firm, OFD).refuses(422, "invoice_contradicts", "/amount");
    // an OFD without one, and a picture: what is typed is all that is known
    city.bring("kind=invoice", &city.firm, HELLO).refuses(422, "invoice_number", "/invoice_number");
    for (bytes, number) in [(HELLO, 3), (TEMPLATE, 4), (super::PDF, 5)] {
        let number = super::number(number);
        let view = brought(&format!("kind=invoice&invoice_number={number}&amount=5.00"), bytes);
        assert_eq!((&view["unread"], &view["invoice"]["amount"]), (&json!(true), &json!("5.00")), "{view}");
    }
    assert_eq!(brought("kind=delivery", HELLO)["unread"], Value::Null);
    // in a ZIP, in UTF-16, and both
    let utf16: Vec<u8> = format!("\u{feff}{XML}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let zip = zipped(&[("发票.pdf", b"%PDF"), ("a/24312.xml", XML.as_bytes())]);
    for (bytes, media_type) in [
        (zip, "application/zip"),
        (utf16.clone(), "application/xml"),
        (zipped(&[("x.XML", &utf16)]), "application/zip"),
    ] {
        let view = brought("kind=invoice", &bytes);
        assert_eq!(
            (&view["media_type"], &view["invoice"]["amount"]),
            (&json!(media_type), &json!("1060.00")),
            "{view}"
        );
        assert_eq!((&view["unread"], &view["invoice"]["confirmed"]), (&Value::Null, &json!("einvoice")));
    }
}

#[test]
fn a_hostile_container_is_refused_and_nothing_of_it_is_kept() {
    let city = founded("containers");
    let refused = |bytes: &[u8], code: &str, word: &str| {
        let answer =
            city.bring("kind=invoice&invoice_number=24312000000000000009&amount=1.00", &city.firm, bytes);
        let problem = answer.is(422, code).json();
        assert!(problem["detail"].as_str().unwrap().contains(word), "{problem}");
    };
    let attached = |bytes: &[u8]| zipped(&[("OFD.xml", b"<OFD/>"), ("Doc_0/Attachs/invoice.xml", bytes)]);
    let bomb = vec![b' '; 3 << 20];
    refused(&attached(&bomb), "file_type", "zip_ratio");
    refused(&zipped(&[("a.xml", &bomb)]), "file_type", "zip_ratio");
    let laughs = b"<!DOCTYPE a [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]><a>&b;</a>";
    refused(&attached(laughs), "file_type", "doctype");
    refused(&zipped(&[("a.xml", laughs)]), "file_type", "doctype");
    refused(&attached(["<a>".repeat(99), "</a>".repeat(99)].concat().as_bytes()), "file_type", "depth");
    let other = XML.replace("1060.00", "1061.00");
    refused(&zipped(&[("a.xml", XML.as_bytes()), ("b.xml", other.as_bytes())]), "file_type", "two_invoices");
    // a ZIP in a ZIP stays closed, and a ZIP is taken for its invoice alone
    refused(&zipped(&[("a.zip", &zipped(&[("a.xml", XML.as_bytes())]))]), "file_type", "");
    refused(&zipped(&[("a.xml", b"<x/>")]), "file_type", "");
    city.bring("kind=delivery", &city.firm, &zipped(&[("a.xml", XML.as_bytes())])).is(422, "file_type");
    let all = city.service.send("GET", "/v1/evidence", Some(&city.lin), None, &[]).json();
    assert_eq!(all["data"], json!([]));
}
