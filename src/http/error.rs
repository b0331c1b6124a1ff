//! The one table: every error's code, its status, and what it says in both languages. A code without a line does not
//! compile.
//!
//! `{name}` in a detail stands for a member of what the rule refused with. What a 5xx says tells nothing of its cause.
//! A line `Case as Code` words a code for a case of its own. What to do about each stands in [`cure`].

use subsidy_core::domain::Code;

use super::cure;
use super::language::Language;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Which line: `code`, or a case of it.
    case: Code,
    pub code: Code,
    pub status: u16,
    chinese: [&'static str; 2],
    english: [&'static str; 2],
}

/// What is said of an error, before what it names is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    pub title: &'static str,
    pub detail: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

impl Entry {
    /// Every error, in the order of the codes.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        Code::ALL.iter().map(|code| Self::of(*code))
    }

    /// The entry of a code that was kept; of one that nobody knows, the internal error.
    pub fn stored(code: &str) -> &'static Self {
        Self::of(code.parse().unwrap_or_else(|_| {
            tracing::error!(error.code = code, "nobody knows the code of a refusal");
            Code::Internal
        }))
    }

    /// What is said of it.
    pub const fn words(&self, language: Language) -> Words {
        let [chinese, english] = cure::of(self.case);
        let ([title, detail], remedy) = match language {
            Language::Chinese => (self.chinese, chinese),
            Language::English => (self.english, english),
        };
        Words { title, detail, remedy }
    }

    /// Whether it is the code's own line, not a case of it.
    pub fn is_main(&self) -> bool {
        self.case == self.code
    }

    /// The entries that callers know by a code: its own first.
    pub fn cases(code: Code) -> impl Iterator<Item = &'static Self> {
        let others = Self::all().filter(move |entry| entry.code == code && !entry.is_main());
        std::iter::once(Self::of(code)).chain(others)
    }
}

macro_rules! table {
    ($($case:ident $(as $code:ident)?: $status:literal, $chinese:expr, $english:expr;)*) => {
        #[rustfmt::skip]
        impl Entry {
            /// The entry of a code.
            pub const fn of(code: Code) -> &'static Self {
                match code {$(
                    Code::$case => &Self {
                        case: Code::$case,
                        code: table!(@code $case $($code)?),
                        status: $status,
                        chinese: $chinese,
                        english: $english,
                    },
                )*}
            }
        }
    };
    (@code $case:ident $code:ident) => { Code::$code };
    (@code $code:ident) => { Code::$code };
}

