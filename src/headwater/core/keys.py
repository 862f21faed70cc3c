"""The one place of the house's secrets: files outside the database, each readable by its owner alone.

A secret is a folder `<keys>/<name>/` of numbered files. The highest number is in use; older ones are still accepted (to read
what they wrote) until they are retired. Whoever has a copy of the database but not of this folder can neither sign a seal,
nor enter a session, nor read a second factor.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from headwater.config import ConfigError
from headwater.core.register import Register

IDENTITY = "identity"
"""Hashes identity numbers. The numbers themselves are not kept, so nothing could be hashed anew with another key."""
SESSION = "session"
TOTP = "totp"

REWRITERS: Register[Callable[[], int]] = Register("rewriter of a secret")
"""By name, what encrypts all stored values of that name with the secret in use and tells how many there were."""

SMALLEST = 16
NONCE, MARK = 12, 4


class NotReadable(Exception):
    """A token was not made by any key of this name in this context, or was changed since."""


@dataclass(frozen=True)
class KeyFolder:
    """The secrets below one folder."""

    path: Path

    def ring(self, name: str, *, size: int = 32) -> list[bytes]:
        """Return the secrets that are accepted, the current one first; the first is made when there is none."""
        files = self._files(name)
        if not files:
            self._write(name, 1, secrets.token_bytes(size))
            files = self._files(name)
        return [_read(file) for file in reversed(files)]

    def names(self) -> list[str]:
        return sorted(x.name for x in self.path.glob("*") if x.is_dir())

    def count(self, name: str) -> int:
        return len(self._files(name))

    def rotate(self, name: str) -> None:
        """Put a new secret in front; the older ones are still accepted.

        Raises:
            ConfigError: a secret that cannot change, because what it hashed is not kept.
        """
        if name == IDENTITY:
            raise ConfigError(f"{name}: cannot be rotated; the identity numbers that it hashes are not kept")
        size = len(self.ring(name)[0])
        self._write(name, int(self._files(name)[-1].name) + 1, secrets.token_bytes(size))

    def retire(self, name: str) -> int:
        """Remove the older secrets: what they wrote is not read or accepted any more. Returns how many were removed."""
        old = self._files(name)[:-1]
        for file in old:
            file.unlink()
        return len(old)

    def adopt(self, name: str, secret: bytes) -> None:
        """Take over a secret that was kept elsewhere, where this one has none yet."""
        if not self._files(name):
            self._write(name, 1, secret)

    def signing_key(self, name: str) -> Ed25519PrivateKey:
        """Return the key that signs now. Its public half is written beside it and outlives the secret."""
        key = private_half(self.ring(name)[0])
        public = self._files(name)[-1].with_suffix(".pub")
        if not public.exists():
            _publish(public, base64.urlsafe_b64encode(_raw(key.public_key())))
        return key

    def public_keys(self, name: str) -> list[Ed25519PublicKey]:
        """Return the public halves, the current one first, those of retired secrets last: a signature stays checkable."""
        current = [private_half(secret).public_key() for secret in self.ring(name)]
        current_bytes = {_raw(x) for x in current}
        files = sorted(self._folder(name).glob("*.pub"), reverse=True)
        earlier = [base64.urlsafe_b64decode(x.read_text()) for x in files]
        return current + [Ed25519PublicKey.from_public_bytes(x) for x in earlier if x not in current_bytes]

    def _folder(self, name: str) -> Path:
        if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
            raise ValueError(f"{name!r}: expected small letters, digits and hyphens")
        return self.path / name

    def _files(self, name: str) -> list[Path]:
        return sorted(self._folder(name).glob("[0-9][0-9][0-9][0-9]"))

    def _write(self, name: str, number: int, secret: bytes) -> None:
        """Write a secret whole or not at all; the first of two processes wins, so both go on with the same one."""
        folder = self._folder(name)
        try:
            for each in (folder.parent, folder):
                each.mkdir(mode=0o700, parents=True, exist_ok=True)
            _publish(folder / f"{number:04}", base64.urlsafe_b64encode(secret))
        except OSError as error:
            raise ConfigError(f"{folder}: cannot be written ({error.strerror}); name another folder in HEADWATER_KEYS") from error


def _publish(file: Path, content: bytes) -> None:
    fresh = file.with_name(f".{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
        with suppress(FileExistsError):
            os.link(fresh, file)
    finally:
        os.close(descriptor)
        fresh.unlink()


def _read(file: Path) -> bytes:
    try:
        secret = base64.urlsafe_b64decode(file.read_bytes().strip())
    except OSError as error:
        raise ConfigError(
            f"{file}: cannot be read ({error.strerror}); it must belong to the account that runs Headwater"
        ) from error
    except ValueError:
        secret = b""
    if len(secret) < SMALLEST:
        raise ConfigError(f"{file}: holds no key; put it back from the backup of the keys")
    return secret


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"headwater " + purpose).derive(secret)


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def private_half(secret: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(_derive(secret, b"ed25519"))


def _mark(secret: bytes) -> bytes:
    """Return the name of a secret in what it encrypted, from which nobody can read the secret."""
    return hashlib.sha256(b"headwater mark" + secret).digest()[:MARK]


def secret(name: str, *, size: int = 32) -> bytes:
    """Return the current secret of a name; it is made at first use."""
    return ring(name, size=size)[0]


def ring(name: str, *, size: int = 32) -> list[bytes]:
    """Return the secrets of a name that are accepted, the current one first."""
    keys: KeyFolder = settings.KEYS
    return keys.ring(name, size=size)


def rotate(name: str) -> None:
    """Put a new secret in front; `ring` still holds the older ones."""
    settings.KEYS.rotate(name)


def retire(name: str) -> int:
    """Remove the older secrets; returns how many."""
    count: int = settings.KEYS.retire(name)
    return count


def encrypt(name: str, plain: bytes, *, context: bytes = b"") -> bytes:
    """Encrypt so that only the same name and context can read it back. The context says whose it is, e.g. a row's key."""
    current, nonce = secret(name), secrets.token_bytes(NONCE)
    box = AESGCM(_derive(current, b"aes-gcm"))
    return _mark(current) + nonce + box.encrypt(nonce, plain, name.encode() + b"\0" + context)


def decrypt(name: str, token: bytes, *, context: bytes = b"") -> bytes:
    """Read what `encrypt` wrote.

    Raises:
        NotReadable: another name, context or key, or a changed token.
    """
    mark, nonce, rest = token[:MARK], token[MARK : MARK + NONCE], token[MARK + NONCE :]
    for each in ring(name):
        if _mark(each) == mark:
            with suppress(InvalidTag, ValueError):
                return AESGCM(_derive(each, b"aes-gcm")).decrypt(nonce, rest, name.encode() + b"\0" + context)
    raise NotReadable(f"{name}: no key reads this")


def is_current(name: str, token: bytes) -> bool:
    """Return whether a token was made by the secret in use, so that it outlives the retirement of older ones."""
    return token[:MARK] == _mark(secret(name))


def signing_key(name: str) -> Ed25519PrivateKey:
    """Return the Ed25519 key that signs now."""
    keys: KeyFolder = settings.KEYS
    return keys.signing_key(name)


def public_keys(name: str) -> list[Ed25519PublicKey]:
    """Return the keys, any of which may have made a signature; the current one first."""
    keys: KeyFolder = settings.KEYS
    return keys.public_keys(name)
