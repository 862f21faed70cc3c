"""A browser is called by the names that its owner knows."""

from __future__ import annotations

import pytest

from headwater.core.agents import browser_words

KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (f"Mozilla/5.0 (X11; Linux x86_64) {KIT} Chrome/150.0 Safari/537.36", "Chrome · Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {KIT} Chrome/150.0 Safari/537.36 Edg/150.0", "Edge · Windows"),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) {KIT} Version/19.0 Mobile Safari/604.1", "Safari · iPhone"),
        (f"Mozilla/5.0 (Linux; Android 16) {KIT} Chrome/150.0 Mobile Safari/537.36 MicroMessenger/9.0", "微信 · Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15.0; rv:150.0) Gecko/20100101 Firefox/150.0", "Firefox · macOS"),
        ("curl/8.0", "curl/8.0"),
        ("", ""),
    ],
)
def test_a_browser_is_called_by_its_name_and_system(agent: str, words: str) -> None:
    assert browser_words(agent) == words
