"""WeChat's callbacks: SHA-1 over sorted words, AES-256-CBC with padding to 32 bytes around
`16 random bytes + length of the message (4 bytes, big endian) + message + app id`."""

import base64
import binascii
import hashlib
import hmac
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from floor.intake.channels.signed import Forged

_BLOCK = 32


def signature(*words: str) -> str:
    return hashlib.sha1("".join(sorted(words)).encode(), usedforsecurity=False).hexdigest()


def verify(given: str, *words: str) -> None:
    """Raises Forged unless `given` is the signature of the words."""
    if not hmac.compare_digest(signature(*words).encode(), given.strip().lower().encode("utf-8", "replace")):
        raise Forged("intake.forged")


def _cipher(aes_key: str) -> Cipher[modes.CBC]:
    key = base64.b64decode(aes_key + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def decrypt(aes_key: str, encrypted: str, app_id: str) -> bytes:
    """The message inside. Raises Forged for anything that was not encrypted for us."""
    try:
        open_ = _cipher(aes_key).decryptor()
        plain = open_.update(base64.b64decode(encrypted, validate=True)) + open_.finalize()
    except (ValueError, binascii.Error):
        raise Forged("intake.forged") from None
    pad = plain[-1] if plain else 0
    if not 1 <= pad <= _BLOCK or len(plain) < 20 + pad:
        raise Forged("intake.forged")
    plain = plain[:-pad]
    (length,) = struct.unpack(">I", plain[16:20])
    message, owner = plain[20 : 20 + length], plain[20 + length :]
    if len(message) != length or not hmac.compare_digest(owner, app_id.encode()):
        raise Forged("intake.forged")
    return message


def encrypt(aes_key: str, message: bytes, app_id: str, random16: bytes) -> str:
    """What `decrypt` opens."""
    plain = random16 + struct.pack(">I", len(message)) + message + app_id.encode()
    pad = _BLOCK - len(plain) % _BLOCK
    seal = _cipher(aes_key).encryptor()
    return base64.b64encode(seal.update(plain + bytes([pad]) * pad) + seal.finalize()).decode()
