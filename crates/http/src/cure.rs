//! What to do about each error: by whom, with which route or command. A code without a line does not compile.
//!
//! `{name}` stands for a member that the error's detail names too. A path has its parameters in capitals, as in
//! `GET /v1/claims/ID`.

use subsidy_core::domain::Code;

macro_rules! cures {
    ($($case:ident: $texts:expr;)*) => {
        /// What to do, in Chinese and in English.
        #[rustfmt::skip]
        pub const fn of(code: Code) -> [&'static str; 2] {
            match code {$(Code::$case => $texts,)*}
        }
    };
}

cures! {
    // not about one noun
    MalformedJson: ["请用 JSON 校验工具检查请求体：括号、引号、逗号是否成对，编码是否为 UTF-8，改正后重发。", "Check the body with a JSON tool (brackets, quotes, commas, UTF-8), correct it and send it again."];
    UnreadableBody: ["请检查网络和代理的超时设置，用同一幂等键重发整个请求。", "Check the network and the time limits of proxies, then send the whole request again with the same key."];
    IdempotencyKeyMissing: ["请在每个写请求上带请求头 Idempotency-Key，例如一个新生成的 UUID；重试时用同一个。", "Send the header Idempotency-Key with every write, for example a new UUID; keep it when you retry."];
    IdempotencyKeyInvalid: ["请改用一个 1 至 255 个可见 ASCII 字符、不含空格的值（如 UUID），并只写一次。", "Use one value of 1 to 255 visible ASCII characters without blanks, such as a UUID, and send the header once."];
    InvalidPath: ["请检查路径中的编号是否按 URL 规则编码，去掉看不见的字符。", "Check how the path is URL-encoded and remove characters that cannot be seen."];
    InvalidQuery: ["请对照 /openapi.json 中该路由的查询参数，删去未知或重复的，改正取值；月份写作 2026-05，日期写作 2026-05-01。", "Compare the query with the route's parameters in /openapi.json: remove what is unknown or repeated and correct the value. Months are written 2026-05, dates 2026-05-01."];
    InvalidQueryWord: ["请改用 {allowed} 之一。", "Use one of {allowed}."];
    InvalidCursor: ["请不带 cursor 从第一页重新读取；翻页时只用上一页的 next_cursor，且不改变筛选条件。", "Read again from the first page without a cursor. To turn the page, send next_cursor of the page before with the same filters."];
    Unauthenticated: ["请换取新的令牌并写在请求头 Authorization: Bearer 之后；仍不行时，请运维人员核对令牌的签发者、受众、有效期和机构代码（subsidy-ledger token 可签发试用令牌）。", "Get a new token and send it as Authorization: Bearer. If that fails, an operator compares its issuer, audience, expiry and agency with the settings (subsidy-ledger token makes one for trying)."];
    TokenRefused: ["请重新登录或换取新令牌；仍不行时，请运维人员以 subsidy-ledger doctor 核对登录设置。", "Sign in again or fetch a new token; if that fails, an operator checks the sign-in with subsidy-ledger doctor."];
    TokenExpired: ["请重新登录或换取新令牌。", "Sign in again, or fetch a new token."];
    TokenTooEarly: ["请运维人员校准身份提供方与本服务的时钟，或调大设置 sign_in.clock_skew_seconds。", "An operator sets the clocks of provider and service right, or raises sign_in.clock_skew_seconds."];
    TokenLifetime: ["请身份提供方签发有效期更短的令牌，或由运维人员调大设置 sign_in.lifetime_hours_max。", "Have the provider issue shorter tokens, or an operator raises sign_in.lifetime_hours_max."];
    TokenKeyUnknown: ["请运维人员核对签发方与设置 sign_in；subsidy-ledger doctor 列出可用的密钥。", "An operator compares the provider with the settings sign_in; subsidy-ledger doctor lists the keys that serve."];
    TokenIssuer: ["请运维人员核对设置 sign_in.issuer，须与令牌的 iss 逐字相同。", "An operator compares sign_in.issuer with the token's iss, letter by letter."];
    TokenAudience: ["请身份提供方将本服务写入 aud，或由运维人员核对设置 sign_in.audience。", "Have the provider write this service into aud, or an operator compares sign_in.audience."];
    TokenClient: ["请经允许的应用登录，或由运维人员把该应用加入设置 sign_in.clients。", "Sign in through a client that is allowed, or an operator adds this one to sign_in.clients."];
    TokenType: ["请改用访问令牌（access token）。", "Send the access token."];
    TokenOwn: ["请经身份提供方登录；机器账号由运维人员在设置 sign_in.own_tokens 中指名。", "Sign in with the provider; an operator names machines in sign_in.own_tokens."];
    TokenSubject: ["请身份提供方在声明 {claim} 中写入不变的账号标识。", "Have the provider write an immutable id into the claim {claim}."];
    TokenAgency: ["请身份提供方在声明 {claim} 中写入机构代码，或由运维人员在设置 sign_in.claims.agency 中对应。", "Have the provider write the agency's code into the claim {claim}, or an operator maps it in sign_in.claims.agency."];
    TokenRoles: ["请身份提供方在声明 {claim} 中授予角色，或由运维人员在设置 sign_in.claims.roles 中对应其名称。", "Have the provider grant a role in the claim {claim}, or an operator maps its names in sign_in.claims.roles."];
    TokenOrganisation: ["请身份提供方更正声明 {claim}，或由运维人员在设置 sign_in.claims.organisation 中对应。", "Have the provider correct the claim {claim}, or an operator maps it in sign_in.claims.organisation."];
    TokenOrganisationMissing: ["请身份提供方在声明 {claim} 中写入所代表单位的统一社会信用代码。", "Have the provider write the organisation's credit code into the claim {claim}."];
    TokenRevoked: ["请重新登录或换取新令牌；单个令牌吊销后不再恢复。", "Sign in again, or fetch a new token; a token that was revoked stays so."];
    Forbidden: ["请以具有所需角色的人员办理；GET /v1/me 显示您的角色，GET /v1/reports/permissions 列出每条路由所需的角色。", "Have somebody with the right role do it. GET /v1/me shows your roles, GET /v1/reports/permissions which roles each route takes."];
    RoleMissing: ["请由具有其中一个角色的人员办理，或请管理员在身份提供方为您加上该角色。", "Have somebody with one of these roles do it, or have the identity provider give you one."];
    RoleNotGranted: ["请运维人员提出授予该角色（POST /v1/role-grants），由安全管理员批准；批准后令牌随即可用，用账号登录的请重新登录。", "Have an operator propose the role (POST /v1/role-grants) and a security administrator approve it; a token then serves at once, and whoever signs in with an account signs in again."];
    SandboxOnly: ["正式机构的业务日期就是当日，不必设定；试用请由运维人员以 subsidy-ledger agency create 加 --sandbox 另建机构。", "A real agency's business date is today's: leave it. To try things out, an operator makes another agency with subsidy-ledger agency create and --sandbox."];
    SamePerson: ["请由没有经手过此单据的另一位复核人批准；GET /v1/tasks 列出每人可办的事项。", "Ask an approver who had no part in this document; GET /v1/tasks lists what each person can do."];
    SubjectVariant: ["请以原来的写法登录；若原写法有误，由运维人员以 subsidy-ledger agency subject 写明正确的写法。身份提供方应签发不可变的 sub。", "Sign in with the earlier spelling. If that one is wrong, an operator names the right one with subsidy-ledger agency subject. The identity provider should issue an immutable sub."];
    ConflictOfInterest: ["请由不代表该单位的另一位人员审核或批准。", "Have it reviewed or approved by somebody who does not act for that organisation."];
    NotFound: ["请核对编号，并以所属单位或机构内部人员的令牌读取；各列表路由（如 GET /v1/claims）显示您能看到的对象。", "Check the id, and use a token of the organisation that owns the object or of the agency's own staff. The lists (such as GET /v1/claims) show what you can see."];
    UnknownPath: ["请对照 /docs 或 /openapi.json 中的路径；业务路由都以 /v1/ 开头。", "Compare the path with /docs or /openapi.json; the routes of the ledger begin with /v1/."];
    MethodNotAllowed: ["请改用响应头 Allow 列出的方法。", "Use a method that the header Allow of the answer lists."];
    VersionConflict: ["请重新读取该对象，核对他人所作的改动，再以新的 ETag 作为 If-Match、用新的幂等键重发。", "Read the object again, look at what changed, and send the request with its new ETag in If-Match and a new key."];
    TooLarge: ["请把请求分成若干个，每个不超过上限；大批量写入用 POST /v1/batches 分批提交。", "Split the request so that each part stays within the limit; many writes go in several POST /v1/batches."];
    UnsupportedMediaType: ["请以 Content-Type: application/json 发送，且不带 Content-Encoding。", "Send it with Content-Type: application/json and without Content-Encoding."];
    UnsupportedEncoding: ["请去掉 Content-Encoding，直接发送文件的字节；用量账单可以是 .gz 或 .zip 文件。", "Leave Content-Encoding away and send the bytes of the file; a billing file may itself be a .gz or .zip."];
    IdempotencyKeyReused: ["新的请求请用新的幂等键；只有重试完全相同的请求时才用原来的。", "Use a new key for a new request; send a key again only with exactly the same request."];
    Internal: ["请把 request_id 交给运维人员，由其在服务日志中查找原因；写请求可用同一幂等键重试。", "Give the request_id to an operator, who finds the cause in the service's log. A write can be retried with the same key."];
    Busy: ["请按响应头 Retry-After 等待后，用同一幂等键重试。", "Wait as Retry-After says and retry with the same key."];
    Unavailable: ["请按响应头 Retry-After 等待后，用同一幂等键重试；持续出现时，运维人员以 subsidy-ledger doctor 检查数据库和文件夹。", "Wait as Retry-After says and retry with the same key. If it lasts, an operator checks the database and the folders with subsidy-ledger doctor."];
    LedgerRewound: ["请通知运维人员：先设法恢复缺失的记录；确认无法恢复的，以 subsidy-ledger agency accept-log 认可，然后用同一幂等键重试。", "Tell an operator. They restore the missing leaves or, where that is impossible, accept the loss with subsidy-ledger agency accept-log. Then repeat the request with the same key."];
    ReadOnly: ["可以继续查询；写入请稍后用同一幂等键重试。持续出现时，运维人员核对服务连接的是否为主库。", "Go on reading, and retry the write later with the same key. If it lasts, an operator checks that the service is connected to the primary database."];
    FontMissing: ["可以先在页面上打印；请运维人员安装中文字体（Debian：fonts-noto-cjk 或 fonts-wqy-microhei），或者在设置 font 中写明字体文件。", "Print the page meanwhile. An operator installs a font with Chinese (on Debian fonts-noto-cjk or fonts-wqy-microhei), or names one in the setting font."];
    FontLacksLetter: ["可以先在页面上打印；请运维人员安装字更全的字体（Debian：fonts-noto-cjk），服务日志写明所缺的字，或者在设置 font 中写明字体文件。", "Print the page meanwhile. An operator installs a font with more letters (on Debian fonts-noto-cjk), or names one in the setting font; the log says which letter is missing."];
    KeysDoNotFit: ["请通知运维人员从密钥备份恢复该账簿的密钥；服务日志写明是哪个文件，恢复后以 subsidy-ledger doctor 核对。", "Tell an operator, who restores this ledger's keys from their backup. The service's log names the file; subsidy-ledger doctor checks the result."];
    OutcomeUnknown: ["请用同一幂等键重发同一请求：已生效的返回原来的结果，未生效的此时办理。请勿更换幂等键。", "Send the same request with the same key: what took effect is answered as before, what did not is done now. Do not change the key."];
    // values
    UnknownField: ["请删去该字段，或改为 allowed 所列字段之一。", "Remove the field, or use one of those that allowed lists."];
    MissingField: ["请补上 pointer 指出的字段后重发。", "Add the field that the pointer names and send it again."];
    DuplicateField: ["请只保留其中一个。", "Keep one of them."];
    InvalidType: ["请改正类型：金额、百分数和编号写作字符串，个数写作整数。", "Correct the type by /openapi.json: amounts, percentages and ids are strings, counts are integers."];
    InvalidValue: ["请改用该字段允许的取值；字段旁的说明和接口文档列有可用的取值。", "Use one of the values that /openapi.json allows for the field."];
    InvalidWord: ["请改用 {allowed} 之一。", "Use one of {allowed}."];
    TextUnknown: ["请从写有该文字的日志叶（GET /v1/audit/entries/SEQUENCE）中原样抄录 64 位摘要。", "Copy the 64 digits from the leaf that names the text (GET /v1/audit/entries/SEQUENCE)."];
    TextErased: ["文字已按该文件销毁，不能恢复，也不必再次销毁。", "It was erased on that document and cannot be brought back; there is nothing left to do."];
    ValueRefused: ["请检查请求中的超长文字、超大数字和极端日期；仍不能通过的，请把 request_id 交给运维人员。", "Look for very long texts, very large numbers and extreme dates in the request. If it still fails, give the request_id to an operator."];
    InvalidAmount: ["请写作字符串，如 \"1200.00\"，不带千位分隔符和货币符号。", "Write it as a string such as \"1200.00\", without separators between thousands and without a currency sign."];
    InvalidPercent: ["请写作字符串，如 \"20\" 或 \"3.25\"，不带百分号。", "Write it as a string such as \"20\" or \"3.25\", without a percent sign."];
    InvalidQuantity: ["请写作字符串，如 \"120\" 或 \"0.5\"，不带单位和千分位。", "Write it as a string such as \"120\" or \"0.5\", without a unit or separators."];
    InvalidPoints: ["请写作字符串，如 \"1.5\"。", "Write it as a string such as \"1.5\"."];
    InvalidText: ["请填写不为空的文字，删去首尾空白；长度上限见接口文档。", "Write a text that is not empty and has no blanks at its ends; /openapi.json says how long it may be."];
    InvalidTextLetter: ["请删去第 {position} 个字符（{letter}）后重发；从网页或表格粘贴的文字常带有看不见的字符。", "Remove the character {letter} at position {position} and send it again. Text pasted from pages or sheets often carries invisible characters."];
    InvalidTextPrivateLetter: ["请把第 {position} 个字符（{letter}）换成标准字形；人名用字以身份证件上的标准写法为准。", "Replace the character {letter} at position {position} with the standard character; for names, the one of the identity document."];
    InvalidReason: ["请填写 1 至 2,000 个字的理由，说明事由和依据。", "Write a reason of 1 to 2,000 characters: what it is about and what it rests on."];
    InvalidReasonLetter: ["请删去理由中第 {position} 个字符（{letter}）后重发。", "Remove the character {letter} at position {position} of the reason and send it again."];
    InvalidReasonPrivateLetter: ["请把理由中第 {position} 个字符（{letter}）换成标准字形。", "Replace the character {letter} at position {position} of the reason with the standard character."];
    InvalidDate: ["请写作真实存在的日期，如 \"2026-05-01\"；月和日不足两位的补零。", "Write a day that exists, such as \"2026-05-01\", with two digits for month and day."];
    InvalidMonth: ["请写作 \"2026-05\"；月份为 01 至 12。", "Write it as \"2026-05\"; months are 01 to 12."];
    InvalidInstant: ["请写作带时区的时刻，如 \"2026-05-01T09:30:00+08:00\"。", "Write it with its offset, such as \"2026-05-01T09:30:00+08:00\"."];
    InvalidZone: ["请写作 Asia/Shanghai 这样的名称。", "Write a name such as Asia/Shanghai."];
    InvalidFiscalYear: ["请写作四位整数，如 2026，不加引号。", "Write an integer of four digits such as 2026, without quotes."];
    InvalidAbout: ["请写作 \"claim/编号\"；种类为 award、claim、leaf（序号）、loan、organisation、payment_batch、programme、recovery、rental、voucher。", "Write it as \"claim/id\"; the kinds are award, claim, leaf (by its sequence), loan, organisation, payment_batch, programme, recovery, rental and voucher."];
    InvalidId: ["请原样使用服务返回的 id。", "Use the id exactly as the service returned it."];
    InvalidHash: ["请原样使用服务返回的 64 位小写十六进制摘要。", "Use the 64 lower-case hexadecimal digits as the service returned them."];
    InvalidProgrammeCode: ["请改用 1 至 40 个小写字母、数字、- 或 _，以字母或数字开头，如 bj-voucher-2026。", "Use 1 to 40 lower-case letters, digits, - and _ that begin with a letter or digit, such as bj-voucher-2026."];
    InvalidBudgetCode: ["请按预算管理一体化系统中的编码填写，如功能分类 2060404。", "Write the code as the budget's system has it, such as 2060404 for the function."];
    InvalidTag: ["请改用 1 至 40 个小写字母、数字或下划线，如 key_enterprise。", "Use 1 to 40 lower-case letters, digits and _, such as key_enterprise."];
    InvalidCapGroupCode: ["请改用 1 至 40 个小写字母、数字、- 或 _，以字母或数字开头。", "Use 1 to 40 of a-z, 0-9, - and _, a letter or digit first."];
    InvalidBankCode: ["请向开户银行询问 12 位联行号（CNAPS），照填 12 位数字。", "Ask the bank for its 12-digit CNAPS code and write the 12 digits."];
    InvalidAccountNumber: ["请照开户证明填写账号，不带空格和短横线。", "Write the account number as the bank's certificate has it, without blanks and hyphens."];
    CreditCodeCharset: ["请照营业执照填写 18 位代码；I、O、S、V、Z 通常是把 1、0、5、U、2 看错了。", "Copy the 18 characters from the business licence; I, O, S, V and Z are usually misread 1, 0, 5, U and 2."];
    CreditCodeChecksum: ["请对照营业执照逐位核对，其中有抄错或颠倒的字符。", "Compare it with the business licence character by character: one is wrong or two are swapped."];
    TooManyRows: ["请缩小筛选范围；长报表由机构内部人员导出为文件（如 POST /v1/reports/account-statement/exports），再以 GET /v1/report-exports/ID 取回。", "Narrow the filters, or have the agency's staff write the long report to a file (such as POST /v1/reports/account-statement/exports) and fetch it with GET /v1/report-exports/ID."];
    FormatNotSupported: ["请改用该路由支持的格式：报表为 json、csv、xlsx、parquet，其余见 /openapi.json。", "Ask for a format that the route has: reports come as json, csv, xlsx and parquet; /openapi.json names the others."];
    // when, and the agency
    PeriodClosed: ["请改用未结账月份的日期；确须补记的，由复核人附理由反结账（POST /v1/periods/MONTH/reopen）。", "Use a date in an open month. If the posting belongs into the closed one, an approver reopens it with a reason (POST /v1/periods/MONTH/reopen)."];
    EffectiveDateInFuture: ["请改用不晚于业务日期 {business_date} 的日期，或到当日再办。", "Use a date not later than {business_date}, or wait until the day comes."];
    EffectiveDateTooEarly: ["请改用 {earliest} 或以后的日期。", "Use {earliest} or a later date."];
    BusinessDateBackwards: ["请设定晚于 {business_date} 的日期；沙箱的日期只能前进，要回到从前请另建沙箱机构。", "Set a date later than {business_date}. A sandbox's date only moves forward; to go back, make another sandbox agency."];
    AgencyExists: ["请直接使用已建的机构（subsidy-ledger agency list），或换用另一个代码。", "Use the agency that is there (subsidy-ledger agency list), or choose another code."];
    SemanticsUnknown: ["请由运维人员先把所有服务进程升级到认识新规则语义的发行版，再以 subsidy-ledger agency semantics 启用编号大于 {semantics} 的规则语义。", "An operator first upgrades every process to a release that knows the new number, then switches with subsidy-ledger agency semantics to one above {semantics}."];
    SubjectUnknown: ["请核对账号的写法（issuer#sub）；从未办理过业务的账号不必设定。", "Check the spelling of the subject (issuer#sub). A subject that never acted needs no setting."];
    SubjectNamed: ["该写法已经生效，不必再设定；仍不能登录的，请核对令牌中的 sub。", "The spelling already holds, there is nothing to set. If the person still cannot sign in, look at the sub in their token."];
    NothingLost: ["没有需要认可的缺失，服务可以照常使用；以 subsidy-ledger verify 核对账簿。", "There is no loss to accept and the service works; subsidy-ledger verify checks the ledger."];
    WrongState: ["请重新读取该单据，看其现在的状态和 GET /v1/tasks 中的待办；可能已有他人办理。", "Read the document again, look at its state and at GET /v1/tasks; somebody may have done it already."];
    WrongStateAmong: ["请重新读取该单据，看其现在的状态；可能已有他人办理，或须先办前一步（GET /v1/tasks 列出待办）。", "Read the document again and look at its state: somebody may have done it already, or an earlier step is due (GET /v1/tasks lists what waits)."];
    ReasonMissing: ["请在 reason 中写明退回或驳回的理由。", "Say why in reason."];
    MonthNotOver: ["请待业务日期晚于 {last_day} 后再结账，或先结以前的月份。", "Close the month after {last_day}, or close an earlier one."];
    PeriodUnbalanced: ["请勿结账；由运维人员运行 subsidy-ledger verify 查找原因，并以 GET /v1/reports/trial-balance 核对。", "Do not close. An operator looks for the cause with subsidy-ledger verify; compare GET /v1/reports/trial-balance."];
    // reference rates, organisations
    ReferenceRateExists: ["已录入的利率不能更改，因为计算单已引用；请核对 GET /v1/reference-rates，另一日的利率以其生效日录入。", "A loaded rate stays, since sheets rest on it. Look at GET /v1/reference-rates; load the rate of another day under its own date."];
    OrganisationExists: ["请直接使用已登记的单位：GET /v1/organisations/{credit_code}。", "Use the organisation that is registered: GET /v1/organisations/{credit_code}."];
    AccountNameDiffers: ["请填写以该单位登记的全称开立的账户。", "Give an account that was opened in the organisation's full name, spelt as it is registered."];
    OrganisationBlocked: ["请勿为其办理新业务；冻结的原因已消除的，由复核人解冻（POST /v1/organisations/CODE/unblock）。", "Begin nothing new for it. If the cause is gone, an approver lifts the block (POST /v1/organisations/CODE/unblock)."];
    OrganisationNotRegistered: ["请经办人先登记该单位（POST /v1/organisations），再重发。", "An officer registers the organisation first (POST /v1/organisations); then send it again."];
    // programmes
    RoleOrganisation: ["请为申报单位、服务商和银行填写统一社会信用代码，为其他角色删去该项。", "Give the credit code for an enterprise, a provider or a bank, and leave it out for other roles."];
    RoleAlreadyGranted: ["请改用不重叠的日期，或先驳回、收回已有的授予（POST /v1/role-grants/ID/reject 或 end）。", "Give days that do not overlap, or reject or end the other grant first (POST /v1/role-grants/ID/reject or end)."];
    OwnRole: ["请由另一位安全管理员批准；只有一位的，先由其批准他人担任。", "Ask another security administrator; where there is one only, they first approve somebody else."];
    TagOfImport: ["请整体批准或驳回该名单（POST /v1/tags/imports/ID/approve 或 reject）。", "Approve or reject that list as a whole (POST /v1/tags/imports/ID/approve or reject)."];
    TagEndNotEarlier: ["请改用较早的终止日；要延长的，另提标签（POST /v1/tags）。", "Give an earlier end; to prolong it, propose another tag (POST /v1/tags)."];
    TagListRefused: ["请按所列原因逐行更正后，重新上传（POST /v1/tags/import）。", "Correct the lines that errors names and bring the file again (POST /v1/tags/import)."];
    TagLineTwice: ["请删去重复的一行，或改正日期使之不相交。", "Remove one of the lines, or correct their days so that they do not overlap."];
    TagListMedia: ["请以 Content-Type: text/csv 上传，首行写 id,from,until；较长的名单分成几份。", "Send it as Content-Type: text/csv with id,from,until as its first line; split a longer list."];
    ProgrammeExists: ["请换用另一个代码；要改已有专项的规则，用 POST /v1/programmes/CODE/rules。", "Choose another code. To change the rules of the one that exists, use POST /v1/programmes/CODE/rules."];
    InvalidWindow: ["请核对两个日期，使最后一天不早于第一天。", "Check the two dates: the last day must not lie before the first."];
    FiscalYearOutsideWindow: ["请改用专项期内的年度（见 GET /v1/programmes/CODE 的 window）。", "Name a fiscal year of the programme's window (window in GET /v1/programmes/CODE)."];
    TargetTwice: ["请删去重复的指标，只留一个目标值。", "Leave one target of the metric and send it again."];
    FiscalYearClosed: ["请用未结账的年度，或由复核人将该年 12 月反结账（POST /v1/periods/YYYY-12/reopen）。", "Name an open year, or have an approver reopen its December (POST /v1/periods/YYYY-12/reopen)."];
    NothingToLapse: ["请核对 GET /v1/programmes/CODE 中的 available；已承诺和待支付的指标不能收回。", "Look at available in GET /v1/programmes/CODE: what is committed or payable cannot lapse."];
    PotExhausted: ["请由经办人申请追加指标（POST /v1/programmes/CODE/appropriations）并经复核人批准后重试，或把金额减到 {available} 以内。", "Have an officer propose a further appropriation (POST /v1/programmes/CODE/appropriations) and an approver approve it, or ask for at most {available}."];
    WindowClosed: ["请在专项的期间和受理期内办理（GET /v1/programmes/CODE）；确须延长的，由经办人提出规则新版本（POST /v1/programmes/CODE/rules）。", "Act within the programme's window and filing days (GET /v1/programmes/CODE). To extend them, an officer proposes new rules (POST /v1/programmes/CODE/rules)."];
    ProgrammeNotActive: ["请复核人先批准该专项（POST /v1/programmes/CODE/approve）。", "An approver approves the programme first (POST /v1/programmes/CODE/approve)."];
    WrongInstrument: ["请改用与资助方式相符的专项或路由：券、租用补贴和贴息各有各的申领方式。", "Use a programme of the right instrument, or the request that fits this one: vouchers, rentals and interest are claimed differently."];
    RulesFieldMissing: ["请在规则中补上该项；config/programmes 中有各资助方式的完整样例。", "Add the field to the rules; config/programmes has a complete file for each instrument."];
    RulesFieldNotApplicable: ["请从规则中删去该项。", "Remove the field from the rules."];
    RulesInvalid: ["请对照 /openapi.json 和 config/programmes 中的样例改正该项，并核对与其他规则项是否矛盾。", "Correct the field by /openapi.json and the files in config/programmes, and compare it with the other rules."];
    CapGroupUnknown: ["请改正代码，或先提出合并限额（POST /v1/cap-groups），由另一人批准后再提交规则。", "Correct the code, or propose the caps first (POST /v1/cap-groups) and have another person approve them."];
    StatutoryPointsCap: ["请把贴息点数改为不超过 {points_max}。", "Set the points to at most {points_max}."];
    StatutoryWindow: ["请把专项期间改为不晚于 {until}。", "Let the window end on {until} at the latest."];
    PeriodOutsideCosts: ["请只申领 {from} 至 {until} 之内的天数。", "Claim days from {from} to {until} only."];
    SignedOutsideWindow: ["请核对合同的签订日；签订日无误的，不能按此规则申领，请查看是否有其他适用的专项。", "Check the day of signing. If it is right, these rules do not pay for the contract; look for another programme."];
    DisbursedOutsideWindow: ["请核对首次放款日；无误的，不能按此规则申领，请查看是否有其他适用的专项。", "Check the day of the first drawdown. If it is right, these rules do not pay for the loan; look for another programme."];
    PeriodSpansYears: ["请以 12 月 31 日为界分成两项申领，每项在一个公历年度内。", "Split it at the end of December into two claims, each within one calendar year."];
    // calculations
    BelowMinimum: ["金额未达到专项规定的最低基数 {minimum}，不予资助；可合并申领的，合并后再申报。重新核算已批准、尚未支付的申领时如此的，请复核人驳回该申领。", "The programme pays nothing below a base of {minimum}; where bills can be claimed together, do so. Where a claim that is approved and not paid yet is recalculated, have an approver reject it."];
    AmountBelowMinimum: ["各项扣减后金额 {amount} 未达到最低金额 {minimum}，不予支付；可合并申领的，合并后再申报。", "After all reductions {amount} is left, and nothing below {minimum} is paid; where bills can be claimed together, do so."];
    InterestPaidBelowMinimum: ["期间已付利息 {paid} 未达到 {minimum}；请把几期合并后再申报。", "{paid} of interest was paid, below {minimum}; claim several periods together."];
    QuantityMissing: ["请为“{item}”写明 quantity（按规则的计量单位）和 unit。", "Add quantity, in the unit of the rules, and unit to the line of \"{item}\"."];
    UnitDiffers: ["请把“{item}”的数量换算为“{unit}”后重新提交。", "Convert the quantity of \"{item}\" into \"{unit}\" and send it again."];
    TaxPercentMissing: ["请为“{item}”补上 tax_percent（如 \"6\"），以便换算为不含税金额。", "Add tax_percent (such as \"6\") to \"{item}\", so that the amount without tax can be computed."];
    NothingToPay: ["请核对各行的项目是否在专项规则的资助项目之内（GET /v1/programmes/CODE），以及金额和扣减；没有可补贴的金额时不必申领。", "Compare the items of the lines with those that the programme pays for (GET /v1/programmes/CODE), the amounts and the reductions. Where nothing is subsidised, there is nothing to claim."];
    ItemsUnknown: ["请核对各行的项目名称，改用 {known} 之一；确属其他项目的，本专项不予资助。", "Check the names of the items and use one of {known}; what is another item is not subsidised."];
    OverrideNotAllowed: ["请查看规则的 overrides（GET /v1/programmes/CODE）；确需放宽的，由两人批准新版规则。", "Look at overrides in the rules (GET /v1/programmes/CODE); another version of them takes two people."];
    OverrideOutOfRange: ["请填写高于原上限、不超过 {up_to} 的金额。", "Give an amount above the cap and at most {up_to}."];
    OtherFundingMissing: ["请在 other_funding 中逐项列明层级、金额和文号；没有的，写空列表 []。", "List level, amount and document of each in other_funding; where there is none, send an empty list []."];
    OtherFundingClashes: ["请核对 other_funding：该级（{level}）资助确为同一费用的，本专项不再补贴；不是同一费用的，请更正后重新提交。重新核算已批准、尚未支付的申领时如此的，请复核人驳回该申领。", "Look at other_funding: where money of that level ({level}) is for the same costs, nothing is paid here; where it is not, correct that and send it again. Where a claim that is approved and not paid yet is recalculated, have an approver reject it."];
    AssessmentMissing: ["请在审核时填写审定结果：各项审定金额、理由，以及另定的比例。", "Send assessment with the review: the amounts that count, the ratio where it is another, and the reason."];
    AssessmentAboveFiled: ["请核对申报明细，将审定金额改为不超过 {filed}，每项只列一次。", "Compare with what was filed, assess at most {filed}, and name each item once."];
    GroupCapExhausted: ["请待下一年度，或核对使用该合并限额的各专项已批准的申领（GET /v1/cap-groups/{group}、GET /v1/claims）；确需调整的，由两人调整该限额。", "Wait for the next year, or look at what the programmes of the group have paid (GET /v1/cap-groups/{group}, GET /v1/claims); other caps for it take two people."];
    AnnualCapExhausted: ["本年度不能再申请；请待下一年度，或核对本年度已发的券和申领（GET /v1/vouchers、GET /v1/claims）。", "Nothing more is paid this year. Wait for the next, or look at this year's vouchers and claims (GET /v1/vouchers, GET /v1/claims)."];
    AmountOutOfRange: ["请核对各金额是否多写了位数；确实如此大的，请分成几笔办理。", "Check the amounts for surplus digits; if they are right, split them into several documents."];
    // metered usage
    UsageFileRefused: ["请按所列原因逐项改正，或请服务商重新导出后再次导入；列名和写法上的差别可用 ?mode=lenient（页面上为「导入正确的行」）接受。", "Correct each cause in errors, or have the provider export the file again, and import it again. Differences of names and spelling are taken with ?mode=lenient (on the page: good rows only)."];
    UsageNothingTaken: ["请先查看首个有误的行；列名和写法上的差别可用 ?mode=lenient（页面上为「导入正确的行」）接受，其余请服务商重新导出。", "Look at the first wrong row in errors. Differences of names and spelling are taken with ?mode=lenient (on the page: good rows only); for the rest have the provider export the file again."];
    UsageNotFocus: ["请在服务商的控制台改为导出：{expected}，再导入。", "Export this from the provider's console instead and import it: {expected}."];
    UsageFileMalformed: ["请重新下载或导出该文件；仍不能读取的，改以 CSV 导出。", "Download or export the file again; if it still cannot be read, export it as CSV."];
    UsagePackedUnreadable: ["请重新下载；加密或用其他方法压缩的，解压后直接上传。", "Download it again. If it has a password or was packed otherwise, unpack it and upload what is inside."];
    UsagePackedSeveral: ["请解压后逐个上传其中的文件，每个用各自的幂等键。", "Unpack it and upload its files one by one, each with a key of its own."];
    UsagePackedParquet: ["请解压后直接上传其中的 Parquet 文件。", "Unpack it and upload the Parquet file itself."];
    UsageEncodingUnknown: ["请在 Content-Type 的 charset 中写明 utf-8、gb18030 或 utf-16，或把文件另存为 UTF-8。", "Name utf-8, gb18030 or utf-16 as charset in Content-Type, or save the file as UTF-8."];
    UsageMediaType: ["请按文件的实际类型填写 Content-Type。", "Set Content-Type to the type that the file has."];
    UsageColumnMissing: ["请服务商按 FOCUS 1.0 至 1.4 导出并包含该列；列名写法不同的可用 ?mode=lenient。", "Have the provider export FOCUS 1.0 to 1.4 with this column; where it has another spelling, use ?mode=lenient."];
    UsageColumnRepeated: ["请删去重复的列，只留一个。", "Remove all but one of the columns of this name."];
    UsageColumnRenamed: ["请把该列改为 FOCUS 的列名，或用 ?mode=lenient 导入。", "Rename the column as FOCUS does, or import with ?mode=lenient."];
    UsageColumnUnreadable: ["请以 {expected} 类型重新导出该列，或改以 CSV 导出。", "Export the column again as {expected}, or export the file as CSV."];
    UsageColumnInexact: ["请以 DECIMAL 类型重新导出金额列，或用 ?mode=lenient 导入。", "Export the amounts as DECIMAL, or import with ?mode=lenient."];
    UsageMoved: ["请查看 GET /v1/rentals/ID/usage/imports 中刚完成的导入；仍需导入的，换用新的幂等键重试。", "Look at the import that finished just now (GET /v1/rentals/ID/usage/imports); if yours is still needed, retry with a new key."];
    DeliveryOverlaps: ["重报的账单请加 ?replaces={import_id} 导入，补充的账单请加 ?adds=true；是同一份账单的，不必再导入。", "Import a restated bill with ?replaces={import_id}, a further one with ?adds=true. If it is the same bill, there is nothing to import."];
    ReplacesNothing: ["请在 GET /v1/rentals/ID/usage/imports 中找出计入该账期的导入，以其编号作为 replaces；没有的，去掉 replaces 直接导入。", "Find the import that counts for the billing period in GET /v1/rentals/ID/usage/imports and name it as replaces; where there is none, import without replaces."];
    ReplacementPending: ["请复核人先批准或驳回导入 {import_id}（POST /v1/rentals/ID/usage/imports/IMPORT/approve 或 reject）。", "An approver first approves or rejects import {import_id} (POST /v1/rentals/ID/usage/imports/IMPORT/approve or reject)."];
    ReplacementStale: ["请复核人驳回该替换，再由服务商或经办人重新导入文件。", "An approver rejects the replacement; then the provider or an officer imports the file again."];
    UsageIncomplete: ["请服务商重新提供完整的账单并以 ?replaces= 导入；确认不影响申领的，由经办人在审核或提出重新核算时以 accept_incomplete_usage 写明理由。", "Have the provider deliver the complete months and import them with ?replaces=. Where the claim is right nevertheless, an officer says why in accept_incomplete_usage of the review or the recalculation."];
    UsageTotalsTooMany: ["请按月份或服务类别把文件分成几份，分别以 ?adds=true 导入。", "Split the file by month or service category and import the parts with ?adds=true."];
    UsageInvoicesTooMany: ["请按月份把文件分成几份，分别以 ?adds=true 导入。", "Split the file by month and import the parts with ?adds=true."];
    UsageFileBeyondLimits: ["请把文件分成较小的几份，分别以 ?adds=true 导入；Parquet 请以较小的页和行组重新导出。", "Split the file and import the parts with ?adds=true; write Parquet with smaller pages and row groups."];
    UsageOutOfRange: ["请核对金额列是否多写了位数或单位有误，改正后重新导入。", "Check the amounts for surplus digits or another unit, correct them and import the file again."];
    UsageRateUnknown: ["请经办人录入 {date} 的 {name}（POST /v1/reference-rates），再重新导入。", "An officer loads {name} of {date} (POST /v1/reference-rates); then import the file again."];
    RowRagged: ["请检查该行是否缺少或多出分隔符、引号是否成对；多为手工编辑所致，请重新导出。", "Look for a missing or surplus separator or quote in the row. It usually comes from editing by hand: export the file again."];
    NotUtf8: ["请在 Content-Type 的 charset 中写明 utf-8、gb18030 或 utf-16，或把文件另存为 UTF-8。", "Name utf-8, gb18030 or utf-16 as charset in Content-Type, or save the file as UTF-8."];
    ValueMissing: ["请服务商补上该列的值后重新导出。", "Have the provider fill in the value and export the file again."];
    ValueLetters: ["请按 FOCUS 规定的写法重新导出，如 Usage、USD、Compute，或以宽松模式导入。", "Export the value as FOCUS writes it, such as Usage, USD or Compute, or import with ?mode=lenient."];
    ValueUnknown: ["请按 FOCUS 规定的取值改正，如 ChargeCategory 为 Usage、Purchase、Tax、Credit 或 Adjustment。", "Use a value that FOCUS allows; ChargeCategory, for example, is Usage, Purchase, Tax, Credit or Adjustment."];
    ValueTooLong: ["请缩短到 1024 字节以内；该列多半放错了内容。", "Shorten it to 1,024 bytes; the column probably holds something else."];
    InvalidNumber: ["请以纯数字填写，如 1234.56。", "Write a plain number such as 1234.56."];
    NumberFormatted: ["请以不带格式的数值重新导出，如 -1234.56；在表格软件中把该列设为“常规”后另存为 CSV。", "Export plain numbers such as -1234.56; in a spreadsheet give the column no format and save it as CSV."];
    NumberForm: ["请去掉正号并补全小数点两侧的数字，或用 ?mode=lenient 导入。", "Remove the plus sign and complete the digits around the point, or import with ?mode=lenient."];
    NumberTooPrecise: ["请以最多 18 位小数重新导出，或用 ?mode=lenient 导入。", "Export at most 18 decimals, or import with ?mode=lenient."];
    InvalidDatetime: ["请写作 2026-05-01T00:00:00Z。", "Write 2026-05-01T00:00:00Z."];
    DatetimeAmbiguous: ["请以 2026-05-01T00:00:00Z 的写法重新导出；勿用表格软件另存，以免改写日期。", "Export dates as 2026-05-01T00:00:00Z, and do not save the file in a spreadsheet, which rewrites them."];
    DatetimeFraction: ["请以整秒重新导出，或用 ?mode=lenient 导入。", "Export whole seconds, or import with ?mode=lenient."];
    DatetimeNoSeconds: ["请补上秒重新导出，或用 ?mode=lenient 导入。", "Export the seconds too, or import with ?mode=lenient."];
    DatetimeNoZone: ["请以 UTC 时间加 Z 重新导出；确为 UTC 的，可用 ?mode=lenient 导入。", "Export times in UTC with a Z; where they are UTC already, import with ?mode=lenient."];
    DatetimeOffset: ["请以 UTC 时间加 Z 重新导出，或用 ?mode=lenient 导入。", "Export times in UTC with a Z, or import with ?mode=lenient."];
    DatetimeWords: ["请写作 2026-05-01T00:00:00Z 重新导出，或用 ?mode=lenient 导入。", "Export times as 2026-05-01T00:00:00Z, or import with ?mode=lenient."];
    DatetimeDateOnly: ["请写作 2026-05-01T00:00:00Z 重新导出，或用 ?mode=lenient 导入。", "Export times as 2026-05-01T00:00:00Z, or import with ?mode=lenient."];
    ServiceCategoryUnknown: ["请服务商改用 FOCUS 的服务类别，如 Compute、Storage、AI and Machine Learning，或用 ?mode=lenient 导入（计入 Other，多不在资助之列）。", "Have the provider use a service category of FOCUS, such as Compute, Storage or AI and Machine Learning, or import with ?mode=lenient (it counts as Other, which programmes seldom pay for)."];
    ColumnRenamed: ["请改用 FOCUS 的列名，或用 ?mode=lenient 导入。", "Use the column's name in FOCUS, or import with ?mode=lenient."];
    ColumnLeftOut: ["请在表头补上该列（其值可空），或用 ?mode=lenient 导入。", "Add the column to the header (its cells may be empty), or import with ?mode=lenient."];
    ColumnInexact: ["请以 DECIMAL 类型重新导出，或用 ?mode=lenient 导入。", "Export the column as DECIMAL, or import with ?mode=lenient."];
    FileEncoding: ["仅为提示；请核对文件中的中文是否读取正确，以后请服务商以 UTF-8 导出。", "For your information: check that the Chinese in the file was read correctly, and have it exported as UTF-8 in future."];
    FileDelimiter: ["仅为提示；以后请服务商以逗号分隔导出。", "For your information; have it exported with commas in future."];
    FilePacked: ["仅为提示，不必处理。", "For your information; there is nothing to do."];
    PeriodBackwards: ["请服务商核对该行的开始和结束时间后重新导出；结束时间不计在内。", "Have the provider check when the row's period begins and ends (the end is not counted) and export the file again."];
    PeriodTooLong: ["请服务商核对该行的计费期间；确有更长的，分成多行。", "Have the provider check the row's charge period; a longer one goes into several rows."];
    InvalidCurrency: ["请填写三个大写字母，如 CNY、USD。", "Write three capital letters such as CNY or USD."];
    ExchangeRateMissing: ["请经办人以 POST /v1/reference-rates 录入该币种在账期最后一天的汇率，再重新导入。", "An officer loads the currency's rate of the period's last day (POST /v1/reference-rates); then import the file again."];
    CorrectionNamesNothing: ["请服务商以 x_CorrectsRowId 写明被更正的行，或在宽松模式（?mode=lenient）下作为单独一行计入。", "Have the provider name the corrected row in x_CorrectsRowId, or import with ?mode=lenient, where it counts as a row of its own."];
    // evidence, and what backs a claim
    FileType: ["请上传该类材料允许的文件：发票为 PDF、OFD、XML、ZIP 或图片；文件损坏的请重新下载，改扩展名无效。", "Upload a file that this kind takes: an invoice is PDF, OFD, XML, ZIP or an image. Download a damaged file again; another extension does not help."];
    EvidenceMissing: ["请把同一文件再上传一次（POST /v1/evidence）即可恢复；或由运维人员从备份恢复，并以 subsidy-ledger verify --evidence 核对全部文件。", "Bring the same file once more (POST /v1/evidence), which mends it. Or an operator restores it from the backup; subsidy-ledger verify --evidence checks all files."];
    EvidenceAltered: ["请把原文件再上传一次（POST /v1/evidence）即可恢复；并请通知运维人员查明改动的来源，以 subsidy-ledger verify --evidence 核对全部文件。", "Bring the original file once more (POST /v1/evidence), which mends it. Tell an operator, who finds out who changed it; subsidy-ledger verify --evidence checks all files."];
    MalformedXml: ["请从税务平台重新下载发票的 XML，不要手工编辑。", "Download the invoice's XML from the tax platform again, and do not edit it."];
    InvoiceNumber: ["请照票面填写 invoice_number（数电票 20 位；旧式发票另填 invoice_code）。", "Write invoice_number as the invoice shows it (20 digits; older invoices also need invoice_code)."];
    InvoiceNumberContradicts: ["请核对是否传错了文件；号码以文件为准的，去掉参数中的号码。", "Check that it is the right file; if the file is right, leave the number out of the request."];
    InvoiceContradicts: ["请对照原件核对“{field}”；参数有误的改正后重传，原登记有误的请经办人认定（POST /v1/evidence/ID/confirm）。", "Compare \"{field}\" with the original. Correct the request if it is wrong; if the record is, an officer confirms the right one (POST /v1/evidence/ID/confirm)."];
    OriginalInvoice: ["红字发票请在 original_number 写明所冲减的蓝字发票号码；其他发票请去掉该参数。", "For a red invoice name the invoice that it takes back in original_number; leave it away for any other."];
    NothingToConfirm: ["请改用一份发票材料的编号（GET /v1/evidence 中 kind 为 invoice 的）。", "Use the id of an invoice (kind invoice in GET /v1/evidence)."];
    InvoiceConfirmed: ["请经办人先对单位 {organisation} 的材料撤回认定（confirmed: false），核对原件后再认定本单位的。", "An officer withdraws the confirmation of the file of {organisation} (confirmed: false), checks the originals and confirms this one."];
    RedInvoice: ["请改用有效的蓝字发票作为依据。", "Back the claim with an ordinary invoice instead."];
    InvoiceReversed: ["请经办人退回申领（POST /v1/claims/ID/review），由申报单位减少所用金额或换用其他发票后重新提交。", "An officer returns the claim (POST /v1/claims/ID/review); the organisation takes less of the invoice, or another one, and submits it again."];
    InvoiceDisputed: ["请经办人核对双方的原件，认定其中之一（POST /v1/evidence/ID/confirm）。", "An officer checks both originals and confirms one of them (POST /v1/evidence/ID/confirm)."];
    InvoiceInUse: ["请先撤回或退回占用该发票的申领，再更正发票；已拨付的，以重新核算更正申领。", "Withdraw or return the claims that use the invoice first. For paid claims propose a recalculation instead."];
    InvoiceOnly: ["请去掉发票参数，或把 kind 改为 invoice。", "Remove the parameters of invoices, or set kind to invoice."];
    NotAnInvoice: ["请以 kind=invoice 上传发票（POST /v1/evidence），并引用其编号；其他材料列入 evidence。", "Upload the invoice with kind=invoice (POST /v1/evidence) and name its id; other files belong into evidence."];
    InvoiceAmountMissing: ["请以 amount 写明价税合计，再次上传该发票（POST /v1/evidence）。", "Upload the invoice again with its total in amount (POST /v1/evidence)."];
    InvoiceBuyerDiffers: ["请改用购买方为本单位的发票；开错的，请销售方重开。", "Use an invoice that was issued to your organisation; have a wrong one issued again."];
    InvoiceSellerDiffers: ["请改用合同服务商开具的发票；服务商有误的，请核对所选的合同。", "Use an invoice of the contract's provider, or check that you named the right contract."];
    EvidenceReused: ["请把从该发票取用的金额减到 {available} 以内，或另附发票。", "Take at most {available} of this invoice, or add another invoice."];
    DuplicateEvidence: ["请删去重复的一项；同一发票的金额合并成一项。", "Remove the second one; put the amounts of one invoice into one part."];
    // rentals, vouchers
    ContractExists: ["请使用已登记的合同（GET /v1/rentals）；确为另一份合同的，核对合同编号。", "Use the contract that is recorded (GET /v1/rentals); if yours is another one, check its number."];
    RelatedProvider: ["关联方之间的合同不予资助；关联关系登记有误的，请经办人核对两个单位的登记信息。", "Contracts between related parties are not subsidised. If the relation is recorded wrongly, an officer checks both registrations."];
    InvalidPeriod: ["请核对两个日期，使最后一天不早于第一天。", "Check the two dates: the last day must not lie before the first."];
    LoanExists: ["请使用已登记的贷款（GET /v1/loans）；确为另一笔的，核对借据编号。", "Use the loan that is recorded (GET /v1/loans); if yours is another one, check its number."];
    InvalidTerm: ["请照借款合同核对签订日和到期日。", "Check both days against the loan contract."];
    EmptyPeriod: ["止日请填末日的次日：整个一月写作 2026-01-01 至 2026-02-01。", "Write the day after the last one as until: all of January is 2026-01-01 to 2026-02-01."];
    RateTooHigh: ["请核对利率是否以年利率百分数填写，如 \"3.25\"。", "Check that the rate is in percent a year, such as \"3.25\"."];
    RepaymentExceedsPrincipal: ["请核对还本金额和日期，并先补登此前的放款；当日本金余额为 {principal}。", "Check amount and day, and record earlier drawdowns first; {principal} is owed on that day."];
    OverdueExceedsPrincipal: ["请核对逾期金额和日期；最多可填 {principal}。", "Check amount and day; at most {principal} can be overdue."];
    ClearedExceedsOverdue: ["请核对结清金额和日期，并先补登此前的逾期；最多可填 {overdue}。", "Check amount and day, and record what became overdue before; at most {overdue} can be cleared."];
    PrincipalTooLarge: ["请核对金额是否多写了位数；一笔贷款的本金余额不得超过 {limit}。", "Check the amount for surplus digits; a loan owes at most {limit}."];
    BeforeSigning: ["请改用 {signed_on} 或以后的日期；签订日有误的，核对借款合同。", "Use {signed_on} or a later day, or compare the day of signing with the contract."];
    ExtensionNotLater: ["请填写晚于 {matures_on} 的到期日；提前到期的以还本登记。", "Give a day after {matures_on}; a loan that ends earlier is recorded by its repayment."];
    AfterMaturity: ["请改用不晚于 {matures_on} 的日期；已展期的，先登记展期（POST /v1/loans/ID/events）。", "Use a day not later than {matures_on}; if the loan was extended, record the extension first (POST /v1/loans/ID/events)."];
    PausedAlready: ["请先登记恢复，再登记新的暂停；或核对是否重复登记。", "Record the resumption first, or check whether the pause is recorded already."];
    NotPaused: ["请核对日期，或先登记暂停。", "Check the day, or record the pause first."];
    NotYetHappened: ["请待 {date} 到来后再登记。", "Record it when {date} has come."];
    TooManyEvents: ["请只登记影响本金和利率的变动；仍超过的，请与经办人商定分为几笔贷款登记。", "Record only what changes principal or rate. If there are still more, agree with an officer to record the loan in parts."];
    PrefundNotAllowed: ["请按拨付批次逐项支付（POST /v1/payment-batches）；要预拨的，先提出规则新版本。", "Pay the claims in batches (POST /v1/payment-batches). To pay ahead, propose new rules first."];
    PrefundExhausted: ["请经办人追加预拨（POST /v1/prefunds）并经批准，或把金额减到 {left} 以内。", "An officer proposes a further prefund (POST /v1/prefunds) and has it approved, or the amount is at most {left}."];
    PrefundTruedUp: ["请改用下一年度的预拨；已清算的年度不再变动。", "Use the prefunds of the next year; a settled one takes nothing more."];
    NothingPrefunded: ["请核对银行和年度（GET /v1/prefunds/balances），或先预拨（POST /v1/prefunds）。", "Check bank and year (GET /v1/prefunds/balances), or pay ahead first (POST /v1/prefunds)."];
    TrueUpPending: ["请复核人先批准或驳回该清算（POST /v1/prefunds/true-ups/ID/approve 或 reject）。", "An approver first approves or rejects it (POST /v1/prefunds/true-ups/ID/approve or reject)."];
    TrueUpStale: ["请复核人驳回该清算，由经办人按现余额 {now} 重新提出（POST /v1/prefunds/true-ups）。", "An approver rejects it and an officer proposes it again with {now} (POST /v1/prefunds/true-ups)."];
    StatementDiffers: ["请与银行逐笔核对（GET /v1/prefunds/balances），查明 {difference} 的差额；账面有误的先冲销，银行有误的请其重新报数。", "Compare with the bank entry by entry (GET /v1/prefunds/balances) until the difference of {difference} is explained; reverse what the ledger has wrong, or have the bank state it again."];
    NothingToReturn: ["该年度已全部用完，不必退回；请改为结转，或核对年度。", "The year is used up and nothing has to come back; let it roll, or check the year."];
    TrueUpReferenceNotApplicable: ["请删去银行流水号；只有退回才填写。", "Remove the bank reference; only money that comes back has one."];
    FieldNotApplicable: ["请删去该字段；各类变动可用的字段见接口文档。", "Remove the field; /openapi.json says what each kind of event takes."];
    PeriodNotOver: ["请在 {until} 当日或以后申报，或缩短期间。", "Claim on {until} or later, or shorten the period."];
    InterestConfirmed: ["请按原期间 {from} 至 {until} 重新确认，或确认不相交的期间。", "Confirm the period from {from} to {until} again, or one that does not overlap it."];
    InterestPeriodOverlaps: ["请改为申领 {from} 至 {until} 以外的天数；原申领有误的，先撤回它。", "Claim days outside {from} to {until}; if the other claim is wrong, withdraw it first."];
    TooManySegments: ["请把期间分成几项申领，每项不超过 {limit} 段。", "Split the period into several claims of at most {limit} segments each."];
    TooManyConfirmations: ["请以较长的期间确认（如按季），一笔贷款最多 {limit} 个。", "Confirm longer periods, such as quarters; a loan takes at most {limit}."];
    ReferenceRateMissing: ["请经办人录入 {date} 或以前生效的 {name}（POST /v1/reference-rates），再重试。", "An officer loads the {name} of {date} or before (POST /v1/reference-rates); then try again."];
    LoanRateAboveCeiling: ["该贷款不能享受本专项的贴息；利率登记有误的，请照借款合同更正。", "The programme does not subsidise this loan. If the rate is recorded wrongly, compare it with the contract."];
    RulesOrProgramme: ["请只保留其中一个：按现行规则试算用 programme，按设想的规则试算用 rules。", "Keep one: programme to compute by the rules in force, rules to compute by others."];
    ContractAlreadyUsed: ["一份合同在一个专项下只能用一次；请改用另一份合同，或先撤回、撤销原有的申领或券。", "A contract is used once in a programme. Use another contract, or withdraw or cancel what rests on this one."];
    NotEligible: ["请对照专项规则（GET /v1/programmes/CODE）、单位的登记信息（GET /v1/organisations/CODE）和名单（GET /v1/tags）；登记有误的请经办人核实，确不符合的不能申请。", "Compare the programme's rules (GET /v1/programmes/CODE) with the organisation's record (GET /v1/organisations/CODE) and its lists (GET /v1/tags). An officer checks a wrong record; who is not eligible cannot apply."];
    ProviderNotListed: ["请核对名单（GET /v1/tags）；确应列入的，由经办人提出名单标签（POST /v1/tags）并经批准。", "Look at the lists (GET /v1/tags). Who belongs on one is proposed by an officer (POST /v1/tags) and approved."];
    BankNotListed: ["请核对名单（GET /v1/tags）；确应列入的，由经办人提出名单标签（POST /v1/tags）并经批准。", "Look at the lists (GET /v1/tags). Who belongs on one is proposed by an officer (POST /v1/tags) and approved."];
    ProjectNotEligible: ["请核对贷款登记的项目编号和总投资；确应列入名单的，由经办人提出名单标签（POST /v1/tags）并经批准。", "Check the project's code and investment in the loan's record. What belongs on a list is proposed by an officer (POST /v1/tags) and approved."];
    NoTier: ["请核对单位的登记信息（GET /v1/organisations/CODE）和名单（GET /v1/tags）；确不属于任何一档的，不能申请。", "Look at the organisation's record (GET /v1/organisations/CODE) and its lists (GET /v1/tags); who fits no tier cannot apply."];
    VoucherExpired: ["券过期后不能再兑付；请另行申请新券（POST /v1/vouchers）。", "An expired voucher is not redeemed any more; apply for a new one (POST /v1/vouchers)."];
    RentalPeriodOutside: ["请申领 {from} 至 {until} 之内的期间；合同已续签的，先登记新合同（POST /v1/rentals）。", "Claim a period within {from} and {until}; if the contract was renewed, record the new one first (POST /v1/rentals)."];
    RentalPeriodOverlaps: ["请改为申领不相交的期间，或删去已申领的项目；原申领有误的，先撤回它。", "Claim a period that does not overlap, or leave out the items that are claimed already; if the other claim is wrong, withdraw it first."];
    UsagePeriodNotMonths: ["请把期间改为从某月 1 日到某月末日，首末月可为合同的起止日。", "Let the period begin on the first and end on the last day of a month, or with the contract."];
    UsageMissing: ["请服务商或经办人先导入该期间的账单（POST /v1/rentals/ID/usage），或改为填写 settlement。", "The provider or an officer imports the bills of the period first (POST /v1/rentals/ID/usage), or you give a settlement."];
    SettlementOrUsage: ["请删去其中一个：有用量账单的用 usage，否则用 settlement。", "Remove one: usage where bills were imported, settlement otherwise."];
    ChangeNotApplicable: ["请删去该项更正；{kind} 可更正的内容见接口文档。", "Remove it from changes; /openapi.json says what can change of a {kind}."];
    RentalDiffers: ["请改回原合同 {rental} 和原专项；要换合同的，撤回本申领后另行填写。", "Put contract {rental} and its programme back. To claim for another, withdraw this claim and draft a new one."];
    LoanDiffers: ["请改回原贷款 {loan} 和原专项；要换贷款的，撤回本申领后另行填写。", "Put loan {loan} and its programme back. To claim for another, withdraw this claim and draft a new one."];
    ChangesMissing: ["请在 changes 中至少写明一项与现状不同的内容；没有要更正的，不必重新核算。", "Name at least one thing in changes that is different; where nothing is, no recalculation is needed."];
    ClaimKindDiffers: ["请改回 {kind}；要换种类的，撤回本申领后另行填写。", "Put {kind} back. For another kind, withdraw this claim and draft a new one."];
    VoucherDiffers: ["请改回原券 {voucher}；要用另一张券的，撤回本申领后另行填写。", "Put voucher {voucher} back. To redeem another, withdraw this claim and draft a new one."];
    EligibilityChanged: ["请经办人核对单位的登记信息；确不符合的，退回或驳回申领并写明理由。", "An officer checks the organisation's record; if it is no longer eligible, the claim is returned or rejected with the reason."];
    PublicityRunning: ["请在 {until} 之后批准。", "Approve it after {until}."];
    RecalculationPending: ["请复核人先批准或驳回第 {version} 版（POST /v1/claims/ID/recalculate/approve 或 reject）。", "An approver first approves or rejects version {version} (POST /v1/claims/ID/recalculate/approve or reject)."];
    AmountChanged: ["请经办人重新审核（POST /v1/claims/ID/review 或 POST /v1/vouchers/ID/review），核对变动的原因（上限、余额、发票）后再批准。", "An officer reviews it again (POST /v1/claims/ID/review or POST /v1/vouchers/ID/review) and sees why it changed (caps, balances, invoices); then it is approved."];
    RecalculationStale: ["请复核人驳回，由经办人重新提出（POST /v1/claims/ID/recalculate）。", "An approver rejects it and an officer proposes it again (POST /v1/claims/ID/recalculate)."];
    ObjectionOpen: ["请经办人先处理各件异议（POST /v1/claims/ID/objections/OBJECTION/resolve）。", "An officer resolves the objections first (POST /v1/claims/ID/objections/OBJECTION/resolve)."];
    ObjectionUpheld: ["请退回申领（POST /v1/claims/ID/review）由申报单位改正，或驳回（POST /v1/claims/ID/reject）。", "Return the claim (POST /v1/claims/ID/review) to be corrected, or reject it (POST /v1/claims/ID/reject)."];
    TooManyObjections: ["请把同类意见并入已提出的异议，并请经办人先处理（GET /v1/claims/ID/objections）。", "Add the point to an objection that is there, and have an officer resolve those (GET /v1/claims/ID/objections)."];
    ClaimNotPayable: ["请只列已批准且未拨付的申领（GET /v1/claims?status=approved），把该申领从批次中去掉。", "List approved claims only (GET /v1/claims?status=approved) and leave this one out of the batch."];
    NothingPayable: ["请逐件查看已批准的申领待处理的原因（GET /v1/claims?status=approved 和 GET /v1/claims/ID），处理后再提出批次。", "See in blocked_because what each approved claim waits for (GET /v1/claims?status=approved, GET /v1/claims/ID), then propose the batch."];
    ClaimInBatch: ["请从批次中去掉该申领；原批次有误的，先驳回它（POST /v1/payment-batches/ID/reject）。", "Leave the claim out; if the other batch is wrong, reject that first (POST /v1/payment-batches/ID/reject)."];
    DayTwice: ["请每天只列一次：或为假日，或为工作日。", "Name each day once: as a holiday or as a workday."];
    NoWorkingDay: ["请经办人更正工作日历（POST /v1/calendar）并经批准后重试。", "An officer corrects the calendar (POST /v1/calendar) and has it approved; then try again."];
    ExecutionDateStale: ["请重新下载付款文件（GET /v1/payment-batches/ID/file），弃用先前的文件。", "Download the payment file again (GET /v1/payment-batches/ID/file) and throw the earlier one away."];
    AmountDiffers: ["请核对批次与银行回单；银行少付或多付的，请银行更正并按应付 {expected} 重新出具回单。", "Compare the batch with the bank's answer. If the bank paid another amount, have it corrected and answered with {expected}."];
    BackingWithdrawn: ["请经办人提出重新核算（POST /v1/claims/ID/recalculate）并经批准，或更正该红字发票；批次已提出的，驳回后另提。", "An officer proposes a recalculation (POST /v1/claims/ID/recalculate) and has it approved, or corrects the red invoice. A batch that holds the claim is rejected and proposed again."];
    ResultTooEarly: ["请填写银行回单上的日期，不早于 {approved_on}。", "Give the day that the bank's answer names, {approved_on} or later."];
    ReturnReferenceUsed: ["请照银行凭证核对流水号；同一笔已经录入的，不必再录。", "Compare the reference with the bank's voucher; if it is the same payment, there is nothing to record."];
    BankReferenceUsed: ["请照银行回单核对流水号；同一笔已经录入的，不必再录。", "Compare the reference with the bank's answer; if it is the same payment, there is nothing to record."];
    ReceiptRecorded: ["同一笔到账不必再录；确为另一笔的，照银行凭证填写其流水号。", "The same receipt need not be recorded again; for another one, write the reference of the bank's voucher."];
    ResultTwice: ["请每项申领只留一个结果，其余另行提交。", "Keep one result per claim; send the others in another request."];
    BankFileUnreadable: ["请从网银重新下载回单文件，不要编辑后另存；表格请存为 CSV 或 XLSX。", "Download the answer from the bank again and do not edit it; tables are CSV or XLSX."];
    BankFileUnknown: ["请从网银下载 pain.002 或 camt 回单；银行自有的表格请以 CSV 或 XLSX 上传。", "Download pain.002 or camt from the bank; upload a bank's own table as CSV or XLSX."];
    BankFileNoMapping: ["请运维人员在设置 [banks.NAME.results] 中写明各列，并在 [debtors.CODE] 中以 bank 指定该银行；其间可逐项录入（POST /v1/payment-batches/ID/results）。", "An operator names the columns in [banks.NAME.results] of the settings and chooses the bank in [debtors.CODE]. Until then record the results one by one (POST /v1/payment-batches/ID/results)."];
    BankFileColumn: ["请核对是否传错了文件；银行改了表头的，由运维人员在设置 [banks.NAME.results] 中改为新的列名。", "Check that it is the right file. If the bank changed its header, an operator corrects [banks.NAME.results] in the settings."];
    BankFileCell: ["请重新下载文件；银行改了写法的，请运维人员核对设置 [banks.NAME.results]，或改为逐项录入。", "Download the file again. If the bank writes it otherwise now, an operator looks at [banks.NAME.results]; or record the results one by one."];
    NameTooLong: ["请向银行询问其接受的户名写法和字数；银行可接受更长的，由运维人员调整设置 name_max。", "Ask the bank how it takes this name. If it takes longer ones, an operator raises the setting name_max."];
    NameLetterRefused: ["请向银行询问该户名在其系统中的写法，按银行开户许可的户名更正后再提出批次。", "Ask the bank how it writes this name, correct the payee's name to that of the account, and propose the batch again."];
    PayerNameTooLong: ["请运维人员在设置 [debtors.CODE] 中填写银行认可的 140 字以内的付款户名。", "An operator writes a payer's name of at most 140 characters that the bank accepts into [debtors.CODE] of the settings."];
    BankAccountChanged: ["请复核人驳回批次（POST /v1/payment-batches/ID/reject），由经办人按现账户重新提出；已批准的，将该行录为退回后另提。", "An approver rejects the batch (POST /v1/payment-batches/ID/reject) and an officer proposes it again with the present account. In an approved batch, record the line as returned and propose it again."];
    BankAccountMissing: ["请经办人为 {payees} 登记账户（PUT /v1/organisations/CODE/bank-account），由复核人批准后再提出。", "An officer proposes accounts for {payees} (PUT /v1/organisations/CODE/bank-account) and an approver approves them; then propose the batch again."];
    AccountNumberUnverified: ["请勿付款；由运维人员核对密钥文件夹并运行 subsidy-ledger verify，查明原因前不要另行登记账户。", "Pay nothing. An operator checks the keys folder and runs subsidy-ledger verify; register no other account before the cause is known."];
    ExceedsOutstanding: ["请把金额减到 {outstanding} 以内。", "Ask for at most {outstanding}."];
    OffsetMismatch: ["请改用同一单位、同一收款人、同一专项、同一年度的待付申领抵扣，或由单位将款项缴回（POST /v1/recoveries/ID/receipts）。", "Offset it against a claim of the same organisation, payee, programme and year, or record money that comes back (POST /v1/recoveries/ID/receipts)."];
    TooManyReceipts: ["请合并小额到账，或核销余额（POST /v1/recoveries/ID/write-off）后另行提出追回。", "Record small payments together, or write off the rest (POST /v1/recoveries/ID/write-off) and propose another recovery."];
    NotReversible: ["请改用该单据自己的办法：券由复核人撤销（POST /v1/vouchers/ID/cancel），申领退回、驳回或重新核算，追回核销。", "Use the document's own way: cancel a voucher (POST /v1/vouchers/ID/cancel), return, reject or recalculate a claim, write off a recovery."];
    AlreadyReversed: ["不必再冲销；见 GET /v1/ledger/transactions/{reversed_by}。", "There is nothing left to reverse; see GET /v1/ledger/transactions/{reversed_by}."];
    NotLatest: ["请先从最近的一笔起逐笔冲销 {document} 的后续分录（GET /v1/ledger/transactions）。", "Reverse the later postings of {document} first, the newest before the others (GET /v1/ledger/transactions)."];
    BelowFloor: ["请先以追加指标、退回待付申领等方式补足该科目，或缩小冲销范围；余额见 GET /v1/programmes/CODE。", "Bring the account up first, for example with a further appropriation or by returning payable claims; GET /v1/programmes/CODE shows the balances."];
    // grants
    InvalidScore: ["请写作非负数，最多十二位整数、六位小数，如 85.5。", "Write it without a sign, with at most twelve digits and six decimals, as in 85.5."];
    ProjectTooLong: ["请改正 project 中的月数。", "Correct the months of the project."];
    TooManyApplications: ["请另发申报通知（POST /v1/calls），受理其余申报。", "Make another call (POST /v1/calls) for the rest."];
    ApplicationDiffers: ["请对另一申报通知或单位另行起草（POST /v1/applications）。", "Draft another application (POST /v1/applications) for that call or organisation."];
    ExpertNamed: ["请从名单中删去该专家。", "Leave the expert out of the list."];
    TooManyExperts: ["请减少专家人数。", "Name fewer experts."];
    FilingOpen: ["请在 {until} 之后再提出名单（POST /v1/calls/ID/awards）。", "Propose the list (POST /v1/calls/ID/awards) after {until}."];
    ScoreGiven: ["无需再次打分。", "Nothing more is to be done: the score stands."];
    ExpertsMissing: ["请补充指派专家（POST /v1/applications/ID/experts）。", "Name more experts (POST /v1/applications/ID/experts)."];
    ScoresMissing: ["请审查该申报，或请所有专家打分（POST /v1/applications/ID/scores），再提出名单。", "Review the application, or have every expert score it (POST /v1/applications/ID/scores), then propose the list."];
    NothingToAward: ["请查看 GET /v1/calls/ID/ranking 的排序，核对及格分、名额和指标。", "Compare the ranking (GET /v1/calls/ID/ranking) with the pass score, the quota and the budget."];
    AwardsOutOfOrder: ["请按 GET /v1/calls/ID/ranking 的排序从首位列起。", "List the applications as GET /v1/calls/ID/ranking ranks them, from the top."];
    AwardTooLarge: ["请把立项金额降到 {limit} 以内。", "Award at most {limit}."];
    QuotaExceeded: ["请缩短名单或降低金额。", "Shorten the list or lower its amounts."];
    TrancheUnknown: ["请改用 GET /v1/awards/ID 所列分期拨款之一。", "Use one of the tranches of GET /v1/awards/ID."];
    TrancheClaimed: ["请续办申领 {claim}，或撤回后再申领。", "Go on with claim {claim}, or withdraw it and claim again."];
    TrancheNotDue: ["请在验收后申领尾款；GET /v1/awards/ID 显示各笔分期拨款的情况。", "Claim the last tranche after the acceptance; GET /v1/awards/ID shows what is due."];
    TrancheDiffers: ["请对另一笔分期拨款另行起草（POST /v1/claims）。", "Draft another claim (POST /v1/claims) for the other tranche."];
    TrancheOpen: ["请先拨付、撤回或驳回申领 {claim}。", "Pay, withdraw or reject claim {claim} first."];
    EntitlementTooLarge: ["请把审定金额降到 {awarded} 以内。", "Lower the entitlement to {awarded} or less."];
    ExtendedAlready: ["请在 {due_on} 前验收（POST /v1/awards/ID/acceptance）。", "Decide the acceptance (POST /v1/awards/ID/acceptance) by {due_on}."];
    DeadlineNotLater: ["请改用 {due_on} 之后的日期。", "Name a day after {due_on}."];
    // rankings
    EntryTwice: ["请删去重复的 {organisation}。", "List {organisation} once."];
    ValuesDiffer: ["请为每个单位列出 {metrics} 个指标值，次序与指标相同。", "Give each organisation {metrics} values, in the order of the metrics."];
    YearNotBegun: ["请改用已开始的年度。", "Name a year that has begun."];
    ValidityOutOfRange: ["请经办人在专项规则中缩短券的有效月数（validity_months）。", "An officer shortens the months of validity in the programme's rules (validity_months)."];
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::route::{Method, Segment};
    use crate::routes::ROUTES;

    /// What follows each occurrence of a word, up to where a sentence goes on.
    fn after<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
        let ends = |c: char| !(c.is_ascii_alphanumeric() || "/-_{}".contains(c));
        text.split(word).skip(1).filter_map(|rest| rest.split(ends).next()).collect()
    }

    fn is_route(method: Method, path: &str) -> bool {
        let matches = |route: &str| {
            let (own, asked): (Vec<_>, Vec<_>) = (Segment::all(route).collect(), path.split('/').collect());
            own.len() == asked.len()
                && own.iter().zip(asked).all(|(own, asked)| match own {
                    Segment::Literal(text) => *text == asked,
                    Segment::One(_) | Segment::Tail(_) => {
                        asked.starts_with('{') || !asked.chars().any(char::is_lowercase)
                    }
                })
        };
        ROUTES.iter().any(|route| route.method == method && matches(route.path))
    }

    #[test]
    fn a_cure_names_routes_that_there_are_in_both_languages() {
        let mut named = 0;
        for code in Code::ALL {
            let paths = of(*code).map(|text| {
                [(Method::Get, "GET "), (Method::Post, "POST "), (Method::Put, "PUT ")].map(
                    |(method, word)| {
                        let found: BTreeSet<&str> = after(text, word).into_iter().collect();
                        for path in found.iter().filter(|path| path.starts_with('/')) {
                            assert!(is_route(method, path), "{code}: {} {path}", method.into_str());
                        }
                        found
                    },
                )
            });
            let [chinese, english] = paths;
            named += english.iter().map(BTreeSet::len).sum::<usize>();
            assert_eq!(chinese, english, "{code}");
        }
        assert!(named > 60, "only {named} were read");
    }
}
