//! A calculation sheet line by line: what was multiplied with what, what was rounded, which cap took what off.

use crate::doc::Doc;
use crate::figures;
use crate::texts::T;

/// A line of the sheet as it is shown.
#[derive(Debug, Clone)]
pub struct SheetRow {
    pub step: String,
    /// The rule that it rests on.
    pub basis: String,
    pub formula: String,
    pub amount: String,
}

/// Caps as a sheet names them among its inputs and among its reductions.
const CAPS: [(&str, &str); 7] = [
    ("net_off", "net_off"),
    ("claim_cap", "claim_cap"),
    ("voucher_balance", "voucher_balance"),
    ("joint_ceiling", "joint_ceiling"),
    ("lifetime", "lifetime_cap"),
    ("annual", "annual_cap"),
    ("groups", "group_cap"),
];

pub fn rows(t: T, sheet: &Doc) -> Vec<SheetRow> {
    let mut rows: Vec<SheetRow> = sheet.list("lines").iter().map(|line| item(t, line)).collect();
    rows.extend(sheet.list("segments").iter().map(|segment| days(t, segment)));
    if rows.is_empty() {
        return rows;
    }
    let rounding = format!("{} · {}", t.word(&sheet.text("rounding.mode")), scope(t, sheet));
    rows.push(SheetRow {
        step: t.rounded().to_owned(),
        basis: rounding,
        formula: sheet.money("exact"),
        amount: sheet.money("computed"),
    });
    let reductions = sheet.list("reductions");
    for (input, code) in CAPS {
        let cut = reductions.iter().find(|reduction| reduction.text("code") == code);
        if cut.is_some() || sheet.has(&format!("inputs.{input}")) {
            rows.push(cap(t, sheet, input, code, cut));
        }
    }
    if let Some(cut) = reductions.iter().find(|reduction| reduction.text("code") == "paid_interest_ceiling") {
        rows.push(cap(t, sheet, "interest.interest_confirmed", "paid_interest_ceiling", Some(cut)));
    }
    let whole = |cut: &&Doc| ["other_funding_clashes", "below_minimum"].contains(&cut.text("code").as_str());
    rows.extend(reductions.iter().filter(whole).map(|cut| SheetRow {
        step: t.word(&cut.text("code")),
        basis: t.field(&format!("/rules{}", cut.text("clause"))),
        formula: String::new(),
        amount: format!("−{}", cut.money("amount")),
    }));
    rows
}

fn scope(t: T, sheet: &Doc) -> String {
    t.word(&format!("scope.{}", sheet.text("rounding.scope")))
}

fn item(t: T, line: &Doc) -> SheetRow {
    let eligible = line.is_true("eligible");
    let base = line.money("base");
    SheetRow {
        step: t.word(&line.text("item")),
        basis: match (eligible, line.text("ratio_percent")) {
            (true, percent) if percent.is_empty() => t.word(&line.text("item")),
            (true, percent) => t.ratio(&t.word(&line.text("item")), &percent),
            (false, _) => t.not_supported().to_owned(),
        },
        formula: if eligible {
            match line.text("ratio_percent") {
                percent if percent.is_empty() => {
                    format!("{} × {}", line.text("quantity"), line.text("unit_price"))
                }
                percent => format!("{base} × {percent}%"),
            }
        } else {
            line.money("amount")
        },
        amount: if eligible { line.money("exact") } else { "—".to_owned() },
    }
}

/// `100,000,000.00 × 1.5% × 91 ÷ 360`
fn days(t: T, segment: &Doc) -> SheetRow {
    let (from, until) = (segment.text("from"), segment.text("until"));
    let (principal, points) = (segment.money("eligible_principal"), segment.text("points"));
    let (count, basis) = (segment.text("days"), segment.text("basis"));
    SheetRow {
        step: format!("{from} – {until}"),
        basis: format!("{} · {}", t.points_of(&points), t.days(&count)),
        formula: format!("{principal} × {points}% × {count} ÷ {basis}"),
        amount: figures::amount(&shortened(&segment.text("exact"))),
    }
}

/// An amount that goes on for ever, to the tenth of a fen.
pub fn shortened(text: &str) -> String {
    match text.split_once('.') {
        Some((whole, part)) if part.len() > 4 => {
            let part: String = part.chars().take(4).collect();
            format!("{whole}.{part}…")
        }
        _ => text.to_owned(),
    }
}

fn cap(t: T, sheet: &Doc, input: &str, code: &str, cut: Option<&Doc>) -> SheetRow {
    let value = sheet.at(&format!("inputs.{input}"));
    // the caps of groups stand in a list, of a year or in all
    let groups = sheet.list(&format!("inputs.{input}"));
    let shared = groups.iter().flat_map(|group| ["annual", "lifetime"].map(|cap| group.at(cap)));
    let used = std::iter::once(value.clone()).chain(shared).filter(|cap| cap.has("cap"));
    let used: Vec<_> = used.map(|cap| t.cap_used(&cap.money("cap"), &cap.money("used"))).collect();
    let basis =
        if used.is_empty() { t.cap_of(&figures::amount(&value.own_text())) } else { used.join(" · ") };
    SheetRow {
        step: t.word(code),
        basis,
        formula: cut.map_or_else(|| t.cap_not_reached().to_owned(), |_| String::new()),
        amount: cut.map_or_else(|| "—".to_owned(), |cut| format!("−{}", cut.money("amount"))),
    }
}
