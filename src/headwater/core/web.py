"""Small helpers for thin views: run a command and put its refusals beside the fields; answer with a file."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from headwater.core.errors import Refused
from headwater.core.money import wan_typed
from headwater.core.names import normal_name
from headwater.core.numbers import BadNumber, read_decimal, read_wan, read_whole
from headwater.core.text import file_name


def attempt(request: HttpRequest, work: Callable[[], Any], *, success: Any = "", form: forms.Form | None = None) -> bool:
    """Run a command; say what it did, or why not: beside the field when the form has it, else as a message."""
    try:
        work()
    except Refused as refused:
        for reason in refused.reasons[:30]:
            if form is not None and reason.field in form.fields:
                form.add_error(reason.field, reason.text)
            elif form is not None:
                form.add_error(None, reason.text)
            else:
                messages.error(request, reason.text)
        return False
    if success:
        messages.success(request, success)
    return True


DIGITS = 18
"""No key is longer; Python itself refuses to read thousands of digits."""


def key_in(post: Any, name: str) -> int:
    """Return the key of a record that a field holds; 0, which no record has, when it holds anything else."""
    return _key(post.get(name, ""))


def keys_in(post: Any, name: str) -> list[int]:
    """Return the keys of records that were chosen, in order; what is no key is left out."""
    return [key for text in post.getlist(name) if (key := _key(text))]


def _key(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) <= DIGITS else 0


def download(content: bytes, name: str, content_type: str) -> HttpResponse:
    """Answer with a file, always as a download: nothing private is ever shown inside the session's origin."""
    response = HttpResponse(content, content_type=content_type)
    _seal(response, name)
    return response


def language_asked(request: HttpRequest) -> str:
    """Return the language in which a paper is asked for: Chinese, or English as a translation (`?lang=en`)."""
    return "en" if request.GET.get("lang") == "en" else "zh"


def scratch_root() -> str:
    """Return the folder where large files are put together: on the data disk, not in a /tmp that may live in memory."""
    folder = settings.CONFIG.home / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder)


def scratch(*, max_size: int = 0) -> Any:
    """Return a temporary file that is kept in memory up to `max_size` bytes; it is gone when closed."""
    return tempfile.SpooledTemporaryFile(max_size=max_size, dir=scratch_root(), mode="w+b")


@contextmanager
def scratch_folder() -> Iterator[str]:
    with tempfile.TemporaryDirectory(dir=scratch_root()) as folder:
        yield folder


def attached(file: Any, name: str, content_type: str) -> HttpResponseBase:
    """Answer with an open file: a small one in one piece, one on the disk streamed from there."""
    file.seek(0)
    if isinstance(file, tempfile.SpooledTemporaryFile) and not file._rolled:  # type: ignore[attr-defined]
        with file:
            return download(file.read(), name, content_type)
    response = FileResponse(file, content_type=content_type)
    _seal(response, name)
    return response


def streamed(pieces: Iterator[bytes], name: str, content_type: str) -> HttpResponseBase:
    """Answer with a file that goes out as it is made."""
    response = StreamingHttpResponse(pieces, content_type=content_type)
    _seal(response, name)
    return response


def _seal(response: HttpResponseBase, name: str) -> None:
    from urllib.parse import quote

    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file_name(name))}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"


class MomentField(forms.DateTimeField):
    """Date and time as the browser's own control gives them, in the region's time zone."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"))
        super().__init__(input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"], **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value


class _NumberField:
    """A field of a form whose text is read as people write numbers; the browser's own control would send nothing for "12,5"."""

    def read(self, text: str) -> Any:
        raise NotImplementedError

    def to_python(self, value: Any) -> Any:
        if value is None or not str(value).strip():
            return None
        try:
            return self.read(str(value))
        except BadNumber as bad:
            raise forms.ValidationError(str(bad)) from bad


def _number_widget(mode: str) -> forms.Widget:
    return forms.TextInput(attrs={"inputmode": mode, "autocomplete": "off"})


class WholeField(_NumberField, forms.IntegerField):
    """A whole number."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=_number_widget("numeric"), **kwargs)

    def read(self, text: str) -> int:
        return read_whole(text)


class NumberField(_NumberField, forms.FloatField):
    """A number."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=_number_widget("decimal"), **kwargs)

    def read(self, text: str) -> float:
        return float(read_decimal(text))


class NameField(forms.CharField):
    """A person's name, in its normal form."""

    def to_python(self, value: Any) -> str:
        return normal_name(super().to_python(value) or "")


class WanField(_NumberField, forms.IntegerField):
    """An amount in 万元, kept as integer fen."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=_number_widget("decimal"), **kwargs)

    def read(self, text: str) -> int:
        return read_wan(text)

    def prepare_value(self, value: Any) -> Any:
        return wan_typed(value) if isinstance(value, int) else value
