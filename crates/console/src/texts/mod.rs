//! Every sentence of the console, in Chinese and in English. A text is a method of [`T`]: one that is missing in a
//! language, or takes something else there, does not compile.

use super::words;
use subsidy_core::domain::Role;
use subsidy_http::language::Language;

/// The texts of a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct T(Language);

macro_rules! texts {
    ($($name:ident: $zh:literal / $en:literal;)+) => {
        impl T {
            $(pub const fn $name(self) -> &'static str {
                match self.0 { Language::Chinese => $zh, Language::English => $en }
            })+
        }
        /// Every text that takes nothing: its name, Chinese, English.
        #[cfg(test)]
        pub const PLAIN: &[(&str, &str, &str)] = &[$((stringify!($name), $zh, $en)),+];
    };
}

macro_rules! filled_texts {
    ($($name:ident($($argument:ident: $kind:ty),+): $zh:literal / $en:literal;)+) => {
        impl T {
            $(pub fn $name(self, $($argument: $kind),+) -> String {
                match self.0 { Language::Chinese => format!($zh), Language::English => format!($en) }
            })+
        }
        /// Every text that something is filled into: its name, what, Chinese, English.
        #[cfg(test)]
        pub const FILLED: &[(&str, &[&str], &str, &str)] =
            &[$((stringify!($name), &[$(stringify!($argument)),+], $zh, $en)),+];
    };
}

mod frame;
mod grants;
mod pictures;
mod sign_in;
mod work;

impl T {
    pub const fn new(language: Language) -> Self {
        Self(language)
    }

    pub const fn chinese() -> Self {
        Self(Language::Chinese)
    }

    pub const fn english() -> Self {
        Self(Language::English)
    }

    pub const fn language(self) -> Language {
        self.0
    }

    pub fn is_english(self) -> bool {
        self.0 == Language::English
    }

    /// Between what is said and of what.
    pub fn colon(self) -> &'static str {
        if self.is_english() { ": " } else { "：" }
    }

    /// Between what stands in a list of sentences.
    pub fn semicolon(self) -> &'static str {
        if self.is_english() { "; " } else { "；" }
    }

    /// Of a text in both languages, the one.
    pub fn of(self, both: &[String; 2]) -> &str {
        let [zh, en] = both;
        if self.is_english() { en } else { zh }
    }

    pub const fn role(self, role: Role) -> &'static str {
        match self.0 {
            Language::Chinese => role.name_zh(),
            Language::English => role.into_str(),
        }
    }

    /// What a role is called, by its code.
    pub fn role_word(self, code: &str) -> String {
        code.parse::<Role>().map_or_else(|_| self.word(code), |role| self.role(role).to_owned())
    }

    /// What a code of the API is called: a state, a kind, an item. One that has no name is shown as it is.
    pub fn word(self, code: &str) -> String {
        words::of(code, self.is_english()).map_or_else(|| code.to_owned(), str::to_owned)
    }

    /// The same at the beginning of a heading.
    pub fn heading(self, code: &str) -> String {
        with_capital(&self.word(code))
    }

    /// What a step of the funnel is called.
    pub fn funnel_step(self, step: &str) -> &'static str {
        match step {
            "applied" => self.step_applied(),
            "issued" => self.step_issued(),
            "claimed" => self.step_claimed(),
            "approved" => self.step_approved(),
            _ => self.step_paid(),
        }
    }

    /// What a field is called, by its pointer or its name.
    pub fn field(self, pointer: &str) -> String {
        let whole = pointer.trim_start_matches(['/', '#', '?', '+', '&', '.']).replace('/', ".");
        let last = whole.rsplit('.').next().unwrap_or(&whole);
        self.known_field(&whole).map_or_else(|| last.to_owned(), str::to_owned)
    }

    /// The same of a member of an answer, as the head of a column.
    pub fn member(self, member: &'static str) -> &'static str {
        self.known_field(member).unwrap_or_else(|| member.rsplit('.').next().unwrap_or(member))
    }

    fn known_field(self, whole: &str) -> Option<&'static str> {
        let last = whole.rsplit('.').next().unwrap_or(whole);
        // a member may have the name of a state that means something else
        let (dotted, own) = (if whole == last { "" } else { whole }, format!("field.{last}"));
        let names = [dotted, own.as_str(), last].map(|name| words::of(name, self.is_english()));
        names.into_iter().flatten().next()
    }

    /// What a filter of a list is called.
    pub fn filter_name(self, name: &str) -> String {
        let own = words::of(&format!("filter.{name}"), self.is_english());
        own.map_or_else(|| self.field(name), str::to_owned)
    }

    /// How good or bad a state is: a class of the stylesheet.
    pub fn tone(self, state: &str) -> &'static str {
        match state {
            "good" | "paid" | "issued" | "active" | "approved" | "redeemed" | "closed" | "settled"
            | "imported" => "ok",
            "interrupted" | "returned" | "suspended" | "expired" | "draft" | "proposed" => "warn",
            "bad" | "failed" | "rejected" | "cancelled" | "blocked" | "dropped" => "bad",
            _ => "info",
        }
    }
}

/// As it stands at the beginning of a heading or of a label.
pub fn with_capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

