//! What the demonstration says at its start: the one address to open.

use super::cases::{BEIJING, BEIJING_NAME, CHENGDU, CHENGDU_NAME, TODAY};

pub(super) fn text(base: &str) -> String {
    format!(
        "\n演示已启动 / the demonstration is running\n\n  \
         打开 / open   {base}\n\n  \
         {BEIJING}  {BEIJING_NAME}  业务日期 business date {TODAY}\n  {CHENGDU}  {CHENGDU_NAME}\n\n\
         在登录页点选一人即可 / choose a person on the sign-in page\n\
         Ctrl-C 停止 / stops it\n"
    )
}
