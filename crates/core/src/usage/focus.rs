//! FOCUS 1.0 to 1.4 (FinOps Open Cost and Usage Specification): which columns are read, and what they may say.
//!
//! 1.3 calls the provider `ServiceProviderName` and the publisher `HostProviderName`; either name will do. A lenient
//! reading also knows the names of the preview before 1.0, in which Oracle delivers. Columns that are not read, `x_`
//! columns among them, are passed over.

use serde::{Deserialize, Serialize};

/// How a file is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Every row is good, or the file is refused.
    Strict,
    /// Good rows count, the others are reported. What is written otherwise than the specification has it and can mean one
    /// thing only is read, and told.
    Lenient,
}

impl Mode {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Lenient => "lenient",
        }
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[expect(missing_docs, reason = "each is named as the specification names it")]
        pub enum $name { $(#[serde(rename = $text)] $variant,)* }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// As the specification writes it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The one that is written so.
            pub fn find(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text)
            }

            /// The one that is written so, whatever the case and the blanks or signs between its words.
            pub fn find_folded(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| folded(one.as_str()) == folded(text))
            }
        }
    };
}

/// A word without case, blanks, underscores and hyphens: warehouses write `BILLEDCOST` and `billed_cost`, spreadsheets
/// `Billed Cost`.
pub(super) fn folded(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, ' ' | '_' | '-')).flat_map(char::to_lowercase).collect()
}

words! {
    /// `ServiceCategory`: what a service is for. The same in all versions from 1.0 to 1.4.
    ServiceCategory {
        AiAndMachineLearning "AI and Machine Learning",
        Analytics "Analytics",
        BusinessApplications "Business Applications",
        Compute "Compute",
        Databases "Databases",
        DeveloperTools "Developer Tools",
        Identity "Identity",
        Integration "Integration",
        InternetOfThings "Internet of Things",
        ManagementAndGovernance "Management and Governance",
        Media "Media",
        Migration "Migration",
        Mobile "Mobile",
        Multicloud "Multicloud",
        Networking "Networking",
        Other "Other",
        Security "Security",
        Storage "Storage",
        Web "Web",
    }
}

impl Column {
    /// Whether it says how much.
    pub const fn is_amount(self) -> bool {
        matches!(self, Self::BilledCost | Self::ContractedCost | Self::EffectiveCost | Self::ListCost)
    }
}

impl ServiceCategory {
    /// The item that it is, where a programme's `item_map` says nothing else. `other` is in no programme's items.
    pub const fn item(self) -> &'static str {
        match self {
            Self::Compute => "compute",
            Self::Storage => "storage",
            Self::Networking => "network",
            Self::AiAndMachineLearning => "model_service",
            Self::Analytics
            | Self::BusinessApplications
            | Self::Databases
            | Self::DeveloperTools
            | Self::Identity
            | Self::Integration
            | Self::InternetOfThings
            | Self::ManagementAndGovernance
            | Self::Media
            | Self::Migration
            | Self::Mobile
            | Self::Multicloud
            | Self::Other
            | Self::Security
            | Self::Web => "other",
        }
    }
}

words! {
    /// `ChargeClass`: whether a charge corrects one of an earlier billing period; empty where it does not.
    ChargeClass {
        Correction "Correction",
    }
}

words! {
    /// `ChargeCategory`: why something is charged. All of them are billed and count.
    ChargeCategory {
        Usage "Usage",
        Purchase "Purchase",
        Tax "Tax",
        Credit "Credit",
        Adjustment "Adjustment",
    }
}

/// Who cannot do without a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    Always,
    /// A file that is taken strictly.
    Strict,
    Never,
}

macro_rules! columns {
    ($($variant:ident $name:literal $(| $other:literal)? $(before $older:literal)? => $need:ident,)*) => {
        /// A column that is read.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "each is named as the specification names it")]
        pub enum Column { $($variant,)* }

        impl Column {
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its id, in the version that is preferred.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Its ids in all versions, the preferred first.
            pub const fn names(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$name $(, $other)?],)* }
            }

            /// Its id before version 1.0, where that was another.
            pub const fn older(self) -> Option<&'static str> {
                match self { $(Self::$variant => { const OLDER: &[&str] = &[$($older)?]; OLDER.first().copied() })* }
            }

            /// Who cannot do without it.
            pub const fn need(self) -> Need {
                match self { $(Self::$variant => Need::$need,)* }
            }
        }
    };
}

columns! {
    BilledCost "BilledCost" => Always,
    BillingAccountId "BillingAccountId" => Always,
    BillingCurrency "BillingCurrency" => Always,
    BillingPeriodEnd "BillingPeriodEnd" => Always,
    BillingPeriodStart "BillingPeriodStart" => Always,
    ChargeCategory "ChargeCategory" => Always,
    ChargeClass "ChargeClass" => Strict,
    ChargePeriodEnd "ChargePeriodEnd" => Always,
    ChargePeriodStart "ChargePeriodStart" => Always,
    Provider "ServiceProviderName" | "ProviderName" before "Provider" => Always,
    ServiceCategory "ServiceCategory" => Always,
    ServiceName "ServiceName" => Always,
    ChargeDescription "ChargeDescription" => Strict,
    ContractedCost "ContractedCost" => Strict,
    EffectiveCost "EffectiveCost" => Strict,
    InvoiceIssuer "InvoiceIssuerName" before "InvoiceIssuer" => Strict,
    ListCost "ListCost" => Strict,
    PricingQuantity "PricingQuantity" => Strict,
    PricingUnit "PricingUnit" => Strict,
    Publisher "HostProviderName" | "PublisherName" before "Publisher" => Strict,
    ConsumedQuantity "ConsumedQuantity" before "UsageQuantity" => Never,
    ConsumedUnit "ConsumedUnit" before "UsageUnit" => Never,
    InvoiceId "InvoiceId" => Never,
    RegionId "RegionId" before "Region" => Never,
    ResourceId "ResourceId" => Never,
    SkuId "SkuId" => Never,
    SkuPriceId "SkuPriceId" => Never,
    SubAccountId "SubAccountId" => Never,
    RowId "x_RowId" | "Id" => Never,
    CorrectsRowId "x_CorrectsRowId" => Never,
}
