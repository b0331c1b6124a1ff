//! The parts of a message that are read: each as a small tree, the rest of the message is passed over.

use crate::xml::{Element, Visitor, XmlError};

/// The most elements of one part.
const PART_ELEMENTS_MAX: usize = 400_000;

/// What the messages are called inside, and outside.
const MESSAGES: [(&str, &str); 4] = [
    ("CstmrPmtStsRpt", "pain.002"),
    ("BkToCstmrAcctRpt", "camt.052"),
    ("BkToCstmrStmt", "camt.053"),
    ("BkToCstmrDbtCdtNtfctn", "camt.054"),
];
/// What is read of them.
const PARTS: [&str; 5] = ["GrpHdr", "OrgnlGrpInfAndSts", "OrgnlPmtInfAndSts", "TxInfAndSts", "Ntry"];

/// An element with what it says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    pub name: String,
    /// The currency of an amount.
    pub currency: Option<String>,
    text: String,
    within: Vec<Node>,
}

impl Node {
    /// All elements of a name right within it.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.within.iter().filter(move |node| node.name == name)
    }

    /// The first element along a path of names, apart by slashes.
    pub fn at(&self, path: &str) -> Option<&Self> {
        path.split('/').try_fold(self, |node, name| node.within.iter().find(|inner| inner.name == name))
    }

    /// What the first element along a path says.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.at(path).map(|node| node.text.as_str()).filter(|text| !text.is_empty())
    }

    /// All that elements of a name right within it say, or nothing.
    pub fn texts(&self, name: &str) -> Option<String> {
        let said: Vec<&str> = self.all(name).map(|node| node.text.as_str()).collect();
        Some(said.join(" ")).filter(|text| !text.trim().is_empty())
    }

    /// What it says itself.
    pub fn said(&self) -> Option<&str> {
        Some(self.text.as_str()).filter(|text| !text.is_empty())
    }
}

/// Collects the parts of a message.
#[derive(Debug, Default)]
pub struct Parts {
    pub root: Option<String>,
    pub format: Option<&'static str>,
    pub found: Vec<Node>,
    /// The elements of the part that is open, outermost first.
    open: Vec<Node>,
    elements: usize,
}

impl Visitor for Parts {
    fn begins(&mut self, _: &[Element], element: &Element) {
        self.root.get_or_insert_with(|| element.name.clone());
        let message = MESSAGES.iter().find(|(inside, _)| *inside == element.name);
        self.format = self.format.or(message.map(|(_, outside)| *outside));
        if self.open.is_empty() && !PARTS.contains(&element.name.as_str()) {
            return;
        }
        self.elements = if self.open.is_empty() { 0 } else { self.elements + 1 };
        let currency = element.attribute("Ccy").map(str::to_owned);
        self.open.push(Node { name: element.name.clone(), currency, ..Node::default() });
    }

    fn ends(&mut self, _: &[Element], _: &Element, said: &str) -> Result<(), XmlError> {
        if self.elements > PART_ELEMENTS_MAX {
            return Err(XmlError("elements"));
        }
        let Some(mut node) = self.open.pop() else { return Ok(()) };
        node.text = said.to_owned();
        match self.open.last_mut() {
            Some(outer) => outer.within.push(node),
            None => self.found.push(node),
        }
        Ok(())
    }
}
