//! Organisations of the year. All of them are invented; their credit codes are valid in form.

use super::super::cases::Firm;
use subsidy_core::organisations::{Category, Size};

type Text = &'static str;

const fn firm([code, name, region, account]: [Text; 4], size: Size, category: Category) -> Firm {
    let (startup, account) = (matches!(size, Size::Micro), Some(account));
    Firm { code, name, category, size, startup, region, controller: None, account }
}

const fn micro(code: Text, name: Text, region: Text, account: Text) -> Firm {
    firm([code, name, region, account], Size::Micro, Category::PrivateEnterprise)
}

const fn small(code: Text, name: Text, region: Text, account: Text) -> Firm {
    firm([code, name, region, account], Size::Small, Category::PrivateEnterprise)
}

const fn medium(code: Text, name: Text, region: Text, account: Text) -> Firm {
    firm([code, name, region, account], Size::Medium, Category::PrivateEnterprise)
}

const fn large(code: Text, name: Text, region: Text, account: Text) -> Firm {
    firm([code, name, region, account], Size::Large, Category::PrivateEnterprise)
}

/// A large one that the state owns.
const fn state(code: Text, name: Text, region: Text, account: Text) -> Firm {
    firm([code, name, region, account], Size::Large, Category::StateOwnedEnterprise)
}

/// Who applies in Beijing.
pub(super) const BEIJING: [Firm; 44] = [
    small("91110108MA0778C50M", "北京昆玉澄明智能科技有限公司", "海淀区", "0200001019200000000"),
    medium("91110112MACQR35K3U", "北京朔望图谱信息技术有限公司", "通州区", "0200002019248271331"),
    small("91110302MA0BBWY27U", "北京观澜语义科技有限公司", "亦庄", "0200003019296542662"),
    medium("91110108MACWXPPG69", "北京榫卯工业软件有限公司", "海淀区", "0200004019344813993"),
    small("91110107MA0FGJGYX4", "北京青禾遥感数据有限公司", "石景山区", "0200005019393085324"),
    small("91110105MAC23DAD20", "北京拾光影视渲染技术有限公司", "朝阳区", "0200006019441356655"),
    medium("91110108MA0KM83U1P", "北京玄圃生物计算有限公司", "海淀区", "0200007019489627986"),
    large("91110114MAC682WA9B", "北京北辰智行科技股份有限公司", "昌平区", "0200008019537899317"),
    medium("91110108MA0PRWMQ77", "北京万象具身智能有限公司", "海淀区", "0200009019586170648"),
    small("91110108MACACPF74A", "北京银杏医疗影像技术有限公司", "海淀区", "0200010019634441979"),
    medium("91110302MA0UYJ8M27", "北京知微大模型科技有限公司", "亦庄", "0200011019682713310"),
    small("91110113MACEHD245G", "北京鸿雁物流算法有限公司", "顺义区", "0200012019730984641"),
    micro("91110108MA0117TJ2K", "北京松涛气象科技有限公司", "海淀区", "0200013019779255972"),
    small("91110105MACJK2L122", "北京九章优化科技有限公司", "朝阳区", "0200014019827527303"),
    small("91110106MA055WDF1P", "北京云岫数字孪生有限公司", "丰台区", "0200015019875798634"),
    micro("91110108MACNPP6X2U", "北京赤子教育科技有限公司", "海淀区", "0200016019924069965"),
    medium("91110108MA09AJ0CX7", "北京长庚芯片设计有限公司", "海淀区", "0200017019972341296"),
    micro("91110112MACTWCQT5J", "北京墨池文化传媒有限公司", "通州区", "0200018020020612627"),
    small("91110108MA0DF7J94E", "北京衡岳材料计算有限公司", "海淀区", "0200019020068883958"),
    medium("91110113MAC022BPXR", "北京沧浪网络安全技术有限公司", "顺义区", "0200020020117155289"),
    small("91110107MA0HKW56XH", "北京丹霞视觉科技有限公司", "石景山区", "0200021020165426620"),
    medium("91110108MAC46NXLXF", "北京启明药物研发有限公司", "海淀区", "0200022020213697951"),
    medium("91110106MA0MQHP39R", "北京揽月航天数据有限公司", "丰台区", "0200023020261969282"),
    small("91110114MAC88CGH39", "北京素问中医智能有限公司", "昌平区", "0200024020310240613"),
    micro("91110108MA0RT7A02M", "北京稷下知识服务有限公司", "海淀区", "0200025020358511944"),
    large("91110112MACCD23EXQ", "北京铁马自动驾驶股份有限公司", "通州区", "0200026020406783275"),
    small("91110302MA0XYUUW70", "北京格物仿真技术有限公司", "亦庄", "0200027020455054606"),
    micro("91110108MACGHNMB9Y", "北京清源水务智能有限公司", "海淀区", "0200028020503325937"),
    micro("91110107MA034HER8F", "北京东篱农业科技有限公司", "石景山区", "0200029020551597268"),
    medium("91110105MACLNC882R", "北京百川语音技术有限公司", "朝阳区", "0200030020599868599"),
    state("91110108MA07971N6K", "北京天工数控装备股份有限公司", "海淀区", "0200031020648139930"),
    medium("91110114MACQU1T54M", "北京织女星卫星应用有限公司", "昌平区", "0200032020696411261"),
    medium("91110108MA0BDUKK0X", "北京朗润金融科技有限公司", "海淀区", "0200033020744682592"),
    micro("91110108MACX0ND20A", "北京燕归来文旅科技有限公司", "海淀区", "0200034020792953923"),
    small("91110302MA0FFH6G8Y", "北京听涛声学技术有限公司", "亦庄", "0200035020841225254"),
    small("91110113MAC22BYY6U", "北京远山地理信息有限公司", "顺义区", "0200036020889496585"),
    medium("91110108MA0KL6QD80", "北京磐石工业互联有限公司", "海淀区", "0200037020937767916"),
    micro("91110105MAC671HU9E", "北京芳洲环境监测有限公司", "朝阳区", "0200038020986039247"),
    medium("91110106MA0PQUBA5X", "北京逐光光电仪器有限公司", "丰台区", "0200039021034310578"),
    small("91110108MACABN4Q9X", "北京小满供应链科技有限公司", "海淀区", "0200040021082581909"),
    micro("91110108MA0UXGX75F", "北京尺素法律智能有限公司", "海淀区", "0200001021130853240"),
    medium("91110112MACEGBNM5Y", "北京建木基因科技有限公司", "通州区", "0200002021179124571"),
    medium("91110108MA0136G45X", "北京惊蛰机器人有限公司", "海淀区", "0200003021227395902"),
    small("91110113MACJM19J1W", "北京白露游戏科技有限公司", "顺义区", "0200004021275667233"),
];

