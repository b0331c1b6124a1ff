//! A paper on pages of A4: what stands where. Places are whole twentieths of a point, measured from the upper left corner,
//! so nothing here is a matter of rounding; how wide a text is, whoever has the font says.

/// What a paper says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    pub office: String,
    pub title: String,
    pub number: String,
    pub lead: String,
    /// Names and what they are.
    pub facts: Vec<(String, String)>,
    /// What it is called, in figures and in words; empty where there is none.
    pub amount: [String; 3],
    pub tables: Vec<TableText>,
    pub end: String,
    pub signs: Vec<String>,
    /// What to do with the code, and the address that it holds.
    pub proof: (String, String),
    /// The dark modules of the code, column and row, and how many there are in a row.
    pub dark: Vec<(i32, i32)>,
    pub modules: i32,
}

/// A table as texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableText {
    pub title: String,
    /// What its columns are called, and whether they are figures.
    pub heads: Vec<(String, bool)>,
    pub rows: Vec<Vec<String>>,
}

/// What stands on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// A text in one line, from where its letters stand on.
    Text { x: i32, y: i32, size: i32, text: String },
    /// A dark rectangle: a rule, or a module of a code.
    Dark { x: i32, y: i32, width: i32, height: i32 },
}

/// A page of A4.
pub const WIDTH: i32 = 11_900;
pub const HEIGHT: i32 = 16_840;
const SIDE: i32 = 1_200;
const TOP: i32 = 1_200;
/// Where the foot begins.
const BOTTOM: i32 = 15_600;
const INNER: i32 = WIDTH - 2 * SIDE;

const BODY: i32 = 210;
const SMALL: i32 = 180;
const LABELS: i32 = 2_000;
const GAP: i32 = 160;

/// How wide a text is in a size.
pub type Measure<'a> = &'a dyn Fn(&str, i32) -> i32;

struct Page<'a> {
    measure: Measure<'a>,
    pages: Vec<Vec<Mark>>,
    y: i32,
}

/// The pages of a paper; `foot` says what stands at the foot of a page, of so many.
pub fn pages(
    contents: &Contents,
    measure: Measure<'_>,
    foot: &dyn Fn(usize, usize) -> String,
) -> Vec<Vec<Mark>> {
    let mut page = Page { measure, pages: vec![Vec::new()], y: TOP };
    page.centred(&contents.office, BODY);
    page.y += GAP;
    page.centred(&contents.title, 400);
    page.y += GAP;
    page.centred(&contents.number, BODY);
    page.y += 2 * GAP;
    page.paragraph(&contents.lead, BODY, SIDE, INNER);
    page.y += GAP;
    let [name, figures, words] = &contents.amount;
    page.fact(name, figures, 300);
    page.fact("", words, BODY);
    page.y += GAP / 2;
    for (name, value) in &contents.facts {
        page.fact(name, value, BODY);
    }
    for table in &contents.tables {
        page.table(table);
    }
    page.y += GAP;
    page.paragraph(&contents.end, SMALL, SIDE, INNER);
    page.signs(&contents.signs);
    page.proof(contents);
    page.feet(foot)
}

