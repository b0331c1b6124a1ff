//! Members of grants and rankings.

words! {
    "title": "名称" / "title";
    "title.zh": "中文名称" / "title in Chinese";
    "title.en": "英文名称" / "title in English";
    "notice": "公告" / "notice";
    "filing.from": "受理开始" / "filing from";
    "filing.until": "受理截止" / "filing until";
    "applications": "申报数" / "applications";
    "rank": "名次" / "rank";
    "tranche": "分期拨款" / "tranche";
    "mean": "平均分" / "mean score";
    "application_id": "申报书" / "application";
    "award_id": "立项" / "award";
    "call_id": "申报通知" / "call";
    "project.from": "项目开始" / "project from";
    "months": "项目期限（月）" / "months";
    "budget": "项目预算" / "budget";
    "field.experts": "专家" / "experts";
    "experts_named": "专家数" / "experts";
    "scores_given": "已评分数" / "scores";
    "criteria": "评分项" / "criteria";
    "comment": "评语" / "comment";
    "expert": "专家" / "expert";
    "awarded_on": "立项日" / "awarded on";
    "published_until": "公示至" / "published until";
    "due_on": "验收期限" / "due on";
    "extension.until": "申请延至" / "later deadline";
    "acceptance.entitlement": "拟认定金额" / "entitlement";
    "entitlement": "认定金额" / "entitlement";
    "settled.accepted_on": "验收日" / "accepted on";
    "settled.paid": "验收前已付" / "paid before";
    "settled.due": "尾款" / "still due";
    "settled.recovered": "应退回" / "to come back";
    "on": "拨付条件" / "when";
    "milestone": "阶段节点" / "a milestone";
    "weight": "权重" / "weight";
    "sum": "综合得分" / "sum";
    "named": "入选" / "named";
    "top": "入选数" / "named at most";
    "year": "年度" / "year";
    "published_on": "公布日" / "published on";
    "reviewed_by": "审查人" / "reviewed by";
}
