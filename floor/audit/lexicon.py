"""Phrases that tell what somebody wants, in Chinese and English, and marks of text that is none.

A phrase is evidence, not a verdict: `language.py` weighs it against all other words ("no need to cancel").
"""

import re
from collections.abc import Iterator

#: Intent -> what people write for it.
_PHRASES: dict[str, tuple[str, ...]] = {
    "cancel": (
        r"取消|退款|退单|退订|撤[单销回]|终止|作废|不想?要[了啦]|不买了?|先不买|用不上|不发?了?[，,]?给我退|退钱|钱退|退(?:了吧|掉)|关(?:闭|掉|了)",
        r"重复下单|[拍买点]错|拍多|买重|误(?:操作|拍|点)|后悔|不小心",
        r"\bcancel\w*|\brefund\w*|(?:don't|do not|no longer) (?:want|need)|not needed|by (?:accident|mistake)|money back",
        r"stop (?:the|this) order|(?:return|reverse) the payment|take back|disregard|changed my mind",
    ),
    "address": (
        r"[改换](?:一?下|成|到|为|寄|送)*(?:收[货件])?(?:地址|收件人|电话|门牌|住址)|更[改正新]|改[寄送]|改(?:成|到|为)|[新旧老]的?(?:地址|住址)|搬(?:新?家|走|了)",
        r"(?:地址|门牌|楼号|楼栋|单元|房间号?|小区|电话|手机号?|号码|[省市区]|收货信息).{0,5}(?:[写填选打]?错|不对|有误|少|漏|更正)|(?:少|漏|忘)(?:写|填|改)",
        r"收[货件]人?[^，,。]{0,6}[改换]|不要寄到|寄到(?:新|单位|公司|学校)",
        r"(?:chang|updat|correct)\w* (?:the |my |delivery |shipping |recipient )*(?:address|name|phone)|(?:different|new|wrong|work) (?:house|flat|address|street)",
        r"address (?:is|has) (?:wrong|a typo)|\bmoved\b|should be|, not (?:apartment|home|my)|is wrong|\btypo|send (?:it )?to my",
    ),
    "wait": (
        r"(?:先|暂时|暂|请)?(?:不要?|别|勿|缓)(?:急着?|太早|用急着)?(?:发货?|寄|出库)|先(?:不|别|扣|存|留|放|等)|晚[点些]再?发|暂(?:停|缓)|延[迟后]|推[迟后]|往后推|缓一缓",
        r"等(?:我|通知|另|一?等|消息)|[后天来周货封假]以?后?再[发寄]|确认后|凑单|一起发货?$|还[要差想](?:再)?[拍加]",
        r"(?:don't|do not|not) (?:ship|send|dispatch)|\bhold\b|postpone|\bpause|\bdelay|later|\bwait\b|until (?:i|further)|not yet|keep it|together with my next",
    ),
    "call": (
        r"(?:先|请|给我|提前)*(?:打|拨)?个?电话|来电|致电|通话|电联|(?:先|请)?联系(?:我|后)|先联系|回电|打(?:给|我)",
        r"\bcall\b(?: (?:me|us|before|first|ahead)\b)*|\bphone (?:me|ahead|first)|\b(?:ring|telephone|contact)\b (?:me|before|when)?|by phone",
    ),
    "price": (
        r"(?:不要?|别|勿|没|无|去掉?|撕掉?|剪掉?|隐藏|拿掉|不能).{0,7}(?:价|小票|发票|清单|单据|票据|账单|发货单)",
        r"(?:价格?|吊牌|价签|清单|小票).{0,5}(?:撕|剪|去掉|不[要放用]|隐藏)|送(?:人|礼|朋友|领导|长辈|客户)|礼[物品]",
        r"\bno (?:price|invoice|receipt|packing|paperwork)|(?:hide|remove|without|not include|leave out|don't put)[a-z ]{0,14}(?:price|invoice|receipt|bill|slip|tag)|not be visible",
        r"\b(?:a |it's a |is a )gift|\bgift\b (?:-|no)|dropship",
    ),
    "date": (
        r"\d{1,2} ?[号日](?!楼|院|线|店)|\d{1,2} ?月|(?:周|星期|礼拜)[一二三四五六日天末]|[明后今]天[上下晚]|(?:节|元旦|除夕|三十|圣诞|国庆|七夕|中秋)(?:[当之那前]|到)",
        r"[上下]午|晚上|\d ?点|之前|前(?:到|要|必须|收)|月[底初中](?:之前|前|要)|工作日|指定",
        r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day|\b(?:deliver|arrive|need|here)\w*(?: it)?(?: here)? (?:on|by|before|after|between)\b|weekends?|\bdate\b",
        r"\b\d{1,2}(?:st|nd|rd|th)\b|\d (?:january|february|march|april|may|june|july|august|september|october|november|december)|christmas eve|\d ?[ap]m\b",
    ),
    "abuse": (
        r"垃圾|骗子|骗[钱人]|坑人|傻[逼bx叉]|你[妈他]?妈|妈的|操(?!作)|王八|混蛋|废物|蠢|脑残|有病|神经病|去死|不得好死|黑心|无良|贱|狗东西|滚|恶心|破[店烂]|瞎了|是猪|投诉死|砸",
        r"\bidiots?\b|\bmorons?\b|\bscam\w*|\bcheat\w*|\bliars?\b|\bthie(?:f|ves)\b|\bcrooks?\b|\bf+u+c?k|f\*+|\bshit|\bstupid\b|\bhell\b|\bgarbage\b|shut up|disgrace|useless|\bdamn",
    ),
    "phone": (
        r"(?<!\d)1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)|(?<![\d.])0\d{2,3}-?\d{7,8}(?!\d)|\+\d{1,3}[ \d-]{8,}|[一幺][三五七八九][零〇一幺二三四五六七八九]{9}",
        r"(?<!\d)0\d{4} ?\d{6}(?!\d)|(?<!\d)\d{3}[ -]\d{3}[ -]\d{4}(?!\d)",
        r"(?:微信|薇信|威信|加微|加v|企鹅|扣扣|\b(?:vx|wx|qq|wechat|whatsapp|telegram|skype|line)\b)[^，。,.0-9a-z]{0,6}(?:id|号)?[:： ]{0,2}[@+]?[a-z0-9_][a-z0-9_. -]{4,}",
    ),
}  # fmt: skip

