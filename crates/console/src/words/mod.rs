//! What the API's codes are called: states, kinds, steps, items, fields. One word has one name wherever it stands.

macro_rules! words {
    ($($code:literal: $zh:literal / $en:literal;)+) => {
        /// A code's name in Chinese and in English, if it has one.
        pub fn both(code: &str) -> Option<[&'static str; 2]> {
            Some(match code { $($code => [$zh, $en],)+ _ => return None })
        }
        #[cfg(test)]
        pub const ALL: &[(&str, &str, &str)] = &[$(($code, $zh, $en)),+];
    };
}

mod codes;
mod fields;
mod grants;
mod pictures;

/// The name of a code, if it has one.
pub fn of(code: &str, english: bool) -> Option<&'static str> {
    let [zh, en] = codes::both(code)
        .or_else(|| fields::both(code))
        .or_else(|| grants::both(code))
        .or_else(|| pictures::both(code))
        .or_else(|| both(code))?;
    Some(if english { en } else { zh })
}

words! {
    // commands
    "create_agency": "建立账套" / "create the agency";
    "switch_semantics": "启用新版规则语义" / "switch semantics";
    "accept_log": "确认日志" / "accept the log";
    "name_subject": "确认人员写法" / "name a subject";
    "move_business_date": "设定业务日期" / "move the business date";
    "erase_text": "销毁文字" / "erase a text";
    "close_period": "结账" / "close a period";
    "reopen_period": "反结账" / "reopen a period";
    "open_group": "成批办理" / "open a group";
    "load_reference_rate": "录入参考利率" / "load a reference rate";
    "propose_calendar": "提出日历变更" / "propose a change of the calendar";
    "propose_statutory_limit": "提出法定上限" / "propose statutory limits";
    "approve_statutory_limit": "批准法定上限" / "approve statutory limits";
    "reject_statutory_limit": "驳回法定上限" / "reject statutory limits";
    "propose_override": "提出放宽上限" / "propose to relax a cap";
    "approve_override": "批准放宽上限" / "relax a cap";
    "reject_override": "驳回放宽上限" / "refuse to relax a cap";
    "propose_cap_group": "提出合并限额" / "propose shared caps";
    "approve_cap_group": "批准合并限额" / "approve shared caps";
    "reject_cap_group": "驳回合并限额" / "reject shared caps";
    "propose_tag": "提出列入名单" / "propose a listing";
    "approve_tag": "批准列入名单" / "approve a listing";
    "reject_tag": "驳回列入名单" / "reject a listing";
    "propose_tag_end": "提出移出名单" / "propose the end of a listing";
    "approve_tag_end": "批准移出名单" / "approve the end of a listing";
    "reject_tag_end": "驳回移出名单" / "reject the end of a listing";
    "propose_tag_import": "提出导入名单" / "propose an imported list";
    "approve_tag_import": "批准导入名单" / "approve an imported list";
    "reject_tag_import": "驳回导入名单" / "reject an imported list";
    "propose_role_grant": "提出授予角色" / "propose a role";
    "approve_role_grant": "批准授予角色" / "approve a role";
    "reject_role_grant": "驳回授予角色" / "reject a role";
    "end_role_grant": "收回角色" / "take a role away";
    "write_audit_note": "写审计备注" / "write an audit note";
    "revoke_tokens": "吊销令牌" / "revoke tokens";
    "approve_calendar": "批准日历变更" / "approve a change of the calendar";
    "reject_calendar": "驳回日历变更" / "reject a change of the calendar";
    "register_organisation": "登记单位" / "register an organisation";
    "block_organisation": "冻结单位" / "block an organisation";
    "unblock_organisation": "解冻单位" / "unblock an organisation";
    "propose_bank_account": "提出账户变更" / "propose another bank account";
    "approve_bank_account": "批准账户变更" / "approve another bank account";
    "reject_bank_account": "驳回账户变更" / "reject another bank account";
    "propose_programme": "提出专项" / "propose a programme";
    "approve_programme": "批准专项" / "approve a programme";
    "propose_rules": "提出规则" / "propose rules";
    "approve_rules": "批准规则" / "approve rules";
    "propose_budget_change": "提出指标变动" / "propose a change of the budget";
    "approve_budget_change": "批准指标变动" / "approve a change of the budget";
    "register_evidence": "上传材料" / "bring evidence";
    "confirm_invoice": "认定发票" / "confirm an invoice";
    "register_rental": "登记租用合同" / "record a rental";
    "import_usage": "导入用量" / "import usage";
    "approve_usage_import": "批准用量替换" / "approve a usage import";
    "reject_usage_import": "驳回用量替换" / "reject a usage import";
    "register_loan": "登记贷款" / "record a loan";
    "record_loan_events": "登记贷款变动" / "record events of a loan";
    "confirm_interest": "确认已付利息" / "confirm the interest paid";
    "propose_prefund": "提出预拨" / "propose a prefund";
    "approve_prefund": "批准预拨" / "approve a prefund";
    "reject_prefund": "驳回预拨" / "reject a prefund";
    "propose_true_up": "提出年度清算" / "propose a true-up";
    "approve_true_up": "批准年度清算" / "approve a true-up";
    "reject_true_up": "驳回年度清算" / "reject a true-up";
    "apply_for_voucher": "申请算力券" / "apply for a voucher";
    "review_voucher": "审核券申请" / "review a voucher";
    "issue_voucher": "发放券" / "issue a voucher";
    "cancel_voucher": "作废券" / "cancel a voucher";
    "suspend_voucher": "暂停券" / "suspend a voucher";
    "reinstate_voucher": "恢复券" / "reinstate a voucher";
    "expire_voucher": "券到期失效" / "expire a voucher";
    "remind_task": "催办" / "tell of a task that is due";
    "remind_voucher": "到期提醒" / "remind of a voucher's end";
    "draft_claim": "填写申领" / "draft a claim";
    "rewrite_claim": "修改申领" / "rewrite a claim";
    "submit_claim": "提交申领" / "submit a claim";
    "withdraw_claim": "撤回申领" / "withdraw a claim";
    "review_claim": "审核申领" / "review a claim";
    "approve_claim": "批准申领" / "approve a claim";
    "reject_claim": "驳回申领" / "reject a claim";
    "propose_recalculation": "提出重新核算" / "propose a recalculation";
    "approve_recalculation": "批准重新核算" / "approve a recalculation";
    "reject_recalculation": "驳回重新核算" / "reject a recalculation";
    "raise_objection": "提出异议" / "raise an objection";
    "resolve_objection": "处理异议" / "resolve an objection";
    "propose_call": "提出申报通知" / "propose a call";
    "approve_call": "批准申报通知" / "open a call";
    "reject_call": "驳回申报通知" / "reject a call";
    "draft_application": "填写申报书" / "write an application";
    "rewrite_application": "修改申报书" / "rewrite an application";
    "submit_application": "提交申报书" / "submit an application";
    "withdraw_application": "撤回申报书" / "withdraw an application";
    "review_application": "形式审查" / "review an application";
    "name_experts": "指派专家" / "name experts";
    "score_application": "专家评分" / "score an application";
    "propose_awards": "提出立项名单" / "propose awards";
    "approve_awards": "批准立项" / "approve awards";
    "reject_awards": "驳回立项名单" / "reject a list of awards";
    "raise_award_objection": "对立项提出异议" / "object to an award";
    "resolve_award_objection": "处理立项异议" / "resolve an objection to an award";
    "cancel_award": "取消立项" / "cancel an award";
    "propose_acceptance": "提出验收结论" / "propose an acceptance";
    "approve_acceptance": "批准验收" / "accept a project";
    "reject_acceptance": "驳回验收结论" / "reject an acceptance";
    "propose_extension": "提出延期" / "propose a later deadline";
    "approve_extension": "批准延期" / "approve a later deadline";
    "reject_extension": "驳回延期" / "reject a later deadline";
    "propose_ranking": "提出排名" / "propose a ranking";
    "approve_ranking": "批准排名" / "publish a ranking";
    "reject_ranking": "驳回排名" / "reject a ranking";
    "propose_payment_batch": "提出拨付批次" / "propose a payment batch";
    "approve_payment_batch": "批准拨付批次" / "approve a payment batch";
    "reject_payment_batch": "驳回拨付批次" / "reject a payment batch";
    "settle_payment": "录入银行回单" / "record the bank's result";
    "approve_payment_result": "确认回单结果" / "confirm a bank's result";
    "reject_payment_result": "驳回回单结果" / "refuse a bank's result";
    "read_accounts": "读取账号" / "read account numbers";
    "propose_recovery": "提出追回" / "propose a recovery";
    "approve_recovery": "批准追回" / "approve a recovery";
    "reject_recovery": "驳回追回" / "reject a recovery";
    "receive_recovery": "录入追回到账" / "record money that came back";
    "offset_recovery": "抵扣" / "offset";
    "write_off_recovery": "核销追回" / "write off a recovery";
    "propose_reversal": "提出冲销" / "propose a reversal";
    "approve_reversal": "批准冲销" / "approve a reversal";
}

