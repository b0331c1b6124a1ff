//! What the demonstration shows: organisations, contracts, and how far the voucher on each has come.
//!
//! All of it is invented; the credit codes are valid in form and belong to nobody.

use subsidy_core::organisations::{Category, Size};

/// The agency with something in it.
pub(super) const BEIJING: &str = "beijing_demo";
pub(super) const BEIJING_NAME: &str = "北京市算力券（演示）";
/// The day on which its year begins, and that on which its story does.
pub(super) const FIRST_DAY: &str = "2024-04-01";
pub(super) const STORY_DAY: &str = "2025-01-02";
/// Its business date when the story is told.
pub(super) const TODAY: &str = "2025-06-30";
/// The day of what is not dated by itself.
pub(super) const LATELY: &str = "2025-06-20";
/// The agency that grants.
pub(super) const CHENGDU: &str = "chengdu_demo";
pub(super) const CHENGDU_NAME: &str = "成都市算力奖补（演示）";
pub(super) const CHENGDU_FIRST_DAY: &str = "2025-01-02";
/// The programme of all vouchers here.
pub(super) const PROGRAMME: &str = "beijing-compute-voucher";

/// The programme of the loan here.
pub(super) const LENDING: &str = "shanghai-interest-subsidy-2027";
pub(super) const BANK: &str = "91310115MA00000110";

/// The programme of the rentals here.
pub(super) const RENTING: &str = "beijing-multicloud-rental";

/// The provider of all contracts with a voucher.
pub(super) const PROVIDER: &str = "91110108MA01A2B3CF";
pub(super) const FIRM: &str = "91310000MA1FL0000N";
const STARTUP: &str = "91510100MA6CD0001D";
const RELATED_FIRM: &str = "91440300MA5F00011B";
const RELATED_PROVIDER: &str = "91330100MA2AX00016";
pub(super) const FOREIGN_CLOUD: &str = "91350100M000100Y43";
/// Controls both of the related pair: a contract between them is refused.
const CONTROLLER: &str = "示例控股集团";

/// The firms of the industry that vouchers are for, and the notice that names them.
pub(super) const INDUSTRY: [&str; 3] = [FIRM, STARTUP, RELATED_FIRM];
pub(super) const INDUSTRY_LIST: &str = "软件和信息技术服务业企业名单（演示）";

/// Programmes, as their files have them.
pub(super) const PROGRAMMES: [(&str, &str); 4] = [
    ("beijing-compute-voucher.toml", include_str!("../../../config/programmes/beijing-compute-voucher.toml")),
    (
        "shanghai-innovation-voucher.toml",
        include_str!("../../../config/programmes/shanghai-innovation-voucher.toml"),
    ),
    (
        "shanghai-interest-subsidy-2027.toml",
        include_str!("../../../config/programmes/shanghai-interest-subsidy-2027.toml"),
    ),
    (
        "beijing-multicloud-rental.toml",
        include_str!("../../../config/programmes/beijing-multicloud-rental.toml"),
    ),
];

/// Within how many working days the demonstration's agencies say that they work. The published files name no such days.
const SERVICE_DAYS: &str = "review = 5\napproval = 5\nobjection = 10\npayment = 10\n";

/// A programme's file with those terms.
pub(super) fn with_terms(file: &str) -> String {
    format!("{file}\n[rules.service_days]\n{SERVICE_DAYS}")
}

/// Appropriations: programme, CNY.
pub(super) const APPROPRIATIONS: [(&str, &str); 4] = [
    ("beijing-compute-voucher", "50000000.00"),
    ("shanghai-innovation-voucher", "20000000.00"),
    (LENDING, "10000000.00"),
    (RENTING, "5000000.00"),
];

#[derive(Debug)]
pub(super) struct Firm {
    pub code: &'static str,
    pub name: &'static str,
    pub category: Category,
    pub size: Size,
    pub startup: bool,
    pub region: &'static str,
    pub controller: Option<&'static str>,
    /// 账号: invented too.
    pub account: Option<&'static str>,
}

/// The programmes of Chengdu, as their files have them: one grants, one only ranks.
pub(super) const GRANTING: (&str, &str) = (
    "chengdu-key-project-grant.toml",
    include_str!("../../../config/programmes/chengdu-key-project-grant.toml"),
);
pub(super) const RANKING: (&str, &str) =
    ("chengdu-data-partner.toml", include_str!("../../../config/programmes/chengdu-data-partner.toml"));

/// A firm of Chengdu.
const fn grantee(code: &'static str, name: &'static str, account: &'static str) -> Firm {
    Firm {
        code,
        name,
        category: Category::PrivateEnterprise,
        size: Size::Medium,
        startup: false,
        region: "成都高新区",
        controller: None,
        account: Some(account),
    }
}

/// Who applies in Chengdu, and is ranked there.
pub(super) const GRANTEES: [Firm; 3] = [
    grantee(STARTUP, "示例戊智算科技有限公司", "6222020200011112222"),
    grantee("12310000MB2F303051", "示例己数据研究院", "6222020200033334444"),
    grantee(FIRM, "示例甲模型科技有限公司", "6222020200055556666"),
];