table! {
    // not about one noun
    MalformedJson: 400, ["JSON 无法读取", "请求体不是合法的 JSON。"], ["Malformed JSON", "The body is not well-formed JSON."];
    UnreadableBody: 400, ["请求体无法读取", "请求体没有完整到达。"], ["Unreadable body", "The body did not arrive completely."];
    IdempotencyKeyMissing: 400, ["缺少幂等键", "写操作必须带请求头 Idempotency-Key。"], ["Idempotency key missing", "Every write needs the header Idempotency-Key."];
    IdempotencyKeyInvalid: 400, ["幂等键无效", "Idempotency-Key 须为 1 至 255 个可见字符，且只出现一次。"], ["Invalid idempotency key", "Idempotency-Key takes 1 to 255 visible characters, once."];
    InvalidPath: 400, ["路径无效", "路径中含有看不见或不能识别的字符（如 NUL）。"], ["Invalid path", "The path holds characters that cannot be seen or decoded, such as NUL."];
    InvalidQuery: 400, ["查询参数无效", "查询参数“{parameter}”未知、重复或取值无效。"], ["Invalid query", "The query parameter \"{parameter}\" is unknown, repeated or has no valid value."];
    InvalidQueryWord as InvalidQuery: 400, ["查询参数无效", "查询参数“{parameter}”须为以下之一：{allowed}。"], ["Invalid query", "The query parameter \"{parameter}\" must be one of {allowed}."];
    InvalidCursor: 400, ["游标无效", "游标不属于本列表或其筛选条件。"], ["Invalid cursor", "The cursor does not belong to this list with these filters."];
    Unauthenticated: 401, ["未认证", "没有令牌，或令牌无效、过期、不属于任何机构。"], ["Not authenticated", "There is no bearer token, or it is invalid, expired or of no agency here."];
    TokenRefused as Unauthenticated: 401, ["令牌不被接受", "令牌无效（{reason}）：请重新登录或换取新令牌。"], ["Token refused", "The token is not valid ({reason}): sign in again, or fetch a new one."];
    TokenExpired as Unauthenticated: 401, ["令牌已过期", "令牌已过期：请重新登录或换取新令牌。"], ["Token expired", "The token has expired: sign in again, or fetch a new one."];
    TokenTooEarly as Unauthenticated: 401, ["令牌尚未生效", "令牌的 nbf 或 iat 在将来：请校准身份提供方与本服务的时钟，或调大 sign_in.clock_skew_seconds。"], ["Token not valid yet", "The token's nbf or iat lies in the future: set the clocks of provider and service right, or raise sign_in.clock_skew_seconds."];
    TokenLifetime as Unauthenticated: 401, ["令牌有效期过长", "令牌的有效期超过允许的上限：请身份提供方签发更短的令牌，或调大 sign_in.lifetime_hours_max。"], ["Token valid too long", "The token is valid for longer than is allowed: have the provider issue shorter ones, or raise sign_in.lifetime_hours_max."];
    TokenKeyUnknown as Unauthenticated: 401, ["签名密钥未知", "令牌所用的签名密钥（kid）不在已知密钥之列：请核对签发方与 sign_in 设置；doctor 命令列出可用的密钥。"], ["Key unknown", "The key that signed the token (kid) is not known: compare the provider with sign_in; doctor lists the keys that serve."];
    TokenIssuer as Unauthenticated: 401, ["签发方不符", "令牌的 iss 不是本服务所认的签发方：请核对 sign_in.issuer，须逐字相同。"], ["Other issuer", "The token's iss is not the one that is taken here: compare sign_in.issuer, letter by letter."];
    TokenAudience as Unauthenticated: 401, ["受众不符", "令牌的 aud 不包含本服务：请身份提供方将其写入，或核对 sign_in.audience。"], ["Other audience", "The token's aud does not name this service: have the provider write it, or compare sign_in.audience."];
    TokenClient as Unauthenticated: 401, ["应用不在允许之列", "令牌签发给的应用（azp 或 client_id）不在 sign_in.clients 之列。"], ["Other client", "The token was issued to a client (azp or client_id) that sign_in.clients does not name."];
    TokenType as Unauthenticated: 401, ["不是访问令牌", "这是 ID 令牌、刷新令牌或登出令牌，请使用访问令牌（access token）。"], ["Not an access token", "This is an ID, refresh or logout token; send the access token."];
    TokenOwn as Unauthenticated: 401, ["自签令牌未启用", "已启用身份提供方登录，本服务自签的令牌不再使用：请经身份提供方登录，或请运维人员在 sign_in.own_tokens 中指名。"], ["Own tokens off", "A provider signs people in here and the service's own tokens are refused: sign in there, or have the operator name the machine in sign_in.own_tokens."];
    TokenSubject as Unauthenticated: 401, ["令牌没有账号", "声明 {claim} 中没有可用的账号：须为一个不变的标识，不含空格和不可见字符。"], ["Token without a subject", "The claim {claim} holds no subject: one immutable id without blanks and invisible characters is needed."];
    TokenAgency as Unauthenticated: 401, ["令牌没有指明机构", "声明 {claim} 没有指明唯一一个机构：请身份提供方写入机构代码，或在 sign_in.claims.agency 中对应。"], ["Token without an agency", "The claim {claim} names not exactly one agency: have the provider write its code, or map it in sign_in.claims.agency."];
    TokenRoles as Unauthenticated: 401, ["令牌没有角色", "声明 {claim} 中没有本账簿的角色：请身份提供方授予，或在 sign_in.claims.roles 中对应其名称。"], ["Token without a role", "The claim {claim} names no role of the ledger: have the provider grant one, or map its names in sign_in.claims.roles."];
    TokenOrganisation as Unauthenticated: 401, ["机构代码无效", "声明 {claim} 中不是唯一一个有效的统一社会信用代码：请更正，或在 sign_in.claims.organisation 中对应。"], ["Organisation malformed", "The claim {claim} holds not exactly one valid credit code: correct it, or map it in sign_in.claims.organisation."];
    TokenOrganisationMissing as Unauthenticated: 401, ["令牌没有指明单位", "申报单位、服务商和银行须指明所代表的单位：请在声明 {claim} 中写入其统一社会信用代码。"], ["Token without an organisation", "An enterprise, a provider and a bank act for an organisation: have its credit code written into the claim {claim}."];
    TokenRevoked as Unauthenticated: 401, ["令牌已被吊销", "令牌已被吊销：请重新登录或换取新令牌；单个令牌吊销后不再恢复。"], ["Token revoked", "The token was revoked: sign in again, or fetch a new one."];
    Forbidden: 403, ["无权限", "您的角色不能进行此操作。"], ["Forbidden", "Your role may not do this."];
    RoleMissing as Forbidden: 403, ["无权限", "此操作须由以下角色办理：{allowed}；您的角色：{roles}。"], ["Forbidden", "This takes one of the roles {allowed}; yours: {roles}."];
    SandboxOnly as Forbidden: 403, ["无权限", "只有沙箱机构可以设定业务日期。"], ["Forbidden", "The business date is set by hand in sandbox agencies only."];
    SamePerson: 403, ["须换人办理", "您已经手过此单据、其所依据的合同或贷款，或它所取代的单据（{role}），须由另一人批准。"], ["Same person", "You took part ({role}) in this document, in the contract or loan that it rests on, or in one that it replaces; another person must approve it."];
    SubjectVariant: 403, ["账号写法不一致", "本机构已有一个账号，与您的账号仅在大小写、全半角或编码形式上不同。"], ["Subject written another way", "A subject of this agency differs from yours only in case, width or composition."];
    ConflictOfInterest: 403, ["须回避", "此单据属于您所代表的单位（{organisation}），您不能审核或批准。"], ["Conflict of interest", "The document belongs to {organisation}, for which you act: you can neither review nor approve it."];
    NotFound: 404, ["未找到", "没有此对象，或它不属于您。"], ["Not found", "There is no such object, or it is not yours."];
    UnknownPath as NotFound: 404, ["未找到", "路径未知。"], ["Not found", "The path is unknown."];
    MethodNotAllowed: 405, ["方法不允许", "此路径不支持该方法。"], ["Method not allowed", "The path does not support this method."];
    VersionConflict: 412, ["版本已变", "对象的版本与 If-Match 不符。"], ["Version conflict", "The object no longer has the version in If-Match."];
    TooLarge: 413, ["超过上限", "请求超过上限 {limit} {unit}。"], ["Too large", "The request exceeds the limit of {limit} {unit}."];
    UnsupportedMediaType: 415, ["媒体类型不支持", "请求体须为未经压缩的 application/json。"], ["Unsupported media type", "The body must be application/json without a content encoding."];
    UnsupportedEncoding as UnsupportedMediaType: 415, ["编码不支持", "文件须未经压缩传输。"], ["Unsupported encoding", "A file comes without a content encoding."];
    IdempotencyKeyReused: 422, ["幂等键已用于另一请求", "同一幂等键已用于另一请求。"], ["Idempotency key reused", "The idempotency key was used for another request."];
    Internal: 500, ["内部错误", "服务内部错误，已记录。"], ["Internal error", "The service failed; the failure is logged."];
    Busy: 503, ["繁忙", "服务此刻请求过多。"], ["Busy", "The service has too many requests at the moment."];
    Unavailable: 503, ["暂不可用", "服务或其数据库暂不可用。"], ["Unavailable", "The service or its database is not available at the moment."];
    LedgerRewound: 503, ["账簿被回退", "数据库中的账簿缺少已答复过的记录，该账簿暂停办理。"], ["Ledger rewound", "The database lost entries of this ledger that were already answered. The ledger is stopped."];
    ReadOnly: 503, ["数据库只读", "数据库暂不接受写入（备用库或只读状态）。"], ["Database read-only", "The database takes no writes at the moment (it is a standby or read-only)."];
    KeysDoNotFit: 503, ["密钥与账本不符", "服务的密钥不是该账本的密钥，因此不密存、不签名。"], ["Keys do not fit", "The service's keys are not those of this ledger, so nothing is sealed or signed."];
    OutcomeUnknown: 503, ["结果未知", "请求是否已生效尚不知道。"], ["Outcome unknown", "It is not known whether the request took effect."];
    // values
    UnknownField: 422, ["未知字段", "不认识此字段。"], ["Unknown field", "The field is not known."];
    MissingField: 422, ["缺少字段", "必填字段缺失。"], ["Missing field", "A required field is missing."];
    DuplicateField: 422, ["字段重复", "字段只能出现一次。"], ["Duplicate field", "The field may appear only once."];
    InvalidType: 422, ["类型错误", "此值的 JSON 类型不对。"], ["Wrong type", "The value is of the wrong JSON type."];
    InvalidValue: 422, ["取值无效", "此值不在允许的范围内。"], ["Invalid value", "The value is not one of those allowed."];
    InvalidWord as InvalidValue: 422, ["取值无效", "此值须为以下之一：{allowed}。"], ["Invalid value", "The value must be one of {allowed}."];
    TextUnknown: 404, ["没有此文字", "账本中没有摘要与之相符的文字。"], ["No such text", "The ledger stores no text with this digest."];
    TextErased: 409, ["文字已销毁", "该文字已按“{document}”销毁。"], ["Text erased", "The text was erased on {document}."];
    ValueRefused: 422, ["取值不能存储", "请求中有数据库不能存储的值（{kind}：text 文字、number 数字、date 日期、length 长度、form 格式）。"], ["Value refused", "The request holds a value that the database cannot store (kind: {kind})."];
    InvalidAmount: 422, ["金额无效", "金额须为大于零的字符串，最多 12 位整数和两位小数。"], ["Invalid amount", "An amount is a string above zero with at most 12 digits and two decimals."];
    InvalidPercent: 422, ["百分数无效", "百分数须为字符串，最多六位小数，不为负。"], ["Invalid percent", "A percentage is a string with at most six decimals, not below zero."];
    InvalidPoints: 422, ["百分点无效", "百分点须为字符串，最多六位小数，不为负。"], ["Invalid points", "Points are a string with at most six decimals, not below zero."];
    InvalidText: 422, ["文字无效", "文字为空、过长或首尾有空白。"], ["Invalid text", "The text is empty, too long or has blanks at an end."];
    InvalidTextLetter as InvalidText: 422, ["文字无效", "第 {position} 个字符 {letter} 看不见或不能写入文件（控制、格式、双向、零宽字符等）。"], ["Invalid text", "The character {letter} at position {position} cannot be seen or cannot be written to files (control, format, bidirectional, zero-width and the like)."];
    InvalidTextPrivateLetter as InvalidText: 422, ["文字无效", "第 {position} 个字符 {letter} 是旧字符集（GB 18030）的自造字，本系统不知其对应的字。"], ["Invalid text", "The character {letter} at position {position} is a private letter of an old character set (GB 18030), and its meaning is not known."];
    InvalidReason: 422, ["理由无效", "理由须为 1 至 2,000 个字符。"], ["Invalid reason", "A reason takes 1 to 2,000 characters."];
    InvalidReasonLetter as InvalidReason: 422, ["理由无效", "第 {position} 个字符 {letter} 看不见或不能写入文件。"], ["Invalid reason", "The character {letter} at position {position} cannot be seen or cannot be written to files."];
    InvalidReasonPrivateLetter as InvalidReason: 422, ["理由无效", "第 {position} 个字符 {letter} 是旧字符集的自造字。"], ["Invalid reason", "The character {letter} at position {position} is a private letter of an old character set."];
    InvalidDate: 422, ["日期无效", "日期须为 YYYY-MM-DD。"], ["Invalid date", "Dates are written YYYY-MM-DD."];
    InvalidMonth: 422, ["月份无效", "月份须为 YYYY-MM。"], ["Invalid month", "Months are written YYYY-MM."];
    InvalidInstant: 422, ["时刻无效", "时刻须符合 RFC 3339。"], ["Invalid instant", "Instants are written as in RFC 3339."];
    InvalidZone: 422, ["时区无效", "时区须为 IANA 名称。"], ["Invalid zone", "A zone is a name of the IANA time zone database."];
    InvalidFiscalYear: 422, ["年度无效", "年度须为 1900 至 2999 的整数。"], ["Invalid fiscal year", "A fiscal year is an integer from 1900 to 2999."];
    InvalidId: 422, ["编号无效", "编号须为小写带连字符的 UUID。"], ["Invalid id", "An id is a UUID in lower case with hyphens."];
    InvalidHash: 422, ["摘要无效", "摘要须为 64 位小写十六进制。"], ["Invalid hash", "A hash is 64 lower-case hexadecimal digits."];
    InvalidProgrammeCode: 422, ["专项代码无效", "专项代码为 1 至 40 个 a-z、0-9、-、_，以字母或数字开头。"], ["Invalid programme code", "A programme's code is 1 to 40 of a-z, 0-9, - and _, a letter or digit first."];
    InvalidBankCode: 422, ["联行号无效", "联行号须为 12 位数字。"], ["Invalid bank code", "A bank code is 12 digits."];
    InvalidTag: 422, ["名单标签无效", "标签为 1 至 40 个 a-z、0-9、_。"], ["Invalid tag", "A tag is 1 to 40 of a-z, 0-9 and _."];
    InvalidAccountNumber: 422, ["账号无效", "账号须为 6 至 34 位数字或字母。"], ["Invalid account number", "An account number is 6 to 34 digits or letters."];
    CreditCodeCharset: 422, ["统一社会信用代码无效", "须为 18 位数字或大写字母（不含 I、O、S、V、Z）。"], ["Invalid credit code", "A credit code is 18 digits and capital letters without I, O, S, V, Z."];
    CreditCodeChecksum: 422, ["统一社会信用代码校验位不符", "第 18 位校验字符不符（GB 32100-2015）。"], ["Credit code checksum", "The 18th character is not the check character (GB 32100-2015)."];
    TooManyRows: 422, ["行数过多", "报表超过 {limit} 行。"], ["Too many rows", "The report has more than {limit} rows."];
    FormatNotSupported: 422, ["格式不支持", "不支持格式“{format}”。"], ["Format not supported", "The format \"{format}\" is not supported."];
    // when, and the agency
    PeriodClosed: 409, ["期间已结账", "会计期间 {period} 已结账，不再记账。"], ["Period closed", "The period {period} is closed and takes no postings."];
    EffectiveDateInFuture: 422, ["日期晚于业务日期", "{effective_date} 晚于业务日期 {business_date}。"], ["Effective date in the future", "{effective_date} is later than the business date {business_date}."];
    EffectiveDateTooEarly: 422, ["日期过早", "{effective_date} 早于 {earliest}。"], ["Effective date too early", "{effective_date} is earlier than {earliest}."];
    BusinessDateBackwards: 422, ["业务日期不能后退", "业务日期已是 {business_date}。"], ["Business date backwards", "The business date is already {business_date}."];
    AgencyExists: 409, ["机构已存在", "该机构的账已建立。"], ["Agency exists", "The agency's ledger already exists."];
    SemanticsUnknown: 409, ["规则版本未知", "当前规则版本为 {semantics}。"], ["Semantics unknown", "The semantics in force are {semantics}."];
    SubjectUnknown: 404, ["没有这个账号", "本机构没有写法相近的账号办理过业务。"], ["Subject unknown", "No subject with a similar spelling has acted in this agency."];
    SubjectNamed: 409, ["已是该写法", "本机构已按这个写法识别该账号。"], ["Subject right already", "The agency already uses this spelling of the subject."];
    NothingLost: 409, ["没有新的缺失", "没有尚未确认的缺失记录。"], ["Nothing lost", "There are no lost entries that were not accepted before."];
    WrongState: 409, ["状态不符", "当前状态“{status}”不允许此操作。"], ["Wrong state", "This cannot be done in the state \"{status}\"."];
    WrongStateAmong as WrongState: 409, ["状态不符", "当前状态“{status}”不允许此操作，须为：{allowed}。"], ["Wrong state", "This cannot be done in the state \"{status}\"; the state must be one of {allowed}."];
    ReasonMissing: 422, ["缺少理由", "退回或驳回须说明理由。"], ["Reason missing", "Returning or rejecting needs a reason."];
    MonthNotOver: 409, ["月份未结束", "会计月份 {month} 至 {last_day} 为止，业务日期为 {business_date}。"], ["Month not over", "The month {month} ends on {last_day}; the business date is {business_date}."];
    PeriodUnbalanced: 409, ["试算不平衡", "{month}：账簿 {book} 借方 {debit}，贷方 {credit}。"], ["Period unbalanced", "{month}: book {book} has debits of {debit} and credits of {credit}."];
    // reference rates, organisations
    ReferenceRateExists: 409, ["参考利率已录入", "{name} 在 {date} 的利率已录入。"], ["Reference rate exists", "{name} is already loaded for {date}."];
    OrganisationExists: 409, ["单位已登记", "{credit_code} 已登记。"], ["Organisation exists", "{credit_code} is already registered."];
    AccountNameDiffers: 422, ["户名不符", "户名须与单位名称一致。"], ["Account name differs", "The account's name must be the organisation's."];
    OrganisationBlocked: 422, ["单位已冻结", "{credit_code} 已冻结，不能办理新业务。"], ["Organisation blocked", "{credit_code} is blocked and cannot begin anything new."];
    OrganisationNotRegistered: 422, ["单位未登记", "{credit_code} 未登记。"], ["Organisation not registered", "{credit_code} is not registered."];
    // tags
    TagOfImport: 409, ["属于导入的名单", "该标签属于导入的名单 {import}，不能单独办理。"], ["Of a list", "The tag came with the list {import} and is not decided by itself."];
    TagEndNotEarlier: 422, ["终止日期无效", "标签自 {from} 起计；终止日须早于现有的最后一日，且不早于 {from} 的前一日（自始无效）。"], ["Not an earlier end", "The tag counts from {from}; it can end on a day before its present last one, at the earliest on the day before {from}, where it never counted."];
    TagListRefused: 422, ["名单未被接受", "有 {rejected} 行有误，整份名单没有导入；errors 逐行列出。"], ["List refused", "{rejected} lines are wrong, and nothing of the list was taken; errors names them."];
    TagLineTwice: 422, ["名单内重复", "同一对象在重叠的日期内已在前面出现。"], ["Twice on the list", "The same id stands in an earlier line for days in common."];
    TagListMedia as UnsupportedMediaType: 415, ["媒体类型不支持", "名单须为 text/csv，首行 id,from,until，不超过 1 MiB。"], ["Unsupported media type", "A list is text/csv of at most 1 MiB, its first line id,from,until."];
    // programmes
    ProgrammeExists: 409, ["专项已存在", "专项 {programme} 已存在。"], ["Programme exists", "Programme {programme} already exists."];
    InstrumentNotSupported: 422, ["资助方式不支持", "本版本不支持 {instrument}。"], ["Instrument not supported", "This release does not run {instrument} programmes."];
    InvalidWindow: 422, ["期间无效", "最后一天早于第一天。"], ["Invalid window", "The last day lies before the first."];
    NothingToLapse: 422, ["无可收回指标", "没有可用指标可收回。"], ["Nothing to lapse", "There is no available appropriation to lapse."];
    FiscalYearOutsideWindow: 422, ["预算年度不在专项期内", "专项期为 {from} 至 {until} 年度，{fiscal_year} 年度不在其内。"], ["Fiscal year outside the window", "The programme runs from {from} to {until}; {fiscal_year} lies outside."];
    FiscalYearClosed: 422, ["预算年度已关账", "{fiscal_year} 年度 12 月已关账，不能再下达该年度指标。"], ["Fiscal year closed", "December of {fiscal_year} is closed, so that nothing more is appropriated for that year."];
    PotExhausted: 409, ["指标不足", "可用 {available}，需要 {requested}。"], ["Pot exhausted", "{available} is available, {requested} was asked for."];
    WindowClosed: 422, ["不在期间内", "{date} 不在专项期间或受理期内，或没有适用于当日的规则。"], ["Window closed", "{date} lies outside the programme's window or that for filing, or no version of the rules applies to it."];
    ProgrammeNotActive: 409, ["专项未生效", "专项 {programme} 未生效。"], ["Programme not active", "Programme {programme} is not active."];
    WrongInstrument: 422, ["资助方式不符", "专项 {programme} 的资助方式为 {instrument}。"], ["Wrong instrument", "The instrument of programme {programme} is {instrument}."];
    RulesFieldMissing: 422, ["规则缺项", "该资助方式需要 {field}。"], ["Rules field missing", "The instrument needs {field}."];
    RulesFieldNotApplicable: 422, ["规则项不适用", "{field} 不适用于该资助方式。"], ["Rules field not applicable", "{field} does not apply to the instrument."];
    RulesInvalid: 422, ["规则无效", "{field} 取值无效或自相矛盾。"], ["Invalid rules", "{field} is invalid or contradicts itself."];
    StatutoryPointsCap: 422, ["超过法定上限", "贴息最多 {points_max} 个百分点。"], ["Statutory points cap", "At most {points_max} points of interest are paid."];
    StatutoryWindow: 422, ["超过法定期限", "贴息期限至 {until} 为止。"], ["Statutory window", "Interest is paid until {until}."];
    PeriodOutsideCosts: 422, ["期间超出费用期", "只补贴 {from} 至 {until} 的费用，期间须在其内。"], ["Outside the costs", "The days from {from} to {until} are paid for, and the period must lie within them."];
    SignedOutsideWindow: 422, ["签订日期不符", "签订日为 {date}；规则只支持 {from} 至 {until} 签订的。"], ["Signed outside the window", "It was signed on {date}; the rules take what was signed from {from} to {until}."];
    DisbursedOutsideWindow: 422, ["放款日期不符", "首次提款日为 {date}；规则只支持 {from} 至 {until} 首次提款的贷款。"], ["Drawn outside the window", "The loan was drawn first on {date}; the rules take loans drawn first from {from} to {until}."];
    PeriodSpansYears: 422, ["期间跨年度", "年度上限按费用所属年度计，期间须在同一公历年度内，更正后也不变。"], ["Period in two years", "The annual cap counts the year of the costs: the period lies in one calendar year, and stays in it."];
    // calculations
    BelowMinimum: 422, ["低于最低基数", "基数 {base} 低于 {minimum}。"], ["Below the minimum", "The base {base} is below {minimum}."];
    TaxPercentMissing: 422, ["缺少税率", "“{item}”需要 tax_percent。"], ["Tax rate missing", "\"{item}\" needs a tax_percent."];
    NothingToPay: 422, ["无可支付金额", "取整和扣减后金额为 0.00。"], ["Nothing to pay", "The amount is 0.00 after rounding and all reductions."];
    ItemsUnknown as NothingToPay: 422, ["无可支付金额", "专项规则不资助 {items}，金额为 0.00；资助的项目：{known}。"], ["Nothing to pay", "The programme does not pay for {items}, so the amount is 0.00; it pays for {known}."];
    AnnualCapExhausted: 422, ["年度额度已用完", "年度上限 {cap}，已用 {used}。"], ["Annual cap exhausted", "{used} of the annual cap {cap} is used."];
    AmountOutOfRange: 422, ["金额超出范围", "合计金额超出账务范围。"], ["Amount out of range", "A sum is larger than the ledger can hold."];
    // metered usage
    UsageFileRefused: 422, ["用量文件未被接受", "文件没有导入；errors 逐项列出原因、行数（0 指文件本身）和首次出现之处。"], ["Usage file refused", "Nothing of the file was imported; errors lists each cause once, with how many rows have it (0: the file itself) and the first of them."];
    UsageNothingTaken: 422, ["没有可导入的行", "文件中没有一行可以读取，{rejected} 行有误；errors 逐项列出原因。"], ["Nothing taken", "No row of the file can be read, {rejected} rows are wrong; errors lists each cause once."];
    UsageNotFocus: 422, ["不是 FOCUS 文件", "这不是 FOCUS 文件，看起来是“{found}”；需要的是：{expected}。"], ["Not FOCUS", "This is not FOCUS: it looks like an {found}. Export this instead: {expected}."];
    UsageFileMalformed: 422, ["Parquet 无法读取", "Parquet 文件无法读取：{cause}。"], ["Parquet unreadable", "The file cannot be read as Parquet: {cause}."];
    UsagePackedUnreadable: 422, ["压缩文件无法读取", "压缩文件无法解开；只支持未加密的 gzip 和 zip（deflate）。"], ["Packed file unreadable", "The packed file cannot be unpacked; gzip and zip (deflate, without a password) are accepted."];
    UsagePackedSeveral: 422, ["压缩文件须含一个文件", "压缩文件内有 {count} 个文件。"], ["Packed file", "The ZIP holds {count} files; one is taken at a time."];
    UsagePackedParquet: 422, ["Parquet 不必压缩", "压缩文件内是 Parquet，它本身已压缩。"], ["Packed Parquet", "The packed file is Parquet, which is compressed already."];
    UsageEncodingUnknown: 422, ["编码未知", "未知的编码“{encoding}”；可用 utf-8、gb18030、utf-16。"], ["Encoding unknown", "The encoding \"{encoding}\" is unknown; utf-8, gb18030 and utf-16 are accepted."];
    UsageMediaType as UnsupportedMediaType: 415, ["媒体类型不支持", "用量文件须为 text/csv、application/vnd.apache.parquet、application/gzip 或 application/zip。"], ["Unsupported media type", "A usage file is text/csv, application/vnd.apache.parquet, application/gzip or application/zip."];
    UsageColumnMissing: 422, ["缺少列", "缺少必需的列“{expected}”。"], ["Column missing", "The column \"{expected}\" is needed."];
    UsageColumnRepeated: 422, ["列重复", "列“{column}”只能出现一次。"], ["Column repeated", "The column \"{column}\" may appear only once."];
    UsageColumnRenamed: 422, ["列名不同", "列“{column}”写作“{found}”；严格模式须用 FOCUS 1.0 至 1.4 的列名。"], ["Column renamed", "The column \"{column}\" is called \"{found}\"; a strict reading takes the names of FOCUS 1.0 to 1.4."];
    UsageColumnUnreadable: 422, ["列无法读取", "列“{column}”无法读取：{found}。须为：{expected}。"], ["Column unreadable", "The column \"{column}\" cannot be read, it is {found}; needed is {expected}."];
    UsageColumnInexact: 422, ["列不精确", "列“{column}”为浮点数；严格模式须为十进制数。"], ["Column inexact", "The column \"{column}\" is floating point; strict mode accepts only decimals."];
    UsageMoved: 409, ["用量已变", "同一合同的另一次导入先完成。"], ["Usage moved", "Another import of the contract finished first."];
    DeliveryOverlaps: 409, ["账期已有交付", "同一账期同一时段已有导入 {import_id}：计入 {before}，本文件为 {after}，相差 {difference}。"], ["Delivery overlaps", "Import {import_id} counts {before} of the same billing period and time, this file {after}: a difference of {difference}."];
    ReplacesNothing: 422, ["没有可替换的导入", "导入 {import_id} 在本文件的账期内没有计入的用量。"], ["Replaces nothing", "Import {import_id} counts nothing of the billing periods that the file brings."];
    ReplacementPending: 409, ["有待批的替换", "导入 {import_id} 正待批准替换同一导入。"], ["Replacement pending", "Import {import_id} already waits to replace the same import."];
    ReplacementStale: 409, ["替换已过时", "提出后账期内的用量又有变动。"], ["Replacement stale", "Usage of its billing periods changed since it was proposed."];
    UsageIncomplete: 422, ["用量不完整", "{months} 的账单有被拒的行。"], ["Usage incomplete", "Rows of {months} were refused."];
    UsageTotalsTooMany: 422, ["用量过散", "文件涉及的月份、服务类别或汇率超过 {limit} 个。"], ["Too many totals", "The file has more than {limit} combinations of month and service category, or rates."];
    UsageInvoicesTooMany: 422, ["发票过多", "文件涉及的发票与月份超过 {limit} 个。"], ["Too many invoices", "The file has more than {limit} combinations of invoice and month."];
    UsageFileBeyondLimits: 422, ["文件超出读取限度", "文件的 {part} 超出 {limit}。"], ["Beyond what is read", "The file's {part} go beyond {limit}."];
    UsageOutOfRange: 422, ["用量超出范围", "金额合计超出可记录的范围。"], ["Out of range", "The amounts add up to more than can be recorded."];
    UsageRateUnknown: 422, ["汇率未登记", "{date} 的参考利率 {name} 未登记。"], ["Rate unknown", "{name} of {date} is not loaded."];
    RowRagged: 422, ["列数不符", "该行的列数与表头不同。"], ["Ragged row", "The row has more or fewer cells than the header."];
    NotUtf8: 422, ["编码错误", "该行既不是 UTF-8 也不是文件的编码；可用 UTF-8、GB18030、UTF-16（charset 写明）。"], ["Not UTF-8", "The row is neither UTF-8 nor in the file's encoding; UTF-8, GB18030 and UTF-16 are accepted (name it as charset)."];
    ValueMissing: 422, ["缺少取值", "此列不能为空。"], ["Value missing", "The column must not be empty."];
    ValueUnknown: 422, ["取值未知", "此值不在 FOCUS 规定的取值内。"], ["Value unknown", "The value is none of those that FOCUS allows."];
    ValueTooLong: 422, ["取值过长", "此值超过 1024 字节。"], ["Value too long", "The value has more than 1,024 bytes."];
    InvalidNumber: 422, ["数值无效", "须为数值，最多 11 位整数和 18 位小数。"], ["Invalid number", "A number with at most 11 digits and 18 decimals is needed."];
    NumberFormatted: 422, ["数值带格式", "须为不带货币符号和千位分隔符的数值，如 -1234.56。"], ["Number formatted", "Numbers have no currency sign and no thousands separators: -1234.56."];
    NumberForm: 422, ["数值写法不符", "数值不写正号，小数点前后都须有数字；宽松模式下照读。"], ["Number written otherwise", "A number has no plus sign, and digits before and after its point; where the mode is lenient it is read."];
    NumberTooPrecise: 422, ["小数过多", "最多 18 位小数；宽松模式下四舍五入。"], ["Number too precise", "At most 18 decimals; lenient mode rounds the rest."];
    InvalidDatetime: 422, ["时间无效", "时间须写作 2026-05-01T00:00:00Z。"], ["Invalid date and time", "Dates and times are written 2026-05-01T00:00:00Z."];
    DatetimeAmbiguous: 422, ["日期有歧义", "此类日期不能分辨日与月；须写作 2026-05-01T00:00:00Z。"], ["Ambiguous date", "This date does not show which number is the day; write 2026-05-01T00:00:00Z."];
    DatetimeFraction: 422, ["时间含秒的小数", "时间须写作 2026-05-01T00:00:00Z；宽松模式下取最近的整秒。"], ["Fraction of a second", "Times are written 2026-05-01T00:00:00Z; lenient mode rounds to the nearest second."];
    DatetimeNoSeconds: 422, ["时间没有秒", "时间须写作 2026-05-01T00:00:00Z；宽松模式下视为 00 秒。"], ["No seconds", "Times are written 2026-05-01T00:00:00Z; lenient mode accepts them without seconds."];
    DatetimeNoZone: 422, ["时间没有时区", "时间须写作 2026-05-01T00:00:00Z；宽松模式下视为 UTC。"], ["No zone", "Times are written 2026-05-01T00:00:00Z; lenient mode takes them as UTC."];
    DatetimeOffset: 422, ["时间带时差", "时间须写作 2026-05-01T00:00:00Z；宽松模式下按时差换算。"], ["Offset", "Times are written 2026-05-01T00:00:00Z; lenient mode converts the offset."];
    DatetimeWords: 422, ["时间写法不符", "时间须写作 2026-05-01T00:00:00Z；宽松模式下也可写作 2026-05-01 00:00:00 UTC。"], ["Written otherwise", "Times are written 2026-05-01T00:00:00Z; lenient mode also accepts 2026-05-01 00:00:00 UTC."];
    DatetimeDateOnly: 422, ["只有日期", "时间须写作 2026-05-01T00:00:00Z；宽松模式下视为当日零时（UTC）。"], ["Date only", "Times are written 2026-05-01T00:00:00Z; lenient mode reads a date as its first instant in UTC."];
    ServiceCategoryUnknown: 422, ["服务类别未知", "此服务类别不在 FOCUS 1.0 至 1.4 的取值内；宽松模式下计入 Other。"], ["Service category unknown", "The service category is not one of FOCUS 1.0 to 1.4; lenient mode counts it under Other."];
    ColumnRenamed: 422, ["列名不同", "该列须用 FOCUS 的列名；宽松模式下 1.0 之前的列名、大小写和下划线不同的列名也可读。"], ["Column renamed", "The column goes by its name in FOCUS; where the mode is lenient, names of before 1.0 and other letters are read."];
    ColumnLeftOut: 422, ["缺少可空的列", "可以为空的列也须在表头；宽松模式下视为空。"], ["Column left out", "A column that may be empty has to be in the header; lenient mode takes it as empty."];
    ColumnInexact: 422, ["列为浮点数", "金额须为十进制数；宽松模式下取最短的等值小数。"], ["Column inexact", "Amounts are decimals; lenient mode reads floating point as the shortest equal decimal."];
    FileEncoding: 422, ["文件编码", "文件不是 UTF-8，已按此编码读取。"], ["File encoding", "The file is not UTF-8 and was read in this encoding."];
    FileDelimiter: 422, ["文件分隔符", "文件以分号或制表符分隔，已照此读取。"], ["File delimiter", "Cells are separated by semicolons or tabs, and were read so."];
    FilePacked: 422, ["压缩文件", "文件是压缩的，已解开读取。"], ["File packed", "The file is packed, and was unpacked."];
    PeriodBackwards: 422, ["期间无效", "期间的结束须晚于开始。"], ["Invalid period", "A period ends after it begins."];
    PeriodTooLong: 422, ["期间过长", "计费期间最长 60 个月。"], ["Period too long", "A charge period has at most 60 months."];
    InvalidCurrency: 422, ["币种无效", "币种须为三个大写字母。"], ["Invalid currency", "A currency has three capital letters."];
    ExchangeRateMissing: 422, ["缺少汇率", "账期最后一天没有生效的人民币汇率。"], ["Exchange rate missing", "No rate to CNY is in force on the last day of the billing period."];
    CorrectionNamesNothing: 422, ["更正无所指", "更正须以 x_CorrectsRowId 或相同的资源、SKU 和计费期间指明被更正的行。"], ["Correction names nothing", "A correction names a row by x_CorrectsRowId, or by the same resource, SKU and charge period."];
    // evidence, and what backs a claim
    FileType: 422, ["文件类型不符", "“{kind}”不能是此类文件；文件类型按内容识别。"], ["File type", "A {kind} cannot be a file of this type; the type is known by its bytes."];
    MalformedXml as FileType: 422, ["XML 无法读取", "XML 不合规或含 DTD、过深、字段重复（{reason}）。"], ["Malformed XML", "The XML is not well formed, has a DTD, is nested too deep or says a field twice ({reason})."];
    InvoiceNumber: 422, ["发票号码无效", "发票号码须为 20 位数字，或 10、12 位代码加 8 位号码；文件中没有时须由参数给出。"], ["Invoice number", "An invoice has 20 digits, or a code of 10 or 12 and a number of 8; the request says it where the file does not."];
    InvoiceNumberContradicts as InvoiceNumber: 422, ["发票号码不符", "参数中的发票号码与文件不符。"], ["Invoice number", "The file names another invoice than the request."];
    InvoiceContradicts: 422, ["发票信息矛盾", "“{field}”与文件或已登记的发票不符。"], ["Invoice contradicts", "\"{field}\" contradicts the file, or what is known of the invoice."];
    OriginalInvoice: 422, ["红字发票与蓝字发票须对应", "金额为负的红字发票须写明所冲减的蓝字发票号码（original_number），且不得为其自身；金额非负的发票不得写。"], ["A red invoice and its original", "A red invoice, whose amount is below zero, names the invoice that it takes back (original_number), which is not itself; any other invoice names none."];
    NothingToConfirm: 409, ["无可认定的发票", "该材料不是发票，没有可认定的内容。"], ["Nothing to confirm", "This file shows no invoice."];
    InvoiceConfirmed: 409, ["已为其他单位认定", "经办人已就同一号码认定单位 {organisation} 的不同陈述。"], ["Confirmed for another", "An officer confirmed what organisation {organisation} says of this number, which contradicts this statement."];
    RedInvoice: 422, ["红字发票不能作为依据", "发票 {invoice} 为红字发票，只冲减原发票，不能作为申领依据。"], ["A red invoice backs nothing", "Invoice {invoice} is a red invoice: it takes back another invoice and backs no claim."];
    InvoiceReversed: 409, ["发票已被红冲", "发票 {invoice} 被红字发票冲减，本申领所用部分中有 {missing} 元已无依据。"], ["Invoice taken back", "A red invoice took back part of invoice {invoice}: {missing} of what the claim uses of it has no backing any more."];
    InvoiceDisputed: 409, ["发票存在争议", "单位 {organisation} 对发票 {invoice} 另有不同陈述，尚未认定。"], ["Invoice in dispute", "Organisation {organisation} contradicts this record of invoice {invoice}, and no officer has decided who is right."];
    InvoiceInUse: 409, ["发票已被引用", "申领已占用该发票 {allocated}，不能更正。"], ["Invoice in use", "Claims use {allocated} of the invoice, so it cannot be corrected."];
    InvoiceOnly as InvalidQuery: 400, ["查询参数无效", "只有发票可带发票号码、代码和金额，此为“{kind}”。"], ["Invalid query", "Only an invoice has a number, a code and an amount; this is a {kind}."];
    NotAnInvoice: 422, ["不是发票", "该佐证材料不是发票。"], ["Not an invoice", "The evidence is not of the kind invoice."];
    InvoiceAmountMissing: 422, ["发票金额未知", "发票 {invoice} 的金额未知。"], ["Invoice without an amount", "The amount of invoice {invoice} is unknown."];
    InvoiceBuyerDiffers: 422, ["购买方不符", "发票 {invoice} 的购买方（{buyer}）不是申报单位。"], ["Another buyer", "Invoice {invoice} was issued to {buyer}, not to the organisation that claims."];
    InvoiceSellerDiffers: 422, ["销售方不符", "发票 {invoice} 的销售方（{seller}）不是合同的服务商。"], ["Another seller", "Invoice {invoice} was issued by {seller}, not by the contract's provider."];
    EvidenceReused: 409, ["发票已用", "发票 {invoice} 尚余 {available}，申领 {requested}。"], ["Evidence reused", "{available} of invoice {invoice} is left, {requested} was asked for."];
    DuplicateEvidence: 422, ["佐证材料重复", "同一佐证材料只能列一次。"], ["Evidence named twice", "The same evidence may be named only once."];
    // rentals, vouchers
    ContractExists: 409, ["合同已登记", "合同 {contract_no} 已登记。"], ["Contract exists", "Contract {contract_no} is already recorded."];
    RelatedProvider: 422, ["关联服务商", "服务商 {provider} 与申报单位有关联。"], ["Related provider", "The provider {provider} is related to the organisation."];
    InvalidPeriod: 422, ["期间无效", "最后一天早于第一天。"], ["Invalid period", "The last day lies before the first."];
    LoanExists: 409, ["贷款已登记", "贷款 {loan_no} 已登记。"], ["Loan exists", "Loan {loan_no} is already recorded."];
    InvalidTerm as InvalidPeriod: 422, ["期间无效", "到期日须晚于签订日。"], ["Invalid period", "A loan must mature after the day on which it was signed."];
    EmptyPeriod as InvalidPeriod: 422, ["期间无效", "计息期算头不算尾，止日须晚于起日。"], ["Invalid period", "The last day is not counted: a period must end after the day on which it begins."];
    RateTooHigh: 422, ["利率过高", "年利率不得超过 {limit}%。"], ["Rate too high", "A loan's rate is at most {limit} percent a year."];
    RepaymentExceedsPrincipal: 422, ["还本超过本金", "当日本金余额为 {principal}。"], ["Repayment exceeds the principal", "{principal} is owed on that day."];
    OverdueExceedsPrincipal: 422, ["逾期超过本金", "当日未逾期本金为 {principal}。"], ["Overdue exceeds the principal", "{principal} is owed and not overdue on that day."];
    ClearedExceedsOverdue: 422, ["结清超过逾期", "当日逾期本金为 {overdue}。"], ["Cleared exceeds what is overdue", "{overdue} is overdue on that day."];
    PrincipalTooLarge: 422, ["本金过大", "本金余额不得超过 {limit}。"], ["Principal too large", "At most {limit} may be owed."];
    BeforeSigning: 422, ["早于签订日", "{date} 早于签订日 {signed_on}。"], ["Before signing", "{date} is earlier than the day of signing, {signed_on}."];
    ExtensionNotLater: 422, ["展期日未推后", "展期后的到期日 {date} 须晚于原到期日 {matures_on}。"], ["Extension not later", "The new day of maturity {date} must lie after {matures_on}, on which the loan is due without it."];
    AfterMaturity: 422, ["晚于到期日", "{date} 晚于到期日 {matures_on}。"], ["After maturity", "{date} is later than the day of maturity, {matures_on}."];
    PausedAlready: 422, ["已经暂停", "贷款当日已处于暂停中。"], ["Paused already", "The loan is paused on that day already."];
    NotPaused: 422, ["未曾暂停", "贷款当日并未暂停，不能恢复。"], ["Not paused", "The loan is not paused on that day, so that it cannot be resumed."];
    NotYetHappened: 422, ["尚未发生", "{date} 晚于业务日期 {business_date}，尚非事实。"], ["Not yet happened", "{date} is later than the business date {business_date}: it has not happened yet."];
    TooManyEvents: 422, ["变动过多", "一笔贷款最多 {limit} 项变动。"], ["Too many events", "A loan takes at most {limit} events."];
    PrefundNotAllowed: 422, ["该专项不预拨", "专项 {programme} 现行规则不向银行预拨。"], ["Not prefunded", "The rules in force of programme {programme} do not pay banks ahead."];
    PrefundExhausted: 409, ["预拨资金不足", "该银行 {fiscal_year} 年度预拨余额 {left}，需要 {requested}。"], ["Prefund exhausted", "The bank has {left} left of its prefunds of {fiscal_year}; {requested} was asked for."];
    PrefundTruedUp: 409, ["该年度已清算", "该银行 {fiscal_year} 年度的预拨已清算，不再变动。"], ["Year trued up", "The bank's prefunds of {fiscal_year} are settled and take nothing more."];
    NothingPrefunded: 409, ["该年度无预拨", "该银行 {fiscal_year} 年度没有预拨。"], ["Nothing prefunded", "The bank has no prefund of {fiscal_year}."];
    TrueUpPending: 409, ["有待批的清算", "年度清算 {true_up} 待批。"], ["True-up pending", "True-up {true_up} waits for approval."];
    TrueUpStale: 409, ["清算已过时", "提出时余额 {left}，现余额 {now}，或其构成有变。"], ["True-up stale", "{left} was left when it was proposed and {now} is left now, or its parts changed."];
    StatementDiffers: 422, ["与银行报数不符", "账面 {ours}，银行报数 {stated}，相差 {difference}。"], ["Statement differs", "The ledger has {ours}, the bank states {stated}: a difference of {difference}."];
    NothingToReturn: 422, ["无余额可退", "{fiscal_year} 年度预拨没有余额。"], ["Nothing to return", "Nothing is left of the prefunds of {fiscal_year}."];
    TrueUpReferenceNotApplicable as FieldNotApplicable: 422, ["字段不适用", "结转没有银行流水号。"], ["Field not applicable", "A true-up that rolls has no bank reference."];
    FieldNotApplicable: 422, ["字段不适用", "该字段不适用于此类变动。"], ["Field not applicable", "The field does not apply to an event of that kind."];
    PeriodNotOver: 422, ["期间未满", "止日 {until}（末日之次日）晚于业务日期 {business_date}：先付后贴。"], ["Period not over", "The period ends on the day before {until}, and the business date is {business_date}. A subsidy is claimed after the period is over and paid for."];
    InterestConfirmed: 409, ["利息已确认", "{from} 至 {until} 的利息已确认；同一期间可重新确认。"], ["Interest confirmed", "The interest from {from} to {until} is confirmed; the same period may be confirmed again."];
    InterestPeriodOverlaps: 422, ["计息期重叠", "申领 {claim}（专项 {programme}）已占用 {from} 至 {until}：同一天的利息不得重复贴补。"], ["Interest period overlaps", "Claim {claim} under {programme} takes {from} to {until}: no day of a loan is subsidised twice."];
    TooManySegments: 422, ["分段过多", "核算单最多 {limit} 段。"], ["Too many segments", "A sheet keeps at most {limit} segments."];
    TooManyConfirmations: 422, ["确认次数过多", "一笔贷款最多确认 {limit} 个期间。"], ["Too many confirmations", "A loan takes at most {limit} confirmed periods."];
    ReferenceRateMissing: 422, ["缺少参考利率", "{date} 没有生效的 {name}。"], ["Reference rate missing", "No {name} is in force on {date}."];
    LoanRateAboveCeiling: 422, ["贷款利率超过上限", "合同利率 {annual_rate_percent}% 超过上限 {ceiling}%。"], ["Loan rate above the ceiling", "The contract rate of {annual_rate_percent} percent is above the ceiling of {ceiling} percent."];
    RulesOrProgramme: 422, ["规则与专项二选一", "rules 与 programme 只能给出一个。"], ["Rules or programme", "Either rules or a programme may be given, not both."];
    ContractAlreadyUsed: 409, ["合同已使用", "该合同已有专项 {programme} 的券或申领。"], ["Contract already used", "The contract already has a voucher or a claim of programme {programme}."];
    NotEligible: 422, ["不符合条件", "不符合条件：{reason}（tags 为名单：申报日须在名单内，且今日不在排除名单内）。"], ["Not eligible", "The organisation is not eligible: {reason} (tags: it has to be on a list on the day of the filing, and on none today that shuts it out)."];
    ProviderNotListed: 422, ["服务商不符合条件", "服务商 {provider} 不在规则要求的名单或类别内：{reason}。"], ["Provider not listed", "Provider {provider} is not on a list, or not of a category, that the rules ask for: {reason}."];
    BankNotListed: 422, ["银行不在名单", "贷款银行 {bank} 不在规则要求的名单内。"], ["Bank not listed", "The bank {bank} is not on a list that the rules ask for."];
    ProjectNotEligible: 422, ["项目不符合条件", "项目不符合条件：{reason}（tags 项目不在名单；investment 总投资不足或未填报）。"], ["Project not eligible", "The project is not eligible: {reason} (tags: it is on no list; investment: it costs too little, or does not say)."];
    NoTier: 422, ["不属于任何一档", "规则分档，而该申报不属于其中任何一档。"], ["In no tier", "The rules pay by tiers, and this fits none of them."];
    VoucherExpired: 422, ["券已过期", "最后可用日为 {valid_until}。"], ["Voucher expired", "Its last usable day was {valid_until}."];
    RentalPeriodOutside: 422, ["期间超出合同期", "合同期为 {from} 至 {until}，申领期间须在其内。"], ["Outside the contract's term", "The contract runs from {from} to {until}; the period lies within."];
    RentalPeriodOverlaps: 409, ["期间重复", "该合同同一专项 {from} 至 {until}（止日不计）已有同类申领；期间相交时须各有发票佐证，且用量只能申领一次。"], ["Period overlaps", "Another claim under the programme is for the contract from {from} to {until}, which is not counted, and for the same items; where days meet, invoices have to back both, and usage is claimed once."];
    UsagePeriodNotMonths: 422, ["须为整月", "用量按月计量，申领期间须起止于月初或合同起止日。"], ["Whole months", "Usage is metered by month: the period begins and ends with a month or with the contract."];
    UsageMissing: 422, ["没有用量", "该期间没有已导入的用量。"], ["No usage", "No usage of the period is imported."];
    SettlementOrUsage: 422, ["结算与用量二选一", "settlement 与 usage 只能给出一个。"], ["Settlement or usage", "Either a settlement or usage may be given, not both."];
    ChangeNotApplicable: 422, ["更改不适用", "该项更改不适用于 {kind}。"], ["Change not applicable", "The change does not apply to a {kind}."];
    RentalDiffers: 422, ["合同不符", "该申领对应合同 {rental} 及其专项，不能更换。"], ["Another contract", "The claim is for contract {rental} under its programme and stays with them."];
    LoanDiffers: 422, ["贷款不符", "该申领对应贷款 {loan} 及其专项，不能更换。"], ["Another loan", "The claim is for loan {loan} under its programme and stays with them."];
    ChangesMissing as InvalidValue: 422, ["缺少更正内容", "changes 未写明任何更正。"], ["Nothing changes", "The changes leave everything as it was."];
    ClaimKindDiffers: 422, ["申领种类不符", "该申领的种类是 {kind}，不能更换。"], ["Another kind of claim", "The claim is a {kind} and stays one."];
    VoucherDiffers: 422, ["券不符", "该申领对应券 {voucher}，不能更换。"], ["Another voucher", "The claim redeems voucher {voucher} and stays with it."];
    EligibilityChanged: 422, ["资格已变", "不再符合条件：{reason}。"], ["Eligibility changed", "The organisation is no longer eligible: {reason}."];
    PublicityRunning: 409, ["公示未满", "公示至 {until}。"], ["Publicity running", "The claim is published until {until}."];
    RecalculationPending: 409, ["有待批的重新核算", "第 {version} 版核算单待批。"], ["Recalculation pending", "Recalculation {version} waits for approval."];
    AmountChanged: 409, ["金额已变", "复核时为 {seen}，现计算为 {now}。"], ["Amount changed", "{seen} was reviewed, {now} would be paid now."];
    RecalculationStale: 409, ["核算已过时", "提出时为 {amount}，现为 {now}。"], ["Recalculation stale", "{amount} was proposed, and the amount is now {now}."];
    ObjectionOpen: 409, ["有未处理的异议", "有 {count} 件异议未处理。"], ["Objection open", "{count} objections are open."];
    ObjectionUpheld: 409, ["异议成立", "异议成立，只能退回或驳回。"], ["Objection upheld", "An objection was upheld; the claim can only be returned or rejected."];
    TooManyObjections: 409, ["异议过多", "一项申领最多 {limit} 件异议。"], ["Too many objections", "A claim takes at most {limit} objections."];
    ClaimNotPayable: 409, ["申领不能拨付", "申领 {claim} 的状态为“{status}”。"], ["Claim not payable", "Claim {claim} is in the state \"{status}\"."];
    ClaimInBatch: 409, ["申领已在批次中", "申领 {claim} 已在一个拨付批次中。"], ["Claim in a batch", "Claim {claim} is already in a payment batch."];
    DayTwice as InvalidValue: 422, ["日期重复", "{date} 列了两次。"], ["A day twice", "{date} is named twice."];
    NoWorkingDay: 409, ["没有工作日", "工作日历上 {from} 至 {until} 没有工作日。"], ["No working day", "The calendar has no working day from {from} to {until}."];
    ExecutionDateStale: 409, ["执行日已变", "执行日现为 {execution_date}，文件已过时。"], ["Execution date changed", "The day of payment is now {execution_date}; the file is out of date."];
    AmountDiffers: 422, ["金额不符", "该行应付 {expected}，银行回单为 {found}：金额不符的回单不能录入。"], ["Amount differs", "{expected} was to be paid and the bank says {found}: a result with another amount is not recorded."];
    BackingWithdrawn: 409, ["拨付依据已被红冲", "申领 {claim} 所用发票 {invoice} 中有 {missing} 元已被红字发票冲减，暂不能拨付。"], ["Backing withdrawn", "A red invoice took back {missing} of invoice {invoice}, on which claim {claim} rests: it is not paid until a recalculation of it is approved or the red invoice is corrected."];
    ResultTooEarly: 422, ["结果日期过早", "批次于 {approved_on} 批准，银行不可能在 {date} 已处理。"], ["Result too early", "The batch was approved on {approved_on}; the bank cannot have paid on {date}."];
    ReturnReferenceUsed as BankReferenceUsed: 409, ["银行流水号已用", "流水号 {bank_reference} 已用于预拨清算 {true_up} 的退款：一笔银行款项只录一次。"], ["Bank reference used", "Money of true-up {true_up} came back under {bank_reference}; each bank payment is recorded once."];
    BankReferenceUsed: 409, ["银行流水号已用", "流水号 {bank_reference} 已用于批次 {batch} 中的申领 {claim}：一笔银行付款只录一次。"], ["Bank reference used", "Claim {claim} in batch {batch} was paid under {bank_reference}; each bank payment is recorded once."];
    ReceiptRecorded as BankReferenceUsed: 409, ["银行流水号已用", "流水号 {bank_reference} 的到账已录入。"], ["Bank reference used", "The receipt {bank_reference} of this recovery is recorded already."];
    ResultTwice: 422, ["同一申领有两个结果", "一次请求中，每项申领只能有一个结果（{claim}）。"], ["Two results of one claim", "A request has one result per claim; {claim} has two."];
    BankFileUnreadable: 422, ["银行文件无法读取", "文件无法读取：{cause}。"], ["Bank file unreadable", "The file cannot be read: {cause}."];
    BankFileUnknown: 422, ["不是回单文件", "这不是 pain.002 或 camt.052/053/054，根元素为“{found}”。"], ["Not an answer", "It is none of pain.002, camt.052, camt.053 and camt.054: its root is \"{found}\"."];
    BankFileNoMapping: 422, ["没有列映射", "读取银行自有的表格需要列映射，设置中没有该银行的。"], ["No mapping", "To read a bank's own table its columns have to be named in the settings, and they are not."];
    BankFileColumn: 422, ["表格缺列", "表格中没有设置所写的列“{column}”。"], ["Column missing", "The table has no column \"{column}\", which the settings name."];
    BankFileCell: 422, ["单元格无法读取", "第 {row} 行“{column}”为“{found}”，不是金额或日期；文件没有导入。"], ["Cell unreadable", "Row {row} has \"{found}\" in \"{column}\", which is no amount or day; nothing of the file was taken."];
    NameTooLong: 422, ["户名过长", "{payee} 的名称有 {length} 个字，银行最多接受 {limit} 个（设置 name_max）；名称从不截断。"], ["Name too long", "The name of {payee} has {length} characters and the bank takes {limit} (setting name_max); names are never cut."];
    PayerNameTooLong as NameTooLong: 422, ["付款户名过长", "付款单位名称“{name}”超过 140 个字，pain.001 无处可写；名称从不截断。"], ["Payer's name too long", "pain.001 has room for 140 characters of the payer's name \"{name}\"; names are never cut."];
    BankAccountChanged: 409, ["银行账户已变更", "{payee} 的银行账户在批次提出后变更。"], ["Bank account changed", "The bank account of {payee} changed after the batch was proposed."];
    BankAccountMissing: 422, ["缺少银行账户", "没有银行账户的收款单位：{payees}。"], ["Bank account missing", "Payees without a bank account: {payees}."];
    AccountNumberUnverified: 409, ["账号核对不符", "收款单位 {payees} 密存的账号不是账本所记的账号，或不能用现有密钥打开；没有生成付款文件。"], ["Account number unverified", "The sealed account numbers of {payees} are not those that the ledger recorded, or cannot be opened with the present keys. No file was made."];
    ExceedsOutstanding: 422, ["超过未还金额", "未还金额为 {outstanding}。"], ["Exceeds what is outstanding", "{outstanding} is outstanding."];
    OffsetMismatch: 422, ["不能抵扣", "{member} 不同，不能抵扣。"], ["Offset mismatch", "This cannot be offset: the {member} differs."];
    TooManyReceipts: 409, ["到账次数过多", "一项追回最多 {limit} 次到账。"], ["Too many receipts", "A recovery takes at most {limit} receipts."];
    NotReversible: 409, ["不能冲销", "{sequence} 号记录不能冲销：可冲销的是指标变动、拨付、预拨、银行抵扣、追回到账和核销。券请撤销（cancel），申领请退回或驳回，追回请核销。"], ["Not reversible", "Leaf {sequence} cannot be reversed. Budget changes, payments, prefunds, banks' deductions, receipts and write-offs can. Cancel a voucher, return or reject a claim, write off a recovery instead."];
    AlreadyReversed: 409, ["已冲销", "已由 {reversed_by} 号分录冲销。"], ["Already reversed", "It was reversed by transaction {reversed_by}."];
    NotLatest: 409, ["有后续分录", "{document} 有后续分录以它为据。"], ["Not the latest", "Later postings of {document} rest on it."];
    BelowFloor: 409, ["余额不足", "科目 {account} 余额 {balance}，需要 {requested}。"], ["Balance too low", "Account {account} has a balance of {balance}; {requested} is needed."];
    ValidityOutOfRange: 422, ["有效期超出范围", "最后可用日超出日历范围。"], ["Validity out of range", "The last usable day is out of range."];
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_text_stands_there_in_both_languages() {
        for entry in Entry::all() {
            assert!((400..600).contains(&entry.status), "{}", entry.code);
            let (chinese, english) = (entry.words(Language::Chinese), entry.words(Language::English));
            let named = |text: &'static str| -> BTreeSet<&str> {
                text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect()
            };
            for [one, other] in [
                [chinese.detail, english.detail],
                [chinese.remedy, english.remedy],
                [chinese.title, english.title],
            ] {
                assert!(!one.is_ascii() && other.is_ascii(), "{}: {other}", entry.case);
                assert!(entry.status < 500 || named(other).is_empty(), "{}", entry.case);
            }
            assert_eq!(named(chinese.detail), named(english.detail), "{}", entry.case);
            for remedy in [chinese.remedy, english.remedy] {
                assert!(named(remedy).is_subset(&named(english.detail)), "{}: {remedy}", entry.case);
            }
        }
    }

    #[test]
    fn a_code_of_several_entries_has_one_status() {
        for entry in Entry::all() {
            assert_eq!(Entry::of(entry.code).status, entry.status, "{}", entry.code);
        }
    }
}
