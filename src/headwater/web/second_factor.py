"""How the account library keeps second factors: encrypted, with a key that is not in the database."""

from __future__ import annotations

from allauth.mfa.adapter import DefaultMFAAdapter

from headwater.core.second_factor import open_text, seal_text


class SecondFactorAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return seal_text(text)

    def decrypt(self, encrypted_text: str) -> str:
        return open_text(encrypted_text)