pub(super) const FIRMS: [Firm; 7] = [
    Firm {
        code: BANK,
        name: "示例商业银行股份有限公司",
        category: Category::StateOwnedEnterprise,
        size: Size::Large,
        startup: false,
        region: "浦东新区",
        controller: None,
        account: None,
    },
    Firm {
        code: PROVIDER,
        name: "示例京云智算服务有限公司",
        category: Category::StateOwnedEnterprise,
        size: Size::Large,
        startup: false,
        region: "海淀区",
        controller: None,
        account: None,
    },
    Firm {
        code: FIRM,
        name: "示例甲模型科技有限公司",
        category: Category::PrivateEnterprise,
        size: Size::Medium,
        startup: false,
        region: "朝阳区",
        controller: None,
        account: Some("6222020200098761234"),
    },
    Firm {
        code: STARTUP,
        name: "示例乙初创智能有限公司",
        category: Category::PrivateEnterprise,
        size: Size::Micro,
        startup: true,
        region: "海淀区",
        controller: None,
        account: None,
    },
    Firm {
        code: RELATED_FIRM,
        name: "示例丙数据科技有限公司",
        category: Category::PrivateEnterprise,
        size: Size::Small,
        startup: false,
        region: "亦庄",
        controller: Some(CONTROLLER),
        account: Some("6222020200045678901"),
    },
    Firm {
        code: RELATED_PROVIDER,
        name: "示例丁算力服务有限公司",
        category: Category::PrivateEnterprise,
        size: Size::Medium,
        startup: false,
        region: "亦庄",
        controller: Some(CONTROLLER),
        account: None,
    },
    Firm {
        code: FOREIGN_CLOUD,
        name: "示例戊云计算有限公司",
        category: Category::PrivateEnterprise,
        size: Size::Medium,
        startup: false,
        region: "昌平区",
        controller: None,
        account: None,
    },
];

/// How far a voucher has come; a day is the one it is issued on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reached {
    Submitted,
    Returned,
    Reviewed,
    Issued(&'static str),
    Suspended(&'static str),
    Cancelled(&'static str),
}

/// A contract with the provider, and the voucher on it.
#[derive(Debug)]
pub(super) struct Case {
    pub contract_no: &'static str,
    pub firm: &'static str,
    pub signed_on: &'static str,
    pub lines: &'static [(&'static str, &'static str)],
    pub reached: Reached,
}

impl Case {
    /// The day on which all of it happens: a voucher counts from no day before it was applied for.
    pub(super) const fn day(&self) -> &'static str {
        match self.reached {
            Reached::Issued(day) | Reached::Suspended(day) | Reached::Cancelled(day) => day,
            Reached::Submitted | Reached::Returned | Reached::Reviewed => LATELY,
        }
    }
}

/// In the order of their days.
pub(super) const CASES: [Case; 7] = [
    Case {
        contract_no: "DEMO-2025-001",
        firm: FIRM,
        signed_on: "2025-01-15",
        lines: &[("compute", "6800000.00")],
        reached: Reached::Issued("2025-02-10"),
    },
    Case {
        contract_no: "DEMO-2025-003",
        firm: STARTUP,
        signed_on: "2025-02-01",
        lines: &[("compute", "1500000.00")],
        reached: Reached::Suspended("2025-03-01"),
    },
    Case {
        contract_no: "DEMO-2025-004",
        firm: STARTUP,
        signed_on: "2025-03-10",
        lines: &[("compute", "500000.00")],
        reached: Reached::Cancelled("2025-04-01"),
    },
    // the year's cap of 2,000,000.00 cuts 900,000.00 to 640,000.00
    Case {
        contract_no: "DEMO-2025-002",
        firm: FIRM,
        signed_on: "2025-04-20",
        lines: &[("compute", "4500000.00")],
        reached: Reached::Issued("2025-05-15"),
    },
    // storage and network are on the sheet and earn nothing
    Case {
        contract_no: "DEMO-2025-005",
        firm: RELATED_FIRM,
        signed_on: "2025-05-06",
        lines: &[("compute", "2400000.00"), ("storage", "180000.00"), ("network", "45500.50")],
        reached: Reached::Reviewed,
    },
    Case {
        contract_no: "DEMO-2025-006",
        firm: RELATED_FIRM,
        signed_on: "2025-06-12",
        lines: &[("compute", "833333.33")],
        reached: Reached::Submitted,
    },
    Case {
        contract_no: "DEMO-2025-007",
        firm: STARTUP,
        signed_on: "2025-06-18",
        lines: &[("compute", "120000.00")],
        reached: Reached::Returned,
    },
];

/// How far a claim has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claimed {
    Submitted,
    Approved,
    Paid,
}

/// A contract with a cloud, its billing file, and the claim for May.
#[derive(Debug)]
pub(super) struct Cloud {
    pub contract_no: &'static str,
    pub provider: &'static str,
    pub contracted: &'static str,
    pub bill: &'static str,
    pub claimed: Claimed,
}

pub(super) const CLOUDS: [Cloud; 3] = [
    Cloud {
        contract_no: "DEMO-CLOUD-001",
        provider: PROVIDER,
        contracted: "2400000.00",
        bill: include_str!("usage/jingyun-2025-05.csv"),
        claimed: Claimed::Paid,
    },
    Cloud {
        contract_no: "DEMO-CLOUD-002",
        provider: RELATED_PROVIDER,
        contracted: "180000.00",
        bill: include_str!("usage/dingyun-2025-05.csv"),
        claimed: Claimed::Approved,
    },
    Cloud {
        contract_no: "DEMO-CLOUD-003",
        provider: FOREIGN_CLOUD,
        contracted: "120000.00",
        bill: include_str!("usage/wuyun-2025-05.csv"),
        claimed: Claimed::Submitted,
    },
];
