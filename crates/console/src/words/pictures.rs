//! Names of codes on pictures, and of how far a verification is.

words! {
    "running": "进行中" / "under way";
    "finished": "已完成" / "finished";
    "failed": "未完成" / "failed";
    "interrupted": "已中断" / "interrupted";
    "good": "通过" / "verified";
    "bad": "不通过" / "not verified";
}