filled_texts! {
    done(sequence: &str): "已办理，记录号 {sequence}。" / "Done: entry {sequence} of the log.";
    waiting_since(date: &str, days: i64): "{date} 起 · {days} 天" / "since {date} · {days} days";
    budget_ends(date: &str): "按此规则，已下达的指标在 {date} 用完。" / "Under these rules the appropriation would have ended on {date}.";
    refused_as(title: &str): "不予支持：{title}" / "refused: {title}";
    more_in_file(count: usize): "另有 {count} 件，见下载的文件。" / "{count} more are in the file.";
    due(date: &str): "{date} 前办结" / "due on {date}";
    due_within(days: &str, date: &str): "{days} 个工作日，{date} 前办结" / "{days} working days, due on {date}";
    waiting_today(date: &str): "{date} 起 · 今日" / "since {date} · today";
    waits_for_you(count: usize): "等我办理 {count} 件" / "{count} wait for me";
    sheet_version(version: &str, rules: &str): "第 {version} 版 · 规则第 {rules} 版" / "sheet {version} · rules version {rules}";
    version_from(version: &str, date: &str): "第 {version} 版，{date} 起" / "version {version}, from {date}";
    differs_by(amount: &str): "差 {amount}" / "differs by {amount}";
    cap_used(cap: &str, used: &str): "上限 {cap} · 已用 {used}" / "cap {cap} · used {used}";
    cap_of(cap: &str): "上限 {cap}" / "cap {cap}";
    days(count: &str): "{count} 天" / "{count} days";
    days_after(days: &str): "距上一步 {days} 天" / "days since the step before: {days}";
    days_left(count: i64): "还剩 {count} 天" / "{count} days left";
    days_over(count: i64): "已过期 {count} 天" / "ended {count} days ago";
    points_of(points: &str): "{points} 个百分点" / "{points} points";
    ratio(item: &str, percent: &str): "{item}：不超过 {percent}%" / "{item}: at most {percent} %";
    recorded_on(when: &str): "记录于 {when}" / "recorded {when}";
    transaction_no(sequence: &str): "分录 {sequence}" / "Transaction {sequence}";
    report_as_of(date: &str, sequence: &str): "截至 {date} · 第 {sequence} 号记录" / "as of {date} · entry {sequence}";
    receipt_says(organisation: &str, date: &str): "{organisation} 于 {date} 提交的申请已收到，登记如下：" / "The application that {organisation} submitted on {date} was received:";
    available_of(amount: &str, date: &str): "可用 {amount}，至 {date}" / "{amount} available until {date}";
    decision_says(organisation: &str): "{organisation}：经查，下列补贴资金应予追回，请按决定缴回。" / "To {organisation}: the subsidy below is to be paid back as decided.";
    statement_says(organisation: &str, date: &str): "{organisation} 截至 {date} 的券、申领与追回如下：" / "Vouchers, claims and recoveries of {organisation} as of {date}:";
    stands_in_the_way(what: &str): "原因：{what}。" / "Reason: {what}.";
    now_says(value: &str): "他人已改为：{value}" / "Somebody else changed it to: {value}";
    recovery_left(count: usize): "恢复码还剩 {count} 个。" / "{count} recovery codes are left.";
    password_of(name: &str): "{name} 的新密码：" / "The new password of {name}:";
    provider_reports(code: &str): "身份平台报告错误（{code}）。" / "The identity provider reports an error ({code}).";
    page_of_pages(page: usize, pages: usize): "第 {page} 页，共 {pages} 页" / "page {page} of {pages}";
    rows_of_page(rows: usize): "本页 {rows} 行；筛选结果全部在导出的文件里。" / "{rows} rows on this page; files have all that the filter finds.";
    rows_of(rows: usize, all: &str): "本页 {rows} 行，共 {all} 行；导出的文件含全部。" / "{rows} of {all} rows on this page; files have all of them.";
    named_so(part: &str): "名称中有“{part}”的单位：" / "Organisations with “{part}” in their name:";
    none_named(part: &str): "没有名称中有“{part}”的单位，它也不是统一社会信用代码。" / "No organisation has “{part}” in its name, and it is no credit code.";
    named_alike(names: &str): "请填统一社会信用代码。名称中有此内容的单位：{names}" / "Say the credit code. This is in the names of: {names}";
    found_places(found: &str, shown: usize): "共 {found} 处不符，列出 {shown} 处" / "Places that do not verify: {found}; listed: {shown}";
    show_of(shown: usize): "本页 {shown} 条" / "{shown} on this page";
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has_chinese(text: &str) -> bool {
        text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
    }

    #[test]
    fn every_text_stands_in_both_languages() {
        let filled = FILLED.iter().chain(pictures::FILLED).map(|(name, _, zh, en)| (*name, *zh, *en));
        for (name, zh, en) in frame::PLAIN
            .iter()
            .chain(grants::PLAIN)
            .chain(pictures::PLAIN)
            .chain(sign_in::PLAIN)
            .chain(work::PLAIN)
            .copied()
            .chain(filled)
        {
            assert!(has_chinese(zh), "{name}: {zh}");
            assert!(!en.trim().is_empty() && !has_chinese(en), "{name}: {en}");
        }
    }

    #[test]
    fn what_is_filled_in_is_filled_in_in_both_languages() {
        for (name, arguments, zh, en) in FILLED.iter().chain(pictures::FILLED) {
            for argument in *arguments {
                let place = format!("{{{argument}}}");
                assert!(zh.contains(&place) && en.contains(&place), "{name} leaves {argument} out");
            }
        }
    }
}
