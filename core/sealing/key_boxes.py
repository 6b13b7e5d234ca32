"""A secret sealed for one process alone: it announces a public key, whose other half never leaves its memory.

Source: the sealed box of HPKE in its simplest form, an ephemeral X25519 key, HKDF and AES-256-GCM; RFC 7748, RFC 5869.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.contracts.errors import SourceError

KEY_BYTES, NONCE = 32, bytes(12)  # Each key seals once, so that its nonce may be fixed.


class KeyPair:
    """The keys of one process, drawn when it begins."""

    def __init__(self) -> None:
        self._private = X25519PrivateKey.generate()

    @property
    def public(self) -> str:
        """Return the half that may be announced, as text."""
        return urlsafe_b64encode(self._private.public_key().public_bytes_raw()).decode()

    def opened(self, box: str) -> bytes:
        """Return what was sealed for this process.

        Raises
        ------
        SourceError
            When it was sealed for another, or is not as it was written.
        """
        try:
            content = urlsafe_b64decode(box)
            sender = X25519PublicKey.from_public_bytes(content[:KEY_BYTES])
            key = _key(self._private.exchange(sender), content[:KEY_BYTES], self.public)
            return AESGCM(key).decrypt(NONCE, content[KEY_BYTES:], None)
        except (InvalidTag, ValueError) as error:
            raise SourceError("What was sealed cannot be opened here.", mend="Ask for it again.") from error


def sealed(secret: bytes, public: str) -> str:
    """Return a secret sealed for the process that announced a public key, as text.

    Examples
    --------
    >>> pair = KeyPair()
    >>> pair.opened(sealed(b"a secret", pair.public))
    b'a secret'
    """
    private = X25519PrivateKey.generate()
    sender = private.public_key().public_bytes_raw()
    shared = private.exchange(X25519PublicKey.from_public_bytes(urlsafe_b64decode(public)))
    return urlsafe_b64encode(sender + AESGCM(_key(shared, sender, public)).encrypt(NONCE, secret, None)).decode()


def _key(shared: bytes, sender: bytes, receiver: str) -> bytes:
    info = b"quarterdeck key box " + sender + receiver.encode()
    return HKDF(SHA256(), KEY_BYTES, None, info).derive(shared)
