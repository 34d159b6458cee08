"""Personal data on paper, masked by rule: enough to recognise, too little to misuse."""

import re

# Postal words after a number, in Han: hao (number), lou, dong, zhuang (building), danyuan (unit), shi (room),
# ceng (floor), hu (household), zuo (block). Han numerals count only before one of
# these: road names are full of them.
_UNIT = "[\u53f7\u697c\u680b\u5e62\u5355\u5ba4\u5c42\u6237\u5ea7]"
_HAN_NUMERALS = "[\u3007\u96f6\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5341\u767e]+"
_HOUSE = re.compile(rf"[0-9]+[A-Za-z]?(?![A-Za-z])|{_HAN_NUMERALS}(?={_UNIT})")
# A virtual number's extension follows a hyphen or the Han word zhuan, after a full mobile number.
_EXTENSION = re.compile(r"(?<=\d{11})\s*(?:-|\u8f6c|,|ext\.?)\s*\d{1,6}$", re.IGNORECASE)

# A mainland mobile number among words; longer rows of digits are no phone.
_MOBILE = re.compile(r"(?<![0-9A-Za-z])1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)")


def mask_name(name: str) -> str:
    """The first letter of each word stays: `J*** S****`; of a Han name that is the family name."""
    return " ".join(word[0] + "*" * max(1, len(word) - 1) for word in name.split())


def mask_phone(phone: str) -> str:
    """Hides the four digits before the last four; separators and a virtual number's extension stay."""
    phone = phone.strip()
    match = _EXTENSION.search(phone)
    number, extension = (phone[: match.start()], match.group()) if match else (phone, "")
    places = [i for i, character in enumerate(number) if character.isdigit()]
    # Of a short number at least half goes.
    hidden = places[-8:-4] if len(places) >= 8 else places[: (len(places) + 1) // 2]
    return "".join("*" if i in hidden else character for i, character in enumerate(number)) + extension


def mask_phones(words: str) -> str:
    """Every mobile number among what a stranger wrote, as `mask_phone` shows it."""
    return _MOBILE.sub(lambda match: mask_phone(match.group()), words)


def mask_address(address: str) -> str:
    """Region and street stay; the numbers of house, building, unit, floor and room become as many stars."""
    return _HOUSE.sub(lambda match: "*" * len(match.group()), address)