impl Page<'_> {
    fn mark(&mut self, mark: Mark) {
        if matches!(&mark, Mark::Text { text, .. } if text.is_empty()) {
            return;
        }
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    /// Begins another page where so much does not fit; whether it did.
    fn room(&mut self, height: i32) -> bool {
        if self.y + height <= BOTTOM {
            return false;
        }
        self.pages.push(Vec::new());
        self.y = TOP;
        true
    }

    fn text(&mut self, x: i32, text: &str, size: i32) {
        let y = self.y + size;
        self.mark(Mark::Text { x, y, size, text: text.to_owned() });
    }

    fn centred(&mut self, text: &str, size: i32) {
        for line in self.lines(text, size, INNER) {
            self.room(leading(size));
            let width = (self.measure)(&line, size);
            self.text(SIDE + (INNER - width) / 2, &line, size);
            self.y += leading(size);
        }
    }

    fn paragraph(&mut self, text: &str, size: i32, x: i32, width: i32) {
        for line in self.lines(text, size, width) {
            self.room(leading(size));
            self.text(x, &line, size);
            self.y += leading(size);
        }
    }

    fn fact(&mut self, name: &str, value: &str, size: i32) {
        if value.trim().is_empty() {
            return;
        }
        self.room(leading(size));
        let y = self.y + size;
        self.mark(Mark::Text { x: SIDE, y, size: BODY, text: name.to_owned() });
        self.paragraph(value, size, SIDE + LABELS, INNER - LABELS);
    }

    /// A text in lines of a width: those that it has of itself, each broken where it is too wide.
    fn lines(&self, text: &str, size: i32, width: i32) -> Vec<String> {
        own_lines(text).flat_map(|line| self.broken(&line, size, width)).collect()
    }

    /// A line in lines of a width: broken between letters of Chinese and at blanks, within a word only where that alone is
    /// too wide.
    fn broken(&self, text: &str, size: i32, width: i32) -> Vec<String> {
        let (mut lines, mut line) = (Vec::new(), String::new());
        for piece in pieces(text) {
            let longer = format!("{line}{piece}");
            if (self.measure)(longer.trim_end(), size) <= width {
                line = longer;
                continue;
            }
            if !line.trim_end().is_empty() {
                lines.push(line.trim_end().to_owned());
            }
            line.clear();
            for letter in piece.chars() {
                let longer = format!("{line}{letter}");
                if !line.is_empty() && (self.measure)(longer.trim_end(), size) > width {
                    lines.push(std::mem::take(&mut line));
                }
                line.push(letter);
            }
        }
        if !line.trim_end().is_empty() {
            lines.push(line.trim_end().to_owned());
        }
        lines
    }

    fn table(&mut self, table: &TableText) {
        if table.rows.is_empty() {
            return;
        }
        self.y += GAP;
        self.room(5 * leading(BODY));
        self.text(SIDE, &table.title, BODY);
        self.y += leading(BODY);
        let widths = self.widths(table);
        self.heads(table, &widths);
        for row in &table.rows {
            let row: Vec<&str> = row.iter().map(String::as_str).collect();
            let lines = self.cells(&row, &widths);
            // a table that goes on says again what its columns are
            if self.room(height(&lines)) {
                self.heads(table, &widths);
            }
            self.row(table, &lines, &widths);
        }
        self.rule();
    }

    fn heads(&mut self, table: &TableText, widths: &[i32]) {
        self.rule();
        let heads: Vec<&str> = table.heads.iter().map(|(name, _)| name.as_str()).collect();
        let lines = self.cells(&heads, widths);
        self.row(table, &lines, widths);
        self.rule();
    }

    fn cells(&self, row: &[&str], widths: &[i32]) -> Vec<Vec<String>> {
        let cell = |(text, width): (&&str, &i32)| self.lines(text, SMALL, width - GAP);
        row.iter().zip(widths).map(cell).collect()
    }

    fn row(&mut self, table: &TableText, lines: &[Vec<String>], widths: &[i32]) {
        let (top, mut x) = (self.y, SIDE);
        for ((lines, width), (_, figures)) in lines.iter().zip(widths).zip(&table.heads) {
            self.y = top + 40;
            for line in lines {
                let own = (self.measure)(line, SMALL);
                let from = if *figures { x + width - GAP / 2 - own } else { x + GAP / 2 };
                self.text(from, line, SMALL);
                self.y += leading(SMALL);
            }
            x += width;
        }
        self.y = top + height(lines);
    }

    fn rule(&mut self) {
        let (x, y) = (SIDE, self.y);
        self.mark(Mark::Dark { x, y, width: INNER, height: 10 });
    }

    /// Of each column: as wide as its widest text, and a share of what is left; where not all of them fit, those that need
    /// less than a share get what they need, and the others share the rest.
    fn widths(&self, table: &TableText) -> Vec<i32> {
        let column = |(place, (name, _)): (usize, &(String, bool))| {
            let own = table.rows.iter().filter_map(|row| row.get(place)).map(String::as_str);
            let lines = own.chain([name.as_str()]).flat_map(own_lines);
            let widest = lines.map(|line| (self.measure)(&line, SMALL)).max();
            widest.unwrap_or_default() + GAP + 20
        };
        let needed: Vec<i32> = table.heads.iter().enumerate().map(column).collect();
        let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX).max(1);
        let all: i32 = needed.iter().sum();
        if all <= INNER {
            let spare = (INNER - all) / count(needed.len());
            return needed.into_iter().map(|width| width + spare).collect();
        }
        let mut share = INNER / count(needed.len());
        loop {
            let small: i32 = needed.iter().filter(|width| **width <= share).sum();
            let wide = needed.iter().filter(|width| **width > share).count();
            let next = (INNER - small) / count(wide);
            if next <= share {
                return needed.into_iter().map(|width| width.min(share)).collect();
            }
            share = next;
        }
    }

    fn signs(&mut self, signs: &[String]) {
        let Some(share) = i32::try_from(signs.len()).ok().and_then(|count| INNER.checked_div(count)) else {
            return;
        };
        self.room(4 * leading(BODY));
        self.y += 2 * leading(BODY);
        let mut x = SIDE;
        for sign in signs {
            self.text(x, sign, BODY);
            x += share;
        }
        self.y += 2 * leading(BODY);
    }

    fn proof(&mut self, contents: &Contents) {
        let Some(module) = 1_600_i32.checked_div(contents.modules) else { return };
        let side = module * contents.modules;
        self.y += GAP;
        self.room(side + GAP);
        let top = self.y;
        for (column, row) in &contents.dark {
            let (x, y) = (SIDE + column * module, top + row * module);
            self.mark(Mark::Dark { x, y, width: module, height: module });
        }
        let (says, address) = &contents.proof;
        let x = SIDE + side + 2 * GAP;
        self.y = top + GAP;
        self.paragraph(says, SMALL, x, WIDTH - SIDE - x);
        self.paragraph(address, 150, x, WIDTH - SIDE - x);
        self.y = self.y.max(top + side);
    }

    /// The pages with what stands at the foot of each.
    fn feet(mut self, foot: &dyn Fn(usize, usize) -> String) -> Vec<Vec<Mark>> {
        let count = self.pages.len();
        for (place, page) in self.pages.iter_mut().enumerate() {
            let text = foot(place + 1, count);
            let x = WIDTH - SIDE - (self.measure)(&text, SMALL);
            page.push(Mark::Text { x, y: BOTTOM + 400, size: SMALL, text });
        }
        self.pages
    }
}