#: Just before a phrase: it says the contrary.
_NEGATED = re.compile(
    r"(?:不用|不必|无需|不需要|没有要?|别|可以不|no need to |(?:do|did) not |don't |never |was going to |could )$"
)

INTENTS = (*_PHRASES, "odd")
_FOUND = {intent: re.compile("|".join(patterns), re.IGNORECASE) for intent, patterns in _PHRASES.items()}

_KEYS = ("qwertyuiop", "asdfghjkl;", "zxcvbnm,./")
_RUBBISH = re.compile(
    "[\ufffd\u25a1\u2588]|锟斤拷|烫{3,}|屯{3,}|[\u00c0-\u00ff][\u0080-\u00bf\u2018-\u203a\u20ac]|\\\\u[0-9a-f]{4}|%[0-9a-f]{2}%|&(?:#\\d+|[a-z]{2,6});|[?？]{4,}",
    re.IGNORECASE,
)
_REPEATED = re.compile(r"([^\W\d])\1{4,}|(\w{2,4})\2{3,}")


def phrases(text: str) -> Iterator[tuple[str, int, int]]:
    """(intent, start, end) of every phrase in the text, lower case or not; "not cancel" for "no need to cancel"."""
    for intent, pattern in _FOUND.items():
        for hit in pattern.finditer(text):
            is_not = _NEGATED.search(text[max(0, hit.start() - 14) : hit.start()])
            yield f"not {intent}" if is_not else intent, hit.start(), hit.end()


def rubbish(text: str) -> tuple[int, int] | None:
    """Where bytes were read in a wrong encoding, or markup was left, or a key was held down."""
    hit = _RUBBISH.search(text) or _REPEATED.search(text)
    return hit.span() if hit else None


def keyboard_run(text: str) -> float:
    """Share of the letters that only follow their neighbours on the keyboard."""
    low = text.lower()
    pairs = [low[n : n + 2] for n in range(len(low) - 1) if low[n].isascii() and low[n].isalpha()]
    near = [any(pair in row or pair[::-1] in row for row in _KEYS) for pair in pairs]
    return sum(near) / len(near) if len(near) >= 4 else 0.0


def is_common(char: str) -> bool:
    """One of the 3,755 Han characters of everyday texts (level 1 of GB 2312)."""
    try:
        code = char.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return len(code) == 2 and 0xB0 <= code[0] <= 0xD7
