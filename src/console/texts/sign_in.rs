//! What stands on the sign-in page and on those of one's own account.

use super::T;
use crate::http::language::Language;

texts! {
    demonstration: "演示人员" / "People of the demonstration";
    about_demonstration: "这是演示环境，数据均为虚构。点选一人即可进入，随时可以退出换人。" / "This is a demonstration; everything in it is invented. Choose a person to go in as; sign out to become another.";
    by_token: "使用令牌登录" / "Sign in with a token";
    about_token: "由管理员以 subsidy-ledger token 签发，或由本单位身份平台签发。" / "Issued by an administrator with subsidy-ledger token, or by your identity provider.";
    token: "令牌" / "Token";
    token_refused: "令牌无效或已过期，请向管理员索取新的令牌。" / "The token is not valid or no longer valid: ask an administrator for a new one.";
    session_ended: "您已退出，或会话已结束。请登录后继续。" / "You are signed out, or the session ended. Sign in to go on.";
    kept_form: "刚才填写的内容已保留，登录后会原样带回。" / "What you typed is kept and comes back after you sign in.";
    who_am_i: "我的账户" / "My account";
    until: "会话最迟结束于" / "The session ends at the latest at";
    nothing_to_see: "此角色没有业务页面；运维命令见手册。" / "This role has no pages of business; its commands are in the manual.";
    by_provider: "统一身份登录" / "Your organisation's account";
    about_provider: "转到本单位的身份平台登录，完成后自动回到这里。" / "You sign in with your organisation's identity provider and come back here.";
    go_to_provider: "前往登录" / "Go and sign in";
    going_to_provider: "正在转到身份平台" / "Going to the identity provider";
    not_gone_yet: "如果页面没有自动跳转，请点" / "If nothing happens, follow this link:";
    left_here: "您已退出本系统，但在身份平台上可能仍处于登录状态。" / "You are signed out here; at the identity provider you may still be signed in.";
    leave_provider: "同时退出身份平台" / "Sign out there as well";
    sign_in_over: "这次登录已失效：用时过长、已经用过，或是在另一个浏览器中开始的。" / "This sign-in no longer serves: it took too long, was used before, or began in another browser.";
    sign_in_anew: "请从本页重新登录。" / "Sign in anew from this page.";
    provider_denied: "身份平台没有让您登录：您取消了登录，或还没有使用本系统的权限。" / "The identity provider did not let you in: you cancelled, or may not use this service yet.";
    ask_provider: "请重试；仍不行请联系身份平台的管理员开通本系统。" / "Try again; if it stays so, ask the provider's administrator to let you use this service.";
    provider_away: "身份平台暂时无法连接。" / "The identity provider cannot be reached now.";
    try_later: "请稍后再试；管理员可用 subsidy-ledger doctor 查看原因。" / "Try again later; for the cause an administrator asks subsidy-ledger doctor.";
    provider_knows_us_not: "身份平台不认本系统的客户端编号或密钥。" / "The identity provider does not accept this service's client id or secret.";
    compare_client: "请管理员核对设置 sign_in.console 与身份平台上的登记。" / "An administrator compares the settings sign_in.console with what is registered at the provider.";
    code_spent: "身份平台交来的登录凭据已经用过或已过期。" / "The code that the identity provider sent was used before, or is too old.";
    tell_the_code: "请重试；仍不行请把这个错误告诉管理员。" / "Try again; if it stays so, tell an administrator of this error.";
    answer_of_another: "这个回答不是来自所设的身份平台。" / "This answer is not of the identity provider that is set up.";
    too_many_tries: "登录次数过多。" / "Too many sign-ins.";
    wait_a_minute: "请一分钟后再试。" / "Try again in a minute.";
}