/// From line to line.
const fn leading(size: i32) -> i32 {
    size + size / 2
}

fn height(lines: &[Vec<String>]) -> i32 {
    let most = lines.iter().map(Vec::len).max().unwrap_or_default();
    i32::try_from(most).unwrap_or(i32::MAX).saturating_mul(leading(SMALL)) + 60
}

/// The lines that a text has of itself. No font has a letter for a line's end or a tab, and a paper is not refused because
/// somebody typed one; an empty line takes no room.
fn own_lines(text: &str) -> impl Iterator<Item = String> {
    text.split(['\n', '\r']).map(|line| line.replace('\t', " "))
}

/// What a text may be broken between: words with the blank behind them, and each letter that is no Latin one.
fn pieces(text: &str) -> Vec<&str> {
    let (mut pieces, mut from) = (Vec::new(), 0);
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let end = at + letter.len_utf8();
        let goes_on = letters.peek().is_some_and(|(_, next)| next.is_ascii() && !next.is_whitespace());
        let is_word = letter.is_ascii() && !letter.is_whitespace();
        // a blank stays with the word before it
        let before_blank = letters.peek().is_some_and(|(_, next)| next.is_whitespace());
        if (is_word && goes_on) || before_blank {
            continue;
        }
        pieces.extend(text.get(from..end));
        from = end;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Half a letter's height for Latin ones, all of it for others.
    fn measure(text: &str, size: i32) -> i32 {
        text.chars().map(|letter| if letter.is_ascii() { size / 2 } else { size }).sum()
    }

    fn foot(page: usize, of: usize) -> String {
        format!("{page}/{of}")
    }

    fn listed(rows: usize) -> Contents {
        let heads = vec![("收款人".to_owned(), false), ("金额".to_owned(), true)];
        let row =
            |number: usize| vec![format!("第{number}号示例甲模型科技有限公司"), "1,234,567.00".to_owned()];
        let table = TableText { title: "拨付明细".to_owned(), heads, rows: (0..rows).map(row).collect() };
        Contents { title: "拨付清单".to_owned(), tables: vec![table], ..Contents::default() }
    }

    fn texts(page: &[Mark]) -> Vec<&str> {
        let mut texts = Vec::new();
        for mark in page {
            match mark {
                Mark::Text { text, .. } => texts.push(text.as_str()),
                Mark::Dark { .. } => {}
            }
        }
        texts
    }

    #[test]
    fn a_long_table_goes_on_with_its_heads_and_loses_no_row() {
        let pages = pages(&listed(120), &measure, &foot);
        assert!(pages.len() > 1, "{} pages", pages.len());
        let count = pages.len();
        for (place, page) in pages.iter().enumerate() {
            let texts = texts(page);
            assert!(texts.contains(&"金额"), "page {place} says what its columns are");
            assert!(
                texts.contains(&format!("{}/{count}", place + 1).as_str()),
                "page {place} has its number"
            );
        }
        let all: Vec<&str> = pages.iter().flat_map(|page| texts(page)).collect();
        assert_eq!(all.iter().filter(|text| **text == "1,234,567.00").count(), 120);
        assert_eq!(pages, super::pages(&listed(120), &measure, &foot), "the same paper has the same pages");
    }

    #[test]
    fn texts_break_between_words_and_letters_of_chinese() {
        assert_eq!(pieces("补贴 ab cd元"), ["补", "贴 ", "ab ", "cd", "元"]);
        let page = Page { measure: &measure, pages: Vec::new(), y: 0 };
        assert_eq!(page.lines("补贴 abc def", 2, 5), ["补贴", "abc", "def"]);
        assert_eq!(page.lines("abcdefghijkl", 2, 5), ["abcde", "fghij", "kl"]);
    }

    #[test]
    fn a_text_with_lines_of_its_own_keeps_them_and_no_mark_has_a_line_end_or_a_tab() {
        let page = Page { measure: &measure, pages: Vec::new(), y: 0 };
        let typed = "多付\r\n退回\tabc\rdef\n\nxyz";
        assert_eq!(page.lines(typed, 2, 100), ["多付", "退回 abc", "def", "xyz"]);
        let facts = vec![("原因".to_owned(), typed.to_owned()), ("状态".to_owned(), "已批准".to_owned())];
        let heads = vec![("原因".to_owned(), false)];
        let table = TableText { title: "表".to_owned(), heads, rows: vec![vec![typed.to_owned()]] };
        let contents = Contents { facts, tables: vec![table], ..Contents::default() };
        let pages = pages(&contents, &measure, &foot);
        let all: Vec<&str> = pages.iter().flat_map(|page| texts(page)).collect();
        for said in ["多付", "退回 abc", "def", "xyz"] {
            assert_eq!(all.iter().filter(|text| **text == said).count(), 2, "{said}: {all:?}");
        }
        assert!(all.iter().all(|text| !text.contains(char::is_control)), "{all:?}");
    }

    proptest! {
        #[test]
        fn nothing_stands_beside_the_page_and_no_letter_is_lost(
            value in "[a-z 补贴资金0-9,.\n\r\t]{0,200}",
            cells in proptest::collection::vec("[a-z0-9补贴资金\n]{0,60}", 1..7), rows in 1_usize..60,
        ) {
            let table = TableText {
                title: "表".to_owned(),
                heads: cells.iter().map(|_| ("列".to_owned(), false)).collect(),
                rows: vec![cells.clone(); rows],
            };
            let facts = vec![("名".to_owned(), value.clone())];
            let contents = Contents { facts, tables: vec![table], ..Contents::default() };
            let pages = pages(&contents, &measure, &foot);
            for mark in pages.iter().flatten() {
                let (from, to, bottom) = match mark {
                    Mark::Text { x, y, size, text } => (*x, x + measure(text, *size), *y),
                    Mark::Dark { x, y, width, height } => (*x, x + width, y + height),
                };
                let is_plain = !matches!(mark, Mark::Text { text, .. } if text.contains(char::is_control));
                prop_assert!(is_plain, "{mark:?}");
                prop_assert!(SIDE <= from && to <= WIDTH - SIDE + 1 && bottom <= HEIGHT, "{mark:?}");
            }
            let letters = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).count();
            let shown: usize = pages.iter().flat_map(|page| texts(page)).map(letters).sum();
            let said = letters(&value) + rows * cells.iter().map(|cell| letters(cell)).sum::<usize>();
            prop_assert!(shown >= said, "{shown} letters of {said}");
        }
    }
}