/// Who provides there, beside those of the story.
pub(super) const PROVIDERS: [Firm; 4] = [
    state("91110302MA0HKG443L", "北京京昌云枢智算服务有限公司", "亦庄", "0200101088120000000"),
    large("91110108MA046AWJXN", "北京中关村北斗星算力科技有限公司", "海淀区", "0200102088120007717"),
    state("91110114MA0MQ5N17P", "北京未来科学城绿能数据中心有限公司", "昌平区", "0200103088120015434"),
    state("91110107MA08B0FF2G", "北京首钢园智算运营有限公司", "石景山区", "0200104088120023151"),
];

/// Who lends there, beside that of the story.
pub(super) const BANKS: [Firm; 2] = [
    state("91110114MA078N093H", "北京燕平农村商业银行股份有限公司", "昌平区", "0300001060120000000"),
    state("91110108MA0QTGQP2B", "北京京西科创银行股份有限公司", "海淀区", "0300002060120007717"),
];

/// Who applies in Chengdu.
pub(in crate::cli::demo) const CHENGDU: [Firm; 16] = [
    small("91510109MA6HJ6PY0W", "成都锦里蓉云智能科技有限公司", "成都高新区", "4402201091200000000"),
    medium("91510117MA6451HD64", "成都浣花溪医疗影像有限公司", "郫都区", "4402202091248271331"),
    micro("91510107MA6MNUAU4G", "成都青羊宫数字文创有限公司", "武侯区", "4402203091296542662"),
    small("91510112MA689N4A4R", "成都岷江水利仿真有限公司", "龙泉驿区", "4402204091344813993"),
    medium("91510100MA6RUGWQ66", "成都天府星链遥感有限公司", "天府新区", "4402205091393085324"),
    small("91510109MA6CEBN79K", "成都芙蓉语音智能有限公司", "成都高新区", "4402206091441356655"),
    medium("91510117MA6Y16FM69", "成都都江堰数控装备有限公司", "郫都区", "4402207091489627986"),
    small("91510107MA6GK19443", "成都蜀锦工业视觉有限公司", "武侯区", "4402208091537899317"),
    small("91510112MA632U2J1E", "成都金沙算法科技有限公司", "龙泉驿区", "4402209091586170648"),
    medium("91510100MA6LLMU107", "成都峨眉新药研发有限公司", "天府新区", "4402210091634441979"),
    micro("91510109MA677GLF2U", "成都九寨生态监测有限公司", "成都高新区", "4402211091682713310"),
    medium("91510117MA6QRBDX15", "成都武侯祠机器人有限公司", "郫都区", "4402212091730984641"),
    small("91510107MA6BC67C2T", "成都文殊知识图谱有限公司", "武侯区", "4402213091779255972"),
    large("91510112MA6WY10T2U", "成都剑门自动驾驶股份有限公司", "龙泉驿区", "4402214091827527303"),
    medium("91510100MA6FGTR93M", "成都望江楼芯片有限公司", "天府新区", "4402215091875798634"),
    micro("91510109MA623MJP1X", "成都三星堆数字考古有限公司", "成都高新区", "4402216091924069965"),
];

/// Whose compute Chengdu pays for.
pub(super) const CHENGDU_CENTRES: [Firm; 2] = [
    state("91510109MA677CL41G", "成都天府智算中心运营有限公司", "成都高新区", "4402301091200000000"),
    state("91510109MA6QR7DJ6R", "四川西部超算服务有限公司", "天府新区", "4402302091200000331"),
];

/// Who lends in Chengdu.
pub(super) const CHENGDU_BANKS: [Firm; 2] = [
    state("91510109MA6BC2711C", "成都蓉城商业银行股份有限公司", "成都高新区", "4402303091200000662"),
    state("91510109MA6WXW0F71", "四川锦江科创银行股份有限公司", "武侯区", "4402304091200000993"),
];
