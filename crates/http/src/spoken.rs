//! Roles and states in the reader's language, where a text names them.

use std::borrow::Cow;

use super::language::Language;
use subsidy_core::domain::Role;

/// The members of a refusal that name a role or a state.
const NAMING: [&str; 3] = ["status", "allowed", "roles"];

/// What a member says, in a text of this language: `已批准（approved）`.
pub fn spoken<'a>(member: &str, word: &'a str, language: Language) -> Cow<'a, str> {
    if language == Language::English || !NAMING.contains(&member) {
        return word.into();
    }
    let role = || word.parse::<Role>().ok().map(Role::name_zh);
    state(word).or_else(role).map_or(word.into(), |chinese| format!("{chinese}（{word}）").into())
}

/// A state in Chinese.
#[rustfmt::skip]
fn state(word: &str) -> Option<&'static str> {
    Some(match word {
        "draft" => "草稿", "submitted" => "已提交", "reviewed" => "已审核", "approved" => "已批准", "paid" => "已拨付",
        "returned" => "已退回", "rejected" => "已驳回", "withdrawn" => "已撤回", "issued" => "已发放",
        "partly_redeemed" => "部分已兑付", "redeemed" => "已兑付", "expired" => "已过期", "cancelled" => "已撤销",
        "suspended" => "已暂停", "proposed" => "待批", "reversed" => "已冲销", "open" => "未了结", "closed" => "已结账",
        "settled" => "已结清", "active" => "已生效", "imported" => "已导入", "replaced" => "已被替换", "upheld" => "成立",
        "dismissed" => "不成立", "dropped" => "已移出", "held" => "有申领占用", "not_published" => "未在公示",
        "in_payment_batch" => "已在拨付批次中", "partly_paid" => "部分已付", "result_proposed" => "有回单结果待确认",
        "recovered" => "已追回", "unchanged" => "没有待批的变更",
        "written_off" => "已核销", "recalculated" => "重新核算待批", "reminded" => "当日已催办", "not_due" => "尚未临期",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use strum::VariantArray;

    use super::*;
    use subsidy_core::claims::ClaimStatus;

    #[test]
    fn states_and_roles_are_named_in_chinese_with_their_own_word() {
        assert_eq!(spoken("status", "approved", Language::Chinese), "已批准（approved）");
        assert_eq!(spoken("allowed", "approver", Language::Chinese), "复核（approver）");
        assert_eq!(spoken("status", "approved", Language::English), "approved");
        assert_eq!(spoken("invoice", "paid", Language::Chinese), "paid");
        for word in ClaimStatus::VARIANTS.iter().map(|status| status.into_str()) {
            assert!(state(word).is_some(), "{word}");
        }
    }
}
