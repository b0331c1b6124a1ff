//! The file as a table, for banks that take one and for people.

use sha2::{Digest, Sha256};

use super::{Opened, PaymentFile};
use crate::budget_codes;
use crate::formats::workbook::Sheets;
use crate::formats::{Cell, Column, FormatError, Table, csv as values, workbook as sheets};
use subsidy_core::domain::TextHash;
use subsidy_core::payments::rules;

const COLUMNS: &[Column] = &[
    Column::plain("业务参考号 reference", 36),
    Column::plain("统一社会信用代码 credit_code", 26),
    Column::plain("收款人 payee", 32),
    Column::plain("收款户名 account_name", 32),
    Column::plain("联行号 bank_code", 18),
    Column::plain("账号 account_number", 28),
    Column::summed("金额 amount_cny", 18),
    Column::plain("专项 programme", 24),
    Column::plain("券号 voucher", 30),
    Column::plain("预算项目 budget_project", 26),
    Column::plain("功能分类 budget_function", 14),
    Column::plain("经济分类 budget_economy", 14),
    Column::plain("资金性质 budget_fund", 14),
];

fn table(opened: &[Opened<'_>]) -> Table {
    let row = |opened: &Opened<'_>| {
        let payment = opened.payment;
        let account = payment.account.as_ref();
        let mut row = vec![
            Cell::Text(payment.claim.uuid().simple().to_string()),
            Cell::Text(payment.payee.to_string()),
            Cell::Text(payment.name.to_string()),
            account.map(|account| account.name.to_string()).into(),
            account.map(|account| account.bank_code.to_string()).into(),
            opened.number().map(str::to_owned).into(),
            Cell::Amount(payment.amount),
            Cell::Text(payment.programme.to_string()),
            payment.voucher.clone().into(),
        ];
        row.extend(budget_codes::cells(payment.budget_codes.as_ref()));
        row
    };
    Table { columns: COLUMNS, rows: opened.iter().map(row).collect() }
}

pub(super) fn csv(opened: &[Opened<'_>]) -> Result<Vec<u8>, FormatError> {
    values::write(&table(opened))
}

/// The rows, and a sheet that says which they are.
pub(super) fn workbook(file: &PaymentFile, opened: &[Opened<'_>]) -> Result<Vec<u8>, FormatError> {
    let table = table(opened);
    let sha256 = TextHash::new(Sha256::digest(values::write(&table)?).into());
    let about = [
        ("拨付批次 payment_batch", file.id().to_string()),
        ("文件编号 message_id", file.message_id()),
        ("已有回单 lines_with_result", rules::generation(&file.batch).to_string()),
        ("主管部门 agency", file.agency.to_string()),
        ("提出 proposed_by", file.batch.created_by.to_string()),
        ("批准 approved_by", file.approved_by.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("批准时间 approved_at", file.approved_at.to_string()),
        ("行数 rows", table.rows.len().to_string()),
        ("合计 total_cny", file.total()?.to_string()),
        ("数据摘要 sha256_of_csv", sha256.to_string()),
    ];
    sheets::write(&Sheets {
        name: "拨付 Payments", table: &table, about: &about, created: file.approved_at
    })
}