#[cfg(test)]
mod tests {
    use strum::VariantArray;
    use subsidy_core::book::{Command, Duty};
    use subsidy_core::claims::ClaimStatus;
    use subsidy_core::programmes::interest::Bound;
    use subsidy_core::vouchers::VoucherStatus;

    use super::*;

    #[test]
    fn every_code_has_a_name_in_both_languages() {
        let has_chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        for (code, zh, en) in [codes::ALL, fields::ALL, grants::ALL, pictures::ALL, ALL].concat() {
            assert!(has_chinese(zh), "{code}: {zh}");
            assert!(!en.is_empty() && !has_chinese(en), "{code}: {en}");
        }
    }

    #[test]
    fn a_code_is_named_once() {
        let mut seen = std::collections::BTreeSet::new();
        let twice = [codes::ALL, fields::ALL, grants::ALL, pictures::ALL, ALL].concat();
        let twice: Vec<_> =
            twice.into_iter().map(|(code, ..)| code).filter(|code| !seen.insert(*code)).collect();
        assert!(twice.is_empty(), "{twice:?}");
    }

    #[test]
    fn commands_states_and_duties_are_named() {
        let commands = Command::KINDS.iter().copied();
        let states = ClaimStatus::VARIANTS.iter().map(|state| state.into_str());
        let vouchers = VoucherStatus::VARIANTS.iter().map(|state| state.into_str());
        let duties = Duty::ALL.into_iter().map(|duty| duty.into_str());
        let missing: Vec<_> = commands.chain(states).chain(vouchers).chain(duties).collect();
        let missing: Vec<_> = missing.into_iter().filter(|code| of(code, true).is_none()).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn whatever_keeps_a_segment_from_earning_is_named_in_both_languages() {
        for bound in Bound::VARIANTS {
            let code = bound.into_str();
            assert!([false, true].into_iter().all(|english| of(code, english).is_some()), "{code}");
        }
    }
}
